/*
 * changes: what happened to one folder between two commits, so that a plan can say why an
 * image is built: "services/api changed in 3f2a1c7: 4 files".
 */
#ifndef CMX_GIT_CHANGES_H
#define CMX_GIT_CHANGES_H

#include "providers/git/git.h"

/*
 * How many files below `folder` ("": all of it) differ between the commit `since` (40 digits)
 * and the chosen one, and which commit changed them last (in the arena; NULL: none did, or it
 * is beyond the first 1000). ERROR_NOT_FOUND: `since` is not known here.
 */
bool git_changes(struct git_source *source, struct arena *arena, const char *since,
                 const char *folder, size_t *ret_files, const char **ret_commit, struct error *err)
    __attribute__((warn_unused_result));

/* Did anything stand at this path in that commit? False also where the commit is not known here. */
bool git_had(struct git_source *source, const char *commit, const char *path);

/* 40 hex digits of the chosen commit's root tree, in the arena. Of a source of git_look_at_files().
 */
const char *git_tree_text(const struct git_source *source, struct arena *arena);

#endif
