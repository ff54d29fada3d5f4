/* archive_parts: what the parts of archive share; see archive.h. */
#ifndef CMX_OCI_ARCHIVE_PARTS_H
#define CMX_OCI_ARCHIVE_PARTS_H

#include "oci/indexed.h"

/* A member of the tar. */
struct archive_member {
    const char *path, *link; /* cleaned; `link` of links only, resolved */
    int64_t offset, size;
};

/* A blob by its digest: a member, or bytes that were made here. */
struct archive_blob {
    const char *digest;
    int64_t offset, size;
    const char *bytes;
};

/* An archive that is read. */
struct archive {
    struct indexed_store indexed; /* first */
    struct arena *arena;
    int file;
    bool of_engine;
    int64_t file_size;
    struct archive_member *members; /* sorted by path */
    size_t member_count, member_capacity;
    struct archive_blob *blobs; /* sorted by digest, once all are known */
    size_t blob_count, blob_capacity;
    struct image_index contents;
};

/* The file at a path, through links within the archive; NULL where there is none. */
const struct archive_member *archive_find(const struct archive *archive, const char *path);

/* A whole small member, NUL behind it. ERROR_NOT_FOUND: there is none. */
bool archive_small(struct archive *archive, const char *path, size_t ceiling,
                   const char **ret_bytes, size_t *ret_length, struct error *err);

void archive_add_blob(struct archive *archive, struct archive_blob blob);

/* --- archive_index.c --- */

/* Finds the members by their headers; a compressed file is unpacked first. */
bool archive_scan(struct archive *archive, const struct wait *wait, struct error *err);

/* --- archive_docker.c --- */

/* Makes manifests and an index of what `docker save` wrote before it knew OCI. */
bool archive_read_docker(struct archive *archive, const struct wait *wait, struct error *err);

/* Does manifest.json tell where each layer comes from, as that of an engine with layouts does? */
bool archive_names_sources(struct archive *archive);

#endif
