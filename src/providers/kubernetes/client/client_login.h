/*
 * client_login: the credentials of a client, fresh for each request.
 *
 * Tokens in files are read again when the file changes; exec plugins run when
 * first needed, when their credential expires and when the server says 401.
 * Safe from any thread.
 */
#ifndef CMX_KUBERNETES_CLIENT_LOGIN_H
#define CMX_KUBERNETES_CLIENT_LOGIN_H

#include "manifest/redact.h"
#include "net/http.h"
#include "providers/kubernetes/client/kubeconfig.h"

struct login;

/* `config` and `redactor` (which learns every credential) outlive it. */
struct login *login_new(const struct kubeconfig *config, struct redactor *redactor);
void login_free(struct login *login);

struct credentials {
    const struct http_endpoint *endpoint; /* lives as long as the login */
    const char *authorization;            /* "Bearer …", or NULL */
    const char *user, *password;          /* basic, or NULL */
    unsigned generation;                  /* to be told to login_rejected() */
};

/* Credentials for one request; texts in the arena. May run a plugin. */
bool login_get(struct login *login, struct arena *arena, struct credentials *ret_credentials,
               const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Does logging in run an exec plugin? */
bool login_runs_program(const struct kubeconfig *config);

/* The server answered 401 to them. True when others may be had by asking again. */
bool login_rejected(struct login *login, unsigned generation);

#endif
