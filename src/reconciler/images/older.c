/*
 * older: was an Image built before? For people: one that is built anew is changed, the first one is
 * new. Where none of its tags points anywhere (they hold a commit), its repository's list of tags
 * is asked for, once, and only where something is to be built.
 */
#include "reconciler/images/images_inner.h"

#include "base/cleanup.h"
#include "base/pool.h"

#include <string.h>

static bool has_tag(const struct image_run *run)
{
    for (size_t i = 0; i < run->tag_count; i++)
        if (run->tags[i].live)
            return true;
    return false;
}

static enum image_older among(const char **tags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(tags[i], TAG_OF_SOURCE, strlen(TAG_OF_SOURCE)) == 0)
            return OLDER_THERE;
    return OLDER_NONE;
}

/* A list that nobody may read is no failure: then the commit of the last run is to tell. */
static enum image_older look(const struct image_run *run, struct arena *arena,
                             const struct wait *wait)
{
    const char **tags;
    size_t count;
    struct error why;
    if (has_tag(run))
        return OLDER_THERE;
    if (!run->store)
        return OLDER_NONE;
    if (run->store->table->tags(run->store, arena, &tags, &count, wait, &why))
        return among(tags, count);
    return why.kind == ERROR_NOT_FOUND ? OLDER_NONE : OLDER_UNKNOWN;
}

/* What a task of the pool is given. */
struct looking {
    struct image_run *run;
    const struct wait *wait;
};

static void look_one(void *context, struct arena *arena)
{
    struct looking *looking = context;
    looking->run->older = look(looking->run, arena, looking->wait);
}

void images_look_for_older(struct images *images, const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    size_t count = images->set->image_count, absent = 0;
    unsigned threads = images->options->concurrency ? images->options->concurrency : 1;
    struct looking *looking = arena_array(arena, count + 1, sizeof *looking);
    for (size_t i = 0; i < count; i++)
        if (images->runs[i].state == IMAGE_ABSENT)
            looking[absent++] = (struct looking){ &images->runs[i], wait };
    pool_each(threads, look_one, looking, absent, sizeof *looking);
}
