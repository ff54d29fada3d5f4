/*
 * Compares what kubeconfig makes of several files with what kubectl does
 * (`kubectl config view --raw --flatten --minify -o json`). Paths of token files
 * and plugins are absolute here: kubectl uses relative ones as we do, but shows
 * them as they are written.
 * labels: cluster
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/process.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/client/kubeconfig.h"
#include "providers/kubernetes/testbed.h"

#include <string.h>

static const struct value *kubectl_view(struct arena *arena, const char *context)
{
    const char *const arguments[] = { getenv("CMX_KUBECTL"), "config",   "view", "--raw",
                                      "--flatten",           "--minify", "-o",   "json",
                                      "--context",           context,    NULL };
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    const struct value *view;
    char *output;
    int status;
    assert_true(process_run(arena, arguments, NULL, NULL, 1 << 20, &wait, &output, &status, &err));
    assert_int_equal(status, 0);
    assert_true(json_parse(arena, output, strlen(output), &view, &err));
    return view;
}

/* A PEM text as kubectl shows it: base64 of the file or of the data. */
static const char *flat(struct arena *arena, const char *file, const char *data)
{
    AUTO_BUF text = BUF_INIT(1 << 20);
    char *content;
    size_t length;
    struct error err;
    if (!data && !file)
        return NULL;
    if (!data && file_read(arena, file, 1 << 16, &content, &length, &err))
        data = content;
    assert_non_null(data);
    base64_add(&text, data, strlen(data));
    return arena_strdup(arena, buf_text(&text));
}

static void same_text(const char *ours, const struct value *map, const char *key)
{
    const char *theirs = value_text_at(map, key, NULL);
    if ((ours == NULL) != (theirs == NULL) || (ours && strcmp(ours, theirs) != 0))
        fail_msg("%s: ours %s, kubectl's %s", key, ours ? ours : "none", theirs ? theirs : "none");
}

static void compare(struct arena *arena, const char *context)
{
    struct kubeconfig_files files;
    struct kubeconfig config;
    struct error err = { 0 };
    const struct value *view = kubectl_view(arena, context);
    const struct value *cluster = value_get(value_item(value_get(view, "clusters"), 0), "cluster");
    const struct value *user = value_get(value_item(value_get(view, "users"), 0), "user");
    if (!kubeconfig_read(arena, NULL, &files, &err)
        || !kubeconfig_choose(arena, &files, context, &config, &err))
        fail_msg("%s", err.message);
    same_text(config.context, view, "current-context");
    same_text(config.cluster, value_item(value_get(view, "clusters"), 0), "name");
    same_text(config.server, cluster, "server");
    same_text(config.tls_server_name, cluster, "tls-server-name");
    same_text(config.proxy_url, cluster, "proxy-url");
    same_text(flat(arena, config.ca_file, config.ca_data), cluster, "certificate-authority-data");
    same_text(flat(arena, config.certificate_file, config.certificate_data), user,
              "client-certificate-data");
    same_text(flat(arena, config.key_file, config.key_data), user, "client-key-data");
    same_text(config.token, user, "token");
    same_text(config.token_file, user, "tokenFile");
    same_text(config.user_name, user, "username");
    same_text(config.password, user, "password");
    same_text(config.exec ? config.exec->command : NULL, value_get(user, "exec"), "command");
}

static void write_text(struct arena *arena, const char *folder, const char *name, const char *text)
{
    struct error err;
    assert_true(folder_make(folder, &err));
    assert_true(
        file_write(arena_printf(arena, "%s/%s", folder, name), text, strlen(text), 0600, &err));
}

static void merges_as_kubectl_does(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    char root[] = "/tmp/cmx-kubeconfig-XXXXXX";
    assert_non_null(mkdtemp(root));
    const char *one = arena_printf(arena, "%s/one", root),
               *two = arena_printf(arena, "%s/two", root);
    write_text(arena, one, "ca.pem", "PEM one");
    write_text(arena, two, "ca.pem", "PEM two");
    write_text(arena, two, "key", "KEY");
    write_text(arena, two, "crt", "CRT");
    write_text(
        arena, one, "config",
        "apiVersion: v1\nkind: Config\n"
        "clusters:\n- name: c\n  cluster: {server: 'https://one:1', certificate-authority: "
        "ca.pem}\n"
        "users:\n- name: u\n  user: {token: abc}\n- name: file\n  user: {tokenFile: /abs/token}\n"
        "contexts:\n- name: x\n  context: {cluster: c, user: u}\n"
        "- name: f\n  context: {cluster: d, user: file}\n");
    write_text(arena, two, "config",
               "apiVersion: v1\nkind: Config\ncurrent-context: second\n"
               "clusters:\n- name: c\n  cluster: {server: 'https://two:2', tls-server-name: lost}\n"
               "- name: d\n  cluster: {server: 'https://two:3', certificate-authority: ca.pem, "
               "tls-server-name: k, proxy-url: 'http://p:1'}\n"
               "users:\n- name: u\n  user: {username: lost, password: lost}\n"
               "- name: cert\n  user: {client-certificate: crt, client-key: key}\n"
               "- name: basic\n  user: {username: name, password: 'p w'}\n"
               "- name: plug\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, "
               "command: /bin/plug}}\n"
               "contexts:\n- name: x\n  context: {cluster: d, user: cert}\n"
               "- name: second\n  context: {cluster: d, user: cert}\n"
               "- name: b\n  context: {cluster: c, user: basic}\n"
               "- name: p\n  context: {cluster: c, user: plug}\n");
    setenv("KUBECONFIG", arena_printf(arena, "%s/config:%s/none:%s/config", one, root, two), 1);
    for (const char *const *context = (const char *const[]){ "x", "second", "f", "b", "p", NULL };
         *context; context++)
        compare(arena, *context);
    const char *const arguments[] = { "rm", "-rf", root, NULL };
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    char *output;
    int status;
    assert_true(process_run(arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err));
}

static void reads_the_testbeds_files(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct kubeconfig_contexts contexts;
    struct error err;
    setenv("KUBECONFIG", getenv("CMX_KUBECONFIG_TWO_CONTEXTS"), 1);
    assert_true(kubeconfig_contexts(arena, NULL, &contexts, &err));
    assert_int_equal(contexts.names.count, 2);
    for (size_t i = 0; i < contexts.names.count; i++)
        compare(arena, contexts.names.items[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_as_kubectl_does),
        cmocka_unit_test(reads_the_testbeds_files),
    };
    if (!testbed_is_there())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
