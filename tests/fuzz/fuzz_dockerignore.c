/*
 * .dockerignore: no patterns and no path crash it or take for ever; walking down folder by folder
 * and asking for a folder's files agree on what no "!" takes back in. The input is patterns, a
 * NUL, and a path.
 */
#include "base/cleanup.h"
#include "providers/build/dockerignore.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the walk of a context finds of the path: folder by folder. */
static bool walk(struct arena *arena, const struct patterns *patterns, const char *path)
{
    bool *above = arena_array(arena, patterns->count + 1, sizeof *above), *own;
    char *part = arena_strdup(arena, path);
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        own = arena_array(arena, patterns->count + 1, sizeof *own);
        if (patterns_match(patterns, arena, part, above, own)
            && !patterns_except_below(patterns, part))
            return true;
        above = own;
        *slash = '/';
    }
    return patterns_match(patterns, arena, path, above, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    size_t length = strnlen(text, size);
    const char *path = length < size ? text + length + 1 : "a/b.c";
    struct source_file file = {
        .path = ".dockerignore", .data = text, .length = length, .quotable = true
    };
    struct patterns patterns = { 0 };
    struct problems problems;
    struct pattern glob;
    struct error err;
    problems_start(&problems, arena);
    dockerignore_read(arena, &file, &patterns, &problems);
    bool alone = patterns_match(&patterns, arena, path, NULL, NULL);
    if (!patterns.exceptions && walk(arena, &patterns, path) != alone)
        abort();
    if (glob_compile(arena, text, &glob, &err))
        glob_match(&glob, path);
    return 0;
}
