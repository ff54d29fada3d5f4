/*
 * yaml_place: from libyaml's marks, which count characters, to places, which
 * have byte offsets. Marks come nearly in order, so a cursor follows them.
 */
#ifndef CMX_MANIFEST_YAML_PLACE_H
#define CMX_MANIFEST_YAML_PLACE_H

#include "manifest/value.h"

#include <stddef.h>

struct places {
    const char *data;
    size_t length, first; /* first: behind a byte order mark */
    size_t character, byte; /* the cursor */
};

void places_start(struct places *places, const char *data, size_t length, size_t first);

/* Line and column count from 0 here, as in libyaml; start and end are character indexes. */
struct place places_find(struct places *places, size_t line, size_t column, size_t start,
                         size_t end);

/* The place of a byte offset (behind the byte order mark). */
struct place places_at_byte(struct places *places, size_t byte);

#endif
