/*
 * steps: what is done for one Image, in order; see images.h.
 *
 * "cmx-…" means built, never good: gates come behind it and before the tags, and what runs the
 * image waits for all of them. A step that was done before is found to be done and costs no
 * more than the look.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "providers/build/engines.h"
#include "reconciler/images/images_inner.h"
#include "reconciler/images/note.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 100, BUILDS_AT_ONCE = 2 };

struct making {
    struct image_run *run;
    image_note *note;
    void *context;
    const struct wait *wait;
    struct buf *log;          /* what the builder says                             */
    struct descriptor top;    /* of the image's manifest */
    const char *manifest;     /* its bytes; NULL: they are to be asked for */
    struct note_parts *parts; /* of the note of the build, ahead of it; or NULL */
    pthread_t noting;         /* puts the note */
    bool notes;
};

static void tell(const struct making *making, const char *text)
{
    if (making->note)
        making->note(making->context, text);
}

/* ------------------------------------------------------------ a place to build in */

static unsigned most_at_once(const struct images *images)
{
    return images->options->build_concurrency ? images->options->build_concurrency : BUILDS_AT_ONCE;
}

/* True: there is a place, and it is taken. Else it waited for one, but not for long. */
static bool try_turn(struct images *images, bool wait)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&images->lock);
    if (wait && images->building >= most_at_once(images))
        pthread_cond_timedwait(&images->freed, &images->lock, &until);
    bool taken = images->building < most_at_once(images);
    images->building += taken;
    pthread_mutex_unlock(&images->lock);
    return taken;
}

/* Builds are few at once, since each uses all cores. */
static bool take_turn(const struct making *making, struct error *err)
{
    struct images *images = making->run->images;
    if (try_turn(images, false))
        return true;
    tell(making, "waits for another build (--build-concurrency)");
    while (!try_turn(images, true))
        if (!wait_check(making->wait, "the build", err))
            return false;
    return true;
}

static void leave_turn(struct images *images)
{
    pthread_mutex_lock(&images->lock);
    images->building--;
    pthread_cond_signal(&images->freed);
    pthread_mutex_unlock(&images->lock);
}

/* ----------------------------------------------------------------- resolve, build */

/* Its bases are there by now: their edges came before. */
static bool resolve(const struct making *making, struct error *err)
{
    struct image_run *run = making->run;
    return run->source_digest || run->state == IMAGE_THERE || image_look(run, making->wait, err);
}

/* Once nothing more is told the log can go to a registry. A layout has its blobs in one order. */
static void begin_parts(struct making *making)
{
    struct image_store *store = making->run->store;
    if (store->host && !making->parts)
        making->parts = note_parts_begin(store, making->log, making->wait);
}

static void hear(void *context, const struct build_event *event)
{
    struct making *making = context;
    if (event->kind == BUILD_STORING)
        begin_parts(making);
    if (!event->text)
        return;
    if (event->kind == BUILD_LAYER_DONE || event->kind == BUILD_LAYER_THERE)
        return;
    buf_printf(making->log, "%s\n", event->text);
    tell(making, event->text);
}

/* A layout was opened to be read, if it was there at all. */
static bool open_to_write(struct image_run *run, struct error *err)
{
    struct image_store *store;
    if (run->store && run->store->table->put_manifest)
        return true;
    if (!place_open(run->images, run->arena, run->place, true, &store, NULL, NULL, err))
        return false;
    if (run->store)
        run->store->table->close(run->store);
    run->store = store;
    return true;
}

bool image_build_by(struct image_run *run, const struct build_target *target,
                    struct build_result *ret, const struct wait *wait, struct error *err)
{
    const struct images *images = run->images;
    const struct build_engines engines = { .http = images->http,
                                           .credentials =
                                               registries_credentials(images->registries) };
    return build_with(run->build, run->choice.builder, &engines, target, run->arena, ret, wait,
                      err);
}

/* Points a tag at the image, all of which is there. */
static bool set_tag(struct making *making, const char *tag, struct error *err)
{
    struct image_run *run = making->run;
    const struct image_store_table *table = run->store->table;
    if (!making->manifest
        && !table->manifest(run->store, run->arena, run->image.digest, &making->top,
                            &making->manifest, making->wait, err))
        return false;
    return table->put_manifest(run->store, &making->top, making->manifest, tag, making->wait, err);
}

/* The image is as good without it. */
static void *put_note(void *context)
{
    const struct making *making = context;
    struct error error = { 0 };
    if (!image_put_note(making->run, making->parts, making->log, making->wait, &error))
        log_warning("Image/%s: the note of its build is not kept: %s", making->run->spec->name,
                    error.message);
    return NULL;
}

/* A registry takes it while tags are set; the list of a layout is to have one order. */
static void begin_note(struct making *making)
{
    making->notes =
        making->run->store->host && pthread_create(&making->noting, NULL, put_note, making) == 0;
    if (!making->notes)
        put_note(making);
}

static void end_note(struct making *making)
{
    if (making->notes)
        pthread_join(making->noting, NULL);
    making->notes = false;
    note_parts_free(making->parts);
    making->parts = NULL;
}

/* The tag of its source comes last: who finds it need not look whether the rest is there. */
static bool build_and_upload(struct making *making, struct error *err)
{
    struct image_run *run = making->run;
    struct build_result result = { 0 };
    struct build_target target = { .progress = hear, .progress_context = making };
    if (!take_turn(making, err))
        return false;
    target.store = run->store;
    target.tag = tag_of_source(run->arena, run->source_digest);
    tell(making, "begins");
    bool built = image_build_by(run, &target, &result, making->wait, err);
    leave_turn(run->images);
    if (!built)
        return false;
    run->image = result.descriptor;
    run->size = result.size;
    run->id = result.config_digest;
    run->computed = false;
    making->top = result.descriptor;
    making->manifest = result.bytes;
    begin_note(making);
    if (!result.tagged && !set_tag(making, target.tag, err))
        return error_prefix(err, "built, but not noted");
    run->state = IMAGE_THERE;
    return true;
}

static bool build(struct making *making, struct error *err)
{
    struct image_run *run = making->run;
    if (run->state == IMAGE_THERE)
        return true;
    if (run->images->options->no_build)
        return error_set(err, ERROR_REFUSED, "it is not there, and --no-build was given");
    return build_and_upload(making, err);
}

/* -------------------------------------------------------------------------- gates */

/* What an image has to pass before a tag points at it: scans and signatures will stand here. */
typedef bool image_gate(const struct making *making, struct error *err);

static image_gate *const GATES[] = { NULL };

static bool pass_gates(const struct making *making, struct error *err)
{
    for (size_t i = 0; GATES[i]; i++)
        if (!GATES[i](making, err))
            return false;
    return true;
}

/* --------------------------------------------------------------------------- tags */

/* Looks again right before it moves: a plan may be old. */
static bool may_move(const struct making *making, struct image_tag *tag, struct error *err)
{
    struct image_run *run = making->run;
    struct descriptor live = { 0 };
    struct error absent = { 0 };
    if (!run->store->table->resolve(run->store, run->arena, tag->text, &live, making->wait, &absent)
        && absent.kind != ERROR_NOT_FOUND) {
        *err = absent;
        return false;
    }
    tag->live = live.digest;
    if (!image_held_tag(run) || image_held_tag(run) != tag)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "the tag %s points at %.19s… and is immutable: it is not moved", tag->text,
                     tag->live);
}

static bool move_tags(struct making *making, struct error *err)
{
    struct image_run *run = making->run;
    for (size_t i = 0; i < run->tag_count; i++) {
        struct image_tag *tag = &run->tags[i];
        if (tag->live && strcmp(tag->live, run->image.digest) == 0)
            continue;
        if (!may_move(making, tag, err) || !set_tag(making, tag->text, err))
            return error_prefix(err, "tag %s", tag->text);
        tag->from = tag->live;
        tag->live = run->image.digest;
    }
    return true;
}

/* -------------------------------------------------------------------------- whole */

bool image_make(struct image_run *run, image_note *note, void *context, const struct wait *wait,
                struct error *err)
{
    AUTO_BUF log = BUF_INIT(BUF_OUTPUT_CEILING);
    struct making making = {
        .run = run, .note = note, .context = context, .wait = wait, .log = &log
    };
    if (run->ready || image_is_pinned(run->spec))
        return true;
    if (run->state == IMAGE_FAILED) {
        *err = run->error;
        return false;
    }
    bool done = open_to_write(run, err) && resolve(&making, err) && build(&making, err)
                && pass_gates(&making, err) && move_tags(&making, err);
    end_note(&making);
    run->ready = done && store_finish(run->store, wait, err);
    return run->ready;
}
