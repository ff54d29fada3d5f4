/* plan: builds a plan, step by step; see plan.h. Budgets are in budget.c. */
#include "reconciler/plan/plan.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/pool.h"
#include "manifest/resource_builtin.h"
#include "reconciler/hold.h"
#include "reconciler/inventory.h"
#include "reconciler/plan/budget.h"
#include "reconciler/plan/contest.h"
#include "reconciler/plan/replace.h"
#include "reconciler/plan/restart.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

struct builder {
    struct plan *plan;
    const struct provider *provider;
    struct session *session;
    const struct plan_options *options;
    const struct record *record; /* NULL in the executor, where nothing is held any more */
    const struct wait *wait;
};

bool action_writes(enum action action)
{
    return action == ACTION_CREATE || action == ACTION_CHANGE || action == ACTION_REPLACE
           || action == ACTION_ADOPT || action == ACTION_DELETE;
}

bool plan_differs(const struct plan *plan)
{
    const struct plan_counts *counts = &plan->counts;
    return counts->create + counts->change + counts->replace + counts->adopt + counts->delete
               + counts->forget
           > 0;
}

void plan_refuse(struct plan *plan, const char *way_out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct refusal refusal = { arena_vprintf(plan->arena, format, args),
                               way_out ? arena_strdup(plan->arena, way_out) : NULL };
    va_end(args);
    arena_push(plan->arena, plan->refusals, plan->refusal_count, plan->refusal_capacity, refusal);
}

void plan_done(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        arena_free(plan->changes[i].arena);
    plan->count = 0;
}

/* recorded ∪ desired: a merge walk over two sorted lists. */
static void merge_subjects(struct plan *plan, const struct resource *const *desired,
                           size_t desired_count, const struct record *record)
{
    size_t i = 0, j = 0;
    plan->subjects =
        arena_array(plan->arena, desired_count + record->count, sizeof *plan->subjects);
    while (i < desired_count || j < record->count) {
        const struct record_member *member = j < record->count ? &record->members[j] : NULL;
        int order = i >= desired_count ? 1
                    : !member          ? -1
                                       : object_id_compare(&desired[i]->id, &member->id);
        struct subject *subject = &plan->subjects[plan->count++];
        subject->id = order <= 0 ? desired[i]->id : member->id;
        subject->desired = order <= 0 ? desired[i] : NULL;
        subject->recorded = order >= 0 ? member : NULL;
        i += order <= 0;
        j += order >= 0;
    }
}

const char *plan_failed_folder(const struct plan_options *options, const char *path)
{
    for (size_t i = 0; path && i < options->failed_count; i++) {
        const char *folder = options->failed[i].folder;
        size_t length = strlen(folder);
        if (strncmp(path, folder, length) == 0
            && (length == 0 || path[length] == '/' || path[length] == '\0'))
            return folder;
    }
    return NULL;
}

static bool protected(const struct builder *builder, struct change *change)
{
    struct object_options options;
    object_options_read(change->arena, change->subject->live.document, &options, NULL, NULL);
    (void)builder;
    return options.keep;
}

static const char *why_not_delete(const struct builder *builder, struct change *change)
{
    const struct record_member *recorded = change->subject->recorded;
    const char *folder = recorded ? plan_failed_folder(builder->options, recorded->path) : NULL;
    if (folder)
        return arena_printf(change->arena, "its folder %s did not load", *folder ? folder : ".");
    return builder->options->may_delete ? NULL : builder->options->why_not_delete;
}

static const char *owned_by(struct change *change, const char *why)
{
    const struct observation *live = &change->subject->live;
    bool named = live->owner_text && (live->owner == OWNER_OTHER_SET || live->owner == OWNER_TOOL);
    return named ? arena_printf(change->arena, "%s (%s)", why, live->owner_text) : why;
}

/* The wanted document is the one of the last run: then only others can have made a difference. */
static bool source_unchanged(const struct subject *subject)
{
    if (!subject->recorded || !subject->desired || !*subject->recorded->digest)
        return false;
    AUTO_ARENA arena = arena_new();
    return strcmp(subject->recorded->digest, resource_digest(arena, subject->desired)) == 0;
}

static void decide_change(const struct builder *builder, struct change *change)
{
    const struct subject *subject = change->subject;
    const char *not_deleted = why_not_delete(builder, change);
    struct situation situation = {
        .desired = subject->desired != NULL,
        .recorded = subject->recorded != NULL,
        .live = subject->live.state,
        .owner = subject->live.owner,
        .adopt = subject->desired && subject->desired->options.adopt ? ADOPT_ALL
                                                                     : builder->options->adopt,
        .may_delete = not_deleted == NULL,
        .ended = subject->recorded && subject->recorded->ended && source_unchanged(subject),
        .protected = subject->live.document && protected(builder, change),
    };
    change->action = decide(&situation, &change->why);
    if (change->action == ACTION_UNKNOWN)
        change->why = subject->live.why;
    else if (change->action == ACTION_RETAIN && not_deleted && !situation.protected)
        change->why = not_deleted;
    else if (change->why)
        change->why = owned_by(change, change->why);
    bool hook = subject->desired && subject->desired->options.hook != HOOK_NONE
                && (change->action == ACTION_KEEP || change->action == ACTION_CHANGE);
    const char *again = hook ? hook_runs_again(change, source_unchanged(subject)) : NULL;
    if (again) {
        change->action = ACTION_REPLACE;
        change->reruns = true;
        change->why = again;
    }
    if (change->action == ACTION_REFUSE && subject->live.owner != OWNER_CONTROLLER)
        change->way_out = "annotate it with cmx.dev/adopt: \"true\", or use --adopt";
    restart_check(change, builder->options);
    change->hold = hold_of(builder->record, subject);
    bool asked = change->action == ACTION_CREATE || change->action == ACTION_CHANGE
                 || change->action == ACTION_REPLACE
                 || change->action == ACTION_ADOPT; /* held back once it is known what it is */
    if (!asked && change->action != ACTION_UNKNOWN)
        hold_back(change, builder->options->removal, builder->options->home);
}

/* Scaling leaves no time: then it was at the latest now. */
static int64_t seconds_after(const struct blame *blame)
{
    if (!blame->applied)
        return -1;
    return (blame->time ? blame->time : clock_unix()) - blame->applied;
}

static void explain_field(const struct builder *builder, struct change *change,
                          struct planned_field *field, bool unchanged)
{
    struct blame blame = { 0 };
    const struct subject *subject = change->subject;
    if (change->action == ACTION_ADOPT) {
        field->cause = CAUSE_ADOPTION;
        return;
    }
    if (field->change.before)
        builder->provider->blame(builder->session, change->arena, subject, field->change.pointer,
                                 &blame);
    bool by_other = field->change.before && !blame.ours && blame.manager;
    field->cause = unchanged || by_other ? CAUSE_DRIFT : CAUSE_COMMIT;
    field->manager = by_other ? blame.manager : NULL;
    field->time = by_other ? blame.time : 0;
    field->after = by_other ? seconds_after(&blame) : -1;
}

static void explain_change(const struct builder *builder, struct change *change)
{
    struct field_changes changes;
    bool unchanged = source_unchanged(change->subject);
    diff_fields(change->arena, change->prediction.before, change->prediction.after, &changes);
    change->fields = arena_array(change->arena, changes.count, sizeof *change->fields);
    change->field_count = changes.count;
    change->cause = change->action == ACTION_ADOPT ? CAUSE_ADOPTION : CAUSE_DRIFT;
    for (size_t i = 0; i < changes.count; i++) {
        change->fields[i].change = changes.items[i];
        explain_field(builder, change, &change->fields[i], unchanged);
        if (change->fields[i].cause == CAUSE_COMMIT)
            change->cause = CAUSE_COMMIT;
    }
    contest_judge(change, unchanged);
}

static void refuse_change(struct change *change, const char *why, const char *way_out)
{
    change->action = ACTION_REFUSE;
    change->why = why;
    change->way_out = way_out;
}

/* What the prediction makes of a decision. */
static void refine(const struct builder *builder, struct change *change)
{
    const struct prediction *p = &change->prediction;
    switch (p->kind) {
    case PREDICT_SAME:
        if (change->action == ACTION_CHANGE)
            change->action = ACTION_KEEP;
        break;
    case PREDICT_CHANGE:
    case PREDICT_LOCAL:
        if (change->action == ACTION_CREATE)
            break;
        explain_change(builder, change);
        if (contest_is_lost(&change->contest) && builder->options->force_conflicts)
            change->contest = (struct record_contest){ 0 };
        else if (contest_is_lost(&change->contest))
            refuse_change(change,
                          arena_printf(change->arena, "%s: not fought any further",
                                       contest_text(change->arena, &change->contest)),
                          contest_way_out(change));
        break;
    case PREDICT_IMMUTABLE:
        if (!change->reruns)
            replace_or_refuse(change, builder->options->home);
        if (change->action == ACTION_REPLACE && p->before)
            explain_change(builder, change);
        break;
    case PREDICT_CONFLICT:
        if (!change->reruns)
            refuse_change(change,
                          arena_printf(change->arena, "%s is held by %s",
                                       p->field ? p->field : "a field",
                                       p->holder ? p->holder : "another manager"),
                          "leave the field out, or take it with --force-conflicts");
        break;
    case PREDICT_REFUSED:
        refuse_change(change, p->why, NULL);
        break;
    case PREDICT_FAILED:
        change->action = ACTION_UNKNOWN;
        change->why = p->why;
        break;
    case PREDICT_CREATE:
    case PREDICT_LATER:
        break;
    }
}

static void keep_text(struct arena *arena, const char **text)
{
    if (*text)
        *text = arena_strdup(arena, *text);
}

static void keep_prediction(struct arena *arena, struct prediction *prediction)
{
    prediction->before = prediction->before ? value_copy(arena, prediction->before) : NULL;
    prediction->after = prediction->after ? value_copy(arena, prediction->after) : NULL;
    keep_text(arena, &prediction->field);
    keep_text(arena, &prediction->why);
    keep_text(arena, &prediction->until);
    keep_text(arena, &prediction->holder);
    keep_text(arena, &prediction->mark);
}

static bool predict(const struct builder *builder, struct change *change, struct error *err)
{
    change->cause =
        change->subject->recorded && change->action == ACTION_CREATE ? CAUSE_DRIFT : CAUSE_COMMIT;
    if (change->action == ACTION_ADOPT)
        change->cause = CAUSE_ADOPTION;
    AUTO_ARENA scratch = arena_new(); /* answers of a server are larger than what is kept of them */
    if (!builder->provider->predict(builder->session, scratch, change->subject, &change->prediction,
                                    builder->wait, err))
        return error_prefix(err, "%s", object_id_text(change->arena, &change->subject->id, NULL));
    keep_prediction(change->arena, &change->prediction);
    refine(builder, change);
    hold_back(change, false, builder->options->home);
    return true;
}

bool change_predict(struct change *change, const struct provider *provider, struct session *session,
                    const struct plan_options *options, const struct wait *wait, struct error *err)
{
    struct builder builder = { NULL, provider, session, options, NULL, wait };
    return predict(&builder, change, err);
}

static bool is_allowed(const struct plan_options *options, const struct change *change)
{
    for (size_t i = 0; i < options->allow_delete_count; i++) {
        struct object_id pattern;
        if (object_id_parse(change->arena, options->allow_delete[i], &pattern)
            && object_id_matches(&pattern, &change->subject->id))
            return true;
    }
    return false;
}

bool change_may_delete(const struct change *change, const struct provider *provider,
                       struct session *session, const struct plan_options *options,
                       const struct wait *wait, struct error *err)
{
    return is_allowed(options, change) || !provider->guard
           || provider->guard(session, change->arena, change->subject, wait, err);
}

/* Some deletions need a word from the user; the provider knows which. */
static bool ask_guard(const struct builder *builder, struct change *change, struct error *err)
{
    const struct plan_options *options = builder->options;
    struct error refused = { 0 };
    if (change_may_delete(change, builder->provider, builder->session, options, builder->wait,
                          &refused))
        return true;
    if (refused.kind == ERROR_CANCELLED) {
        *err = refused;
        return false;
    }
    change->action = refused.kind == ERROR_REFUSED ? ACTION_REFUSE : ACTION_UNKNOWN;
    change->why = arena_strdup(change->arena, refused.message);
    change->way_out =
        arena_printf(change->arena, "--allow-delete %s",
                     object_id_text(change->arena, &change->subject->id, options->home));
    return true;
}

/* What the threads that predict share. */
struct predictions {
    const struct builder *builder;
    pthread_mutex_t lock;
    bool failed;
    struct error error; /* the first one */
};

struct task {
    struct predictions *predictions;
    struct change *change;
};

static void keep_failure(struct predictions *predictions, const struct error *error)
{
    pthread_mutex_lock(&predictions->lock);
    if (!predictions->failed)
        predictions->error = *error;
    predictions->failed = true;
    pthread_mutex_unlock(&predictions->lock);
}

static void run_task(void *context, struct arena *arena)
{
    struct task *task = context;
    struct change *change = task->change;
    const struct builder *builder = task->predictions->builder;
    struct error error;
    (void)arena; /* what a prediction returns has to outlive the task */
    change->asked = true;
    bool ok = change->action == ACTION_DELETE || predict(builder, change, &error);
    if (ok && (change->action == ACTION_DELETE || change->action == ACTION_REPLACE))
        ok = ask_guard(builder, change, &error);
    if (!ok)
        keep_failure(task->predictions, &error);
}

/*
 * Of a set that is nowhere yet nothing can be broken by stopping half way: the
 * apply itself says what is refused, and each object is sent once, not twice.
 * Not where a kind may be missing.
 */
static bool goes_unasked(const struct builder *builder, const struct change *change)
{
    const struct object_id *id = &change->subject->id;
    return builder->options->creates_unasked && change->action == ACTION_CREATE && !change->hold
           && builtin_kind_find(id->group, id->kind);
}

static bool has_to_ask(const struct builder *builder, struct change *change)
{
    if (!action_writes(change->action) || change->asked)
        return false;
    if (!goes_unasked(builder, change))
        return true;
    change->cause = CAUSE_COMMIT;
    change->unasked = true;
    change->prediction =
        (struct prediction){ .kind = PREDICT_CREATE, .after = change->subject->desired->document };
    return false;
}

static bool predict_all(const struct builder *builder, struct error *err)
{
    struct plan *plan = builder->plan;
    struct predictions predictions = { .builder = builder };
    struct task *tasks = NULL;
    size_t count = 0, capacity = 0;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < plan->count; i++) {
        struct task task = { &predictions, &plan->changes[i] };
        if (has_to_ask(builder, task.change))
            arena_push(arena, tasks, count, capacity, task);
    }
    pthread_mutex_init(&predictions.lock, NULL);
    pool_each(builder->options->concurrency, run_task, tasks, count, sizeof *tasks);
    pthread_mutex_destroy(&predictions.lock);
    if (predictions.failed)
        *err = predictions.error;
    return !predictions.failed;
}

static void count_change(struct plan_counts *counts, const struct change *change)
{
    size_t *const by_action[] = {
        [ACTION_KEEP] = &counts->keep,     [ACTION_CREATE] = &counts->create,
        [ACTION_CHANGE] = &counts->change, [ACTION_REPLACE] = &counts->replace,
        [ACTION_ADOPT] = &counts->adopt,   [ACTION_DELETE] = &counts->delete,
        [ACTION_FORGET] = &counts->forget, [ACTION_RETAIN] = &counts->retain,
        [ACTION_REFUSE] = &counts->refuse, [ACTION_UNKNOWN] = &counts->unknown,
        [ACTION_HOLD] = &counts->hold,
    };
    ++*by_action[change->action];
    counts->reruns += change->reruns && change->action == ACTION_REPLACE;
    counts->unconfirmed +=
        action_writes(change->action) && change->prediction.kind == PREDICT_LOCAL;
    counts->foreign_fields += change->subject->live.foreign_fields;
}

bool plan_build(struct plan *plan, struct arena *arena, const struct provider *provider,
                struct session *session, const struct resource *const *desired,
                size_t desired_count, const struct record *record,
                const struct plan_options *options, const struct wait *wait, struct error *err)
{
    struct builder builder = { plan, provider, session, options, record, wait };
    *plan = (struct plan){ .arena = arena };
    merge_subjects(plan, desired, desired_count, record);
    size_t count = plan->count;
    plan->count = 0; /* so that plan_done() is right whatever happens below */
    if (!provider->observe(session, arena, plan->subjects, count, wait, err))
        return false;
    plan->changes = arena_array(arena, count, sizeof *plan->changes);
    for (; plan->count < count; plan->count++) {
        struct change *change = &plan->changes[plan->count];
        change->subject = &plan->subjects[plan->count];
        change->arena = arena_new();
        change->rank = rank_of(&change->subject->id);
        decide_change(&builder, change);
        plan->subjects[plan->count].leaving = change->action == ACTION_DELETE;
    }
    if (!predict_all(&builder, err))
        return false;
    if (replace_always(plan) && !predict_all(&builder, err))
        return false;
    for (size_t i = 0; i < plan->count; i++)
        count_change(&plan->counts, &plan->changes[i]);
    if (!options->removal)
        budget_check(plan, desired_count, record->count, options);
    return true;
}
