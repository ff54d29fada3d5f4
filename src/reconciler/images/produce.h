/*
 * produce: building Images for their own sake (`build`), and what is known of them (`images`).
 */
#ifndef CMX_RECONCILER_IMAGES_PRODUCE_H
#define CMX_RECONCILER_IMAGES_PRODUCE_H

#include "reconciler/images/images.h"

/* Where they go. Neither: they are built, and only their digests are kept. */
struct image_output {
    bool push;                 /* to their repositories, with their tags, as an apply does */
    struct image_store *store; /* or all into this one, as "REPOSITORY:TAG"; NULL          */

    /* What each does, from any thread, one at a time; may be NULL. */
    void (*progress)(void *context, const struct image_run *run, const char *text);
    void *context;
};

enum product_status {
    PRODUCT_NONE, /* not chosen                                      */
    PRODUCT_BUILT,
    PRODUCT_THERE,  /* nothing had to be built: its repository holds it */
    PRODUCT_FAILED, /* run->error says why                              */
};

struct image_product {
    enum product_status status;
    int64_t milliseconds;
    struct text_list
        names; /* by which the one store was given it: "registry.example/shop/api:1.4" */
};

/*
 * Builds every chosen one, and what they stand on, side by side as far as they may. One product
 * an Image, in the order of the set. A failed one fails only what stands on it. False: cancelled.
 */
bool images_produce(struct images *images, const bool *chosen, const struct image_output *output,
                    struct image_product *ret_products, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Of an image that is there: what Docker calls its id, and the bytes of all its parts. */
struct image_facts {
    const char *id; /* of the first platform of an index */
    int64_t size;
};
bool image_inspect(struct image_run *run, struct arena *arena, struct image_facts *ret,
                   const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
