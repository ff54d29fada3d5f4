/* upload_source: the bytes of an upload, summed up while they are read; see upload_parts.h. */
#include "oci/registry/upload_parts.h"

/* Is the digest summed up here? Not of what its source checks, and the registry once more. */
static bool sums_up(const struct upload *upload)
{
    const struct blob_source *source = upload->source;
    return !source->checked || !source->digest || source->size < 0;
}

/* All bytes are sent, and the registry answers before anybody has asked for more: is it the end? */
static bool reach_end(struct upload *upload, struct error *err)
{
    const struct blob_source *source = upload->source;
    char more;
    size_t length = 0;
    if (source->read(source->context, &more, 1, &length, err) && !length)
        return true;
    upload->spoiled = true;
    return length == 0
           || error_set(err, ERROR_INVALID, "%s: the blob that is to be stored is longer than %lld",
                        upload->repository->store.name, (long long)source->size);
}

bool upload_check_end(struct upload *upload, struct error *err)
{
    if (upload->ended)
        return true;
    if (!sums_up(upload))
        return upload->ended = reach_end(upload, err);
    upload->ended = true;
    if (verifier_end(upload->verifier, err))
        return true;
    upload->spoiled = true;
    return error_prefix(err, "%s: the blob that is to be stored", upload->repository->store.name);
}

static bool hash(struct upload *upload, const char *data, size_t length, struct error *err)
{
    int64_t known = upload->hashed - upload->position;
    size_t skip = known <= 0 ? 0 : known < (int64_t)length ? (size_t)known : length;
    if (skip == length || !sums_up(upload))
        return true;
    upload->hashed += (int64_t)(length - skip);
    return verifier_feed(upload->verifier, data + skip, length - skip, err)
           || error_prefix(err, "%s: the blob that is to be stored",
                           upload->repository->store.name);
}

bool upload_read(void *context, char *data, size_t capacity, size_t *ret_length, struct error *err)
{
    struct upload *upload = context;
    const struct blob_source *source = upload->source;
    size_t length = 0;
    *ret_length = 0;
    if (upload->position >= upload->piece_end)
        return true;
    if ((int64_t)capacity > upload->piece_end - upload->position)
        capacity = (size_t)(upload->piece_end - upload->position);
    upload->spoiled = true; /* unless all goes well */
    if (!source->read(source->context, data, capacity, &length, err)
        || !hash(upload, data, length, err))
        return false;
    upload->position += (int64_t)length;
    upload->spoiled = false;
    *ret_length = length;
    if (length == 0 && !sums_up(upload))
        upload->ended = true;
    return length > 0 || upload_check_end(upload, err);
}

bool upload_rewind(struct upload *upload, int64_t offset, struct error *err)
{
    const struct blob_source *source = upload->source;
    if (upload->position == offset)
        return true;
    if (!source->seek)
        return false;
    if (!source->seek(source->context, offset, err)) {
        upload->spoiled = true;
        return false;
    }
    upload->position = offset;
    upload->ended &= sums_up(upload);
    return true;
}
