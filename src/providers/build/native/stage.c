/* stage: see stage.h. */
#include "providers/build/native/stage.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "providers/build/dockerfile/expand.h"
#include "providers/build/native/members.h"

#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* -------------------------------------------------------------------------- copying */

struct text_list list_copy(struct arena *arena, const struct text_list *list)
{
    struct text_list copy = { arena_array(arena, list->count + 1, sizeof *copy.items), list->count,
                              list->count + 1 };
    if (list->count)
        memcpy(copy.items, list->items, list->count * sizeof *copy.items);
    return copy;
}

static struct image_config config_copy(struct arena *arena, const struct image_config *config)
{
    struct image_config copy = *config;
    struct text_list *const lists[] = { &copy.environment,   &copy.entrypoint, &copy.command,
                                        &copy.exposed_ports, &copy.volumes,    &copy.shell,
                                        &copy.on_build,      &copy.diff_ids };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        *lists[i] = list_copy(arena, lists[i]);
    copy.history_capacity = copy.history_count + 1;
    copy.history = arena_array(arena, copy.history_capacity, sizeof *copy.history);
    if (config->history_count)
        memcpy(copy.history, config->history, config->history_count * sizeof *copy.history);
    return copy;
}

static struct image_pairs pairs_copy(struct arena *arena, const struct image_pairs *pairs)
{
    struct image_pairs copy = { arena_array(arena, pairs->count + 1, sizeof *copy.items),
                                pairs->count, pairs->count + 1 };
    if (pairs->count)
        memcpy(copy.items, pairs->items, pairs->count * sizeof *copy.items);
    return copy;
}

/* ------------------------------------------------------------------------ beginning */

static void begin_empty(struct stage *stage)
{
    stage->config = (struct image_config){
        .platform = stage->native->plan->platforms[stage->index],
        .working_directory = "/",
        .stop_timeout = -1,
    };
    stage->tree = tree_new(stage->native->arena, build_epoch(stage->native->build));
}

static bool refuse_triggers(const struct stage *stage, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     "%s has ONBUILD %s: natively the instructions of a base are not carried out; "
                     "set build.builder: docker",
                     stage->base->reference, stage->config.on_build.items[0]);
}

static bool begin_image(struct stage *stage, const char *reference, struct error *err)
{
    struct native *native = stage->native;
    stage->base = build_base(native->build, reference);
    if (!stage->base || !stage->base->store)
        return error_set(err, ERROR_BUG, "%s was not resolved", reference);
    if (!build_load_base(native->build, native->plan, stage->index, &stage->image, native->wait,
                         err))
        return false;
    stage->config = config_copy(native->arena, &stage->image.config);
    return stage->config.on_build.count == 0 || native->rehearsal || refuse_triggers(stage, err);
}

/* ONBUILD of a stage is for those that begin with it. */
static bool begin_stage(struct stage *stage, size_t above, struct error *err)
{
    struct native *native = stage->native;
    struct arena *arena = native->arena;
    const struct stage *from = &native->stages[above];
    size_t index = stage->index;
    if (from->config.on_build.count && !native->rehearsal)
        return error_set(err, ERROR_REFUSED,
                         "the stage before it has ONBUILD, which natively is not carried out; set "
                         "build.builder: docker");
    *stage = *from;
    stage->index = index;
    stage->done = stage->command_set = false;
    stage->config = config_copy(arena, &from->config);
    stage->variables = pairs_copy(arena, &from->variables);
    stage->tree = from->tree ? tree_copy(arena, from->tree) : NULL;
    stage->layers = arena_array(arena, from->layer_count + 1, sizeof *stage->layers);
    stage->layer_capacity = from->layer_count + 1;
    if (from->layer_count)
        memcpy(stage->layers, from->layers, from->layer_count * sizeof *stage->layers);
    stage->linked = arena_array(arena, from->linked_count + 1, sizeof *stage->linked);
    stage->linked_capacity = from->linked_count + 1;
    if (from->linked_count)
        memcpy(stage->linked, from->linked, from->linked_count * sizeof *stage->linked);
    return true;
}

/* PATH is always set; what the base sets is there for ${variables}. */
static void set_environment(struct stage *stage)
{
    struct arena *arena = stage->native->arena;
    struct text_list *environment = &stage->config.environment;
    bool path = false;
    for (size_t i = 0; i < environment->count; i++)
        path |= strncmp(environment->items[i], "PATH=", 5) == 0;
    if (!path)
        arena_push(arena, environment->items, environment->count, environment->capacity,
                   "PATH=" DEFAULT_PATH);
    for (size_t i = 0; i < environment->count; i++) {
        const char *item = environment->items[i], *equals = strchr(item, '=');
        if (equals)
            variables_set(arena, &stage->variables,
                          arena_memdup(arena, item, (size_t)(equals - item)), equals + 1);
    }
}

static bool begin(struct stage *stage, struct error *err)
{
    struct native *native = stage->native;
    const char *from = native->plan->from[stage->index];
    bool done = true;
    if (native->rehearsal && !native->bases_known && build_base(native->build, from)) {
        stage->open = true;
    } else if (strcmp(from, "scratch") == 0) {
        begin_empty(stage);
    } else if (build_base(native->build, from)) {
        done = begin_image(stage, from, err);
    } else {
        int above = dockerfile_stage(&native->build->dockerfile, from, stage->index);
        done = above >= 0 ? begin_stage(stage, (size_t)above, err)
                          : error_set(err, ERROR_BUG, "no stage %s", from);
    }
    /* What a base's ONBUILD sets comes with it. */
    stage->open |= done && native->rehearsal && stage->config.on_build.count;
    if (done && !stage->open)
        set_environment(stage);
    return done;
}

/* ------------------------------------------------------------------------ carrying out */

static bool run_one(struct stage *stage, const struct instruction *instruction, struct error *err)
{
    const struct build_target *target = stage->native->target;
    const struct build_event event = { .kind = BUILD_STEP, .text = instruction->text };
    if (target->progress)
        target->progress(target->progress_context, &event);
    stage->word = NULL;
    stage->unknown = stage->malformed = false;
    if (!wait_check(stage->native->wait, "building", err))
        return false;
    switch (instruction->kind) {
    case INSTRUCTION_RUN:
        return stage->native->rehearsal || stage_configure(stage, instruction, err);
    case INSTRUCTION_COPY:
    case INSTRUCTION_ADD:
        return stage_copy(stage, instruction, err);
    case INSTRUCTION_WORKDIR:
        return stage_workdir(stage, instruction, err);
    default:
        return stage_configure(stage, instruction, err);
    }
}

struct place stage_place(const struct stage *stage, const struct instruction *instruction)
{
    return instruction_place(stage->dockerfile->file, instruction, stage->word);
}

static bool failed(struct stage *stage, const struct instruction *instruction, struct error *err)
{
    struct place place = stage_place(stage, instruction);
    return error_prefix(err, "%s:%u:%u: %s", stage->dockerfile->file->path, place.line,
                        place.column, instruction->name);
}

static bool run_all(struct stage *stage, const struct dockerfile_stage *source, struct error *err)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct instruction *one = &source->instructions[i];
        if (run_one(stage, one, err))
            continue;
        if (!stage->native->rehearsal || err->kind == ERROR_CANCELLED)
            return failed(stage, one, err);
        stage_fault(stage, one, err);
    }
    return true;
}

bool stage_run(struct native *native, size_t index, struct error *err)
{
    struct build *build = native->build;
    /* What a stage stands on comes before it, so that in this order all is there. */
    for (size_t i = 0; i <= index; i++) {
        struct stage *stage = &native->stages[i];
        const struct dockerfile_stage *source = &build->dockerfile.stages[i];
        if (!native->plan->needed[i] || stage->done)
            continue;
        *stage = (struct stage){ .native = native, .index = i };
        bool begun = begin(stage, err);
        stage->dockerfile = &build->dockerfile;
        if (!begun)
            return error_prefix(err, "%s:%u:%u: FROM", build->dockerfile.file->path,
                                source->head->place.line, source->head->place.column);
        if (!run_all(stage, source, err))
            return false;
        stage->done = true;
    }
    return true;
}

bool stage_more(struct stage *stage, const struct dockerfile *dockerfile, struct error *err)
{
    stage->dockerfile = dockerfile;
    return run_all(stage, &dockerfile->stages[0], err);
}

bool stage_expand(struct stage *stage, const char *word, const char **ret, struct error *err)
{
    bool known = true;
    stage->word = word;
    stage->malformed |= !expand_known(stage->native->arena, word, stage->dockerfile->escape,
                                      &stage->variables, stage->open ? &known : NULL, ret, err);
    stage->unknown |= !known;
    return !stage->malformed;
}

/* -------------------------------------------------------------------------------- files */

static bool read_image(struct native *native, struct image_store *store, const struct image *image,
                       struct tree **ret, struct error *err)
{
    struct tree *tree = tree_new(native->arena, build_epoch(native->build));
    if (image->config.diff_ids.count != image->manifest.layer_count)
        return error_set(err, ERROR_INVALID, "%s: its config names %zu layers, its manifest %zu",
                         store->name, image->config.diff_ids.count, image->manifest.layer_count);
    if (!members_of_image(tree, store, image->manifest.layers, image->config.diff_ids.items,
                          image->manifest.layer_count, native->wait, err))
        return false;
    *ret = tree;
    return true;
}

bool stage_tree(struct stage *stage, struct tree **ret, struct error *err)
{
    if (!stage->tree) {
        struct tree *tree = NULL;
        if (!read_image(stage->native, stage->base->store, &stage->image, &tree, err))
            return error_prefix(err, "%s", stage->base->reference);
        for (size_t i = 0; i < stage->linked_count; i++)
            if (!copy_over(stage->linked[i], tree, err))
                return false;
        stage->tree = tree;
    }
    *ret = stage->tree;
    return true;
}

bool native_image_tree(struct native *native, const char *reference, struct tree **ret,
                       struct error *err)
{
    struct build_base *base = build_base(native->build, reference);
    struct source_image found = { .reference = reference };
    struct image image;
    for (size_t i = 0; i < native->image_count; i++)
        if (strcmp(native->images[i].reference, reference) == 0) {
            *ret = native->images[i].tree;
            return true;
        }
    if (!base || !base->store)
        return error_set(err, ERROR_BUG, "%s was not resolved", reference);
    if (!image_load(base->store, native->arena, base->descriptor.digest, &native->plan->platform,
                    &image, native->wait, err)
        || !read_image(native, base->store, &image, &found.tree, err))
        return error_prefix(err, "%s", reference);
    arena_push(native->arena, native->images, native->image_count, native->image_capacity, found);
    *ret = found.tree;
    return true;
}

bool native_context(struct native *native, struct tree **ret, struct error *err)
{
    struct build *build = native->build;
    if (!*native->context
        && !context_tree(&build->context, build->arena, build_epoch(build), native->context,
                         native->wait, err))
        return false;
    *ret = *native->context;
    return true;
}

/* ------------------------------------------------------------------------------ history */

void stage_history(struct stage *stage, const char *created_by, bool empty_layer)
{
    struct image_config *config = &stage->config;
    struct arena *arena = stage->native->arena;
    struct config_history one = { .created = time_text(arena, build_epoch(stage->native->build)),
                                  .created_by = created_by,
                                  .empty_layer = empty_layer };
    arena_push(arena, config->history, config->history_count, config->history_capacity, one);
}

void stage_layer(struct stage *stage, const struct tree *tree, const char *created_by)
{
    struct layer_list list;
    layer_collect(stage->native->arena, tree, stage->number, &list);
    stage_history(stage, created_by, list.count == 0);
    if (list.count)
        arena_push(stage->native->arena, stage->layers, stage->layer_count, stage->layer_capacity,
                   list);
}
