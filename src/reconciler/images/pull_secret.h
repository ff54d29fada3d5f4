/*
 * pull_secret: credentials for registries that a cluster keeps, as its nodes use them
 * (imagePullSecrets): --registry-secret. Those of the source itself are pull_secrets.c's.
 */
#ifndef CMX_RECONCILER_IMAGES_PULL_SECRET_H
#define CMX_RECONCILER_IMAGES_PULL_SECRET_H

#include "oci/registry/registry.h"
#include "reconciler/reconcile.h"

/*
 * Reads the Secret "[NAMESPACE/]NAME" (in the options' namespace, else "default") from the one
 * target that the options name without a source: --context, else the current one. What is
 * returned lives in the arena. ERROR_INPUT: it holds no such credentials; ERROR_NOT_FOUND,
 * ERROR_DENIED, ERROR_UNREACHABLE as the cluster says.
 */
bool pull_secret_read(const struct run_options *options, struct arena *arena, const char *name,
                      struct registry_secret *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* What a Secret holds, decoded in the arena; ret->name is given. ERROR_INPUT: no such credentials.
 */
bool pull_secret_of(struct arena *arena, const struct value *document, struct registry_secret *ret,
                    struct error *err) __attribute__((warn_unused_result));

#endif
