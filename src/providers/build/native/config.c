/* config: instructions that change an image's config and no file; see stage.h. */
#include "providers/build/native/stage.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "providers/build/dockerfile/expand.h"
#include "providers/build/dockerfile/parse.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct configuring {
    struct stage *stage;
    struct arena *arena;
    const struct instruction *instruction;
    struct image_config *config;
    struct error *err;
};

/* ------------------------------------------------------------------------------ texts */

/* A character as Go's %q writes it. */
static void add_quoted(struct buf *out, char c)
{
    static const char letters[] = "abtnvfr"; /* of the codes from 7 on */
    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", c);
    else if (c >= '\a' && c <= '\r')
        buf_printf(out, "\\%c", letters[c - '\a']);
    else if ((c >= 0 && c < ' ') || c == 0x7f)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else
        buf_putc(out, c);
}

/* ["a" "b"], as Go's %q writes a list; [a b], as its %v does. */
static void add_list(struct buf *out, const struct text_list *list, bool quoted)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(out, i ? " " : "");
        if (!quoted) {
            buf_puts(out, list->items[i]);
            continue;
        }
        buf_putc(out, '"');
        for (const char *at = list->items[i]; *at; at++)
            add_quoted(out, *at);
        buf_putc(out, '"');
    }
    buf_putc(out, ']');
}

static void say_list(struct configuring *one, const struct text_list *list, bool quoted)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_printf(&out, "%s ", one->instruction->name);
    add_list(&out, list, quoted);
    stage_history(one->stage, arena_memdup(one->arena, buf_text(&out), out.length), true);
}

static void say(struct configuring *one, const char *text)
{
    stage_history(one->stage, arena_printf(one->arena, "%s %s", one->instruction->name, text),
                  true);
}

static bool expand_all(struct configuring *one, struct text_list *ret)
{
    *ret = list_copy(one->arena, &one->instruction->words);
    for (size_t i = 0; i < ret->count; i++)
        if (!stage_expand(one->stage, ret->items[i], &ret->items[i], one->err))
            return false;
    return true;
}

/* Into its place, once. */
static void add_sorted(struct arena *arena, struct text_list *list, const char *text)
{
    size_t at = 0;
    while (at < list->count && strcmp(list->items[at], text) < 0)
        at++;
    if (at < list->count && strcmp(list->items[at], text) == 0)
        return;
    list->items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *list->items);
    memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof *list->items);
    list->items[at] = text;
    list->count++;
}

/* -------------------------------------------------------------------------- variables */

/* A value that is not known (in a rehearsal) makes its variable one of which nothing is known. */
static void note_variable(struct configuring *one, const char *name, const char *value)
{
    if (one->stage->unknown)
        variables_unset(&one->stage->variables, name);
    else
        variables_set(one->arena, &one->stage->variables, name, value);
}

static void set_environment(struct configuring *one, const char *name, const char *value)
{
    struct text_list *list = &one->config->environment;
    const char *item = arena_printf(one->arena, "%s=%s", name, value);
    size_t length = strlen(name);
    note_variable(one, name, value);
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i], name, length) == 0 && list->items[i][length] == '=') {
            list->items[i] = item;
            return;
        }
    arena_push(one->arena, list->items, list->count, list->capacity, item);
}

static bool configure_env(struct configuring *one)
{
    struct text_list words;
    AUTO_BUF said = BUF_INIT(BUF_OUTPUT_CEILING);
    /* All are expanded before the first is set: ENV a=1 b=$a takes the old a. */
    if (!expand_all(one, &words))
        return false;
    for (size_t i = 0; i + 1 < words.count; i += 2) {
        set_environment(one, words.items[i], words.items[i + 1]);
        buf_printf(&said, "%s%s=%s", i ? " " : "", words.items[i], words.items[i + 1]);
    }
    say(one, buf_text(&said));
    return true;
}

/* What --build-arg, the line itself and the ARGs above the first FROM say, in this order. */
static bool argument_value(struct configuring *one, const char *name, const char *otherwise,
                           const char **ret)
{
    struct native *native = one->stage->native;
    const char *given = variables_get(&native->build->spec->build.args, name);
    *ret = given ? given : variables_get(&native->plan->global, name);
    if (given || !otherwise)
        return true;
    return stage_expand(one->stage, otherwise, ret, one->err);
}

static bool configure_arg(struct configuring *one)
{
    AUTO_BUF said = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < one->instruction->words.count; i++) {
        const char *word = one->instruction->words.items[i], *equals = strchr(word, '='), *value;
        const char *name = equals ? arena_memdup(one->arena, word, (size_t)(equals - word)) : word;
        /* BuildKit takes quotes off a default by expanding it, off a name not at all. */
        if (!argument_value(one, name, equals ? equals + 1 : NULL, &value))
            return false;
        if (value)
            note_variable(one, name, value);
        buf_printf(&said, "%s%s%s%s", i ? " " : "", name, value ? "=" : "", value ? value : "");
    }
    say(one, buf_text(&said));
    return true;
}

static bool configure_label(struct configuring *one)
{
    struct text_list words;
    AUTO_BUF said = BUF_INIT(BUF_OUTPUT_CEILING);
    if (!expand_all(one, &words))
        return false;
    struct value *labels = one->config->labels ? value_map_copy(one->arena, one->config->labels)
                                               : value_map(one->arena);
    for (size_t i = 0; i + 1 < words.count; i += 2) {
        value_set(one->arena, labels, words.items[i], value_string(one->arena, words.items[i + 1]));
        buf_printf(&said, "%s%s=%s", i ? " " : "", words.items[i], words.items[i + 1]);
    }
    one->config->labels = labels;
    say(one, buf_text(&said));
    return true;
}

/* --------------------------------------------------------------------------- commands */

/* The words of a command; the shell's form becomes an argument of the shell. */
static struct text_list command_of(struct configuring *one)
{
    static const char *usual[] = { "/bin/sh", "-c" };
    struct text_list shell = { usual, 2, 2 };
    const struct instruction *instruction = one->instruction;
    if (instruction->json)
        return list_copy(one->arena, &instruction->words);
    if (one->config->shell.count)
        shell = one->config->shell;
    struct text_list words = list_copy(one->arena, &shell);
    const char *line = instruction->words.count ? instruction->words.items[0] : "";
    arena_push(one->arena, words.items, words.count, words.capacity, line);
    return words;
}

static bool configure_cmd(struct configuring *one)
{
    one->config->command = command_of(one);
    one->config->has_command = true;
    one->config->args_escaped = true;
    one->stage->command_set = true;
    say_list(one, &one->config->command, true);
    return true;
}

/* A base's CMD is for its own ENTRYPOINT. */
static bool configure_entrypoint(struct configuring *one)
{
    struct image_config *config = one->config;
    config->entrypoint = command_of(one);
    config->has_entrypoint = config->entrypoint.count > 0;
    if (!one->stage->command_set) {
        config->command = (struct text_list){ 0 };
        config->has_command = false;
    }
    say_list(one, &config->entrypoint, true);
    return true;
}

static bool configure_shell(struct configuring *one)
{
    one->config->shell = list_copy(one->arena, &one->instruction->words);
    say_list(one, &one->config->shell, false);
    return true;
}

/* ------------------------------------------------------------------------ healthcheck */

/* Nanoseconds as Go writes them: "1m30s", "1.5s", "0s". */
static void add_duration(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, " %s:", name);
    if (value >= 3600 * INT64_C(1000000000))
        buf_printf(out, "%" PRId64 "h", value / (3600 * INT64_C(1000000000)));
    if (value >= 60 * INT64_C(1000000000))
        buf_printf(out, "%" PRId64 "m", value / (60 * INT64_C(1000000000)) % 60);
    int64_t rest = value % (60 * INT64_C(1000000000));
    if (value && value < INT64_C(1000000000))
        buf_printf(out, "%gms", (double)rest / 1e6);
    else
        buf_printf(out, "%.9gs", (double)rest / 1e9);
}

static int64_t duration_flag(const struct instruction *instruction, const char *name)
{
    const char *text = instruction_flag(instruction, name);
    int64_t nanoseconds = 0;
    if (text && *text && !parse_duration(text, &nanoseconds))
        return 0;
    return nanoseconds;
}

static void say_healthcheck(struct configuring *one)
{
    const struct config_healthcheck *check = &one->config->healthcheck;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&out, "{Test:");
    add_list(&out, &check->test, false);
    add_duration(&out, "Interval", check->interval);
    add_duration(&out, "Timeout", check->timeout);
    add_duration(&out, "StartPeriod", check->start_period);
    add_duration(&out, "StartInterval", check->start_interval);
    buf_printf(&out, " Retries:%" PRId64 "}", check->retries);
    say(one, buf_text(&out));
}

static bool configure_healthcheck(struct configuring *one)
{
    const struct instruction *instruction = one->instruction;
    struct config_healthcheck check = { 0 };
    const char *retries = instruction_flag(instruction, "retries");
    bool none = strcasecmp(instruction->words.items[0], "NONE") == 0;
    check.test = list_copy(one->arena, &instruction->words);
    check.test.items[0] = none ? "NONE" : instruction->json ? "CMD" : "CMD-SHELL";
    if (!none) {
        check.interval = duration_flag(instruction, "interval");
        check.timeout = duration_flag(instruction, "timeout");
        check.start_period = duration_flag(instruction, "start-period");
        check.start_interval = duration_flag(instruction, "start-interval");
        check.retries = retries ? atoi(retries) : 0;
    }
    one->config->has_healthcheck = true;
    one->config->healthcheck = check;
    say_healthcheck(one);
    return true;
}

/* ------------------------------------------------------------------------------- ports */

static bool port_number(const char **at, long *ret)
{
    *at += **at == '+';
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 5)
        return false;
    *ret = strtol(*at, NULL, 10);
    *at += digits;
    return *ret <= 65535;
}

/* "8080", "8080/udp", "8000-8010/tcp"; what stands before a ":" is the host's and means nothing. */
static bool add_ports(struct configuring *one, const char *text, struct text_list *said)
{
    const char *colon = strrchr(text, ':'), *at = colon ? colon + 1 : text;
    long low, high;
    char protocol[8] = "tcp";
    bool fine = port_number(&at, &low);
    high = low;
    if (fine && *at == '-') {
        at++;
        fine = port_number(&at, &high) && high >= low;
    }
    if (fine && *at == '/' && strlen(at + 1) < sizeof protocol) {
        for (size_t i = 0; i <= strlen(at + 1); i++)
            protocol[i] = (char)tolower((unsigned char)at[1 + i]);
        at += strlen(at);
        if (!*protocol)
            strcpy(protocol, "tcp");
    }
    if (!fine || *at
        || (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0
            && strcmp(protocol, "sctp") != 0))
        return error_set(one->err, ERROR_INPUT, "%s is no port: 8080, 8080/udp, 8000-8010/tcp are",
                         text);
    for (long port = low; port <= high; port++) {
        const char *item = arena_printf(one->arena, "%ld/%s", port, protocol);
        add_sorted(one->arena, &one->config->exposed_ports, item);
        arena_push(one->arena, said->items, said->count, said->capacity, item);
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted as they are written, before variables are filled in, as BuildKit does. */
static bool configure_expose(struct configuring *one)
{
    struct text_list words = list_copy(one->arena, &one->instruction->words), said = { 0 };
    qsort(words.items, words.count, sizeof *words.items, by_text);
    const char **written = list_copy(one->arena, &words).items;
    for (size_t i = 0; i < words.count; i++)
        if (!stage_expand(one->stage, words.items[i], &words.items[i], one->err))
            return false;
    for (size_t i = 0; i < words.count; i++) {
        one->stage->word = written[i];
        char *rest = arena_strdup(one->arena, words.items[i]), *state;
        for (char *port = strtok_r(rest, " \t\n", &state); port;
             port = strtok_r(NULL, " \t\n", &state))
            if (!add_ports(one, port, &said))
                return false;
    }
    say_list(one, &said, false);
    return true;
}

/* ---------------------------------------------------------------------------- the rest */

static bool configure_volume(struct configuring *one)
{
    struct text_list words;
    if (!expand_all(one, &words))
        return false;
    for (size_t i = 0; i < words.count; i++) {
        if (!*words.items[i])
            return error_set(one->err, ERROR_INPUT, "a volume without a name");
        add_sorted(one->arena, &one->config->volumes, words.items[i]);
    }
    say_list(one, &words, false);
    return true;
}

/* "+3" of RTMIN, "-2" of RTMAX: at most `most`. */
static bool is_offset(const char *text, char sign, long most)
{
    size_t digits = text[0] == sign ? strspn(text + 1, "0123456789") : 0;
    return digits && digits < 3 && !text[1 + digits] && text[1] != '0' && atol(text + 1) <= most;
}

/* Any number but 0, as for Docker; or a name. */
static bool is_signal(const char *text)
{
    static const char *const names[] = {
        "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
        "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
        "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
        "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    };
    const char *number = text + (*text == '-' || *text == '+');
    size_t digits = strspn(number, "0123456789");
    if (digits && !number[digits])
        return digits < 10 && atol(number) != 0;
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(text, names[i]) == 0)
            return true;
    return (strncasecmp(text, "RTMIN", 5) == 0 && is_offset(text + 5, '+', 15))
           || (strncasecmp(text, "RTMAX", 5) == 0 && is_offset(text + 5, '-', 14));
}

static bool configure_stopsignal(struct configuring *one)
{
    const char *text;
    if (!stage_expand(one->stage, one->instruction->words.items[0], &text, one->err))
        return false;
    if (!is_signal(text))
        return error_set(one->err, ERROR_INPUT, "%s is no signal: SIGTERM, 15", text);
    one->config->stop_signal = text;
    say(one, text);
    return true;
}

static bool configure_user(struct configuring *one)
{
    if (!stage_expand(one->stage, one->instruction->words.items[0], &one->config->user, one->err))
        return false;
    say(one, one->config->user);
    return true;
}

static bool configure_maintainer(struct configuring *one)
{
    one->config->author = one->instruction->words.items[0];
    say(one, one->config->author);
    return true;
}

static bool configure_onbuild(struct configuring *one)
{
    struct text_list *list = &one->config->on_build;
    const struct instruction *instruction = one->instruction;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&text, instruction->rest);
    for (size_t i = 0; i < instruction->heredoc_count; i++)
        buf_printf(&text, "\n%s%s", instruction->heredocs[i].content,
                   instruction->heredocs[i].name);
    arena_push(one->arena, list->items, list->count, list->capacity,
               arena_memdup(one->arena, buf_text(&text), text.length));
    return true;
}

bool stage_configure(struct stage *stage, const struct instruction *instruction, struct error *err)
{
    static bool (*const ways[])(struct configuring *) = {
        [INSTRUCTION_ARG] = configure_arg,
        [INSTRUCTION_CMD] = configure_cmd,
        [INSTRUCTION_ENTRYPOINT] = configure_entrypoint,
        [INSTRUCTION_ENV] = configure_env,
        [INSTRUCTION_EXPOSE] = configure_expose,
        [INSTRUCTION_HEALTHCHECK] = configure_healthcheck,
        [INSTRUCTION_LABEL] = configure_label,
        [INSTRUCTION_MAINTAINER] = configure_maintainer,
        [INSTRUCTION_ONBUILD] = configure_onbuild,
        [INSTRUCTION_SHELL] = configure_shell,
        [INSTRUCTION_STOPSIGNAL] = configure_stopsignal,
        [INSTRUCTION_USER] = configure_user,
        [INSTRUCTION_VOLUME] = configure_volume,
    };
    struct configuring one = { stage, stage->native->arena, instruction, &stage->config, err };
    size_t count = sizeof ways / sizeof *ways;
    if ((size_t)instruction->kind >= count || !ways[instruction->kind])
        return error_set(err, ERROR_REFUSED, "it cannot be carried out natively");
    return ways[instruction->kind](&one);
}
