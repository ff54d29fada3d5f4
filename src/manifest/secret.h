/*
 * secret: what must not be shown, and the one form in which Secrets are kept.
 */
#ifndef CMX_MANIFEST_SECRET_H
#define CMX_MANIFEST_SECRET_H

#include "manifest/problem.h"
#include "manifest/value.h"

/*
 * May lines of this document be quoted in messages? Only where its kind is a
 * built-in one or the project's own, and is not Secret.
 */
bool document_quotable(const struct value *document);

/* The same for a file that could not be read as YAML yet, judged by its text: when in doubt, no. */
bool text_quotable(const char *data, size_t length);

/* Is this a core v1 Secret? */
bool document_is_secret(const struct value *document);

/*
 * A Secret with `stringData` folded into `data` (stringData wins) and every value
 * in canonical base64. Keys that Kubernetes refuses, values that are no base64 and
 * members that a Secret does not have (`stringdata`: what it holds would be shown)
 * are problems that name the key, never the value. Members of `root` are
 * replaced, what they held is not written to.
 */
void secret_fold(struct arena *arena, struct value *root, const struct source_file *file,
                 struct problems *problems);

#endif
