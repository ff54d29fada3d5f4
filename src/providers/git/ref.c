/*
 * ref: from what a user writes to a commit.
 *
 * Names are looked up in git's own order (gitrevisions(7)): 40 hex digits are an
 * id; then a full ref, refs/NAME, tags, branches, remote branches; then a short
 * id. Only where all of that fails is NAME also looked for below refs/remotes/
 * origin/, because CI checks out a detached commit without local branches.
 * Ranges of versions are semver_ref.c's, messages are ref_unknown.c's.
 */
#include "providers/git/repository.h"

#include <ctype.h>
#include <string.h>

enum { CANDIDATES = 8 };

/* ------------------------------------------------------------ short object ids */

struct prefix_search {
    git_repository *handle;
    git_oid prefix;
    size_t digits, found;
    git_oid commits[CANDIDATES];
};

static int note_commit(const git_oid *id, void *context)
{
    struct prefix_search *search = context;
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    if (git_oid_ncmp(id, &search->prefix, search->digits) != 0 || search->found == CANDIDATES)
        return 0;
    for (size_t i = 0; i < search->found; i++)
        if (git_oid_equal(id, &search->commits[i]))
            return 0;
    if (git_commit_lookup(&commit, search->handle, id) == 0)
        git_oid_cpy(&search->commits[search->found++], id);
    return 0;
}

static bool name_candidates(const struct prefix_search *search, const char *ref, struct error *err)
{
    AUTO_BUF list = BUF_INIT(CANDIDATES * 64);
    for (size_t i = 0; i < search->found; i++) {
        char hex[13];
        git_oid_tostr(hex, sizeof hex, &search->commits[i]);
        buf_printf(&list, "%s%s", i ? ", " : "", hex);
    }
    return error_set(err, ERROR_USAGE, "%s is ambiguous: it could be the commit %s%s", ref,
                     buf_text(&list), search->found == CANDIDATES ? " …" : "");
}

/* Of several objects with this short id, the one that is a commit. */
static bool find_short_commit(const struct repository *repository, const char *ref,
                              git_oid *ret_commit, struct error *err)
{
    CLEANUP(git_odb_free_at) git_odb *odb = NULL;
    struct prefix_search search = { .handle = repository->handle, .digits = strlen(ref) };
    if (strspn(ref, "0123456789abcdefABCDEF") != search.digits
        || git_oid_fromstrn(&search.prefix, ref, search.digits) != 0)
        return error_set(err, ERROR_USAGE, "%s is ambiguous in %s: give more digits", ref,
                         repository->name);
    if (git_repository_odb(&odb, repository->handle) != 0
        || git_odb_foreach(odb, note_commit, &search) != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the objects of %s", repository->name);
    if (search.found == 0)
        return git_ref_unknown(repository, ref, err);
    if (search.found > 1)
        return name_candidates(&search, ref, err);
    git_oid_cpy(ret_commit, &search.commits[0]);
    return true;
}

/* ------------------------------------------------------------------------ names */

/* "main" of refs/heads/main, "v1" of refs/tags/v1, "main" of refs/remotes/origin/main. */
static const char *short_name(struct arena *arena, const git_reference *reference)
{
    static const char *const prefixes[] = { "refs/heads/", "refs/tags/", "refs/remotes/origin/" };
    const char *name = git_reference_name(reference);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return arena_strdup(arena, name + strlen(prefixes[i]));
    return strcmp(name, "HEAD") == 0 ? "" : arena_strdup(arena, name);
}

static bool peel(const struct repository *repository, const char *ref, git_object *object,
                 git_oid *ret_commit, struct error *err)
{
    CLEANUP(git_object_free_at) git_object *commit = NULL;
    if (git_object_peel(&commit, object, GIT_OBJECT_COMMIT) != 0)
        return error_set(err, ERROR_USAGE, "%s of %s is a %s, not a commit", ref, repository->name,
                         git_object_type2string(git_object_type(object)));
    git_oid_cpy(ret_commit, git_object_id(commit));
    return true;
}

/*
 * The current branch of a work tree; a cache's HEAD was set to the remote's. A folder
 * without a commit may still be read from the disk, unless a commit was `asked` for.
 */
static bool find_head(const struct repository *repository, struct arena *arena, bool asked,
                      git_oid *ret_commit, const char **ret_name, struct error *err)
{
    CLEANUP(git_reference_free_at) git_reference *head = NULL;
    CLEANUP(git_object_free_at) git_object *object = NULL;
    int code = git_repository_head(&head, repository->handle);
    if (code == GIT_EUNBORNBRANCH || code == GIT_ENOTFOUND)
        return error_set(err, asked ? ERROR_USAGE : ERROR_NOT_FOUND, "%s has no commit yet",
                         repository->name);
    if (code != 0 || git_reference_peel(&object, head, GIT_OBJECT_ANY) != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read HEAD of %s", repository->name);
    if (!peel(repository, "HEAD", object, ret_commit, err))
        return false;
    *ret_name = short_name(arena, head);
    return true;
}

static int parse_expression(const struct repository *repository, struct arena *arena,
                            const char *ref, git_object **ret_object, git_reference **ret_name)
{
    int code = git_revparse_ext(ret_object, ret_name, repository->handle, ref);
    if (code != GIT_ENOTFOUND)
        return code;
    const char *remote = arena_printf(arena, "refs/remotes/origin/%s", ref);
    return git_revparse_ext(ret_object, ret_name, repository->handle, remote);
}

static bool find_expression(const struct repository *repository, struct arena *arena,
                            const char *ref, git_oid *ret_commit, const char **ret_name,
                            struct error *err)
{
    CLEANUP(git_object_free_at) git_object *object = NULL;
    CLEANUP(git_reference_free_at) git_reference *reference = NULL;
    int code = parse_expression(repository, arena, ref, &object, &reference);
    if (code == GIT_EAMBIGUOUS) {
        *ret_name = "";
        return find_short_commit(repository, ref, ret_commit, err);
    }
    if (code == GIT_ENOTFOUND || code == GIT_EPEEL)
        return git_ref_unknown(repository, ref, err);
    if (code == GIT_EINVALIDSPEC)
        return git_ref_malformed(ref, err);
    if (code != 0)
        return git_failed(err, ERROR_LOCAL, "%s: cannot find %s", repository->name, ref);
    if (!peel(repository, ref, object, ret_commit, err))
        return false;
    *ret_name = reference ? short_name(arena, reference) : "";
    return true;
}

bool git_ref_find(const struct repository *repository, struct arena *arena, const char *ref,
                  git_oid *ret_commit, const char **ret_name, struct error *err)
{
    static const char semver[] = "semver:";
    if (!ref || strcmp(ref, "HEAD") == 0)
        return find_head(repository, arena, ref || repository->options.url, ret_commit, ret_name,
                         err);
    if (!*ref || strlen(ref) > GIT_REF_CEILING)
        return error_set(err, ERROR_USAGE, "a ref has 1 to %d bytes, this one has %zu",
                         GIT_REF_CEILING, strlen(ref));
    if (strncmp(ref, semver, sizeof semver - 1) == 0)
        return git_ref_semver(repository, arena, ref + sizeof semver - 1, ret_commit, ret_name,
                              err);
    return git_ref_form(ref, err)
           && find_expression(repository, arena, ref, ret_commit, ret_name, err);
}
