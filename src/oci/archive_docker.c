/*
 * archive_docker: what `docker save` wrote before it wrote layouts; see archive.h.
 *
 *   manifest.json: [{"Config": "….json", "RepoTags": ["a:1"], "Layers": ["…/layer.tar"]}]
 *
 * There are no manifests in it. Ours are made of the config and the layers as they stand
 * there: the digest of a plain layer is the diff_id that the config has for it, and is
 * checked whenever the layer is read; one that is compressed is read once to know its digest.
 */
#include "base/cleanup.h"
#include "oci/archive_parts.h"
#include "oci/document.h"
#include "oci/layout.h"
#include "oci/tar.h"
#include "oci/verify.h"

#include <string.h>

CLEANUP_FUNCTION(struct verifier *, verifier_free)

enum { IMAGES_CEILING = 10000, CHUNK = 256 << 10 };

/* One image of the list. */
struct docker_image {
    struct text_list tags, layers;
    const struct archive_member *config_member;
    const char *config_bytes;
    size_t config_length;
    struct image_config config;
};

static const char *cleaned(struct archive *archive, const char *path)
{
    unsigned tricks = 0;
    return tar_path_clean(archive->arena, path, &tricks);
}

/* --------------------------------------------------------------------- layers */

static const char *media_of(struct archive *archive, const struct archive_member *member)
{
    unsigned char magic[4] = { 0 };
    size_t wanted = member->size < 4 ? (size_t)member->size : 4;
    if (pread(archive->file, magic, wanted, member->offset) < 0)
        return MEDIA_OCI_LAYER;
    if (memcmp(magic, "\x1f\x8b\x08", 3) == 0)
        return MEDIA_OCI_LAYER_GZIP;
    return memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0 ? MEDIA_OCI_LAYER_ZSTD : MEDIA_OCI_LAYER;
}

static bool hash_member(struct archive *archive, const struct archive_member *member,
                        const char **ret_digest, const struct wait *wait, struct error *err)
{
    CLEANUP(verifier_free_at) struct verifier *verifier = verifier_new(NULL, -1, NULL, NULL);
    AUTO_FREE char *chunk = memory_alloc(CHUNK);
    for (int64_t at = 0; at < member->size;) {
        int64_t left = member->size - at;
        if (!wait_check(wait, "reading an archive", err))
            return false;
        ssize_t length =
            pread(archive->file, chunk, left < CHUNK ? (size_t)left : CHUNK, member->offset + at);
        if (length <= 0)
            return error_set(err, ERROR_LOCAL, "cannot read %s in it", member->path);
        if (!verifier_feed(verifier, chunk, (size_t)length, err))
            return false;
        at += length;
    }
    if (!verifier_end(verifier, err))
        return false;
    *ret_digest = verifier_digest(verifier, archive->arena);
    return true;
}

static bool take_layer(struct archive *archive, const char *path, const char *diff_id,
                       struct descriptor *ret, const struct wait *wait, struct error *err)
{
    const struct archive_member *member = archive_find(archive, cleaned(archive, path));
    if (!member)
        return error_set(err, ERROR_INVALID, "its layer %.200s is not in it", path);
    *ret = (struct descriptor){ .media_type = media_of(archive, member),
                                .digest = diff_id,
                                .size = member->size };
    if (strcmp(ret->media_type, MEDIA_OCI_LAYER) != 0
        && !hash_member(archive, member, &ret->digest, wait, err))
        return false;
    archive_add_blob(archive,
                     (struct archive_blob){ ret->digest, member->offset, member->size, NULL });
    return true;
}

/* -------------------------------------------------------------------- manifests */

static void add_entries(struct archive *archive, const struct docker_image *image,
                        struct descriptor entry, const char *bytes)
{
    entry.platform = image->config.platform;
    for (size_t i = 0; i < image->tags.count; i++)
        index_put(archive->arena, &archive->contents, &entry, bytes, image->tags.items[i]);
    if (!image->tags.count)
        index_put(archive->arena, &archive->contents, &entry, bytes, NULL);
}

static bool make_manifest(struct archive *archive, const struct docker_image *image,
                          const struct wait *wait, struct error *err)
{
    struct arena *arena = archive->arena;
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                       .layer_count = image->layers.count };
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING);
    manifest.config =
        descriptor_of(arena, MEDIA_OCI_CONFIG, image->config_bytes, image->config_length);
    manifest.layers = arena_array(arena, image->layers.count + 1, sizeof *manifest.layers);
    for (size_t i = 0; i < image->layers.count; i++)
        if (!take_layer(archive, image->layers.items[i], image->config.diff_ids.items[i],
                        &manifest.layers[i], wait, err))
            return false;
    image_manifest_write(arena, &out, &manifest);
    const char *bytes = arena_memdup(arena, buf_text(&out), out.length);
    struct descriptor entry = descriptor_of(arena, MEDIA_OCI_MANIFEST, bytes, out.length);
    archive_add_blob(archive,
                     (struct archive_blob){ manifest.config.digest, image->config_member->offset,
                                            image->config_member->size, NULL });
    archive_add_blob(archive, (struct archive_blob){ entry.digest, 0, entry.size, bytes });
    add_entries(archive, image, entry, bytes);
    return true;
}

/* ------------------------------------------------------------------------ list */

static bool read_image(struct archive *archive, const struct value *item, struct docker_image *ret,
                       struct error *err)
{
    const char *config = value_text(value_get(item, "Config"));
    if (!config || !document_texts(archive->arena, item, "RepoTags", &ret->tags, err)
        || !document_texts(archive->arena, item, "Layers", &ret->layers, err))
        return config ? false : error_set(err, ERROR_INVALID, "it names no config");
    const char *path = cleaned(archive, config);
    ret->config_member = archive_find(archive, path);
    if (!archive_small(archive, path, OCI_CONFIG_CEILING, &ret->config_bytes, &ret->config_length,
                       err)
        || !image_config_read(archive->arena, ret->config_bytes, ret->config_length, &ret->config,
                              err))
        return false;
    if (ret->config.diff_ids.count != ret->layers.count || ret->layers.count > IMAGE_LAYERS_CEILING)
        return error_set(err, ERROR_INVALID, "its config tells of %zu layers, it has %zu",
                         ret->config.diff_ids.count, ret->layers.count);
    return true;
}

static bool read_list(struct archive *archive, const struct value **ret, struct error *err)
{
    const char *bytes;
    size_t length;
    return archive_small(archive, "manifest.json", OCI_MANIFEST_CEILING, &bytes, &length, err)
           && document_parse_list(archive->arena, bytes, length, ret, err);
}

bool archive_names_sources(struct archive *archive)
{
    const struct value *list;
    struct error ignored = { 0 };
    return read_list(archive, &list, &ignored)
           && value_get(value_item(list, 0), "LayerSources") != NULL;
}

bool archive_read_docker(struct archive *archive, const struct wait *wait, struct error *err)
{
    const struct value *list;
    if (!read_list(archive, &list, err))
        return error_prefix(err, "manifest.json");
    if (value_count(list) > IMAGES_CEILING)
        return error_set(err, ERROR_INVALID, "manifest.json: more than %d images", IMAGES_CEILING);
    archive->contents.media_type = MEDIA_OCI_INDEX;
    for (size_t i = 0; i < value_count(list); i++) {
        struct docker_image image = { 0 };
        if (!read_image(archive, value_item(list, i), &image, err)
            || !make_manifest(archive, &image, wait, err))
            return error_prefix(err, "manifest.json[%zu]", i);
    }
    return true;
}
