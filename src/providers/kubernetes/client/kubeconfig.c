/*
 * kubeconfig: one context of the merged files, decoded by tables. See
 * kubeconfig.h; the files themselves are kubeconfig_files.c's.
 */
#include "providers/kubernetes/client/kubeconfig.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* ------------------------------------------------------------ fields by table */

enum field_kind {
    FIELD_TEXT,
    FIELD_PATH, /* relative to the file that names it */
    FIELD_DATA, /* base64 */
    FIELD_FLAG,
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset; /* in what is filled: const char *, or bool for FIELD_FLAG */
};

#define FIELD(key, kind, type, member)                                                             \
    {                                                                                              \
        key, kind, offsetof(type, member)                                                          \
    }

static const struct field cluster_fields[] = {
    FIELD("server", FIELD_TEXT, struct kubeconfig, server),
    FIELD("certificate-authority", FIELD_PATH, struct kubeconfig, ca_file),
    FIELD("certificate-authority-data", FIELD_DATA, struct kubeconfig, ca_data),
    FIELD("tls-server-name", FIELD_TEXT, struct kubeconfig, tls_server_name),
    FIELD("proxy-url", FIELD_TEXT, struct kubeconfig, proxy_url),
    FIELD("insecure-skip-tls-verify", FIELD_FLAG, struct kubeconfig, insecure),
    { 0 },
};

static const struct field user_fields[] = {
    FIELD("client-certificate", FIELD_PATH, struct kubeconfig, certificate_file),
    FIELD("client-certificate-data", FIELD_DATA, struct kubeconfig, certificate_data),
    FIELD("client-key", FIELD_PATH, struct kubeconfig, key_file),
    FIELD("client-key-data", FIELD_DATA, struct kubeconfig, key_data),
    FIELD("token", FIELD_TEXT, struct kubeconfig, token),
    FIELD("tokenFile", FIELD_PATH, struct kubeconfig, token_file),
    FIELD("username", FIELD_TEXT, struct kubeconfig, user_name),
    FIELD("password", FIELD_TEXT, struct kubeconfig, password),
    FIELD("as", FIELD_TEXT, struct kubeconfig, as),
    FIELD("as-uid", FIELD_TEXT, struct kubeconfig, as_uid),
    { 0 },
};

static const struct field exec_fields[] = {
    FIELD("apiVersion", FIELD_TEXT, struct exec_plugin, api_version),
    FIELD("command", FIELD_TEXT, struct exec_plugin, command),
    FIELD("installHint", FIELD_TEXT, struct exec_plugin, install_hint),
    FIELD("interactiveMode", FIELD_TEXT, struct exec_plugin, interactive_mode),
    FIELD("provideClusterInfo", FIELD_FLAG, struct exec_plugin, provide_cluster_info),
    { 0 },
};

/* Messages name the key and never the value: it may be a credential. */
static bool wrong_kind(const char *key, const char *expected, const struct value *value,
                       struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s: expected %s, got %s", key, expected,
                     value_kind_name(value->kind));
}

static bool decode_data(struct arena *arena, const char *key, const char *text,
                        const char **ret_data, struct error *err)
{
    char *data;
    size_t length;
    if (!base64_decode(arena, text, strlen(text), &data, &length))
        return error_set(err, ERROR_INPUT, "%s: expected base64", key);
    if (strlen(data) != length)
        return error_set(err, ERROR_INPUT, "%s: expected PEM text in base64, got binary data", key);
    *ret_data = data;
    return true;
}

static bool fill_field(struct arena *arena, const struct field *field, const struct value *value,
                       const char *folder, void *into, struct error *err)
{
    void *slot = (char *)into + field->offset;
    if (field->kind == FIELD_FLAG) {
        if (value->kind != VALUE_BOOL)
            return wrong_kind(field->key, "true or false", value, err);
        *(bool *)slot = value->boolean;
        return true;
    }
    const char *text = value_text(value), *decoded = text;
    if (!text)
        return wrong_kind(field->key, "a string", value, err);
    if (!*text)
        return true;
    if (field->kind == FIELD_DATA && !decode_data(arena, field->key, text, &decoded, err))
        return false;
    if (field->kind == FIELD_PATH)
        decoded = path_join(arena, folder, text);
    *(const char **)slot = decoded;
    return true;
}

static bool fill_fields(struct arena *arena, const struct field *fields, const struct value *map,
                        const char *folder, void *into, struct error *err)
{
    for (const struct field *field = fields; field->key; field++) {
        const struct value *value = value_get(map, field->key);
        if (value && value->kind != VALUE_NULL
            && !fill_field(arena, field, value, folder, into, err))
            return false;
    }
    return true;
}

static bool fill_list(struct arena *arena, const char *key, const struct value *list,
                      struct text_list *ret_list, struct error *err)
{
    if (list && list->kind != VALUE_LIST && list->kind != VALUE_NULL)
        return wrong_kind(key, "a list", list, err);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_item(list, i);
        if (!value_text(item))
            return wrong_kind(key, "a list of strings", item, err);
        arena_push(arena, ret_list->items, ret_list->count, ret_list->capacity, value_text(item));
    }
    return true;
}

/* -------------------------------------------------------------- the cluster */

/* The part of a cluster that is meant for exec plugins, see KEP-541. */
static const struct value *exec_config(const struct value *cluster)
{
    const struct value *extensions = value_get(cluster, "extensions");
    for (size_t i = 0; i < value_count(extensions); i++) {
        const struct value *item = value_item(extensions, i);
        const char *name = value_text_at(item, "name", NULL);
        if (name && strcmp(name, "client.authentication.k8s.io/exec") == 0)
            return value_get(item, "extension");
    }
    return NULL;
}

/* With a scheme, and without a "/" at its end. */
static const char *normal_server(struct arena *arena, const struct kubeconfig *config)
{
    const char *server = config->server;
    size_t length = strlen(server);
    while (length && server[length - 1] == '/')
        length--;
    bool secure = config->ca_file || config->ca_data || config->insecure || config->certificate_file
                  || config->certificate_data;
    const char *scheme = strstr(server, "://") ? "" : secure ? "https://" : "http://";
    return arena_printf(arena, "%s%.*s", scheme, (int)length, server);
}

/* libcurl would take "p:3128" for an HTTP proxy. The text may hold a password: it is not shown. */
static bool check_proxy(const char *proxy, struct error *err)
{
    static const char *const schemes[] = { "http://", "https://", "socks5://", "socks5h://" };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(proxy, schemes[i], length) == 0 && proxy[length])
            return true;
    }
    return error_set(err, ERROR_INPUT,
                     "proxy-url: expected http://, https:// or socks5:// and HOST[:PORT]");
}

static bool fill_cluster(struct arena *arena, const struct kubeconfig_entry *entry,
                         struct kubeconfig *config, struct error *err)
{
    if (!fill_fields(arena, cluster_fields, entry->body, entry->folder, config, err)
        || (config->proxy_url && !check_proxy(config->proxy_url, err)))
        return error_prefix(err, "cluster %s", entry->name);
    if (!config->server)
        return error_set(err, ERROR_INPUT, "cluster %s: it has no server", entry->name);
    if (config->insecure && (config->ca_file || config->ca_data))
        return error_set(err, ERROR_INPUT,
                         "cluster %s: insecure-skip-tls-verify and certificate-authority "
                         "exclude each other",
                         entry->name);
    config->exec_config = exec_config(entry->body);
    return true;
}

/* ----------------------------------------------------------------- the user */

static bool fill_environment(struct arena *arena, const struct value *list,
                             struct text_list *ret_list, struct error *err)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *value = value_get(value_item(list, i), "value");
        const char *name = value_text_at(value_item(list, i), "name", NULL);
        bool empty = !value || value->kind == VALUE_NULL; /* as kubectl has it: set, to nothing */
        const char *text = empty ? "" : value_text(value);
        if (!name || !*name || strchr(name, '=') || !text)
            return error_set(err, ERROR_INPUT, "env[%zu]: expected a name and a value", i);
        arena_push(arena, ret_list->items, ret_list->count, ret_list->capacity,
                   arena_printf(arena, "%s=%s", name, text));
    }
    return true;
}

static bool check_exec(const struct exec_plugin *exec, struct error *err)
{
    static const char v1[] = "client.authentication.k8s.io/v1";
    static const char v1beta1[] = "client.authentication.k8s.io/v1beta1";
    if (!exec->command)
        return error_set(err, ERROR_INPUT, "it has no command");
    if (!exec->api_version
        || (strcmp(exec->api_version, v1) != 0 && strcmp(exec->api_version, v1beta1) != 0))
        return error_set(err, ERROR_INPUT, "apiVersion: expected %s or %s", v1, v1beta1);
    const char *mode = exec->interactive_mode;
    if (!mode && strcmp(exec->api_version, v1) == 0)
        return error_set(err, ERROR_INPUT,
                         "interactiveMode: expected Never, IfAvailable or Always");
    if (mode && strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0
        && strcmp(mode, "Always") != 0)
        return error_set(err, ERROR_INPUT,
                         "interactiveMode: expected Never, IfAvailable or Always, got \"%s\"",
                         mode);
    return true;
}

static bool fill_exec(struct arena *arena, const struct value *map, const char *folder,
                      struct kubeconfig *config, struct error *err)
{
    struct exec_plugin *exec = arena_alloc(arena, sizeof *exec);
    if (map->kind != VALUE_MAP)
        return wrong_kind("exec", "a map", map, err);
    if (!fill_fields(arena, exec_fields, map, folder, exec, err)
        || !fill_list(arena, "args", value_get(map, "args"), &exec->arguments, err)
        || !fill_environment(arena, value_get(map, "env"), &exec->environment, err)
        || !check_exec(exec, err))
        return error_prefix(err, "exec");
    if (strchr(exec->command, '/'))
        exec->command = path_join(arena, folder, exec->command);
    config->exec = exec;
    return true;
}

static bool fill_extra(struct arena *arena, const struct value *map, struct text_list *extra,
                       struct error *err)
{
    if (map && map->kind != VALUE_MAP && map->kind != VALUE_NULL)
        return wrong_kind("as-user-extra", "a map of lists", map, err);
    for (size_t i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++) {
        const struct member *member = &map->map.members[i];
        struct text_list values = { 0 };
        if (!fill_list(arena, "as-user-extra", member->value, &values, err))
            return false;
        for (size_t j = 0; j < values.count; j++) {
            arena_push(arena, extra->items, extra->count, extra->capacity, member->key);
            arena_push(arena, extra->items, extra->count, extra->capacity, values.items[j]);
        }
    }
    return true;
}

static bool check_user(const struct kubeconfig *config, struct error *err)
{
    bool certificate = config->certificate_file || config->certificate_data;
    bool key = config->key_file || config->key_data;
    if (certificate != key)
        return error_set(err, ERROR_INPUT, "it has a client %s without a client %s",
                         certificate ? "certificate" : "key", certificate ? "key" : "certificate");
    if (config->token && config->user_name)
        return error_set(err, ERROR_INPUT, "token and username exclude each other");
    if (!config->as && (config->as_uid || config->as_groups.count || config->as_extra.count))
        return error_set(err, ERROR_INPUT, "as-groups, as-uid and as-user-extra need \"as\"");
    return true;
}

static bool refuse_auth_provider(const struct value *user, struct error *err)
{
    const struct value *provider = value_get(user, "auth-provider");
    const char *name = value_text_at(provider, "name", NULL);
    if (!provider || provider->kind == VALUE_NULL)
        return true;
    return error_set(err, ERROR_INPUT,
                     "auth-provider \"%s\" is not supported (Kubernetes removed it in 1.26): "
                     "use an exec plugin",
                     name ? name : "");
}

static bool fill_user(struct arena *arena, const struct kubeconfig_entry *entry,
                      struct kubeconfig *config, struct error *err)
{
    const struct value *exec = value_get(entry->body, "exec");
    if (!refuse_auth_provider(entry->body, err)
        || !fill_fields(arena, user_fields, entry->body, entry->folder, config, err)
        || !fill_list(arena, "as-groups", value_get(entry->body, "as-groups"), &config->as_groups,
                      err)
        || !fill_extra(arena, value_get(entry->body, "as-user-extra"), &config->as_extra, err)
        || (exec && exec->kind != VALUE_NULL && !fill_exec(arena, exec, entry->folder, config, err))
        || !check_user(config, err))
        return error_prefix(err, "user %s", entry->name);
    return true;
}

/* ------------------------------------------------------------- the context */

static const struct kubeconfig_entry *find(const struct kubeconfig_entries *entries,
                                           const char *name)
{
    for (size_t i = 0; name && i < entries->count; i++)
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    return NULL;
}

static const char *list_names(struct arena *arena, const struct kubeconfig_entries *entries)
{
    AUTO_BUF text = BUF_INIT(1024);
    for (size_t i = 0; i < entries->count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", entries->items[i].name);
    return arena_strdup(arena, entries->count ? buf_text(&text) : "none");
}

static bool choose_context(struct arena *arena, const struct kubeconfig_files *files,
                           const char *name, const struct kubeconfig_entry **ret_entry,
                           struct error *err)
{
    const struct kubeconfig_entries *contexts = &files->contexts;
    if (!name)
        name = files->current;
    if (!name && contexts->count == 1)
        name = contexts->items[0].name;
    if (!files->found)
        return error_set(err, ERROR_USAGE,
                         "no kubeconfig: there is no %s; name one with --kubeconfig or KUBECONFIG",
                         files->names);
    if (!name && !contexts->count)
        return error_set(err, ERROR_USAGE, "kubeconfig %s: it has no contexts", files->names);
    if (!name)
        return error_set(err, ERROR_USAGE,
                         "kubeconfig %s: several contexts and none is current: name one with "
                         "--context: %s",
                         files->names, list_names(arena, contexts));
    *ret_entry = find(contexts, name);
    if (!*ret_entry)
        return error_set(err, ERROR_USAGE, "kubeconfig %s: no context \"%s\"; there are: %s",
                         files->names, name, list_names(arena, contexts));
    return true;
}

static bool find_named(struct arena *arena, const struct kubeconfig_entries *entries,
                       const char *what, const char *name,
                       const struct kubeconfig_entry **ret_entry, struct error *err)
{
    *ret_entry = find(entries, name);
    if (*ret_entry)
        return true;
    if (!name)
        return error_set(err, ERROR_INPUT, "it names no %s", what);
    return error_set(err, ERROR_INPUT, "no %s \"%s\"; there are: %s", what, name,
                     list_names(arena, entries));
}

static bool fill_context(struct arena *arena, const struct kubeconfig_files *files,
                         const struct kubeconfig_entry *context, struct kubeconfig *config,
                         struct error *err)
{
    const struct kubeconfig_entry *cluster, *user = NULL;
    const char *user_name = value_text_at(context->body, "user", NULL);
    if (!find_named(arena, &files->clusters, "cluster",
                    value_text_at(context->body, "cluster", NULL), &cluster, err)
        || (user_name && *user_name
            && !find_named(arena, &files->users, "user", user_name, &user, err)))
        return error_prefix(err, "context %s", context->name);
    config->context = context->name;
    config->cluster = cluster->name;
    config->user = user ? user->name : "";
    if (!fill_cluster(arena, cluster, config, err)
        || (user && !fill_user(arena, user, config, err)))
        return false;
    config->server = normal_server(arena, config);
    return true;
}

bool kubeconfig_choose(struct arena *arena, const struct kubeconfig_files *files,
                       const char *context, struct kubeconfig *ret_config, struct error *err)
{
    const struct kubeconfig_entry *entry;
    struct kubeconfig config = { 0 };
    if (!choose_context(arena, files, context, &entry, err))
        return false;
    if (!fill_context(arena, files, entry, &config, err))
        return error_prefix(err, "kubeconfig %s", files->names);
    *ret_config = config;
    return true;
}

/* -------------------------------------------------------------- in a cluster */

bool kubeconfig_is_in_cluster(void)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    return host && *host && access(ACCOUNT_FOLDER "/token", R_OK) == 0;
}

bool kubeconfig_in_cluster(struct arena *arena, struct kubeconfig *ret_config, struct error *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!kubeconfig_is_in_cluster() || !port || !*port)
        return error_set(
            err, ERROR_DENIED,
            "not in a cluster: KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT or " ACCOUNT_FOLDER
            "/token is missing");
    bool is_ipv6 = strchr(host, ':') != NULL;
    *ret_config = (struct kubeconfig){
        .context = "",
        .cluster = "",
        .user = "",
        .server = arena_printf(arena, is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port),
        .ca_file = ACCOUNT_FOLDER "/ca.crt",
        .token_file = ACCOUNT_FOLDER "/token",
    };
    return true;
}
