/* between: see between.h. A merge walk over two sorted sets. */
#include "reconciler/between.h"
#include "reconciler/between_images.h"

#include "reconciler/plan/replace.h"

#include <string.h>

/* ------------------------------------------------------------------------- loading */

/* A folder that one of the commits does not have is empty there; one that neither has, a mistake.
 */
static bool check_paths(const struct between *between, struct error *err)
{
    const struct source *source = &between->after.source;
    const bool *before = between->before.set.missing, *after = between->after.set.missing;
    for (size_t i = 0; before && after && i < source->path_count; i++)
        if (before[i] && after[i])
            return error_set(err, ERROR_USAGE, "%s is neither in %s nor in %s", source->paths[i],
                             between->before.source.revision, source->revision);
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The name, the namespace and the cluster are a set's identity: with others an apply begins anew.
 */
static void warn_of_new_set(struct between *between)
{
    const struct project *old = &between->before.set.project, *new = &between->after.set.project;
    if (!between->before.set.count || !between->after.set.count
        || (same_text(old->name, new->name) && same_text(old->namespace, new->namespace)
            && same_text(old->cluster, new->cluster)))
        return;
    problem_warn(
        &between->after.problems, new->file, (struct place){ 0 }, false,
        "the set was %s in namespace %s%s%s, and would be %s in namespace %s%s%s: an apply "
        "begins a new set. The old one keeps its objects until it is released or deleted",
        old->name, old->namespace, old->cluster ? " of cluster " : "",
        old->cluster ? old->cluster : "", new->name, new->namespace,
        new->cluster ? " of cluster " : "", new->cluster ? new->cluster : "");
}

static bool load_one(struct run *run, struct arena *arena, struct run_options *options,
                     const char *ref, struct git_source *opened, const struct wait *wait,
                     struct error *err)
{
    options->source.ref = ref;
    options->source.opened = opened;
    options->missing_is_empty = true;
    options->keep_going = false; /* half of a side would look like objects that come or go */
    run_start(run, arena, options);
    return run_load(run, wait, err);
}

/* What `from` got since the two parted is no change of `to`: begins where they part. */
static bool begin_at_base(struct between *between, struct arena *arena, const struct wait *wait,
                          struct error *err)
{
    const struct source *from = &between->before.source;
    const char *base;
    if (!from->git || !between->after.source.git)
        return true;
    if (!git_base(between->after.source.git, arena, from->commit.commit, &base, err))
        return false;
    if (!base)
        return true;
    between->parted_from = from->revision;
    run_done(&between->before);
    return load_one(&between->before, arena, &between->before_options, base,
                    between->after.source.git, wait, err);
}

bool between_load(struct between *between, struct arena *arena, const struct run_options *options,
                  const char *from, const char *to, const struct wait *wait, struct error *err)
{
    *between = (struct between){ .before_options = *options, .after_options = *options };
    run_start(&between->after, arena, &between->after_options);
    if (!load_one(&between->before, arena, &between->before_options, from, NULL, wait, err)
        || !load_one(&between->after, arena, &between->after_options, to,
                     between->before.source.git, wait, err)
        || !begin_at_base(between, arena, wait, err) || !check_paths(between, err))
        return false;
    warn_of_new_set(between);
    return true;
}

void between_done(struct between *between)
{
    run_done(&between->after);
    run_done(&between->before);
}

/* ------------------------------------------------------------------------ planning */

static void fill_update(struct change *change, const struct value *before,
                        const struct value *after)
{
    struct field_changes changes;
    diff_fields(change->arena, before, after, &changes);
    change->action = changes.count ? ACTION_CHANGE : ACTION_KEEP;
    change->prediction =
        (struct prediction){ .kind = PREDICT_CHANGE, .before = before, .after = after };
    change->fields = arena_array(change->arena, changes.count, sizeof *change->fields);
    change->field_count = changes.count;
    for (size_t i = 0; i < changes.count; i++)
        change->fields[i] =
            (struct planned_field){ .change = changes.items[i], .cause = CAUSE_COMMIT };
}

static void fill(struct change *change, const struct resource *before, const struct resource *after)
{
    change->cause = CAUSE_COMMIT;
    change->subject->id = before ? before->id : after->id;
    change->subject->desired = after;
    change->subject->live = (struct observation){ .state = before ? LIVE_DIFFERENT : LIVE_ABSENT,
                                                  .document = before ? before->document : NULL };
    change->rank = rank_of(&change->subject->id);
    if (before && after)
        fill_update(change, before->document, after->document);
    else if (after) {
        change->action = ACTION_CREATE;
        change->prediction =
            (struct prediction){ .kind = PREDICT_CREATE, .after = after->document };
    } else
        change->action = ACTION_DELETE;
    if (after && after->options.hook != HOOK_NONE && change->action == ACTION_CHANGE) {
        change->action = ACTION_REPLACE;
        change->reruns = true;
        change->why = HOOK_CHANGED;
    }
}

static void count(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        switch (plan->changes[i].action) {
        case ACTION_CREATE:
            plan->counts.create++;
            plan->counts.builds += image_is_id(&plan->changes[i].subject->id);
            break;
        case ACTION_CHANGE:
            plan->counts.change++;
            break;
        case ACTION_REPLACE: /* only hooks: what the server refuses is not known here */
            plan->counts.replace++;
            plan->counts.reruns++;
            break;
        case ACTION_DELETE:
            plan->counts.delete ++;
            break;
        default:
            plan->counts.keep++;
            break;
        }
}

static void merge(struct plan *plan, const struct set *before, const struct set *after)
{
    size_t i = 0, j = 0;
    while (i < before->count || j < after->count) {
        const struct resource *old = i < before->count ? &before->resources[i] : NULL;
        const struct resource *new = j < after->count ? &after->resources[j] : NULL;
        int order = !old ? 1 : !new ? -1 : object_id_compare(&old->id, &new->id);
        struct change *change = &plan->changes[plan->count];
        change->subject = &plan->subjects[plan->count++];
        change->arena = arena_new();
        fill(change, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

static const char *description_of(const struct between *between)
{
    const char *before = between->before.source.revision;
    struct arena *arena = between->after.arena;
    if (!between->parted_from)
        return arena_printf(arena, "compared with %s", *before ? before : "before");
    return arena_printf(arena, "compared with %s, where it parted from %s", before,
                        between->parted_from);
}

void between_plan(struct between *between)
{
    struct run *before = &between->before, *after = &between->after;
    if (after->set.missing && !after->set.count)
        after->set.project = before->set.project; /* it went with its folder */
    const struct project *project = &after->set.project;
    struct target_run *target = arena_alloc(after->arena, sizeof *target);
    size_t most = before->set.count + after->set.count + after->set.image_count;
    *target = (struct target_run){ .provider = &provider_directory, .planned = true };
    target->target.set_name = project->name;
    target->target.set_namespace = project->namespace;
    target->description = description_of(between);
    target->plan = (struct plan){ .arena = after->arena };
    target->plan.subjects = arena_array(after->arena, most, sizeof *target->plan.subjects);
    target->plan.changes = arena_array(after->arena, most, sizeof *target->plan.changes);
    between_images(between, &target->plan);
    merge(&target->plan, &before->set, &after->set);
    count(&target->plan);
    after->targets = target;
    after->target_count = 1;
}
