/*
 * invocation: one call of the program, read from its arguments.
 *
 * Every option stands once, in the table of options.c, with the commands that
 * take it; parsing, help, completion and the man pages are made from it.
 */
#ifndef CMX_CLI_INVOCATION_H
#define CMX_CLI_INVOCATION_H

#include "base/clock.h"
#include "base/log.h"
#include "oci/registry/registry.h"
#include "reconciler/reconcile.h"
#include "reconciler/report/report.h"

struct command;

enum output { OUTPUT_TEXT, OUTPUT_JSON }; /* `render` writes text as YAML */

struct invocation {
    struct arena *arena;
    const struct command *command;
    struct run_options run;
    struct text_list files, allow_delete, arguments;
    enum output output;
    const char *output_name, *colour, *log_level, *log_format, *adopt, *project, *from, *to;
    const char *reason;     /* --reason */
    const char *dockerfile; /* --dockerfile */
    bool push;
    int64_t build_concurrency;
    bool full, quiet, verbose, yes, dry_run, watch, release;
    int64_t concurrency;
    int64_t hold_for; /* --for in ms; -1: without end */
    int64_t since;    /* --since in ms; 0: all */
    struct registry_settings registry;
    struct text_list plain_http, mirrors, platforms, registry_secrets;
    const char *username, *pull_to;
    bool raw, referrers, all_tags, even_if_used, password_stdin;
    struct cancel *cancel;
    struct wait wait; /* without a deadline: for the whole call */
};

/* Which options a command takes: it names groups. */
enum option_group {
    GROUP_SOURCE = 1 << 0,
    GROUP_TARGET = 1 << 1,
    GROUP_PLAN = 1 << 2,
    GROUP_APPLY = 1 << 3,
    GROUP_OUTPUT = 1 << 4,
    GROUP_FULL = 1 << 5,
    GROUP_RANGE = 1 << 6, /* --from, --to */
    GROUP_WATCH = 1 << 7,
    GROUP_SET = 1 << 8, /* --project */
    GROUP_YES = 1 << 9,
    GROUP_SECRETS = 1 << 10,
    GROUP_COMMON = 1 << 11,
    GROUP_DOCUMENTS = 1 << 12,        /* -o yaml|json */
    GROUP_HOLD = 1 << 13,             /* --for, --reason */
    GROUP_HISTORY = 1 << 14,          /* --since */
    GROUP_REGISTRY = 1 << 16,         /* how registries are reached      */
    GROUP_REGISTRY_COMMAND = 1 << 17, /* what `registry` alone takes     */
    GROUP_COPY = 1 << 18,             /* --platform, --referrers         */
    GROUP_PULL = 1 << 19,             /* --to                            */
    GROUP_ROLLBACK = 1 << 15,         /* --to, --release, --reason */
    GROUP_COMPUTE = 1 << 20,          /* --build */
    GROUP_NO_BUILD = 1 << 21,
    GROUP_BUILDS = 1 << 22, /* --build-concurrency */
    GROUP_BUILD = 1 << 23,  /* --push, --to PLACE */
    GROUP_DOCKERFILE = 1 << 24,
    GROUP_CLUSTER = 1 << 25, /* --context, --kubeconfig alone */
};

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_LIST,
    OPTION_DURATION,
    OPTION_NUMBER,
    OPTION_OPTIONAL_TEXT, /* --adopt, --adopt=POLICY */
};

struct option_entry {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* "PATH", NULL for a flag */
    unsigned groups;
    enum option_kind kind;
    size_t offset; /* into struct invocation */
    const char *text;
    const char *const *choices; /* for completion, or NULL */
};

/* Ended by one without a name. */
extern const struct option_entry option_entries[];

/* Reads the arguments behind the command's name. ERROR_USAGE says what is wrong. */
bool invocation_parse(struct invocation *invocation, int count, char **arguments, struct error *err)
    __attribute__((warn_unused_result));

/* How to print to standard output here: colours, width, hints. The invocation outlives it. */
struct report_style invocation_style(const struct invocation *invocation);

/* Are colours wanted on this file descriptor? */
bool invocation_colour(const struct invocation *invocation, int descriptor);

#endif
