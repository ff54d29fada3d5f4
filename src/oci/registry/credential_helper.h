/*
 * credential_helper: docker-credential-NAME, run without a shell and with a deadline.
 *
 * The protocol of docker/docker-credential-helpers: an action as argument, the registry or a
 * document on standard input. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_CREDENTIAL_HELPER_H
#define CMX_OCI_REGISTRY_CREDENTIAL_HELPER_H

#include "oci/registry/credentials.h"

/*
 * What it knows of `server`; *ret_found false: nothing. ERROR_DENIED: it failed, or cannot be
 * run (*ret_missing, which may be NULL).
 */
bool credential_helper_get(struct arena *arena, const char *name, const char *server,
                           struct credential *ret, bool *ret_found, bool *ret_missing,
                           const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

bool credential_helper_store(const char *name, const char *server,
                             const struct credential *credential, const struct wait *wait,
                             struct error *err) __attribute__((warn_unused_result));

bool credential_helper_erase(const char *name, const char *server, const struct wait *wait,
                             struct error *err) __attribute__((warn_unused_result));

#endif
