/* image_load: from a name to one image of a store; see image.h. */
#include "base/cleanup.h"
#include "oci/image.h"
#include "oci/platform.h"

#include <string.h>

enum { INDEX_DEPTH = 4 };

/* ------------------------------------------------------------ blobs in memory */

static bool collect(void *context, const char *data, size_t length, struct error *err)
{
    struct buf *out = context;
    return buf_add(out, data, length)
           || error_set(err, ERROR_INVALID, "it is larger than %zu bytes", out->ceiling);
}

bool image_blob(struct image_store *store, struct arena *arena, const struct descriptor *blob,
                size_t ceiling, const char **ret_bytes, size_t *ret_length, const struct wait *wait,
                struct error *err)
{
    AUTO_BUF out = BUF_INIT(ceiling);
    if (blob->size < 0 || (uint64_t)blob->size > ceiling)
        return error_set(err, ERROR_INVALID, "%s: %s has %lld bytes, at most %zu are read",
                         store->name, blob->digest, (long long)blob->size, ceiling);
    if (!store->table->blob(store, blob, collect, &out, wait, err))
        return false;
    *ret_bytes = arena_memdup(arena, buf_text(&out), out.length);
    *ret_length = out.length;
    return true;
}

static bool memory_read(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    struct blob_memory *memory = context;
    size_t left = memory->length - memory->at;
    (void)err;
    *ret_length = left < capacity ? left : capacity;
    if (*ret_length)
        memcpy(data, memory->bytes + memory->at, *ret_length);
    memory->at += *ret_length;
    return true;
}

static bool memory_seek(void *context, int64_t offset, struct error *err)
{
    struct blob_memory *memory = context;
    if (offset < 0 || (uint64_t)offset > memory->length)
        return error_set(err, ERROR_BUG, "a blob is read past its end");
    memory->at = (size_t)offset;
    return true;
}

struct blob_source blob_source_memory(struct blob_memory *memory, const char *media_type,
                                      const char *digest)
{
    return (struct blob_source){ .context = memory,
                                 .read = memory_read,
                                 .seek = memory_seek,
                                 .media_type = media_type,
                                 .digest = digest,
                                 .size = (int64_t)memory->length };
}

bool image_put(struct image_store *store, struct arena *arena, const char *media_type,
               const char *bytes, size_t length, struct descriptor *ret, const struct wait *wait,
               struct error *err)
{
    struct blob_memory memory = { bytes, length, 0 };
    struct descriptor blob = descriptor_of(arena, media_type, bytes, length), stored;
    struct blob_source source = blob_source_memory(&memory, media_type, blob.digest);
    bool there;
    if (!store->table->has_blob(store, &blob, &there, wait, err))
        return false;
    if (!there && !store->table->put_blob(store, arena, &source, &stored, wait, err))
        return false;
    *ret = blob;
    return true;
}

/* ------------------------------------------------------------------- choosing */

static bool is_unknown(const char *text)
{
    return !text || strcmp(text, "unknown") == 0;
}

/* An entry that may be an image: no note of BuildKit, no artifact. */
static bool is_candidate(const struct descriptor *entry)
{
    enum media_role role = media_role(entry->media_type);
    if (role != MEDIA_MANIFEST && role != MEDIA_INDEX)
        return false;
    if (entry->platform.os && is_unknown(entry->platform.os)
        && is_unknown(entry->platform.architecture))
        return false;
    return !entry->artifact_type || entry->platform.os;
}

static const char *offers(struct arena *arena, const struct image_index *index)
{
    AUTO_BUF out = BUF_INIT(1024);
    for (size_t i = 0; i < index->count; i++)
        if (is_candidate(&index->manifests[i]))
            buf_printf(&out, "%s%s", out.length ? ", " : "",
                       platform_text(arena, &index->manifests[i].platform));
    return out.length ? arena_strdup(arena, buf_text(&out)) : "none";
}

static const struct descriptor *best(const struct image_index *index, const struct platform *wanted)
{
    const struct descriptor *chosen = NULL, *only = NULL;
    int best_score = 0;
    size_t candidates = 0;
    for (size_t i = 0; i < index->count; i++) {
        const struct descriptor *entry = &index->manifests[i];
        if (!is_candidate(entry))
            continue;
        only = candidates++ ? NULL : entry;
        int score = wanted ? platform_score(wanted, &entry->platform) : 0;
        if (score > best_score) {
            best_score = score;
            chosen = entry;
        }
    }
    /* A single one without a platform is what its config says. */
    return chosen ? chosen : only && (!wanted || !only->platform.os) ? only : NULL;
}

bool image_index_choose(struct arena *arena, const struct image_index *index,
                        const struct platform *wanted, struct descriptor *ret, struct error *err)
{
    const struct descriptor *chosen = best(index, wanted);
    if (chosen) {
        *ret = *chosen;
        return true;
    }
    const char *there = offers(arena, index);
    if (wanted)
        return error_set(err, ERROR_NOT_FOUND, "there is no image for %s; there is: %s",
                         platform_text(arena, wanted), there);
    return error_set(err, ERROR_NOT_FOUND,
                     "it is an index of several images (%s): say which "
                     "platform",
                     there);
}

/* -------------------------------------------------------------------- loading */

/* Goes through indexes down to a manifest. */
static bool find_manifest(struct image_store *store, struct arena *arena, const char *name,
                          const struct platform *wanted, struct image *image,
                          const struct wait *wait, struct error *err)
{
    for (int depth = 0; depth < INDEX_DEPTH; depth++) {
        if (!store->table->manifest(store, arena, name, &image->descriptor, &image->manifest_bytes,
                                    wait, err))
            return false;
        if (depth == 0)
            image->top = image->descriptor;
        image->manifest_length = (size_t)image->descriptor.size;
        if (media_role(image->descriptor.media_type) != MEDIA_INDEX)
            return true;
        struct image_index index;
        struct descriptor entry;
        if (!image_index_read(arena, image->manifest_bytes, image->manifest_length, &index, err)
            || !image_index_choose(arena, &index, wanted, &entry, err))
            return error_prefix(err, "%s: %s", store->name, name);
        name = entry.digest;
    }
    return error_set(err, ERROR_INVALID, "%s: %s: indexes within indexes, more than %d deep",
                     store->name, name, INDEX_DEPTH);
}

static bool check_image(struct arena *arena, const struct image *image,
                        const struct platform *wanted, struct error *err)
{
    if (image->config.diff_ids.count != image->manifest.layer_count)
        return error_set(err, ERROR_INVALID, "its config tells of %zu layers, its manifest of %zu",
                         image->config.diff_ids.count, image->manifest.layer_count);
    if (wanted && !platform_fits(wanted, &image->config.platform))
        return error_set(err, ERROR_NOT_FOUND, "there is no image for %s; there is: %s",
                         platform_text(arena, wanted),
                         platform_text(arena, &image->config.platform));
    return true;
}

static bool load_config(struct image_store *store, struct arena *arena, struct image *image,
                        const struct wait *wait, struct error *err)
{
    const struct descriptor *config = &image->manifest.config;
    if (media_role(config->media_type) != MEDIA_CONFIG)
        return error_set(err, ERROR_INVALID, "it is no image: its config is %s",
                         config->media_type);
    return image_blob(store, arena, config, OCI_CONFIG_CEILING, &image->config_bytes,
                      &image->config_length, wait, err)
           && image_config_read(arena, image->config_bytes, image->config_length, &image->config,
                                err);
}

bool image_load(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                const struct platform *wanted, struct image *ret, const struct wait *wait,
                struct error *err)
{
    struct image image = { 0 };
    if (!find_manifest(store, arena, tag_or_digest, wanted, &image, wait, err))
        return false;
    if (!image_manifest_read(arena, image.manifest_bytes, image.manifest_length, &image.manifest,
                             err)
        || !load_config(store, arena, &image, wait, err)
        || !check_image(arena, &image, wanted, err))
        return error_prefix(err, "%s: %s", store->name, tag_or_digest);
    *ret = image;
    return true;
}
