/*
 * set: a source becomes a set. The order of things, the checks that need all of
 * it, and what has failed, told by folder. The steps are in load.h.
 */
#include "manifest/load.h"

#include "manifest/config_hash.h"
#include "manifest/references.h"

#include <string.h>

const struct cluster *set_cluster(const struct set *set, const char *name)
{
    for (size_t i = 0; name && i < set->cluster_count; i++)
        if (strcmp(set->clusters[i].name, name) == 0)
            return &set->clusters[i];
    return NULL;
}

/* ------------------------------------------------------------------- references */

/* What is wrong with it, or with the file where it may stand, has been told. */
static bool is_faulty(const struct loader *loader, const char *name)
{
    for (size_t i = 0; i < loader->faulty_clusters.count; i++)
        if (strcmp(loader->faulty_clusters.items[i], name) == 0)
            return true;
    return loader->faulty_own;
}

static void check_cluster_name(struct loader *loader, const char *name,
                               const struct source_file *file, struct place place, bool quotable)
{
    const struct set *set = loader->set;
    if (!name || set_cluster(set, name) || is_faulty(loader, name))
        return;
    const char **names = arena_array(loader->arena, set->cluster_count + 1, sizeof *names);
    for (size_t i = 0; i < set->cluster_count; i++)
        names[i] = set->clusters[i].name;
    const char *meant = suggest(name, names, set->cluster_count);
    problem_add(loader->problems, file, place, quotable,
                "there is no Cluster named \"%.100s\" in this source%s%s%s", name,
                meant ? " (did you mean `" : "", meant ? meant : "", meant ? "`?)" : "");
}

static void check_clusters(struct loader *loader)
{
    const struct set *set = loader->set;
    check_cluster_name(loader, set->project.cluster, set->project.file, set->project.cluster_place,
                       true);
    for (size_t i = 0; i < set->count; i++) {
        const struct resource *resource = &set->resources[i];
        const struct value *value =
            value_at(resource->document, "metadata", "annotations", "cmx.dev/cluster", NULL);
        if (value)
            check_cluster_name(loader, resource->options.cluster, resource->file, value->place,
                               !resource->secret);
    }
}

static struct graph_node image_node(struct arena *arena, const struct image_spec *image)
{
    struct object_id *id = arena_alloc(arena, sizeof *id);
    *id = image_id(image->name);
    return (struct graph_node){ .id = id,
                                .document = image->document,
                                .options = &image->options,
                                .file = image->file,
                                .place = image->place };
}

static void check_references(struct loader *loader)
{
    const struct set *set = loader->set;
    size_t count = set->count + set->image_count;
    struct graph_node *nodes = arena_array(loader->arena, count, sizeof *nodes);
    struct edge_list edges = { 0 };
    for (size_t i = 0; i < set->count; i++) {
        const struct resource *resource = &set->resources[i];
        nodes[i] = (struct graph_node){ .id = &resource->id,
                                        .document = resource->document,
                                        .options = &resource->options,
                                        .file = resource->file,
                                        .place = resource->place };
    }
    for (size_t i = 0; i < set->image_count; i++)
        nodes[set->count + i] = image_node(loader->arena, &set->images[i]);
    edges_build(loader->arena, nodes, count, &edges, loader->problems);
}

/* ------------------------------------------------------------------ what has failed */

void load_failed(struct loader *loader, const char *folder, const char *why)
{
    struct set *set = loader->set;
    struct failed_scope scope = { folder, why };
    for (size_t i = 0; i < set->failed_count; i++)
        if (strcmp(set->failed[i].folder, folder) == 0)
            return;
    arena_push(loader->arena, set->failed, set->failed_count, loader->failed_capacity, scope);
}

/* Problems behind the `first` ones, by folder; those that were not kept fail everything. */
static void collect_failed(struct loader *loader, size_t first)
{
    const struct problems *problems = loader->problems;
    size_t told = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        if (problem->warning)
            continue;
        told++;
        const char *folder = problem->file ? problem->file->folder : NULL;
        if (i >= first)
            load_failed(loader, folder ? folder : "", problem->message);
    }
    if (told < problems->errors)
        load_failed(loader, "", "more problems than can be told");
}

/* ------------------------------------------------------------------------- loading */

/* True: the path may be missing, and is. */
static bool note_missing(struct loader *loader, size_t which, enum error_kind kind)
{
    const struct load_options *options = loader->options;
    if (!options->missing_is_empty || kind != ERROR_NOT_FOUND)
        return false;
    bool *missing = arena_array(loader->arena, options->path_count, sizeof *missing);
    for (size_t i = 0; loader->set->missing && i < which; i++)
        missing[i] = loader->set->missing[i];
    missing[which] = true;
    loader->set->missing = missing;
    return true;
}

/* Every given path; those that are not there become problems, or the error where nothing is. */
static bool read_paths(struct loader *loader, struct error *err)
{
    const struct load_options *options = loader->options;
    struct error *errors = arena_array(loader->arena, options->path_count, sizeof *errors);
    bool any = options->stdin_data || options->path_count == 0;
    const struct error *first = NULL;
    for (size_t i = 0; i < options->path_count; i++) {
        bool read = loader->reader
                    && (load_path(loader, options->paths[i], &errors[i])
                        || note_missing(loader, i, errors[i].kind));
        any |= read;
        if (!read && !errors[i].kind)
            error_set(&errors[i], ERROR_BUG, "a path without a reader");
        if (read)
            errors[i].kind = ERROR_NONE;
        else if (!first)
            first = &errors[i];
    }
    if (!any) {
        *err = *first;
        return false;
    }
    for (size_t i = 0; i < options->path_count; i++)
        if (errors[i].kind)
            load_report(loader, load_file_new(loader, options->paths[i], options->paths[i]),
                        &errors[i]);
    return true;
}

static bool read_all(struct loader *loader, struct error *err)
{
    if (!read_paths(loader, err))
        return false;
    if (!loader->options->stdin_data)
        return true;
    const struct loaded_file *loaded = load_stdin(loader);
    loader->set->files++;
    if (loaded)
        load_documents(loader, loaded);
    return true;
}

bool set_load(struct arena *arena, const struct source_reader *reader,
              const struct load_options *options, struct set *ret_set, struct problems *problems,
              struct error *err)
{
    struct set set = { .arena = arena,
                       .problems = problems,
                       .given_namespace = options->namespace };
    struct loader loader = {
        .arena = arena, .reader = reader, .options = options, .set = &set, .problems = problems
    };
    size_t first = problems->count;
    bool read = read_all(&loader, err);
    if (read) {
        load_project(&loader);
        load_images(&loader);
        load_bind(&loader);
        config_hash_set(&set);
        check_clusters(&loader);
        check_references(&loader);
        collect_failed(&loader, first);
        *ret_set = set;
    }
    HASH_CLEAR(hh, loader.files);
    return read;
}
