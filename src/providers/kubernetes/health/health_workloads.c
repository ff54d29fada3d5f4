/*
 * health_workloads: rules of the kinds that run pods; see health.h.
 *
 * They agree with kstatus in the state, but for these: a Job is in progress until
 * it has ended (kstatus: current once it runs), since what depends on one means
 * its end; a DaemonSet with OnDelete is not asked for updated pods; a Deployment
 * that is paused, or has no replicas, is not asked for a new ReplicaSet that is
 * available.
 */
#include "providers/kubernetes/health/health_rules.h"

#include <stdio.h>
#include <string.h>

/* The controller sets no condition Progressing without a deadline. */
static const int64_t NO_DEADLINE = INT32_MAX;

/* Old pods that still have to end. True where there are any. */
static bool extra_pods(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t want = spec_int(document, "replicas", 1);
    int64_t extra = status_int(document, "replicas") - want;
    if (extra <= 0)
        return false;
    health_set(arena, health, HEALTH_IN_PROGRESS, "%lld old %s still to end", (long long)extra,
               extra == 1 ? "pod" : "pods");
    return true;
}

static bool too_few(struct arena *arena, struct health *health, int64_t have, int64_t want,
                    const char *what)
{
    if (have >= want)
        return false;
    health_short(arena, health, have, want, what);
    return true;
}

static void pods_ready(struct arena *arena, struct health *health, int64_t count)
{
    health_set(arena, health, HEALTH_CURRENT, "%lld of %lld pods ready", (long long)count,
               (long long)count);
}

/* The conditions that decide about a Deployment. */
struct rollout {
    bool complete, available;
    struct condition progressing;
};

static bool rollout_failed(struct arena *arena, const struct value *document,
                           struct rollout *rollout, struct health *health)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (!strcmp(condition.type, "Progressing")) {
            if (!strcmp(condition.reason, "ProgressDeadlineExceeded")) {
                health_condition(arena, health, HEALTH_FAILED, &condition, "");
                return true;
            }
            if (!strcmp(condition.status, "True")
                && !strcmp(condition.reason, "NewReplicaSetAvailable"))
                rollout->complete = true;
            rollout->progressing = condition;
        } else if (!strcmp(condition.type, "Available")) {
            rollout->available = !strcmp(condition.status, "True");
            health->since = condition.since;
        }
    }
    return false;
}

/* Somebody holds the rollout on purpose: it is fine where what runs is ready. */
static bool paused(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t have = status_int(document, "replicas"), ready = status_int(document, "readyReplicas");
    if (!value_is_true(value_at(document, "spec", "paused", NULL), false)
        || !value_at(document, "status", "observedGeneration", NULL))
        return false;
    if (too_few(arena, health, ready, have, "ready"))
        return true;
    health_set(arena, health, HEALTH_CURRENT, "paused, %lld of %lld pods updated",
               (long long)status_int(document, "updatedReplicas"),
               (long long)spec_int(document, "replicas", 1));
    return true;
}

/* Without pods there is nothing to become available: its controller has only to have seen it. */
static bool scaled_down(struct arena *arena, const struct value *document, struct health *health)
{
    if (spec_int(document, "replicas", 1) != 0 || status_int(document, "replicas") != 0
        || !value_at(document, "status", "observedGeneration", NULL))
        return false;
    health_set(arena, health, HEALTH_CURRENT, "0 of 0 pods ready");
    return true;
}

void health_deployment(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t want = spec_int(document, "replicas", 1);
    int64_t updated = status_int(document, "updatedReplicas");
    struct rollout rollout = {
        .complete = spec_int(document, "progressDeadlineSeconds", NO_DEADLINE) == NO_DEADLINE,
    };
    if (rollout_failed(arena, document, &rollout, health) || paused(arena, document, health)
        || scaled_down(arena, document, health)
        || too_few(arena, health, status_int(document, "replicas"), want, "created")
        || too_few(arena, health, updated, want, "updated") || extra_pods(arena, document, health)
        || too_few(arena, health, status_int(document, "availableReplicas"), updated, "available")
        || too_few(arena, health, status_int(document, "readyReplicas"), want, "ready"))
        return;
    if (!rollout.complete)
        health_set(arena, health, HEALTH_IN_PROGRESS, "its new ReplicaSet is not available yet");
    else if (!rollout.available)
        health_set(arena, health, HEALTH_IN_PROGRESS, "is not available yet");
    else
        pods_ready(arena, health, want);
}

/* Only ordinals at or above the partition are brought to the new revision. */
static void partitioned(struct arena *arena, const struct value *document, int64_t partition,
                        struct health *health)
{
    int64_t want = spec_int(document, "replicas", 1) - partition;
    int64_t updated = status_int(document, "updatedReplicas");
    const char *what = partition ? "above the partition updated" : "updated";
    if (too_few(arena, health, updated, want, what))
        return;
    if (partition == 0) /* what every StatefulSet has that says nothing */
        pods_ready(arena, health, want);
    else
        health_set(arena, health, HEALTH_CURRENT, "%lld pods ready, %lld of them updated",
                   (long long)status_int(document, "readyReplicas"), (long long)updated);
}

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

void health_stateful_set(struct arena *arena, const struct value *document, struct health *health)
{
    const struct value *strategy = value_at(document, "spec", "updateStrategy", NULL);
    int64_t want = spec_int(document, "replicas", 1);
    int64_t partition = value_int(value_at(strategy, "rollingUpdate", "partition", NULL), -1);
    if (same_text(value_text(value_get(strategy, "type")), "OnDelete")) {
        health_set(arena, health, HEALTH_CURRENT,
                   "its pods are updated when somebody deletes them");
        return;
    }
    if (too_few(arena, health, status_int(document, "replicas"), want, "created")
        || too_few(arena, health, status_int(document, "readyReplicas"), want, "ready")
        || extra_pods(arena, document, health))
        return;
    if (partition != -1)
        partitioned(arena, document, partition, health);
    else if (too_few(arena, health, status_int(document, "currentReplicas"), want, "updated"))
        return;
    else if (!same_text(value_text_at(document, "status", "currentRevision", NULL),
                        value_text_at(document, "status", "updateRevision", NULL)))
        health_set(arena, health, HEALTH_IN_PROGRESS, "its update is not complete yet");
    else
        pods_ready(arena, health, want);
}

void health_daemon_set(struct arena *arena, const struct value *document, struct health *health)
{
    const struct value *status = value_get(document, "status");
    const char *strategy = value_text_at(document, "spec", "updateStrategy", "type", NULL);
    int64_t want = value_int(value_get(status, "desiredNumberScheduled"), -1);
    if (!value_at(document, "metadata", "generation", NULL)
        || !value_get(status, "observedGeneration") || want == -1) {
        health_set(arena, health, HEALTH_IN_PROGRESS, "its controller has not seen it yet");
        return;
    }
    if (too_few(arena, health, status_int(document, "currentNumberScheduled"), want, "created")
        || (!same_text(strategy, "OnDelete")
            && too_few(arena, health, status_int(document, "updatedNumberScheduled"), want,
                       "updated"))
        || too_few(arena, health, status_int(document, "numberAvailable"), want, "available")
        || too_few(arena, health, status_int(document, "numberReady"), want, "ready"))
        return;
    pods_ready(arena, health, want);
}

static bool replica_failure(struct arena *arena, const struct value *document,
                            struct health *health)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (!condition_is(&condition, "ReplicaFailure", "True"))
            continue;
        health_condition(arena, health, HEALTH_IN_PROGRESS, &condition,
                         "its pods cannot be created");
        return true;
    }
    return false;
}

static void replicas_ready(struct arena *arena, const struct value *document, bool labelled,
                           struct health *health)
{
    int64_t want = spec_int(document, "replicas", 1);
    if (replica_failure(arena, document, health)
        || (labelled
            && too_few(arena, health, status_int(document, "fullyLabeledReplicas"), want,
                       "created"))
        || too_few(arena, health, status_int(document, "availableReplicas"), want, "available")
        || too_few(arena, health, status_int(document, "readyReplicas"), want, "ready")
        || extra_pods(arena, document, health))
        return;
    pods_ready(arena, health, want);
}

void health_replica_set(struct arena *arena, const struct value *document, struct health *health)
{
    replicas_ready(arena, document, true, health);
}

/* The API server drops fullyLabeledReplicas of 0 here as well; the other counts suffice. */
void health_replication_controller(struct arena *arena, const struct value *document,
                                   struct health *health)
{
    replicas_ready(arena, document, false, health);
}

static bool job_ended(struct arena *arena, const struct value *document, struct health *health)
{
    bool suspend = value_is_true(value_at(document, "spec", "suspend", NULL), false);
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (condition_is(&condition, "Complete", "True"))
            health_set(arena, health, HEALTH_CURRENT, "completed");
        else if (condition_is(&condition, "Failed", "True"))
            health_condition(arena, health, HEALTH_FAILED, &condition, "failed");
        else if (condition_is(&condition, "Suspended", "True") && suspend)
            health_set(arena, health, HEALTH_CURRENT, "suspended");
        else
            continue;
        health->since = condition.since;
        return true;
    }
    return false;
}

void health_job(struct arena *arena, const struct value *document, struct health *health)
{
    int64_t want = spec_int(document, "completions", spec_int(document, "parallelism", 1));
    int64_t failed = status_int(document, "failed");
    if (job_ended(arena, document, health))
        return;
    if (!value_text_at(document, "status", "startTime", NULL)) {
        health_set(arena, health, HEALTH_IN_PROGRESS, "not started yet");
        return;
    }
    char also[64] = "";
    if (failed)
        snprintf(also, sizeof also, ", %lld failed", (long long)failed);
    health_set(arena, health, HEALTH_IN_PROGRESS, "running: %lld of %lld done%s",
               (long long)status_int(document, "succeeded"), (long long)want, also);
}
