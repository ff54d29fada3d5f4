/*
 * credential_places: in which files credentials may stand. Private to registry/; the order
 * is told in credentials.h.
 */
#ifndef CMX_OCI_REGISTRY_CREDENTIAL_PLACES_H
#define CMX_OCI_REGISTRY_CREDENTIAL_PLACES_H

#include "base/arena.h"

#include <stdbool.h>

enum { CREDENTIAL_PLACES = 4 };

struct credential_place {
    const char *path;
    bool named;   /* by the user: it has to be there */
    bool guessed; /* by nobody: it may be another's, unreadable */
};

/* Fills `ret` in the order in which they count; the first is also where a login goes. */
size_t credential_places(struct arena *arena, const char *config_file,
                         struct credential_place ret[CREDENTIAL_PLACES]);

#endif
