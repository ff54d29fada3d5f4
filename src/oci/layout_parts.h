/* layout_parts: what the parts of layout and archive share; see layout.h, archive.h. */
#ifndef CMX_OCI_LAYOUT_PARTS_H
#define CMX_OCI_LAYOUT_PARTS_H

#include "oci/indexed.h"

#define LAYOUT_MARKER "{\"imageLayoutVersion\":\"1.0.0\"}"

struct layout {
    struct indexed_store indexed; /* first */
    char *path;
};

/* Is this file "oci-layout" of a version that we read? */
bool layout_marker_valid(struct arena *arena, const char *data, size_t length, const char *name,
                         struct error *err);

bool layout_index_read(struct layout *layout, struct arena *arena, struct image_index *ret,
                       struct error *err);

/* Bytes of an open file from `offset` on, checked against the descriptor, into the sink. */
bool blob_pass(int descriptor, int64_t offset, const struct descriptor *blob, const char *name,
               blob_sink *sink, void *context, const struct wait *wait, struct error *err);

/*
 * The same bytes as a source, unchecked. `own`: the descriptor is closed with it. ERROR_INVALID:
 * the size is another one.
 */
bool blob_source_file(int descriptor, bool own, int64_t offset, int64_t size,
                      const struct descriptor *blob, const char *name, struct blob_source *ret,
                      struct error *err);

/* --- layout_write.c --- */

/* Makes what a layout has at least, where it is not there. */
bool layout_make(const char *path, struct error *err);

bool layout_put_blob(struct image_store *store, struct arena *arena,
                     const struct blob_source *source, struct descriptor *ret,
                     const struct wait *wait, struct error *err);
bool layout_put_manifest(struct image_store *store, const struct descriptor *manifest,
                         const char *bytes, const char *tag, const struct wait *wait,
                         struct error *err);

/*
 * Reads a source to its end into an open file at `offset`, checked against what the source
 * says of itself.
 */
bool blob_take(int descriptor, int64_t offset, const struct blob_source *source,
               struct arena *arena, struct descriptor *ret, const char *name,
               const struct wait *wait, struct error *err);

/* Writes all of it at `offset`. */
bool write_at(int descriptor, const char *data, size_t length, int64_t offset, const char *name,
              struct error *err);

#endif
