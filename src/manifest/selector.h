/*
 * selector: label selectors, as kubectl's -l takes them and as objects hold them.
 */
#ifndef CMX_MANIFEST_SELECTOR_H
#define CMX_MANIFEST_SELECTOR_H

#include "base/error.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

enum selector_operator {
    SELECT_EQUALS,
    SELECT_DIFFERS, /* also where the label is missing */
    SELECT_IN,
    SELECT_NOT_IN,
    SELECT_EXISTS,
    SELECT_MISSING,
};

struct selector_term {
    const char *key;
    enum selector_operator how;
    const char **values;
    size_t count, capacity;
};

struct selector {
    struct selector_term *terms; /* all of them have to hold */
    size_t count, capacity;
};

/* Reads "app=web,tier!=db,env in (a,b),canary,!old". ERROR_USAGE says what is wrong. */
bool selector_parse(struct arena *arena, const char *text, struct selector *ret_selector,
                    struct error *err) __attribute__((warn_unused_result));

/* Do these labels (a map, may be NULL) fit? */
bool selector_matches(const struct selector *selector, const struct value *labels);

#endif
