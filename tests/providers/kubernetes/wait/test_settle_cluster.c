/*
 * Waiting on the real cluster until things are healthy, or gone.
 *
 * labels: cluster threads
 * timeout: 400
 */
#include "providers/kubernetes/scene.h"

static void test_config_map_needs_no_watch(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: v1, kind: ConfigMap, metadata: {name: flags, "
                             "namespace: %s}, data: {a: b}}",
                             namespace));
    assert_true(scene_settle(&scene, false, 5));
    assert_null(session.watches->watches);
    assert_string_equal(scene.notes, "");
}

static void test_rollout_then_crash(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, deployment(arena, "web", 2, "image: web:1.4, " READY));
    assert_true(scene_settle(&scene, false, 60));
    assert_says(scene.notes, "of 2 pods");
    scene_apply(&scene, arena,
                deployment(arena, "web", 2,
                           "image: web:1.5, " READY
                           ", env: [{name: REQUIRE, value: DATABASE_URL}]"));
    assert_fails(&scene, 120, ERROR_INVALID, ", container main: CrashLoopBackOff\n  exit code 1");
    assert_says(scene.err.message, "; its last lines:\n    panic: missing DATABASE_URL");
    assert_says(scene.err.message, "\nThe 2 old pods still serve.");
    scene_apply(&scene, arena, deployment(arena, "web", 2, "image: web:1.5, " READY));
    assert_true(scene_settle(&scene, false, 60));
}

static const char *job(struct arena *arena, const char *name, const char *image)
{
    return arena_printf(arena,
                        "{apiVersion: batch/v1, kind: Job, metadata: {name: %s, namespace: %s}, "
                        "spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, "
                        "containers: [{name: main, image: '%s'}]}}}}",
                        name, namespace, image);
}

static void test_jobs(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, job(arena, "good", "job:1"));
    assert_true(scene_settle(&scene, false, 60));
    scene_apply(&scene, arena, job(arena, "bad", "crash:1"));
    assert_fails(&scene, 60, ERROR_INVALID, "BackoffLimitExceeded");
    assert_says(scene.err.message, "panic: missing DATABASE_URL");
}

/* It goes as soon as it has ended: what it was last tells how that was. */
static void test_job_that_goes(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    const char *text = job(arena, "brief", "job:1");
    const char *spec = strstr(text, "backoffLimit");
    scene_apply(
        &scene, arena,
        arena_printf(arena, "%.*sttlSecondsAfterFinished: 0, %s", (int)(spec - text), text, spec));
    assert_true(scene_settle(&scene, false, 60));
}

/* Neither has anything to wait for, once its controller has seen it. */
static void test_without_pods(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena, deployment(arena, "none", 0, "image: nowhere:1.0"));
    assert_true(scene_settle(&scene, false, 30));
    const char *text = deployment(arena, "held", 2, "image: nowhere:1.0");
    const char *spec = strstr(text, "  replicas");
    scene_apply(&scene, arena,
                arena_printf(arena, "%.*s  paused: true\n%s", (int)(spec - text), text, spec));
    assert_true(scene_settle(&scene, false, 30));
}

/* A class that binds with the first pod: nothing to wait for, and nothing is followed. */
static void test_claims(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    const char *claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s, "
                        "namespace: %s}, spec: {%s accessModes: [ReadWriteOnce], resources: "
                        "{requests: {storage: 1Mi}}}}";
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: "
                             "{name: %s-late}, provisioner: example.org/none, "
                             "volumeBindingMode: WaitForFirstConsumer}",
                             namespace));
    const char *path = path_of(arena, &scene.subject.id, NULL);
    scene_apply(&scene, arena,
                arena_printf(arena, claim, "late", namespace,
                             arena_printf(arena, "storageClassName: %s-late,", namespace)));
    assert_true(scene_settle(&scene, false, 60));
    assert_true(scene.took < 30000);
    send(arena, "DELETE", path, NULL, NULL);
    scene_apply(&scene, arena, arena_printf(arena, claim, "none", namespace, ""));
    assert_fails(&scene, 20, ERROR_TIMEOUT, "not bound to a volume: Pending; FailedBinding: ");
    assert_says(scene.err.message, "no storage class is set");
}

static void test_definition(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    struct wait wait = seconds(10);
    struct api_kind kind;
    struct object_id id = { "hlt.example.org", "HltShop", "", "" };
    scene_apply(&scene, arena,
                "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: "
                "{name: hltshops.hlt.example.org}, spec: {group: hlt.example.org, scope: "
                "Namespaced, names: {kind: HltShop, plural: hltshops}, versions: [{name: v1, "
                "served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}");
    assert_true(scene_settle(&scene, false, 30));
    assert_int_equal(session_find_kind(&session, &id, NULL, false, &kind, &wait), KIND_KNOWN);
    const struct value *gone =
        send(arena, "DELETE", path_of(arena, &scene.subject.id, NULL), NULL, NULL);
    assert_non_null(gone);
    assert_true(scene_settle(&scene, true, 30));
}

struct later {
    const char *yaml;
};

static void *apply_later(void *context)
{
    AUTO_ARENA arena = arena_new();
    struct later *later = context;
    struct scene scene;
    struct wait wait = seconds(10);
    wait_sleep(&wait, 1000);
    scene_apply(&scene, arena, later->yaml);
    return NULL;
}

static void test_finalizer(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    const char *form = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, namespace: %s, "
                       "finalizers: [%s]}}";
    scene_apply(&scene, arena, arena_printf(arena, form, namespace, "hlt.example.org/hold"));
    scene.subject.live.uid = value_text_at(scene.outcome.document, "metadata", "uid", NULL);
    send(arena, "DELETE", path_of(arena, &scene.subject.id, NULL), NULL, NULL);
    assert_false(scene_settle(&scene, true, 2));
    assert_int_equal(scene.err.kind, ERROR_TIMEOUT);
    assert_says(scene.err.message, "not gone in time: waits for finalizer hlt.example.org/hold");
    struct later later = { arena_printf(arena, form, namespace, "") };
    pthread_t thread;
    pthread_create(&thread, NULL, apply_later, &later);
    assert_true(scene_settle(&scene, true, 20));
    pthread_join(thread, NULL);
    assert_true(scene_settle(&scene, true, 5)); /* gone already */
}

static void test_timeout_and_cancel(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    struct cancel cancel = { 0 };
    scene_apply(&scene, arena,
                deployment(arena, "slow", 1,
                           "image: web:1.4, env: [{name: READY_AFTER, value: '900'}], " READY));
    assert_fails(&scene, 10, ERROR_TIMEOUT, "not healthy in time: 0 of 1 pods available");
    atomic_store(&cancel.level, CANCEL_SOFT);
    struct wait wait = { .deadline = clock_now() + 20000, .cancel = &cancel };
    assert_false(kubernetes_settle(&session, arena, &scene.subject, &scene.outcome, false,
                                   take_note, &scene, &wait, &scene.err));
    assert_int_equal(scene.err.kind, ERROR_CANCELLED);
    scene.resource.options.no_wait = true;
    assert_true(scene_settle(&scene, false, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_map_needs_no_watch),
        cmocka_unit_test(test_rollout_then_crash),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_job_that_goes),
        cmocka_unit_test(test_without_pods),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_finalizer),
        cmocka_unit_test(test_timeout_and_cancel),
    };
    return SCENES_RUN(tests);
}
