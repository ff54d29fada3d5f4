/* command: see command.h. */
#include "providers/build/buildkit/command.h"

#include "base/process.h"
#include "manifest/reference.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 20000, OUTPUT_CEILING = 1 << 20 };

/* ---------------------------------------------------------------------- finding it */

static bool on_path(struct arena *arena, const char *name)
{
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at;) {
        size_t length = strcspn(at, ":");
        if (length && access(arena_printf(arena, "%.*s/%s", (int)length, at, name), X_OK) == 0)
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static bool has_buildkitd(void)
{
    const char *host = getenv("BUILDKIT_HOST");
    return (host && *host) || access("/run/buildkit/buildkitd.sock", F_OK) == 0;
}

static bool has_buildx(struct arena *arena, const struct wait *outer)
{
    static const char *const arguments[] = { "docker", "buildx", "version", NULL };
    struct wait wait = wait_for(ASK_MS, outer);
    struct process process;
    struct error ignored;
    char said[4096];
    size_t length = 1;
    if (!on_path(arena, "docker") || !process_start_joined(arguments, NULL, &process, &ignored))
        return false;
    while (length && process_read(&process, said, sizeof said, &length, &wait, &ignored))
        ;
    return process_end(&process) == 0;
}

bool buildkit_find(struct arena *arena, enum buildkit_program *ret, const struct wait *wait,
                   struct error *err)
{
    bool buildctl = on_path(arena, "buildctl");
    if (buildctl && has_buildkitd()) {
        *ret = BUILDKIT_BUILDCTL;
        return true;
    }
    if (has_buildx(arena, wait)) {
        *ret = BUILDKIT_BUILDX;
        return true;
    }
    if (buildctl)
        return error_set(err, ERROR_NOT_FOUND,
                         "buildctl is here, but no buildkitd: start one and name it in "
                         "BUILDKIT_HOST (unix:///run/buildkit/buildkitd.sock), or install docker "
                         "buildx");
    return error_set(err, ERROR_NOT_FOUND,
                     "BuildKit's own programs are not here: install docker buildx "
                     "(docker-buildx-plugin), or buildctl and a buildkitd");
}

const char *buildkit_name(enum buildkit_program program)
{
    return program == BUILDKIT_BUILDCTL ? "buildctl" : "docker buildx";
}

/* ---------------------------------------------------------------------- arguments */

struct words {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};

static void add(struct words *words, const char *word)
{
    arena_push(words->arena, words->items, words->count, words->capacity, word);
}

static void add_two(struct words *words, const char *flag, const char *word)
{
    add(words, flag);
    add(words, word);
}

/* buildctl: --opt NAME=TEXT */
static void add_option(struct words *words, const char *name, const char *text)
{
    if (text)
        add_two(words, "--opt", arena_printf(words->arena, "%s=%s", name, text));
}

static const char *platforms_of(const struct build *build, struct arena *arena)
{
    const char *all = NULL;
    for (size_t i = 0; i < build->plan_count; i++) {
        const char *one = platform_text(arena, &build->plans[i].platform);
        all = all ? arena_printf(arena, "%s,%s", all, one) : one;
    }
    return all;
}

/* A field of a list that is split at commas. */
static bool fits_list(const char *what, const char *text, struct error *err)
{
    return !text || !strpbrk(text, ",\"\r\n")
           || error_set(err, ERROR_INPUT, "%s: \"%s\": BuildKit's programs take no comma here",
                        what, text);
}

static bool add_secrets(struct words *words, const struct image_build *spec, struct error *err)
{
    for (size_t i = 0; i < spec->secret_count; i++) {
        const struct image_secret *secret = &spec->secrets[i];
        const char *from = secret->file ? secret->file : secret->environment;
        if (!fits_list("build.secrets", secret->id, err) || !fits_list("build.secrets", from, err))
            return false;
        add_two(words, "--secret",
                arena_printf(words->arena, "id=%s,%s=%s", secret->id, secret->file ? "src" : "env",
                             from));
    }
    if (spec->ssh)
        add_two(words, "--ssh", "default");
    return true;
}

/* "REF" is short for "type=registry,ref=REF". */
static void add_caches(struct words *words, const char *flag, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        add_two(words, flag,
                strchr(list->items[i], '=')
                    ? list->items[i]
                    : arena_printf(words->arena, "type=registry,ref=%s", list->items[i]));
}

/*
 * What a FROM names becomes what it was resolved to: a named context takes the place of an
 * image. Both programs spell it differently; `context` puts it in.
 */
static bool add_bases(struct words *words, const struct build *build,
                      void (*context)(struct words *, const char *, const char *),
                      struct error *err)
{
    for (size_t i = 0; i < build->base_count; i++) {
        const struct build_base *base = &build->bases[i];
        struct reference named, pinned;
        if (!base->store || !base->store->host)
            return error_set(err, ERROR_REFUSED,
                             "%s: BuildKit takes images to build on from registries only",
                             base->reference);
        if (!reference_parse(words->arena, base->reference, &named, err))
            return false;
        if (named.digest)
            continue;
        pinned = named;
        pinned.tag = NULL;
        pinned.digest = base->descriptor.digest;
        if (named.tag && strcmp(named.tag, "latest") == 0)
            named.tag = NULL; /* as BuildKit calls it */
        context(
            words, reference_short(words->arena, &named),
            arena_printf(words->arena, "docker-image://%s", reference_text(words->arena, &pinned)));
    }
    return true;
}

static void buildctl_context(struct words *words, const char *name, const char *image)
{
    add_option(words, arena_printf(words->arena, "context:%s", name), image);
}

static void buildx_context(struct words *words, const char *name, const char *image)
{
    add_two(words, "--build-context", arena_printf(words->arena, "%s=%s", name, image));
}

static bool buildctl_words(struct words *words, const struct build *build,
                           const struct buildkit_places *places, struct error *err)
{
    const struct image_build *spec = &build->spec->build;
    static const char *const begin[] = { "buildctl", "build",      "--progress",
                                         "plain",    "--frontend", "dockerfile.v0" };
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        add(words, begin[i]);
    add_two(words, "--local", arena_printf(words->arena, "context=%s", places->context));
    add_two(words, "--local", arena_printf(words->arena, "dockerfile=%s", places->dockerfile));
    add_option(words, "platform", platforms_of(build, words->arena));
    add_option(words, "target", places->target);
    add_option(words, "force-network-mode", spec->network);
    if (spec->network && strcmp(spec->network, "host") == 0)
        add_two(words, "--allow", "network.host");
    for (size_t i = 0; i < spec->args.count; i++)
        add_option(words, arena_printf(words->arena, "build-arg:%s", spec->args.items[i].key),
                   spec->args.items[i].text);
    for (size_t i = 0; i < spec->labels.count; i++)
        add_option(words, arena_printf(words->arena, "label:%s", spec->labels.items[i].key),
                   spec->labels.items[i].text);
    add_option(words, "build-arg:SOURCE_DATE_EPOCH",
               arena_printf(words->arena, "%lld", (long long)build_epoch(build)));
    add_caches(words, "--import-cache", &spec->cache_from);
    add_caches(words, "--export-cache", &spec->cache_to);
    add_two(words, "--output", arena_printf(words->arena, "type=oci,dest=%s", places->output));
    return add_bases(words, build, buildctl_context, err) && add_secrets(words, spec, err);
}

static bool buildx_words(struct words *words, const struct build *build,
                         const struct buildkit_places *places, struct error *err)
{
    const struct image_build *spec = &build->spec->build;
    static const char *const begin[] = { "docker", "buildx", "build", "--progress=plain" };
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        add(words, begin[i]);
    add_two(words, "--platform", platforms_of(build, words->arena));
    add_two(words, "--file", arena_printf(words->arena, "%s/Dockerfile", places->dockerfile));
    if (places->target)
        add_two(words, "--target", places->target);
    if (spec->network)
        add_two(words, "--network", spec->network);
    if (spec->network && strcmp(spec->network, "host") == 0)
        add_two(words, "--allow", "network.host");
    for (size_t i = 0; i < spec->args.count; i++)
        add_two(
            words, "--build-arg",
            arena_printf(words->arena, "%s=%s", spec->args.items[i].key, spec->args.items[i].text));
    for (size_t i = 0; i < spec->labels.count; i++)
        add_two(words, "--label",
                arena_printf(words->arena, "%s=%s", spec->labels.items[i].key,
                             spec->labels.items[i].text));
    add_two(words, "--build-arg",
            arena_printf(words->arena, "SOURCE_DATE_EPOCH=%lld", (long long)build_epoch(build)));
    add_caches(words, "--cache-from", &spec->cache_from);
    add_caches(words, "--cache-to", &spec->cache_to);
    if (places->id_file) {
        add(words, "--load");
        add_two(words, "--iidfile", places->id_file);
    } else {
        add_two(words, "--output", arena_printf(words->arena, "type=oci,dest=%s", places->output));
        if (!add_bases(words, build, buildx_context, err))
            return false;
    }
    if (!add_secrets(words, spec, err))
        return false;
    add(words, places->context);
    return true;
}

bool buildkit_arguments(const struct build *build, struct arena *arena,
                        enum buildkit_program program, const struct buildkit_places *places,
                        const char *const **ret, struct error *err)
{
    struct words words = { .arena = arena };
    if (!(program == BUILDKIT_BUILDCTL ? buildctl_words(&words, build, places, err)
                                       : buildx_words(&words, build, places, err)))
        return false;
    add(&words, NULL);
    *ret = words.items;
    return true;
}
