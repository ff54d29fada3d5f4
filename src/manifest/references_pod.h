/*
 * references_pod: what pod templates mention; and the list that references.c
 * and it fill.
 */
#ifndef CMX_MANIFEST_REFERENCES_POD_H
#define CMX_MANIFEST_REFERENCES_POD_H

#include "manifest/references.h"

struct mentions {
    struct arena *arena;
    struct reference_list *list;
    const char *namespace; /* of the object whose document is read */
};

/* Adds one; a missing or empty name adds nothing. `namespace` is "" for cluster-scoped kinds. */
void mention(struct mentions *mentions, const char *group, const char *kind, const char *namespace,
             const char *name, bool optional);

/* Everything that a pod of this template needs. */
void mention_pod(struct mentions *mentions, const struct value *template);

#endif
