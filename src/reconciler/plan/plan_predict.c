/* plan_predict: what would become of each change, on threads side by side; see plan.h. */
#include "base/cleanup.h"
#include "base/pool.h"
#include "manifest/resource_builtin.h"
#include "reconciler/hold.h"
#include "reconciler/plan/contest.h"
#include "reconciler/plan/plan_inner.h"
#include "reconciler/plan/replace.h"

#include <pthread.h>

/* Scaling leaves no time: then it was at the latest now. */
static int64_t seconds_after(const struct blame *blame)
{
    if (!blame->applied)
        return -1;
    return (blame->time ? blame->time : clock_unix()) - blame->applied;
}

/* Who acts on this change. */
static const struct provider *provider_of(const struct builder *builder,
                                          const struct change *change)
{
    return change->provider ? change->provider : builder->provider;
}

static struct session *session_of(const struct builder *builder, const struct change *change)
{
    return change->provider ? change->session : builder->session;
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
        provider_of(builder, change)
            ->blame(session_of(builder, change), change->arena, subject, field->change.pointer,
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
        refuse_change(change, p->why, p->way_out);
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
    keep_text(arena, &prediction->note);
    keep_text(arena, &prediction->way_out);
    keep_text(arena, &prediction->until);
    keep_text(arena, &prediction->holder);
    keep_text(arena, &prediction->mark);
}

/*
 * A document with a digest that nobody knows yet was shown to the target, so that it is known
 * what else becomes of it. A policy may refuse that digest: then only the step itself will tell.
 */
static void await_step(struct change *change)
{
    struct prediction *prediction = &change->prediction;
    const struct resource *desired = change->subject->desired;
    if (!desired || !desired->until)
        return;
    prediction->until = desired->until;
    if (prediction->kind == PREDICT_REFUSED || prediction->kind == PREDICT_FAILED
        || prediction->kind == PREDICT_SAME)
        *prediction = (struct prediction){ .kind = PREDICT_LATER, .until = desired->until };
}

/* A run notes its objects before it makes them: without a mark none has come to making this one. */
static bool was_there(const struct subject *subject)
{
    return subject->recorded && *subject->recorded->mark;
}

static bool predict(const struct builder *builder, struct change *change, struct error *err)
{
    bool gone = change->action == ACTION_CREATE && was_there(change->subject);
    change->cause = gone ? CAUSE_DRIFT : CAUSE_COMMIT;
    if (change->action == ACTION_ADOPT)
        change->cause = CAUSE_ADOPTION;
    AUTO_ARENA scratch = arena_new(); /* answers of a server are larger than what is kept of them */
    if (!provider_of(builder, change)
             ->predict(session_of(builder, change), scratch, change->subject, &change->prediction,
                       builder->wait, err))
        return error_prefix(err, "%s", object_id_text(change->arena, &change->subject->id, NULL));
    await_step(change);
    keep_prediction(change->arena, &change->prediction);
    refine(builder, change);
    hold_back(change, false, builder->options->home);
    return true;
}

/* What was planned as a replacement may turn out to need none, with the digest that it became. */
static void decide_anew(struct change *change)
{
    if (change->action != ACTION_REPLACE || change->reruns)
        return;
    change->action = ACTION_CHANGE;
    change->why = NULL;
}

bool change_predict(struct change *change, const struct provider *provider, struct session *session,
                    const struct plan_options *options, const struct wait *wait, struct error *err)
{
    struct builder builder = { NULL, provider, session, options, NULL, wait };
    const struct resource *desired = change->subject->desired;
    if (desired->until) {
        if (!options->images->bind(options->images->session, change->arena, desired,
                                   &change->subject->desired, err))
            return false;
        if (change->unasked)
            return true;
        decide_anew(change);
    }
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
    change->prediction = (struct prediction){ .kind = PREDICT_CREATE,
                                              .after = change->subject->desired->document,
                                              .until = change->subject->desired->until };
    return false;
}

bool predict_all(const struct builder *builder, struct error *err)
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
