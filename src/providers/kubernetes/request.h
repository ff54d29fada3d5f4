/*
 * request: the handful of requests of which everything here is made.
 *
 * Paths, queries and content types are built here and nowhere else. Every
 * Secret that passes is learned, so that its values never reach an error.
 */
#ifndef CMX_KUBERNETES_REQUEST_H
#define CMX_KUBERNETES_REQUEST_H

#include "providers/kubernetes/session.h"

/* For LISTs and GETs of names, labels and annotations only. */
#define ACCEPT_METADATA      "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
#define ACCEPT_METADATA_LIST "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

struct object_request {
    const struct api_kind *kind;
    const char *namespace, *name;
    bool metadata_only;
};

/* GETs one object. ERROR_NOT_FOUND: surely not there. */
bool request_get(struct session *session, struct arena *arena, const struct object_request *object,
                 const struct value **ret_document, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

struct list_request {
    const struct api_kind *kind;
    const char *namespace; /* "" or NULL: all */
    const char *selector;  /* of labels, or NULL */
    bool metadata_only;
};

/* LISTs; each item goes to the handler as it arrives. See client_list(). */
bool request_list(struct session *session, struct arena *arena, const struct list_request *list,
                  json_handler *handler, void (*restart)(void *), void *context,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Sends its first page already, for the next request_list() of the same to read. */
void request_list_ahead(struct session *session, const struct list_request *list,
                        const struct wait *wait);

/* A server-side apply. */
struct apply_request {
    const struct api_kind *kind;
    const struct object_id *id;
    const struct value *document;
    const char *manager;
    bool dry_run, force;
};

/* The answer is filled for refusals too, see client_call(). */
bool request_apply(struct session *session, struct arena *arena, const struct apply_request *apply,
                   struct api_answer *ret_answer, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* A JSON patch (RFC 6902): a list of operations. */
bool request_patch(struct session *session, struct arena *arena,
                   const struct object_request *object, const struct value *operations,
                   bool dry_run, struct api_answer *ret_answer, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

/* One operation for it. `value` may be NULL (remove). Keys of the map are not copied. */
struct value *patch_operation(struct arena *arena, const char *operation, const char *path,
                              const struct value *value);

/* "apiVersion" of the kind: "apps/v1". */
const char *kind_api_version(struct arena *arena, const struct api_kind *kind);

#endif
