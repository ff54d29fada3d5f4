/*
 * docker_store: `docker:NAME`, an image of a Docker engine, as an image store.
 *
 * An engine gives and takes images whole, as one tar whose manifest comes last (docker save,
 * docker load), while a store is asked for one blob at a time, in any order. So the tar
 * passes through a file in $TMPDIR (else /var/tmp), which is as large as the image and gone when
 * the store is closed; memory stays small whatever the size. What the tar holds is
 * oci/archive.h's, digests included.
 *
 * An old engine keeps layers unpacked: they come out as plain tars.
 */
#ifndef CMX_DOCKER_DOCKER_STORE_H
#define CMX_DOCKER_DOCKER_STORE_H

#include "oci/store.h"
#include "providers/docker/engine.h"

/*
 * Opens an image to be read; `name` is "shop/api:1.2" (without a tag: latest) or an id.
 * ERROR_NOT_FOUND: the engine has none. It is taken out of the engine when first
 * needed. Any tag names this image. The engine outlives the store; the caller closes it.
 */
bool docker_store_open(struct engine *engine, const char *name, struct image_store **ret,
                       const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Begins one to be written. What is stored under a tag gets that tag of NAME's repository,
 * without one NAME's own. store_finish() gives it to the engine; before that the engine knows
 * nothing of it. ERROR_REFUSED: an index (the caller says which platform).
 */
bool docker_store_create(struct engine *engine, const char *name, struct image_store **ret,
                         struct error *err) __attribute__((warn_unused_result));

#endif
