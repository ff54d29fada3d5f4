/*
 * source: the source digest, the name of all that goes into an image.
 *
 * Each part is written with its name and its length, so that no two sources read alike, and
 * what hangs on a place or a time is left out. Of a commit's files only ids are used; a
 * folder that no rule touches is one id, git's, also where it comes from a disk: what was built
 * before it was committed is the same source then.
 */
#include "providers/build/inner.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "providers/blob_id.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 32 << 10 };

static void add_text(struct buf *out, const char *name, const char *text)
{
    if (text)
        buf_printf(out, "%s %zu:%s\n", name, strlen(text), text);
}

static void add_texts(struct buf *out, const char *name, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        add_text(out, name, list->items[i]);
}

static int by_key(const void *a, const void *b)
{
    const struct image_pair *one = a, *other = b;
    return strcmp(one->key, other->key);
}

/* Arguments have no order. */
static void add_arguments(struct buf *out, struct arena *arena, const struct image_pairs *pairs)
{
    struct image_pair *sorted = arena_array(arena, pairs->count + 1, sizeof *sorted);
    if (pairs->count) {
        memcpy(sorted, pairs->items, pairs->count * sizeof *sorted);
        qsort(sorted, pairs->count, sizeof *sorted, by_key);
    }
    for (size_t i = 0; i < pairs->count; i++) {
        add_text(out, "argument", sorted[i].key);
        add_text(out, "value", sorted[i].text);
    }
}

/* git's modes, as its trees have them. */
static const char *mode_of(enum files_kind kind)
{
    static const char *const modes[] = {
        [FILES_REGULAR] = "100644", [FILES_EXECUTABLE] = "100755", [FILES_LINK] = "120000",
        [FILES_FOLDER] = "40000",   [FILES_SUBMODULE] = "160000",
    };
    return modes[kind];
}

/* A list of any length, summed up piece by piece. */
struct listing {
    struct digest_parts *parts;
    struct buf text;
};

static void sum_up(struct listing *listing)
{
    digest_parts_add(listing->parts, listing->text.data, listing->text.length);
    buf_clear(&listing->text);
}

/* No path holds a NUL, and all else has a fixed form. */
static void add_item(void *context, const struct context_entry *item)
{
    struct listing *listing = context;
    struct buf *out = &listing->text;
    buf_puts(out, mode_of(item->entry.kind));
    buf_putc(out, ' ');
    buf_puts(out, item->path);
    buf_putc(out, '\0');
    if (item->entry.kind != FILES_FOLDER)
        buf_puts(out, item->entry.id);
    buf_putc(out, '\n');
    if (out->length >= PIECE)
        sum_up(listing);
}

static bool list_digest(struct build *build, struct arena *arena, const char **ret,
                        struct error *err)
{
    struct listing listing = { digest_parts_new(), BUF_INIT(BUF_OUTPUT_CEILING) };
    bool listed = context_each(&build->context, add_item, &listing, err);
    sum_up(&listing);
    struct digest digest = digest_parts_finish(listing.parts);
    buf_done(&listing.text);
    if (listed)
        *ret = digest_hex(arena, &digest);
    return listed;
}

/* ------------------------------------------------------------------- a folder's id */

/* What lies in one folder of a list, and where it goes on. */
struct folder_part {
    const struct context_entry *items;
    size_t count, prefix; /* bytes of each path that are the folder's own, and its "/" */
};

static size_t first_from(const struct folder_part *part, const char *path)
{
    size_t low = 0, high = part->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(part->items[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct folder_part part_below(const struct folder_part *part, struct arena *arena,
                                     const char *path)
{
    size_t from = first_from(part, arena_printf(arena, "%s/", path));
    size_t to = first_from(part, arena_printf(arena, "%s0", path)); /* behind "/" */
    return (struct folder_part){ part->items + from, to - from, strlen(path) + 1 };
}

/* git sorts a folder as if its name ended with "/". */
static int by_git(const void *a, const void *b)
{
    const struct context_entry *one = *(const struct context_entry *const *)a;
    const struct context_entry *other = *(const struct context_entry *const *)b;
    size_t length = strlen(one->path), longer = strlen(other->path);
    int order = memcmp(one->path, other->path, length < longer ? length : longer);
    unsigned char left = (unsigned char)one->path[length < longer ? length : longer];
    unsigned char right = (unsigned char)other->path[length < longer ? length : longer];
    if (order || left == right)
        return order;
    left = !left && one->entry.kind == FILES_FOLDER ? '/' : left;
    right = !right && other->entry.kind == FILES_FOLDER ? '/' : right;
    return left < right ? -1 : left > right;
}

static void add_id(struct buf *out, const char *hex)
{
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2) {
        const char digits[] = { hex[i], hex[i + 1], '\0' };
        buf_putc(out, (char)strtoul(digits, NULL, 16));
    }
}

/* As deep as a context may be: CONTEXT_DEPTH_CEILING. */
static const char *id_of(const struct folder_part *part, struct arena *arena)
{
    AUTO_BUF tree = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct context_entry **direct = arena_array(arena, part->count + 1, sizeof *direct);
    unsigned char id[BLOB_ID_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < part->count; i++)
        if (!strchr(part->items[i].path + part->prefix, '/'))
            direct[count++] = &part->items[i];
    qsort(direct, count, sizeof *direct, by_git);
    for (size_t i = 0; i < count; i++) {
        const struct context_entry *item = direct[i];
        struct folder_part below = { 0 };
        if (item->entry.kind == FILES_FOLDER)
            below = part_below(part, arena, item->path);
        buf_printf(&tree, "%s %s", mode_of(item->entry.kind), item->path + part->prefix);
        buf_putc(&tree, '\0');
        add_id(&tree, item->entry.kind == FILES_FOLDER ? id_of(&below, arena) : item->entry.id);
    }
    tree_id_of(tree.data, tree.length, id);
    return blob_id_hex(arena, id);
}

static bool folder_id(struct build *build, struct arena *arena, const char **ret, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct context_list list;
    if (!context_list(&build->context, scratch, &list, err))
        return false;
    const struct folder_part all = { list.items, list.count, 0 };
    *ret = arena_strdup(arena, id_of(&all, scratch));
    return true;
}

static bool add_context(struct build *build, struct arena *arena, struct buf *out,
                        struct error *err)
{
    struct files_entry folder;
    const char *list;
    struct files *files = build->files;
    if (!files->table->find(files, arena, build->context.folder, &folder, err))
        return false;
    if (folder.id && !build->ignore.count && !build->spec->build.artifacts.count) {
        add_text(out, "tree", folder.id);
        return true;
    }
    bool whole = !build->ignore.count && !build->spec->build.artifacts.count;
    if (!(whole ? folder_id(build, arena, &list, err) : list_digest(build, arena, &list, err)))
        return false;
    add_text(out, whole ? "tree" : "files", list);
    return true;
}

static void add_settings(struct build *build, struct arena *arena, struct buf *out)
{
    const struct image_build *spec = &build->spec->build;
    add_text(out, "dockerfile", build->text);
    add_text(out, "target", spec->target);
    add_text(out, "base", spec->base);
    add_arguments(out, arena, &spec->args);
    for (size_t i = 0; i < build->plan_count; i++)
        add_text(out, "platform", platform_text(arena, &build->plans[i].platform));
    for (size_t i = 0; i < spec->secret_count; i++)
        add_text(out, "secret", spec->secrets[i].id);
    add_texts(out, "artifact", &spec->artifacts);
    add_text(out, "network", spec->network);
    buf_printf(out, "epoch %" PRId64 "\n", build_epoch(build));
}

static const char *builder_name(const struct build_choice *choice, struct arena *arena)
{
    if (choice->builder == BUILDER_NATIVE)
        return arena_printf(arena, "%s, libdeflate %s", BUILD_NATIVE_VERSION,
                            LIBDEFLATE_VERSION_STRING);
    return choice->builder == BUILDER_DOCKER ? "docker" : "buildkit";
}

bool build_digest(struct build *build, struct arena *arena, const char **ret_digest,
                  struct error *err)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct build_choice choice;
    if (!build->resolved && build->base_count)
        return error_set(err, ERROR_BUG, "a source digest before its bases are known");
    if (!build_choose(build, &choice, err))
        return false;
    add_text(&out, "builder", builder_name(&choice, arena));
    add_settings(build, arena, &out);
    for (size_t i = 0; i < build->base_count; i++) {
        add_text(&out, "from", build->bases[i].reference);
        add_text(&out, "digest", build->bases[i].descriptor.digest);
    }
    if (!add_context(build, arena, &out, err))
        return false;
    struct digest digest = digest_sha256(out.data, out.length);
    *ret_digest = digest_hex(arena, &digest);
    return true;
}
