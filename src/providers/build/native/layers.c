/* layers: see layers.h; packer.c makes the bytes. */
#include "providers/build/native/layers.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

struct collecting {
    struct arena *arena;
    unsigned layer;
    struct layer_list *list;
};

static bool changed_below(const struct node *node, unsigned layer)
{
    if (node->layer == layer)
        return true;
    for (size_t i = 0; i < node->count; i++)
        if (changed_below(node->children[i], layer))
            return true;
    return false;
}

static void collect(struct collecting *all, const struct node *folder, const char *prefix)
{
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = folder->children[i];
        if (!changed_below(node, all->layer))
            continue;
        struct layer_entry entry = {
            .path = *prefix ? arena_printf(all->arena, "%s/%s", prefix, node->name) : node->name,
            .node = *node,
        };
        arena_push(all->arena, all->list->entries, all->list->count, all->list->capacity, entry);
        collect(all, node, entry.path);
    }
}

static int by_path(const void *a, const void *b)
{
    const struct layer_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

/* Fields with their lengths, so that no two lists look alike. */
static void describe(struct buf *out, const struct layer_entry *entry)
{
    const struct node *node = &entry->node;
    buf_printf(out, "%d %o %lld %lld %lld %u %u %d\n", node->kind, node->mode, (long long)node->uid,
               (long long)node->gid, (long long)node->mtime, node->major, node->minor,
               node->content && node->content->hard);
    const char *const texts[] = { entry->path, node->link,
                                  node->content ? node->content->id : NULL };
    for (size_t i = 0; i < 3; i++)
        buf_printf(out, "%zu:%s\n", texts[i] ? strlen(texts[i]) : 0, texts[i] ? texts[i] : "");
    for (size_t i = 0; i < node->attribute_count; i++) {
        const struct tar_attribute *attribute = &node->attributes[i];
        buf_printf(out, "%zu:%s %zu:", strlen(attribute->name), attribute->name, attribute->length);
        buf_add(out, attribute->data, attribute->length);
    }
}

static const char *fingerprint(struct arena *arena, const struct layer_list *list)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct digest digest = { 0 };
    for (size_t i = 0; i < list->count; i++) {
        buf_clear(&out);
        buf_add(&out, (const char *)digest.bytes, sizeof digest.bytes);
        describe(&out, &list->entries[i]);
        digest = digest_sha256(out.data, out.length);
    }
    return digest_hex(arena, &digest);
}

void layer_collect(struct arena *arena, const struct tree *tree, unsigned layer,
                   struct layer_list *ret)
{
    struct collecting all = { arena, layer, ret };
    *ret = (struct layer_list){ 0 };
    collect(&all, tree->root, "");
    if (ret->count)
        qsort(ret->entries, ret->count, sizeof *ret->entries, by_path);
    ret->fingerprint = fingerprint(arena, ret);
}
