/*
 * note: what is told of a build beside the image: commit, author, log.
 *
 * An artifact that refers to the image (OCI distribution spec 1.1, referrers), so that the
 * bytes of the image itself hang on its source alone.
 */
#ifndef CMX_RECONCILER_IMAGES_NOTE_H
#define CMX_RECONCILER_IMAGES_NOTE_H

#include "base/buf.h"
#include "reconciler/images/images.h"

#define IMAGE_NOTE_TYPE "application/vnd.cmx.build.v1"

enum { IMAGE_LOG_CEILING = 64 << 10 }; /* bytes of the log that are kept: its end */

/* The blobs of a note, which name nothing of the image, on their way ahead of it. */
struct note_parts;

/* Starts, with the log as it is now. The store outlives it; the caller frees it. */
struct note_parts *note_parts_begin(struct image_store *store, const struct buf *log,
                                    const struct wait *wait)
    __attribute__((returns_nonnull, warn_unused_result));
void note_parts_free(struct note_parts *parts); /* waits for them; NULL is allowed */

/*
 * Stores the note of an image that was just built. `log` may be empty. `parts` (may be NULL) are
 * waited for, and sent anew where they were not stored, or the log has grown since.
 */
bool image_put_note(struct image_run *run, struct note_parts *parts, const struct buf *log,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
