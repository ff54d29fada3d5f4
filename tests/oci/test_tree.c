/*
 * The tree that the layers of an image make together, as our reader sees it and as umoci unpacks
 * it: the same paths, kinds, modes, links and sizes. umoci makes the layers too, so that
 * whiteouts, opaque folders and hard links are as somebody else writes them.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/image_maker.h"
#include "oci/layout.h"

/* Each step changes the tree of the one before and becomes a layer. */
static const char *const steps[] = {
    ("mkdir -p a/b/c d && echo 1 >a/one && echo 22 >a/b/two && echo 333 >a/b/c/three &&"
     "ln -s ../a/one d/link && ln a/one d/hard && chmod 4755 a/b/two && chmod 1777 d"),
    "rm a/b/c/three && rm -r d && mkdir d && echo 4444 >d/new && chmod 600 a/one",
    "rm -r a/b && ln -s /d a/b && echo 55555 >a/one && mkdir -p e/f && : >e/f/empty",
    "mv e g && rm a/b && mkdir a/b && ln g/f/empty a/b/again && echo x >\"a/b/with blank\"",
};
enum { STEPS = sizeof steps / sizeof *steps };

static const char make_layer[] =
    "set -e; cd \"$1\"; umask 022; image=layout:x\n"
    "[ -d layout ] || { umoci init --layout layout; umoci new --image $image; }\n"
    "rm -rf bundle; umoci unpack --rootless --image $image bundle\n"
    "(cd bundle/rootfs; eval \"$2\")\n"
    "umoci repack --image $image bundle\n";

static const char list_tree[] =
    "set -e; cd \"$1\"; rm -rf bundle; umoci unpack --rootless --image layout:x bundle; cd "
    "bundle/rootfs\n"
    "find . -mindepth 1 -printf '%P|%y|%m|%l|%s\\n' |"
    " sed -E 's/^([^|]*\\|d\\|.*\\|)[0-9]+$/\\1/; s/^([^|]*\\|l\\|)777(.*\\|)[0-9]+$/\\1\\2/' |"
    " LC_ALL=C sort\n";

/* ------------------------------------------------------------------------ merging */

struct node {
    const char *path;
    struct tar_entry entry;
    int layer;
};

struct tree {
    struct arena *arena;
    struct node nodes[100];
    size_t count;
    int layer;
};

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length == 0 || (strncmp(path, folder, length) == 0 && path[length] == '/');
}

/* Takes away what older layers have at `path` (unless only below it is meant) and below. */
static void take_away(struct tree *tree, const char *path, bool itself)
{
    size_t kept = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        bool goes = is_below(node->path, path) || (itself && strcmp(node->path, path) == 0);
        if (!goes || node->layer == tree->layer)
            tree->nodes[kept++] = *node;
    }
    tree->count = kept;
}

static struct node *find(struct tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->nodes[i].path, path) == 0)
            return &tree->nodes[i];
    return NULL;
}

static bool merge(void *context, const struct tar_entry *entry, struct error *err)
{
    struct tree *tree = context;
    struct node node = { arena_strdup(tree->arena, entry->path), *entry, tree->layer };
    (void)err;
    if (entry->whiteout) {
        take_away(tree, entry->path, entry->whiteout == TAR_WHITEOUT);
        return true;
    }
    if (!*entry->path)
        return true;
    if (entry->kind == TAR_HARDLINK) {
        assert_non_null(find(tree, entry->link));
        node.entry = find(tree, entry->link)->entry;
    }
    node.entry.link = entry->kind == TAR_SYMLINK ? arena_strdup(tree->arena, entry->link) : NULL;
    if (entry->kind != TAR_FOLDER)
        take_away(tree, entry->path, true);
    struct node *there = find(tree, entry->path);
    assert_true(there || tree->count < 100);
    *(there ? there : &tree->nodes[tree->count++]) = node;
    return true;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *tree_lines(struct tree *tree)
{
    const char *lines[100];
    AUTO_BUF out = BUF_INIT(1 << 20);
    for (size_t i = 0; i < tree->count; i++) {
        const struct tar_entry *entry = &tree->nodes[i].entry;
        char kind = entry->kind == TAR_FOLDER ? 'd' : entry->kind == TAR_SYMLINK ? 'l' : 'f';
        const char *mode = kind == 'l' ? "" : arena_printf(tree->arena, "%o", entry->mode);
        const char *size =
            kind == 'f' ? arena_printf(tree->arena, "%lld", (long long)entry->size) : "";
        lines[i] = arena_printf(tree->arena, "%s|%c|%s|%s|%s\n", tree->nodes[i].path, kind, mode,
                                entry->link ? entry->link : "", size);
    }
    qsort(lines, tree->count, sizeof *lines, by_line);
    for (size_t i = 0; i < tree->count; i++)
        buf_puts(&out, lines[i]);
    return arena_strdup(tree->arena, buf_text(&out));
}

static const char *our_tree(struct arena *arena, const char *folder)
{
    static const struct tar_handler handler = { .begin = merge };
    struct tree *tree = arena_alloc(arena, sizeof *tree);
    struct image_store *store;
    struct image image;
    tree->arena = arena;
    must(layout_open(path_join(arena, folder, "layout"), &store, &err));
    must(image_load(store, arena, "x", NULL, &image, &maker_wait, &err));
    for (size_t i = 0; i < image.manifest.layer_count; i++) {
        tree->layer = (int)i;
        must(layer_read_tar(store, arena, &image.manifest.layers[i], image.config.diff_ids.items[i],
                            NULL, &handler, tree, &maker_wait, &err));
    }
    store->table->close(store);
    return tree_lines(tree);
}

static void test_tree(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const char *folder = maker_folder(arena);
    for (int i = 0; i < STEPS; i++) {
        run(arena, "bash", "-c", make_layer, "-", folder, steps[i]);
        const char *theirs = run(arena, "bash", "-c", list_tree, "-", folder);
        assert_non_null(strchr(theirs, '|'));
        assert_string_equal(our_tree(arena, folder), theirs);
    }
    run(arena, "rm", "-rf", folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_tree) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
