/* man: man pages, in troff, from the tables of commands and options. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

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

/* Running text, in lines as short as troff's readers like them. */
static void add_man_text(struct buf *out, const char *text)
{
    AUTO_BUF lines = BUF_INIT(BUF_OUTPUT_CEILING);
    help_wrap(&lines, text, 0, 0);
    add_troff(out, buf_text(&lines));
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
        add_man_text(out, entry->text);
    }
}

static void add_man_start(struct buf *out, const char *title, const char *summary)
{
    buf_puts(out, ".TH ");
    for (const char *c = title; *c; c++)
        buf_putc(out, (char)toupper((unsigned char)*c));
    buf_puts(out, " 1 \"" CMX_DAY "\" \"cmx\\-reconcile " CMX_VERSION "\"\n.SH NAME\n");
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
        add_man_text(out, command->text);
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
    buf_puts(out, ".SH ENVIRONMENT\n");
    for (const struct help_variable *variable = help_variables; variable->name; variable++) {
        buf_printf(out, ".TP\n\\fB%s\\fR\n", variable->name);
        add_man_text(out, variable->text);
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
        const struct command *command = help_command(invocation, &code);
        if (!command)
            return code;
        add_man_command(&out, command);
    }
    buf_puts(&out, ".SH EXIT STATUS\n.nf\n");
    help_exit_codes(&codes);
    add_troff(&out, strchr(buf_text(&codes), ':') + 2);
    buf_puts(&out, ".fi\n");
    return command_print(&out);
}
