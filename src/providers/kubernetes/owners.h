/*
 * owners: whose is this object, by the marks that it carries?
 *
 * Never by app.kubernetes.io/managed-by: charts print it, and so does `helm
 * template`. A controller's ownerReference counts first, since controllers copy
 * labels from what they work for (EndpointSlices those of their Service); then
 * our own set's label; then the marks of others.
 */
#ifndef CMX_KUBERNETES_OWNERS_H
#define CMX_KUBERNETES_OWNERS_H

#include "manifest/value.h"
#include "providers/provider.h"

/* *ret_text ("Helm release shop/web") lives in the arena; NULL where nobody or we own it. */
enum owner_kind owner_of(struct arena *arena, const struct value *document, const char *set_id,
                         const char **ret_text);

/* How a set is called of which only the id is known. */
const char *owner_set_text(struct arena *arena, const char *set_id);

#endif
