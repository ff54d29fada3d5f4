/*
 * engine: finding out what answers, and requests. See engine.h; words for failures are
 * engine_error.c's.
 */
#include "providers/docker/engine.h"

#include "base/cleanup.h"
#include "providers/docker/engine_error.h"

#include <stdlib.h>
#include <string.h>

enum {
    PING_MS = 20000,            /* an engine that is busy starting is waited for */
    DOCUMENT_CEILING = 8 << 20, /* bytes of one document of a stream */
};

/* The newest version of the API that was read for this program. */
static const struct engine_version known_version = { 1, 51 };

struct engine {
    struct arena *arena;
    struct http *http;
    struct engine_place place;
    struct engine_facts facts;
    const char *description;
};

/* -------------------------------------------------------------------- requests */

static const char *url_of(const struct engine *engine, struct arena *arena,
                          const struct engine_call *call)
{
    const char *version = engine->facts.version;
    return arena_printf(arena, "%s%s%s%s%s%s", engine->place.url, version ? "/v" : "",
                        version ? version : "", call->path, call->query ? "?" : "",
                        call->query ? call->query : "");
}

static const struct http_header *headers_of(struct arena *arena, const struct engine_call *call,
                                            size_t *ret_count)
{
    struct http_header *headers = arena_array(arena, call->header_count + 1, sizeof *headers);
    size_t count = call->header_count;
    for (size_t i = 0; i < count; i++)
        headers[i] = call->headers[i];
    if (call->body || call->source || call->content_type)
        headers[count++] =
            (struct http_header){ "Content-Type",
                                  call->content_type ? call->content_type : "application/json" };
    *ret_count = count;
    return headers;
}

/* Any answer but a 2xx becomes the error. */
static bool request(struct engine *engine, struct arena *arena, const struct engine_call *call,
                    http_sink *sink, void *context, struct http_response *ret,
                    const struct wait *wait, struct error *err)
{
    struct http_request request = {
        .endpoint = &engine->place.endpoint,
        .method = call->method,
        .url = url_of(engine, arena, call),
        .body = call->body,
        .body_length = call->body_length,
        .source = call->source,
        .source_context = call->source_context,
        .source_length = -1,
        .sink = sink,
        .sink_context = context,
        .idle = call->slow ? -1 : 0,
    };
    request.headers = headers_of(arena, call, &request.header_count);
    if (!http_do(engine->http, arena, &request, ret, wait, err))
        return engine_unreached(&engine->place, ret, call->what, err);
    if ((ret->status >= 200 && ret->status < 300) || ret->status == 304)
        return true;
    return engine_refused(arena, &engine->place, ret, call->what, err);
}

/* Podman ends what says nothing with a line break. */
static bool is_blank(const struct http_response *response)
{
    size_t at = 0;
    while (at < response->body_length && strchr(" \t\r\n", response->body[at]) != NULL)
        at++;
    return at == response->body_length;
}

static bool read_document(struct engine *engine, struct arena *arena,
                          const struct engine_call *call, const struct http_response *response,
                          const struct value **ret, struct error *err)
{
    *ret = NULL;
    if (is_blank(response) || json_parse(arena, response->body, response->body_length, ret, err))
        return true;
    err->kind = ERROR_UNREACHABLE;
    return error_prefix(err, "cannot %s: the answer of %s is not JSON", call->what,
                        engine->description);
}

bool engine_call(struct engine *engine, struct arena *arena, const struct engine_call *call,
                 struct engine_answer *ret, const struct wait *wait, struct error *err)
{
    struct http_response response;
    struct error ignored;
    struct engine_answer answer = { 0 };
    bool success = request(engine, arena, call, NULL, NULL, &response, wait, err);
    if (success)
        success = read_document(engine, arena, call, &response, &answer.document, err);
    else if (response.body_length
             && !json_parse(arena, response.body, response.body_length, &answer.document, &ignored))
        answer.document = NULL;
    answer.status = response.status;
    answer.transient = response.transient;
    if (ret)
        *ret = answer;
    return success;
}

bool engine_stream(struct engine *engine, const struct engine_call *call, http_sink *sink,
                   void *context, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct http_response response;
    return request(engine, arena, call, sink, context, &response, wait, err);
}

CLEANUP_FUNCTION(struct json_reader *, json_reader_free)

static bool feed_reader(void *context, const char *data, size_t length, struct error *err)
{
    return json_reader_feed(context, data, length, err);
}

bool engine_documents(struct engine *engine, const struct engine_call *call, json_handler *handler,
                      void *context, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    CLEANUP(json_reader_free_at)
    struct json_reader *reader = json_reader_new(JSON_STREAM, DOCUMENT_CEILING, handler, context);
    return engine_stream(engine, call, feed_reader, reader, wait, err)
           && json_reader_end(reader, arena, NULL, err);
}

/* --------------------------------------------------------------------- opening */

/* "1.41"; false for anything else. */
static bool read_version(const char *text, struct engine_version *ret)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    long major = strtol(text, &end, 10);
    if (*end != '.' || end[1] < '0' || end[1] > '9' || major > 1000)
        return false;
    long minor = strtol(end + 1, &end, 10);
    *ret = (struct engine_version){ (int)major, (int)(minor > 1000000 ? 1000000 : minor) };
    return *end == '\0';
}

static bool older(struct engine_version a, struct engine_version b)
{
    return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

bool engine_agree(const char *newest, const char *oldest, struct engine_version *ret)
{
    struct engine_version most, least;
    if (!read_version(newest, &most))
        return false;
    *ret = older(most, known_version) ? most : known_version;
    if (read_version(oldest, &least) && older(*ret, least))
        *ret = least;
    return true;
}

static const char *keep(struct engine *engine, const char *text, const char *otherwise)
{
    return text && *text ? arena_strdup(engine->arena, text) : otherwise;
}

/*
 * An engine newer than what is known may have given up all that is: it says itself from which
 * version on it speaks.
 */
static bool agree(struct engine *engine, const struct http_response *ping, const struct wait *wait,
                  struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct engine_call call = { .method = "GET",
                                .path = "/version",
                                .what = "ask for its version" };
    struct engine_answer answer = { 0 };
    struct engine_version version;
    const char *newest = http_header(ping, "Api-Version");
    if (!engine_call(engine, arena, &call, &answer, wait, err))
        return false;
    if (!newest)
        newest = value_text(value_get(answer.document, "ApiVersion"));
    const char *oldest = value_text(value_get(answer.document, "MinAPIVersion"));
    if (!engine_agree(newest, oldest, &version))
        return error_set(err, ERROR_UNREACHABLE, "what answers at %s is no Docker engine",
                         engine->place.text);
    const char *architecture = value_text(value_get(answer.document, "Arch"));
    engine->facts.architecture = keep(engine, architecture, "amd64");
    engine->facts.version = arena_printf(engine->arena, "%d.%d", version.major, version.minor);
    return true;
}

static void note_facts(struct engine *engine, const struct http_response *ping)
{
    const char *server = http_header(ping, "Server");
    struct engine_facts *facts = &engine->facts;
    struct engine_version version = { 0, 0 };
    facts->place = engine->place.text;
    facts->podman = http_header(ping, "Libpod-API-Version") || (server && strstr(server, "Libpod"));
    facts->name = facts->podman ? "Podman" : "Docker";
    facts->os = keep(engine, http_header(ping, "OSType"), "linux");
    read_version(facts->version, &version);
    /* Since API 1.39 (18.09) BuildKit is there without being switched on, but for Windows. */
    facts->buildkit = !facts->podman && strcmp(facts->os, "windows") != 0
                      && !older(version, (struct engine_version){ 1, 39 });
    engine->description = arena_printf(engine->arena, "%s engine at %s", facts->name, facts->place);
}

static bool ask_what_it_is(struct engine *engine, const struct wait *outer, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct wait wait = wait_for(PING_MS, outer);
    struct engine_call call = { .method = "GET", .path = "/_ping", .what = "ask the engine" };
    struct http_response ping;
    if (!request(engine, arena, &call, NULL, NULL, &ping, &wait, err)
        || !agree(engine, &ping, &wait, err))
        return false;
    note_facts(engine, &ping);
    return true;
}

bool engine_open(struct http *http, const struct engine_options *options,
                 struct engine **ret_engine, const struct wait *wait, struct error *err)
{
    struct arena *arena = arena_new();
    struct engine *engine = arena_alloc(arena, sizeof *engine);
    *engine = (struct engine){ .arena = arena, .http = http };
    if (!engine_place_find(arena, options, &engine->place, err)) {
        arena_free(arena);
        return false;
    }
    engine->description = arena_printf(arena, "engine at %s", engine->place.text);
    if (!ask_what_it_is(engine, wait, err)) {
        arena_free(arena);
        return false;
    }
    *ret_engine = engine;
    return true;
}

void engine_close(struct engine *engine)
{
    if (engine)
        arena_free(engine->arena);
}

const struct engine_facts *engine_facts(const struct engine *engine)
{
    return &engine->facts;
}

const char *engine_describe(const struct engine *engine)
{
    return engine->description;
}
