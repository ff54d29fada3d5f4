/* client_stream: lists, watches and logs: bodies that are read as they arrive. See client.h. */
#include "base/cleanup.h"
#include "providers/kubernetes/client/client_ahead.h"
#include "providers/kubernetes/client/status.h"

#include <string.h>

enum { PAGE_ITEMS = 500, PART_CEILING = 16 << 20 };

CLEANUP_FUNCTION(struct json_reader *, json_reader_free)

/* ------------------------------------------------------------------- lists */

/* One LIST, on its way through its pages. */
struct list {
    struct client *client;
    struct arena *arena;
    const struct api_call *call;
    json_handler *handler;
    void *context;
    const struct wait *wait;
    const char *token;   /* of the page that is read; NULL: the first */
    struct ahead *ahead; /* the page behind it, where its token is known already */
};

struct page {
    struct body_stream stream;
    struct json_reader *reader;
    struct list *list;
};

static const char *page_query(struct arena *arena, const struct api_call *call, const char *token)
{
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    if (call->query && *call->query)
        buf_printf(&query, "%s&", call->query);
    buf_printf(&query, "limit=%d", PAGE_ITEMS);
    if (token) {
        buf_puts(&query, "&continue=");
        url_encode(&query, token);
    }
    return arena_strdup(arena, buf_text(&query));
}

/* The server writes a list's metadata before its items: the next page need not wait for them. */
static void ask_for_next(struct page *page)
{
    struct list *list = page->list;
    const char *next =
        list->ahead ? NULL
                    : value_text_at(json_reader_member(page->reader, "metadata"), "continue", NULL);
    if (next && *next && !(list->token && strcmp(next, list->token) == 0))
        list->ahead = ahead_start(list->client, list->call,
                                  page_query(list->arena, list->call, next), list->wait);
}

static bool on_page_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct page *page = context;
    page->stream.touched = true;
    if (!json_reader_feed(page->reader, data, length, err))
        return false;
    ask_for_next(page);
    return true;
}

static bool is_list(const struct value *rest)
{
    const char *kind = value_text_at(rest, "kind", NULL);
    size_t length = kind ? strlen(kind) : 0;
    return length >= 4 && strcmp(kind + length - 4, "List") == 0;
}

void client_list_ahead(struct client *client, const struct api_call *call, const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    size_t i = 0;
    pthread_mutex_lock(&client->ahead_lock);
    while (i < CLIENT_LISTS_AHEAD && client->ahead[i])
        i++;
    if (i < CLIENT_LISTS_AHEAD)
        client->ahead[i] = ahead_start(client, call, page_query(arena, call, NULL), wait);
    pthread_mutex_unlock(&client->ahead_lock);
}

void client_forget_lists(struct client *client)
{
    for (size_t i = 0; i < CLIENT_LISTS_AHEAD; i++) {
        ahead_drop(client->ahead[i]);
        client->ahead[i] = NULL;
    }
}

/* The first page, where it was asked for already. */
static struct ahead *take_first(struct client *client, const struct api_call *call)
{
    struct ahead *taken = NULL;
    pthread_mutex_lock(&client->ahead_lock);
    for (size_t i = 0; i < CLIENT_LISTS_AHEAD && !taken; i++)
        if (client->ahead[i] && ahead_is(client->ahead[i], call, call->query)) {
            taken = client->ahead[i];
            client->ahead[i] = NULL;
        }
    pthread_mutex_unlock(&client->ahead_lock);
    return taken;
}

/* The bytes of a page: the answer to what was sent ahead, else to a request of its own. */
static bool receive_page(struct page *page, int *ret_status, struct error *err)
{
    struct list *list = page->list;
    struct http_response response;
    struct api_call call = *list->call;
    call.query = page_query(list->arena, list->call, list->token);
    CLEANUP(ahead_drop_at)
    struct ahead *ahead = list->token ? list->ahead : take_first(list->client, &call);
    list->ahead = NULL; /* it is ours */
    if (ahead && ahead_is(ahead, &call, call.query))
        return ahead_read(ahead, on_page_bytes, page, ret_status, list->wait, err);
    bool answered = client_request(list->client, list->arena, &call, &page->stream, &response, NULL,
                                   list->wait, err);
    *ret_status = response.status;
    return answered;
}

/* One page; *ret_rest is the list without its items. */
static bool read_page(struct list *list, const struct value **ret_rest, int *ret_status,
                      struct error *err)
{
    CLEANUP(json_reader_free_at)
    struct json_reader *reader =
        json_reader_new(JSON_ITEMS, PART_CEILING, list->handler, list->context);
    struct page page = { .stream = { .sink = on_page_bytes }, .reader = reader, .list = list };
    page.stream.context = &page;
    if (!receive_page(&page, ret_status, err))
        return false;
    if (!json_reader_end(reader, list->arena, ret_rest, err))
        return error_prefix(err, "%s", list->call->what);
    if (!is_list(*ret_rest))
        return error_set(err, ERROR_UNREACHABLE, "%s: the answer is not a list", list->call->what);
    return true;
}

static bool read_pages(struct list *list, void (*restart)(void *), const char **ret_version,
                       struct error *err)
{
    bool restarted = false;
    for (;;) {
        const struct value *rest;
        int status;
        if (!read_page(list, &rest, &status, err)) {
            if (status != 410 || !list->token || restarted)
                return false;
            restarted = true;
            list->token = NULL;
            ahead_drop(list->ahead);
            list->ahead = NULL;
            if (restart)
                restart(list->context);
            continue;
        }
        const char *next = value_text_at(rest, "metadata", "continue", NULL);
        if (next && list->token && *next && strcmp(next, list->token) == 0)
            return error_set(err, ERROR_UNREACHABLE,
                             "%s: the server sends one page again and again", list->call->what);
        list->token = next;
        if (!next || !*next) {
            const char *version = value_text_at(rest, "metadata", "resourceVersion", NULL);
            *ret_version = version ? version : "";
            return true;
        }
    }
}

bool client_list(struct client *client, struct arena *arena, const struct api_call *call,
                 json_handler *handler, void (*restart)(void *), void *context,
                 const char **ret_version, const struct wait *wait, struct error *err)
{
    struct list list = { .client = client,
                         .arena = arena,
                         .call = call,
                         .handler = handler,
                         .context = context,
                         .wait = wait };
    bool read = read_pages(&list, restart, ret_version, err);
    ahead_drop(list.ahead);
    return read;
}

/* ----------------------------------------------------------------- watches */

struct watch {
    struct body_stream stream;
    struct json_reader *reader;
    struct client *client;
    const struct api_call *call;
    json_handler *handler;
    void *context;
    bool stopped;       /* the handler said no */
    struct error error; /* and why, if it set it */
};

static bool say_error_event(struct watch *watch, struct arena *arena, const struct value *status,
                            struct error *err)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    int code = (int)value_int(value_get(status, "code"), 500);
    status_message(&text, code, status, NULL);
    return error_set(err, status_error_kind(code), "%s",
                     client_redact(watch->client, arena, buf_text(&text)));
}

static bool on_event(void *context, struct arena *arena, const struct value *event,
                     struct error *err)
{
    struct watch *watch = context;
    const char *type = value_text_at(event, "type", NULL);
    if (!type || !value_get(event, "object"))
        return error_set(err, ERROR_UNREACHABLE, "not a watch event");
    if (strcmp(type, "ERROR") == 0)
        return say_error_event(watch, arena, value_get(event, "object"), err);
    watch->error = (struct error){ .kind = ERROR_NONE };
    if (watch->handler(watch->context, arena, event, &watch->error))
        return true;
    watch->stopped = true;
    return error_set(err, ERROR_CANCELLED, "stopped");
}

static bool on_watch_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct watch *watch = context;
    watch->stream.touched = true;
    return json_reader_feed(watch->reader, data, length, err);
}

/* How the stream ended, told from why the request did. */
static bool watch_outcome(const struct watch *watch, bool answered, const struct error *problem,
                          const struct wait *wait, struct error *err)
{
    if (watch->stopped && watch->error.kind != ERROR_NONE)
        *err = watch->error;
    if (watch->stopped)
        return watch->error.kind == ERROR_NONE;
    if (answered) /* an event that was cut off comes again with the next watch */
        return true;
    bool over = problem->kind == ERROR_TIMEOUT && wait_left(wait) == 0;
    if (!over)
        *err = *problem;
    return over;
}

bool client_watch(struct client *client, const struct api_call *call, json_handler *handler,
                  void *context, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct http_response response;
    struct error problem = { .kind = ERROR_NONE };
    struct watch watch = { .stream = { .sink = on_watch_bytes, .endless = true },
                           .client = client,
                           .call = call,
                           .handler = handler,
                           .context = context };
    CLEANUP(json_reader_free_at)
    struct json_reader *reader = json_reader_new(JSON_STREAM, PART_CEILING, on_event, &watch);
    watch.reader = reader;
    watch.stream.context = &watch;
    bool answered =
        client_request(client, arena, call, &watch.stream, &response, NULL, wait, &problem);
    return watch_outcome(&watch, answered, &problem, wait, err);
}

/* -------------------------------------------------------------------- text */

struct text {
    struct body_stream stream;
    struct buf bytes;
};

/* Keeps what fits; the rest is not wanted. */
static bool on_text_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct text *text = context;
    text->stream.touched = true;
    if (buf_add(&text->bytes, data, length))
        return true;
    return error_set(err, ERROR_INPUT, "cut");
}

/* What was cut off may have been the rest of a secret: the last line goes with it. */
static void drop_cut_line(struct buf *bytes)
{
    static const char cut[] = "…";
    if (!bytes->overflowed || bytes->length < sizeof cut)
        return;
    char *line_end = memrchr(bytes->data, '\n', bytes->length);
    if (!line_end)
        memcpy(bytes->data, cut, sizeof cut);
    bytes->length = line_end ? (size_t)(line_end + 1 - bytes->data) : sizeof cut - 1;
    bytes->data[bytes->length] = '\0';
}

bool client_text(struct client *client, struct arena *arena, const struct api_call *call,
                 size_t ceiling, const char **ret_text, const struct wait *wait, struct error *err)
{
    struct http_response response;
    struct api_call plain = *call;
    struct error problem;
    struct text text = { .stream = { .sink = on_text_bytes }, .bytes = BUF_INIT(ceiling) };
    text.stream.context = &text;
    if (!plain.accept)
        plain.accept = "text/plain, */*";
    bool done = client_request(client, arena, &plain, &text.stream, &response, NULL, wait, &problem)
                || text.bytes.overflowed;
    drop_cut_line(&text.bytes);
    if (done)
        *ret_text = client_redact(client, arena, buf_text(&text.bytes));
    else
        *err = problem;
    buf_done(&text.bytes);
    return done;
}
