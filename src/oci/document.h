/* document: what the readers and writers of manifests and configs share; see image.h. */
#ifndef CMX_OCI_DOCUMENT_H
#define CMX_OCI_DOCUMENT_H

#include "base/error.h"
#include "manifest/resource.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * JSON of a stranger: a map, with a ceiling on its values (a few bytes of JSON take a hundred of
 * memory). ERROR_INVALID.
 */
bool document_parse(struct arena *arena, const char *bytes, size_t length, const struct value **ret,
                    struct error *err) __attribute__((warn_unused_result));

/* The same of a list. */
bool document_parse_list(struct arena *arena, const char *bytes, size_t length,
                         const struct value **ret, struct error *err)
    __attribute__((warn_unused_result));

/* Members that are missing or null are left out of what is read; others must fit. */
bool document_text(const struct value *map, const char *key, const char **ret, struct error *err)
    __attribute__((warn_unused_result));
bool document_texts(struct arena *arena, const struct value *map, const char *key,
                    struct text_list *ret, struct error *err) __attribute__((warn_unused_result));
/* A map of strings; NULL where it is empty. */
bool document_map(const struct value *map, const char *key, const struct value **ret,
                  struct error *err) __attribute__((warn_unused_result));

/* Sets what is there: no NULL text, no empty list, no empty map. */
void document_set_text(struct arena *arena, struct value *map, const char *key, const char *text);
void document_set_texts(struct arena *arena, struct value *map, const char *key,
                        const struct text_list *list);
void document_set_map(struct arena *arena, struct value *map, const char *key,
                      const struct value *value);

/* A list of strings, empty or not. */
struct value *document_list(struct arena *arena, const struct text_list *list);

#endif
