/*
 * Tests the login of a pod: the service account's files, where every pod has
 * them, in a mount namespace of this program's own, with a real token.
 * labels: cluster
 */
#include "providers/kubernetes/client/client_test.h"
#include "providers/kubernetes/testbed.h"

#include <sched.h>
#include <sys/mount.h>

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

static void shell(struct http_test *test, const char *script)
{
    const char *const command[] = { "bash", "-euc", script, NULL };
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    char *output;
    int status;
    assert_true(
        process_run(test->arena, command, NULL, NULL, 1 << 16, &wait, &output, &status, &err));
    assert_int_equal(status, 0);
}

static void check_user(struct http_test *test, struct client *client, const char *expected)
{
    static const char body[] =
        "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}";
    struct api_call call = { .method = "POST",
                             .what = "ask who we are",
                             .body = body,
                             .path = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                             .content_type = "application/json",
                             .body_length = sizeof body - 1 };
    struct outcome_of_call outcome = call_within(test, client, &call, 20000);
    if (!outcome.success)
        fail_msg("%s", outcome.error.message);
    assert_string_equal(
        value_text_at(outcome.answer.document, "status", "userInfo", "username", NULL), expected);
}

static void logs_in_as_the_service_account(void **state)
{
    struct http_test *test = *state;
    struct target target = { .name = "" };
    struct wait wait = wait_for(10000, NULL);
    struct client *client;
    struct error err;
    shell(test,
          "mkdir -p " ACCOUNT "; k=\"$CMX_KUBECTL\"\n"
          "$k create token default -n default >" ACCOUNT "/token\n"
          "$k config view --raw --flatten "
          "-o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d >" ACCOUNT
          "/ca.crt\n"
          "$k create token default -n kube-system >" ACCOUNT "/next");
    setenv("KUBERNETES_SERVICE_HOST", "10.99.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
    setenv("HOME", "/nonexistent", 1);
    unsetenv("KUBECONFIG");
    if (!client_open(&target, &client, &wait, &err))
        fail_msg("%s", err.message);
    assert_string_equal(client_describe(client), "in-cluster");
    check_user(test, client, "system:serviceaccount:default:default");
    shell(test, "mv " ACCOUNT "/next " ACCOUNT "/token"); /* the kubelet renews it so */
    check_user(test, client, "system:serviceaccount:kube-system:default");
    client_close(client);
}

/* A kubeconfig that says nothing is none; one that is named, or says anything, counts. */
static void an_empty_kubeconfig_is_none(void **state)
{
    struct http_test *test = *state;
    struct target target = { .name = "" };
    struct wait wait = wait_for(10000, NULL);
    struct client *client;
    struct error err;
    static const char *const texts[] = { "", "apiVersion: v1\nkind: Config\n",
                                         "clusters: []\ncontexts: null\n" };
    setenv("KUBECONFIG", test_file(test, "empty"), 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text(test, "empty", texts[i], 0600);
        if (!client_open(&target, &client, &wait, &err))
            fail_msg("%s", err.message);
        assert_string_equal(client_describe(client), "in-cluster");
        client_close(client);
    }
    target.kubeconfig = test_file(test, "empty");
    assert_false(client_open(&target, &client, &wait, &err));
    assert_non_null(strstr(err.message, "it has no contexts"));
    target.kubeconfig = NULL;
    write_text(test, "empty", "clusters: [{name: c, cluster: {server: h}}]\n", 0600);
    assert_false(client_open(&target, &client, &wait, &err));
    unsetenv("KUBECONFIG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_as_the_service_account),
        cmocka_unit_test(an_empty_kubeconfig_is_none),
    };
    if (!testbed_is_there())
        return 1;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || mount("tmpfs", "/run", "tmpfs", 0, NULL) != 0) {
        perror("a /run of its own");
        return 1;
    }
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
