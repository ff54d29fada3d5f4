/*
 * The hub of watches on the real cluster: one stream for all who wait, and
 * nothing missed in a gap.
 *
 * labels: cluster threads
 * timeout: 400
 */
#include "providers/kubernetes/scene.h"

#include "providers/kubernetes/wait/watch_hub.h"

enum { MANY = 8 };

static atomic_int settling;

static void *settle_one(void *context)
{
    struct scene *scene = context;
    scene_settle(scene, false, 120);
    atomic_fetch_sub(&settling, 1);
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
    struct wait wait = seconds(200);
    for (int i = 0; i < MANY; i++) {
        arenas[i] = arena_new();
        scene_apply(&scenes[i], arenas[i],
                    deployment(arenas[i], arena_printf(arena, "many-%d", i), 1,
                               "image: web:1.4, env: [{name: READY_AFTER, value: '2'}], " READY));
    }
    atomic_store(&settling, MANY);
    for (int i = 0; i < MANY; i++)
        pthread_create(&threads[i], NULL, settle_one, &scenes[i]);
    while (atomic_load(&settling) && wait_sleep(&wait, 20)) {
        size_t now = watch_count();
        most = now > most ? now : most;
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
    static const struct api_kind kind = { .group = "",
                                          .version = "v1",
                                          .kind = "ConfigMap",
                                          .plural = "configmaps",
                                          .namespaced = true };
    struct watch_query query = { .kind = &kind, .namespace = namespace, .name = "aged" };
    struct watcher *watcher = watcher_new(session.watches);
    const struct value *known =
        yaml_of(arena, "{metadata: {name: aged, resourceVersion: '1'}, data: {a: old}}");
    scene_apply(&scene, arena,
                arena_printf(arena,
                             "{apiVersion: v1, kind: ConfigMap, metadata: {name: aged, "
                             "namespace: %s}, data: {a: new}}",
                             namespace));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_share_a_watch),
        cmocka_unit_test(test_old_version),
    };
    return SCENES_RUN(tests);
}
