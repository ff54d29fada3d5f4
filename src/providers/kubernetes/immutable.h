/*
 * immutable: does a refusal of the server mean "this field cannot be changed in
 * place", or only "this is wrong"?
 *
 * By a table of kind, cause and phrase from real answers: few of them say
 * "immutable" (a RoleBinding says "cannot change roleRef").
 */
#ifndef CMX_KUBERNETES_IMMUTABLE_H
#define CMX_KUBERNETES_IMMUTABLE_H

#include "manifest/resource.h"

/*
 * Reads the Status of a 422. True: *ret_field is the field ("spec.selector"),
 * *ret_phrase the server's words without any value. A changed metadata.uid is
 * none of this: see another_object(). `wanted` and `live` (may be NULL) tell
 * the member where the server only says "spec".
 */
bool immutable_field(struct arena *arena, const struct object_id *id, const struct value *status,
                     const struct value *wanted, const struct value *live, const char **ret_field,
                     const char **ret_phrase);

/* Does the Status say that the object with our uid is gone, or replaced by another of its name? */
bool another_object(const struct value *status);

#endif
