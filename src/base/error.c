/*
 * error: see error.h. What a message quotes may come from a server or a
 * repository, so that every message is made printable here.
 */
#include "base/error.h"

#include "base/cleanup.h"
#include "base/printable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char CUT[] = "…";

/* Marks a message that did not fit, on a UTF-8 border. */
static void mark_cut(char *message, size_t length, size_t size)
{
    size_t at = length < size - sizeof CUT ? length : size - sizeof CUT;
    while (at > 0 && ((unsigned char)message[at] & 0xC0) == 0x80)
        at--;
    memcpy(message + at, CUT, sizeof CUT);
}

bool error_vset(struct error *err, enum error_kind kind, const char *format, va_list args)
{
    char message[sizeof err->message]; /* the arguments may point into err */
    AUTO_BUF clean = BUF_INIT(sizeof message - 1);
    int length = vsnprintf(message, sizeof message, format, args);
    printable_add(&clean, message, strlen(message), false);
    memcpy(err->message, buf_text(&clean), clean.length + 1);
    if (length >= (int)sizeof message || clean.overflowed)
        mark_cut(err->message, clean.length, sizeof err->message);
    err->kind = kind;
    return false;
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_vset(err, kind, format, args);
    va_end(args);
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    char context[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    return error_set(err, err->kind, "%s: %s", context, err->message);
}

bool error_errno(struct error *err, enum error_kind kind, const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    error_vset(err, kind, format, args);
    va_end(args);
    return error_set(err, kind, "%s: %s", err->message, strerror(number));
}
