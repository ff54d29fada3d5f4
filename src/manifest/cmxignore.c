/*
 * cmxignore: see cmxignore.h. Globs are matched by hand rather than by fnmatch,
 * which knows no "**" and follows the locale; steps are counted, so that a
 * pattern of many stars cannot take for ever.
 */
#include "manifest/cmxignore.h"

#include <ctype.h>
#include <string.h>

enum { STEPS_MOST = 100000 };

/* ------------------------------------------------------------------ reading */

/* Blanks at the end do not count, unless a backslash stands before them. */
static size_t trimmed(const char *line, size_t length)
{
    size_t end = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\\' && i + 1 < length)
            end = ++i + 1;
        else if (line[i] != ' ')
            end = i + 1;
    }
    return end;
}

static void read_line(struct arena *arena, struct cmxignore *ignore, const char *line,
                      size_t length)
{
    struct cmxignore_pattern pattern = { 0 };
    if (length && line[length - 1] == '\r')
        length--;
    length = trimmed(line, length);
    if (length == 0 || *line == '#')
        return;
    if (*line == '!') {
        pattern.negated = true;
        line++;
        length--;
    }
    if (length && line[length - 1] == '/') {
        pattern.only_folders = true;
        length--;
    }
    pattern.anchored = memchr(line, '/', length) != NULL;
    if (length && *line == '/') {
        line++;
        length--;
    }
    if (length == 0)
        return;
    pattern.glob = arena_memdup(arena, line, length);
    arena_push(arena, ignore->patterns, ignore->count, ignore->capacity, pattern);
}

struct cmxignore *cmxignore_read(struct arena *arena, const struct cmxignore *above,
                                 const char *folder, const char *data, size_t length)
{
    struct cmxignore *ignore = arena_alloc(arena, sizeof *ignore);
    ignore->above = above;
    ignore->folder = arena_strdup(arena, folder);
    if (length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        length -= 3;
    }
    while (length) {
        const char *stop = memchr(data, '\n', length);
        size_t line = stop ? (size_t)(stop - data) : length;
        read_line(arena, ignore, data, line);
        line += stop != NULL;
        data += line;
        length -= line;
    }
    return ignore;
}

/* ----------------------------------------------------------------- matching */

static bool in_class(const char *name, size_t length, unsigned char c)
{
    static const struct {
        const char *name;
        int (*test)(int);
    } classes[] = {
        { "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
        { "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
        { "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0)
            return classes[i].test(c) != 0;
    return false;
}

/* "[:alpha:]" at `at`: its end, or NULL where it is none. */
static const char *class_end(const char *at)
{
    if (at[0] != '[' || at[1] != ':')
        return NULL;
    const char *end = strstr(at + 2, ":]");
    return end ? end + 2 : NULL;
}

/* One character or range of a bracket; *at moves behind it. False: the bracket never ends. */
static bool bracket_item(const char **at, unsigned char c, bool *fits)
{
    const char *end = class_end(*at);
    if (end) {
        *fits |= in_class(*at + 2, (size_t)(end - *at) - 4, c);
        *at = end;
        return true;
    }
    if (**at == '\\')
        ++*at;
    unsigned char low = (unsigned char)**at, high = low;
    if (low == '\0')
        return false;
    ++*at;
    if ((*at)[0] == '-' && (*at)[1] && (*at)[1] != ']') {
        ++*at;
        if (**at == '\\')
            ++*at;
        high = (unsigned char)**at;
        if (high == '\0')
            return false;
        ++*at;
    }
    *fits |= c == low || (c >= low && c <= high); /* git: "[z-a]" still fits "z" */
    return true;
}

/* Behind a bracket that begins at `at` ("[…]"); NULL where it never ends. */
static const char *bracket(const char *at, unsigned char c, bool *ret_fits)
{
    bool fits = false, inverted = at[1] == '!' || at[1] == '^';
    at += 1 + inverted;
    for (bool first = true; first || *at != ']'; first = false)
        if (*at == '\0' || !bracket_item(&at, c, &fits))
            return NULL;
    *ret_fits = fits != inverted && c != '/';
    return at + 1;
}

struct match {
    size_t steps;
};

static bool glob_at(struct match *match, const char *start, const char *glob, const char *text,
                    unsigned depth);

/* One "*" or, where it stands alone between slashes, "**". */
static bool match_star(struct match *match, const char *start, const char *glob, const char *text,
                       unsigned depth)
{
    const char *behind = glob + strspn(glob, "*");
    bool slashes = behind - glob >= 2 && (glob == start || glob[-1] == '/')
                   && (*behind == '/' || *behind == '\0');
    if (slashes && *behind == '/' && glob_at(match, start, behind + 1, text, depth + 1))
        return true;
    for (;; text++) {
        if (glob_at(match, start, behind, text, depth + 1))
            return true;
        if (*text == '\0' || (*text == '/' && !slashes) || match->steps > STEPS_MOST)
            return false;
    }
}

/* The text's next character against the glob's; behind it, or NULL where it does not fit. */
static const char *match_one(const char *glob, char c)
{
    bool fits = false;
    if (*glob == '?')
        return c != '/' ? glob + 1 : NULL;
    if (*glob == '[') {
        const char *behind = bracket(glob, (unsigned char)c, &fits);
        return fits ? behind : NULL;
    }
    if (*glob == '\\')
        glob++;
    return *glob == c && c ? glob + 1 : NULL;
}

enum { DEPTH_MOST = 256 };

static bool glob_at(struct match *match, const char *start, const char *glob, const char *text,
                    unsigned depth)
{
    while (*glob && ++match->steps <= STEPS_MOST && depth < DEPTH_MOST) {
        if (*glob == '*')
            return match_star(match, start, glob, text, depth);
        if (*text == '\0' || !(glob = match_one(glob, *text)))
            return false;
        text++;
    }
    return *glob == '\0' && *text == '\0';
}

static bool pattern_matches(const struct cmxignore_pattern *pattern, const char *path,
                            bool is_folder)
{
    struct match match = { 0 };
    if (pattern->only_folders && !is_folder)
        return false;
    const char *slash = strrchr(path, '/');
    const char *text = pattern->anchored || !slash ? path : slash + 1;
    return glob_at(&match, pattern->glob, pattern->glob, text, 0);
}

bool cmxignore_matches(const struct cmxignore *ignore, const char *path, bool is_folder)
{
    for (; ignore; ignore = ignore->above) {
        size_t length = strlen(ignore->folder);
        const char *below = path + length + (length != 0);
        for (size_t i = ignore->count; i > 0; i--)
            if (pattern_matches(&ignore->patterns[i - 1], below, is_folder))
                return !ignore->patterns[i - 1].negated;
    }
    return false;
}
