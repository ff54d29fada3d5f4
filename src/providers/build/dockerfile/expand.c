/* expand: see expand.h. */
#include "providers/build/dockerfile/expand.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "providers/build/dockerfile/wild.h"

#include <ctype.h>
#include <string.h>

struct expander {
    struct arena *arena;
    const char *word, *at;
    char escape;
    bool quotes; /* they mean something */
    const struct image_pairs *variables;
    bool *known; /* NULL: what is not among them is not set */
    unsigned depth;
    struct error *err;
};

const char *variables_get(const struct image_pairs *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++)
        if (strcmp(variables->items[i].key, name) == 0)
            return variables->items[i].text;
    return NULL;
}

void variables_set(struct arena *arena, struct image_pairs *variables, const char *name,
                   const char *value)
{
    for (size_t i = 0; i < variables->count; i++)
        if (strcmp(variables->items[i].key, name) == 0) {
            variables->items[i].text = value;
            return;
        }
    struct image_pair pair = { name, value };
    arena_push(arena, variables->items, variables->count, variables->capacity, pair);
}

void variables_unset(struct image_pairs *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++)
        if (strcmp(variables->items[i].key, name) == 0) {
            variables->count--;
            memmove(variables->items + i, variables->items + i + 1,
                    (variables->count - i) * sizeof *variables->items);
            return;
        }
}

static const char *value_of(struct expander *one, const char *name)
{
    const char *value = variables_get(one->variables, name);
    if (!value && one->known)
        *one->known = false;
    return value;
}

/* Does what was filled in so far hang on something that nobody knows yet? */
static bool is_unknown(const struct expander *one)
{
    return one->known && !*one->known;
}

static bool failed(struct expander *one, const char *why)
{
    return error_set(one->err, ERROR_INPUT, "%s: %s", one->word, why);
}

static bool expand_until(struct expander *one, char stop, bool raw_escapes, struct buf *out);

/* ------------------------------------------------------------------------ names */

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Letters, digits and "_"; a number; or one of the shell's own, which are never set. */
static const char *read_name(struct expander *one)
{
    const char *start = one->at;
    if (isdigit((unsigned char)*start))
        while (isdigit((unsigned char)*one->at))
            one->at++;
    else if (*start && strchr("@*#?-$!", *start))
        one->at++;
    else
        while (is_name_character(*one->at))
            one->at++;
    return arena_memdup(one->arena, start, (size_t)(one->at - start));
}

/* -------------------------------------------------------------------- modifiers */

static bool put(struct expander *one, struct buf *out, const char *text)
{
    return buf_puts(out, text) || failed(one, "more than 256 KiB once its variables are filled in");
}

/* The words up to `stop`, which must come. */
static bool argument(struct expander *one, char stop, bool raw_escapes, const char **ret)
{
    AUTO_BUF text = BUF_INIT(EXPAND_CEILING);
    if (one->depth == EXPAND_NESTING_CEILING)
        return failed(one, "variables in variables, more than 64 deep");
    one->depth++;
    bool done = expand_until(one, stop, raw_escapes, &text);
    one->depth--;
    *ret = arena_memdup(one->arena, buf_text(&text), text.length);
    return done;
}

static bool unset_is_wrong(struct expander *one, const char *name, const char *value,
                           const char *why)
{
    if (!*why)
        why = value ? "is not allowed to be empty" : "is not allowed to be unset";
    return error_set(one->err, ERROR_INPUT, "%s: %s", name, why);
}

static bool trim(struct expander *one, struct buf *out, char kind, const char *value,
                 const char *pattern)
{
    const char *trimmed;
    bool longest = *pattern == kind;
    if (is_unknown(one))
        return true;
    if (!wild_trim(one->arena, pattern + longest, value ? value : "", kind == '%', longest,
                   &trimmed, one->err))
        return false;
    return put(one, out, trimmed);
}

static bool with_default(struct expander *one, struct buf *out, const char *name, bool empty_too)
{
    char kind = *one->at++;
    const char *word, *value = value_of(one, name);
    bool pattern = kind == '#' || kind == '%';
    if (!strchr("-+?#%", kind) || !kind || (empty_too && pattern))
        return failed(one, "not one of the forms that ${…} has");
    if (!argument(one, '}', pattern, &word))
        return false;
    if (pattern)
        return trim(one, out, kind, value, word);
    bool there = value && (!empty_too || *value);
    if (kind == '?' && !there && !is_unknown(one))
        return unset_is_wrong(one, name, value, word);
    if (kind == '+')
        return put(one, out, there ? word : "");
    return put(one, out, there ? value : word);
}

static bool with_replacement(struct expander *one, struct buf *out, const char *name)
{
    const char *pattern, *replacement, *replaced, *value = value_of(one, name);
    bool all = *one->at == '/';
    one->at += all;
    if (!argument(one, '/', true, &pattern) || !argument(one, '}', true, &replacement))
        return false;
    if (is_unknown(one))
        return true;
    if (!wild_replace(one->arena, pattern, replacement, value ? value : "", all, &replaced,
                      one->err))
        return false;
    return put(one, out, replaced);
}

static bool in_braces(struct expander *one, struct buf *out)
{
    if (!*one->at)
        return failed(one, "a } is missing");
    if (strchr("{}:", *one->at))
        return failed(one, "not one of the forms that ${…} has");
    const char *name = read_name(one);
    switch (*one->at) {
    case '}':
        one->at++;
        const char *value = value_of(one, name);
        return put(one, out, value ? value : "");
    case ':':
        one->at++;
        return with_default(one, out, name, true);
    case '/':
        one->at++;
        return with_replacement(one, out, name);
    case '\0':
        return failed(one, "a } is missing");
    default:
        return with_default(one, out, name, false);
    }
}

static bool dollar(struct expander *one, struct buf *out)
{
    one->at++;
    if (*one->at == '{') {
        one->at++;
        return in_braces(one, out);
    }
    const char *name = read_name(one);
    if (!*name)
        return put(one, out, "$");
    const char *value = value_of(one, name);
    return put(one, out, value ? value : "");
}

/* ----------------------------------------------------------------------- quotes */

static bool single_quotes(struct expander *one, struct buf *out)
{
    size_t length = strcspn(++one->at, "'");
    buf_add(out, one->at, length);
    one->at += length;
    if (!*one->at)
        return failed(one, "a ' never ends");
    one->at++;
    return true;
}

static bool double_quotes(struct expander *one, bool raw_escapes, struct buf *out)
{
    for (one->at++; *one->at != '"';) {
        if (!*one->at)
            return failed(one, "a \" never ends");
        if (*one->at == '$') {
            if (!dollar(one, out))
                return false;
            continue;
        }
        char c = *one->at++;
        if (c == one->escape) {
            if (!*one->at)
                continue;
            if (raw_escapes)
                buf_putc(out, c);
            if (*one->at == '"' || *one->at == '$' || *one->at == one->escape)
                c = *one->at++;
        }
        buf_putc(out, c);
    }
    one->at++;
    return true;
}

/* --------------------------------------------------------------------- the whole */

static void escaped(struct expander *one, bool raw_escapes, struct buf *out)
{
    if (raw_escapes)
        buf_putc(out, *one->at);
    one->at++;
    if (*one->at)
        buf_putc(out, *one->at++);
}

static bool expand_until(struct expander *one, char stop, bool raw_escapes, struct buf *out)
{
    while (*one->at && (!stop || *one->at != stop)) {
        bool done = true;
        if (*one->at == '$')
            done = dollar(one, out);
        else if (*one->at == '\'' && one->quotes)
            done = single_quotes(one, out);
        else if (*one->at == '"' && one->quotes)
            done = double_quotes(one, raw_escapes, out);
        else if (*one->at == one->escape)
            escaped(one, raw_escapes, out);
        else
            buf_putc(out, *one->at++);
        if (!done)
            return false;
    }
    if (out->overflowed)
        return put(one, out, "");
    if (stop && !*one->at)
        return failed(one, stop == '}' ? "a } is missing" : "a / is missing in ${…}");
    one->at += stop != '\0';
    return true;
}

static bool expand(struct expander *one, const char **ret)
{
    AUTO_BUF out = BUF_INIT(EXPAND_CEILING);
    if (!expand_until(one, '\0', false, &out))
        return false;
    *ret = arena_memdup(one->arena, buf_text(&out), out.length);
    return true;
}

bool expand_known(struct arena *arena, const char *word, char escape,
                  const struct image_pairs *variables, bool *known, const char **ret,
                  struct error *err)
{
    struct expander one = { .arena = arena,
                            .word = word,
                            .at = word,
                            .escape = escape,
                            .quotes = true,
                            .variables = variables,
                            .known = known,
                            .err = err };
    return expand(&one, ret);
}

bool expand_word(struct arena *arena, const char *word, char escape,
                 const struct image_pairs *variables, const char **ret, struct error *err)
{
    return expand_known(arena, word, escape, variables, NULL, ret, err);
}

bool expand_text(struct arena *arena, const char *text, const struct image_pairs *variables,
                 bool *known, const char **ret, struct error *err)
{
    struct expander one = { .arena = arena,
                            .word = "here-document",
                            .at = text,
                            .escape = '\\',
                            .variables = variables,
                            .known = known,
                            .err = err };
    return expand(&one, ret);
}
