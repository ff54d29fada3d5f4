/*
 * yaml_reader: what value_yaml.c, which turns libyaml's events into trees, shares
 * with yaml_restart.c, which finds a way on where libyaml stops.
 */
#ifndef CMX_MANIFEST_YAML_READER_H
#define CMX_MANIFEST_YAML_READER_H

#include "manifest/value_yaml.h"
#include "manifest/yaml_anchor.h"
#include "manifest/yaml_map.h"
#include "manifest/yaml_place.h"

#include <yaml.h>

/* A list or map that is being read. */
struct frame {
    struct value *container;
    const char *anchor;
    size_t nodes;         /* of all that was read into it, itself included */
    size_t first_entry;   /* of a map, among the reader's entries          */
    bool has_key, merges; /* a key, or <<, waits for its value             */
    struct member member; /* that key                                      */
};

/* What there was when a document began. */
struct before {
    size_t nodes, documents, problems, errors;
    bool faults;
};

struct reader {
    struct arena *arena;
    const struct source_file *file;
    const char *input; /* file->data, or a copy: with the last line ended, without \' */
    char *copy;        /* that copy, once there is one */
    size_t length;     /* of input */
    size_t reread;     /* bytes that were read again because of \' */
    struct problems *problems;
    struct yaml_documents *documents;
    struct places places;
    yaml_parser_t parser;
    size_t depth, nodes, restarts;
    struct anchors anchors;
    struct map_entries entries;
    struct value key; /* stands for a key, of which only the place is wanted */
    struct value *root;
    struct place start; /* of the document          */
    struct before before;
    bool broken;                              /* the document has a fault */
    bool faults;                              /* so has the file          */
    struct frame stack[YAML_NESTING_CEILING]; /* last: a new reader does not clear it */
};

/*
 * libyaml has failed. True where reading goes on from *ret_first in line *ret_line (from 0);
 * the fault is added to the problems unless it could be got around.
 */
bool yaml_restart(struct reader *reader, size_t *ret_first, size_t *ret_line);

#endif
