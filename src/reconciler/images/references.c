/* references: see references.h. */
#include "reconciler/images/references.h"

#include "base/cleanup.h"
#include "manifest/reference.h"
#include "manifest/references.h"

#include <string.h>

/* --------------------------------------------------------- which Image is meant */

struct image_name {
    const struct image_spec *image;
    struct reference name; /* of its repository, or of what it pins          */
    const char *layout;    /* "oci:FOLDER" in its place; NULL: a repository  */
};

struct image_names {
    struct image_name *items;
    size_t count;
};

struct image_names *image_names_new(struct arena *arena, const struct set *set)
{
    struct image_names *names = arena_alloc(arena, sizeof *names);
    *names =
        (struct image_names){ arena_array(arena, set->image_count + 1, sizeof *names->items), 0 };
    for (size_t i = 0; i < set->image_count; i++) {
        const struct image_spec *image = &set->images[i];
        const char *text = image_is_pinned(image) ? image->from : image->repository;
        struct image_name name = { .image = image };
        struct error wrong = { 0 };
        if (strncmp(text, "oci:", 4) == 0)
            name.layout = text;
        else if (!reference_parse(arena, text, &name.name, &wrong))
            continue; /* told where it is looked up */
        names->items[names->count++] = name;
    }
    return names;
}

/* "oci:FOLDER", with or without ":TAG". */
static bool names_layout(const char *layout, const char *text)
{
    size_t length = strlen(layout);
    return strncmp(text, layout, length) == 0
           && (!text[length] || (text[length] == ':' && !strchr(text + length, '@')));
}

/* The tag of what is pinned; without one it is `latest`, as everywhere. */
static const char *tag_of(const struct reference *name)
{
    return name->tag ? name->tag : "latest";
}

static const struct image_spec *find_pinned(const struct image_names *names,
                                            const struct reference *wanted)
{
    const struct image_spec *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct image_name *name = &names->items[i];
        if (name->layout || !image_is_pinned(name->image)
            || !reference_same_repository(&name->name, wanted))
            continue;
        if (strcmp(tag_of(&name->name), tag_of(wanted)) == 0)
            return name->image;
        only = name->image;
        count++;
    }
    return count == 1 && !wanted->tag ? only : NULL;
}

const struct image_spec *image_names_find(const struct image_names *names, const char *text)
{
    AUTO_ARENA scratch = arena_new();
    struct error none = { 0 };
    struct reference wanted;
    bool is_layout = strncmp(text, "oci:", 4) == 0;
    if (!is_layout && (!reference_parse(scratch, text, &wanted, &none) || wanted.digest))
        return NULL;
    for (size_t i = 0; i < names->count; i++) {
        const struct image_name *name = &names->items[i];
        if (image_is_pinned(name->image) || is_layout != (name->layout != NULL))
            continue;
        if (is_layout ? names_layout(name->layout, text)
                      : reference_same_repository(&name->name, &wanted))
            return name->image;
    }
    return is_layout ? NULL : find_pinned(names, &wanted);
}

/* ------------------------------------------------------------ where names stand */

struct visiting {
    struct arena *arena;
    image_visit *visit;
    void *context;
};

static const struct value *visit_at(const struct visiting *visiting, const struct value *value,
                                    const char *pointer);

static const struct value *visit_text(const struct visiting *visiting, const struct value *value)
{
    const char *text = value_text(value);
    const char *other = text && *text ? visiting->visit(visiting->context, text) : NULL;
    if (!other)
        return value;
    struct value *copy = value_string(visiting->arena, other);
    copy->place = value->place;
    return copy;
}

/* Copies a list only where an element became another. */
static const struct value *visit_list(const struct visiting *visiting, const struct value *list,
                                      const char *rest)
{
    struct value *copy = NULL;
    for (size_t i = 0; i < list->list.count; i++) {
        const struct value *item = list->list.items[i];
        const struct value *other = visit_at(visiting, item, rest);
        if (other == item)
            continue;
        if (!copy) {
            copy = value_list(visiting->arena);
            copy->place = list->place;
            for (size_t j = 0; j < list->list.count; j++)
                value_push(visiting->arena, copy, list->list.items[j]);
        }
        copy->list.items[i] = (struct value *)other;
    }
    return copy ? copy : list;
}

static const struct value *visit_member(const struct visiting *visiting, const struct value *map,
                                        const char *key, const char *rest)
{
    const struct member *member = value_member(map, key);
    const struct value *other = member ? visit_at(visiting, member->value, rest) : NULL;
    if (!member || other == member->value)
        return map;
    struct value *copy = value_map_copy(visiting->arena, map);
    value_set(visiting->arena, copy, member->key, (struct value *)other);
    return copy;
}

static const struct value *visit_members(const struct visiting *visiting, const struct value *map,
                                         const char *rest)
{
    const struct value *all = map;
    for (size_t i = 0; i < map->map.count; i++)
        all = visit_member(visiting, all, map->map.members[i].key, rest);
    return all;
}

/* "a~1b" of a pointer is the key "a/b". */
static const char *key_of(struct arena *arena, const char *part, size_t length)
{
    char *key = arena_memdup(arena, part, length), *to = key;
    for (const char *at = key; *at; at++) {
        bool escaped = at[0] == '~' && (at[1] == '0' || at[1] == '1');
        *to++ = !escaped ? *at : at[1] == '0' ? '~' : '/';
        at += escaped;
    }
    *to = '\0';
    return key;
}

/* The element of that number; a position that is not there names nothing. */
static const struct value *visit_element(const struct visiting *visiting, const struct value *list,
                                         const char *key, const char *rest)
{
    struct value one = { .kind = VALUE_LIST };
    size_t index = strlen(key) <= 6 && strspn(key, "0123456789") == strlen(key)
                       ? (size_t)strtoul(key, NULL, 10)
                       : list->list.count;
    if (!*key || index >= list->list.count)
        return list;
    one.list.items = &list->list.items[index];
    one.list.count = one.list.capacity = 1;
    const struct value *other = visit_list(visiting, &one, rest);
    if (other == &one)
        return list;
    struct value *copy = value_list(visiting->arena);
    copy->place = list->place;
    for (size_t i = 0; i < list->list.count; i++)
        value_push(visiting->arena, copy, i == index ? other->list.items[0] : list->list.items[i]);
    return copy;
}

static const struct value *visit_at(const struct visiting *visiting, const struct value *value,
                                    const char *pointer)
{
    if (!*pointer)
        return visit_text(visiting, value);
    size_t length = strcspn(pointer + 1, "/");
    const char *key = key_of(visiting->arena, pointer + 1, length), *rest = pointer + 1 + length;
    bool all = strcmp(key, "*") == 0;
    if (value->kind == VALUE_LIST)
        return all ? visit_list(visiting, value, rest) : visit_element(visiting, value, key, rest);
    if (value->kind == VALUE_MAP)
        return all ? visit_members(visiting, value, rest)
                   : visit_member(visiting, value, key, rest);
    return value;
}

/* The places of a pod, below its template. */
static const char *const POD_PLACES[] = {
    "/spec/containers/*/image",
    "/spec/initContainers/*/image",
    "/spec/ephemeralContainers/*/image",
    "/spec/volumes/*/image/reference",
};
enum { POD_PLACE_COUNT = sizeof POD_PLACES / sizeof *POD_PLACES };

/* Where the template stands (manifest/references.h: pod_template). */
static const char *template_pointer(const struct object_id *id)
{
    if (strcmp(id->kind, "Pod") == 0 && !*id->group)
        return "";
    if (strcmp(id->kind, "PodTemplate") == 0 && !*id->group)
        return "/template";
    if (strcmp(id->kind, "CronJob") == 0 && strcmp(id->group, "batch") == 0)
        return "/spec/jobTemplate/spec/template";
    return "/spec/template";
}

static const struct value *visit_paths(const struct visiting *visiting,
                                       const struct project *project, const struct object_id *id,
                                       const struct value *document)
{
    for (size_t i = 0; i < project->image_path_count; i++) {
        const struct image_path *path = &project->image_paths[i];
        for (size_t j = 0; object_id_matches(&path->pattern, id) && j < path->pointers.count; j++)
            document = visit_at(visiting, document, path->pointers.items[j]);
    }
    return document;
}

const struct value *images_visit(struct arena *arena, const struct project *project,
                                 const struct object_id *id, const struct value *document,
                                 image_visit *visit, void *context)
{
    struct visiting visiting = { arena, visit, context };
    if (pod_template(id, document))
        for (size_t i = 0; i < POD_PLACE_COUNT; i++)
            document = visit_at(&visiting, document,
                                arena_printf(arena, "%s%s", template_pointer(id), POD_PLACES[i]));
    return visit_paths(&visiting, project, id, document);
}
