/*
 * wanted: what is sent for an object, made from what its manifest says.
 *
 * The set's label is added. For an object that exists, fields that ignore rules
 * name, and the replicas of a workload that an autoscaler targets, are left
 * out; `left_out` remembers them, and `given_up` those of them that we hold
 * something of no more: that must be handed over first (handover.h). What
 * stands inside a map or list that is set as a whole cannot be left out: it is
 * sent as it is live. An object that is to be made is sent whole.
 */
#ifndef CMX_KUBERNETES_WANTED_H
#define CMX_KUBERNETES_WANTED_H

#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/session.h"

struct wanted {
    struct value *document;    /* to be changed by its owner */
    struct text_list left_out; /* JSON pointers into the live document, see pointer_key.h */
    struct text_list given_up; /* all but what is sent as it is live */
    struct text_list rivals;   /* what others set instead of what is wanted, see rivals.h */
};

/*
 * `live` is NULL for an object that is to be made. `scaled`: an autoscaler
 * targets it.
 */
void wanted_make(const struct session *session, struct arena *arena, const struct resource *desired,
                 const struct value *live, bool scaled, struct wanted *ret_wanted);

/* What is left alone of the object that this one takes the place of has its value there. */
void wanted_keep(const struct session *session, struct arena *arena, const struct resource *desired,
                 const struct value *former, bool scaled, struct wanted *wanted);

/*
 * What rules and the object's own annotation leave alone of a live object, for its mark. Without a
 * manifest, positions count in the live lists.
 */
void wanted_left_alone(const struct session *session, struct arena *arena,
                       const struct object_id *id, const struct value *live,
                       struct left_alone *ret_left);

/*
 * The document for a comparison: without what the server keeps for itself
 * (status, managedFields, versions…), without the fields that are left out, and
 * with `label` false without the set's label.
 */
struct value *normal_document(struct arena *arena, const struct value *document,
                              const struct wanted *wanted, bool label);

#endif
