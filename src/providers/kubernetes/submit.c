/* submit: see submit.h. */
#include "providers/kubernetes/submit.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"

#include <string.h>

enum { ROUNDS = 5, HTTP_CONFLICT = 409 };

/* What stands between the quotes behind `mark`, or "". */
static const char *quoted(struct arena *arena, const char *text, const char *mark)
{
    const char *start = strstr(text, mark);
    if (!start)
        return "";
    start += strlen(mark);
    return arena_memdup(arena, start, strcspn(start, "\""));
}

/* conflict with "NAME" [with subresource "SUB"] [using VERSION [at TIME]]: only Updates say using.
 */
bool conflict_at(struct arena *arena, const struct value *status, size_t index,
                 struct conflict *ret_conflict)
{
    const struct value *causes = value_at(status, "details", "causes", NULL);
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *cause = value_item(causes, i);
        const char *reason = value_text(value_get(cause, "reason"));
        const char *message = value_text(value_get(cause, "message"));
        const char *field = value_text(value_get(cause, "field"));
        if (!reason || strcmp(reason, "FieldManagerConflict") != 0 || !message || index-- > 0)
            continue;
        field = field ? field : "";
        *ret_conflict = (struct conflict){
            .field = arena_strdup(arena, *field == '.' ? field + 1 : field),
            .manager = quoted(arena, message, "conflict with \""),
            .subresource = quoted(arena, message, "with subresource \""),
            .apply = strstr(message, "\" using ") == NULL,
        };
        return true;
    }
    return false;
}

enum conflict_kind conflict_kind(const struct conflict *conflict)
{
    struct manager_entry entry = { .manager = conflict->manager,
                                   .subresource = conflict->subresource };
    if (manager_is_us(&entry))
        return CONFLICT_DRIFT;
    if (strncmp(conflict->manager, "kubectl", strlen("kubectl")) == 0)
        return CONFLICT_DRIFT;
    if (conflict->apply)
        return CONFLICT_HELD;
    return manager_is_controller(conflict->manager, conflict->subresource) ? CONFLICT_CONTROLLER
                                                                           : CONFLICT_DRIFT;
}

static bool holds(const struct manager_entry *entry, const struct conflict *conflict)
{
    return entry->fields && entry->apply == conflict->apply
           && strcmp(entry->manager, conflict->manager) == 0
           && strcmp(entry->subresource, conflict->subresource) == 0;
}

/*
 * Leaves out what the controller holds and sees otherwise, as the object says
 * now; what both agree on stays ours too. False: it holds nothing of it.
 */
static bool leave_out(struct session *session, struct arena *arena, struct submission *submission,
                      const struct conflict *conflict, const struct wait *wait, struct error *err)
{
    const struct value *live;
    struct manager_entry entry;
    struct object_request object = { submission->kind, submission->id->namespace,
                                     submission->id->name, false };
    if (!request_get(session, arena, &object, &live, wait, err))
        return false;
    for (size_t i = 0; manager_entry(live, i, &entry); i++) {
        if (!holds(&entry, conflict))
            continue;
        submission->document = value_copy(arena, submission->document);
        if (fields_cut_different(arena, submission->document, entry.fields, live))
            return true;
    }
    return error_set(err, ERROR_CONFLICT, "%s holds %s", conflict->manager, conflict->field);
}

struct verdict {
    bool found, force, refused, again;
};

/* Judges every conflict of an answer. */
static bool judge(struct session *session, struct arena *arena, struct submission *submission,
                  struct submit_result *result, struct verdict *ret_verdict,
                  const struct wait *wait, struct error *err)
{
    struct conflict conflict;
    struct verdict verdict = { 0 };
    for (size_t i = 0; conflict_at(arena, result->answer.document, i, &conflict); i++) {
        enum conflict_kind kind = conflict_kind(&conflict);
        verdict.found = true;
        if (kind == CONFLICT_HELD && !session->target->force_conflicts) {
            verdict.refused = result->held = true;
            result->field = conflict.field;
            result->holder = conflict.manager;
        }
        if (kind == CONFLICT_CONTROLLER && !verdict.again) {
            if (!leave_out(session, arena, submission, &conflict, wait, err))
                return false;
            verdict.again = true;
        }
    }
    verdict.force = verdict.found && !verdict.again && !verdict.refused;
    *ret_verdict = verdict;
    return true;
}

bool submit(struct session *session, struct arena *arena, struct submission *submission,
            struct submit_result *ret_result, const struct wait *wait, struct error *err)
{
    struct apply_request apply = { .kind = submission->kind,
                                   .id = submission->id,
                                   .manager = FIELD_MANAGER,
                                   .dry_run = submission->dry_run };
    *ret_result = (struct submit_result){ 0 };
    for (int round = 0; round < ROUNDS; round++) {
        struct verdict verdict;
        struct error failed = { 0 };
        apply.document = submission->document;
        if (request_apply(session, arena, &apply, &ret_result->answer, wait, &failed))
            return true;
        bool conflict = ret_result->answer.status == HTTP_CONFLICT;
        if (conflict && !judge(session, arena, submission, ret_result, &verdict, wait, err))
            return false;
        if (!conflict || !verdict.found || verdict.refused) {
            *err = failed;
            return false;
        }
        apply.force = verdict.force;
    }
    return error_set(err, ERROR_CONFLICT,
                     "%s: others keep changing the same fields: see who writes to it",
                     object_id_text(arena, submission->id, NULL));
}
