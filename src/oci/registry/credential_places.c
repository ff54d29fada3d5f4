/* credential_places: see credential_places.h. */
#include "oci/registry/credential_places.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *docker_config(struct arena *arena)
{
    const char *folder = variable("DOCKER_CONFIG"), *home = variable("HOME");
    if (folder)
        return path_join(arena, folder, "config.json");
    return home ? path_join(arena, home, ".docker/config.json") : NULL;
}

/* What podman's login writes to: root, above all, often has no XDG_RUNTIME_DIR. */
static struct credential_place podman_runtime(struct arena *arena)
{
    const char *runtime = variable("XDG_RUNTIME_DIR");
    const char *path =
        runtime ? path_join(arena, runtime, "containers/auth.json")
                : arena_printf(arena, "/run/containers/%u/auth.json", (unsigned)getuid());
    return (struct credential_place){ .path = path, .guessed = !runtime };
}

static const char *podman_config(struct arena *arena)
{
    const char *folder = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
    if (folder)
        return path_join(arena, folder, "containers/auth.json");
    return home ? path_join(arena, home, ".config/containers/auth.json") : NULL;
}

size_t credential_places(struct arena *arena, const char *config_file,
                         struct credential_place ret[CREDENTIAL_PLACES])
{
    const char *file = variable("REGISTRY_AUTH_FILE"), *docker = docker_config(arena);
    const char *podman = podman_config(arena);
    size_t count = 0;
    if (config_file) {
        ret[count++] = (struct credential_place){ .path = config_file, .named = true };
        return count;
    }
    if (file)
        ret[count++] = (struct credential_place){ .path = file };
    if (docker)
        ret[count++] = (struct credential_place){ .path = docker };
    if (file)
        return count; /* it stands in place of the two below, as for podman */
    ret[count++] = podman_runtime(arena);
    if (podman)
        ret[count++] = (struct credential_place){ .path = podman };
    return count;
}
