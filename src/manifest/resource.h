/*
 * resource: one object that is wanted, and the name by which it is known.
 *
 * An identity is group, kind, namespace and name; the version of an API is not
 * part of it, since a cluster serves one object under several. Names are
 * written `Kind[.group]/[namespace/]name`.
 */
#ifndef CMX_MANIFEST_RESOURCE_H
#define CMX_MANIFEST_RESOURCE_H

#include "manifest/problem.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_id {
    const char *group; /* "" for the core group */
    const char *kind;
    const char *namespace; /* "" for cluster-scoped */
    const char *name;
};

/* The group of the project's own kinds. */
#define OWN_GROUP "cmx.dev"

/* Total order: group, kind, namespace, name, by bytes. */
int object_id_compare(const struct object_id *a, const struct object_id *b);

/* "Deployment/web"; the group of built-in and of own kinds and the namespace `home` (may be NULL)
 * are left out. */
const char *object_id_text(struct arena *arena, const struct object_id *id, const char *home);

/* "Deployment.apps/shop/web": always whole, as the record and annotations write it. */
const char *object_id_full(struct arena *arena, const struct object_id *id);

/* As object_id_text(), of a name that object_id_full() wrote; any other text is left as it is. */
const char *object_name_text(struct arena *arena, const char *full, const char *home);

/*
 * Reads `Kind[.group]/[namespace/]name`. Parts that were not written are NULL:
 * a pattern that may match several objects. `Kind./name` is the core group and
 * no other. False: not of that form.
 */
bool object_id_parse(struct arena *arena, const char *text, struct object_id *ret_pattern)
    __attribute__((warn_unused_result));

/* Does `id` fit the pattern, whose NULL parts fit anything? */
bool object_id_matches(const struct object_id *pattern, const struct object_id *id);

/* A list of names or pointers in an arena. */
struct text_list {
    const char **items;
    size_t count, capacity;
};

/* When a Job runs that is a hook: before or after all the rest of a run. */
enum hook { HOOK_NONE, HOOK_PRE, HOOK_POST };

/* What becomes of a workload whose pods do not become healthy: cmx.dev/rollback, else the Project.
 */
enum rollback_policy { ROLLBACK_UNSAID, ROLLBACK_OFF, ROLLBACK_AUTOMATIC };

/* What the cmx.dev/ annotations of one object say; the same from a manifest and from live. */
struct object_options {
    struct text_list depends_on;   /* cmx.dev/depends-on: names, separated by commas or blanks */
    struct text_list ignore;       /* cmx.dev/ignore: JSON pointers (RFC 6901)                 */
    const char *cluster;           /* cmx.dev/cluster, or NULL                                  */
    int64_t timeout;               /* cmx.dev/timeout in ms, 0 when not given                   */
    bool keep;                     /* cmx.dev/prune: disabled                                   */
    bool adopt;                    /* cmx.dev/adopt: "true"                                     */
    bool no_wait;                  /* cmx.dev/wait: "false"                                     */
    bool replace;                  /* cmx.dev/replace: "true"                                   */
    enum hook hook;                /* cmx.dev/hook                                              */
    bool hook_always;              /* the same, with `always`                                   */
    bool hook_reversible;          /* the same, with `reversible`                               */
    enum rollback_policy rollback; /* cmx.dev/rollback                                        */
    bool restart_on_config;        /* cmx.dev/restart-on: config                                */
};

/*
 * Reads the annotations of `document` (an object). With `problems`, unknown
 * cmx.dev/ names and wrong values are reported there; without (live objects)
 * they are skipped.
 */
void object_options_read(struct arena *arena, const struct value *document,
                         struct object_options *ret_options, const struct source_file *file,
                         struct problems *problems);

/*
 * Reports annotations that do not fit the kind of the object, or one another: a hook that is no
 * Job, a claim that says it may be replaced (options_fit.c).
 */
void object_options_fit(const struct object_id *id, const struct value *document,
                        const struct object_options *options, const struct source_file *file,
                        struct problems *problems);

/* Why such an object is never deleted to be made anew, or NULL where it may be. */
const char *object_never_replaced(const struct object_id *id);

/* What the scope of a kind is known to be at load; a cluster's discovery knows the rest. */
enum scope { SCOPE_UNKNOWN, SCOPE_NAMESPACED, SCOPE_CLUSTER };

/* An object that is wanted. Immutable once loaded. */
struct resource {
    struct object_id id; /* until its scope is known it is taken as namespaced: set_bind_scope() */
    const char *api_version;      /* "apps/v1" */
    const struct value *document; /* what is to be sent: defaults of ours in, stringData folded */
    const struct source_file *file;
    struct place place;
    struct object_options options;
    enum scope scope;
    bool secret;                   /* kind Secret: values are never shown */
    const struct object_id *lacks; /* with restart_on_config: what it reads and this source does not
                                      hold, so that its hash may be another one; config_hash.h */
    size_t lacks_count;
    const char *until; /* full name of what has to run before this document is whole (an Image that
                          is to be built); NULL: it is */
    bool
        vanishes; /* a Job with ttlSecondsAfterFinished: once it has ended the cluster removes it */
};

/* Hex SHA-256 of what is wanted of an object; "" for Secrets, whose values it would betray. */
const char *resource_digest(struct arena *arena, const struct resource *resource);

/* Sorts a list of objects by identity, so that resources_find() may look into it. */
void resources_sort(const struct resource **list, size_t count);

/* The object of that identity in a sorted list, or NULL. */
const struct resource *resources_find(const struct resource *const *list, size_t count,
                                      const struct object_id *id);

/* Scope of a built-in kind by table, SCOPE_UNKNOWN for all others. */
enum scope scope_of_builtin(const char *group, const char *kind);

/* Splits "apps/v1" into group and version ("v1" is group ""). */
void api_version_split(struct arena *arena, const char *api_version, const char **ret_group,
                       const char **ret_version);

/*
 * True when a name may be given to such an object: DNS-1123 subdomains, labels
 * for Namespaces and Services, path segments for RBAC. Else *ret_why
 * says what would be right.
 */
bool object_name_valid(const struct object_id *id, const char **ret_why);

/* The document of a Secret with every value replaced by a note; others as they are. */
const struct value *secret_masked(struct arena *arena, const struct value *document);

#endif
