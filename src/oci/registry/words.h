/*
 * words: what a registry's answer says for people, and which kind of error it is. Private to
 * registry/.
 */
#ifndef CMX_OCI_REGISTRY_WORDS_H
#define CMX_OCI_REGISTRY_WORDS_H

#include "net/http.h"

/*
 * "MANIFEST_UNKNOWN: manifest unknown" out of the answer's document ({"errors": […]}, or a
 * token server's {"error", "details"}); "" where it holds no such thing (a page of HTML), or
 * where the words repeat one of the secrets (each may be NULL).
 */
const char *response_words(struct arena *arena, const struct http_response *response,
                           const char *const *secrets, size_t secret_count);

/* Is it JSON by its header, or by its first byte? (Some call it text/plain.) */
bool response_is_json(const struct http_response *response);

/* "404 Not Found", as the kind that callers branch on. */
enum error_kind status_kind(int status);
const char *status_words(int status);

#endif
