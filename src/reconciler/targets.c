/*
 * targets: where the objects of a set go.
 *
 * An object's cmx.dev/cluster annotation, else the Project's Cluster, else
 * --context, else the current context. Part of reconcile.h.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "reconciler/reconcile.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *cluster_name_of(const struct run *run, const struct resource *resource)
{
    return resource->options.cluster ? resource->options.cluster : run->set.project.cluster;
}

static bool same_name(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Walks the folders above a path that may not exist yet, so that no link leads out. */
static bool stays_inside(struct arena *arena, const char *root, const char *path)
{
    AUTO_FREE char *real_root = realpath(root, NULL);
    if (!real_root || strstr(path, "/../") || strncmp(path, "../", 3) == 0)
        return false;
    size_t length = strlen(real_root);
    char *copy = arena_strdup(arena, path);
    for (;;) {
        AUTO_FREE char *real = realpath(copy, NULL);
        if (real)
            return strncmp(real, real_root, length) == 0
                   && (real[length] == '/' || real[length] == '\0' || length == 1);
        char *slash = strrchr(copy, '/');
        if (!slash || slash == copy)
            return false;
        *slash = '\0';
    }
}

static bool resolve_directory(struct run *run, struct target_run *target, struct error *err)
{
    const struct cluster *cluster = target->target.cluster;
    const char *root =
        run->options->directory_root ? run->options->directory_root : run->source.root;
    if (!root)
        return error_set(err, ERROR_USAGE,
                         "Cluster %s is a directory, and this source has no folder on the disk: "
                         "say where it lies with --directory-root DIR",
                         cluster->name);
    if (run->options->directory_root && access(root, F_OK) != 0)
        return error_errno(err, ERROR_USAGE, "--directory-root %s", root);
    size_t length = strlen(cluster->directory);
    bool climbs = length >= 2 && strcmp(cluster->directory + length - 2, "..") == 0;
    const char *path = path_join(run->arena, root, cluster->directory);
    if (climbs || *cluster->directory == '/' || !stays_inside(run->arena, root, path))
        return error_set(err, ERROR_REFUSED,
                         "Cluster %s: the directory %s leads out of %s: name one inside",
                         cluster->name, cluster->directory, root);
    target->target.directory = path;
    target->target.name = cluster->directory;
    return true;
}

void target_fill(const struct run *run, const struct project *project,
                 const struct cluster *cluster, struct target *ret_target)
{
    *ret_target = (struct target){
        .name = cluster ? cluster->name : NULL,
        .cluster = cluster,
        .context =
            cluster && cluster->kind == CLUSTER_CONTEXT ? cluster->context : run->options->context,
        .kubeconfig = run->options->kubeconfig,
        .set_name = project->name,
        .set_namespace = project->namespace,
        .create_namespace = project->create_namespace,
        .force_conflicts = run->options->force_conflicts,
        .records = run->options->records,
        .show_secrets = run->options->show_secrets,
        .concurrency = run->options->concurrency,
        .project = run->without_source ? NULL : project,
    };
}

static bool fill_target(struct run *run, struct target_run *run_target, const char *name,
                        struct error *err)
{
    const struct cluster *cluster = set_cluster(&run->set, name);
    if (name && !cluster)
        return error_set(err, ERROR_INPUT,
                         "there is no Cluster named %s in this source: add one, or correct the "
                         "name in the Project or in cmx.dev/cluster",
                         name);
    target_fill(run, &run->set.project, cluster, &run_target->target);
    run_target->provider = &provider_kubernetes;
    if (!cluster || cluster->kind != CLUSTER_DIRECTORY)
        return true;
    run_target->provider = &provider_directory;
    return resolve_directory(run, run_target, err);
}

static struct target_run *find_target(struct run *run, const char *cluster)
{
    for (size_t i = 0; i < run->target_count; i++) {
        const struct cluster *known = run->targets[i].target.cluster;
        if (same_name(known ? known->name : NULL, cluster))
            return &run->targets[i];
    }
    return NULL;
}

bool run_add_target(struct run *run, const char *cluster, struct error *err)
{
    struct target_run target = { .desired = arena_array(run->arena, 1, sizeof *target.desired) };
    if (find_target(run, cluster))
        return true;
    if (!fill_target(run, &target, cluster, err))
        return false;
    arena_push(run->arena, run->targets, run->target_count, run->target_capacity, target);
    return true;
}

/* A directory that leaves Secrets out does not want them. */
static bool is_wanted(const struct target_run *target, const struct resource *resource)
{
    const struct cluster *cluster = target->target.cluster;
    return !(resource->secret && cluster && cluster->kind == CLUSTER_DIRECTORY
             && cluster->leave_out_secrets);
}

static void share_out(struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        run->targets[i].desired =
            arena_array(run->arena, run->set.count, sizeof *run->targets[i].desired);
    for (size_t i = 0; i < run->set.count; i++) {
        const struct resource *resource = &run->set.resources[i];
        struct target_run *target = find_target(run, cluster_name_of(run, resource));
        if (target && is_wanted(target, resource))
            target->desired[target->desired_count++] = resource;
    }
}

/*
 * The Project's own target always counts, so that a source that became empty
 * still meets its record.
 */
bool run_targets(struct run *run, struct error *err)
{
    if (!run_add_target(run, run->set.project.cluster, err))
        return false;
    for (size_t i = 0; i < run->set.count; i++)
        if (!run_add_target(run, cluster_name_of(run, &run->set.resources[i]), err))
            return false;
    share_out(run);
    return true;
}
