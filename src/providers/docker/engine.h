/*
 * engine: requests to one Docker engine (or Podman), over its REST API.
 *
 * The version of the API is negotiated: the engine's own, or the newest that this program
 * knows, where the engine still speaks that. Everything that concerns Docker stands on this:
 * images (image.h), builds (engine_build.h), `docker:NAME` as a store (docker_store.h), and later
 * containers.
 *
 * Calls block and may be made from several threads. Errors say which engine, where it was
 * looked for, and what would help.
 */
#ifndef CMX_DOCKER_ENGINE_H
#define CMX_DOCKER_ENGINE_H

#include "base/clock.h"
#include "manifest/value_json.h"
#include "net/http.h"
#include "providers/docker/place.h"

struct engine;

/*
 * Finds the engine, asks what it is and agrees on a version. ERROR_UNREACHABLE: none
 * answers there; ERROR_DENIED: its socket may not be used; ERROR_USAGE: see place.h. The
 * caller owns it. `http` outlives it.
 */
bool engine_open(struct http *http, const struct engine_options *options,
                 struct engine **ret_engine, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));
void engine_close(struct engine *engine);

struct engine_facts {
    const char *place;        /* "unix:///var/run/docker.sock" */
    const char *name;         /* "Docker", "Podman"            */
    const char *version;      /* of the API, as it is spoken: "1.41" */
    const char *os;           /* "linux"                       */
    const char *architecture; /* "amd64"                  */
    bool podman;
    bool buildkit; /* has BuildKit beside the classic builder */
};
const struct engine_facts *engine_facts(const struct engine *engine);

/* "Docker engine at unix:///var/run/docker.sock" */
const char *engine_describe(const struct engine *engine);

struct engine_call {
    const char *method;
    const char *path;  /* "/images/json", encoded, without the version */
    const char *query; /* "all=1&…", encoded, or NULL                  */
    const char *what;  /* for errors: "pull busybox"                   */
    const struct http_header *headers;
    size_t header_count;
    const char *content_type; /* of a body; NULL: application/json */
    const char *body;
    size_t body_length;
    http_source *source; /* a body as it is made, of unknown length; see net/http.h */
    void *source_context;
    bool slow; /* silence is no fault: only the wait ends it */
};

struct engine_answer {
    int status;
    const struct value *document; /* the JSON of the answer, NULL where it has none */
    bool transient;               /* of a failure: trying again may help            */
};

/*
 * One call whose answer is one document. True for 2xx and 304. Else the engine's words
 * become the error: 400 ERROR_INVALID, 401 and 403 ERROR_DENIED, 404 ERROR_NOT_FOUND, 409
 * ERROR_CONFLICT, the rest ERROR_UNREACHABLE. `ret` (may be NULL) is filled for those too.
 */
bool engine_call(struct engine *engine, struct arena *arena, const struct engine_call *call,
                 struct engine_answer *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The same, the bytes of a 2xx going to `sink` as they arrive. */
bool engine_stream(struct engine *engine, const struct engine_call *call, http_sink *sink,
                   void *context, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The same, each JSON document of a stream (progress) going to `handler`. A document that
 * tells an error is left to the handler.
 */
bool engine_documents(struct engine *engine, const struct engine_call *call, json_handler *handler,
                      void *context, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
