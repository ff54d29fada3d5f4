/* copy: see copy.h. */
#include "providers/build/native/copy.h"

#include "providers/build/native/mode.h"
#include "providers/build/path.h"

#include <string.h>

struct copying {
    const struct tree *from;
    struct tree *to;
    const struct copy_rules *rules;
    struct arena *arena;
    struct error *err;
};

/* A folder on the way down. It may be made only once something below it is taken. */
struct frame {
    struct frame *above;
    const struct node *source;
    struct node *target;       /* NULL: not made yet             */
    const char *below;         /* path from the source down, ""  */
    bool *included, *excluded; /* what patterns said, for what lies below */
};

/* ------------------------------------------------------------------------- paths */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

const char *copy_destination(struct arena *arena, const char *folder, const char *path)
{
    const char *clean = path_in(arena, folder, path);
    bool inside = !*path || strcmp(path, ".") == 0 || ends_with(path, "/") || ends_with(path, "/.");
    return inside && clean[1] ? arena_printf(arena, "%s/", clean) : clean;
}

static struct tree_owner owner_of(const struct copying *one)
{
    const struct copy_rules *rules = one->rules;
    return (struct tree_owner){ .uid = rules->owned ? rules->uid : 0,
                                .gid = rules->owned ? rules->gid : 0,
                                .mode = rules->moded ? rules->mode & 0777 : 0755,
                                .layer = rules->layer,
                                .given = rules->owned };
}

static bool make_folder(struct copying *one, const char *path, struct node **ret)
{
    struct tree_owner owner = owner_of(one);
    const char *real;
    return tree_real(one->to, one->arena, path, &real, one->err)
           && tree_folder(one->to, real, &owner, ret, one->err);
}

/* --------------------------------------------------------------------- wildcards */

static bool match_below(struct arena *arena, const struct node *folder, const char *below,
                        const char *prefix, const struct pattern *glob, unsigned depth,
                        struct text_list *ret)
{
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *child = folder->children[i];
        const char *path = *below ? arena_printf(arena, "%s/%s", below, child->name) : child->name;
        if (glob_match(glob, path)) {
            const char *whole = arena_printf(arena, "%s/%s", prefix, path);
            arena_push(arena, ret->items, ret->count, ret->capacity, whole);
        } else if (depth && child->kind == TAR_FOLDER) {
            match_below(arena, child, path, prefix, glob, depth - 1, ret);
        }
    }
    return true;
}

/* Where the first part with a wildcard begins. */
static size_t fixed_part(struct arena *arena, const char *source)
{
    size_t start = 0;
    while (source[start]) {
        size_t at = start + (source[start] == '/'), length = strcspn(source + at, "/");
        if (glob_has_wildcards(arena_memdup(arena, source + at, length)))
            return start;
        start = at + length;
    }
    return start;
}

bool copy_wildcards(const struct tree *from, struct arena *arena, const char *source,
                    struct text_list *ret, struct error *err)
{
    struct pattern glob;
    const char *real;
    size_t fixed = fixed_part(arena, source);
    const char *pattern = source + fixed + (source[fixed] == '/');
    if (!tree_real(from, arena, arena_memdup(arena, source, fixed), &real, err)
        || !glob_compile(arena, pattern, &glob, err))
        return false;
    const struct node *folder = tree_look(from, arena, real);
    unsigned depth = 0;
    for (const char *at = pattern; *at; at++)
        depth += *at == '/';
    if (!folder)
        return error_set(err, ERROR_NOT_FOUND, "%.*s: not found", (int)fixed, source);
    return match_below(arena, folder, "", real, &glob, depth, ret);
}

/* --------------------------------------------------------------------- one entry */

static void set_owner_and_mode(const struct copying *one, const struct node *source,
                               struct node *target)
{
    const struct copy_rules *rules = one->rules;
    target->uid = rules->owned ? rules->uid : source->uid;
    target->gid = rules->owned ? rules->gid : source->gid;
    target->mode = source->mode;
    if (source->kind != TAR_SYMLINK && rules->moded)
        target->mode = rules->mode;
    else if (source->kind != TAR_SYMLINK && rules->mode_text)
        target->mode = mode_apply(rules->mode_text, source->mode, source->kind == TAR_FOLDER);
    target->mtime = source->mtime;
    target->attributes = source->attributes;
    target->attribute_count = source->attribute_count;
    target->layer = rules->layer;
    target->on_the_way = false;
}

static bool submodule(const struct copying *one, const struct node *source)
{
    return error_set(one->err, ERROR_INPUT,
                     "%s is a submodule; submodules are not read. Leave it out with "
                     ".dockerignore, or build from its own repository",
                     node_path(one->arena, source));
}

static bool put_file(struct copying *one, const struct node *source, struct node *folder,
                     const char *name)
{
    struct node *there = node_child(folder, name), *target;
    if (source->submodule)
        return submodule(one, source);
    if (there && there->kind == TAR_FOLDER)
        return error_set(one->err, ERROR_INPUT, "/%s is a folder, and a file cannot replace it",
                         node_path(one->arena, there));
    if (!tree_put(one->to, folder, name, source->kind, &target, one->err))
        return false;
    target->link = source->link;
    target->content = source->content;
    target->major = source->major;
    target->minor = source->minor;
    set_owner_and_mode(one, source, target);
    return true;
}

/*
 * The folder of a frame in the destination. One that is there takes the source's mode, and its
 * owner too where the folder itself is `taken`, not just something below it.
 */
static bool open_frame(struct copying *one, struct frame *frame, bool taken)
{
    if (frame->target)
        return true;
    if (!open_frame(one, frame->above, false))
        return false;
    struct node *folder = frame->above->target;
    struct node *there = node_child(folder, frame->source->name);
    if (there && there->kind != TAR_FOLDER)
        return error_set(one->err, ERROR_INPUT, "/%s is no folder, and a folder cannot replace it",
                         node_path(one->arena, there));
    frame->target = there;
    if (there && !taken) {
        there->mode = frame->source->mode;
        there->layer = one->rules->layer;
        return true;
    }
    if (!there
        && !tree_put(one->to, folder, frame->source->name, TAR_FOLDER, &frame->target, one->err))
        return false;
    set_owner_and_mode(one, frame->source, frame->target);
    return true;
}

/* ------------------------------------------------------------------- going down */

static bool is_taken(struct copying *one, struct frame *frame, const char *below,
                     struct frame *child)
{
    const struct patterns *include = one->rules->include, *exclude = one->rules->exclude;
    bool taken = true;
    if (include) {
        child->included = arena_array(one->arena, include->count + 1, sizeof(bool));
        taken = patterns_match(include, one->arena, below, frame->included, child->included);
    }
    if (exclude) {
        child->excluded = arena_array(one->arena, exclude->count + 1, sizeof(bool));
        if (patterns_match(exclude, one->arena, below, frame->excluded, child->excluded))
            taken = false;
    }
    return taken;
}

static bool copy_children(struct copying *one, struct frame *frame);

static bool copy_child(struct copying *one, struct frame *frame, const struct node *source)
{
    struct frame child = { .above = frame, .source = source };
    bool patterns = one->rules->include || one->rules->exclude;
    if (patterns)
        child.below = *frame->below ? arena_printf(one->arena, "%s/%s", frame->below, source->name)
                                    : source->name;
    bool taken = !patterns || is_taken(one, frame, child.below, &child);
    if (source->kind != TAR_FOLDER)
        return !taken
               || (open_frame(one, frame, false)
                   && put_file(one, source, frame->target, source->name));
    if (source->submodule && taken)
        return submodule(one, source);
    if (taken && !open_frame(one, &child, true))
        return false;
    return copy_children(one, &child);
}

static bool copy_children(struct copying *one, struct frame *frame)
{
    for (size_t i = 0; i < frame->source->count; i++)
        if (!copy_child(one, frame, frame->source->children[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------------ the top */

static bool copy_folder_content(struct copying *one, const struct node *source,
                                const char *destination)
{
    struct frame frame = { .source = source, .below = "" };
    if (source->submodule)
        return submodule(one, source);
    /* BuildKit gives no tables to the top, so that patterns look at the folders above there. */
    return make_folder(one, destination, &frame.target) && copy_children(one, &frame);
}

/* `name` is what the source is called, before a link was followed. */
static bool copy_file(struct copying *one, const struct node *source, const char *name,
                      const char *destination)
{
    struct node *folder;
    const char *real, *above;
    if (!tree_real(one->to, one->arena, destination, &real, one->err))
        return false;
    const struct node *there = tree_look(one->to, one->arena, real);
    if (there && there->kind == TAR_FOLDER)
        real = *real ? arena_printf(one->arena, "%s/%s", real, name) : name;
    above = path_folder(one->arena, real);
    return make_folder(one, above, &folder)
           && put_file(one, source, folder, arena_strdup(one->to->arena, path_base(real)));
}

bool copy_folder(struct tree *to, const char *destination, const struct copy_rules *rules,
                 struct arena *arena, struct node **ret, struct error *err)
{
    struct copying one = { .to = to, .rules = rules, .arena = arena, .err = err };
    return make_folder(&one, destination, ret);
}

bool copy_path(const struct tree *from, const char *source, struct tree *to,
               const char *destination, const struct copy_rules *rules, struct arena *arena,
               struct error *err)
{
    struct copying one = { .from = from, .to = to, .rules = rules, .arena = arena, .err = err };
    struct node *ignored;
    const char *real;
    if (!tree_real(from, arena, source, &real, err))
        return false;
    const struct node *node = tree_look(from, arena, real);
    if (!node)
        return error_set(err, ERROR_NOT_FOUND, "%s: not found", source);
    const char *above = ends_with(destination, "/") ? destination : path_folder(arena, destination);
    if (!make_folder(&one, above, &ignored))
        return false;
    if (node->kind == TAR_FOLDER)
        return copy_folder_content(&one, node, destination);
    return copy_file(&one, node, path_base(path_clean(arena, source)), destination);
}

/* --------------------------------------------------------------------------- link */

/* A folder that was only made on the way is the one that is there. */
static void take_metadata(struct node *to, const struct node *from)
{
    to->mode = from->mode;
    to->uid = from->uid;
    to->gid = from->gid;
    to->mtime = from->mtime;
    to->attributes = from->attributes;
    to->attribute_count = from->attribute_count;
    to->on_the_way = false;
}

static bool over_child(struct tree *to, struct node *folder, struct node *source, struct error *err)
{
    struct node *there = node_child(folder, source->name);
    bool kept = there && there->kind == TAR_FOLDER && source->kind == TAR_FOLDER;
    if (!kept && !tree_put(to, folder, source->name, source->kind, &there, err))
        return false;
    if (kept && source->on_the_way)
        take_metadata(source, there);
    struct node own = *there;
    *there = *source;
    there->parent = folder;
    there->children = own.children;
    there->count = own.count;
    there->capacity = own.capacity;
    for (size_t i = 0; i < source->count; i++)
        if (!over_child(to, there, source->children[i], err))
            return false;
    return true;
}

bool copy_over(struct tree *from, struct tree *to, struct error *err)
{
    for (size_t i = 0; i < from->root->count; i++)
        if (!over_child(to, to->root, from->root->children[i], err))
            return false;
    return true;
}
