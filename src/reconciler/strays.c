/* strays: see strays.h. */
#include "reconciler/strays.h"

#include "base/cleanup.h"

#include <stdlib.h>

enum { STRAYS_SHOWN = 5 };

static int compare(const void *key, const void *member)
{
    return object_id_compare(key, &((const struct record_member *)member)->id);
}

static bool recorded(const struct record *record, const struct object_id *id)
{
    return record->count
           && bsearch(id, record->members, record->count, sizeof *record->members, compare);
}

void strays_find(struct run *run, struct target_run *target)
{
    struct plan *plan = &target->plan;
    const struct stray *met = NULL;
    size_t count = 0;
    if (target->provider->strays)
        target->provider->strays(target->session, &met, &count);
    struct stray *kept = arena_array(run->arena, count + 1, sizeof *kept);
    plan->strays = kept;
    plan->stray_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!recorded(&target->record, &met[i].id))
            kept[plan->stray_count++] = met[i];
}

/* Controllers copy labels to what they make: that is nothing to look at. */
static bool is_told(const struct stray *stray, const struct report_style *style)
{
    return !stray->owner || style->verbose;
}

static void add_stray(struct buf *out, const struct target_run *target, const struct stray *stray)
{
    AUTO_ARENA arena = arena_new();
    buf_printf(out, "  %s", report_name(arena, target, &stray->id));
    if (stray->owner)
        buf_printf(out, ", made by %s", stray->owner);
    buf_putc(out, '\n');
}

void strays_report(struct buf *out, const struct target_run *target,
                   const struct report_style *style)
{
    const struct plan *plan = &target->plan;
    size_t told = 0, shown = 0;
    for (size_t i = 0; i < plan->stray_count; i++)
        told += is_told(&plan->strays[i], style);
    if (told == 0 || style->quiet)
        return;
    buf_printf(out, "%zu object%s the set's label, but %s not in its record: left alone.\n", told,
               told == 1 ? " carries" : "s carry", told == 1 ? "is" : "are");
    for (size_t i = 0; i < plan->stray_count; i++)
        if (is_told(&plan->strays[i], style) && (shown++ < STRAYS_SHOWN || style->verbose))
            add_stray(out, target, &plan->strays[i]);
    if (told > STRAYS_SHOWN && !style->verbose)
        buf_printf(out, "  … and %zu more\n", told - STRAYS_SHOWN);
}

struct value *strays_value(struct arena *arena, const struct plan *plan)
{
    struct value *list = value_list(arena);
    if (plan->stray_count == 0)
        return NULL;
    for (size_t i = 0; i < plan->stray_count; i++) {
        const struct stray *stray = &plan->strays[i];
        struct value *map = value_map(arena);
        value_set_text(arena, map, "group", stray->id.group);
        value_set_text(arena, map, "kind", stray->id.kind);
        value_set_text(arena, map, "namespace", stray->id.namespace);
        value_set_text(arena, map, "name", stray->id.name);
        if (stray->owner)
            value_set_text(arena, map, "owner", stray->owner);
        value_push(arena, list, map);
    }
    return list;
}
