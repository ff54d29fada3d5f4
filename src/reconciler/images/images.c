/* images: the Images of a run and what is there of them; see images.h. */
#include "reconciler/images/images_inner.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "providers/files_disk.h"
#include "providers/git/changes.h"

#include <string.h>

/* ------------------------------------------------------------------ life cycle */

/* In its repository, unless the Cluster of the Project keeps images in a folder. */
static const char *place_of(struct arena *arena, const struct set *set,
                            const struct image_spec *spec)
{
    const struct cluster *cluster = set_cluster(set, set->project.cluster);
    if (!image_is_pinned(spec) && cluster && cluster->images)
        return arena_printf(arena, "oci:%s/%s", cluster->images, spec->name);
    return image_is_pinned(spec) ? spec->from : spec->repository;
}

struct images *images_new(const struct set *set, struct source *source,
                          const struct images_options *options)
{
    struct arena *arena = arena_new();
    struct images *images = arena_alloc(arena, sizeof *images);
    pthread_condattr_t monotonic;
    *images =
        (struct images){ .arena = arena,
                         .set = set,
                         .source = source,
                         .options = options,
                         .names = image_names_new(arena, set),
                         .http = http_new(),
                         .runs = arena_array(arena, set->image_count + 1, sizeof *images->runs) };
    images->registries = registries_new(images->http, options->registries);
    images_pull_secrets(images);
    pthread_mutex_init(&images->lock, NULL);
    pthread_mutex_init(&images->bases_lock, NULL);
    pthread_condattr_init(&monotonic); /* a clock that is set back must hold nobody up */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&images->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < set->image_count; i++) {
        struct image_run *run = &images->runs[i];
        *run = (struct image_run){
            .spec = &set->images[i], .images = images, .arena = arena_new(), .size = -1
        };
        run->name = run->spec->repository;
        run->place = place_of(arena, set, run->spec);
        problems_start(&run->problems, run->arena);
    }
    return images;
}

static void close_store(struct image_store *store)
{
    if (store)
        store->table->close(store);
}

void images_free(struct images *images)
{
    if (!images)
        return;
    for (size_t i = 0; i < images->set->image_count; i++) {
        struct image_run *run = &images->runs[i];
        if (run->build)
            build_close(run->build);
        if (run->files)
            run->files->table->close(run->files);
        close_store(run->store);
        arena_free(run->arena);
    }
    for (size_t i = 0; i < images->base_count; i++)
        close_store(images->bases[i]->store);
    registries_free(images->registries);
    http_free(images->http);
    pthread_mutex_destroy(&images->lock);
    pthread_mutex_destroy(&images->bases_lock);
    pthread_cond_destroy(&images->freed);
    arena_free(images->arena);
}

struct image_run *images_all(struct images *images, size_t *ret_count)
{
    *ret_count = images->set->image_count;
    return images->runs;
}

struct image_run *images_find(struct images *images, const char *name)
{
    const struct image_spec *spec = set_image(images->set, name);
    return spec ? &images->runs[spec - images->set->images] : NULL;
}

const struct images_options *images_options_of(const struct images *images)
{
    return images->options;
}

/* ----------------------------------------------------------------------- opening */

static bool open_files(struct image_run *run, struct error *err)
{
    struct source *source = run->images->source;
    if (source->git)
        return git_files(source->git, source->disk != NULL, &run->files, err);
    if (source->root)
        return files_disk_open(source->root, &run->files, err);
    return error_set(err, ERROR_USAGE,
                     "an image is built from files, and this source has none: use -f FOLDER or "
                     "--git URL");
}

/* Images of the set among what it stands on. */
static void find_own_bases(struct image_run *run)
{
    size_t count;
    const struct build_base *bases = build_bases(run->build, &count);
    for (size_t i = 0; i < count; i++) {
        const struct image_spec *own = image_names_find(run->images->names, bases[i].reference);
        if (own && own != run->spec)
            arena_push(run->arena, run->bases.items, run->bases.count, run->bases.capacity,
                       own->name);
    }
}

/* Where does the disk differ from the commit in what the image is made of? */
static bool find_changed(struct image_run *run, struct error *err)
{
    const struct image_spec *spec = run->spec;
    const struct source *source = run->images->source;
    size_t count = spec->build.given || !spec->settings.file_count ? 1 : spec->settings.file_count;
    const char **paths = arena_array(run->arena, count, sizeof *paths);
    run->dirty = !source->git || spec->build.artifacts.count > 0;
    if (run->dirty || !source->disk)
        return true;
    for (size_t i = 0; i < count; i++)
        paths[i] = spec->build.given || !spec->settings.file_count ? spec->build.context
                                                                   : spec->settings.files[i].from;
    return git_changed(source->git, run->arena, paths, count, &run->changed, err);
}

/* What the ignore rules leave out is nothing that it is made of. */
static void judge_changed(struct image_run *run)
{
    for (size_t i = 0; i < run->changed.count && !run->dirty; i++)
        run->dirty = !build_leaves_out(run->build, run->changed.items[i]);
}

static bool open_build(struct image_run *run, struct error *err)
{
    if (!open_files(run, err))
        return false;
    struct build_options options = { .spec = run->spec, .files = run->files };
    if (!build_open(&options, &run->build, &run->problems, err)
        || !build_choose(run->build, &run->choice, err))
        return false;
    find_own_bases(run);
    judge_changed(run);
    return true;
}

static void fail(struct image_run *run, const struct error *error)
{
    run->error = *error;
    run->state = IMAGE_FAILED;
}

static void open_one(void *context, struct arena *arena)
{
    struct image_run *run = *(struct image_run **)context;
    struct error error = { 0 };
    (void)arena;
    if (run->build || image_is_pinned(run->spec) || run->state == IMAGE_FAILED)
        return;
    if (!open_build(run, &error))
        fail(run, &error);
}

/* Runs a task for each of the Images that fit, side by side. */
static void each(struct images *images, const bool *chosen, pool_task *task)
{
    AUTO_ARENA arena = arena_new();
    size_t count = images->set->image_count, used = 0;
    struct image_run **runs = arena_array(arena, count + 1, sizeof(struct image_run *));
    for (size_t i = 0; i < count; i++)
        if (chosen[i])
            runs[used++] = &images->runs[i];
    unsigned threads = images->options->concurrency ? images->options->concurrency : 1;
    pool_each(threads, task, runs, used, sizeof *runs);
}

/* On one thread: a repository is used by one at a time. */
static void prepare(struct images *images, const bool *chosen)
{
    struct git_source *git = images->source->git;
    for (size_t i = 0; i < images->set->image_count; i++) {
        struct image_run *run = &images->runs[i];
        struct error error = { 0 };
        if (chosen[i] && !run->build && !image_is_pinned(run->spec)
            && !((!git || git_look_at_files(git, images->source->disk != NULL, &error))
                 && find_changed(run, &error)))
            fail(run, &error);
    }
}

void images_open(struct images *images, const bool *chosen)
{
    prepare(images, chosen);
    each(images, chosen, open_one);
}

/* ----------------------------------------------------------------------- looking */

static void fill_facts(const struct image_run *run, struct tag_facts *ret)
{
    const struct source *source = run->images->source;
    *ret = (struct tag_facts){
        .commit = source->commit.commit ? source->commit.commit : "",
        .tree = source->git ? git_tree_text(source->git, run->arena) : "",
        .branch = source->commit.ref ? source->commit.ref : "",
        .time = source->commit.time,
        .dirty = run->dirty,
    };
}

/* The digest that a tag points at; NULL where there is no such tag. */
static bool look_at_tag(const struct image_run *run, struct arena *arena, const char *tag,
                        struct descriptor *ret, const struct wait *wait, struct error *err)
{
    struct error absent = { 0 };
    *ret = (struct descriptor){ 0 };
    if (!run->store || run->store->table->resolve(run->store, arena, tag, ret, wait, &absent)
        || absent.kind == ERROR_NOT_FOUND)
        return true;
    *err = absent;
    return false;
}

static bool fill_tags(struct image_run *run, struct error *err)
{
    struct tag_facts facts;
    const struct text_list *tags = &run->spec->tags;
    fill_facts(run, &facts);
    run->tags = arena_array(run->arena, tags->count + 1, sizeof *run->tags);
    for (run->tag_count = 0; run->tag_count < tags->count; run->tag_count++)
        if (!tag_fill(run->arena, tags->items[run->tag_count], &facts,
                      &run->tags[run->tag_count].text, err))
            return false;
    return true;
}

/* The tags of an Image are asked for while the digest of its source is made. */
struct tags_look {
    struct image_run *run;
    const struct wait *wait;
    struct arena *arena; /* the run's own belongs to the other thread */
    bool done;
    struct error err;
};

static void *look_at_tags(void *context)
{
    struct tags_look *look = context;
    struct image_run *run = look->run;
    struct descriptor live;
    look->done = true;
    for (size_t i = 0; look->done && i < run->tag_count; i++) {
        look->done =
            look_at_tag(run, look->arena, run->tags[i].text, &live, look->wait, &look->err);
        run->tags[i].live = look->done ? live.digest : NULL;
    }
    return NULL;
}

static bool look_at_pinned(struct image_run *run, const struct wait *wait, struct error *err)
{
    const char *tag;
    if (!place_open(run->images, run->arena, run->place, false, &run->store, &run->name, &tag, err))
        return false;
    if (!run->store)
        return error_set(err, ERROR_NOT_FOUND, "%s is not there", run->spec->from);
    if (digest_text_valid(tag))
        run->image = (struct descriptor){ .digest = tag, .size = -1 };
    else if (!run->store->table->resolve(run->store, run->arena, tag, &run->image, wait, err))
        return error_prefix(err, "%s", run->spec->from);
    run->state = IMAGE_THERE;
    return true;
}

/* Built and thrown away: the same source has the same bytes. */
static bool compute(struct image_run *run, const struct wait *wait, struct error *err)
{
    struct build_result result;
    if (run->choice.builder != BUILDER_NATIVE)
        return true;
    struct image_store *null = null_store_new();
    struct build_target target = { .store = null };
    bool built = build_native(run->build, &target, run->arena, &result, wait, err);
    null->table->close(null);
    if (!built)
        return false;
    run->image = result.descriptor;
    run->size = result.size;
    run->computed = true;
    return true;
}

static bool look_at_source(struct image_run *run, struct descriptor *ret, const struct wait *wait,
                           struct error *err)
{
    return build_digest(run->build, run->arena, &run->source_digest, err)
           && look_at_tag(run, run->arena, tag_of_source(run->arena, run->source_digest), ret, wait,
                          err);
}

bool image_choose(struct image_run *run, const struct wait *wait, struct error *err)
{
    return run->choice.builder != BUILDER_NATIVE
           || (build_look_at_bases(run->build, wait, err)
               && build_choose(run->build, &run->choice, err));
}

/* The builder is part of the digest, which is looked up again where it is another one. */
static bool look_at_bases(struct image_run *run, struct descriptor *found, const struct wait *wait,
                          struct error *err)
{
    enum image_builder before = run->choice.builder;
    if (found->digest)
        return true;
    return image_choose(run, wait, err)
           && (run->choice.builder == before || look_at_source(run, found, wait, err));
}

bool image_look(struct image_run *run, const struct wait *wait, struct error *err)
{
    struct build_opener opener = { run, base_open };
    struct descriptor found;
    if (!build_resolve(run->build, &opener, wait, err) || !look_at_source(run, &found, wait, err)
        || !look_at_bases(run, &found, wait, err))
        return false;
    if (found.digest) {
        run->image = found;
        run->state = IMAGE_THERE;
        return true;
    }
    run->state = IMAGE_ABSENT;
    return !run->images->options->compute || compute(run, wait, err);
}

/* Does it stand on an Image that is to be built first? Then nobody can know its digest. */
static bool waits_for_base(const struct image_run *run)
{
    for (size_t i = 0; i < run->bases.count; i++)
        if (images_find(run->images, run->bases.items[i])->state != IMAGE_THERE)
            return true;
    return false;
}

static bool look(struct image_run *run, const struct wait *wait, struct error *err)
{
    if (image_is_pinned(run->spec))
        return look_at_pinned(run, wait, err);
    if (!place_open(run->images, run->arena, run->place, false, &run->store, NULL, NULL, err)
        || !fill_tags(run, err))
        return false;
    struct tags_look tags = { .run = run, .wait = wait, .arena = arena_new() };
    pthread_t thread;
    bool apart = run->tag_count && pthread_create(&thread, NULL, look_at_tags, &tags) == 0;
    if (!apart)
        look_at_tags(&tags);
    run->state = IMAGE_ABSENT;
    bool looked = waits_for_base(run) || image_look(run, wait, err);
    if (apart)
        pthread_join(thread, NULL);
    arena_adopt(run->arena, tags.arena);
    if (!tags.done)
        *err = tags.err;
    return looked && tags.done;
}

/* What a task of the pool is given. */
struct looking {
    struct image_run *run;
    const struct wait *wait;
};

static void look_one(void *context, struct arena *arena)
{
    struct looking *looking = context;
    struct error error = { 0 };
    (void)arena;
    if (!look(looking->run, looking->wait, &error))
        fail(looking->run, &error);
}

/* May it be looked at now? What it stands on was, or failed. */
static bool is_next(const struct image_run *run)
{
    for (size_t i = 0; i < run->bases.count; i++)
        if (images_find(run->images, run->bases.items[i])->state == IMAGE_UNRESOLVED)
            return false;
    return run->state == IMAGE_UNRESOLVED;
}

static size_t next_wave(struct images *images, const bool *chosen, const struct wait *wait,
                        struct looking *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < images->set->image_count; i++)
        if (chosen[i] && is_next(&images->runs[i]))
            ret[count++] = (struct looking){ &images->runs[i], wait };
    return count;
}

void images_choose_bases(struct images *images, bool *chosen)
{
    for (bool more = true; more;) {
        more = false;
        images_open(images, chosen);
        for (size_t i = 0; i < images->set->image_count; i++)
            for (size_t j = 0; chosen[i] && j < images->runs[i].bases.count; j++) {
                struct image_run *base = images_find(images, images->runs[i].bases.items[j]);
                more |= !chosen[base - images->runs];
                chosen[base - images->runs] = true;
            }
    }
}

bool images_resolve(struct images *images, const bool *chosen, const struct wait *wait,
                    struct error *err)
{
    AUTO_ARENA arena = arena_new();
    size_t count = images->set->image_count, wave;
    unsigned threads = images->options->concurrency ? images->options->concurrency : 1;
    bool *all = arena_array(arena, count + 1, sizeof *all);
    struct looking *looking = arena_array(arena, count + 1, sizeof *looking);
    memcpy(all, chosen, count * sizeof *all);
    images_choose_bases(images, all);
    while ((wave = next_wave(images, all, wait, looking)) > 0) {
        pool_each(threads, look_one, looking, wave, sizeof *looking);
        if (wait_cancelled(wait))
            return error_set(err, ERROR_CANCELLED, "interrupted");
    }
    return true;
}

void images_name_tags(struct images *images, const bool *chosen)
{
    for (size_t i = 0; i < images->set->image_count; i++) {
        struct image_run *run = &images->runs[i];
        struct error error = { 0 };
        if (chosen[i] && run->state != IMAGE_FAILED && !image_is_pinned(run->spec)
            && !fill_tags(run, &error))
            fail(run, &error);
    }
}
