/* note: see note.h. */
#include "reconciler/images/note.h"

#include "base/cleanup.h"
#include "oci/image.h"
#include "reconciler/images/images_inner.h"

#include <pthread.h>
#include <stdlib.h>

/* The keys of the OCI image spec where it has one. No time but the commit's. */
static struct value *annotations(struct arena *arena, const struct image_run *run)
{
    const struct record_source *commit = &run->images->source->commit;
    struct value *map = value_map(arena);
    value_set_filled(arena, map, "org.opencontainers.image.revision", commit->commit);
    value_set_filled(arena, map, "org.opencontainers.image.authors", commit->author);
    value_set_filled(arena, map, "org.opencontainers.image.source", commit->origin);
    value_set_filled(arena, map, "org.opencontainers.image.description", commit->subject);
    if (commit->time)
        value_set_filled(arena, map, "org.opencontainers.image.created",
                         time_text(arena, commit->time));
    value_set_filled(arena, map, "dev.cmx.image", run->spec->name);
    value_set_filled(arena, map, "dev.cmx.source", run->source_digest);
    value_set_filled(arena, map, "dev.cmx.dirty", run->dirty ? "true" : NULL);
    return map;
}

/* One of the two blobs of a note. */
struct part {
    struct image_store *store;
    struct arena *arena;
    const char *media_type, *bytes;
    size_t length;
    struct descriptor *ret;
    const struct wait *wait;
    bool stored;
    struct error err;
};

static void *put_part(void *context)
{
    struct part *part = context;
    part->stored = image_put(part->store, part->arena, part->media_type, part->bytes, part->length,
                             part->ret, part->wait, &part->err);
    return NULL;
}

/* Side by side, where the store takes two: for the way there and back once less. */
static bool put_parts(struct image_store *store, struct arena *arena, const struct buf *log,
                      struct descriptor *ret_config, struct descriptor *ret_log,
                      const struct wait *wait, struct error *err)
{
    AUTO_ARENA other = arena_new();
    pthread_t thread;
    size_t from = log->length > IMAGE_LOG_CEILING ? log->length - IMAGE_LOG_CEILING : 0;
    struct part config = { .store = store,
                           .arena = other,
                           .media_type = MEDIA_OCI_EMPTY,
                           .bytes = "{}",
                           .length = 2,
                           .ret = ret_config,
                           .wait = wait };
    struct part text = { .store = store,
                         .arena = arena,
                         .media_type = "text/plain",
                         .bytes = buf_text(log) + from,
                         .length = log->length - from,
                         .ret = ret_log,
                         .wait = wait };
    bool apart = store->host && pthread_create(&thread, NULL, put_part, &config) == 0;
    if (!apart)
        put_part(&config);
    put_part(&text);
    if (apart)
        pthread_join(thread, NULL);
    *ret_config = descriptor_copy(arena, ret_config);
    if (!config.stored || !text.stored)
        *err = config.stored ? text.err : config.err;
    return config.stored && text.stored;
}

/* ------------------------------------------------------------------ ahead of the image */

struct note_parts {
    struct image_store *store;
    struct arena *arena;
    struct buf log;
    const struct wait *wait;
    pthread_t thread;
    bool running, stored;
    struct descriptor config, text;
};

static void *put_ahead(void *context)
{
    struct note_parts *parts = context;
    struct error ignored; /* they are sent again, and then it is told */
    parts->stored = put_parts(parts->store, parts->arena, &parts->log, &parts->config, &parts->text,
                              parts->wait, &ignored);
    return NULL;
}

struct note_parts *note_parts_begin(struct image_store *store, const struct buf *log,
                                    const struct wait *wait)
{
    struct note_parts *parts = memory_alloc(sizeof *parts);
    *parts = (struct note_parts){
        .store = store, .arena = arena_new(), .log = BUF_INIT(BUF_OUTPUT_CEILING), .wait = wait
    };
    buf_add(&parts->log, log->data, log->length);
    parts->running = pthread_create(&parts->thread, NULL, put_ahead, parts) == 0;
    return parts;
}

static void end_parts(struct note_parts *parts)
{
    if (parts->running)
        pthread_join(parts->thread, NULL);
    parts->running = false;
}

void note_parts_free(struct note_parts *parts)
{
    if (!parts)
        return;
    end_parts(parts);
    buf_done(&parts->log);
    arena_free(parts->arena);
    free(parts);
}

/* Are the parts of this log there? */
static bool take_parts(struct note_parts *parts, const struct buf *log,
                       struct descriptor *ret_config, struct descriptor *ret_log)
{
    if (!parts)
        return false;
    end_parts(parts);
    *ret_config = parts->config;
    *ret_log = parts->text;
    return parts->stored && parts->log.length == log->length;
}

/* --------------------------------------------------------------------------- the note */

bool image_put_note(struct image_run *run, struct note_parts *parts, const struct buf *log,
                    const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF bytes = BUF_INIT(OCI_MANIFEST_CEILING);
    struct descriptor text;
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                       .artifact_type = IMAGE_NOTE_TYPE,
                                       .layers = &text,
                                       .layer_count = 1,
                                       .subject = { .media_type = run->image.media_type,
                                                    .digest = run->image.digest,
                                                    .size = run->image.size },
                                       .annotations = annotations(arena, run) };
    if (!take_parts(parts, log, &manifest.config, &text)
        && !put_parts(run->store, arena, log, &manifest.config, &text, wait, err))
        return false;
    image_manifest_write(arena, &bytes, &manifest);
    struct descriptor note = descriptor_of(arena, MEDIA_OCI_MANIFEST, bytes.data, bytes.length);
    return run->store->table->put_manifest(run->store, &note, buf_text(&bytes), NULL, wait, err);
}
