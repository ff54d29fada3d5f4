/*
 * fallback: referrers at registries without the referrers API.
 *
 * An index under the tag sha256-<hex> lists them, and clients keep it up to date themselves
 * (OCI distribution spec 1.1, "Unavailable Referrers API"). Two clients may do so at once and
 * there is no lock: after writing it is read again, until our entry stands in it.
 */
#include "oci/registry/write.h"

#include "base/cleanup.h"
#include "oci/image.h"
#include "oci/registry/read.h"

#include <string.h>

enum { TRIES = 5 };

struct change {
    struct repository *repository;
    struct arena *arena;
    const char *subject;
    const char *tag;
    const struct descriptor *add; /* or NULL */
    const char *remove;           /* or NULL */
};

/*
 * The index as it is; empty where there is none. *ret_subject: it is the image itself, since
 * GitLab takes such a tag for the digest that it is made of.
 */
static bool read_index(const struct change *change, struct image_index *ret, bool *ret_subject,
                       const struct wait *wait, struct error *err)
{
    struct descriptor top;
    const char *bytes;
    struct error problem;
    *ret_subject = false;
    *ret = (struct image_index){ .media_type = MEDIA_OCI_INDEX };
    if (!manifest_get(change->repository->server, change->repository->store.repository,
                      change->arena, change->tag, &top, &bytes, wait, &problem)) {
        if (problem.kind == ERROR_NOT_FOUND)
            return true;
        *err = problem;
        return false;
    }
    *ret_subject = strcmp(top.digest, change->subject) == 0;
    return *ret_subject || image_index_read(change->arena, bytes, (size_t)top.size, ret, err);
}

static bool holds(const struct image_index *index, const char *digest)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->manifests[i].digest, digest) == 0)
            return true;
    return false;
}

static bool is_done(const struct change *change, const struct image_index *index)
{
    return change->add ? holds(index, change->add->digest) : !holds(index, change->remove);
}

static bool write_index(const struct change *change, const struct image_index *old,
                        const struct wait *wait, struct error *err)
{
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING);
    struct image_index index = *old;
    index.count = 0;
    index.manifests = arena_array(change->arena, old->count + 1, sizeof *index.manifests);
    for (size_t i = 0; i < old->count; i++)
        if (!change->remove || strcmp(old->manifests[i].digest, change->remove) != 0)
            index.manifests[index.count++] = old->manifests[i];
    if (change->add)
        index.manifests[index.count++] = *change->add;
    image_index_write(change->arena, &out, &index);
    if (out.overflowed)
        return error_set(err, ERROR_INVALID, "%s: too many referrers for the tag %s",
                         change->repository->store.name, change->tag);
    struct descriptor top =
        descriptor_of(change->arena, MEDIA_OCI_INDEX, buf_text(&out), out.length);
    return registry_put_manifest(&change->repository->store, &top, buf_text(&out), change->tag,
                                 wait, err);
}

static bool carry_out(const struct change *change, const struct wait *wait, struct error *err)
{
    for (unsigned i = 0; i < TRIES; i++) {
        struct image_index index;
        bool subject;
        if (!read_index(change, &index, &subject, wait, err))
            return error_prefix(err, "referrers");
        if (is_done(change, &index))
            return true;
        if (subject && i > 0)
            return error_set(err, ERROR_REFUSED,
                             "%s: it has no referrers API, and takes the tag %s for the image "
                             "itself: it keeps no referrers",
                             change->repository->store.name, change->tag);
        if (!write_index(change, &index, wait, err))
            return error_prefix(err, "referrers");
    }
    return error_set(err, ERROR_CONFLICT, "%s: the tag %s is changed by others all the time",
                     change->repository->store.name, change->tag);
}

bool fallback_add(struct repository *repository, const char *subject,
                  const struct descriptor *referrer, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct change change = { repository, arena, subject, fallback_tag(arena, subject),
                             referrer,   NULL };
    return carry_out(&change, wait, err);
}

bool fallback_remove(struct repository *repository, const char *subject, const char *digest,
                     const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct change change = {
        repository, arena, subject, fallback_tag(arena, subject), NULL, digest
    };
    return carry_out(&change, wait, err);
}
