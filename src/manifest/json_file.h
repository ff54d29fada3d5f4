/*
 * json_file: the JSON documents that a file of manifests begins with.
 *
 * kubectl reads such a file as JSON, document behind document, and as YAML only
 * from where that fails. Both differ where it counts: surrogates, a key whose
 * colon stands on the next line, keys of any length. Part of value_yaml.c, which
 * goes on behind the last whole document; so whatever is wrong is told there.
 */
#ifndef CMX_MANIFEST_JSON_FILE_H
#define CMX_MANIFEST_JSON_FILE_H

#include "manifest/value_yaml.h"

#include <stdbool.h>
#include <stddef.h>

/* Does the text begin like JSON? */
bool json_file_is(const char *data, size_t length);

/*
 * Appends the documents, with places, up to the first that is not whole, not
 * valid, holds a key twice or passes a ceiling of value_yaml.h. Returns the byte
 * behind the last of them: `first`, where it begins with none. A document with a
 * number that no double holds is left out, a problem is added and *ret_fine is false.
 * `first` skips a byte order mark.
 */
size_t json_file_read(struct arena *arena, const struct source_file *file, size_t first,
                      struct yaml_documents *documents, struct problems *problems, bool *ret_fine);

#endif
