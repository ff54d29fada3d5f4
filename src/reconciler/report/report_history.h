/* report_history: past runs of a set in words and in JSON (providers/history.h). */
#ifndef CMX_RECONCILER_REPORT_HISTORY_H
#define CMX_RECONCILER_REPORT_HISTORY_H

#include "providers/history.h"
#include "reconciler/report/report.h"

/* Which of them; an empty one fits all. */
struct history_filter {
    const struct object_id *pattern; /* NULL: any object */
    int64_t since;                   /* seconds; 0: all  */
};

/* Those that fit, the oldest first; answers how many. A run that named too much fits any pattern.
 */
size_t history_select(struct arena *arena, const struct target_run *target,
                      const struct history_filter *filter, struct history_entry **ret_entries);

/* The newest stand at the end; all of them only with -v. */
void report_history(struct buf *out, const struct target_run *target,
                    const struct history_filter *filter, const struct history_entry *entries,
                    size_t count, const struct report_style *style);

/* One set with its runs. */
struct value *report_history_value(struct arena *arena, const struct target_run *target,
                                   const struct history_entry *entries, size_t count);

#endif
