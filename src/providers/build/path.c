/* path: see path.h. */
#include "providers/build/path.h"

#include <string.h>

/* Appends a part to what ends at `end`; returns the new end. */
static size_t add_part(char *out, size_t end, size_t root, const char *part, size_t length)
{
    if (end > root)
        out[end++] = '/';
    memmove(out + end, part, length);
    return end + length;
}

/* Takes the last part away. False: there is none, or it is itself "..". */
static bool drop_part(const char *out, size_t *end, size_t root)
{
    size_t at = *end;
    while (at > root && out[at - 1] != '/')
        at--;
    if (*end == root || (*end - at == 2 && memcmp(out + at, "..", 2) == 0))
        return false;
    *end = at > root ? at - 1 : root;
    return true;
}

const char *path_clean(struct arena *arena, const char *path)
{
    size_t root = *path == '/', end = root;
    char *out = arena_alloc(arena, strlen(path) + 2);
    if (root)
        out[0] = '/';
    while (*path) {
        size_t length = strcspn(path, "/");
        bool up = length == 2 && memcmp(path, "..", 2) == 0;
        if (up && !drop_part(out, &end, root) && !root)
            end = add_part(out, end, root, "..", 2);
        else if (!up && length && !(length == 1 && *path == '.'))
            end = add_part(out, end, root, path, length);
        path += length + (path[length] == '/');
    }
    if (end == 0)
        out[end++] = '.';
    out[end] = '\0';
    return out;
}

const char *path_in(struct arena *arena, const char *folder, const char *path)
{
    if (*path == '/')
        return path_clean(arena, path);
    return path_clean(arena, arena_printf(arena, "/%s/%s", folder, path));
}

const char *path_below(struct arena *arena, const char *path)
{
    return path_in(arena, "", path) + 1;
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *path_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_memdup(arena, path, (size_t)(slash - path)) : "";
}
