/* machines: see machines.h. */
#include "reconciler/images/machines.h"

#include "base/cleanup.h"

#include <string.h>

/* What a machine of 64 bits runs besides, as containerd's platforms.Only() has it. */
static struct platform older_of(const struct platform *machine)
{
    struct platform older = *machine;
    if (strcmp(machine->architecture, "amd64") == 0)
        older.architecture = "386";
    if (strcmp(machine->architecture, "arm64") == 0) {
        older.architecture = "arm";
        older.variant = "v8";
    }
    return older;
}

/* May the machine run one of what the image is built for? */
static bool fits(struct arena *arena, const struct image_spec *image, const char *machine)
{
    struct platform offered, wanted;
    struct error ignored = { 0 };
    if (!platform_parse(arena, machine, &wanted, &ignored))
        return true;
    struct platform older = older_of(&wanted);
    for (size_t i = 0; i < image->build.platforms.count; i++)
        if (platform_parse(arena, image->build.platforms.items[i], &offered, &ignored)
            && (platform_fits(&wanted, &offered) || platform_fits(&older, &offered)))
            return true;
    return false;
}

static const char *joined(struct arena *arena, const struct text_list *list)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", list->items[i]);
    return arena_strdup(arena, buf_text(&text));
}

static void judge(struct arena *arena, const struct image_spec *image,
                  const struct machine_count *machines, size_t count, struct text_list *sentences)
{
    size_t all = 0, bad = 0;
    const char *first = NULL;
    for (size_t i = 0; i < count; i++) {
        bool fine = fits(arena, image, machines[i].platform);
        all += machines[i].count;
        bad += fine ? 0 : machines[i].count;
        first = fine || first ? first : machines[i].platform;
    }
    if (!bad)
        return;
    const char *sentence = arena_printf(
        arena, "Image/%s is built for %s, and %zu of %zu node%s cannot run that (%s)", image->name,
        joined(arena, &image->build.platforms), bad, all, all == 1 ? "" : "s", first);
    arena_push(arena, sentences->items, sentences->count, sentences->capacity, sentence);
}

void images_misfits(struct images *images, const struct plan_images *steps, struct arena *arena,
                    const struct machine_count *machines, size_t count,
                    struct text_list *ret_sentences)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct image_run *run = images_find(images, steps->wanted[i]->id.name);
        if (!image_is_pinned(run->spec))
            judge(arena, run->spec, machines, count, ret_sentences);
    }
}
