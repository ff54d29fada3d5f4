/* join: see join.h. */
#include "reconciler/images/join.h"

#include "base/cleanup.h"
#include "reconciler/images/images_inner.h"
#include "reconciler/images/provider.h"

#include <string.h>

/* One object on its way. */
struct binding {
    struct images *images;
    struct arena *arena;
    bool *used; /* flags of the Images that it runs */
    const char *until;
};

static const char *step_name(struct arena *arena, const char *image)
{
    struct object_id id = image_id(image);
    return object_id_full(arena, &id);
}

static const char *bind_name(void *context, const char *text)
{
    struct binding *binding = context;
    const struct image_spec *spec = image_names_find(binding->images->names, text);
    if (!spec)
        return NULL;
    struct image_run *run = images_find(binding->images, spec->name);
    binding->used[run - binding->images->runs] = true;
    if (!run->image.digest)
        binding->until = step_name(binding->arena, spec->name);
    return image_pinned_name(binding->arena, run);
}

static const struct value *visit(struct binding *binding, const struct resource *object)
{
    return images_visit(binding->arena, &binding->images->set->project, &object->id,
                        object->document, bind_name, binding);
}

void images_used(struct images *images, const struct resource *const *objects, size_t count,
                 bool *chosen)
{
    AUTO_ARENA arena = arena_new();
    struct binding binding = { images, arena, chosen, NULL };
    for (size_t i = 0; i < count; i++)
        (void)visit(&binding, objects[i]);
}

static const char *find_bound(void *context, const char *text)
{
    struct binding *binding = context;
    for (size_t i = 0; i < binding->images->set->image_count; i++) {
        const struct image_run *run = &binding->images->runs[i];
        size_t length = run->name ? strlen(run->name) : 0;
        if (length && strncmp(text, run->name, length) == 0 && text[length] == '@'
            && (strcmp(text + length + 1, IMAGE_DIGEST_LATER) == 0
                || (run->image.digest && strcmp(text + length + 1, run->image.digest) == 0)))
            binding->used[i] = true;
    }
    return NULL;
}

void images_bound(struct images *images, const struct resource *object, bool *flags)
{
    AUTO_ARENA arena = arena_new();
    struct binding binding = { images, arena, flags, NULL };
    (void)images_visit(arena, &images->set->project, &object->id, object->document, find_bound,
                       &binding);
}

/* Behind the steps of these Images, whatever else it depends on. */
static void depend_on(struct arena *arena, struct resource *resource, const char *const *names,
                      size_t count)
{
    struct text_list list = { 0 };
    const struct text_list *before = &resource->options.depends_on;
    for (size_t i = 0; i < before->count; i++)
        arena_push(arena, list.items, list.count, list.capacity, before->items[i]);
    for (size_t i = 0; i < count; i++)
        arena_push(arena, list.items, list.count, list.capacity, step_name(arena, names[i]));
    resource->options.depends_on = list;
}

/* The object with digests in the places of names; itself where it runs no Image. */
static const struct resource *bound(struct images *images, struct arena *arena,
                                    const struct resource *object, bool *wanted)
{
    size_t count = images->set->image_count, used = 0;
    const char **names = arena_array(arena, count + 1, sizeof *names);
    struct binding binding = { images, arena, arena_array(arena, count + 1, sizeof(bool)), NULL };
    const struct value *document = visit(&binding, object);
    if (document == object->document)
        return object;
    struct resource *copy = arena_alloc(arena, sizeof *copy);
    *copy = *object;
    copy->document = document;
    copy->until = binding.until;
    for (size_t i = 0; i < count; i++) {
        wanted[i] |= binding.used[i];
        if (binding.used[i])
            names[used++] = images->runs[i].spec->name;
    }
    depend_on(arena, copy, names, used);
    return copy;
}

/* An Image as the plan sees it. */
static const struct resource *step_of(struct arena *arena, const struct image_run *run)
{
    struct resource *step = arena_alloc(arena, sizeof *step);
    *step = (struct resource){ .id = image_id(run->spec->name),
                               .api_version = IMAGE_GROUP "/v1",
                               .document = run->spec->document,
                               .file = run->spec->file,
                               .place = run->spec->place,
                               .options = run->spec->options,
                               .scope = SCOPE_CLUSTER };
    depend_on(arena, step, run->bases.items, run->bases.count);
    return step;
}

/* What the wanted ones stand on is a step of the same plan. */
static void add_bases(struct images *images, bool *wanted)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < images->set->image_count; i++)
            for (size_t j = 0; wanted[i] && j < images->runs[i].bases.count; j++) {
                struct image_run *base = images_find(images, images->runs[i].bases.items[j]);
                more |= !wanted[base - images->runs];
                wanted[base - images->runs] = true;
            }
    }
}

static const struct plan_images *steps(struct images *images, struct arena *arena,
                                       const bool *wanted, const char *since)
{
    size_t count = images->set->image_count;
    struct plan_images *plan = arena_alloc(arena, sizeof *plan);
    const struct resource **list = arena_array(arena, count + 1, sizeof(struct resource *));
    struct image_why *why = arena_array(arena, count + 1, sizeof *why);
    *plan =
        (struct plan_images){ .wanted = list, .provider = &provider_images, .bind = image_bind };
    for (size_t i = 0; i < count; i++) {
        const struct image_run *run = &images->runs[i];
        if (!wanted[i])
            continue;
        list[plan->count++] = step_of(arena, run);
        if (run->state != IMAGE_ABSENT)
            continue;
        why[i] =
            (struct image_why){ image_reason(arena, run, since), image_built_before(run, since) };
    }
    plan->session = image_session_new(arena, images, why, since);
    return plan->count ? plan : NULL;
}

const struct plan_images *images_join(struct images *images, struct arena *arena,
                                      const struct resource **desired, size_t count,
                                      const bool *also, const char *since)
{
    size_t all = images->set->image_count;
    bool *wanted = arena_array(arena, all + 1, sizeof *wanted);
    for (size_t i = 0; also && i < all; i++)
        wanted[i] = also[i];
    for (size_t i = 0; i < count; i++)
        desired[i] = bound(images, arena, desired[i], wanted);
    add_bases(images, wanted);
    return steps(images, arena, wanted, since);
}
