/* place_context: see place_context.h. */
#include "providers/docker/place_context.h"

#include "base/digest.h"
#include "base/file.h"
#include "manifest/value_json.h"

#include <string.h>
#include <unistd.h>

enum { FILE_CEILING = 1 << 20 };

static bool read_json(struct arena *arena, const char *path, const struct value **ret,
                      struct error *err)
{
    char *data;
    size_t length;
    if (!file_read(arena, path, FILE_CEILING, &data, &length, err))
        return false;
    return json_parse(arena, data, length, ret, err) || error_prefix(err, "%s", path);
}

/* The file, or NULL where it is not there. */
static const char *certificate(struct arena *arena, const char *folder, const char *name)
{
    const char *path = path_join(arena, folder, name);
    return access(path, F_OK) == 0 ? path : NULL;
}

static void read_certificates(struct arena *arena, const char *folder, struct docker_context *ret)
{
    ret->endpoint.ca_file = certificate(arena, folder, "ca.pem");
    ret->endpoint.certificate_file = certificate(arena, folder, "cert.pem");
    ret->endpoint.key_file = certificate(arena, folder, "key.pem");
    ret->tls = ret->endpoint.ca_file || ret->endpoint.certificate_file;
}

static bool no_context(const char *folder, const char *name, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND,
                     "there is no docker context %s in %s (`docker context ls` lists them)", name,
                     folder ? folder : "~/.docker");
}

bool docker_context_read(struct arena *arena, const char *folder, const char *name,
                         struct docker_context *ret, struct error *err)
{
    const struct value *meta;
    if (!folder)
        return no_context(folder, name, err);
    struct digest digest = digest_sha256(name, strlen(name));
    const char *hex = digest_hex(arena, &digest);
    const char *path = arena_printf(arena, "%s/contexts/meta/%s/meta.json", folder, hex);
    if (!read_json(arena, path, &meta, err))
        return err->kind == ERROR_NOT_FOUND ? no_context(folder, name, err) : false;
    const struct value *docker = value_at(meta, "Endpoints", "docker", NULL);
    struct docker_context context = { .host = value_text(value_get(docker, "Host")) };
    if (!context.host || !*context.host)
        return error_set(err, ERROR_USAGE, "the docker context %s names no Docker host (%s)", name,
                         path);
    read_certificates(arena, arena_printf(arena, "%s/contexts/tls/%s/docker", folder, hex),
                      &context);
    context.endpoint.insecure = value_is_true(value_get(docker, "SkipTLSVerify"), false);
    context.tls |= context.endpoint.insecure;
    *ret = context;
    return true;
}

bool docker_context_current(struct arena *arena, const char *folder, const char **ret_name,
                            struct error *err)
{
    const struct value *config;
    struct error absent;
    *ret_name = NULL;
    if (!folder)
        return true;
    if (!read_json(arena, path_join(arena, folder, "config.json"), &config, &absent)) {
        if (absent.kind == ERROR_NOT_FOUND)
            return true;
        *err = absent;
        return false;
    }
    const char *name = value_text(value_get(config, "currentContext"));
    if (name && *name)
        *ret_name = name;
    return true;
}
