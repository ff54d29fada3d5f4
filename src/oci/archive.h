/*
 * archive: an image in a tar file, as an image store.
 *
 * Read: what `docker save` writes (old: manifest.json beside a folder a layer; new: a layout
 * with a manifest.json) and an OCI layout in a tar. The file is indexed by its headers and
 * read where it stands; a compressed one is unpacked into a temporary file. An old docker
 * archive has no manifests: they are made from its manifest.json, the same each time.
 *
 * Written: an OCI layout in a tar, with a manifest.json for Docker where asked for; blobs in
 * the order in which they come, each as it is. The file appears under its name, whole, with
 * store_finish().
 */
#ifndef CMX_OCI_ARCHIVE_H
#define CMX_OCI_ARCHIVE_H

#include "oci/store.h"

#include <stdbool.h>

enum archive_form { ARCHIVE_OCI, ARCHIVE_DOCKER };

/* Opens an archive to be read. ERROR_NOT_FOUND: no file; ERROR_INVALID: no such archive. */
bool archive_open(const char *path, struct image_store **ret, const struct wait *wait,
                  struct error *err) __attribute__((warn_unused_result));

/*
 * Did an engine write it, which keeps layers unpacked? Its manifests are nobody's promise then:
 * the old form has none, the new one (LayerSources in manifest.json) makes them of plain tars.
 */
bool archive_is_of_engine(const struct image_store *archive);

/*
 * Begins one. `repository` ("shop/api", or NULL) names the images in Docker's form, where a
 * tag alone is "TAG" and not "REPOSITORY:TAG".
 */
bool archive_create(const char *path, enum archive_form form, const char *repository,
                    struct image_store **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
