/*
 * registry copy and pull: an image from one place to another.
 *
 * On a terminal a line tells how far it is; elsewhere only the end is told.
 */
#include "cli/registry.h"

#include "base/cleanup.h"
#include "cli/image_place.h"
#include "oci/archive.h"
#include "oci/copy.h"
#include "providers/docker/docker_store.h"
#include "providers/docker/pack.h"

#include <string.h>

enum { REDRAW_MS = 100, FIRST_MS = 200 };

struct copying {
    struct registry_run *run;
    struct image_place from, to;
    const char *tag;   /* at the destination */
    bool draws, drawn; /* a line of progress */
    int64_t begun, next_draw;
    size_t blobs;
    int64_t bytes;
};

/* -------------------------------------------------------------------- progress */

static void draw(struct copying *copying)
{
    AUTO_ARENA arena = arena_new();
    fprintf(stderr, "\r%zu layer%s done, %s read\x1b[K", copying->blobs,
            copying->blobs == 1 ? "" : "s", bytes_text(arena, copying->bytes));
    fflush(stderr);
    copying->drawn = true;
}

static void on_copy(void *context, enum copy_event event, const struct descriptor *what,
                    int64_t bytes)
{
    struct copying *copying = context;
    (void)what;
    copying->bytes += event == COPY_BLOB_BYTES ? bytes : 0;
    copying->blobs +=
        event == COPY_BLOB_SENT || event == COPY_BLOB_MOUNTED || event == COPY_BLOB_THERE;
    if (!copying->draws || clock_now() < copying->next_draw)
        return;
    copying->next_draw = clock_now() + REDRAW_MS;
    draw(copying);
}

static void wipe(struct copying *copying)
{
    if (copying->drawn)
        fputs("\r\x1b[K", stderr);
    copying->drawn = false;
}

/* ------------------------------------------------------------------------- ends */

static const char *destination(struct registry_run *run, const struct copying *copying)
{
    const struct image_place *to = &copying->to;
    if (to->kind == PLACE_REGISTRY) {
        struct reference reference = to->reference;
        reference.tag = copying->tag;
        return reference_short(run->arena, &reference);
    }
    if (to->kind == PLACE_LAYOUT)
        return arena_printf(run->arena, "oci:%s%s%s", to->path, copying->tag ? ":" : "",
                            copying->tag ? copying->tag : "");
    return to->text;
}

static enum exit_code print_json(struct copying *copying, const struct copy_result *result)
{
    struct registry_run *run = copying->run;
    struct value *map = value_map(run->arena), *blobs = value_map(run->arena);
    json_text(run->arena, map, "from", copying->from.text);
    json_text(run->arena, map, "to", destination(run, copying));
    json_text(run->arena, map, "digest", result->top.digest);
    json_text(run->arena, map, "mediaType", result->top.media_type);
    value_set(run->arena, blobs, "sent", value_integer(run->arena, (int64_t)result->sent));
    value_set(run->arena, blobs, "sentBytes", value_integer(run->arena, result->sent_bytes));
    value_set(run->arena, blobs, "mounted", value_integer(run->arena, (int64_t)result->mounted));
    value_set(run->arena, blobs, "there", value_integer(run->arena, (int64_t)result->there));
    value_set(run->arena, map, "blobs", blobs);
    value_set(run->arena, map, "manifests", value_integer(run->arena, (int64_t)result->manifests));
    return registry_print_json(run, map);
}

static void add_counts(struct buf *out, struct arena *arena, const struct copy_result *result)
{
    if (!result->sent && !result->mounted) {
        buf_puts(out, "all layers were there already");
        return;
    }
    if (result->sent)
        buf_printf(out, "%zu sent (%s), ", result->sent, bytes_text(arena, result->sent_bytes));
    if (result->mounted)
        buf_printf(out, "%zu mounted, ", result->mounted);
    buf_printf(out, "%zu there already", result->there);
}

static enum exit_code print_result(struct copying *copying, const struct copy_result *result)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct registry_run *run = copying->run;
    if (run->invocation->output == OUTPUT_JSON)
        return print_json(copying, result);
    buf_printf(&out, "%s\n%s\n", destination(run, copying), result->top.digest);
    add_counts(&out, run->arena, result);
    buf_printf(&out, "    %s\n", duration_text(run->arena, clock_now() - copying->begun));
    return command_print_text(&out, false);
}

/* ------------------------------------------------------------------------ copying */

static bool read_platforms(struct registry_run *run, struct copy_options *options,
                           struct error *err)
{
    const struct text_list *texts = &run->invocation->platforms;
    struct platform *platforms = arena_array(run->arena, texts->count + 1, sizeof *platforms);
    for (size_t i = 0; i < texts->count; i++)
        if (!platform_parse(run->arena, texts->items[i], &platforms[i], err))
            return false;
    options->platforms = platforms;
    options->platform_count = texts->count;
    return true;
}

/* An engine keeps an image of one platform: its own, unless another one is asked for. */
static void choose_platform(struct copying *copying, const struct image_store *to,
                            struct copy_options *options)
{
    struct platform *own = arena_alloc(copying->run->arena, sizeof *own);
    if (copying->to.kind != PLACE_DOCKER || options->platform_count)
        return;
    *own = docker_store_platform(to);
    options->platforms = own;
    options->platform_count = 1;
}

/* Of "shop/api:1.0", as archives call images, a registry's tag is "1.0". */
static const char *bare_tag(struct arena *arena, const char *name)
{
    struct reference reference;
    struct error ignored;
    if (!strpbrk(name, "/:") || !reference_parse(arena, name, &reference, &ignored))
        return name;
    return reference.tag ? reference.tag : "latest";
}

/* The tag at the destination: as written there, else as at the source, else latest. */
static const char *choose_tag(const struct copying *copying, const char *name)
{
    const struct image_place *from = &copying->from;
    if (copying->to.tag)
        return copying->to.tag;
    if (from->digest || (from->kind == PLACE_DOCKER && digest_text_valid(name)))
        return from->tag;
    if (digest_text_valid(name) || (from->kind == PLACE_REGISTRY && !from->tag))
        return "latest";
    return copying->to.kind == PLACE_REGISTRY ? bare_tag(copying->run->arena, name) : name;
}

static bool transfer(struct copying *copying, struct image_store *from, const char *name,
                     struct image_store *to, struct copy_result *result, struct error *err)
{
    struct registry_run *run = copying->run;
    struct copy_options options = { .referrers = run->invocation->referrers,
                                    .tag = copying->tag,
                                    .progress = on_copy,
                                    .progress_context = copying };
    bool read = read_platforms(run, &options, err);
    choose_platform(copying, to, &options);
    bool done = read && image_copy(from, name, to, &options, run->arena, result, run->wait, err)
                && store_finish(to, run->wait, err);
    wipe(copying);
    return done;
}

/*
 * What an engine wrote into an archive has plain layers, and no digest that anybody knows it by:
 * it is sent compressed, as the engine's own push would. An engine takes it as it is.
 */
static bool pack(const struct copying *copying, const char **name, struct image_store **from,
                 struct error *err)
{
    const struct wait *wait = copying->run->wait;
    struct image_store *packed;
    bool needed = false;
    if (copying->from.kind != PLACE_ARCHIVE || copying->to.kind == PLACE_DOCKER
        || !archive_is_of_engine(*from))
        return true;
    if (!pack_is_needed(*from, *name, &needed, wait, err))
        return false;
    if (!needed)
        return true;
    if (!pack_apart(*from, *name, &packed, wait, err))
        return false;
    (*from)->table->close(*from);
    *from = packed;
    *name = ""; /* the only one */
    return true;
}

static bool copy(struct copying *copying, struct copy_result *result, struct error *err)
{
    struct registry_run *run = copying->run;
    struct image_store *from, *to;
    const char *name;
    if (!image_place_open(run, &copying->from, &from, &name, err))
        return false;
    copying->tag = choose_tag(copying, name);
    if (!pack(copying, &name, &from, err)) {
        from->table->close(from);
        return false;
    }
    bool done = image_place_create(run, &copying->to, &copying->from, &to, err);
    if (done) {
        done = transfer(copying, from, name, to, result, err);
        to->table->close(to);
    }
    from->table->close(from);
    return done;
}

enum exit_code registry_copy(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct error error = { 0 };
    struct copy_result result = { 0 };
    struct copying copying = { .run = run, .begun = clock_now() };
    (void)count;
    copying.draws = terminal_can_redraw() && !run->invocation->quiet;
    copying.next_draw = copying.begun + FIRST_MS;
    if (!image_place_parse(run->arena, arguments[0], &copying.from, &error)
        || !image_place_parse(run->arena, arguments[1], &copying.to, &error)
        || !copy(&copying, &result, &error))
        return command_not_there(run->invocation, &error);
    return print_result(&copying, &result);
}

enum exit_code registry_pull(struct registry_run *run, const char *const *arguments, size_t count)
{
    const char *both[] = { arguments[0], run->invocation->pull_to };
    struct image_place to;
    struct error error = { 0 };
    (void)count;
    if (!image_place_parse(run->arena, both[1], &to, &error))
        return command_fail(run->invocation, &error);
    if (to.kind == PLACE_REGISTRY)
        return command_stop(run->invocation, EXIT_USAGE,
                            "--to %s: pull writes to oci:FOLDER, archive:FILE or docker:NAME; into "
                            "a registry: cmx-reconcile registry copy",
                            both[1]);
    return registry_copy(run, both, 2);
}

enum exit_code registry_push(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct image_place to;
    struct error error = { 0 };
    if (!image_place_parse(run->arena, arguments[1], &to, &error))
        return command_fail(run->invocation, &error);
    if (to.kind != PLACE_REGISTRY)
        return command_stop(
            run->invocation, EXIT_USAGE,
            "push goes into a registry, and %s is none: the place comes first, then "
            "the image; out of one: cmx-reconcile pull IMAGE --to %s",
            arguments[1], arguments[1]);
    return registry_copy(run, arguments, count);
}
