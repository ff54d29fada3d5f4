/*
 * diff: two documents, compared field by field.
 *
 * A merge walk over sorted members. Lists of maps that carry a key (name,
 * containerPort, mountPath…) are matched by it, so that a container put first
 * does not change all that follow; other lists by position, or as sets where
 * all are scalars.
 */
#ifndef CMX_RECONCILER_DIFF_H
#define CMX_RECONCILER_DIFF_H

#include "base/buf.h"
#include "manifest/value.h"

#include <stddef.h>

struct field_change {
    const char *path; /* for people: spec.template.spec.containers[web].image */
    const char
        *pointer; /* JSON pointer into the document that holds it (before, where it is there) */
    const struct value *before, *after; /* NULL: added, removed */
};

struct field_changes {
    struct field_change *items;
    size_t count, capacity;
};

/* Every field that differs, in document order. The smallest parts that tell the difference. */
void diff_fields(struct arena *arena, const struct value *before, const struct value *after,
                 struct field_changes *ret_changes);

/*
 * Appends a whole object as a diff of YAML lines, three lines of context, keyed
 * lists by key; "+", "-" and " " in column 1. NULL before or after: all of it.
 */
void diff_lines(struct buf *out, const struct value *before, const struct value *after);

/* A value on one line, at most `width` characters: 3, "web:1.5", {…3 members}. */
const char *diff_value_text(struct arena *arena, const struct value *value, size_t width);

/* The member by which elements of both lists are matched, or NULL: by position. */
const char *diff_list_key(const struct value *a, const struct value *b);

#endif
