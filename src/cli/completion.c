/* completion: scripts for bash, zsh and fish, from the tables of commands and options. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/help.h"
#include "manifest/shape.h"

#include <string.h>

static void add_command_names(struct buf *out)
{
    for (const struct command *command = commands; command->name; command++)
        buf_printf(out, "%s%s", command == commands ? "" : " ", command->name);
}

/* Does its value name a file or folder? Everything else but choices has nothing to offer. */
static bool is_path(const struct option_entry *entry)
{
    return entry->argument
           && (strcmp(entry->argument, "PATH") == 0 || strcmp(entry->argument, "FILE") == 0
               || strcmp(entry->argument, "DIR") == 0);
}

/* What may stand behind a command that is no option: "bash zsh fish"; "" for none. */
static void add_arguments(struct buf *out, const struct command *command)
{
    if (strcmp(command->name, "help") == 0 || strcmp(command->name, "man") == 0)
        add_command_names(out);
    if (strcmp(command->name, "completion") == 0)
        buf_puts(out, "bash zsh fish");
    if (strcmp(command->name, "registry") == 0)
        buf_puts(out, "ls inspect exists rm tag copy login logout");
    for (const struct kind_shape *shape = kind_shapes; shape->kind; shape++)
        if (strcmp(command->name, "explain") == 0)
            buf_printf(out, "%s%s", shape == kind_shapes ? "" : " ", shape->kind);
}

static void add_choices(struct buf *out, const struct option_entry *entry)
{
    for (size_t i = 0; entry->choices[i]; i++)
        buf_printf(out, "%s%s", i ? " " : "", entry->choices[i]);
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

/* "diff:--output|diff:-o) … ;;": the choices of an option may differ from command to command. */
static void add_bash_values(struct buf *out, const struct command *command,
                            const struct option_entry *entry)
{
    buf_printf(out, "    %s:--%s", command->name, entry->name);
    if (entry->letter)
        buf_printf(out, "|%s:-%c", command->name, entry->letter);
    if (entry->choices) {
        buf_puts(out, ") COMPREPLY=($(compgen -W '");
        add_choices(out, entry);
        buf_puts(out, "' -- \"$current\")); return ;;\n");
    } else
        buf_puts(out, is_path(entry) ? ") return ;;\n" : ") compopt +o default; return ;;\n");
}

static void add_bash_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "    %s) words='", command->name);
    add_arguments(out, command);
    buf_puts(out, "' options='--help");
    for (const struct option_entry *entry = option_entries; entry->name; entry++)
        if (help_takes(command, entry))
            buf_printf(out, " --%s", entry->name);
    buf_puts(out, "' ;;\n");
}

/*
 * Files are left to readline (-o default): it knows blanks and folders. "--name=value" comes as
 * three words.
 */
static void add_bash(struct buf *out)
{
    buf_puts(out, "_cmx_reconcile() {\n"
                  "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "  local words options\n"
                  "  COMPREPLY=()\n"
                  "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "    COMPREPLY=($(compgen -W '");
    add_command_names(out);
    buf_puts(out, "' -- \"$current\")); return\n  fi\n"
                  "  if [ \"$current\" = = ]; then current=\n"
                  "  elif [ \"$previous\" = = ]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                  "  case ${COMP_WORDS[1]}:$previous in\n");
    for (const struct command *command = commands; command->name; command++)
        for (const struct option_entry *entry = option_entries; entry->name; entry++)
            if (help_takes(command, entry) && entry->argument
                && entry->kind != OPTION_OPTIONAL_TEXT)
                add_bash_values(out, command, entry);
    buf_puts(out, "    *:--adopt) if [ \"${COMP_WORDS[COMP_CWORD]}\" = = ] || "
                  "[ \"${COMP_WORDS[COMP_CWORD-1]}\" = = ]; then\n"
                  "      COMPREPLY=($(compgen -W 'unowned never all' -- \"$current\")); return\n"
                  "      fi ;;\n"
                  "  esac\n  case ${COMP_WORDS[1]} in\n");
    for (const struct command *command = commands; command->name; command++)
        add_bash_command(out, command);
    buf_puts(out, "  esac\n"
                  "  if [ \"${current#-}\" != \"$current\" ] || [ -z \"$words\" ]; then\n"
                  "    words=\"$words $options\"\n  fi\n"
                  "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                  "}\ncomplete -o default -F _cmx_reconcile cmx-reconcile\n");
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

/* One name of an option: '(-o --output)--output=[text]:FORMAT:(text json)'. */
static void add_zsh_name(struct buf *out, const struct option_entry *entry, bool letter)
{
    buf_puts(out, "        '");
    if (entry->kind == OPTION_LIST)
        buf_putc(out, '*');
    else if (entry->letter)
        buf_printf(out, "(-%c --%s)", entry->letter, entry->name);
    if (letter)
        buf_printf(out, "-%c%s[", entry->letter, entry->argument ? "+" : "");
    else
        buf_printf(out, "--%s%s[", entry->name,
                   entry->kind == OPTION_OPTIONAL_TEXT ? "=-"
                   : entry->argument                   ? "="
                                                       : "");
    add_zsh_text(out, entry->text);
    buf_puts(out, "]");
    if (entry->argument) {
        buf_puts(out, entry->kind == OPTION_OPTIONAL_TEXT ? "::" : ":");
        add_zsh_text(out, entry->argument);
        buf_puts(out, entry->choices ? ":(" : is_path(entry) ? ":_files" : ": ");
        if (entry->choices) {
            add_choices(out, entry);
            buf_putc(out, ')');
        }
    }
    buf_puts(out, "' \\\n");
}

static void add_zsh_command(struct buf *out, const struct command *command)
{
    AUTO_BUF words = BUF_INIT(BUF_OUTPUT_CEILING);
    add_arguments(&words, command);
    buf_printf(out, "    %s)\n      _arguments -s \\\n", command->name);
    for (const struct option_entry *entry = option_entries; entry->name; entry++) {
        if (!help_takes(command, entry))
            continue;
        if (entry->letter)
            add_zsh_name(out, entry, true);
        add_zsh_name(out, entry, false);
    }
    buf_puts(out, "        '(- *)--help[Explain the command.]'");
    if (words.length)
        buf_printf(out, " \\\n        ':argument:(%s)'", buf_text(&words));
    buf_puts(out, " ;;\n");
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
                  "  fi\n  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n"
                  "  case $command in\n");
    for (const struct command *command = commands; command->name; command++)
        add_zsh_command(out, command);
    buf_puts(out, "  esac\n}\n"
                  "# Sourced, or found in $fpath under the name _cmx_reconcile.\n"
                  "if [ \"$funcstack[1]\" = _cmx_reconcile ]; then _cmx_reconcile \"$@\"\n"
                  "else compdef _cmx_reconcile cmx-reconcile; fi\n");
}

/* ---------------------------------------------------------------------- fish */

static void add_fish_option(struct buf *out, const struct command *command,
                            const struct option_entry *entry)
{
    buf_printf(out, "complete -c cmx-reconcile -n '__fish_seen_subcommand_from %s' -l %s",
               command->name, entry->name);
    if (entry->letter)
        buf_printf(out, " -s %c", entry->letter);
    if (entry->argument && entry->kind != OPTION_OPTIONAL_TEXT)
        buf_puts(out, is_path(entry) ? " -r -F" : " -x");
    if (entry->choices) {
        buf_puts(out, " -a '");
        add_choices(out, entry);
        buf_puts(out, "'");
    }
    buf_puts(out, " -d '");
    add_quoted(out, entry->text);
    buf_puts(out, "'\n");
}

static void add_fish_arguments(struct buf *out, const struct command *command)
{
    AUTO_BUF words = BUF_INIT(BUF_OUTPUT_CEILING);
    add_arguments(&words, command);
    if (words.length)
        buf_printf(out, "complete -c cmx-reconcile -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                   command->name, buf_text(&words));
}

static void add_fish(struct buf *out)
{
    buf_puts(out, "complete -c cmx-reconcile -f\n");
    for (const struct command *command = commands; command->name; command++) {
        buf_printf(out, "complete -c cmx-reconcile -n __fish_use_subcommand -a %s -d '",
                   command->name);
        add_quoted(out, command->summary);
        buf_puts(out, "'\n");
        add_fish_arguments(out, command);
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
    return command_stop(invocation, EXIT_USAGE, "completion for which shell: bash, zsh or fish?");
}
