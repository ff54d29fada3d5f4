/*
 * report: a run in words and in JSON.
 *
 * A line says what changes, why, and what it waits for; the last line says what
 * to do next. + create, ~ change, - delete, ! refused or failed, … waiting; what
 * is unchanged is only counted. Secret values never appear. Same run, same
 * bytes, but for durations.
 */
#ifndef CMX_RECONCILER_REPORT_H
#define CMX_RECONCILER_REPORT_H

#include "base/buf.h"
#include "reconciler/reconcile.h"

struct report_style {
    bool colour;
    unsigned width; /* columns */
    bool wraps;     /* break what is refused or failed at `width`: in a log, lines are searched */
    bool full;      /* whole objects as diffs */
    bool verbose;   /* what is unchanged or left alone, too */
    bool quiet;     /* only what is refused, failed, and the closing line */
    bool times;     /* durations in the closing line */
    bool between;   /* two commits are compared: there is nothing to be done */
    bool applying;  /* the plan is about to be carried out: no hint to do so */

    /*
     * How to call a command again with what the user gave, but for the option `without` (may
     * be NULL): "cmx-reconcile apply -f deploy/". NULL: no hints.
     */
    const char *(*hint)(const void *context, struct arena *arena, const char *command,
                        const char *without);
    const void *hint_context;
};

/* `shop @ 3f2a1c7 "Raise api replicas" → cluster prod, namespace shop`. */
void report_header(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style);

/* The plan of one target: a line a field, refusals with their ways out, counts, consequences. */
void report_plan(struct buf *out, const struct run *run, const struct target_run *target,
                 const struct report_style *style);

/* The last lines of a plan: what the user may call next. */
void report_hints(struct buf *out, const struct target_run *target,
                  const struct report_style *style);

/* The order: what is done in which order, and what waits for what. */
void report_order(struct buf *out, const struct target_run *target,
                  const struct report_style *style);

/* What became of an apply: failures in the things' own words, what was not done, counts, time. */
void report_result(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style);

/*
 * The whole run as one JSON document (schemas/output-plan.schema.json). `code` is what the
 * program will answer; `error`: why it went no further, or NULL.
 */
void report_json(struct buf *out, const struct run *run, bool applied, int code, const char *error);

/*
 * `shop @ 3f2a1c7 "Raise api replicas" → cluster prod, namespace shop`; the subject is cut, so
 * that the target behind it is seen. Empty texts are left out.
 */
void report_title(struct buf *out, const struct report_style *style, const char *name,
                  const char *revision, const char *subject, const char *where);

/* "Deployment/web", with the namespace where it is not the set's own. */
const char *report_name(struct arena *arena, const struct target_run *target,
                        const struct object_id *id);

/* ANSI colours; "" where the style has none. */
enum report_colour {
    COLOUR_ADD,
    COLOUR_CHANGE,
    COLOUR_DELETE,
    COLOUR_BAD,
    COLOUR_DIM,
    COLOUR_BOLD
};
const char *report_colour(const struct report_style *style, enum report_colour colour);
const char *report_plain(const struct report_style *style);

/* One change: its line or lines; `folded`: what it waits for is told once for all. */
void report_change(struct buf *out, const struct target_run *target, const struct change *change,
                   bool folded, const struct report_style *style);

/*
 * "! NAME: TEXT", further lines of the text below it, and where in the source
 * the object stands, unless the text names that file already. "apply NAME: " of
 * a request stands before no text: the name does.
 */
void report_trouble(struct buf *out, const struct target_run *target, const struct change *change,
                    const char *text, const struct report_style *style);

/* Does it wait for the same step as others of the plan, so that this is told once? */
bool report_is_folded(const struct plan *plan, const struct change *change);

/* "Namespace/shop" of the full name of what is waited for. */
const char *report_until(struct arena *arena, const struct target_run *target, const char *until);

#endif
