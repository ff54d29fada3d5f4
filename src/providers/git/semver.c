/*
 * semver: see semver.h.
 *
 * Each comparator becomes an interval of versions ("^1.2" is 1.2.0 up to, and
 * without, 2.0.0-0, the lowest version that has major 2), so that fitting is two
 * comparisons whatever the operator was.
 */
#include "providers/git/semver.h"

#include <ctype.h>
#include <string.h>

enum { RANGE_CEILING = 512, COMPARATORS = 64, NUMBER_DIGITS = 18 };

struct bound {
    bool set, open;
    struct semver at;
};

struct comparator {
    struct bound low, high;
    bool outside;     /* "!=": what is not in the interval fits */
    bool starts;      /* the first of its "||" part             */
    const char *only; /* or NULL: the prerelease that "!=1.2-rc" leaves out */
    bool prerelease;
};

struct semver_range {
    size_t count;
    struct comparator comparators[];
};

/* A version of which the last parts may be left out or "x". */
struct partial {
    struct semver version;
    unsigned parts; /* 0 for "*", 3 for a whole version */
};

/* ---------------------------------------------------------------------- versions */

static bool is_identifier_char(char c)
{
    return isalnum((unsigned char)c) || c == '-';
}

static size_t identifier_length(const char *text)
{
    size_t length = 0;
    while (is_identifier_char(text[length]))
        length++;
    return length;
}

static bool is_number(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return length > 0;
}

static bool parse_number(const char **text, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > NUMBER_DIGITS || (digits > 1 && **text == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)((*text)[i] - '0');
    *text += digits;
    *ret_number = number;
    return true;
}

/* "a.b.c"; a numeric identifier of a prerelease has no leading zero, one of a build may. */
static bool parse_identifiers(const char **text, bool build)
{
    for (;;) {
        size_t length = identifier_length(*text);
        if (length == 0 || (!build && length > 1 && **text == '0' && is_number(*text, length)))
            return false;
        *text += length;
        if (**text != '.')
            return true;
        ++*text;
    }
}

/* "-rc.1+build" behind the numbers. */
static bool parse_suffix(struct arena *arena, const char **text, struct semver *version)
{
    version->prerelease = "";
    if (**text == '-') {
        const char *start = ++*text;
        if (!parse_identifiers(text, false))
            return false;
        version->prerelease = arena_memdup(arena, start, (size_t)(*text - start));
    }
    if (**text == '+') {
        ++*text;
        return parse_identifiers(text, true);
    }
    return true;
}

static bool skip_char(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

bool semver_parse(struct arena *arena, const char *text, struct semver *ret_version)
{
    struct semver version;
    skip_char(&text, 'v');
    if (!parse_number(&text, &version.major) || !skip_char(&text, '.')
        || !parse_number(&text, &version.minor) || !skip_char(&text, '.')
        || !parse_number(&text, &version.patch) || !parse_suffix(arena, &text, &version) || *text)
        return false;
    *ret_version = version;
    return true;
}

static int compare_numbers(uint64_t one, uint64_t two)
{
    return one < two ? -1 : one > two;
}

/* Numbers by value and below words; words by bytes. Leading zeros were refused. */
static int compare_identifiers(const char *one, size_t one_length, const char *two,
                               size_t two_length)
{
    bool one_number = is_number(one, one_length), two_number = is_number(two, two_length);
    if (one_number != two_number)
        return one_number ? -1 : 1;
    if (one_number && one_length != two_length)
        return one_length < two_length ? -1 : 1;
    int order = memcmp(one, two, one_length < two_length ? one_length : two_length);
    return order ? (order > 0) - (order < 0) : compare_numbers(one_length, two_length);
}

/* -1, 0 or 1, as everything below semver_compare(): memcmp() promises only a sign. */
static int compare_prereleases(const char *one, const char *two)
{
    if (!*one || !*two)
        return (*one ? 0 : 1) - (*two ? 0 : 1);
    for (;;) {
        size_t one_length = identifier_length(one), two_length = identifier_length(two);
        int order = compare_identifiers(one, one_length, two, two_length);
        one += one_length;
        two += two_length;
        if (order || !*one || !*two)
            return order ? order : (*one ? 1 : 0) - (*two ? 1 : 0);
        one++;
        two++;
    }
}

int semver_compare(const struct semver *one, const struct semver *two)
{
    int order = compare_numbers(one->major, two->major);
    if (!order)
        order = compare_numbers(one->minor, two->minor);
    if (!order)
        order = compare_numbers(one->patch, two->patch);
    return order ? order : compare_prereleases(one->prerelease, two->prerelease);
}

/* --------------------------------------------------------------------- intervals */

/* The lowest version whose `part`th number is one higher. */
static struct semver bump(const struct semver *version, unsigned part)
{
    struct semver next = { .major = version->major, .prerelease = "0" };
    if (part == 1)
        next.major++;
    else if (part == 2)
        next.minor = version->minor + 1;
    else {
        next.minor = version->minor;
        next.patch = version->patch + 1;
    }
    return next;
}

static struct bound at(struct semver version, bool open)
{
    return (struct bound){ .set = true, .open = open, .at = version };
}

static void below_next(struct comparator *range, const struct partial *given, unsigned part)
{
    if (part)
        range->high = at(bump(&given->version, part), true);
}

static void fill_equal(struct comparator *range, const struct partial *given)
{
    range->low = at(given->version, false);
    if (given->parts == 3)
        range->high = at(given->version, false);
    else
        below_next(range, given, given->parts);
}

/* "!=1.2" leaves 1.2.3 out, and 1.2.3-rc only where that stands in it: "!=1.2-rc". */
static void fill_not_equal(struct comparator *range, const struct partial *given)
{
    fill_equal(range, given);
    range->outside = true;
    if (given->parts == 2)
        range->only = given->version.prerelease;
    if (given->parts < 3)
        range->low.at.prerelease = "0";
}

/* "~0.0.0" stands for everything, as in the tools that this follows. */
static void fill_tilde(struct comparator *range, const struct partial *given)
{
    const struct semver *version = &given->version;
    bool zero = !version->major && !version->minor && !version->patch && given->parts == 3;
    range->low = at(*version, false);
    below_next(range, given, zero ? 0 : given->parts < 2 ? given->parts : 2);
}

static void fill_caret(struct comparator *range, const struct partial *given)
{
    const struct semver *version = &given->version;
    unsigned part = given->parts;
    if (part > 1 && version->major)
        part = 1;
    else if (part > 2 && version->minor)
        part = 2;
    range->low = at(*version, false);
    below_next(range, given, part);
}

static void fill_greater(struct comparator *range, const struct partial *given)
{
    bool whole = given->parts == 3 || given->parts == 0;
    range->low = whole ? at(given->version, true) : at(bump(&given->version, given->parts), false);
}

static void fill_at_least(struct comparator *range, const struct partial *given)
{
    range->low = at(given->version, false);
}

static void fill_less(struct comparator *range, const struct partial *given)
{
    range->high = at(given->version, true);
}

static void fill_at_most(struct comparator *range, const struct partial *given)
{
    if (given->parts == 3)
        range->high = at(given->version, false);
    else
        below_next(range, given, given->parts);
}

/* Longer operators first. */
static const struct {
    const char *text;
    void (*fill)(struct comparator *range, const struct partial *given);
} OPERATORS[] = {
    { ">=", fill_at_least }, { "=>", fill_at_least },  { "<=", fill_at_most },
    { "=<", fill_at_most },  { "!=", fill_not_equal }, { "~>", fill_tilde },
    { ">", fill_greater },   { "<", fill_less },       { "=", fill_equal },
    { "~", fill_tilde },     { "^", fill_caret },      { "", fill_equal },
};

/* ------------------------------------------------------------------------ parsing */

struct parser {
    struct arena *arena;
    const char *text, *rest;
    struct semver_range *range;
};

static bool improper(const struct parser *parser, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "\"%s\" is not a range of versions, from \"%s\" on; right would be "
                     "\">=1.2 <2\", \"^1.4\" or \"1.x\"",
                     parser->text, parser->rest);
}

static bool skip_space(struct parser *parser)
{
    size_t length = strspn(parser->rest, " \t");
    parser->rest += length;
    return length > 0;
}

static bool parse_part(const char **text, bool *wild, uint64_t *number)
{
    if (**text == 'x' || **text == 'X' || **text == '*') {
        ++*text;
        *wild = true;
        return true;
    }
    return parse_number(text, number);
}

/* "1", "v1.2", "1.x", "*", "1.2.3-rc.1"; what stands behind an "x" is read and left out. */
static bool parse_partial(struct parser *parser, struct partial *ret_partial)
{
    uint64_t numbers[3] = { 0, 0, 0 };
    unsigned parts = 0;
    bool wild = false;
    const char *at_text = parser->rest;
    skip_char(&at_text, 'v');
    for (unsigned i = 0; i < 3; i++) {
        uint64_t number = 0;
        if (i > 0 && !skip_char(&at_text, '.'))
            break;
        if (!parse_part(&at_text, &wild, &number))
            return false;
        if (wild)
            continue;
        numbers[parts++] = number;
    }
    struct partial partial = { .version = { numbers[0], numbers[1], numbers[2], "" },
                               .parts = parts };
    if (!parse_suffix(parser->arena, &at_text, &partial.version))
        return false;
    parser->rest = at_text;
    *ret_partial = partial;
    return true;
}

static bool add(struct parser *parser, struct comparator comparator, const struct partial *given,
                bool starts)
{
    if (parser->range->count == COMPARATORS)
        return false;
    comparator.starts = starts;
    comparator.prerelease = *given->version.prerelease != '\0';
    parser->range->comparators[parser->range->count++] = comparator;
    return true;
}

/* The " - 2.0" of "1.2 - 2.0", when it stands here. */
static bool parse_hyphen(struct parser *parser, struct partial *ret_high)
{
    struct parser ahead = *parser;
    if (!skip_space(&ahead) || !skip_char(&ahead.rest, '-') || !skip_space(&ahead)
        || !parse_partial(&ahead, ret_high))
        return false;
    parser->rest = ahead.rest;
    return true;
}

static bool parse_comparator(struct parser *parser, bool starts)
{
    struct comparator low = { 0 }, high = { 0 };
    struct partial given, upper;
    size_t which = 0;
    while (strncmp(parser->rest, OPERATORS[which].text, strlen(OPERATORS[which].text)) != 0)
        which++;
    parser->rest += strlen(OPERATORS[which].text);
    skip_space(parser);
    if (!parse_partial(parser, &given))
        return false;
    if (*OPERATORS[which].text == '\0' && parse_hyphen(parser, &upper)) {
        fill_at_least(&low, &given);
        fill_at_most(&high, &upper);
        return add(parser, low, &given, starts) && add(parser, high, &upper, false);
    }
    OPERATORS[which].fill(&low, &given);
    return add(parser, low, &given, starts);
}

/* What stands between two comparators: *ret_or for "||". False: neither may follow. */
static bool parse_separator(struct parser *parser, bool *ret_or)
{
    bool space = skip_space(parser);
    *ret_or = strncmp(parser->rest, "||", 2) == 0;
    if (*ret_or)
        parser->rest += 2;
    else if (!skip_char(&parser->rest, ','))
        return space;
    skip_space(parser);
    return true;
}

bool semver_range_parse(struct arena *arena, const char *text, struct semver_range **ret_range,
                        struct error *err)
{
    struct parser parser = { .arena = arena, .text = text, .rest = text };
    bool starts = true;
    if (strlen(text) > RANGE_CEILING)
        return error_set(err, ERROR_USAGE, "a range of versions has at most %d bytes, this has %zu",
                         RANGE_CEILING, strlen(text));
    parser.range =
        arena_alloc(arena, sizeof *parser.range + COMPARATORS * sizeof *parser.range->comparators);
    skip_space(&parser);
    for (;;) {
        if (!parse_comparator(&parser, starts))
            return improper(&parser, err);
        struct parser end = parser;
        skip_space(&end);
        if (!*end.rest)
            break;
        if (!parse_separator(&parser, &starts))
            return improper(&parser, err);
    }
    *ret_range = parser.range;
    return true;
}

/* ------------------------------------------------------------------------ fitting */

static bool fits_one(const struct comparator *range, const struct semver *version)
{
    int low = range->low.set ? semver_compare(version, &range->low.at) : 1;
    int high = range->high.set ? semver_compare(version, &range->high.at) : -1;
    bool inside = (low > 0 || (low == 0 && !range->low.open))
                  && (high < 0 || (high == 0 && !range->high.open));
    if (range->only && strcmp(range->only, version->prerelease) != 0)
        inside = false;
    return inside != range->outside;
}

bool semver_range_fits(const struct semver_range *range, const struct semver *version)
{
    for (size_t i = 0; i < range->count;) {
        bool fits = true, prerelease = false;
        do {
            fits &= fits_one(&range->comparators[i], version);
            prerelease |= range->comparators[i].prerelease;
        } while (++i < range->count && !range->comparators[i].starts);
        if (fits && (prerelease || !*version->prerelease))
            return true;
    }
    return false;
}
