/*
 * client_ahead: a GET that is sent before anybody reads its answer.
 *
 * A page of a LIST is asked for as soon as its token is known, while the page
 * before it is still being read; the first page, as soon as the record says which
 * kinds there are. A thread of its own takes the bytes in, up to a ceiling; who
 * reads them gets them in order.
 */
#ifndef CMX_KUBERNETES_CLIENT_AHEAD_H
#define CMX_KUBERNETES_CLIENT_AHEAD_H

#include "base/cleanup.h"
#include "providers/kubernetes/client/client_request.h"

struct ahead;

/*
 * Sends `call` with this query. What it points to is copied; it ends at the wait's
 * deadline, and when it is dropped. The caller owns it.
 */
struct ahead *ahead_start(struct client *client, const struct api_call *call, const char *query,
                          const struct wait *wait) __attribute__((returns_nonnull));

/* Is it this call with this query? */
bool ahead_is(const struct ahead *ahead, const struct api_call *call, const char *query);

/*
 * Hands the body over as it comes, and answers as client_request() would have.
 * *ret_status: of the answer, 0 where none came.
 */
bool ahead_read(struct ahead *ahead, http_sink *sink, void *context, int *ret_status,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Ends it, wherever it stands. NULL is allowed. */
void ahead_drop(struct ahead *ahead);
CLEANUP_FUNCTION(struct ahead *, ahead_drop)

#endif
