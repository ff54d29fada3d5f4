/*
 * health_objects: rules of the kinds that run no pods; see health.h.
 *
 * kstatus has no rule for PersistentVolume, APIService and Namespace: these
 * three are ours.
 */
#include "providers/kubernetes/health/health_rules.h"

#include <string.h>

void health_always(struct arena *arena, const struct value *document, struct health *health)
{
    (void)document;
    health_set(arena, health, HEALTH_CURRENT, "exists");
}

static const char *phase_of(const struct value *document)
{
    const char *phase = value_text_at(document, "status", "phase", NULL);
    return phase ? phase : "";
}

void health_claim(struct arena *arena, const struct value *document, struct health *health)
{
    const char *phase = phase_of(document);
    if (!strcmp(phase, "Bound"))
        health_set(arena, health, HEALTH_CURRENT, "bound");
    else
        health_set(arena, health, HEALTH_IN_PROGRESS, "not bound to a volume%s%s",
                   *phase ? ": " : "", phase);
}

void health_volume(struct arena *arena, const struct value *document, struct health *health)
{
    const char *phase = phase_of(document);
    const char *message = value_text_at(document, "status", "message", NULL);
    if (!strcmp(phase, "Failed"))
        health_set(arena, health, HEALTH_FAILED, "%s", message ? message : "failed");
    else if (!strcmp(phase, "Pending"))
        health_set(arena, health, HEALTH_IN_PROGRESS, "pending");
    else
        health_set(arena, health, HEALTH_CURRENT, "%s", *phase ? phase : "exists");
}

/* As in kstatus its outside address is not waited for: on many clusters nobody gives one. */
void health_service(struct arena *arena, const struct value *document, struct health *health)
{
    const char *type = value_text_at(document, "spec", "type", NULL);
    const char *address = value_text_at(document, "spec", "clusterIP", NULL);
    bool balanced = type && !strcmp(type, "LoadBalancer");
    if (balanced && (!address || !*address))
        health_set(arena, health, HEALTH_IN_PROGRESS, "has no cluster address yet");
    else if (balanced
             && !value_count(value_at(document, "status", "loadBalancer", "ingress", NULL)))
        health_set(arena, health, HEALTH_CURRENT,
                   "exists; no load balancer has given it an address");
    else
        health_set(arena, health, HEALTH_CURRENT, "exists");
}

/* By now its controller has seen this generation; how many may go is no matter of health. */
void health_budget(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t allowed = status_int(document, "disruptionsAllowed");
    struct condition condition;
    bool told = condition_find(document, "DisruptionAllowed", &condition)
                && !strcmp(condition.reason, "SyncFailed");
    health_set(arena, health, HEALTH_CURRENT, "%lld disruption%s allowed%s%s", (long long)allowed,
               allowed == 1 ? "" : "s", told ? ": " : "", told ? condition.message : "");
}

/* Metrics come a minute after the pods, or never: told, but not waited for. */
void health_autoscaler(struct arena *arena, const struct value *document, struct health *health)
{
    static const char *const types[] = { "AbleToScale", "ScalingActive" };
    struct condition condition;
    health_set(arena, health, HEALTH_CURRENT, "exists");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (condition_find(document, types[i], &condition) && !strcmp(condition.status, "False")) {
            health_set(arena, health, HEALTH_CURRENT, "cannot scale: %s: %s", condition.reason,
                       condition.message);
            health->since = condition.since;
            return;
        }
}

void health_definition(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (condition_is(&condition, "NamesAccepted", "False")) {
            health_condition(arena, health, HEALTH_FAILED, &condition,
                             "its names are not accepted");
            return;
        }
        if (condition_is(&condition, "Established", "True")) {
            health_set(arena, health, HEALTH_CURRENT, "established");
            health->since = condition.since;
            return;
        }
        if (condition_is(&condition, "Established", "False")
            && strcmp(condition.reason, "Installing") != 0) {
            health_condition(arena, health, HEALTH_FAILED, &condition, "not established");
            return;
        }
    }
    health_set(arena, health, HEALTH_IN_PROGRESS, "not established yet");
}

void health_api_service(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition available;
    if (!condition_find(document, "Available", &available))
        health_set(arena, health, HEALTH_IN_PROGRESS, "its server was not looked for yet");
    else if (!strcmp(available.status, "True"))
        health_set(arena, health, HEALTH_CURRENT, "available");
    else
        health_condition(arena, health, HEALTH_IN_PROGRESS, &available, "not available");
    if (health->state == HEALTH_CURRENT)
        health->since = available.since;
}

void health_namespace(struct arena *arena, const struct value *document, struct health *health)
{
    if (!strcmp(phase_of(document), "Terminating"))
        health_set(arena, health, HEALTH_TERMINATING, "is being deleted");
    else
        health_set(arena, health, HEALTH_CURRENT, "active");
}
