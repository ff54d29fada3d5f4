/* provider: see provider.h. */
#include "reconciler/images/provider.h"

#include "base/cleanup.h"
#include "reconciler/images/images_inner.h"

#include <string.h>

struct session {
    struct arena *arena;
    struct images *images;
    const struct image_why *why;
    const char *since;
};

struct session *image_session_new(struct arena *arena, struct images *images,
                                  const struct image_why *why, const char *since)
{
    struct session *session = arena_alloc(arena, sizeof *session);
    *session = (struct session){ arena, images, why, since };
    return session;
}

static struct image_run *run_of(const struct session *session, const struct subject *subject)
{
    return images_find(session->images, subject->id.name);
}

/* ----------------------------------------------------------------------- looking */

/* What an Image is, for the diff: which tags point where. */
static const struct value *document_of(struct arena *arena, const struct image_run *run,
                                       bool wanted)
{
    struct value *document = value_map(arena), *tags = value_map(arena);
    for (size_t i = 0; i < run->tag_count; i++) {
        const char *built = run->image.digest ? run->image.digest : IMAGE_DIGEST_LATER;
        const char *digest = wanted ? built : run->tags[i].live;
        if (digest)
            value_set(arena, tags, run->tags[i].text, value_string(arena, digest));
    }
    value_set(arena, document, "tags", tags);
    return document;
}

static void look(const struct session *session, struct arena *arena, struct subject *subject)
{
    const struct image_run *run = run_of(session, subject);
    struct observation *live = &subject->live;
    *live = (struct observation){ .owner = OWNER_SELF };
    switch (run->state) {
    case IMAGE_THERE:
        live->state = image_tags_differ(run) ? LIVE_DIFFERENT : LIVE_SAME;
        live->document = document_of(arena, run, false);
        break;
    case IMAGE_ABSENT:
        live->state = LIVE_ABSENT;
        break;
    case IMAGE_FAILED:
    case IMAGE_UNRESOLVED:
        live->state = LIVE_UNKNOWN;
        live->why = run->error.kind ? arena_strdup(arena, run->error.message) : "could not look";
        break;
    }
}

static bool image_observe(struct session *session, struct arena *arena, struct subject *subjects,
                          size_t count, const struct wait *wait, struct error *err)
{
    (void)wait;
    (void)err;
    for (size_t i = 0; i < count; i++)
        look(session, arena, &subjects[i]);
    return true;
}

/* -------------------------------------------------------------------- predicting */

static void refuse_held(struct arena *arena, const struct image_tag *tag,
                        struct prediction *prediction)
{
    *prediction = (struct prediction){
        .kind = PREDICT_REFUSED,
        .why = arena_printf(arena, "the tag %s is immutable and points at another image (%.19s…)",
                            tag->text, tag->live),
        .way_out = "give the image another tag",
    };
}

static void refuse_build(struct arena *arena, const struct image_run *run,
                         struct prediction *prediction)
{
    *prediction = (struct prediction){
        .kind = PREDICT_REFUSED,
        .why = arena_printf(arena, "%s does not hold it, and --no-build was given", run->place),
        .way_out = arena_printf(arena, "cmx-reconcile build %s --push", run->spec->name),
    };
}

static bool image_predict(struct session *session, struct arena *arena,
                          const struct subject *subject, struct prediction *ret_prediction,
                          const struct wait *wait, struct error *err)
{
    const struct image_run *run = run_of(session, subject);
    const struct image_tag *held = image_held_tag(run);
    bool absent = run->state == IMAGE_ABSENT;
    bool again = absent && session->why[run - session->images->runs].again;
    (void)wait;
    (void)err;
    if (held)
        refuse_held(arena, held, ret_prediction);
    else if (absent && session->images->options->no_build)
        refuse_build(arena, run, ret_prediction);
    else
        *ret_prediction = (struct prediction){
            .kind = absent                   ? PREDICT_CREATE
                    : image_tags_differ(run) ? PREDICT_CHANGE
                                             : PREDICT_SAME,
            .before = absent && !again ? NULL : document_of(arena, run, false),
            .after = document_of(arena, run, true),
            .note = absent ? session->why[run - session->images->runs].text : NULL,
            .renews = again,
        };
    return true;
}

/*
 * A tag that moved though the commit did not was moved by somebody else. Behind another commit
 * nobody can tell: the registry keeps no history.
 */
static void image_blame(struct session *session, struct arena *arena, const struct subject *subject,
                        const char *path, struct blame *ret_blame)
{
    const struct source *source = session->images->source;
    bool same = source->commit.commit && *session->since
                && strcmp(source->commit.commit, session->since) == 0
                && !run_of(session, subject)->dirty;
    (void)arena;
    (void)path;
    *ret_blame = (struct blame){ .ours = !same, .manager = same ? "a push of others" : NULL };
}

/* -------------------------------------------------------------------- carrying out */

/* Begun: the work is done where it is waited for, on threads that hold nobody up. */
static bool image_apply(struct session *session, struct arena *arena, const struct subject *subject,
                        struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)wait;
    (void)err;
    *ret_outcome = (struct outcome){
        .kind = subject->live.state == LIVE_ABSENT ? OUTCOME_CREATED : OUTCOME_CHANGED,
    };
    return true;
}

static bool image_settle(struct session *session, struct arena *arena,
                         const struct subject *subject, const struct outcome *outcome, bool removed,
                         settle_note *note, void *context, const struct wait *wait,
                         struct error *err)
{
    (void)arena;
    (void)outcome;
    (void)removed;
    if (image_make(run_of(session, subject), note, context, wait, err))
        return true;
    if (err->kind == ERROR_INPUT) /* the run has begun: it failed, as a rollout does */
        err->kind = ERROR_INVALID;
    return false;
}

const struct provider provider_images = {
    .name = "images",
    .observe = image_observe,
    .predict = image_predict,
    .blame = image_blame,
    .apply = image_apply,
    .settle = image_settle,
};

/* ------------------------------------------------------------------------ binding */

struct rebinding {
    struct session *session;
    struct arena *arena;
    const char *unknown; /* an Image that is still not there, or NULL */
};

/* What stands in for a digest becomes the digest. */
static const char *rebind_name(void *context, const char *text)
{
    struct rebinding *rebinding = context;
    const char *at = strstr(text, "@" IMAGE_DIGEST_LATER);
    if (!at)
        return NULL;
    struct images *images = rebinding->session->images;
    const char *name = arena_memdup(rebinding->arena, text, (size_t)(at - text));
    const struct image_spec *spec = image_names_find(images->names, name);
    const struct image_run *run = spec ? images_find(images, spec->name) : NULL;
    if (run && run->image.digest && run->state == IMAGE_THERE)
        return image_pinned_name(rebinding->arena, run);
    rebinding->unknown = name;
    return NULL;
}

bool image_bind(struct session *session, struct arena *arena, const struct resource *resource,
                const struct resource **ret_bound, struct error *err)
{
    struct rebinding rebinding = { session, arena, NULL };
    struct resource *bound = arena_alloc(arena, sizeof *bound);
    *bound = *resource;
    bound->document = images_visit(arena, &session->images->set->project, &resource->id,
                                   resource->document, rebind_name, &rebinding);
    bound->until = NULL;
    if (rebinding.unknown)
        return error_set(err, ERROR_REFUSED, "the digest of %s is not known", rebinding.unknown);
    *ret_bound = bound;
    return true;
}
