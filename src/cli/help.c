/* help: printed from the tables of commands and options. Man pages are in man.c. */
#include "cli/help.h"
#include "base/cleanup.h"
#include "cli/command.h"

#include <string.h>

enum { NAME_COLUMNS = 28, TEXT_COLUMNS = 78 };

bool help_takes(const struct command *command, const struct option_entry *entry)
{
    return (entry->groups & (command->groups | GROUP_COMMON)) != 0;
}

void help_wrap(struct buf *out, const char *text, size_t column, size_t indent)
{
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column > indent && column + 1 + word > TEXT_COLUMNS) {
            buf_putc(out, '\n');
            buf_fill(out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            buf_putc(out, ' ');
            column++;
        }
        buf_add(out, text, word);
        column += word;
        text += word;
        if (*text == '\n') {
            buf_putc(out, '\n');
            buf_fill(out, ' ', indent);
            column = indent;
        }
        text += *text != '\0';
    }
    buf_putc(out, '\n');
}

static void add_option(struct buf *out, const struct option_entry *entry)
{
    size_t start = out->length;
    if (entry->letter)
        buf_printf(out, "  -%c, --%s", entry->letter, entry->name);
    else
        buf_printf(out, "      --%s", entry->name);
    if (entry->kind == OPTION_OPTIONAL_TEXT)
        buf_printf(out, "[=%s]", entry->argument);
    else if (entry->argument)
        buf_printf(out, " %s", entry->argument);
    size_t used = out->length - start;
    if (used + 2 > NAME_COLUMNS) {
        buf_putc(out, '\n');
        used = 0;
    }
    buf_fill(out, ' ', NAME_COLUMNS - used);
    help_wrap(out, entry->text, NAME_COLUMNS, NAME_COLUMNS);
}

const struct help_variable help_variables[] = {
    { "KUBECONFIG", "Kubeconfig files, separated by colons; else ~/.kube/config." },
    { "CMX_GIT_TOKEN, CMX_GIT_USER",
      "The token, and the user to go with it, for https git servers." },
    { "GIT_SSH_COMMAND, GIT_SSH", "How ssh is called, as by git." },
    { "XDG_CACHE_HOME", "Where repositories are cached; else ~/.cache." },
    { "NO_COLOR", "Not empty: no colours." },
    { "CLICOLOR_FORCE", "Not empty and not 0: colours also where there is no terminal." },
    { NULL, NULL },
};

static void add_overview(struct buf *out)
{
    buf_puts(out, "cmx-reconcile makes what is live what git says.\n\n"
                  "Usage: cmx-reconcile COMMAND [OPTION…]\n\n");
    for (const struct command *command = commands; command->name; command++)
        buf_printf(out, "  %-12s %s\n", command->name, command->summary);
    buf_puts(out, "\nStart with: cmx-reconcile diff -f FOLDER\n"
                  "More:       cmx-reconcile help COMMAND\n");
}

static void add_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "%s\n\nUsage: cmx-reconcile %s%s%s [OPTION…]\n", command->summary,
               command->name, command->arguments ? " " : "",
               command->arguments ? command->arguments : "");
    if (command->text) {
        buf_putc(out, '\n');
        help_wrap(out, command->text, 0, 0);
    }
    buf_puts(out, "\nOptions:\n");
    for (size_t i = 0; option_entries[i].name; i++)
        if (help_takes(command, &option_entries[i]))
            add_option(out, &option_entries[i]);
    if (command->examples) {
        buf_puts(out, "\nExamples:\n  ");
        for (const char *c = command->examples; *c; c++)
            buf_puts(out, *c == '\n' ? "\n  " : (char[]){ *c, '\0' });
        buf_putc(out, '\n');
    }
}

void help_exit_codes(struct buf *out)
{
    buf_puts(out, "\nExit codes:\n"
                  "  0  done, nothing differs        4  not reachable, not authorised,\n"
                  "  1  the answer is no: differs,      could not look\n"
                  "     drifted, does not exist      5  applied, but failed or not healthy\n"
                  "  2  usage, or wrong manifests    6  internal, or local input and output\n"
                  "  3  refused                    130  interrupted (143 by SIGTERM)\n");
}

static void add_environment(struct buf *out)
{
    buf_puts(out, "\nEnvironment:\n");
    for (const struct help_variable *variable = help_variables; variable->name; variable++) {
        size_t start = out->length;
        buf_printf(out, "  %-29s", variable->name);
        help_wrap(out, variable->text, out->length - start, out->length - start);
    }
}

const struct command *help_command(const struct invocation *invocation, enum exit_code *ret_code)
{
    const char *name = invocation->arguments.items[0];
    const struct command *command = command_find(name);
    *ret_code = command ? EXIT_DONE : command_unknown(invocation, name);
    return command;
}

enum exit_code command_help(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    if (invocation->arguments.count == 0) {
        add_overview(&out);
        add_environment(&out);
    } else {
        const struct command *command = help_command(invocation, &code);
        if (!command)
            return code;
        add_command(&out, command);
    }
    help_exit_codes(&out);
    return command_print(&out);
}
