/*
 * www_authenticate: what a server asks for before it lets somebody in.
 *
 * Reads the value of a WWW-Authenticate header (RFC 9110, 11.6.1): challenges, each a
 * scheme with parameters or one token, several in one header.
 */
#ifndef CMX_OCI_REGISTRY_WWW_AUTHENTICATE_H
#define CMX_OCI_REGISTRY_WWW_AUTHENTICATE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHALLENGES_CEILING = 16, CHALLENGE_PARAMETERS_CEILING = 32 };

struct challenge_parameter {
    const char *name, *value;
};

struct challenge {
    const char *scheme;
    const char *token; /* of "Negotiate YII…=", or NULL */
    struct challenge_parameter *parameters;
    size_t parameter_count, parameter_capacity;
};

struct challenges {
    struct challenge *items;
    size_t count, capacity;
};

/* Adds the challenges of one header. What is no challenge ends the reading; what came before stays.
 */
void www_authenticate_read(struct arena *arena, const char *header, struct challenges *challenges);

/* The first of this scheme, whatever its case, or NULL. */
const struct challenge *challenge_of_scheme(const struct challenges *challenges,
                                            const char *scheme);

/*
 * Do these scopes ("repository:a/b:pull,push", several with blanks between) hold all that the
 * others ask for, whatever the order of the actions?
 */
bool scopes_cover(const char *scopes, const char *asked);

/* The value of a parameter, name without case, or NULL. */
const char *challenge_parameter(const struct challenge *challenge, const char *name);

#endif
