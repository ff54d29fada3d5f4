/*
 * pods_text: a pod's trouble in words, with the last lines of its log.
 *
 * A log is somebody else's text: it is cut to a few lines, freed of control
 * characters, and of every Secret value that the run has seen.
 */
#include "base/cleanup.h"
#include "net/http.h"
#include "providers/kubernetes/health/pods_inner.h"

#include <string.h>

enum {
    LOG_LINES = 10,
    LOG_LINE_CEILING = 160, /* bytes of a line that are shown */
    LOG_CEILING = 16384,    /* bytes asked for                */
    LOG_SHOWN = 1100,       /* bytes shown: an error has room for 2 kB */
    LOG_MS = 5000,
    LOG_PAUSE_MS = 200,
};

const char *pod_line(struct arena *arena, const struct pod *pod)
{
    const struct pod_trouble *trouble = &pod->trouble;
    return arena_printf(arena, "pod %s%s%s: %s", pod->name,
                        trouble->container ? ", container " : "",
                        trouble->container ? trouble->container : "", trouble->reason);
}

/* Appends one line without control characters, cut where it is long (never within UTF-8). */
static void add_line(struct buf *out, const char *line, size_t length)
{
    size_t shown = length < LOG_LINE_CEILING ? length : LOG_LINE_CEILING;
    while (shown < length && shown && ((unsigned char)line[shown] & 0xC0) == 0x80)
        shown--;
    buf_puts(out, "\n    ");
    for (size_t i = 0; i < shown; i++)
        buf_putc(out, (unsigned char)line[i] < 0x20 || line[i] == 0x7f ? ' ' : line[i]);
    if (shown < length)
        buf_puts(out, "…");
}

/* The start of the last lines that fit; `text` has no newline at its end. */
static const char *last_lines(const char *text, size_t length)
{
    const char *at = text + length;
    int lines = 0;
    while (at > text && (size_t)(text + length - at) < LOG_SHOWN)
        if (*--at == '\n' && ++lines == LOG_LINES)
            return at + 1;
    const char *newline = at > text ? memchr(at, '\n', (size_t)(text + length - at)) : NULL;
    return newline ? newline + 1 : at;
}

static void add_log(struct buf *out, const char *text)
{
    size_t length = strlen(text);
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    const char *end = text + length;
    for (const char *line = last_lines(text, length); line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        add_line(out, line, (size_t)(stop - line));
        line = stop + 1;
    }
}

static const char *log_query(struct arena *arena, const struct pod_trouble *trouble)
{
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&query, "container=");
    url_encode(&query, trouble->container);
    buf_printf(&query, "&previous=%s&tailLines=%d&limitBytes=%d",
               trouble->previous ? "true" : "false", LOG_LINES, LOG_CEILING + 1 /* to see a cut */);
    return arena_strdup(arena, buf_text(&query));
}

/*
 * A node keeps the last run of a container that it starts again and again, and says this in place
 * of the log when that made room for the next one just then: as an answer like any other, since the
 * kubelet has begun it before it looks.
 */
static bool is_lost(const char *text)
{
    static const char words[] = "unable to retrieve container logs for ";
    return strncmp(text, words, sizeof words - 1) == 0 && !strchr(text, '\n');
}

/* Asks again while the node has just removed it: the next run's log says the same, as a rule. */
static bool read_log(struct client *client, struct arena *arena, const struct api_call *call,
                     const char **ret_text, const struct wait *wait, struct error *err)
{
    do {
        if (!client_text(client, arena, call, LOG_CEILING, ret_text, wait, err))
            return false;
        if (!is_lost(*ret_text))
            return true;
    } while (wait_sleep(wait, LOG_PAUSE_MS));
    return error_set(err, ERROR_NOT_FOUND, "its node has it no more");
}

static void explain_log(struct pods *pods, struct arena *arena, const struct pod *pod,
                        struct buf *out, const struct wait *wait)
{
    static const struct api_kind kind = {
        .group = "", .version = "v1", .plural = "pods", .namespaced = true
    };
    struct wait short_wait = wait_for(LOG_MS, NULL);
    struct error err;
    const char *text;
    short_wait.cancel = wait->cancel;
    struct api_call call = {
        .method = "GET",
        .path =
            arena_printf(arena, "%s/log", api_path(arena, &kind, pods->id->namespace, pod->name)),
        .query = log_query(arena, &pod->trouble),
        .accept = "*/*",
        .what = arena_printf(arena, "read the log of pod %s", pod->name),
    };
    if (!read_log(pods->session->client, arena, &call, &text, &short_wait, &err)) {
        buf_printf(out, "; its log could not be read: %.300s", err.message);
    } else if (!*text) {
        buf_puts(out, "; its log is empty");
    } else {
        buf_puts(out, "; its last lines:");
        add_log(out, client_redact(pods->session->client, arena, text));
    }
}

const char *pod_explain(struct pods *pods, struct arena *arena, const struct pod *pod,
                        const struct wait *wait)
{
    const struct pod_trouble *trouble = &pod->trouble;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&out, pod_line(arena, pod));
    if (*trouble->detail)
        buf_printf(&out, "\n  %.600s",
                   client_redact(pods->session->client, arena, trouble->detail));
    else if (trouble->ran && trouble->sort != POD_RUNNING)
        buf_puts(&out, "\n  ended");
    if (trouble->ran && trouble->container && !pod->gone)
        explain_log(pods, arena, pod, &out, wait);
    return arena_strdup(arena, buf_text(&out));
}

const char *pods_old_text(struct arena *arena, const struct pod_list *list)
{
    size_t ready = 0;
    for (size_t i = 0; i < list->count; i++)
        ready += !list->items[i].current && list->items[i].ready;
    if (!ready)
        return NULL;
    if (ready == 1)
        return "The old pod still serves.";
    return arena_printf(arena, "The %zu old pods still serve.", ready);
}
