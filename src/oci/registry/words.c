/* words: see words.h. */
#include "oci/registry/words.h"

#include "manifest/value_json.h"

#include <string.h>
#include <strings.h>

enum { WORDS_CEILING = 600, ERRORS_TOLD = 5 };

bool response_is_json(const struct http_response *response)
{
    const char *type = http_header(response, "Content-Type");
    if (type && strcasestr(type, "json"))
        return true;
    return response->body && response->body[strspn(response->body, " \t\r\n")] == '{';
}

static void add_part(struct buf *out, size_t from, const char *text)
{
    if (text && *text)
        buf_printf(out, "%s%s", out->length > from ? ": " : "", text);
}

static void add_words(struct buf *out, const char *code, const char *message, const char *detail)
{
    if (out->length)
        buf_puts(out, "; ");
    size_t from = out->length;
    add_part(out, from, code);
    if (!code || !message || strcasecmp(code, message) != 0)
        add_part(out, from, message);
    add_part(out, from, detail);
}

static void add_errors(struct buf *out, const struct value *errors)
{
    for (size_t i = 0; i < value_count(errors) && i < ERRORS_TOLD; i++) {
        const struct value *one = value_item(errors, i);
        add_words(out, value_text(value_get(one, "code")), value_text(value_get(one, "message")),
                  value_text(value_get(one, "detail")));
    }
}

static void add_document(struct buf *out, const struct value *document)
{
    const struct value *errors = value_get(document, "errors");
    if (value_count(errors)) {
        add_errors(out, errors);
        return;
    }
    const char *message = value_text(value_get(document, "details"));
    if (!message)
        message = value_text(value_get(document, "error_description"));
    if (!message)
        message = value_text(value_get(document, "message"));
    add_words(out, value_text(value_get(document, "error")), message, NULL);
}

const char *response_words(struct arena *arena, const struct http_response *response,
                           const char *const *secrets, size_t secret_count)
{
    const struct value *document;
    struct error ignored;
    struct buf out = BUF_INIT(WORDS_CEILING);
    if (response->body && response_is_json(response)
        && json_parse(arena, response->body, response->body_length, &document, &ignored))
        add_document(&out, document);
    const char *words = arena_strdup(arena, buf_text(&out));
    buf_done(&out);
    for (size_t i = 0; i < secret_count; i++)
        if (secrets[i] && *secrets[i] && strstr(words, secrets[i]))
            return "";
    return words;
}

static const struct {
    int status;
    enum error_kind kind;
    const char *words;
} statuses[] = {
    { 400, ERROR_INVALID, "400 Bad Request" },
    { 401, ERROR_DENIED, "401 Unauthorized" },
    { 403, ERROR_DENIED, "403 Forbidden" },
    { 404, ERROR_NOT_FOUND, "404 Not Found" },
    { 405, ERROR_REFUSED, "405 Method Not Allowed" },
    { 409, ERROR_CONFLICT, "409 Conflict" },
    { 413, ERROR_INVALID, "413 Content Too Large" },
    { 416, ERROR_INVALID, "416 Range Not Satisfiable" },
    { 429, ERROR_UNREACHABLE, "429 Too Many Requests" },
    { 500, ERROR_UNREACHABLE, "500 Internal Server Error" },
    { 502, ERROR_UNREACHABLE, "502 Bad Gateway" },
    { 503, ERROR_UNREACHABLE, "503 Service Unavailable" },
    { 504, ERROR_UNREACHABLE, "504 Gateway Timeout" },
};

enum error_kind status_kind(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].kind;
    return status >= 400 && status < 500 ? ERROR_INVALID : ERROR_UNREACHABLE;
}

const char *status_words(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return NULL;
}
