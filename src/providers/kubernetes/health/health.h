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

/* "waits for finalizer a, b", or what a Namespace says is left in it; "" where nothing is known. */
const char *health_kept_by(struct arena *arena, const struct value *document);

/* "current", "in progress", "failed", "terminating", "unknown". */
const char *health_name(enum health_state state);

#endif
