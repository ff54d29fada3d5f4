/* wild: see wild.h. Texts and patterns are taken as characters, so that both can be turned round.
 */
#include "providers/build/dockerfile/wild.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

enum { ANY = -1, STAR = -2, BYTE = 0x110000 };

struct characters {
    int32_t *items;
    size_t count;
};

static int32_t next_character(const char **at)
{
    size_t length = utf8_sequence(*at, strnlen(*at, 4));
    int32_t code = length ? (int32_t)utf8_code(*at, &length) : BYTE + (unsigned char)**at;
    *at += length ? length : 1;
    return code;
}

static void add_character(struct buf *out, int32_t code)
{
    if (code >= BYTE)
        buf_putc(out, (char)(code - BYTE));
    else
        utf8_add(out, (unsigned)code);
}

static struct characters characters_of(struct arena *arena, const char *text)
{
    struct characters all = { arena_array(arena, strlen(text) + 1, sizeof *all.items), 0 };
    while (*text)
        all.items[all.count++] = next_character(&text);
    return all;
}

static bool compile(struct arena *arena, const char *pattern, struct characters *ret,
                    struct error *err)
{
    *ret = (struct characters){ arena_array(arena, strlen(pattern) + 1, sizeof *ret->items), 0 };
    for (const char *at = pattern; *at;) {
        int32_t code = next_character(&at);
        if (code == '*')
            code = STAR;
        else if (code == '?')
            code = ANY;
        else if (code == '\\' && (*at == '}' || *at == '/'))
            code = next_character(&at);
        else if (code == '\\' && *at && strchr("*?\\", *at))
            code = next_character(&at);
        else if (code == '\\')
            return error_set(err, ERROR_INPUT, "\"\\%c\" is no escape in the pattern %s", *at,
                             pattern);
        ret->items[ret->count++] = code;
    }
    return true;
}

static void turn_round(struct characters *all)
{
    for (size_t i = 0; i < all->count / 2; i++) {
        int32_t kept = all->items[i];
        all->items[i] = all->items[all->count - 1 - i];
        all->items[all->count - 1 - i] = kept;
    }
}

static void enter(const struct characters *pattern, bool *places, size_t at)
{
    places[at] = true;
    while (at < pattern->count && pattern->items[at] == STAR)
        places[++at] = true;
}

/* How much of the text, from `from`, fits; -1: nothing. `places` has room for both rows. */
static ssize_t fits(const struct characters *pattern, const struct characters *text, size_t from,
                    bool longest, bool *places)
{
    size_t row = pattern->count + 1;
    bool *now = places, *next = places + row;
    ssize_t found = -1;
    memset(places, 0, 2 * row);
    enter(pattern, now, 0);
    for (size_t i = from;; i++) {
        if (now[pattern->count]) {
            found = (ssize_t)(i - from);
            if (!longest)
                return found;
        }
        bool any = false;
        if (i == text->count)
            return found;
        memset(next, 0, row);
        for (size_t at = 0; at < pattern->count; at++) {
            int32_t want = pattern->items[at];
            if (!now[at] || (want >= 0 && want != text->items[i]))
                continue;
            any = true;
            enter(pattern, next, want == STAR ? at : at + 1);
        }
        if (!any)
            return found;
        bool *kept = now;
        now = next;
        next = kept;
    }
}

static const char *text_of(struct arena *arena, const struct characters *all, size_t from)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = from; i < all->count; i++)
        add_character(&out, all->items[i]);
    return arena_memdup(arena, buf_text(&out), out.length);
}

bool wild_trim(struct arena *arena, const char *pattern, const char *text, bool from_end,
               bool longest, const char **ret, struct error *err)
{
    struct characters want, all = characters_of(arena, text);
    if (!compile(arena, pattern, &want, err))
        return false;
    if (from_end) {
        turn_round(&want);
        turn_round(&all);
    }
    bool *places = arena_array(arena, 2 * (want.count + 1), sizeof *places);
    ssize_t length = fits(&want, &all, 0, longest, places);
    struct characters left = { all.items + (length < 0 ? 0 : length),
                               all.count - (size_t)(length < 0 ? 0 : length) };
    if (from_end)
        turn_round(&left);
    *ret = text_of(arena, &left, 0);
    return true;
}

bool wild_replace(struct arena *arena, const char *pattern, const char *replacement,
                  const char *text, bool all, const char **ret, struct error *err)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct characters want, whole = characters_of(arena, text);
    bool done = false, behind = false; /* a match that is empty may not touch the one before */
    if (!compile(arena, pattern, &want, err))
        return false;
    if (whole.count > WILD_REPLACE_CEILING || want.count > WILD_REPLACE_CEILING / 8)
        return error_set(err, ERROR_INPUT, "a text or a pattern too long to replace in");
    bool *places = arena_array(arena, 2 * (want.count + 1), sizeof *places);
    for (size_t at = 0; at <= whole.count;) {
        ssize_t length = done ? -1 : fits(&want, &whole, at, true, places);
        if (length > 0 || (length == 0 && !behind)) {
            buf_puts(&out, replacement);
            done = !all;
        }
        behind = length > 0;
        if (length > 0)
            at += (size_t)length;
        else if (at < whole.count)
            add_character(&out, whole.items[at++]);
        else
            break;
    }
    *ret = arena_memdup(arena, buf_text(&out), out.length);
    return true;
}
