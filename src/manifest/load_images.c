/*
 * load_images: the Images of a source, sorted by name. Part of load.h.
 *
 * One that is wrong fails the whole source, even with --keep-going: what runs it would else
 * be rolled out with a tag in place of a digest.
 */
#include "manifest/image_reading.h"
#include "manifest/load.h"

#include <string.h>

const struct image_spec *set_image(const struct set *set, const char *name)
{
    for (size_t i = 0; name && i < set->image_count; i++)
        if (strcmp(set->images[i].name, name) == 0)
            return &set->images[i];
    return NULL;
}

static void tell_twice(struct loader *loader, const struct image_spec *image, struct place place,
                       const struct image_spec *first, const char *what)
{
    problem_add(loader->problems, image->file, place, true, "%s: the first is at %s:%u:%u", what,
                first->file->path, first->place.line, first->place.column);
}

/* Two Images of one name, or of one repository: whose digest would be taken? */
static bool is_first(struct loader *loader, const struct image_spec *image)
{
    const struct set *set = loader->set;
    const struct image_spec *other = set_image(set, image->name);
    if (other) {
        tell_twice(loader, image, image->place, other,
                   arena_printf(loader->arena, "Image %s is defined twice", image->name));
        return false;
    }
    for (size_t i = 0; image->repository && i < set->image_count; i++) {
        other = &set->images[i];
        if (!other->repository || strcmp(other->home, image->home) != 0)
            continue;
        tell_twice(
            loader, image, value_at(image->document, "spec", "repository", NULL)->place, other,
            arena_printf(loader->arena, "spec.repository: Image %s has the same one", other->name));
        return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct image_spec *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void load_images(struct loader *loader)
{
    struct set *set = loader->set;
    size_t capacity = 0;
    for (size_t i = 0; i < loader->own_count; i++) {
        const struct own_document *own = &loader->own[i];
        struct image_spec image;
        if (strcmp(own->shape->kind, IMAGE_KIND) != 0)
            continue;
        if (image_read(loader->arena, own->document, own->file, &image, loader->problems)
            && is_first(loader, &image))
            arena_push(loader->arena, set->images, set->image_count, capacity, image);
        else
            load_failed(loader, "", "an Image is not valid");
    }
    if (set->image_count)
        qsort(set->images, set->image_count, sizeof *set->images, by_name);
}
