/* buildkit_trace: see buildkit_trace.h. */
#include "providers/docker/buildkit_trace.h"

#include "providers/docker/protobuf.h"

#include <string.h>

struct trace_step {
    const char *digest, *name, *error;
    unsigned number; /* in the log; 0: it is not told there */
    bool begun, ended;
    struct build_output output;
    struct build_log *log;
};

/* Numbers of fields in StatusResponse and its parts (control.proto). */
enum { STATUS_VERTEX = 1, STATUS_LOG = 3, STATUS_WARNING = 4 };
enum { VERTEX_DIGEST = 1, VERTEX_NAME = 3, VERTEX_CACHED = 4, VERTEX_STARTED = 5 };
enum { VERTEX_COMPLETED = 6, VERTEX_ERROR = 7 };
enum { LOG_VERTEX = 1, LOG_MESSAGE = 4 };
enum { WARNING_SHORT = 3 };

void buildkit_trace_start(struct buildkit_trace *trace, struct arena *arena, struct build_log *log)
{
    *trace = (struct buildkit_trace){ .arena = arena, .log = log };
}

static struct trace_step *find_step(struct buildkit_trace *trace,
                                    const struct protobuf_field *digest)
{
    for (size_t i = trace->count; i-- > 0;)
        if (strlen(trace->steps[i]->digest) == digest->length
            && memcmp(trace->steps[i]->digest, digest->data, digest->length) == 0)
            return trace->steps[i];
    return NULL;
}

static struct trace_step *step_of(struct buildkit_trace *trace, const struct protobuf_field *digest)
{
    struct trace_step *step = digest->data ? find_step(trace, digest) : NULL;
    if (step || !digest->length || trace->count == TRACE_STEPS
        || memchr(digest->data, '\0', digest->length))
        return step;
    step = arena_alloc(trace->arena, sizeof *step);
    step->digest = arena_memdup(trace->arena, digest->data, digest->length);
    step->log = trace->log;
    arena_push(trace->arena, trace->steps, trace->count, trace->capacity, step);
    return step;
}

/* What BuildKit does for itself ("[internal] load…", "copy /context /") no user wrote. */
static bool is_internal(const struct trace_step *step)
{
    return *step->name != '[' || strncmp(step->name, "[internal]", 10) == 0;
}

static void log_output(void *context, const char *line, size_t length)
{
    const struct trace_step *step = context;
    build_log_line(step->log, BUILD_LINE_OUTPUT, step->number, line, length);
}

static void tell(struct buildkit_trace *trace, struct trace_step *step, bool started, bool cached)
{
    if (step->begun || (!started && !cached) || !step->name)
        return;
    step->begun = true;
    if (is_internal(step))
        return;
    step->number = ++trace->told;
    build_log_line(trace->log, cached ? BUILD_LINE_CACHED : BUILD_LINE_STEP, step->number,
                   step->name, strlen(step->name));
}

static const char *field_text(struct buildkit_trace *trace, const struct protobuf_field *field,
                              const char *before)
{
    size_t known = before ? strlen(before) : 0;
    if (before && known == field->length && memcmp(before, field->data, known) == 0)
        return before;
    return arena_memdup(trace->arena, field->data, field->length);
}

struct vertex {
    struct protobuf_field digest, name, error;
    bool started, completed, cached;
};

static void read_vertex(struct protobuf *message, struct vertex *ret)
{
    struct protobuf_field field;
    while (protobuf_next(message, &field)) {
        if (field.number == VERTEX_CACHED && !field.is_bytes)
            ret->cached = field.integer != 0;
        if (!field.is_bytes)
            continue;
        if (field.number == VERTEX_DIGEST)
            ret->digest = field;
        else if (field.number == VERTEX_NAME)
            ret->name = field;
        else if (field.number == VERTEX_ERROR)
            ret->error = field;
        else if (field.number == VERTEX_STARTED)
            ret->started = true;
        else if (field.number == VERTEX_COMPLETED)
            ret->completed = true;
    }
}

static void add_vertex(struct buildkit_trace *trace, struct protobuf *message)
{
    struct vertex vertex = { 0 };
    read_vertex(message, &vertex);
    struct trace_step *step = message->broken ? NULL : step_of(trace, &vertex.digest);
    if (!step)
        return;
    if (vertex.name.length)
        step->name = field_text(trace, &vertex.name, step->name);
    if (vertex.error.length)
        step->error = field_text(trace, &vertex.error, step->error);
    tell(trace, step, vertex.started, vertex.cached);
    if (vertex.completed && !step->ended) {
        build_output_end(&step->output, log_output, step);
        step->ended = true;
    }
}

static void add_log(struct buildkit_trace *trace, struct protobuf *message)
{
    struct protobuf_field field, vertex = { 0 }, text = { 0 };
    while (protobuf_next(message, &field)) {
        if (field.number == LOG_VERTEX && field.is_bytes)
            vertex = field;
        else if (field.number == LOG_MESSAGE && field.is_bytes)
            text = field;
    }
    struct trace_step *step = message->broken ? NULL : step_of(trace, &vertex);
    if (step && text.length)
        build_output_add(&step->output, text.data, text.length, log_output, step);
}

static void add_warning(struct buildkit_trace *trace, struct protobuf *message)
{
    struct protobuf_field field;
    while (protobuf_next(message, &field))
        if (field.number == WARNING_SHORT && field.is_bytes)
            build_log_line(trace->log, BUILD_LINE_WARNING, 0, field.data, field.length);
}

bool buildkit_trace_add(struct buildkit_trace *trace, const char *data, size_t length,
                        struct error *err)
{
    struct protobuf status = protobuf_of(data, length);
    struct protobuf_field field;
    bool whole = true;
    while (protobuf_next(&status, &field)) {
        struct protobuf part = protobuf_of(field.data, field.length);
        if (!field.is_bytes)
            continue;
        if (field.number == STATUS_VERTEX)
            add_vertex(trace, &part);
        else if (field.number == STATUS_LOG)
            add_log(trace, &part);
        else if (field.number == STATUS_WARNING)
            add_warning(trace, &part);
        whole &= !part.broken;
    }
    if (whole && !status.broken)
        return true;
    return error_set(err, ERROR_INPUT,
                     "BuildKit's progress cannot be read: it is no protocol "
                     "buffers message");
}

void buildkit_trace_end(struct buildkit_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        build_output_end(&trace->steps[i]->output, log_output, trace->steps[i]);
}

bool buildkit_trace_failed(const struct buildkit_trace *trace, const char **ret_name,
                           const char **ret_error, unsigned *ret_step)
{
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_step *step = trace->steps[i];
        if (!step->error || strstr(step->error, "context canceled"))
            continue;
        *ret_name = step->name ? step->name : "";
        *ret_error = step->error;
        *ret_step = step->number;
        return true;
    }
    return false;
}
