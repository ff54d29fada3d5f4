/* status_table: what `status` prints of one set, as a table or as JSON. */
#ifndef CMX_CLI_STATUS_TABLE_H
#define CMX_CLI_STATUS_TABLE_H

#include "cli/invocation.h"

struct status {
    struct buf text;  /* to be printed */
    struct buf facts; /* the same without what only time changes: for --watch */
    enum exit_code code;
    size_t sets;
    bool told;        /* why it ended is printed already */
    char error[2048]; /* the first, for the JSON; cut */
};

void status_start(struct status *status);
void status_done(struct status *status);

/* Adds the sets of a run that has looked (run_look), and what their state means for the exit code.
 */
void status_add(struct status *status, const struct invocation *invocation, const struct run *run);

/* Closes the JSON document. */
void status_finish_json(struct status *status);

#endif
