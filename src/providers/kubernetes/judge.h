/*
 * judge: one live object against what is wanted of it.
 *
 * The same function judges the items of a LIST and the events of a watch.
 */
#ifndef CMX_KUBERNETES_JUDGE_H
#define CMX_KUBERNETES_JUDGE_H

#include "providers/kubernetes/wanted.h"

/*
 * Judges a live document: fills everything of the observation but `document`,
 * in `arena`. *ret_keep: the document is worth keeping (it may differ, or is
 * not wanted). `scratch` is for what the judgement itself needs.
 */
void judge_object(const struct session *session, struct arena *arena, struct arena *scratch,
                  const struct subject *subject, const struct value *document,
                  struct observation *ret_live, bool *ret_keep);

/*
 * True only where applying would surely change nothing, with no request.
 * `recorded`: the object's mark in the record (mark.h), or NULL.
 */
bool judge_same(const struct session *session, struct arena *scratch,
                const struct resource *desired, const struct value *live, const char *recorded);

/* What a judgement compares with the live document. */
struct judgement {
    struct wanted wanted;      /* without what names the object */
    const struct value *owned; /* the fields that we hold, but for those that are left out */
};

/* False where there is nothing to compare: we never applied it, or somebody's drift is in it. */
bool judge_prepare(const struct session *session, struct arena *arena,
                   const struct resource *desired, const struct value *live,
                   struct judgement *ret_judgement);

#endif
