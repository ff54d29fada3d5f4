/*
 * health_custom: kinds that have no rule of their own; see health.h.
 *
 * kstatus asks such an object for a condition Ready, and believes one without
 * it. Most operators tell more than that, in a few words that many of them use:
 * these are read here. A word that speaks against an object makes it in
 * progress, since most controllers try again; only one that says "failed" makes
 * it failed, and settle.c gives it some time even then, because a status may
 * still be that of the last generation. Words that are not known say nothing.
 */
#include "providers/kubernetes/health/health_rules.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(word, words[i]))
            return true;
    return false;
}

/* A condition that was set for an earlier generation says nothing of this one. */
static bool is_stale(const struct value *document, const struct value *condition)
{
    const struct value *seen = value_get(condition, "observedGeneration");
    int64_t wanted = value_int(value_at(document, "metadata", "generation", NULL), 0);
    return seen && value_int(seen, wanted) < wanted;
}

static bool is_pending(const struct condition *condition)
{
    return !strcmp(condition->status, "False") || !strcmp(condition->status, "Unknown");
}

/* "Synced is False: ReconcileError: …". */
static void against(struct arena *arena, struct health *health, enum health_state state,
                    const struct condition *condition)
{
    struct health words = { .message = "" };
    health_condition(arena, &words, state, condition, "");
    health_set(arena, health, state, "%s is %s%s%s", condition->type, condition->status,
               *words.message ? ": " : "", words.message);
    health->since = condition->since;
}

/* ------------------------------------------------------------- conditions */

/* Goals: while one is False or Unknown, the object is not what it is meant to be. */
static const char *const goals[] = {
    "Available",
    "Healthy",
    "Synced",
    "Accepted",
    "Programmed",
    "ResolvedRefs",
    "Reconciled",
    "ReconcileSuccess",
    "Valid",
    "Established",
    "Installed",
    "Deployed",
    "Succeeded",
    "Admitted",
    "Configured",
    "RemoteSynced",
    "ACK.ResourceSynced",
};
/* Those that are missed also by an object that is ready, but not as it is wanted now. */
static const char *const goals_when_ready[] = { "Synced", "ACK.ResourceSynced" };
static const char *const troubles[] = {
    "Error",    "ErrorOccurred", "Invalid",   "InvalidSpec",
    "Degraded", "NotReady",      "SpecError", "SubmissionError",
};
static const char *const failures[] = { "Failed", "Failure" };

/* Stale ones do not count: a list may hold one for each controller that ever judged it. */
static bool missed(struct arena *arena, const struct value *document, const char *const *types,
                   size_t count, struct health *health)
{
    const struct value *list = value_at(document, "status", "conditions", NULL);
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        if (!is_one_of(condition.type, types, count) || !is_pending(&condition)
            || is_stale(document, value_item(list, i)))
            continue;
        against(arena, health, HEALTH_IN_PROGRESS, &condition);
        return true;
    }
    return false;
}

static bool in_trouble(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition condition;
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        bool late = !strcmp(condition.reason, "ProgressDeadlineExceeded");
        bool failed = late || is_one_of(condition.type, failures, COUNT(failures));
        if ((!late && strcmp(condition.status, "True") != 0)
            || (!failed && !is_one_of(condition.type, troubles, COUNT(troubles))))
            continue;
        against(arena, health, failed ? HEALTH_FAILED : HEALTH_IN_PROGRESS, &condition);
        health->may_pass = failed;
        return true;
    }
    return false;
}

/* Where there is a condition Ready, it decides. */
static bool by_ready(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition condition;
    const struct value *list = value_at(document, "status", "conditions", NULL);
    for (size_t i = 0; condition_at(document, i, &condition); i++) {
        bool ready = !strcmp(condition.status, "True");
        if (strcmp(condition.type, "Ready") != 0 || (!ready && !is_pending(&condition)))
            continue;
        health->since = condition.since;
        if (!ready)
            health_condition(arena, health, HEALTH_IN_PROGRESS, &condition, "not ready");
        else if (is_stale(document, value_item(list, i)))
            health_set(arena, health, HEALTH_IN_PROGRESS,
                       "its controller has not seen the change yet");
        else if (!missed(arena, document, goals_when_ready, COUNT(goals_when_ready), health))
            health_set(arena, health, HEALTH_CURRENT, "ready");
        return true;
    }
    return false;
}

/* Routes and policies of the Gateway API are judged by each gateway that they name. */
static bool refused_by_parent(struct arena *arena, const struct value *document,
                              struct health *health)
{
    static const char *const lists[] = { "parents", "ancestors" };
    static const char *const names[] = { "parentRef", "ancestorRef" };
    for (size_t l = 0; l < COUNT(lists); l++) {
        const struct value *parents = value_at(document, "status", lists[l], NULL);
        for (size_t i = 0; i < value_count(parents); i++) {
            const struct value *parent = value_item(parents, i);
            struct value *part = value_map(arena); /* the parent's word as if it were the whole */
            const char *name = value_text_at(parent, names[l], "name", NULL);
            value_set(arena, part, "metadata", value_copy(arena, value_get(document, "metadata")));
            value_set(arena, part, "status", value_copy(arena, parent));
            if (!missed(arena, part, goals, COUNT(goals), health))
                continue;
            health_set(arena, health, health->state, "%s: %s", name ? name : "its parent",
                       health->message);
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------- one word */

/* status.error, as a text or with a message in it, and Cluster API's failureMessage. */
static bool by_error(struct arena *arena, const struct value *document, struct health *health)
{
    const struct value *error = value_at(document, "status", "error", NULL);
    const char *text = value_text(error);
    if (!text && error && error->kind == VALUE_MAP)
        text = value_text(value_get(error, "message"));
    if (!text || !*text)
        text = value_text_at(document, "status", "failureMessage", NULL);
    if (!text || !*text)
        return false;
    health_set(arena, health, HEALTH_IN_PROGRESS, "%s", text);
    return true;
}

static const char *const words_failed[] = { "failed",          "failure", "error",
                                            "configerror",     "invalid", "partiallyfailed",
                                            "failedvalidation" };
static const char *const words_going[] = {
    "pending",      "progressing", "inprogress", "in progress", "provisioning", "creating",
    "initializing", "installing",  "deploying",  "updating",    "upgrading",    "reconciling",
    "restarting",   "starting",    "degraded",   "unhealthy",   "red",          "yellow",
};

/* Many an operator tells all in one word: status.phase, state, health or status. */
static bool by_word(struct arena *arena, const struct value *document, struct health *health)
{
    static const char *const members[] = { "phase", "state", "health", "status" };
    const char *message = value_text_at(document, "status", "message", NULL);
    for (size_t i = 0; i < COUNT(members); i++) {
        const char *word = value_text_at(document, "status", members[i], NULL);
        bool failed = word && is_one_of(word, words_failed, COUNT(words_failed));
        if (!failed && !(word && is_one_of(word, words_going, COUNT(words_going))))
            continue;
        health_set(arena, health, failed ? HEALTH_FAILED : HEALTH_IN_PROGRESS, "%s%s%s", word,
                   message && *message ? ": " : "", message ? message : "");
        health->may_pass = failed;
        return true;
    }
    return false;
}

void health_custom(struct arena *arena, const struct value *document, struct health *health)
{
    if (!by_ready(arena, document, health) && !in_trouble(arena, document, health)
        && !missed(arena, document, goals, COUNT(goals), health)
        && !refused_by_parent(arena, document, health) && !by_word(arena, document, health)
        && !by_error(arena, document, health))
        health_set(arena, health, HEALTH_CURRENT, "exists");
}
