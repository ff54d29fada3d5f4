/*
 * The JSON reader: no input crashes it, and where the input is cut makes no
 * difference to what is read.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool print(void *context, struct arena *arena, const struct value *value, struct error *err)
{
    (void)arena;
    (void)err;
    json_write(context, value);
    return buf_putc(context, '\n');
}

static bool read_in_steps(const char *data, size_t size, size_t step, enum json_mode mode,
                          struct buf *out)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    const struct value *rest = NULL;
    struct json_reader *reader = json_reader_new(mode, 1 << 20, print, out);
    bool fine = true;
    for (size_t at = 0; fine && at < size; at += step)
        fine = json_reader_feed(reader, data + at, size - at < step ? size - at : step, &error);
    fine = fine && json_reader_end(reader, arena, &rest, &error);
    if (fine && rest)
        json_write(out, rest);
    json_reader_free(reader);
    return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int mode = JSON_STREAM; mode <= JSON_ITEMS; mode++) {
        AUTO_BUF whole = BUF_INIT(16 << 20), cut = BUF_INIT(16 << 20);
        bool a = read_in_steps((const char *)data, size, size ? size : 1, mode, &whole);
        bool b = read_in_steps((const char *)data, size, 1, mode, &cut);
        if (a != b || (a && strcmp(buf_text(&whole), buf_text(&cut)) != 0))
            abort();
    }
    return 0;
}
