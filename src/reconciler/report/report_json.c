/*
 * report_json: a run as one JSON document, format version 1. The schema is
 * schemas/output-plan.schema.json; members are only ever added. Values of
 * Secrets are left out.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "reconciler/hold.h"
#include "reconciler/plan/contest.h"
#include "reconciler/plan/secret_diff.h"
#include "reconciler/report/report_image.h"
#include "reconciler/rollback/rollback.h"
#include "reconciler/strays.h"

#include <stdint.h>

enum { FORMAT = 1 };

static void set_count(struct arena *arena, struct value *map, const char *key, size_t count)
{
    value_set(arena, map, key, value_integer(arena, (int64_t)count));
}

static struct value *id_value(struct arena *arena, const struct object_id *id)
{
    struct value *map = value_map(arena);
    value_set_text(arena, map, "group", id->group);
    value_set_text(arena, map, "kind", id->kind);
    value_set_text(arena, map, "namespace", id->namespace);
    value_set_text(arena, map, "name", id->name);
    return map;
}

static const char *const CAUSES[] = {
    [CAUSE_COMMIT] = "commit", [CAUSE_DRIFT] = "drift", [CAUSE_ADOPTION] = "adoption"
};

static const char *const PROGRESS[] = {
    [PROGRESS_NONE] = "none",        [PROGRESS_APPLYING] = "applying",
    [PROGRESS_SETTLING] = "waiting", [PROGRESS_DONE] = "done",
    [PROGRESS_FAILED] = "failed",    [PROGRESS_BLOCKED] = "blocked",
    [PROGRESS_SKIPPED] = "skipped",
};

/* Documents are immutable; a tree for output may share them. */
static struct value *shared(const struct value *value)
{
    return (struct value *)(uintptr_t)value;
}

static struct value *field_value(struct arena *arena, const struct change *change,
                                 const struct planned_field *field)
{
    struct value *map = value_map(arena);
    const struct field_change *c = &field->change;
    bool secret = secret_field(&change->subject->id, c->pointer);
    value_set_text(arena, map, "path", c->path);
    value_set_text(arena, map, "pointer", c->pointer);
    value_set_text(arena, map, "change", !c->before ? "added" : !c->after ? "removed" : "changed");
    value_set_text(arena, map, "cause", CAUSES[field->cause]);
    value_set_text(arena, map, "manager", field->manager);
    if (field->time)
        value_set_text(arena, map, "time", time_text(arena, field->time));
    if (secret)
        value_set(arena, map, "secret", value_bool(arena, true));
    if (!secret && c->before)
        value_set(arena, map, "old", shared(c->before));
    if (!secret && c->after && !report_image_later(c->after))
        value_set(arena, map, "new", shared(c->after));
    return map;
}

static void add_prediction(struct arena *arena, struct value *map, const struct change *change)
{
    const struct prediction *p = &change->prediction;
    if (!action_writes(change->action))
        return;
    value_set_text(arena, map, "cause", CAUSES[change->cause]);
    if (p->kind == PREDICT_LATER || p->until)
        value_set_text(arena, map, "unknownUntil", p->until ? p->until : "");
    value_set_text(arena, map, "note", p->note);
    bool confirmed = p->kind != PREDICT_LOCAL && p->kind != PREDICT_LATER && !change->unasked;
    value_set(arena, map, "confirmed", value_bool(arena, confirmed));
}

static void add_outcome(struct arena *arena, struct value *map, const struct change *change)
{
    value_set_text(arena, map, "result", PROGRESS[change->progress]);
    if (change->progress == PROGRESS_FAILED || change->progress == PROGRESS_BLOCKED)
        value_set_text(arena, map, "error", change->error->message);
    if (change->progress == PROGRESS_SKIPPED || change->progress == PROGRESS_FAILED)
        value_set(arena, map, "written", value_bool(arena, change->written));
    if (change->milliseconds)
        value_set(arena, map, "milliseconds", value_integer(arena, change->milliseconds));
}

/* An Image is built, anew where an older one was; else its tags change. */
static const char *action_text(const struct change *change, enum action action)
{
    if (action != ACTION_CREATE || !image_is_id(&change->subject->id))
        return action_name(action);
    return change->prediction.renews ? "rebuild" : "build";
}

/* Where its tags pointed, and what it is; what nobody knows (yet) is left out. */
static void add_digests(struct arena *arena, struct value *map, const struct change *change,
                        struct images *images)
{
    const struct object_id *id = &change->subject->id;
    const struct image_run *image =
        images && image_is_id(id) ? images_find(images, id->name) : NULL;
    const char *before = image ? image_digest_before(image) : NULL;
    struct value *digests = value_map(arena);
    value_set_text(arena, digests, "before", before);
    value_set_text(arena, digests, "after", image ? image->image.digest : NULL);
    if (value_count(digests))
        value_set(arena, map, "digests", digests);
}

static struct value *change_value(struct arena *arena, const struct change *change, bool applied)
{
    struct value *map = id_value(arena, &change->subject->id);
    struct value *fields = value_list(arena);
    const struct resource *desired = change->subject->desired;
    value_set_text(arena, map, "action", action_text(change, change->action));
    if (change->action == ACTION_HOLD)
        value_set_text(arena, map, "heldBack", action_text(change, change->held_back));
    if (change->hold)
        value_set(arena, map, "hold", hold_value(arena, change->hold));
    value_set_text(arena, map, "reason", change->why);
    value_set_text(arena, map, "wayOut", change->way_out);
    if (desired && desired->file) {
        value_set_text(arena, map, "file", desired->file->path);
        set_count(arena, map, "line", desired->place.line);
    }
    if (contest_is_lost(&change->contest))
        value_set(arena, map, "contest", contest_value(arena, &change->contest));
    add_prediction(arena, map, change);
    for (size_t i = 0; i < change->field_count; i++)
        value_push(arena, fields, field_value(arena, change, &change->fields[i]));
    if (change->field_count)
        value_set(arena, map, "fields", fields);
    if (applied && change->progress != PROGRESS_NONE)
        add_outcome(arena, map, change);
    return map;
}

static struct value *counts_value(struct arena *arena, const struct plan_counts *counts)
{
    struct value *map = value_map(arena);
    set_count(arena, map, "create", counts->create - counts->builds);
    if (counts->builds)
        set_count(arena, map, "build", counts->builds);
    set_count(arena, map, "change", counts->change);
    set_count(arena, map, "replace", counts->replace);
    set_count(arena, map, "adopt", counts->adopt);
    set_count(arena, map, "delete", counts->delete);
    set_count(arena, map, "forget", counts->forget);
    set_count(arena, map, "keep", counts->keep);
    set_count(arena, map, "retain", counts->retain);
    set_count(arena, map, "refuse", counts->refuse);
    set_count(arena, map, "unknown", counts->unknown);
    set_count(arena, map, "hold", counts->hold);
    set_count(arena, map, "unconfirmed", counts->unconfirmed);
    set_count(arena, map, "foreignFields", counts->foreign_fields);
    return map;
}

static struct value *refusals_value(struct arena *arena, const struct plan *plan)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < plan->refusal_count; i++) {
        struct value *map = value_map(arena);
        value_set_text(arena, map, "reason", plan->refusals[i].what);
        value_set_text(arena, map, "wayOut", plan->refusals[i].way_out);
        value_push(arena, list, map);
    }
    return list;
}

/* What failed and was to be put back: what became of it. */
static struct value *rollbacks_value(struct arena *arena, const struct target_run *target)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < target->restored_count; i++) {
        const struct restored *restored = &target->restored[i];
        struct value *map = id_value(arena, &restored->id);
        value_set(arena, map, "done", value_bool(arena, restored->done));
        value_set_text(arena, map, "reason",
                       restored->error ? restored->error->message : restored->why);
        value_set_text(arena, map, "restored", restored->commit);
        if (restored->tag_count) {
            struct value *tags = value_list(arena);
            for (size_t j = 0; j < restored->tag_count; j++)
                value_push(arena, tags, value_string(arena, restored->tags[j]));
            value_set(arena, map, "tags", tags);
        }
        value_push(arena, list, map);
    }
    return list;
}

static struct value *texts_value(struct arena *arena, const struct text_list *list)
{
    struct value *values = value_list(arena);
    for (size_t i = 0; i < list->count; i++)
        value_push(arena, values, value_string(arena, list->items[i]));
    return values;
}

static struct value *changes_value(struct arena *arena, const struct run *run,
                                   const struct target_run *target, bool applied)
{
    struct value *changes = value_list(arena);
    for (size_t i = 0; i < target->plan.count; i++) {
        const struct change *change = &target->plan.changes[i];
        if (change->action == ACTION_KEEP && !applied)
            continue;
        struct value *map = change_value(arena, change, applied);
        add_digests(arena, map, change, run->images);
        value_push(arena, changes, map);
    }
    return changes;
}

static struct value *target_value(struct arena *arena, const struct run *run,
                                  const struct target_run *target, bool applied)
{
    struct value *map = value_map(arena);
    value_set_text(arena, map, "target",
                   target->description ? target->description : target->target.name);
    value_set_text(arena, map, "namespace", target->target.set_namespace);
    if (target->error.kind != ERROR_NONE)
        value_set_text(arena, map, "error", target->error.message);
    if (!target->planned)
        return map;
    value_set(arena, map, "changes", changes_value(arena, run, target, applied));
    value_set(arena, map, "counts", counts_value(arena, &target->plan.counts));
    value_set(arena, map, "refusals", refusals_value(arena, &target->plan));
    struct value *holds = holds_value(arena, target);
    if (holds)
        value_set(arena, map, "holds", holds);
    struct value *strays = strays_value(arena, &target->plan);
    if (strays)
        value_set(arena, map, "unrecorded", strays);
    if (target->misfits.count)
        value_set(arena, map, "warnings", texts_value(arena, &target->misfits));
    if (target->restored_count)
        value_set(arena, map, "rollbacks", rollbacks_value(arena, target));
    if (target->result.exhausted)
        value_set(arena, map, "stoppedAfterFailures", value_bool(arena, true));
    if (target->result.not_pruned)
        value_set_text(arena, map, "notPruned", target->result.not_pruned);
    return map;
}

static struct value *commit_value(struct arena *arena, const struct run *run)
{
    const struct record_source *commit = &run->source.commit;
    struct value *map = value_map(arena);
    value_set_text(arena, map, "commit", commit->commit);
    value_set_text(arena, map, "revision", run->source.revision);
    value_set_text(arena, map, "subject", commit->subject);
    value_set_text(arena, map, "author", commit->author);
    value_set_text(arena, map, "origin", commit->origin);
    value_set_text(arena, map, "path", commit->path);
    if (commit->time)
        value_set_text(arena, map, "time", time_text(arena, commit->time));
    return map;
}

static struct value *problems_value(struct arena *arena, const struct problems *problems)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        struct value *map = value_map(arena);
        value_set_text(arena, map, "file", problem->file ? problem->file->path : NULL);
        if (problem->place.line) {
            set_count(arena, map, "line", problem->place.line);
            set_count(arena, map, "column", problem->place.column);
        }
        value_set_text(arena, map, "severity", problem->warning ? "warning" : "error");
        value_set_text(arena, map, "message", problem->message);
        value_push(arena, list, map);
    }
    return list;
}

static struct value *undeclared_value(struct arena *arena, const struct run *run)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < run->undeclared_count; i++)
        value_push(arena, list, value_string(arena, run->undeclared[i]));
    return list;
}

void report_json(struct buf *out, const struct run *run, bool applied, int code, const char *error)
{
    AUTO_ARENA arena = arena_new();
    struct value *map = value_map(arena), *targets = value_list(arena);
    for (size_t i = 0; i < run->target_count; i++)
        value_push(arena, targets, target_value(arena, run, &run->targets[i], applied));
    value_set(arena, map, "format", value_integer(arena, FORMAT));
    value_set_text(arena, map, "project", run->set.project.name);
    value_set(arena, map, "source", commit_value(arena, run));
    value_set(arena, map, "problems", problems_value(arena, &run->problems));
    value_set(arena, map, "targets", targets);
    value_set_text(arena, map, "partial", run->partial);
    if (run->undeclared_count)
        value_set(arena, map, "undeclaredClusters", undeclared_value(arena, run));
    value_set_text(arena, map, "error", error);
    value_set(arena, map, "exitCode", value_integer(arena, code));
    json_write_pretty(out, map);
    buf_putc(out, '\n');
}
