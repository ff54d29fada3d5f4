/* The record and the run id on a real cluster. labels: cluster */
#include "providers/kubernetes/world.h"

#include "providers/kubernetes/record/lock.h"
#include "providers/kubernetes/record/parent.h"

#define PARENT "configmap/cmx-set-test"

static struct record one_member(struct world *world)
{
    static struct record_member member = { .id = { "apps", "Deployment", "elsewhere", "a" },
                                           .path = "a.yaml",
                                           .digest = "00",
                                           .mark = "" };
    (void)world;
    return (struct record){ .exists = true, .members = &member, .count = 1, .applied = 5 };
}

static bool lock_once(struct world *world, int64_t patience, struct error *err)
{
    return provider_kubernetes.record_lock(world->session, patience, NULL, NULL, NULL, &world->wait,
                                           err);
}

static void take(struct world *world)
{
    struct error error = { 0 };
    struct record record;
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    must(lock_once(world, 0, &error), error);
}

static void settle(struct world *world)
{
    struct error error = { 0 };
    struct record record = one_member(world);
    must(provider_kubernetes.record_settle(world->session, &record, &world->wait, &error), error);
}

static void test_round(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    const struct hold *holds;
    size_t held;
    struct record record, wide = one_member(world);
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    assert_false(record.exists);
    must(lock_once(world, 0, &error), error);
    must(provider_kubernetes.record_widen(world->session, &wide, &world->wait, &error), error);
    must(provider_kubernetes.record_check(world->session, world->arena, &holds, &held, &world->wait,
                                          &error),
         error);
    live_is(world, PARENT, ".metadata.annotations.applyset\\.kubernetes\\.io/contains-group-kinds",
            "Deployment.apps");
    live_is(world, PARENT, ".metadata.annotations.applyset\\.kubernetes\\.io/additional-namespaces",
            "elsewhere");
    live_is(world, PARENT, ".metadata.labels.applyset\\.kubernetes\\.io/id",
            world->session->set_id);
    settle(world);
    live_is(world, PARENT, ".metadata.annotations.cmx\\.dev/run", "");
    world_again(world);
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    assert_true(record.exists);
    assert_int_equal(record.count, 1);
    assert_int_equal(record.applied, 5);
    assert_string_equal(record.members[0].id.namespace, "elsewhere");
    must(provider_kubernetes.record_remove(world->session, &world->wait, &error), error);
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    assert_false(record.exists);
}

/* A second run is told whom it waits for, and gives up. */
static void test_two_runs(void **state)
{
    struct world *world = *state;
    struct session *first = world->session;
    struct error error = { 0 };
    take(world);
    world_connect(world);
    assert_false(lock_once(world, 600, &error));
    assert_int_equal(error.kind, ERROR_REFUSED);
    assert_non_null(strstr(error.message, "held by the run of"));
    struct session *second = world->session;
    world->session = first;
    settle(world);
    world->session = second;
    error = (struct error){ 0 };
    take(world);
    settle(world);
    provider_kubernetes.close(first);
}

/* Whose run id was overwritten stops writing. */
static void test_taken_over(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    const struct hold *holds;
    size_t held;
    struct record record = one_member(world);
    take(world);
    /* the first look, right behind the taking, is not asked of the server */
    must(provider_kubernetes.record_check(world->session, world->arena, &holds, &held, &world->wait,
                                          &error),
         error);
    kubectl(world, NULL, "annotate", "--overwrite", "configmap", "cmx-set-test",
            "cmx.dev/run={\"id\":\"x\",\"holder\":\"eve@far\",\"started\":\"2026-11-24T07:00:00Z\","
            "\"renewed\":\"2026-11-24T07:00:00Z\"}");
    assert_false(provider_kubernetes.record_check(world->session, world->arena, &holds, &held,
                                                  &world->wait, &error));
    assert_int_equal(error.kind, ERROR_CONFLICT);
    assert_non_null(strstr(error.message, "taken over by eve@far"));
    error = (struct error){ 0 };
    assert_false(provider_kubernetes.record_widen(world->session, &record, &world->wait, &error));
    assert_int_equal(error.kind, ERROR_CONFLICT);
    live_is(world, PARENT, ".binaryData", "");
    world_again(world);
    take(world); /* eve has not renewed for long */
    settle(world);
}

/* A change by somebody who leaves the run id alone is no reason to stop. */
static void test_bystander(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    struct record record = one_member(world);
    take(world);
    kubectl(world, NULL, "label", "configmap", "cmx-set-test", "a=b");
    must(provider_kubernetes.record_widen(world->session, &record, &world->wait, &error), error);
    settle(world);
    live_is(world, PARENT, ".metadata.labels.a", "b");
}

static void test_changed_meanwhile(void **state)
{
    struct world *world = *state;
    struct session *late = world->session;
    struct error error = { 0 };
    struct record record;
    must(provider_kubernetes.record_read(late, world->arena, &record, &world->wait, &error), error);
    world_connect(world);
    take(world);
    settle(world);
    assert_false(provider_kubernetes.record_lock(late, 0, NULL, NULL, NULL, &world->wait, &error));
    assert_int_equal(error.kind, ERROR_CONFLICT);
    assert_non_null(strstr(error.message, "run again"));
    provider_kubernetes.close(late);
}

static void test_another_tool(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    struct record record;
    kubectl(world, NULL, "create", "configmap", "cmx-set-test");
    assert_false(provider_kubernetes.record_read(world->session, world->arena, &record,
                                                 &world->wait, &error));
    assert_int_equal(error.kind, ERROR_REFUSED);
    kubectl(world, NULL, "annotate", "configmap", "cmx-set-test",
            "applyset.kubernetes.io/tooling=kubectl/v1.36.3");
    error = (struct error){ 0 };
    assert_false(provider_kubernetes.record_read(world->session, world->arena, &record,
                                                 &world->wait, &error));
    assert_int_equal(error.kind, ERROR_REFUSED);
    assert_non_null(strstr(error.message, "kubectl/v1.36.3"));
}

static void test_missing_namespace(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    struct record record;
    provider_kubernetes.close(world->session);
    kubectl(world, NULL, "delete", "namespace", world->namespace, "--wait=false");
    world->namespace = arena_printf(world->arena, "%s-made", world->namespace);
    world_connect(world);
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    assert_false(lock_once(world, 0, &error));
    assert_int_equal(error.kind, ERROR_NOT_FOUND);
    world->target.create_namespace = true;
    error = (struct error){ 0 };
    take(world);
    settle(world);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_round, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_two_runs, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_taken_over, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_bystander, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_changed_meanwhile, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_another_tool, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_missing_namespace, world_setup, world_teardown),
};

WORLD_MAIN(tests)
