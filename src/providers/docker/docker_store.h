/*
 * docker_store: `docker:NAME`, an image of a Docker engine, as an image store.
 *
 * An engine gives and takes images whole, as one tar whose manifest comes last (docker save,
 * docker load), while a store is asked for one blob at a time, in any order. So the tar
 * passes through a file in $TMPDIR (else /var/tmp), which is as large as the image and gone when
 * the store is closed; memory stays small whatever the size. What the tar holds is
 * oci/archive.h's, digests included.
 *
 * Most engines keep layers unpacked: they come out as plain tars, unless they are asked to
 * be compressed (pack.h), which whoever sends them anywhere wants.
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
enum docker_layers { DOCKER_LAYERS_PLAIN, DOCKER_LAYERS_PACKED };
bool docker_store_open(struct engine *engine, const char *name, enum docker_layers layers,
                       struct image_store **ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Begins one to be written. What is stored under a bare tag gets that tag of NAME's repository;
 * without a tag, or under a whole name ("shop/api:1.2"), it is called NAME. `name` NULL: each
 * by its own whole name. store_finish() gives all to the engine; before that it knows nothing
 * of it. ERROR_REFUSED: an index (the caller says which platform).
 */
bool docker_store_create(struct engine *engine, const char *name, struct image_store **ret,
                         struct error *err) __attribute__((warn_unused_result));

/*
 * The same where no engine is open yet: finds it (place.h), and closes it with the store.
 * `write`: to be written; else it is read with its layers packed. `http` outlives the store.
 */
bool docker_store_find(struct http *http, const struct engine_options *options, const char *name,
                       bool write, struct image_store **ret, const struct wait *wait,
                       struct error *err) __attribute__((warn_unused_result));

/* The platform that the store's engine runs: which one to take of an index. */
struct platform docker_store_platform(const struct image_store *store);

#endif
