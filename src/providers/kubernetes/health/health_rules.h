/*
 * health_rules: what the rules of health share; only health*.c include it.
 *
 * A rule is a pure function of one document of its kind. It sets the state and
 * a message for people and cannot fail: what it cannot read is HEALTH_UNKNOWN.
 */
#ifndef CMX_KUBERNETES_HEALTH_RULES_H
#define CMX_KUBERNETES_HEALTH_RULES_H

#include "providers/kubernetes/health/health.h"

/* One element of status.conditions; texts are never NULL. */
struct condition {
    const char *type, *status, *reason, *message;
    int64_t since; /* lastTransitionTime, seconds; 0: not known */
};

/* The i-th condition; false past the last one. What is no condition has empty texts. */
bool condition_at(const struct value *document, size_t index, struct condition *ret_condition);

/* The first condition of that type. */
bool condition_find(const struct value *document, const char *type,
                    struct condition *ret_condition);

bool condition_is(const struct condition *condition, const char *type, const char *status);

/* Integers below spec and status. */
int64_t spec_int(const struct value *document, const char *name, int64_t otherwise);
int64_t status_int(const struct value *document, const char *name);

typedef void health_rule(struct arena *arena, const struct value *document, struct health *health);

/* Sets both members. */
void health_set(struct arena *arena, struct health *health, enum health_state state,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same from a condition: its message, or its reason, or `otherwise`; and its time. */
void health_condition(struct arena *arena, struct health *health, enum health_state state,
                      const struct condition *condition, const char *otherwise);

/* "1 of 3 pods ready" in progress. */
void health_short(struct arena *arena, struct health *health, int64_t have, int64_t want,
                  const char *what);

/* health_workloads.c */
health_rule health_deployment, health_stateful_set, health_daemon_set, health_replica_set,
    health_replication_controller, health_job;
/* health_pod.c */
health_rule health_pod;
/* health_custom.c: of every kind that has no rule here */
health_rule health_custom;
/* health_objects.c */
health_rule health_claim, health_volume, health_service, health_budget, health_autoscaler,
    health_definition, health_api_service, health_namespace, health_always;

#endif
