/*
 * ca_bundle: a caBundle that is no certificate.
 *
 * Generators write `caBundle: ""` or `Cg==` (a line break) where cert-manager's CA
 * injector, kube-webhook-certgen or the server itself will put the certificate.
 * Sent, it would be a field of ours that resets theirs; a CustomResourceDefinition
 * with one is even refused since Kubernetes 1.31.
 */
#ifndef CMX_MANIFEST_CA_BUNDLE_H
#define CMX_MANIFEST_CA_BUNDLE_H

#include "manifest/resource.h"

/* Is it of a kind that may hold one? */
bool ca_bundle_possible(const struct object_id *id);

/*
 * Takes them out of `root`, whose members are the caller's to change (what they hold
 * is not): of webhook configurations, of a CRD's conversion, of an APIService.
 */
void ca_bundle_drop(struct arena *arena, struct value *root, const struct object_id *id);

#endif
