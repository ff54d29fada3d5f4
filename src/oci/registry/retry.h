/*
 * retry: whether an exchange with a registry is to be done again, and when.
 *
 * What was not carried out (429, no connection) may always be sent again, the rest where
 * repeating is safe. Pauses are those that the server asks for, else they grow. Private to
 * registry/.
 */
#ifndef CMX_OCI_REGISTRY_RETRY_H
#define CMX_OCI_REGISTRY_RETRY_H

#include "net/http.h"

struct retry {
    const char *place; /* for messages: "ghcr.io" */
    unsigned tries;    /* so far                  */
};

/*
 * After an exchange (`answered`: http_do() was true; else *err says what was wrong): waits,
 * and answers true where it is to be done again. False: it is final; *ret_failed then says
 * that the pause asked for is longer than the wait allows, or that it was over (err is set).
 */
bool retry_again(struct retry *retry, bool answered, const struct http_response *response,
                 bool repeatable, bool *ret_failed, const struct wait *wait, struct error *err);

#endif
