/*
 * project: the Project of a source, looked for upwards, and its Clusters. Part
 * of load.h.
 *
 * Looked at are the files directly in each folder from the given path up to the
 * reader's root, until one holds a Project. Files outside of the given paths
 * are parsed only when they mention cmx.dev/, and only for own kinds.
 */
#include "manifest/load.h"

#include "base/clock.h"
#include "manifest/image_reading.h"

#include <string.h>

static bool is_kind(const struct own_document *own, const char *kind)
{
    return strcmp(own->shape->kind, kind) == 0;
}

static const char *name_of(const struct own_document *own)
{
    return value_text_at(own->document, "metadata", "name", NULL);
}

static const char *place_text(struct loader *loader, const struct source_file *file,
                              struct place place)
{
    return arena_printf(loader->arena, "%s:%u:%u", file->path, place.line, place.column);
}

/* ------------------------------------------------------------- looking upwards */

static void take_own(struct loader *loader, const struct loaded_file *loaded)
{
    for (size_t i = 0; i < loaded->documents.count; i++) {
        const struct value *document = loaded->documents.items[i].root;
        const char *version = value_text(value_get(document, "apiVersion"));
        if (version && strncmp(version, "cmx.dev/", 8) == 0
            && value_text(value_get(document, "kind")))
            load_own(loader, document, loaded->file);
    }
}

/* The own kinds of the files directly in a folder that is not read otherwise. */
static void look_into(struct loader *loader, const char *folder)
{
    struct source_entry *entries;
    size_t count = 0;
    struct error ignored = { 0 };
    if (!loader->reader->list(loader->reader->context, loader->arena, folder, &entries, &count,
                              &ignored))
        return;
    const struct cmxignore *ignore = load_ignore_chain(loader, folder);
    for (size_t i = 0; i < count; i++) {
        const char *name = load_base_name(entries[i].path);
        struct loaded_file *loaded = NULL;
        HASH_FIND_STR(loader->files, entries[i].path, loaded);
        if (loaded || entries[i].is_folder || *name == '.' || !load_takes_name(name)
            || cmxignore_matches(ignore, entries[i].path, false))
            continue;
        loaded = load_file(loader, entries[i].path, true);
        if (loaded)
            take_own(loader, loaded);
    }
}

/* The first Project in a file of this very folder. */
static const struct own_document *project_in(struct loader *loader, const char *folder)
{
    for (size_t i = 0; i < loader->own_count; i++)
        if (is_kind(&loader->own[i], "Project") && strcmp(loader->own[i].file->folder, folder) == 0)
            return &loader->own[i];
    return NULL;
}

static const struct own_document *find_upwards(struct loader *loader, const struct start *start)
{
    const char *folder = start->folder;
    for (;;) {
        if (strcmp(folder, start->path) != 0)
            look_into(loader, folder);
        const struct own_document *found = project_in(loader, folder);
        if (found || !*folder)
            return found;
        folder = load_folder_of(loader->arena, folder);
    }
}

/* Copied out, since the list of own documents moves while it grows. */
static bool find_project(struct loader *loader, struct own_document *ret_own)
{
    bool found = false;
    for (size_t i = 0; i < loader->start_count; i++) {
        const struct own_document *own = find_upwards(loader, &loader->starts[i]);
        if (own && !found)
            *ret_own = *own;
        found |= own != NULL;
    }
    const struct own_document *own = found ? NULL : project_in(loader, "-");
    if (own)
        *ret_own = *own;
    return found || own;
}

/* A Project that is not the one of this load: it would be passed over in silence. */
static void report_other(struct loader *loader, const struct own_document *own,
                         const struct own_document *chosen)
{
    const char *folder = *own->file->folder ? own->file->folder : ".";
    if (!chosen)
        problem_add(loader->problems, own->file, own->place, true,
                    "this Project is for its own folder: read that alone (-f %s), or move the "
                    "Project up",
                    folder);
    else if (strcmp(chosen->file->folder, own->file->folder) == 0)
        problem_add(loader->problems, own->file, own->place, true,
                    "a second Project in one folder: the first is at %s",
                    place_text(loader, chosen->file, chosen->place));
    else
        problem_add(loader->problems, own->file, own->place, true,
                    "a second Project: what is read belongs to that at %s; read this folder "
                    "alone (-f %s), or leave it out in " CMXIGNORE_NAME,
                    place_text(loader, chosen->file, chosen->place), folder);
}

static void report_others(struct loader *loader, const struct own_document *chosen)
{
    for (size_t i = 0; i < loader->own_count; i++)
        if (is_kind(&loader->own[i], "Project")
            && !(chosen && chosen->document == loader->own[i].document))
            report_other(loader, &loader->own[i], chosen);
}

/* ------------------------------------------------------------------ the Project */

static int64_t duration_of(const struct value *spec, const char *name)
{
    int64_t milliseconds = 0;
    const char *text = value_text(value_get(spec, name));
    return text && duration_parse(text, &milliseconds) ? milliseconds : 0;
}

static struct budget budget_of(const struct value *budget)
{
    const char *share = value_text(budget);
    if (share)
        return (struct budget){ .count = -1, .percent = atoi(share) };
    return (struct budget){ .count = value_int(budget, -1), .percent = -1 };
}

static enum adopt_policy adopt_of(const char *text)
{
    if (text && strcmp(text, "never") == 0)
        return ADOPT_NEVER;
    return text && strcmp(text, "all") == 0 ? ADOPT_ALL : ADOPT_UNOWNED;
}

static enum rollback_policy rollback_of(const char *text)
{
    return text && strcmp(text, "automatic") == 0 ? ROLLBACK_AUTOMATIC : ROLLBACK_OFF;
}

/* "Kind" or "Kind.group". */
static void read_kind(struct arena *arena, const struct value *item, struct object_id *pattern)
{
    const char *kind = value_text(value_get(item, "kind"));
    const char *dot = kind ? strchr(kind, '.') : NULL;
    pattern->kind = dot ? arena_memdup(arena, kind, (size_t)(dot - kind)) : kind;
    pattern->group = dot ? dot + 1 : NULL;
}

static void read_pointers(struct arena *arena, const struct value *item, struct text_list *ret)
{
    const struct value *pointers = value_get(item, "pointers");
    for (size_t i = 0; i < value_count(pointers); i++) {
        const char *pointer = value_text(value_item(pointers, i));
        arena_push(arena, ret->items, ret->count, ret->capacity, pointer);
    }
}

static void read_rule(struct arena *arena, const struct value *item, struct ignore_rule *rule)
{
    read_kind(arena, item, &rule->pattern);
    rule->pattern.name = value_text(value_get(item, "name"));
    rule->pattern.namespace = value_text(value_get(item, "namespace"));
    rule->manager = value_text(value_get(item, "manager"));
    read_pointers(arena, item, &rule->pointers);
}

static void read_rules(struct arena *arena, const struct value *list, struct project *project)
{
    project->ignore_count = value_count(list);
    if (!project->ignore_count)
        return;
    project->ignore = arena_array(arena, project->ignore_count, sizeof *project->ignore);
    for (size_t i = 0; i < project->ignore_count; i++)
        read_rule(arena, value_item(list, i), &project->ignore[i]);
}

static void read_image_paths(struct arena *arena, const struct value *list, struct project *project)
{
    project->image_path_count = value_count(list);
    if (!project->image_path_count)
        return;
    project->image_paths =
        arena_array(arena, project->image_path_count, sizeof *project->image_paths);
    for (size_t i = 0; i < project->image_path_count; i++) {
        read_kind(arena, value_item(list, i), &project->image_paths[i].pattern);
        read_pointers(arena, value_item(list, i), &project->image_paths[i].pointers);
    }
}

/* What a Project without a spec says: the defaults of its shape. */
static const struct value *default_spec(struct loader *loader)
{
    struct value *root = value_map(loader->arena), *metadata = value_map(loader->arena);
    value_set(loader->arena, metadata, "name", value_string(loader->arena, "set"));
    value_set(loader->arena, root, "apiVersion", value_string(loader->arena, SHAPE_API_VERSION));
    value_set(loader->arena, root, "kind", value_string(loader->arena, "Project"));
    value_set(loader->arena, root, "metadata", metadata);
    return value_get(
        shape_check(loader->arena, kind_shape_find("Project"), root, NULL, loader->problems),
        "spec");
}

static void fill_project(struct loader *loader, const struct own_document *own)
{
    struct project *project = &loader->set->project;
    const struct value *spec = own ? value_get(own->document, "spec") : default_spec(loader);
    const char *namespace = own ? value_text_at(own->written, "spec", "namespace", NULL) : NULL;
    const char *fallback = loader->options->fallback_name;
    const struct value *cluster = value_get(spec, "cluster");
    if (!namespace)
    namespace = loader->options->namespace;
    *project = (struct project){
        .name = own        ? name_of(own)
                : fallback ? fallback
                           : "set",
        .named = own != NULL,
        .namespace = namespace ? namespace : "default",
        .create_namespace = value_is_true(value_get(spec, "createNamespace"), false),
        .cluster = value_text(cluster),
        .cluster_place = cluster ? cluster->place : (struct place){ 0 },
        .prune = value_is_true(value_get(spec, "prune"), true),
        .prune_budget = budget_of(value_get(spec, "pruneBudget")),
        .max_rolling = (size_t)value_int(value_get(spec, "maxRolling"), 0),
        .max_failures = (size_t)value_int(value_get(spec, "maxFailures"), 0),
        .rollback = rollback_of(value_text(value_get(spec, "rollback"))),
        .adopt = adopt_of(value_text(value_get(spec, "adopt"))),
        .timeout = duration_of(spec, "timeout"),
        .wait_timeout = duration_of(spec, "waitTimeout"),
        .file = own ? own->file : NULL,
        .folder = own && strcmp(own->file->folder, "-") != 0 ? own->file->folder : NULL,
    };
    read_rules(loader->arena, value_get(spec, "ignore"), project);
    read_image_paths(loader->arena, value_get(spec, "imagePaths"), project);
}

/* ----------------------------------------------------------------- the Clusters */

static bool leads_out(const char *path)
{
    if (*path == '/')
        return true;
    for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
    return false;
}

/* Is it a folder that is read? The next run would read what this one wrote. */
static bool is_read(struct loader *loader, const char *path)
{
    const char *plain = reading_plain_path(loader->arena, path);
    for (size_t i = 0; plain && i < loader->start_count; i++)
        if (strcmp(loader->starts[i].path, plain) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with the folder that a Cluster writes to. */
static const char *directory_wrong(struct loader *loader, const char *path)
{
    if (leads_out(path))
        return "spec.directory: expected a path below the repository's root, without \"..\"";
    if (reading_is_gits(path))
        return "spec.directory: what is in .git is git's: name another folder";
    if (is_read(loader, path))
        return "spec.directory: the manifests are read from there: name another folder";
    return NULL;
}

static bool check_cluster(struct loader *loader, const struct own_document *own,
                          const struct cluster *cluster)
{
    const struct value *spec = value_get(own->document, "spec");
    const struct value *in_cluster = value_get(spec, "inCluster");
    const struct value *wrong = NULL;
    const char *why = NULL;
    if (in_cluster && !value_is_true(in_cluster, false)) {
        wrong = in_cluster;
        why = "spec.inCluster: expected true, got false (leave it out, and name a `context` or a "
              "`directory`)";
    } else if (cluster->directory && directory_wrong(loader, cluster->directory)) {
        wrong = value_get(spec, "directory");
        why = directory_wrong(loader, cluster->directory);
    } else if (cluster->images && !cluster->directory) {
        wrong = value_get(spec, "images");
        why = "spec.images: images of a cluster come from registries: it stands beside a "
              "`directory`";
    } else if (cluster->images
               && (leads_out(cluster->images) || reading_is_gits(cluster->images)
                   || strpbrk(cluster->images, ":@"))) {
        wrong = value_get(spec, "images");
        why = "spec.images: expected a path below the repository's root, without \"..\", \".git\", "
              "\":\" and \"@\"";
    } else if (cluster->directory && cluster->uid) {
        wrong = value_get(spec, "uid");
        why = "spec.uid: a directory has none: remove it";
    }
    if (wrong)
        problem_add(loader->problems, own->file, wrong->place, true, "%s", why);
    const struct cluster *other = set_cluster(loader->set, cluster->name);
    if (other)
        problem_add(loader->problems, own->file, own->place, true,
                    "Cluster %s is defined twice: the first is at %s", cluster->name,
                    place_text(loader, other->file, other->place));
    return !other && !wrong;
}

static void add_cluster(struct loader *loader, const struct own_document *own, size_t *capacity)
{
    const struct value *spec = value_get(own->document, "spec");
    const char *secrets = value_text(value_get(spec, "secrets"));
    struct cluster cluster = {
        .name = name_of(own),
        .context = value_text(value_get(spec, "context")),
        .uid = value_text(value_get(spec, "uid")),
        .directory = value_text(value_get(spec, "directory")),
        .images = value_text(value_get(spec, "images")),
        .write_secrets = secrets && strcmp(secrets, "write") == 0,
        .leave_out_secrets = secrets && strcmp(secrets, "leave-out") == 0,
        .file = own->file,
        .place = own->place,
    };
    cluster.kind = cluster.directory ? CLUSTER_DIRECTORY
                   : cluster.context ? CLUSTER_CONTEXT
                                     : CLUSTER_IN_CLUSTER;
    if (check_cluster(loader, own, &cluster))
        arena_push(loader->arena, loader->set->clusters, loader->set->cluster_count, *capacity,
                   cluster);
    else
        load_faulty_cluster(loader, own->document);
}

/* ---------------------------------------------------------------- a first look */

/* Own kinds are few; objects with annotations of ours may be many, and are not parsed twice. */
static bool may_tell(const struct source_file *file)
{
    return memmem(file->data, file->length, "cmx.dev/v1", 10)
           && (memmem(file->data, file->length, "Project", 7)
               || memmem(file->data, file->length, "Cluster", 7));
}

static void peek_into(struct loader *peek, struct loaded_file *const *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct loaded_file *loaded = arena_alloc(peek->arena, sizeof *loaded);
        loaded->file = files[i]->file;
        if (may_tell(loaded->file)
            && yaml_read(peek->arena, loaded->file, &loaded->documents, peek->problems))
            take_own(peek, loaded);
    }
}

static bool give_hint(struct loader *peek, const struct own_document *own)
{
    size_t capacity = 0;
    const struct project *project = &peek->set->project;
    fill_project(peek, own);
    for (size_t i = 0; i < peek->own_count; i++)
        if (is_kind(&peek->own[i], "Cluster"))
            add_cluster(peek, &peek->own[i], &capacity);
    const struct cluster *cluster = set_cluster(peek->set, project->cluster);
    if (peek->problems->count || (project->cluster && !cluster))
        return false;
    peek->options->hint(peek->options->hint_context, project, cluster);
    return true;
}

void load_hint(struct loader *loader, struct loaded_file *const *files, size_t count, bool all)
{
    if (!loader->options->hint || loader->hinted || loader->options->path_count != 1)
        return;
    struct set *set = arena_alloc(loader->arena, sizeof *set);
    struct problems ignored;
    struct loader peek = { .arena = loader->arena,
                           .reader = loader->reader,
                           .options = loader->options,
                           .set = set,
                           .problems = &ignored };
    struct own_document own;
    problems_start(&ignored, loader->arena);
    peek_into(&peek, files, count);
    peek.starts = loader->starts;
    peek.start_count = loader->start_count;
    loader->hinted = all;
    if (all || project_in(&peek, loader->starts[0].folder))
        loader->hinted |= give_hint(&peek, find_project(&peek, &own) ? &own : NULL);
    HASH_CLEAR(hh, peek.files);
}

/* ---------------------------------------------------------------------- the set */

void load_project(struct loader *loader)
{
    struct own_document own;
    size_t capacity = 0;
    bool found = find_project(loader, &own);
    report_others(loader, found ? &own : NULL);
    fill_project(loader, found ? &own : NULL);
    for (size_t i = 0; i < loader->own_count; i++)
        if (is_kind(&loader->own[i], "Cluster"))
            add_cluster(loader, &loader->own[i], &capacity);
}
