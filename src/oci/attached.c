/* attached: see attached.h. */
#include "oci/attached.h"

#include <string.h>

const char *const attached_endings[] = { "sig", "att", "sbom", NULL };

const char *attached_tag(struct arena *arena, const char *digest, const char *ending)
{
    char *tag = arena_printf(arena, "%s%s%s", digest, ending ? "." : "", ending ? ending : "");
    *strchr(tag, ':') = '-';
    return tag;
}

struct search {
    struct image_store *store;
    struct arena *arena;
    const char *digest; /* of the image */
    struct attached *items;
    size_t count, capacity;
    const struct wait *wait;
    struct error *err;
};

static bool add(struct search *search, const struct descriptor *found, const char *tag)
{
    struct attached item = { *found, tag };
    if (strcmp(found->digest, search->digest) == 0)
        return true;
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(search->items[i].descriptor.digest, found->digest) == 0)
            return true;
    if (search->count == ATTACHED_CEILING)
        return error_set(search->err, ERROR_INVALID, "more than %d manifests refer to %s",
                         ATTACHED_CEILING, search->digest);
    arena_push(search->arena, search->items, search->count, search->capacity, item);
    return true;
}

static bool add_tagged(struct search *search, const char *digest)
{
    struct image_store *store = search->store;
    for (const char *const *ending = attached_endings; *ending; ending++) {
        const char *tag = attached_tag(search->arena, digest, *ending);
        struct descriptor found;
        struct error why;
        if (store->table->resolve(store, search->arena, tag, &found, search->wait, &why)) {
            if (!add(search, &found, tag))
                return false;
        } else if (why.kind != ERROR_NOT_FOUND) {
            *search->err = why;
            return false;
        }
    }
    return true;
}

static bool add_referrers(struct search *search, const char *digest)
{
    struct image_store *store = search->store;
    struct descriptor *found;
    size_t count;
    if (!store->table->referrers)
        return true;
    if (!store->table->referrers(store, search->arena, digest, NULL, &found, &count, search->wait,
                                 search->err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add(search, &found[i], NULL))
            return false;
    return true;
}

bool attached_find(struct image_store *store, struct arena *arena, const char *digest,
                   struct attached **ret, size_t *ret_count, const struct wait *wait,
                   struct error *err)
{
    struct search search = { store, arena, digest, NULL, 0, 0, wait, err };
    const char *of = digest;
    /* The list grows while it is walked: a signature of an SBOM. */
    for (size_t i = 0; of; i++) {
        if (!add_tagged(&search, of) || !add_referrers(&search, of))
            return false;
        of = i < search.count ? search.items[i].descriptor.digest : NULL;
    }
    *ret = search.items;
    *ret_count = search.count;
    return true;
}
