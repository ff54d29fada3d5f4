/* Identities, names, built-in kinds, annotations of live objects, masks of Secrets. */
#include "base/cleanup.h"
#include "manifest/options.h"
#include "manifest/references.h"
#include "manifest/resource.h"
#include "manifest/resource_builtin.h"
#include "manifest/secret.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *value = NULL;
    struct error err = { 0 };
    if (!json_parse(arena, text, strlen(text), &value, &err))
        fail_msg("%s", err.message);
    return value;
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *group, *kind, *namespace, *name;
    } rows[] = {
        { "Deployment/web", NULL, "Deployment", NULL, "web" },
        { "Deployment.apps/web", "apps", "Deployment", NULL, "web" },
        { "Deployment.apps/shop/web", "apps", "Deployment", "shop", "web" },
        { "Service./web", "", "Service", NULL, "web" },
        { "Role.rbac.authorization.k8s.io/system:x", "rbac.authorization.k8s.io", "Role", NULL,
          "system:x" },
        { "Thing.example.org/a.b", "example.org", "Thing", NULL, "a.b" },
        { "web", NULL, NULL, NULL, NULL },
        { "/web", NULL, NULL, NULL, NULL },
        { ".apps/web", NULL, NULL, NULL, NULL },
        { "Deployment/", NULL, NULL, NULL, NULL },
        { "Deployment//web", NULL, NULL, NULL, NULL },
        { "Deployment/a/", NULL, NULL, NULL, NULL },
        { "Deployment/a/b/c", NULL, NULL, NULL, NULL },
        { "", NULL, NULL, NULL, NULL },
    };
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct object_id id = { "untouched", "untouched", "untouched", "untouched" };
        assert_int_equal(object_id_parse(arena, rows[i].text, &id), rows[i].kind != NULL);
        if (!rows[i].kind) {
            assert_string_equal(id.kind, "untouched");
            continue;
        }
        assert_string_equal(or_dash(id.group), or_dash(rows[i].group));
        assert_string_equal(or_dash(id.kind), or_dash(rows[i].kind));
        assert_string_equal(or_dash(id.namespace), or_dash(rows[i].namespace));
        assert_string_equal(or_dash(id.name), or_dash(rows[i].name));
    }
}

static void test_text(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct object_id web = { "apps", "Deployment", "shop", "web" };
    const struct object_id role = { "rbac.authorization.k8s.io", "ClusterRole", "", "r" };
    const struct object_id thing = { "example.org", "Thing", "shop", "t" };
    assert_string_equal(object_id_text(arena, &web, "shop"), "Deployment/web");
    assert_string_equal(object_id_text(arena, &web, NULL), "Deployment/shop/web");
    assert_string_equal(object_id_text(arena, &role, "shop"), "ClusterRole/r");
    assert_string_equal(object_id_text(arena, &thing, "shop"), "Thing.example.org/t");
    assert_string_equal(object_id_full(arena, &web), "Deployment.apps/shop/web");
    struct object_id again;
    assert_true(object_id_parse(arena, object_id_full(arena, &thing), &again));
    assert_int_equal(object_id_compare(&again, &thing), 0);
    assert_true(object_id_compare(&web, &role) < 0);
}

/* The table is searched by halves: an entry out of order would not be found. */
static void test_builtin_table(void **state)
{
    (void)state;
    size_t count;
    const struct builtin_kind *kinds = builtin_kinds(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(builtin_kind_find(kinds[i].group, kinds[i].kind), &kinds[i]);
    assert_int_equal(scope_of_builtin("", "Namespace"), SCOPE_CLUSTER);
    assert_int_equal(scope_of_builtin("apps", "Deployment"), SCOPE_NAMESPACED);
    assert_int_equal(scope_of_builtin("extensions", "Deployment"), SCOPE_UNKNOWN);
}

static void test_ranks(void **state)
{
    (void)state;
    static const struct {
        const char *group, *kind;
        enum rank rank;
    } rows[] = {
        { "", "Namespace", RANK_NAMESPACE },
        { "apiextensions.k8s.io", "CustomResourceDefinition", RANK_DEFINITION },
        { "storage.k8s.io", "StorageClass", RANK_CLASS },
        { "gateway.networking.k8s.io", "GatewayClass", RANK_CLASS },
        { "rbac.authorization.k8s.io", "RoleBinding", RANK_REFERRED },
        { "", "ConfigMap", RANK_REFERRED },
        { "apps", "Deployment", RANK_WORKLOAD },
        { "example.org", "Thing", RANK_WORKLOAD },
        { "networking.k8s.io", "Ingress", RANK_EDGE },
        { "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", RANK_WEBHOOK },
        { "apiregistration.k8s.io", "APIService", RANK_WEBHOOK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct object_id id = { rows[i].group, rows[i].kind, "", "x" };
        assert_int_equal(rank_of(&id), rows[i].rank);
    }
}

static void test_options_of_live(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct object_options options;
    const struct value *live = json(
        arena, "{\"metadata\":{\"annotations\":{\"cmx.dev/prune\":\"disabled\",\"cmx.dev/wait\":"
               "\"nonsense\",\"cmx.dev/unknown\":\"x\",\"cmx.dev/timeout\":\"90s\","
               "\"cmx.dev/depends-on\":\"Job/a, Job/b\\n Job/c\","
               "\"cmx.dev/ignore\":\"/data/a,b /data/c,/data/d\"}}}");
    object_options_read(arena, live, &options, NULL, NULL);
    assert_true(options.keep);
    assert_false(options.no_wait);
    assert_int_equal(options.timeout, 90000);
    assert_int_equal(options.depends_on.count, 3);
    assert_string_equal(options.depends_on.items[2], "Job/c");
    assert_int_equal(options.ignore.count, 3);
    assert_string_equal(options.ignore.items[0], "/data/a,b");
    object_options_read(arena, NULL, &options, NULL, NULL);
    assert_false(options.keep);
    object_options_read(arena, json(arena, "{\"metadata\":{\"annotations\":[]}}"), &options, NULL,
                        NULL);
    assert_int_equal(options.ignore.count, 0);
}

static void test_masked(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(1 << 16);
    const struct value *secret = json(
        arena,
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"annotations\":{\"kubectl."
        "kubernetes.io/last-applied-configuration\":\"hunter2\",\"a\":\"b\"},\"name\":\"s\"},"
        "\"data\":{\"k\":\"aHVudGVyMg==\"},\"stringData\":{\"l\":\"hunter2\"},\"type\":\"t\"}");
    json_write(&text, secret_masked(arena, secret));
    assert_null(strstr(buf_text(&text), "hunter2"));
    assert_null(strstr(buf_text(&text), "aHVudGVyMg"));
    assert_non_null(strstr(buf_text(&text), "\"k\":\"(secret)\""));
    assert_non_null(strstr(buf_text(&text), "\"a\":\"b\""));
    assert_non_null(strstr(value_text_at(secret, "stringData", "l", NULL), "hunter2"));
    const struct value *map = json(arena, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}");
    assert_ptr_equal(secret_masked(arena, map), map);
}

static void test_text_quotable(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool quotable;
    } rows[] = {
        { "kind: ConfigMap\na: b\n", true },
        { "apiVersion: v1\r\nkind: ConfigMap\r\n", true },
        { "kind: ConfigMap\n---\nkind: Service\n", true },
        { "kind: ConfigMap\n---\npassword: x\n", false },
        { "--- {password: x}\n---\nkind: Service\n", false },
        { "kind: Secret\n", false },
        { "kind: ConfigMap\n---\nkind: \"Secret\"\n", false },
        { "kind: \"\\x53ecret\"\nstringData: x\n", false },
        { "kind: Password\n", false },
        { "  kind: ConfigMap\n", false },
        { "{\"kind\": \"ConfigMap\"}", false },
        { "", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_quotable(rows[i].text, strlen(rows[i].text)) != rows[i].quotable)
            fail_msg("row %zu: %s", i, rows[i].text);
}

/* Lists of every length up to 5: each object is found where the order puts it, nothing else is. */
static void test_sorted_lists(void **state)
{
    (void)state;
    struct resource objects[] = {
        { .id = { "apps", "Deployment", "shop", "web" } },
        { .id = { "", "Service", "shop", "web" } },
        { .id = { "", "Namespace", "", "shop" } },
        { .id = { "", "Service", "shop", "api" } },
        { .id = { "apps", "Deployment", "blog", "web" } },
    };
    const struct object_id absent = { "", "Service", "shop", "b" };
    for (size_t count = 0; count <= 5; count++) {
        const struct resource *list[5];
        for (size_t i = 0; i < count; i++)
            list[i] = &objects[i];
        resources_sort(list, count);
        for (size_t i = 1; i < count; i++)
            assert_true(object_id_compare(&list[i - 1]->id, &list[i]->id) < 0);
        for (size_t i = 0; i < 5; i++)
            assert_ptr_equal(resources_find(list, count, &objects[i].id),
                             i < count ? &objects[i] : NULL);
        assert_null(resources_find(list, count, &absent));
    }
}

/* A rule may leave nothing alone that says which object it is, by no name and no star. */
static void test_ignorable(void **state)
{
    static const struct {
        const char *pointer;
        bool ignorable;
    } cases[] = {
        { "/spec/replicas", true },
        { "/metadata/labels", true },
        { "/metadata/labels/*", true },
        { "/spec/*", true },
        { "/*/name/x", true },
        { "/metadata/names", true },
        { "/spec/a~1b", true },
        { "/spec/**", true },
        { "/metadata", false },
        { "/metadata/name", false },
        { "/metadata/namespace", false },
        { "/kind", false },
        { "/apiVersion", false },
        { "/*", false },
        { "/*/*", false },
        { "/metadata/*", false },
        { "/*/namespace", false },
        { "spec", false },
        { "", false },
        { "/spec/a~2", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (json_pointer_ignorable(cases[i].pointer) != cases[i].ignorable)
            fail_msg("%s", cases[i].pointer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ignorable),    cmocka_unit_test(test_parse),
        cmocka_unit_test(test_text),         cmocka_unit_test(test_builtin_table),
        cmocka_unit_test(test_ranks),        cmocka_unit_test(test_options_of_live),
        cmocka_unit_test(test_masked),       cmocka_unit_test(test_text_quotable),
        cmocka_unit_test(test_sorted_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
