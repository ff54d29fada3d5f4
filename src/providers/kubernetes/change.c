/* change: see change.h. */
#include "providers/kubernetes/change.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/scale.h"

#include <string.h>

/* Does the number of replicas matter here: would sending the manifest change or drop it? */
static bool replicas_differ(const struct resource *desired, const struct value *live)
{
    const struct value *wanted = value_at(desired->document, "spec", "replicas", NULL);
    const struct value *there = value_at(live, "spec", "replicas", NULL);
    struct manager_entry ours;
    if (!there || wanted)
        return there && !value_equal(wanted, there);
    return manager_ours(live, &ours) && value_at(ours.fields, "f:spec", "f:replicas", NULL);
}

static bool find_scaled(struct session *session, const struct resource *desired,
                        const struct value *live, bool *ret_scaled, const struct wait *wait,
                        struct error *err)
{
    *ret_scaled = value_at(live, "spec", "replicas", NULL) && *desired->id.namespace
                  && scale_in_set(session, &desired->id);
    if (*ret_scaled || !*desired->id.namespace || !replicas_differ(desired, live))
        return true;
    return scale_live(session, &desired->id, ret_scaled, wait, err);
}

/* It is made in the place of one that was deleted a moment ago. */
static bool keep_former(struct session *session, struct arena *arena, const struct subject *subject,
                        struct wanted *wanted, const struct wait *wait, struct error *err)
{
    const struct value *former = subject->live.document;
    bool scaled;
    if (!find_scaled(session, subject->desired, former, &scaled, wait, err))
        return false;
    wanted_keep(session, arena, subject->desired, former, scaled, wanted);
    return true;
}

bool change_prepare(struct session *session, struct arena *arena, const struct subject *subject,
                    struct object_change *change, const struct wait *wait, struct error *err)
{
    struct object_request object = { &change->kind, subject->id.namespace, subject->id.name,
                                     false };
    bool scaled = false;
    change->live = NULL;
    if (subject->live.state != LIVE_ABSENT) {
        change->live = subject->live.document;
        if (!change->live && !request_get(session, arena, &object, &change->live, wait, err))
            return false;
        if (!find_scaled(session, subject->desired, change->live, &scaled, wait, err))
            return false;
    }
    wanted_make(session, arena, subject->desired, change->live, scaled, &change->wanted);
    return change->live || !subject->live.document
           || keep_former(session, arena, subject, &change->wanted, wait, err);
}

void change_guard(struct arena *arena, struct value *document, const char *uid)
{
    struct value *metadata = (struct value *)value_get(document, "metadata");
    if (uid && metadata)
        value_set(arena, metadata, "uid", value_string(arena, uid));
}

bool answer_is_invalid(const struct api_answer *answer)
{
    /* what a server-side apply answers where a schema, or a type behind it, does not fit */
    static const char *const phrases[] = { "typed patch", "failed to convert new object",
                                           "unable to convert unstructured object" };
    const char *message = value_text(value_get(answer->document, "message"));
    for (size_t i = 0; answer->status == 500 && message && i < sizeof phrases / sizeof *phrases;
         i++)
        if (strstr(message, phrases[i]))
            return true;
    return answer->status == 400 || answer->status == 422;
}
