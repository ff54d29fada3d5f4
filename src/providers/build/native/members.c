/* members: see members.h. */
#include "providers/build/native/members.h"

#include "base/cleanup.h"
#include "oci/layer.h"
#include "providers/build/path.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 << 10 };

/* ---------------------------------------------------------------------- applying */

/* The folder that a path stands in, in which links of layers below may lead the way. */
static bool parent_of(struct members *all, const char *path, struct node **ret, struct error *err)
{
    const struct tree_owner root = { .mode = 0755, .layer = all->layer, .given = true };
    const char *real, *above = path_folder(all->scratch, path);
    const char *base = all->folder ? node_path(all->scratch, all->folder) : "";
    return tree_real(all->tree, all->scratch, arena_printf(all->scratch, "%s/%s", base, above),
                     &real, err)
           && tree_folder(all->tree, real, &root, ret, err);
}

static void white_out(struct members *all, struct node *parent, const struct tar_entry *entry)
{
    struct node *node = node_child(parent, path_base(entry->path));
    if (entry->whiteout == TAR_WHITEOUT)
        tree_remove(all->tree, parent, path_base(entry->path));
    else if (node)
        node->count = 0;
}

static struct content *new_content(struct members *all, const struct tar_entry *entry)
{
    struct arena *arena = all->tree->arena;
    struct content *content = arena_alloc(arena, sizeof *content);
    *content = all->origin;
    content->member = arena_strdup(arena, entry->path);
    content->size = entry->size;
    content->spooled = -1;
    content->id = arena_printf(arena, "%s:%s", all->origin.id, content->member);
    return content;
}

/* A second name of a file that is there. */
static bool hard_link(struct members *all, const struct tar_entry *entry, struct node *node,
                      struct error *err)
{
    const char *base = all->folder ? node_path(all->scratch, all->folder) : "";
    const char *path = arena_printf(all->scratch, "%s/%s", base, entry->link), *real;
    if (!tree_real(all->tree, all->scratch, path_folder(all->scratch, path), &real, err))
        return false;
    const struct node *folder = tree_look(all->tree, all->scratch, real);
    const struct node *target = folder ? node_child(folder, path_base(path)) : NULL;
    if (!target || target->kind == TAR_FOLDER || target == node)
        return error_set(err, ERROR_INVALID, "%s: a hard link to %s, which is not there",
                         entry->path, entry->link);
    struct node own = *node;
    *node = *target;
    node->name = own.name;
    node->parent = own.parent;
    node->layer = all->layer;
    if (node->content)
        node->content->hard = true;
    return true;
}

static void set_attributes(struct arena *arena, struct node *node, const struct tar_entry *entry)
{
    node->attribute_count = entry->attribute_count;
    node->attributes = arena_array(arena, entry->attribute_count + 1, sizeof *node->attributes);
    for (size_t i = 0; i < entry->attribute_count; i++)
        node->attributes[i] = (struct tar_attribute){
            .name = arena_strdup(arena, entry->attributes[i].name),
            .data = arena_memdup(arena, entry->attributes[i].data, entry->attributes[i].length),
            .length = entry->attributes[i].length,
        };
}

static void set_metadata(struct members *all, struct node *node, const struct tar_entry *entry)
{
    node->mode = entry->mode;
    node->uid = all->owned ? all->uid : entry->uid;
    node->gid = all->owned ? all->gid : entry->gid;
    node->mtime = entry->mtime;
    node->major = entry->major;
    node->minor = entry->minor;
    node->layer = all->layer;
    if (entry->kind == TAR_SYMLINK)
        node->link = arena_strdup(all->tree->arena, entry->link);
    if (entry->kind == TAR_FILE)
        node->content = new_content(all, entry);
    set_attributes(all->tree->arena, node, entry);
}

static bool apply(struct members *all, const struct tar_entry *entry, struct error *err)
{
    struct node *parent, *node;
    if (!*entry->path) {
        if (!all->folder)
            set_metadata(all, all->tree->root, entry);
        return true;
    }
    if (!parent_of(all, entry->path, &parent, err))
        return false;
    if (entry->whiteout != TAR_NO_WHITEOUT) {
        white_out(all, parent, entry);
        return true;
    }
    const char *name = path_base(entry->path);
    node = node_child(parent, name);
    bool kept = node && node->kind == TAR_FOLDER && entry->kind == TAR_FOLDER;
    if (!kept
        && !tree_put(all->tree, parent, arena_strdup(all->tree->arena, name), entry->kind, &node,
                     err))
        return false;
    if (entry->kind == TAR_HARDLINK)
        return hard_link(all, entry, node, err);
    set_metadata(all, node, entry);
    return true;
}

static bool begin(void *context, const struct tar_entry *entry, struct error *err)
{
    struct members *all = context;
    bool done = apply(all, entry, err);
    arena_clear(all->scratch);
    return done;
}

const struct tar_handler members_handler = { .begin = begin };

bool members_of_image(struct tree *tree, struct image_store *store, const struct descriptor *layers,
                      const char *const *diff_ids, size_t count, const struct wait *wait,
                      struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA arena = arena_new();
        struct members all = {
            .tree = tree,
            .origin = { .kind = CONTENT_LAYER,
                        .store = store,
                        .layer = layers[i],
                        .id = layers[i].digest },
            .scratch = scratch,
        };
        if (!layer_read_tar(store, arena, &layers[i], diff_ids[i], NULL, &members_handler, &all,
                            wait, err))
            return error_prefix(err, "layer %zu of %s", i + 1, store->name);
    }
    return true;
}

/* ---------------------------------------------------------------------- archives */

bool content_feed(const struct content *content, blob_sink *sink, void *context,
                  const struct wait *wait, struct error *err)
{
    const struct files_table *table = content->files->table;
    AUTO_FREE char *data = memory_alloc(PIECE);
    struct files_stream *stream;
    size_t length = 1;
    int64_t size;
    if (!table->open(content->files, &content->entry, &stream, &size, wait, err))
        return false;
    bool done = true;
    while (done && length) {
        done = table->read(stream, data, PIECE, &length, wait, err);
        if (done && length)
            done = sink(context, data, length, err);
    }
    table->end(stream);
    return done;
}

/* The first block of what is unpacked; enough to know a tar by its checksum. */
struct head {
    unsigned char data[TAR_BLOCK];
    size_t length;
};

static bool keep_head(void *context, const char *data, size_t length, struct error *err)
{
    struct head *head = context;
    size_t left = sizeof head->data - head->length;
    memcpy(head->data + head->length, data, length < left ? length : left);
    head->length += length < left ? length : left;
    return head->length < sizeof head->data || error_set(err, ERROR_CANCELLED, "enough");
}

/* The sum of a header's bytes, its own field taken as blanks, stands in octal at 148. */
static bool is_tar_header(const struct head *head)
{
    unsigned sum = 0;
    char field[9] = "";
    if (head->length < sizeof head->data)
        return false;
    for (size_t i = 0; i < sizeof head->data; i++)
        sum += i >= 148 && i < 156 ? ' ' : head->data[i];
    memcpy(field, head->data + 148, 8);
    return sum > 8 * ' ' && strtoul(field, NULL, 8) == sum;
}

static bool starts_with(const struct head *head, const char *magic, size_t length)
{
    return head->length >= length && memcmp(head->data, magic, length) == 0;
}

bool members_is_archive(const struct content *content, bool *ret_archive, const struct wait *wait,
                        struct error *err)
{
    struct head raw = { .length = 0 }, head = { .length = 0 };
    struct error own = { 0 };
    *ret_archive = false;
    if (content->kind != CONTENT_FILES)
        return true;
    if (!content_feed(content, keep_head, &raw, wait, &own) && own.kind != ERROR_CANCELLED) {
        *err = own;
        return false;
    }
    if (starts_with(&raw, "BZh", 3)
        || starts_with(&raw,
                       "\xFD"
                       "7zXZ",
                       5))
        return error_set(err, ERROR_REFUSED,
                         "%s: ADD unpacks it, and natively only plain, gzip and zstd archives can "
                         "be unpacked; set build.builder: docker",
                         content->entry.path);
    struct unpacker *unpacker = unpacker_new(LAYER_UNPACKED_CEILING, keep_head, &head);
    if (!content_feed(content, unpacker_feed, unpacker, wait, &own))
        own.kind = ERROR_NONE; /* enough was seen, or it is no archive of any kind */
    unpacker_free(unpacker);
    if (!wait_check(wait, "reading files", err))
        return false;
    *ret_archive = is_tar_header(&head);
    return true;
}

bool members_unpack(struct members *members, const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    members->scratch = scratch;
    struct tar_reader *reader = tar_reader_new(NULL, &members_handler, members);
    struct unpacker *unpacker = unpacker_new(LAYER_UNPACKED_CEILING, tar_reader_feed, reader);
    bool done = content_feed(&members->origin, unpacker_feed, unpacker, wait, err)
                && unpacker_end(unpacker, err) && tar_reader_end(reader, err);
    unpacker_free(unpacker);
    tar_reader_free(reader);
    return done || error_prefix(err, "%s", members->origin.entry.path);
}
