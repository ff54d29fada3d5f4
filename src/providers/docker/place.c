/* place: see place.h. Contexts are place_context.c's. */
#include "providers/docker/place.h"

#include "base/file.h"
#include "providers/docker/place_context.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A variable that is set to something. */
static const char *variable(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

const char *docker_folder(struct arena *arena)
{
    const char *folder = variable("DOCKER_CONFIG"), *home = variable("HOME");
    if (folder)
        return folder;
    return home ? path_join(arena, home, ".docker") : NULL;
}

/* ------------------------------------------------------------------- addresses */

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static bool use_socket(struct engine_place *place, const char *path, struct error *err)
{
    if (*path != '/')
        return error_set(err, ERROR_USAGE,
                         "%s: the path of the engine's socket has to be absolute "
                         "(unix:///var/run/docker.sock)",
                         place->text);
    place->endpoint.unix_socket = path;
    place->endpoint.proxy = "";
    place->url = "http://" ENGINE_SOCKET_HOST;
    return true;
}

/* Does an address name its port? IPv6 addresses stand in brackets. */
static bool has_port(const char *address)
{
    const char *bracket = strrchr(address, ']');
    return strchr(bracket ? bracket : address, ':') != NULL;
}

static bool use_address(struct arena *arena, struct engine_place *place, const char *address,
                        bool tls, struct error *err)
{
    if (!*address || strpbrk(address, "/@?# "))
        return error_set(err, ERROR_USAGE, "%s: the engine's address has to be tcp://HOST:PORT",
                         place->text);
    const char *port = has_port(address) ? "" : tls ? ":2376" : ":2375";
    place->url = arena_printf(arena, "http%s://%s%s", tls ? "s" : "", address, port);
    return true;
}

static bool use_host(struct arena *arena, struct engine_place *place, const char *host, bool tls,
                     struct error *err)
{
    static const char *const schemes[] = { "tcp://", "http://", "https://" };
    const char *rest = after(host, "unix://");
    place->text = host;
    if (rest)
        return use_socket(place, rest, err);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if ((rest = after(host, schemes[i])))
            return use_address(arena, place, rest, tls || schemes[i][4] == 's', err);
    if (after(host, "ssh://"))
        return error_set(err, ERROR_USAGE,
                         "%s: engines over ssh are not supported; forward the socket (ssh -N -L "
                         "/tmp/docker.sock:/var/run/docker.sock HOST) and name that "
                         "(unix:///tmp/docker.sock)",
                         host);
    return error_set(err, ERROR_USAGE,
                     "%s is no engine's address: unix:///PATH or tcp://HOST:PORT is", host);
}

/* ----------------------------------------------------------------- environment */

/* DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. Verified whatever they say: a client certificate is
 * root on that machine. */
static bool environment_tls(struct arena *arena, struct http_endpoint *endpoint)
{
    const char *folder = variable("DOCKER_CERT_PATH");
    if (!folder && !variable("DOCKER_TLS_VERIFY"))
        return false;
    if (!folder)
        folder = docker_folder(arena);
    if (folder) {
        endpoint->ca_file = path_join(arena, folder, "ca.pem");
        endpoint->certificate_file = path_join(arena, folder, "cert.pem");
        endpoint->key_file = path_join(arena, folder, "key.pem");
    }
    return true;
}

static bool use_named_host(struct arena *arena, const char *host, const char *from,
                           struct engine_place *place, struct error *err)
{
    bool tls = false;
    place->from = from;
    if (!after(host, "unix://"))
        tls = environment_tls(arena, &place->endpoint);
    if (use_host(arena, place, host, tls, err))
        return true;
    return from ? error_prefix(err, "%s", from) : false;
}

static bool use_context(struct arena *arena, const char *name, const char *from,
                        struct engine_place *place, struct error *err)
{
    struct docker_context context = { 0 };
    if (!docker_context_read(arena, docker_folder(arena), name, &context, err))
        return from ? error_prefix(err, "%s", from) : false;
    place->from = arena_printf(arena, "the docker context %s", name);
    place->endpoint = context.endpoint;
    if (use_host(arena, place, context.host, context.tls, err))
        return true;
    return error_prefix(err, "%s", place->from);
}

/* ---------------------------------------------------------------- nothing named */

/* The first socket that is there; where none is, Docker's own, so that a message names it. */
static bool use_default(struct arena *arena, struct engine_place *place, struct error *err)
{
    const char *runtime = variable("XDG_RUNTIME_DIR");
    const char *const sockets[] = {
        "/var/run/docker.sock",
        runtime ? path_join(arena, runtime, "docker.sock") : NULL,
        runtime ? path_join(arena, runtime, "podman/podman.sock") : NULL,
        "/run/podman/podman.sock",
    };
    const char *looked_at = NULL;
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        if (!sockets[i])
            continue;
        if (access(sockets[i], F_OK) == 0)
            return use_host(arena, place, arena_printf(arena, "unix://%s", sockets[i]), false, err);
        looked_at = looked_at ? arena_printf(arena, "%s, %s", looked_at, sockets[i]) : sockets[i];
    }
    place->looked_at = looked_at;
    return use_host(arena, place, arena_printf(arena, "unix://%s", sockets[0]), false, err);
}

static bool is_default_context(const char *name)
{
    return !name || strcmp(name, "default") == 0;
}

bool engine_place_find(struct arena *arena, const struct engine_options *options,
                       struct engine_place *ret, struct error *err)
{
    static const struct engine_options none;
    const char *current = NULL;
    *ret = (struct engine_place){ 0 };
    if (!options)
        options = &none;
    if (options->host)
        return use_named_host(arena, options->host, NULL, ret, err);
    if (options->context && !is_default_context(options->context))
        return use_context(arena, options->context, NULL, ret, err);
    if (variable("DOCKER_HOST"))
        return use_named_host(arena, variable("DOCKER_HOST"), "DOCKER_HOST", ret, err);
    if (options->context)
        return use_default(arena, ret, err);
    if (variable("DOCKER_CONTEXT"))
        return is_default_context(variable("DOCKER_CONTEXT"))
                   ? use_default(arena, ret, err)
                   : use_context(arena, variable("DOCKER_CONTEXT"), "DOCKER_CONTEXT", ret, err);
    if (!docker_context_current(arena, docker_folder(arena), &current, err))
        return false;
    return is_default_context(current) ? use_default(arena, ret, err)
                                       : use_context(arena, current, "config.json", ret, err);
}
