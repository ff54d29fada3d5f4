/*
 * kubeconfig: which servers there are and how to log in, by kubectl's rules.
 *
 * The files of --kubeconfig, else of $KUBECONFIG, else ~/.kube/config are
 * merged (the first to name a thing wins; paths are relative to their file),
 * then one context is chosen. No request is made and no plugin is run here.
 */
#ifndef CMX_KUBERNETES_KUBECONFIG_H
#define CMX_KUBERNETES_KUBECONFIG_H

#include "base/error.h"
#include "manifest/resource.h"
#include "manifest/value.h"

/* An exec plugin (client.authentication.k8s.io) that prints credentials. */
struct exec_plugin {
    const char *api_version;
    const char *command;
    const char *install_hint;
    const char *interactive_mode;
    struct text_list arguments;   /* without the command */
    struct text_list environment; /* "NAME=value" */
    bool provide_cluster_info;
};

/* All that one context says; NULL where it says nothing. PEM data is decoded. */
struct kubeconfig {
    const char *context, *cluster, *user; /* their names; "" in-cluster */
    const char *server;                   /* "https://10.0.0.1:6443", no "/" at its end */
    const char *ca_file, *ca_data, *tls_server_name, *proxy_url;
    bool insecure;
    const struct value *exec_config; /* the cluster's extension for exec plugins */
    const char *certificate_file, *certificate_data, *key_file, *key_data;
    const char *token, *token_file, *user_name, *password;
    const struct exec_plugin *exec;
    const char *as, *as_uid;
    struct text_list as_groups;
    struct text_list as_extra; /* key, value, key, value… */
};

/* A cluster, user or context by its name, with the folder its paths are relative to. */
struct kubeconfig_entry {
    const char *name;
    const struct value *body;
    const char *folder;
};

struct kubeconfig_entries {
    struct kubeconfig_entry *items;
    size_t count, capacity;
};

/* The merged files. */
struct kubeconfig_files {
    struct kubeconfig_entries clusters, users, contexts;
    const char *current; /* NULL: no current-context */
    const char *names;   /* of the files, for messages */
    bool found;          /* false: there is no file at all */
};

/*
 * Reads and merges. `path` is --kubeconfig or NULL. A file that $KUBECONFIG
 * names and that is not there is skipped; one given by `path` is an error.
 */
bool kubeconfig_read(struct arena *arena, const char *path, struct kubeconfig_files *ret_files,
                     struct error *err) __attribute__((warn_unused_result));

/*
 * Chooses a context: `context`, else the current one, else the only one.
 * ERROR_USAGE lists the names where none is chosen or it does not exist.
 */
bool kubeconfig_choose(struct arena *arena, const struct kubeconfig_files *files,
                       const char *context, struct kubeconfig *ret_config, struct error *err)
    __attribute__((warn_unused_result));

/* Are we in a pod that may speak to its cluster? */
bool kubeconfig_is_in_cluster(void);

/* The service account's files, as every pod has them. ERROR_DENIED where there are none. */
bool kubeconfig_in_cluster(struct arena *arena, struct kubeconfig *ret_config, struct error *err)
    __attribute__((warn_unused_result));

/* Names to choose from, in the files' order, and the current one (NULL: none). */
struct kubeconfig_contexts {
    struct text_list names;
    const char *current;
};

bool kubeconfig_contexts(struct arena *arena, const char *path,
                         struct kubeconfig_contexts *ret_contexts, struct error *err)
    __attribute__((warn_unused_result));

#endif
