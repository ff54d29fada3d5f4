/*
 * kinds_image: the table of kind Image, whose members are as many as those of all other
 * kinds together. A row of kinds.c.
 */
#ifndef CMX_MANIFEST_KINDS_IMAGE_H
#define CMX_MANIFEST_KINDS_IMAGE_H

#include "manifest/shape.h"

extern const struct shape image_spec_members[];
extern const struct shape_refused image_refused[];

#endif
