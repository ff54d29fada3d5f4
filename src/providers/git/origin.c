/*
 * origin: where a repository came from, so that two people with clones of one
 * repository have one set, and another repository is told apart.
 *
 * The URL of the remote "origin" (else of the only remote) in its normal form;
 * without a remote the id of the first commit.
 */
#include "providers/git/repository.h"

#include <string.h>

/* "remote.origin.url" as it is written: an insteadOf of one user is not the origin's name. */
static const char *remote_url(struct repository *repository, const char *remote)
{
    CLEANUP(git_config_free_at) git_config *config = NULL;
    CLEANUP(git_config_free_at) git_config *snapshot = NULL;
    AUTO_ARENA arena = arena_new();
    const char *url = NULL;
    if (git_repository_config(&config, repository->handle) != 0
        || git_config_snapshot(&snapshot, config) != 0)
        return NULL;
    const char *key = arena_printf(arena, "remote.%s.url", remote);
    if (git_config_get_string(&url, snapshot, key) != 0 || !*url)
        return NULL;
    return git_normal_url(repository->arena, url);
}

static const char *only_remote_url(struct repository *repository)
{
    AUTO_ARENA arena = arena_new();
    const char *url = git_config_only_remote(repository->handle, arena);
    return url ? git_normal_url(repository->arena, url) : NULL;
}

/* Along first parents, so that a merged-in foreign history does not change the answer. */
static bool first_commit(const struct repository *repository, const git_oid *from,
                         git_oid *ret_first, struct error *err)
{
    git_oid at = *from;
    for (;;) {
        CLEANUP(git_commit_free_at) git_commit *commit = NULL;
        int code = git_commit_lookup(&commit, repository->handle, &at);
        if (code == GIT_ENOTFOUND && repository->shallow)
            return error_set(err, ERROR_LOCAL,
                             "%s has no remote and is a shallow clone, so that its first commit "
                             "is not known: " GIT_DEPTH_HINT,
                             repository->name);
        if (code != 0)
            return git_failed(err, ERROR_LOCAL, "cannot read the history of %s", repository->name);
        if (git_commit_parentcount(commit) == 0)
            break;
        git_oid_cpy(&at, git_commit_parent_id(commit, 0));
    }
    *ret_first = at;
    return true;
}

bool git_origin(struct repository *repository, const git_oid *commit, const char **ret_origin,
                struct error *err)
{
    git_oid first;
    char hex[GIT_OID_HEXSZ + 1];
    const char *url = remote_url(repository, "origin");
    if (!url)
        url = only_remote_url(repository);
    if (!url) {
        if (!first_commit(repository, commit, &first, err))
            return false;
        git_oid_tostr(hex, sizeof hex, &first);
        url = arena_strdup(repository->arena, hex);
    }
    *ret_origin = url;
    return true;
}
