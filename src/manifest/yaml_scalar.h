/*
 * yaml_scalar: what a plain or tagged scalar is, by the rules of kubectl's YAML
 * reader (sigs.k8s.io/yaml over go-yaml v2: mostly YAML 1.1). Part of value_yaml.
 */
#ifndef CMX_MANIFEST_YAML_SCALAR_H
#define CMX_MANIFEST_YAML_SCALAR_H

#include "base/error.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scalar_kind { SCALAR_NULL, SCALAR_BOOL, SCALAR_INTEGER, SCALAR_FLOAT, SCALAR_STRING };

struct scalar {
    enum scalar_kind kind;
    bool boolean;
    bool negative;    /* SCALAR_INTEGER: its sign …               */
    uint64_t size;    /* … and its absolute value                 */
    double number;    /* SCALAR_FLOAT, also infinite or no number */
    const char *data; /* SCALAR_STRING: borrowed or in the arena  */
    size_t length;
};

/*
 * Reads a scalar (NUL behind its text). `tag` is its explicit tag in full
 * ("tag:yaml.org,2002:int") or NULL; `plain`: it was not quoted. ERROR_INPUT
 * where kubectl fails too: "abc" is no !!int.
 */
bool yaml_scalar(struct arena *arena, const char *text, size_t length, const char *tag, bool plain,
                 struct scalar *ret_scalar, struct error *err) __attribute__((warn_unused_result));

/* The value that a scalar becomes in JSON. .inf and .nan have none: ERROR_INPUT. */
bool yaml_scalar_value(struct arena *arena, const struct scalar *scalar, struct value **ret_value,
                       struct error *err) __attribute__((warn_unused_result));

/* The key that it becomes: 1 → "1", 0x10 → "16", yes → "true", 1e6 → "1e+06". Null has none. */
bool yaml_scalar_key(struct arena *arena, const struct scalar *scalar, const char **ret_key,
                     struct error *err) __attribute__((warn_unused_result));

#endif
