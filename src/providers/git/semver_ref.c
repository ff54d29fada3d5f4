/*
 * semver_ref: the highest tag within a range of versions.
 *
 * Tags that are no versions are left out. Of two tags of one version ("v1.2.0"
 * and "1.2.0+b2") the one with the later commit wins, then the later name.
 */
#include "providers/git/repository.h"
#include "providers/git/semver.h"

#include <string.h>

enum { TAG_CEILING = 200000 };

struct best {
    bool found;
    struct semver version;
    const char *name;
    git_oid commit;
    git_time_t time;
};

static bool tag_commit(git_reference *tag, struct best *candidate)
{
    git_object *object = NULL;
    if (git_reference_peel(&object, tag, GIT_OBJECT_COMMIT) != 0)
        return false;
    git_oid_cpy(&candidate->commit, git_object_id(object));
    candidate->time = git_commit_time((git_commit *)object);
    git_object_free(object);
    return true;
}

static bool is_better(const struct best *candidate, const struct best *best)
{
    int order = best->found ? semver_compare(&candidate->version, &best->version) : 1;
    if (order == 0 && candidate->time != best->time)
        order = candidate->time > best->time ? 1 : -1;
    return order ? order > 0 : strcmp(candidate->name, best->name) > 0;
}

static void consider(struct arena *arena, const struct semver_range *range, git_reference *tag,
                     struct best *best)
{
    static const char prefix[] = "refs/tags/";
    const char *name = git_reference_name(tag) + sizeof prefix - 1;
    struct best candidate = { .found = true };
    if (!semver_parse(arena, name, &candidate.version)
        || !semver_range_fits(range, &candidate.version)
        || (best->found && semver_compare(&candidate.version, &best->version) < 0)
        || !tag_commit(tag, &candidate))
        return;
    candidate.name = arena_strdup(arena, name);
    if (is_better(&candidate, best))
        *best = candidate;
}

static bool consider_all(const struct repository *repository, struct arena *arena,
                         const struct semver_range *range, struct best *best, struct error *err)
{
    git_reference_iterator *tags = NULL;
    size_t count = 0;
    int code = git_reference_iterator_glob_new(&tags, repository->handle, "refs/tags/*");
    while (code == 0 && count++ < TAG_CEILING) {
        CLEANUP(git_reference_free_at) git_reference *tag = NULL;
        code = git_reference_next(&tag, tags);
        if (code == 0)
            consider(arena, range, tag, best);
    }
    git_reference_iterator_free(tags);
    if (code == GIT_ITEROVER)
        return true;
    if (code == 0)
        return error_set(err, ERROR_INPUT, "%s: more than %d tags", repository->name, TAG_CEILING);
    return git_failed(err, ERROR_LOCAL, "cannot list the tags of %s", repository->name);
}

bool git_ref_semver(const struct repository *repository, struct arena *arena, const char *range,
                    git_oid *ret_commit, const char **ret_name, struct error *err)
{
    struct semver_range *parsed;
    struct best best = { 0 };
    if (!semver_range_parse(arena, range, &parsed, err)
        || !consider_all(repository, arena, parsed, &best, err))
        return false;
    if (!best.found)
        return error_set(err, repository->shallow ? ERROR_NOT_FOUND : ERROR_USAGE,
                         "no tag of %s is a version within %s%s", repository->name, range,
                         repository->shallow ? " (it is a shallow clone: " GIT_DEPTH_HINT ")" : "");
    *ret_commit = best.commit;
    *ret_name = best.name;
    return true;
}
