/*
 * discovery: which kinds the API server serves, under which paths and scopes.
 *
 * By the aggregated discovery document, else by /api, /apis and each group. A
 * group whose server is down is "stale": its kinds are not known, which is not
 * the same as not there.
 */
#ifndef CMX_KUBERNETES_DISCOVERY_H
#define CMX_KUBERNETES_DISCOVERY_H

#include "providers/kubernetes/client/client.h"

struct api_kind {
    const char *group, *version, *kind;
    const char *plural; /* "deployments" */
    bool namespaced;
    bool can_list, can_watch, can_patch, can_delete;
};

struct discovery;

/* Asks the server. Lives in the arena. */
bool discovery_read(struct client *client, struct arena *arena, struct discovery **ret_discovery,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

enum kind_state { KIND_KNOWN, KIND_ABSENT, KIND_STALE };

/*
 * Looks a kind up in a group. `version` (may be NULL) picks one; without it the
 * group's preferred one that serves the kind.
 */
enum kind_state discovery_find(const struct discovery *discovery, const char *group,
                               const char *version, const char *kind,
                               const struct api_kind **ret_kind);

/* Every kind that can be listed and deleted, preferred versions: NULL past the end. */
const struct api_kind *discovery_at(const struct discovery *discovery, size_t index);

/*
 * How many APIServices ("v1.example.org v2.example.com") have a server that does not answer, but
 * for those that keep no objects at all; 0: discovery_at() tells every kind that has some.
 */
size_t discovery_silent(const struct discovery *discovery, struct arena *arena,
                        const char **ret_names);

/*
 * "/apis/apps/v1/namespaces/shop/deployments/web"; name NULL: the collection;
 * namespace "" or NULL: all.
 */
const char *api_path(struct arena *arena, const struct api_kind *kind, const char *namespace,
                     const char *name);

#endif
