/*
 * health: is this object what it is meant to be, as far as its status tells?
 *
 * Pure functions of one document, by the rules of kstatus (cli-utils): a rule a
 * built-in kind, conditions that many operators share for all others. Waiting is
 * settle.c's.
 */
#ifndef CMX_KUBERNETES_HEALTH_H
#define CMX_KUBERNETES_HEALTH_H

#include "manifest/resource.h"

#include <stdint.h>

enum health_state {
    HEALTH_CURRENT,
    HEALTH_IN_PROGRESS,
    HEALTH_FAILED,
    HEALTH_TERMINATING,
    HEALTH_UNKNOWN, /* the status cannot be read */
};

struct health {
    enum health_state state;
    const char *message; /* "1 of 3 pods ready", on one line; never NULL */
    int64_t since;       /* of the condition that decided, seconds; 0: not known */
    bool may_pass; /* HEALTH_FAILED by a word that may be old, or that its controller takes back */
};

void health_of(struct arena *arena, const struct object_id *id, const struct value *document,
               struct health *ret_health);

/* A Deployment, StatefulSet or DaemonSet. */
bool health_runs_pods(const struct object_id *id);

/* One of those that has pods, of which some container has no readiness probe. */
bool health_unprobed(const struct object_id *id, const struct value *document);

enum {
    HEALTH_STIRRED = 12,     /* seconds: longer than a restarted container is doubted, pods.h */
    HEALTH_CLOCKS_AGREE = 5, /* seconds that a server's clock may be ahead of ours            */
};

/* Did a controller change this object's status in the last HEALTH_STIRRED seconds? */
bool health_stirred(const struct value *document, int64_t now);

/* "waits for finalizer a, b", or what a Namespace says is left in it; "" where nothing is known. */
const char *health_kept_by(struct arena *arena, const struct value *document);

/* "current", "in progress", "failed", "terminating", "unknown". */
const char *health_name(enum health_state state);

#endif
