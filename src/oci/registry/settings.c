/*
 * settings: are the registries in settings named so that they can be met? See registry.h.
 *
 * One that fits nothing would be passed over in silence: a mirror that nobody asks, a registry
 * that is spoken to with TLS all the same.
 */
#include "base/cleanup.h"
#include "manifest/reference.h"
#include "oci/registry/registry.h"

#include <string.h>
#include <strings.h>

/* "HOST[:PORT]", as it stands before a repository's name. */
static bool is_host(const char *text, size_t length)
{
    AUTO_ARENA arena = arena_new();
    struct reference reference;
    struct error ignored;
    const char *host = arena_memdup(arena, text, length);
    const char *name = arena_printf(arena, "%s/a/b", host);
    return length && !strpbrk(host, "/@") && reference_parse(arena, name, &reference, &ignored)
           && strcmp(reference.repository, "a/b") == 0;
}

/* A mirror may have a name that no image's could begin with: "http://mirror". */
static bool is_mirror_host(const char *text, size_t length)
{
    AUTO_ARENA arena = arena_new();
    const char *host = arena_memdup(arena, text, length);
    host = strpbrk(host, ".:") || !length ? host : arena_printf(arena, "%s:443", host);
    return is_host(host, strlen(host));
}

/* What stands before the names of repositories at a mirror, as at a proxy cache: a name itself. */
static bool is_mirror_path(const char *text, size_t length)
{
    AUTO_ARENA arena = arena_new();
    struct reference reference;
    struct error ignored;
    const char *path = arena_memdup(arena, text, length);
    const char *name = arena_printf(arena, "x.example/%s/a", path);
    bool of_api = (length == 2 || path[2] == '/') && path[0] == 'v' && strchr("12", path[1]);
    return !of_api && reference_parse(arena, name, &reference, &ignored) && !reference.tag
           && !reference.digest;
}

/* HOST=URL; the URL is a scheme, a host and maybe a path, without /v2/. */
static bool check_mirror(const char *setting, struct error *err)
{
    const char *sign = strchr(setting, '='), *url = sign ? sign + 1 : "";
    if (strncasecmp(url, "https://", 8) == 0)
        url += 8;
    else if (strncasecmp(url, "http://", 7) == 0)
        url += 7;
    size_t length = strlen(url), host = strcspn(url, "/");
    if (length && url[length - 1] == '/')
        length--;
    if (sign && is_host(setting, (size_t)(sign - setting)) && is_mirror_host(url, host)
        && (length <= host || is_mirror_path(url + host + 1, length - host - 1)))
        return true;
    if (strchr(setting, '@'))
        return error_set(err, ERROR_USAGE,
                         "--registry-mirror: no user and no password in it: cmx-reconcile registry "
                         "login keeps them");
    return error_set(err, ERROR_USAGE,
                     "--registry-mirror: expected REGISTRY=[https://]HOST[:PORT][/PATH] (without "
                     "/v2), such as docker.io=https://mirror.example, got \"%s\"",
                     setting);
}

bool registry_settings_check(const struct registry_settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->mirror_count; i++)
        if (!check_mirror(settings->mirrors[i], err))
            return false;
    for (size_t i = 0; i < settings->plain_http_count; i++)
        if (!is_host(settings->plain_http[i], strlen(settings->plain_http[i])))
            return error_set(err, ERROR_USAGE,
                             "--registry-plain-http: expected HOST[:PORT] alone, got \"%s\"",
                             settings->plain_http[i]);
    return true;
}
