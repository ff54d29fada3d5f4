/*
 * pointer: JSON pointers (RFC 6901) into documents.
 *
 * Ignore rules name fields by them, and the reconciler asks by them who holds a
 * field. A number steps into a list by position, {"name":"web"} to the one
 * element that has these members (pointer_key.h).
 */
#ifndef CMX_KUBERNETES_POINTER_H
#define CMX_KUBERNETES_POINTER_H

#include "manifest/resource.h"

/* "/spec/a~1b" as its parts, unescaped: "spec", "a/b". Text without a leading "/" has none. */
void pointer_split(struct arena *arena, const char *pointer, struct text_list *ret_parts);

/* The element of a list that `part` names, or NULL. */
const struct value *pointer_item(const struct value *list, const char *part);

/* What stands at the first `count` parts, or NULL. */
const struct value *pointer_get(const struct value *document, const struct text_list *parts,
                                size_t count);

/* Removes what stands there from a document that is ours to change; false where nothing does. */
bool pointer_remove(struct value *document, const struct text_list *parts);

/* Puts a copy there, where all maps and lists above exist; false otherwise. */
bool pointer_put(struct arena *arena, struct value *document, const struct text_list *parts,
                 const struct value *value);

#endif
