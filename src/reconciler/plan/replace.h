/*
 * replace: what is deleted and made anew in one step: objects with a field that cannot be
 * changed in place, where cmx.dev/replace says so, and hooks (cmx.dev/hook) that run again.
 *
 * plan.c asks which; execute.c carries it out, guarded as any deletion is.
 */
#ifndef CMX_RECONCILER_REPLACE_H
#define CMX_RECONCILER_REPLACE_H

#include "reconciler/plan/plan.h"

#define HOOK_CHANGED "its manifest has changed"

/*
 * Why a hook that is there has to run again, or NULL: its manifest is another than the one
 * that ran (`unchanged` false), or it failed.
 */
const char *hook_runs_again(const struct change *change, bool unchanged);

/* The prediction is PREDICT_IMMUTABLE: makes it a replacement where that is allowed, else a
 * refusal. */
void replace_or_refuse(struct change *change, const char *home);

/*
 * Turns hooks that run `always`, and are as they should be, into ones that run again, where
 * anything else in the plan writes. Returns how many.
 */
size_t replace_always(struct plan *plan);

#endif
