/*
 * names: the forms of names in Kubernetes. resource.h's object_name_valid()
 * chooses among them by kind; the shapes use them for the project's own names.
 */
#ifndef CMX_MANIFEST_NAMES_H
#define CMX_MANIFEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 1123 label: at most 63 of a-z, 0-9, "-", beginning and ending with none of "-". */
bool name_is_label(const char *text);

/* RFC 1123 subdomain: labels of any length joined by ".", at most 253 characters. */
bool name_is_subdomain(const char *text);

/* "prefix/name" as keys of labels and annotations are; the prefix may be missing. */
bool name_is_qualified(const char *text);

#endif
