/*
 * settings: `files`, `entrypoint`, `environment` and the like of a kind Image, as instructions.
 *
 * So every builder lays them over a Dockerfile in the same way: they are appended to it.
 */
#include "providers/build/inner.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <string.h>

struct writer {
    struct buf *out;
    char escape;
};

/* In double quotes, with what a variable or a quote would be taken for escaped. */
static void add_quoted(const struct writer *to, const char *text)
{
    buf_putc(to->out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '$' || *text == to->escape)
            buf_putc(to->out, to->escape);
        buf_putc(to->out, *text);
    }
    buf_putc(to->out, '"');
}

static void add_pairs(const struct writer *to, const char *name, const struct image_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        buf_printf(to->out, "%s ", name);
        add_quoted(to, pairs->items[i].key);
        buf_putc(to->out, '=');
        add_quoted(to, pairs->items[i].text);
        buf_putc(to->out, '\n');
    }
}

static void add_list(struct buf *out, const char *name, const struct text_list *list)
{
    buf_printf(out, "%s [", name);
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(out, i ? ", " : "");
        json_write_string(out, list->items[i], strlen(list->items[i]));
    }
    buf_puts(out, "]\n");
}

/* A path in a JSON list whose variables mean nothing, nor (of a source) its wildcards. */
static void add_path(const struct writer *to, const char *path, bool source)
{
    AUTO_BUF plain = BUF_INIT(BUF_OUTPUT_CEILING);
    for (; *path; path++) {
        bool wild = source && strchr("*?[\\", *path);
        if (wild && to->escape == '\\')
            buf_putc(&plain, '\\');
        if (wild)
            buf_putc(&plain, '\\');
        if (strchr("$'\"", *path) || *path == to->escape)
            buf_putc(&plain, to->escape);
        buf_putc(&plain, *path);
    }
    json_write_string(to->out, buf_text(&plain), plain.length);
}

/* VOLUME fills in variables, also in a list. */
static void add_volumes(const struct writer *to, const struct text_list *volumes)
{
    for (size_t i = 0; i < volumes->count; i++) {
        buf_puts(to->out, i ? ", " : "VOLUME [");
        add_path(to, volumes->items[i], false);
    }
    buf_puts(to->out, volumes->count ? "]\n" : "");
}

static void add_file(const struct writer *to, const struct image_file *file)
{
    buf_puts(to->out, "COPY ");
    if (file->mode >= 0)
        buf_printf(to->out, "--chmod=%04o ", (unsigned)file->mode);
    if (file->owner)
        buf_printf(to->out, "--chown=%s ", file->owner);
    buf_putc(to->out, '[');
    add_path(to, *file->from ? file->from : ".", true);
    buf_puts(to->out, ", ");
    add_path(to, file->to, false);
    buf_puts(to->out, "]\n");
}

static void add_duration(struct buf *out, const char *flag, int64_t milliseconds)
{
    if (milliseconds)
        buf_printf(out, "--%s=%lldms ", flag, (long long)milliseconds);
}

static void add_healthcheck(struct buf *out, const struct image_healthcheck *check)
{
    if (!check->given)
        return;
    if (check->none || check->test.count == 0) {
        buf_puts(out, "HEALTHCHECK NONE\n");
        return;
    }
    buf_puts(out, "HEALTHCHECK ");
    add_duration(out, "interval", check->interval);
    add_duration(out, "timeout", check->timeout);
    add_duration(out, "start-period", check->start_period);
    if (check->retries)
        buf_printf(out, "--retries=%lld ", (long long)check->retries);
    if (strcmp(check->test.items[0], "CMD-SHELL") == 0 && check->test.count == 2) {
        buf_printf(out, "CMD %s\n", check->test.items[1]);
        return;
    }
    bool named = strcmp(check->test.items[0], "CMD") == 0;
    struct text_list command = { check->test.items + named, check->test.count - named, 0 };
    add_list(out, "CMD", &command);
}

static void add_one(const struct writer *to, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(to->out, "%s ", name);
    add_quoted(to, text);
    buf_putc(to->out, '\n');
}

/* ------------------------------------------------------------------------ checking */

static bool one_line(const char *what, const char *text, struct error *err)
{
    return !text || !strpbrk(text, "\r\n")
           || error_set(err, ERROR_INPUT, "%s: a line break cannot be built into an image", what);
}

static bool one_word(const char *what, const char *text, struct error *err)
{
    return !text || (*text && !strpbrk(text, " \t\v\f\r\n\"'$\\`"))
           || error_set(err, ERROR_INPUT, "%s: \"%s\" is not one word", what, text);
}

static bool check_pairs(const struct image_pairs *pairs, struct error *err)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (!one_word("a name", pairs->items[i].key, err)
            || !one_line(pairs->items[i].key, pairs->items[i].text, err))
            return false;
    return true;
}

/* The line of a health check is the only text that is written as it is. */
static bool ends_itself(const char *text, char escape, struct error *err)
{
    size_t length = strlen(text);
    while (length && strchr(" \t", text[length - 1]))
        length--;
    return !length || text[length - 1] != escape
           || error_set(err, ERROR_INPUT,
                        "healthcheck: a line that ends with %c would go on into the next one",
                        escape);
}

/* What an instruction cannot say, so that no text of the manifest becomes an instruction. */
static bool check(const struct image_spec *spec, char escape, struct error *err)
{
    const struct image_settings *settings = &spec->settings;
    const struct text_list *test = &settings->healthcheck.test;
    for (size_t i = 0; i < settings->file_count; i++)
        if (!one_word("owner", settings->files[i].owner, err))
            return false;
    for (size_t i = 0; i < settings->ports.count; i++)
        if (!one_word("ports", settings->ports.items[i], err))
            return false;
    for (size_t i = 0; i < test->count; i++)
        if (!one_line("healthcheck", test->items[i], err))
            return false;
    if (test->count == 2 && strcmp(test->items[0], "CMD-SHELL") == 0
        && !ends_itself(test->items[1], escape, err))
        return false;
    return check_pairs(&settings->environment, err) && check_pairs(&spec->build.labels, err)
           && one_line("workingDirectory", settings->working_directory, err)
           && one_line("user", settings->user, err)
           && one_line("stopSignal", settings->stop_signal, err);
}

bool build_settings_text(struct arena *arena, const struct image_spec *spec, char escape,
                         const char **ret, struct error *err)
{
    const struct image_settings *settings = &spec->settings;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct writer to = { &out, escape };
    if (!check(spec, escape, err))
        return false;
    for (size_t i = 0; i < settings->file_count; i++)
        add_file(&to, &settings->files[i]);
    add_pairs(&to, "ENV", &settings->environment);
    add_pairs(&to, "LABEL", &spec->build.labels);
    for (size_t i = 0; i < settings->ports.count; i++)
        buf_printf(&out, "EXPOSE %s\n", settings->ports.items[i]);
    add_volumes(&to, &settings->volumes);
    add_one(&to, "WORKDIR", settings->working_directory);
    add_one(&to, "USER", settings->user);
    add_one(&to, "STOPSIGNAL", settings->stop_signal);
    add_healthcheck(&out, &settings->healthcheck);
    if (settings->entrypoint)
        add_list(&out, "ENTRYPOINT", settings->entrypoint);
    if (settings->args)
        add_list(&out, "CMD", settings->args);
    *ret = arena_memdup(arena, buf_text(&out), out.length);
    return true;
}

/* ------------------------------------------------------------------ behind a Dockerfile */

/* Where a text ends once an escape that would go on into the next line is cut off. */
static size_t closed_length(const char *text, size_t length, char escape)
{
    for (size_t end = length; end;) {
        size_t start = end, last = end;
        while (start && text[start - 1] != '\n')
            start--;
        while (last > start && strchr(" \t\r\n", text[last - 1]))
            last--;
        bool goes_on = last > start && text[last - 1] == escape
                       && (last - start < 2 || text[last - 2] != escape);
        if (last > start && text[start + strspn(text + start, " \t")] != '#')
            return goes_on ? last - 1 : length;
        end = start ? start - 1 : 0;
    }
    return length;
}

const char *build_add_settings(struct arena *arena, const char *text, size_t length, char escape,
                               const char *settings)
{
    length = closed_length(text, length, escape);
    bool ended = length == 0 || text[length - 1] == '\n';
    return arena_printf(arena, "%.*s%s%s", (int)length, text, ended ? "" : "\n", settings);
}
