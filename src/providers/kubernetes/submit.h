/*
 * submit: a server-side apply that knows what to make of a conflict.
 *
 * It is sent without force first. Of the fields that others hold, those of a
 * controller are left out, those of an Update entry (`kubectl edit`) are drift
 * and taken, and those of another manager's Apply are refused unless the user
 * said --force-conflicts. predict() submits as a dry run, apply() in earnest.
 */
#ifndef CMX_KUBERNETES_SUBMIT_H
#define CMX_KUBERNETES_SUBMIT_H

#include "providers/kubernetes/request.h"

struct submission {
    const struct api_kind *kind;
    const struct object_id *id;
    struct value *document; /* in: what to send; out: without what controllers hold */
    bool dry_run;
};

struct submit_result {
    struct api_answer answer; /* of the last try; its document is the object, or the Status */
    bool held;                /* refused because of `holder`'s Apply entry */
    const char *field, *holder;
};

bool submit(struct session *session, struct arena *arena, struct submission *submission,
            struct submit_result *ret_result, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* One conflict as a cause of a Status tells it. */
struct conflict {
    const char *field;       /* "spec.replicas" */
    const char *manager;     /* "kubectl-edit"  */
    const char *subresource; /* "scale", or ""  */
    bool apply;              /* held by an Apply entry */
};

/* The i-th conflict of a Status; false past the last, or where it is no such Status. */
bool conflict_at(struct arena *arena, const struct value *status, size_t index,
                 struct conflict *ret_conflict);

enum conflict_kind { CONFLICT_DRIFT, CONFLICT_CONTROLLER, CONFLICT_HELD };

enum conflict_kind conflict_kind(const struct conflict *conflict);

#endif
