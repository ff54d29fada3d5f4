/*
 * between_images: what two commits mean for images, with no registry at hand: an Image whose
 * manifest or files became others will be built, and what runs it will be rolled out.
 */
#ifndef CMX_RECONCILER_BETWEEN_IMAGES_H
#define CMX_RECONCILER_BETWEEN_IMAGES_H

#include "reconciler/between.h"

/*
 * Adds a change for each Image of the later set that will be built, and puts "to be built" where
 * its objects name it. The plan has room for them. Before the objects are compared.
 */
void between_images(struct between *between, struct plan *plan);

#endif
