/* build_progress: see build_progress.h. */
#include "providers/docker/build_progress.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/printable.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL_BYTES = 1600 }; /* of the last lines: an error's message has no more room */

void build_progress_start(struct build_progress *progress, struct arena *arena,
                          struct build_log *log)
{
    *progress = (struct build_progress){ .arena = arena, .log = log };
    buildkit_trace_start(&progress->trace, arena, log);
}

/* --------------------------------------------------------- the classic builder */

/* "Step 2/5 : RUN make" of Docker, "STEP 2/5: RUN make" of Podman: "[2/5] RUN make". */
static const char *step_name(struct arena *arena, const char *line)
{
    const char *at = line + 5;
    size_t numbers;
    if (strncasecmp(line, "Step ", 5) != 0 || !isdigit((unsigned char)*at))
        return NULL;
    numbers = strspn(at, "0123456789/");
    const char *rest = at + numbers;
    rest += *rest == ' ';
    if (*rest != ':')
        return NULL;
    return arena_printf(arena, "[%.*s] %s", (int)numbers, at, rest + 1 + (rest[1] == ' '));
}

/* Podman tells the image's id in a line of its own. */
static bool is_id(const char *line)
{
    return strspn(line, "0123456789abcdef") == DIGEST_HEX && !line[DIGEST_HEX];
}

/* What the builder says of its own doings. */
static bool is_chatter(const char *line)
{
    static const char *const starts[] = {
        " ---> ",
        "--> ",
        "Removing intermediate container ",
        "Removed intermediate container ",
        "Successfully built ",
        "Successfully tagged ",
        "COMMIT ",
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return strcmp(line, "COMMIT") == 0 || is_id(line);
}

static bool is_cached(const char *line)
{
    return strcmp(line, " ---> Using cache") == 0 || strncmp(line, "--> Using cache ", 16) == 0;
}

static void tell_step(struct build_progress *progress, enum build_line kind)
{
    if (!progress->untold)
        return;
    progress->untold = false;
    build_log_line(progress->log, kind, progress->step, progress->step_name,
                   strlen(progress->step_name));
}

/*
 * Docker says of each step at once that its result is there or that it runs; Podman only that
 * it is there, which may then come as a second line about it.
 */
static void take_line(void *context, const char *line, size_t length)
{
    struct build_progress *progress = context;
    const char *name = step_name(progress->arena, line);
    if (name) {
        tell_step(progress, BUILD_LINE_STEP);
        progress->step++;
        progress->step_name = name;
        progress->untold = true;
        if (line[1] == 'T')
            tell_step(progress, BUILD_LINE_STEP);
    } else if (is_cached(line) && progress->step_name) {
        progress->untold = true;
        tell_step(progress, BUILD_LINE_CACHED);
    } else if (length) {
        tell_step(progress, BUILD_LINE_STEP);
        if (!is_chatter(line))
            build_log_line(progress->log, BUILD_LINE_OUTPUT, progress->step, line, length);
    }
}

/* ------------------------------------------------------------------- documents */

static bool add_trace(struct build_progress *progress, struct arena *arena, const char *text,
                      struct error *err)
{
    char *data;
    size_t length;
    if (!base64_decode(arena, text, strlen(text), &data, &length))
        return error_set(err, ERROR_INPUT, "BuildKit's progress cannot be read: it is not base64");
    return buildkit_trace_add(&progress->trace, data, length, err);
}

static void note_failure(struct build_progress *progress, const struct value *document)
{
    const char *words = value_text_at(document, "errorDetail", "message", NULL);
    if (!words)
        words = value_text(value_get(document, "error"));
    if (words && *words)
        progress->failure = arena_strdup(progress->arena, words);
}

bool build_progress_add(void *context, struct arena *arena, const struct value *document,
                        struct error *err)
{
    struct build_progress *progress = context;
    const struct value *aux = value_get(document, "aux"), *stream = value_get(document, "stream");
    const char *id = value_text(value_get(document, "id")), *image = value_text_at(aux, "ID", NULL);
    if (id && strcmp(id, "moby.buildkit.trace") == 0 && value_text(aux))
        return add_trace(progress, arena, value_text(aux), err);
    if (image && *image)
        progress->id = arena_strdup(progress->arena, image);
    if (stream && stream->kind == VALUE_STRING)
        build_output_add(&progress->output, stream->text.data, stream->text.length, take_line,
                         progress);
    note_failure(progress, document);
    return true;
}

/* --------------------------------------------------------------------- the end */

/*
 * "…: exit code: 3" of BuildKit, "… a non-zero code: 3" of the classic builder, "…: exit status 3"
 * of Podman; NULL: it was no exit code.
 */
static const char *exit_code(struct arena *arena, const char *words)
{
    static const char *const forms[] = { "exit code: ", "non-zero code: ", "exit status " };
    const char *last = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (const char *at = words; (at = strstr(at, forms[i])); at++)
            if (!last || at + strlen(forms[i]) > last)
                last = at + strlen(forms[i]);
    size_t digits = last ? strspn(last, "0123456789") : 0;
    return digits ? arena_memdup(arena, last, digits) : NULL;
}

static const char *without_end(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    while (length && strchr("\r\n ", text[length - 1]))
        length--;
    return arena_memdup(arena, text, length);
}

static bool say_failure(struct build_progress *progress, struct arena *arena, struct error *err)
{
    const char *name = progress->step_name, *words = progress->failure;
    unsigned step = progress->step;
    bool named = buildkit_trace_failed(&progress->trace, &name, &words, &step) || name;
    const char *code = exit_code(arena, words);
    const char *tail = build_log_tail(progress->log, arena, step, TAIL_BYTES);
    name = printable_text(arena, name ? name : "");
    words = without_end(arena, printable_text(arena, words));
    if (named && code && *name)
        return error_set(err, ERROR_INVALID, "%.300s: exit code %s%s%s", name, code,
                         *tail ? "; its last lines:" : " (it printed nothing)", tail);
    return error_set(err, ERROR_INVALID, "%.600s%s%s",
                     *words ? words : "the build failed, and the engine does not say why",
                     *tail ? "; the last lines:" : "", tail);
}

bool build_progress_end(struct build_progress *progress, const char **ret_id, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    build_output_end(&progress->output, take_line, progress);
    tell_step(progress, BUILD_LINE_STEP);
    buildkit_trace_end(&progress->trace);
    if (progress->failure)
        return say_failure(progress, arena, err);
    if (!progress->id)
        return error_set(err, ERROR_UNREACHABLE, "the engine ended the build without an image");
    *ret_id = progress->id;
    return true;
}
