/*
 * change: what a prediction and an apply of one object have in common: its
 * kind, what is live, what is to be sent.
 */
#ifndef CMX_KUBERNETES_CHANGE_H
#define CMX_KUBERNETES_CHANGE_H

#include "providers/kubernetes/submit.h"
#include "providers/kubernetes/wanted.h"

struct object_change {
    struct api_kind kind;
    const struct value *live; /* NULL: it is to be made */
    struct wanted wanted;
};

/* Fills all but the kind. Looks the live document up where the subject does not keep it. */
bool change_prepare(struct session *session, struct arena *arena, const struct subject *subject,
                    struct object_change *change, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Puts the uid into a document, as a guard: another object of that name is then refused. */
void change_guard(struct arena *arena, struct value *document, const char *uid);

/* A failed answer that says that the document is wrong (a schema's refusal is a 500). */
bool answer_is_invalid(const struct api_answer *answer);

#endif
