/*
 * health: see health.h. What holds for every kind stands here: deletion, the
 * generation that was observed, the conditions Reconciling and Stalled. Rules of
 * single kinds are in health_workloads.c, health_pod.c, health_objects.c; of all
 * others in health_custom.c.
 */
#include "providers/kubernetes/health/health.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/printable.h"
#include "providers/kubernetes/health/health_rules.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_CEILING = 600 }; /* bytes */

static const struct {
    const char *group, *kind;
    health_rule *rule;
} rules[] = {
    { "", "ConfigMap", health_always },
    { "", "Namespace", health_namespace },
    { "", "PersistentVolume", health_volume },
    { "", "PersistentVolumeClaim", health_claim },
    { "", "Pod", health_pod },
    { "", "ReplicationController", health_replication_controller },
    { "", "Secret", health_always },
    { "", "Service", health_service },
    { "apiextensions.k8s.io", "CustomResourceDefinition", health_definition },
    { "apiregistration.k8s.io", "APIService", health_api_service },
    { "apps", "DaemonSet", health_daemon_set },
    { "apps", "Deployment", health_deployment },
    { "apps", "ReplicaSet", health_replica_set },
    { "apps", "StatefulSet", health_stateful_set },
    { "autoscaling", "HorizontalPodAutoscaler", health_autoscaler },
    { "batch", "CronJob", health_always },
    { "batch", "Job", health_job },
    { "extensions", "DaemonSet", health_daemon_set },
    { "extensions", "Deployment", health_deployment },
    { "extensions", "ReplicaSet", health_replica_set },
    { "policy", "PodDisruptionBudget", health_budget },
};

static health_rule *rule_of(const struct object_id *id)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!strcmp(rules[i].kind, id->kind) && !strcmp(rules[i].group, id->group))
            return rules[i].rule;
    return NULL;
}

const char *health_name(enum health_state state)
{
    static const char *const names[] = {
        [HEALTH_CURRENT] = "current", [HEALTH_IN_PROGRESS] = "in progress",
        [HEALTH_FAILED] = "failed",   [HEALTH_TERMINATING] = "terminating",
        [HEALTH_UNKNOWN] = "unknown",
    };
    return names[state];
}

/* ----------------------------------------------------- helpers of the rules */

static const char *text_or_empty(const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : "";
}

bool condition_at(const struct value *document, size_t index, struct condition *ret_condition)
{
    const struct value *list = value_at(document, "status", "conditions", NULL);
    const struct value *item = value_item(list, index);
    if (!item)
        return false;
    *ret_condition = (struct condition){
        .type = text_or_empty(item, "type"),
        .status = text_or_empty(item, "status"),
        .reason = text_or_empty(item, "reason"),
        .message = text_or_empty(item, "message"),
    };
    if (!time_parse(text_or_empty(item, "lastTransitionTime"), &ret_condition->since))
        ret_condition->since = 0;
    return true;
}

bool condition_find(const struct value *document, const char *type, struct condition *ret_condition)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (strcmp(condition.type, type) != 0)
            continue;
        *ret_condition = condition;
        return true;
    }
    return false;
}

bool condition_is(const struct condition *condition, const char *type, const char *status)
{
    return !strcmp(condition->type, type) && !strcmp(condition->status, status);
}

int64_t spec_int(const struct value *document, const char *name, int64_t otherwise)
{
    return value_int(value_at(document, "spec", name, NULL), otherwise);
}

int64_t status_int(const struct value *document, const char *name)
{
    return value_int(value_at(document, "status", name, NULL), 0);
}

/* Controllers write whole error logs into a message: one line of it, and not all. */
static const char *one_line(struct arena *arena, const char *text)
{
    size_t length = strlen(text), shown = length < MESSAGE_CEILING ? length : MESSAGE_CEILING;
    while (shown < length && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--;
    const char *line = printable_line(arena, arena_memdup(arena, text, shown));
    return shown < length ? arena_printf(arena, "%s…", line) : line;
}

void health_set(struct arena *arena, struct health *health, enum health_state state,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    health->state = state;
    health->message = one_line(arena, arena_vprintf(arena, format, args));
    va_end(args);
}

void health_condition(struct arena *arena, struct health *health, enum health_state state,
                      const struct condition *condition, const char *otherwise)
{
    if (*condition->reason && *condition->message)
        health_set(arena, health, state, "%s: %s", condition->reason, condition->message);
    else if (*condition->message || *condition->reason)
        health_set(arena, health, state, "%s%s", condition->reason, condition->message);
    else
        health_set(arena, health, state, "%s", otherwise);
    health->since = condition->since;
}

void health_short(struct arena *arena, struct health *health, int64_t have, int64_t want,
                  const char *what)
{
    health_set(arena, health, HEALTH_IN_PROGRESS, "%lld of %lld pods %s", (long long)have,
               (long long)want, what);
}

/* ---------------------------------------------- what holds for every kind */

/* Another form than the API's own means that nothing can be concluded from it. */
static bool malformed(struct arena *arena, const struct value *document, struct health *health)
{
    const struct value *status = value_get(document, "status");
    const struct value *conditions = value_get(status, "conditions");
    if (status && status->kind != VALUE_MAP && status->kind != VALUE_NULL)
        health_set(arena, health, HEALTH_UNKNOWN, "status is %s, not a map",
                   value_kind_name(status->kind));
    else if (conditions && conditions->kind != VALUE_LIST && conditions->kind != VALUE_NULL)
        health_set(arena, health, HEALTH_UNKNOWN, "status.conditions is %s, not a list",
                   value_kind_name(conditions->kind));
    else
        return false;
    return true;
}

static bool being_deleted(struct arena *arena, const struct value *document, struct health *health)
{
    const char *when = value_text_at(document, "metadata", "deletionTimestamp", NULL);
    if (!when || !*when)
        return false;
    const char *kept = health_kept_by(arena, document);
    health_set(arena, health, HEALTH_TERMINATING, "is being deleted%s%s", *kept ? ": " : "", kept);
    if (!time_parse(when, &health->since))
        health->since = 0;
    return true;
}

/*
 * The generation that the controller has seen; false where it tells none. Argo
 * Rollouts writes it as text, and before 1.0 a hash in its place.
 */
static bool seen_generation(const struct value *document, int64_t wanted, int64_t *ret_seen)
{
    const struct value *seen = value_at(document, "status", "observedGeneration", NULL);
    const char *text = seen && seen->kind == VALUE_STRING ? value_text(seen) : NULL;
    char *end = NULL;
    if (!seen || seen->kind == VALUE_NULL)
        return false;
    *ret_seen = text ? strtoll(text, &end, 10) : value_int(seen, -1);
    return !text || (end != text && !*end && *ret_seen <= wanted);
}

static bool not_observed(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t wanted = value_int(value_at(document, "metadata", "generation", NULL), -1), seen;
    if (wanted == -1 || !seen_generation(document, wanted, &seen) || wanted == seen)
        return false;
    health_set(arena, health, HEALTH_IN_PROGRESS,
               "its controller has not seen the change yet (generation %lld of %lld)",
               (long long)seen, (long long)wanted);
    return true;
}

static bool reconciling_or_stalled(struct arena *arena, const struct value *document,
                                   struct health *health)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (condition_is(&condition, "Reconciling", "True")) {
            health_condition(arena, health, HEALTH_IN_PROGRESS, &condition, "is reconciling");
            return true;
        }
        if (condition_is(&condition, "Stalled", "True")) {
            health_condition(arena, health, HEALTH_FAILED, &condition, "is stalled");
            return true;
        }
    }
    return false;
}

const char *health_kept_by(struct arena *arena, const struct value *document)
{
    const struct value *finalizers = value_at(document, "metadata", "finalizers", NULL);
    const struct value *conditions = value_at(document, "status", "conditions", NULL);
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < value_count(finalizers); i++) {
        const char *name = value_text(value_item(finalizers, i));
        buf_printf(&text, "%s%s", i ? ", " : "waits for finalizer ", name ? name : "?");
    }
    for (size_t i = 0; i < value_count(conditions); i++) {
        const struct value *condition = value_item(conditions, i);
        const char *type = value_text_at(condition, "type", NULL);
        const char *status = value_text_at(condition, "status", NULL);
        const char *message = value_text_at(condition, "message", NULL);
        if (type && status && message && !strcmp(status, "True")
            && !strncmp(type, "Namespace", strlen("Namespace")))
            buf_printf(&text, "%s%.300s", text.length ? "; " : "", message);
    }
    return arena_strdup(arena, buf_text(&text));
}

void health_of(struct arena *arena, const struct object_id *id, const struct value *document,
               struct health *ret_health)
{
    struct health health = { .state = HEALTH_UNKNOWN, .message = "" };
    if (!document || document->kind != VALUE_MAP)
        health_set(arena, &health, HEALTH_UNKNOWN, "there is no document to judge");
    else if (!being_deleted(arena, document, &health) && !malformed(arena, document, &health)
             && !not_observed(arena, document, &health)
             && !reconciling_or_stalled(arena, document, &health)) {
        health_rule *rule = rule_of(id);
        (rule ? rule : health_custom)(arena, document, &health);
    }
    *ret_health = health;
}
