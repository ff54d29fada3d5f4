/* yaml_number: see yaml_number.h. */
#include "manifest/yaml_number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Go's ParseFloat by itself takes underscores only between digits. */
static bool between_digits(const char *text)
{
    for (const char *at = text; (at = strchr(at, '_')); at++)
        if (at == text || !isdigit((unsigned char)at[-1]) || !isdigit((unsigned char)at[1]))
            return false;
    return true;
}

static const char *without_underscores(struct arena *arena, const char *text)
{
    if (!strchr(text, '_'))
        return text;
    char *copy = arena_strdup(arena, text), *to = copy;
    for (; *text; text++)
        if (*text != '_')
            *to++ = *text;
    *to = '\0';
    return copy;
}

/* Go's ParseInt with base 0. */
static int base_of(const char **digits)
{
    const char *at = *digits;
    if (at[0] != '0' || !at[1])
        return 10;
    int letter = tolower((unsigned char)at[1]);
    int base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    *digits += strchr("xbo", letter) ? 2 : 1;
    return base;
}

static bool digits_fit(const char *digits, int base)
{
    if (!*digits)
        return false;
    for (; *digits; digits++) {
        int c = tolower((unsigned char)*digits);
        int value = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
        if (value >= base)
            return false;
    }
    return true;
}

/* int64, or uint64 without a sign. */
static bool parse_integer(const char *text, struct scalar *ret_scalar)
{
    bool negative = *text == '-', sign = negative || *text == '+';
    const char *digits = text + sign;
    int base = base_of(&digits);
    if (!digits_fit(digits, base))
        return false;
    errno = 0;
    uint64_t size = strtoumax(digits, NULL, base);
    uint64_t most = !sign ? UINT64_MAX : (uint64_t)INT64_MAX + negative;
    if (errno || size > most)
        return false;
    ret_scalar->kind = SCALAR_INTEGER;
    ret_scalar->negative = negative;
    ret_scalar->size = size;
    return true;
}

static size_t digits_at(const char *at)
{
    return strspn(at, "0123456789");
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool is_float(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = digits_at(at);
    at += whole;
    if (*at == '.') {
        size_t part = digits_at(at + 1);
        if (whole + part == 0)
            return false;
        at += 1 + part;
    } else if (whole == 0) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        if (digits_at(at) == 0)
            return false;
        at += digits_at(at);
    }
    return *at == '\0';
}

/* Out of range fails in Go's ParseFloat: it stays a text then. Too small is 0. */
static bool parse_float(const char *text, struct scalar *ret_scalar)
{
    if (!is_float(text))
        return false;
    double number = strtod(text, NULL);
    if (!isfinite(number))
        return false;
    ret_scalar->kind = SCALAR_FLOAT;
    ret_scalar->number = number;
    return true;
}

static bool parse_special(const char *text, struct scalar *ret_scalar)
{
    static const char *const names[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" };
    bool sign = *text == '-' || *text == '+';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool not_a_number = i >= 3;
        if (strcmp(text + sign, names[i]) != 0 || (sign && not_a_number))
            continue;
        ret_scalar->kind = SCALAR_FLOAT;
        ret_scalar->number = not_a_number ? (double)NAN : *text == '-' ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    return false;
}

bool yaml_number(struct arena *arena, const char *text, struct scalar *ret_scalar)
{
    if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
        return false;
    if (parse_special(text, ret_scalar))
        return true;
    if (*text == '.' && !between_digits(text))
        return false;
    const char *plain = without_underscores(arena, text);
    return parse_integer(plain, ret_scalar) || parse_float(plain, ret_scalar);
}
