/*
 * status: what a failed answer of the API server means.
 *
 * The server's own words are kept (they name verb, resource, namespace and
 * field); the kind of error follows from the HTTP status.
 */
#ifndef CMX_KUBERNETES_STATUS_H
#define CMX_KUBERNETES_STATUS_H

#include "base/buf.h"
#include "base/error.h"
#include "manifest/value.h"

/* 401, 403 denied; 404, 410 not found; 409 conflict; 400, 422 invalid; else unreachable. */
enum error_kind status_error_kind(int http_status);

/*
 * Appends what the server said: the Status document's message with the fields
 * of its causes; else the body's text (proxies answer HTML), on one line and
 * cut; else only the HTTP status.
 */
void status_message(struct buf *out, int http_status, const struct value *document,
                    const char *body);

/*
 * Milliseconds to wait by a Retry-After header: seconds or an HTTP date (RFC
 * 9110); -1 where it says nothing.
 */
int64_t status_retry_after(const char *header, int64_t now);

#endif
