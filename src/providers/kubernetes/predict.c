/* predict: see predict.h. */
#include "providers/kubernetes/predict.h"

#include "providers/kubernetes/change.h"
#include "providers/kubernetes/drift.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/handover.h"
#include "providers/kubernetes/immutable.h"
#include "providers/kubernetes/invalid.h"
#include "providers/kubernetes/mark.h"
#include "providers/kubernetes/merge.h"
#include "providers/kubernetes/record/lock.h"
#include "providers/kubernetes/rivals.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

enum { LOOKS = 3 }; /* at an object that is changed while it is predicted */

struct predictor {
    struct session *session;
    struct arena *arena;
    const struct subject *subject;
    struct object_change change;
    struct prediction *out;
    const struct wait *wait;
    const char *answered; /* the resourceVersion that the dry run met; NULL: none yet */
};

/* A member that lost the set's label gets it back, and that shows; an adoption's label does not. */
static const struct value *normal(const struct predictor *p, const struct value *document)
{
    return normal_document(p->arena, document, &p->change.wanted, p->subject->recorded != NULL);
}

static void fail(struct predictor *p, enum prediction_kind kind, const char *why)
{
    p->out->kind = kind;
    p->out->why = arena_strdup(p->arena, why);
}

static bool later(struct predictor *p, const struct object_id *id)
{
    p->out->kind = PREDICT_LATER;
    p->out->until = object_id_full(p->arena, id);
    p->out->after = normal(p, p->subject->desired->document);
    if (p->subject->live.state != LIVE_ABSENT)
        p->out->before = p->out->after; /* in another version: nothing that can be compared */
    return true;
}

/* What a step of this very run makes is not there yet. */
static bool waits_for_step(struct predictor *p, enum kind_state state)
{
    struct session *session = p->session;
    const struct object_id *id = &p->subject->id;
    const struct resource *definition = definition_in_set(session->set, id);
    struct object_id namespace = { "", "Namespace", "", id->namespace };
    if (lock_held(session->lock))
        return false;
    if (state == KIND_ABSENT && definition)
        return later(p, &definition->id);
    const struct subject *made = *id->namespace ? session_subject(session, &namespace) : NULL;
    return made && made->desired && made->live.state == LIVE_ABSENT && later(p, &namespace);
}

/* -------------------------------------------------------------- success */

/*
 * Did somebody empty the managedFields of a member? The values may be as wanted,
 * but a field that a later commit drops would stay: the next apply claims them anew.
 */
static bool claim_lost(const struct predictor *p)
{
    struct manager_entry ours;
    const struct record_member *recorded = p->subject->recorded;
    return recorded && recorded->mark && *recorded->mark && !manager_ours(p->change.live, &ours);
}

static void compare(struct predictor *p, const struct value *after)
{
    p->out->after = normal(p, after);
    p->answered = value_text_at(after, "metadata", "resourceVersion", NULL);
    if (!p->change.live) {
        p->out->kind = PREDICT_CREATE;
        return;
    }
    p->out->before = normal(p, p->change.live);
    bool same = value_equal(p->out->before, p->out->after) && !claim_lost(p);
    p->out->kind = same ? PREDICT_SAME : PREDICT_CHANGE;
}

/* ------------------------------------------------------------- refusals */

/* Is it as the last apply left it? That needs no right to be seen. */
static bool known_same(struct predictor *p)
{
    const struct record_member *recorded = p->subject->recorded;
    return p->change.live && recorded
           && mark_answers(p->session, p->arena, p->subject->desired, p->change.live,
                           recorded->mark);
}

/* What would become of it, as far as that can be told without the server. */
static const struct value *worked_out(struct predictor *p, bool as_live)
{
    const struct wanted *wanted = &p->change.wanted;
    return fields_cut(p->arena, merge_locally(p->arena, wanted->document, p->change.live, as_live),
                      rivals_fields(p->arena, &wanted->rivals));
}

/*
 * May not even dry-run: worked out here instead. What the server may only have
 * written its own way is no difference beside another one, but may be the one.
 */
static void predict_locally(struct predictor *p, const char *why)
{
    const struct value *wanted = p->change.wanted.document;
    if (known_same(p)) {
        p->out->kind = PREDICT_SAME;
        return;
    }
    if (p->change.live) {
        compare(p, worked_out(p, true));
        if (p->out->kind == PREDICT_SAME)
            compare(p, worked_out(p, false));
    } else
        compare(p, wanted);
    if (p->out->kind == PREDICT_SAME)
        return;
    p->out->kind = PREDICT_LOCAL;
    p->out->why = arena_strdup(p->arena, why);
}

static bool says(const struct error *error, const char *text)
{
    return strstr(error->message, text) != NULL;
}

static bool no_right(const struct error *error)
{
    return error->kind == ERROR_DENIED
           && (says(error, "cannot patch resource") || says(error, "cannot create resource"));
}

/* No such namespace: perhaps record_lock() makes it. */
static void no_namespace(struct predictor *p, const struct error *error)
{
    const struct target *target = p->session->target;
    struct object_id namespace = { "", "Namespace", "", p->subject->id.namespace };
    bool made = target->create_namespace && !lock_held(p->session->lock)
                && strcmp(namespace.name, target->set_namespace) == 0;
    if (made)
        later(p, &namespace);
    else
        fail(p, PREDICT_REFUSED, error->message);
}

/* What a replacement would bring, worked out here: the server makes no dry run of that. */
static void predict_immutable(struct predictor *p)
{
    p->out->kind = PREDICT_IMMUTABLE;
    p->out->before = normal(p, p->change.live);
    p->out->after = normal(p, worked_out(p, true));
}

static const char *invalid_words(struct predictor *p, const struct value *status,
                                 const char *message)
{
    const char *text =
        invalid_text(p->arena, p->subject->desired, status, message, p->session->client);
    return text ? text : message;
}

static void explain_refusal(struct predictor *p, const struct submit_result *result,
                            const struct error *error)
{
    const struct value *status = result->answer.document;
    if (result->held) {
        p->out->kind = PREDICT_CONFLICT;
        p->out->field = result->field;
        p->out->holder = result->holder;
    } else if (no_right(error) || says(error, "does not support dry run"))
        predict_locally(p, error->message);
    else if (another_object(status))
        fail(p, PREDICT_FAILED, "it was deleted or replaced while this plan was made: run again");
    else if (result->answer.status == 422
             && immutable_field(p->arena, &p->subject->id, status, p->change.wanted.document,
                                p->change.live, &p->out->field, &p->out->why))
        predict_immutable(p);
    else if (result->answer.status == 404 && !p->change.live)
        no_namespace(p, error);
    else if (answer_is_invalid(&result->answer) || result->answer.status == 403)
        fail(p, PREDICT_REFUSED, invalid_words(p, status, error->message));
    else
        fail(p, PREDICT_FAILED, error->message);
}

/* ------------------------------------------------------------- the asking */

/* What we hold of the fields that are left out is handed over later: the dry run keeps it. */
static bool keep_left_out(struct predictor *p, struct value **document)
{
    struct text_list needed;
    struct manager_entry ours;
    if (!p->change.live || !manager_ours(p->change.live, &ours))
        return true;
    handover_needed(p->arena, p->change.live, &p->change.wanted.given_up, &needed);
    if (needed.count == 0)
        return true;
    const struct value *kept = handover_document(p->arena, p->change.live, &needed);
    if (!kept) {
        fail(p, PREDICT_REFUSED,
             "an ignored field stands inside a map or list that is set as a whole, and that the "
             "manifest has no more: ignore the whole of it");
        return false;
    }
    *document = merge_over(p->arena, kept, *document, ours.fields);
    return true;
}

static bool ask(struct predictor *p, struct error *err)
{
    struct submit_result result;
    struct error failed = { 0 };
    struct submission submission = { .kind = &p->change.kind,
                                     .id = &p->subject->id,
                                     .document = p->change.wanted.document,
                                     .dry_run = true };
    if (!keep_left_out(p, &submission.document))
        return true;
    if (p->change.live)
        change_guard(p->arena, submission.document, p->subject->live.uid);
    if (!submit(p->session, p->arena, &submission, &result, p->wait, &failed)) {
        if (failed.kind == ERROR_CANCELLED)
            return error_set(err, ERROR_CANCELLED, "%s", failed.message);
        const struct value *after = result.answer.status == 422
                                        ? drift_replaced(p->session, p->arena, &p->change, p->wait)
                                        : NULL;
        if (after)
            compare(p, after);
        else
            explain_refusal(p, &result, &failed);
        return true;
    }
    compare(p, drift_removed(p->session, p->arena, &p->change, result.answer.document, p->wait));
    return true;
}

/* Was it changed between the LIST and the dry run? Then the answer shows others' changes too. */
static bool changed_meanwhile(const struct predictor *p)
{
    const char *listed = value_text_at(p->change.live, "metadata", "resourceVersion", NULL);
    return p->out->kind == PREDICT_CHANGE && listed && p->answered
           && strcmp(listed, p->answered) != 0;
}

/* Looks again where a controller was faster: what it writes is no change of ours. */
static bool ask_until_still(struct predictor *p, struct error *err)
{
    struct error ignored = { 0 };
    struct object_request object = { &p->change.kind, p->subject->id.namespace, p->subject->id.name,
                                     false };
    if (!ask(p, err))
        return false;
    for (int i = 0; i < LOOKS && changed_meanwhile(p); i++) {
        if (!request_get(p->session, p->arena, &object, &p->change.live, p->wait, &ignored))
            return true;
        if (!ask(p, err))
            return false;
    }
    return true;
}

bool kubernetes_predict(struct session *session, struct arena *arena, const struct subject *subject,
                        struct prediction *ret_prediction, const struct wait *wait,
                        struct error *err)
{
    struct predictor p = { session, arena, subject, { .live = NULL }, ret_prediction, wait, NULL };
    struct error failed = { 0 };
    *ret_prediction = (struct prediction){ .kind = PREDICT_SAME };
    enum kind_state state = target_kind(session, arena, subject, &p.change.kind, wait);
    if (waits_for_step(&p, state))
        return true;
    if (state != KIND_KNOWN) {
        fail(&p, PREDICT_FAILED,
             state == KIND_STALE ? "the server behind its API group does not answer"
                                 : "the cluster serves no such kind");
        return true;
    }
    if (subject->live.state == LIVE_SAME)
        return true;
    if (change_prepare(session, arena, subject, &p.change, wait, &failed)) {
        if (!ask_until_still(&p, err))
            return false;
        if (ret_prediction->kind == PREDICT_SAME && p.answered)
            ret_prediction->mark = mark_make(session, arena, subject->desired, p.change.live);
        return true;
    }
    if (failed.kind == ERROR_CANCELLED)
        return error_set(err, ERROR_CANCELLED, "%s", failed.message);
    fail(&p, PREDICT_FAILED, failed.message);
    return true;
}
