/*
 * quantity: amounts as Kubernetes writes them ("500m", "2Gi", "1e3").
 *
 * The server keeps them in its own form: `cpu: 1000m` comes back as "1".
 */
#ifndef CMX_KUBERNETES_QUANTITY_H
#define CMX_KUBERNETES_QUANTITY_H

#include "manifest/value.h"

#include <stdbool.h>

/* Are both, numbers or strings, surely the same amount? False also for what is no amount. */
bool quantity_equal(const struct value *a, const struct value *b);

#endif
