/*
 * tags_back: the tags of an image that was refused where it runs go back to what they meant
 * before (images.h), so that nobody elsewhere gets it by one of them.
 */
#include "reconciler/images/images.h"

#include <string.h>

/* Somebody may have moved it since: then it is theirs. */
static bool is_still_ours(const struct image_run *run, const struct image_tag *tag, bool *ret_ours,
                          const struct wait *wait, struct error *err)
{
    struct descriptor live = { 0 };
    struct error absent = { 0 };
    if (!run->store->table->resolve(run->store, run->arena, tag->text, &live, wait, &absent)
        && absent.kind != ERROR_NOT_FOUND) {
        *err = absent;
        return false;
    }
    *ret_ours = live.digest && strcmp(live.digest, run->image.digest) == 0;
    return true;
}

static bool move_back(const struct image_run *run, struct image_tag *tag, const struct wait *wait,
                      struct error *err)
{
    const struct image_store_table *table = run->store->table;
    struct descriptor before;
    const char *bytes;
    bool ours;
    if (!is_still_ours(run, tag, &ours, wait, err))
        return false;
    if (ours
        && (!table->manifest(run->store, run->arena, tag->from, &before, &bytes, wait, err)
            || !table->put_manifest(run->store, &before, bytes, tag->text, wait, err)))
        return false;
    tag->live = ours ? tag->from : tag->live;
    tag->from = NULL;
    return true;
}

bool image_tags_back(struct image_run *run, const struct wait *wait, struct error *err)
{
    for (size_t i = 0; i < run->tag_count; i++) {
        struct image_tag *tag = &run->tags[i];
        if (tag->from && !move_back(run, tag, wait, err))
            return error_prefix(err, "tag %s", tag->text);
    }
    return store_finish(run->store, wait, err);
}
