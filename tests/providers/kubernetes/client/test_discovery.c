/*
 * Tests of discovery on the real API server: both ways to read it agree, with
 * each other and with kubectl; a server that is down makes its group stale.
 * labels: cluster alone
 */
#include "providers/kubernetes/client/client_test.h"

#include "providers/kubernetes/client/discovery_index.h"
#include "providers/kubernetes/testbed.h"

#define GROUP "stale.discovery-test.example"

static struct client *open_admin(void)
{
    struct target target = { .name = "" };
    struct client *client;
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    if (!client_open(&target, &client, &wait, &err))
        fail_msg("%s", err.message);
    return client;
}

static struct discovery *discover(struct client *client, struct arena *arena)
{
    struct discovery *discovery;
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    if (!discovery_read(client, arena, &discovery, &wait, &err))
        fail_msg("%s", err.message);
    return discovery;
}

/* The old documents, read from the same server. */
static struct discovery *discover_legacy(struct client *client, struct arena *arena)
{
    static const char *const roots[] = { "/api", "/apis" };
    struct discovery *discovery = arena_alloc(arena, sizeof *discovery);
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    discovery->arena = arena;
    for (size_t i = 0; i < 2; i++) {
        struct api_call call = { .method = "GET", .path = roots[i], .what = roots[i] };
        struct api_answer answer;
        if (!client_call(client, arena, &call, &answer, &wait, &err)
            || !discovery_read_legacy(client, discovery, roots[i], answer.document, &wait, &err))
            fail_msg("%s", err.message);
    }
    return discovery;
}

static char *run(struct arena *arena, const char *script, bool may_fail)
{
    const char *const command[] = { "bash", "-c", script, NULL };
    struct wait wait = wait_for(60000, NULL);
    struct error err;
    char *output;
    int status;
    assert_true(process_run(arena, command, NULL, NULL, 1 << 20, &wait, &output, &status, &err));
    assert_true(may_fail || status == 0);
    return output;
}

static void finds_kinds_by_group_and_version(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct client *client = open_admin();
    struct discovery *discovery = discover(client, arena);
    static const struct {
        const char *group, *version, *kind;
        enum kind_state state;
        const char *path; /* of namespace n, name x */
    } cases[] = {
        { "", NULL, "ConfigMap", KIND_KNOWN, "/api/v1/namespaces/n/configmaps/x" },
        { "", "v1", "Namespace", KIND_KNOWN, "/api/v1/namespaces/x" },
        { "apps", NULL, "Deployment", KIND_KNOWN, "/apis/apps/v1/namespaces/n/deployments/x" },
        { "autoscaling", NULL, "HorizontalPodAutoscaler", KIND_KNOWN,
          "/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/x" },
        { "autoscaling", "v1", "HorizontalPodAutoscaler", KIND_KNOWN,
          "/apis/autoscaling/v1/namespaces/n/horizontalpodautoscalers/x" },
        { "rbac.authorization.k8s.io", NULL, "ClusterRole", KIND_KNOWN,
          "/apis/rbac.authorization.k8s.io/v1/clusterroles/x" },
        { "apps", "v1beta1", "Deployment", KIND_ABSENT, NULL },
        { "apps", NULL, "Scale", KIND_ABSENT, NULL },
        { "", NULL, "Eviction", KIND_ABSENT, NULL },
        { "no.such.group", NULL, "Thing", KIND_ABSENT, NULL },
        { "apps", NULL, "deployments", KIND_ABSENT, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct api_kind *kind = NULL;
        assert_int_equal(
            discovery_find(discovery, cases[i].group, cases[i].version, cases[i].kind, &kind),
            cases[i].state);
        if (cases[i].path)
            assert_string_equal(api_path(arena, kind, "n", "x"), cases[i].path);
    }
    client_close(client);
}

static void makes_paths(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct api_kind kind = {
        .group = "apps", .version = "v1", .plural = "deployments", .namespaced = true
    };
    assert_string_equal(api_path(arena, &kind, "a", NULL),
                        "/apis/apps/v1/namespaces/a/deployments");
    assert_string_equal(api_path(arena, &kind, "", NULL), "/apis/apps/v1/deployments");
    assert_string_equal(api_path(arena, &kind, NULL, NULL), "/apis/apps/v1/deployments");
    kind.namespaced = false;
    assert_string_equal(api_path(arena, &kind, "a", "system:x/y"),
                        "/apis/apps/v1/deployments/system%3Ax%2Fy");
}

/* "plural.group\n" of every kind that can be listed and deleted, sorted, as kubectl prints. */
static char *our_names(struct arena *arena, const struct discovery *discovery)
{
    AUTO_BUF names = BUF_INIT(1 << 20);
    const struct api_kind *kind;
    for (size_t i = 0; (kind = discovery_at(discovery, i)); i++)
        buf_printf(&names, "%s%s%s\n", kind->plural, *kind->group ? "." : "", kind->group);
    struct error err;
    char path[] = "/tmp/cmx-discovery-XXXXXX";
    close(mkstemp(path));
    assert_true(file_write(path, names.data, names.length, 0600, &err));
    char *sorted = run(arena, arena_printf(arena, "LC_ALL=C sort %s", path), false);
    unlink(path);
    return sorted;
}

static void lists_the_kinds_that_kubectl_lists(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct client *client = open_admin();
    assert_string_equal(
        our_names(arena, discover(client, arena)),
        run(arena, "\"$CMX_KUBECTL\" api-resources --verbs=list,delete -o name | LC_ALL=C sort",
            false));
    client_close(client);
}

static void same_kind(const struct discovery *legacy, const struct api_kind *kind)
{
    const struct api_kind *other;
    if (discovery_find(legacy, kind->group, NULL, kind->kind, &other) != KIND_KNOWN)
        fail_msg("%s.%s is missing in the old documents", kind->kind, kind->group);
    assert_string_equal(other->version, kind->version);
    assert_string_equal(other->plural, kind->plural);
    assert_int_equal(other->namespaced, kind->namespaced);
    assert_int_equal(other->can_patch, kind->can_patch);
    assert_int_equal(other->can_watch, kind->can_watch);
}

static void the_old_documents_say_the_same(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct client *client = open_admin();
    struct discovery *discovery = discover(client, arena);
    struct discovery *legacy = discover_legacy(client, arena);
    const struct api_kind *kind;
    size_t count = 0;
    for (; (kind = discovery_at(discovery, count)); count++)
        same_kind(legacy, kind);
    assert_true(count > 40);
    client_close(client);
}

/* An aggregated API whose service is not there; taken away at once, it disturbs deletions. */
static void a_group_whose_server_is_down_is_stale(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct client *client = open_admin();
    const struct api_kind *kind;
    run(arena,
        "echo '{\"apiVersion\":\"apiregistration.k8s.io/v1\",\"kind\":\"APIService\","
        "\"metadata\":{\"name\":\"v1." GROUP "\"},\"spec\":{\"group\":\"" GROUP
        "\",\"version\":\"v1\",\"groupPriorityMinimum\":10,\"versionPriority\":10,"
        "\"insecureSkipTLSVerify\":true,\"service\":{\"name\":\"none\",\"namespace\":"
        "\"default\"}}}' | \"$CMX_KUBECTL\" create -f - >/dev/null",
        false);
    enum kind_state found = KIND_ABSENT;
    for (int i = 0; i < 50 && found != KIND_STALE; i++) {
        struct wait wait = wait_for(10000, NULL);
        wait_sleep(&wait, 100);
        found = discovery_find(discover(client, arena), GROUP, NULL, "Thing", &kind);
    }
    enum kind_state legacy =
        discovery_find(discover_legacy(client, arena), GROUP, "v1", "Thing", &kind);
    enum kind_state core = discovery_find(discover(client, arena), "", NULL, "Pod", &kind);
    run(arena, "\"$CMX_KUBECTL\" delete apiservice v1." GROUP " >/dev/null", true);
    assert_int_equal(found, KIND_STALE);
    assert_int_equal(legacy, KIND_STALE);
    assert_int_equal(core, KIND_KNOWN);
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_kinds_by_group_and_version),
        cmocka_unit_test(makes_paths),
        cmocka_unit_test(lists_the_kinds_that_kubectl_lists),
        cmocka_unit_test(the_old_documents_say_the_same),
        cmocka_unit_test(a_group_whose_server_is_down_is_stale),
    };
    if (!testbed_is_there())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
