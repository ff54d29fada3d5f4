/*
 * yaml_number: which plain scalars are numbers, by go-yaml v2's rules: Go's
 * prefixes 0x, 0o, 0b and a leading 0, underscores anywhere, floats by one
 * pattern, no base 60. Part of yaml_scalar.c.
 */
#ifndef CMX_MANIFEST_YAML_NUMBER_H
#define CMX_MANIFEST_YAML_NUMBER_H

#include "manifest/yaml_scalar.h"

#include <stdbool.h>

/* Fills kind, sign and number of the scalar; false, and it untouched, where it is no number. */
bool yaml_number(struct arena *arena, const char *text, struct scalar *ret_scalar);

#endif
