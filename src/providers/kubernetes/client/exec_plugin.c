/* exec_plugin: see exec_plugin.h. */
#include "providers/kubernetes/client/exec_plugin.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/process.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"

#include <errno.h>
#include <string.h>

enum {
    OUTPUT_CEILING = 1 << 20,
    AUTHORITY_CEILING = 1 << 20,
    RUN_MS = 60000,
    NOT_FOUND_STATUS = 127
};

/* The certificates of the authority, wherever they stand; NULL: the system's. */
static bool read_authority(struct arena *arena, const struct kubeconfig *config,
                           const char **ret_text, struct error *err)
{
    char *data = NULL;
    size_t length;
    *ret_text = config->ca_data;
    if (config->ca_data || !config->ca_file)
        return true;
    if (!file_read(arena, config->ca_file, AUTHORITY_CEILING, &data, &length, err))
        return error_prefix(err, "certificate-authority");
    *ret_text = data;
    return true;
}

/* spec.cluster: what the plugin may want to know of the server. */
static struct value *cluster_info(struct arena *arena, const struct kubeconfig *config,
                                  const char *authority)
{
    struct value *cluster = value_map(arena);
    value_set_text(arena, cluster, "server", config->server);
    value_set_text(arena, cluster, "tls-server-name", config->tls_server_name);
    value_set_text(arena, cluster, "proxy-url", config->proxy_url);
    if (config->insecure)
        value_set(arena, cluster, "insecure-skip-tls-verify", value_bool(arena, true));
    if (authority) {
        AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
        base64_add(&text, authority, strlen(authority));
        value_set_text(arena, cluster, "certificate-authority-data", buf_text(&text));
    }
    if (config->exec_config)
        value_set(arena, cluster, "config", value_copy(arena, config->exec_config));
    return cluster;
}

/* KUBERNETES_EXEC_INFO=… */
static bool exec_info(struct arena *arena, const struct kubeconfig *config, const char **ret_info,
                      struct error *err)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *authority = NULL;
    bool tell = config->exec->provide_cluster_info;
    if (tell && !read_authority(arena, config, &authority, err))
        return false;
    struct value *info = value_map(arena), *spec = value_map(arena);
    value_set_text(arena, info, "apiVersion", config->exec->api_version);
    value_set_text(arena, info, "kind", "ExecCredential");
    value_set(arena, spec, "interactive", value_bool(arena, false));
    if (tell)
        value_set(arena, spec, "cluster", cluster_info(arena, config, authority));
    value_set(arena, info, "spec", spec);
    buf_puts(&text, "KUBERNETES_EXEC_INFO=");
    json_write(&text, info);
    *ret_info = arena_strdup(arena, buf_text(&text));
    return true;
}

/* first (may be NULL), the list, last (may be NULL), and the ending NULL. */
static const char *const *string_array(struct arena *arena, const char *first,
                                       const struct text_list *list, const char *last)
{
    const char **array = arena_array(arena, list->count + 3, sizeof *array);
    size_t count = 0;
    if (first)
        array[count++] = first;
    for (size_t i = 0; i < list->count; i++)
        array[count++] = list->items[i];
    if (last)
        array[count++] = last;
    return array;
}

/* A plugin may leave the kind out: kubectl takes it for the one that it asked for. */
static bool is_credential(const struct value *document)
{
    const struct value *kind = value_get(document, "kind");
    const char *text = value_text(kind);
    if (!kind || kind->kind == VALUE_NULL || (text && !*text))
        return value_get(document, "apiVersion") != NULL;
    return text && strcmp(text, "ExecCredential") == 0;
}

/* Why a document is no usable credential, or NULL. */
static const char *credential_fault(const struct exec_plugin *plugin, const struct value *document,
                                    const struct exec_credential *credential)
{
    const char *version = value_text_at(document, "apiVersion", NULL);
    if (!is_credential(document))
        return "its output is no ExecCredential";
    if (!version || strcmp(version, plugin->api_version) != 0)
        return "the apiVersion of its output is not the one asked for";
    if (!value_get(document, "status"))
        return "its output has no status";
    if (!credential->token && !credential->certificate_data)
        return "it gave neither a token nor a client certificate";
    if (!credential->certificate_data != !credential->key_data)
        return "it gave a client certificate without a key, or a key without a certificate";
    return NULL;
}

static const char *text_or_null(const struct value *status, const char *key)
{
    const char *text = value_text_at(status, key, NULL);
    return text && *text ? text : NULL;
}

/* As kubectl, YAML too. What is wrong with it is not told: that may quote what was printed. */
static bool read_document(struct arena *arena, const char *output,
                          const struct value **ret_document)
{
    struct error ignored;
    struct problems problems;
    struct yaml_documents documents = { 0 };
    struct source_file *file = arena_alloc(arena, sizeof *file);
    if (json_parse(arena, output, strlen(output), ret_document, &ignored))
        return true;
    *file = (struct source_file){ .path = "", .data = output, .length = strlen(output) };
    problems_start(&problems, arena);
    if (!yaml_read(arena, file, &documents, &problems) || documents.count != 1
        || !documents.items[0].root)
        return false;
    *ret_document = documents.items[0].root;
    return true;
}

static const char *read_credential(struct arena *arena, const struct exec_plugin *plugin,
                                   const char *output, struct exec_credential *credential)
{
    const struct value *document;
    if (!read_document(arena, output, &document))
        return "its output is neither JSON nor YAML";
    const struct value *status = value_get(document, "status");
    const char *expires = text_or_null(status, "expirationTimestamp");
    *credential = (struct exec_credential){
        .token = text_or_null(status, "token"),
        .certificate_data = text_or_null(status, "clientCertificateData"),
        .key_data = text_or_null(status, "clientKeyData"),
    };
    if (expires && !time_parse(expires, &credential->expires))
        return "its expirationTimestamp is no time (RFC 3339)";
    return credential_fault(plugin, document, credential);
}

static bool run(struct arena *arena, const struct kubeconfig *config, char **ret_output,
                const struct wait *outer, struct error *err)
{
    const struct exec_plugin *plugin = config->exec;
    const char *hint = plugin->install_hint;
    const char *info;
    struct wait wait = wait_for(RUN_MS, outer);
    int status;
    if (!exec_info(arena, config, &info, err))
        return error_prefix(err, "exec plugin %s", plugin->command);
    if (!process_run(arena, string_array(arena, plugin->command, &plugin->arguments, NULL),
                     string_array(arena, NULL, &plugin->environment, info), NULL, OUTPUT_CEILING,
                     &wait, ret_output, &status, err)) {
        if (err->kind == ERROR_LOCAL || err->kind == ERROR_INPUT)
            return error_set(err, ERROR_DENIED, "exec plugin %s%s%s", err->message,
                             hint ? "; " : "", hint ? hint : "");
        return error_prefix(err, "exec plugin");
    }
    if (status != 0)
        return error_set(err, ERROR_DENIED, "exec plugin %s ended with exit code %d%s%s",
                         plugin->command, status, status == NOT_FOUND_STATUS && hint ? "; " : "",
                         status == NOT_FOUND_STATUS && hint ? hint : "");
    return true;
}

bool exec_plugin_run(struct arena *arena, const struct kubeconfig *config,
                     struct exec_credential *ret_credential, const struct wait *wait,
                     struct error *err)
{
    const struct exec_plugin *plugin = config->exec;
    struct exec_credential credential;
    char *output;
    if (plugin->interactive_mode && strcmp(plugin->interactive_mode, "Always") == 0)
        return error_set(err, ERROR_DENIED,
                         "exec plugin %s wants a terminal (interactiveMode: Always); log in with "
                         "it first, or set interactiveMode: IfAvailable",
                         plugin->command);
    if (!run(arena, config, &output, wait, err))
        return false;
    const char *fault = read_credential(arena, plugin, output, &credential);
    if (fault)
        return error_set(err, ERROR_DENIED, "exec plugin %s: %s", plugin->command, fault);
    *ret_credential = credential;
    return true;
}
