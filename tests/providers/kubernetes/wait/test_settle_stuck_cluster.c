/*
 * What never becomes healthy on the real cluster: the wait must end early, and
 * in the thing's own words.
 *
 * labels: cluster threads
 * timeout: 400
 */
#include "providers/kubernetes/scene.h"

static void test_missing_image(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, deployment(arena, "image", 1, "image: nowhere:1.0"));
    assert_fails(&scene, 60, ERROR_INVALID, "container main: ");
    assert_says(scene.err.message, "nowhere:1.0");
    assert_true(scene.took < 20000);
}

/* The pods that are still there when it is to have none only have to go. */
static void test_scaled_to_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        AUTO_ARENA arena = arena_new();
        struct scene scene;
        scene_apply(&scene, arena, deployment(arena, "nothing", 12, "image: nowhere:1.0"));
        assert_fails(&scene, 60, ERROR_INVALID, "container main: ");
        scene_apply(&scene, arena, deployment(arena, "nothing", 0, "image: nowhere:1.0"));
        if (!scene_settle(&scene, false, 60))
            fail_msg("%s", scene.err.message);
    }
}

static void test_missing_configuration(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                deployment(arena, "config", 1,
                           "image: web:1.4, envFrom: [{configMapRef: {name: nowhere}}]"));
    assert_fails(&scene, 60, ERROR_INVALID, "CreateContainerConfigError");
    assert_says(scene.err.message, "nowhere");
}

static void test_unschedulable(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(
        &scene, arena,
        deployment(arena, "huge", 1, "image: web:1.4, resources: {requests: {cpu: '5000'}}"));
    assert_fails(&scene, 60, ERROR_INVALID, "Unschedulable\n  0/1 nodes are available");
    assert_says(scene.notes, "Insufficient cpu");
}

static void test_quota(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: v1, kind: ResourceQuota, metadata: {name: tiny, "
                             "namespace: %s}, spec: {hard: {requests.memory: 1Mi}}}",
                             namespace));
    assert_true(scene_settle(&scene, false, 5));
    struct wait wait = seconds(60);
    const char *path = path_of(arena, &scene.subject.id, NULL);
    while (!value_at(send(arena, "GET", path, NULL, NULL), "status", "hard", NULL)) /* in force */
        assert_true(wait_sleep(&wait, 100));
    scene_apply(
        &scene, arena,
        deployment(arena, "quota", 1, "image: web:1.4, resources: {requests: {memory: 5Mi}}"));
    assert_fails(&scene, 60, ERROR_INVALID, "no pod can be created: ");
    assert_says(scene.err.message, "exceeded quota: tiny");
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: quota, "
                             "namespace: %s}, spec: {serviceName: x, selector: {matchLabels: {app: "
                             "sq}}, template: {metadata: {labels: {app: sq}}, spec: {containers: "
                             "[{name: main, image: 'web:1.4', resources: {requests: {memory: 5Mi"
                             "}}}]}}}}",
                             namespace));
    assert_fails(&scene, 60, ERROR_INVALID, "no pod can be created: ");
    assert_says(scene.err.message, "exceeded quota: tiny");
    send(arena, "DELETE",
         arena_printf(arena, "/api/v1/namespaces/%s/resourcequotas/tiny", namespace), NULL, NULL);
}

/* Each crash is followed by a moment of readiness: none of these is to be believed. */
static void test_crash_without_probe(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, deployment(arena, "crash", 1, "image: crash:1"));
    assert_fails(&scene, 120, ERROR_INVALID, ", container main: CrashLoopBackOff\n  exit code 1");
}

/* A StatefulSet waits for the pods of the old revision, too: somebody has to delete them. */
static void test_old_pod_in_the_way(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    const char *form = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: way, namespace: "
                       "%s}, spec: {serviceName: x, selector: {matchLabels: {app: way}}, template: "
                       "{metadata: {labels: {app: way}}, spec: {containers: [{name: main, image: "
                       "'%s'}]}}}}";
    scene_apply(&scene, arena, arena_printf(arena, form, namespace, "nowhere:1.0"));
    assert_fails(&scene, 60, ERROR_INVALID, "container main: ");
    scene_apply(&scene, arena, arena_printf(arena, form, namespace, "web:1.4"));
    assert_fails(&scene, 90, ERROR_INVALID, "pod way-0, container main: ");
    assert_says(scene.err.message, "of the old revision, and the update waits for it: delete it");
}

/* Until the kubelet has tried, and said so. */
static void await_event(struct arena *arena, const char *reason)
{
    struct wait wait = seconds(60);
    const char *path = arena_printf(arena, "/api/v1/namespaces/%s/events", namespace);
    const char *query = arena_printf(arena, "fieldSelector=reason%%3D%s", reason);
    while (!value_count(value_get(send(arena, "GET", path, query, NULL), "items")))
        assert_true(wait_sleep(&wait, 100));
}

/* What stands in no status: the event tells it when the time is over. */
static void test_missing_volume(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(
        &scene, arena,
        arena_printf(arena, "%s      volumes: [{name: v, secret: {secretName: nowhere}}]\n",
                     deployment(arena, "volume", 1,
                                "image: web:1.4, volumeMounts: [{name: v, mountPath: /v}]")));
    await_event(arena, "FailedMount");
    assert_fails(&scene, 5, ERROR_TIMEOUT, "not healthy in time: 0 of 1 pods available");
    assert_says(scene.err.message, "last warning: FailedMount: ");
    assert_says(scene.err.message, "\"nowhere\" not found");
}

/* Last: without the right to look, waiting is refused at once, and says what is missing. */
static void test_no_rights(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    struct error err;
    scene_apply(&scene, arena, deployment(arena, "denied", 1, "image: nowhere:1.0"));
    session_close();
    assert_true(session_open("reader", &err));
    assert_false(scene_settle(&scene, false, 20));
    assert_int_equal(scene.err.kind, ERROR_DENIED);
    assert_says(scene.err.message, "deployments");
    session_close();
    assert_true(session_open("testbed", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_image),
        cmocka_unit_test(test_scaled_to_nothing),
        cmocka_unit_test(test_missing_configuration),
        cmocka_unit_test(test_unschedulable),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_crash_without_probe),
        cmocka_unit_test(test_old_pod_in_the_way),
        cmocka_unit_test(test_missing_volume),
        cmocka_unit_test(test_no_rights),
    };
    return SCENES_RUN(tests);
}
