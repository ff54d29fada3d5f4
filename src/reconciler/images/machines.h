/*
 * machines: images that a part of a target's machines cannot run.
 */
#ifndef CMX_RECONCILER_IMAGES_MACHINES_H
#define CMX_RECONCILER_IMAGES_MACHINES_H

#include "providers/provider.h"
#include "reconciler/images/images.h"
#include "reconciler/plan/plan.h"

/*
 * A sentence for each Image of these steps that some machine cannot run: "Image/api is built for
 * linux/amd64, and 2 of 3 nodes are linux/arm64". Lives in the arena.
 */
void images_misfits(struct images *images, const struct plan_images *steps, struct arena *arena,
                    const struct machine_count *machines, size_t count,
                    struct text_list *ret_sentences);

#endif
