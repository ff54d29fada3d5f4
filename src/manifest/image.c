/* image: see image.h. One reader a part of the document; each tells what is wrong about it. */
#include "manifest/image_reading.h"
#include "manifest/reference.h"
#include "manifest/shape.h"

#include <string.h>

static const char *const VARIABLES[] = { "commit", "shortCommit", "tree", "branch", "date", NULL };

/* -------------------------------------------------------- repository, tags */

static bool is_variable(const char *text, size_t length)
{
    for (size_t i = 0; VARIABLES[i]; i++)
        if (strlen(VARIABLES[i]) == length && memcmp(VARIABLES[i], text, length) == 0)
            return true;
    return false;
}

/* With every variable taken as a letter it is to be a tag. */
static void check_tag(struct image_reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    char *plain = arena_alloc(reading->arena, strlen(text) + 1);
    size_t length = 0;
    for (const char *at = text; *at;) {
        size_t size = strncmp(at, "${", 2) == 0 ? strcspn(at, "}") : 0;
        if (size && (!at[size] || !is_variable(at + 2, size - 2))) {
            WRONG(reading, value,
                  "%s: there is no variable `%.*s`; there are ${commit}, ${shortCommit}, ${tree}, "
                  "${branch} and ${date}",
                  where, (int)(size + (at[size] == '}')), at);
            return;
        }
        plain[length++] = size ? 'x' : *at;
        at += size + 1;
    }
    if (!reference_tag_valid(plain, length))
        WRONG(reading, value,
              "%s: \"%.200s\" is no tag: use at most 128 of letters, digits, \"_\", \".\" and "
              "\"-\", with no \".\" or \"-\" in front",
              where, text);
    else if (strncmp(text, "cmx-", 4) == 0)
        WRONG(reading, value, "%s: tags that begin with cmx- are the program's own", where);
}

static const char *read_repository(struct image_reading *reading, const struct value *value)
{
    const char *text = value_text(value);
    const char *last = text ? strrchr(text, '/') : NULL;
    if (!text)
        return NULL;
    if (strncmp(text, "oci:", 4) == 0) {
        const char *plain = reading_plain_path(reading->arena, text + 4);
        bool fine = plain && *plain && !strpbrk(plain, ":@") && !reading_is_gits(plain);
        if (!fine)
            WRONG(reading, value,
                  "spec.repository: expected oci:FOLDER with a path below the repository's root, "
                  "without \"..\", \".git\", \":\" and \"@\", got \"%.100s\"",
                  text);
        return fine ? arena_printf(reading->arena, "oci:%s", plain) : NULL;
    }
    struct reference reference;
    struct error why;
    if (strchr(text, '@') || strchr(last ? last : text, ':'))
        WRONG(reading, value,
              "spec.repository: expected no tag and no digest: tags stand in spec.tags");
    else if (strpbrk(text, " \t\n\"'") || strstr(text, "://"))
        WRONG(reading, value,
              "spec.repository: expected a repository such as registry.example/shop/api, got "
              "\"%.100s\"",
              text);
    else if (!reference_parse(reading->arena, text, &reference, &why))
        WRONG(reading, value, "spec.repository: %s", why.message);
    return text;
}

static const char *home_of(struct arena *arena, const char *repository)
{
    struct reference reference;
    struct error ignored;
    bool named = repository && reference_parse(arena, repository, &reference, &ignored);
    return named ? reference_text(arena, &reference) : repository;
}

static void check_name(struct image_reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    struct reference reference;
    struct error why;
    if (!text || strncmp(text, "oci:", 4) == 0)
        return;
    if (strpbrk(text, " \t\r\n\"'`$\\"))
        WRONG(reading, value, "%s: a name of an image is one word, without quotes and variables",
              where);
    else if (!reference_parse(reading->arena, text, &reference, &why))
        WRONG(reading, value, "%s: %s", where, why.message);
}

/* ------------------------------------------------------------------- build */

static void read_template(struct image_reading *reading, const struct value *settings,
                          struct image_pairs *ret)
{
    static const char *const names[] = { "version", "entry" };
    const struct value *port = value_get(settings, "port");
    const struct value *packages = value_get(settings, "packages");
    const char *joined = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct image_pair pair = { names[i], reading_text(settings, names[i]) };
        if (pair.text)
            arena_push(reading->arena, ret->items, ret->count, ret->capacity, pair);
    }
    if (port) {
        const char *text = value_text(port);
        struct image_pair pair = { "port", text ? text
                                                : arena_printf(reading->arena, "%lld",
                                                               (long long)value_int(port, 0)) };
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, pair);
    }
    for (size_t i = 0; i < value_count(packages); i++)
        joined = arena_printf(reading->arena, "%s%s%s", joined, i ? " " : "",
                              value_text(value_item(packages, i)));
    if (*joined) {
        struct image_pair pair = { "packages", joined };
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, pair);
    }
}

static void read_secrets(struct image_reading *reading, const struct value *list,
                         struct image_build *ret)
{
    ret->secret_count = value_count(list);
    if (ret->secret_count)
        ret->secrets = arena_array(reading->arena, ret->secret_count, sizeof *ret->secrets);
    for (size_t i = 0; i < ret->secret_count; i++) {
        const struct value *item = value_item(list, i);
        ret->secrets[i] = (struct image_secret){ .id = reading_text(item, "id"),
                                                 .environment = reading_text(item, "environment"),
                                                 .file = reading_text(item, "file") };
    }
}

static enum image_builder builder_of(const char *text)
{
    if (text && strcmp(text, "native") == 0)
        return BUILDER_NATIVE;
    if (text && strcmp(text, "docker") == 0)
        return BUILDER_DOCKER;
    return text && strcmp(text, "buildkit") == 0 ? BUILDER_BUILDKIT : BUILDER_AUTO;
}

static void check_platforms(struct image_reading *reading, const struct value *list)
{
    if (list && value_count(list) == 0)
        WRONG(reading, list, "spec.build.platforms: expected at least one, such as linux/amd64");
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = value_text(value_item(list, i));
        const char *slash = strchr(text, '/');
        if (!slash || slash == text || !slash[1] || strpbrk(text, " ,"))
            WRONG(reading, value_item(list, i),
                  "spec.build.platforms[%zu]: expected OS/ARCHITECTURE such as linux/amd64, got "
                  "\"%.100s\"",
                  i, text);
        for (size_t j = 0; j < i; j++)
            if (strcmp(value_text(value_item(list, j)), text) == 0)
                WRONG(reading, value_item(list, i),
                      "spec.build.platforms[%zu]: %.100s is there twice", i, text);
    }
}

static void read_build(struct image_reading *reading, const struct value *build,
                       struct image_build *ret)
{
    const struct value *context = value_get(build, "context");
    const struct value *dockerfile = value_get(build, "dockerfile");
    *ret = (struct image_build){
        .given = build != NULL,
        .context = context ? reading_path_below(reading, context, "spec.build.context",
                                                "the repository's root")
                           : "",
        .dockerfile = dockerfile ? reading_path_below(reading, dockerfile, "spec.build.dockerfile",
                                                      "the context")
                                 : NULL,
        .template = reading_text(build, "template"),
        .target = reading_text(build, "target"),
        .base = reading_text(build, "base"),
        .builder = builder_of(reading_text(build, "builder")),
        .ssh = value_is_true(value_get(build, "ssh"), false),
        .network = reading_text(build, "network"),
        .timeout = build ? reading_duration(build, "timeout") : IMAGE_TIMEOUT_MS,
        .source_date_epoch = value_int(value_get(build, "sourceDateEpoch"), 0),
    };
    read_template(reading, value_get(build, "templateSettings"), &ret->template_settings);
    reading_pairs(reading, value_get(build, "args"), &ret->args);
    reading_pairs(reading, value_get(build, "labels"), &ret->labels);
    reading_texts(reading, value_get(build, "platforms"), &ret->platforms);
    check_platforms(reading, value_get(build, "platforms"));
    if (!ret->platforms.count)
        arena_push(reading->arena, ret->platforms.items, ret->platforms.count,
                   ret->platforms.capacity, "linux/amd64");
    reading_texts(reading, value_get(build, "ignore"), &ret->ignore);
    reading_texts(reading, value_get(build, "artifacts"), &ret->artifacts);
    read_secrets(reading, value_get(build, "secrets"), ret);
    reading_texts(reading, value_get(build, "cacheFrom"), &ret->cache_from);
    reading_texts(reading, value_get(build, "cacheTo"), &ret->cache_to);
}

/* What is for RUN and for engines, where no engine may build. */
static void check_native(struct image_reading *reading, const struct value *build)
{
    static const char *const names[] = { "secrets", "ssh", "cacheFrom", "cacheTo", "network" };
    if (builder_of(reading_text(build, "builder")) != BUILDER_NATIVE)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (shape_written(build, names[i]))
            WRONG(reading, value_get(build, names[i]),
                  "spec.build.%s: a native build runs nothing and has no use for it: leave it "
                  "out, or leave out `builder: native`",
                  names[i]);
}

/* A template and a Dockerfile, or settings of a template that there is not. */
static void check_build(struct image_reading *reading, const struct value *build)
{
    const struct value *dockerfile = value_get(build, "dockerfile");
    const struct value *settings = value_get(build, "templateSettings");
    const struct value *artifacts = value_get(build, "artifacts");
    bool has_template = value_get(build, "template") != NULL;
    if (dockerfile && has_template)
        WRONG(reading, dockerfile,
              "spec.build.dockerfile: `template` makes one: give only one of them");
    if (settings && !has_template)
        WRONG(reading, settings, "spec.build.templateSettings: there is no `template` to be told");
    check_native(reading, build);
    for (size_t i = 0; i < value_count(artifacts); i++)
        (void)!reading_path_below(reading, value_item(artifacts, i),
                                  arena_printf(reading->arena, "spec.build.artifacts[%zu]", i),
                                  "the context");
}

/* ------------------------------------------------------------------- whole */

static void check_pinned(struct image_reading *reading, const struct value *spec)
{
    static const char *const names[] = { "repository", "tags" };
    if (strcmp(reading_text(spec, "from"), "scratch") == 0)
        WRONG(reading, value_get(spec, "from"),
              "spec.from: scratch is an empty image: there is nothing to be pinned");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_get(spec, names[i]))
            WRONG(reading, value_get(spec, names[i]),
                  "spec.%s: `from` alone is an image of others, which is only pinned; give it "
                  "`build` or settings such as `files` and `entrypoint`, or leave this out",
                  names[i]);
}

static void check_whole(struct image_reading *reading, const struct value *document,
                        const struct image_spec *image)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *base = value_at(spec, "build", "base", NULL);
    const char *name;
    const struct value *setting = image_first_setting(spec, &name);
    if (image_is_pinned(image)) {
        check_pinned(reading, spec);
        return;
    }
    if (!image->repository && !value_get(spec, "repository"))
        problem_add(reading->problems, reading->file, setting ? setting->place : spec->place, true,
                    "spec.repository: missing: where the image is pushed to, such as "
                    "registry.example/shop/%s (an image of others needs `from` alone)",
                    image->name);
    if (image->from && image->build.dockerfile)
        WRONG(reading, value_get(spec, "from"),
              "spec.from: the Dockerfile names its base itself; use build.base in its place");
    else if (image->from && base)
        WRONG(reading, base, "spec.build.base: `from` is the base: give only one of them");
    else if (image->from && image->build.template)
        WRONG(reading, value_get(spec, "from"),
              "spec.from: the template names its base itself; use build.base in its place");
}

struct object_id image_id(const char *name)
{
    return (struct object_id){ IMAGE_GROUP, IMAGE_KIND, "", name };
}

bool image_is_id(const struct object_id *id)
{
    return strcmp(id->kind, IMAGE_KIND) == 0 && strcmp(id->group, IMAGE_GROUP) == 0;
}

bool image_is_pinned(const struct image_spec *image)
{
    const struct image_settings *settings = &image->settings;
    return image->from && !image->build.given && !settings->file_count && !settings->entrypoint
           && !settings->args && !settings->environment.count && !settings->ports.count
           && !settings->volumes.count && !settings->user && !settings->working_directory
           && !settings->stop_signal && !settings->healthcheck.given;
}

bool image_read(struct arena *arena, const struct value *document, const struct source_file *file,
                struct image_spec *ret, struct problems *problems)
{
    struct image_reading reading = { arena, file, problems };
    const struct value *spec = value_get(document, "spec");
    const struct value *tags = value_get(spec, "tags");
    size_t errors = problems->errors;
    *ret = (struct image_spec){
        .name = value_text_at(document, "metadata", "name", NULL),
        .repository = read_repository(&reading, value_get(spec, "repository")),
        .immutable = value_is_true(value_get(spec, "immutable"), false),
        .from = reading_text(spec, "from"),
        .document = document,
        .file = file,
        .place = document->place,
    };
    ret->home = home_of(arena, ret->repository);
    reading_texts(&reading, tags, &ret->tags);
    for (size_t i = 0; i < ret->tags.count; i++)
        check_tag(&reading, value_item(tags, i), arena_printf(arena, "spec.tags[%zu]", i));
    read_build(&reading, value_get(spec, "build"), &ret->build);
    check_build(&reading, value_get(spec, "build"));
    check_name(&reading, value_get(spec, "from"), "spec.from");
    check_name(&reading, value_at(spec, "build", "base", NULL), "spec.build.base");
    image_settings_read(&reading, spec, &ret->settings);
    image_leave_out_others(&reading, ret);
    object_options_read(arena, document, &ret->options, file, problems);
    if (!ret->options.timeout)
        ret->options.timeout = ret->build.timeout;
    check_whole(&reading, document, ret);
    return problems->errors == errors;
}
