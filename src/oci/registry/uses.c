/* uses: which tags of a repository need a digest; see registry.h. */
#include "oci/registry/read.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "oci/image.h"

#include <string.h>

enum { AT_ONCE = 8, DEPTH_CEILING = 4 }; /* of indexes within indexes */

struct question {
    struct image_store *store;
    const char *tag, *digest;
    const struct wait *wait;
    bool names_it, within, failed;
    struct error error;
};

static bool look_into(struct question *question, struct arena *arena, const char *index_digest,
                      int depth)
{
    struct descriptor top;
    struct image_index index;
    const char *bytes;
    if (!registry_manifest(question->store, arena, index_digest, &top, &bytes, question->wait,
                           &question->error)
        || !image_index_read(arena, bytes, (size_t)top.size, &index, &question->error))
        return false;
    for (size_t i = 0; i < index.count; i++) {
        const struct descriptor *entry = &index.manifests[i];
        question->within |= strcmp(entry->digest, question->digest) == 0;
        /* One that is missing holds nothing. */
        if (!question->within && media_role(entry->media_type) == MEDIA_INDEX
            && depth < DEPTH_CEILING && !look_into(question, arena, entry->digest, depth + 1)
            && question->error.kind != ERROR_NOT_FOUND)
            return false;
    }
    return true;
}

/* A list of referrers is kept up to date by who deletes one: it holds nothing back. */
static bool lists_referrers(const char *tag)
{
    return strncmp(tag, "sha256-", 7) == 0 && strspn(tag + 7, "0123456789abcdef") == 64
           && !tag[7 + 64];
}

/* A tag that went away meanwhile names nothing. */
static void ask(void *context, struct arena *arena)
{
    struct question *question = context;
    struct descriptor found;
    bool fine = registry_resolve(question->store, arena, question->tag, &found, question->wait,
                                 &question->error);
    if (fine) {
        question->names_it = strcmp(found.digest, question->digest) == 0;
        if (!question->names_it && media_role(found.media_type) == MEDIA_INDEX
            && !lists_referrers(question->tag))
            fine = look_into(question, arena, found.digest, 0);
    }
    question->failed = !fine && question->error.kind != ERROR_NOT_FOUND;
}

bool registry_uses(struct image_store *store, struct arena *arena, const char *digest,
                   struct registry_use **ret, size_t *ret_count, const struct wait *wait,
                   struct error *err)
{
    const char **tags;
    size_t count = 0, kept = 0;
    struct error problem;
    if (!registry_tags(store, arena, &tags, &count, wait, &problem)
        && problem.kind != ERROR_NOT_FOUND) { /* so a repository without tags is told */
        *err = problem;
        return false;
    }
    struct question *questions = arena_array(arena, count + 1, sizeof *questions);
    struct registry_use *uses = arena_array(arena, count + 1, sizeof *uses);
    for (size_t i = 0; i < count; i++)
        questions[i] =
            (struct question){ .store = store, .tag = tags[i], .digest = digest, .wait = wait };
    pool_each(AT_ONCE, ask, questions, count, sizeof *questions);
    for (size_t i = 0; i < count; i++) {
        if (questions[i].failed) {
            *err = questions[i].error;
            return false;
        }
        if (questions[i].names_it || questions[i].within)
            uses[kept++] = (struct registry_use){ tags[i], questions[i].within };
    }
    *ret = uses;
    *ret_count = kept;
    return true;
}
