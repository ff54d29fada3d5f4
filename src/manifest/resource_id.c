/*
 * resource_id: identities as text and back, and how they compare. The table of
 * built-in kinds is in resource_builtin.c, names in names.c.
 */
#include "manifest/resource.h"

#include "manifest/resource_builtin.h"

#include <string.h>

static int compare_text(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(a, b);
}

int object_id_compare(const struct object_id *a, const struct object_id *b)
{
    int order = compare_text(a->group, b->group);
    if (order == 0)
        order = compare_text(a->kind, b->kind);
    if (order == 0)
        order = compare_text(a->namespace, b->namespace);
    return order ? order : compare_text(a->name, b->name);
}

const char *object_id_text(struct arena *arena, const struct object_id *id, const char *home)
{
    bool own = strcmp(id->group, OWN_GROUP) == 0;
    bool group = *id->group && !own && !builtin_kind_find(id->group, id->kind);
    bool away = *id->namespace && !(home && strcmp(id->namespace, home) == 0);
    return arena_printf(arena, "%s%s%s/%s%s%s", id->kind, group ? "." : "", group ? id->group : "",
                        away ? id->namespace : "", away ? "/" : "", id->name);
}

const char *object_id_full(struct arena *arena, const struct object_id *id)
{
    return arena_printf(arena, "%s%s%s/%s%s%s", id->kind, *id->group ? "." : "", id->group,
                        id->namespace, *id->namespace ? "/" : "", id->name);
}

/* "Kind", "Kind.group", or "Kind." for the core group. */
static bool parse_kind(struct arena *arena, const char *text, size_t length,
                       struct object_id *pattern)
{
    const char *dot = memchr(text, '.', length);
    size_t kind_length = dot ? (size_t)(dot - text) : length;
    if (kind_length == 0 || memchr(text, ' ', length))
        return false;
    pattern->kind = arena_memdup(arena, text, kind_length);
    if (dot)
        pattern->group = arena_memdup(arena, dot + 1, length - kind_length - 1);
    return true;
}

bool object_id_parse(struct arena *arena, const char *text, struct object_id *ret_pattern)
{
    struct object_id pattern = { 0 };
    const char *slash = strchr(text, '/');
    if (!slash || !parse_kind(arena, text, (size_t)(slash - text), &pattern))
        return false;
    const char *rest = slash + 1;
    const char *second = strchr(rest, '/');
    if (second) {
        if (second == rest || strchr(second + 1, '/'))
            return false;
        pattern.namespace = arena_memdup(arena, rest, (size_t)(second - rest));
        rest = second + 1;
    }
    if (!*rest)
        return false;
    pattern.name = arena_strdup(arena, rest);
    *ret_pattern = pattern;
    return true;
}

static bool part_matches(const char *pattern, const char *text)
{
    return !pattern || strcmp(pattern, text) == 0;
}

bool object_id_matches(const struct object_id *pattern, const struct object_id *id)
{
    return part_matches(pattern->kind, id->kind) && part_matches(pattern->group, id->group)
           && part_matches(pattern->namespace, id->namespace)
           && part_matches(pattern->name, id->name);
}

void api_version_split(struct arena *arena, const char *api_version, const char **ret_group,
                       const char **ret_version)
{
    const char *slash = strchr(api_version, '/');
    *ret_group = slash ? arena_memdup(arena, api_version, (size_t)(slash - api_version)) : "";
    *ret_version = slash ? slash + 1 : api_version;
}

const char *object_name_text(struct arena *arena, const char *full, const char *home)
{
    struct object_id id;
    if (!object_id_parse(arena, full, &id) || !id.name)
        return full;
    id.group = id.group ? id.group : "";
    id.namespace = id.namespace ? id.namespace : "";
    return object_id_text(arena, &id, home);
}
