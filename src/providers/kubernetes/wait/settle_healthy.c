/*
 * settle_healthy: waits until an object is what it is meant to be; see settle.c.
 *
 * It is judged at each change (health.h); for what runs pods, these are looked at
 * too (pods.h), since they know why it takes so long.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/health/claim.h"
#include "providers/kubernetes/health/health_rules.h"
#include "providers/kubernetes/wait/settle_inner.h"
#include "providers/kubernetes/wait/settle_warning.h"

#include <string.h>

enum {
    /*
     * Without a readiness probe a container counts as ready as soon as it runs, also one that
     * crashes half a second later; and the status of a custom object that tells no generation is
     * that of before until its controller has come to it: only what stays so for this long is
     * believed.
     */
    STEADY_MS = 2000,
    /* Longer where it has crashed before. */
    RESTARTED_STEADY_MS = 10000,
    /* "Failed" in a status may be of the generation before, or be mended by the controller. */
    FAILED_GRACE_MS = 60000,
};

/* Conditions are texts of others: they are freed of every Secret value that the run has seen. */
static void health_told(struct settling *settling, struct arena *arena,
                        const struct value *document, struct health *ret_health)
{
    health_of(arena, &settling->subject->id, document, ret_health);
    if (ret_health->message)
        ret_health->message = client_redact(settling->session->client, arena, ret_health->message);
}

static void remember(struct settling *settling, const struct health *health, const char *also)
{
    struct health last = *health;
    last.message = also ? arena_printf(settling->arena, "%s; %s", health->message, also)
                        : arena_strdup(settling->arena, health->message);
    settling->last = last;
}

/*
 * Why it came to nothing: the pod in trouble with its log; else what the cluster
 * last complained about, of the object itself or of pods that are not ready, and
 * what one that runs writes.
 */
static const char *reason_text(struct settling *settling)
{
    struct arena *arena = settling->arena;
    struct watched object = settling_read(settling, arena);
    const char *pod = settling->pods
                          ? pods_explain(settling->pods, arena, object.document, settling->wait)
                          : NULL;
    if (pod)
        return arena_printf(arena, "\n%s", pod);
    const char *uid = value_text_at(object.document, "metadata", "uid", NULL);
    struct text_list uids = { 0 };
    if (settling->pods)
        uids.count = uids.capacity =
            pods_unready(settling->pods, arena, object.document, &uids.items);
    if (uid)
        arena_push(arena, uids.items, uids.count, uids.capacity, uid);
    const char *warning = last_warning(settling->session, arena, settling->subject->id.namespace,
                                       uids.items, uids.count, settling->wait);
    const char *words =
        settling->pods ? pods_last_words(settling->pods, arena, object.document, settling->wait)
                       : NULL;
    return arena_printf(arena, "%s%s%s%s", warning ? "\n  last warning: " : "",
                        warning ? warning : "", words ? "\n" : "", words ? words : "");
}

/* Sleeps until something changes; the end of the wait is told with what it waited for. */
static bool sleep_on(struct settling *settling, int64_t milliseconds, struct error *err)
{
    struct error over = { .kind = ERROR_NONE };
    int64_t most = milliseconds < SETTLE_LOOK_MS ? milliseconds : SETTLE_LOOK_MS;
    if (watcher_wait(settling->watcher, most, settling->wait, &over))
        return true;
    const char *state = settling->last.message ? settling->last.message : "not looked at yet";
    if (over.kind != ERROR_TIMEOUT)
        return error_set(err, over.kind, "interrupted while it waited: %s", state);
    return error_set(err, ERROR_TIMEOUT, "not healthy in time: %s%s%s", state,
                     settling_connection(settling), reason_text(settling));
}

/* ----------------------------------------------------- healthy long enough? */

static bool is_kind(const struct settling *settling, const char *group, const char *kind)
{
    const struct object_id *id = &settling->subject->id;
    return !strcmp(id->group, group) && !strcmp(id->kind, kind);
}

static bool runs_pods(const struct settling *settling)
{
    return health_runs_pods(&settling->subject->id);
}

/* A kind that somebody's controller serves: Kubernetes' own groups have no dot, or end in .k8s.io.
 */
static bool is_custom(const struct settling *settling)
{
    static const char own[] = ".k8s.io", gateway[] = "gateway.networking.k8s.io";
    const char *group = settling->subject->id.group;
    size_t length = strlen(group), suffix = strlen(own);
    return strchr(group, '.') != NULL
           && (length <= suffix || strcmp(group + length - suffix, own) != 0
               || !strcmp(group, gateway));
}

static bool tells_generation(const struct value *document)
{
    return value_at(document, "status", "observedGeneration", NULL) != NULL;
}

/* May what looks healthy now be about to change, though nobody does anything? */
static bool is_doubtful(const struct settling *settling, const struct value *document)
{
    if (runs_pods(settling))
        return health_unprobed(&settling->subject->id, document);
    return settling->changed && is_custom(settling) && !tells_generation(document);
}

static bool pod_failed(const struct settling *settling, const struct value *document)
{
    const char *phase = value_text_at(document, "status", "phase", NULL);
    return is_kind(settling, "", "Pod") && phase && !strcmp(phase, "Failed");
}

/* A queue may suspend a Job as it comes: that is no end, and a hook is waited for to its end. */
static bool hook_is_suspended(const struct settling *settling, const struct value *document)
{
    const struct resource *desired = settling->subject->desired;
    struct condition complete;
    return desired && desired->options.hook != HOOK_NONE
           && value_is_true(value_at(document, "spec", "suspend", NULL), false)
           && !condition_find(document, "Complete", &complete);
}

bool settled_at_once(const struct settling *settling, const struct value *document)
{
    struct health health = { .state = HEALTH_UNKNOWN };
    if (!document)
        return false;
    health_of(settling->arena, &settling->subject->id, document, &health);
    return health.state == HEALTH_CURRENT && !pod_failed(settling, document)
           && !hook_is_suspended(settling, document)
           && (runs_pods(settling) || !is_doubtful(settling, document));
}

enum verdict { WAIT_ON, HEALTHY, HOPELESS };

static struct pods *pods_of(struct settling *settling, const struct value *document)
{
    if (!settling->pods)
        settling->pods = pods_new(settling->session, settling->arena, settling->watcher,
                                  &settling->subject->id, document);
    return settling->pods;
}

/* How long it has to stay healthy from now on, in ms. */
static int64_t doubt(struct settling *settling, struct arena *arena, const struct value *document)
{
    int64_t now = clock_now(), needed = STEADY_MS;
    enum pods_trust trust = PODS_STEADY;
    if (runs_pods(settling))
        trust = pods_trust(pods_of(settling, document), arena, document, settling->wait);
    if (trust == PODS_RESTARTED)
        needed = RESTARTED_STEADY_MS;
    if (!settling->healthy_since || trust == PODS_UNREADY)
        settling->healthy_since = now;
    return settling->healthy_since + needed - now;
}

static enum verdict judge_healthy(struct settling *settling, struct arena *arena,
                                  const struct value *document, int64_t *ret_again)
{
    int64_t left = is_doubtful(settling, document) ? doubt(settling, arena, document) : 0;
    if (left <= 0)
        return HEALTHY;
    if (runs_pods(settling))
        settling_say(settling, "ready, waiting a moment to see whether it stays so");
    *ret_again = left;
    return WAIT_ON;
}

/* ------------------------------------------------------------------ failed */

static void failed(struct settling *settling, const struct health *health,
                   const struct pods_found *pods, struct error *err)
{
    bool own = health->state == HEALTH_FAILED && *health->message;
    if (own && pods->stuck)
        error_set(err, ERROR_INVALID, "%s\n%s", health->message, pods->stuck);
    else
        error_set(err, ERROR_INVALID, "%s%s", pods->stuck ? pods->stuck : health->message,
                  pods->stuck ? "" : reason_text(settling));
}

/* A failure that its controller may take back has some time for it. */
static bool has_failed(struct settling *settling, const struct health *health, int64_t *again)
{
    if (health->state != HEALTH_FAILED) {
        settling->failed_since = 0;
        return false;
    }
    if (!health->may_pass)
        return true;
    if (!settling->failed_since)
        settling->failed_since = clock_now();
    int64_t left = settling->failed_since + FAILED_GRACE_MS - clock_now();
    if (left > 0 && left < *again)
        *again = left;
    return left <= 0;
}

/* A Job may go by itself once it has ended: what it was last tells how that was. */
static enum verdict judge_gone(struct settling *settling, struct arena *arena,
                               const struct value *document, struct error *err)
{
    const struct value *ttl = value_at(document, "spec", "ttlSecondsAfterFinished", NULL);
    struct health health = { .state = HEALTH_UNKNOWN };
    struct condition complete;
    if (is_kind(settling, "batch", "Job") && document) {
        struct value *last = value_copy(arena, document);
        value_remove((struct value *)value_get(last, "metadata"), "deletionTimestamp");
        health_told(settling, arena, last, &health);
    }
    if (health.state == HEALTH_CURRENT && condition_find(document, "Complete", &complete))
        return HEALTHY;
    if (health.state == HEALTH_FAILED)
        error_set(err, ERROR_INVALID, "%s", health.message);
    else if (ttl)
        error_set(err, ERROR_INVALID,
                  "it was deleted before its end was seen; it says "
                  "ttlSecondsAfterFinished: %lld",
                  (long long)value_int(ttl, 0));
    else
        error_set(err, ERROR_INVALID, "it was deleted while it was waited for");
    return HOPELESS;
}

/* Another object of the same name is not the one that was applied, however healthy it is. */
static bool made_anew(struct settling *settling, const struct value *document)
{
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    if (uid && !settling->uid)
        settling->uid = arena_strdup(settling->arena, uid);
    return uid && strcmp(uid, settling->uid) != 0;
}

/* ------------------------------------------------------------------ a look */

static void look_at_pods(struct settling *settling, struct arena *arena,
                         const struct value *document, const struct health *health,
                         struct pods_found *found)
{
    *found = (struct pods_found){ .look_again = INT64_MAX };
    if (!pods_of_kind(&settling->subject->id) || health->state == HEALTH_TERMINATING)
        return;
    pods_look(pods_of(settling, document), arena, document, health->state == HEALTH_FAILED, found,
              settling->wait);
}

/* What a claim waits for stands in its storage class and in its events. */
static void look_at_claim(struct settling *settling, struct arena *arena,
                          const struct value *document, struct claim_found *found)
{
    *found = (struct claim_found){ .look_again = INT64_MAX };
    if (!is_kind(settling, "", "PersistentVolumeClaim"))
        return;
    if (!settling->claim)
        settling->claim = claim_new(settling->session, settling->arena, settling->watcher,
                                    &settling->subject->id, document);
    claim_look(settling->claim, arena, document, found, settling->wait);
}

static enum verdict judge_unhealthy(struct settling *settling, struct arena *arena,
                                    const struct value *document, const struct health *health,
                                    int64_t *ret_again, struct error *err)
{
    struct pods_found pods;
    struct claim_found claim;
    settling->healthy_since = 0;
    look_at_pods(settling, arena, document, health, &pods);
    look_at_claim(settling, arena, document, &claim);
    *ret_again = pods.look_again < claim.look_again ? pods.look_again : claim.look_again;
    if (claim.unused)
        return HEALTHY;
    if (claim.stuck)
        pods.stuck = claim.stuck;
    if (has_failed(settling, health, ret_again) || pods.stuck) {
        failed(settling, health, &pods, err);
        return HOPELESS;
    }
    remember(settling, health, claim.waiting ? claim.waiting : pods.waiting);
    settling_say(settling, settling->last.message);
    return WAIT_ON;
}

/* One look. *ret_again: ms after which to look again though nothing changed. */
static enum verdict judge(struct settling *settling, struct arena *arena, int64_t *ret_again,
                          struct error *err)
{
    struct watched object = settling_read(settling, arena);
    struct health health;
    if (object.gone)
        return judge_gone(settling, arena, object.document, err);
    if (made_anew(settling, object.document)) {
        error_set(err, ERROR_INVALID,
                  "another deleted it and made it anew while it was waited for");
        return HOPELESS;
    }
    health_told(settling, arena, object.document, &health);
    if (pod_failed(settling, object.document))
        health.state = HEALTH_FAILED;
    if (health.state == HEALTH_CURRENT && hook_is_suspended(settling, object.document))
        health.state = HEALTH_IN_PROGRESS;
    if (health.state != HEALTH_CURRENT)
        return judge_unhealthy(settling, arena, object.document, &health, ret_again, err);
    settling->failed_since = 0;
    remember(settling, &health, NULL);
    return judge_healthy(settling, arena, object.document, ret_again);
}

bool wait_until_healthy(struct settling *settling, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (;;) {
        int64_t again = SETTLE_LOOK_MS;
        enum verdict verdict = judge(settling, arena, &again, err);
        if (verdict != WAIT_ON)
            return verdict == HEALTHY;
        if (!settling_watchable(settling, err) || !sleep_on(settling, again, err))
            return false;
        arena_clear(arena);
    }
}
