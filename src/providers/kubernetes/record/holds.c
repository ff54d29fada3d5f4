/* holds: see holds.h. */
#include "providers/kubernetes/record/holds.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/hold.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/lock.h"

#include <string.h>

enum { TRIES = 12, PAUSE_MS = 20 }; /* several people, and a run, may write at once */

static bool damaged(const struct session *session, struct arena *arena, struct error *err)
{
    const struct target *target = session->target;
    return error_set(err, ERROR_UNREACHABLE,
                     "the annotation " HOLDS_ANNOTATION " of ConfigMap %s/%s, the holds of the "
                     "set, is damaged: %s. Mend it, or remove it and hold anew",
                     target->set_namespace, applyset_parent(arena, target->set_name),
                     arena_strdup(arena, err->message));
}

static bool list_of(struct arena *arena, const struct parent *parent, const struct value **ret_list,
                    struct error *err)
{
    *ret_list = NULL;
    return !parent->holds || json_parse(arena, parent->holds, strlen(parent->holds), ret_list, err);
}

bool holds_parse(const struct session *session, struct arena *arena, const struct parent *parent,
                 struct record *record, struct error *err)
{
    const struct value *list;
    return (list_of(arena, parent, &list, err)
            && holds_read(arena, list, parent->now, &record->holds, &record->hold_count, err))
           || damaged(session, arena, err);
}

/* What the list becomes: with the hold, or (NULL) without one on that object. */
struct edit {
    struct hold *hold;
    int64_t lasts;
    const struct object_id *id;
};

static bool edit_list(struct arena *arena, const struct edit *edit, const struct parent *parent,
                      struct value **ret_list, struct error *err)
{
    const struct value *list;
    if (!list_of(arena, parent, &list, err))
        return false;
    if (!edit->hold)
        return holds_without(arena, list, edit->id, parent->now, ret_list, err);
    edit->hold->since = parent->now;
    edit->hold->until = edit->lasts ? parent->now + edit->lasts : 0;
    return holds_with(arena, list, edit->hold, parent->now, ret_list, err);
}

static bool write_edit(struct session *session, struct arena *arena, const struct edit *edit,
                       struct parent *parent, const struct wait *wait, struct error *err)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *list;
    if (!parent->exists)
        return error_set(err, ERROR_NOT_FOUND, "somebody deleted the record of the set meanwhile");
    if (!edit_list(arena, edit, parent, &list, err))
        return err->kind == ERROR_INPUT ? damaged(session, arena, err) : false;
    if (value_count(list))
        json_write(&text, list);
    struct parent_content content = { .holds = buf_text(&text) };
    return parent_write(session, arena, parent, &content, parent, wait, err);
}

static void tell_run(struct arena *arena, const struct parent *parent, settle_note *note,
                     void *context)
{
    struct run_mark mark;
    if (note && parent->run && run_mark_parse(arena, parent->run, &mark)
        && !run_mark_expired(&mark, parent->now))
        note(context, arena_printf(arena, "the run of %s, begun %s, goes on", mark.holder,
                                   time_text(arena, mark.started)));
}

static bool change_holds(struct session *session, const struct edit *edit, settle_note *note,
                         void *context, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (int i = 0; i < TRIES; i++) {
        struct parent parent;
        struct error failed = { 0 };
        if (!parent_read(session, arena, true, &parent, wait, err))
            return false;
        if (write_edit(session, arena, edit, &parent, wait, &failed)) {
            tell_run(arena, &parent, note, context);
            return true;
        }
        *err = failed;
        if (failed.kind != ERROR_CONFLICT || !wait_sleep(wait, PAUSE_MS * i))
            return false;
    }
    return error_prefix(err, "the record of the set is changed all the time");
}

bool kubernetes_record_hold(struct session *session, struct hold *hold, int64_t lasts,
                            settle_note *note, void *context, const struct wait *wait,
                            struct error *err)
{
    struct edit edit = { hold, lasts, &hold->id };
    return change_holds(session, &edit, note, context, wait, err);
}

bool kubernetes_record_unhold(struct session *session, const struct object_id *id,
                              const struct wait *wait, struct error *err)
{
    struct edit edit = { NULL, 0, id };
    return change_holds(session, &edit, NULL, NULL, wait, err);
}
