/*
 * fields: the sets of fields that `managedFields` ascribes to a manager.
 *
 * A set is the JSON of fieldsV1, a tree whose member names say how to step into
 * the object (KEP-555, structured-merge-diff):
 *
 *   f:NAME    the member NAME of a map
 *   k:{…}     the element of a list that has these members
 *   v:VALUE   the element of a list of scalars
 *   .         the node itself
 *
 * A node without members is owned whole. So the set also tells which lists are
 * keyed, and by what: no schema is needed.
 */
#ifndef CMX_KUBERNETES_FIELDS_H
#define CMX_KUBERNETES_FIELDS_H

#include "manifest/value.h"

#include <stdbool.h>

/*
 * True only when applying `wanted` would surely change nothing: what it names
 * is exactly what `owned` holds, and every value equals the live one. False is
 * "perhaps": a quantity written another way cannot be decided here. All three
 * are nodes for the same place; start with the whole documents.
 */
bool fields_same(struct arena *arena, const struct value *wanted, const struct value *owned,
                 const struct value *live);

/*
 * As fields_same(), but a value may be written as a server writes it: another
 * form of the same quantity, with defaults beside what an item of a list that is
 * owned whole names, a default for a null. Not enough alone: what looks like a
 * default may be a difference.
 */
bool fields_alike(struct arena *arena, const struct value *wanted, const struct value *owned,
                  const struct value *live);

/* The same for one value. */
bool fields_alike_value(const struct value *wanted, const struct value *live);

/*
 * The values of what the set holds of a document, with the order of its list
 * elements. Shares what it can with the document.
 */
const struct value *fields_values(struct arena *arena, const struct value *owned,
                                  const struct value *document);

/*
 * Steps from a node of a set and of its object to the child that `part` of a
 * JSON pointer names. NULL where the set does not hold it.
 */
const struct value *fields_step(struct arena *arena, const struct value *owned,
                                const struct value *live, const char *part);

/* Does the set hold the field at this JSON pointer into `live`, or something below it? */
bool fields_hold(struct arena *arena, const struct value *owned, const struct value *live,
                 const char *pointer);

/* New sets: of a or b; of a but not of b; of a without the field at the pointer. */
struct value *fields_union(struct arena *arena, const struct value *a, const struct value *b);
struct value *fields_minus(struct arena *arena, const struct value *a, const struct value *b);
struct value *fields_without(struct arena *arena, const struct value *a, const struct value *live,
                             const char *pointer);

/*
 * Is this a set at all: maps of maps, with names as above? Everything here wants
 * one, or NULL, which holds nothing.
 */
bool fields_valid(const struct value *fields);

/* No field at all? */
bool fields_empty(const struct value *fields);

/* How many fields, each owned whole, a set has. */
size_t fields_count(const struct value *fields);

/* A copy of the document without the fields of the set. */
struct value *fields_cut(struct arena *arena, const struct value *document,
                         const struct value *fields);

/*
 * The set without what only says that an item is there: "." and the members that name an item of a
 * keyed list. Who applies one field of an item has to name it, and does not mean all of it.
 */
struct value *fields_beside_names(struct arena *arena, const struct value *fields);

/*
 * Cuts what the set holds out of `document`, which is the caller's to change,
 * where the value is not the live one. True where something was cut.
 */
bool fields_cut_different(struct arena *arena, struct value *document, const struct value *fields,
                          const struct value *live);

/*
 * What of `owned` a document does not name: the fields that applying the
 * document gives up.
 */
struct value *fields_given_up(struct arena *arena, const struct value *owned,
                              const struct value *wanted);

/*
 * The element of `list` that a "k:" or "v:" name means, and its position; NULL
 * where none or several fit. With `partly` members that an element lacks are
 * passed over (a manifest leaves out `protocol: TCP`).
 */
const struct value *fields_element(struct arena *arena, const char *name, const struct value *list,
                                   bool partly, size_t *ret_index);

#endif
