/*
 * tags: the tags of an image that was refused where it runs; see rollback.h.
 *
 * `latest` is for whoever pulls without a digest: it must not stay on an image that this very
 * run moved it to and then took out of service. What still runs the image, here or in another
 * target of the run, keeps its tags. Later runs leave them where they are for as long as the
 * rollback lasts.
 */
#include "reconciler/images/join.h"
#include "reconciler/rollback/rollback.h"
#include "reconciler/rollback/stick.h"

#include <string.h>

enum { SHORT_DIGEST = 19 }; /* "sha256:" and 12 digits */

/* ----------------------------------------------------------------------- moving back */

static const struct restored *put_back(const struct target_run *target, const struct object_id *id)
{
    for (size_t i = 0; i < target->restored_count; i++)
        if (target->restored[i].done && object_id_compare(&target->restored[i].id, id) == 0)
            return &target->restored[i];
    return NULL;
}

static bool runs(struct run *run, const struct resource *object, size_t image)
{
    bool *flags = arena_array(run->arena, run->set.image_count + 1, sizeof *flags);
    images_bound(run->images, object, flags);
    return flags[image];
}

/* What runs the image and was not put back; NULL: nothing does. */
static const struct resource *other_user(struct run *run, size_t image)
{
    for (size_t i = 0; i < run->target_count; i++) {
        const struct target_run *target = &run->targets[i];
        for (size_t j = 0; j < target->desired_count; j++)
            if (!put_back(target, &target->desired[j]->id) && runs(run, target->desired[j], image))
                return target->desired[j];
    }
    return NULL;
}

/* "latest, stable"; NULL: this run moved none. */
static const char *moved_tags(struct arena *arena, const struct image_run *image)
{
    const char *text = NULL;
    for (size_t i = 0; i < image->tag_count; i++)
        if (image->tags[i].from)
            text = text ? arena_printf(arena, "%s, %s", text, image->tags[i].text)
                        : image->tags[i].text;
    return text;
}

static const char *back_text(struct arena *arena, const struct image_run *image,
                             const struct image_tag *tag, const char *from)
{
    if (strcmp(tag->live, from) != 0)
        return arena_printf(arena, "Image/%s: somebody moved the tag %s meanwhile: left alone",
                            image->spec->name, tag->text);
    return arena_printf(arena, "Image/%s: the tag %s is back at %.*s…", image->spec->name,
                        tag->text, SHORT_DIGEST, from);
}

static const char *move_back(struct arena *arena, struct image_run *image, const char *moved,
                             const struct wait *wait)
{
    struct error error = { .kind = ERROR_NONE };
    struct image_tag *before = arena_array(arena, image->tag_count, sizeof *before);
    const char *text = "";
    memcpy(before, image->tags, image->tag_count * sizeof *before);
    if (!image_tags_back(image, wait, &error))
        return arena_printf(arena, "Image/%s: not moved back (%s): %s", image->spec->name, moved,
                            error.message);
    for (size_t i = 0; i < image->tag_count; i++)
        if (before[i].from)
            text = arena_printf(arena, "%s%s%s", text, *text ? ". " : "",
                                back_text(arena, image, &image->tags[i], before[i].from));
    return text;
}

/* What became of the tags of an image that `leader` ran; NULL: this run moved none. */
static const char *treat(struct run *run, size_t index, const struct wait *wait)
{
    struct image_run *image = &images_all(run->images, &(size_t){ 0 })[index];
    const char *moved = image->ready ? moved_tags(run->arena, image) : NULL;
    const struct resource *other = moved ? other_user(run, index) : NULL;
    if (!moved)
        return NULL;
    if (other)
        return arena_printf(run->arena, "Image/%s: keeps its tags (%s): %s runs it, too",
                            image->spec->name, moved,
                            object_id_text(run->arena, &other->id, run->set.project.namespace));
    return move_back(run->arena, image, moved, wait);
}

void rollback_tags(struct run *run, struct target_run *target, const struct wait *wait)
{
    size_t count = run->images ? run->set.image_count : 0;
    for (size_t i = 0; i < target->restored_count && count; i++) {
        struct restored *restored = &target->restored[i];
        const struct resource *object =
            resources_find(target->desired, target->desired_count, &restored->id);
        const char **texts = arena_array(run->arena, count, sizeof *texts);
        restored->tags = texts;
        for (size_t j = 0; j < count && restored->done && object; j++) {
            const char *text = runs(run, object, j) ? treat(run, j, wait) : NULL;
            if (text)
                texts[restored->tag_count++] = text;
        }
    }
}

/* ------------------------------------------------------------------------- by hand */

static const char *elsewhere_text(struct arena *arena, const struct image_run *image,
                                  const struct image_tag *tag)
{
    const char *text = arena_printf(arena, "Image/%s: the tag %s stays on another image (%.*s…)",
                                    image->spec->name, tag->text, SHORT_DIGEST, tag->live);
    if (!image->store || !image->store->host)
        return text;
    return arena_printf(arena, "%s. To move it, too:\n  cmx-reconcile registry tag %s@%s %s", text,
                        image->name, image->image.digest, tag->text);
}

void rollback_tags_elsewhere(const struct revision *revision, const struct resource *resource,
                             struct arena *arena, struct text_list *ret)
{
    size_t count = 0;
    struct images *images = revision->run->images;
    struct image_run *all = images ? images_all(images, &count) : NULL;
    bool *flags = arena_array(arena, count + 1, sizeof *flags);
    if (images)
        images_bound(images, resource, flags);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; flags[i] && j < all[i].tag_count; j++) {
            const struct image_tag *tag = &all[i].tags[j];
            if (tag->live && all[i].image.digest && strcmp(tag->live, all[i].image.digest) != 0)
                arena_push(arena, ret->items, ret->count, ret->capacity,
                           elsewhere_text(arena, &all[i], tag));
        }
}

/* ------------------------------------------------------------------------- staying */

static const struct record_member *held_member(const struct target_run *target, const bool *held,
                                               const struct object_id *id)
{
    for (size_t i = 0; i < target->record.count; i++)
        if (held[i] && object_id_compare(&target->record.members[i].id, id) == 0)
            return &target->record.members[i];
    return NULL;
}

/* The member that was put back from the image, where all that run it were; else NULL. */
static const struct record_member *leader_of(const struct run *run, const struct target_run *target,
                                             const bool *held, size_t image)
{
    const struct record_member *leader = NULL;
    for (size_t i = 0; i < target->desired_count; i++) {
        const struct resource *object = target->desired[i];
        bool *flags = arena_array(run->arena, run->set.image_count + 1, sizeof *flags);
        images_bound(run->images, object, flags);
        if (!flags[image])
            continue;
        const struct record_member *member = held_member(target, held, &object->id);
        if (!member)
            return NULL;
        leader = leader ? leader : member;
    }
    return leader;
}

static struct hold hold_for(struct arena *arena, const char *image,
                            const struct record_member *leader)
{
    struct record_rollback *rollback = arena_alloc(arena, sizeof *rollback);
    *rollback = *leader->rollback;
    rollback->refused = rollback->reads = "";
    rollback->with = object_id_full(arena, &leader->id);
    return (struct hold){ .id = image_id(image),
                          .purpose = ROLLBACK_PURPOSE,
                          .by = rollback->by,
                          .reason = rollback->reason,
                          .since = rollback->since,
                          .rollback = rollback };
}

const struct hold *rollback_image_holds(const struct run *run, const struct target_run *target,
                                        const bool *held, size_t *ret_count)
{
    size_t count = 0;
    const struct image_run *images = run->images ? images_all(run->images, &count) : NULL;
    struct hold *holds = arena_array(run->arena, count + 1, sizeof *holds);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool differs = images[i].state == IMAGE_THERE && image_tags_differ(&images[i]);
        const struct record_member *leader = differs ? leader_of(run, target, held, i) : NULL;
        if (leader)
            holds[(*ret_count)++] = hold_for(run->arena, images[i].spec->name, leader);
    }
    return holds;
}
