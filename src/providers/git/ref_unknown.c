/*
 * ref_unknown: what is wrong with a ref, and what would be right.
 *
 * Of what gitrevisions(7) offers, forms that name no one commit are refused here
 * by name, and so is the search in messages: it finds another commit with each
 * push, and libgit2 1.5 loses memory for each commit that it looks at.
 */
#include "manifest/shape.h"
#include "providers/git/repository.h"

#include <string.h>

enum { NAMES = 10000 };

static const struct {
    const char *part, *why;
} FORMS[] = {
    { "..", "a range of commits; give one of its ends (a comparison is diff --from REF --to REF)" },
    { "^{/", "a search in messages, which finds another commit tomorrow; give the commit's id" },
    { ":/", "a search in messages, which finds another commit tomorrow; give the commit's id" },
    { ":",
      "a file or folder of a commit; give the commit alone, and the folder with -f or --path" },
    { "@{-", "what was checked out before; give its name" },
};

bool git_ref_form(const char *ref, struct error *err)
{
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (strstr(ref, FORMS[i].part))
            return error_set(err, ERROR_USAGE, "the ref %s is %s", ref, FORMS[i].why);
    return true;
}

bool git_ref_malformed(const char *ref, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "\"%s\" is no ref; right would be a branch, a tag, a commit's id, one of them "
                     "with ~N behind it, or \"semver:>=1.2 <2\"",
                     ref);
}

/* Branches and tags as a user would write them, without the remote's name. */
static const char *short_of(const char *name)
{
    static const char *const prefixes[] = { "refs/heads/", "refs/tags/", "refs/remotes/origin/" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name + strlen(prefixes[i]);
    return NULL;
}

/* The branch or tag that was most likely meant, or NULL. */
static const char *nearest(const struct repository *repository, struct arena *arena,
                           const char *ref)
{
    git_reference_iterator *references = NULL;
    const char **names = arena_array(arena, NAMES, sizeof *names), *name;
    size_t count = 0;
    int code = git_reference_iterator_new(&references, repository->handle);
    while (code == 0 && count < NAMES && (code = git_reference_next_name(&name, references)) == 0)
        if (short_of(name))
            names[count++] = arena_strdup(arena, short_of(name));
    git_reference_iterator_free(references);
    return suggest(ref, names, count);
}

bool git_ref_unknown(const struct repository *repository, const char *ref, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (repository->shallow)
        return error_set(err, ERROR_NOT_FOUND,
                         "no branch, tag or commit %s in the shallow clone %s: " GIT_DEPTH_HINT,
                         ref, repository->name);
    const char *meant = nearest(repository, arena, ref);
    return error_set(err, ERROR_USAGE, "no branch, tag or commit %s in %s%s%s%s", ref,
                     repository->name, meant ? " (did you mean " : "", meant ? meant : "",
                     meant ? "?)" : "");
}
