/* yaml_map: see yaml_map.h. */
#include "manifest/yaml_map.h"

#include <stdlib.h>
#include <string.h>

void map_entries_done(struct map_entries *entries)
{
    free(entries->items);
    *entries = (struct map_entries){ 0 };
}

void map_entries_add(struct map_entries *entries, struct member member, bool merged)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity ? 2 * entries->capacity : 64;
        entries->items = memory_realloc(entries->items, entries->capacity * sizeof *entries->items);
    }
    entries->items[entries->count] = (struct map_entry){ member, entries->count, merged };
    entries->count++;
}

static void merge_map(struct map_entries *entries, const struct value *from)
{
    for (size_t i = 0; i < from->map.count; i++)
        map_entries_add(entries, from->map.members[i], true);
}

bool map_entries_merge(struct map_entries *entries, const struct value *from)
{
    if (from->kind == VALUE_MAP) {
        merge_map(entries, from);
        return true;
    }
    if (from->kind != VALUE_LIST)
        return false;
    for (size_t i = from->list.count; i-- > 0;) {
        if (from->list.items[i]->kind != VALUE_MAP)
            return false;
        merge_map(entries, from->list.items[i]);
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct map_entry *x = a, *y = b;
    int order = strcmp(x->member.key, y->member.key);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static void sort(struct map_entry *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare(&items[i - 1], &items[i]) > 0) {
            qsort(items, count, sizeof *items, compare);
            return;
        }
}

/* Of several entries of one key the last one counts. Returns how many they are. */
static size_t take_key(const struct map_entry *items, size_t count, struct member *ret_member,
                       map_duplicate *duplicate, void *context)
{
    const struct member *own = NULL;
    size_t same = 0;
    for (; same < count && strcmp(items[same].member.key, items->member.key) == 0; same++) {
        if (items[same].merged)
            continue;
        if (own)
            duplicate(context, own, &items[same].member);
        else
            own = &items[same].member;
    }
    *ret_member = items[same - 1].member;
    return same;
}

void map_entries_finish(struct map_entries *entries, size_t first, struct arena *arena,
                        struct value *map, map_duplicate *duplicate, void *context)
{
    size_t count = entries->count - first;
    if (count == 0)
        return;
    struct map_entry *items = entries->items + first;
    sort(items, count);
    map->map.members = arena_array(arena, count, sizeof *map->map.members);
    map->map.capacity = count;
    for (size_t i = 0; i < count;)
        i +=
            take_key(items + i, count - i, &map->map.members[map->map.count++], duplicate, context);
    entries->count = first;
}
