/* copy: see copy.h. Gather, send blobs, then manifests, and the tag last. */
#include "oci/copy.h"

#include "base/pool.h"
#include "oci/copy_parts.h"

#include <string.h>

static bool send_blobs(struct copy *copy, struct error *err)
{
    unsigned threads = copy->options->blobs ? copy->options->blobs : COPY_BLOBS_AT_ONCE;
    if (copy->to->in_turn)
        threads = 1;
    pool_each(threads, copy_blob_task, copy->blobs, copy->blob_count, sizeof *copy->blobs);
    if (!atomic_load(&copy->failed))
        return true;
    *err = copy->error;
    return false;
}

static bool put(struct copy *copy, const struct copy_node *node, const char *tag, struct error *err)
{
    if (!copy->to->table->put_manifest(copy->to, &node->descriptor, node->bytes, tag, copy->wait,
                                       err))
        return false;
    copy_tell(copy, COPY_MANIFEST, &node->descriptor, 0);
    return true;
}

/* Is the tag at the destination what it is to be? Then nothing is to be written. */
static bool is_tagged(struct copy *copy, const struct copy_node *node, const char *tag)
{
    struct descriptor found;
    struct error why;
    return node->there
           && copy->to->table->resolve(copy->to, copy->arena, tag, &found, copy->wait, &why)
           && strcmp(found.digest, node->descriptor.digest) == 0;
}

/* Under its own tag where it has one. */
static bool put_node(struct copy *copy, const struct copy_node *node, struct error *err)
{
    bool done = node->tag ? is_tagged(copy, node, node->tag) : node->there;
    return done || put(copy, node, node->tag, err);
}

/* The tag names the top once all of it is there, and what refers to it too. */
static bool put_manifests(struct copy *copy, struct error *err)
{
    const char *tag = copy->options->tag;
    const struct copy_node *top = &copy->nodes[copy->top];
    bool last = copy->top == copy->node_count - 1; /* no referrers */
    for (size_t i = 0; i < copy->node_count; i++) {
        bool waits = i == copy->top && tag && last;
        if (!waits && !put_node(copy, &copy->nodes[i], err))
            return false;
    }
    return !tag || is_tagged(copy, top, tag) || put(copy, top, tag, err);
}

bool image_copy(struct image_store *from, const char *tag_or_digest, struct image_store *to,
                const struct copy_options *options, struct arena *arena, struct copy_result *ret,
                const struct wait *wait, struct error *err)
{
    struct copy copy = { .from = from, .to = to, .options = options, .wait = wait, .arena = arena };
    if (!to->table->put_manifest)
        return error_set(err, ERROR_USAGE, "%s can only be read", to->name);
    pthread_mutex_init(&copy.lock, NULL);
    bool fine = copy_gather(&copy, tag_or_digest, err) && send_blobs(&copy, err)
                && put_manifests(&copy, err);
    HASH_CLEAR(hh, copy.seen);
    pthread_mutex_destroy(&copy.lock);
    if (!fine)
        return false;
    copy.result.top = copy.nodes[copy.top].descriptor;
    *ret = copy.result;
    return true;
}
