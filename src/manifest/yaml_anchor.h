/*
 * yaml_anchor: the anchors of one document by name, in a hash table, so that a
 * file of nothing but anchors is read in linear time. Part of value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_ANCHOR_H
#define CMX_MANIFEST_YAML_ANCHOR_H

#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

struct anchor {
    const char *name;
    struct value *value; /* NULL while it is being read: it would contain itself */
    size_t nodes;        /* of the tree below it, itself included                */
    const char *key;     /* a scalar's form as a key; NULL: it cannot be one     */
    bool merges;         /* it is a plain <<                                     */
};

struct anchors {
    struct anchor_slot *slots; /* on the heap */
    size_t count, size;
    unsigned document; /* slots of other documents are empty */
};

void anchors_done(struct anchors *anchors);

/* Forgets all: another document begins. */
void anchors_clear(struct anchors *anchors);

/* Sets the anchor of that name, a new one in place of an older one. The name is not copied. */
void anchors_set(struct anchors *anchors, struct anchor anchor);

/* The anchor, or NULL. Valid until the next anchors_set(). */
const struct anchor *anchors_find(const struct anchors *anchors, const char *name);

#endif
