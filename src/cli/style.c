/*
 * style: how this call prints: colours, width, and hints that can be copied.
 *
 * A hint repeats whatever the user said that matters to the command it names,
 * quoted for a shell: a hint that has to be mended first is none.
 */
#include "cli/command.h"
#include "cli/invocation.h"

#include "base/cleanup.h"

#include <string.h>
#include <unistd.h>

/* Flag, NO_COLOR, CLICOLOR_FORCE, terminal: the first that speaks counts. */
bool invocation_colour(const struct invocation *invocation, int descriptor)
{
    const char *when = invocation->colour, *off = getenv("NO_COLOR");
    const char *force = getenv("CLICOLOR_FORCE"), *terminal = getenv("TERM");
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    if (off && *off)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    return isatty(descriptor) && terminal && strcmp(terminal, "dumb") != 0;
}

/* --------------------------------------------------------------------- hints */

/* How something is said, not what: it differs from call to call. */
static bool is_manner(const struct option_entry *entry)
{
    return entry->groups == GROUP_OUTPUT || entry->groups == GROUP_FULL
           || entry->groups == GROUP_YES || entry->groups == GROUP_WATCH
           || entry->groups == GROUP_COMMON || entry->groups == GROUP_DOCUMENTS
           || strcmp(entry->name, "dry-run") == 0 || entry->groups == GROUP_ROLLBACK
           || strcmp(entry->name, "reason") == 0 || strcmp(entry->name, "concurrency") == 0
           || strcmp(entry->name, "lock-timeout") == 0;
}

/* What lifts a refusal, once: the run after that one is not to be told so again. */
static bool is_permission(const struct option_entry *entry)
{
    static const char *const names[] = { "prune-budget", "allow-delete", "allow-older", "take-set",
                                         "force-conflicts" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(entry->name, names[i]) == 0)
            return true;
    return false;
}

/* As one word of a shell. */
static void add_word(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./:,@%~";
    if (*text && *text != '~' && strspn(text, plain) == strlen(text)) {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '\'');
    for (; *text; text++)
        buf_puts(out, *text == '\'' ? "'\\''" : (char[]){ *text, '\0' });
    buf_putc(out, '\'');
}

static void add_option(struct buf *out, const struct option_entry *entry, const char *value)
{
    if (entry->letter)
        buf_printf(out, " -%c", entry->letter);
    else
        buf_printf(out, " --%s", entry->name);
    if (!value)
        return;
    buf_putc(out, entry->kind == OPTION_OPTIONAL_TEXT ? '=' : ' ');
    add_word(out, value);
}

static void add_given(struct buf *out, struct arena *arena, const struct option_entry *entry,
                      const struct invocation *invocation)
{
    const void *at = (const char *)invocation + entry->offset;
    const struct text_list *list = at;
    switch (entry->kind) {
    case OPTION_FLAG:
        if (*(const bool *)at)
            add_option(out, entry, NULL);
        break;
    case OPTION_TEXT:
    case OPTION_OPTIONAL_TEXT:
        if (*(const char *const *)at)
            add_option(out, entry, *(const char *const *)at);
        break;
    case OPTION_LIST:
        for (size_t i = 0; i < list->count; i++)
            add_option(out, entry, list->items[i]);
        break;
    case OPTION_NUMBER:
        break;
    case OPTION_DURATION:
        if (*(const int64_t *)at)
            add_option(out, entry, arena_printf(arena, "%llds", *(const long long *)at / 1000));
    }
}

static const char *hint(const void *context, struct arena *arena, const char *name,
                        const char *without)
{
    const struct invocation *invocation = context;
    const struct command *command = command_find(name);
    bool again = command == invocation->command && command->groups & GROUP_APPLY && !without;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_printf(&out, "cmx-reconcile %s", name);
    for (const struct option_entry *entry = option_entries; entry->name; entry++)
        if (entry->groups & command->groups && entry->groups & invocation->command->groups
            && !is_manner(entry) && !(again && is_permission(entry))
            && !(without && strcmp(without, entry->name) == 0))
            add_given(&out, arena, entry, invocation);
    return arena_memdup(arena, buf_text(&out), out.length);
}

struct report_style invocation_style(const struct invocation *invocation)
{
    return (struct report_style){
        .colour = invocation_colour(invocation, STDOUT_FILENO),
        .width = terminal_width(),
        .wraps = terminal_can_redraw(),
        .full = invocation->full,
        .verbose = invocation->verbose,
        .quiet = invocation->quiet,
        .times = true,
        .hint = hint,
        .hint_context = invocation,
        .between = invocation->from != NULL,
    };
}
