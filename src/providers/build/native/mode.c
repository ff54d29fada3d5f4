/* mode: see mode.h. What letters mean is BSD's chmod(1), which BuildKit follows. */
#include "providers/build/native/mode.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_BITS = 07777, STICKY = 01000, CLASSES = 06777 };

/* One "u=rwX" while it is read. `who` 0: no class was named. */
struct clause {
    uint32_t who, bits, mode, original;
    bool folder, execute; /* an X waits behind the other letters */
    char action;
};

/* The bits of the classes that `who` names: u and g with their set-id bits. */
static uint32_t class_bits(char who)
{
    switch (who) {
    case 'u':
        return 04700;
    case 'g':
        return 02070;
    case 'o':
        return 00007;
    default:
        return CLASSES;
    }
}

static uint32_t within(const struct clause *one, uint32_t bits)
{
    return one->who ? bits & one->who : bits;
}

/* What the letters so far come to. */
static void flush(struct clause *one)
{
    if (one->action == '=')
        one->mode &= ~(one->who ? one->who : CLASSES);
    if (one->action == '-')
        one->mode &= ~within(one, one->bits);
    else
        one->mode |= within(one, one->bits);
    one->bits = 0;
}

/* X asks the mode that the file came with, not what earlier clauses made of it. */
static void flush_execute(struct clause *one)
{
    if (one->execute && (one->folder || one->original & 0111))
        one->mode |= within(one, 0111);
    one->execute = false;
}

/* "g" of "u=g": that class's bits in those of `who`; set-id bits are no part of it. */
static void copy_class(struct clause *one, char from)
{
    uint32_t bits = from == 'u' ? one->mode >> 6 : from == 'g' ? one->mode >> 3 : one->mode;
    uint32_t all = within(one, 0777);
    bits = (bits & 07) * 0111 & all;
    if (one->action == '=')
        one->mode &= ~all;
    one->mode = one->action == '-' ? one->mode & ~bits : one->mode | bits;
}

/* The set-id bits and the sticky one are no letters of the others. */
static void one_letter(struct clause *one, char letter)
{
    bool special = !one->who || one->who & ~07u;
    switch (letter) {
    case 'r':
        one->bits |= 0444;
        break;
    case 'w':
        one->bits |= 0222;
        break;
    case 's':
        one->bits |= special ? 06000 : 0;
        break;
    case 't':
        one->bits |= special ? STICKY : 0;
        one->who |= special ? STICKY : 0;
        break;
    case 'X':
        one->execute = one->action != '-';
        one->bits |= one->execute ? 0 : 0111;
        break;
    default:
        one->bits |= 0111; /* x */
    }
}

static uint32_t one_action(const char **at, struct clause clause)
{
    bool copied = false;
    clause.action = *(*at)++;
    for (; **at && strchr("rwxXstugo", **at); ++*at) {
        if (!strchr("ugo", **at)) {
            one_letter(&clause, **at);
            continue;
        }
        if (clause.bits)
            flush(&clause);
        flush_execute(&clause);
        copy_class(&clause, **at);
        copied = true;
    }
    if (clause.bits || !copied)
        flush(&clause);
    flush_execute(&clause);
    return clause.mode;
}

static uint32_t apply(const char **at, uint32_t mode, bool folder)
{
    struct clause clause = { .mode = mode, .original = mode, .folder = folder };
    for (;; ++*at) {
        clause.who = 0;
        for (; **at && strchr("ugoa", **at); ++*at)
            clause.who |= class_bits(**at);
        if (!**at || !strchr("+-=", **at))
            return clause.mode;
        while (**at && strchr("+-=", **at))
            clause.mode = one_action(at, clause);
        if (**at != ',')
            return clause.mode;
    }
}

uint32_t mode_apply(const char *text, uint32_t mode, bool folder)
{
    return apply(&text, mode, folder);
}

bool mode_parse(const char *text, bool *ret_number, uint32_t *ret_mode, struct error *err)
{
    const char *at = text;
    size_t digits = strspn(text, "01234567");
    *ret_number = digits && !text[digits];
    if (*ret_number && digits <= 10 && strtoul(text, NULL, 8) <= ALL_BITS) {
        *ret_mode = (uint32_t)strtoul(text, NULL, 8);
        return true;
    }
    apply(&at, 0, false);
    if (!*ret_number && *text && !*at && at[-1] != ',')
        return true;
    return error_set(err, ERROR_INPUT,
                     "--chmod=%s: an octal number up to 07777, or a text like \"u=rwX,go=rX\"",
                     text);
}
