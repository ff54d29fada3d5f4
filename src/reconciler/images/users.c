/* users: see users.h. */
#include "reconciler/images/users.h"

#include "base/cleanup.h"
#include "reconciler/images/references.h"
#include "reconciler/removal.h"

#include <string.h>

bool image_going_is(const struct image_going *going, const char *name)
{
    static const char pullable[] = "docker-pullable://"; /* an older kubelet's imageID */
    AUTO_ARENA scratch = arena_new();
    struct error none = { 0 };
    struct reference reference;
    if (strncmp(name, pullable, sizeof pullable - 1) == 0)
        name += sizeof pullable - 1;
    if (!reference_parse(scratch, name, &reference, &none)
        || strcmp(reference.repository, going->repository) != 0)
        return false;
    if (reference.digest)
        return strcmp(reference.digest, going->digest) == 0;
    const char *tag = reference.tag ? reference.tag : "latest";
    for (size_t i = 0; i < going->tags.count; i++)
        if (strcmp(going->tags.items[i], tag) == 0)
            return true;
    return false;
}

struct search {
    struct arena *arena;
    const struct image_going *going;
    struct image_users *users;
    bool met; /* the object at hand runs it */
};

static const char *compare_name(void *context, const char *text)
{
    struct search *search = context;
    search->met |= image_going_is(search->going, text);
    return NULL;
}

static bool is_known(const struct object_id *ids, size_t count, const struct object_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (object_id_compare(&ids[i], id) == 0)
            return true;
    return false;
}

static void look_at(void *context, struct arena *scratch, const struct runner *runner)
{
    static const struct project nothing; /* no paths but those of pods */
    struct search *search = context;
    struct image_users *users = search->users;
    search->met = false;
    images_visit(scratch, &nothing, &runner->id, runner->document, compare_name, search);
    for (size_t i = 0; i < runner->resolved.count; i++)
        compare_name(search, runner->resolved.items[i]);
    if (!search->met || is_known(users->ids, users->count, &runner->id)
        || is_known(users->older, users->older_count, &runner->id))
        return;
    struct object_id id = { runner->id.group, arena_strdup(search->arena, runner->id.kind),
                            arena_strdup(search->arena, runner->id.namespace),
                            arena_strdup(search->arena, runner->id.name) };
    if (runner->older)
        arena_push(search->arena, users->older, users->older_count, users->older_capacity, id);
    else
        arena_push(search->arena, users->ids, users->count, users->capacity, id);
}

/* What one target answers takes the place of what others did, where it says more. */
static bool search_target(struct run *run, struct target_run *target, struct search *search,
                          const struct wait *wait, struct error *err)
{
    struct image_users *all = search->users, own = { 0 };
    if (!target->provider->runners)
        return true;
    if (!target_connect(run, target, wait, err)) {
        all->where = target->description ? arena_strdup(search->arena, target->description) : NULL;
        return false;
    }
    own.where = arena_strdup(search->arena, target->description);
    search->users = &own;
    bool looked =
        target->provider->runners(target->session, run->arena, look_at, search, wait, err);
    search->users = all;
    if (!looked || !all->where || (own.count && !all->count)
        || (own.older_count && !all->older_count && !all->count))
        *all = own;
    return looked;
}

static bool search_targets(struct run *run, struct search *search, const struct wait *wait,
                           struct error *err)
{
    if (!run_targets(run, err))
        return false;
    for (size_t i = 0; i < run->target_count; i++)
        if (!search_target(run, &run->targets[i], search, wait, err))
            return false;
    return true;
}

static bool open_run(struct run *run, bool source, const struct wait *wait, struct error *err)
{
    if (!source) {
        run_without_source(run, "", NULL);
        return true;
    }
    if (!run_load(run, wait, err))
        return false;
    for (size_t i = 0; i < run->problems.count; i++)
        if (!run->problems.items[i].warning)
            return error_set(err, ERROR_INPUT, "the manifests are wrong: %s",
                             run->problems.items[i].message);
    return true;
}

bool image_users_find(const struct run_options *options, bool source, struct arena *arena,
                      const struct image_going *going, struct image_users *ret,
                      const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct search search = { arena, going, ret, false };
    struct run run;
    *ret = (struct image_users){ 0 };
    run_start(&run, scratch, options);
    bool found = open_run(&run, source, wait, err) && search_targets(&run, &search, wait, err);
    run_done(&run);
    return found;
}
