/*
 * value_yaml: YAML (and JSON, which is YAML to kubectl too) to values.
 *
 * libyaml gives the events; this gives them the values that kubectl would send
 * (sigs.k8s.io/yaml over go-yaml v2's rules: YAML 1.1 booleans, octal, hex,
 * merge keys in the order of the file, !!binary…). Unlike kubectl, a duplicate
 * key is an error. A file that begins with { is read as JSON is, document behind
 * document.
 */
#ifndef CMX_MANIFEST_VALUE_YAML_H
#define CMX_MANIFEST_VALUE_YAML_H

#include "manifest/problem.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

/* Ceilings; each passed one is a problem that names it. */
enum {
    YAML_FILE_CEILING = 8 << 20,   /* bytes a file                           */
    YAML_NESTING_CEILING = 128,    /* maps and lists inside one another      */
    YAML_DOCUMENT_CEILING = 10000, /* documents a file                       */
    YAML_NODE_CEILING = 1 << 20,   /* nodes a file, those of aliases counted each time */
};

/* One document of a stream: `root` is NULL where it was empty or only a comment. */
struct yaml_document {
    const struct value *root;
    struct place place; /* of its first content */
};

struct yaml_documents {
    struct yaml_document *items;
    size_t count, capacity;
};

/*
 * Reads every document of a file into the arena. What is wrong is added to
 * `problems`; documents without a fault are still returned, those behind it too.
 * False when anything was added. A list or map in block style ends where the
 * last thing inside it ends; a text without its last line breaks. Aliases share their nodes, so a
 * tree may be a DAG: never write to what this returns, copy first.
 */
bool yaml_read(struct arena *arena, const struct source_file *file,
               struct yaml_documents *ret_documents, struct problems *problems);

#endif
