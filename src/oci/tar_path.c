/* tar_path: paths that cannot lead out of a tree; see tar.h. */
#include "oci/tar_parts.h"

#include <string.h>

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

/* Appends one part; ".." takes the last one away, or is a trick where there is none. */
static char *add_part(char *start, char *at, const char *part, size_t length, unsigned *tricks)
{
    if (length == 0 || (length == 1 && *part == '.'))
        return at;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
        if (at == start) {
            *tricks |= TAR_CLIMBS;
            return at;
        }
        *at = '\0';
        char *slash = strrchr(start, '/');
        return slash ? slash : start;
    }
    if (at != start)
        *at++ = '/';
    memcpy(at, part, length);
    return at + length;
}

const char *tar_path_clean(struct arena *arena, const char *path, unsigned *tricks)
{
    char *start = arena_alloc(arena, strlen(path) + 2), *at = start;
    if (*path == '/')
        *tricks |= TAR_ABSOLUTE;
    while (*path) {
        size_t length = strcspn(path, "/");
        at = add_part(start, at, path, length, tricks);
        path += length;
        path += *path == '/';
    }
    *at = '\0';
    return start;
}

static int depth_of(const char *folder)
{
    int depth = 0;
    for (const char *at = folder; *at; at++)
        depth += *at == '/';
    return depth; /* the last part is the link itself */
}

/* Does a symbolic link lead above the root? An absolute one begins there. */
static bool leads_out(const char *path, const char *target)
{
    int depth = *target == '/' ? 0 : depth_of(path);
    while (*target) {
        size_t length = strcspn(target, "/");
        if (length == 2 && target[0] == '.' && target[1] == '.')
            depth--;
        else if (length && !(length == 1 && *target == '.'))
            depth++;
        if (depth < 0)
            return true;
        target += length;
        target += *target == '/';
    }
    return false;
}

static bool clean_link(struct arena *arena, struct tar_entry *entry, struct error *err)
{
    unsigned tricks = 0;
    if (entry->kind == TAR_SYMLINK && leads_out(entry->path, entry->link))
        entry->tricks |= TAR_LINK_OUT;
    if (entry->kind != TAR_HARDLINK)
        return true;
    entry->link = tar_path_clean(arena, entry->link, &tricks);
    if (tricks & TAR_CLIMBS)
        entry->tricks |= TAR_LINK_OUT;
    if (!*entry->link)
        return error_set(err, ERROR_INVALID, "tar: %.200s: a hard link to nothing", entry->path);
    return true;
}

/* ".wh.NAME" beside NAME; a name that would mean the folder itself or the one above is refused. */
static bool find_whiteout(struct arena *arena, struct tar_entry *entry, struct error *err)
{
    const char *slash = strrchr(entry->path, '/'), *name = slash ? slash + 1 : entry->path;
    size_t folder = slash ? (size_t)(slash - entry->path) : 0;
    if (strncmp(name, WHITEOUT, strlen(WHITEOUT)) != 0)
        return true;
    if (strcmp(name, OPAQUE) == 0) {
        entry->whiteout = TAR_OPAQUE;
        entry->path = arena_memdup(arena, entry->path, folder);
        return true;
    }
    const char *gone = name + strlen(WHITEOUT);
    if (strncmp(gone, WHITEOUT, strlen(WHITEOUT)) == 0)
        return true; /* AUFS's own; the reader drops it */
    if (!*gone || strcmp(gone, ".") == 0 || strcmp(gone, "..") == 0)
        return error_set(err, ERROR_INVALID, "tar: %.200s: a whiteout of no name", entry->path);
    entry->whiteout = TAR_WHITEOUT;
    entry->path = arena_printf(arena, "%.*s%s%s", (int)folder, entry->path, slash ? "/" : "", gone);
    return true;
}

bool tar_entry_clean(struct arena *arena, struct tar_entry *entry, struct error *err)
{
    entry->path = tar_path_clean(arena, entry->path, &entry->tricks);
    if (entry->kind == TAR_FILE && entry->mode & 06000)
        entry->tricks |= TAR_SET_ID;
    return clean_link(arena, entry, err) && find_whiteout(arena, entry, err);
}
