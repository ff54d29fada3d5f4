/* log: see log.h. One write() a line, so that lines of threads do not mix. */
#include "base/log.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/printable.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_LINE = 16 << 10 };

static const char *const LEVELS[] = { "error", "warning", "info", "debug" };
static const char *const FORMATS[] = { "text", "json" };

/* Written once by log_configure() before there are threads. */
static struct {
    enum log_level level;
    enum log_format format;
} settings = { LOG_WARNING, LOG_TEXT };

void log_configure(enum log_level level, enum log_format format)
{
    settings.level = level;
    settings.format = format;
}

bool log_enabled(enum log_level level)
{
    return level <= settings.level;
}

/* Of what is printable already only line breaks and tabs are left to be escaped. */
static void add_json_string(struct buf *line, const char *text)
{
    buf_putc(line, '"');
    for (; *text; text++) {
        if (*text == '\n' || *text == '\t')
            buf_puts(line, *text == '\n' ? "\\n" : "\\t");
        else if (*text == '"' || *text == '\\')
            buf_printf(line, "\\%c", *text);
        else
            buf_putc(line, *text);
    }
    buf_putc(line, '"');
}

static void add_line(struct buf *line, enum log_level level, const char *message)
{
    if (settings.format == LOG_TEXT) {
        buf_printf(line, "cmx-reconcile: %s: %s\n", LEVELS[level], message);
        return;
    }
    AUTO_ARENA arena = arena_new();
    buf_printf(line,
               "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", time_text(arena, clock_unix()),
               LEVELS[level]);
    add_json_string(line, message);
    buf_puts(line, "}\n");
}

static void write_line(const struct buf *line)
{
    ssize_t written = write(STDERR_FILENO, buf_text(line), line->length);
    (void)written; /* nobody is left to be told */
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    AUTO_BUF raw = BUF_INIT(LONGEST_LINE), message = BUF_INIT(2 * LONGEST_LINE);
    AUTO_BUF line = BUF_INIT(8 * LONGEST_LINE);
    va_list args;
    va_start(args, format);
    buf_vprintf(&raw, format, args);
    va_end(args);
    printable_add(&message, buf_text(&raw), raw.length, false);
    add_line(&line, level, buf_text(&message));
    write_line(&line);
}

void log_tell(const char *format, ...)
{
    AUTO_BUF message = BUF_INIT(LONGEST_LINE);
    AUTO_BUF line = BUF_INIT(8 * LONGEST_LINE);
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    if (settings.format == LOG_JSON)
        add_line(&line, LOG_ERROR, buf_text(&message));
    else
        buf_printf(&line, "%s\n", buf_text(&message));
    write_line(&line);
}

static bool name_find(const char *const *names, int count, const char *text, int *index)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0) {
            *index = i;
            return true;
        }
    return false;
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
    int index;
    if (!name_find(LEVELS, 4, text, &index))
        return false;
    *ret_level = (enum log_level)index;
    return true;
}

bool log_format_parse(const char *text, enum log_format *ret_format)
{
    int index;
    if (!name_find(FORMATS, 2, text, &index))
        return false;
    *ret_format = (enum log_format)index;
    return true;
}
