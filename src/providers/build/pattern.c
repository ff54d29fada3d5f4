/*
 * pattern: see pattern.h. A pattern becomes tokens; a text is read once, and all the tokens
 * up to which it can have matched so far move on together.
 */
#include "providers/build/pattern.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "providers/build/path.h"

#include <stdint.h>
#include <string.h>

enum token_kind {
    TOKEN_CHARACTER,
    TOKEN_ANY,   /* one, but no "/"                             */
    TOKEN_CLASS, /* one of a set                                */
    TOKEN_STAR,  /* any number, but no "/"                      */
    TOKEN_SOME,  /* any number of a set                         */
    TOKEN_DEEP,  /* nothing, or any number that ends with a "/" */
    TOKEN_ALL,   /* any number                                  */
};

struct range {
    uint32_t low, high;
};

struct pattern_token {
    enum token_kind kind;
    bool inverted;
    uint32_t code;
    struct range *ranges;
    size_t count, capacity;
};

/* ------------------------------------------------------------------- compiling */

/* One character of UTF-8; a byte that is none stands for itself, far above them all. */
static uint32_t next_code(const char **at)
{
    size_t length = utf8_sequence(*at, strnlen(*at, 4));
    uint32_t code = length ? utf8_code(*at, &length) : 0x110000u + (unsigned char)**at;
    *at += length ? length : 1;
    return code;
}

/* One end of a range, as Go's getEsc takes it. */
static bool class_end(const char **at, uint32_t *ret)
{
    if (**at == '\0' || **at == '-' || **at == ']')
        return false;
    if (**at == '\\' && *++*at == '\0')
        return false;
    *ret = next_code(at);
    return **at != '\0';
}

/* Behind "[": up to and with its "]". */
static bool compile_class(struct arena *arena, const char **at, struct pattern_token *token)
{
    *token = (struct pattern_token){ .kind = TOKEN_CLASS, .inverted = **at == '^' };
    *at += token->inverted;
    for (bool first = true; first || **at != ']'; first = false) {
        struct range range;
        if (!class_end(at, &range.low))
            return false;
        range.high = range.low;
        if (**at == '-') {
            ++*at;
            if (!class_end(at, &range.high) || range.high < range.low)
                return false;
        }
        arena_push(arena, token->ranges, token->count, token->capacity, range);
    }
    ++*at;
    return true;
}

static void add_range(struct arena *arena, struct pattern_token *token, uint32_t low, uint32_t high)
{
    struct range range = { low, high };
    arena_push(arena, token->ranges, token->count, token->capacity, range);
}

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

/* "[^/]*" or "[^/]" within a set: its "]" ends the set. */
static void end_class(struct arena *arena, const char **at, struct pattern_token *token)
{
    add_range(arena, token, '^', '^');
    add_range(arena, token, '/', '/');
    token->kind = *(*at)++ == '*' ? TOKEN_SOME : TOKEN_CLASS;
}

/* "(.*" "/)?", of which a set takes each character. */
static void add_deep(struct arena *arena, const char **at, struct pattern_token *token)
{
    for (const char *one = "(.*/)?"; *one; one++)
        add_range(arena, token, (unsigned char)*one, (unsigned char)*one);
    *at += 2;
    *at += **at == '/';
}

/*
 * In a list of patterns moby makes a regular expression of each, and of "*" and "?" also where they
 * stand in a set: "[a*b]" becomes "[a[^/]*b]", which is any number of "a", "[", "^" and "/", and
 * then "b]". *at stands behind the "[", and then behind what the set ended with.
 */
static bool compile_moby_class(struct arena *arena, const char **at, struct pattern_token *token)
{
    *token = (struct pattern_token){ .kind = TOKEN_CLASS, .inverted = **at == '^' };
    *at += token->inverted;
    while (**at != ']') {
        uint32_t low = '[', high = '[';
        if (strncmp(*at, "**", 2) == 0) {
            add_deep(arena, at, token);
            continue;
        }
        bool wild = is_wild(**at);
        if (!wild && !class_end(at, &low))
            return false;
        if (!wild && **at == '-') {
            wild = is_wild(*++*at);
            if (!wild && !class_end(at, &high))
                return false;
        } else {
            high = low;
        }
        if (high < low)
            return false;
        add_range(arena, token, low, high);
        if (wild) {
            end_class(arena, at, token);
            return true;
        }
    }
    ++*at;
    return true;
}

/* moby asks Go's filepath.Match first whether it is a pattern at all. */
static bool compile_any_class(struct arena *arena, const char **at, bool moby,
                              struct pattern_token *token)
{
    const char *start = *at;
    if (!compile_class(arena, at, token))
        return false;
    if (!moby)
        return true;
    *at = start;
    return compile_moby_class(arena, at, token);
}

struct compiler {
    struct arena *arena;
    struct pattern *pattern;
    size_t capacity;
    bool deep;    /* "**" is known                            */
    bool special; /* something but letters and "**" was found */
};

static void push(struct compiler *to, struct pattern_token token)
{
    struct pattern *pattern = to->pattern;
    arena_push(to->arena, pattern->tokens, pattern->count, to->capacity, token);
}

/* "*", "**" and what of a "/" belongs to it. */
static void compile_stars(struct compiler *to, const char **at)
{
    if (!to->deep || (*at)[1] != '*') {
        ++*at;
        to->special = true;
        push(to, (struct pattern_token){ .kind = TOKEN_STAR });
        return;
    }
    *at += 2;
    if (**at == '/')
        ++*at;
    push(to, (struct pattern_token){ .kind = **at ? TOKEN_DEEP : TOKEN_ALL });
}

static bool compile_one(struct compiler *to, const char **at)
{
    struct pattern_token token = { .kind = TOKEN_CHARACTER };
    switch (**at) {
    case '*':
        compile_stars(to, at);
        return true;
    case '?':
        ++*at;
        to->special = true;
        push(to, (struct pattern_token){ .kind = TOKEN_ANY });
        return true;
    case '[':
        ++*at;
        to->special = true;
        if (!compile_any_class(to->arena, at, to->deep, &token))
            return false;
        push(to, token);
        return true;
    case '\\':
        to->special = true;
        if (*++*at == '\0')
            return false;
        break;
    default:
        break;
    }
    token.code = next_code(at);
    push(to, token);
    return true;
}

static bool compile(struct arena *arena, const char *text, bool deep, struct pattern *ret,
                    struct error *err)
{
    struct compiler to = { .arena = arena, .pattern = ret, .deep = deep };
    *ret = (struct pattern){ .text = text, .fixed = strcspn(text, "*?[\\") };
    ret->literal = text[ret->fixed] == '\0';
    for (const char *at = text; *at;)
        if (!compile_one(&to, &at))
            return error_set(err, ERROR_INPUT, "not a pattern: %s", text);
    /* Docker takes "**x" with nothing else special for "ends with x", not for a name of x. */
    if (deep && !to.special && strncmp(text, "**", 2) == 0 && text[2] && text[2] != '/'
        && !strchr(text + 2, '*'))
        ret->tokens[0].kind = TOKEN_ALL;
    return true;
}

bool glob_compile(struct arena *arena, const char *text, struct pattern *ret, struct error *err)
{
    return compile(arena, text, false, ret, err);
}

bool glob_has_wildcards(const char *text)
{
    for (; *text; text++) {
        if (strchr("*?[", *text))
            return true;
        if (*text == '\\' && text[1])
            text++;
    }
    return false;
}

static const char *trimmed(struct arena *arena, const char *text)
{
    static const char blanks[] = " \t\r\n\v\f";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length && strchr(blanks, text[length - 1]))
        length--;
    return arena_memdup(arena, text, length);
}

/* As ignorefile.ReadAll cleans a line: rooted at the context, whether or not it begins with "/". */
static const char *cleaned(struct arena *arena, const char *text)
{
    if (!*text)
        return text;
    text = path_clean(arena, text);
    return text[0] == '/' && text[1] ? text + 1 : text;
}

bool patterns_add(struct arena *arena, struct patterns *patterns, const char *text,
                  struct error *err)
{
    struct pattern pattern;
    text = trimmed(arena, text);
    bool exception = *text == '!';
    const char *clean = cleaned(arena, exception ? trimmed(arena, text + 1) : text);
    if (!*text)
        return true;
    if (!*clean || (exception && strcmp(clean, "/") == 0))
        return error_set(err, ERROR_INPUT, "\"!\" alone takes nothing back in");
    if (!compile(arena, clean, true, &pattern, err))
        return false;
    pattern.exception = exception;
    patterns->exceptions |= exception;
    arena_push(arena, patterns->items, patterns->count, patterns->capacity, pattern);
    return true;
}

void patterns_say(struct patterns *patterns, const char *origin)
{
    for (size_t i = patterns->count; i > 0 && !patterns->items[i - 1].origin; i--)
        patterns->items[i - 1].origin = origin;
}

/* -------------------------------------------------------------------- matching */

struct places {
    bool *now, *next;
};

/* The text matched up to token `at`; what may stand for nothing is passed as well. */
static void enter(const struct pattern *pattern, bool *places, size_t at)
{
    for (;; at++) {
        places[at] = true;
        if (at == pattern->count || pattern->tokens[at].kind < TOKEN_STAR)
            return;
    }
}

static bool class_fits(const struct pattern_token *token, uint32_t code)
{
    bool fits = false;
    for (size_t i = 0; i < token->count && !fits; i++)
        fits = token->ranges[i].low <= code && code <= token->ranges[i].high;
    return fits != token->inverted;
}

static void move_on(const struct pattern *pattern, bool *next, size_t at, uint32_t code)
{
    const struct pattern_token *token = &pattern->tokens[at];
    bool slash = code == '/';
    if (token->kind == TOKEN_DEEP) {
        next[at] = true;
        if (slash)
            enter(pattern, next, at + 1);
    } else if (token->kind == TOKEN_ALL || (token->kind == TOKEN_STAR && !slash)
               || (token->kind == TOKEN_SOME && class_fits(token, code))) {
        enter(pattern, next, at);
    } else if ((token->kind == TOKEN_CHARACTER && token->code == code)
               || (token->kind == TOKEN_ANY && !slash)
               || (token->kind == TOKEN_CLASS && class_fits(token, code))) {
        enter(pattern, next, at + 1);
    }
}

static bool tokens_match(const struct pattern *pattern, const char *path)
{
    size_t size = pattern->count + 1;
    bool small[128];
    AUTO_FREE bool *large = size > sizeof small / 2 ? memory_alloc(2 * size) : NULL;
    bool *memory = large ? large : small;
    struct places places = { memory, memory + size };
    memset(memory, 0, 2 * size);
    enter(pattern, places.now, 0);
    while (*path) {
        uint32_t code = next_code(&path);
        bool any = false;
        memset(places.next, 0, size);
        for (size_t i = 0; i < pattern->count; i++)
            if (places.now[i]) {
                any = true;
                move_on(pattern, places.next, i, code);
            }
        if (!any)
            return false;
        places = (struct places){ places.next, places.now };
    }
    return places.now[pattern->count];
}

bool glob_match(const struct pattern *glob, const char *path)
{
    if (glob->literal)
        return strcmp(glob->text, path) == 0;
    return strncmp(glob->text, path, glob->fixed) == 0 && tokens_match(glob, path);
}

static bool matches_above(const struct pattern *pattern, struct arena *arena, const char *path)
{
    char *above = arena_strdup(arena, path);
    for (char *slash = strchr(above, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (glob_match(pattern, above))
            return true;
        *slash = '/';
    }
    return false;
}

/*
 * As moby's MatchesUsingParentResults, to its corners: a pattern that the ones before it made
 * idle is not looked at, so that it tells nothing about what lies below either.
 */
bool patterns_match(const struct patterns *patterns, struct arena *arena, const char *path,
                    const bool *above, bool *own)
{
    bool matched = false;
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        bool fits = above && above[i];
        if (!fits && pattern->exception == matched)
            fits = glob_match(pattern, path) || (!above && matches_above(pattern, arena, path));
        if (own)
            own[i] = fits;
        if (fits)
            matched = !pattern->exception;
    }
    return matched;
}

const struct pattern *patterns_matching(const struct patterns *patterns, struct arena *arena,
                                        const char *path)
{
    const struct pattern *found = NULL;
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        if (pattern->exception == (found != NULL)
            && (glob_match(pattern, path) || matches_above(pattern, arena, path)))
            found = pattern->exception ? NULL : pattern;
    }
    return found;
}

bool patterns_except_below(const struct patterns *patterns, const char *folder)
{
    size_t length = strlen(folder);
    for (size_t i = 0; patterns->exceptions && i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        size_t common = pattern->fixed < length ? pattern->fixed : length;
        if (!pattern->exception || strncmp(pattern->text, folder, common) != 0)
            continue;
        if (pattern->fixed > length ? pattern->text[length] == '/' : !pattern->literal)
            return true;
    }
    return false;
}
