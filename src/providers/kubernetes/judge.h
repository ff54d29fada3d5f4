/*
 * judge: one live object against what is wanted of it.
 *
 * The same function judges the items of a LIST and the events of a watch.
 */
#ifndef CMX_KUBERNETES_JUDGE_H
#define CMX_KUBERNETES_JUDGE_H

#include "providers/kubernetes/session.h"

/*
 * Judges a live document: fills everything of the observation but `document`,
 * in `arena`. *ret_keep: the document is worth keeping (it may differ, or is
 * not wanted). `scratch` is for what the judgement itself needs.
 */
void judge_object(const struct session *session, struct arena *arena, struct arena *scratch,
                  const struct subject *subject, const struct value *document,
                  struct observation *ret_live, bool *ret_keep);

/* True only where applying would surely change nothing, with no request. */
bool judge_same(const struct session *session, struct arena *scratch,
                const struct resource *desired, const struct value *live);

#endif
