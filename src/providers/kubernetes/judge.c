/* judge: see judge.h. */
#include "providers/kubernetes/judge.h"

#include "base/clock.h"
#include "providers/kubernetes/claim.h"
#include "providers/kubernetes/fields.h"
#include "providers/kubernetes/health.h"
#include "providers/kubernetes/managers.h"
#include "providers/kubernetes/owners.h"
#include "providers/kubernetes/scale.h"
#include "providers/kubernetes/wanted.h"

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

bool judge_same(const struct session *session, struct arena *scratch,
                const struct resource *desired, const struct value *live)
{
    struct manager_entry ours;
    struct wanted wanted;
    if (!manager_ours(live, &ours) || !ours.fields
        || strcmp(ours.api_version, desired->api_version) != 0)
        return false;
    bool scaled = value_at(live, "spec", "replicas", NULL) && scale_in_set(session, &desired->id);
    wanted_make(session, scratch, desired, live, scaled, &wanted);
    const struct value *extras = manager_kubectl_extras(scratch, live);
    if (!fields_empty(without_left_out(scratch, extras, live, &wanted)))
        return false;
    drop_identity(wanted.document);
    if (!value_get(ours.fields, "f:status")) /* a subresource of its own: not ours to apply */
        value_remove(wanted.document, "status");
    return fields_same(scratch, wanted.document,
                       without_left_out(scratch, ours.fields, live, &wanted), live);
}

static void judge_health(const struct session *session, struct arena *arena,
                         struct arena *scratch, const struct object_id *id,
                         const struct value *document, struct observation *live)
{
    struct health health = { 0 };
    health_of(scratch, id, document, &health);
    if (health.state == HEALTH_IN_PROGRESS && !*id->group &&
        !strcmp(id->kind, "PersistentVolumeClaim") && claim_unused(session, document))
        health = (struct health){ HEALTH_CURRENT, CLAIM_UNUSED, 0, false };
    live->health = arena_strdup(arena, health.message);
    live->healthy = health.state == HEALTH_CURRENT;
    live->failed = health.state == HEALTH_FAILED;
    live->since = health.since;
}

void judge_object(const struct session *session, struct arena *arena, struct arena *scratch,
                  const struct subject *subject, const struct value *document,
                  struct observation *ret_live, bool *ret_keep)
{
    const char *owner, *uid = value_text_at(document, "metadata", "uid", NULL);
    const char *leaving = value_text_at(document, "metadata", "deletionTimestamp", NULL);
    struct observation live = { .state = LIVE_DIFFERENT };
    live.owner = owner_of(scratch, document, session->set_id, &owner);
    live.owner_text = owner ? arena_strdup(arena, owner) : NULL;
    live.uid = uid ? arena_strdup(arena, uid) : NULL;
    live.mark = arena_strdup(arena, manager_mark(scratch, document));
    const char *other = manager_last_other(document, &live.touched);
    live.touched_by = other ? arena_strdup(arena, other) : NULL;
    judge_health(session, arena, scratch, &subject->id, document, &live);
    if (subject->desired && leaving) {
        live.state = LIVE_UNKNOWN;
        live.why = arena_printf(arena, "it is being deleted since %s: run again once it is gone",
                                leaving);
    } else if (subject->desired) {
        live.foreign_fields = manager_foreign_fields(scratch, document);
        if (judge_same(session, scratch, subject->desired, document))
            live.state = LIVE_SAME;
    }
    *ret_live = live;
    *ret_keep = live.state != LIVE_SAME;
}
