/*
 * error: why something could not be done.
 *
 * The last argument of a function that can fail; `true` means done. It lives on
 * the caller's stack, so that reporting cannot fail, and is untouched on
 * success. Context is prefixed on the way up. The message says what happened,
 * where, and what would be right; it never holds a Secret's value, nor anything
 * that a terminal would act on (printable.h).
 */
#ifndef CMX_BASE_ERROR_H
#define CMX_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* A kind exists only where a caller branches on it. */
enum error_kind {
    ERROR_NONE,        /* an error that was not set                                */
    ERROR_USAGE,       /* the command line                                         */
    ERROR_INPUT,       /* a manifest or another document is wrong                  */
    ERROR_REFUSED,     /* budget, ownership, policy: we could, but will not        */
    ERROR_UNREACHABLE, /* no connection, time-out, server fault after retries      */
    ERROR_DENIED,      /* 401, 403, no credentials                                 */
    ERROR_NOT_FOUND,   /* it surely does not exist                                 */
    ERROR_CONFLICT,    /* changed or held by another                               */
    ERROR_INVALID,     /* the server says that the object is wrong                 */
    ERROR_TIMEOUT,     /* our own deadline passed                                  */
    ERROR_CANCELLED,   /* somebody asked us to stop                                */
    ERROR_LOCAL,       /* local input or output                                    */
    ERROR_BUG,         /* cannot happen                                            */
};

struct error {
    enum error_kind kind;
    char message[2048]; /* cut with "…" when longer */
};

/* Sets the error; always returns false, so that `return error_set(…)` reads well. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_vset(struct error *err, enum error_kind kind, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Puts "context: " before the message; the kind stays. Always returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As error_set, with the text of errno behind the message: "…: No such file". */
bool error_errno(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
