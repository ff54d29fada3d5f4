/* yaml_scalar: see yaml_scalar.h. */
#include "manifest/yaml_scalar.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static bool is_tag(const char *tag, const char *name)
{
    return tag && strcmp(tag, name) == 0;
}

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const TRUE_WORDS[] = { "y",    "Y",    "yes", "Yes", "YES", "true",
                                          "True", "TRUE", "on",  "On",  "ON",  NULL };
static const char *const FALSE_WORDS[] = { "n",     "N",     "no",  "No",  "NO",  "false",
                                           "False", "FALSE", "off", "Off", "OFF", NULL };
static const char *const NULL_WORDS[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const INFINITE_WORDS[] = { ".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                              "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN",
                                              NULL };

/* -------------------------------------------------------------------- numbers */

/* Go's exponent has two digits at least in 'e' form; encoding/json shortens e-09 to e-9. */
static const char *clean_exponent(struct arena *arena, const char *text)
{
    const char *e = strchr(text, 'e');
    if (!e || e[1] != '-' || e[2] != '0' || e[4])
        return arena_strdup(arena, text);
    return arena_printf(arena, "%.*se-%c", (int)(e - text), text, e[3]);
}

static int shortest_precision(double number, char *text, size_t size)
{
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, size, "%.*e", precision, number);
        if (strtod(text, NULL) == number)
            return precision;
    }
    snprintf(text, size, "%.17e", number);
    return 17;
}

/* Without an exponent: the shortest digits, with zeros up to the point. */
static const char *fixed(struct arena *arena, double number, int precision, const char *scientific)
{
    int exponent = atoi(strchr(scientific, 'e') + 1);
    int decimals = precision - exponent;
    if (decimals >= 0)
        return arena_printf(arena, "%.*f", decimals, number);
    AUTO_BUF digits = BUF_INIT(64);
    for (const char *c = scientific; *c != 'e'; c++)
        if (*c != '.')
            buf_putc(&digits, *c);
    buf_fill(&digits, '0', (size_t)-decimals);
    return arena_memdup(arena, buf_text(&digits), digits.length);
}

const char *yaml_float_text(struct arena *arena, double number)
{
    char text[64];
    double size = fabs(number);
    if (number == 0)
        return signbit(number) ? "-0" : "0";
    int precision = shortest_precision(number, text, sizeof text);
    if (size < 1e-6 || size >= 1e21)
        return clean_exponent(arena, text);
    return fixed(arena, number, precision, text);
}

static const char *without_underscores(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text), *to = copy;
    for (; *text; text++)
        if (*text != '_')
            *to++ = *text;
    *to = '\0';
    return copy;
}

/* Go's ParseInt with base 0: 0x, 0o, 0b and a leading 0 choose the base. */
static int base_of(const char **digits)
{
    const char *at = *digits;
    if (at[0] != '0' || !at[1])
        return 10;
    int base = at[1] == 'x' || at[1] == 'X'   ? 16
               : at[1] == 'b' || at[1] == 'B' ? 2
               : at[1] == 'o' || at[1] == 'O' ? 8
                                              : 0;
    *digits += base ? 2 : 1;
    return base ? base : 8;
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

static bool parse_integer(struct arena *arena, const char *text, const char **ret_text)
{
    bool negative = *text == '-', sign = negative || *text == '+';
    const char *digits = text + sign;
    int base = base_of(&digits);
    if (!digits_fit(digits, base))
        return false;
    errno = 0;
    uintmax_t number = strtoumax(digits, NULL, base);
    if (errno || (negative && number > (uintmax_t)INT64_MAX + 1) || (sign && !negative && number > INT64_MAX))
        return false;
    if (!negative && number > INT64_MAX)
        *ret_text = yaml_float_text(arena, (double)number); /* the API's reader makes it a double */
    else
        *ret_text = arena_printf(arena, "%s%" PRIuMAX, negative && number ? "-" : "", number);
    return true;
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool is_float(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = strspn(at, "0123456789");
    at += whole;
    if (*at == '.') {
        size_t part = strspn(at + 1, "0123456789");
        if (whole + part == 0)
            return false;
        at += 1 + part;
    } else if (whole == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        size_t digits = strspn(at, "0123456789");
        if (digits == 0)
            return false;
        at += digits;
    }
    return *at == '\0';
}

static bool is_finite_float(const char *text, double *number)
{
    if (!is_float(text))
        return false;
    *number = strtod(text, NULL);
    return isfinite(*number); /* Go's ParseFloat fails when it is out of range: a string then */
}

/* Does it look like a date? Then it stays a string, though it begins like a number. */
static bool parse_number(struct arena *arena, const char *text, const char **ret_text)
{
    double number;
    const char *plain = without_underscores(arena, text);
    if (parse_integer(arena, plain, ret_text))
        return true;
    if (!is_finite_float(plain, &number))
        return false;
    *ret_text = yaml_float_text(arena, number);
    /* A whole float beyond int64 comes back from the API's reader as a double all the same. */
    return true;
}

static bool may_be_number(const char *text)
{
    return isdigit((unsigned char)*text) || *text == '+' || *text == '-' || *text == '.';
}

/* ----------------------------------------------------------------------- tags */

static bool binary(struct arena *arena, const char *text, size_t length, struct value **ret_value,
                   struct error *err)
{
    char *data;
    size_t size;
    if (!base64_decode(arena, text, length, &data, &size))
        return error_set(err, ERROR_INPUT, "!!binary holds no base64");
    if (utf8_valid(data, size)) {
        *ret_value = value_string_length(arena, data, size);
        return true;
    }
    AUTO_BUF replaced = BUF_INIT(4 * size + 16); /* as encoding/json does with what is not UTF-8 */
    for (size_t at = 0; at < size;) {
        size_t run = size - at < 4 ? size - at : 4;
        while (run && !(utf8_valid(data + at, run) && ((unsigned char)data[at] < 0x80 ? run == 1 : true)))
            run--;
        if (run)
            buf_add(&replaced, data + at, run);
        else
            utf8_add(&replaced, 0xFFFD);
        at += run ? run : 1;
    }
    *ret_value = value_string_length(arena, buf_text(&replaced), replaced.length);
    return true;
}

static struct value *resolve_plain(struct arena *arena, const char *text, size_t length)
{
    const char *number;
    if (strlen(text) != length)
        return value_string_length(arena, text, length);
    if (one_of(text, NULL_WORDS))
        return value_null(arena);
    if (one_of(text, TRUE_WORDS) || one_of(text, FALSE_WORDS))
        return value_bool(arena, one_of(text, TRUE_WORDS));
    if (may_be_number(text) && parse_number(arena, text, &number))
        return value_number(arena, number);
    return value_string_length(arena, text, length);
}

static bool wrong_tag(const char *tag, struct error *err)
{
    return error_set(err, ERROR_INPUT, "this value is no !!%s", tag + strlen(TAG_PREFIX));
}

static bool check_tag(const char *tag, const struct value *value, struct error *err)
{
    static const struct {
        const char *tag;
        enum value_kind kind;
    } kinds[] = { { TAG_PREFIX "int", VALUE_NUMBER },
                  { TAG_PREFIX "float", VALUE_NUMBER },
                  { TAG_PREFIX "bool", VALUE_BOOL },
                  { TAG_PREFIX "null", VALUE_NULL } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_tag(tag, kinds[i].tag) && value->kind != kinds[i].kind)
            return wrong_tag(tag, err);
    bool fraction = value->kind == VALUE_NUMBER && strpbrk(value->text.data, ".e");
    if (is_tag(tag, TAG_PREFIX "int") && fraction)
        return wrong_tag(tag, err);
    return true;
}

bool yaml_scalar(struct arena *arena, const char *text, size_t length, const char *tag, bool plain,
                 struct value **ret_value, struct error *err)
{
    static const char *const resolved[] = { TAG_PREFIX "int", TAG_PREFIX "float",
                                            TAG_PREFIX "bool", TAG_PREFIX "null", NULL };
    if (is_tag(tag, TAG_PREFIX "binary"))
        return binary(arena, text, length, ret_value, err);
    bool by_content = tag ? one_of(tag, resolved) : plain;
    if (!by_content) {
        *ret_value = value_string_length(arena, text, length);
        return true;
    }
    if (one_of(text, INFINITE_WORDS))
        return error_set(err, ERROR_INPUT, "%s has no form in JSON: quote it if it is a string",
                         text);
    *ret_value = resolve_plain(arena, text, length);
    return check_tag(tag, *ret_value, err);
}

bool yaml_key(struct arena *arena, const struct value *value, const char **ret_key,
              struct error *err)
{
    switch (value->kind) {
    case VALUE_STRING:
        if (strlen(value->text.data) != value->text.length)
            return error_set(err, ERROR_INPUT, "a key holds a NUL");
        *ret_key = value->text.data;
        return true;
    case VALUE_NUMBER:
        *ret_key = value->text.data;
        return true;
    case VALUE_BOOL: *ret_key = value->boolean ? "true" : "false"; return true;
    case VALUE_NULL: return error_set(err, ERROR_INPUT, "a key is null: quote it");
    default: break;
    }
    (void)arena;
    return error_set(err, ERROR_INPUT, "%s cannot be a key", value_kind_name(value->kind));
}
