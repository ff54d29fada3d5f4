/*
 * Tests of client on the real API server: logins of every sort, refusals, pages,
 * watches over one connection, and lists that break in the middle.
 * labels: cluster threads
 */
#include "providers/kubernetes/client/client_test.h"
#include "providers/kubernetes/testbed.h"

#include "base/digest.h"

#include <pthread.h>

#define NAMESPACE "client-test"
#define KINDS     "youngs.client.example.org"

/* Runs kubectl as the administrator; its output. */
static char *kubectl(struct http_test *test, const char *arguments)
{
    const char *const command[] = { "bash", "-c",
                                    arena_printf(test->arena, "\"$CMX_KUBECTL\" %s", arguments),
                                    NULL };
    struct wait wait = wait_for(60000, NULL);
    struct error err;
    char *output;
    int status;
    if (!process_run(test->arena, command, NULL, NULL, 1 << 20, &wait, &output, &status, &err))
        fail_msg("%s", err.message);
    if (status != 0)
        fail_msg("kubectl %s: exit code %d", arguments, status);
    size_t length = strlen(output);
    if (length && output[length - 1] == '\n')
        output[length - 1] = '\0';
    return output;
}

/* A path into the administrator's kubeconfig, flattened. */
static const char *admin(struct http_test *test, const char *path)
{
    return kubectl(
        test, arena_printf(test->arena, "config view --raw --flatten -o jsonpath='{%s}'", path));
}

static const char *cluster_lines(struct http_test *test)
{
    return arena_printf(test->arena, "server: '%s', certificate-authority-data: %s",
                        admin(test, ".clusters[0].cluster.server"),
                        admin(test, ".clusters[0].cluster.certificate-authority-data"));
}

static const char *admin_lines(struct http_test *test)
{
    return arena_printf(test->arena, "client-certificate-data: %s, client-key-data: %s",
                        admin(test, ".users[0].user.client-certificate-data"),
                        admin(test, ".users[0].user.client-key-data"));
}

/* Who the server takes us for. */
static struct outcome_of_call who_am_i(struct http_test *test, struct client *client)
{
    static const char body[] =
        "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}";
    struct api_call call = { .method = "POST",
                             .what = "ask who we are",
                             .body = body,
                             .path = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                             .content_type = "application/json",
                             .body_length = sizeof body - 1 };
    return call_within(test, client, &call, 20000);
}

static void is_user(struct http_test *test, struct client *client, const char *expected)
{
    struct outcome_of_call outcome = who_am_i(test, client);
    if (!outcome.success)
        fail_msg("%s", outcome.error.message);
    assert_string_equal(
        value_text_at(outcome.answer.document, "status", "userInfo", "username", NULL), expected);
    client_close(client);
}

static void logs_in_in_every_way(void **state)
{
    struct http_test *test = *state;
    const char *cluster = cluster_lines(test);
    const char *reader = "system:serviceaccount:" NAMESPACE ":reader";
    const char *token = kubectl(test, "create token reader -n " NAMESPACE);
    write_text(test, "token", token, 0600);
    write_text(test, "plugin",
               arena_printf(test->arena,
                            "#!/bin/sh\nt=$(\"$CMX_KUBECTL\" create token reader -n " NAMESPACE
                            ")\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                            "\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":"
                            "\"'$t'\"}}'\n"),
               0700);
    is_user(test, client_with(test, cluster, admin_lines(test)),
            admin(test, ".users[0].name")[0] ? "admin" : "");
    is_user(test, client_with(test, cluster, arena_printf(test->arena, "token: %s", token)),
            reader);
    is_user(test, client_with(test, cluster, "tokenFile: token"), reader);
    is_user(test,
            client_with(test, cluster,
                        "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "
                        "./plugin}"),
            reader);
    is_user(
        test,
        client_with(test, cluster,
                    arena_printf(test->arena, "%s, as: jane, as-groups: [g]", admin_lines(test))),
        "jane");
}

static void fails_with(struct http_test *test, struct client *client, enum error_kind kind,
                       const char *words)
{
    struct outcome_of_call outcome = who_am_i(test, client);
    assert_false(outcome.success);
    if (outcome.error.kind != kind || !strstr(outcome.error.message, words))
        fail_msg("expected \"%s\", got \"%s\"", words, outcome.error.message);
    client_close(client);
}

static void refuses_wrong_tokens_and_wrong_servers(void **state)
{
    struct http_test *test = *state;
    const char *server = admin(test, ".clusters[0].cluster.server");
    AUTO_BUF wrong = BUF_INIT(1 << 16);
    const char *pem = test_pem(test, "other-ca.crt");
    base64_add(&wrong, pem, strlen(pem));
    fails_with(test, client_with(test, cluster_lines(test), "token: no-such-token"), ERROR_DENIED,
               "credentials (401)");
    fails_with(test,
               client_with(test,
                           arena_printf(test->arena, "server: '%s', certificate-authority-data: %s",
                                        server, buf_text(&wrong)),
                           ""),
               ERROR_UNREACHABLE, "certificate");
    fails_with(test,
               client_with(test,
                           arena_printf(test->arena, "%s, tls-server-name: wrong.example",
                                        cluster_lines(test)),
                           ""),
               ERROR_UNREACHABLE, "wrong.example");
    is_user(test,
            client_with(test,
                        arena_printf(test->arena, "%s, tls-server-name: kubernetes.default.svc",
                                     cluster_lines(test)),
                        admin_lines(test)),
            "admin");
    is_user(test,
            client_with(
                test,
                arena_printf(test->arena, "server: '%s', insecure-skip-tls-verify: true", server),
                admin_lines(test)),
            "admin");
}

static void goes_through_a_proxy(void **state)
{
    struct http_test *test = *state;
    is_user(test,
            client_with(test,
                        arena_printf(test->arena, "%s, proxy-url: '%s'", cluster_lines(test),
                                     test_url(test, "proxy", "")),
                        admin_lines(test)),
            "admin");
    assert_string_equal(get(test, test_url(test, "plain", "/count?key=connect")).body, "1");
}

static void forbidden_names_verb_resource_and_namespace(void **state)
{
    struct http_test *test = *state;
    struct client *client = client_with(
        test, cluster_lines(test),
        arena_printf(test->arena, "token: %s", kubectl(test, "create token reader -n " NAMESPACE)));
    struct api_call call = { .method = "GET",
                             .what = "read Secret/x",
                             .path = "/api/v1/namespaces/" NAMESPACE "/secrets/x" };
    struct outcome_of_call outcome = call_within(test, client, &call, 20000);
    assert_int_equal(outcome.error.kind, ERROR_DENIED);
    assert_int_equal(outcome.answer.status, 403);
    static const char *const words[] = { "read Secret/x: ", "\"secrets\"", "get", NAMESPACE,
                                         "reader" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_non_null(strstr(outcome.error.message, words[i]));
    client_close(client);
}

static void invalid_names_the_field(void **state)
{
    struct http_test *test = *state;
    struct client *client = client_with(test, cluster_lines(test), admin_lines(test));
    static const char body[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"x\"},"
        "\"spec\":{\"ports\":[{\"port\":70000}]}}";
    struct api_call call = { .method = "PATCH",
                             .what = "apply Service/x",
                             .body = body,
                             .path = "/api/v1/namespaces/" NAMESPACE "/services/x",
                             .query = "fieldManager=test&dryRun=All",
                             .content_type = "application/apply-patch+yaml",
                             .body_length = sizeof body - 1 };
    struct outcome_of_call outcome = call_within(test, client, &call, 20000);
    assert_int_equal(outcome.error.kind, ERROR_INVALID);
    assert_non_null(strstr(outcome.error.message, "spec.ports[0].port"));
    assert_non_null(value_at(outcome.answer.document, "details", "causes", NULL));
    assert_non_null(outcome.answer.date);
    client_close(client);
}

/* -------------------------------------------------------------------- lists */

static bool count_item(void *context, struct arena *arena, const struct value *item,
                       struct error *err)
{
    (void)arena, (void)err;
    *(int *)context += value_text_at(item, "metadata", "name", NULL) != NULL;
    return true;
}

static void make_config_maps(struct http_test *test, int count)
{
    AUTO_BUF list = BUF_INIT(1 << 20);
    buf_puts(&list, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    for (int i = 0; i < count; i++)
        buf_printf(&list,
                   "%s{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                   "\"cm-%d\",\"namespace\":\"" NAMESPACE "\",\"labels\":{\"many\":\"yes\"}}}",
                   i ? "," : "", i);
    buf_puts(&list, "]}");
    write_text(test, "many.json", buf_text(&list), 0600);
    kubectl(test,
            arena_printf(test->arena, "create -f %s >/dev/null", test_file(test, "many.json")));
}

static void lists_page_by_page(void **state)
{
    struct http_test *test = *state;
    static const char *const accepts[] = {
        NULL, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    };
    struct client *client = client_with(test, cluster_lines(test), admin_lines(test));
    make_config_maps(test, 620);
    for (size_t i = 0; i < 2; i++) {
        struct wait wait = wait_for(20000, NULL);
        struct error err;
        const char *version;
        int items = 0;
        struct api_call call = { .method = "GET",
                                 .what = "list ConfigMaps",
                                 .path = "/api/v1/namespaces/" NAMESPACE "/configmaps",
                                 .query = "labelSelector=many",
                                 .accept = accepts[i] };
        if (!client_list(client, test->arena, &call, count_item, NULL, &items, &version, &wait,
                         &err))
            fail_msg("%s", err.message);
        assert_int_equal(items, 620);
        assert_true(strlen(version) > 0);
    }
    client_close(client);
}

/* ------------------------------------------------------------------ watches */

enum { WATCHES = 20 };

struct watcher {
    struct client *client;
    pthread_t thread;
    atomic_int *ready, *seen;
    bool ended;
    struct error error;
};

static bool on_event(void *context, struct arena *arena, const struct value *event,
                     struct error *err)
{
    struct watcher *watcher = context;
    const char *name = value_text_at(event, "object", "metadata", "name", NULL);
    (void)arena, (void)err;
    if (name && strcmp(name, "ready") == 0)
        atomic_fetch_add(watcher->ready, 1);
    if (!name || strcmp(name, "signal") != 0)
        return true;
    atomic_fetch_add(watcher->seen, 1);
    return false;
}

static void *watch(void *context)
{
    struct watcher *watcher = context;
    struct wait wait = wait_for(30000, NULL);
    struct api_call call = { .method = "GET",
                             .what = "watch ConfigMaps",
                             .path = "/api/v1/namespaces/" NAMESPACE "/configmaps",
                             .query = "watch=true&resourceVersion=0&labelSelector=signal" };
    watcher->ended =
        client_watch(watcher->client, &call, on_event, watcher, &wait, &watcher->error);
    if (!watcher->ended)
        print_error("%s\n", watcher->error.message);
    return NULL;
}

static void await_count(atomic_int *count, int expected)
{
    struct wait wait = wait_for(20000, NULL);
    while (atomic_load(count) < expected)
        assert_true(wait_sleep(&wait, 10));
}

/* Makes a ConfigMap that the watches select. */
static void signal_with(struct http_test *test, const char *name)
{
    write_text(test, "signal.json",
               arena_printf(test->arena,
                            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
                            "\"name\":\"%s\",\"namespace\":\"" NAMESPACE "\",\"labels\":"
                            "{\"signal\":\"yes\"}}}",
                            name),
               0600);
    kubectl(test,
            arena_printf(test->arena, "create -f %s >/dev/null", test_file(test, "signal.json")));
}

/* Connections to the server's port that this process holds. */
static int connections(struct http_test *test)
{
    return atoi(kubectl(test, arena_printf(test->arena,
                                           "version --client >/dev/null; ss -Htnp state "
                                           "established 'dport = :6443' | grep -c pid=%d, || true",
                                           getpid())));
}

static void many_watches_share_one_connection(void **state)
{
    struct http_test *test = *state;
    struct client *client = client_with(test, cluster_lines(test), admin_lines(test));
    struct watcher watchers[WATCHES];
    atomic_int ready = 0, seen = 0;
    signal_with(test, "ready");
    for (size_t i = 0; i < WATCHES; i++) {
        watchers[i] = (struct watcher){ .client = client, .ready = &ready, .seen = &seen };
        pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]);
    }
    await_count(&ready, WATCHES);
    assert_int_equal(connections(test), 1);
    signal_with(test, "signal");
    for (size_t i = 0; i < WATCHES; i++) {
        pthread_join(watchers[i].thread, NULL);
        assert_true(watchers[i].ended);
    }
    assert_int_equal(atomic_load(&seen), WATCHES);
    is_user(test, client, "admin"); /* other requests are not held up */
}

/*
 * The server's memory of a kind begins when it starts to serve it: that of a kind
 * defined just now surely knows nothing of version 1.
 */
static void define_kind(struct http_test *test)
{
    write_text(test, "kind.json",
               "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
               "\"metadata\":{\"name\":\"" KINDS "\"},\"spec\":{\"group\":\"client.example.org\","
               "\"scope\":\"Namespaced\",\"names\":{\"kind\":\"Young\",\"plural\":\"youngs\"},"
               "\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":"
               "{\"openAPIV3Schema\":{\"type\":\"object\"}}}]}}",
               0600);
    kubectl(test,
            arena_printf(test->arena, "create -f %s >/dev/null", test_file(test, "kind.json")));
    kubectl(test, "wait --for=condition=Established crd/" KINDS " --timeout=30s >/dev/null");
}

static void an_old_version_is_gone(void **state)
{
    struct http_test *test = *state;
    define_kind(test);
    struct client *client = client_with(test, cluster_lines(test), admin_lines(test));
    struct wait wait = wait_for(20000, NULL);
    struct api_call call = { .method = "GET",
                             .what = "watch Youngs",
                             .path = "/apis/client.example.org/v1/namespaces/" NAMESPACE "/youngs",
                             .query = "watch=true&resourceVersion=1" };
    struct error err = { 0 };
    int items = 0;
    assert_false(client_watch(client, &call, count_item, &items, &wait, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "too old resource version"));
    client_close(client);
}

static int begin(void **state)
{
    int failed = http_test_start(state);
    if (failed)
        return failed;
    kubectl(*state, "delete namespace " NAMESPACE " --ignore-not-found >/dev/null");
    kubectl(*state, "delete crd " KINDS " --ignore-not-found >/dev/null");
    kubectl(*state, "create namespace " NAMESPACE " >/dev/null");
    kubectl(*state, "create serviceaccount reader -n " NAMESPACE " >/dev/null");
    return 0;
}

static int finish(void **state)
{
    kubectl(*state, "delete namespace " NAMESPACE " --wait=false >/dev/null");
    kubectl(*state, "delete crd " KINDS " --wait=false >/dev/null");
    return http_test_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_in_every_way),
        cmocka_unit_test(refuses_wrong_tokens_and_wrong_servers),
        cmocka_unit_test(goes_through_a_proxy),
        cmocka_unit_test(forbidden_names_verb_resource_and_namespace),
        cmocka_unit_test(invalid_names_the_field),
        cmocka_unit_test(lists_page_by_page),
        cmocka_unit_test(many_watches_share_one_connection),
        cmocka_unit_test(an_old_version_is_gone),
    };
    if (!testbed_is_there())
        return 1;
    return cmocka_run_group_tests(tests, begin, finish);
}
