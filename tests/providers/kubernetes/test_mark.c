/*
 * Marks: what is as the last apply left it is known without a dry run; what is
 * not is never taken for it. And ignore rules that count positions.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer_key.h"
#include "providers/kubernetes/judge.h"
#include "providers/kubernetes/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct target target = { .name = "test" };
static const struct session session = { .target = &target, .set_id = "applyset-test-v1" };

static const struct left_alone nothing = { .pointers = { 0 } };
static const struct object_id pod = { "", "Pod", "", "x" };

#define HEAD "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\""
#define WANTED(limit)                                                                              \
    HEAD "},\"spec\":{\"cpu\":" limit ",\"off\":false,\"none\":[],\"ref\":{\"path\":\"p\"}}}"
#define OWNED                                                                                      \
    "\"managedFields\":[{\"manager\":\"cmx-reconcile\",\"operation\":\"Apply\","                   \
    "\"apiVersion\":\"v1\",\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{"                           \
    "\"f:applyset.kubernetes.io/"                                                                  \
    "part-of\":{}}},\"f:spec\":{\"f:cpu\":{},\"f:off\":{},\"f:ref\":{}}}}"
#define LIVE(limit, ref, more)                                                                     \
    HEAD ",\"labels\":{\"applyset.kubernetes.io/part-of\":"                                        \
         "\"applyset-test-v1\"}," OWNED more "]},\"spec\":{\"cpu\":" limit ",\"ref\":" ref         \
         ",\"other\":1}}"

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error error = { 0 };
    if (!json_parse(arena, text, strlen(text), &value, &error))
        fail_msg("%s: %s", text, error.message);
    return value;
}

static const struct {
    const char *what, *wanted, *live;
    bool same;
} cases[] = {
    { "as it was", WANTED("\"1000m\""), LIVE("\"1\"", "{\"path\":\"p\",\"v\":1}", ""), true },
    { "wanted otherwise", WANTED("\"1.0\""), LIVE("\"1\"", "{\"path\":\"p\",\"v\":1}", ""), false },
    { "live otherwise", WANTED("\"1000m\""), LIVE("\"2\"", "{\"path\":\"p\",\"v\":1}", ""), false },
    { "a default otherwise", WANTED("\"1000m\""), LIVE("\"1\"", "{\"path\":\"p\",\"v\":2}", ""),
      false },
    { "added by kubectl", WANTED("\"1000m\""),
      LIVE("\"1\"", "{\"path\":\"p\",\"v\":1}",
           ",{\"manager\":\"kubectl-edit\",\"operation\":\"Update\",\"fieldsV1\":"
           "{\"f:spec\":{\"f:other\":{}}}}"),
      false },
    { "added by a controller", WANTED("\"1000m\""),
      LIVE("\"1\"", "{\"path\":\"p\",\"v\":1}",
           ",{\"manager\":\"x-controller\",\"operation\":\"Update\",\"fieldsV1\":"
           "{\"f:spec\":{\"f:other\":{}}}}"),
      true },
};

static struct resource resource_of(const struct value *document)
{
    return (
        struct resource){ .id = { "", "Pod", "", "x" }, .api_version = "v1", .document = document };
}

static void test_marks(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct resource first = resource_of(json(arena, cases[0].wanted));
    const char *mark = mark_make(&session, arena, &first, json(arena, cases[0].live));
    assert_non_null(strchr(mark, '.'));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resource resource = resource_of(json(arena, cases[i].wanted));
        const struct value *live = json(arena, cases[i].live);
        if (judge_same(&session, arena, &resource, live, mark) != cases[i].same)
            fail_msg("%s", cases[i].what);
        assert_false(judge_same(&session, arena, &resource, live, NULL));
        assert_false(judge_same(&session, arena, &resource, live, "0000.1111"));
    }
}

static void test_webhook(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct resource resource = resource_of(json(arena, WANTED("\"1\"")));
    const struct value *live = json(arena, LIVE("\"7\"", "{\"path\":\"p\"}", ""));
    const char *mark = mark_make(&session, arena, &resource, live);
    assert_true(mark_answers(&session, arena, &resource, live, mark));
    assert_false(judge_same(&session, arena, &resource, live, mark)); /* the webhook may be gone */
}

static void test_secret(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct resource resource = resource_of(json(arena, WANTED("\"1\"")));
    resource.secret = true;
    assert_null(strchr(
        mark_make(&session, arena, &resource, json(arena, LIVE("\"1\"", "{\"path\":\"p\"}", ""))),
        '.'));
}

static void test_now(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *live = json(arena, LIVE("\"1\"", "{}", ""));
    const char *owned = manager_mark(arena, live, &nothing);
    const char *recorded = arena_printf(arena, "%s.0123456789abcdef", owned);
    assert_string_equal(mark_now(&session, arena, &pod, live, recorded), recorded);
    assert_string_equal(mark_now(&session, arena, &pod, live, owned), owned);
    assert_string_equal(mark_now(&session, arena, &pod, live, NULL), owned);
    assert_string_equal(mark_now(&session, arena, &pod, live, "0000000000000000.0123456789abcdef"),
                        owned);
}

static void test_positions(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *wanted = json(arena, "{\"c\":[{\"name\":\"web\"}],\"a\":[1]}");
    const struct value *live =
        json(arena, "{\"c\":[{\"name\":\"side/car\"},{\"name\":\"web\"}],\"a\":[1],\"metadata\":{"
                    "\"managedFields\":[{\"manager\":\"x\",\"fieldsV1\":{\"f:a\":{},\"f:c\":{"
                    "\"k:{\\\"name\\\":\\\"web\\\"}\":{\".\":{}},"
                    "\"k:{\\\"name\\\":\\\"side/car\\\"}\":{\".\":{}}}}}]}}");
    assert_string_equal(pointer_by_key(arena, "/c/0/image", wanted, live),
                        "/c/{\"name\":\"web\"}/image");
    assert_null(pointer_by_key(arena, "/c/1/image", wanted, live)); /* the first one, pushed on */
    assert_string_equal(
        pointer_by_key(arena, "/c/1", json(arena, "{\"c\":[{\"name\":\"side/car\"}]}"), live),
        "/c/{\"name\":\"web\"}"); /* only live has a second one */
    assert_string_equal(pointer_by_key(arena, "/c/0", json(arena, "{}"), live),
                        "/c/{\"name\":\"side~1car\"}");
    assert_string_equal(pointer_by_key(arena, "/a/0", wanted, live), "/a/0");
    assert_string_equal(pointer_by_key(arena, "/c/9/x", wanted, live), "/c/9/x");
    assert_string_equal(pointer_by_key(arena, "/spec/replicas", wanted, live), "/spec/replicas");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),     cmocka_unit_test(test_webhook),
        cmocka_unit_test(test_secret),    cmocka_unit_test(test_now),
        cmocka_unit_test(test_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
