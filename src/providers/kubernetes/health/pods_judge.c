/*
 * pods_judge: what is wrong with one pod; see pods.h. Pure, and the only place
 * that knows the reasons that kubelet and scheduler give.
 */
#include "providers/kubernetes/health/pods.h"

#include "base/clock.h"
#include "providers/kubernetes/health/health_rules.h"

#include <string.h>

enum {
    FOREVER = -1,
    IMAGE_GRACE_MS = 30000,
    CONFIGURATION_GRACE_MS = 10000,
    SCHEDULE_GRACE_MS = 15000,
    /* Starts again that a crashing container is allowed: it may wait for something to come up. */
    RESTARTS_ALLOWED = 2,
    /* Seconds after which one that was started again is believed; as wait/settle_healthy.c waits.
     */
    BELIEVED_AGAIN = 10,
};

static const struct {
    const char *reason;
    enum pod_trouble_sort sort;
    int64_t grace;
} waits[] = {
    { "CrashLoopBackOff", POD_CRASHES, FOREVER },
    { "ErrImagePull", POD_IMAGE, IMAGE_GRACE_MS },
    { "ImagePullBackOff", POD_IMAGE, IMAGE_GRACE_MS },
    { "RegistryUnavailable", POD_IMAGE, IMAGE_GRACE_MS },
    { "InvalidImageName", POD_IMAGE, 0 },
    { "ErrImageNeverPull", POD_IMAGE, 0 },
    { "ImageInspectError", POD_IMAGE, 0 },
    { "SignatureValidationFailed", POD_IMAGE, 0 },
    { "CreateContainerConfigError", POD_CONFIGURATION, CONFIGURATION_GRACE_MS },
    { "CreateContainerError", POD_CONFIGURATION, CONFIGURATION_GRACE_MS },
    { "RunContainerError", POD_CONFIGURATION, CONFIGURATION_GRACE_MS },
};

static const char *text_of(const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : "";
}

/* Words of registries that no second try will change. */
static bool image_surely_missing(const char *message)
{
    static const char *const phrases[] = {
        "not found", "manifest unknown",      "unauthorized",      "authentication required",
        "denied",    "no match for platform", "invalid reference", "does not exist",
    };
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strcasestr(message, phrases[i]))
            return true;
    return false;
}

/* Kubernetes tells whole seconds only. */
static const char *lived_text(struct arena *arena, int64_t seconds)
{
    if (seconds == 0)
        return " within a second";
    if (seconds < 60)
        return arena_printf(arena, " after %lld s", (long long)seconds);
    return arena_printf(arena, " after %s", duration_text(arena, seconds * 1000));
}

/* "OOMKilled, exit code 137 after 3 s". */
static const char *ended_text(struct arena *arena, const struct value *ended)
{
    int64_t from, to;
    const char *reason = text_of(ended, "reason");
    bool known = time_parse(text_of(ended, "startedAt"), &from)
                 && from > 0 /* else it never began */
                 && time_parse(text_of(ended, "finishedAt"), &to) && to >= from;
    bool plain = !*reason || !strcmp(reason, "Error") || !strcmp(reason, "Completed");
    int64_t signal = value_int(value_get(ended, "signal"), 0);
    const char *how = signal ? arena_printf(arena, "signal %lld", (long long)signal)
                             : arena_printf(arena, "exit code %lld",
                                            (long long)value_int(value_get(ended, "exitCode"), 0));
    const char *when = known ? lived_text(arena, to - from) : "";
    return arena_printf(arena, "%s%s%s%s", plain ? "" : reason, plain ? "" : ", ", how, when);
}

static void judge_crash(struct arena *arena, const struct value *status,
                        struct pod_trouble *trouble)
{
    const struct value *ended = value_at(status, "lastState", "terminated", NULL);
    if (ended)
        trouble->detail = ended_text(arena, ended);
    trouble->ran = trouble->previous = true;
    if (value_int(value_get(status, "restartCount"), 0) >= RESTARTS_ALLOWED)
        trouble->grace = 0;
}

static bool judge_waiting(struct arena *arena, const struct value *status,
                          struct pod_trouble *trouble)
{
    const struct value *waiting = value_at(status, "state", "waiting", NULL);
    const char *reason = text_of(waiting, "reason");
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        if (strcmp(reason, waits[i].reason) != 0)
            continue;
        *trouble = (struct pod_trouble){ .sort = waits[i].sort,
                                         .grace = waits[i].grace,
                                         .container = text_of(status, "name"),
                                         .reason = reason,
                                         .detail = text_of(waiting, "message") };
        if (trouble->sort == POD_CRASHES)
            judge_crash(arena, status, trouble);
        if (trouble->sort == POD_IMAGE && image_surely_missing(trouble->detail))
            trouble->grace = 0;
        return true;
    }
    return false;
}

/* Ended with a fault: for good, or until the kubelet starts it again. */
static bool judge_ended(struct arena *arena, const struct value *status,
                        struct pod_trouble *trouble)
{
    const struct value *ended = value_at(status, "state", "terminated", NULL);
    if (!ended || value_int(value_get(ended, "exitCode"), 0) == 0)
        return false;
    const char *reason = text_of(ended, "reason");
    *trouble = (struct pod_trouble){ .sort = POD_ENDED,
                                     .grace = FOREVER,
                                     .ran = true,
                                     .container = text_of(status, "name"),
                                     .reason = *reason ? reason : "Error",
                                     .detail = ended_text(arena, ended) };
    return true;
}

typedef bool container_judge(struct arena *arena, const struct value *status,
                             struct pod_trouble *trouble);

static bool any_container(struct arena *arena, const struct value *pod, container_judge *judge,
                          struct pod_trouble *trouble)
{
    static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *statuses = value_at(pod, "status", lists[l], NULL);
        for (size_t i = 0; i < value_count(statuses); i++)
            if (judge(arena, value_item(statuses, i), trouble))
                return true;
    }
    return false;
}

/* A claim that is being bound, or a gate that somebody will open, is no fault of the pod. */
static bool judge_schedule(const struct value *pod, struct pod_trouble *trouble)
{
    struct condition scheduled;
    if (!condition_find(pod, "PodScheduled", &scheduled) || strcmp(scheduled.status, "False") != 0)
        return false;
    bool passing = strcmp(scheduled.reason, "Unschedulable") != 0
                   || strstr(scheduled.message, "unbound immediate PersistentVolumeClaims");
    *trouble =
        (struct pod_trouble){ .sort = POD_UNSCHEDULABLE,
                              .reason = *scheduled.reason ? scheduled.reason : "Unschedulable",
                              .detail = scheduled.message,
                              .grace = passing ? FOREVER : SCHEDULE_GRACE_MS };
    return true;
}

/* Evicted, or refused by its node. */
static bool judge_phase(const struct value *pod, struct pod_trouble *trouble)
{
    const struct value *status = value_get(pod, "status");
    if (strcmp(text_of(status, "phase"), "Failed") != 0)
        return false;
    const char *reason = text_of(status, "reason");
    *trouble = (struct pod_trouble){ .sort = POD_ENDED,
                                     .grace = FOREVER,
                                     .reason = *reason ? reason : "Failed",
                                     .detail = text_of(status, "message") };
    return true;
}

bool pod_judge(struct arena *arena, const struct value *pod, struct pod_trouble *ret_trouble)
{
    struct pod_trouble trouble = { .sort = POD_NO_TROUBLE };
    bool found = any_container(arena, pod, judge_waiting, &trouble)
                 || any_container(arena, pod, judge_ended, &trouble)
                 || judge_schedule(pod, &trouble) || judge_phase(pod, &trouble);
    *ret_trouble = trouble;
    return found;
}

/* "exit code 1 within a second, 4 s ago" */
static const char *last_end_text(struct arena *arena, const struct value *ended, int64_t now)
{
    int64_t to;
    const char *how = ended_text(arena, ended);
    if (!time_parse(text_of(ended, "finishedAt"), &to) || to > now)
        return how;
    return arena_printf(arena, "%s, %lld s ago", how, (long long)(now - to));
}

static bool container_unproven(struct arena *arena, const struct value *status, int64_t now,
                               struct pod_trouble *trouble)
{
    int64_t since;
    const char *started = value_text_at(status, "state", "running", "startedAt", NULL);
    const struct value *ended = value_at(status, "lastState", "terminated", NULL);
    int64_t restarts = value_int(value_get(status, "restartCount"), 0);
    if (restarts <= 0 || !started || !time_parse(started, &since)
        || now < since - HEALTH_CLOCKS_AGREE || now - since >= BELIEVED_AGAIN)
        return false;
    *trouble = (struct pod_trouble){
        .sort = POD_UNPROVEN, .grace = FOREVER, .container = text_of(status, "name"), .detail = ""
    };
    trouble->reason =
        arena_printf(arena, "restarted %lld time%s", (long long)restarts, restarts == 1 ? "" : "s");
    if (ended)
        trouble->detail = last_end_text(arena, ended, now);
    return true;
}

bool pod_unproven(struct arena *arena, const struct value *pod, int64_t now,
                  struct pod_trouble *ret_trouble)
{
    static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *statuses = value_at(pod, "status", lists[l], NULL);
        for (size_t i = 0; i < value_count(statuses); i++)
            if (container_unproven(arena, value_item(statuses, i), now, ret_trouble))
                return true;
    }
    return false;
}

static bool container_running(const struct value *status, bool unready)
{
    return value_at(status, "state", "running", NULL)
           && !(unready && value_is_true(value_get(status, "ready"), false));
}

bool pod_running(const struct value *pod, bool unready, struct pod_trouble *ret_trouble)
{
    static const char *const lists[] = { "containerStatuses", "initContainerStatuses" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *statuses = value_at(pod, "status", lists[l], NULL);
        for (size_t i = 0; i < value_count(statuses); i++) {
            const struct value *status = value_item(statuses, i);
            if (!container_running(status, unready))
                continue;
            *ret_trouble = (struct pod_trouble){ .sort = POD_RUNNING,
                                                 .grace = FOREVER,
                                                 .container = text_of(status, "name"),
                                                 .reason = unready ? "not ready" : "running",
                                                 .detail = "",
                                                 .ran = true };
            return true;
        }
    }
    return false;
}

bool pod_ready(const struct value *pod)
{
    struct condition ready;
    return condition_find(pod, "Ready", &ready) && !strcmp(ready.status, "True");
}

bool pod_restarted(const struct value *pod)
{
    static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *statuses = value_at(pod, "status", lists[l], NULL);
        for (size_t i = 0; i < value_count(statuses); i++) {
            const struct value *status = value_item(statuses, i);
            const struct value *ended = value_at(status, "state", "terminated", NULL);
            bool well = ended && value_int(value_get(ended, "exitCode"), -1) == 0;
            if (value_int(value_get(status, "restartCount"), 0) > 0 && !well)
                return true;
        }
    }
    return false;
}
