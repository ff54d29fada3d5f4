/*
 * How far a run reaches: workloads that roll at once, and failures after which nothing new starts.
 * The provider is a script of this test: it says yes, no, or holds a change up until it has seen
 * enough. labels: threads
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "reconciler/hold.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10 * 1000 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t rolling, most_rolling; /* between apply and the end of settle */
    size_t created;               /* of what is new */
    size_t applied, removed, waits, failed;
    const char *held;     /* since the run began          */
    size_t gather;        /* a roll ends only once so many roll, */
    size_t until_created; /* so many were created,               */
    size_t until_failed;  /* and the run knows of so many failures */
    size_t bad_after;     /* what is bad fails only once so many rolled at once */
} seen;

static bool rolls(const struct subject *subject)
{
    return subject->live.state != LIVE_ABSENT && strncmp(subject->id.name, "roll", 4) == 0;
}

/* The run id is ours all along; holds are what a test says. */
static bool check(struct session *session, struct arena *arena, const struct hold **ret_holds,
                  size_t *ret_count, const struct wait *wait, struct error *err)
{
    static struct hold hold = { .purpose = "", .by = "ana", .reason = "why not" };
    (void)session;
    (void)arena;
    (void)wait;
    (void)err;
    hold.id = (struct object_id){ "apps", "Deployment", "shop", seen.held };
    *ret_holds = &hold;
    *ret_count = seen.held != NULL;
    return true;
}

/* Waits, with the lock held, until `enough`; false when it never came. */
static bool await(bool (*enough)(void))
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    while (!enough())
        if (pthread_cond_timedwait(&seen.changed, &seen.lock, &until) != 0)
            return enough();
    return true;
}

static bool rolled(void)
{
    return seen.most_rolling >= seen.bad_after;
}

static bool apply(struct session *session, struct arena *arena, const struct subject *subject,
                  struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    bool bad = strncmp(subject->id.name, "bad", 3) == 0;
    (void)session;
    (void)arena;
    (void)wait;
    ret_outcome->kind = OUTCOME_CHANGED;
    pthread_mutex_lock(&seen.lock);
    seen.applied++;
    seen.created += subject->live.state == LIVE_ABSENT;
    seen.rolling += rolls(subject);
    if (seen.rolling > seen.most_rolling)
        seen.most_rolling = seen.rolling;
    pthread_cond_broadcast(&seen.changed);
    bool in_time = !bad || await(rolled);
    pthread_mutex_unlock(&seen.lock);
    if (!in_time)
        return error_set(err, ERROR_TIMEOUT, "the others never rolled");
    return !bad || error_set(err, ERROR_INVALID, "no");
}

static bool remove_object(struct session *session, struct arena *arena,
                          const struct subject *subject, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)wait;
    (void)err;
    seen.removed++;
    return true;
}

static bool enough(void)
{
    return seen.rolling >= seen.gather && seen.created >= seen.until_created
           && seen.failed >= seen.until_failed;
}

static bool settle(struct session *session, struct arena *arena, const struct subject *subject,
                   const struct outcome *outcome, bool removed, settle_note *note, void *context,
                   const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)outcome;
    (void)removed;
    (void)note;
    (void)context;
    (void)wait;
    pthread_mutex_lock(&seen.lock);
    bool done = !rolls(subject) || await(enough);
    seen.gather = done && rolls(subject) ? 0 : seen.gather; /* the rest goes as it comes */
    seen.rolling -= rolls(subject);
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
    return done || error_set(err, ERROR_TIMEOUT, "the others never came");
}

static const struct provider provider = {
    .name = "script",
    .record_check = check,
    .apply = apply,
    .remove = remove_object,
    .settle = settle,
};

/* ------------------------------------------------------------------- a plan */

static const struct value *deployment(struct arena *arena, const char *image, int replicas)
{
    const struct value *value;
    struct error err;
    const char *text =
        arena_printf(arena,
                     "{\"spec\":{\"replicas\":%d,\"template\":{\"spec\":{\"containers\":["
                     "{\"name\":\"main\",\"image\":\"%s\"}]}}}}",
                     replicas, image);
    if (!json_parse(arena, text, strlen(text), &value, &err))
        fail_msg("%s", err.message);
    return value;
}

/* Behind "bad1", which fails. */
static void stand_behind(struct arena *arena, struct resource *desired)
{
    struct text_list *list = &desired->options.depends_on;
    arena_push(arena, list->items, list->count, list->capacity, "Deployment.apps/shop/bad1");
}

/*
 * Change number `i`: "roll…" and "idle…" (no replicas) are there already, "keep…" is as it should
 * be, all else is new. "keep…" and "late…" depend on "bad1".
 */
static void add(struct plan *plan, const char *name)
{
    size_t i = plan->count++;
    int replicas = strncmp(name, "idle", 4) == 0 ? 0 : 2;
    bool there = strncmp(name, "roll", 4) == 0 || replicas == 0;
    struct subject *subject = &plan->subjects[i];
    struct change *change = &plan->changes[i];
    struct resource *desired = arena_alloc(plan->arena, sizeof *desired);
    const struct value *before = deployment(plan->arena, "web:1", replicas);
    const struct value *after = deployment(plan->arena, "web:2", replicas);
    *subject = (struct subject){ .id = { "apps", "Deployment", "shop", name } };
    *desired = (struct resource){ .id = subject->id, .document = after };
    if (strncmp(name, "keep", 4) == 0 || strncmp(name, "late", 4) == 0)
        stand_behind(plan->arena, desired);
    subject->desired = desired;
    subject->live = (struct observation){ .state = there ? LIVE_DIFFERENT : LIVE_ABSENT,
                                          .document = there ? before : NULL };
    *change = (struct change){ .subject = subject,
                               .arena = arena_new(),
                               .action = there ? ACTION_CHANGE : ACTION_CREATE,
                               .rank = RANK_WORKLOAD,
                               .prediction = { .kind = there ? PREDICT_CHANGE : PREDICT_CREATE,
                                               .before = there ? before : NULL,
                                               .after = after } };
    if (strncmp(name, "keep", 4) == 0) {
        subject->live = (struct observation){ .state = LIVE_SAME, .document = after };
        change->action = ACTION_KEEP;
        change->prediction = (struct prediction){ .kind = PREDICT_SAME };
    }
}

static void on_progress(void *context, const struct change *change)
{
    (void)context;
    if (change->progress != PROGRESS_FAILED)
        return;
    pthread_mutex_lock(&seen.lock);
    seen.failed++;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
}

/* What those say that wait for their turn. */
static void on_note(void *context, const struct change *change, const char *text)
{
    (void)context;
    assert_int_equal(strncmp(change->subject->id.name, "roll", 4), 0);
    assert_string_equal(text, "waits: 2 workloads are rolling (Project.maxRolling)");
    seen.waits++;
}

static void execute(struct plan *plan, struct arena *arena, const char *const *names, size_t count,
                    struct execute_options options, struct execute_result *ret_result)
{
    struct plan_options plan_options = { 0 };
    struct execute_events events = { NULL, on_progress, on_note, NULL };
    struct wait wait = wait_for(6 * PATIENCE_MS, NULL);
    size_t gather = seen.gather, until_created = seen.until_created;
    size_t until_failed = seen.until_failed, bad_after = seen.bad_after;
    const char *held = seen.held;
    memset(&seen, 0, sizeof seen);
    pthread_mutex_init(&seen.lock, NULL);
    pthread_cond_init(&seen.changed, NULL);
    seen.gather = gather;
    seen.until_created = until_created;
    seen.until_failed = until_failed;
    seen.bad_after = bad_after;
    seen.held = held;
    *plan = (struct plan){ .arena = arena };
    plan->subjects = arena_array(arena, count, sizeof *plan->subjects);
    plan->changes = arena_array(arena, count, sizeof *plan->changes);
    for (size_t i = 0; i < count; i++)
        add(plan, names[i]);
    options.plan = &plan_options;
    options.events = &events;
    options.wait_timeout = PATIENCE_MS;
    options.concurrency = options.concurrency ? options.concurrency : 8;
    plan_execute(plan, &provider, NULL, &options, &wait, ret_result);
}

static size_t count_progress(const struct plan *plan, enum progress progress)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        count += plan->changes[i].progress == progress;
    return count;
}

/* Two at once, never three; what is new and what has no pods goes on beside them. */
static void test_rolling(void **state)
{
    static const char *const names[] = { "roll1", "roll2", "roll3", "roll4",
                                         "roll5", "idle1", "new1",  "new2" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    (void)state;
    seen.gather = 2;
    seen.until_created = 2;
    execute(&plan, arena, names, 8, (struct execute_options){ .max_rolling = 2 }, &result);
    assert_int_equal(count_progress(&plan, PROGRESS_DONE), 8);
    assert_int_equal(seen.most_rolling, 2);
    assert_int_equal(seen.waits, 3);
    plan_done(&plan);
}

/* Without a limit all of them roll at once: the first ends only when it has seen five. */
static void test_no_limit(void **state)
{
    static const char *const names[] = { "roll1", "roll2", "roll3", "roll4", "roll5" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    (void)state;
    seen.gather = 5;
    seen.until_created = 0;
    execute(&plan, arena, names, 5, (struct execute_options){ .max_rolling = 0 }, &result);
    assert_int_equal(count_progress(&plan, PROGRESS_DONE), 5);
    assert_int_equal(seen.most_rolling, 5);
    plan_done(&plan);
}

/* One worker, so that the order is known: the third failure is the last thing that happens. */
static void test_failures(void **state)
{
    static const char *const names[] = { "a", "bad1", "bad2", "b", "bad3", "c", "d", "bad4" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    struct execute_options options = { .max_failures = 3, .concurrency = 1 };
    (void)state;
    execute(&plan, arena, names, 8, options, &result);
    assert_int_equal(seen.applied, 5);
    assert_int_equal(result.failed, 3);
    assert_int_equal(result.skipped, 3);
    assert_true(result.exhausted);
    assert_int_equal(count_progress(&plan, PROGRESS_DONE), 2);
    assert_int_equal(count_progress(&plan, PROGRESS_SKIPPED), 3);
    plan_done(&plan);
    options.max_failures = 5; /* not reached: all was tried */
    execute(&plan, arena, names, 8, options, &result);
    assert_int_equal(seen.applied, 8);
    assert_false(result.exhausted);
    plan_done(&plan);
    options.max_failures = 4; /* reached by the very last one: nothing was left out */
    execute(&plan, arena, names, 8, options, &result);
    assert_int_equal(result.failed, 4);
    assert_false(result.exhausted);
    plan_done(&plan);
}

/* Behind a failure only what had something to do is not started. */
static void test_blocked(void **state)
{
    static const char *const names[] = { "bad1", "keep1", "keep2", "late1", "other" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    (void)state;
    execute(&plan, arena, names, 5, (struct execute_options){ 0 }, &result);
    assert_int_equal(result.failed, 1);
    assert_int_equal(result.blocked, 1);
    assert_int_equal(count_progress(&plan, PROGRESS_BLOCKED), 1);
    assert_string_equal(plan.changes[3].error->message, "not started: Deployment/shop/bad1 failed");
    assert_int_equal(count_progress(&plan, PROGRESS_DONE), 1);
    plan_done(&plan);
}

/* What runs when the last failure comes is waited for; who waits for a turn to roll is left out. */
static void test_failures_while_rolling(void **state)
{
    static const char *const names[] = { "roll1", "roll2", "bad1", "roll3" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    struct execute_options options = { .max_rolling = 2, .max_failures = 1 };
    (void)state;
    seen.gather = seen.bad_after = 2;
    seen.until_created = seen.until_failed = 1;
    execute(&plan, arena, names, 4, options, &result);
    seen.until_failed = seen.bad_after = 0;
    assert_int_equal(plan.changes[0].progress, PROGRESS_DONE);
    assert_int_equal(plan.changes[1].progress, PROGRESS_DONE);
    assert_int_equal(plan.changes[2].progress, PROGRESS_FAILED);
    assert_int_equal(plan.changes[3].progress, PROGRESS_SKIPPED);
    assert_true(result.exhausted);
    plan_done(&plan);
}

/* A hold that comes while the run is under way: what has not begun is left alone. */
static void test_held_meanwhile(void **state)
{
    static const char *const names[] = { "a", "roll1", "b" };
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan plan;
    (void)state;
    seen.gather = seen.until_created = 0;
    seen.held = "roll1";
    execute(&plan, arena, names, 3, (struct execute_options){ .max_rolling = 2 }, &result);
    assert_int_equal(seen.applied, 2);
    assert_int_equal(plan.changes[1].action, ACTION_HOLD);
    assert_int_equal(plan.changes[1].held_back, ACTION_CHANGE);
    assert_string_equal(hold_text(arena, plan.changes[1].hold), "held by ana: why not");
    assert_int_equal(plan.counts.hold, 1);
    assert_int_equal(result.failed + result.skipped + result.blocked, 0);
    plan_done(&plan);
    seen.held = NULL;
}

/* One that comes amid deletions is a failure: what the object stands in must not go. */
static void test_held_amid_deletions(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct execute_result result;
    struct plan_options plan_options = { 0 };
    struct execute_options options = { .plan = &plan_options,
                                       .wait_timeout = PATIENCE_MS,
                                       .concurrency = 1 };
    struct wait wait = wait_for(PATIENCE_MS, NULL);
    struct plan plan = { .arena = arena };
    (void)state;
    plan.subjects = arena_array(arena, 2, sizeof *plan.subjects);
    plan.changes = arena_array(arena, 2, sizeof *plan.changes);
    add(&plan, "roll1");
    add(&plan, "roll2");
    for (size_t i = 0; i < plan.count; i++) {
        plan.subjects[i].desired = NULL;
        plan.changes[i].action = ACTION_DELETE;
    }
    seen.held = "roll1";
    seen.removed = 0;
    plan_execute(&plan, &provider, NULL, &options, &wait, &result);
    assert_int_equal(seen.removed, 1);
    assert_int_equal(plan.changes[0].action, ACTION_DELETE);
    assert_int_equal(plan.changes[0].progress, PROGRESS_FAILED);
    assert_string_equal(plan.changes[0].error->message, "held by ana: why not");
    assert_int_equal(plan.changes[1].progress, PROGRESS_DONE);
    plan_done(&plan);
    seen.held = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rolling),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_failures_while_rolling),
        cmocka_unit_test(test_held_meanwhile),
        cmocka_unit_test(test_held_amid_deletions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
