/* restore: see restore.h. */
#include "reconciler/rollback/restore.h"

#include "base/cleanup.h"
#include "providers/record.h"
#include "reconciler/rollback/stick.h"

#include <string.h>

void restore_start(struct restore *restore, struct arena *arena, const struct record *record)
{
    *restore = (struct restore){ .arena = arena, .record = record };
}

static struct restore_item *find_item(const struct restore *restore, const struct object_id *id)
{
    for (size_t i = 0; i < restore->count; i++)
        if (object_id_compare(&restore->items[i].id, id) == 0)
            return &restore->items[i];
    return NULL;
}

static const struct resource *wanted_of(const struct restore_request *request,
                                        const struct object_id *id)
{
    return resources_find(request->wanted, request->wanted_count, id);
}

static struct record_rollback *rollback_copy(struct arena *arena,
                                             const struct record_rollback *rollback)
{
    struct record_rollback *copy = arena_alloc(arena, sizeof *copy);
    *copy = *rollback;
    return copy;
}

/* What goes along is refused as its leader is: it has no digest of its own to be judged by. */
static void add_companion(struct restore *restore, const struct restore_request *request,
                          const struct object_id *id, const struct resource *resource)
{
    const char *leader = object_id_full(restore->arena, &request->resource->id);
    struct restore_item *known = find_item(restore, id);
    if (known && *known->rollback->with && !rollback_goes_with(known->rollback->with, leader))
        known->rollback->with =
            arena_printf(restore->arena, "%s,%s", known->rollback->with, leader);
    if (known)
        return;
    struct restore_item item = { *id, resource, rollback_copy(restore->arena, &request->refused) };
    item.rollback->refused = "";
    item.rollback->reads = "";
    item.rollback->with = leader;
    arena_push(restore->arena, restore->items, restore->count, restore->capacity, item);
}

static bool is_same(const struct restore *restore, const struct restore_request *request,
                    const struct resource *old)
{
    const struct resource *now = wanted_of(request, &old->id);
    const struct record_member *member = record_find(restore->record, &old->id);
    if (request->wanted)
        return now && value_equal(now->document, old->document);
    return member && *member->digest
           && strcmp(member->digest, resource_digest(restore->arena, old)) == 0;
}

static void add_reads(struct restore *restore, const struct restore_request *request)
{
    const struct resource *leader = request->resource;
    struct config_use *uses;
    size_t count = config_uses(restore->arena, &leader->id, leader->document, &uses);
    for (size_t i = 0; i < count; i++) {
        const struct resource *old = revision_find(request->revision, &uses[i].id);
        if (old && !is_same(restore, request, old))
            add_companion(restore, request, &old->id, old);
    }
}

/* Accounts, claims and the like: they are not put back, but not pruned either. */
static void add_needed(struct restore *restore, const struct restore_request *request)
{
    const struct resource *leader = request->resource;
    struct reference_list needed = { 0 };
    references_of(restore->arena, &leader->id, leader->document, &needed);
    for (size_t i = 0; i < needed.count; i++) {
        const struct object_id *id = &needed.items[i].id;
        if (!wanted_of(request, id) && record_find(restore->record, id))
            add_companion(restore, request, id, NULL);
    }
}

void restore_add(struct restore *restore, const struct restore_request *request)
{
    struct restore_item item = { request->resource->id, request->resource,
                                 rollback_copy(restore->arena, &request->refused) };
    item.rollback->with = "";
    arena_push(restore->arena, restore->items, restore->count, restore->capacity, item);
    add_reads(restore, request);
    if (request->wanted)
        add_needed(restore, request);
}

size_t restore_desired(const struct restore *restore, const struct resource ***ret_desired)
{
    size_t count = 0;
    *ret_desired = arena_array(restore->arena, restore->count + 1, sizeof **ret_desired);
    for (size_t i = 0; i < restore->count; i++)
        if (restore->items[i].resource)
            (*ret_desired)[count++] = restore->items[i].resource;
    resources_sort(*ret_desired, count);
    return count;
}

struct record restore_members(const struct restore *restore)
{
    struct record record = *restore->record;
    record.members = arena_array(restore->arena, restore->count + 1, sizeof *record.members);
    record.count = 0;
    for (size_t i = 0; i < restore->record->count; i++) {
        const struct restore_item *item = find_item(restore, &restore->record->members[i].id);
        if (item && item->resource)
            record.members[record.count++] = restore->record->members[i];
    }
    return record;
}

void restore_mark(const struct restore *restore, struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct restore_item *item = find_item(restore, &plan->changes[i].subject->id);
        plan->changes[i].rollback = item ? item->rollback : NULL;
    }
}

void restore_keep(const struct restore *restore, struct record_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct restore_item *item = find_item(restore, &members[i].id);
        if (item && !item->resource)
            members[i].rollback = item->rollback;
    }
}

const char *restore_companions(const struct restore *restore, const struct object_id *leader,
                               const char *home)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *name = object_id_full(restore->arena, leader);
    for (size_t i = 0; i < restore->count; i++) {
        const struct restore_item *item = &restore->items[i];
        if (item->resource && rollback_goes_with(item->rollback->with, name))
            buf_printf(&text, "%s%s", text.length ? ", " : "",
                       object_id_text(restore->arena, &item->id, home));
    }
    return arena_strdup(restore->arena, buf_text(&text));
}

static bool reads_any(const struct restore *restore, const char *leader,
                      const struct resource *resource)
{
    AUTO_ARENA scratch = arena_new();
    struct config_use *uses;
    size_t count = config_uses(scratch, &resource->id, resource->document, &uses);
    for (size_t i = 0; i < count; i++) {
        const struct restore_item *item = find_item(restore, &uses[i].id);
        if (item && item->resource && rollback_goes_with(item->rollback->with, leader))
            return true;
    }
    return false;
}

const struct resource *restore_disturbs(const struct restore *restore,
                                        const struct object_id *leader,
                                        const struct resource *const *wanted, size_t count)
{
    const char *name = object_id_full(restore->arena, leader);
    if (!*restore_companions(restore, leader, NULL))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!find_item(restore, &wanted[i]->id) && reads_any(restore, name, wanted[i]))
            return wanted[i];
    return NULL;
}
