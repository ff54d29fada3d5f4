/*
 * Manifests, indexes and configs of strangers, and names of images: no input crashes the
 * readers; what was read is written and read as the same, byte by byte.
 */
#include "base/cleanup.h"
#include "manifest/reference.h"
#include "oci/image.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Both are the documents that were written of one that was read. */
static void require_same(const struct buf *first, const struct buf *second)
{
    require(first->length == second->length
            && memcmp(buf_text(first), buf_text(second), first->length) == 0);
}

static void try_manifest(struct arena *arena, const char *text, size_t size)
{
    struct image_manifest read, again;
    struct error err = { 0 };
    AUTO_BUF first = BUF_INIT(64 << 20), second = BUF_INIT(64 << 20);
    if (!image_manifest_read(arena, text, size, &read, &err)) {
        require(err.kind == ERROR_INVALID);
        return;
    }
    require(media_role(manifest_media_type(arena, text, size)) == MEDIA_MANIFEST);
    image_manifest_write(arena, &first, &read);
    require(image_manifest_read(arena, first.data, first.length, &again, &err)
            || first.length > OCI_MANIFEST_CEILING);
    image_manifest_write(arena, &second, &again);
    require_same(&first, &second);
}

static void try_index(struct arena *arena, const char *text, size_t size)
{
    static const struct platform amd64 = { .os = "linux", .architecture = "amd64" };
    struct image_index read, again;
    struct descriptor chosen;
    struct error err = { 0 };
    AUTO_BUF first = BUF_INIT(64 << 20), second = BUF_INIT(64 << 20);
    if (!image_index_read(arena, text, size, &read, &err)) {
        require(err.kind == ERROR_INVALID);
        return;
    }
    image_index_write(arena, &first, &read);
    require(image_index_read(arena, first.data, first.length, &again, &err)
            || first.length > OCI_MANIFEST_CEILING);
    image_index_write(arena, &second, &again);
    require_same(&first, &second);
    if (image_index_choose(arena, &read, &amd64, &chosen, &err))
        require(!chosen.platform.os || platform_fits(&amd64, &chosen.platform));
}

static void try_config(struct arena *arena, const char *text, size_t size)
{
    struct image_config read, again;
    struct error err = { 0 };
    AUTO_BUF first = BUF_INIT(64 << 20), second = BUF_INIT(64 << 20);
    if (!image_config_read(arena, text, size, &read, &err)) {
        require(err.kind == ERROR_INVALID);
        return;
    }
    image_config_write(arena, &first, &read);
    require(image_config_read(arena, first.data, first.length, &again, &err)
            || first.length > OCI_CONFIG_CEILING);
    image_config_write(arena, &second, &again);
    require_same(&first, &second);
}

static void try_reference(struct arena *arena, const char *text)
{
    struct reference read, again;
    struct error err;
    if (!reference_parse(arena, text, &read, &err))
        return;
    const char *brief = reference_short(arena, &read);
    require(reference_parse(arena, brief, &again, &err));
    require(strcmp(reference_text(arena, &read), reference_text(arena, &again)) == 0);
    require(reference_same_repository(&read, &again));
}

static void try_platform(struct arena *arena, const char *text)
{
    struct platform read, again;
    struct error err;
    if (!platform_parse(arena, text, &read, &err))
        return;
    require(platform_parse(arena, platform_text(arena, &read), &again, &err));
    require(platform_fits(&read, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    try_manifest(arena, text, size);
    try_index(arena, text, size);
    try_config(arena, text, size);
    try_reference(arena, text);
    try_platform(arena, text);
    return 0;
}
