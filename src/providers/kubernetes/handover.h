/*
 * handover: leaving a field out without losing its value.
 *
 * A field that only we hold is reset as soon as we no longer send it. So its
 * live value is first applied under a second manager, HANDOVER_MANAGER, which
 * then holds it until somebody else (an autoscaler) sets it.
 */
#ifndef CMX_KUBERNETES_HANDOVER_H
#define CMX_KUBERNETES_HANDOVER_H

#include "providers/kubernetes/request.h"

/* Those of the pointers at which we hold something of the live object. */
void handover_needed(struct arena *arena, const struct value *live,
                     const struct text_list *left_out, struct text_list *ret_needed);

/*
 * The smallest document that gives the live values at the pointers: with the
 * members by which lists on the way are keyed. NULL where one stands inside a
 * list that is owned whole and cannot be handed over in parts.
 */
struct value *handover_document(struct arena *arena, const struct value *live,
                                const struct text_list *needed);

/* Applies it. *live may be read anew. */
bool handover(struct session *session, struct arena *arena, const struct api_kind *kind,
              const struct object_id *id, const struct value **live,
              const struct text_list *left_out, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
