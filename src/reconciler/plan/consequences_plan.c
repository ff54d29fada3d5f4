/*
 * consequences_plan: the documents that a plan means, for consequences.c, and
 * its sentences as a paragraph of the report.
 */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "reconciler/plan/consequences_inner.h"
#include "reconciler/reconcile.h"

enum { INDENT = 2 }; /* of the lines that a long sentence goes on in */

/* An object that stays as it is: what is wanted stands for both sides. */
static struct object_change unchanged(const struct subject *subject)
{
    const struct value *document =
        subject->desired ? subject->desired->document : subject->live.document;
    return (struct object_change){
        .id = &subject->id, .before = document, .after = document, .live = subject->live.document
    };
}

static struct object_change change_of(const struct change *change)
{
    const struct subject *subject = change->subject;
    const struct prediction *prediction = &change->prediction;
    struct object_change result = { .id = &subject->id };
    switch (change->action) {
    case ACTION_CREATE:
        result.after = prediction->after ? prediction->after : subject->desired->document;
        return result;
    case ACTION_CHANGE:
    case ACTION_REPLACE:
    case ACTION_ADOPT:
        if (!prediction->before || !prediction->after)
            break;
        result.before = prediction->before;
        result.after = prediction->after;
        result.live = subject->live.document;
        result.drift = change->cause == CAUSE_DRIFT;
        result.replaced = change->action == ACTION_REPLACE;
        return result;
    case ACTION_DELETE:
        result.before = result.live = subject->live.document;
        return result;
    case ACTION_FORGET:
        return result;
    case ACTION_HOLD: /* it stays as it is, not as it is wanted */
        if (!subject->live.document && subject->live.state != LIVE_ABSENT)
            break;
        result.before = result.after = result.live = subject->live.document;
        return result;
    case ACTION_KEEP:
    case ACTION_RETAIN:
    case ACTION_REFUSE:
    case ACTION_UNKNOWN:
        break;
    }
    return unchanged(subject);
}

bool change_rolls(const struct change *change)
{
    struct object_change documents = change_of(change);
    return action_writes(change->action) && rolls_pods(&documents);
}

void plan_consequences(struct arena *arena, const struct target_run *target,
                       struct consequences *ret_consequences)
{
    const struct plan *plan = &target->plan;
    struct object_change *changes = arena_array(arena, plan->count + 1, sizeof *changes);
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (!image_is_id(&plan->subjects[i].id))
            changes[count++] = change_of(&plan->changes[i]);
    consequences_of(arena, changes, count, target->target.set_namespace, ret_consequences);
}

/* Sentences side by side while they fit; one that is longer than a line is broken at blanks. */
void report_consequences(struct buf *out, const struct target_run *target, size_t width)
{
    AUTO_ARENA arena = arena_new();
    struct consequences consequences;
    size_t used = 0;
    plan_consequences(arena, target, &consequences);
    for (size_t i = 0; i < consequences.sentences.count; i++) {
        bool last = i + 1 == consequences.sentences.count;
        const char *text = printable_text(
            arena, arena_printf(arena, "%s%s", consequences.sentences.items[i], last ? "" : ";"));
        size_t columns = text_columns(text);
        bool beside = used > 0 && used + 1 + columns <= width;
        if (used > 0)
            buf_putc(out, beside ? ' ' : '\n');
        text_wrap(out, text, 0, beside ? columns : width, INDENT);
        used = beside ? used + 1 + columns : columns;
    }
    if (consequences.sentences.count)
        buf_putc(out, '\n');
}
