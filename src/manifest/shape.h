/*
 * shape: what a kind may hold, described once.
 *
 * The project's own kinds (apiVersion cmx.dev/v1) are tables of members. From a
 * table come validation, defaults, `explain`, the JSON Schema under schemas/
 * and the page under docs/reference/. To add a kind, add a table in kinds.c.
 */
#ifndef CMX_MANIFEST_SHAPE_H
#define CMX_MANIFEST_SHAPE_H

#include "base/buf.h"
#include "base/error.h"
#include "manifest/problem.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_type {
    SHAPE_STRING, /* not empty                      */
    SHAPE_TEXT,   /* may be empty                    */
    SHAPE_BOOL,
    SHAPE_INTEGER,
    SHAPE_DURATION, /* "90s", "5m", "1h30m"             */
    SHAPE_BUDGET,   /* 10 or "20%"                      */
    SHAPE_ENUM,     /* one of `choices`                 */
    SHAPE_NAME,     /* a DNS-1123 name                  */
    SHAPE_POINTER,  /* a JSON pointer                   */
    SHAPE_PORT,     /* 8080, "8080", "53/udp"          */
    SHAPE_TEXT_MAP, /* any keys, string values          */
    SHAPE_MAP,      /* the members of `members`         */
    SHAPE_LIST,     /* elements as `element` says       */
};

struct shape {
    const char *name; /* of the member; NULL ends a table */
    enum shape_type type;
    bool required;
    bool secret;                 /* its value is masked in diffs and logs   */
    const char *text;            /* one or two sentences for people         */
    const char *example;         /* as it would be written, or NULL         */
    const char *fallback;        /* the default as JSON text, or NULL       */
    const char *const *choices;  /* SHAPE_ENUM, NULL-terminated           */
    int64_t least, most;         /* SHAPE_INTEGER; both 0: no limits        */
    const struct shape *members; /* SHAPE_MAP: a table                   */
    const struct shape *element; /* SHAPE_LIST: one shape                */
    const char *one_of;          /* members of one group exclude one another; one is needed */
    const char *schema;          /* JSON Schema of what is checked elsewhere, a map, or NULL */
};

/* A member that people might write and that is left out on purpose. */
struct shape_refused {
    const char *name; /* NULL ends a table */
    const char *why;  /* "a Cluster names no …" */
};

struct kind_shape {
    const char *kind;
    const char *plural;       /* "projects": file and page names, CRDs */
    const char *text;         /* what it is for, a paragraph           */
    const char *example;      /* a whole manifest                     */
    bool stored;              /* may also be stored in a cluster; else it is local to the source */
    const struct shape *spec; /* the members beside apiVersion, kind, metadata: all under `spec` */
    const struct shape_refused *refused; /* of spec; NULL: none */
    const char *schema;                  /* as that of a shape: of spec */
};

#define SHAPE_API_VERSION "cmx.dev/v1"

/* What `metadata` holds, of every own kind. */
extern const struct shape shape_metadata[];

/* All own kinds, ended by one without a name. */
extern const struct kind_shape kind_shapes[];

/* The own kind of that name, or NULL. */
const struct kind_shape *kind_shape_find(const char *kind);

/*
 * Checks a document of an own kind against its shape; every fault becomes a
 * problem with its place ("spec.prunBudget: unknown field (did you mean
 * `pruneBudget`?)"). Returns the document with defaults in, or NULL when wrong.
 */
const struct value *shape_check(struct arena *arena, const struct kind_shape *shape,
                                const struct value *document, const struct source_file *file,
                                struct problems *problems);

/* A member of a checked map where somebody wrote it; NULL where it is absent, or a default. */
const struct value *shape_written(const struct value *map, const char *name);

/* The name among `names` that `wrong` was most likely meant to be, or NULL. */
const char *suggest(const char *wrong, const char *const *names, size_t count);

/*
 * Appends the JSON Schema (draft 2020-12), and the reference page (Markdown) of
 * a kind or of the annotations. They are committed as schemas/KIND.schema.json,
 * docs/reference/KIND.md and docs/reference/annotations.md (lower case); the
 * test test_shape_files fails when those differ, and writes them with --update.
 */
void shape_print_schema(struct buf *out, const struct kind_shape *shape);
void shape_print_reference(struct buf *out, const struct kind_shape *shape);
void shape_print_annotations(struct buf *out);

/*
 * `path` is "" or "spec.pruneBudget". False where there is no such member: err says
 * so, with what was probably meant.
 */
bool shape_explain(struct buf *out, const struct kind_shape *shape, const char *path,
                   struct error *err);

#endif
