/*
 * .cmxignore: no patterns and no path crash it or take for ever. The input is
 * patterns, a NUL, and a path.
 */
#include "base/cleanup.h"
#include "manifest/cmxignore.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    size_t patterns = strnlen(text, size);
    const char *path = patterns < size ? text + patterns + 1 : "a/b.yaml";
    const struct cmxignore *above = cmxignore_read(arena, NULL, "", text, patterns);
    bool file = cmxignore_matches(above, path, false);
    /* The same answer a second time, and from an empty file below. */
    const struct cmxignore *below = cmxignore_read(arena, above, "", "", 0);
    if (cmxignore_matches(below, path, false) != file)
        abort();
    cmxignore_matches(above, path, true);
    return 0;
}
