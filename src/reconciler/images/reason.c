/* reason: why an Image is built, for people; see provider.h. */
#include "providers/git/changes.h"
#include "reconciler/images/images_inner.h"
#include "reconciler/images/provider.h"

#include <string.h>

enum { SHORT_DIGEST = 19 }; /* "sha256:" and 12 digits */

static const char *shown(const char *path)
{
    return *path ? path : "the repository";
}

/* What it is made of, when no Dockerfile says so: the folders that it takes. */
static bool is_made_of_files(const struct image_spec *spec)
{
    return spec->settings.file_count && !spec->build.given;
}

/* How many files of it changed, and in which commit the last of them. False: nobody can tell. */
static bool count_changes(struct arena *arena, const struct image_run *run, const char *since,
                          size_t *ret_files, const char **ret_commit)
{
    const struct image_spec *spec = run->spec;
    struct git_source *git = run->images->source->git;
    struct error ignored = { 0 };
    size_t paths = is_made_of_files(spec) ? spec->settings.file_count : 1, files;
    *ret_files = 0;
    *ret_commit = NULL;
    for (size_t i = 0; i < paths; i++) {
        const char *path =
            is_made_of_files(spec) ? spec->settings.files[i].from : spec->build.context;
        const char *commit = NULL;
        if (!git_changes(git, arena, since, path, &files, &commit, &ignored))
            return false;
        *ret_files += files;
        *ret_commit = commit ? commit : *ret_commit;
    }
    return true;
}

/* "services/api changed in 3f2a1c7: 4 files", or what else can be said. */
static const char *cause(struct arena *arena, const struct image_run *run, const char *since)
{
    const struct image_spec *spec = run->spec;
    const char *path =
        shown(is_made_of_files(spec) ? spec->settings.files[0].from : spec->build.context);
    const char *commit;
    size_t files;
    if (run->dirty)
        return arena_printf(arena, "%s differs from the commit", path);
    if (run->bases.count && !run->source_digest)
        return arena_printf(arena, "it stands on Image/%s", run->bases.items[0]);
    if (!*since || !run->images->source->git || !count_changes(arena, run, since, &files, &commit))
        return path;
    if (!files)
        return "it is not there";
    return arena_printf(arena, "%s changed%s%s: %zu file%s", path, commit ? " in " : "",
                        commit ? commit_short(arena, commit) : "", files, files == 1 ? "" : "s");
}

static const char *builder_text(struct arena *arena, const struct image_run *run)
{
    static const char *const names[] = {
        [BUILDER_DOCKER] = "docker", [BUILDER_BUILDKIT] = "buildkit"
    };
    if (run->choice.builder != BUILDER_DOCKER && run->choice.builder != BUILDER_BUILDKIT)
        return "";
    return arena_printf(arena, ", by %s%s%s", names[run->choice.builder],
                        *run->choice.reason ? ": " : "", run->choice.reason);
}

bool image_built_before(const struct image_run *run, const char *since)
{
    struct git_source *git = run->images->source->git;
    const struct image_spec *spec = run->spec;
    if (run->older != OLDER_UNKNOWN)
        return run->older == OLDER_THERE;
    return git && *since
           && git_had(git, since,
                      is_made_of_files(spec) ? spec->settings.files[0].from : spec->build.context);
}

const char *image_reason(struct arena *arena, const struct image_run *run, const char *since)
{
    const char *digest = run->computed && run->image.digest
                             ? arena_printf(arena, " %.*s…", SHORT_DIGEST, run->image.digest)
                             : "";
    return arena_printf(arena, "build%s (%s)%s", digest, cause(arena, run, since),
                        builder_text(arena, run));
}
