/*
 * world: what the cluster tests of this folder share: a session with the test
 * cluster, a namespace of its own, and one pass of looking, predicting and
 * applying for a handful of manifests given as JSON.
 */
#ifndef TEST_KUBERNETES_WORLD_H
#define TEST_KUBERNETES_WORLD_H

#include "base/cleanup.h"
#include "base/process.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/testbed.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORLD_MOST = 64 };

struct world {
    struct arena *arena;
    const char *namespace;
    struct target target;
    struct project project;
    struct set set;
    struct session *session;
    struct wait wait;
    struct resource resources[WORLD_MOST];
    struct subject subjects[WORLD_MOST];
    size_t count;
    struct record_member members[WORLD_MOST];
    size_t member_count;
};

#define must(call, error)                                                                          \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, (error).message);                                            \
    } while (0)

static inline const char *kubectl_status(struct world *world, int *ret_status,
                                         const char *const *arguments, const char *input)
{
    const char *all[32] = { "kubectl", "-n", world->namespace };
    struct error error = { 0 };
    char *output;
    size_t count = 3;
    for (size_t i = 0; arguments[i] && count < 31; i++)
        all[count++] = arguments[i];
    must(process_run(world->arena, all, NULL, input, 1 << 20, &world->wait, &output, ret_status,
                     &error),
         error);
    return output;
}

#define kubectl(world, input, ...)                                                                 \
    kubectl_ok((world), (input), (const char *const[]){ __VA_ARGS__, NULL })

static inline const char *kubectl_ok(struct world *world, const char *input,
                                     const char *const *arguments)
{
    int status;
    const char *output = kubectl_status(world, &status, arguments, input);
    if (status != 0)
        fail_msg("kubectl %s: exit %d: %s", arguments[0], status, output);
    return output;
}

/* The same again and again until it succeeds: what was stored is known everywhere a moment later.
 */
static inline void kubectl_until_done(struct world *world, const char *input,
                                      const char *const *arguments)
{
    struct wait wait = wait_for(60 * 1000, NULL);
    int status;
    do
        kubectl_status(world, &status, arguments, input);
    while (status != 0 && wait_sleep(&wait, 100));
    kubectl_ok(world, input, arguments);
}

#define kubectl_soon(world, ...)                                                                   \
    kubectl_until_done((world), NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline void world_connect(struct world *world)
{
    struct error error = { 0 };
    world->target = (struct target){ .name = "test",
                                     .set_name = "test",
                                     .set_namespace = world->namespace,
                                     .concurrency = 4,
                                     .force_conflicts = world->target.force_conflicts,
                                     .project = &world->project };
    must(provider_kubernetes.open(&world->target, world->arena, &world->session, &world->wait,
                                  &error),
         error);
}

/* Another run: nothing is remembered but the members. */
static inline void world_again(struct world *world)
{
    provider_kubernetes.close(world->session);
    world_connect(world);
}

static inline int world_setup(void **state)
{
    static unsigned number;
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    world->arena = arena;
    world->namespace = arena_printf(arena, "obs-test-%d-%u", (int)getpid(), number++);
    world->wait = wait_for(110 * 1000, NULL);
    kubectl(world, NULL, "create", "namespace", world->namespace);
    world_connect(world);
    *state = world;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *world = *state;
    int status;
    provider_kubernetes.close(world->session);
    kubectl_status(
        world, &status,
        (const char *const[]){ "delete", "namespace", world->namespace, "--wait=false", NULL },
        NULL);
    arena_free(world->arena);
    return 0;
}

static inline void world_resource(struct world *world, struct resource *resource, const char *text)
{
    const struct value *parsed;
    struct error error = { 0 };
    const char *version;
    must(json_parse(world->arena, text, strlen(text), &parsed, &error), error);
    struct value *document = value_copy(world->arena, parsed);
    *resource = (struct resource){ .document = document };
    resource->api_version = value_text_at(document, "apiVersion", NULL);
    resource->id.kind = value_text_at(document, "kind", NULL);
    resource->id.name = value_text_at(document, "metadata", "name", NULL);
    api_version_split(world->arena, resource->api_version, &resource->id.group, &version);
    resource->scope = scope_of_builtin(resource->id.group, resource->id.kind);
    resource->id.namespace = resource->scope == SCOPE_CLUSTER ? "" : world->namespace;
    resource->secret = strcmp(resource->id.kind, "Secret") == 0;
    object_options_read(world->arena, document, &resource->options, NULL, NULL);
}

static inline const struct record_member *world_member(struct world *world,
                                                       const struct object_id *id)
{
    for (size_t i = 0; i < world->member_count; i++)
        if (object_id_compare(&world->members[i].id, id) == 0)
            return &world->members[i];
    return NULL;
}

/* Looks at the objects of these manifests (NULL-terminated), and at the recorded ones. */
static inline void world_look(struct world *world, const char *const *texts)
{
    struct error error = { 0 };
    world->count = 0;
    for (; texts[world->count]; world->count++)
        world_resource(world, &world->resources[world->count], texts[world->count]);
    world->set = (struct set){ .arena = world->arena,
                               .project = { .name = "test", .namespace = world->namespace },
                               .resources = world->resources,
                               .count = world->count };
    must(provider_kubernetes.bind_scopes(world->session, &world->set, &world->wait, &error), error);
    for (size_t i = 0; i < world->count; i++) {
        struct object_id *id = &world->resources[i].id;
        world->subjects[i] = (struct subject){ .id = *id, .desired = &world->resources[i] };
        world->subjects[i].recorded = world_member(world, id);
    }
    for (size_t i = 0; i < world->member_count; i++) {
        bool wanted = false;
        for (size_t j = 0; j < world->set.count; j++)
            wanted |= world->subjects[j].recorded == &world->members[i];
        if (!wanted)
            world->subjects[world->count++] = (struct subject){ .id = world->members[i].id,
                                                                .recorded = &world->members[i],
                                                                .leaving = true };
    }
    must(provider_kubernetes.observe(world->session, world->arena, world->subjects, world->count,
                                     &world->wait, &error),
         error);
}

#define look(world, ...) world_look((world), (const char *const[]){ __VA_ARGS__, NULL })

static inline struct subject *world_subject(struct world *world, const char *kind, const char *name)
{
    for (size_t i = 0; i < world->count; i++)
        if (strcmp(world->subjects[i].id.kind, kind) == 0
            && strcmp(world->subjects[i].id.name, name) == 0)
            return &world->subjects[i];
    fail_msg("no subject %s/%s", kind, name);
    return NULL;
}

static inline struct prediction world_predict(struct world *world, const struct subject *subject)
{
    struct prediction prediction;
    struct error error = { 0 };
    must(provider_kubernetes.predict(world->session, world->arena, subject, &prediction,
                                     &world->wait, &error),
         error);
    return prediction;
}

static inline void world_remember(struct world *world, const struct object_id *id)
{
    assert_true(world->member_count < WORLD_MOST);
    if (!world_member(world, id))
        world->members[world->member_count++] = (struct record_member){ .id = *id, .path = "" };
}

static inline bool world_try_apply(struct world *world, const struct subject *subject,
                                   struct outcome *outcome, struct error *err)
{
    if (!provider_kubernetes.apply(world->session, world->arena, subject, outcome, &world->wait,
                                   err))
        return false;
    world_remember(world, &subject->id);
    return true;
}

/* Applies whatever is wanted and not surely the same. */
static inline void world_apply(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct subject *subject = &world->subjects[i];
        struct error error = { 0 };
        struct outcome outcome;
        if (subject->desired && subject->live.state != LIVE_SAME)
            must(world_try_apply(world, subject, &outcome, &error), error);
    }
}

#define apply_all(world, ...)                                                                      \
    do {                                                                                           \
        look(world, __VA_ARGS__);                                                                  \
        world_apply(world);                                                                        \
    } while (0)

/* One field of a live object, as kubectl's jsonpath prints it. */
static inline void live_is(struct world *world, const char *object, const char *path,
                           const char *wanted)
{
    const char *got = kubectl(world, NULL, "get", object, "-o",
                              arena_printf(world->arena, "jsonpath={%s}", path));
    if (strcmp(got, wanted) != 0)
        fail_msg("%s %s is \"%s\", not \"%s\"", object, path, got, wanted);
}

#define WORLD_MAIN(tests)                                                                          \
    int main(void)                                                                                 \
    {                                                                                              \
        return testbed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;                 \
    }

#endif
