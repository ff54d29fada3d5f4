/* load_walk: which files are read. Part of load.h. */
#include "base/cleanup.h"
#include "manifest/load.h"

#include <string.h>

struct folder {
    const char *path;
    struct source_entry *entries;
    size_t count;
    const struct cmxignore *ignore;
    unsigned depth;
    bool given; /* by the user: not only found below */
};

static void walk(struct loader *loader, struct folder *folder);

/* ------------------------------------------------------------------ .cmxignore */

/* The folder's patterns on top of `above`; a file that cannot be read is a problem of the folder.
 */
static const struct cmxignore *read_ignore(struct loader *loader, const struct cmxignore *above,
                                           const char *folder)
{
    struct error err = { 0 };
    char *data = NULL;
    size_t length = 0;
    const char *path =
        *folder ? arena_printf(loader->arena, "%s/" CMXIGNORE_NAME, folder) : CMXIGNORE_NAME;
    if (loader->reader->read(loader->reader->context, loader->arena, path, CMXIGNORE_FILE_CEILING,
                             &data, &length, &err))
        return cmxignore_read(loader->arena, above, folder, data, length);
    if (err.kind != ERROR_NOT_FOUND)
        load_report(loader, load_file_new(loader, path, folder), &err);
    return above;
}

const struct cmxignore *load_ignore_chain(struct loader *loader, const char *folder)
{
    const struct cmxignore *ignore = read_ignore(loader, NULL, "");
    for (const char *slash = *folder ? strchr(folder, '/') : NULL; slash;
         slash = strchr(slash + 1, '/'))
        ignore = read_ignore(loader, ignore,
                             arena_memdup(loader->arena, folder, (size_t)(slash - folder)));
    return *folder ? read_ignore(loader, ignore, folder) : ignore;
}

/* -------------------------------------------------------- what other tools own */

static const char *foreign_tool(const char *name)
{
    static const char *const kustomize[] = { "kustomization.yaml", "kustomization.yml",
                                             "Kustomization" };
    for (size_t i = 0; i < sizeof kustomize / sizeof *kustomize; i++)
        if (strcmp(name, kustomize[i]) == 0)
            return "kustomize";
    return strcmp(name, "Chart.yaml") == 0 ? "Helm" : NULL;
}

static bool refuse_foreign(struct loader *loader, const struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        const char *name = load_base_name(folder->entries[i].path);
        const char *tool = folder->entries[i].is_folder ? NULL : foreign_tool(name);
        if (!tool)
            continue;
        problem_add(
            loader->problems, load_file_new(loader, folder->entries[i].path, folder->path),
            (struct place){ 0 }, false,
            "this folder is for %s, which is not supported yet: its files are not "
            "applied as they are. Render it first (%s), or leave the folder out in " CMXIGNORE_NAME,
            tool, *tool == 'H' ? "`helm template`" : "`kubectl kustomize`");
        return true;
    }
    return false;
}

/* A directory target keeps its record in `.cmx`: what lies there was written, not wanted. */
static bool is_rendered(const struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        if (folder->entries[i].is_folder
            && strcmp(load_base_name(folder->entries[i].path), ".cmx") == 0)
            return !folder->given;
    return false;
}

/* -------------------------------------------------------------------- walking */

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct source_entry *)a)->path, ((const struct source_entry *)b)->path);
}

static bool list(struct loader *loader, struct folder *folder, struct error *err)
{
    if (!loader->reader->list(loader->reader->context, loader->arena, folder->path,
                              &folder->entries, &folder->count, err))
        return false;
    if (folder->count)
        qsort(folder->entries, folder->count, sizeof *folder->entries, compare_entries);
    return true;
}

static void report_folder(struct loader *loader, const char *path, const char *message)
{
    problem_add(loader->problems, load_file_new(loader, path, path), (struct place){ 0 }, false,
                "%s", message);
}

static void take_file(struct loader *loader, const char *path)
{
    if (loader->set->files == LOAD_FILE_CEILING) {
        report_folder(loader, load_folder_of(loader->arena, path),
                      "more than 100000 manifests in one load");
        loader->set->files++;
    }
    if (loader->set->files > LOAD_FILE_CEILING)
        return;
    struct loaded_file *known = NULL;
    HASH_FIND_STR(loader->files, path, known);
    if (known && !known->ahead)
        return; /* given twice */
    loader->set->files++;
    const struct loaded_file *loaded = load_file(loader, path, false);
    if (loaded)
        load_documents(loader, loaded);
}

static void enter(struct loader *loader, const struct folder *above, const char *path)
{
    struct folder folder = { .path = path, .depth = above->depth + 1 };
    struct error err = { 0 };
    if (folder.depth > LOAD_DEPTH_CEILING || loader->folders > LOAD_FOLDER_CEILING) {
        report_folder(loader, path,
                      folder.depth > LOAD_DEPTH_CEILING ? "more than 64 folders inside one another"
                                                        : "more than 100000 folders in one load");
        return;
    }
    if (!list(loader, &folder, &err)) {
        load_report(loader, load_file_new(loader, path, path), &err);
        return;
    }
    folder.ignore = above->ignore;
    for (size_t i = 0; i < folder.count; i++)
        if (strcmp(load_base_name(folder.entries[i].path), CMXIGNORE_NAME) == 0)
            folder.ignore = read_ignore(loader, above->ignore, path);
    walk(loader, &folder);
}

static bool is_left_out(const struct folder *folder, const struct source_entry *entry)
{
    return *load_base_name(entry->path) == '.'
           || cmxignore_matches(folder->ignore, entry->path, entry->is_folder);
}

static bool is_manifest(const struct source_entry *entry)
{
    return !entry->is_folder && load_takes_name(load_base_name(entry->path));
}

static void parse_ahead(struct loader *loader, const struct folder *folder)
{
    AUTO_ARENA scratch = arena_new();
    struct text_list paths = { 0 };
    for (size_t i = 0; i < folder->count; i++)
        if (is_manifest(&folder->entries[i]) && !is_left_out(folder, &folder->entries[i]))
            arena_push(scratch, paths.items, paths.count, paths.capacity, folder->entries[i].path);
    load_ahead(loader, &paths);
}

static void walk(struct loader *loader, struct folder *folder)
{
    loader->folders++;
    if (is_rendered(folder) || refuse_foreign(loader, folder))
        return;
    parse_ahead(loader, folder);
    for (size_t i = 0; i < folder->count && !loader->ceiling_told; i++) {
        const struct source_entry *entry = &folder->entries[i];
        if (is_left_out(folder, entry))
            continue;
        if (entry->is_folder)
            enter(loader, folder, entry->path);
        else if (is_manifest(entry))
            take_file(loader, entry->path);
    }
}

static void add_start(struct loader *loader, const char *path, const char *folder)
{
    struct start start = { path, folder };
    arena_push(loader->arena, loader->starts, loader->start_count, loader->start_capacity, start);
}

/* A single file is not part of its folder only because it was named alone. */
static bool load_one_file(struct loader *loader, const char *path, struct error *err)
{
    struct folder folder = { .path = load_folder_of(loader->arena, path), .given = true };
    struct error ignored = { 0 };
    char *data;
    size_t length;
    if (!loader->reader->read(loader->reader->context, loader->arena, path, YAML_FILE_CEILING,
                              &data, &length, err))
        return false;
    add_start(loader, path, folder.path);
    if (!list(loader, &folder, &ignored) || !refuse_foreign(loader, &folder))
        take_file(loader, path);
    return true;
}

bool load_path(struct loader *loader, const char *path, struct error *err)
{
    struct folder folder = { .path = path, .given = true };
    struct error not_listed = { 0 };
    if (!list(loader, &folder, &not_listed)) {
        if (*path && load_one_file(loader, path, err))
            return true;
        if (!*path || err->kind != ERROR_NOT_FOUND)
            *err = *path && err->kind ? *err : not_listed;
        return false;
    }
    add_start(loader, path, path);
    folder.ignore = load_ignore_chain(loader, path);
    walk(loader, &folder);
    return true;
}
