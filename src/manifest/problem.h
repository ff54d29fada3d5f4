/*
 * problem: what is wrong with the input, with its place, all of it.
 *
 * Loading goes on after an error, so that a user sees all of them at once.
 * Every reader of manifests adds to one `struct problems`; the command prints
 * them like a compiler does, sorted by file and place.
 */
#ifndef CMX_MANIFEST_PROBLEM_H
#define CMX_MANIFEST_PROBLEM_H

#include "base/arena.h"
#include "base/buf.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

/* A file as it was read; lives as long as the set that came from it. */
struct source_file {
    const char
        *path; /* as the user would name it: relative to the repository or the working folder */
    const char *source; /* the path below the reader's root: what a record keeps */
    const char *data;   /* NUL behind it */
    size_t length;
    bool quotable;      /* false: never quote a line (a Secret, or a kind that is not known) */
    const char *folder; /* of `source`: a scope of errors, see struct failed_scope */
};

struct problem {
    const struct source_file *file; /* NULL: of no file */
    struct place place;             /* line 0: of the file as a whole */
    const char *message;            /* "spec.replicas: expected an integer, got \"three\"" */
    bool warning;
    bool quotable; /* may this line be quoted? false inside a Secret */
};

struct problems {
    struct arena *arena;
    struct problem *items;
    size_t count, capacity;
    size_t errors; /* those that are no warnings */
};

void problems_start(struct problems *problems, struct arena *arena);

/* Adds one. The message is formatted into the arena. At most 1000 are kept; all are counted. */
void problem_add(struct problems *problems, const struct source_file *file, struct place place,
                 bool quotable, const char *format, ...) __attribute__((format(printf, 5, 6)));
void problem_warn(struct problems *problems, const struct source_file *file, struct place place,
                  bool quotable, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds all of `more`, whose texts live long enough. */
void problems_append(struct problems *problems, const struct problems *more);

/*
 * Appends "path:line:column: error: message", one line each, sorted by path and
 * place; with `quote` each is followed by its source line and a caret (only
 * where it is quotable), and with `colour` by ANSI colours.
 */
void problems_print(const struct problems *problems, struct buf *out, bool quote, bool colour);

#endif
