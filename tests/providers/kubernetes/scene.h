/*
 * scene: one manifest, sent to the real cluster and waited for as the executor
 * would; shared by the tests of settle.c, pods.c and watch.c.
 *
 * A program gets a session and a namespace of its own by group_start().
 */
#ifndef TEST_KUBERNETES_SCENE_H
#define TEST_KUBERNETES_SCENE_H

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/health/claim.h"
#include "providers/kubernetes/session.h"
#include "providers/kubernetes/testbed.h"
#include "providers/kubernetes/wait/watch.h"
#include "providers/kubernetes/wait/watch_hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct target target;
static struct session session;
static const char *namespace;

static inline struct wait seconds(int64_t count)
{
    return wait_for(count * 1000, NULL);
}

static inline const struct value *yaml_of(struct arena *arena, const char *text)
{
    struct source_file file = { .path = "scene", .data = text, .length = strlen(text) };
    struct yaml_documents documents = { 0 };
    struct problems problems;
    problems_start(&problems, arena);
    assert_true(yaml_read(arena, &file, &documents, &problems));
    return documents.items[0].root;
}

static inline struct object_id id_of(struct arena *arena, const struct value *document)
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

static inline const struct value *send(struct arena *arena, const char *method, const char *path,
                                       const char *query, const struct value *body)
{
    AUTO_BUF text = BUF_INIT(1 << 20);
    struct api_answer answer;
    struct error err;
    struct wait wait = seconds(30);
    if (body)
        json_write(&text, body);
    struct api_call call = { .method = method,
                             .path = path,
                             .query = query,
                             .content_type = body ? "application/apply-patch+yaml" : NULL,
                             .body = body ? buf_text(&text) : NULL,
                             .body_length = text.length,
                             .what = "test" };
    if (!client_call(session.client, arena, &call, &answer, &wait, &err))
        fail_msg("%s %s: %s", method, path, err.message);
    return answer.document;
}

static inline const char *path_of(struct arena *arena, const struct object_id *id,
                                  const char *version)
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

static inline void scene_apply(struct scene *scene, struct arena *arena, const char *yaml)
{
    *scene = (struct scene){ .arena = arena };
    scene->resource.document = yaml_of(arena, yaml);
    scene->resource.api_version = value_text_at(scene->resource.document, "apiVersion", NULL);
    scene->resource.id = id_of(arena, scene->resource.document);
    scene->subject = (struct subject){ .id = scene->resource.id, .desired = &scene->resource };
    scene->outcome.document = send(arena, "PATCH", path_of(arena, &scene->resource.id, NULL),
                                   "fieldManager=test&force=true", scene->resource.document);
}

static inline void take_note(void *context, const char *text)
{
    struct scene *scene = context;
    size_t length = strlen(scene->notes);
    snprintf(scene->notes + length, sizeof scene->notes - length, "%s\n", text);
}

static inline bool scene_settle(struct scene *scene, bool removed, int64_t limit)
{
    struct wait wait = seconds(limit);
    int64_t begun = clock_now();
    bool done =
        kubernetes_settle(&session, scene->arena, &scene->subject, removed ? NULL : &scene->outcome,
                          removed, take_note, scene, &wait, &scene->err);
    scene->took = clock_now() - begun;
    print_message("  %s/%s: %s after %lld ms%s%s\n", scene->subject.id.kind, scene->subject.id.name,
                  done ? "settled" : "failed", (long long)scene->took, done ? "" : ": ",
                  done ? "" : scene->err.message);
    return done;
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void assert_fails(struct scene *scene, int64_t limit, enum error_kind kind,
                                const char *part)
{
    assert_false(scene_settle(scene, false, limit));
    assert_int_equal(scene->err.kind, kind);
    assert_says(scene->err.message, part);
}

/* A Deployment whose container has these lines. */
static inline const char *deployment(struct arena *arena, const char *name, int replicas,
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

/* ------------------------------------------------------------ the session */

static inline bool session_open(const char *context, struct error *err)
{
    struct wait wait = seconds(30);
    session =
        (struct session){ .arena = arena_new(), .target = &target, .discovery_arena = arena_new() };
    target = (struct target){ .name = "test",
                              .context = context,
                              .kubeconfig = getenv("CMX_KUBECONFIG_TWO_CONTEXTS"),
                              .set_name = "hlt",
                              .set_namespace = "default",
                              .concurrency = 8 };
    pthread_rwlock_init(&session.discovery_lock, NULL);
    if (!client_open(&target, &session.client, &wait, err))
        return false;
    session.watches = watches_new(&session);
    session.storage_classes = storage_classes_new();
    return session_discover(&session, &wait, err);
}

static inline void session_close(void)
{
    watches_free(session.watches);
    storage_classes_free(session.storage_classes);
    client_close(session.client);
    arena_free(session.discovery_arena);
    arena_free(session.arena);
    pthread_rwlock_destroy(&session.discovery_lock);
}

static inline int group_start(void **state)
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
    scene_apply(
        &scene, arena,
        arena_printf(arena, "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}", namespace));
    return 0;
}

static inline int group_end(void **state)
{
    AUTO_ARENA arena = arena_new();
    send(arena, "DELETE", arena_printf(arena, "/api/v1/namespaces/%s", namespace), NULL, NULL);
    session_close();
    arena_free(*state);
    return 0;
}

#define SCENES_RUN(tests)                                                                          \
    (testbed_is_there() ? cmocka_run_group_tests(tests, group_start, group_end) : 1)

#endif
