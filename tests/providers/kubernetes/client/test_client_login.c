/*
 * Tests of client_login: tokens in files, passwords, exec plugins, against a server
 * that tells what it was sent (http_server.py). The rest of the client is test_client.c's.
 */
#include "providers/kubernetes/client/client_test.h"

#include <unistd.h>

static const char *authorization(struct http_test *test, struct client *client)
{
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    struct outcome_of_call outcome = call_within(test, client, &call, 10000);
    if (!outcome.success)
        fail_msg("%s", outcome.error.message);
    return value_text_at(outcome.answer.document, "headers", "authorization", NULL);
}

static void reads_a_token_file_again_when_it_changes(void **state)
{
    struct http_test *test = *state;
    write_text(test, "token", "first\n", 0600);
    struct client *client = plain_client(test, "tokenFile: token, token: unused");
    assert_string_equal(authorization(test, client), "Bearer first");
    write_text(test, "token", "\n  second \n\n", 0600);
    assert_string_equal(authorization(test, client), "Bearer second");
    unlink(test_file(test, "token"));
    assert_string_equal(authorization(test, client), "Bearer second");
    client_close(client);
    client = plain_client(test, "tokenFile: token");
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    assert_non_null(strstr(call_within(test, client, &call, 5000).error.message, "token file"));
    client_close(client);
}

static void sends_basic_credentials_and_impersonation(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(
        test, "username: me, password: secret, as: boss, as-uid: '7', as-groups: [one], "
              "as-user-extra: {'a/b': [v]}");
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    const struct value *headers =
        value_get(call_within(test, client, &call, 5000).answer.document, "headers");
    assert_string_equal(value_text_at(headers, "authorization", NULL), "Basic bWU6c2VjcmV0");
    assert_string_equal(value_text_at(headers, "impersonate-user", NULL), "boss");
    assert_string_equal(value_text_at(headers, "impersonate-uid", NULL), "7");
    assert_string_equal(value_text_at(headers, "impersonate-group", NULL), "one");
    assert_string_equal(value_text_at(headers, "impersonate-extra-a%2fb", NULL), "v");
    assert_string_equal(value_text_at(headers, "accept", NULL), "application/json");
    client_close(client);
}

/* Writes a plugin that counts its runs and prints a token with its number. */
static const char *plugin(struct http_test *test, const char *expires)
{
    write_text(test, "plugin",
               arena_printf(
                   test->arena,
                   "#!/bin/sh\necho run >>%s/runs\nn=$(wc -l <%s/runs)\n"
                   "echo \"$KUBERNETES_EXEC_INFO\" >%s/info\n"
                   "echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", "
                   "\"kind\": \"ExecCredential\", \"status\": {\"token\": \"'\"$PRE-$n\"'\"%s}}'\n",
                   test->folder, test->folder, test->folder, expires),
               0700);
    unlink(test_file(test, "runs"));
    return "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
           "interactiveMode: IfAvailable, provideClusterInfo: true, env: [{name: PRE, value: "
           "run}]}";
}

static void runs_a_plugin_once_until_it_expires(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, plugin(test, ""));
    assert_string_equal(authorization(test, client), "Bearer run-1");
    assert_string_equal(authorization(test, client), "Bearer run-1");
    const char *info = test_pem(test, "info");
    assert_non_null(strstr(info, "\"kind\":\"ExecCredential\""));
    assert_non_null(strstr(info, "\"interactive\":false"));
    assert_non_null(strstr(info, test_url(test, "plain", "")));
    client_close(client);
    client =
        plain_client(test, plugin(test, ", \"expirationTimestamp\": \"2020-01-01T00:00:00Z\""));
    assert_string_equal(authorization(test, client), "Bearer run-1");
    assert_string_equal(authorization(test, client), "Bearer run-2");
    client_close(client);
    client =
        plain_client(test, plugin(test, ", \"expirationTimestamp\": \"2999-01-01T00:00:00Z\""));
    assert_string_equal(authorization(test, client), "Bearer run-1");
    assert_string_equal(authorization(test, client), "Bearer run-1");
    client_close(client);
}

static void sends_no_credentials_in_the_open(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *server, *user;
        bool taken;
    } cases[] = {
        { "http://192.0.2.1:1", "token: t", false },
        { "HTTP://h.invalid", "tokenFile: t", false },
        { "h.invalid:8080", "username: me, password: secret", false },
        { "http://h.invalid",
          "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: p}", false },
        { "http://h.invalid", "", true },
        { "https://h.invalid", "token: t", true },
        { "http://localhost:1", "token: t", true },
        { "http://127.1.2.3:1", "token: t", true },
        { "http://[::1]:1", "token: t", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wait wait = wait_for(10000, NULL);
        struct target target = { .name = "", .kubeconfig = test_file(test, "kubeconfig") };
        struct client *client = NULL;
        struct error err = { 0 };
        write_config(test, arena_printf(test->arena, "server: '%s'", cases[i].server),
                     cases[i].user);
        if (client_open(&target, &client, &wait, &err) != cases[i].taken)
            fail_msg("%s, %s: %s", cases[i].server, cases[i].user, err.message);
        assert_true(cases[i].taken || strstr(err.message, "not spoken to over TLS"));
        client_close(client);
    }
}

static void lets_a_socks_proxy_look_names_up(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *scheme, *host;
        bool known;
    } cases[] = {
        { "socks5", "near.invalid", true },
        { "SOCKS5", "near.invalid", true },
        { "socks5h", "near.invalid", true },
        { "socks5", "far.invalid", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *cluster = arena_printf(
            test->arena, "server: 'http://%s:%d', proxy-url: '%s://127.0.0.1:%d'", cases[i].host,
            port_of(test, "plain"), cases[i].scheme, port_of(test, "socks"));
        struct client *client = client_with(test, cluster, "");
        struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
        struct outcome_of_call outcome = call_within(test, client, &call, 10000);
        if (outcome.success != cases[i].known)
            fail_msg("%s %s: %s", cases[i].scheme, cases[i].host, outcome.error.message);
        if (!cases[i].known)
            assert_non_null(strstr(outcome.error.message, "the proxy refused"));
        client_close(client);
    }
}

/* Its own connection to the server has to trust the same authority, wherever that stands. */
static void tells_a_plugin_the_authority(void **state)
{
    struct http_test *test = *state;
    static const char *const wheres[] = { "certificate-authority-data: Q0E=",
                                          "certificate-authority: authority" };
    write_text(test, "authority", "CA", 0600);
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++) {
        const char *cluster =
            arena_printf(test->arena, "server: '%s', %s", test_url(test, "plain", ""), wheres[i]);
        struct client *client = client_with(test, cluster, plugin(test, ""));
        assert_string_equal(authorization(test, client), "Bearer run-1");
        assert_non_null(strstr(test_pem(test, "info"), "\"certificate-authority-data\":\"Q0E=\""));
        client_close(client);
    }
    unlink(test_file(test, "authority"));
    const char *cluster =
        arena_printf(test->arena, "server: '%s', %s", test_url(test, "plain", ""), wheres[1]);
    struct client *client = client_with(test, cluster, plugin(test, ""));
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    struct outcome_of_call outcome = call_within(test, client, &call, 5000);
    assert_int_equal(outcome.error.kind, ERROR_DENIED);
    assert_non_null(strstr(outcome.error.message, "certificate-authority"));
    client_close(client);
}

static void runs_no_plugin_beside_other_credentials(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *user, *authorization;
    } cases[] = {
        { "token: t", "Bearer t" },
        { "username: me, password: secret", "Basic bWU6c2VjcmV0" },
        { "client-certificate-data: Q0VSVA==, client-key-data: S0VZ", NULL },
        { "client-certificate: crt, client-key: key", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *user = arena_printf(test->arena, "%s, %s", cases[i].user, plugin(test, ""));
        struct client *client = plain_client(test, user);
        const char *sent = authorization(test, client);
        if (cases[i].authorization)
            assert_string_equal(sent, cases[i].authorization);
        else
            assert_null(sent);
        assert_int_equal(access(test_file(test, "runs"), F_OK), -1);
        client_close(client);
    }
}

static void takes_a_credential_in_yaml(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, plugin(test, ""));
    write_text(test, "plugin",
               "#!/bin/sh\ncat <<END\n# for kubectl\napiVersion: client.authentication.k8s.io/v1\n"
               "kind: ExecCredential\nstatus: { token: yes-yaml }\nEND\n",
               0700);
    assert_string_equal(authorization(test, client), "Bearer yes-yaml");
    client_close(client);
}

static void takes_a_credential_that_leaves_its_kind_out(void **state)
{
    struct http_test *test = *state;
    static const char *const kinds[] = { "", "\"kind\": null, ", "\"kind\": \"\", " };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct client *client = plain_client(test, plugin(test, ""));
        write_text(test, "plugin",
                   arena_printf(test->arena,
                                "#!/bin/sh\necho '{%s\"apiVersion\": "
                                "\"client.authentication.k8s.io/v1\", "
                                "\"status\": {\"token\": \"t%zu\"}}'\n",
                                kinds[i], i),
                   0700);
        assert_string_equal(authorization(test, client),
                            arena_printf(test->arena, "Bearer t%zu", i));
        client_close(client);
    }
}

static void runs_a_plugin_again_once_after_401(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, plugin(test, ""));
    struct api_call call = {
        .method = "POST", .path = "/sequence", .what = "make", .query = "key=again&steps=401,200"
    };
    assert_true(call_within(test, client, &call, 5000).success);
    assert_string_equal(authorization(test, client), "Bearer run-2");
    call.query = "key=never&steps=401";
    struct outcome_of_call outcome = call_within(test, client, &call, 5000);
    assert_int_equal(outcome.error.kind, ERROR_DENIED);
    assert_int_equal(asked(test, "never"), 2);
    client_close(client);
}

static void a_plugin_that_fails_is_named_and_not_quoted(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *script, *words;
    } cases[] = {
        { "exit 3", "ended with exit code 3" },
        { "echo hunter2", "no ExecCredential" },
        { "echo '{hunter2'", "neither JSON nor YAML" },
        { "echo '{} {\"kind\": \"hunter2\"}'", "neither JSON nor YAML" },
        { "true", "neither JSON nor YAML" },
        { "echo '{\"kind\": \"hunter2\"}'", "no ExecCredential" },
        { "echo '{\"kind\": 7, \"apiVersion\": \"client.authentication.k8s.io/v1\"}'",
          "no ExecCredential" },
        { "echo '{\"token\": \"hunter2\"}'", "no ExecCredential" },
        { "echo '\"hunter2\"'", "no ExecCredential" },
        { "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"x/v1\"}'", "apiVersion" },
        { "echo '{\"kind\": \"ExecCredential\", "
          "\"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {}}'",
          "neither a token nor" },
        { "head -c 2000000 /dev/zero", "printed more than" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client *client = plain_client(test, plugin(test, ""));
        struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
        write_text(test, "plugin", arena_printf(test->arena, "#!/bin/sh\n%s\n", cases[i].script),
                   0700);
        struct outcome_of_call outcome = call_within(test, client, &call, 5000);
        if (outcome.success || !strstr(outcome.error.message, cases[i].words)
            || !strstr(outcome.error.message, "plugin") || strstr(outcome.error.message, "hunter2"))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].words, outcome.error.message);
        client_close(client);
    }
    struct client *client =
        plain_client(test, "exec: {apiVersion: client.authentication.k8s.io/v1, command: "
                           "no-such-plugin, interactiveMode: Never, installHint: get it there}");
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    struct outcome_of_call outcome = call_within(test, client, &call, 5000);
    assert_int_equal(outcome.error.kind, ERROR_DENIED);
    assert_non_null(strstr(outcome.error.message, "no-such-plugin"));
    assert_non_null(strstr(outcome.error.message, "get it there"));
    client_close(client);
}

static void a_slow_plugin_is_ended_at_the_deadline(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, plugin(test, ""));
    struct api_call call = { .method = "GET", .path = "/echo", .what = "echo" };
    write_text(test, "plugin", "#!/bin/sh\nsleep 20\n", 0700);
    int64_t start = clock_now();
    struct outcome_of_call outcome = call_within(test, client, &call, 300);
    assert_int_equal(outcome.error.kind, ERROR_TIMEOUT);
    assert_in_range(clock_now() - start, 290, 15000);
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_token_file_again_when_it_changes),
        cmocka_unit_test(sends_basic_credentials_and_impersonation),
        cmocka_unit_test(runs_a_plugin_once_until_it_expires),
        cmocka_unit_test(sends_no_credentials_in_the_open),
        cmocka_unit_test(lets_a_socks_proxy_look_names_up),
        cmocka_unit_test(tells_a_plugin_the_authority),
        cmocka_unit_test(runs_no_plugin_beside_other_credentials),
        cmocka_unit_test(takes_a_credential_in_yaml),
        cmocka_unit_test(takes_a_credential_that_leaves_its_kind_out),
        cmocka_unit_test(runs_a_plugin_again_once_after_401),
        cmocka_unit_test(a_plugin_that_fails_is_named_and_not_quoted),
        cmocka_unit_test(a_slow_plugin_is_ended_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
