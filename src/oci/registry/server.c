/* server: see server.h; also the life of what all registries share (registry.h). */
#include "oci/registry/server.h"

#include "base/cleanup.h"
#include "net/http_url.h"
#include "oci/registry/credential_file.h"
#include "oci/registry/trust.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LOOK_MS = 100 };

#define HUB_SERVER "registry-1.docker.io" /* which serves what docker.io names */

static const struct registry_settings no_settings;

/* ----------------------------------------------------------------- addresses */

static bool is_plain(const struct registry_settings *settings, const char *registry)
{
    for (size_t i = 0; i < settings->plain_http_count; i++)
        if (strcasecmp(settings->plain_http[i], registry) == 0)
            return true;
    return false;
}

/* A loopback address that nobody gave certificates for: most such registries speak no TLS. */
static void choose_base(struct server *server, const struct registry_settings *settings, bool known)
{
    const char *host = strcmp(server->registry, HUB_REGISTRY) == 0 ? HUB_SERVER : server->registry;
    bool plain = is_plain(settings, server->registry);
    server->guesses = !plain && !known
                      && url_is_loopback(server->arena, arena_printf(server->arena, "http://%s/",
                                                                     server->registry));
    server->guessed = server->guesses;
    server->base =
        arena_printf(server->arena, "%s://%s", plain || server->guessed ? "http" : "https", host);
}

const char *server_base(struct server *server, struct arena *arena)
{
    pthread_mutex_lock(&server->lock);
    const char *base = arena_strdup(arena, server->base);
    pthread_mutex_unlock(&server->lock);
    return base;
}

bool server_turns_to_tls(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    bool turns = server->guessed;
    if (turns) {
        server->base = arena_printf(server->arena, "https://%s", server->registry);
        server->guessed = false;
    }
    pthread_mutex_unlock(&server->lock);
    return turns;
}

/* "http" or "https" of a URL of this registry; NULL: it is another host's. */
static const char *scheme_of(const struct server *server, const char *url)
{
    bool tls = strncmp(url, "https://", 8) == 0;
    const char *host = strstr(url, "://");
    size_t length = strlen(server->registry);
    if (!host || strncmp(host + 3, server->registry, length) != 0 || host[3 + length] != '/')
        return NULL;
    return tls ? "https" : "http";
}

static bool has_scheme(const struct server *server, const char *scheme)
{
    return strncmp(server->base, scheme, strlen(scheme)) == 0
           && server->base[strlen(scheme)] == ':';
}

static void set_scheme(struct server *server, const char *scheme)
{
    if (!has_scheme(server, scheme))
        server->base = arena_printf(server->arena, "%s://%s", scheme, server->registry);
}

bool server_guess_again(struct server *server, const char *url)
{
    const char *scheme = scheme_of(server, url);
    if (!server->guesses || !scheme)
        return false;
    pthread_mutex_lock(&server->lock);
    if (server->guessed && has_scheme(server, scheme))
        set_scheme(server, strcmp(scheme, "http") == 0 ? "https" : "http");
    bool other = !has_scheme(server, scheme);
    pthread_mutex_unlock(&server->lock);
    return other;
}

void server_is_right(struct server *server, const char *url)
{
    const char *scheme = scheme_of(server, url);
    if (!server->guesses || !scheme)
        return;
    pthread_mutex_lock(&server->lock);
    if (server->guessed)
        set_scheme(server, scheme);
    server->guessed = false;
    pthread_mutex_unlock(&server->lock);
}

bool server_begin_ping(struct server *server, bool *ret_first, const struct wait *wait)
{
    bool stopped = false;
    pthread_mutex_lock(&server->lock);
    while (server->pinging && !stopped) {
        int64_t until = clock_now() + LOOK_MS;
        struct timespec time = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
        pthread_cond_timedwait(&server->changed, &server->lock, &time);
        stopped = wait_stopped(wait);
    }
    *ret_first = !stopped && !server->pinged && server->scheme == AUTH_NONE;
    server->pinging |= *ret_first;
    pthread_mutex_unlock(&server->lock);
    return !stopped;
}

bool server_end_ping(struct server *server, bool first)
{
    pthread_mutex_lock(&server->lock);
    if (first) {
        server->pinging = false;
        server->pinged = true;
        pthread_cond_broadcast(&server->changed);
    }
    bool wants = server->scheme != AUTH_NONE;
    pthread_mutex_unlock(&server->lock);
    return wants;
}

static bool was_told(const struct server *server, const char *text)
{
    for (const struct told *told = server->told; told; told = told->next)
        if (strcmp(told->text, text) == 0)
            return true;
    return false;
}

bool server_tells(struct server *server, const char *text)
{
    pthread_mutex_lock(&server->lock);
    bool tells = server->told_count < TOLD_CEILING && !was_told(server, text);
    if (tells) {
        struct told *told = arena_alloc(server->arena, sizeof *told);
        *told = (struct told){ arena_strdup(server->arena, text), server->told };
        server->told = told;
        server->told_count++;
    }
    pthread_mutex_unlock(&server->lock);
    return tells;
}

int64_t server_piece(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    int64_t piece = server->piece;
    pthread_mutex_unlock(&server->lock);
    return piece;
}

void server_takes(struct server *server, int64_t piece)
{
    pthread_mutex_lock(&server->lock);
    if (!server->piece || piece < server->piece)
        server->piece = piece;
    pthread_mutex_unlock(&server->lock);
}

/* ---------------------------------------------------------------------- life */

void server_free(struct server *server)
{
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    arena_free(server->arena);
    free(server);
}

static bool server_new(struct registries *registries, const char *registry, struct server **ret,
                       struct error *err)
{
    pthread_condattr_t attributes;
    struct server *server = memory_alloc(sizeof *server);
    *server = (struct server){ .registries = registries, .arena = arena_new() };
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    server->registry = arena_strdup(server->arena, registry);
    bool known;
    if (!trust_read(server->arena, registries->settings, registry, &server->endpoint, &known,
                    err)) {
        server_free(server);
        return false;
    }
    choose_base(server, registries->settings, known);
    *ret = server;
    return true;
}

static struct server *known_server(struct registries *registries, const char *registry)
{
    for (struct server *server = registries->servers; server; server = server->next)
        if (strcmp(server->registry, registry) == 0)
            return server;
    return NULL;
}

static bool find_locked(struct registries *registries, const char *registry, struct server **ret,
                        struct error *err)
{
    struct server *server = known_server(registries, registry);
    if (!server) {
        if (!server_new(registries, registry, &server, err))
            return false;
        server->next = registries->servers;
        registries->servers = server;
    }
    *ret = server;
    return true;
}

/* A setting, "docker.io=https://mirror.example:5000/hub", in its parts. */
struct mirror_parts {
    const char *host, *path;
    bool plain;
};

/* False: it is for another registry. */
static bool read_mirror(struct arena *arena, const char *setting, const char *registry,
                        struct mirror_parts *ret)
{
    size_t length = strlen(registry);
    if (strncasecmp(setting, registry, length) != 0 || setting[length] != '=')
        return false;
    const char *url = setting + length + 1, *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    size_t host_length = strcspn(host, "/");
    char *path = arena_strdup(arena, host + host_length + (host[host_length] == '/'));
    for (size_t end = strlen(path); end && path[end - 1] == '/'; end--)
        path[end - 1] = '\0';
    *ret = (struct mirror_parts){ .host = arena_memdup(arena, host, host_length),
                                  .path = path,
                                  .plain = scheme && strncasecmp(url, "http:", 5) == 0 };
    return true;
}

static bool find_mirrors(struct server *server, struct error *err)
{
    const struct registry_settings *settings = server->registries->settings;
    size_t capacity = 0;
    for (size_t i = 0; i < settings->mirror_count; i++) {
        struct mirror_parts parts;
        struct mirror mirror;
        if (!read_mirror(server->arena, settings->mirrors[i], server->registry, &parts))
            continue;
        if (!find_locked(server->registries, parts.host, &mirror.server, err))
            return error_prefix(err, "mirror %s", settings->mirrors[i]);
        mirror.path = parts.path;
        if (parts.plain)
            mirror.server->base = arena_printf(mirror.server->arena, "http://%s", parts.host);
        arena_push(server->arena, server->mirrors, server->mirror_count, capacity, mirror);
    }
    return true;
}

bool server_find(struct registries *registries, const char *registry, struct server **ret,
                 struct error *err)
{
    pthread_mutex_lock(&registries->lock);
    bool known = known_server(registries, registry) != NULL;
    bool found = find_locked(registries, registry, ret, err) && (known || find_mirrors(*ret, err));
    pthread_mutex_unlock(&registries->lock);
    return found;
}

/* ---------------------------------------------------------------- registries */

struct registries *registries_new(struct http *http, const struct registry_settings *settings)
{
    struct registries *registries = memory_alloc(sizeof *registries);
    settings = settings ? settings : &no_settings;
    *registries = (struct registries){ .http = http,
                                       .settings = settings,
                                       .credentials = credentials_new(settings) };
    pthread_mutex_init(&registries->lock, NULL);
    return registries;
}

void registries_free(struct registries *registries)
{
    if (!registries)
        return;
    while (registries->servers) {
        struct server *server = registries->servers;
        registries->servers = server->next;
        server_free(server);
    }
    credentials_free(registries->credentials);
    pthread_mutex_destroy(&registries->lock);
    free(registries);
}

bool registries_add_secret(struct registries *registries, const struct registry_secret *secret,
                           struct error *err)
{
    return credentials_add(registries->credentials, secret, err);
}

struct credentials *registries_credentials(struct registries *registries)
{
    return registries->credentials;
}
