/*
 * applyset: the text side of a set's parent object (KEP-3659).
 *
 * The parent is the ConfigMap cmx-set-NAME in the Project's namespace. Beside
 * the KEP's label and annotations its binaryData holds the list of members,
 * which is the record; the labels on the members are only its index.
 */
#ifndef CMX_KUBERNETES_APPLYSET_H
#define CMX_KUBERNETES_APPLYSET_H

#include "providers/provider.h"

#define APPLYSET_ID         "applyset.kubernetes.io/id"
#define APPLYSET_TOOLING    "applyset.kubernetes.io/tooling"
#define APPLYSET_KINDS      "applyset.kubernetes.io/contains-group-kinds"
#define APPLYSET_NAMESPACES "applyset.kubernetes.io/additional-namespaces"
#define APPLYSET_TOOL       "cmx-reconcile/"

/* "cmx-set-shop" */
const char *applyset_parent(struct arena *arena, const char *set_name);

/* "applyset-" + base64url(SHA-256("PARENT.NAMESPACE.ConfigMap.")) + "-v1" */
const char *applyset_id(struct arena *arena, const char *parent, const char *namespace);

/* "ConfigMap,Deployment.apps": sorted, without duplicates. */
const char *applyset_kinds(struct arena *arena, const struct record *record);

/* Namespaces of members other than the parent's own, sorted. */
const char *applyset_namespaces(struct arena *arena, const struct record *record,
                                const char *namespace);

/* The record as base64 of gzip of its JSON. ERROR_REFUSED: more than a ConfigMap holds. */
bool applyset_pack(struct arena *arena, const struct record *record, const char **ret_data,
                   struct error *err) __attribute__((warn_unused_result));

/* Would it? Tells by the length of the texts alone where they are short enough. */
bool applyset_fits(const struct record *record, struct error *err)
    __attribute__((warn_unused_result));

/* The other way. ERROR_INPUT: damaged, or over the ceiling. */
bool applyset_unpack(struct arena *arena, const char *data, struct record *ret_record,
                     struct error *err) __attribute__((warn_unused_result));

/* A text in the same form, and back; ERROR_INPUT: damaged, or longer than `most`. */
const char *applyset_pack_text(struct arena *arena, const char *text, size_t length);
bool applyset_unpack_text(struct arena *arena, const char *data, size_t most, char **ret_text,
                          size_t *ret_length, struct error *err)
    __attribute__((warn_unused_result));

/* May we touch this parent? ERROR_REFUSED: it is another tool's, or no set's at all. */
bool applyset_check(const struct value *document, const char *id, struct error *err)
    __attribute__((warn_unused_result));

#endif
