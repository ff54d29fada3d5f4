/* place: where an image is kept: a repository of a registry, or a layout of the source. */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/reference.h"
#include "oci/layout.h"
#include "reconciler/images/images_inner.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that a source names may lead out of its root, by a link either. */
static bool stays_below(const char *root, const char *path)
{
    AUTO_FREE char *real_root = realpath(root, NULL);
    AUTO_ARENA arena = arena_new();
    char *copy = arena_strdup(arena, path);
    if (!real_root)
        return false;
    size_t length = strlen(real_root);
    for (;;) {
        AUTO_FREE char *real = realpath(copy, NULL);
        char *slash = strrchr(copy, '/');
        if (real)
            return strncmp(real, real_root, length) == 0
                   && (real[length] == '/' || real[length] == '\0' || length == 1);
        if (!slash || slash == copy)
            return false;
        *slash = '\0';
    }
}

static bool layout_path(struct images *images, struct arena *arena, const char *folder,
                        const char **ret_path, struct error *err)
{
    const char *root =
        images->options->layout_root ? images->options->layout_root : images->source->root;
    if (!root)
        return error_set(err, ERROR_USAGE,
                         "oci:%s is a folder, and this source has none on the disk: say where it "
                         "lies with --directory-root DIR",
                         folder);
    *ret_path = path_join(arena, root, folder);
    return stays_below(root, *ret_path)
           || error_set(err, ERROR_REFUSED, "oci:%s leads out of %s: name a folder inside", folder,
                        root);
}

/* "FOLDER", "FOLDER:TAG" or "FOLDER@DIGEST" behind "oci:". */
static bool layout_place(struct images *images, struct arena *arena, const char *text, bool create,
                         struct image_store **ret_store, const char **ret_name,
                         const char **ret_tag, struct error *err)
{
    size_t length = strcspn(text, ":@");
    const char *folder = arena_memdup(arena, text, length), *path = NULL;
    struct error absent = { 0 };
    *ret_name = arena_printf(arena, "oci:%s", folder);
    *ret_tag = text[length] ? text + length + 1 : "latest";
    *ret_store = NULL;
    if (!layout_path(images, arena, folder, &path, err))
        return false;
    if (create)
        return layout_create(path, ret_store, err);
    if (layout_open(path, ret_store, &absent) || absent.kind == ERROR_NOT_FOUND)
        return true;
    *err = absent;
    return false;
}

bool place_open(struct images *images, struct arena *arena, const char *text, bool create,
                struct image_store **ret_store, const char **ret_name, const char **ret_tag,
                struct error *err)
{
    struct reference reference;
    const char *name, *tag;
    if (strncmp(text, "oci:", 4) == 0) {
        if (!layout_place(images, arena, text + 4, create, ret_store, &name, &tag, err))
            return false;
    } else {
        if (!reference_parse(arena, text, &reference, err)
            || !registry_open(images->registries, &reference, ret_store, err))
            return false;
        tag = reference.digest ? reference.digest : reference.tag ? reference.tag : "latest";
        reference.tag = reference.digest = NULL;
        name = reference_short(arena, &reference);
    }
    if (ret_name)
        *ret_name = name;
    if (ret_tag)
        *ret_tag = tag;
    return true;
}
