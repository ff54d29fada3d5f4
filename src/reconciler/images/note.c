/* note: see note.h. */
#include "reconciler/images/note.h"

#include "base/cleanup.h"
#include "oci/image.h"
#include "reconciler/images/images_inner.h"

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

static bool put_log(struct image_run *run, struct arena *arena, const struct buf *log,
                    struct descriptor *ret, const struct wait *wait, struct error *err)
{
    size_t from = log->length > IMAGE_LOG_CEILING ? log->length - IMAGE_LOG_CEILING : 0;
    return image_put(run->store, arena, "text/plain; charset=utf-8", buf_text(log) + from,
                     log->length - from, ret, wait, err);
}

bool image_put_note(struct image_run *run, const struct buf *log, const struct wait *wait,
                    struct error *err)
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
    if (!image_put(run->store, arena, MEDIA_OCI_EMPTY, "{}", 2, &manifest.config, wait, err)
        || !put_log(run, arena, log, &text, wait, err))
        return false;
    image_manifest_write(arena, &bytes, &manifest);
    struct descriptor note = descriptor_of(arena, MEDIA_OCI_MANIFEST, bytes.data, bytes.length);
    return run->store->table->put_manifest(run->store, &note, buf_text(&bytes), NULL, wait, err);
}
