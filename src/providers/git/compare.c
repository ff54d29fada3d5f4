/*
 * compare: how two commits stand to each other.
 *
 * In a whole clone libgit2's graph tells (it uses the commit graph where there
 * is one). It knows nothing of shallow clones and fails on their missing
 * parents, so there parents are walked here until the clone ends: a commit that
 * was found is a sure answer, one that was not is none.
 */
#include "providers/git/repository.h"

#include <string.h>

enum { WALK_CEILING = 10000000 };

/* ------------------------------------------------------------ a set of commits */

struct oid_set {
    git_oid *slots;
    bool *used;
    size_t count, capacity; /* a power of two */
};

static void oid_set_done(struct oid_set *set)
{
    free(set->slots);
    free(set->used);
}

static size_t slot_of(const struct oid_set *set, const git_oid *id)
{
    size_t hash;
    memcpy(&hash, id->id, sizeof hash);
    size_t at = hash & (set->capacity - 1);
    while (set->used[at] && !git_oid_equal(&set->slots[at], id))
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static void oid_set_grow(struct oid_set *set)
{
    struct oid_set larger = { .capacity = set->capacity ? set->capacity * 2 : 1024 };
    larger.slots = memory_alloc(larger.capacity * sizeof *larger.slots);
    larger.used = memory_alloc(larger.capacity * sizeof *larger.used);
    memset(larger.used, 0, larger.capacity * sizeof *larger.used);
    for (size_t i = 0; i < set->capacity; i++) {
        if (!set->used[i])
            continue;
        size_t at = slot_of(&larger, &set->slots[i]);
        larger.slots[at] = set->slots[i];
        larger.used[at] = true;
    }
    larger.count = set->count;
    oid_set_done(set);
    *set = larger;
}

/* True when it was not there before. */
static bool oid_set_add(struct oid_set *set, const git_oid *id)
{
    if (set->count * 2 >= set->capacity)
        oid_set_grow(set);
    size_t at = slot_of(set, id);
    if (set->used[at])
        return false;
    set->used[at] = true;
    set->slots[at] = *id;
    set->count++;
    return true;
}

/* --------------------------------------------------------- walking to the boundary */

struct ancestry {
    const struct repository *repository;
    struct arena *arena;
    struct oid_set seen;
    git_oid *queue;
    size_t count, capacity;
    bool cut; /* a parent is not in this clone */
};

static void ancestry_done(struct ancestry *walk)
{
    oid_set_done(&walk->seen);
}

static void push(struct ancestry *walk, const git_oid *id)
{
    if (oid_set_add(&walk->seen, id))
        arena_push(walk->arena, walk->queue, walk->count, walk->capacity, *id);
}

static bool visit(struct ancestry *walk, const git_oid *id, struct error *err)
{
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    int code = git_commit_lookup(&commit, walk->repository->handle, id);
    if (code == GIT_ENOTFOUND) {
        walk->cut = true;
        return true;
    }
    if (code != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the history of %s",
                          walk->repository->name);
    unsigned parents = git_commit_parentcount(commit);
    for (unsigned i = 0; i < parents; i++)
        push(walk, git_commit_parent_id(commit, i));
    return true;
}

bool git_shallow_walk(const struct repository *repository, const git_oid *from, const git_oid *to,
                      bool *ret_found, bool *ret_cut, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    CLEANUP(ancestry_done) struct ancestry walk = { .repository = repository, .arena = arena };
    bool found = false;
    push(&walk, from);
    for (size_t i = 0; i < walk.count && !found; i++) {
        found = git_oid_equal(&walk.queue[i], to);
        if (i == WALK_CEILING)
            return error_set(err, ERROR_INPUT, "%s: more than %d commits", repository->name,
                             WALK_CEILING);
        git_oid next = walk.queue[i];
        if (!found && !visit(&walk, &next, err))
            return false;
    }
    *ret_found = found;
    *ret_cut = walk.cut;
    return true;
}

/* ------------------------------------------------------------------------ answers */

static bool cannot_tell(const struct repository *repository, const char *other, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND,
                     "cannot tell whether this commit follows %.12s: %s is a shallow "
                     "clone. " GIT_DEPTH_HINT,
                     other, repository->name);
}

static bool compare_shallow(const struct git_source *source, const git_oid *other,
                            enum git_order *ret_order, const char *hex, struct error *err)
{
    bool found, cut, cut_other;
    if (!git_shallow_walk(source->repository, &source->commit, other, &found, &cut, err))
        return false;
    if (found) {
        *ret_order = GIT_DESCENDANT;
        return true;
    }
    if (!git_shallow_walk(source->repository, other, &source->commit, &found, &cut_other, err))
        return false;
    if (!found && (cut || cut_other))
        return cannot_tell(source->repository, hex, err);
    *ret_order = found ? GIT_OLDER : GIT_DIVERGED;
    return true;
}

static bool compare_whole(const struct git_source *source, const git_oid *other,
                          enum git_order *ret_order, struct error *err)
{
    git_repository *handle = source->repository->handle;
    int newer = git_graph_descendant_of(handle, &source->commit, other);
    int older = newer == 0 ? git_graph_descendant_of(handle, other, &source->commit) : 0;
    if (newer < 0 || older < 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the history of %s",
                          source->repository->name);
    *ret_order = newer ? GIT_DESCENDANT : older ? GIT_OLDER : GIT_DIVERGED;
    return true;
}

static bool is_known(const struct repository *repository, const git_oid *id)
{
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    return git_commit_lookup(&commit, repository->handle, id) == 0;
}

/* What the commit itself says: most runs follow the last one, or its parent. */
static bool compare_glanced(const struct glance *glance, const char *other,
                            enum git_order *ret_order)
{
    bool same = strcmp(glance->record.commit, other) == 0;
    bool child = false;
    for (size_t i = 0; i < glance->commit.parent_count; i++)
        child |= strcmp(glance->commit.parents[i], other) == 0;
    *ret_order = same ? GIT_SAME : GIT_DESCENDANT;
    return same || child;
}

bool git_compare(struct git_source *source, const char *other, enum git_order *ret_order,
                 struct error *err)
{
    git_oid id;
    if (source->glance && compare_glanced(source->glance, other, ret_order))
        return true;
    if (!git_source_whole(source, err))
        return false;
    const struct repository *repository = source->repository;
    if (strlen(other) != GIT_OID_HEXSZ || git_oid_fromstr(&id, other) != 0) {
        *ret_order = GIT_NOT_KNOWN;
        return true;
    }
    if (git_oid_equal(&id, &source->commit)) {
        *ret_order = GIT_SAME;
        return true;
    }
    if (!is_known(repository, &id)) {
        if (repository->shallow)
            return cannot_tell(repository, other, err);
        *ret_order = GIT_NOT_KNOWN;
        return true;
    }
    return repository->shallow ? compare_shallow(source, &id, ret_order, other, err)
                               : compare_whole(source, &id, ret_order, err);
}

bool git_base(struct git_source *source, struct arena *arena, const char *other,
              const char **ret_base, struct error *err)
{
    enum git_order order;
    git_oid id, base;
    char hex[GIT_OID_HEXSZ + 1];
    *ret_base = NULL;
    if (!git_compare(source, other, &order, err))
        return false;
    if (order == GIT_DIVERGED && !git_source_whole(source, err))
        return false;
    if (order != GIT_DIVERGED || git_oid_fromstr(&id, other) != 0)
        return true;
    int code = git_merge_base(&base, source->repository->handle, &source->commit, &id);
    if (code == GIT_ENOTFOUND)
        return true;
    if (code != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the history of %s",
                          source->repository->name);
    git_oid_tostr(hex, sizeof hex, &base);
    *ret_base = arena_strdup(arena, hex);
    return true;
}
