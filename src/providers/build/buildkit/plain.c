/* plain: see plain.h. */
#include "providers/build/buildkit/plain.h"

#include "base/cleanup.h"
#include "base/printable.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL_BYTES = 1600 };

void plain_start(struct plain *plain, struct arena *arena, struct build_log *log)
{
    *plain = (struct plain){ .arena = arena, .log = log };
    plain->steps = arena_array(arena, PLAIN_STEPS, sizeof *plain->steps);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "0.211 text", "12.5 text": the seconds since the step began, and a line of it. */
static const char *printed(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (!whole || text[whole] != '.')
        return NULL;
    size_t part = strspn(text + whole + 1, "0123456789");
    const char *behind = text + whole + 1 + part;
    return part && (*behind == ' ' || !*behind) ? behind + (*behind == ' ') : NULL;
}

/* Told when it begins, since it may be silent for long; that its result was there comes later. */
static void begin_step(struct plain *plain, unsigned number, const char *name)
{
    struct plain_step *step = &plain->steps[number - 1];
    if (step->name)
        return; /* it goes on */
    step->name = arena_strdup(plain->arena, name);
    build_log_line(plain->log, BUILD_LINE_STEP, number, name, strlen(name));
}

static void add_step_line(struct plain *plain, unsigned number, const char *text)
{
    const char *name = plain->steps[number - 1].name, *line = printed(text);
    if (*text == '[' && !begins(text, "[internal]")) {
        begin_step(plain, number, text);
    } else if (begins(text, "CACHED") && name) {
        build_log_line(plain->log, BUILD_LINE_CACHED, number, name, strlen(name));
    } else if (begins(text, "ERROR: ")) {
        plain->failed = number;
        plain->why = arena_strdup(plain->arena, text + 7);
    } else if (line && name) {
        build_log_line(plain->log, BUILD_LINE_OUTPUT, number, line, strlen(line));
    }
}

/* #0 building with "mine" instance using remote driver */
static void learn_builder(struct plain *plain, const char *line)
{
    static const char words[] = "#0 building with \"";
    if (begins(line, words)) {
        const char *name = line + strlen(words);
        plain->builder = arena_memdup(plain->arena, name, strcspn(name, "\""));
    }
}

static void take_clean_line(struct plain *plain, const char *line, size_t length)
{
    char *end;
    learn_builder(plain, line);
    unsigned long number = *line == '#' ? strtoul(line + 1, &end, 10) : 0;
    if (number > 0 && number <= PLAIN_STEPS && *end == ' ')
        add_step_line(plain, (unsigned)number, end + 1);
    else if (begins(line, "ERROR: ") || begins(line, "error: "))
        plain->error = arena_strdup(plain->arena, line + 7);
    else if (length && *line != '#' && plain->error) /* it goes on */
        plain->error = arena_printf(plain->arena, "%s %.*s", plain->error, (int)length, line);
    else if (length && *line != '#' && !plain->failed) /* what failed is shown again at the end */
        build_log_line(plain->log, BUILD_LINE_OUTPUT, 0, line, length);
}

/* A program in a RUN may print what it mounts, and a log is kept beside the image. */
static void take_line(void *context, const char *line, size_t length)
{
    struct plain *plain = context;
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    bool cut = length >= BUILD_LOG_LINE_BYTES - 1;
    if (!plain->redactor) {
        take_clean_line(plain, line, length);
        return;
    }
    /* Of a line that was cut, the last word may be a part of a value. */
    while (length && cut && !isspace((unsigned char)line[length - 1]))
        length--;
    redactor_clean(plain->redactor, line, length, &clean);
    take_clean_line(plain, buf_text(&clean), clean.length);
}

void plain_add(struct plain *plain, const char *data, size_t length)
{
    build_output_add(&plain->output, data, length, take_line, plain);
}

static const char *exit_code(struct arena *arena, const char *why)
{
    const char *at = why ? strstr(why, "exit code: ") : NULL;
    size_t digits = at ? strspn(at + 11, "0123456789") : 0;
    return digits ? arena_memdup(arena, at + 11, digits) : NULL;
}

/* Where no step can be named, it may be the builder that is the wrong one, or is not there. */
static const char *name_program(const struct plain *plain, struct arena *arena, const char *program)
{
    if (!plain->builder)
        return program;
    return arena_printf(arena, "%s, its builder \"%.100s\"", program,
                        printable_text(arena, plain->builder));
}

bool plain_failure(struct plain *plain, const char *program, int status, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    program = name_program(plain, arena, program);
    build_output_end(&plain->output, take_line, plain);
    const char *tail = build_log_tail(plain->log, arena, plain->failed, TAIL_BYTES);
    const char *name = plain->failed ? plain->steps[plain->failed - 1].name : NULL;
    const char *code = exit_code(arena, plain->why);
    const char *error = plain->error ? plain->error : plain->why;
    if (name && code)
        return error_set(err, ERROR_INVALID, "%.300s: exit code %s%s%s",
                         printable_text(arena, name), code,
                         *tail ? "; its last lines:" : " (it printed nothing)", tail);
    if (error)
        return error_set(err, ERROR_INVALID, "%s: %.600s%s%s", program,
                         printable_text(arena, error), *tail ? "; the last lines:" : "", tail);
    return error_set(err, ERROR_INVALID, "%s ended with exit code %d%s%s", program, status,
                     *tail ? "; its last lines:" : "", tail);
}
