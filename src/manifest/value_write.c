/* value_write: documents as JSON and as YAML; declared in value_json.h. The same value gives the
   same bytes. */
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "manifest/value_json.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ----------------------------------------------------------------------- JSON */

static void add_escaped(struct buf *out, unsigned code)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = code && code < 0x80 ? strchr(from, (int)code) : NULL;
    if (at)
        buf_printf(out, "\\%c", to[at - from]);
    else
        buf_printf(out, "\\u%04x", code);
}

/* Bytes up to the first that has to be looked at: ASCII that stands for itself. */
static size_t plain_run(const char *data, size_t length)
{
    size_t at = 0;
    while (at < length && data[at] >= 0x20 && data[at] < 0x7f && data[at] != '"' && data[at] != '\\'
           && data[at] != '#')
        at++;
    return at;
}

/* What a terminal or a CI log would act on is escaped too: JSON is looked at, not only parsed. */
static void write_valid_string(struct buf *out, const char *data, size_t length)
{
    size_t start = 0;
    buf_putc(out, '"');
    for (size_t i = 0, bytes; (i += plain_run(data + i, length - i)) < length; i += bytes) {
        unsigned code = utf8_code(data + i, &bytes);
        if (printable_code(code) && code != '"' && code != '\\'
            && !printable_begins_command(data + i, length - i))
            continue;
        buf_add(out, data + start, i - start);
        add_escaped(out, code);
        start = i + bytes;
    }
    buf_add(out, data + start, length - start);
    buf_putc(out, '"');
}

/* What somebody built of bytes that are no UTF-8 is still written as JSON. */
void json_write_string(struct buf *out, const char *data, size_t length)
{
    if (utf8_valid(data, length)) {
        write_valid_string(out, data, length);
        return;
    }
    AUTO_BUF valid = BUF_INIT(3 * length);
    utf8_add_text(&valid, data, length);
    write_valid_string(out, buf_text(&valid), valid.length);
}

/* indent < 0: compact. */
static void write_json(struct buf *out, const struct value *value, int indent);

static void break_line(struct buf *out, int indent)
{
    if (indent < 0)
        return;
    buf_putc(out, '\n');
    buf_fill(out, ' ', 2 * (size_t)indent);
}

static int deeper(int indent)
{
    return indent < 0 ? indent : indent + 1;
}

static void write_json_list(struct buf *out, const struct value *value, int indent)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < value->list.count; i++) {
        if (i)
            buf_putc(out, ',');
        break_line(out, deeper(indent));
        write_json(out, value->list.items[i], deeper(indent));
    }
    if (value->list.count)
        break_line(out, indent);
    buf_putc(out, ']');
}

static void write_json_map(struct buf *out, const struct value *value, int indent)
{
    buf_putc(out, '{');
    for (size_t i = 0; i < value->map.count; i++) {
        const struct member *member = &value->map.members[i];
        if (i)
            buf_putc(out, ',');
        break_line(out, deeper(indent));
        json_write_string(out, member->key, strlen(member->key));
        buf_puts(out, indent < 0 ? ":" : ": ");
        write_json(out, member->value, deeper(indent));
    }
    if (value->map.count)
        break_line(out, indent);
    buf_putc(out, '}');
}

static void write_json(struct buf *out, const struct value *value, int indent)
{
    switch (value->kind) {
    case VALUE_NULL:
        buf_puts(out, "null");
        break;
    case VALUE_BOOL:
        buf_puts(out, value->boolean ? "true" : "false");
        break;
    case VALUE_NUMBER:
        buf_add(out, value->text.data, value->text.length);
        break;
    case VALUE_STRING:
        json_write_string(out, value->text.data, value->text.length);
        break;
    case VALUE_LIST:
        write_json_list(out, value, indent);
        break;
    case VALUE_MAP:
        write_json_map(out, value, indent);
        break;
    }
}

void json_write(struct buf *out, const struct value *value)
{
    write_json(out, value, -1);
}

void json_write_pretty(struct buf *out, const struct value *value)
{
    write_json(out, value, 0);
}

/* ----------------------------------------------------------------------- YAML */

/* Words that YAML 1.1 reads as something else than a string. */
static bool is_reserved(const char *text)
{
    static const char *const words[] = {
        "y", "n", "yes", "no", "on", "off", "true", "false", "null"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Plain only where no reader could see anything but this string. */
static bool is_plain(const char *text, size_t length)
{
    if (length == 0 || !(isalpha((unsigned char)*text) || *text == '/') || is_reserved(text)
        || text[length - 1] == ':' || text[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool blank = c == ' ' && i + 1 < length && text[i + 1] != '#';
        bool colon = c == ':' && text[i + 1] != ' ';
        if (!isalnum(c) && !blank && !colon && !(c && strchr("-_./@+=()*,%$;", c)))
            return false;
    }
    return true;
}

/* Code points that a YAML reader would fold, drop or refuse, or a terminal act on. */
static bool needs_escape(unsigned code)
{
    return !printable_code(code) || code == 0xA0 || code == 0xFEFF;
}

static void write_quoted_valid(struct buf *out, const char *data, size_t length)
{
    buf_putc(out, '"');
    for (size_t i = 0, bytes; i < length; i += bytes) {
        unsigned code = utf8_code(data + i, &bytes);
        if (code == '"' || code == '\\')
            buf_printf(out, "\\%c", (int)code);
        else if (code == '\n')
            buf_puts(out, "\\n");
        else if (code == '\t')
            buf_puts(out, "\\t");
        else if (needs_escape(code) || printable_begins_command(data + i, length - i))
            buf_printf(out, "\\u%04X", code);
        else
            buf_add(out, data + i, bytes);
    }
    buf_putc(out, '"');
}

static void write_quoted(struct buf *out, const char *data, size_t length)
{
    AUTO_BUF valid = BUF_INIT(3 * length);
    utf8_add_text(&valid, data, length);
    write_quoted_valid(out, buf_text(&valid), valid.length);
}

/* Several lines, all of which can stand as they are, also in the log of a CI job. */
static bool is_block(const char *data, size_t length)
{
    bool several = false;
    if (length == 0 || *data == '\n' || *data == ' ' || *data == '\t' || !utf8_valid(data, length)
        || printable_is_command(data, length))
        return false;
    for (size_t i = 0, bytes; i < length; i += bytes) {
        unsigned code = utf8_code(data + i, &bytes);
        several |= code == '\n' && i + 1 < length;
        if (code == '\t' && (i == 0 || data[i - 1] == '\n'))
            return false;
        if (code != '\n' && code != '\t' && needs_escape(code))
            return false;
    }
    return several || data[length - 1] == '\n';
}

static void write_block(struct buf *out, const char *data, size_t length, size_t indent)
{
    size_t ends = 0;
    while (ends < length && data[length - 1 - ends] == '\n')
        ends++;
    buf_puts(out, ends == 0 ? "|-" : ends == 1 ? "|" : "|+");
    const char *end = data + length - (ends ? 1 : 0);
    for (const char *at = data; at <= end && at < data + length;) {
        const char *stop = memchr(at, '\n', (size_t)(data + length - at));
        size_t line = (size_t)((stop ? stop : data + length) - at);
        buf_putc(out, '\n');
        if (line) {
            buf_fill(out, ' ', indent);
            buf_add(out, at, line);
        }
        at += line + 1;
    }
}

static void write_text(struct buf *out, const char *data, size_t length, size_t indent)
{
    if (strlen(data) == length && is_plain(data, length))
        buf_add(out, data, length);
    else if (is_block(data, length))
        write_block(out, data, length, indent);
    else
        write_quoted(out, data, length);
}

static void write_yaml(struct buf *out, const struct value *value, size_t indent, bool in_list);

/* Behind "key:" or "-". */
static void write_member(struct buf *out, const struct value *value, size_t indent)
{
    bool block = value_count(value) > 0;
    if (!block)
        buf_putc(out, ' ');
    else
        buf_putc(out, '\n');
    /* Lists stand at the column of their key, as kubectl writes them. */
    write_yaml(out, value, value->kind == VALUE_LIST ? indent : indent + 2, false);
}

/* A reader takes a key of up to 1024 characters (libyaml) or bytes (Go) without "?". */
static void write_key(struct buf *out, const char *key, size_t indent)
{
    enum { PLAIN_MOST = 127, SIMPLE_MOST = 160 /* each escaped: 6 bytes */ };
    size_t length = strlen(key);
    if (length > SIMPLE_MOST)
        buf_puts(out, "? ");
    if (length <= PLAIN_MOST && is_plain(key, length))
        buf_add(out, key, length);
    else
        write_quoted(out, key, length);
    if (length > SIMPLE_MOST) {
        buf_putc(out, '\n');
        buf_fill(out, ' ', indent);
    }
    buf_putc(out, ':');
}

static void write_yaml_map(struct buf *out, const struct value *value, size_t indent, bool in_list)
{
    for (size_t i = 0; i < value->map.count; i++) {
        const struct member *member = &value->map.members[i];
        if (i || !in_list)
            buf_fill(out, ' ', indent);
        write_key(out, member->key, indent);
        write_member(out, member->value, indent);
    }
}

static void write_yaml_list(struct buf *out, const struct value *value, size_t indent, bool in_list)
{
    for (size_t i = 0; i < value->list.count; i++) {
        const struct value *item = value->list.items[i];
        if (i || !in_list)
            buf_fill(out, ' ', indent);
        buf_puts(out, "- ");
        write_yaml(out, item, indent + 2, true);
    }
}

static void write_yaml(struct buf *out, const struct value *value, size_t indent, bool in_list)
{
    if (value->kind == VALUE_MAP && value->map.count) {
        write_yaml_map(out, value, indent, in_list);
        return;
    }
    if (value->kind == VALUE_LIST && value->list.count) {
        write_yaml_list(out, value, indent, in_list);
        return;
    }
    if (value->kind == VALUE_STRING)
        write_text(out, value->text.data, value->text.length, indent ? indent : 2);
    else
        json_write(out, value);
    buf_putc(out, '\n');
}

void yaml_write(struct buf *out, const struct value *value)
{
    write_yaml(out, value, 0, false);
}
