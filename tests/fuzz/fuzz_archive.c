/*
 * Archives of strangers: what docker save wrote of old, and OCI layouts in a tar. No file crashes
 * what opens, lists and loads them; what is read of them is never larger than they are; and what is
 * listed can be asked for.
 */
#include "base/cleanup.h"
#include "oci/archive.h"
#include "oci/image.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool count_bytes(void *context, const char *data, size_t length, struct error *err)
{
    (void)data;
    (void)err;
    *(size_t *)context += length;
    return true;
}

static void try_layers(struct image_store *store, const struct image *image, size_t size,
                       const struct wait *wait)
{
    for (size_t i = 0; i < image->manifest.layer_count; i++) {
        struct error err;
        size_t bytes = 0;
        (void)store->table->blob(store, &image->manifest.layers[i], count_bytes, &bytes, wait,
                                 &err);
        require(bytes <= size);
    }
}

static void try_store(struct image_store *store, size_t size, const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    struct platform amd64 = { .os = "linux", .architecture = "amd64" };
    struct descriptor found, *referrers;
    struct image image;
    struct error err;
    const char **tags;
    size_t count, ignored;
    require(store->table->tags(store, arena, &tags, &count, wait, &err));
    for (size_t i = 0; i < count && i < 20; i++) {
        require(store->table->resolve(store, arena, tags[i], &found, wait, &err)
                || err.kind == ERROR_INVALID || err.kind == ERROR_NOT_FOUND || !*tags[i]);
        if (image_load(store, arena, tags[i], &amd64, &image, wait, &err)) {
            try_layers(store, &image, size, wait);
            (void)store->table->referrers(store, arena, image.descriptor.digest, NULL, &referrers,
                                          &ignored, wait, &err);
        }
    }
    (void)store->table->resolve(store, arena, "", &found, wait, &err);
}

static void try_file(const char *data, size_t size)
{
    struct wait wait = wait_for(60000, NULL);
    struct image_store *store;
    struct error err;
    char path[64];
    AUTO_CLOSE file = memfd_create("archive", MFD_CLOEXEC);
    require(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (archive_open(path, &store, &wait, &err)) {
        try_store(store, size, &wait);
        store->table->close(store);
    } else {
        require(err.kind == ERROR_INVALID || err.kind == ERROR_NOT_FOUND);
    }
}

/* Puts the right sum into each block, so that changed headers get past the first look. */
static void try_repaired(const char *data, size_t size)
{
    AUTO_FREE char *copy = memory_alloc(size + 1);
    memcpy(copy, data, size);
    for (size_t at = 0; at + 512 <= size; at += 512) {
        unsigned sum = 0;
        if (memcmp(copy + at + 257, "ustar", 5) != 0)
            continue; /* content stays as it is */
        memset(copy + at + 148, ' ', 8);
        for (size_t i = 0; i < 512; i++)
            sum += (unsigned char)copy[at + i];
        snprintf(copy + at + 148, 8, "%06o", sum);
    }
    try_file(copy, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool compressed = size > 1 && (data[0] == 0x1f || data[0] == 0x28);
    if (compressed)
        return 0; /* the unpacker is the target `tar`'s */
    try_file((const char *)data, size);
    try_repaired((const char *)data, size);
    return 0;
}
