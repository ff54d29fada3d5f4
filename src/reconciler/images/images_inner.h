/* images_inner: what the files of this room share. */
#ifndef CMX_RECONCILER_IMAGES_IMAGES_INNER_H
#define CMX_RECONCILER_IMAGES_IMAGES_INNER_H

#include "reconciler/images/images.h"
#include "reconciler/images/references.h"
#include "reconciler/images/tags.h"

/* An image that others stand on, looked up once a run. */
struct base_found {
    const char *reference;
    struct image_store *store;
    struct descriptor descriptor;
    struct error error; /* ERROR_NONE: found */
};

struct images {
    struct arena *arena;
    const struct set *set;
    struct source *source;
    const struct images_options *options;
    struct image_names *names;
    struct http *http;
    struct registries *registries;
    struct image_run *runs; /* in the order of set->images */
    pthread_mutex_t lock;   /* of `building`, and of what becomes of each image */
    pthread_cond_t freed;   /* a build has ended */
    unsigned building;
    pthread_mutex_t bases_lock; /* of the rest, and of the arena once threads run */
    struct base_found **bases;
    size_t base_count, base_capacity;
};

/*
 * The store of "registry/repository" or "oci:FOLDER" (place.c). `ret_name` is what is put before
 * "@sha256:…", `ret_tag` what the text names in it (a tag, a digest, or "latest"); both may be
 * NULL. `create`: a layout that is not there is made; else *ret_store is NULL then. The caller
 * closes the store.
 */
bool place_open(struct images *images, struct arena *arena, const char *text, bool create,
                struct image_store **ret_store, const char **ret_name, const char **ret_tag,
                struct error *err) __attribute__((warn_unused_result));

/* Takes the credentials of the set's own imagePullSecrets: pull_secrets.c. */
void images_pull_secrets(struct images *images);

/* As struct build_opener has it: bases.c. The context is the image_run. */
bool base_open(void *context, struct arena *arena, const char *reference,
               struct image_store **ret_store, struct descriptor *ret_descriptor,
               const struct wait *wait, struct error *err);

/*
 * The builder, once the bases are resolved: one with ONBUILD, which only its config says, cannot be
 * native. Nobody asks for that while nothing has to be built.
 */
bool image_choose(struct image_run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The source digest, what is there of it, and the tags, of one whose bases are known. */
bool image_look(struct image_run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Adds to the chosen ones what they stand on, and opens all of them. */
void images_choose_bases(struct images *images, bool *chosen);

/* Only what the tags are called; asks nobody. */
void images_name_tags(struct images *images, const bool *chosen);

/* Builds it with the builder that was chosen for it. */
bool image_build_by(struct image_run *run, const struct build_target *target,
                    struct build_result *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* A store that keeps nothing of what it is given: for digests alone (null_store.c). */
struct image_store *null_store_new(void) __attribute__((returns_nonnull, warn_unused_result));

#endif
