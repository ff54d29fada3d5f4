/*
 * A pod that runs, and is not what is waited for, on the real cluster: what it writes last is in
 * the error, also where its Job takes it away first.
 *
 * labels: cluster threads
 * timeout: 300
 */
#include "providers/kubernetes/scene.h"

/* Started, for Kubernetes, once it has written. */
#define SAYS                                                                                       \
    "image: 'job:1', command: [/bin/sh, -c, 'echo waits for the database; touch /said; "           \
    "sleep 1000'], startupProbe: {exec: {command: [/bin/sh, -c, 'test -f /said']}, "               \
    "periodSeconds: 1, failureThreshold: 100}"

static const char *job(struct arena *arena, const char *name, const char *spec)
{
    return arena_printf(arena,
                        "{apiVersion: batch/v1, kind: Job, metadata: {name: %s, namespace: %s}, "
                        "spec: {%s backoffLimit: 0, template: {metadata: {labels: {app: %s}}, "
                        "spec: {restartPolicy: Never, terminationGracePeriodSeconds: 5, "
                        "containers: [{name: main, " SAYS "}]}}}}",
                        name, namespace, spec, name);
}

static void await_started(struct arena *arena, const char *app)
{
    struct wait wait = seconds(90);
    const char *path = arena_printf(arena, "/api/v1/namespaces/%s/pods", namespace);
    const char *query = arena_printf(arena, "labelSelector=app%%3D%s", app);
    for (;;) {
        const struct value *list = send(arena, "GET", path, query, NULL);
        const struct value *pod = value_item(value_get(list, "items"), 0);
        const struct value *statuses = value_at(pod, "status", "containerStatuses", NULL);
        if (value_is_true(value_get(value_item(statuses, 0), "started"), false))
            return;
        assert_true(wait_sleep(&wait, 100));
    }
}

static void test_job_that_hangs(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, job(arena, "hangs", ""));
    await_started(arena, "hangs");
    assert_fails(&scene, 2, ERROR_TIMEOUT, "not healthy in time: running: 0 of 1 done\npod hangs-");
    assert_says(scene.err.message,
                ", container main: running; its last lines:\n    waits for the database");
}

/* Its pods are gone when the Job says that it failed. */
static void test_job_over_its_deadline(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, job(arena, "late", ""));
    await_started(arena, "late");
    scene_apply(&scene, arena, job(arena, "late", "activeDeadlineSeconds: 1,"));
    assert_fails(&scene, 60, ERROR_INVALID, "DeadlineExceeded");
    assert_says(scene.err.message,
                ", container main: running; its last lines:\n    waits for the database");
}

static void test_probe_that_never_succeeds(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                deployment(arena, "unready", 1,
                           SAYS ", readinessProbe: {exec: {command: [/bin/sh, -c, 'exit 1']}}"));
    await_started(arena, "unready");
    assert_fails(&scene, 2, ERROR_TIMEOUT, "not healthy in time: 0 of 1 pods available");
    assert_says(scene.err.message,
                ", container main: not ready; its last lines:\n    waits for the database");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_that_hangs),
        cmocka_unit_test(test_job_over_its_deadline),
        cmocka_unit_test(test_probe_that_never_succeeds),
    };
    return SCENES_RUN(tests);
}
