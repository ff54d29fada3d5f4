/* watch_store: see watch_store.h. */
#include "providers/kubernetes/wait/watch_store.h"

#include <stdlib.h>
#include <string.h>

uint64_t version_number(const char *text)
{
    if (!text || *text < '0' || *text > '9')
        return 0;
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    return *end ? 0 : number;
}

uint64_t version_of(const struct value *document)
{
    return version_number(value_text_at(document, "metadata", "resourceVersion", NULL));
}

void store_done(struct watch_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        arena_free(store->items[i].arena);
    free(store->items);
    *store = (struct watch_store){ 0 };
}

static struct stored *store_find(struct watch_store *store, const char *name)
{
    for (size_t i = 0; i < store->count; i++)
        if (!strcmp(store->items[i].name, name))
            return &store->items[i];
    return NULL;
}

static struct stored *store_add(struct watch_store *store, const char *name)
{
    if (store->count == STORE_CEILING)
        return NULL;
    if (store->count == store->capacity) {
        store->capacity = store->capacity ? 2 * store->capacity : 4;
        store->items = memory_realloc(store->items, store->capacity * sizeof *store->items);
    }
    struct arena *arena = arena_new();
    store->items[store->count] =
        (struct stored){ .arena = arena, .name = arena_strdup(arena, name) };
    return &store->items[store->count++];
}

/* A copy without the member that is half of most objects and that no waiter reads. */
static struct value *copy_lean(struct arena *arena, const struct value *document)
{
    struct value *copy = value_map(arena);
    for (size_t i = 0; i < value_count(document); i++) {
        const struct member *member = &document->map.members[i];
        struct value *part = value_copy(arena, member->value);
        if (!strcmp(member->key, "metadata"))
            value_remove(part, "managedFields");
        value_set(arena, copy, arena_strdup(arena, member->key), part);
    }
    return copy;
}

static void stored_renew(struct stored *stored, const struct value *document, bool gone)
{
    struct arena *arena = arena_new();
    stored->name = arena_strdup(arena, stored->name);
    stored->document = copy_lean(arena, document);
    stored->version = version_of(document);
    stored->gone = gone;
    arena_free(stored->arena);
    stored->arena = arena;
}

bool store_put(struct watch_store *store, const struct value *document, bool gone)
{
    const char *name = value_text_at(document, "metadata", "name", NULL);
    if (!name || document->kind != VALUE_MAP)
        return false;
    struct stored *stored = store_find(store, name);
    uint64_t version = version_of(document);
    if (stored)
        stored->mark = store->mark;
    if (stored && stored->document && version && version <= stored->version)
        return false;
    if (!stored)
        stored = store_add(store, name);
    if (!stored)
        return false;
    stored->mark = store->mark;
    stored_renew(stored, document, gone);
    return true;
}

bool store_absent(struct watch_store *store, const char *name)
{
    struct stored *stored = store_find(store, name);
    if (stored && stored->gone)
        return false;
    if (!stored)
        stored = store_add(store, name);
    if (!stored)
        return false;
    stored->gone = true;
    return true;
}

void store_list_begin(struct watch_store *store)
{
    store->mark++;
}

bool store_list_end(struct watch_store *store, uint64_t version)
{
    bool changed = false;
    for (size_t i = 0; i < store->count; i++) {
        struct stored *stored = &store->items[i];
        if (stored->gone || stored->mark == store->mark || stored->version > version)
            continue;
        stored->gone = true;
        changed = true;
    }
    return changed;
}
