/* help: what the commands that explain others share. */
#ifndef CMX_CLI_HELP_H
#define CMX_CLI_HELP_H

#include "cli/command.h"

/*
 * Adds a text wrapped to 80 columns, each line behind `indent` blanks; the first one goes on at
 * `column`.
 */
void help_wrap(struct buf *out, const char *text, size_t column, size_t indent);

/* The table of exit codes, for the end of a page. */
void help_exit_codes(struct buf *out);

/* The command that the argument names; NULL: none, and *ret_code says so. */
const struct command *help_command(const struct invocation *invocation, enum exit_code *ret_code);

/* What is read from the environment, ended by one without a name. */
struct help_variable {
    const char *name, *text;
};
extern const struct help_variable help_variables[];

/* Does the command take the option? */
bool help_takes(const struct command *command, const struct option_entry *entry);

#endif
