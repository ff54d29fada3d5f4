/* image: see image.h. One reader a part of the document; each tells what is wrong about it. */
#include "manifest/image.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { TAG_MOST = 128 };

static const char *const VARIABLES[] = { "commit", "shortCommit", "tree", "branch", "date", NULL };

struct reading {
    struct arena *arena;
    const struct source_file *file;
    struct problems *problems;
};

#define WRONG(reading, value, ...)                                                                 \
    problem_add((reading)->problems, (reading)->file, (value)->place, true, __VA_ARGS__)

/* ---------------------------------------------------------- plain members */

static const char *text_of(const struct value *map, const char *name)
{
    return value_text(value_get(map, name));
}

static int64_t duration_of(const struct value *map, const char *name)
{
    int64_t milliseconds = 0;
    const char *text = text_of(map, name);
    return text && duration_parse(text, &milliseconds) ? milliseconds : 0;
}

static void read_texts(struct reading *reading, const struct value *list, struct text_list *ret)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = value_text(value_item(list, i));
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, text);
    }
}

/* NULL where it was not given: that is something else than none. */
static struct text_list *read_words(struct reading *reading, const struct value *list)
{
    if (!list)
        return NULL;
    struct text_list *words = arena_alloc(reading->arena, sizeof *words);
    *words = (struct text_list){ 0 };
    read_texts(reading, list, words);
    return words;
}

static int by_place(const void *a, const void *b)
{
    const struct member *const *x = a, *const *y = b;
    return (*x)->place.start < (*y)->place.start   ? -1
           : (*x)->place.start > (*y)->place.start ? 1
                                                   : strcmp((*x)->key, (*y)->key);
}

/* A map of strings in the order of the file: one variable may be made of those before it. */
static void read_pairs(struct reading *reading, const struct value *map, struct image_pairs *ret)
{
    size_t count = value_count(map);
    const struct member **members = arena_array(reading->arena, count + 1, sizeof *members);
    for (size_t i = 0; i < count; i++)
        members[i] = &map->map.members[i];
    qsort(members, count, sizeof(struct member *), by_place);
    for (size_t i = 0; i < count; i++) {
        struct image_pair pair = { members[i]->key, value_text(members[i]->value) };
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, pair);
    }
}

static const char *port_text(struct reading *reading, const struct value *port)
{
    const char *text = value_text(port);
    if (!text)
        return arena_printf(reading->arena, "%lld/tcp", (long long)value_int(port, 0));
    return strchr(text, '/') ? text : arena_printf(reading->arena, "%s/tcp", text);
}

/* ------------------------------------------------------------------ paths */

/* "services/api" of "./services//api/"; NULL where it is absolute or leads upwards. */
static const char *plain_path(struct arena *arena, const char *path)
{
    char *plain = arena_alloc(arena, strlen(path) + 1);
    size_t length = 0;
    if (*path == '/')
        return NULL;
    for (const char *part = path; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.')
            return NULL;
        if (size && !(size == 1 && *part == '.')) {
            if (length)
                plain[length++] = '/';
            memcpy(plain + length, part, size);
            length += size;
        }
        part += size + (part[size] == '/');
    }
    plain[length] = '\0';
    return plain;
}

static const char *path_below(struct reading *reading, const struct value *value, const char *where,
                              const char *what)
{
    const char *plain = plain_path(reading->arena, value_text(value));
    if (!plain)
        WRONG(reading, value, "%s: expected a path below %s, without \"..\", got \"%.100s\"", where,
              what, value_text(value));
    return plain;
}

static void check_absolute(struct reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    if (text && *text != '/')
        WRONG(reading, value, "%s: expected an absolute path, got \"%.100s\"", where, text);
}

/* -------------------------------------------------------- repository, tags */

static bool is_tag(const char *text, size_t length)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (length == 0 || length > TAG_MOST || !strchr(first, text[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!text[i] || (!strchr(first, text[i]) && text[i] != '.' && text[i] != '-'))
            return false;
    return true;
}

static bool is_variable(const char *text, size_t length)
{
    for (size_t i = 0; VARIABLES[i]; i++)
        if (strlen(VARIABLES[i]) == length && memcmp(VARIABLES[i], text, length) == 0)
            return true;
    return false;
}

/* With every variable taken as a letter it is to be a tag. */
static void check_tag(struct reading *reading, const struct value *value, const char *where)
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
    if (!is_tag(plain, length))
        WRONG(reading, value,
              "%s: \"%.200s\" is no tag: use at most 128 of letters, digits, \"_\", \".\" and "
              "\"-\", with no \".\" or \"-\" in front",
              where, text);
    else if (strncmp(text, "cmx-", 4) == 0)
        WRONG(reading, value, "%s: tags that begin with cmx- are the program's own", where);
}

static const char *read_repository(struct reading *reading, const struct value *value)
{
    const char *text = value_text(value);
    const char *last = text ? strrchr(text, '/') : NULL;
    if (!text)
        return NULL;
    if (strncmp(text, "oci:", 4) == 0) {
        const char *plain = plain_path(reading->arena, text + 4);
        bool fine = plain && *plain && !strpbrk(plain, ":@");
        if (!fine)
            WRONG(reading, value,
                  "spec.repository: expected oci:FOLDER with a path below the repository's root, "
                  "without \"..\", \":\" and \"@\", got \"%.100s\"",
                  text);
        return fine ? arena_printf(reading->arena, "oci:%s", plain) : NULL;
    }
    if (strchr(text, '@') || strchr(last ? last : text, ':'))
        WRONG(reading, value,
              "spec.repository: expected no tag and no digest: tags stand in spec.tags");
    else if (strpbrk(text, " \t\n\"'") || strstr(text, "://"))
        WRONG(reading, value,
              "spec.repository: expected a repository such as registry.example/shop/api, got "
              "\"%.100s\"",
              text);
    return text;
}

/* ------------------------------------------------------------------- build */

static void read_template(struct reading *reading, const struct value *settings,
                          struct image_pairs *ret)
{
    static const char *const names[] = { "version", "entry" };
    const struct value *port = value_get(settings, "port");
    const struct value *packages = value_get(settings, "packages");
    const char *joined = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct image_pair pair = { names[i], text_of(settings, names[i]) };
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

static void read_secrets(struct reading *reading, const struct value *list, struct image_build *ret)
{
    ret->secret_count = value_count(list);
    if (ret->secret_count)
        ret->secrets = arena_array(reading->arena, ret->secret_count, sizeof *ret->secrets);
    for (size_t i = 0; i < ret->secret_count; i++) {
        const struct value *item = value_item(list, i);
        ret->secrets[i] = (struct image_secret){ .id = text_of(item, "id"),
                                                 .environment = text_of(item, "environment"),
                                                 .file = text_of(item, "file") };
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

static void check_platforms(struct reading *reading, const struct value *list)
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
    }
}

static void read_build(struct reading *reading, const struct value *build, struct image_build *ret)
{
    const struct value *context = value_get(build, "context");
    const struct value *dockerfile = value_get(build, "dockerfile");
    *ret = (struct image_build){
        .given = build != NULL,
        .context = context
                       ? path_below(reading, context, "spec.build.context", "the repository's root")
                       : "",
        .dockerfile = dockerfile
                          ? path_below(reading, dockerfile, "spec.build.dockerfile", "the context")
                          : NULL,
        .template = text_of(build, "template"),
        .target = text_of(build, "target"),
        .base = text_of(build, "base"),
        .builder = builder_of(text_of(build, "builder")),
        .ssh = value_is_true(value_get(build, "ssh"), false),
        .network = text_of(build, "network"),
        .timeout = build ? duration_of(build, "timeout") : IMAGE_TIMEOUT_MS,
        .source_date_epoch = value_int(value_get(build, "sourceDateEpoch"), 0),
    };
    read_template(reading, value_get(build, "templateSettings"), &ret->template_settings);
    read_pairs(reading, value_get(build, "args"), &ret->args);
    read_pairs(reading, value_get(build, "labels"), &ret->labels);
    read_texts(reading, value_get(build, "platforms"), &ret->platforms);
    check_platforms(reading, value_get(build, "platforms"));
    if (!ret->platforms.count)
        arena_push(reading->arena, ret->platforms.items, ret->platforms.count,
                   ret->platforms.capacity, "linux/amd64");
    read_texts(reading, value_get(build, "ignore"), &ret->ignore);
    read_texts(reading, value_get(build, "artifacts"), &ret->artifacts);
    read_secrets(reading, value_get(build, "secrets"), ret);
    read_texts(reading, value_get(build, "cacheFrom"), &ret->cache_from);
    read_texts(reading, value_get(build, "cacheTo"), &ret->cache_to);
}

/* A template and a Dockerfile, or settings of a template that there is not. */
static void check_build(struct reading *reading, const struct value *build)
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
    for (size_t i = 0; i < value_count(artifacts); i++)
        (void)!path_below(reading, value_item(artifacts, i),
                          arena_printf(reading->arena, "spec.build.artifacts[%zu]", i),
                          "the context");
}

/* ---------------------------------------------------------------- settings */

/* "0755" in octal digits; -1 where none is given or it is wrong. */
static int64_t read_mode(struct reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    size_t length = text ? strlen(text) : 0;
    if (!text)
        return -1;
    if (length >= 3 && length <= 5 && strspn(text, "01234567") == length
        && (length < 5 || *text == '0'))
        return strtol(text, NULL, 8);
    WRONG(reading, value, "%s.mode: expected octal digits such as \"0644\", got \"%.100s\"", where,
          text);
    return -1;
}

static void check_owner(struct reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    size_t user = text ? strspn(text, "0123456789") : 0;
    size_t group = text && text[user] == ':' ? strspn(text + user + 1, "0123456789") : 0;
    if (text && (user == 0 || user > 9 || group > 9 || text[user + (group ? group + 1 : 0)]))
        WRONG(reading, value,
              "%s.owner: expected UID or UID:GID such as \"1000:1000\", got "
              "\"%.100s\"",
              where, text);
}

static struct image_file read_file(struct reading *reading, const struct value *item, size_t index)
{
    const char *where = arena_printf(reading->arena, "spec.files[%zu]", index);
    const struct value *owner = value_get(item, "owner");
    check_absolute(reading, value_get(item, "to"), arena_printf(reading->arena, "%s.to", where));
    check_owner(reading, owner, where);
    return (struct image_file){
        .from = path_below(reading, value_get(item, "from"),
                           arena_printf(reading->arena, "%s.from", where), "the context"),
        .to = text_of(item, "to"),
        .mode = read_mode(reading, value_get(item, "mode"), where),
        .owner = value_text(owner),
        .place = item->place,
    };
}

static void read_files(struct reading *reading, const struct value *list,
                       struct image_settings *ret)
{
    ret->file_count = value_count(list);
    if (ret->file_count)
        ret->files = arena_array(reading->arena, ret->file_count, sizeof *ret->files);
    for (size_t i = 0; i < ret->file_count; i++)
        ret->files[i] = read_file(reading, value_item(list, i), i);
}

static void read_healthcheck(struct reading *reading, const struct value *check,
                             struct image_healthcheck *ret)
{
    const struct value *test = value_get(check, "test"), *none = value_get(check, "none");
    *ret = (struct image_healthcheck){
        .given = check != NULL,
        .none = value_is_true(none, false),
        .interval = duration_of(check, "interval"),
        .timeout = duration_of(check, "timeout"),
        .start_period = duration_of(check, "startPeriod"),
        .retries = value_int(value_get(check, "retries"), 0),
    };
    read_texts(reading, test, &ret->test);
    if (none && !ret->none)
        WRONG(reading, none,
              "spec.healthcheck.none: expected true, got false (leave it out, and "
              "give a `test`)");
    const char *first = ret->test.count ? ret->test.items[0] : "";
    bool shell = strcmp(first, "CMD-SHELL") == 0;
    if (test
        && (ret->test.count < 2 || (shell && ret->test.count > 2)
            || (!shell && strcmp(first, "CMD") != 0)))
        WRONG(reading, test,
              "spec.healthcheck.test: expected [CMD, program, …] or [CMD-SHELL, \"a line\"]");
}

static void read_ports(struct reading *reading, const struct value *list, struct text_list *ret)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = port_text(reading, value_item(list, i));
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, text);
    }
}

static void check_environment(struct reading *reading, const struct value *map)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const struct member *member = &map->map.members[i];
        if (!*member->key || strchr(member->key, '='))
            problem_add(reading->problems, reading->file, member->place, true,
                        "spec.environment: `%.100s` is no name for a variable", member->key);
    }
}

static void read_settings(struct reading *reading, const struct value *spec,
                          struct image_settings *ret)
{
    const struct value *volumes = value_get(spec, "volumes");
    *ret = (struct image_settings){
        .entrypoint = read_words(reading, value_get(spec, "entrypoint")),
        .args = read_words(reading, value_get(spec, "args")),
        .user = text_of(spec, "user"),
        .working_directory = text_of(spec, "workingDirectory"),
        .stop_signal = text_of(spec, "stopSignal"),
    };
    read_files(reading, value_get(spec, "files"), ret);
    read_pairs(reading, value_get(spec, "environment"), &ret->environment);
    check_environment(reading, value_get(spec, "environment"));
    read_ports(reading, value_get(spec, "ports"), &ret->ports);
    read_texts(reading, volumes, &ret->volumes);
    for (size_t i = 0; i < value_count(volumes); i++)
        check_absolute(reading, value_item(volumes, i),
                       arena_printf(reading->arena, "spec.volumes[%zu]", i));
    check_absolute(reading, value_get(spec, "workingDirectory"), "spec.workingDirectory");
    read_healthcheck(reading, value_get(spec, "healthcheck"), &ret->healthcheck);
}

/* Without a Dockerfile the image is made of its files alone: nothing else of the repository
 * makes it another one. */
static void leave_out_others(struct reading *reading, struct image_spec *image)
{
    struct text_list *ignore = &image->build.ignore;
    const struct image_settings *settings = &image->settings;
    if (image->build.given || !settings->file_count)
        return;
    for (size_t i = 0; i < settings->file_count; i++)
        if (!settings->files[i].from || !*settings->files[i].from)
            return;
    arena_push(reading->arena, ignore->items, ignore->count, ignore->capacity, "**");
    for (size_t i = 0; i < settings->file_count; i++) {
        const char *pattern = arena_printf(reading->arena, "!%s", settings->files[i].from);
        arena_push(reading->arena, ignore->items, ignore->count, ignore->capacity, pattern);
    }
}

/* ------------------------------------------------------------------- whole */

/* Members that only make sense of an image that is made. */
static const struct value *first_setting(const struct value *spec, const char **ret_name)
{
    static const char *const names[] = { "files",       "entrypoint", "args", "environment",
                                         "ports",       "volumes",    "user", "workingDirectory",
                                         "healthcheck", "stopSignal" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *ret_name = names[i];
        if (value_get(spec, names[i]))
            return value_get(spec, names[i]);
    }
    return NULL;
}

static void check_pinned(struct reading *reading, const struct value *spec)
{
    static const char *const names[] = { "repository", "tags" };
    if (strcmp(text_of(spec, "from"), "scratch") == 0)
        WRONG(reading, value_get(spec, "from"),
              "spec.from: scratch is an empty image: there is nothing to be pinned");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_get(spec, names[i]))
            WRONG(reading, value_get(spec, names[i]),
                  "spec.%s: `from` alone is an image of others, which is only pinned; give it "
                  "`build` or settings such as `files` and `entrypoint`, or leave this out",
                  names[i]);
}

static void check_whole(struct reading *reading, const struct value *document,
                        const struct image_spec *image)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *base = value_at(spec, "build", "base", NULL);
    const char *name;
    const struct value *setting = first_setting(spec, &name);
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
    struct reading reading = { arena, file, problems };
    const struct value *spec = value_get(document, "spec");
    const struct value *tags = value_get(spec, "tags");
    size_t errors = problems->errors;
    *ret = (struct image_spec){
        .name = value_text_at(document, "metadata", "name", NULL),
        .repository = read_repository(&reading, value_get(spec, "repository")),
        .immutable = value_is_true(value_get(spec, "immutable"), false),
        .from = text_of(spec, "from"),
        .document = document,
        .file = file,
        .place = document->place,
    };
    read_texts(&reading, tags, &ret->tags);
    for (size_t i = 0; i < ret->tags.count; i++)
        check_tag(&reading, value_item(tags, i), arena_printf(arena, "spec.tags[%zu]", i));
    read_build(&reading, value_get(spec, "build"), &ret->build);
    check_build(&reading, value_get(spec, "build"));
    read_settings(&reading, spec, &ret->settings);
    leave_out_others(&reading, ret);
    object_options_read(arena, document, &ret->options, file, problems);
    if (!ret->options.timeout)
        ret->options.timeout = ret->build.timeout;
    check_whole(&reading, document, ret);
    return problems->errors == errors;
}
