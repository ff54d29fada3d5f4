/* status: see status.h. */
#include "providers/kubernetes/client/status.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_SHOWN = 300 };

static const struct {
    int status;
    enum error_kind kind;
    const char *words;
} statuses[] = {
    { 400, ERROR_INVALID, "the server does not understand the request" },
    { 401, ERROR_DENIED, "the server does not accept the credentials" },
    { 403, ERROR_DENIED, "forbidden" },
    { 404, ERROR_NOT_FOUND, "not found" },
    { 405, ERROR_INVALID, "the server does not allow this verb here" },
    { 409, ERROR_CONFLICT, "conflict" },
    { 410, ERROR_NOT_FOUND, "no longer available" },
    { 413, ERROR_INVALID, "the request is too large" },
    { 415, ERROR_INVALID, "the server does not know this content type" },
    { 422, ERROR_INVALID, "the object is invalid" },
    { 429, ERROR_UNREACHABLE, "the server has too many requests" },
    { 500, ERROR_UNREACHABLE, "internal error of the server" },
    { 502, ERROR_UNREACHABLE, "bad gateway" },
    { 503, ERROR_UNREACHABLE, "the service is not available" },
    { 504, ERROR_UNREACHABLE, "the server took too long" },
};

static const char *words_of(int http_status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == http_status)
            return statuses[i].words;
    return "unexpected answer";
}

enum error_kind status_error_kind(int http_status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == http_status)
            return statuses[i].kind;
    return ERROR_UNREACHABLE;
}

/* Causes whose field the message does not name already. */
static void add_causes(struct buf *out, const struct value *document, const char *message)
{
    const struct value *causes = value_at(document, "details", "causes", NULL);
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *cause = value_item(causes, i);
        const char *field = value_text_at(cause, "field", NULL);
        const char *text = value_text_at(cause, "message", NULL);
        if (field && *field && !strstr(message, field))
            buf_printf(out, "; %s: %s", field, text ? text : "invalid");
    }
}

/* The start of a text on one line. */
static void add_line(struct buf *out, const char *text)
{
    size_t shown = 0;
    bool blank = false;
    for (; *text && shown < BODY_SHOWN; text++) {
        if (isspace((unsigned char)*text) || iscntrl((unsigned char)*text)) {
            blank = shown > 0;
            continue;
        }
        if (blank)
            buf_putc(out, ' ');
        blank = false;
        buf_putc(out, *text);
        shown++;
    }
    if (*text)
        buf_puts(out, "…");
}

void status_message(struct buf *out, int http_status, const struct value *document,
                    const char *body)
{
    const char *message = value_text_at(document, "message", NULL);
    bool says_little = !message || !*message || strcmp(message, "Unauthorized") == 0;
    if (!says_little) {
        buf_puts(out, message);
        add_causes(out, document, message);
        return;
    }
    buf_printf(out, "%s (%d)", words_of(http_status), http_status);
    if (!document && body && *body) {
        buf_puts(out, ": ");
        add_line(out, body);
    }
}

int64_t status_retry_after(const char *header, int64_t now)
{
    struct tm parts = { 0 };
    char *end;
    if (!header)
        return -1;
    long long seconds = strtoll(header, &end, 10);
    if (end != header && !*end && seconds >= 0 && seconds < 86400)
        return seconds * 1000;
    if (!strptime(header, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        return -1;
    int64_t left = (int64_t)timegm(&parts) - now;
    return left > 0 && left < 86400 ? left * 1000 : left <= 0 ? 0 : -1;
}
