/*
 * client: opening, single calls, and secrets. See client.h; requests as such are
 * client_request.c's, lists and watches client_stream.c's.
 */
#include "providers/kubernetes/client/client.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "net/http_url.h"
#include "providers/kubernetes/client/client_request.h"
#include "providers/provider.h"

#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ opening */

/* Neither files nor a word in them, as in an image with an empty one: in a pod its account counts.
 */
static bool says_nothing(const struct kubeconfig_files *files)
{
    return files->contexts.count == 0 && files->clusters.count == 0;
}

static bool read_config(struct client *client, const struct target *target, struct error *err)
{
    struct kubeconfig_files files;
    const struct cluster *cluster = target->cluster;
    const char *context = cluster && cluster->kind == CLUSTER_CONTEXT && cluster->context
                              ? cluster->context
                              : target->context;
    if (cluster && cluster->kind == CLUSTER_IN_CLUSTER)
        return kubeconfig_in_cluster(client->arena, &client->config, err);
    if (!kubeconfig_read(client->arena, target->kubeconfig, &files, err))
        return false;
    bool unsaid = !context && !target->kubeconfig && says_nothing(&files);
    if (unsaid && kubeconfig_is_in_cluster())
        return kubeconfig_in_cluster(client->arena, &client->config, err);
    return kubeconfig_choose(client->arena, &files, context, &client->config, err);
}

/*
 * kubectl leaves credentials out where the server is http; that they are there says that they are
 * meant, so it is an error here. On this machine nobody is on the way (`kubectl proxy`).
 */
static bool check_open(struct client *client, struct error *err)
{
    const struct kubeconfig *config = &client->config;
    bool credentials = config->token || config->token_file || config->user_name || config->exec;
    if (!credentials || strncasecmp(config->server, "http://", strlen("http://")) != 0
        || url_is_loopback(client->arena, config->server))
        return true;
    return error_set(
        err, ERROR_INPUT,
        "cluster %s: its server is not spoken to over TLS, and anybody on the way could "
        "read what user %s logs in with: write https:// in front of it, or take the "
        "credentials out",
        config->cluster, config->user);
}

static void push_header(struct client *client, size_t *capacity, const char *name,
                        const char *value)
{
    struct http_header header = { name, value };
    arena_push(client->arena, client->impersonation, client->impersonation_count, *capacity,
               header);
}

/* Impersonate-* headers; keys of extra are percent-encoded, as the server expects. */
static void fill_impersonation(struct client *client)
{
    const struct kubeconfig *config = &client->config;
    size_t capacity = 0;
    if (!config->as)
        return;
    push_header(client, &capacity, "Impersonate-User", config->as);
    if (config->as_uid)
        push_header(client, &capacity, "Impersonate-Uid", config->as_uid);
    for (size_t i = 0; i < config->as_groups.count; i++)
        push_header(client, &capacity, "Impersonate-Group", config->as_groups.items[i]);
    for (size_t i = 0; i + 1 < config->as_extra.count; i += 2) {
        AUTO_BUF key = BUF_INIT(BUF_OUTPUT_CEILING);
        url_encode(&key, config->as_extra.items[i]);
        push_header(client, &capacity,
                    arena_printf(client->arena, "Impersonate-Extra-%s", buf_text(&key)),
                    config->as_extra.items[i + 1]);
    }
}

static const char *describe(struct client *client, const struct target *target)
{
    const char *context = client->config.context, *name = target->name;
    if (!*context)
        return "in-cluster";
    if (!name || !*name || strcmp(name, context) == 0)
        return arena_printf(client->arena, "cluster %s", context);
    return arena_printf(client->arena, "cluster %s (context %s)", name, context);
}

bool client_open(const struct target *target, struct client **ret_client, const struct wait *wait,
                 struct error *err)
{
    struct client *client = memory_alloc(sizeof *client);
    *client = (struct client){ .arena = arena_new() };
    pthread_mutex_init(&client->ahead_lock, NULL);
    if (!wait_check(wait, "opening the cluster", err) || !read_config(client, target, err)
        || !check_open(client, err)) {
        client_close(client);
        return false;
    }
    if (target->early && login_runs_program(&client->config)) {
        client_close(client);
        return error_set(err, ERROR_REFUSED, "credentials are had from another program");
    }
    fill_impersonation(client);
    client->description = describe(client, target);
    client->redactor = redactor_new();
    client->login = login_new(&client->config, client->redactor);
    client->http = http_new();
    *ret_client = client;
    return true;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    client_forget_lists(client);
    pthread_mutex_destroy(&client->ahead_lock);
    http_free(client->http);
    login_free(client->login);
    redactor_free(client->redactor);
    arena_free(client->arena);
    free(client);
}

const char *client_describe(const struct client *client)
{
    return client->description;
}

/* -------------------------------------------------------------------- calls */

static bool read_document(struct client *client, struct arena *arena, const struct api_call *call,
                          const struct http_response *response, const struct value **ret_document,
                          struct error *err)
{
    struct error problem;
    const char *text = response->body;
    *ret_document = NULL;
    if (!response->body_length
        || json_parse(arena, text, response->body_length, ret_document, &problem))
        return true;
    return error_set(err, ERROR_UNREACHABLE, "%s: the answer is not JSON: %s", call->what,
                     client_redact(client, arena, problem.message));
}

bool client_call(struct client *client, struct arena *arena, const struct api_call *call,
                 struct api_answer *ret_answer, const struct wait *wait, struct error *err)
{
    struct http_response response;
    struct error ignored;
    struct api_answer answer = { 0 };
    bool success = client_request(client, arena, call, NULL, &response, &answer.tries, wait, err);
    if (success)
        success = read_document(client, arena, call, &response, &answer.document, err);
    else if (response.body_length
             && !json_parse(arena, response.body, response.body_length, &answer.document, &ignored))
        answer.document = NULL;
    answer.status = response.status;
    answer.date = http_header(&response, "Date");
    *ret_answer = answer;
    return success;
}

bool answer_is_object(const struct api_answer *answer, const char *what, struct error *err)
{
    if (value_text(value_get(answer->document, "kind")))
        return true;
    return error_set(err, ERROR_UNREACHABLE, "%s: the answer is no Kubernetes object", what);
}

/* ------------------------------------------------------------------ secrets */

static void learn_encoded(struct client *client, const struct value *value)
{
    AUTO_ARENA arena = arena_new();
    const char *text = value_text(value);
    char *data;
    size_t length;
    if (!text)
        return;
    if (base64_decode(arena, text, strlen(text), &data, &length))
        redactor_learn(client->redactor, data, length);
    else
        redactor_learn(client->redactor, text, strlen(text));
}

static void learn_plain(struct client *client, const struct value *value)
{
    if (value && value->kind == VALUE_STRING)
        redactor_learn(client->redactor, value->text.data, value->text.length);
}

static void learn_map(struct client *client, const struct value *map,
                      void (*learn)(struct client *, const struct value *))
{
    for (size_t i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++)
        learn(client, map->map.members[i].value);
}

/* kubectl's client-side apply leaves the whole Secret in an annotation. */
static void learn_last_applied(struct client *client, const struct value *secret)
{
    AUTO_ARENA arena = arena_new();
    const struct value *applied;
    struct error ignored;
    const char *text = value_text_at(secret, "metadata", "annotations",
                                     "kubectl.kubernetes.io/last-applied-configuration", NULL);
    if (!text || !json_parse(arena, text, strlen(text), &applied, &ignored))
        return;
    learn_map(client, value_get(applied, "data"), learn_encoded);
    learn_map(client, value_get(applied, "stringData"), learn_plain);
}

void client_learn_secret(struct client *client, const struct value *secret)
{
    learn_map(client, value_get(secret, "data"), learn_encoded);
    learn_map(client, value_get(secret, "stringData"), learn_plain);
    learn_last_applied(client, secret);
}

const char *client_redact(struct client *client, struct arena *arena, const char *text)
{
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    redactor_clean(client->redactor, text, strlen(text), &clean);
    return arena_memdup(arena, buf_text(&clean), clean.length);
}
