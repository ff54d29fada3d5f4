/* scan: see scan.h. */
#include "providers/build/template/scan.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define BLANKS " \t\r"

const char *scan_line(struct arena *arena, const char **at)
{
    if (!*at || !**at)
        return NULL;
    const char *start = *at, *end = start + strcspn(start, "\n");
    *at = *end ? end + 1 : end;
    start += strspn(start, BLANKS);
    while (end > start && strchr(BLANKS, end[-1]))
        end--;
    return arena_memdup(arena, start, end > start ? (size_t)(end - start) : 0);
}

const char *scan_word(struct arena *arena, const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line; (line = scan_line(arena, &text));)
        if (strncmp(line, key, length) == 0 && line[length] && strchr(" \t", line[length])) {
            const char *word = line + length + strspn(line + length, " \t");
            return arena_memdup(arena, word, strcspn(word, BLANKS));
        }
    return NULL;
}

/* ------------------------------------------------------------------------------ TOML */

/* "[package]" and "[[bin]]" → their names, else NULL. */
static const char *section_of(struct arena *arena, const char *line)
{
    if (*line != '[')
        return NULL;
    line += strspn(line, "[");
    return arena_memdup(arena, line, strcspn(line, "]"));
}

/* `key = "value"`; *ret_key is what stands before the sign. */
static const char *string_of(struct arena *arena, const char *line, const char **ret_key)
{
    size_t key = strcspn(line, "= \t");
    const char *value = line + key + strspn(line + key, " \t");
    if (!key || *line == '#' || *value != '=')
        return NULL;
    *ret_key = arena_memdup(arena, line + (*line == '"'), key - (*line == '"' ? 2 : 0));
    value += 1 + strspn(value + 1, " \t");
    char quote = *value;
    const char *end = quote == '"' || quote == '\'' ? strchr(value + 1, quote) : NULL;
    return end ? arena_memdup(arena, value + 1, (size_t)(end - value - 1)) : "";
}

static void collect(struct arena *arena, const char *text, const char *section, const char *key,
                    struct text_list *ret)
{
    const char *now = "", *own, *name;
    for (const char *line; (line = scan_line(arena, &text));) {
        if ((name = section_of(arena, line))) {
            now = name;
            continue;
        }
        const char *value = strcmp(now, section) == 0 ? string_of(arena, line, &own) : NULL;
        if (!value || (key && strcmp(own, key) != 0))
            continue;
        const char *one = key ? value : own;
        arena_push(arena, ret->items, ret->count, ret->capacity, one);
    }
}

struct text_list scan_toml_all(struct arena *arena, const char *text, const char *section,
                               const char *key)
{
    struct text_list ret = { 0 };
    collect(arena, text, section, key, &ret);
    return ret;
}

struct text_list scan_toml_keys(struct arena *arena, const char *text, const char *section)
{
    return scan_toml_all(arena, text, section, NULL);
}

const char *scan_toml(struct arena *arena, const char *text, const char *section, const char *key)
{
    struct text_list all = scan_toml_all(arena, text, section, key);
    return all.count && *all.items[0] ? all.items[0] : NULL;
}

bool scan_toml_has(struct arena *arena, const char *text, const char *section)
{
    const char *name;
    for (const char *line; (line = scan_line(arena, &text));)
        if ((name = section_of(arena, line)) && strcmp(name, section) == 0)
            return true;
    return false;
}

const char *scan_between(struct arena *arena, const char *text, const char *start, const char *end)
{
    const char *from = text ? strstr(text, start) : NULL;
    const char *to = from ? strstr(from + strlen(start), end) : NULL;
    from = from ? from + strlen(start) : NULL;
    return to ? arena_memdup(arena, from, (size_t)(to - from)) : NULL;
}

/* -------------------------------------------------------------------------- versions */

const char *scan_version(struct arena *arena, const char *text, unsigned parts)
{
    if (!text)
        return NULL;
    text += strcspn(text, DIGITS);
    size_t length = strspn(text, DIGITS);
    for (unsigned part = 1; length && part < parts; part++) {
        size_t more = text[length] == '.' ? strspn(text + length + 1, DIGITS) : 0;
        length += more ? more + 1 : 0;
    }
    return length && length < 20 ? arena_memdup(arena, text, length) : NULL;
}

int version_compare(const char *one, const char *other)
{
    while (*one || *other) {
        char *one_end, *other_end;
        unsigned long a = strtoul(one, &one_end, 10), b = strtoul(other, &other_end, 10);
        if (a != b)
            return a < b ? -1 : 1;
        one = one_end + strspn(one_end, ".");
        other = other_end + strspn(other_end, ".");
        if (one_end == one && other_end == other)
            return 0; /* no number any more */
    }
    return 0;
}

/* The step below an exclusive bound: "3.13" → "3.12", "21" → "20", "21.0" → "20". */
static const char *below(struct arena *arena, const char *bound, unsigned parts)
{
    const char *dot = strchr(bound, '.');
    unsigned long first = strtoul(bound, NULL, 10), second = dot ? strtoul(dot + 1, NULL, 10) : 0;
    if (parts == 1)
        return arena_printf(arena, "%lu", first && !second ? first - 1 : first);
    return second ? arena_printf(arena, "%lu.%lu", first, second - 1) : NULL;
}

/* What stands before a version: "<", ">=", "^" and so on, with blanks between. */
struct sign {
    bool less, more, equal, not, about;
};

static struct sign sign_before(const char *range, const char *at)
{
    struct sign ret = { 0 };
    for (; at > range && strchr(" v^~=!<>", at[-1]); at--) {
        ret.less |= at[-1] == '<';
        ret.more |= at[-1] == '>';
        ret.equal |= at[-1] == '=';
        ret.not |= at[-1] == '!';
        ret.about |= at[-1] == '^' || (at[-1] == '~' && *at == '=');
    }
    return ret;
}

const char *scan_range(struct arena *arena, const char *range, const char *usual, unsigned parts)
{
    const char *named = NULL, *upper = NULL;
    bool fits = true;
    for (const char *at = range; at && *(at += strcspn(at, DIGITS)); at += strspn(at, DIGITS ".")) {
        const char *version = scan_version(arena, at, parts);
        struct sign sign = sign_before(range, at);
        int order = version ? version_compare(usual, version) : 0;
        if (!version || sign.not )
            continue;
        if (sign.less) {
            if (order >= !!sign.equal)
                upper = sign.equal ? version : below(arena, version, parts);
            continue;
        }
        /* A caret keeps the first number: with one part it is exact, with two a lower bound. */
        bool lower = sign.more || (sign.about && parts > 1);
        fits = lower ? fits && order >= 0 : order == 0;
        if (!named || version_compare(named, version) < 0)
            named = version;
    }
    if (upper)
        return upper;
    return fits || !named ? usual : named;
}
