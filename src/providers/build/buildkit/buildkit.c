/*
 * buildkit: an image built by BuildKit through its own programs; see engines.h.
 *
 * They are needed for what an engine's plain API lacks: secrets, ssh, caches, RUN on several
 * platforms. The context is written out, the program is run without a shell, and its OCI
 * archive goes into the store, digests checked. Docker's own engine writes none unless it keeps
 * images in containerd: then buildx leaves the image there, and it is taken out as docker/ does.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "oci/archive.h"
#include "oci/copy.h"
#include "oci/image.h"
#include "providers/build/buildkit/command.h"
#include "providers/build/buildkit/folder.h"
#include "providers/build/buildkit/plain.h"
#include "providers/build/docker/bases.h"
#include "providers/build/docker/export.h"
#include "providers/build/docker/text.h"
#include "providers/build/engines.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

CLEANUP_FUNCTION(struct engine *, engine_close)

struct kitting {
    struct build *build;
    const struct build_engines *engines;
    const struct build_target *target;
    enum buildkit_program program;
    const char *folder; /* with all that lies on the disk */
    struct buildkit_places places;
    struct build_log log;
    struct redactor *redactor; /* knows the values of the secrets */
    const struct wait *wait;
};

/* ------------------------------------------------------------------------- progress */

static void on_line(void *context, enum build_line kind, unsigned step, const char *text)
{
    static const int kinds[] = { [BUILD_LINE_STEP] = BUILD_STEP,
                                 [BUILD_LINE_CACHED] = BUILD_STEP,
                                 [BUILD_LINE_OUTPUT] = BUILD_OUTPUT,
                                 [BUILD_LINE_WARNING] = BUILD_WARNING };
    const struct kitting *all = context;
    AUTO_ARENA arena = arena_new();
    if (kind == BUILD_LINE_CACHED)
        text = arena_printf(arena, "%s (cached)", text);
    struct build_event event = { .text = text, .step = step };
    event.kind = kinds[kind];
    if (all->target->progress)
        all->target->progress(all->target->progress_context, &event);
}

/* --------------------------------------------------------------------- on the disk */

static bool make_folder(const char *path, struct error *err)
{
    return mkdir(path, 0755) == 0 || error_errno(err, ERROR_LOCAL, "cannot make %s", path);
}

static const char *text_of(const struct build *build, const struct build_docker_text *text)
{
    return text->text ? text->text : build->dockerfile.file->data;
}

static bool lay_out(struct kitting *all, struct arena *arena, struct error *err)
{
    struct build *build = all->build;
    struct context_list list;
    struct build_docker_text text;
    all->places = (struct buildkit_places){
        .context = path_join(arena, all->folder, "context"),
        .dockerfile = path_join(arena, all->folder, "dockerfile"),
        .output = path_join(arena, all->folder, "image.tar"),
    };
    if (!context_list(&build->context, arena, &list, err)
        || !build_docker_text(build, arena, &list, &text, err)
        || !make_folder(all->places.context, err) || !make_folder(all->places.dockerfile, err)
        || !folder_write(all->places.context, &list, build_epoch(build), all->wait, err))
        return false;
    all->places.target = text.target;
    const char *file = text_of(build, &text);
    return file_write(path_join(arena, all->places.dockerfile, "Dockerfile"), file, strlen(file),
                      0644, err);
}

enum { SECRET_FILE_MOST = 1 << 20 };

static void learn_secrets(struct kitting *all, struct arena *arena)
{
    const struct image_build *spec = &all->build->spec->build;
    for (size_t i = 0; i < spec->secret_count; i++) {
        const struct image_secret *secret = &spec->secrets[i];
        struct error unreadable;
        char *value = secret->file ? NULL : getenv(secret->environment);
        size_t length = value ? strlen(value) : 0;
        if (secret->file
            && !file_read(arena, secret->file, SECRET_FILE_MOST, &value, &length, &unreadable))
            continue; /* then BuildKit cannot read it either */
        redactor_learn(all->redactor, value, length);
    }
}

/* BuildKit's programs mount an empty file for a variable that is not set: asked for here instead.
 */
static bool secrets_there(const struct image_build *spec, struct error *err)
{
    for (size_t i = 0; i < spec->secret_count; i++) {
        const struct image_secret *secret = &spec->secrets[i];
        if (!secret->file && !getenv(secret->environment))
            return error_set(err, ERROR_INPUT,
                             "build.secrets: \"%s\" is to come from the environment, which has no "
                             "%s: set it where this runs",
                             secret->id, secret->environment);
        if (secret->file && access(secret->file, R_OK) != 0)
            return error_errno(err, ERROR_INPUT, "build.secrets: \"%s\" is to come from %s",
                               secret->id, secret->file);
    }
    return true;
}

/* ------------------------------------------------------------------------- running */

static bool read_all(struct kitting *all, struct process *process, struct plain *plain,
                     struct error *err)
{
    char piece[8192];
    for (size_t length = 1; length;) {
        if (!process_read(process, piece, sizeof piece, &length, all->wait, err))
            return false;
        plain_add(plain, piece, length);
    }
    return true;
}

/* Asked first, so that it ends the build where that runs; then it has a second to leave. */
static bool run(struct kitting *all, struct arena *arena, struct error *err)
{
    static const char *const environment[] = { "BUILDX_NO_DEFAULT_ATTESTATIONS=1", NULL };
    const char *const *arguments;
    struct process process;
    struct plain plain;
    plain_start(&plain, arena, &all->log);
    plain.redactor = all->redactor;
    if (!buildkit_arguments(all->build, arena, all->program, &all->places, &arguments, err)
        || !process_start_joined(arguments, environment, &process, err))
        return false;
    bool read = read_all(all, &process, &plain, err);
    if (!read)
        kill(-process.pid, SIGINT);
    int status = process_end(&process);
    if (!read)
        return error_prefix(err, "%s", buildkit_name(all->program));
    return status == 0 || plain_failure(&plain, buildkit_name(all->program), status, err);
}

/* -------------------------------------------------------------------------- the image */

static bool describe(struct image_store *store, struct arena *arena, const struct descriptor *entry,
                     struct build_platform *ret, const struct wait *wait, struct error *err)
{
    struct image image;
    if (!image_load(store, arena, entry->digest, NULL, &image, wait, err))
        return false;
    *ret = (struct build_platform){ .platform = image.config.platform,
                                    .manifest = image.descriptor,
                                    .config = image.manifest.config,
                                    .size = image.descriptor.size + image.manifest.config.size };
    for (size_t i = 0; i < image.manifest.layer_count; i++)
        ret->size += image.manifest.layers[i].size;
    return true;
}

/* The images of an index, without BuildKit's notes ("unknown/unknown"). */
static bool describe_all(struct image_store *store, struct arena *arena, struct build_result *ret,
                         const struct wait *wait, struct error *err)
{
    struct image_index index = { .manifests = &ret->descriptor, .count = 1 };
    struct descriptor top;
    const char *bytes;
    if (media_role(ret->descriptor.media_type) == MEDIA_INDEX
        && (!store->table->manifest(store, arena, ret->descriptor.digest, &top, &bytes, wait, err)
            || !image_index_read(arena, bytes, (size_t)top.size, &index, err)))
        return false;
    ret->platforms = arena_array(arena, index.count + 1, sizeof *ret->platforms);
    for (size_t i = 0; i < index.count; i++) {
        const char *os = index.manifests[i].platform.os;
        struct build_platform *platform = &ret->platforms[ret->platform_count];
        if (os && strcmp(os, "unknown") == 0)
            continue;
        if (!describe(store, arena, &index.manifests[i], platform, wait, err))
            return false;
        ret->size += platform->size;
        ret->platform_count++;
    }
    if (!ret->platform_count)
        return error_set(err, ERROR_INVALID, "the archive that it wrote holds no image");
    ret->config_digest = ret->platforms[0].config.digest;
    return true;
}

static bool take(struct kitting *all, struct arena *arena, struct build_result *ret,
                 struct error *err)
{
    struct image_store *archive;
    struct copy_options options = { 0 };
    struct copy_result copied;
    if (!archive_open(all->places.output, &archive, all->wait, err))
        return error_prefix(err, "what %s wrote", buildkit_name(all->program));
    bool done =
        image_copy(archive, "", all->target->store, &options, arena, &copied, all->wait, err);
    *ret = (struct build_result){ .descriptor = copied.top };
    done = done && describe_all(archive, arena, ret, all->wait, err);
    archive->table->close(archive);
    return done;
}

/* ------------------------------------------------------------ by way of docker's own engine */

enum { ID_MOST = 200 };

static bool read_id(const struct kitting *all, struct arena *arena, const char **ret_id,
                    struct error *err)
{
    char *id;
    size_t length;
    if (!file_read(arena, all->places.id_file, ID_MOST, &id, &length, err))
        return false;
    id[strcspn(id, "\r\n")] = '\0';
    *ret_id = id;
    return digest_text_valid(id)
           || error_set(err, ERROR_INVALID, "docker buildx: what it made has no id");
}

static bool make_in_engine(struct kitting *all, struct arena *arena, struct build_result *ret,
                           struct error *err)
{
    const struct engine_options options = { all->engines->host, all->engines->context };
    CLEANUP(engine_close_at) struct engine *engine = NULL;
    const char *id;
    all->places.id_file = path_join(arena, all->folder, "id");
    if (!engine_open(all->engines->http, &options, &engine, all->wait, err)
        || !build_docker_bases(all->build, all->engines, engine, all->wait, err)
        || !run(all, arena, err) || !read_id(all, arena, &id, err))
        return false;
    bool done =
        build_export_engine(all->build, engine, id, all->target, arena, ret, all->wait, err);
    build_forget(engine, id);
    return done;
}

/* What docker's engine says before it begins, unless it keeps its images in containerd. */
static bool writes_no_archive(const struct kitting *all, const struct error *err)
{
    return all->program == BUILDKIT_BUILDX && all->build->plan_count == 1
           && strstr(err->message, "OCI exporter is not supported for the docker driver");
}

static bool make(struct kitting *all, struct arena *arena, struct build_result *ret,
                 struct error *err)
{
    struct error problem = { 0 };
    if (run(all, arena, &problem))
        return take(all, arena, ret, err);
    if (writes_no_archive(all, &problem))
        return make_in_engine(all, arena, ret, err);
    *err = problem;
    return false;
}

bool build_buildkit(struct build *build, const struct build_engines *engines,
                    const struct build_target *target, struct arena *arena,
                    struct build_result *ret, const struct wait *wait, struct error *err)
{
    const char *temporary = getenv("TMPDIR");
    struct kitting all = { .build = build, .engines = engines, .target = target, .wait = wait };
    all.log = (struct build_log){ .listener = on_line, .context = &all };
    if (!secrets_there(&build->spec->build, err))
        return false;
    if (!buildkit_find(arena, &all.program, wait, err))
        return error_prefix(err, "builder: buildkit");
    char *folder = arena_printf(arena, "%s/cmx-buildkit-XXXXXX",
                                temporary && *temporary ? temporary : "/var/tmp");
    if (!mkdtemp(folder))
        return error_errno(err, ERROR_LOCAL, "cannot make %s for the context", folder);
    all.folder = folder;
    all.redactor = redactor_new();
    learn_secrets(&all, arena);
    bool done = lay_out(&all, arena, err) && make(&all, arena, ret, err);
    redactor_free(all.redactor);
    folder_remove(folder);
    return done;
}
