/*
 * discovery_index: groups, versions and kinds, as discovery's readers fill them.
 *
 * Private to discovery*.c. Groups and versions stand in the server's order: the
 * preferred version first.
 */
#ifndef CMX_KUBERNETES_DISCOVERY_INDEX_H
#define CMX_KUBERNETES_DISCOVERY_INDEX_H

#include "providers/kubernetes/client/discovery.h"

struct api_version {
    const char *name;
    bool stale; /* its server did not answer: its kinds are not known */
    struct api_kind **kinds;
    size_t count, capacity;
};

struct api_group {
    const char *name; /* "" for the core group */
    struct api_version **versions;
    size_t count, capacity;
};

struct discovery {
    struct arena *arena;
    struct api_group **groups;
    size_t group_count, group_capacity;
    const struct api_kind **preferred; /* what discovery_at() tells */
    size_t preferred_count, preferred_capacity;
};

struct api_group *discovery_add_group(struct discovery *discovery, const char *name);
struct api_version *discovery_add_version(struct discovery *discovery, struct api_group *group,
                                          const char *name, bool stale);

/* Adds a copy of `named` (kind, plural, namespaced) with the group, version and verbs. */
void discovery_add_kind(struct discovery *discovery, const struct api_group *group,
                        struct api_version *version, const struct api_kind *named,
                        const struct value *verbs);

/* Asks `root` ("/api" or "/apis") for the aggregated document; from any thread. */
bool discovery_ask(struct client *client, struct arena *arena, const char *root,
                   struct api_answer *ret_answer, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Adds a copy of the answer; where it is the old document, goes on with discovery_read_legacy(). */
bool discovery_add_answer(struct client *client, struct discovery *discovery, const char *root,
                          const struct value *answer, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* `document`: the APIVersions of /api or the APIGroupList of /apis. */
bool discovery_read_legacy(struct client *client, struct discovery *discovery, const char *root,
                           const struct value *document, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
