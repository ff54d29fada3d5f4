/* judge: see judge.h. */
#include "providers/kubernetes/judge.h"

#include "base/clock.h"
#include "providers/hold.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/health/claim.h"
#include "providers/kubernetes/health/health.h"
#include "providers/kubernetes/leftover.h"
#include "providers/kubernetes/mark.h"
#include "providers/kubernetes/owners.h"
#include "providers/kubernetes/scale.h"

#include <string.h>

/* The members that name an object are no fields of it. */
static void drop_identity(struct value *document)
{
    struct value *metadata = (struct value *)value_get(document, "metadata");
    value_remove(document, "apiVersion");
    value_remove(document, "kind");
    value_remove(metadata, "name");
    value_remove(metadata, "namespace");
}

/* Ignored fields that we still hold, and that kubectl holds, make no difference. */
static const struct value *without_left_out(struct arena *scratch, const struct value *fields,
                                            const struct value *live, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->left_out.count; i++)
        fields = fields_without(scratch, fields, live, wanted->left_out.items[i]);
    return fields;
}

bool judge_prepare(const struct session *session, struct arena *arena,
                   const struct resource *desired, const struct value *live,
                   struct judgement *ret_judgement)
{
    struct manager_entry ours;
    struct judgement judgement;
    if (!manager_ours(live, &ours) || !ours.fields
        || strcmp(ours.api_version, desired->api_version) != 0)
        return false;
    bool scaled = value_at(live, "spec", "replicas", NULL) && scale_in_set(session, &desired->id);
    wanted_make(session, arena, desired, live, scaled, &judgement.wanted);
    const struct value *extras = manager_kubectl_extras(arena, live, live);
    if (!fields_empty(without_left_out(arena, extras, live, &judgement.wanted)))
        return false;
    drop_identity(judgement.wanted.document);
    if (!value_get(ours.fields, "f:status")) /* a subresource of its own: not ours to apply */
        value_remove(judgement.wanted.document, "status");
    judgement.owned = without_left_out(arena, ours.fields, live, &judgement.wanted);
    *ret_judgement = judgement;
    return true;
}

/* What no field of the manifest shows to be different: leftover.h. */
static bool is_outdated(const struct resource *desired, const struct value *wanted,
                        const struct value *live)
{
    return strcmp(desired->id.kind, "NetworkPolicy") == 0
           && strcmp(desired->id.group, "networking.k8s.io") == 0
           && leftover_policy_types(wanted, live);
}

bool judge_same(const struct session *session, struct arena *scratch,
                const struct resource *desired, const struct value *live, const char *recorded)
{
    struct judgement judgement;
    if (!judge_prepare(session, scratch, desired, live, &judgement))
        return false;
    const struct value *wanted = judgement.wanted.document;
    if (is_outdated(desired, wanted, live))
        return false;
    return fields_same(scratch, wanted, judgement.owned, live)
           || (fields_alike(scratch, wanted, judgement.owned, live)
               && mark_answers(session, scratch, desired, live, recorded));
}

/* `looks`: for somebody who only looks, and cannot wait to see whether it stays so. */
static void judge_health(const struct session *session, struct arena *arena, struct arena *scratch,
                         const struct object_id *id, const struct value *document, bool looks,
                         struct observation *live)
{
    struct health health = { 0 };
    health_of(scratch, id, document, &health);
    if (health.state == HEALTH_IN_PROGRESS && !*id->group
        && !strcmp(id->kind, "PersistentVolumeClaim") && claim_unused(session, document))
        health = (struct health){ HEALTH_CURRENT, CLAIM_UNUSED, 0, false };
    live->health = arena_strdup(arena, health.message);
    live->healthy = health.state == HEALTH_CURRENT;
    live->failed = health.state == HEALTH_FAILED;
    live->since = health.since;
    live->unproven = looks && live->healthy && health_unprobed(id, document)
                     && health_stirred(document, clock_unix());
}

/* A hold that somebody annotated, with who it was as far as the server knows. */
static const struct hold *judge_hold(struct arena *arena, const struct object_id *id,
                                     const struct value *document)
{
    struct blame blame;
    struct hold *hold = hold_of_document(arena, id, document);
    if (!hold)
        return NULL;
    manager_blame(arena, document, "/metadata/annotations/cmx.dev~1hold", &blame);
    hold->by = blame.manager ? blame.manager : "";
    hold->since = blame.time;
    return hold;
}

/*
 * Is what is wanted what the record says was wanted? For who writes a record, and of what is as
 * wanted: of the rest the mark is made anew. What has to be bound is not the document yet.
 */
static bool is_as_recorded(const struct session *session, struct arena *scratch,
                           const struct subject *subject, enum live_state state)
{
    const struct resource *desired = subject->desired;
    return state == LIVE_SAME && session->target->records && subject->recorded && !desired->secret
           && !desired->until
           && strcmp(subject->recorded->digest, resource_digest(scratch, desired)) == 0;
}

/*
 * The mark of now. Of what is as wanted it costs as much as all the rest, and is
 * the recorded one where that was made for the same document and ignore rules:
 * not looked at for who writes no record.
 */
static const char *mark_of(const struct session *session, struct arena *arena,
                           const struct subject *subject, const struct value *document,
                           const struct observation *live)
{
    const struct record_member *recorded = subject->recorded;
    const char *known = recorded && recorded->mark && *recorded->mark ? recorded->mark : NULL;
    if (live->state == LIVE_SAME && known && !subject->desired->secret
        && (!session->target->records || (!session->rules_changed && live->as_recorded)))
        return arena_strdup(arena, known);
    return mark_now(session, arena, &subject->id, document, known);
}

void judge_object(const struct session *session, struct arena *arena, struct arena *scratch,
                  const struct subject *subject, const struct value *document,
                  struct observation *ret_live, bool *ret_keep)
{
    const char *recorded = subject->recorded ? subject->recorded->mark : NULL;
    const char *owner, *uid = value_text_at(document, "metadata", "uid", NULL);
    const char *leaving = value_text_at(document, "metadata", "deletionTimestamp", NULL);
    struct observation live = { .state = LIVE_DIFFERENT };
    live.owner = owner_of(scratch, document, session->set_id, &owner);
    live.owner_text = owner ? arena_strdup(arena, owner) : NULL;
    live.uid = uid ? arena_strdup(arena, uid) : NULL;
    const char *other = manager_last_other(document, &live.touched);
    live.touched_by = other ? arena_strdup(arena, other) : NULL;
    live.hold = judge_hold(arena, &subject->id, document);
    judge_health(session, arena, scratch, &subject->id, document, !subject->desired, &live);
    if (subject->desired && leaving) {
        live.state = LIVE_UNKNOWN;
        const char *kept = health_kept_by(scratch, document);
        live.why =
            arena_printf(arena, "it is being deleted since %s%s%s: run again once it is gone",
                         leaving, *kept ? " and " : "", kept);
    } else if (subject->desired) {
        live.foreign_fields = manager_foreign_fields(scratch, document);
        if (judge_same(session, scratch, subject->desired, document, recorded))
            live.state = LIVE_SAME;
    }
    live.as_recorded = is_as_recorded(session, scratch, subject, live.state);
    live.mark = mark_of(session, arena, subject, document, &live);
    *ret_live = live;
    bool hook = subject->desired && subject->desired->options.hook != HOOK_NONE;
    *ret_keep = live.state != LIVE_SAME || hook; /* it may have to run again */
}
