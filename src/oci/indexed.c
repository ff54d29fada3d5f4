/* indexed: see indexed.h. */
#include "oci/indexed.h"

#include "base/cleanup.h"
#include "manifest/reference.h"
#include "oci/layout.h"

#include <stdlib.h>
#include <string.h>

const char *entry_name(const struct descriptor *entry)
{
    return value_text(value_get(entry->annotations, ANNOTATION_REF_NAME));
}

const char *blob_path(struct arena *arena, const char *digest)
{
    return arena_printf(arena, "blobs/%.6s/%s", digest, digest + 7);
}

/* -------------------------------------------------------------------- finding */

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* "nginx:1.25" and "docker.io/library/nginx:1.25" name one image. */
static bool same_reference(struct arena *arena, const char *a, const char *b)
{
    struct reference left, right;
    struct error err;
    return a && reference_parse(arena, a, &left, &err) && reference_parse(arena, b, &right, &err)
           && strcmp(reference_text(arena, &left), reference_text(arena, &right)) == 0;
}

static bool is_named(struct arena *arena, const struct descriptor *entry, const char *name,
                     bool loosely)
{
    const char *full = value_text(value_get(entry->annotations, ANNOTATION_CONTAINERD_NAME));
    if (!loosely)
        return same(entry_name(entry), name);
    return same(full, name) || same_reference(arena, entry_name(entry), name)
           || same_reference(arena, full, name);
}

/* Images of that name; *ret_found is the first. */
static size_t count_named(struct arena *arena, const struct image_index *index, const char *name,
                          bool loosely, const struct descriptor **ret_found)
{
    size_t count = 0;
    for (size_t i = 0; i < index->count; i++) {
        const struct descriptor *entry = &index->manifests[i];
        if (!is_named(arena, entry, name, loosely)
            || (count && strcmp((*ret_found)->digest, entry->digest) == 0))
            continue;
        *ret_found = count++ ? *ret_found : entry;
    }
    return count;
}

static const char *names_of(struct arena *arena, const struct image_index *index)
{
    AUTO_BUF out = BUF_INIT(1024);
    for (size_t i = 0; i < index->count; i++)
        if (entry_name(&index->manifests[i]))
            buf_printf(&out, "%s%s", out.length ? ", " : "", entry_name(&index->manifests[i]));
    return out.length ? arena_strdup(arena, buf_text(&out)) : "none";
}

static bool find_tag(struct indexed_store *indexed, struct arena *arena, const char *tag,
                     struct descriptor *ret, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct image_index index;
    const struct descriptor *found = NULL;
    if (!indexed->index(indexed, scratch, &index, err))
        return false;
    if (!*tag && index.count == 1) {
        *ret = descriptor_copy(arena, &index.manifests[0]);
        return true;
    }
    if (!*tag)
        return error_set(err, index.count ? ERROR_USAGE : ERROR_NOT_FOUND,
                         "%s: there are %zu images: name one of %s", indexed->store.name,
                         index.count, names_of(scratch, &index));
    size_t count = count_named(scratch, &index, tag, false, &found);
    if (!count)
        count = count_named(scratch, &index, tag, true, &found);
    if (!count)
        return error_set(err, ERROR_NOT_FOUND, "%s: there is no image \"%s\"; there is: %s",
                         indexed->store.name, tag, names_of(scratch, &index));
    if (count > 1)
        return error_set(err, ERROR_INVALID, "%s: %zu images are called \"%s\"",
                         indexed->store.name, count, tag);
    *ret = descriptor_copy(arena, found);
    return true;
}

/* --------------------------------------------------------------------- reading */

static bool read_manifest(struct image_store *store, struct arena *arena,
                          const struct descriptor *manifest, const char **ret_bytes,
                          const struct wait *wait, struct error *err)
{
    size_t length;
    return image_blob(store, arena, manifest, OCI_MANIFEST_CEILING, ret_bytes, &length, wait, err);
}

/* What is not in the index may still be there: an image within an index. */
static bool find_digest(struct image_store *store, struct arena *arena, const char *digest,
                        struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                        struct error *err)
{
    struct indexed_store *indexed = (struct indexed_store *)store;
    struct descriptor found = { .digest = arena_strdup(arena, digest), .media_type = "" };
    if (!digest_text_valid(digest))
        return error_set(err, ERROR_USAGE, "\"%s\" is no digest", digest);
    if (!indexed->size(indexed, digest, &found.size, err))
        return false;
    if (found.size < 0)
        return error_set(err, ERROR_NOT_FOUND, "%s: there is no manifest %s", store->name, digest);
    if (!read_manifest(store, arena, &found, ret_bytes, wait, err))
        return false;
    found.media_type = manifest_media_type(arena, *ret_bytes, (size_t)found.size);
    if (!found.media_type)
        return error_set(err, ERROR_INVALID, "%s: %s is no manifest", store->name, digest);
    *ret = found;
    return true;
}

bool indexed_resolve(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                     struct descriptor *ret, const struct wait *wait, struct error *err)
{
    const char *bytes;
    if (digest_text_valid(tag_or_digest))
        return find_digest(store, arena, tag_or_digest, ret, &bytes, wait, err);
    return find_tag((struct indexed_store *)store, arena, tag_or_digest, ret, err);
}

bool indexed_manifest(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                      struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                      struct error *err)
{
    struct descriptor found;
    const char *bytes;
    if (digest_text_valid(tag_or_digest))
        return find_digest(store, arena, tag_or_digest, ret, ret_bytes, wait, err);
    if (!find_tag((struct indexed_store *)store, arena, tag_or_digest, &found, err)
        || !read_manifest(store, arena, &found, &bytes, wait, err))
        return false;
    *ret = found;
    *ret_bytes = bytes;
    return true;
}

bool indexed_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                      const struct wait *wait, struct error *err)
{
    struct indexed_store *indexed = (struct indexed_store *)store;
    int64_t size;
    (void)wait;
    if (!digest_text_valid(blob->digest))
        return error_set(err, ERROR_USAGE, "\"%s\" is no digest", blob->digest);
    if (!indexed->size(indexed, blob->digest, &size, err))
        return false;
    *ret_there = size >= 0 && (blob->size < 0 || size == blob->size);
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool indexed_tags(struct image_store *store, struct arena *arena, const char ***ret_tags,
                  size_t *ret_count, const struct wait *wait, struct error *err)
{
    struct indexed_store *indexed = (struct indexed_store *)store;
    struct image_index index;
    (void)wait;
    if (!indexed->index(indexed, arena, &index, err))
        return false;
    const char **tags = arena_array(arena, index.count + 1, sizeof *tags);
    size_t count = 0;
    for (size_t i = 0; i < index.count; i++)
        if (entry_name(&index.manifests[i]))
            tags[count++] = entry_name(&index.manifests[i]);
    qsort(tags, count, sizeof *tags, by_bytes);
    *ret_tags = tags;
    *ret_count = count;
    return true;
}

/* ------------------------------------------------------------------- referrers */

struct referrers {
    struct image_store *store;
    struct arena *arena; /* of what is found; what is read for it goes */
    const char *digest, *artifact_type;
    struct descriptor *items;
    size_t count, capacity;
};

/* What a manifest or an index says of itself. */
struct about {
    const char *subject, *artifact_type;
    const struct value *annotations;
};

static bool read_about(struct arena *arena, const struct descriptor *entry, const char *bytes,
                       struct about *ret)
{
    struct image_manifest manifest;
    struct image_index index;
    struct error err;
    if (media_role(entry->media_type) == MEDIA_MANIFEST
        && image_manifest_read(arena, bytes, (size_t)entry->size, &manifest, &err)) {
        ret->subject = manifest.subject.digest;
        ret->artifact_type =
            manifest.artifact_type ? manifest.artifact_type : manifest.config.media_type;
        ret->annotations = manifest.annotations;
        return true;
    }
    if (media_role(entry->media_type) == MEDIA_INDEX
        && image_index_read(arena, bytes, (size_t)entry->size, &index, &err)) {
        *ret = (struct about){ index.subject.digest, index.artifact_type, index.annotations };
        return true;
    }
    return false;
}

static void add_referrer(struct referrers *found, const struct descriptor *entry)
{
    if (found->artifact_type && !same(entry->artifact_type, found->artifact_type))
        return;
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].digest, entry->digest) == 0)
            return;
    struct descriptor kept = descriptor_copy(found->arena, entry);
    arena_push(found->arena, found->items, found->count, found->capacity, kept);
}

/* Clients of registries without the API keep an index under the tag "sha256-…". */
static bool add_of_fallback(struct referrers *found, const struct descriptor *entry,
                            const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct image_index index;
    const char *bytes;
    if (!read_manifest(found->store, scratch, entry, &bytes, wait, err)
        || !image_index_read(scratch, bytes, (size_t)entry->size, &index, err))
        return false;
    for (size_t i = 0; i < index.count; i++)
        add_referrer(found, &index.manifests[i]);
    return true;
}

static bool add_if_about(struct referrers *found, const struct descriptor *entry,
                         const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct about about = { 0 };
    const char *bytes;
    if (entry->size > OCI_MANIFEST_CEILING)
        return true;
    if (!read_manifest(found->store, scratch, entry, &bytes, wait, err))
        return false;
    if (!read_about(scratch, entry, bytes, &about) || !same(about.subject, found->digest))
        return true;
    struct descriptor referrer = { .media_type = entry->media_type,
                                   .digest = entry->digest,
                                   .size = entry->size,
                                   .artifact_type = about.artifact_type,
                                   .annotations = about.annotations };
    add_referrer(found, &referrer);
    return true;
}

bool indexed_referrers(struct image_store *store, struct arena *arena, const char *digest,
                       const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                       const struct wait *wait, struct error *err)
{
    struct indexed_store *indexed = (struct indexed_store *)store;
    struct referrers found = { store, arena, digest, artifact_type, NULL, 0, 0 };
    AUTO_ARENA scratch = arena_new();
    struct image_index index;
    if (!digest_text_valid(digest))
        return error_set(err, ERROR_USAGE, "\"%s\" is no digest", digest);
    if (!indexed->index(indexed, scratch, &index, err))
        return false;
    const char *fallback = arena_printf(scratch, "%.6s-%s", digest, digest + 7);
    for (size_t i = 0; i < index.count; i++) {
        const struct descriptor *entry = &index.manifests[i];
        bool is_fallback = same(entry_name(entry), fallback);
        if (is_fallback ? !add_of_fallback(&found, entry, wait, err)
                        : !add_if_about(&found, entry, wait, err))
            return false;
    }
    *ret = found.items;
    *ret_count = found.count;
    return true;
}

/* --------------------------------------------------------------------- writing */

static int by_name(const void *a, const void *b)
{
    const struct descriptor *left = a, *right = b;
    const char *left_name = entry_name(left), *right_name = entry_name(right);
    int order = strcmp(left_name ? left_name : "", right_name ? right_name : "");
    return order ? order : strcmp(left->digest, right->digest);
}

static bool is_listed(const struct image_index *index, const char *digest)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->manifests[i].digest, digest) == 0)
            return true;
    return false;
}

/* Only its name: what else a source's index said of it may no longer be so. */
static const struct value *named(struct arena *arena, const char *tag)
{
    struct value *map = value_map(arena);
    value_set(arena, map, ANNOTATION_REF_NAME, value_string(arena, tag));
    return map;
}

static void index_set(struct arena *arena, struct image_index *index,
                      const struct descriptor *manifest, const char *tag)
{
    struct descriptor *kept = arena_array(arena, index->count + 1, sizeof *kept), entry = *manifest;
    size_t count = 0;
    if (!tag && is_listed(index, manifest->digest))
        return;
    for (size_t i = 0; i < index->count; i++) {
        const char *name = entry_name(&index->manifests[i]);
        bool replaced = tag
                        && (name ? strcmp(name, tag) == 0
                                 : strcmp(index->manifests[i].digest, entry.digest) == 0);
        if (!replaced)
            kept[count++] = index->manifests[i];
    }
    entry.annotations = tag ? named(arena, tag) : NULL;
    kept[count++] = entry;
    qsort(kept, count, sizeof *kept, by_name);
    index->manifests = kept;
    index->count = count;
}

/* Is this an entry without a name of something that the index just put names itself? */
static bool is_child(const struct descriptor *entry, const struct image_index *parent)
{
    return !entry_name(entry) && is_listed(parent, entry->digest);
}

void index_put(struct arena *arena, struct image_index *index, const struct descriptor *manifest,
               const char *bytes, const char *tag)
{
    AUTO_ARENA scratch = arena_new();
    struct image_index parent;
    struct error err;
    size_t count = 0;
    if (media_role(manifest->media_type) == MEDIA_INDEX
        && image_index_read(scratch, bytes, (size_t)manifest->size, &parent, &err)) {
        for (size_t i = 0; i < index->count; i++)
            if (!is_child(&index->manifests[i], &parent))
                index->manifests[count++] = index->manifests[i];
        index->count = count;
    }
    index_set(arena, index, manifest, tag);
}
