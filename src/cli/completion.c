/* completion: scripts for bash, zsh and fish, from the tables of commands and options. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/help.h"

#include <string.h>

static void add_command_names(struct buf *out)
{
    for (const struct command *command = commands; command->name; command++)
        buf_printf(out, "%s%s", command == commands ? "" : " ", command->name);
}

/* Text inside '…': a quote ends it, so each becomes '\''. */
static void add_quoted(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
}

/* ---------------------------------------------------------------------- bash */

static void add_bash_choices(struct buf *out)
{
    for (const struct option_entry *entry = option_entries; entry->name; entry++) {
        if (!entry->choices)
            continue;
        buf_printf(out, "    --%s) COMPREPLY=($(compgen -W '", entry->name);
        for (size_t i = 0; entry->choices[i]; i++)
            buf_printf(out, "%s%s", i ? " " : "", entry->choices[i]);
        buf_puts(out, "' -- \"$current\")); return ;;\n");
    }
    buf_puts(out, "    -f|--filename|--kubeconfig|--path|--directory-root|--git-ca-file|"
                  "--git-token-file) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n");
}

static void add_bash(struct buf *out)
{
    buf_puts(out, "_cmx_reconcile() {\n"
                  "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "    COMPREPLY=($(compgen -W '");
    add_command_names(out);
    buf_puts(out, "' -- \"$current\")); return\n  fi\n  case $previous in\n");
    add_bash_choices(out);
    buf_puts(out, "  esac\n  case ${COMP_WORDS[1]} in\n");
    for (const struct command *command = commands; command->name; command++) {
        buf_printf(out, "    %s) COMPREPLY=($(compgen -W '", command->name);
        for (const struct option_entry *entry = option_entries; entry->name; entry++)
            if (help_takes(command, entry))
                buf_printf(out, "--%s ", entry->name);
        if (strcmp(command->name, "help") == 0 || strcmp(command->name, "man") == 0)
            add_command_names(out);
        if (strcmp(command->name, "completion") == 0)
            buf_puts(out, "bash zsh fish");
        buf_puts(out, "' -- \"$current\")) ;;\n");
    }
    buf_puts(out, "  esac\n}\ncomplete -o default -F _cmx_reconcile cmx-reconcile\n");
}

/* ----------------------------------------------------------------------- zsh */

static void add_zsh_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            buf_putc(out, '\\');
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
    }
}

static void add_zsh_option(struct buf *out, const struct option_entry *entry)
{
    buf_printf(out, "        '%s--%s%s[", entry->kind == OPTION_LIST ? "*" : "", entry->name,
               entry->argument ? "=" : "");
    add_zsh_text(out, entry->text);
    buf_puts(out, "]");
    if (entry->argument) {
        buf_puts(out, ":");
        add_zsh_text(out, entry->argument);
        buf_puts(out, ":");
        if (entry->choices) {
            buf_puts(out, "(");
            for (size_t i = 0; entry->choices[i]; i++)
                buf_printf(out, "%s%s", i ? " " : "", entry->choices[i]);
            buf_puts(out, ")");
        } else
            buf_puts(out, "_files");
    }
    buf_puts(out, "' \\\n");
}

static void add_zsh(struct buf *out)
{
    buf_puts(out, "#compdef cmx-reconcile\n_cmx_reconcile() {\n  local -a commands=(\n");
    for (const struct command *command = commands; command->name; command++) {
        buf_printf(out, "    '%s:", command->name);
        add_zsh_text(out, command->summary);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n"
                  "  fi\n  case $words[2] in\n");
    for (const struct command *command = commands; command->name; command++) {
        buf_printf(out, "    %s)\n      _arguments \\\n", command->name);
        for (const struct option_entry *entry = option_entries; entry->name; entry++)
            if (help_takes(command, entry))
                add_zsh_option(out, entry);
        buf_puts(out, "        '*:argument:_files' ;;\n");
    }
    buf_puts(out, "  esac\n}\ncompdef _cmx_reconcile cmx-reconcile\n");
}

/* ---------------------------------------------------------------------- fish */

static void add_fish_option(struct buf *out, const struct command *command,
                            const struct option_entry *entry)
{
    buf_printf(out, "complete -c cmx-reconcile -n '__fish_seen_subcommand_from %s' -l %s",
               command->name, entry->name);
    if (entry->letter)
        buf_printf(out, " -s %c", entry->letter);
    if (entry->argument)
        buf_puts(out, " -r");
    if (entry->choices) {
        buf_puts(out, " -a '");
        for (size_t i = 0; entry->choices[i]; i++)
            buf_printf(out, "%s%s", i ? " " : "", entry->choices[i]);
        buf_puts(out, "'");
    }
    buf_puts(out, " -d '");
    add_quoted(out, entry->text);
    buf_puts(out, "'\n");
}

static void add_fish(struct buf *out)
{
    for (const struct command *command = commands; command->name; command++) {
        buf_printf(out, "complete -c cmx-reconcile -n __fish_use_subcommand -a %s -d '",
                   command->name);
        add_quoted(out, command->summary);
        buf_puts(out, "'\n");
        for (const struct option_entry *entry = option_entries; entry->name; entry++)
            if (help_takes(command, entry))
                add_fish_option(out, command, entry);
    }
}

enum exit_code command_completion(struct invocation *invocation)
{
    static const struct {
        const char *name;
        void (*add)(struct buf *);
    } shells[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };
    const char *shell = invocation->arguments.count ? invocation->arguments.items[0] : "";
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].name, shell) == 0) {
            AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
            shells[i].add(&out);
            return command_print(&out);
        }
    fprintf(stderr, "cmx-reconcile: completion for which shell: bash, zsh or fish?\n");
    return EXIT_USAGE;
}
