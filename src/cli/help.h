/* help: what help.c and completion.c share. */
#ifndef CMX_CLI_HELP_H
#define CMX_CLI_HELP_H

#include "cli/command.h"

/* Does the command take the option? */
bool help_takes(const struct command *command, const struct option_entry *entry);

#endif
