/*
 * pods: why the pods of a workload do not become ready.
 *
 * A workload's own status says how many pods are missing, never why. While
 * settle.c waits for one, this follows its pods (of the new revision only) and
 * judges each: some troubles never end by themselves and end the wait early,
 * others are given a moment, the rest is only told. docs/kubernetes-health.md
 * has the table. Without the right to see pods it says so, and nothing else.
 */
#ifndef CMX_KUBERNETES_PODS_H
#define CMX_KUBERNETES_PODS_H

#include "providers/kubernetes/wait/watch.h"

/* Troubles of one sort share their period of grace. */
enum pod_trouble_sort {
    POD_NO_TROUBLE,
    POD_CRASHES,
    POD_IMAGE,
    POD_CONFIGURATION,
    POD_UNSCHEDULABLE,
    POD_ENDED,
    POD_REFUSED,  /* the pod could not even be created      */
    POD_UNPROVEN, /* ready, but only just                   */
    POD_RUNNING,  /* it runs, and is not what is waited for */
};

/* What is wrong with one pod. */
struct pod_trouble {
    enum pod_trouble_sort sort;
    const char *container; /* NULL: of the pod as a whole                                 */
    const char *reason;    /* "CrashLoopBackOff"                                          */
    const char *detail;    /* "exit code 1 after 3 s", or the kubelet's own words, or ""  */
    int64_t grace;         /* ms that it may last; 0: never ends by itself; -1: may last  */
    bool ran;              /* the container ran, so that there is a log                   */
    bool previous;         /* the log is that of its previous run                         */
};

/* A pure function of the pod's document. True where there is trouble. */
bool pod_judge(struct arena *arena, const struct value *pod, struct pod_trouble *ret_trouble);

/*
 * Was one of its containers started again less than 10 seconds ago, too short a time to be
 * believed without a probe? In the trouble's words, as pod_judge() gives them. A first start is
 * no trouble: it is what every rollout and every autoscaler makes.
 */
bool pod_unproven(struct arena *arena, const struct value *pod, int64_t now,
                  struct pod_trouble *ret_trouble);

/*
 * Which of its containers runs, that its log can tell what it is doing? `unready`: only one that
 * is not ready counts. An init container counts where no other runs.
 */
bool pod_running(const struct value *pod, bool unready, struct pod_trouble *ret_trouble);

/* Is this pod's condition Ready true? */
bool pod_ready(const struct value *pod);

/* Has any of its containers been started again, but for those that ended well since? */
bool pod_restarted(const struct value *pod);

/* Does this kind have pods to look at? (A Pod has itself.) */
bool pods_of_kind(const struct object_id *id);

struct pods;

/* Of one workload, for the time of one wait; in the arena. `document` is the live one. */
struct pods *pods_new(struct session *session, struct arena *arena, struct watcher *watcher,
                      const struct object_id *id, const struct value *document);

/* What a look has found. */
struct pods_found {
    const char *stuck;   /* why waiting on is useless, with log lines; else NULL */
    const char *waiting; /* one line on what the first of them waits for, or NULL */
    int64_t look_again;  /* ms after which a period of grace is over; INT64_MAX: none runs */
};

/*
 * Looks at the pods as they are now; blocks only for the first read and for a
 * log. `failed`: the workload has failed by itself, so any trouble explains it.
 */
void pods_look(struct pods *pods, struct arena *arena, const struct value *document, bool failed,
               struct pods_found *ret_found, const struct wait *wait);

/* The pod in trouble that explains best why a wait came to nothing, with its log; or NULL. */
const char *pods_explain(struct pods *pods, struct arena *arena, const struct value *document,
                         const struct wait *wait);

/*
 * What a pod that runs, and is not what is waited for, writes last; NULL: none does. For a wait
 * that came to nothing though no pod is in trouble: a Job that hangs, a probe that never succeeds.
 */
const char *pods_last_words(struct pods *pods, struct arena *arena, const struct value *document,
                            const struct wait *wait);

/* How far a workload that calls itself healthy can be believed, by its pods of the new revision. */
enum pods_trust {
    PODS_STEADY,
    PODS_RESTARTED, /* a container was started again: it may crash once more */
    PODS_UNREADY,   /* one is not ready: the workload's status lags behind   */
};

enum pods_trust pods_trust(struct pods *pods, struct arena *arena, const struct value *document,
                           const struct wait *wait);

/* The uids of pods of the new revision that are not ready, for their events. */
size_t pods_unready(struct pods *pods, struct arena *arena, const struct value *document,
                    const char ***ret_uids);

#endif
