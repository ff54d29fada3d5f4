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

/* HOST=URL; the URL is a scheme and a host alone, since /v2/ stands at the root of it. */
static bool check_mirror(const char *setting, struct error *err)
{
    const char *sign = strchr(setting, '='), *url = sign ? sign + 1 : "";
    if (strncasecmp(url, "https://", 8) == 0)
        url += 8;
    else if (strncasecmp(url, "http://", 7) == 0)
        url += 7;
    size_t length = strlen(url);
    if (length && url[length - 1] == '/')
        length--;
    if (sign && is_host(setting, (size_t)(sign - setting)) && is_mirror_host(url, length))
        return true;
    if (strchr(setting, '@'))
        return error_set(err, ERROR_USAGE,
                         "--registry-mirror: no user and no password in it: cmx-reconcile registry "
                         "login keeps them");
    return error_set(err, ERROR_USAGE,
                     "--registry-mirror: expected REGISTRY=[https://]HOST[:PORT], such as "
                     "docker.io=https://mirror.example, got \"%s\"",
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
