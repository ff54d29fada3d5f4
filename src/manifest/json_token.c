/*
 * json_token: strings, numbers and words; see json_reader.h.
 *
 * A token that stands whole in the chunk, without escapes, goes straight into
 * the arena. Every other one is collected in `scratch`, byte by byte if need be.
 */
#include "manifest/json_reader.h"

#include "base/utf8.h"
#include "manifest/value_number.h"

#include <string.h>

/* ---------------------------------------------------------------------- values */

static bool finish_key(struct json_reader *reader, const char *data, size_t length,
                       struct error *err)
{
    bool escapes = data == reader->scratch.data; /* a NUL can only be one */
    if (escapes && memchr(data, '\0', length))
        return json_wrong(reader->token_offset, err, "a key holds a NUL character");
    struct json_frame *frame = &reader->stack[reader->depth - 1];
    frame->key = value_key(json_arena(reader), data, length);
    if (reader->placed)
        frame->key_place = json_token_place(reader);
    reader->state = WANT_COLON;
    return true;
}

/* One allocation for the value and its text. */
static struct value *text_value(struct json_reader *reader, enum value_kind kind, const char *data,
                                size_t length)
{
    struct value *value = arena_alloc(json_arena(reader), sizeof *value + length + 1);
    char *text = (char *)(value + 1);
    memcpy(text, data, length);
    value->kind = kind;
    value->text.data = text;
    value->text.length = length;
    return value;
}

static bool finish_string(struct json_reader *reader, const char *data, size_t length,
                          struct error *err)
{
    if (reader->string_is_key)
        return finish_key(reader, data, length, err);
    return json_add(reader, text_value(reader, VALUE_STRING, data, length), err);
}

static size_t digits_at(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - start);
}

/* The grammar of RFC 8259, section 6. *ret_integer: it has no fraction and no exponent. */
static bool number_is_valid(const char *data, size_t length, bool *ret_integer)
{
    const char *end = data + length, *at = data + (*data == '-');
    size_t digits = digits_at(at, end);
    if (digits == 0 || (*at == '0' && digits > 1))
        return false;
    at += digits;
    *ret_integer = at == end;
    if (at < end && *at == '.') {
        digits = digits_at(++at, end);
        if (digits == 0)
            return false;
        at += digits;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = digits_at(at, end);
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == end;
}

/* Integers stay as they are; all else is written as the API server would. */
static bool finish_number(struct json_reader *reader, const char *data, size_t length,
                          struct error *err)
{
    bool integer;
    char canonical[NUMBER_TEXT];
    if (!number_is_valid(data, length, &integer))
        return json_wrong(reader->token_offset, err, "a number is malformed");
    struct value *value = text_value(reader, VALUE_NUMBER, data, length);
    if ((!integer || *data == '-') && number_canonical(value->text.data, canonical))
        value = text_value(reader, VALUE_NUMBER, canonical, strlen(canonical));
    return json_add(reader, value, err);
}

static bool finish_word(struct json_reader *reader, const char *data, size_t length,
                        struct error *err)
{
    struct arena *arena = json_arena(reader);
    if (length == 4 && memcmp(data, "null", 4) == 0)
        return json_add(reader, value_null(arena), err);
    if (length == 4 && memcmp(data, "true", 4) == 0)
        return json_add(reader, value_bool(arena, true), err);
    if (length == 5 && memcmp(data, "false", 5) == 0)
        return json_add(reader, value_bool(arena, false), err);
    return json_wrong(reader->token_offset, err, "expected a value");
}

/* ------------------------------------------------------------------------ runs */

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is zero (of the lowest such byte at least). */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* Bytes up to the first quote, backslash or control character. Notes what is not ASCII. */
static size_t string_run(const char *data, size_t length, uint64_t *high_bits)
{
    size_t at = 0;
    for (uint64_t word; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, data + at, sizeof word);
        uint64_t control = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
        if (zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\')) | control)
            break;
        *high_bits |= word;
    }
    while (at < length && data[at] != '"' && data[at] != '\\' && (unsigned char)data[at] >= 0x20)
        *high_bits |= (unsigned char)data[at++];
    return at;
}

static bool is_number_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The run of bytes that belong to the token as they are. */
static size_t plain_run(struct json_reader *reader, const char *data, size_t length)
{
    size_t used = 0;
    if (reader->state == IN_STRING)
        return string_run(data, length, &reader->high_bits);
    if (reader->state == IN_NUMBER)
        while (used < length && is_number_byte(data[used]))
            used++;
    else
        while (used < length && data[used] >= 'a' && data[used] <= 'z')
            used++;
    return used;
}

/* --------------------------------------------------------------------- escapes */

static bool add(struct json_reader *reader, const char *data, size_t length, struct error *err)
{
    return buf_add(&reader->scratch, data, length)
           || json_wrong(reader->token_offset, err, "a value is too long");
}

static bool escape(struct json_reader *reader, char c, struct error *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;
    reader->state = IN_STRING;
    if (c == 'u') {
        reader->state = IN_UNICODE;
        reader->unicode = reader->unicode_digits = 0;
        return true;
    }
    if (!at || reader->high_surrogate)
        return json_wrong(reader->token_offset, err, "an escape in this string is malformed");
    return add(reader, &to[at - from], 1, err);
}

static bool unicode_done(struct json_reader *reader, struct error *err)
{
    unsigned code = reader->unicode;
    bool high = code >= 0xD800 && code < 0xDC00, low = code >= 0xDC00 && code < 0xE000;
    reader->state = IN_STRING;
    if (low != (reader->high_surrogate != 0))
        return json_wrong(reader->token_offset, err, "half a surrogate pair in this string");
    if (high) {
        reader->high_surrogate = code;
        return true;
    }
    if (low)
        code = 0x10000 + ((reader->high_surrogate - 0xD800) << 10) + (code - 0xDC00);
    reader->high_surrogate = 0;
    utf8_add(&reader->scratch, code);
    return !reader->scratch.overflowed
           || json_wrong(reader->token_offset, err, "a value is too long");
}

static bool unicode_digit(struct json_reader *reader, char c, struct error *err)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        return json_wrong(reader->token_offset, err, "an escape in this string is malformed");
    unsigned value = (unsigned)(at - digits);
    reader->unicode = reader->unicode * 16 + (value > 15 ? value - 6 : value);
    return ++reader->unicode_digits < 4 || unicode_done(reader, err);
}

/* ---------------------------------------------------------------------- tokens */

static bool finish(struct json_reader *reader, const char *data, size_t length, struct error *err)
{
    if (reader->state == IN_NUMBER)
        return finish_number(reader, data, length, err);
    if (reader->state == IN_WORD)
        return finish_word(reader, data, length, err);
    if (reader->high_surrogate)
        return json_wrong(reader->token_offset, err, "half a surrogate pair in this string");
    if ((reader->high_bits & EACH_BYTE(0x80)) && !utf8_valid(data, length))
        return json_wrong(reader->token_offset, err, "a string is not valid UTF-8");
    return finish_string(reader, data, length, err);
}

bool json_token_start(struct json_reader *reader, const char *data, size_t length, bool is_key,
                      size_t *ret_used, struct error *err)
{
    bool quoted = *data == '"', number = *data == '-' || (*data >= '0' && *data <= '9');
    if (!quoted && !number && !(*data >= 'a' && *data <= 'z'))
        return json_wrong(reader->offset, err, "expected a value");
    reader->state = quoted ? IN_STRING : number ? IN_NUMBER : IN_WORD;
    reader->token_offset = reader->offset;
    reader->string_is_key = is_key;
    reader->high_surrogate = 0;
    reader->high_bits = 0;
    size_t run = plain_run(reader, data + quoted, length - quoted);
    bool whole = run + quoted < length && (!quoted || data[1 + run] == '"');
    *ret_used = run + 2 * quoted;
    if (whole) {
        reader->offset += *ret_used - 1;
        return finish(reader, data + quoted, run, err);
    }
    buf_clear(&reader->scratch);
    *ret_used = run + quoted;
    return add(reader, data + quoted, run, err);
}

bool json_token_continue(struct json_reader *reader, const char *data, size_t length,
                         size_t *ret_used, struct error *err)
{
    *ret_used = 1;
    if (reader->state == IN_ESCAPE)
        return escape(reader, *data, err);
    if (reader->state == IN_UNICODE)
        return unicode_digit(reader, *data, err);
    size_t run = plain_run(reader, data, length);
    if (run && reader->high_surrogate)
        return json_wrong(reader->token_offset, err, "half a surrogate pair in this string");
    *ret_used = run;
    if (!add(reader, data, run, err) || run == length)
        return run == length && !reader->scratch.overflowed;
    if (reader->state != IN_STRING) {
        reader->offset += run - 1;
        return finish(reader, buf_text(&reader->scratch), reader->scratch.length, err);
    }
    reader->offset += run;
    *ret_used = run + 1;
    if (data[run] == '"')
        return finish(reader, buf_text(&reader->scratch), reader->scratch.length, err);
    if (data[run] != '\\')
        return json_wrong(reader->offset, err, "a control character in a string");
    reader->state = IN_ESCAPE;
    return true;
}

bool json_token_end(struct json_reader *reader, struct error *err)
{
    return finish(reader, buf_text(&reader->scratch), reader->scratch.length, err);
}
