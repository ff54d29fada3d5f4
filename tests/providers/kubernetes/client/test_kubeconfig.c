/*
 * Tests of kubeconfig: merging files, choosing a context, decoding, refusing.
 * kubectl as the oracle is test_kubeconfig_kubectl.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "providers/kubernetes/client/kubeconfig.h"

#include <string.h>
#include <unistd.h>

struct scratch {
    struct arena *arena;
    char folder[40];
};

static int start(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);
    strcpy(scratch->folder, "/tmp/cmx-kubeconfig-XXXXXX");
    scratch->arena = arena_new();
    unsetenv("KUBECONFIG");
    unsetenv("KUBERNETES_SERVICE_HOST");
    *state = scratch;
    return mkdtemp(scratch->folder) ? 0 : -1;
}

static int end(void **state)
{
    struct scratch *scratch = *state;
    for (const char *const *name = (const char *const[]){ "a", "b", "c", NULL }; *name; name++)
        unlink(arena_printf(scratch->arena, "%s/%s", scratch->folder, *name));
    rmdir(scratch->folder);
    arena_free(scratch->arena);
    free(scratch);
    return 0;
}

static const char *write_config(struct scratch *scratch, const char *name, const char *text)
{
    const char *path = arena_printf(scratch->arena, "%s/%s", scratch->folder, name);
    struct error err;
    assert_true(file_write(path, text, strlen(text), 0600, &err));
    return path;
}

static bool choose(struct scratch *scratch, const char *path, const char *context,
                   struct kubeconfig *ret_config, struct error *err)
{
    struct kubeconfig_files files;
    return kubeconfig_read(scratch->arena, path, &files, err)
           && kubeconfig_choose(scratch->arena, &files, context, ret_config, err);
}

/* A kubeconfig of one context with these lines in its cluster and its user. */
static const char *one_context(struct scratch *scratch, const char *cluster, const char *user)
{
    return arena_printf(scratch->arena,
                        "clusters:\n- name: c\n  cluster: {%s}\n"
                        "users:\n- name: u\n  user: {%s}\n"
                        "contexts:\n- name: x\n  context: {cluster: c, user: u}\n"
                        "current-context: x\n",
                        cluster, user);
}

static void reads_every_field(void **state)
{
    struct scratch *scratch = *state;
    struct kubeconfig config;
    struct error err;
    const char *path = write_config(
        scratch, "a",
        one_context(
            scratch,
            "server: 'https://h:6443/', certificate-authority-data: Q0E=, tls-server-name: k, "
            "proxy-url: 'http://p:1', extensions: [{name: client.authentication.k8s.io/exec, "
            "extension: {audience: a}}]",
            "client-certificate-data: Q0VSVA==, client-key: sub/key, token: t, tokenFile: "
            "/abs/token, "
            "as: boss, as-uid: '1', as-groups: [g, h], as-user-extra: {k: [v, w]}, "
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plug, args: [x, 'y "
            "z'], "
            "env: [{name: A, value: 'b=c'}, {name: B}, {name: C, value: null}], interactiveMode: "
            "Never, provideClusterInfo: true, "
            "installHint: install it}"));
    assert_true(choose(scratch, path, NULL, &config, &err));
    assert_string_equal(config.server, "https://h:6443");
    assert_string_equal(config.ca_data, "CA");
    assert_string_equal(config.tls_server_name, "k");
    assert_string_equal(config.proxy_url, "http://p:1");
    assert_string_equal(value_text_at(config.exec_config, "audience", NULL), "a");
    assert_string_equal(config.certificate_data, "CERT");
    assert_string_equal(config.key_file,
                        arena_printf(scratch->arena, "%s/sub/key", scratch->folder));
    assert_string_equal(config.token, "t");
    assert_string_equal(config.token_file, "/abs/token");
    assert_string_equal(config.as, "boss");
    assert_string_equal(config.as_uid, "1");
    assert_int_equal(config.as_groups.count, 2);
    assert_int_equal(config.as_extra.count, 4);
    assert_string_equal(config.as_extra.items[3], "w");
    const char *command = arena_printf(scratch->arena, "%s/./plug", scratch->folder);
    assert_string_equal(config.exec->command, command);
    assert_string_equal(config.exec->arguments.items[1], "y z");
    assert_string_equal(config.exec->environment.items[0], "A=b=c");
    assert_string_equal(config.exec->environment.items[1], "B=");
    assert_string_equal(config.exec->environment.items[2], "C=");
    assert_true(config.exec->provide_cluster_info);
    assert_false(config.insecure);
}

static void the_first_file_to_name_a_thing_wins(void **state)
{
    struct scratch *scratch = *state;
    struct kubeconfig config;
    struct kubeconfig_contexts contexts;
    struct error err;
    const char *a = write_config(scratch, "a",
                                 "clusters: [{name: c, cluster: {server: 'https://first'}}]\n"
                                 "users: [{name: u, user: {tokenFile: token}}]\n");
    const char *b = write_config(
        scratch, "b",
        "clusters: [{name: c, cluster: {server: 'https://second', tls-server-name: no}}]\n"
        "users: [{name: u, user: {token: no}}, {name: v, user: {client-key: k, "
        "client-certificate: c}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}, "
        "{name: second, context: {cluster: c, user: v}}]\ncurrent-context: x\n");
    const char *list = arena_printf(scratch->arena, ":%s:/no/such/file:%s:%s:", a, b, a);
    setenv("KUBECONFIG", list, 1);
    assert_true(choose(scratch, NULL, NULL, &config, &err));
    assert_string_equal(config.server, "https://first");
    assert_null(config.tls_server_name);
    assert_null(config.token);
    assert_string_equal(config.token_file,
                        arena_printf(scratch->arena, "%s/token", scratch->folder));
    assert_true(choose(scratch, NULL, "second", &config, &err));
    assert_string_equal(config.context, "second");
    assert_string_equal(config.user, "v");
    assert_true(kubeconfig_contexts(scratch->arena, NULL, &contexts, &err));
    assert_int_equal(contexts.names.count, 2);
    assert_string_equal(contexts.names.items[1], "second");
    assert_string_equal(contexts.current, "x");
    assert_false(choose(scratch, a, NULL, &config, &err));
    assert_non_null(strstr(err.message, "it has no contexts"));
    unsetenv("KUBECONFIG");
}

static void asks_which_of_several_contexts(void **state)
{
    struct scratch *scratch = *state;
    struct kubeconfig config;
    struct error err;
    const char *path = write_config(
        scratch, "a",
        "clusters: [{name: c, cluster: {server: 'h:1'}}]\n"
        "contexts: [{name: x, context: {cluster: c}}, {name: second, context: {cluster: c}}]\n");
    assert_false(choose(scratch, path, NULL, &config, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "--context: x, second"));
    assert_false(choose(scratch, path, "z", &config, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "no context \"z\"; there are: x, second"));
    assert_true(choose(scratch, path, "second", &config, &err));
    assert_string_equal(config.server, "http://h:1");
    path = write_config(scratch, "a",
                        "clusters: [{name: c, cluster: {server: 'h:1', "
                        "insecure-skip-tls-verify: true}}]\n"
                        "contexts: [{name: x, context: {cluster: c}}]\n");
    assert_true(choose(scratch, path, NULL, &config, &err));
    assert_string_equal(config.context, "x");
    assert_string_equal(config.server, "https://h:1");
}

static void says_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *cluster, *user, *words;
    } cases[] = {
        { "", "", "cluster c: it has no server" },
        { "server: 1", "", "server: expected a string, got a number" },
        { "server: h, certificate-authority-data: '*'", "", "expected base64" },
        { "server: h, certificate-authority-data: AAA=", "", "binary data" },
        { "server: h, proxy-url: 'socks6://p'", "", "cluster c: proxy-url: expected http://" },
        { "server: h, proxy-url: 'p:3128'", "", "proxy-url: expected" },
        { "server: h, proxy-url: 'me:hunter2@p'", "", "proxy-url: expected" },
        { "server: h, proxy-url: 'https://'", "", "proxy-url: expected" },
        { "server: h, insecure-skip-tls-verify: yes please", "", "expected true or false" },
        { "server: h, insecure-skip-tls-verify: true, certificate-authority: x", "",
          "exclude each other" },
        { "server: h", "auth-provider: {name: gcp}", "auth-provider \"gcp\" is not supported" },
        { "server: h", "client-certificate: x", "without a client key" },
        { "server: h", "client-key: x", "without a client certificate" },
        { "server: h", "token: t, username: u", "token and username exclude each other" },
        { "server: h", "as-uid: x", "need \"as\"" },
        { "server: h", "exec: x", "exec: expected a map" },
        { "server: h", "exec: {apiVersion: client.authentication.k8s.io/v1}", "no command" },
        { "server: h", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
          "apiVersion: expected" },
        { "server: h", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}",
          "interactiveMode" },
        { "server: h",
          "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, args: [1]}",
          "args" },
        { "server: h",
          "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{value: a}]}",
          "env[0]: expected a name and a value" },
        { "server: h",
          "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{name: A, "
          "value: 1}]}",
          "env[0]: expected a name and a value" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kubeconfig config;
        struct error err = { 0 };
        const char *path =
            write_config(scratch, "a", one_context(scratch, cases[i].cluster, cases[i].user));
        if (choose(scratch, path, NULL, &config, &err) || !strstr(err.message, cases[i].words))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].words, err.message);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.message, path));
    }
}

static void refuses_files_that_are_no_kubeconfig(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "- a\n", "expected a kubeconfig, got a list" },
        { "kind: Pod\n", "got kind Pod" },
        { "apiVersion: v-1\nkind: Config\n", "apiVersion: expected v1, got v-1" },
        { "clusters: {}\n", "clusters: expected a list" },
        { "users: [{user: {}}]\n", "users[0]: it has no name" },
        { "users: [{name: y}]\n", "users[0].name: expected a string, got a boolean: quote it" },
        { "users: [\n", "" },
        { "clusters: [{name: c, cluster: {server: one}}, {name: c, cluster: {server: two}}]\n",
          "clusters[1]: a second one named \"c\"" },
        { "users: [{name: u}, {name: v}, {name: u}]\n", "users[2]: a second one named \"u\"" },
        { "contexts: [{name: x}, {name: x}]\n", "contexts[1]: a second one named \"x\"" },
        { "contexts: [{name: x, context: {cluster: c, user: u}}]\n",
          "context x: no cluster \"c\"; there are: none" },
        { "clusters: [{name: c, cluster: {server: s}}]\n"
          "contexts: [{name: x, context: {cluster: c, user: u}}]\n",
          "no user \"u\"" },
        { "contexts: [{name: x}]\n", "it names no cluster" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kubeconfig config;
        struct error err = { 0 };
        const char *path = write_config(scratch, "a", cases[i].text);
        if (choose(scratch, path, NULL, &config, &err) || !strstr(err.message, cases[i].words))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].words, err.message);
    }
}

static void a_fault_never_shows_the_value(void **state)
{
    struct scratch *scratch = *state;
    struct kubeconfig config;
    struct error err = { 0 };
    const char *path =
        write_config(scratch, "a", "users:\n- name: u\n  user: {token: hunter2secret\n");
    assert_false(choose(scratch, path, NULL, &config, &err));
    assert_null(strstr(err.message, "hunter2secret"));
    path = write_config(scratch, "a",
                        one_context(scratch, "server: h", "client-key-data: '*hunter2secret'"));
    assert_false(choose(scratch, path, NULL, &config, &err));
    assert_null(strstr(err.message, "hunter2secret"));
}

static void says_where_it_looked(void **state)
{
    struct scratch *scratch = *state;
    struct kubeconfig config;
    struct error err;
    assert_false(choose(scratch, "/no/such/file", NULL, &config, &err));
    assert_non_null(strstr(err.message, "/no/such/file"));
    setenv("HOME", scratch->folder, 1);
    assert_false(choose(scratch, NULL, NULL, &config, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, ".kube/config"));
    assert_false(kubeconfig_is_in_cluster());
    assert_false(kubeconfig_in_cluster(scratch->arena, &config, &err));
    assert_int_equal(err.kind, ERROR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_field, start, end),
        cmocka_unit_test_setup_teardown(the_first_file_to_name_a_thing_wins, start, end),
        cmocka_unit_test_setup_teardown(asks_which_of_several_contexts, start, end),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, start, end),
        cmocka_unit_test_setup_teardown(refuses_files_that_are_no_kubeconfig, start, end),
        cmocka_unit_test_setup_teardown(a_fault_never_shows_the_value, start, end),
        cmocka_unit_test_setup_teardown(says_where_it_looked, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
