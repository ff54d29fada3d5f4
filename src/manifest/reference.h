/*
 * reference: the name of an image, as people and manifests write it.
 *
 *   [REGISTRY[:PORT]/]REPOSITORY[:TAG][@DIGEST]
 *
 * As in distribution/reference: without a registry it is Docker Hub's, and a
 * name of one part stands in "library/". What is named is looked up in a store
 * (oci/store.h). Stricter in one thing: there "Acme/api" is the repository "api" of a
 * registry called "Acme"; here it is a repository's name with a capital letter.
 */
#ifndef CMX_MANIFEST_REFERENCE_H
#define CMX_MANIFEST_REFERENCE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

struct reference {
    const char *registry;   /* "docker.io", "localhost:5000", "[::1]:5000" */
    const char *repository; /* "library/nginx"                             */
    const char *tag;        /* NULL: none written                          */
    const char *digest;     /* "sha256:…", or NULL                         */
};

/* ERROR_USAGE, with what would be right ("Nginx: upper-case letters are not allowed in …"). */
bool reference_parse(struct arena *arena, const char *text, struct reference *ret,
                     struct error *err) __attribute__((warn_unused_result));

/* Whole ("docker.io/library/nginx:1.25"), or as people write it ("nginx:1.25"). */
const char *reference_text(struct arena *arena, const struct reference *reference);
const char *reference_short(struct arena *arena, const struct reference *reference);

/* Is it the text of a tag? */
bool reference_tag_valid(const char *text, size_t length);

/* Do both name one repository, whatever the tag? */
bool reference_same_repository(const struct reference *a, const struct reference *b);

#endif
