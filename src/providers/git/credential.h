/*
 * credential: user and password for a server that asks for them.
 *
 * In this order: what the caller gave (user, token, token file), CMX_GIT_TOKEN
 * with CMX_GIT_USER in the environment, the URL's own, then the user's git
 * credential helpers, asked through `git credential`. The first three are sent
 * with the first request, the helpers are asked once a server has refused.
 */
#ifndef CMX_GIT_CREDENTIAL_H
#define CMX_GIT_CREDENTIAL_H

#include "providers/git/transport.h"

struct credential {
    const char *user, *password;
    bool from_helper;
};

/* *ret_credential without a user where none was given. ERROR_LOCAL: a token file that cannot be
 * read. */
bool credential_given(struct transfer *transfer, struct credential *ret_credential,
                      struct error *err) __attribute__((warn_unused_result));

/* Asks the helpers, which never ask a person. ERROR_DENIED: they know none. */
bool credential_ask(struct transfer *transfer, struct credential *ret_credential, struct error *err)
    __attribute__((warn_unused_result));

/* Tells the helpers whether what they said was right. */
void credential_tell(struct transfer *transfer, const struct credential *credential, bool right);

#endif
