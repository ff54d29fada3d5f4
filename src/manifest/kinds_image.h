/*
 * kinds_image: the table of kind Image, whose members are as many as those of all other
 * kinds together. A row of kinds.c.
 */
#ifndef CMX_MANIFEST_KINDS_IMAGE_H
#define CMX_MANIFEST_KINDS_IMAGE_H

#include "manifest/shape.h"

/* JSON Schema of a path that leads to no place above the folder it is read in, of one that is
 * written to, and of one that may be an OCI layout. */
#define NOT_GITS   "(?!(.*/)?[.][gG][iI][tT](/|$))"
#define BELOW      "{\"pattern\": \"^(?!/)(?!(.*/)?[.][.](/|$))"
#define PATH_BELOW BELOW "\", \"patternErrorMessage\": \"Write a relative path without '..'.\"}"
#define OUTPUT_BELOW                                                                               \
    BELOW NOT_GITS                                                                                 \
        "\", \"patternErrorMessage\": \"Write a relative path without '..' and '.git'.\"}"
#define LAYOUT_BELOW                                                                               \
    BELOW NOT_GITS "[^:@]+$\", \"patternErrorMessage\": \"Write a relative path without '..', "    \
                   "'.git', ':', '@'.\"}"

extern const struct shape image_spec_members[];
extern const char image_schema[];
extern const struct shape_refused image_refused[];

#endif
