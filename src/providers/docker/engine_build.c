/* engine_build: see engine_build.h; what the engine streams back is build_progress.c's. */
#include "providers/docker/engine_build.h"

#include "base/cleanup.h"
#include "providers/docker/build_progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { CANCEL_MS = 5000 };

/* ------------------------------------------------------------------- the query */

static void add_parameter(struct buf *query, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(query, "%s%s=", query->length ? "&" : "", name);
    url_encode(query, text);
}

/* {"NAME": "TEXT", …} */
static void add_pairs(struct arena *arena, struct buf *query, const char *name,
                      const struct image_pairs *pairs)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(arena);
    for (size_t i = 0; pairs && i < pairs->count; i++)
        value_set(arena, map, pairs->items[i].key, value_string(arena, pairs->items[i].text));
    if (!value_count(map))
        return;
    json_write(&text, map);
    add_parameter(query, name, buf_text(&text));
}

static const char *query_of(struct arena *arena, const struct engine_build *build, bool buildkit,
                            const char *id)
{
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    add_parameter(&query, "version", buildkit ? "2" : "1");
    add_parameter(&query, "buildid", buildkit ? id : NULL);
    add_parameter(&query, "dockerfile", build->dockerfile);
    add_parameter(&query, "t", build->tag);
    add_parameter(&query, "target", build->target);
    add_parameter(&query, "platform", build->platform);
    add_parameter(&query, "networkmode", build->network);
    /* No container of the classic builder is left behind, whatever becomes of the build. */
    add_parameter(&query, "rm", "1");
    add_parameter(&query, "forcerm", "1");
    add_pairs(arena, &query, "buildargs", build->args);
    add_pairs(arena, &query, "labels", build->labels);
    return arena_strdup(arena, buf_text(&query));
}

/* ------------------------------------------------------------------ the request */

static const char *random_id(struct arena *arena)
{
    unsigned char bytes[8];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort();
    AUTO_BUF text = BUF_INIT(64);
    buf_puts(&text, "cmx-");
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_printf(&text, "%02x", bytes[i]);
    return arena_strdup(arena, buf_text(&text));
}

/*
 * The lost connection ends a build too, but only once the engine notices it. Nobody waits
 * for this longer than a moment, and not for what it says.
 */
static void cancel_there(struct engine *engine, const char *id)
{
    AUTO_ARENA arena = arena_new();
    struct wait wait = wait_for(CANCEL_MS, NULL);
    struct error ignored;
    struct engine_call call = { .method = "POST",
                                .path = "/build/cancel",
                                .query = arena_printf(arena, "id=%s", id),
                                .what = "cancel the build" };
    bool cancelled = engine_call(engine, arena, &call, NULL, &wait, &ignored);
    (void)cancelled;
}

bool engine_build(struct engine *engine, struct arena *arena, const struct engine_build *build,
                  const char **ret_id, const struct wait *wait, struct error *err)
{
    bool buildkit = engine_facts(engine)->buildkit && !build->classic;
    const char *id = random_id(arena);
    struct build_progress progress;
    struct engine_call call = { .method = "POST",
                                .path = "/build",
                                .query = query_of(arena, build, buildkit, id),
                                .what = "build the image",
                                .content_type = "application/x-tar",
                                .source = build->context,
                                .source_context = build->context_data,
                                .slow = true };
    build_progress_start(&progress, arena, build->log);
    if (engine_documents(engine, &call, build_progress_add, &progress, wait, err))
        return build_progress_end(&progress, ret_id, err);
    if (buildkit)
        cancel_there(engine, id);
    return false;
}
