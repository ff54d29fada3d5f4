/*
 * diff_lines: a whole object as a diff of YAML lines.
 *
 * Both sides are brought into one order (members sorted, keyed lists in the
 * order of the new side) and written as lines; the lines are compared by a
 * longest common subsequence, which is bounded: beyond it the differing middle
 * is shown as removed and added.
 */
#include "reconciler/plan/diff.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <string.h>

enum { CONTEXT = 3, TABLE_CEILING = 4 << 20 };

struct lines {
    const char **items;
    size_t count, capacity;
};

static struct value *reorder(struct arena *arena, const struct value *value,
                             const struct value *like);

static struct value *reorder_map(struct arena *arena, const struct value *value,
                                 const struct value *like)
{
    struct value *map = value_map(arena);
    for (size_t i = 0; i < value_count(value); i++) {
        const struct member *member = &value->map.members[i];
        value_set(arena, map, member->key,
                  reorder(arena, member->value, value_get(like, member->key)));
    }
    return map;
}

static const struct value *keyed_item(const struct value *list, const char *key,
                                      const struct value *wanted)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_get(value_item(list, i), key), wanted))
            return value_item(list, i);
    return NULL;
}

/* First what both have, in the order of `like`; then the rest. */
static struct value *reorder_list(struct arena *arena, const struct value *value,
                                  const struct value *like)
{
    struct value *list = value_list(arena);
    const char *key = like ? diff_list_key(value, like) : NULL;
    for (size_t i = 0; key && i < value_count(like); i++) {
        const struct value *model = value_item(like, i);
        const struct value *item = keyed_item(value, key, value_get(model, key));
        if (item)
            value_push(arena, list, reorder(arena, item, model));
    }
    for (size_t i = 0; i < value_count(value); i++) {
        const struct value *item = value_item(value, i);
        if (!key || !keyed_item(like, key, value_get(item, key)))
            value_push(arena, list, reorder(arena, item, key ? NULL : value_item(like, i)));
    }
    return list;
}

static struct value *reorder(struct arena *arena, const struct value *value,
                             const struct value *like)
{
    if (value->kind == VALUE_MAP)
        return reorder_map(arena, value, like && like->kind == VALUE_MAP ? like : NULL);
    if (value->kind == VALUE_LIST)
        return reorder_list(arena, value, like && like->kind == VALUE_LIST ? like : NULL);
    return value_copy(arena, value);
}

static void split(struct arena *arena, const struct value *value, struct lines *lines)
{
    *lines = (struct lines){ 0 };
    if (!value)
        return;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    yaml_write(&text, value);
    for (const char *at = buf_text(&text); *at;) {
        size_t length = strcspn(at, "\n");
        const char *line = arena_memdup(arena, at, length);
        arena_push(arena, lines->items, lines->count, lines->capacity, line);
        at += length + (at[length] == '\n');
    }
}

/* One line of the result: ' ', '-' or '+'. */
struct mark {
    char sign;
    const char *text;
};
struct marks {
    struct mark *items;
    size_t count, capacity;
};

static void mark_add(struct arena *arena, struct marks *marks, char sign, const char *text)
{
    struct mark mark = { sign, text };
    arena_push(arena, marks->items, marks->count, marks->capacity, mark);
}

static unsigned *common_table(struct arena *arena, const struct lines *a, const struct lines *b)
{
    size_t width = b->count + 1;
    unsigned *table = arena_array(arena, (a->count + 1) * width, sizeof *table);
    for (size_t i = a->count; i-- > 0;)
        for (size_t j = b->count; j-- > 0;) {
            unsigned down = table[(i + 1) * width + j], right = table[i * width + j + 1];
            table[i * width + j] = strcmp(a->items[i], b->items[j]) == 0
                                       ? table[(i + 1) * width + j + 1] + 1
                                       : (down > right ? down : right);
        }
    return table;
}

static void mark_middle(struct arena *arena, const struct lines *a, const struct lines *b,
                        struct marks *marks)
{
    size_t i = 0, j = 0, width = b->count + 1;
    unsigned *table = NULL;
    if ((a->count + 1) <= TABLE_CEILING / width)
        table = common_table(arena, a, b);
    while (i < a->count || j < b->count) {
        bool both = table && i < a->count && j < b->count;
        if (both && strcmp(a->items[i], b->items[j]) == 0) {
            mark_add(arena, marks, ' ', a->items[i++]);
            j++;
        } else if (i < a->count
                   && (!both || table[(i + 1) * width + j] >= table[i * width + j + 1])) {
            mark_add(arena, marks, '-', a->items[i++]);
        } else {
            mark_add(arena, marks, '+', b->items[j++]);
        }
    }
}

/* Equal lines at both ends need no table. */
static void mark_all(struct arena *arena, struct lines a, struct lines b, struct marks *marks)
{
    size_t head = 0, tail = 0;
    while (head < a.count && head < b.count && strcmp(a.items[head], b.items[head]) == 0)
        head++;
    while (tail < a.count - head && tail < b.count - head
           && strcmp(a.items[a.count - 1 - tail], b.items[b.count - 1 - tail]) == 0)
        tail++;
    for (size_t i = 0; i < head; i++)
        mark_add(arena, marks, ' ', a.items[i]);
    struct lines middle_a = { a.items + head, a.count - head - tail, 0 };
    struct lines middle_b = { b.items + head, b.count - head - tail, 0 };
    if (middle_a.count || middle_b.count)
        mark_middle(arena, &middle_a, &middle_b, marks);
    for (size_t i = a.count - tail; i < a.count; i++)
        mark_add(arena, marks, ' ', a.items[i]);
}

static bool near_change(const struct marks *marks, size_t at)
{
    size_t from = at > CONTEXT ? at - CONTEXT : 0;
    for (size_t i = from; i < marks->count && i <= at + CONTEXT; i++)
        if (marks->items[i].sign != ' ')
            return true;
    return false;
}

static void print(struct buf *out, const struct marks *marks)
{
    bool skipped = false;
    for (size_t i = 0; i < marks->count; i++) {
        bool shown = near_change(marks, i);
        if (shown && skipped)
            buf_puts(out, "@@\n");
        if (shown)
            buf_printf(out, "%c %s\n", marks->items[i].sign, marks->items[i].text);
        skipped = !shown;
    }
}

void diff_lines(struct buf *out, const struct value *before, const struct value *after)
{
    AUTO_ARENA arena = arena_new();
    struct lines a, b;
    struct marks marks = { 0 };
    split(arena, before && after ? reorder(arena, before, after) : before, &a);
    split(arena, after, &b);
    mark_all(arena, a, b, &marks);
    print(out, &marks);
}
