/*
 * Who fights back, and who only drifts: what a plan makes of the recorded count and of one field
 * that differs, run after run.
 */
#include "reconciler/plan/contest.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* One run: what it finds, and the count behind it. */
struct step {
    const char *field, *manager; /* NULL: nothing differs; the run keeps the object */
    int64_t after;               /* seconds since the last apply; -1: not known */
    bool source_changed;
    unsigned count;
};

static const struct {
    const char *what;
    struct step steps[8];
} stories[] = {
    { "the same field, by the same one, right after each apply",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "scaler", 0, false, 2 },
        { "spec.replicas", "scaler", 120, false, 3 },
        { "spec.replicas", "scaler", 86400, false, 3 } /* lost: not touched, so it stays so */ } },
    { "another field each time",
      { { "spec.replicas", "kubectl", 5, false, 1 },
        { "spec.paused", "kubectl", 5, false, 1 },
        { "spec.replicas", "kubectl", 5, false, 1 } } },
    { "another one each time",
      { { "spec.replicas", "ana", 5, false, 1 },
        { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "ana", 5, false, 1 } } },
    { "not right after",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "scaler", 5, false, 2 },
        { "spec.replicas", "scaler", 121, false, 0 },
        { "spec.replicas", "scaler", 5, false, 1 } } },
    { "nobody knows when, or a clock went back",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "scaler", -1, false, 0 },
        { "spec.replicas", "scaler", -7, false, 0 } } },
    { "nobody knows who", { { "spec.replicas", NULL, 5, false, 0 } } },
    { "the source changes, too",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "scaler", 5, false, 2 },
        { "spec.replicas", "scaler", 5, true, 0 },
        { "spec.replicas", "scaler", 5, false, 1 } } },
    { "a run between that finds it as it was left is no apply",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { NULL, NULL, 0, false, 1 },
        { "spec.replicas", "scaler", 90, false, 2 },
        { NULL, NULL, 0, false, 2 },
        { "spec.replicas", "scaler", 90, false, 3 } } },
    { "lost, and then let go: it begins anew",
      { { "spec.replicas", "scaler", 5, false, 1 },
        { "spec.replicas", "scaler", 5, false, 2 },
        { "spec.replicas", "scaler", 5, false, 3 },
        { NULL, NULL, 0, false, 0 },
        { "spec.replicas", "scaler", 5, false, 1 } } },
};

/* The run applies what it finds, but for what is lost. */
static struct record_contest one_run(struct arena *arena, const struct step *step,
                                     const struct record_contest *before)
{
    struct record_member member = { .contest = *before };
    struct subject subject = { .recorded = &member };
    struct planned_field field = { .change = { .path = step->field, .pointer = "/x" },
                                   .manager = step->manager,
                                   .after = step->after };
    struct change change = { .subject = &subject,
                             .arena = arena,
                             .action = step->field ? ACTION_CHANGE : ACTION_KEEP,
                             .fields = &field,
                             .field_count = step->field ? 1 : 0 };
    if (step->field)
        contest_judge(&change, !step->source_changed);
    if (contest_is_lost(&change.contest))
        change.action = ACTION_REFUSE;
    change.written = change.action == ACTION_CHANGE;
    return contest_to_record(&change);
}

static bool is_step(const struct step *step)
{
    return step->field || step->count || step->source_changed || step->after;
}

static void test_stories(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct record_contest contest = { 0 };
        for (size_t j = 0; j < 8; j++) {
            const struct step *step = &stories[i].steps[j];
            if (!is_step(step) && (j == 7 || !is_step(step + 1)))
                break;
            contest = one_run(arena, step, &contest);
            if (contest.count != step->count)
                fail_msg("%s: run %zu counts %u, expected %u", stories[i].what, j + 1,
                         contest.count, step->count);
        }
    }
}

/* Of several fields the one goes on that was counted; the others do not begin anew beside it. */
static void test_several_fields(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct record_member member = { .contest = { "spec.replicas", "/spec/replicas", "scaler", 2 } };
    struct subject subject = { .recorded = &member };
    struct planned_field fields[] = {
        { .change = { .path = "spec.paused" }, .manager = "scaler", .after = 1 },
        { .change = { .path = "spec.replicas" }, .manager = "scaler", .after = 1 },
    };
    struct change change = {
        .subject = &subject, .arena = arena, .fields = fields, .field_count = 2
    };
    contest_judge(&change, true);
    assert_string_equal(change.contest.field, "spec.replicas");
    assert_int_equal(change.contest.count, 3);
    assert_string_equal(contest_text(arena, &change.contest),
                        "spec.replicas was set again by `scaler` right after each of the last 3 "
                        "applies");
}

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error err;
    if (!json_parse(arena, text, strlen(text), &value, &err))
        fail_msg("%s: %s", text, err.message);
    return value;
}

/* An injected sidecar stands first in the cluster; in the manifest `web` does. */
static void test_way_out(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct resource desired = { .document = parse(
                                    arena, "{\"spec\":{\"containers\":[{\"name\":\"web\"}]}}") };
    struct subject subject = { .desired = &desired };
    struct change change = { .subject = &subject, .arena = arena };
    change.prediction.before =
        parse(arena, "{\"spec\":{\"containers\":[{\"name\":\"sidecar\"},{\"name\":\"web\"}]},"
                     "\"metadata\":{\"annotations\":{\"a/b\":\"c\"}}}");
    change.contest = (struct record_contest){ "x", "/spec/containers/1/image", "scaler", 3 };
    assert_string_equal(contest_way_out(&change),
                        "annotate it with cmx.dev/ignore: /spec/containers/0/image; or stop "
                        "`scaler`, and use --force-conflicts");
    change.contest.pointer = "/metadata/annotations/a~1b";
    assert_non_null(strstr(contest_way_out(&change), " /metadata/annotations/a~1b;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_several_fields),
        cmocka_unit_test(test_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
