/* between_images: see between_images.h. */
#include "reconciler/between_images.h"

#include "base/cleanup.h"
#include "providers/git/changes.h"
#include "reconciler/images/provider.h"
#include "reconciler/images/references.h"

#include <string.h>

/* What an Image is made of; files that its ignore rules leave out count as well. */
static bool files_changed(const struct between *between, const struct image_spec *image)
{
    AUTO_ARENA arena = arena_new();
    struct git_source *git = between->after.source.git;
    const struct image_settings *settings = &image->settings;
    size_t paths = image->build.given || !settings->file_count ? 1 : settings->file_count;
    for (size_t i = 0; git && i < paths; i++) {
        bool context = image->build.given || !settings->file_count;
        struct error ignored = { 0 };
        const char *commit;
        size_t files = 0;
        if (git_changes(git, arena, between->before.source.commit.commit,
                        context ? image->build.context : settings->files[i].from, &files, &commit,
                        &ignored)
            && files)
            return true;
    }
    return false;
}

static bool is_built(const struct between *between, const struct image_spec *image)
{
    const struct image_spec *before = set_image(&between->before.set, image->name);
    if (image_is_pinned(image))
        return false;
    return !before || !value_equal(before->document, image->document)
           || files_changed(between, image);
}

/* ------------------------------------------------------------------------ its objects */

struct binding {
    struct arena *arena;
    const struct set *set;
    const struct image_names *names;
    const bool *built;
};

static const char *bind_name(void *context, const char *text)
{
    const struct binding *binding = context;
    const struct image_spec *image = image_names_find(binding->names, text);
    if (!image || !binding->built[image - binding->set->images])
        return NULL;
    return arena_printf(binding->arena, "%s@%s", image->repository, IMAGE_DIGEST_LATER);
}

static void bind(struct set *set, struct binding *binding)
{
    for (size_t i = 0; i < set->count; i++)
        set->resources[i].document =
            images_visit(binding->arena, &set->project, &set->resources[i].id,
                         set->resources[i].document, bind_name, binding);
}

/* ------------------------------------------------------------------------ its change */

static const char *why(const struct between *between, struct images *images,
                       const struct image_spec *image)
{
    struct arena *arena = between->after.arena;
    if (!set_image(&between->before.set, image->name))
        return "build (it is new)";
    if (!files_changed(between, image))
        return "build (its manifest changed)";
    return image_reason(arena, images_find(images, image->name),
                        between->before.source.commit.commit);
}

static void add(struct plan *plan, const struct image_spec *image, const char *note, bool again)
{
    struct change *change = &plan->changes[plan->count];
    struct resource *step = arena_alloc(plan->arena, sizeof *step);
    *step = (struct resource){ .id = image_id(image->name),
                               .document = image->document,
                               .file = image->file,
                               .place = image->place };
    change->subject = &plan->subjects[plan->count++];
    *change->subject = (struct subject){ .id = step->id, .desired = step };
    change->arena = arena_new();
    change->action = ACTION_CREATE;
    change->cause = CAUSE_COMMIT;
    change->prediction = (struct prediction){
        .kind = PREDICT_CREATE, .after = image->document, .note = note, .renews = again
    };
}

void between_images(struct between *between, struct plan *plan)
{
    struct set *set = &between->after.set;
    struct arena *arena = between->after.arena;
    bool *built = arena_array(arena, set->image_count + 1, sizeof *built);
    struct binding binding = { arena, set, image_names_new(arena, set), built };
    static const struct images_options nothing; /* nobody is asked */
    if (!set->image_count)
        return;
    struct images *images = images_new(set, &between->after.source, &nothing);
    for (size_t i = 0; i < set->image_count; i++) {
        built[i] = is_built(between, &set->images[i]);
        if (built[i])
            add(plan, &set->images[i], why(between, images, &set->images[i]),
                set_image(&between->before.set, set->images[i].name) != NULL);
    }
    images_free(images);
    bind(set, &binding);
}
