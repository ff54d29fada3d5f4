/*
 * yaml_place: from libyaml's marks, which count characters, to places, which
 * have byte offsets. Marks come nearly in order, so a cursor follows them. Part
 * of value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_PLACE_H
#define CMX_MANIFEST_YAML_PLACE_H

#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct places {
    const char *data;       /* the whole file                                   */
    size_t length, first;   /* first: the byte where libyaml began to read      */
    size_t line, column;    /* of that byte, from 0                             */
    size_t character, byte; /* the cursor                                       */
};

/* libyaml begins to read (again) at byte `first`, in line `line` (from 0). */
void places_start(struct places *places, const char *data, size_t length, size_t first,
                  size_t line);

/* From one mark to another; line breaks and blanks at the end are left out. */
struct place places_find(struct places *places, const yaml_mark_t *start, const yaml_mark_t *end);

/* The place of one byte, counted from where libyaml began to read. */
struct place places_at_byte(const struct places *places, size_t byte);

/*
 * Of the line of this place, or the next one behind it, that begins another
 * document ("---"): true, and its first byte and its line, from 0.
 */
bool places_next_document(const struct places *places, struct place place, size_t *ret_first,
                          size_t *ret_line);

#endif
