/* dockerignore: see dockerignore.h. */
#include "providers/build/dockerignore.h"

#include "providers/build/path.h"

#include <string.h>

static void read_line(struct arena *arena, const struct source_file *file, size_t start,
                      size_t length, uint32_t number, struct patterns *patterns,
                      struct problems *problems)
{
    struct error err;
    struct place place = {
        .line = number, .column = 1, .start = (uint32_t)start, .end = (uint32_t)(start + length)
    };
    const char *text = file->data + start;
    if (length == 0 || *text == '#')
        return;
    if (memchr(text, '\0', length))
        problem_add(problems, file, place, file->quotable, "not a pattern: it holds a NUL");
    else if (patterns->count == DOCKERIGNORE_PATTERNS_CEILING)
        problem_add(problems, file, place, file->quotable, "more than %d patterns",
                    DOCKERIGNORE_PATTERNS_CEILING);
    else if (!patterns_add(arena, patterns, arena_memdup(arena, text, length), &err))
        problem_add(problems, file, place, file->quotable, "%s", err.message);
    else
        patterns_say(patterns, arena_printf(arena, "%s:%u", path_base(file->path), number));
}

void dockerignore_read(struct arena *arena, const struct source_file *file,
                       struct patterns *patterns, struct problems *problems)
{
    size_t at = 0, before = problems->errors;
    if (file->length >= 3 && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0)
        at = 3;
    for (uint32_t number = 1; at < file->length && problems->errors < before + 20; number++) {
        const char *stop = memchr(file->data + at, '\n', file->length - at);
        size_t length = stop ? (size_t)(stop - file->data) - at : file->length - at;
        read_line(arena, file, at, length, number, patterns, problems);
        at += length + 1;
    }
}
