/* help and man: printed from the tables of commands and options. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

enum { NAME_COLUMNS = 28, TEXT_COLUMNS = 78 };

bool help_takes(const struct command *command, const struct option_entry *entry)
{
    return (entry->groups & (command->groups | GROUP_COMMON)) != 0;
}

/* Wraps a text, each line behind `indent` blanks; the first one goes on where the line stands. */
static void add_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
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
    add_wrapped(out, entry->text, NAME_COLUMNS, NAME_COLUMNS);
}

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
        add_wrapped(out, command->text, 0, 0);
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

static void add_exit_codes(struct buf *out)
{
    buf_puts(out, "\nExit codes:\n"
                  "  0  done, nothing differs        4  not reachable, not authorised,\n"
                  "  1  the answer is no: differs,      could not look\n"
                  "     drifted, does not exist      5  applied, but failed or not healthy\n"
                  "  2  usage, or wrong manifests    6  internal, or local input and output\n"
                  "  3  refused                    130  interrupted (143 by SIGTERM)\n");
}

static const struct command *argument_command(const struct invocation *invocation,
                                              enum exit_code *ret_code)
{
    const char *name = invocation->arguments.items[0];
    const struct command *command = command_find(name);
    *ret_code = EXIT_DONE;
    if (!command) {
        fprintf(stderr, "cmx-reconcile: there is no command \"%s\"; see cmx-reconcile help\n",
                name);
        *ret_code = EXIT_USAGE;
    }
    return command;
}

enum exit_code command_help(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    if (invocation->arguments.count == 0)
        add_overview(&out);
    else {
        const struct command *command = argument_command(invocation, &code);
        if (!command)
            return code;
        add_command(&out, command);
    }
    add_exit_codes(&out);
    return command_print(&out);
}

/* ------------------------------------------------------------------ man pages */

/* Text for troff: a backslash, a hyphen, and a dot or quote that begins a line mean something. */
static void add_troff(struct buf *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        bool first = at == text || at[-1] == '\n';
        if (first && (*at == '.' || *at == '\''))
            buf_puts(out, "\\&");
        if (*at == '\\')
            buf_puts(out, "\\e");
        else if (*at == '-')
            buf_puts(out, "\\-");
        else
            buf_putc(out, *at);
    }
}

static void add_man_options(struct buf *out, const struct command *command)
{
    buf_puts(out, ".SH OPTIONS\n");
    for (size_t i = 0; option_entries[i].name; i++) {
        const struct option_entry *entry = &option_entries[i];
        if (command && !help_takes(command, entry))
            continue;
        buf_puts(out, ".TP\n\\fB");
        if (entry->letter)
            buf_printf(out, "\\-%c\\fR, \\fB", entry->letter);
        buf_puts(out, "\\-\\-");
        add_troff(out, entry->name);
        buf_puts(out, "\\fR");
        if (entry->argument) {
            buf_puts(out, entry->kind == OPTION_OPTIONAL_TEXT ? "[=\\fI" : " \\fI");
            add_troff(out, entry->argument);
            buf_puts(out, entry->kind == OPTION_OPTIONAL_TEXT ? "\\fR]" : "\\fR");
        }
        buf_putc(out, '\n');
        add_troff(out, entry->text);
        buf_putc(out, '\n');
    }
}

static void add_man_start(struct buf *out, const char *title, const char *summary)
{
    buf_puts(out, ".TH ");
    for (const char *c = title; *c; c++)
        buf_putc(out, (char)toupper((unsigned char)*c));
    buf_puts(out, " 1 \"\" \"cmx\\-reconcile " CMX_VERSION "\"\n.SH NAME\n");
    add_troff(out, title);
    buf_puts(out, " \\- ");
    add_troff(out, summary);
    buf_putc(out, '\n');
}

static void add_man_command(struct buf *out, const struct command *command)
{
    AUTO_ARENA arena = arena_new();
    add_man_start(out, arena_printf(arena, "cmx-reconcile-%s", command->name), command->summary);
    buf_puts(out, ".SH SYNOPSIS\n\\fBcmx\\-reconcile ");
    add_troff(out, command->name);
    buf_printf(out, "\\fR %s%s[OPTION...]\n", command->arguments ? command->arguments : "",
               command->arguments ? " " : "");
    if (command->text) {
        buf_puts(out, ".SH DESCRIPTION\n");
        add_troff(out, command->text);
        buf_putc(out, '\n');
    }
    add_man_options(out, command);
    if (command->examples) {
        buf_puts(out, ".SH EXAMPLES\n.nf\n");
        add_troff(out, command->examples);
        buf_puts(out, "\n.fi\n");
    }
}

static void add_man_overview(struct buf *out)
{
    add_man_start(out, "cmx-reconcile", "makes what is live what git says");
    buf_puts(out, ".SH SYNOPSIS\n\\fBcmx\\-reconcile\\fR COMMAND [OPTION...]\n.SH COMMANDS\n");
    for (const struct command *command = commands; command->name; command++) {
        buf_puts(out, ".TP\n\\fB");
        add_troff(out, command->name);
        buf_puts(out, "\\fR\n");
        add_troff(out, command->summary);
        buf_putc(out, '\n');
    }
}

enum exit_code command_man(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    AUTO_BUF codes = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    if (invocation->arguments.count == 0)
        add_man_overview(&out);
    else {
        const struct command *command = argument_command(invocation, &code);
        if (!command)
            return code;
        add_man_command(&out, command);
    }
    buf_puts(&out, ".SH EXIT STATUS\n.nf\n");
    add_exit_codes(&codes);
    add_troff(&out, strchr(buf_text(&codes), ':') + 2);
    buf_puts(&out, ".fi\n");
    return command_print(&out);
}
