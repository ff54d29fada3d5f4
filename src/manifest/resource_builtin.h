/*
 * resource_builtin: the kinds that Kubernetes itself brings, as a table: scope,
 * rank, and what their names may look like. Taken from the discovery of
 * Kubernetes 1.36, with its alpha and beta kinds. Read by resource_id.c,
 * names.c and references.c.
 */
#ifndef CMX_MANIFEST_RESOURCE_BUILTIN_H
#define CMX_MANIFEST_RESOURCE_BUILTIN_H

#include "manifest/references.h"
#include "manifest/resource.h"

enum name_rule {
    NAME_SUBDOMAIN, /* RFC 1123 subdomain: nearly all kinds                 */
    NAME_LABEL,     /* RFC 1123 label; Services too, since 1.36 lets a digit begin */
    NAME_CRON_JOB,  /* a subdomain of at most 52 characters                 */
    NAME_SEGMENT,   /* anything that may stand in a path                    */
};

struct builtin_kind {
    const char *group, *kind;
    enum scope scope;
    enum rank rank;
    enum name_rule name;
};

/* The built-in kind, or NULL. */
const struct builtin_kind *builtin_kind_find(const char *group, const char *kind);

/* All kinds; *ret_count of them, borrowed. */
const struct builtin_kind *builtin_kinds(size_t *ret_count);

/* The first group that has a kind of that name, "" for the core; NULL: none has. */
const char *builtin_group_of(const char *kind);

/* The core kind that a word which is none was most likely meant to be, or NULL. */
const char *core_kind_like(const char *word);

#endif
