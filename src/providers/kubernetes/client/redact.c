/*
 * redact: see redact.h.
 *
 * Forms lie in buckets by the hash of their first four bytes, the longest first
 * within a bucket: cleaning looks at each byte of a text once, however many are
 * known, and almost never at more than one form.
 */
#include "providers/kubernetes/client/redact.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/value_json.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { BUCKET_BITS = 12, BUCKETS = 1 << BUCKET_BITS };

struct form {
    struct form *next;
    const char *data;
    size_t length;
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
static void add_form(struct redactor *redactor, const char *data, size_t length)
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
    *form = (struct form){ *at, arena_memdup(redactor->arena, data, length), length };
    *at = form;
    redactor->count++;
}

/* As it stands in a JSON string, without the quotes. */
static void add_escaped(struct redactor *redactor, const char *data, size_t length)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write_string(&text, data, length);
    if (text.length > 2 && text.length - 2 != length)
        add_form(redactor, text.data + 1, text.length - 2);
}

static void add_base64(struct redactor *redactor, const char *data, size_t length)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    base64_add(&text, data, length);
    add_form(redactor, buf_text(&text), text.length);
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

/* Length of the longest form that begins at `at`, or 0. */
static size_t match(const struct redactor *redactor, const char *text, size_t length, size_t at)
{
    if (length - at < REDACT_SHORTEST)
        return 0;
    for (const struct form *form = redactor->buckets[bucket_of(text + at)]; form; form = form->next)
        if (form->length <= length - at && memcmp(form->data, text + at, form->length) == 0
            && stands_alone(form, text, length, at))
            return form->length;
    return 0;
}

void redactor_clean(struct redactor *redactor, const char *text, size_t length, struct buf *out)
{
    size_t kept = 0;
    pthread_rwlock_rdlock(&redactor->lock);
    for (size_t at = 0; at < length;) {
        size_t found = match(redactor, text, length, at);
        if (!found) {
            at++;
            continue;
        }
        buf_add(out, text + kept, at - kept);
        buf_puts(out, REDACT_MARK);
        kept = at += found;
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
