/* history: see history.h. */
#include "reconciler/history.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "base/who.h"
#include "reconciler/hold.h"
#include "reconciler/rollback/rollback.h"

#include <string.h>

/* What comes first where there is no room for all. */
enum weight { WEIGHT_FAILED, WEIGHT_HELD, WEIGHT_HOOK, WEIGHT_NOT_DONE, WEIGHT_DONE, WEIGHTS };

static const struct restored *restored_of(const struct target_run *target,
                                          const struct change *change)
{
    for (size_t i = 0; i < target->restored_count; i++)
        if (target->restored[i].done
            && object_id_compare(&target->restored[i].id, &change->subject->id) == 0)
            return &target->restored[i];
    return NULL;
}

static bool is_hook(const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    return desired && desired->options.hook != HOOK_NONE && change->written;
}

static bool is_told(const struct change *change)
{
    return action_writes(change->action) || change->action == ACTION_HOLD || change->rollback
           || change->action == ACTION_REFUSE || change->progress == PROGRESS_FAILED;
}

static enum weight weight_of(const struct change *change)
{
    if (change->progress == PROGRESS_FAILED || change->action == ACTION_REFUSE)
        return WEIGHT_FAILED;
    if (change->action == ACTION_HOLD)
        return WEIGHT_HELD;
    if (is_hook(change))
        return WEIGHT_HOOK;
    return change->progress == PROGRESS_DONE ? WEIGHT_DONE : WEIGHT_NOT_DONE;
}

static const char *result_text(const struct target_run *target, const struct change *change)
{
    if (change->progress == PROGRESS_FAILED)
        return restored_of(target, change) ? "restored" : "failed";
    if (change->action == ACTION_HOLD)
        return "held";
    if (change->action == ACTION_REFUSE)
        return "refused";
    return change->progress == PROGRESS_BLOCKED ? "blocked"
           : change->progress == PROGRESS_DONE  ? "done"
                                                : "skipped";
}

/* The first line of it, as far as there is room. */
static const char *cut(struct arena *arena, const char *text)
{
    const char *line = printable_text(arena, arena_memdup(arena, text, strcspn(text, "\n")));
    size_t length = strlen(line);
    while (length > HISTORY_NOTE_MOST || ((unsigned char)line[length] & 0xC0) == 0x80)
        length--;
    return arena_memdup(arena, line, length);
}

static const char *note_of(struct arena *arena, const struct target_run *target,
                           const struct change *change)
{
    const struct restored *restored = restored_of(target, change);
    if (change->progress == PROGRESS_FAILED && restored)
        return cut(arena, arena_printf(arena, "%.7s runs again: %s", restored->commit,
                                       change->error->message));
    if (change->progress == PROGRESS_FAILED || change->progress == PROGRESS_BLOCKED)
        return cut(arena, change->error->message);
    if (change->action == ACTION_HOLD)
        return cut(arena, hold_text(arena, change->hold));
    if (change->rollback && !*change->rollback->with)
        return cut(arena, printable_line(arena, change->rollback->reason));
    return change->action == ACTION_REFUSE && change->why ? cut(arena, change->why) : "";
}

/* Whose change was undone; NULL: nobody's. */
static const char *drift_of(const struct change *change)
{
    if (!action_writes(change->action))
        return NULL;
    for (size_t i = 0; i < change->field_count; i++)
        if (change->fields[i].cause == CAUSE_DRIFT)
            return change->fields[i].manager ? change->fields[i].manager : "";
    return change->cause == CAUSE_DRIFT ? "" : NULL;
}

static struct history_object object_of(struct arena *arena, const struct target_run *target,
                                       const struct change *change)
{
    enum action action = change->action == ACTION_HOLD ? change->held_back : change->action;
    bool hook = is_hook(change);
    return (struct history_object){
        .name = object_id_full(arena, &change->subject->id),
        .action = change->rollback ? "rollback" : action_name(action),
        .result = result_text(target, change),
        .drift = drift_of(change),
        .note = note_of(arena, target, change),
        .hook = hook,
        .reversible = hook && change->subject->desired->options.hook_reversible,
    };
}

static void add_objects(struct arena *arena, const struct target_run *target,
                        struct history_entry *entry)
{
    const struct plan *plan = &target->plan;
    struct history_object *objects = arena_array(arena, HISTORY_OBJECTS_MOST, sizeof *objects);
    for (int weight = 0; weight < WEIGHTS; weight++)
        for (size_t i = 0; i < plan->count; i++) {
            const struct change *change = &plan->changes[i];
            if (!is_told(change) || (int)weight_of(change) != weight)
                continue;
            if (entry->object_count < HISTORY_OBJECTS_MOST)
                objects[entry->object_count++] = object_of(arena, target, change);
            else
                entry->more++;
        }
    entry->objects = objects;
}

static void count_change(const struct target_run *target, const struct change *change,
                         struct history_counts *counts)
{
    bool done = change->progress == PROGRESS_DONE;
    bool made = done && change->action == ACTION_CREATE, image = image_is_id(&change->subject->id);
    counts->built += made && image;
    counts->created += made && !image;
    counts->changed += done && change->action == ACTION_CHANGE;
    counts->replaced += done && change->action == ACTION_REPLACE;
    counts->adopted += done && change->action == ACTION_ADOPT;
    counts->deleted += done && change->action == ACTION_DELETE;
    counts->held += change->action == ACTION_HOLD;
    counts->refused += change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN;
    counts->unchanged += change->action == ACTION_KEEP && change->progress != PROGRESS_FAILED;
    counts->failed += change->progress == PROGRESS_FAILED;
    counts->blocked += change->progress == PROGRESS_BLOCKED;
    counts->restored += change->progress == PROGRESS_FAILED && restored_of(target, change);
}

static const char *result_of(const struct target_run *target)
{
    const struct execute_result *result = &target->result;
    if (result->interrupted)
        return "interrupted";
    if (result->failed || result->blocked || result->skipped || result->lost)
        return "failed";
    return target->plan.counts.refuse || target->plan.counts.unknown ? "refused" : "done";
}

static struct history_entry begin(const struct run *run)
{
    const struct record_source *commit = &run->source.commit;
    return (struct history_entry){
        .time = clock_unix(),
        .milliseconds = clock_now() - run->started,
        .command = run->command,
        .by = who_runs(run->arena),
        .commit = commit->commit ? commit->commit : "",
        .subject = commit->subject ? cut(run->arena, commit->subject) : "",
        .dirty = commit->dirty,
        .result = "done",
        .waited = !run->options->no_wait,
        .partial = run->partial != NULL,
    };
}

void history_note(const struct run *run, const struct target_run *target, struct record *record)
{
    struct history_entry entry = begin(run);
    entry.result = result_of(target);
    for (size_t i = 0; i < target->plan.count; i++)
        count_change(target, &target->plan.changes[i], &entry.counts);
    add_objects(run->arena, target, &entry);
    record->history = history_add(run->arena, target->record.history, &entry);
}

void history_note_command(const struct run *run, const struct target_run *target,
                          const char *action, const struct object_id *ids, size_t count,
                          struct record *record)
{
    struct history_entry entry = begin(run);
    struct history_object *objects = arena_array(run->arena, HISTORY_OBJECTS_MOST, sizeof *objects);
    for (size_t i = 0; i < count && i < HISTORY_OBJECTS_MOST; i++)
        objects[entry.object_count++] =
            (struct history_object){ .name = object_id_full(run->arena, &ids[i]),
                                     .action = action,
                                     .result = "done",
                                     .note = "" };
    entry.more = count - entry.object_count;
    entry.objects = objects;
    record->history = history_add(run->arena, target->record.history, &entry);
}
