/*
 * plan_inner: what plan.c (looking and deciding) shares with plan_predict.c (asking what would
 * become of it).
 */
#ifndef CMX_RECONCILER_PLAN_INNER_H
#define CMX_RECONCILER_PLAN_INNER_H

#include "reconciler/plan/plan.h"

struct builder {
    struct plan *plan;
    const struct provider *provider;
    struct session *session;
    const struct plan_options *options;
    const struct record *record; /* NULL in the executor, where nothing is held any more */
    const struct wait *wait;
};

/* The wanted document is the one of the last run: then only others can have made a difference. */
bool source_unchanged(const struct subject *subject);

/* Asks about every change that writes and was not asked about. False: cancelled, or a bug. */
bool predict_all(const struct builder *builder, struct error *err)
    __attribute__((warn_unused_result));

#endif
