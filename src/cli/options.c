/* options: every option, once; and reading them with getopt_long. See invocation.h. */
#include "cli/command.h"
#include "cli/invocation.h"

#include "base/cleanup.h"
#include "manifest/shape.h"
#include "reconciler/budget.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_CONCURRENCY = 16, MOST_CONCURRENCY = 256, DEFAULT_WIDTH = 80, WIDEST = 120 };

static const int64_t DEFAULT_LOCK_TIMEOUT_MS = 5 * 60 * 1000;

#define AT(member) offsetof(struct invocation, member)

static const char *const OUTPUTS[] = { "text", "json", NULL };
static const char *const COLOURS[] = { "auto", "always", "never", NULL };
static const char *const LEVELS[] = { "error", "warning", "info", "debug", NULL };
static const char *const FORMATS[] = { "text", "json", NULL };
static const char *const POLICIES[] = { "unowned", "never", "all", NULL };

const struct option_entry option_entries[] = {
    { "filename", 'f', "PATH", GROUP_SOURCE, OPTION_LIST, AT(files),
      "A manifest or a folder of manifests; - is standard input. May be given again.", NULL },
    { "git", 0, "URL", GROUP_SOURCE, OPTION_TEXT, AT(run.source.git_url),
      "Read manifests from this git repository (https, ssh, git, file, or a path).", NULL },
    { "ref", 0, "REF", GROUP_SOURCE, OPTION_TEXT, AT(run.source.ref),
      "A branch, tag, commit, or a range such as \"semver:^1.2\". With -f: read the files as they "
      "are at that commit.",
      NULL },
    { "path", 0, "DIR", GROUP_SOURCE, OPTION_TEXT, AT(run.source.path),
      "The folder of manifests in the repository of --git.", NULL },
    { "git-ca-file", 0, "FILE", GROUP_SOURCE, OPTION_TEXT, AT(run.source.ca_file),
      "Certificates to trust for https git servers.", NULL },
    { "git-token-file", 0, "FILE", GROUP_SOURCE, OPTION_TEXT, AT(run.source.token_file),
      "A file that holds the token for https git servers.", NULL },
    { "directory-root", 0, "DIR", GROUP_SOURCE | GROUP_TARGET, OPTION_TEXT,
      AT(run.directory_root), "Where directories of Clusters lie; default: the repository.",
      NULL },
    { "context", 0, "NAME", GROUP_TARGET, OPTION_TEXT, AT(run.context),
      "The kubeconfig context to use where no Cluster is named.", NULL },
    { "kubeconfig", 0, "FILE", GROUP_TARGET, OPTION_TEXT, AT(run.kubeconfig),
      "Use this kubeconfig instead of $KUBECONFIG or ~/.kube/config.", NULL },
    { "namespace", 'n', "NAME", GROUP_SOURCE | GROUP_TARGET, OPTION_TEXT, AT(run.namespace),
      "Only this namespace; objects without one are put into it. Deletes nothing.", NULL },
    { "selector", 'l', "LABELS", GROUP_SOURCE, OPTION_TEXT, AT(run.selector),
      "Only objects with these labels (app=web,tier!=db). Deletes nothing.", NULL },
    { "project", 0, "NAME", GROUP_SET, OPTION_TEXT, AT(project),
      "The name of the set, where no source is given.", NULL },
    { "from", 0, "REF", GROUP_RANGE, OPTION_TEXT, AT(from),
      "Compare two commits, offline: the one before.", NULL },
    { "to", 0, "REF", GROUP_RANGE, OPTION_TEXT, AT(to), "The one after; default: HEAD.", NULL },
    { "adopt", 0, "POLICY", GROUP_PLAN, OPTION_OPTIONAL_TEXT, AT(adopt),
      "Take over objects that exist: unowned (default of a Project), never, all (default of the "
      "option).",
      POLICIES },
    { "prune-budget", 0, "N|N%", GROUP_PLAN, OPTION_TEXT, AT(run.prune_budget),
      "How much one run may delete.", NULL },
    { "no-prune", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.no_prune), "Delete nothing.", NULL },
    { "allow-delete", 0, "KIND/NAME", GROUP_PLAN, OPTION_LIST, AT(allow_delete),
      "Delete this object although something would go with it. May be given again.", NULL },
    { "allow-older", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.allow_older),
      "Apply a commit that does not descend from the one that runs.", NULL },
    { "take-set", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.take_set),
      "Take a set over from another source of the same name.", NULL },
    { "force-conflicts", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.force_conflicts),
      "Take fields that another manager applies.", NULL },
    { "concurrency", 0, "N", GROUP_TARGET, OPTION_NUMBER, AT(concurrency),
      "Requests in flight; default 16.", NULL },
    { "keep-going", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(run.keep_going),
      "Apply what loaded although other folders have errors; those are left alone.", NULL },
    { "timeout", 0, "TIME", GROUP_APPLY, OPTION_DURATION, AT(run.timeout),
      "How long one object may take to become healthy, such as 90s or 10m; default 5m.", NULL },
    { "no-wait", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(run.no_wait),
      "Do not wait until objects are healthy.", NULL },
    { "lock-timeout", 0, "TIME", GROUP_APPLY, OPTION_DURATION, AT(run.lock_timeout),
      "How long to wait for another run on the same set; default 5m.", NULL },
    { "dry-run", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(dry_run),
      "Show the plan and its order, change nothing: the same as plan.", NULL },
    { "yes", 'y', NULL, GROUP_YES, OPTION_FLAG, AT(yes),
      "Do not ask. Overrides no refusal.", NULL },
    { "watch", 0, NULL, GROUP_WATCH, OPTION_FLAG, AT(watch), "Go on, and show each change.",
      NULL },
    { "show-secrets", 0, NULL, GROUP_SECRETS, OPTION_FLAG, AT(run.show_secrets),
      "Write the values of Secrets to the output.", NULL },
    { "output", 'o', "FORMAT", GROUP_OUTPUT, OPTION_TEXT, AT(output_name),
      "text or json; the JSON has a version and a schema.", OUTPUTS },
    { "full", 0, NULL, GROUP_FULL, OPTION_FLAG, AT(full), "Show each object as a diff of lines.",
      NULL },
    { "colour", 0, "WHEN", GROUP_COMMON, OPTION_TEXT, AT(colour),
      "auto, always or never; NO_COLOR turns colours off too.", COLOURS },
    { "quiet", 'q', NULL, GROUP_COMMON, OPTION_FLAG, AT(quiet),
      "Only what was refused or failed, and the last line.", NULL },
    { "verbose", 'v', NULL, GROUP_COMMON, OPTION_FLAG, AT(verbose), "Everything.", NULL },
    { "log-level", 0, "LEVEL", GROUP_COMMON, OPTION_TEXT, AT(log_level),
      "error, warning, info or debug; to standard error.", LEVELS },
    { "log-format", 0, "FORMAT", GROUP_COMMON, OPTION_TEXT, AT(log_format), "text or json.",
      FORMATS },
    { 0 },
};

/* ------------------------------------------------------------------- parsing */

enum { LONG_BASE = 256, HELP_VALUE = LONG_BASE - 1, MOST_OPTIONS = 64 };

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
        int wants = entry->kind == OPTION_FLAG            ? no_argument
                    : entry->kind == OPTION_OPTIONAL_TEXT ? optional_argument
                                                          : required_argument;
        *table++ = (struct option){ entry->name, wants, NULL, LONG_BASE + (int)i };
        if (entry->letter)
            buf_printf(letters, "%c%s", entry->letter, wants ? ":" : "");
    }
    *table = (struct option){ 0 };
}

static const struct option_entry *entry_of(int value)
{
    if (value >= LONG_BASE)
        return &option_entries[value - LONG_BASE];
    for (size_t i = 0; option_entries[i].name; i++)
        if (option_entries[i].letter == value)
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
    return true;
}

static bool set_option(struct invocation *invocation, const struct option_entry *entry,
                       const char *text, struct error *err)
{
    void *at = (char *)invocation + entry->offset;
    struct text_list *list = at;
    switch (entry->kind) {
    case OPTION_FLAG: *(bool *)at = true; return true;
    case OPTION_TEXT: *(const char **)at = text; return true;
    case OPTION_OPTIONAL_TEXT: *(const char **)at = text ? text : "all"; return true;
    case OPTION_LIST:
        arena_push(invocation->arena, list->items, list->count, list->capacity, text);
        return true;
    case OPTION_NUMBER: return set_number(entry, at, text, err);
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
    for (*index = 0; choices[*index]; ++*index)
        if (strcmp(choices[*index], text) == 0)
            return true;
    AUTO_BUF known = BUF_INIT(BUF_OUTPUT_CEILING);
    for (int i = 0; choices[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", choices[i]);
    return error_set(err, ERROR_USAGE, "--%s: \"%s\" is none of %s", name, text,
                     buf_text(&known));
}

static bool check_choices(struct invocation *invocation, struct error *err)
{
    int output = OUTPUT_TEXT, policy = ADOPT_UNOWNED, colour, level = LOG_WARNING,
        format = LOG_TEXT;
    if ((invocation->output_name
         && !choose("output", invocation->output_name, OUTPUTS, &output, err))
        || (invocation->adopt && !choose("adopt", invocation->adopt, POLICIES, &policy, err))
        || (invocation->colour && !choose("colour", invocation->colour, COLOURS, &colour, err))
        || (invocation->log_level
            && !choose("log-level", invocation->log_level, LEVELS, &level, err))
        || (invocation->log_format
            && !choose("log-format", invocation->log_format, FORMATS, &format, err)))
        return false;
    invocation->output = (enum output)output;
    invocation->run.adopt = (enum adopt_policy)policy;
    invocation->run.adopt_given = invocation->adopt != NULL;
    log_configure((enum log_level)level, (enum log_format)format);
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
    if (invocation->concurrency > MOST_CONCURRENCY)
        return error_set(err, ERROR_USAGE, "--concurrency: at most %d", MOST_CONCURRENCY);
    return true;
}

static void finish(struct invocation *invocation)
{
    struct run_options *run = &invocation->run;
    run->source.files = invocation->files.items;
    run->source.file_count = invocation->files.count;
    run->allow_delete = invocation->allow_delete.items;
    run->allow_delete_count = invocation->allow_delete.count;
    run->concurrency = invocation->concurrency > 0 ? (unsigned)invocation->concurrency
                                                   : DEFAULT_CONCURRENCY;
}

static bool unknown_option(const struct invocation *invocation, const char *argument,
                           struct error *err)
{
    const char *names[MOST_OPTIONS];
    size_t count = 0, start = strspn(argument, "-");
    for (size_t i = 0; option_entries[i].name && count < MOST_OPTIONS; i++)
        if (belongs(&option_entries[i], invocation->command))
            names[count++] = option_entries[i].name;
    const char *name = arena_memdup(invocation->arena, argument + start,
                                    strcspn(argument + start, "="));
    const char *meant = start == 2 ? suggest(name, names, count) : NULL;
    return error_set(err, ERROR_USAGE, "%s: unknown option %s%s%s%s; see cmx-reconcile help %s",
                     invocation->command->name, argument, meant ? " (did you mean --" : "",
                     meant ? meant : "", meant ? "?)" : "", invocation->command->name);
}

static bool read_arguments(struct invocation *invocation, int count, char **arguments,
                           const struct option *table, const char *letters, bool *ret_help,
                           struct error *err)
{
    int value;
    opterr = 0;
    optind = 1;
    for (;;) {
        int at = optind;
        value = getopt_long(count, arguments, letters, table, NULL);
        if (value == -1)
            return true;
        if (value == 'h')
            *ret_help = true;
        else if (value == ':')
            return error_set(err, ERROR_USAGE, "%s needs a value", arguments[at]);
        else if (value == '?')
            return unknown_option(invocation, arguments[at], err);
        else if (!set_option(invocation, entry_of(value), optarg, err))
            return false;
    }
}

bool invocation_parse(struct invocation *invocation, int count, char **arguments,
                      struct error *err)
{
    struct option table[MOST_OPTIONS];
    AUTO_BUF letters = BUF_INIT(BUF_OUTPUT_CEILING);
    bool help = false;
    invocation->run.lock_timeout = DEFAULT_LOCK_TIMEOUT_MS;
    buf_puts(&letters, ":");
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
        return error_set(err, ERROR_USAGE, "%s: unexpected argument \"%s\" (a source is named "
                                           "with -f)",
                         invocation->command->name,
                         invocation->arguments.items[invocation->command->most_arguments]);
    finish(invocation);
    return check_values(invocation, err);
}

/* ------------------------------------------------------------------- output */

const char *invocation_source_text(const struct invocation *invocation)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < invocation->files.count; i++)
        buf_printf(&text, "%s-f %s", text.length ? " " : "", invocation->files.items[i]);
    if (invocation->run.source.git_url)
        buf_printf(&text, "%s--git %s", text.length ? " " : "", invocation->run.source.git_url);
    if (invocation->run.source.ref)
        buf_printf(&text, " --ref %s", invocation->run.source.ref);
    if (invocation->run.source.path)
        buf_printf(&text, " --path %s", invocation->run.source.path);
    if (invocation->from)
        buf_printf(&text, " --from %s", invocation->from);
    if (invocation->to)
        buf_printf(&text, " --to %s", invocation->to);
    if (invocation->run.context)
        buf_printf(&text, " --context %s", invocation->run.context);
    return arena_memdup(invocation->arena, buf_text(&text), text.length);
}

static bool wants_colour(const struct invocation *invocation)
{
    const char *when = invocation->colour, *off = getenv("NO_COLOR");
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    if (off && *off)
        return false;
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

static unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_WIDTH;
    return size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

struct report_style invocation_style(const struct invocation *invocation)
{
    return (struct report_style){
        .colour = wants_colour(invocation),
        .width = terminal_width(),
        .full = invocation->full,
        .verbose = invocation->verbose,
        .quiet = invocation->quiet,
        .times = true,
        .arguments = invocation_source_text(invocation),
        .between = invocation->from != NULL,
    };
}
