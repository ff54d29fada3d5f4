/*
 * copy_gather: which manifests and blobs a copy is made of; see copy.h. All is found before
 * anything is sent, so that what is missing or refused leaves the destination as it was.
 */
#include "base/cleanup.h"
#include "oci/copy_parts.h"

#include "oci/attached.h"

#include <string.h>

/* What BuildKit's notes about an image call it by. */
#define ANNOTATION_ABOUT "vnd.docker.reference.digest"

/* ----------------------------------------------------------------------- lists */

static bool see(struct copy *copy, const char *digest)
{
    struct copy_seen *seen;
    HASH_FIND_STR(copy->seen, digest, seen);
    if (seen)
        return false;
    seen = arena_alloc(copy->arena, sizeof *seen);
    seen->digest = arena_strdup(copy->arena, digest);
    HASH_ADD_KEYPTR(hh, copy->seen, seen->digest, strlen(seen->digest), seen);
    return true;
}

static void add_blob(struct copy *copy, const struct descriptor *blob)
{
    if (media_role(blob->media_type) == MEDIA_FOREIGN || !see(copy, blob->digest))
        return;
    struct copy_blob item = { copy, descriptor_copy(copy->arena, blob) };
    arena_push(copy->arena, copy->blobs, copy->blob_count, copy->blob_capacity, item);
}

static bool add_node(struct copy *copy, const struct descriptor *descriptor, const char *bytes,
                     bool there, struct error *err)
{
    struct copy_node node = { *descriptor, bytes, there, NULL };
    if (copy->node_count == COPY_MANIFESTS_CEILING)
        return error_set(err, ERROR_REFUSED, "%s: there are more than %d manifests to be copied",
                         copy->from->name, COPY_MANIFESTS_CEILING);
    copy->node_bytes += descriptor->size;
    if (copy->node_bytes > COPY_MANIFEST_BYTES)
        return error_set(err, ERROR_REFUSED, "%s: the manifests to be copied have more than %d MiB",
                         copy->from->name, COPY_MANIFEST_BYTES >> 20);
    arena_push(copy->arena, copy->nodes, copy->node_count, copy->node_capacity, node);
    return true;
}

/* ------------------------------------------------------------------------ the tree */

/*
 * A registry takes a manifest only with its parts: what it has needs no look at them. (In a
 * folder somebody may have deleted some.)
 */
static bool is_there(struct copy *copy, const struct descriptor *manifest, bool *ret,
                     struct error *err)
{
    struct descriptor found;
    struct error why;
    *ret = false;
    if (!copy->to->host)
        return true;
    *ret =
        copy->to->table->resolve(copy->to, copy->arena, manifest->digest, &found, copy->wait, &why);
    if (*ret || why.kind == ERROR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

static bool gather(struct copy *copy, const struct descriptor *descriptor, int depth,
                   struct error *err);

static bool gather_manifest(struct copy *copy, const struct copy_node *node, struct error *err)
{
    struct image_manifest manifest;
    AUTO_ARENA scratch = arena_new();
    if (!image_manifest_read(scratch, node->bytes, (size_t)node->descriptor.size, &manifest, err))
        return error_prefix(err, "%s: %s", copy->from->name, node->descriptor.digest);
    add_blob(copy, &manifest.config);
    for (size_t i = 0; i < manifest.layer_count; i++)
        add_blob(copy, &manifest.layers[i]);
    return true;
}

/* Mirrors may hold an index without all that it names. */
static bool say_which(const struct copy *copy, const struct descriptor *entry, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (err->kind != ERROR_NOT_FOUND || !entry->platform.os)
        return false;
    return error_set(err, err->kind,
                     "%s: the image for %s that the index names is not there (%s); single ones are "
                     "copied with --platform",
                     copy->from->name, platform_text(arena, &entry->platform), entry->digest);
}

static bool gather_entries(struct copy *copy, const struct image_index *index, int depth,
                           struct error *err)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct descriptor *entry = &index->manifests[i];
        enum media_role role = media_role(entry->media_type);
        bool manifest = role == MEDIA_MANIFEST || role == MEDIA_INDEX || role == MEDIA_SCHEMA1;
        if (!manifest)
            add_blob(copy, entry);
        else if (!gather(copy, entry, depth + 1, err))
            return say_which(copy, entry, err);
    }
    return true;
}

static bool gather_index(struct copy *copy, const struct copy_node *node, int depth,
                         struct error *err)
{
    struct image_index index;
    AUTO_ARENA scratch = arena_new();
    if (!image_index_read(scratch, node->bytes, (size_t)node->descriptor.size, &index, err))
        return error_prefix(err, "%s: %s", copy->from->name, node->descriptor.digest);
    if (depth >= COPY_DEPTH_CEILING)
        return error_set(err, ERROR_INVALID, "%s: indexes within indexes, more than %d deep",
                         copy->from->name, COPY_DEPTH_CEILING);
    return gather_entries(copy, &index, depth, err);
}

/* What it names, then itself. */
static bool gather_node(struct copy *copy, struct copy_node node, int depth, struct error *err)
{
    if (!is_there(copy, &node.descriptor, &node.there, err))
        return false;
    bool index = media_role(node.descriptor.media_type) == MEDIA_INDEX;
    /* The children are looked at all the same where they may have referrers. */
    bool whole = !node.there || (index && copy->options->referrers);
    if (whole && index && !gather_index(copy, &node, depth, err))
        return false;
    if (whole && !index && !gather_manifest(copy, &node, err))
        return false;
    return add_node(copy, &node.descriptor, node.bytes, node.there, err);
}

static bool gather(struct copy *copy, const struct descriptor *descriptor, int depth,
                   struct error *err)
{
    struct copy_node node;
    if (!see(copy, descriptor->digest))
        return true;
    if (!copy->from->table->manifest(copy->from, copy->arena, descriptor->digest, &node.descriptor,
                                     &node.bytes, copy->wait, err))
        return false;
    node.there = false;
    node.descriptor.platform = descriptor_copy(copy->arena, descriptor).platform;
    return gather_node(copy, node, depth, err);
}

/* ----------------------------------------------------------------------- platforms */

static bool is_chosen(const struct descriptor *entry, const struct descriptor *chosen, size_t count)
{
    const char *about = value_text(value_get(entry->annotations, ANNOTATION_ABOUT));
    for (size_t i = 0; i < count; i++)
        if (strcmp(entry->digest, chosen[i].digest) == 0
            || (about && strcmp(about, chosen[i].digest) == 0))
            return true;
    return false;
}

/* The index with these entries, and BuildKit's notes about them, alone. */
static void cut_index(struct copy *copy, struct image_index *index, const struct descriptor *chosen,
                      size_t count, struct copy_node *node)
{
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING * 2);
    size_t kept = 0;
    for (size_t i = 0; i < index->count; i++)
        if (is_chosen(&index->manifests[i], chosen, count))
            index->manifests[kept++] = index->manifests[i];
    index->count = kept;
    image_index_write(copy->arena, &out, index);
    node->bytes = arena_memdup(copy->arena, buf_text(&out), out.length);
    node->descriptor = descriptor_of(copy->arena, index->media_type, node->bytes, out.length);
}

static bool choose_entries(struct copy *copy, struct copy_node *node, struct error *err)
{
    const struct copy_options *options = copy->options;
    struct image_index index;
    if (!image_index_read(copy->arena, node->bytes, (size_t)node->descriptor.size, &index, err))
        return false;
    struct descriptor *chosen = arena_array(copy->arena, options->platform_count, sizeof *chosen);
    for (size_t i = 0; i < options->platform_count; i++)
        if (!image_index_choose(copy->arena, &index, &options->platforms[i], &chosen[i], err))
            return false;
    if (options->platform_count > 1) {
        cut_index(copy, &index, chosen, options->platform_count, node);
        return true;
    }
    return copy->from->table->manifest(copy->from, copy->arena, chosen[0].digest, &node->descriptor,
                                       &node->bytes, copy->wait, err);
}

/* A single image must be of the platforms that were asked for. */
static bool check_platforms(struct copy *copy, const char *name, struct error *err)
{
    struct image image;
    for (size_t i = 0; i < copy->options->platform_count; i++)
        if (!image_load(copy->from, copy->arena, name, &copy->options->platforms[i], &image,
                        copy->wait, err))
            return false;
    return true;
}

static bool choose(struct copy *copy, const char *name, struct copy_node *node, struct error *err)
{
    if (!copy->options->platform_count)
        return true;
    if (media_role(node->descriptor.media_type) != MEDIA_INDEX)
        return check_platforms(copy, name, err);
    return choose_entries(copy, node, err) || error_prefix(err, "%s: %s", copy->from->name, name);
}

/* ------------------------------------------------------------------------ referrers */

static bool keeps_tags(const struct image_store *store)
{
    return store->host || strcmp(store->table->name, "layout") == 0;
}

/*
 * What cosign says of an image stands, unless told otherwise, under a tag that is made of the
 * image's digest, and names no subject.
 */
static bool gather_tagged(struct copy *copy, const char *digest, struct error *err)
{
    struct descriptor found;
    struct error why;
    for (size_t i = 0; attached_endings[i]; i++) {
        const char *tag = attached_tag(copy->arena, digest, attached_endings[i]);
        if (!copy->from->table->resolve(copy->from, copy->arena, tag, &found, copy->wait, &why)) {
            if (why.kind == ERROR_NOT_FOUND)
                continue;
            *err = why;
            return false;
        }
        size_t before = copy->node_count;
        if (!gather(copy, &found, 0, err))
            return false;
        if (copy->node_count > before)
            copy->nodes[copy->node_count - 1].tag = tag;
    }
    return true;
}

/* The list of nodes grows while it is walked: notes about notes. */
static bool gather_referrers(struct copy *copy, struct error *err)
{
    bool tagged = keeps_tags(copy->from) && keeps_tags(copy->to);
    if (!copy->options->referrers || !copy->from->table->referrers)
        return true;
    for (size_t i = 0; i < copy->node_count; i++) {
        struct descriptor *found;
        size_t count;
        const char *digest = copy->nodes[i].descriptor.digest;
        if (tagged && !gather_tagged(copy, digest, err))
            return false;
        if (!copy->from->table->referrers(copy->from, copy->arena, digest, NULL, &found, &count,
                                          copy->wait, err))
            return false;
        for (size_t j = 0; j < count; j++)
            if (!gather(copy, &found[j], 0, err))
                return false;
    }
    return true;
}

bool copy_gather(struct copy *copy, const char *name, struct error *err)
{
    struct copy_node node = { .there = false };
    if (!copy->from->table->manifest(copy->from, copy->arena, name, &node.descriptor, &node.bytes,
                                     copy->wait, err)
        || !choose(copy, name, &node, err))
        return false;
    see(copy, node.descriptor.digest);
    if (!gather_node(copy, node, 0, err))
        return false;
    copy->top = copy->node_count - 1;
    return gather_referrers(copy, err);
}
