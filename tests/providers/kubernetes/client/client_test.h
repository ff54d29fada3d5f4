/*
 * client_test: opening clients for tests, from a kubeconfig that the test writes.
 */
#ifndef CMX_TESTS_CLIENT_TEST_H
#define CMX_TESTS_CLIENT_TEST_H

#include "net/http_test.h"

#include "manifest/value_json.h"
#include "providers/kubernetes/client/client.h"
#include "providers/provider.h"

static inline void write_text(struct http_test *test, const char *name, const char *text,
                              mode_t mode)
{
    struct error err;
    assert_true(file_write(test_file(test, name), text, strlen(text), mode, &err));
}

/* A kubeconfig of one context with these lines in its cluster and its user. */
static inline void write_config(struct http_test *test, const char *cluster, const char *user)
{
    write_text(test, "kubeconfig",
               arena_printf(test->arena,
                            "clusters:\n- name: c\n  cluster: {%s}\n"
                            "users:\n- name: u\n  user: {%s}\n"
                            "contexts:\n- name: x\n  context: {cluster: c, user: u}\n",
                            cluster, user),
               0600);
}

/* A client for it. */
static inline struct client *client_with(struct http_test *test, const char *cluster,
                                         const char *user)
{
    struct client *client;
    struct error err;
    struct wait wait = wait_for(10000, NULL);
    write_config(test, cluster, user);
    struct target target = { .name = "", .kubeconfig = test_file(test, "kubeconfig") };
    if (!client_open(&target, &client, &wait, &err))
        fail_msg("%s", err.message);
    return client;
}

/* A client of the plain port. */
static inline struct client *plain_client(struct http_test *test, const char *user)
{
    const char *server = test_url(test, "plain", "");
    return client_with(test, arena_printf(test->arena, "server: '%s'", server), user);
}

/* How often the server was asked under this key. */
static inline int asked(struct http_test *test, const char *key)
{
    return atoi(
        get(test, test_url(test, "plain", arena_printf(test->arena, "/count?key=%s", key))).body);
}

struct outcome_of_call {
    bool success;
    struct api_answer answer;
    struct error error;
};

static inline struct outcome_of_call call_within(struct http_test *test, struct client *client,
                                                 const struct api_call *call, int64_t time)
{
    struct outcome_of_call outcome = { 0 };
    struct wait wait = wait_for(time, NULL);
    outcome.success =
        client_call(client, test->arena, call, &outcome.answer, &wait, &outcome.error);
    return outcome;
}

#endif
