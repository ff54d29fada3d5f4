/* yaml_scalar: see yaml_scalar.h. Numbers are read in yaml_number.c. */
#include "manifest/yaml_scalar.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "manifest/value_number.h"
#include "manifest/yaml_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

enum { LONGEST_WORD = 5 };          /* of these */
#define FIRST_LETTERS "yYtToOnNfF~" /* of these, but for "" */

static const char *const TRUE_WORDS[] = { "y",    "Y",    "yes", "Yes", "YES", "true",
                                          "True", "TRUE", "on",  "On",  "ON",  NULL };
static const char *const FALSE_WORDS[] = { "n",     "N",     "no",  "No",  "NO",  "false",
                                           "False", "FALSE", "off", "Off", "OFF", NULL };
static const char *const NULL_WORDS[] = { "", "~", "null", "Null", "NULL", NULL };

/* -------------------------------------------------------------------- content */

static struct scalar string_scalar(const char *data, size_t length)
{
    return (struct scalar){ .kind = SCALAR_STRING, .data = data, .length = length };
}

/* What a text without a tag is. */
static struct scalar by_content(struct arena *arena, const char *text, size_t length)
{
    struct scalar scalar = { .kind = SCALAR_NULL };
    if (strlen(text) != length)
        return string_scalar(text, length);
    bool word = length <= LONGEST_WORD && strchr(FIRST_LETTERS, *text);
    if (word && one_of(text, NULL_WORDS))
        return scalar;
    scalar.kind = SCALAR_BOOL;
    scalar.boolean = word && one_of(text, TRUE_WORDS);
    if (scalar.boolean || (word && one_of(text, FALSE_WORDS)))
        return scalar;
    if (yaml_number(arena, text, &scalar))
        return scalar;
    return string_scalar(text, length);
}

/* ----------------------------------------------------------------------- tags */

/* Line breaks are left out, as Go's decoder does; blanks are none. */
static bool binary(struct arena *arena, const char *text, size_t length, struct scalar *ret_scalar,
                   struct error *err)
{
    char *data, *joined = arena_alloc(arena, length + 1);
    size_t size, used = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\n' && text[i] != '\r')
            joined[used++] = text[i];
    if (used % 4 != 0 || !base64_decode(arena, joined, used, &data, &size))
        return error_set(err, ERROR_INPUT, "!!binary holds no base64");
    AUTO_BUF valid = BUF_INIT(3 * size + 1);
    utf8_add_text(&valid, data, size);
    *ret_scalar = string_scalar(arena_memdup(arena, buf_text(&valid), valid.length), valid.length);
    return true;
}

/* Go's parser of dates is more lenient than needed: a date stays its text anyway. */
static bool looks_like_date(const char *text)
{
    int year, month, day;
    char end = '\0';
    int read = sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &end);
    return read >= 3 && strspn(text, "0123456789") == 4 && month >= 1 && month <= 12 && day >= 1
           && day <= 31 && (end == '\0' || end == 't' || end == 'T' || end == ' ');
}

static bool wrong_tag(const char *tag, struct error *err)
{
    return error_set(err, ERROR_INPUT, "this value is no !!%s: remove the tag or change the value",
                     tag + strlen(TAG_PREFIX));
}

/* Tags that say what a text must be; others leave it a text. */
static bool by_tag(struct arena *arena, const char *text, size_t length, const char *tag,
                   struct scalar *ret_scalar, struct error *err)
{
    static const struct {
        const char *name;
        enum scalar_kind kind;
    } kinds[] = { { TAG_PREFIX "int", SCALAR_INTEGER },
                  { TAG_PREFIX "float", SCALAR_FLOAT },
                  { TAG_PREFIX "bool", SCALAR_BOOL },
                  { TAG_PREFIX "null", SCALAR_NULL } };
    *ret_scalar = string_scalar(text, length);
    if (strcmp(tag, TAG_PREFIX "binary") == 0)
        return binary(arena, text, length, ret_scalar, err);
    if (strcmp(tag, TAG_PREFIX "timestamp") == 0)
        return looks_like_date(text) || wrong_tag(tag, err);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(tag, kinds[i].name) != 0)
            continue;
        struct scalar scalar = by_content(arena, text, length);
        bool fits_int64 = scalar.kind == SCALAR_INTEGER && scalar.size <= INT64_MAX;
        if (kinds[i].kind == SCALAR_FLOAT && fits_int64) {
            scalar.number = scalar.negative ? -(double)scalar.size : (double)scalar.size;
            scalar.kind = SCALAR_FLOAT;
        }
        *ret_scalar = scalar;
        return scalar.kind == kinds[i].kind || wrong_tag(tag, err);
    }
    return true;
}

bool yaml_scalar(struct arena *arena, const char *text, size_t length, const char *tag, bool plain,
                 struct scalar *ret_scalar, struct error *err)
{
    if (tag)
        return by_tag(arena, text, length, tag, ret_scalar, err);
    *ret_scalar = plain ? by_content(arena, text, length) : string_scalar(text, length);
    return true;
}

/* --------------------------------------------------------------------- values */

/* Beyond int64 the API's reader makes it a double. */
static struct value *integer_value(struct arena *arena, const struct scalar *scalar)
{
    char text[NUMBER_TEXT];
    bool fits = scalar->size <= (uint64_t)INT64_MAX + scalar->negative;
    if (fits)
        snprintf(text, sizeof text, "%s%" PRIu64, scalar->negative && scalar->size ? "-" : "",
                 scalar->size);
    else
        number_from_double(text, scalar->negative ? -(double)scalar->size : (double)scalar->size);
    return value_number(arena, text);
}

static bool float_value(struct arena *arena, double number, struct value **ret_value,
                        struct error *err)
{
    char text[NUMBER_TEXT];
    if (!isfinite(number))
        return error_set(err, ERROR_INPUT,
                         "%s has no form in JSON: put it in quotes if it is a text",
                         isnan(number) ? ".nan"
                         : number < 0  ? "-.inf"
                                       : ".inf");
    number_from_double(text, number);
    *ret_value = value_number(arena, text);
    return true;
}

bool yaml_scalar_value(struct arena *arena, const struct scalar *scalar, struct value **ret_value,
                       struct error *err)
{
    switch (scalar->kind) {
    case SCALAR_NULL:
        *ret_value = value_null(arena);
        break;
    case SCALAR_BOOL:
        *ret_value = value_bool(arena, scalar->boolean);
        break;
    case SCALAR_INTEGER:
        *ret_value = integer_value(arena, scalar);
        break;
    case SCALAR_FLOAT:
        return float_value(arena, scalar->number, ret_value, err);
    case SCALAR_STRING:
        *ret_value = value_string_length(arena, scalar->data, scalar->length);
        break;
    }
    return true;
}

static bool integer_key(struct arena *arena, const struct scalar *scalar, const char **ret_key,
                        struct error *err)
{
    if (scalar->size > (uint64_t)INT64_MAX + scalar->negative)
        return error_set(err, ERROR_INPUT,
                         "this key is a number above 9223372036854775807: put "
                         "it in quotes");
    *ret_key = arena_printf(arena, "%s%" PRIu64, scalar->negative && scalar->size ? "-" : "",
                            scalar->size);
    return true;
}

bool yaml_scalar_key(struct arena *arena, const struct scalar *scalar, const char **ret_key,
                     struct error *err)
{
    char text[NUMBER_TEXT];
    switch (scalar->kind) {
    case SCALAR_NULL:
        return error_set(err, ERROR_INPUT, "a key is null: put it in quotes");
    case SCALAR_BOOL:
        *ret_key = scalar->boolean ? "true" : "false";
        return true;
    case SCALAR_INTEGER:
        return integer_key(arena, scalar, ret_key, err);
    case SCALAR_FLOAT:
        number_as_key(text, scalar->number);
        *ret_key = arena_strdup(arena, text);
        return true;
    case SCALAR_STRING:
        if (memchr(scalar->data, '\0', scalar->length))
            return error_set(err, ERROR_INPUT, "a key holds a NUL character");
        *ret_key = value_key(arena, scalar->data, scalar->length);
        return true;
    }
    return false;
}
