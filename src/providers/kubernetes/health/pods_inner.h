/*
 * pods_inner: what pods.c (what to say) shares with pods_find.c (which pods) and
 * pods_text.c (in which words).
 */
#ifndef CMX_KUBERNETES_PODS_INNER_H
#define CMX_KUBERNETES_PODS_INNER_H

#include "providers/kubernetes/health/pods.h"

/* An owner as its children name it. */
struct owner {
    const char *uid;
    const char *prefix; /* not NULL: a ReplicaSet whose name begins so, of whatever uid */
};

/* Does the object's controller fit? */
bool owned_by(const void *owner, const struct value *document);

/* The uid of an object's controller, or NULL. */
const char *controller_of(const struct value *document);

/* A period of grace that runs. */
struct grace {
    const char *pod;
    enum pod_trouble_sort sort;
    int64_t since; /* clock_now() */
    bool seen;     /* in the look that goes on */
    struct grace *next;
};

struct pods {
    struct session *session;
    struct arena *arena;
    struct watcher *watcher;
    const struct object_id *id;
    int64_t begun; /* seconds since 1970 */
    struct owner self, replica_set;
    bool follows;              /* the first look has been                   */
    size_t sets, pods, events; /* queries of the watcher; SIZE_MAX: none */
    const char *blind;         /* why pods cannot be seen, or NULL          */
    struct grace *graces;
    const char *last_words; /* of a Job's pod that was being stopped, or NULL */
};

/* One pod of a workload. */
struct pod {
    const char *name;
    const struct value *document;
    bool current; /* of the revision that is being rolled out */
    bool gone;
    bool ready;
    struct pod_trouble trouble;
};

struct pod_list {
    struct pod *items; /* by name */
    size_t count, capacity;
};

/* Begins to follow what belongs to the workload; the first time only. */
void pods_follow(struct pods *pods, struct arena *arena, const struct value *document,
                 const struct wait *wait);

/* The pods of the workload as they are now, judged. */
void pods_list(struct pods *pods, struct arena *arena, const struct value *document,
               struct pod_list *ret_list);

/* Why a pod could not even be created (quota, admission), in its own words, or NULL. */
const char *pods_refused(struct pods *pods, struct arena *arena, const struct value *document);

/* "pod web-…, container main: CrashLoopBackOff"; with its detail and log in more lines. */
const char *pod_line(struct arena *arena, const struct pod *pod);
const char *pod_explain(struct pods *pods, struct arena *arena, const struct pod *pod,
                        const struct wait *wait);

/* "The 3 old pods still serve.", or NULL. */
const char *pods_old_text(struct arena *arena, const struct pod_list *list);

#endif
