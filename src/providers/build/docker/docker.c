/*
 * docker: an image built by a Docker engine or Podman; see engines.h.
 *
 * Bases first (bases.h), then the context as one stream (tar_source.h) with the Dockerfile
 * (text.h), then the image back out of the engine (export.h). BuildKit where the engine has it;
 * the classic builder where BuildKit would let a COPY take our own Dockerfile along.
 */
#include "base/cleanup.h"
#include "providers/build/docker/bases.h"
#include "providers/build/docker/export.h"
#include "providers/build/docker/tar_source.h"
#include "providers/build/docker/text.h"
#include "providers/build/engines.h"
#include "providers/build/path.h"
#include "providers/docker/engine_build.h"

#include <string.h>

CLEANUP_FUNCTION(struct engine *, engine_close)

struct dockering {
    struct build *build;
    struct engine *engine;
    const struct build_target *target;
    struct context_list list;
    struct build_docker_text text;
    bool classic;
    struct build_log log;
    const struct wait *wait;
};

/* ------------------------------------------------------------------------- progress */

static void pass_on(const struct build_target *target, int kind, unsigned step, const char *text)
{
    struct build_event event = { .text = text, .step = step };
    event.kind = kind;
    if (target->progress)
        target->progress(target->progress_context, &event);
}

static void on_line(void *context, enum build_line kind, unsigned step, const char *text)
{
    const struct dockering *all = context;
    AUTO_ARENA arena = arena_new();
    switch (kind) {
    case BUILD_LINE_STEP:
        pass_on(all->target, BUILD_STEP, step, text);
        break;
    case BUILD_LINE_CACHED:
        pass_on(all->target, BUILD_STEP, step, arena_printf(arena, "%s (cached)", text));
        break;
    case BUILD_LINE_OUTPUT:
        pass_on(all->target, BUILD_OUTPUT, step, text);
        break;
    case BUILD_LINE_WARNING:
        pass_on(all->target, BUILD_WARNING, step, text);
        break;
    }
}

/* ------------------------------------------------------------------ which of its builders */

static bool lists_dockerignore(const struct context_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].path, ".dockerignore") == 0)
            return true;
    return false;
}

static bool choose_builder(struct dockering *all, struct arena *arena, struct error *err)
{
    const struct engine_facts *facts = engine_facts(all->engine);
    const struct build_docker_text *text = &all->text;
    if (!facts->buildkit) {
        if (text->buildkit && !facts->podman)
            return error_set(err, ERROR_REFUSED, "%s has no BuildKit, which %s needs",
                             engine_describe(all->engine), text->buildkit);
        all->classic = true;
        return true;
    }
    if (!text->taken_by)
        return true;
    all->classic = !text->buildkit && !lists_dockerignore(&all->list);
    if (!all->classic && text->reaches_image)
        pass_on(all->target, BUILD_WARNING, 0,
                arena_printf(arena,
                             "%s takes %s, the Dockerfile of this build, into the image: name what "
                             "is to be copied instead",
                             text->taken_by, BUILD_DOCKER_NAME));
    return true;
}

/* -------------------------------------------------------------------------- building */

static struct image_pairs arguments_of(const struct dockering *all, struct arena *arena)
{
    const struct image_pairs *given = &all->build->spec->build.args;
    struct image_pairs args = { .items = arena_array(arena, given->count + 1, sizeof *args.items),
                                .capacity = given->count + 1 };
    for (size_t i = 0; i < given->count; i++)
        args.items[args.count++] = given->items[i];
    /* Newer BuildKits give all that they make this time; the classic builder would complain. */
    if (!all->classic)
        args.items[args.count++] =
            (struct image_pair){ "SOURCE_DATE_EPOCH",
                                 arena_printf(arena, "%lld", (long long)build_epoch(all->build)) };
    return args;
}

static bool run(struct dockering *all, struct arena *arena, const char **ret_id, struct error *err)
{
    const struct image_build *spec = &all->build->spec->build;
    struct image_pairs args = arguments_of(all, arena);
    struct tar_source source;
    tar_source_start(&source, &all->list, build_epoch(all->build), all->wait);
    source.name = all->text.text ? all->text.path : NULL;
    source.text = all->text.text;
    source.hide = all->classic && !lists_dockerignore(&all->list);
    const struct engine_build build = {
        .context = tar_source_read,
        .context_data = &source,
        .dockerfile = all->text.path,
        .classic = all->classic,
        .target = all->text.target,
        .platform = platform_text(arena, &all->build->plans[0].platform),
        .network = spec->network,
        .args = &args,
        .labels = &spec->labels,
        .log = &all->log,
    };
    bool built = engine_build(all->engine, arena, &build, ret_id, all->wait, err);
    tar_source_done(&source);
    return built;
}

static bool build_there(struct dockering *all, const struct build_engines *engines,
                        struct arena *arena, struct build_result *ret, struct error *err)
{
    const char *id;
    if (!context_list(&all->build->context, all->build->arena, &all->list, err)
        || !build_docker_text(all->build, all->build->arena, &all->list, &all->text, err)
        || !choose_builder(all, all->build->arena, err)
        || !build_docker_bases(all->build, engines, all->engine, all->wait, err)
        || !run(all, arena, &id, err))
        return false;
    bool done =
        build_export_engine(all->build, all->engine, id, all->target, arena, ret, all->wait, err);
    if (!all->classic && !engine_facts(all->engine)->podman) /* whose images are their caches */
        build_forget(all->engine, id);
    return done;
}

bool build_docker(struct build *build, const struct build_engines *engines,
                  const struct build_target *target, struct arena *arena, struct build_result *ret,
                  const struct wait *wait, struct error *err)
{
    const struct engine_options options = { engines->host, engines->context };
    CLEANUP(engine_close_at) struct engine *engine = NULL;
    if (!engine_open(engines->http, &options, &engine, wait, err))
        return false;
    struct dockering all = { .build = build, .engine = engine, .target = target, .wait = wait };
    all.log = (struct build_log){ .listener = on_line, .context = &all };
    return build_there(&all, engines, arena, ret, err);
}
