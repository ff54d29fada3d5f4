/*
 * copy: COPY from one tree into another, as BuildKit does it on a disk.
 *
 * The content of a folder is copied, not the folder; a file goes into a folder that is there
 * or that ends with "/"; links are followed where a source or the destination is one, and
 * copied as links where they lie inside; what is made on the way belongs to --chown or root.
 */
#ifndef CMX_BUILD_COPY_H
#define CMX_BUILD_COPY_H

#include "manifest/resource.h"
#include "providers/build/native/tree.h"
#include "providers/build/pattern.h"

struct copy_rules {
    bool owned; /* --chown */
    int64_t uid, gid;
    bool moded; /* --chmod with a number */
    uint32_t mode;
    const char *mode_text;                    /* --chmod with letters, or NULL          */
    const struct patterns *include, *exclude; /* below the source; or NULL              */
    unsigned layer;
};

/* A destination as BuildKit cleans it: absolute, with "/" at its end where it had one. */
const char *copy_destination(struct arena *arena, const char *folder, const char *path);

/* The paths that a source with wildcards fits, in order; it may be none. */
bool copy_wildcards(const struct tree *from, struct arena *arena, const char *source,
                    struct text_list *ret, struct error *err) __attribute__((warn_unused_result));

/*
 * Copies one source without wildcards. ERROR_NOT_FOUND: it is not there (and only then);
 * ERROR_INPUT: a file where a folder should go and the like.
 */
bool copy_path(const struct tree *from, const char *source, struct tree *to,
               const char *destination, const struct copy_rules *rules, struct arena *arena,
               struct error *err) __attribute__((warn_unused_result));

/* Where ADD unpacks to or a here-document goes: the folder of the destination, made. */
bool copy_folder(struct tree *to, const char *destination, const struct copy_rules *rules,
                 struct arena *arena, struct node **ret, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Lays one tree over another: COPY --link, whose own tree knows nothing of the base. Folders
 * that it made on the way take over what is said of them there.
 */
bool copy_over(struct tree *from, struct tree *to, struct error *err)
    __attribute__((warn_unused_result));

#endif
