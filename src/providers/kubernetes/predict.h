/*
 * predict: what would become of an object, by a dry run of the very apply that
 * would be made. Defaults and admission are the server's, so nothing of them
 * is known here.
 */
#ifndef CMX_KUBERNETES_PREDICT_H
#define CMX_KUBERNETES_PREDICT_H

#include "providers/kubernetes/session.h"

/* predict() of the contract. */
bool kubernetes_predict(struct session *session, struct arena *arena, const struct subject *subject,
                        struct prediction *ret_prediction, const struct wait *wait,
                        struct error *err);

#endif
