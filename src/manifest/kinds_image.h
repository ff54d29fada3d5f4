/*
 * kinds_image: the table of kind Image, whose members are as many as those of all other
 * kinds together. A row of kinds.c.
 */
#ifndef CMX_MANIFEST_KINDS_IMAGE_H
#define CMX_MANIFEST_KINDS_IMAGE_H

#include "manifest/shape.h"

/* JSON Schema of a path that leads to no place above the folder it is read in, and of one that
 * may be an OCI layout, too. */
#define BELOW      "{\"pattern\": \"^(?!/)(?!(.*/)?[.][.](/|$))"
#define PATH_BELOW BELOW "\", \"patternErrorMessage\": \"Write a relative path without '..'.\"}"
#define LAYOUT_BELOW                                                                               \
    BELOW "[^:@]+$\", \"patternErrorMessage\": \"Write a relative path without '..', ':', '@'.\"}"

extern const struct shape image_spec_members[];
extern const char image_schema[];
extern const struct shape_refused image_refused[];

#endif
