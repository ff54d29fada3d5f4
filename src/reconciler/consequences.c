/* consequences: see consequences.h. */
#include "reconciler/consequences.h"

#include "base/cleanup.h"
#include "manifest/references.h"

#include <string.h>

struct finder {
    struct arena *arena;
    const struct target_run *target;
    struct consequences *found;
};

static void say(struct finder *finder, const char *sentence)
{
    struct text_list *list = &finder->found->sentences;
    arena_push(finder->arena, list->items, list->count, list->capacity, sentence);
}

static const struct value *before_of(const struct change *change)
{
    return change->prediction.before ? change->prediction.before : change->subject->live.document;
}

/* What an object is after the run: predicted, wanted, or as it was. NULL: gone. */
static const struct value *after_of(const struct change *change)
{
    if (change->action == ACTION_DELETE || change->action == ACTION_FORGET)
        return NULL;
    if (change->prediction.after && action_writes(change->action))
        return change->prediction.after;
    return change->subject->desired ? change->subject->desired->document
                                    : change->subject->live.document;
}

static int64_t replicas(const struct value *document)
{
    return value_int(value_at(document, "spec", "replicas", NULL), 1);
}

static bool is_kind(const struct change *change, const char *kind)
{
    return strcmp(change->subject->id.kind, kind) == 0;
}

/* ------------------------------------------------------------------- rollouts */

static bool rolls_pods(const struct change *change)
{
    return is_kind(change, "Deployment") || is_kind(change, "StatefulSet")
           || is_kind(change, "DaemonSet");
}

static void find_rollout(struct finder *finder, const struct change *change)
{
    const struct value *before = before_of(change), *after = after_of(change);
    const struct object_id *id = &change->subject->id;
    if (!before || !after || !rolls_pods(change) || change->action == ACTION_KEEP)
        return;
    if (!value_equal(pod_template(id, before), pod_template(id, after))) {
        finder->found->rolls++;
        finder->found->pods += (size_t)replicas(after);
    }
    if (replicas(before) > 0 && replicas(after) == 0 && !is_kind(change, "DaemonSet"))
        say(finder, arena_printf(finder->arena, "%s goes to 0 replicas", id->name));
}

/* ------------------------------------------------------------------ selectors */

static bool selects(const struct value *selector, const struct value *labels)
{
    for (size_t i = 0; i < value_count(selector); i++) {
        const struct member *term = &selector->map.members[i];
        if (!value_equal(term->value, value_get(labels, term->key)))
            return false;
    }
    return true;
}

static bool has_pods(const struct finder *finder, const struct object_id *service,
                     const struct value *selector)
{
    const struct plan *plan = &finder->target->plan;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        const struct value *document = after_of(change);
        if (!document || strcmp(change->subject->id.namespace, service->namespace) != 0)
            continue;
        const struct value *template = is_kind(change, "Pod")
                                           ? document
                                           : pod_template(&change->subject->id, document);
        if (template && selects(selector, value_at(template, "metadata", "labels", NULL)))
            return true;
    }
    return false;
}

static void find_selector(struct finder *finder, const struct change *change, size_t *blind)
{
    const struct value *after = after_of(change);
    if (!after || !is_kind(change, "Service") || !action_writes(change->action))
        return;
    const struct value *selector = value_at(after, "spec", "selector", NULL);
    *blind += value_count(selector) && !has_pods(finder, &change->subject->id, selector);
}

/* -------------------------------------------------------------- configuration */

static bool content_changes(const struct change *change)
{
    const struct value *before = before_of(change), *after = after_of(change);
    return change->action == ACTION_CHANGE && before && after
           && (!value_equal(value_get(before, "data"), value_get(after, "data"))
               || !value_equal(value_get(before, "binaryData"), value_get(after, "binaryData")));
}

static bool reads_at_start(struct finder *finder, const struct change *workload,
                           const struct object_id *config)
{
    struct config_use *uses;
    const struct value *document = after_of(workload);
    if (!document)
        return false;
    size_t count = config_uses(finder->arena, &workload->subject->id, document, &uses);
    for (size_t i = 0; i < count; i++)
        if (uses[i].at_start && object_id_compare(&uses[i].id, config) == 0)
            return true;
    return false;
}

static bool is_restarted(const struct change *workload)
{
    const struct value *before = before_of(workload), *after = after_of(workload);
    return action_writes(workload->action) && before && after
           && !value_equal(pod_template(&workload->subject->id, before),
                           pod_template(&workload->subject->id, after));
}

/* A ConfigMap or Secret that is read once when a container starts: nobody notices the change. */
static void find_unnoticed(struct finder *finder, const struct change *change)
{
    const struct plan *plan = &finder->target->plan;
    if (!(is_kind(change, "ConfigMap") || is_kind(change, "Secret")) || !content_changes(change))
        return;
    for (size_t i = 0; i < plan->count; i++)
        if (reads_at_start(finder, &plan->changes[i], &change->subject->id)
            && !is_restarted(&plan->changes[i]))
            say(finder, arena_printf(finder->arena, "no pod will notice %s/%s: %s reads it at start",
                                     change->subject->id.kind, change->subject->id.name,
                                     object_id_text(finder->arena, &plan->changes[i].subject->id,
                                                    finder->target->target.set_namespace)));
}

void consequences_find(struct arena *arena, const struct target_run *target,
                       struct consequences *ret_consequences)
{
    struct finder finder = { arena, target, ret_consequences };
    size_t blind = 0;
    *ret_consequences = (struct consequences){ 0 };
    for (size_t i = 0; i < target->plan.count; i++) {
        find_rollout(&finder, &target->plan.changes[i]);
        find_selector(&finder, &target->plan.changes[i], &blind);
        find_unnoticed(&finder, &target->plan.changes[i]);
    }
    if (blind)
        say(&finder, arena_printf(arena, "%zu selector%s no pod", blind,
                                  blind == 1 ? " matches" : "s match"));
}

static void add_part(struct buf *line, const char *text)
{
    buf_printf(line, "%s%s", line->length ? "; " : "", text);
}

void report_consequences(struct buf *out, const struct target_run *target)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    struct consequences found;
    consequences_find(arena, target, &found);
    if (found.rolls)
        add_part(&line, arena_printf(arena, "rolls %zu workload%s (%zu pod%s)", found.rolls,
                                     found.rolls == 1 ? "" : "s", found.pods,
                                     found.pods == 1 ? "" : "s"));
    for (size_t i = 0; i < found.sentences.count; i++)
        add_part(&line, found.sentences.items[i]);
    if (line.length)
        buf_printf(out, "%s; nothing else restarts\n", buf_text(&line));
}
