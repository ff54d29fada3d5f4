/*
 * report_image: digests of images for people: cut to what tells two apart, and words in place
 * of one that nobody knows yet.
 */
#ifndef CMX_RECONCILER_REPORT_IMAGE_H
#define CMX_RECONCILER_REPORT_IMAGE_H

#include "manifest/value.h"

#include <stdbool.h>

/* "sha256:9fc9d4b… → to be built"; NULL where neither is the name of an image by digest. */
const char *report_image_change(struct arena *arena, const struct value *before,
                                const struct value *after);

/* "image of main" for the path "spec.template.spec.containers[main].image", else the path. */
const char *report_image_path(struct arena *arena, const char *path);

/* A text in which "(to be built)" stands for a digest that is not known yet. */
const char *report_image_text(struct arena *arena, const char *text);

/* Does such a digest stand in it? */
bool report_image_later(const struct value *value);

#endif
