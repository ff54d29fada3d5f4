/* contest: see contest.h. */
#include "reconciler/plan/contest.h"

#include <stdlib.h>
#include <string.h>

bool contest_is_lost(const struct record_contest *contest)
{
    return contest->count >= CONTEST_APPLIES;
}

static bool right_after(const struct planned_field *field)
{
    return field->manager && field->after >= 0 && field->after <= CONTEST_SECONDS;
}

static bool is_same(const struct record_contest *contest, const struct planned_field *field)
{
    return contest->count && field->manager && strcmp(contest->manager, field->manager) == 0
           && strcmp(contest->field, field->change.path) == 0;
}

static struct record_contest begin(const struct planned_field *field, unsigned count)
{
    return (struct record_contest){ .field = field->change.path,
                                    .pointer = field->change.pointer,
                                    .manager = field->manager,
                                    .count = count < CONTEST_APPLIES ? count : CONTEST_APPLIES };
}

void contest_judge(struct change *change, bool unchanged)
{
    const struct record_member *recorded = change->subject->recorded;
    change->contest = (struct record_contest){ 0 };
    if (!unchanged || !recorded)
        return;
    for (size_t i = 0; i < change->field_count; i++) {
        const struct planned_field *field = &change->fields[i];
        bool goes_on = is_same(&recorded->contest, field)
                       && (contest_is_lost(&recorded->contest) || right_after(field));
        if (goes_on) {
            change->contest = begin(field, recorded->contest.count + 1);
            return;
        }
        if (!change->contest.count && right_after(field))
            change->contest = begin(field, 1);
    }
}

struct record_contest contest_to_record(const struct change *change)
{
    const struct record_member *recorded = change->subject->recorded;
    struct record_contest none = { 0 }, before = recorded ? recorded->contest : none;
    bool refused = change->action == ACTION_REFUSE && contest_is_lost(&change->contest);
    if (change->written || refused)
        return change->contest;
    return change->action == ACTION_KEEP && contest_is_lost(&before) ? none : before;
}

bool contests_differ(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct record_member *recorded = plan->changes[i].subject->recorded;
        struct record_contest now = contest_to_record(&plan->changes[i]);
        if (recorded && contest_is_lost(&recorded->contest) != contest_is_lost(&now))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------- in words */

const char *contest_text(struct arena *arena, const struct record_contest *contest)
{
    return arena_printf(arena, "%s was set again by `%s` right after each of the last %d applies",
                        contest->field, contest->manager, CONTEST_APPLIES);
}

/* The position in the manifest of the element that stands at `index` in the live list. */
static size_t wanted_position(const struct value *live, const struct value *wanted, size_t index)
{
    const char *key = diff_list_key(live, wanted);
    const struct value *mine = value_get(value_item(live, index), key ? key : "");
    for (size_t i = 0; mine && i < value_count(wanted); i++)
        if (value_equal(value_get(value_item(wanted, i), key), mine))
            return i;
    return index;
}

/* "a~1b" is the key "a/b". */
static char *unescaped(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_memdup(arena, text, length), *to = copy;
    for (const char *at = copy; *at; at++)
        *to++ = *at != '~' ? *at : *++at == '1' ? '/' : '~';
    *to = '\0';
    return copy;
}

static const char *wanted_pointer(struct arena *arena, const char *pointer,
                                  const struct value *live, const struct value *wanted)
{
    const char *result = "";
    while (*pointer == '/') {
        size_t length = strcspn(pointer + 1, "/");
        const char *part = arena_memdup(arena, pointer + 1, length);
        if (live && live->kind == VALUE_LIST) {
            size_t index = strtoul(part, NULL, 10);
            size_t position = wanted_position(live, wanted, index);
            live = value_item(live, index);
            wanted = value_item(wanted, position);
            result = arena_printf(arena, "%s/%zu", result, position);
        } else {
            const char *key = unescaped(arena, part, length);
            live = value_get(live, key);
            wanted = value_get(wanted, key);
            result = arena_printf(arena, "%s/%s", result, part);
        }
        pointer += 1 + length;
    }
    return result;
}

const char *contest_way_out(struct change *change)
{
    const char *pointer =
        wanted_pointer(change->arena, change->contest.pointer, change->prediction.before,
                       change->subject->desired->document);
    return arena_printf(change->arena,
                        "annotate it with cmx.dev/ignore: %s; or stop `%s`, and use "
                        "--force-conflicts",
                        pointer, change->contest.manager);
}

bool contest_goes_on(struct arena *arena, const struct target_run *target,
                     const struct subject *subject)
{
    struct blame blame = { 0 };
    if (!subject->recorded || !contest_is_lost(&subject->recorded->contest)
        || !subject->live.document)
        return false;
    const struct record_contest *contest = &subject->recorded->contest;
    target->provider->blame(target->session, arena, subject, contest->pointer, &blame);
    return !blame.ours && blame.manager && strcmp(blame.manager, contest->manager) == 0;
}

struct value *contest_value(struct arena *arena, const struct record_contest *contest)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "field", value_string(arena, contest->field));
    value_set(arena, map, "pointer", value_string(arena, contest->pointer));
    value_set(arena, map, "manager", value_string(arena, contest->manager));
    return map;
}
