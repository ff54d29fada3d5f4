/* mode: see mode.h. */
#include "providers/build/native/mode.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_BITS = 07777 };

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
        return ALL_BITS;
    }
}

/* The bits of one letter in all classes. */
static uint32_t letter_bits(char letter, uint32_t mode, bool folder)
{
    switch (letter) {
    case 'r':
        return 0444;
    case 'w':
        return 0222;
    case 'x':
        return 0111;
    case 'X':
        return folder || (mode & 0111) ? 0111 : 0;
    case 's':
        return 06000;
    default:
        return 01000; /* t */
    }
}

/* "g" of "u=g": the bits of that class, in all classes. */
static uint32_t copied_bits(char who, uint32_t mode)
{
    uint32_t bits = who == 'u' ? mode >> 6 : who == 'g' ? mode >> 3 : mode;
    bits &= 07;
    return bits | bits << 3 | bits << 6;
}

static uint32_t one_action(const char **at, uint32_t classes, uint32_t mode, bool folder)
{
    char action = *(*at)++;
    uint32_t bits = 0;
    if (**at && strchr("ugo", **at))
        bits = copied_bits(*(*at)++, mode);
    else
        for (; **at && strchr("rwxXst", **at); ++*at) {
            bits |= letter_bits(**at, mode, folder);
            /* The sticky bit is of no class; as in BSD, the others alone cannot set it. */
            if (**at == 't' && classes & ~07u)
                classes |= 01000;
        }
    bits &= classes;
    if (action == '+')
        return mode | bits;
    if (action == '-')
        return mode & ~bits;
    /* "=" leaves the set-id bits of a folder alone unless they are named. */
    return (mode & ~(classes & (folder ? 01777 : ALL_BITS))) | bits;
}

static uint32_t apply(const char **at, uint32_t mode, bool folder)
{
    for (;;) {
        uint32_t classes = 0;
        for (; **at && strchr("ugoa", **at); ++*at)
            classes |= class_bits(**at);
        if (!classes)
            classes = ALL_BITS;
        if (!**at || !strchr("+-=", **at))
            return mode;
        while (**at && strchr("+-=", **at))
            mode = one_action(at, classes, mode, folder);
        if (**at != ',')
            return mode;
        ++*at;
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
