/*
 * options: the table of cmx.dev/ annotations behind object_options_read(), for
 * the reference page; and what a JSON pointer may be.
 */
#ifndef CMX_MANIFEST_OPTIONS_H
#define CMX_MANIFEST_OPTIONS_H

#include "manifest/resource.h"

struct annotation {
    const char *name;     /* behind "cmx.dev/" */
    const char *expected; /* what a value looks like, for messages */
    const char *example;  /* as it is written in YAML */
    const char *text;
};

/* The index-th annotation, by name; NULL past the last. */
const struct annotation *annotation_at(size_t index);

/* RFC 6901, not empty. */
bool json_pointer_valid(const char *pointer);

/* The same, and no part of an object's identity. */
bool json_pointer_ignorable(const char *pointer);

#endif
