/* credential_places: see credential_places.h. */
#include "oci/registry/credential_places.h"

#include "base/file.h"

#include <stdlib.h>

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

size_t credential_places(struct arena *arena, const char *config_file,
                         struct credential_place ret[CREDENTIAL_PLACES])
{
    const char *file = variable("REGISTRY_AUTH_FILE"), *docker = docker_config(arena);
    const char *runtime = variable("XDG_RUNTIME_DIR"), *home = variable("HOME");
    size_t count = 0;
    if (config_file) {
        ret[count++] = (struct credential_place){ config_file, true };
        return count;
    }
    if (file)
        ret[count++] = (struct credential_place){ file, false };
    if (docker)
        ret[count++] = (struct credential_place){ docker, false };
    if (file)
        return count; /* it stands in place of the two below, as for podman */
    if (runtime)
        ret[count++] =
            (struct credential_place){ path_join(arena, runtime, "containers/auth.json"), false };
    if (home)
        ret[count++] =
            (struct credential_place){ path_join(arena, home, ".config/containers/auth.json"),
                                       false };
    return count;
}
