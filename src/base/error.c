/* error: see error.h. */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char CUT[] = "…";

/* Marks a message that did not fit, on a UTF-8 border. */
static void mark_cut(char *message, size_t size)
{
    size_t at = size - sizeof CUT;
    while (at > 0 && ((unsigned char)message[at] & 0xC0) == 0x80)
        at--;
    memcpy(message + at, CUT, sizeof CUT);
}

bool error_vset(struct error *err, enum error_kind kind, const char *format, va_list args)
{
    char message[sizeof err->message]; /* the arguments may point into err */
    int length = vsnprintf(message, sizeof message, format, args);
    if (length >= (int)sizeof message)
        mark_cut(message, sizeof message);
    memcpy(err->message, message, sizeof message);
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
