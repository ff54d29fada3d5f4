/*
 * circle: Images that stand on one another, told before any of them is looked at: nothing could
 * begin, in whatever order.
 */
#include "base/cleanup.h"
#include "manifest/cycle.h"
#include "reconciler/images/images_inner.h"

/* The path leads from the Image up to its base. */
static void tell(struct image_run *run, const struct image_run *runs, const size_t *path,
                 size_t length)
{
    const char *text = "it";
    for (size_t i = length; i > 0; i--)
        text = arena_printf(run->arena, "%s stands on Image/%s%s", text,
                            runs[path[i - 1]].spec->name, i > 1 ? ", which" : "");
    error_set(&run->error, ERROR_INPUT, "%s", text);
    run->state = IMAGE_FAILED;
}

void images_find_circles(struct images *images)
{
    AUTO_ARENA arena = arena_new();
    size_t count = images->set->image_count, length, *path;
    size_t *order = arena_array(arena, count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    struct acyclic *graph = acyclic_new(arena, count, order);
    for (size_t i = 0; i < count; i++) {
        struct image_run *run = &images->runs[i];
        for (size_t j = 0; j < run->bases.count && run->state != IMAGE_FAILED; j++) {
            size_t base = (size_t)(images_find(images, run->bases.items[j]) - images->runs);
            if (acyclic_add(graph, base, i, &path, &length) == ACYCLIC_CLOSES)
                tell(run, images->runs, path, length);
        }
    }
}
