/* parse: see parse.h. The table says of each instruction how its line is split. */
#include "providers/build/dockerfile/parse.h"

#include "manifest/shape.h"
#include "providers/build/dockerfile/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum split {
    SPLIT_LIST,
    SPLIT_COMMAND,
    SPLIT_BLANKS,
    SPLIT_WHOLE,
    SPLIT_PAIRS,
    SPLIT_SHELL,
    SPLIT_CHECK
};

enum flag_kind { FLAG_TEXT, FLAG_TRUTH, FLAG_TEXTS };

struct flag_rule {
    const char *name;
    enum flag_kind kind;
};

static const struct flag_rule ADD_FLAGS[] = {
    { "chown", FLAG_TEXT },         { "chmod", FLAG_TEXT },    { "link", FLAG_TRUTH },
    { "keep-git-dir", FLAG_TRUTH }, { "checksum", FLAG_TEXT }, { "unpack", FLAG_TRUTH },
    { "exclude", FLAG_TEXTS },      { NULL, FLAG_TEXT },
};
static const struct flag_rule COPY_FLAGS[] = {
    { "chown", FLAG_TEXT }, { "from", FLAG_TEXT },     { "chmod", FLAG_TEXT },
    { "link", FLAG_TRUTH }, { "exclude", FLAG_TEXTS }, { "parents", FLAG_TRUTH },
    { NULL, FLAG_TEXT },
};
static const struct flag_rule FROM_FLAGS[] = { { "platform", FLAG_TEXT }, { NULL, FLAG_TEXT } };
static const struct flag_rule RUN_FLAGS[] = {
    { "mount", FLAG_TEXTS },  { "network", FLAG_TEXT }, { "security", FLAG_TEXT },
    { "device", FLAG_TEXTS }, { NULL, FLAG_TEXT },
};
static const struct flag_rule HEALTHCHECK_FLAGS[] = {
    { "interval", FLAG_TEXT },       { "timeout", FLAG_TEXT }, { "start-period", FLAG_TEXT },
    { "start-interval", FLAG_TEXT }, { "retries", FLAG_TEXT }, { NULL, FLAG_TEXT },
};
static const struct flag_rule NO_FLAGS[] = { { NULL, FLAG_TEXT } };

static const struct instruction_rule {
    const char *name;
    enum split split;
    unsigned least, most; /* words; most 0: any number */
    const struct flag_rule *flags;
} RULES[] = {
    [INSTRUCTION_ADD] = { "ADD", SPLIT_LIST, 2, 0, ADD_FLAGS },
    [INSTRUCTION_ARG] = { "ARG", SPLIT_SHELL, 1, 0, NO_FLAGS },
    [INSTRUCTION_CMD] = { "CMD", SPLIT_COMMAND, 0, 0, NO_FLAGS },
    [INSTRUCTION_COPY] = { "COPY", SPLIT_LIST, 2, 0, COPY_FLAGS },
    [INSTRUCTION_ENTRYPOINT] = { "ENTRYPOINT", SPLIT_COMMAND, 0, 0, NO_FLAGS },
    [INSTRUCTION_ENV] = { "ENV", SPLIT_PAIRS, 2, 0, NO_FLAGS },
    [INSTRUCTION_EXPOSE] = { "EXPOSE", SPLIT_BLANKS, 1, 0, NO_FLAGS },
    [INSTRUCTION_FROM] = { "FROM", SPLIT_BLANKS, 1, 3, FROM_FLAGS },
    [INSTRUCTION_HEALTHCHECK] = { "HEALTHCHECK", SPLIT_CHECK, 1, 0, HEALTHCHECK_FLAGS },
    [INSTRUCTION_LABEL] = { "LABEL", SPLIT_PAIRS, 2, 0, NO_FLAGS },
    [INSTRUCTION_MAINTAINER] = { "MAINTAINER", SPLIT_WHOLE, 1, 1, NO_FLAGS },
    [INSTRUCTION_ONBUILD] = { "ONBUILD", SPLIT_WHOLE, 1, 1, NO_FLAGS },
    [INSTRUCTION_RUN] = { "RUN", SPLIT_COMMAND, 1, 0, RUN_FLAGS },
    [INSTRUCTION_SHELL] = { "SHELL", SPLIT_COMMAND, 1, 0, NO_FLAGS },
    [INSTRUCTION_STOPSIGNAL] = { "STOPSIGNAL", SPLIT_WHOLE, 1, 1, NO_FLAGS },
    [INSTRUCTION_USER] = { "USER", SPLIT_WHOLE, 1, 1, NO_FLAGS },
    [INSTRUCTION_VOLUME] = { "VOLUME", SPLIT_LIST, 1, 0, NO_FLAGS },
    [INSTRUCTION_WORKDIR] = { "WORKDIR", SPLIT_WHOLE, 1, 1, NO_FLAGS },
};

enum { RULE_COUNT = sizeof RULES / sizeof *RULES, NAME_MOST = 20 };

#define WRONG(parser, ...)                                                                         \
    (problem_add((parser)->problems, (parser)->dockerfile->file, (parser)->place,                  \
                 (parser)->dockerfile->file->quotable, __VA_ARGS__),                               \
     false)

/* The same at a word of the line. */
#define WRONG_AT(parser, word, ...)                                                                \
    (problem_add((parser)->problems, (parser)->dockerfile->file, word_place(parser, word),         \
                 (parser)->dockerfile->file->quotable, __VA_ARGS__),                               \
     false)

static struct place word_place(const struct parser *parser, const char *word)
{
    const struct instruction line = { .place = parser->place, .stop = parser->stop };
    return instruction_place(parser->dockerfile->file, &line, word);
}

/* ------------------------------------------------------------------------ names */

static bool unknown_name(struct parser *parser, const char *name)
{
    const char *names[RULE_COUNT];
    for (size_t i = 0; i < RULE_COUNT; i++)
        names[i] = RULES[i].name;
    char upper[NAME_MOST + 1] = "";
    for (size_t i = 0; i < NAME_MOST && name[i]; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    const char *meant = suggest(upper, names, RULE_COUNT);
    if (meant)
        return WRONG(parser, "unknown instruction %s (did you mean %s?)", name, meant);
    return WRONG(parser, "unknown instruction %s", name);
}

static bool find_rule(struct parser *parser, const char *name, enum instruction_kind *ret)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcasecmp(name, RULES[i].name) == 0) {
            *ret = (enum instruction_kind)i;
            return true;
        }
    return unknown_name(parser, name);
}

/* ------------------------------------------------------------------------ flags */

static bool unknown_flag(struct parser *parser, const struct instruction *instruction,
                         const char *name)
{
    const char *names[8], *written = arena_printf(parser->arena, "--%s", name);
    size_t count = 0;
    for (const struct flag_rule *rule = RULES[instruction->kind].flags; rule->name; rule++)
        names[count++] = rule->name;
    const char *meant = suggest(name, names, count);
    if (meant)
        return WRONG_AT(parser, written, "%s has no flag --%s (did you mean --%s?)",
                        instruction->name, name, meant);
    return WRONG_AT(parser, written, "%s has no flag --%s", instruction->name, name);
}

static bool check_flag(struct parser *parser, const struct instruction *instruction, size_t at)
{
    const struct instruction_flag *flag = &instruction->flags[at];
    const struct flag_rule *rule = RULES[instruction->kind].flags;
    const char *written = arena_printf(parser->arena, "--%s", flag->name);
    while (rule->name && strcmp(rule->name, flag->name) != 0)
        rule++;
    if (!rule->name)
        return unknown_flag(parser, instruction, flag->name);
    for (size_t i = 0; i < at && rule->kind != FLAG_TEXTS; i++)
        if (strcmp(instruction->flags[i].name, flag->name) == 0)
            return WRONG(parser, "--%s is given twice", flag->name);
    if (rule->kind != FLAG_TRUTH && !flag->value)
        return WRONG_AT(parser, written, "--%s wants a value: --%s=…", flag->name, flag->name);
    if (rule->kind == FLAG_TRUTH && flag->value && strcasecmp(flag->value, "true") != 0
        && strcasecmp(flag->value, "false") != 0)
        return WRONG_AT(parser, written, "--%s is true or false, not \"%s\"", flag->name,
                        flag->value);
    return true;
}

static bool check_flags(struct parser *parser, const struct instruction *instruction)
{
    for (size_t i = 0; i < instruction->flag_count; i++)
        if (!check_flag(parser, instruction, i))
            return false;
    return true;
}

/* ------------------------------------------------------------------------ words */

static void push_word(struct parser *parser, struct instruction *instruction, const char *word)
{
    struct text_list *words = &instruction->words;
    arena_push(parser->arena, words->items, words->count, words->capacity, word);
}

/* "KEY=value KEY=value", or the old "KEY the rest of the line". */
static bool split_pairs(struct parser *parser, struct instruction *instruction)
{
    struct text_list words = { 0 };
    words_shell(parser->arena, instruction->rest, parser->dockerfile->escape, &words);
    if (words.count && !strchr(words.items[0], '=')) {
        size_t length = strcspn(instruction->rest, " \t\v\f\r");
        if (!instruction->rest[length])
            return WRONG_AT(parser, words.items[0], "%s %s has no value: write %s %s=…",
                            instruction->name, words.items[0], instruction->name, words.items[0]);
        const char *rest = instruction->rest + length;
        push_word(parser, instruction, arena_memdup(parser->arena, instruction->rest, length));
        push_word(parser, instruction, rest + strspn(rest, " \t\v\f\r"));
        return true;
    }
    for (size_t i = 0; i < words.count; i++) {
        const char *equals = strchr(words.items[i], '=');
        if (!equals)
            return WRONG_AT(parser, words.items[i], "\"%s\" is not of the form name=value",
                            words.items[i]);
        if (equals == words.items[i])
            return WRONG_AT(parser, equals, "%s: a name is missing before \"%s\"",
                            instruction->name, equals);
        size_t length = (size_t)(equals - words.items[i]);
        push_word(parser, instruction, arena_memdup(parser->arena, words.items[i], length));
        push_word(parser, instruction, equals + 1);
    }
    return true;
}

/* A JSON list where it is one, else `otherwise` splits. */
static bool split_json(struct parser *parser, struct instruction *instruction, const char *text)
{
    switch (words_json(parser->arena, text, &instruction->words)) {
    case WORDS_JSON:
        instruction->json = true;
        return true;
    case WORDS_JSON_NOT_TEXTS:
        return WRONG(parser, "%s: a JSON list of strings may hold nothing else", instruction->name);
    default:
        return true;
    }
}

static bool split_check(struct parser *parser, struct instruction *instruction)
{
    const char *rest = instruction->rest;
    size_t length = strcspn(rest, " \t\v\f\r");
    if (length == 0)
        return true;
    push_word(parser, instruction, arena_memdup(parser->arena, rest, length));
    rest += length + strspn(rest + length, " \t\v\f\r");
    if (!split_json(parser, instruction, rest))
        return false;
    if (!instruction->json && *rest)
        push_word(parser, instruction, rest);
    return true;
}

static bool split(struct parser *parser, struct instruction *instruction)
{
    switch (RULES[instruction->kind].split) {
    case SPLIT_LIST:
        if (!split_json(parser, instruction, instruction->rest))
            return false;
        if (!instruction->json)
            words_blank(parser->arena, instruction->rest, &instruction->words);
        return true;
    case SPLIT_COMMAND:
        if (!split_json(parser, instruction, instruction->rest))
            return false;
        if (!instruction->json && *instruction->rest)
            push_word(parser, instruction, instruction->rest);
        return true;
    case SPLIT_BLANKS:
        words_blank(parser->arena, instruction->rest, &instruction->words);
        return true;
    case SPLIT_WHOLE:
        if (*instruction->rest)
            push_word(parser, instruction, instruction->rest);
        return true;
    case SPLIT_PAIRS:
        return split_pairs(parser, instruction);
    case SPLIT_SHELL:
        words_shell(parser->arena, instruction->rest, parser->dockerfile->escape,
                    &instruction->words);
        return true;
    case SPLIT_CHECK:
        return split_check(parser, instruction);
    }
    return true;
}

/* ----------------------------------------------------------------------- checks */

static bool is_stage_name(const char *name)
{
    if (!isalpha((unsigned char)*name))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
            return false;
    return true;
}

static bool check_from(struct parser *parser, const struct instruction *from)
{
    const struct text_list *words = &from->words;
    if (words->count == 2 || (words->count == 3 && strcasecmp(words->items[1], "as") != 0))
        return WRONG(parser, "write FROM IMAGE, or FROM IMAGE AS NAME");
    if (words->count == 3 && !is_stage_name(words->items[2]))
        return WRONG_AT(
            parser, words->items[2],
            "%s cannot name a stage: a letter, then letters, digits, \"-\", \"_\", \".\"",
            words->items[2]);
    return true;
}

static bool check_healthcheck(struct parser *parser, const struct instruction *check)
{
    static const char *const durations[] = { "interval", "timeout", "start-period",
                                             "start-interval" };
    const char *type = check->words.items[0];
    if (strcasecmp(type, "NONE") == 0)
        return check->words.count == 1 || WRONG(parser, "HEALTHCHECK NONE takes no arguments");
    if (strcasecmp(type, "CMD") != 0)
        return WRONG_AT(parser, type,
                        "HEALTHCHECK %s: write HEALTHCHECK CMD …, or HEALTHCHECK NONE", type);
    if (check->words.count < 2)
        return WRONG(parser, "HEALTHCHECK CMD has no command");
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        const char *text = instruction_flag(check, durations[i]);
        int64_t nanoseconds;
        if (text && *text
            && (!parse_duration(text, &nanoseconds) || (nanoseconds != 0 && nanoseconds < 1000000)))
            return WRONG_AT(parser, arena_printf(parser->arena, "--%s", durations[i]),
                            "--%s=%s: a duration of at least 1ms, \"30s\", is wanted", durations[i],
                            text);
    }
    const char *retries = instruction_flag(check, "retries");
    if (retries && (strlen(retries) > 9 || strspn(retries, "0123456789") != strlen(retries)))
        return WRONG_AT(parser, "--retries", "--retries=%s: a number is wanted", retries);
    return true;
}

static bool check_onbuild(struct parser *parser, const struct instruction *onbuild)
{
    struct instruction trigger;
    const char *rest = onbuild->rest;
    if (!parse_instruction(parser, rest, &trigger))
        return false;
    if (trigger.kind == INSTRUCTION_ONBUILD || trigger.kind == INSTRUCTION_FROM
        || trigger.kind == INSTRUCTION_MAINTAINER)
        return WRONG(parser, "ONBUILD %s is not possible", trigger.name);
    return true;
}

static bool check_arguments(struct parser *parser, const struct instruction *arg)
{
    for (size_t i = 0; i < arg->words.count; i++)
        if (arg->words.items[i][0] == '=')
            return WRONG_AT(parser, arg->words.items[i], "ARG: a name is missing before \"%s\"",
                            arg->words.items[i]);
    return true;
}

static bool check(struct parser *parser, const struct instruction *instruction)
{
    const struct instruction_rule *rule = &RULES[instruction->kind];
    size_t count = instruction->words.count;
    if (count < rule->least && rule->least == 2 && rule->split == SPLIT_LIST)
        return WRONG(parser, "%s wants what to copy and where to", rule->name);
    if (count < rule->least)
        return WRONG(parser, "%s wants %s", rule->name,
                     rule->most == 1 ? "an argument" : "at least one argument");
    if (rule->most && count > rule->most)
        return WRONG(parser, "%s takes at most %u words, not %zu", rule->name, rule->most, count);
    switch (instruction->kind) {
    case INSTRUCTION_FROM:
        return check_from(parser, instruction);
    case INSTRUCTION_HEALTHCHECK:
        return check_healthcheck(parser, instruction);
    case INSTRUCTION_ONBUILD:
        return check_onbuild(parser, instruction);
    case INSTRUCTION_ARG:
        return check_arguments(parser, instruction);
    case INSTRUCTION_SHELL:
        return instruction->json || WRONG(parser, "SHELL wants a JSON list: [\"/bin/sh\", \"-c\"]");
    default:
        return true;
    }
}

/* --------------------------------------------------------------------- the line */

bool parse_instruction(struct parser *parser, const char *text, struct instruction *ret)
{
    size_t length = strcspn(text, " \t\v\f\r");
    *ret = (struct instruction){ .text = text, .place = parser->place, .stop = parser->stop };
    if (!find_rule(parser, arena_memdup(parser->arena, text, length), &ret->kind))
        return false;
    ret->name = RULES[ret->kind].name;
    ret->rest = words_flags(parser->arena, text + length, parser->dockerfile->escape, ret);
    return check_flags(parser, ret) && split(parser, ret) && check(parser, ret);
}

bool parse_takes_heredocs(const struct instruction *instruction)
{
    static const char *const names[] = { "ADD", "COPY", "RUN" };
    if (instruction->kind == INSTRUCTION_ONBUILD) {
        size_t length = strcspn(instruction->rest, " \t");
        for (size_t i = 0; i < 3; i++)
            if (strlen(names[i]) == length && strncasecmp(instruction->rest, names[i], length) == 0)
                return true;
        return false;
    }
    return !instruction->json
           && (instruction->kind == INSTRUCTION_ADD || instruction->kind == INSTRUCTION_COPY
               || instruction->kind == INSTRUCTION_RUN);
}

/* -------------------------------------------------------------------- durations */

static bool unit_of(const char **at, double *ret_nanoseconds)
{
    static const struct {
        const char *name;
        double nanoseconds;
    } units[] = {
        { "ns", 1 },   { "us", 1e3 }, { "\xC2\xB5s", 1e3 }, { "\xCE\xBCs", 1e3 },
        { "ms", 1e6 }, { "s", 1e9 },  { "m", 60e9 },        { "h", 3600e9 },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*at, units[i].name, length) == 0) {
            *at += length;
            *ret_nanoseconds = units[i].nanoseconds;
            return true;
        }
    }
    return false;
}

/* Digits, also of a fraction, in an integer of `scale`: exact for what people write. */
static bool number_of(const char **at, double *ret)
{
    double whole = 0, part = 0.1;
    const char *start = *at;
    for (; isdigit((unsigned char)**at); ++*at)
        whole = whole * 10 + (**at - '0');
    if (**at == '.')
        for (++*at; isdigit((unsigned char)**at); ++*at, part /= 10)
            whole += part * (**at - '0');
    *ret = whole;
    return *at > start + (*start == '.');
}

bool parse_duration(const char *text, int64_t *ret_nanoseconds)
{
    double total = 0;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (strcmp(text, "0") == 0) {
        *ret_nanoseconds = 0;
        return true;
    }
    if (!*text)
        return false;
    while (*text) {
        double number, unit;
        if (!number_of(&text, &number) || !unit_of(&text, &unit))
            return false;
        total += number * unit;
        if (total > 9e18)
            return false;
    }
    *ret_nanoseconds = (int64_t)(negative ? -total : total + 0.5);
    return true;
}
