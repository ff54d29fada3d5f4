/* build_log: see build_log.h. */
#include "providers/docker/build_log.h"

#include "base/cleanup.h"
#include "base/printable.h"

#include <string.h>

static void keep(struct build_log *log, unsigned step, const char *text)
{
    size_t at = log->count++ % BUILD_LOG_LINES, length = strlen(text);
    if (length > BUILD_LOG_LINE_BYTES)
        length = BUILD_LOG_LINE_BYTES;
    log->kept[at].step = step;
    memcpy(log->kept[at].text, text, length);
    log->kept[at].text[length] = '\0';
}

void build_log_line(struct build_log *log, enum build_line kind, unsigned step, const char *text,
                    size_t length)
{
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    if (length > BUILD_LOG_LINE_BYTES)
        length = BUILD_LOG_LINE_BYTES;
    printable_add(&clean, text, length, false);
    if (kind == BUILD_LINE_OUTPUT || kind == BUILD_LINE_WARNING)
        keep(log, step, buf_text(&clean));
    if (log->listener)
        log->listener(log->context, kind, step, buf_text(&clean));
}

static size_t index_of(const struct build_log *log, size_t back)
{
    return (log->count - 1 - back) % BUILD_LOG_LINES;
}

const char *build_log_tail(const struct build_log *log, struct arena *arena, unsigned step,
                           size_t most)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    size_t there = log->count < BUILD_LOG_LINES ? log->count : BUILD_LOG_LINES;
    size_t used = 0, first = 0;
    for (; first < there; first++) {
        size_t at = index_of(log, first);
        if (step && log->kept[at].step != step)
            continue;
        used += strlen(log->kept[at].text) + 3;
        if (used > most)
            break;
    }
    while (first-- > 0) {
        size_t at = index_of(log, first);
        if (!step || log->kept[at].step == step)
            buf_printf(&text, "\n  %s", log->kept[at].text);
    }
    return arena_strdup(arena, buf_text(&text));
}

/* Escape sequences ("\033[1;32m") are for the terminal of the build, not for ours. */
static size_t without_escapes(char *text, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\033') {
            text[kept++] = text[i];
            continue;
        }
        i++;
        if (i < length && text[i] == '[')
            for (i++; i < length && (text[i] < '@' || text[i] > '~');)
                i++;
    }
    return kept;
}

static void end_line(struct build_output *output, build_line_taker *taker, void *context)
{
    size_t length = without_escapes(output->line, output->length);
    output->line[length] = '\0';
    taker(context, output->line, length);
    *output = (struct build_output){ 0 };
}

static void add_byte(struct build_output *output, char c)
{
    if (output->returned)
        output->length = 0;
    output->returned = false;
    if (output->length < sizeof output->line - 1)
        output->line[output->length++] = c;
}

void build_output_add(struct build_output *output, const char *data, size_t length,
                      build_line_taker *taker, void *context)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n')
            end_line(output, taker, context);
        else if (data[i] == '\r')
            output->returned = true;
        else
            add_byte(output, data[i]);
    }
}

void build_output_end(struct build_output *output, build_line_taker *taker, void *context)
{
    if (output->length)
        end_line(output, taker, context);
}
