/*
 * layout: an OCI image layout (image-layout.md), a folder, as an image store.
 *
 *   oci-layout  index.json  blobs/sha256/…
 *
 * A tag is an entry of index.json with the annotation org.opencontainers.image.ref.name; it
 * may be any text of that grammar ("1.25", "shop/api:1.25"), so that a folder can hold
 * several repositories. "" names the only image of a layout that has one. What was put
 * without a tag is listed without a name, until an index that names it is put. Blobs are written
 * beside their place, synced and renamed; index.json is replaced last, under a lock on the folder
 * that is held for just that. A kill at any point leaves the old images whole.
 */
#ifndef CMX_OCI_LAYOUT_H
#define CMX_OCI_LAYOUT_H

#include "oci/store.h"

#include <stdbool.h>

#define ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"

/* Opens a layout to be read. ERROR_NOT_FOUND: there is none. The caller closes the store. */
bool layout_open(const char *path, struct image_store **ret, struct error *err)
    __attribute__((warn_unused_result));

/* Opens one to be read and written; makes it where there is none. */
bool layout_create(const char *path, struct image_store **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
