/* facts: what follows from what was found of an Image; see images.h. Asks nobody. */
#include "reconciler/images/images.h"

#include <string.h>

bool image_tags_differ(const struct image_run *run)
{
    for (size_t i = 0; run->image.digest && i < run->tag_count; i++)
        if (!run->tags[i].live || strcmp(run->tags[i].live, run->image.digest) != 0)
            return true;
    return false;
}

const struct image_tag *image_held_tag(const struct image_run *run)
{
    for (size_t i = 0; run->spec->immutable && i < run->tag_count; i++)
        if (run->tags[i].live
            && (!run->image.digest || strcmp(run->tags[i].live, run->image.digest) != 0))
            return &run->tags[i];
    return NULL;
}

const char *image_digest_before(const struct image_run *run)
{
    for (size_t i = 0; i < run->tag_count; i++) {
        const struct image_tag *tag = &run->tags[i];
        const char *before = tag->from ? tag->from : tag->live;
        if (before && (!run->image.digest || strcmp(before, run->image.digest) != 0))
            return before;
    }
    return NULL;
}

const char *image_pinned_name(struct arena *arena, const struct image_run *run)
{
    const char *digest = run->image.digest ? run->image.digest : IMAGE_DIGEST_LATER;
    const char *name = run->name ? run->name : run->spec->repository;
    return arena_printf(arena, "%s@%s", name ? name : run->spec->from, digest);
}
