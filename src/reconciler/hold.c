/* hold: see hold.h. Setting and ending one is in hold_set.c. */
#include "reconciler/hold.h"

#include "base/cleanup.h"
#include "base/printable.h"
#include "providers/hold.h"

#include <stdlib.h>
#include <string.h>

static const struct hold *find_hold(const struct hold *holds, size_t count,
                                    const struct object_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (object_id_compare(&holds[i].id, id) == 0)
            return &holds[i];
    return NULL;
}

const struct hold *hold_of(const struct record *record, const struct subject *subject)
{
    const struct hold *recorded = find_hold(record->holds, record->hold_count, &subject->id);
    return recorded ? recorded : subject->live.hold;
}

static const char *unhold_text(struct arena *arena, const struct hold *hold, const char *home)
{
    return hold->on_object ? "remove its annotation cmx.dev/hold"
                           : arena_printf(arena, "cmx-reconcile unhold %s",
                                          object_id_text(arena, &hold->id, home));
}

void hold_back(struct change *change, bool removal, const char *home)
{
    enum action action = change->action;
    if (!change->hold || action == ACTION_FORGET || action == ACTION_RETAIN)
        return;
    if (removal) {
        change->action = ACTION_REFUSE;
        change->why = hold_text(change->arena, change->hold);
        change->way_out = unhold_text(change->arena, change->hold, home);
        return;
    }
    change->held_back = action;
    change->action = ACTION_HOLD;
}

bool hold_meanwhile(struct change *change, const struct hold *holds, size_t count)
{
    const struct hold *found = find_hold(holds, count, &change->subject->id);
    if (!found)
        return false;
    struct hold *hold = hold_copy(change->arena, found);
    hold->id = change->subject->id;
    change->hold = hold;
    if (change->action == ACTION_DELETE)
        return true;
    change->held_back = change->action;
    change->action = ACTION_HOLD;
    change->held_meanwhile = true;
    change->rolling = false;
    return true;
}

/* ----------------------------------------------------------------------- in words */

/* "Deployment/web", the first that it goes with; names of built-in kinds are short. */
static const char *rollback_leader(struct arena *arena, const struct record_rollback *rollback)
{
    struct object_id id;
    const char *first = arena_memdup(arena, rollback->with, strcspn(rollback->with, ","));
    return object_name_text(arena, first, object_id_parse(arena, first, &id) ? id.namespace : NULL);
}

/* "rolled back to 3f2a1c7 by ana@laptop: it is slow"; of what went along only with whom. */
static const char *rollback_text(struct arena *arena, const struct hold *hold)
{
    const struct record_rollback *rollback = hold->rollback;
    bool told = !rollback->automatic && *rollback->by;
    if (*rollback->with)
        return arena_printf(arena, "put back with %s", rollback_leader(arena, rollback));
    return arena_printf(arena, "rolled back to %.7s%s%s%s%s", rollback->to, told ? " by " : "",
                        told ? rollback->by : "", *rollback->reason ? ": " : "", rollback->reason);
}

static const char *held_text(struct arena *arena, const struct hold *hold)
{
    return arena_printf(arena, "held%s%s%s%s%s%s%s", *hold->by ? " by " : "", hold->by,
                        hold->on_object ? " (annotation)" : "", hold->until ? " until " : "",
                        hold->until ? time_of_day_text(arena, hold->until) : "",
                        *hold->reason ? ": " : "", hold->reason);
}

/* Anybody who may write the object, or hold it, chooses the reason: it makes no lines of its own.
 */
const char *hold_text(struct arena *arena, const struct hold *hold)
{
    return printable_line(arena,
                          hold->rollback ? rollback_text(arena, hold) : held_text(arena, hold));
}

const char *hold_waits(struct arena *arena, const struct change *change)
{
    switch (change->held_back) {
    case ACTION_KEEP:
        return "nothing waits";
    case ACTION_CREATE:
        return "its creation waits";
    case ACTION_DELETE:
        return "its deletion waits";
    case ACTION_REPLACE:
        return "its replacement waits";
    case ACTION_REFUSE:
        return arena_printf(arena, "it would be refused: %s", change->why ? change->why : "");
    case ACTION_UNKNOWN:
        return "what waits could not be asked";
    case ACTION_ADOPT:
        return "taking it over waits";
    case ACTION_CHANGE:
        if (change->hold && change->hold->rollback && change->field_count)
            return arena_printf(arena, "%zu field%s refused", change->field_count,
                                change->field_count == 1 ? " is" : "s are");
        __attribute__((fallthrough));
    default:
        return change->field_count == 0
                   ? "a change waits"
                   : arena_printf(arena, "%zu field%s", change->field_count,
                                  change->field_count == 1 ? " waits" : "s wait");
    }
}

static int compare_member(const void *key, const void *member)
{
    return object_id_compare(key, &((const struct record_member *)member)->id);
}

static bool is_member(const struct record *record, const struct object_id *id)
{
    return record->count
           && bsearch(id, record->members, record->count, sizeof *record->members, compare_member);
}

/* How to end them; the first one's command stands for all. */
static void report_rollbacks(struct buf *out, const struct target_run *target,
                             const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < target->record.hold_count && !style->quiet; i++) {
        const struct hold *hold = &target->record.holds[i];
        if (!hold->rollback || *hold->rollback->with)
            continue;
        buf_puts(out, "What is rolled back stays so until a commit changes what it is made of");
        if (style->hint)
            buf_printf(out, ", or:\n  %s --release %s",
                       style->hint(style->hint_context, arena, "rollback", NULL),
                       report_name(arena, target, &hold->id));
        buf_putc(out, '\n');
        return;
    }
}

void holds_report(struct buf *out, const struct target_run *target,
                  const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    report_rollbacks(out, target, style);
    for (size_t i = 0; i < target->record.hold_count && !style->quiet; i++) {
        const struct hold *hold = &target->record.holds[i];
        if (!hold->rollback && !is_member(&target->record, &hold->id))
            buf_printf(out, "No member of the set: %s, %s.\n",
                       report_name(arena, target, &hold->id),
                       printable_text(arena, hold_text(arena, hold)));
    }
}

/* ------------------------------------------------------------------------ in JSON */

struct value *hold_value(struct arena *arena, const struct hold *hold)
{
    struct value *map = value_map(arena);
    const struct record_rollback *rollback = hold->rollback;
    if (*hold->by)
        value_set_text(arena, map, "by", hold->by);
    if (rollback) {
        value_set_text(arena, map, "for", hold->purpose);
        value_set_text(arena, map, "refused", rollback->from);
        value_set_text(arena, map, "restored", rollback->to);
        value_set(arena, map, "automatic", value_bool(arena, rollback->automatic));
    }
    if (rollback && *rollback->with)
        value_set_text(arena, map, "with", rollback->with);
    value_set_text(arena, map, "reason", hold->reason);
    value_set_text(arena, map, "where", hold->on_object ? "object" : "record");
    if (hold->since)
        value_set_text(arena, map, "since", time_text(arena, hold->since));
    if (hold->until)
        value_set_text(arena, map, "until", time_text(arena, hold->until));
    return map;
}

void hold_name_value(struct arena *arena, struct value *map, const struct object_id *id)
{
    value_set_text(arena, map, "group", id->group);
    value_set_text(arena, map, "kind", id->kind);
    value_set_text(arena, map, "namespace", id->namespace);
    value_set_text(arena, map, "name", id->name);
}

struct value *hold_value_named(struct arena *arena, const struct hold *hold)
{
    struct value *map = hold_value(arena, hold);
    hold_name_value(arena, map, &hold->id);
    return map;
}

static void push_hold(struct arena *arena, struct value *list, const struct target_run *target,
                      const struct hold *hold)
{
    struct value *map = hold_value_named(arena, hold);
    value_set(arena, map, "member", value_bool(arena, is_member(&target->record, &hold->id)));
    value_push(arena, list, map);
}

/* Those of the record, and those that live objects carry; plan.count is 0 where only was looked. */
struct value *holds_value(struct arena *arena, const struct target_run *target)
{
    struct value *list = value_list(arena);
    const struct plan *plan = &target->plan;
    size_t subjects = target->planned ? plan->count : target->record.count;
    for (size_t i = 0; i < target->record.hold_count; i++)
        push_hold(arena, list, target, &target->record.holds[i]);
    for (size_t i = 0; plan->subjects && i < subjects; i++)
        if (plan->subjects[i].live.hold
            && hold_of(&target->record, &plan->subjects[i]) == plan->subjects[i].live.hold)
            push_hold(arena, list, target, plan->subjects[i].live.hold);
    return value_count(list) ? list : NULL;
}
