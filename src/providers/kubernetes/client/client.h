/*
 * client: requests to one API server, with authentication, retries and errors
 * that say what was asked.
 *
 * Stands on net/http; everything else in this folder stands on it. 429 and
 * 503 with Retry-After, and lost connections of requests that can be repeated,
 * are retried with jitter within the wait. Bodies of errors are cleaned of
 * every Secret value that the session has seen (see redact.h).
 */
#ifndef CMX_KUBERNETES_CLIENT_H
#define CMX_KUBERNETES_CLIENT_H

#include "base/clock.h"
#include "manifest/resource.h"
#include "manifest/value.h"
#include "manifest/value_json.h"
#include "net/http.h"

struct client;
struct target;

/* Reads kubeconfig or the in-cluster files; no request yet. The caller owns it. */
bool client_open(const struct target *target, struct client **ret_client, const struct wait *wait,
                 struct error *err) __attribute__((warn_unused_result));
void client_close(struct client *client);

/* "cluster prod" or "in-cluster"; and the context's name. */
const char *client_describe(const struct client *client);

struct api_call {
    const char *method; /* "GET", "PATCH", "POST", "PUT", "DELETE" */
    const char *path;   /* "/api/v1/namespaces/x/configmaps/y", encoded */
    const char *query;  /* "dryRun=All&fieldManager=…", encoded, or NULL */
    const char *accept; /* NULL: application/json */
    const char *content_type;
    const char *body;
    size_t body_length;
    const char *what; /* for errors: "apply Deployment/web" */
    bool repeatable;  /* may be sent again where the answer was lost: a second one does no harm */
};

struct api_answer {
    int status;
    const struct value *document; /* parsed JSON body, NULL when empty */
    const char *date;             /* the server's Date header, or NULL */
    unsigned tries; /* above 1, an earlier one may have been carried out: see 200 and 404 so */
};

/*
 * One call whose answer is one document. True for 2xx. Otherwise the server's
 * Status becomes the error: 401, 403 ERROR_DENIED (naming verb, resource and
 * namespace), 404 ERROR_NOT_FOUND, 409 ERROR_CONFLICT, 422 and 400
 * ERROR_INVALID, the rest ERROR_UNREACHABLE; `ret_answer` is filled for those
 * too (status 0 where none came), so that callers can read the causes.
 */
bool client_call(struct client *client, struct arena *arena, const struct api_call *call,
                 struct api_answer *ret_answer, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Is the answer an object, as everything that Kubernetes says? A gateway in
 * between may say 200 and something else. ERROR_UNREACHABLE.
 */
bool answer_is_object(const struct api_answer *answer, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/*
 * A LIST, page by page: each item goes to the handler as it arrives.
 * *ret_version is the resourceVersion to watch from. An expired page token
 * begins again once, and calls `restart` (may be NULL) first.
 */
bool client_list(struct client *client, struct arena *arena, const struct api_call *call,
                 json_handler *handler, void (*restart)(void *), void *context,
                 const char **ret_version, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Sends the first page of such a LIST, for the next client_list() of this call to read; nothing
 * where enough of them wait already. client_forget_lists() ends those that nobody asked for.
 */
void client_list_ahead(struct client *client, const struct api_call *call, const struct wait *wait);
void client_forget_lists(struct client *client);

/*
 * A watch: each event ({type, object}, bookmarks too) goes to the handler until
 * it returns false, the wait is over, or the server closes the stream. True then,
 * but for a handler that set its error. 410 is ERROR_NOT_FOUND.
 */
bool client_watch(struct client *client, const struct api_call *call, json_handler *handler,
                  void *context, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* A plain-text GET (pod logs), redacted; of more than `ceiling` bytes the first whole lines. */
bool client_text(struct client *client, struct arena *arena, const struct api_call *call,
                 size_t ceiling, const char **ret_text, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Every value of this Secret document is cut out of errors and logs from now on. */
void client_learn_secret(struct client *client, const struct value *secret);

/* `text` with every learned secret value replaced by "(secret)". */
const char *client_redact(struct client *client, struct arena *arena, const char *text);

#endif
