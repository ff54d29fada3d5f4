/*
 * Waiting on the real cluster: what becomes healthy, and what never will.
 *
 * labels: cluster threads
 * timeout: 400
 *
 * Each scene applies one manifest and waits for it as the executor would; a
 * scene that fails must do so early, and in the thing's own words.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/session.h"
#include "providers/kubernetes/watch.h"
#include "providers/kubernetes/watch_hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct target target;
static struct session session;
static const char *namespace;

/* --------------------------------------------------------------- helpers */

static struct wait seconds(int64_t count)
{
    return wait_for(count * 1000, NULL);
}

static const struct value *yaml_of(struct arena *arena, const char *text)
{
    struct source_file file = { .path = "scene", .data = text, .length = strlen(text) };
    struct yaml_documents documents = { 0 };
    struct problems problems;
    problems_start(&problems, arena);
    assert_true(yaml_read(arena, &file, &documents, &problems));
    return documents.items[0].root;
}

static struct object_id id_of(struct arena *arena, const struct value *document)
{
    struct object_id id = { .namespace = "" };
    const char *version, *in = value_text_at(document, "metadata", "namespace", NULL);
    api_version_split(arena, value_text_at(document, "apiVersion", NULL), &id.group, &version);
    id.kind = value_text_at(document, "kind", NULL);
    id.name = value_text_at(document, "metadata", "name", NULL);
    if (in)
        id.namespace = in;
    return id;
}

static const struct value *send(struct arena *arena, const char *method, const char *path,
                                const char *query, const struct value *body)
{
    AUTO_BUF text = BUF_INIT(1 << 20);
    struct api_answer answer;
    struct error err;
    struct wait wait = seconds(30);
    if (body)
        json_write(&text, body);
    struct api_call call = { .method = method, .path = path, .query = query,
                             .content_type = body ? "application/apply-patch+yaml" : NULL,
                             .body = body ? buf_text(&text) : NULL,
                             .body_length = text.length, .what = "test" };
    if (!client_call(session.client, arena, &call, &answer, &wait, &err))
        fail_msg("%s %s: %s", method, path, err.message);
    return answer.document;
}

static const char *path_of(struct arena *arena, const struct object_id *id, const char *version)
{
    struct api_kind kind;
    struct wait wait = seconds(30);
    assert_int_equal(session_find_kind(&session, id, version, true, &kind, &wait), KIND_KNOWN);
    return api_path(arena, &kind, id->namespace, id->name);
}

/* A manifest, sent; and the wait for it. */
struct scene {
    struct arena *arena;
    struct resource resource;
    struct subject subject;
    struct outcome outcome;
    char notes[4096];
    struct error err;
    int64_t took; /* ms */
};

static void scene_apply(struct scene *scene, struct arena *arena, const char *yaml)
{
    *scene = (struct scene){ .arena = arena };
    scene->resource.document = yaml_of(arena, yaml);
    scene->resource.api_version = value_text_at(scene->resource.document, "apiVersion", NULL);
    scene->resource.id = id_of(arena, scene->resource.document);
    scene->subject = (struct subject){ .id = scene->resource.id, .desired = &scene->resource };
    scene->outcome.document =
        send(arena, "PATCH", path_of(arena, &scene->resource.id, NULL),
             "fieldManager=test&force=true", scene->resource.document);
}

static void take_note(void *context, const char *text)
{
    struct scene *scene = context;
    size_t length = strlen(scene->notes);
    snprintf(scene->notes + length, sizeof scene->notes - length, "%s\n", text);
}

static bool scene_settle(struct scene *scene, bool removed, int64_t limit)
{
    struct wait wait = seconds(limit);
    int64_t begun = clock_now();
    bool done = kubernetes_settle(&session, scene->arena, &scene->subject,
                                  removed ? NULL : &scene->outcome, removed, take_note, scene,
                                  &wait, &scene->err);
    scene->took = clock_now() - begun;
    print_message("  %s/%s: %s after %lld ms%s%s\n", scene->subject.id.kind,
                  scene->subject.id.name, done ? "settled" : "failed", (long long)scene->took,
                  done ? "" : ": ", done ? "" : scene->err.message);
    return done;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_fails(struct scene *scene, int64_t limit, enum error_kind kind,
                         const char *part)
{
    assert_false(scene_settle(scene, false, limit));
    assert_int_equal(scene->err.kind, kind);
    assert_says(scene->err.message, part);
}

/* A Deployment whose container has these lines. */
static const char *deployment(struct arena *arena, const char *name, int replicas,
                              const char *container)
{
    return arena_printf(arena,
                        "apiVersion: apps/v1\nkind: Deployment\n"
                        "metadata: {name: %s, namespace: %s}\n"
                        "spec:\n"
                        "  replicas: %d\n"
                        "  selector: {matchLabels: {app: %s}}\n"
                        "  template:\n"
                        "    metadata: {labels: {app: %s}}\n"
                        "    spec:\n"
                        "      terminationGracePeriodSeconds: 0\n"
                        "      containers:\n"
                        "      - {name: main, %s}\n",
                        name, namespace, replicas, name, name, container);
}

#define READY "readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}"

/* ---------------------------------------------------------------- scenes */

static void test_config_map_needs_no_watch(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena, "{apiVersion: v1, kind: ConfigMap, metadata: {name: flags, "
                                    "namespace: %s}, data: {a: b}}", namespace));
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
                           "image: web:1.5, " READY ", env: [{name: REQUIRE, value: DATABASE_URL}]"));
    assert_fails(&scene, 120, ERROR_INVALID, ", container main: CrashLoopBackOff\n  exit code 1");
    assert_says(scene.err.message, "; its last lines:\n    panic: missing DATABASE_URL");
    assert_says(scene.err.message, "\nThe 2 old pods still serve.");
    scene_apply(&scene, arena, deployment(arena, "web", 2, "image: web:1.5, " READY));
    assert_true(scene_settle(&scene, false, 60));
}

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
    scene_apply(&scene, arena,
                deployment(arena, "huge", 1,
                           "image: web:1.4, resources: {requests: {cpu: '5000'}}"));
    assert_fails(&scene, 60, ERROR_INVALID, "Unschedulable\n  0/1 nodes are available");
    assert_says(scene.notes, "Insufficient cpu");
}

static void test_quota(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: tiny, "
                                    "namespace: %s}, spec: {hard: {requests.memory: 1Mi}}}",
                             namespace));
    assert_true(scene_settle(&scene, false, 5));
    struct wait pause = seconds(3);
    wait_sleep(&pause, 1500); /* until the quota is in force */
    scene_apply(&scene, arena,
                deployment(arena, "quota", 1,
                           "image: web:1.4, resources: {requests: {memory: 5Mi}}"));
    assert_fails(&scene, 60, ERROR_INVALID, "no pod can be created: ");
    assert_says(scene.err.message, "exceeded quota: tiny");
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: quota, "
                             "namespace: %s}, spec: {serviceName: x, selector: {matchLabels: {app: "
                             "sq}}, template: {metadata: {labels: {app: sq}}, spec: {containers: "
                             "[{name: main, image: 'web:1.4', resources: {requests: {memory: 5Mi"
                             "}}}]}}}}", namespace));
    assert_fails(&scene, 60, ERROR_INVALID, "no pod can be created: ");
    assert_says(scene.err.message, "exceeded quota: tiny");
    send(arena, "DELETE",
         arena_printf(arena, "/api/v1/namespaces/%s/resourcequotas/tiny", namespace), NULL, NULL);
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

/* What stands in no status: the event tells it when the time is over. */
static void test_missing_volume(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena, "%s      volumes: [{name: v, secret: {secretName: nowhere}}]\n",
                             deployment(arena, "volume", 1,
                                        "image: web:1.4, volumeMounts: [{name: v, mountPath: /v}]")));
    assert_fails(&scene, 5, ERROR_TIMEOUT, "not healthy in time: 0 of 1 pods available");
    assert_says(scene.err.message, "last warning: FailedMount: ");
    assert_says(scene.err.message, "\"nowhere\" not found");
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
    assert_fails(&scene, 4, ERROR_TIMEOUT, "not healthy in time: 0 of 1 pods available");
    atomic_store(&cancel.level, CANCEL_SOFT);
    struct wait wait = { .deadline = clock_now() + 20000, .cancel = &cancel };
    assert_false(kubernetes_settle(&session, arena, &scene.subject, &scene.outcome, false,
                                   take_note, &scene, &wait, &scene.err));
    assert_int_equal(scene.err.kind, ERROR_CANCELLED);
    scene.resource.options.no_wait = true;
    assert_true(scene_settle(&scene, false, 1));
}

/* --------------------------------------------------------------- the hub */

enum { MANY = 8 };

static void *settle_one(void *context)
{
    struct scene *scene = context;
    scene_settle(scene, false, 120);
    return NULL;
}

static size_t watch_count(void)
{
    size_t count = 0;
    pthread_mutex_lock(&session.watches->lock);
    for (struct watch *watch = session.watches->watches; watch; watch = watch->next)
        count += watch->followers != NULL;
    pthread_mutex_unlock(&session.watches->lock);
    return count;
}

static void test_many_share_a_watch(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct scene scenes[MANY];
    struct arena *arenas[MANY];
    pthread_t threads[MANY];
    size_t most = 0;
    struct wait wait = seconds(20);
    for (int i = 0; i < MANY; i++) {
        arenas[i] = arena_new();
        scene_apply(&scenes[i], arenas[i],
                    deployment(arenas[i], arena_printf(arena, "many-%d", i), 1,
                               "image: web:1.4, env: [{name: READY_AFTER, value: '2'}], " READY));
    }
    for (int i = 0; i < MANY; i++)
        pthread_create(&threads[i], NULL, settle_one, &scenes[i]);
    for (int i = 0; i < 20; i++) {
        wait_sleep(&wait, 50);
        most = watch_count() > most ? watch_count() : most;
    }
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(scenes[i].err.kind, ERROR_NONE);
        arena_free(arenas[i]);
    }
    assert_in_range(most, 1, 3); /* deployments, replicasets, pods */
}

/* A version that the server has forgotten: 410, then a LIST, and nothing is missed. */
static void test_old_version(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct wait wait = seconds(30);
    struct error err;
    struct watched *objects;
    size_t index;
    struct scene scene;
    static const struct api_kind kind = { .group = "", .version = "v1", .kind = "ConfigMap",
                                          .plural = "configmaps", .namespaced = true };
    struct watch_query query = { .kind = &kind, .namespace = namespace, .name = "aged" };
    struct watcher *watcher = watcher_new(session.watches);
    const struct value *known =
        yaml_of(arena, "{metadata: {name: aged, resourceVersion: '1'}, data: {a: old}}");
    scene_apply(&scene, arena,
                arena_printf(arena, "{apiVersion: v1, kind: ConfigMap, metadata: {name: aged, "
                                    "namespace: %s}, data: {a: new}}", namespace));
    assert_true(watcher_follow(watcher, &query, known, &index, &wait, &err));
    for (const char *now = "old"; strcmp(now, "new") != 0;) {
        if (!watcher_wait(watcher, 1000, &wait, &err))
            fail_msg("%s", err.message);
        assert_int_equal(watcher_read(watcher, index, arena, &objects), 1);
        now = value_text_at(objects[0].document, "data", "a", NULL);
    }
    send(arena, "DELETE", path_of(arena, &scene.subject.id, NULL), NULL, NULL);
    do {
        assert_true(watcher_wait(watcher, 1000, &wait, &err));
        watcher_read(watcher, index, arena, &objects);
    } while (!objects[0].gone);
    watcher_free(watcher);
}

/* ------------------------------------------------------------ the session */

static bool session_open(const char *context, struct error *err)
{
    struct wait wait = seconds(30);
    session = (struct session){ .arena = arena_new(), .target = &target,
                                .discovery_arena = arena_new() };
    target = (struct target){ .name = "test", .context = context,
                              .kubeconfig = getenv("CMX_KUBECONFIG_TWO_CONTEXTS"),
                              .set_name = "hlt", .set_namespace = "default", .concurrency = 8 };
    pthread_rwlock_init(&session.discovery_lock, NULL);
    if (!client_open(&target, &session.client, &wait, err))
        return false;
    session.watches = watches_new(&session);
    return session_discover(&session, &wait, err);
}

static void session_close(void)
{
    watches_free(session.watches);
    client_close(session.client);
    arena_free(session.discovery_arena);
    arena_free(session.arena);
    pthread_rwlock_destroy(&session.discovery_lock);
}

static int group_start(void **state)
{
    struct error err;
    AUTO_ARENA arena = arena_new();
    *state = arena_new();
    if (!session_open("testbed", &err)) {
        print_error("%s\n", err.message);
        return -1;
    }
    namespace = arena_printf(*state, "hlt-%d", (int)getpid());
    struct scene scene;
    scene_apply(&scene, arena,
                arena_printf(arena, "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}",
                             namespace));
    return 0;
}

static int group_end(void **state)
{
    AUTO_ARENA arena = arena_new();
    send(arena, "DELETE", arena_printf(arena, "/api/v1/namespaces/%s", namespace), NULL, NULL);
    session_close();
    arena_free(*state);
    return 0;
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
        cmocka_unit_test(test_config_map_needs_no_watch),
        cmocka_unit_test(test_rollout_then_crash),
        cmocka_unit_test(test_missing_image),
        cmocka_unit_test(test_missing_configuration),
        cmocka_unit_test(test_unschedulable),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_finalizer),
        cmocka_unit_test(test_missing_volume),
        cmocka_unit_test(test_timeout_and_cancel),
        cmocka_unit_test(test_many_share_a_watch),
        cmocka_unit_test(test_old_version),
        cmocka_unit_test(test_no_rights),
    };
    if (!getenv("CMX_NETNS")) {
        print_message("skipped: no test cluster; run through scripts/testbed run\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, group_start, group_end);
}
