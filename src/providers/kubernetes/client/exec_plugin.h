/*
 * exec_plugin: runs a kubeconfig's exec plugin and reads the credential it prints.
 *
 * client.authentication.k8s.io v1 and v1beta1 (KEP-541). Caching and running
 * again is client_auth's.
 */
#ifndef CMX_KUBERNETES_EXEC_PLUGIN_H
#define CMX_KUBERNETES_EXEC_PLUGIN_H

#include "base/clock.h"
#include "providers/kubernetes/client/kubeconfig.h"

struct exec_credential {
    const char *token;                       /* or NULL */
    const char *certificate_data, *key_data; /* PEM, or NULL */
    int64_t expires;                         /* seconds since 1970; 0: not told */
};

/*
 * Runs config->exec. Into the arena. ERROR_DENIED with the plugin's name and
 * what was wrong; what it printed is secret and in no message.
 */
bool exec_plugin_run(struct arena *arena, const struct kubeconfig *config,
                     struct exec_credential *ret_credential, const struct wait *wait,
                     struct error *err) __attribute__((warn_unused_result));

#endif
