/*
 * redact: see redact.h.
 *
 * Forms lie in buckets by the hash of their first four bytes, the longest first
 * within a bucket: cleaning looks at each byte of a text once, however many are
 * known, and almost never at more than one form.
 */
#include "manifest/redact.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/value_json.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { BUCKET_BITS = 12, BUCKETS = 1 << BUCKET_BITS };

/*
 * What base64 makes of a value inside something longer depends on where it begins there;
 * only whole groups of three bytes that are all of the value are looked for.
 */
enum { BASE64_IN = 3, BASE64_INSIDE = 8 /* shortest value */, BASE64_WRAPPED = 1 << 16 };

struct form {
    struct form *next;
    const char *data;
    size_t length;
    bool inside; /* a part of something longer, which is cut with it */
};

struct redactor {
    pthread_rwlock_t lock;
    struct arena *arena;
    struct form *buckets[BUCKETS];
    size_t count;
};

struct redactor *redactor_new(void)
{
    struct redactor *redactor = memory_alloc(sizeof *redactor);
    *redactor = (struct redactor){ .arena = arena_new() };
    pthread_rwlock_init(&redactor->lock, NULL);
    return redactor;
}

void redactor_free(struct redactor *redactor)
{
    if (!redactor)
        return;
    pthread_rwlock_destroy(&redactor->lock);
    arena_free(redactor->arena);
    free(redactor);
}

static size_t bucket_of(const char *data)
{
    uint32_t word;
    memcpy(&word, data, sizeof word);
    return (word * UINT32_C(2654435761)) >> (32 - BUCKET_BITS);
}

/* Words that are values of some Secrets and no secrets: cutting them would only garble. */
static bool is_plain_word(const char *data, size_t length)
{
    static const char *const words[] = { "true", "false", "null", "none", "localhost" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], data, length) == 0)
            return true;
    return false;
}

/* Adds one form; locked for writing. */
static void add(struct redactor *redactor, const char *data, size_t length, bool inside)
{
    if (length < REDACT_SHORTEST || is_plain_word(data, length))
        return;
    struct form **at = &redactor->buckets[bucket_of(data)];
    while (*at && (*at)->length >= length) {
        if ((*at)->length == length && memcmp((*at)->data, data, length) == 0)
            return;
        at = &(*at)->next;
    }
    struct form *form = arena_alloc(redactor->arena, sizeof *form);
    *form = (struct form){ *at, arena_memdup(redactor->arena, data, length), length, inside };
    *at = form;
    redactor->count++;
}

static void add_form(struct redactor *redactor, const char *data, size_t length)
{
    add(redactor, data, length, false);
}

/* As it stands in a JSON string, without the quotes. */
static void add_escaped(struct redactor *redactor, const char *data, size_t length)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write_string(&text, data, length);
    if (text.length > 2 && text.length - 2 != length)
        add_form(redactor, text.data + 1, text.length - 2);
}

static void add_inside(struct redactor *redactor, const char *data, size_t length)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING), url = BUF_INIT(BUF_OUTPUT_CEILING);
    base64_add(&text, data, length / BASE64_IN * BASE64_IN);
    base64url_add(&url, data, length / BASE64_IN * BASE64_IN);
    add(redactor, buf_text(&text), text.length, true);
    add(redactor, buf_text(&url), url.length, true);
}

/* As base64(1) and PEM break it: 57 and 48 bytes a line. */
static void add_wrapped(struct redactor *redactor, const char *data, size_t length)
{
    static const size_t widths[] = { 57, 48 };
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t at = 0; at < length; at += widths[w]) {
            size_t left = length - at;
            if (left >= BASE64_INSIDE)
                add_inside(redactor, data + at, left < widths[w] ? left : widths[w]);
        }
}

static void add_base64(struct redactor *redactor, const char *data, size_t length)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    base64_add(&text, data, length);
    add_form(redactor, buf_text(&text), text.length);
    for (size_t skip = 0; skip < BASE64_IN && length >= BASE64_INSIDE; skip++)
        add_inside(redactor, data + skip, length - skip);
    if (length > 48 && length <= BASE64_WRAPPED)
        add_wrapped(redactor, data, length);
}

/* As it stands in a query, in a path (where "/" may stay), and in a form ("+" for a blank). */
static void add_in_url(struct redactor *redactor, const char *data, size_t length)
{
    static const char *const kept[] = { "", "/", " " };
    for (size_t k = 0; k < sizeof kept / sizeof *kept && length <= BASE64_WRAPPED; k++) {
        AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
        for (size_t i = 0; i < length; i++) {
            unsigned char c = (unsigned char)data[i];
            if (isalnum(c) || (c && (strchr("-._~", c) || (c == '/' && *kept[k] == '/'))))
                buf_putc(&text, (char)c);
            else if (c == ' ' && *kept[k] == ' ')
                buf_putc(&text, '+');
            else
                buf_printf(&text, "%%%02X", c);
        }
        if (text.length != length || memcmp(text.data, data, length) != 0)
            add_form(redactor, buf_text(&text), text.length);
    }
}

static void trim(const char **data, size_t *length)
{
    while (*length && isspace((unsigned char)**data)) {
        (*data)++;
        (*length)--;
    }
    while (*length && isspace((unsigned char)(*data)[*length - 1]))
        (*length)--;
}

static void add_lines(struct redactor *redactor, const char *data, size_t length)
{
    const char *end = data + length;
    for (const char *at = data; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *line = at;
        size_t line_length = (size_t)((stop ? stop : end) - at);
        at += line_length + 1;
        trim(&line, &line_length);
        add_form(redactor, line, line_length);
    }
}

void redactor_learn(struct redactor *redactor, const char *data, size_t length)
{
    const char *trimmed = data;
    size_t trimmed_length = length;
    trim(&trimmed, &trimmed_length);
    pthread_rwlock_wrlock(&redactor->lock);
    add_form(redactor, data, length);
    add_form(redactor, trimmed, trimmed_length);
    if (length >= REDACT_SHORTEST) {
        add_base64(redactor, data, length);
        add_escaped(redactor, data, length);
        add_in_url(redactor, data, length);
    }
    if (memchr(trimmed, '\n', trimmed_length))
        add_lines(redactor, trimmed, trimmed_length);
    pthread_rwlock_unlock(&redactor->lock);
}

static bool is_word(const char *text, size_t length, size_t at)
{
    return at < length && (isalnum((unsigned char)text[at]) || text[at] == '_');
}

/* A short form counts only where no letter or digit continues it on either side. */
static bool stands_alone(const struct form *form, const char *text, size_t length, size_t at)
{
    if (form->length > REDACT_WORD)
        return true;
    return !(at > 0 && is_word(text, length, at - 1) && is_word(text, length, at))
           && !(is_word(text, length, at + form->length - 1)
                && is_word(text, length, at + form->length));
}

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("+/-_=", c));
}

/* The longest form that begins at `at`, or NULL. */
static const struct form *match(const struct redactor *redactor, const char *text, size_t length,
                                size_t at)
{
    if (length - at < REDACT_SHORTEST)
        return NULL;
    for (const struct form *form = redactor->buckets[bucket_of(text + at)]; form; form = form->next)
        if (form->length <= length - at && memcmp(form->data, text + at, form->length) == 0
            && stands_alone(form, text, length, at))
            return form;
    return NULL;
}

void redactor_clean(struct redactor *redactor, const char *text, size_t length, struct buf *out)
{
    size_t kept = 0;
    pthread_rwlock_rdlock(&redactor->lock);
    for (size_t at = 0; at < length;) {
        const struct form *found = match(redactor, text, length, at);
        size_t begin = at;
        if (!found) {
            at++;
            continue;
        }
        at += found->length;
        while (found->inside && begin > kept && is_base64(text[begin - 1]))
            begin--;
        while (found->inside && at < length && is_base64(text[at]))
            at++;
        buf_add(out, text + kept, begin - kept);
        buf_puts(out, REDACT_MARK);
        kept = at;
    }
    if (length > kept)
        buf_add(out, text + kept, length - kept);
    pthread_rwlock_unlock(&redactor->lock);
}

size_t redactor_count(struct redactor *redactor)
{
    pthread_rwlock_rdlock(&redactor->lock);
    size_t count = redactor->count;
    pthread_rwlock_unlock(&redactor->lock);
    return count;
}
