/*
 * Images as steps before objects: what runs one waits until it is ready, is bound to its digest
 * and decided again before it is written; what does not need it waits for nothing. Both
 * providers are scripts of this test. labels: threads
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "reconciler/execute/execute.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { PATIENCE_S = 10 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool fails, same;  /* the build; the digest is the one that runs already */
    bool built, other; /* what has happened: the build's end, the other object */
    bool written;      /* the object that runs the image                    */
    char image[64];    /* with what it was written                          */
} seen;

static const struct value *document(struct arena *arena, const char *image)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "image", value_string(arena, image));
    return map;
}

/* ---------------------------------------------------------------- the images */

static bool begin(struct session *session, struct arena *arena, const struct subject *subject,
                  struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)wait;
    (void)err;
    ret_outcome->kind = OUTCOME_CREATED;
    return true;
}

/* A build ends only once the object that does not need it was written: it is no barrier. */
static bool build(struct session *session, struct arena *arena, const struct subject *subject,
                  const struct outcome *outcome, bool removed, settle_note *note, void *context,
                  const struct wait *wait, struct error *err)
{
    struct timespec until;
    (void)session;
    (void)arena;
    (void)subject;
    (void)outcome;
    (void)removed;
    (void)note;
    (void)context;
    (void)wait;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&seen.lock);
    while (!seen.other && pthread_cond_timedwait(&seen.changed, &seen.lock, &until) == 0)
        ;
    bool other = seen.other;
    seen.built = other && !seen.fails;
    pthread_mutex_unlock(&seen.lock);
    return other ? !seen.fails || error_set(err, ERROR_INVALID, "RUN false: exit code 1")
                 : error_set(err, ERROR_TIMEOUT, "the other object waited for the build");
}

static bool bind(struct session *session, struct arena *arena, const struct resource *resource,
                 const struct resource **ret_bound, struct error *err)
{
    (void)session;
    if (!seen.built)
        return error_set(err, ERROR_REFUSED, "its digest is not known");
    struct resource *bound = arena_alloc(arena, sizeof *bound);
    *bound = *resource;
    bound->until = NULL;
    bound->document = document(arena, "api@sha256:1");
    *ret_bound = bound;
    return true;
}

static const struct provider images = { .name = "images", .apply = begin, .settle = build };

/* ---------------------------------------------------------------- the target */

static bool check(struct session *session, struct arena *arena, const struct hold **ret_holds,
                  size_t *ret_count, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)wait;
    (void)err;
    *ret_holds = NULL;
    *ret_count = 0;
    return true;
}

static bool predict(struct session *session, struct arena *arena, const struct subject *subject,
                    struct prediction *ret_prediction, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)wait;
    (void)err;
    *ret_prediction = (struct prediction){ .kind = seen.same ? PREDICT_SAME : PREDICT_CHANGE,
                                           .before = document(arena, "api@sha256:0"),
                                           .after = subject->desired->document };
    return true;
}

static void blame(struct session *session, struct arena *arena, const struct subject *subject,
                  const char *path, struct blame *ret_blame)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)path;
    *ret_blame = (struct blame){ .ours = true };
}

static bool apply(struct session *session, struct arena *arena, const struct subject *subject,
                  struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)wait;
    (void)err;
    ret_outcome->kind = OUTCOME_CHANGED;
    pthread_mutex_lock(&seen.lock);
    if (strcmp(subject->id.name, "other") == 0) {
        seen.other = true;
    } else {
        seen.written = true;
        snprintf(seen.image, sizeof seen.image, "%s",
                 value_text(value_get(subject->desired->document, "image")));
    }
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
    return true;
}

static bool settle(struct session *session, struct arena *arena, const struct subject *subject,
                   const struct outcome *outcome, bool removed, settle_note *note, void *context,
                   const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)outcome;
    (void)removed;
    (void)note;
    (void)context;
    (void)wait;
    (void)err;
    return true;
}

static const struct provider target = { .name = "script",
                                        .record_check = check,
                                        .predict = predict,
                                        .blame = blame,
                                        .apply = apply,
                                        .settle = settle };

/* -------------------------------------------------------------------- a plan */

enum { IMAGE, USER, OTHER, CHANGES };

static void fill(struct plan *plan, size_t i, struct object_id id, enum action action)
{
    struct resource *desired = arena_alloc(plan->arena, sizeof *desired);
    *desired = (struct resource){ .id = id, .document = document(plan->arena, "later") };
    plan->subjects[i] = (struct subject){
        .id = id,
        .desired = desired,
        .live = { .state = action == ACTION_CREATE ? LIVE_ABSENT : LIVE_DIFFERENT,
                  .document = document(plan->arena, "api@sha256:0") },
    };
    plan->changes[i] = (struct change){
        .subject = &plan->subjects[i], .arena = arena_new(), .action = action, .rank = rank_of(&id)
    };
    plan->count++;
}

/* An image to be built, a Deployment that runs it, and another that does not. */
static void run(struct arena *arena, struct plan *plan, struct execute_result *result)
{
    static const struct plan_images steps = { .provider = &images, .bind = bind };
    static const char *const after[] = { "Image.cmx.dev/api" };
    struct plan_options options = { .images = &steps, .may_delete = true };
    struct execute_options execute = {
        .plan = &options, .wait_timeout = PATIENCE_S * 1000, .concurrency = 1, .no_wait = true
    };
    struct wait wait = wait_for(2 * PATIENCE_S * 1000, NULL);
    *plan = (struct plan){ .arena = arena,
                           .subjects = arena_array(arena, CHANGES, sizeof *plan->subjects),
                           .changes = arena_array(arena, CHANGES, sizeof *plan->changes) };
    fill(plan, IMAGE, image_id("api"), ACTION_CREATE);
    fill(plan, USER, (struct object_id){ "apps", "Deployment", "shop", "api" }, ACTION_CHANGE);
    fill(plan, OTHER, (struct object_id){ "apps", "Deployment", "shop", "other" }, ACTION_CREATE);
    plan->changes[IMAGE].provider = &images;
    struct resource *user = (struct resource *)plan->subjects[USER].desired;
    user->until = after[0];
    user->options.depends_on = (struct text_list){ (const char **)after, 1, 1 };
    plan_execute(plan, &target, NULL, &execute, &wait, result);
}

static int start(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    pthread_mutex_init(&seen.lock, NULL);
    pthread_cond_init(&seen.changed, NULL);
    return 0;
}

static void test_built(void **state)
{
    struct execute_result result;
    struct plan plan;
    (void)state;
    AUTO_ARENA arena = arena_new();
    run(arena, &plan, &result);
    assert_int_equal(result.failed + result.blocked + result.skipped, 0);
    assert_true(seen.built && seen.written);
    assert_string_equal(seen.image, "api@sha256:1");
    assert_null(plan.subjects[USER].desired->until); /* what the record is to say of it */
    plan_done(&plan);
}

/* The same digest as before: nothing is written, and nothing rolls. */
static void test_same(void **state)
{
    struct execute_result result;
    struct plan plan;
    (void)state;
    AUTO_ARENA arena = arena_new();
    seen.same = true;
    run(arena, &plan, &result);
    assert_int_equal(result.failed, 0);
    assert_false(seen.written);
    assert_int_equal(plan.changes[USER].action, ACTION_KEEP);
    plan_done(&plan);
}

static void test_failed(void **state)
{
    struct execute_result result;
    struct plan plan;
    (void)state;
    AUTO_ARENA arena = arena_new();
    seen.fails = true;
    run(arena, &plan, &result);
    assert_int_equal(result.failed, 1);
    assert_int_equal(result.blocked, 1);
    assert_false(seen.written);
    assert_int_equal(plan.changes[USER].progress, PROGRESS_BLOCKED);
    assert_string_equal(plan.changes[USER].error->message, "not started: Image/api failed");
    assert_int_equal(plan.changes[OTHER].progress, PROGRESS_DONE);
    plan_done(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_built, start),
        cmocka_unit_test_setup(test_same, start),
        cmocka_unit_test_setup(test_failed, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
