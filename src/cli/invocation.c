/*
 * invocation: reads the arguments of one call with getopt_long; see invocation.h.
 *
 * The forms are those of kubectl: --name=value, --name value, -nVALUE, -n VALUE, -n=VALUE,
 * --flag=false, and the last of a repeated option counts. Unlike getopt's own habit a name is
 * never shortened: "--force" would otherwise quietly mean --force-conflicts.
 */
#include "cli/invocation.h"
#include "cli/command.h"

#include "base/cleanup.h"
#include "manifest/names.h"
#include "manifest/shape.h"
#include "reconciler/plan/budget.h"

#include <getopt.h>
#include <string.h>

enum { DEFAULT_CONCURRENCY = 16, MOST_CONCURRENCY = 256 };

static const int64_t DEFAULT_LOCK_TIMEOUT_MS = 5 * 60 * 1000;

enum { LONG_BASE = 256, HELP_VALUE = LONG_BASE - 1, MOST_OPTIONS = 96 };

static bool belongs(const struct option_entry *entry, const struct command *command)
{
    return (entry->groups & (command->groups | GROUP_COMMON)) != 0;
}

static void make_tables(const struct command *command, struct option *table, struct buf *letters)
{
    buf_puts(letters, "h");
    *table++ = (struct option){ "help", no_argument, NULL, 'h' };
    for (size_t i = 0; option_entries[i].name; i++) {
        const struct option_entry *entry = &option_entries[i];
        if (!belongs(entry, command))
            continue;
        bool may = entry->kind == OPTION_FLAG || entry->kind == OPTION_OPTIONAL_TEXT;
        int wants = may ? optional_argument : required_argument;
        *table++ = (struct option){ entry->name, wants, NULL, LONG_BASE + (int)i };
        if (entry->letter)
            buf_printf(letters, "%c%s", entry->letter, entry->kind == OPTION_FLAG ? "" : ":");
    }
    *table = (struct option){ 0 };
}

static const struct option_entry *entry_of(const struct command *command, int value)
{
    if (value >= LONG_BASE)
        return &option_entries[value - LONG_BASE];
    for (size_t i = 0; option_entries[i].name; i++)
        if (option_entries[i].letter == value && belongs(&option_entries[i], command))
            return &option_entries[i];
    return NULL;
}

static bool set_number(const struct option_entry *entry, int64_t *number, const char *text,
                       struct error *err)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] || digits > 6)
        return error_set(err, ERROR_USAGE, "--%s: expected a number, got \"%s\"", entry->name,
                         text);
    *number = strtoll(text, NULL, 10);
    return *number > 0 || error_set(err, ERROR_USAGE, "--%s: at least 1", entry->name);
}

static bool set_flag(const struct option_entry *entry, bool *flag, const char *text,
                     struct error *err)
{
    *flag = !text || strcmp(text, "true") == 0;
    return *flag || strcmp(text, "false") == 0
           || error_set(err, ERROR_USAGE, "--%s: expected nothing, true or false, got \"%s\"",
                        entry->name, text);
}

/* An unset variable of a script must not mean "the current context" or "the repository's root". */
static bool check_filled(const struct option_entry *entry, const char *text, struct error *err)
{
    bool may_be_empty = strcmp(entry->name, "selector") == 0; /* everything, as in kubectl */
    return !text || *text || may_be_empty
           || error_set(err, ERROR_USAGE, "--%s: the value is empty", entry->name);
}

static bool set_option(struct invocation *invocation, const struct option_entry *entry,
                       const char *text, struct error *err)
{
    void *at = (char *)invocation + entry->offset;
    struct text_list *list = at;
    if (entry->kind != OPTION_FLAG && !check_filled(entry, text, err))
        return false;
    switch (entry->kind) {
    case OPTION_FLAG:
        return set_flag(entry, at, text, err);
    case OPTION_TEXT:
        *(const char **)at = text;
        return true;
    case OPTION_OPTIONAL_TEXT:
        *(const char **)at = text ? text : "all";
        return true;
    case OPTION_LIST:
        arena_push(invocation->arena, list->items, list->count, list->capacity, text);
        return true;
    case OPTION_NUMBER:
        return set_number(entry, at, text, err);
    case OPTION_DURATION:
        return duration_parse(text, at)
               || error_set(err, ERROR_USAGE,
                            "--%s: expected a duration such as 90s, 5m or 1h30m, got \"%s\"",
                            entry->name, text);
    }
    return false;
}

static bool choose(const char *name, const char *text, const char *const *choices, int *index,
                   struct error *err)
{
    if (!text)
        return true;
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0) {
            *index = i;
            return true;
        }
    AUTO_BUF known = BUF_INIT(BUF_OUTPUT_CEILING);
    for (int i = 0; choices[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", choices[i]);
    return error_set(err, ERROR_USAGE, "--%s: \"%s\" is none of %s", name, text, buf_text(&known));
}

/* The choices of an option are those of its entry; the index of the chosen one is the enum's. */
static bool choose_for(const struct invocation *invocation, const char *name, const char *text,
                       int *index, struct error *err)
{
    for (const struct option_entry *entry = option_entries; entry->name; entry++)
        if (strcmp(entry->name, name) == 0 && belongs(entry, invocation->command))
            return choose(name, text, entry->choices, index, err);
    return true;
}

static bool check_choices(struct invocation *invocation, struct error *err)
{
    int output = OUTPUT_TEXT, policy = ADOPT_UNOWNED, colour = 0, level = LOG_WARNING,
        format = LOG_TEXT;
    if (!choose_for(invocation, "log-level", invocation->log_level, &level, err)
        || !choose_for(invocation, "log-format", invocation->log_format, &format, err))
        return false;
    log_configure((enum log_level)level, (enum log_format)format);
    if (!choose_for(invocation, "output", invocation->output_name, &output, err)
        || !choose_for(invocation, "adopt", invocation->adopt, &policy, err)
        || !choose_for(invocation, "colour", invocation->colour, &colour, err))
        return false;
    invocation->output = (enum output)output;
    invocation->run.adopt = (enum adopt_policy)policy;
    invocation->run.adopt_given = invocation->adopt != NULL;
    return true;
}

static bool check_values(struct invocation *invocation, struct error *err)
{
    struct run_options *run = &invocation->run;
    struct budget budget;
    struct object_id pattern;
    if (!check_choices(invocation, err))
        return false;
    if (run->prune_budget && !budget_parse(run->prune_budget, &budget))
        return error_set(err, ERROR_USAGE,
                         "--prune-budget: expected a number or a percentage such as 20%%, got "
                         "\"%s\"",
                         run->prune_budget);
    for (size_t i = 0; i < invocation->allow_delete.count; i++)
        if (!object_id_parse(invocation->arena, invocation->allow_delete.items[i], &pattern))
            return error_set(err, ERROR_USAGE,
                             "--allow-delete: expected Kind/name or Kind/namespace/name, got "
                             "\"%s\"",
                             invocation->allow_delete.items[i]);
    if (run->namespace && !name_is_label(run->namespace))
        return error_set(err, ERROR_USAGE, "--namespace: \"%s\" cannot be the name of a namespace",
                         run->namespace);
    if (invocation->hold_for == 0)
        return error_set(err, ERROR_USAGE,
                         "--for: expected some time, such as 30m; without end "
                         "leave it out");
    if (invocation->concurrency > MOST_CONCURRENCY)
        return error_set(err, ERROR_USAGE, "--concurrency: at most %d", MOST_CONCURRENCY);
    if (invocation->build_concurrency > MOST_CONCURRENCY)
        return error_set(err, ERROR_USAGE, "--build-concurrency: at most %d", MOST_CONCURRENCY);
    return true;
}

static void finish(struct invocation *invocation)
{
    struct run_options *run = &invocation->run;
    run->source.files = invocation->files.items;
    run->source.file_count = invocation->files.count;
    run->allow_delete = invocation->allow_delete.items;
    run->allow_delete_count = invocation->allow_delete.count;
    run->concurrency =
        invocation->concurrency > 0 ? (unsigned)invocation->concurrency : DEFAULT_CONCURRENCY;
    invocation->registry.plain_http = invocation->plain_http.items;
    invocation->registry.plain_http_count = invocation->plain_http.count;
    invocation->registry.mirrors = invocation->mirrors.items;
    invocation->registry.mirror_count = invocation->mirrors.count;
    run->images.registries = &invocation->registry;
    run->images.concurrency = run->concurrency;
    run->images.build_concurrency = (unsigned)invocation->build_concurrency;
    run->images.layout_root = run->directory_root;
    if (run->selector && !*run->selector)
        run->selector = NULL;
}

static bool unknown_option(const struct invocation *invocation, const char *argument,
                           struct error *err)
{
    const char *names[MOST_OPTIONS];
    size_t count = 0, start = strspn(argument, "-");
    for (size_t i = 0; option_entries[i].name && count < MOST_OPTIONS; i++)
        if (belongs(&option_entries[i], invocation->command))
            names[count++] = option_entries[i].name;
    const char *name =
        arena_memdup(invocation->arena, argument + start, strcspn(argument + start, "="));
    const char *meant = start == 2 ? suggest(name, names, count) : NULL;
    return error_set(err, ERROR_USAGE, "%s: unknown option %s%s%s%s; see cmx-reconcile help %s",
                     invocation->command->name, argument, meant ? " (did you mean --" : "",
                     meant ? meant : "", meant ? "?)" : "", invocation->command->name);
}

/* The text of the option that getopt_long has just read: its value may stand behind it. */
static const char *read_text(char **arguments)
{
    bool apart = optarg && optind > 1 && optarg == arguments[optind - 1];
    return arguments[optind - (apart ? 2 : 1)];
}

static bool is_shortened(const char *text, const char *name)
{
    size_t length = strcspn(text, "=");
    return strncmp(text, "--", 2) == 0
           && (length != strlen(name) + 2 || strncmp(text + 2, name, length - 2) != 0);
}

static bool read_option(struct invocation *invocation, int value, int index, char **arguments,
                        const struct option *table, bool *ret_help, struct error *err)
{
    const char *text = read_text(arguments), *argument = optarg;
    const char *name = index >= 0 ? table[index].name : NULL;
    if (value == ':' && optopt >= LONG_BASE)
        name = option_entries[optopt - LONG_BASE].name;
    if ((value == '?' || value == ':') && optopt > 0 && optopt < LONG_BASE)
        text = arena_printf(invocation->arena, "-%c", optopt); /* maybe amid other letters */
    if (value == '?' || (name && is_shortened(text, name)))
        return unknown_option(invocation, text, err);
    if (value == ':')
        return error_set(err, ERROR_USAGE, "%s needs a value", text);
    if (value == 'h') {
        *ret_help = true;
        return true;
    }
    if (index < 0 && argument && *argument == '=' && argument != arguments[optind - 1])
        argument++; /* -n=shop */
    return set_option(invocation, entry_of(invocation->command, value), argument, err);
}

static bool read_arguments(struct invocation *invocation, int count, char **arguments,
                           const struct option *table, const char *letters, bool *ret_help,
                           struct error *err)
{
    opterr = 0;
    optind = 1;
    for (;;) {
        int index = -1;
        int value = getopt_long(count, arguments, letters, table, &index);
        if (value == -1)
            return true;
        if (!read_option(invocation, value, index, arguments, table, ret_help, err))
            return false;
    }
}

static bool too_many(const struct invocation *invocation, struct error *err)
{
    const struct command *command = invocation->command;
    return error_set(err, ERROR_USAGE, "%s: unexpected argument \"%s\"%s", command->name,
                     invocation->arguments.items[command->most_arguments],
                     command->groups & GROUP_SOURCE ? " (a source is named with -f)" : "");
}

bool invocation_parse(struct invocation *invocation, int count, char **arguments, struct error *err)
{
    struct option table[MOST_OPTIONS];
    AUTO_BUF letters = BUF_INIT(BUF_OUTPUT_CEILING);
    bool help = false;
    buf_puts(&letters, ":");
    invocation->run.lock_timeout = DEFAULT_LOCK_TIMEOUT_MS;
    invocation->hold_for = -1;
    make_tables(invocation->command, table, &letters);
    if (!read_arguments(invocation, count, arguments, table, buf_text(&letters), &help, err))
        return false;
    for (int i = optind; i < count; i++)
        arena_push(invocation->arena, invocation->arguments.items, invocation->arguments.count,
                   invocation->arguments.capacity, arguments[i]);
    if (help) {
        const char *name = invocation->command->name;
        invocation->command = command_find("help");
        invocation->arguments = (struct text_list){ 0 };
        arena_push(invocation->arena, invocation->arguments.items, invocation->arguments.count,
                   invocation->arguments.capacity, name);
    } else if (invocation->arguments.count > invocation->command->most_arguments)
        return too_many(invocation, err);
    finish(invocation);
    return check_values(invocation, err) && registry_settings_check(&invocation->registry, err);
}
