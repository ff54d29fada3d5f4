/*
 * Fuzzes the reader of kubeconfig files: merging, choosing and decoding each
 * context. The input goes through a file in memory, as a real one would.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/client/kubeconfig.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose_each(struct arena *arena, const struct kubeconfig_files *files)
{
    struct kubeconfig config;
    struct error err;
    for (size_t i = 0; i < files->contexts.count && i < 16; i++)
        if (kubeconfig_choose(arena, files, files->contexts.items[i].name, &config, &err)
            && !config.server)
            abort();
    if (!kubeconfig_choose(arena, files, NULL, &config, &err) && !*err.message)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE descriptor = memfd_create("kubeconfig", MFD_CLOEXEC);
    struct kubeconfig_files files;
    struct error err;
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        return 0;
    if (kubeconfig_read(arena, arena_printf(arena, "/proc/self/fd/%d", descriptor), &files, &err))
        choose_each(arena, &files);
    return 0;
}
