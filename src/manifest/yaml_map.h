/*
 * yaml_map: the members of the maps that are being read, and what a map becomes
 * when it ends: sorted, merged in the order of the file, without duplicates.
 *
 * All open maps share one stack of entries, the innermost last. kubectl takes
 * members as they come: a merge overrides what stands in front of it and is
 * overridden by what stands behind it. Only two members of the map's own with
 * one key are a fault. Part of value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_MAP_H
#define CMX_MANIFEST_YAML_MAP_H

#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

struct map_entry {
    struct member member;
    size_t order;
    bool merged; /* << brought it */
};

struct map_entries {
    struct map_entry *items; /* on the heap */
    size_t count, capacity;
};

void map_entries_done(struct map_entries *entries);

void map_entries_add(struct map_entries *entries, struct member member, bool merged);

/* Adds the members of a map, or of each map of a list (the first one wins). False: neither. */
bool map_entries_merge(struct map_entries *entries, const struct value *from);

/* Called for each member that has the key of another one in front of it. */
typedef void map_duplicate(void *context, const struct member *first, const struct member *again);

/* Moves the entries from `first` on into the map, sorted. */
void map_entries_finish(struct map_entries *entries, size_t first, struct arena *arena,
                        struct value *map, map_duplicate *duplicate, void *context);

#endif
