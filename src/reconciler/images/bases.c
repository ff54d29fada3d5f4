/*
 * bases: what images stand on, looked up once a run, whoever asks: one HEAD for each that is
 * not pinned. One that is an Image of the set is that Image, whatever tag it is named with.
 */
#include "reconciler/images/images_inner.h"

#include <string.h>

static struct base_found *find(struct images *images, const char *reference)
{
    for (size_t i = 0; i < images->base_count; i++)
        if (strcmp(images->bases[i]->reference, reference) == 0)
            return images->bases[i];
    return NULL;
}

/* A digest is all that is to be known before a build: nobody is asked. */
static bool look_up(struct images *images, struct base_found *found, const struct wait *wait)
{
    const char *tag;
    if (!place_open(images, images->arena, found->reference, false, &found->store, NULL, &tag,
                    &found->error))
        return false;
    if (!found->store)
        return error_set(&found->error, ERROR_NOT_FOUND, "%s is not there", found->reference);
    if (digest_text_valid(tag)) {
        found->descriptor = (struct descriptor){ .digest = tag, .size = -1 };
        return true;
    }
    return found->store->table->resolve(found->store, images->arena, tag, &found->descriptor, wait,
                                        &found->error);
}

/* Under the lock: a few are asked for, each once, and what they share is the arena. */
static struct base_found *look_up_once(struct images *images, const char *reference,
                                       const struct wait *wait)
{
    struct base_found *found = find(images, reference);
    if (found && found->error.kind != ERROR_CANCELLED)
        return found;
    found = arena_alloc(images->arena, sizeof *found);
    *found = (struct base_found){ .reference = arena_strdup(images->arena, reference) };
    (void)!look_up(images, found, wait);
    arena_push(images->arena, images->bases, images->base_count, images->base_capacity, found);
    return found;
}

/* Known once that Image is there; before it images_resolve() does not come here. */
static bool own_base(const struct image_run *base, struct image_store **ret_store,
                     struct descriptor *ret_descriptor, struct error *err)
{
    struct image_store *store = base->built_in ? base->built_in : base->store;
    if (!base->image.digest || base->computed || !store)
        return error_set(err, ERROR_REFUSED,
                         "it stands on Image/%s, which no place holds: build that first, with "
                         "--push or --to",
                         base->spec->name);
    *ret_store = store;
    *ret_descriptor = base->image;
    return true;
}

bool base_open(void *context, struct arena *arena, const char *reference,
               struct image_store **ret_store, struct descriptor *ret_descriptor,
               const struct wait *wait, struct error *err)
{
    struct image_run *run = context;
    struct images *images = run->images;
    const struct image_spec *own = image_names_find(images->names, reference);
    (void)arena;
    if (own && own != run->spec)
        return own_base(images_find(images, own->name), ret_store, ret_descriptor, err);
    pthread_mutex_lock(&images->bases_lock);
    struct base_found *found = look_up_once(images, reference, wait);
    pthread_mutex_unlock(&images->bases_lock);
    if (found->error.kind != ERROR_NONE) {
        *err = found->error;
        return false;
    }
    *ret_store = found->store;
    *ret_descriptor = found->descriptor;
    return true;
}
