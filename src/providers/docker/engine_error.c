/* engine_error: see engine_error.h. */
#include "providers/docker/engine_error.h"

#include "base/cleanup.h"
#include "base/printable.h"
#include "manifest/value_json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ", as the docker context prod says": who named that place. */
static const char *named_by(struct arena *arena, const struct engine_place *place)
{
    return place->from ? arena_printf(arena, " (from %s)", place->from) : "";
}

/* What can be done where nothing answers. */
static const char *way_out(struct arena *arena, const struct engine_place *place)
{
    if (place->from)
        return arena_printf(arena, "start it, or change %s", place->from);
    return "start it, or name another one (DOCKER_HOST, `docker context use`)";
}

/* Why a socket cannot be connected to, or NULL where it can be. */
static const char *socket_fault(const char *path, bool *ret_denied)
{
    *ret_denied = false;
    if (access(path, F_OK) != 0)
        return errno == EACCES ? "its folder may not be entered" : "there is no such socket";
    *ret_denied = access(path, R_OK | W_OK) != 0;
    return *ret_denied ? "permission denied" : "nobody listens there";
}

static bool no_engine(struct arena *arena, const struct engine_place *place, struct error *err)
{
    bool denied;
    const char *fault = socket_fault(place->endpoint.unix_socket, &denied);
    if (denied)
        return error_set(err, ERROR_DENIED,
                         "may not use the Docker engine at %s%s: permission denied; join the "
                         "socket's group (usually docker), or use rootless Docker or Podman",
                         place->text, named_by(arena, place));
    return error_set(err, ERROR_UNREACHABLE, "no Docker engine at %s%s: %s; %s%s%s", place->text,
                     named_by(arena, place), fault, way_out(arena, place),
                     place->looked_at ? "; looked at " : "",
                     place->looked_at ? place->looked_at : "");
}

/* The host of a socket's URL means nothing to the user. */
static const char *without_host(const char *message)
{
    static const char host[] = ENGINE_SOCKET_HOST ":80: ";
    return strncmp(message, host, sizeof host - 1) == 0 ? message + sizeof host - 1 : message;
}

static bool is_our_own(const struct error *err)
{
    return err->kind == ERROR_TIMEOUT || err->kind == ERROR_CANCELLED;
}

bool engine_unreached(const struct engine_place *place, const struct http_response *response,
                      const char *what, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (place->endpoint.unix_socket && response->unsent)
        return no_engine(arena, place, err);
    const char *why = arena_strdup(arena, without_host(err->message));
    if (is_our_own(err) || err->kind != ERROR_UNREACHABLE)
        return error_set(err, err->kind, "cannot %s: %s", what, why);
    if (response->unsent)
        return error_set(err, err->kind, "no Docker engine at %s%s: %s; %s", place->text,
                         named_by(arena, place), why, way_out(arena, place));
    return error_set(err, err->kind, "cannot %s: the engine at %s%s: %s", what, place->text,
                     named_by(arena, place), why);
}

/* -------------------------------------------------------------------- refusals */

static enum error_kind kind_of(int status)
{
    switch (status) {
    case 400:
        return ERROR_INVALID;
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 409:
        return ERROR_CONFLICT;
    default:
        return ERROR_UNREACHABLE;
    }
}

/* {"message": "…"} of Docker, {"cause": …, "message": …} of Podman; else the status alone. */
static const char *words_of(struct arena *arena, const struct http_response *response)
{
    const struct value *document;
    struct error ignored;
    if (!response->body_length
        || !json_parse(arena, response->body, response->body_length, &document, &ignored))
        return arena_printf(arena, "it answered %d", response->status);
    const char *message = value_text(value_get(document, "message"));
    return message ? printable_text(arena, message)
                   : arena_printf(arena, "it answered %d", response->status);
}

/* A server that speaks TLS says so in plain words to who does not. */
static bool wants_tls(const struct http_response *response)
{
    return response->status == 400 && response->body
           && strstr(response->body, "HTTP request to an HTTPS server");
}

bool engine_refused(struct arena *arena, const struct engine_place *place,
                    const struct http_response *response, const char *what, struct error *err)
{
    if (wants_tls(response))
        return error_set(err, ERROR_UNREACHABLE,
                         "the engine at %s%s speaks TLS only: set DOCKER_TLS_VERIFY=1 and "
                         "DOCKER_CERT_PATH (ca.pem, cert.pem, key.pem), or use a docker context",
                         place->text, named_by(arena, place));
    return error_set(err, kind_of(response->status), "cannot %s: the engine at %s: %s", what,
                     place->text, words_of(arena, response));
}
