/*
 * yaml_scalar: what a plain or tagged scalar is, by the rules of kubectl's YAML
 * reader (go-yaml v2: mostly YAML 1.1). Part of value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_SCALAR_H
#define CMX_MANIFEST_YAML_SCALAR_H

#include "base/error.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The value of a scalar. `tag` is its explicit tag in full ("tag:yaml.org,2002:int")
 * or NULL; `plain`: it was not quoted. ERROR_INPUT where kubectl would fail too
 * (.inf has no JSON form; "abc" is no !!int).
 */
bool yaml_scalar(struct arena *arena, const char *text, size_t length, const char *tag, bool plain,
                 struct value **ret_value, struct error *err) __attribute__((warn_unused_result));

/* The key that a scalar becomes in JSON: 1 → "1", true → "true". A null key is an error. */
bool yaml_key(struct arena *arena, const struct value *value, const char **ret_key,
              struct error *err) __attribute__((warn_unused_result));

/* A double as Go's encoding/json writes it: 1000, 1.5, 1e+21, 1e-7. */
const char *yaml_float_text(struct arena *arena, double number);

#endif
