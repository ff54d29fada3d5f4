/*
 * revision: what a set was at another commit, and which commit ran before.
 *
 * The history says which commits ran, and how it went; git has what they were. Commits are read
 * from the repository of the source, from the one around the current folder where the record
 * comes from it, else from the origin that the record names: no clone has to be at hand.
 */
#ifndef CMX_RECONCILER_REVISION_H
#define CMX_RECONCILER_REVISION_H

#include "providers/history.h"
#include "reconciler/reconcile.h"

/* One commit, loaded. */
struct revision {
    struct run *run; /* its source and set */
    const char *commit, *subject;
    const struct resource **list; /* what goes to the target, sorted by identity */
    size_t count;
};

struct revisions {
    struct arena *arena;
    const struct run *run;
    struct target_run *target;
    struct git_source *git, *origin; /* opened for this, or NULL */
    bool looked;
    bool any_cluster;      /* nobody knows what the target's Cluster is called */
    const char *read_from; /* the origin, where something came from there; else NULL */
    const struct revision **items;
    size_t count, capacity;
    struct history_entry *history;
    size_t history_count;
};

/* For a target that is open and whose record was read. Ended with revisions_done(). */
void revisions_start(struct revisions *revisions, const struct run *run, struct target_run *target);
void revisions_done(struct revisions *revisions);

/*
 * Loads a commit, branch or tag; each commit once. ERROR_USAGE: no repository that is at hand
 * has it.
 */
bool revisions_load(struct revisions *revisions, const char *ref, const struct revision **ret,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/*
 * The newest commit at which the object ran well as something else than what is refused.
 * *ret_entry: when that was, an index into the history. ERROR_NOT_FOUND: there is none.
 */
bool revisions_before(struct revisions *revisions, const struct object_id *id,
                      const struct record_rollback *refused, const struct revision **ret,
                      size_t *ret_entry, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The resource of that identity, or NULL. */
const struct resource *revision_find(const struct revision *revision, const struct object_id *id);

/* Is the resource, with what it reads there, what is refused? */
bool revision_is_refused(struct arena *arena, const struct revision *revision,
                         const struct resource *resource, const struct record_rollback *refused);

/*
 * Did the object run well in that run, of a commit that can be had again? Not while it was held
 * or put back, for then what ran was another commit's.
 */
bool history_ran_well(const struct history_entry *entry, const char *name);

/* Did that run make the object, and not anew? What came before is none of its own. */
bool history_made(const struct history_entry *entry, const char *name);

/* Did it run well in another commit than this one, since it was made? */
bool history_ran_before(const struct history_entry *entries, size_t count, const char *name,
                        const char *commit);

/* A hook that ran in a run after the entry and does not say that it is reversible, or NULL. */
const char *history_hook_since(const struct history_entry *entries, size_t count, size_t entry);

#endif
