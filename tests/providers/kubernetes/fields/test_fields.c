/*
 * The walk over fieldsV1: "same" or "maybe" for pairs of a manifest and a live
 * object that a real API server has made of it (cases/fields); and the
 * arithmetic of field sets.
 */
#include "providers/kubernetes/cases.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/judge.h"

static const struct target target = { .name = "test" };

static struct resource resource_of(struct arena *arena, const struct value *document)
{
    struct resource resource = { .document = document };
    const char *namespace = value_text_at(document, "metadata", "namespace", NULL), *version;
    resource.api_version = value_text_at(document, "apiVersion", NULL);
    resource.id.kind = value_text_at(document, "kind", NULL);
    resource.id.name = value_text_at(document, "metadata", "name", NULL);
    resource.id.namespace = namespace ? namespace : "";
    api_version_split(arena, resource.api_version, &resource.id.group, &version);
    return resource;
}

static void walk_case(struct arena *arena, const char *expected, const struct value *document)
{
    struct session session = { .target = &target, .set_id = "applyset-test-v1" };
    struct resource resource = resource_of(arena, value_get(document, "wanted"));
    bool same = judge_same(&session, arena, &resource, value_get(document, "live"), NULL);
    if (same != (strncmp(expected, "same: ", 6) == 0))
        fail_msg("answered %s for %s", same ? "same" : "maybe", expected);
}

static void test_walk(void **state)
{
    (void)state;
    assert_in_range(each_case("fields/fields.jsonl", walk_case), 45, 1000);
}

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error error = { 0 };
    if (!json_parse(arena, text, strlen(text), &value, &error))
        fail_msg("%s: %s", text, error.message);
    return value;
}

static void expect(struct arena *arena, const struct value *value, const char *text)
{
    AUTO_BUF buf = BUF_INIT(BUF_OUTPUT_CEILING);
    (void)arena;
    json_write(&buf, value);
    assert_string_equal(buf_text(&buf), text);
}

static void test_sets(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *a = json(arena, "{\"f:a\":{\".\":{},\"f:b\":{},\"f:c\":{}},\"f:d\":{}}");
    const struct value *b = json(arena, "{\"f:a\":{\"f:b\":{}},\"f:e\":{}}");
    expect(arena, fields_minus(arena, a, b), "{\"f:a\":{\"f:c\":{}},\"f:d\":{}}");
    expect(arena, fields_union(arena, a, b),
           "{\"f:a\":{\".\":{},\"f:b\":{},\"f:c\":{}},\"f:d\":{},\"f:e\":{}}");
    assert_int_equal(fields_count(a), 3);
    const struct value *live = json(arena, "{\"a\":{\"b\":1,\"c\":2},\"d\":3}");
    expect(arena, fields_cut(arena, live, b), "{\"a\":{\"c\":2},\"d\":3}");
    expect(arena, fields_without(arena, a, live, "/a/c"),
           "{\"f:a\":{\".\":{},\"f:b\":{}},\"f:d\":{}}");
    expect(arena, fields_given_up(arena, a, json(arena, "{\"a\":{\"b\":1}}")),
           "{\"f:a\":{\"f:c\":{}},\"f:d\":{}}");
}

static void test_cut_different(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *fields =
        json(arena, "{\"f:a\":{},\"f:b\":{},\"f:l\":{\"k:{\\\"name\\\":\\\"x\\\"}\":"
                    "{\".\":{},\"f:name\":{},\"f:v\":{}}}}");
    const struct value *live = json(arena, "{\"a\":1,\"b\":2,\"l\":[{\"name\":\"x\",\"v\":3}]}");
    struct value *document = value_copy(
        arena, json(arena, "{\"a\":1,\"b\":9,\"l\":[{\"name\":\"x\",\"v\":4,\"w\":5}]}"));
    assert_true(fields_cut_different(arena, document, fields, live));
    expect(arena, document, "{\"a\":1,\"l\":[{\"name\":\"x\",\"w\":5}]}");
    assert_false(fields_cut_different(arena, document, fields, live));
}

/* The server's own entry holds all that was there before anybody was noted. */
static void test_before_first_apply(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
#define ENTRY                                                                                      \
    "{\"manager\":\"before-first-apply\",\"operation\":\"Update\","                                \
    "\"fieldsV1\":{\"f:data\":{\"f:a\":{},\"f:b\":{},\"f:c\":{}}}}"
    const struct value *plain = json(arena, "{\"metadata\":{\"managedFields\":[" ENTRY "]}}");
    const struct value *applied =
        json(arena,
             "{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":"
             "\"{\\\"data\\\":{\\\"a\\\":1}}\"},\"managedFields\":[" ENTRY "]}}");
    const struct value *held =
        json(arena, "{\"metadata\":{\"managedFields\":[" ENTRY ",{\"manager\":\"cmx-reconcile\","
                    "\"operation\":\"Apply\",\"fieldsV1\":{\"f:data\":{\"f:b\":{}}}}]}}");
    expect(arena, manager_kubectl_extras(arena, plain, plain), "{}");
    expect(arena, manager_kubectl_extras(arena, applied, applied), "{\"f:data\":{\"f:a\":{}}}");
    expect(arena, manager_kubectl_extras(arena, plain, held), "{\"f:data\":{\"f:b\":{}}}");
    expect(arena, manager_kubectl_extras(arena, held, held), "{}");
#undef ENTRY
}

static void test_lists(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *owned = json(
        arena, "{\"f:c\":{\"k:{\\\"name\\\":\\\"x\\\"}\":{\".\":{},\"f:name\":{},\"f:v\":{}}}}");
    const struct value *live =
        json(arena, "{\"c\":[{\"name\":\"w\",\"v\":1},{\"name\":\"x\",\"v\":2}]}");
    assert_true(fields_hold(arena, owned, live, "/c/1/v"));
    assert_true(fields_hold(arena, owned, live, "/c/1"));
    assert_false(fields_hold(arena, owned, live, "/c/0/v"));
    assert_false(fields_hold(arena, owned, live, "/c/7"));
    expect(arena, fields_cut(arena, live, owned), "{\"c\":[{\"name\":\"w\",\"v\":1}]}");
    expect(arena, fields_without(arena, owned, live, "/c/1"), "{}");
    /* who holds one field of an item names it, and leaves us the rest */
    const struct value *theirs =
        json(arena, "{\"f:c\":{\"k:{\\\"name\\\":\\\"w\\\"}\":{\".\":{},\"f:name\":{},\"f:v\":{}},"
                    "\"k:{\\\"name\\\":\\\"x\\\"}\":{\".\":{},\"f:name\":{}}},\"f:m\":{\".\":{}}}");
    expect(arena, fields_beside_names(arena, theirs),
           "{\"f:c\":{\"k:{\\\"name\\\":\\\"w\\\"}\":{\"f:v\":{}}}}");
    /* that a map is there is no field once all that is in it is left out */
    const struct value *map = json(arena, "{\"f:m\":{\"f:a\":{\".\":{},\"f:x\":{}}}}");
    expect(arena, fields_without(arena, map, live, "/m/a/x"), "{}");
}

static void test_blame(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *live =
        json(arena, "{\"data\":{\"a\":\"1\",\"b\":\"2\"},\"metadata\":{\"managedFields\":["
                    "{\"manager\":\"cmx-reconcile\",\"operation\":\"Apply\",\"fieldsV1\":"
                    "{\"f:data\":{\"f:a\":{}}}},"
                    "{\"manager\":\"kubectl-edit\",\"operation\":\"Update\","
                    "\"time\":\"2026-11-24T07:00:00Z\",\"fieldsV1\":{\"f:data\":{\"f:b\":{}}}}]}}");
    struct blame blame;
    manager_blame(arena, live, "/data/a", &blame);
    assert_true(blame.ours);
    assert_null(blame.manager);
    manager_blame(arena, live, "/data/b", &blame);
    assert_false(blame.ours);
    assert_string_equal(blame.manager, "kubectl-edit");
    assert_int_equal(blame.time, 1795503600);
    expect(arena, manager_kubectl_extras(arena, live, live), "{\"f:data\":{\"f:b\":{}}}");
}

/* `kubectl scale` goes by a subresource, and the server notes no time for it. */
static void test_blame_scale(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *live =
        json(arena, "{\"spec\":{\"replicas\":2},\"metadata\":{\"managedFields\":["
                    "{\"manager\":\"kubectl\",\"operation\":\"Update\",\"subresource\":\"scale\","
                    "\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}]}}");
    struct blame blame;
    int64_t time = 1;
    manager_blame(arena, live, "/spec/replicas", &blame);
    assert_string_equal(blame.manager, "kubectl scale");
    assert_int_equal(blame.time, 0);
    assert_string_equal(manager_last_other(live, &time), "kubectl scale");
    assert_int_equal(time, 0);
}

/* A restart by hand is left alone, and counted; what else kubectl added is drift. */
static void test_restart_is_foreign(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *live = json(
        arena, "{\"metadata\":{\"managedFields\":["
               "{\"manager\":\"kubectl-rollout\",\"operation\":\"Update\",\"fieldsV1\":"
               "{\"f:spec\":{\"f:paused\":{},\"f:template\":{\"f:metadata\":{\"f:annotations\":"
               "{\"f:kubectl.kubernetes.io/restartedAt\":{}}}}}}}]}}");
    assert_int_equal(manager_foreign_fields(arena, live), 1);
    expect(arena, manager_kubectl_extras(arena, live, live), "{\"f:spec\":{\"f:paused\":{}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_cut_different),
        cmocka_unit_test(test_before_first_apply),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_blame),
        cmocka_unit_test(test_blame_scale),
        cmocka_unit_test(test_restart_is_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
