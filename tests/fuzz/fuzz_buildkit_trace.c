/*
 * Fuzzes what an engine streams while it builds: JSON documents where the input begins with
 * "{", else BuildKit's protocol buffers messages, each behind two bytes of length.
 */
#include "base/cleanup.h"
#include "providers/docker/build_progress.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_bytes(void *context, enum build_line kind, unsigned step, const char *text)
{
    (void)kind, (void)step;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\t' && text[i] != '\n')
            abort(); /* what a terminal would act on */
    *(size_t *)context += length;
}

static void read_documents(struct build_progress *progress, const char *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    struct error err;
    struct json_reader *reader =
        json_reader_new(JSON_STREAM, 1 << 20, build_progress_add, progress);
    bool whole =
        json_reader_feed(reader, data, size, &err) && json_reader_end(reader, arena, NULL, &err);
    (void)whole;
    json_reader_free(reader);
}

static void read_messages(struct build_progress *progress, const uint8_t *data, size_t size)
{
    struct error err;
    while (size > 2) {
        size_t length = data[0] | (size_t)data[1] << 8;
        data += 2, size -= 2;
        length = length < size ? length : size;
        if (!buildkit_trace_add(&progress->trace, (const char *)data, length, &err))
            return;
        data += length, size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    size_t bytes = 0;
    struct build_log log = { .listener = count_bytes, .context = &bytes };
    struct build_progress progress;
    struct error err = { 0 };
    const char *id;
    build_progress_start(&progress, arena, &log);
    if (size && *data == '{')
        read_documents(&progress, (const char *)data, size);
    else
        read_messages(&progress, data, size);
    if (!build_progress_end(&progress, &id, &err) && !err.message[0])
        abort();
    return 0;
}
