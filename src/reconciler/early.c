/* early: see early.h. */
#include "reconciler/early.h"

#include "base/log.h"
#include "base/pool.h"
#include "base/text.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 100 };

struct early {
    struct arena *arena; /* of the session and the record: for the thread alone until it ends */
    struct target target;
    const struct provider *provider;
    struct cancel cancel;
    struct wait wait;
    struct pool *pool; /* NULL: it has ended */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ended; /* under the lock */
    struct session *session;
    struct record record;
    struct error error;
};

static void open_early(void *context, struct arena *arena)
{
    struct early *early = context;
    const struct provider *provider = early->provider;
    (void)arena; /* what is read stays */
    if (!provider->open(&early->target, early->arena, &early->session, &early->wait, &early->error)
        || !provider->record_read(early->session, early->arena, &early->record, &early->wait,
                                  &early->error))
        log_debug("asked early: %s", early->error.message);
    pthread_mutex_lock(&early->lock);
    early->ended = true;
    pthread_cond_signal(&early->changed);
    pthread_mutex_unlock(&early->lock);
}

static void start_lock(struct early *early)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&early->lock, NULL);
    pthread_cond_init(&early->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* -l, -n and a part of the Project reach only some of what is recorded. */
static bool looks_at_all(const struct run *run, const struct project *project)
{
    return !run->options->selector && !run->options->namespace && run->source.path_count == 1
           && (!project->folder || strcmp(project->folder, run->source.paths[0]) == 0);
}

void early_start(void *context, const struct project *project, const struct cluster *cluster)
{
    const struct early_hint *hint = context;
    struct run *run = hint->run;
    if (run->early || (cluster && cluster->kind == CLUSTER_DIRECTORY))
        return;
    struct early *early = arena_alloc(run->arena, sizeof *early);
    *early = (struct early){ .arena = arena_new(),
                             .provider = &provider_kubernetes,
                             .wait = { hint->wait->deadline, &early->cancel, false },
                             .pool = pool_new(1) };
    start_lock(early);
    target_fill(run, project, cluster, &early->target);
    early->target.early = true;
    early->target.whole = looks_at_all(run, project);
    run->early = early;
    pool_run(early->pool, open_early, early);
}

/* ---------------------------------------------------------------------- taking */

static bool same_cluster(const struct cluster *a, const struct cluster *b)
{
    return a == b || (a && b && a->kind == b->kind && text_same(a->uid, b->uid));
}

static bool same_project(const struct project *a, const struct project *b)
{
    return a && b && text_same(a->folder, b->folder) && a->ignore_count == b->ignore_count;
}

static bool same_target(const struct target *a, const struct target *b)
{
    return same_cluster(a->cluster, b->cluster) && same_project(a->project, b->project)
           && text_same(a->name, b->name) && text_same(a->context, b->context)
           && text_same(a->kubeconfig, b->kubeconfig) && text_same(a->set_name, b->set_name)
           && text_same(a->set_namespace, b->set_namespace)
           && a->create_namespace == b->create_namespace && a->records == b->records;
}

static void await(struct early *early, const struct wait *wait)
{
    pthread_mutex_lock(&early->lock);
    while (!early->ended && !wait_cancelled(wait) && wait_left(wait)) {
        int64_t until = clock_now() + LOOK_MS;
        struct timespec time = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
        pthread_cond_timedwait(&early->changed, &early->lock, &time);
    }
    if (!early->ended)
        atomic_store(&early->cancel.level, CANCEL_HARD);
    pthread_mutex_unlock(&early->lock);
}

static void join(struct early *early)
{
    if (early->pool)
        pool_free(early->pool);
    early->pool = NULL;
}

static void drop(struct early *early)
{
    atomic_store(&early->cancel.level, CANCEL_HARD);
    join(early);
    if (early->session)
        early->provider->close(early->session);
    early->session = NULL;
}

/* Only of a server that is not there the second answer would be the same, and late. */
static bool is_final(const struct error *error)
{
    return error->kind == ERROR_NONE || error->kind == ERROR_UNREACHABLE;
}

bool early_take(struct run *run, struct target_run *target, const struct wait *wait)
{
    struct early *early = run->early;
    if (!early || !early->pool)
        return false;
    bool same = same_target(&early->target, &target->target);
    if (same) {
        await(early, wait);
        join(early);
    }
    if (!same || !is_final(&early->error)) {
        drop(early);
        return false;
    }
    target->session = early->session;
    early->session = NULL;
    target->record = early->record;
    target->error = early->error;
    return true;
}

void early_done(struct run *run)
{
    if (!run->early)
        return;
    drop(run->early);
    pthread_mutex_destroy(&run->early->lock);
    pthread_cond_destroy(&run->early->changed);
    arena_free(run->early->arena);
    run->early = NULL;
}
