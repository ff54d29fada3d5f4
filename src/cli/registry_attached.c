/* registry_attached: see registry_attached.h. */
#include "cli/registry_attached.h"

#include "base/cleanup.h"
#include "oci/image.h"

#include <string.h>

bool rm_attached_find(struct registry_run *run, struct image_store *store, const char *digest,
                      struct rm_attached *ret, struct error *err)
{
    struct error why;
    *ret = (struct rm_attached){ 0 };
    if (attached_find(store, run->arena, digest, &ret->items, &ret->count, run->wait, &why))
        return true;
    ret->unknown = arena_strdup(run->arena, why.message);
    if (!run->invocation->referrers)
        return true;
    *err = why;
    return false;
}

/* Tags made of a digest are nobody's name for it. */
static const char *foreign_tag(const struct registry_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(uses[i].tag, "sha256-", 7) != 0)
            return uses[i].tag;
    return NULL;
}

bool rm_attached_refused(struct registry_run *run, struct image_store *store,
                         const struct rm_attached *attached, enum exit_code *ret_code)
{
    if (!run->invocation->referrers || run->invocation->all_tags)
        return false;
    for (size_t i = 0; i < attached->count; i++) {
        const char *digest = attached->items[i].descriptor.digest, *tag;
        struct registry_use *uses;
        size_t count;
        struct error error = { 0 };
        if (!registry_uses(store, run->arena, digest, &uses, &count, run->wait, &error)) {
            *ret_code = command_fail(run->invocation, &error);
            return true;
        }
        if ((tag = foreign_tag(uses, count))) {
            *ret_code = command_stop(run->invocation, EXIT_REFUSED,
                                     "%s refers to it, and is named by a tag too, which would go "
                                     "with it: %s.\n"
                                     "If this is meant: --all-tags. Nothing was deleted.",
                                     digest, tag);
            return true;
        }
    }
    return false;
}

static bool remove_one(struct registry_run *run, struct image_store *store, const char *digest,
                       struct error *err)
{
    struct error why;
    if (registry_delete_manifest(store, digest, run->wait, &why) || why.kind == ERROR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

/* It goes only when nothing stands in it any more: another may have been added meanwhile. */
static bool remove_list(struct registry_run *run, struct image_store *store, const char *digest,
                        struct error *err)
{
    const char *bytes, *tag = attached_tag(run->arena, digest, NULL);
    struct descriptor top;
    struct image_index index;
    struct error none;
    if (!store->table->manifest(store, run->arena, tag, &top, &bytes, run->wait, &none)
        || media_role(top.media_type) != MEDIA_INDEX
        || !image_index_read(run->arena, bytes, (size_t)top.size, &index, &none) || index.count)
        return true;
    return remove_one(run, store, top.digest, err);
}

bool rm_attached_delete(struct registry_run *run, struct image_store *store, const char *digest,
                        const struct rm_attached *attached, struct error *err)
{
    for (size_t i = attached->count; i > 0; i--)
        if (!remove_one(run, store, attached->items[i - 1].descriptor.digest, err))
            return error_prefix(err, "the image is gone, but not all that refers to it");
    for (size_t i = attached->count; i > 0; i--)
        if (!remove_list(run, store, attached->items[i - 1].descriptor.digest, err))
            return false;
    return remove_list(run, store, digest, err);
}

/* A digest and its kind together would be wider than a terminal. */
void rm_attached_list(struct buf *out, const struct rm_attached *attached)
{
    for (size_t i = 0; i < attached->count; i++) {
        const struct attached *item = &attached->items[i];
        const char *type = item->descriptor.artifact_type;
        buf_printf(out, "    %s\n", item->tag ? item->tag : item->descriptor.digest);
        if (!item->tag && type)
            buf_printf(out, "      %s\n", type);
    }
}

void rm_attached_print(struct registry_run *run, struct buf *out, const char *name,
                       const char *digest, const struct rm_attached *attached)
{
    bool gone = run->invocation->referrers;
    if (attached->unknown)
        buf_printf(out, "  what refers to it could not be looked for: %s\n", attached->unknown);
    if (!attached->count)
        return;
    buf_puts(out, gone ? "  with what referred to it:\n" : "  left behind, what referred to it:\n");
    rm_attached_list(out, attached);
    if (!gone)
        buf_printf(out, "  that goes with: cmx-reconcile registry rm --referrers \\\n    %s@%s\n",
                   name, digest);
}

void rm_attached_json(struct registry_run *run, struct value *map,
                      const struct rm_attached *attached)
{
    struct value *list = value_list(run->arena);
    for (size_t i = 0; i < attached->count; i++) {
        const struct attached *item = &attached->items[i];
        struct value *one = value_map(run->arena);
        json_text(run->arena, one, "digest", item->descriptor.digest);
        json_text(run->arena, one, "tag", item->tag);
        json_text(run->arena, one, "artifactType", item->descriptor.artifact_type);
        value_push(run->arena, list, one);
    }
    value_set(run->arena, map, run->invocation->referrers ? "deletedReferrers" : "leftReferrers",
              list);
}
