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

/* Stores the note of an image that was just built. `log` may be empty. */
bool image_put_note(struct image_run *run, const struct buf *log, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

#endif
