/* Fuzzes the readers of credentials for registries: docker's config.json, and imagePullSecrets. */
#include "base/cleanup.h"
#include "oci/registry/credential_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    for (int bare = 0; bare < 2; bare++) {
        struct credential_file file;
        struct error err;
        bool own;
        if (!credential_file_read(arena, "file", text, size, bare, &file, &err))
            continue;
        credential_file_find(&file, "docker.io", "library/nginx");
        credential_file_helper(&file, "ghcr.io", &own);
    }
    return 0;
}
