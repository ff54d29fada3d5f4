/* docker_store: see docker_store.h. */
#include "providers/docker/docker_store.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/reference.h"
#include "oci/archive.h"
#include "providers/docker/engine_image.h"
#include "providers/docker/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct docker_store {
    struct image_store store;
    struct arena *arena;
    struct engine *engine;
    struct engine *owned;       /* the same, where it ends with the store  */
    struct reference reference; /* repository NULL: an id, or no name at all */
    const char *id;             /* of an image that is read */
    bool packed;                /* its layers are compressed */
    const char *folder, *file;  /* the spool; NULL: none yet */
    struct image_store *archive;
    const char *named; /* what was written last: "shop/api:1.2" */
    pthread_mutex_t lock;
};

/* ---------------------------------------------------------------------- the spool */

static bool make_folder(struct docker_store *docker, struct error *err)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = arena_printf(docker->arena, "%s/cmx-docker-XXXXXX",
                                temporary && *temporary ? temporary : "/var/tmp");
    if (!mkdtemp(folder))
        return error_errno(err, ERROR_LOCAL, "cannot make %s for the image's archive", folder);
    docker->folder = folder;
    docker->file = path_join(docker->arena, folder, "image.tar");
    return true;
}

static void remove_folder(struct docker_store *docker)
{
    if (!docker->folder)
        return;
    unlink(docker->file);
    rmdir(docker->folder);
    docker->folder = NULL;
}

static bool write_file(void *context, const char *data, size_t length, struct error *err)
{
    const int *descriptor = context;
    while (length) {
        ssize_t written = write(*descriptor, data, length);
        if (written < 0 && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot keep the image's archive");
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* By the id, so that a tag that moves meanwhile changes nothing. */
static bool take_out(struct docker_store *docker, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE file = open(docker->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return error_errno(err, ERROR_LOCAL, "cannot write %s", docker->file);
    struct engine_call call = { .method = "GET",
                                .path = arena_printf(arena, "/images/%s/get", docker->id),
                                .what = arena_printf(arena, "take out %s", docker->store.name),
                                .slow = true };
    return engine_stream(docker->engine, &call, write_file, &file, wait, err);
}

/* Opens the file and takes its name away, so that it is gone with us whatever happens. */
static bool open_file(struct docker_store *docker, const struct wait *wait, struct error *err)
{
    bool opened = archive_open(docker->file, &docker->archive, wait, err);
    unlink(docker->file);
    return opened || error_prefix(err, "what %s gave", engine_describe(docker->engine));
}

/* The same image in a second archive, which takes the place of the first. */
static bool pack(struct docker_store *docker, const struct wait *wait, struct error *err)
{
    struct image_store *plain = docker->archive;
    docker->archive = NULL;
    bool done = pack_apart(plain, "", &docker->archive, wait, err);
    plain->table->close(plain);
    return done;
}

static bool spool(struct docker_store *docker, const struct wait *wait, struct error *err)
{
    bool opened = make_folder(docker, err) && take_out(docker, wait, err)
                  && open_file(docker, wait, err) && (!docker->packed || pack(docker, wait, err));
    remove_folder(docker);
    return opened;
}

static bool archive_of(struct image_store *store, struct image_store **ret, const struct wait *wait,
                       struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    pthread_mutex_lock(&docker->lock);
    bool there = docker->archive || spool(docker, wait, err);
    pthread_mutex_unlock(&docker->lock);
    *ret = docker->archive;
    return there;
}

/* ------------------------------------------------------------------------ reading */

/* The archive holds one image, which any tag of ours names: "" in an archive. */
static const char *name_in(const char *tag_or_digest)
{
    return tag_or_digest && digest_text_valid(tag_or_digest) ? tag_or_digest : "";
}

static bool docker_resolve(struct image_store *store, struct arena *arena,
                           const char *tag_or_digest, struct descriptor *ret,
                           const struct wait *wait, struct error *err)
{
    struct image_store *archive;
    return archive_of(store, &archive, wait, err)
           && archive->table->resolve(archive, arena, name_in(tag_or_digest), ret, wait, err);
}

static bool docker_manifest(struct image_store *store, struct arena *arena,
                            const char *tag_or_digest, struct descriptor *ret,
                            const char **ret_bytes, const struct wait *wait, struct error *err)
{
    struct image_store *archive;
    return archive_of(store, &archive, wait, err)
           && archive->table->manifest(archive, arena, name_in(tag_or_digest), ret, ret_bytes, wait,
                                       err);
}

static bool docker_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                        void *context, const struct wait *wait, struct error *err)
{
    struct image_store *archive;
    return archive_of(store, &archive, wait, err)
           && archive->table->blob(archive, blob, sink, context, wait, err);
}

static bool docker_tags(struct image_store *store, struct arena *arena, const char ***ret_tags,
                        size_t *ret_count, const struct wait *wait, struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    (void)wait, (void)err;
    *ret_tags = arena_array(arena, 1, sizeof **ret_tags);
    *ret_count = docker->reference.tag ? 1 : 0;
    (*ret_tags)[0] = docker->reference.tag ? arena_strdup(arena, docker->reference.tag) : NULL;
    return true;
}

static bool docker_referrers(struct image_store *store, struct arena *arena, const char *digest,
                             const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                             const struct wait *wait, struct error *err)
{
    struct image_store *archive;
    return archive_of(store, &archive, wait, err)
           && archive->table->referrers(archive, arena, digest, artifact_type, ret, ret_count, wait,
                                        err);
}

/* ------------------------------------------------------------------------ writing */

static bool docker_has_blob(struct image_store *store, const struct descriptor *blob,
                            bool *ret_there, const struct wait *wait, struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    return docker->archive->table->has_blob(docker->archive, blob, ret_there, wait, err);
}

static bool docker_put_blob(struct image_store *store, struct arena *arena,
                            const struct blob_source *source, struct descriptor *ret,
                            const struct wait *wait, struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    return docker->archive->table->put_blob(docker->archive, arena, source, ret, wait, err);
}

static bool docker_put_manifest(struct image_store *store, const struct descriptor *manifest,
                                const char *bytes, const char *tag, const struct wait *wait,
                                struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    struct reference named = docker->reference;
    AUTO_ARENA arena = arena_new();
    bool whole = tag && strpbrk(tag, "/:");
    /* Of a store that has no name of its own each image gets one later. */
    if (!tag && !named.repository)
        return docker->archive->table->put_manifest(docker->archive, manifest, bytes, NULL, wait,
                                                    err);
    if (tag && !whole)
        named.tag = tag;
    if (!named.repository && !reference_parse(arena, tag, &named, err))
        return error_prefix(err, "a name for the image");
    /* By its whole name, since Podman reads the archive as a layout and knows no RepoTags. */
    if (!docker->archive->table->put_manifest(docker->archive, manifest, bytes,
                                              reference_text(arena, &named), wait, err))
        return false;
    pthread_mutex_lock(&docker->lock);
    docker->named = reference_short(docker->arena, &named);
    pthread_mutex_unlock(&docker->lock);
    return true;
}

static bool read_file(void *context, char *data, size_t capacity, size_t *ret_length,
                      struct error *err)
{
    const int *descriptor = context;
    ssize_t length;
    do
        length = read(*descriptor, data, capacity);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "cannot read the image's archive");
    *ret_length = (size_t)length;
    return true;
}

static bool load(struct docker_store *docker, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE file = open(docker->file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_errno(err, ERROR_LOCAL, "cannot read %s", docker->file);
    struct engine_progress progress = { .arena = arena };
    struct engine_call call = { .method = "POST",
                                .path = "/images/load",
                                .query = "quiet=1",
                                .what = arena_printf(arena, "load %s", docker->store.name),
                                .content_type = "application/x-tar",
                                .source = read_file,
                                .source_context = &file,
                                .slow = true };
    if (!engine_documents(docker->engine, &call, engine_progress_add, &progress, wait, err))
        return false;
    if (progress.failure)
        return error_set(err, ERROR_INVALID, "%s did not take %s: %s",
                         engine_describe(docker->engine), docker->store.name, progress.failure);
    return true;
}

static bool docker_finish(struct image_store *store, const struct wait *wait, struct error *err)
{
    struct docker_store *docker = (struct docker_store *)store;
    AUTO_ARENA arena = arena_new();
    struct engine_image image;
    if (!store_finish(docker->archive, wait, err) || !load(docker, wait, err))
        return false;
    /* Some engines say that all went well when they understood nothing. */
    return engine_image_find(docker->engine, arena, docker->named, &image, wait, err)
           || error_prefix(err, "%s did not take the image", engine_describe(docker->engine));
}

/* -------------------------------------------------------------------------- opening */

static void docker_close(struct image_store *store)
{
    struct docker_store *docker = (struct docker_store *)store;
    if (docker->archive)
        docker->archive->table->close(docker->archive);
    remove_folder(docker);
    engine_close(docker->owned);
    pthread_mutex_destroy(&docker->lock);
    arena_free(docker->arena);
}

static const struct image_store_table read_table = {
    .name = "docker",
    .resolve = docker_resolve,
    .manifest = docker_manifest,
    .blob = docker_blob,
    .tags = docker_tags,
    .referrers = docker_referrers,
    .close = docker_close,
};

static const struct image_store_table write_table = {
    .name = "docker",
    .resolve = docker_resolve,
    .manifest = docker_manifest,
    .blob = docker_blob,
    .has_blob = docker_has_blob,
    .put_blob = docker_put_blob,
    .put_manifest = docker_put_manifest,
    .tags = docker_tags,
    .referrers = docker_referrers,
    .finish = docker_finish,
    .close = docker_close,
};

static struct docker_store *docker_new(struct engine *engine, const char *name,
                                       const struct image_store_table *table)
{
    struct arena *arena = arena_new();
    struct docker_store *docker = arena_alloc(arena, sizeof *docker);
    *docker = (struct docker_store){ .arena = arena, .engine = engine };
    docker->store = (struct image_store){ .table = table,
                                          .name = arena_printf(arena, "docker:%s", name),
                                          .in_turn = true };
    pthread_mutex_init(&docker->lock, NULL);
    return docker;
}

/* Fills in the reference; without a tag it is "latest", as for Docker. */
static bool read_name(struct docker_store *docker, const char *name, struct error *err)
{
    if (!reference_parse(docker->arena, arena_strdup(docker->arena, name), &docker->reference, err))
        return error_prefix(err, "docker:%s", name);
    if (!docker->reference.tag && !docker->reference.digest)
        docker->reference.tag = "latest";
    return true;
}

static bool is_id(const char *name)
{
    return digest_text_valid(name);
}

static bool find(struct docker_store *docker, const char *name, const struct wait *wait,
                 struct error *err)
{
    struct engine_image image;
    if (!is_id(name) && !read_name(docker, name, err))
        return false;
    const char *asked = is_id(name) ? name : reference_short(docker->arena, &docker->reference);
    if (!engine_image_find(docker->engine, docker->arena, asked, &image, wait, err))
        return false;
    docker->id = image.id;
    return true;
}

bool docker_store_open(struct engine *engine, const char *name, enum docker_layers layers,
                       struct image_store **ret, const struct wait *wait, struct error *err)
{
    struct docker_store *docker = docker_new(engine, name, &read_table);
    docker->packed = layers == DOCKER_LAYERS_PACKED;
    if (!find(docker, name, wait, err)) {
        docker_close(&docker->store);
        return false;
    }
    *ret = &docker->store;
    return true;
}

/* The repository by which the archive calls bare tags; NULL: every tag is a whole name. */
static bool read_written_name(struct docker_store *docker, const char *name,
                              const char **ret_repository, struct error *err)
{
    *ret_repository = NULL;
    if (!name)
        return true;
    if (!read_name(docker, name, err))
        return false;
    if (docker->reference.digest)
        return error_set(err, ERROR_USAGE, "docker:%s: an engine gives digests itself; name a tag",
                         name);
    struct reference untagged = { .registry = docker->reference.registry,
                                  .repository = docker->reference.repository };
    *ret_repository = reference_short(docker->arena, &untagged);
    return true;
}

bool docker_store_create(struct engine *engine, const char *name, struct image_store **ret,
                         struct error *err)
{
    struct docker_store *docker = docker_new(engine, name ? name : "", &write_table);
    const char *repository;
    if (!read_written_name(docker, name, &repository, err) || !make_folder(docker, err)
        || !archive_create(docker->file, ARCHIVE_DOCKER, repository, &docker->archive, err)) {
        docker_close(&docker->store);
        return false;
    }
    *ret = &docker->store;
    return true;
}

bool docker_store_find(struct http *http, const struct engine_options *options, const char *name,
                       bool write, struct image_store **ret, const struct wait *wait,
                       struct error *err)
{
    struct engine *engine;
    if (!engine_open(http, options, &engine, wait, err))
        return false;
    if (!(write ? docker_store_create(engine, name, ret, err)
                : docker_store_open(engine, name, DOCKER_LAYERS_PACKED, ret, wait, err))) {
        engine_close(engine);
        return false;
    }
    ((struct docker_store *)*ret)->owned = engine;
    return true;
}

struct platform docker_store_platform(const struct image_store *store)
{
    const struct docker_store *docker = (const struct docker_store *)store;
    const struct engine_facts *facts = engine_facts(docker->engine);
    return (struct platform){ .os = facts->os, .architecture = facts->architecture };
}
