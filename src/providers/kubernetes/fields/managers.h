/*
 * managers: who holds which fields of a live object, as its managedFields say.
 */
#ifndef CMX_KUBERNETES_MANAGERS_H
#define CMX_KUBERNETES_MANAGERS_H

#include "manifest/value.h"
#include "providers/provider.h"

struct manager_entry {
    const char *manager, *api_version, *subresource; /* never NULL */
    const char *time;                                /* RFC 3339, or "" */
    bool apply;                                      /* an Apply entry; else Update */
    const struct value *fields;                      /* fieldsV1, see fields.h */
};

/* The i-th entry; false past the last. */
bool manager_entry(const struct value *document, size_t index, struct manager_entry *ret_entry);

/* Our own Apply entry. */
bool manager_ours(const struct value *document, struct manager_entry *ret_entry);

/* Is it ours, or what we hand fields over by? */
bool manager_is_us(const struct manager_entry *entry);

/* kubectl in whatever role, of the object itself: what it added is drift. */
bool manager_is_kubectl(const struct manager_entry *entry);

/* A controller (or a subresource, which only controllers and scaling write): never drift. */
bool manager_is_controller(const char *manager, const char *subresource);

/*
 * The fields that kubectl* managers hold and nobody else does: they are drift.
 * `kubectl rollout restart`'s annotation is not among them: removing it would
 * restart the pods once more; nor is cmx.dev/hold, which is for us to read. `before`: the object as
 * it was when we held what we hold of it; the document itself, but where that is the answer of an
 * apply.
 */
struct value *manager_kubectl_extras(struct arena *arena, const struct value *document,
                                     const struct value *before);

/*
 * The fields of a kubectl* entry without those that never are drift. The entry
 * `before-first-apply` holds all that stood there before anybody was noted, the
 * server's defaults and what controllers bound included: of it only what
 * kubectl's last-applied-configuration names, and what we hold too.
 */
struct value *manager_drift_fields(struct arena *arena, const struct value *document,
                                   const struct value *before, const struct manager_entry *entry);

/* All fields that anybody holds: tells which lists are keyed, and by what. */
struct value *manager_all_fields(struct arena *arena, const struct value *document);

/* How many fields others hold and we do not; Kubernetes' own bookkeeping is not counted. */
size_t manager_foreign_fields(struct arena *arena, const struct value *document);

/* What ignore rules say of an object: JSON pointers into it, and field managers. */
struct left_alone {
    struct text_list pointers, managers;
};

/*
 * A digest (held.h) of which fields we hold and which kubectl* added, and one of
 * the values of those that we hold: whoever changes a field of ours takes it from us,
 * but for one who writes under our name. Not of a Secret's values; nor of
 * spec.replicas, which autoscalers take: there only a person counts.
 */
const char *manager_mark(struct arena *arena, const struct value *document,
                         const struct left_alone *left);

/*
 * Did we hold more when this mark was made, and is all that is missing held by
 * controllers now, or by managers that rules name? An autoscaler of resources took
 * it over, or an injector.
 */
bool manager_left_to_others(struct arena *arena, const struct value *document, const char *mark,
                            const struct left_alone *left);

/* Who holds the field at this JSON pointer. */
void manager_blame(struct arena *arena, const struct value *document, const char *pointer,
                   struct blame *ret_blame);

/*
 * Who but us and controllers wrote it last, or NULL; *ret_time in seconds, 0: not known (scaling
 * leaves no time).
 */
const char *manager_last_other(const struct value *document, int64_t *ret_time);

#endif
