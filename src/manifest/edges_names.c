/* edges_names: see edges_names.h. */
#include "manifest/edges_names.h"

#include "base/cleanup.h"
#include "manifest/shape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARED_MOST = 100000 }; /* names that suggestions may be looked for among */

struct entry {
    struct object_id id; /* in definitions: only group and kind, of what is defined */
    size_t node;
};

struct table {
    struct entry *entries;
    size_t count, capacity;
};

struct name_index {
    struct arena *arena;
    const struct graph_node *nodes;
    size_t count;
    struct table by_id, by_name, definitions;
    const char **names; /* "Kind/name" of all, made for the first suggestion */
    size_t compared;
};

/* ----------------------------------------------------------------------- tables */

static int compare_id(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = object_id_compare(&x->id, &y->id);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static int compare_names(const struct object_id *a, const struct object_id *b)
{
    int order = strcmp(a->kind, b->kind);
    return order ? order : strcmp(a->name, b->name);
}

static int compare_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_names(&x->id, &y->id);
    return order ? order : compare_id(a, b);
}

/* The first entry that is not below the wanted one. */
static size_t lower_bound(const struct table *table, const struct object_id *id,
                          int (*compare)(const struct object_id *, const struct object_id *))
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&table->entries[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add(struct name_index *index, struct table *table, struct object_id id, size_t node)
{
    struct entry entry = { id, node };
    arena_push(index->arena, table->entries, table->count, table->capacity, entry);
}

static void add_definition(struct name_index *index, size_t node)
{
    const struct graph_node *at = &index->nodes[node];
    const struct value *spec = value_get(at->document, "spec");
    struct object_id id = { value_text(value_get(spec, "group")),
                            value_text_at(spec, "names", "kind", NULL), "", "" };
    if (strcmp(at->id->kind, "CustomResourceDefinition") == 0 && id.group && id.kind)
        add(index, &index->definitions, id, node);
}

static void sort(struct table *table, int (*compare)(const void *, const void *))
{
    if (table->count)
        qsort(table->entries, table->count, sizeof *table->entries, compare);
}

struct name_index *name_index_new(struct arena *arena, const struct graph_node *nodes, size_t count)
{
    struct name_index *index = arena_alloc(arena, sizeof *index);
    *index = (struct name_index){ .arena = arena, .nodes = nodes, .count = count };
    for (size_t i = 0; i < count; i++) {
        add(index, &index->by_id, *nodes[i].id, i);
        add(index, &index->by_name, *nodes[i].id, i);
        add_definition(index, i);
    }
    sort(&index->by_id, compare_id);
    sort(&index->by_name, compare_name);
    sort(&index->definitions, compare_id);
    return index;
}

/* ---------------------------------------------------------------------- looking up */

static bool same_cluster(const struct name_index *index, size_t a, size_t b)
{
    const struct object_options *x = index->nodes[a].options, *y = index->nodes[b].options;
    const char *left = x && x->cluster ? x->cluster : "",
               *right = y && y->cluster ? y->cluster : "";
    return strcmp(left, right) == 0;
}

static size_t find_in(const struct name_index *index, const struct table *table, size_t from,
                      const struct object_id *id)
{
    for (size_t i = lower_bound(table, id, object_id_compare);
         i < table->count && object_id_compare(&table->entries[i].id, id) == 0; i++)
        if (same_cluster(index, from, table->entries[i].node))
            return table->entries[i].node;
    return SIZE_MAX;
}

size_t name_index_find(const struct name_index *index, size_t from, const struct object_id *id)
{
    return find_in(index, &index->by_id, from, id);
}

size_t name_index_definition(const struct name_index *index, size_t from)
{
    const struct object_id *id = index->nodes[from].id;
    struct object_id defined = { id->group, id->kind, "", "" };
    return find_in(index, &index->definitions, from, &defined);
}

size_t name_index_match(const struct name_index *index, size_t from,
                        const struct object_id *pattern, size_t *ret_nodes, size_t most)
{
    const struct table *table = &index->by_name;
    size_t count = 0;
    for (size_t i = lower_bound(table, pattern, compare_names);
         i < table->count && count < most && compare_names(&table->entries[i].id, pattern) == 0;
         i++)
        if (object_id_matches(pattern, &table->entries[i].id)
            && same_cluster(index, from, table->entries[i].node))
            ret_nodes[count++] = table->entries[i].node;
    return count;
}

/* ------------------------------------------------------------------------ messages */

/* Whole, and with a "." for the core group where the bare kind would fit another one, too. */
static const char *exact_text(struct name_index *index, const struct object_id *id)
{
    if (*id->group)
        return object_id_full(index->arena, id);
    return arena_printf(index->arena, "%s./%s%s%s", id->kind, id->namespace,
                        *id->namespace ? "/" : "", id->name);
}

const char *name_index_ambiguous(struct name_index *index, const char *text, const size_t *nodes,
                                 size_t count)
{
    AUTO_BUF list = BUF_INIT(BUF_OUTPUT_CEILING);
    bool groups = false;
    for (size_t i = 1; i < count; i++)
        groups |= strcmp(index->nodes[nodes[i]].id->group, index->nodes[nodes[0]].id->group) != 0;
    for (size_t i = 0; i < count; i++) {
        const struct object_id *id = index->nodes[nodes[i]].id;
        buf_printf(&list, "%s%s",
                   i == 0          ? ""
                   : i + 1 < count ? ", "
                                   : " or ",
                   groups ? exact_text(index, id) : object_id_full(index->arena, id));
    }
    return arena_printf(index->arena, "\"%.300s\" is ambiguous: write %s", text, buf_text(&list));
}

static const char *nearest(struct name_index *index, const struct object_id *pattern)
{
    struct object_id loose = { NULL, pattern->kind, NULL, pattern->name };
    size_t at = lower_bound(&index->by_name, pattern, compare_names);
    if (at < index->by_name.count && object_id_matches(&loose, &index->by_name.entries[at].id))
        return object_id_full(index->arena, &index->by_name.entries[at].id);
    if (!index->names) {
        index->names = arena_array(index->arena, index->count, sizeof *index->names);
        for (size_t i = 0; i < index->count; i++)
            index->names[i] = arena_printf(index->arena, "%s/%s", index->nodes[i].id->kind,
                                           index->nodes[i].id->name);
    }
    return suggest(arena_printf(index->arena, "%s/%s", pattern->kind, pattern->name), index->names,
                   index->count);
}

const char *name_index_missing(struct name_index *index, const char *text,
                               const struct object_id *pattern)
{
    const char *near = NULL;
    if (index->compared < COMPARED_MOST)
        near = nearest(index, pattern);
    index->compared += index->count;
    return arena_printf(index->arena, "there is no %.300s in this set%s%s%s", text,
                        near ? " (did you mean `" : "", near ? near : "", near ? "`?)" : "");
}
