/*
 * cmxignore: see cmxignore.h. Globs are matched by hand rather than by fnmatch,
 * which knows no "**" and follows the locale, and without going back, so that a
 * pattern of many stars cannot take for ever. What counts is what git says.
 */
#include "manifest/cmxignore.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <string.h>

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

/* False: there is no such class. */
static bool in_class(const char *name, size_t length, unsigned char c, bool *fits)
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
            return *fits |= classes[i].test(c) != 0, true;
    return false;
}

/* "[:alpha:]" at `at`: its end, or NULL where it is none. */
static const char *class_end(const char *at)
{
    if (at[0] != '[' || at[1] != ':')
        return NULL;
    const char *end = strchr(at + 2, ']');
    return end && end > at + 2 && end[-1] == ':' ? end + 1 : NULL;
}

/* One character or range of a bracket; *at moves behind it. False: nothing fits it. */
static bool bracket_item(const char **at, unsigned char c, bool *fits)
{
    const char *end = class_end(*at);
    if (end) {
        const char *name = *at + 2;
        *at = end;
        return in_class(name, (size_t)(end - name) - 2, c, fits);
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

/* Behind a bracket that begins at `at` ("[…]"); NULL where it never ends or nothing fits it. */
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

/*
 * The places in a glob up to which it can have matched the text read so far, all
 * at once: each character of the text moves them on. So the time is at most the
 * product of both lengths, however many stars there are.
 */
struct places {
    size_t *at, count;
    size_t *seen, *entered; /* by place: the step in which that happened last */
};

struct match {
    const char *glob;
    struct places now, next;
    size_t step; /* of `next`, from 1 */
};

static void add_place(struct match *match, size_t at)
{
    struct places *next = &match->next;
    if (next->seen[at] == match->step)
        return;
    next->seen[at] = match->step;
    next->at[next->count++] = at;
}

/* Behind the stars that begin at `at`. *ret_slashes: they are a "**" alone between slashes. */
static size_t behind_stars(const char *glob, size_t at, bool *ret_slashes)
{
    size_t behind = at + strspn(glob + at, "*");
    const char *next = glob + behind + (glob[behind] == '\\');
    *ret_slashes = behind - at >= 2 && (at == 0 || glob[at - 1] == '/')
                   && (*next == '/' || glob[behind] == '\0');
    return behind;
}

/* The glob has matched up to `at`. Stars may stand for nothing, "**" together with its slash. */
static void enter_place(struct match *match, size_t at)
{
    for (bool slashes;; at++) {
        if (match->next.entered[at] == match->step)
            return;
        match->next.entered[at] = match->step;
        add_place(match, at);
        if (match->glob[at] != '*')
            return;
        at = behind_stars(match->glob, at, &slashes);
        add_place(match, at);
        if (!slashes || match->glob[at] != '/')
            return;
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

static void move_on(struct match *match, size_t at, char c)
{
    if (match->glob[at] == '*') {
        bool slashes;
        size_t behind = behind_stars(match->glob, at, &slashes);
        if (c == '/' && !slashes)
            return;
        add_place(match, at);
        add_place(match, behind);
        return;
    }
    const char *behind = match_one(match->glob + at, c);
    if (behind)
        enter_place(match, (size_t)(behind - match->glob));
}

static void swap_places(struct match *match)
{
    size_t *at = match->now.at;
    match->now = match->next;
    match->next.at = at;
    match->next.count = 0;
    match->step++;
}

static bool glob_matches(const char *glob, const char *text)
{
    size_t size = strlen(glob) + 1;
    if (!strchr("*?[\\", *glob) && *glob != *text)
        return false;
    AUTO_FREE size_t *memory = memory_alloc(4 * size * sizeof *memory);
    memset(memory, 0, 2 * size * sizeof *memory);
    struct places places = { .seen = memory, .entered = memory + size, .at = memory + 2 * size };
    struct match match = { .glob = glob, .next = places, .step = 1 };
    match.now.at = memory + 3 * size;
    enter_place(&match, 0);
    for (swap_places(&match); *text && match.now.count; text++, swap_places(&match))
        for (size_t i = 0; i < match.now.count; i++)
            move_on(&match, match.now.at[i], *text);
    for (size_t i = 0; i < match.now.count; i++)
        if (glob[match.now.at[i]] == '\0')
            return true;
    return false;
}

static bool pattern_matches(const struct cmxignore_pattern *pattern, const char *path,
                            bool is_folder)
{
    if (pattern->only_folders && !is_folder)
        return false;
    const char *slash = strrchr(path, '/');
    const char *text = pattern->anchored || !slash ? path : slash + 1;
    return glob_matches(pattern->glob, text);
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
