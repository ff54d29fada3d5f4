/* apply: see apply.h. Removing and releasing are in remove.c and release.c. */
#include "providers/kubernetes/apply.h"

#include "providers/kubernetes/change.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/guard.h"
#include "providers/kubernetes/handover.h"
#include "providers/kubernetes/immutable.h"
#include "providers/kubernetes/invalid.h"
#include "providers/kubernetes/mark.h"
#include "providers/kubernetes/record/lock.h"
#include "providers/kubernetes/takeover.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

enum { HTTP_OK = 200 };

static bool invalid(struct session *session, struct arena *arena, const struct subject *subject,
                    const struct submit_result *result, struct error *err)
{
    const char *text = invalid_text(arena, subject->desired, result->answer.document, err->message,
                                    session->client);
    if (text)
        error_set(err, ERROR_INVALID, "%s", text);
    err->kind = ERROR_INVALID;
    return false;
}

/* The server's refusal, in the words and the kind that the caller branches on. */
static bool refused(struct session *session, struct arena *arena, const struct subject *subject,
                    const struct object_change *change, const struct submit_result *result,
                    const struct error *failed, struct error *err)
{
    const char *name = object_id_text(arena, &subject->id, NULL), *field, *phrase;
    if (result->held)
        return error_set(err, ERROR_CONFLICT,
                         "%s: %s is held by %s: leave it out, or take it with --force-conflicts",
                         name, result->field, result->holder);
    if (another_object(result->answer.document))
        return error_set(err, ERROR_CONFLICT,
                         "%s was deleted or replaced since it was looked at: run again", name);
    if (result->answer.status == 422
        && immutable_field(arena, &subject->id, result->answer.document, change->wanted.document,
                           change->live, &field, &phrase))
        return error_set(err, ERROR_INVALID, "%s: %s cannot be changed in place: %s", name, field,
                         phrase);
    *err = *failed;
    return answer_is_invalid(&result->answer) ? invalid(session, arena, subject, result, err)
                                              : false;
}

static void fill_outcome(const struct session *session, struct arena *arena,
                         const struct subject *subject, const struct value *document,
                         enum outcome_kind kind, struct outcome *ret_outcome)
{
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    *ret_outcome = (struct outcome){
        .kind = kind,
        .uid = uid ? arena_strdup(arena, uid) : NULL,
        .document = document,
        .mark = mark_make(session, arena, subject->desired, document),
    };
}

/* ---------------------------------------------------------------- creating */

/* Does the entry say no more than a controller notes on an object that it met? */
static bool is_note(const struct manager_entry *entry)
{
    if (!manager_is_controller(entry->manager, entry->subresource))
        return false;
    for (size_t i = 0; i < value_count(entry->fields); i++) {
        const char *name = entry->fields->map.members[i].key;
        if (strcmp(name, "f:metadata") != 0 && strcmp(name, "f:status") != 0)
            return false;
    }
    return true;
}

/* Nobody but us ever wrote it: the answer to our first try was lost, and this is the second. */
static bool only_ours(const struct value *document)
{
    struct manager_entry entry;
    size_t ours = 0;
    for (size_t i = 0; manager_entry(document, i, &entry); i++) {
        if (!manager_is_us(&entry) && !is_note(&entry))
            return false;
        ours += manager_is_us(&entry);
    }
    return ours > 0;
}

/* Kubernetes itself, or this run, made it since it was looked for. */
static bool expected_there(struct session *session, const struct subject *subject,
                           const struct value *document)
{
    bool namespace = strcmp(subject->id.kind, "Namespace") == 0 && !*subject->id.group
                     && strcmp(subject->id.name, session->target->set_namespace) == 0;
    return (namespace && lock_made_namespace(session->lock)) || made_by_kubernetes(document)
           || only_ours(document);
}

/* Gives up what our apply has just put into somebody else's object: nothing was forced. */
static void undo(struct session *session, struct arena *arena, const struct api_kind *kind,
                 const struct subject *subject, const struct value *document,
                 const struct wait *wait)
{
    struct value *empty = value_map(arena), *metadata = value_map(arena);
    struct error ignored = { 0 };
    struct api_answer answer;
    value_set(arena, empty, "apiVersion", value_copy(arena, value_get(document, "apiVersion")));
    value_set(arena, empty, "kind", value_copy(arena, value_get(document, "kind")));
    value_set(arena, empty, "metadata", metadata);
    value_set(arena, metadata, "name", value_string(arena, subject->id.name));
    change_guard(arena, empty, value_text_at(document, "metadata", "uid", NULL));
    struct apply_request apply = {
        .kind = kind, .id = &subject->id, .document = empty, .manager = FIELD_MANAGER
    };
    if (!request_apply(session, arena, &apply, &answer, wait, &ignored))
        return;
}

static bool create(struct session *session, struct arena *arena, const struct subject *subject,
                   struct object_change *change, struct outcome *ret_outcome,
                   const struct wait *wait, struct error *err)
{
    struct apply_request apply = { .kind = &change->kind,
                                   .id = &subject->id,
                                   .document = change->wanted.document,
                                   .manager = FIELD_MANAGER };
    struct submit_result result = { .held = false };
    struct error failed = { 0 };
    if (!request_apply(session, arena, &apply, &result.answer, wait, &failed))
        return refused(session, arena, subject, change, &result, &failed, err);
    const struct value *document = result.answer.document;
    if (result.answer.status == HTTP_OK && !expected_there(session, subject, document)) {
        undo(session, arena, &change->kind, subject, document, wait);
        return error_set(err, ERROR_CONFLICT,
                         "%s was made by somebody else since it was looked for: what was merged "
                         "into it was taken back; run again",
                         object_id_text(arena, &subject->id, NULL));
    }
    fill_outcome(session, arena, subject, document, OUTCOME_CREATED, ret_outcome);
    return true;
}

/* ---------------------------------------------------------------- changing */

static const char *version_of(const struct value *document)
{
    const char *version = value_text_at(document, "metadata", "resourceVersion", NULL);
    return version ? version : "";
}

static bool change(struct session *session, struct arena *arena, const struct subject *subject,
                   struct object_change *change, struct outcome *ret_outcome,
                   const struct wait *wait, struct error *err)
{
    const struct value *live = change->live;
    const struct text_list *given_up = &change->wanted.given_up;
    struct submission submission = { .kind = &change->kind,
                                     .id = &subject->id,
                                     .document = change->wanted.document };
    struct submit_result result;
    struct error failed = { 0 };
    if (!takeover(session, arena, &change->kind, &live, &change->wanted, wait, err)
        || !handover(session, arena, &change->kind, &subject->id, &live, given_up, wait, err))
        return false;
    change_guard(arena, submission.document, subject->live.uid);
    if (!submit(session, arena, &submission, &result, wait, &failed))
        return refused(session, arena, subject, change, &result, &failed, err);
    bool same = strcmp(version_of(change->live), version_of(result.answer.document)) == 0;
    fill_outcome(session, arena, subject, result.answer.document,
                 same ? OUTCOME_UNCHANGED : OUTCOME_CHANGED, ret_outcome);
    return true;
}

bool kubernetes_apply(struct session *session, struct arena *arena, const struct subject *subject,
                      struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    struct object_change object = { .live = NULL };
    if (!target_kind_needed(session, arena, subject, &object.kind, wait, err)
        || !change_prepare(session, arena, subject, &object, wait, err))
        return false;
    return object.live ? change(session, arena, subject, &object, ret_outcome, wait, err)
                       : create(session, arena, subject, &object, ret_outcome, wait, err);
}
