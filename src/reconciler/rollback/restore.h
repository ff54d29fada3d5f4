/*
 * restore: what is put back for one object, of an older revision.
 *
 * The object itself, with the ConfigMaps and Secrets that it reads where they were others. What
 * else it needs and the refused commit has no more (an account, a claim) is kept from being
 * pruned. Each gets what the record is to say of it, so that it sticks (stick.h).
 */
#ifndef CMX_RECONCILER_RESTORE_H
#define CMX_RECONCILER_RESTORE_H

#include "reconciler/rollback/revision.h"

struct restore_item {
    struct object_id id;
    const struct resource *resource; /* NULL: it is only kept */
    struct record_rollback *rollback;
};

struct restore {
    struct arena *arena;
    const struct record *record;
    struct restore_item *items;
    size_t count, capacity;
};

/* One object to put back. `refused` becomes what the record says of it. */
struct restore_request {
    const struct revision *revision;
    const struct resource *resource;      /* of that revision */
    const struct resource *const *wanted; /* what the refused commit wants, sorted; or NULL */
    size_t wanted_count;
    struct record_rollback refused;
};

void restore_start(struct restore *restore, struct arena *arena, const struct record *record);

/* Adds one object and what goes with it; what is there already goes with both. */
void restore_add(struct restore *restore, const struct restore_request *request);

/* What is to be applied, sorted by identity; answers how many. */
size_t restore_desired(const struct restore *restore, const struct resource ***ret_desired);

/* The members of the record that these are, sorted. */
struct record restore_members(const struct restore *restore);

/* Tells the changes of a plan, made of those, what the record is to say of them. */
void restore_mark(const struct restore *restore, struct plan *plan);

/* The same for members that are only kept; `members` is written to. */
void restore_keep(const struct restore *restore, struct record_member *members, size_t count);

/* "ConfigMap/config, Secret/db": what is put back with the object, "" for nothing. */
const char *restore_companions(const struct restore *restore, const struct object_id *leader,
                               const char *home);

/*
 * Another workload of the list that reads what is put back with the leader, and is not put back
 * itself; or NULL.
 */
const struct resource *restore_disturbs(const struct restore *restore,
                                        const struct object_id *leader,
                                        const struct resource *const *wanted, size_t count);

#endif
