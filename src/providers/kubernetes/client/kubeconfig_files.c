/* kubeconfig_files: finding, reading and merging the files; see kubeconfig.h. */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/client/kubeconfig.h"

#include <string.h>

static const struct kubeconfig_entry *find(const struct kubeconfig_entries *entries,
                                           const char *name)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    return NULL;
}

/* Adds the entries of one list ("clusters") that no earlier file has; two in one file are a slip.
 */
static bool merge_list(struct arena *arena, const struct value *root, const char *list_key,
                       const char *body_key, const char *folder, struct kubeconfig_entries *entries,
                       struct error *err)
{
    size_t earlier = entries->count;
    const struct value *list = value_get(root, list_key);
    if (list && list->kind != VALUE_LIST && list->kind != VALUE_NULL)
        return error_set(err, ERROR_INPUT, "%s: expected a list, got %s", list_key,
                         value_kind_name(list->kind));
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_item(list, i);
        const struct value *name_value = value_get(item, "name");
        const char *name = value_text(name_value);
        if (!name_value)
            return error_set(err, ERROR_INPUT, "%s[%zu]: it has no name", list_key, i);
        if (!name)
            return error_set(err, ERROR_INPUT, "%s[%zu].name: expected a string, got %s: quote it",
                             list_key, i, value_kind_name(name_value->kind));
        const struct kubeconfig_entry *known = find(entries, name);
        if (known && known >= entries->items + earlier)
            return error_set(err, ERROR_INPUT,
                             "%s[%zu]: a second one named \"%s\": remove or rename one of them",
                             list_key, i, name);
        if (known)
            continue;
        struct kubeconfig_entry entry = { name, value_get(item, body_key), folder };
        arena_push(arena, entries->items, entries->count, entries->capacity, entry);
    }
    return true;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_memdup(arena, path, (size_t)(slash - path) + (slash == path)) : "";
}

/* The file's one document; NULL root for an empty file. */
static bool parse_file(struct arena *arena, const char *path, const char *data, size_t length,
                       const struct value **ret_root, struct error *err)
{
    struct problems problems;
    struct yaml_documents documents = { 0 };
    struct source_file *file = arena_alloc(arena, sizeof *file);
    *file = (struct source_file){ .path = path, .data = data, .length = length };
    problems_start(&problems, arena);
    if (!yaml_read(arena, file, &documents, &problems) && problems.count) {
        const struct problem *problem = &problems.items[0];
        return error_set(err, ERROR_INPUT, "%u:%u: %s", problem->place.line, problem->place.column,
                         problem->message);
    }
    *ret_root = documents.count ? documents.items[0].root : NULL;
    if (*ret_root && (*ret_root)->kind != VALUE_MAP)
        return error_set(err, ERROR_INPUT, "expected a kubeconfig, got %s",
                         value_kind_name((*ret_root)->kind));
    return true;
}

static bool merge_document(struct arena *arena, const struct value *root, const char *folder,
                           struct kubeconfig_files *files, struct error *err)
{
    const char *kind = value_text_at(root, "kind", NULL);
    const char *version = value_text_at(root, "apiVersion", NULL);
    const char *current = value_text_at(root, "current-context", NULL);
    if (kind && strcmp(kind, "Config") != 0)
        return error_set(err, ERROR_INPUT, "expected a kubeconfig (kind Config), got kind %s",
                         kind);
    if (version && *version && strcmp(version, "v1") != 0)
        return error_set(err, ERROR_INPUT, "apiVersion: expected v1, got %s", version);
    if (!files->current && current && *current)
        files->current = current;
    return merge_list(arena, root, "clusters", "cluster", folder, &files->clusters, err)
           && merge_list(arena, root, "users", "user", folder, &files->users, err)
           && merge_list(arena, root, "contexts", "context", folder, &files->contexts, err);
}

/* Reads one file; `must_exist`: it was named on the command line. */
static bool merge_file(struct arena *arena, const char *path, bool must_exist,
                       struct kubeconfig_files *files, struct error *err)
{
    char *data;
    size_t length;
    const struct value *root = NULL;
    struct error problem;
    if (!file_read(arena, path, YAML_FILE_CEILING, &data, &length, &problem)) {
        if (problem.kind == ERROR_NOT_FOUND && !must_exist)
            return true;
        *err = problem;
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_USAGE; /* it was named; and no object is missing */
        return error_prefix(err, "kubeconfig");
    }
    files->found = true;
    if (!parse_file(arena, path, data, length, &root, err)
        || !merge_document(arena, root, folder_of(arena, path), files, err))
        return error_prefix(err, "kubeconfig %s", path);
    return true;
}

static bool merge_path_list(struct arena *arena, const char *list, struct kubeconfig_files *files,
                            struct error *err)
{
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ":");
        if (length && !merge_file(arena, arena_memdup(arena, at, length), false, files, err))
            return false;
        at += length + (at[length] == ':');
    }
    return true;
}

bool kubeconfig_read(struct arena *arena, const char *path, struct kubeconfig_files *ret_files,
                     struct error *err)
{
    struct kubeconfig_files files = { 0 };
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    bool read = true;
    if (path) {
        files.names = path;
        read = merge_file(arena, path, true, &files, err);
    } else if (list && *list) {
        files.names = arena_strdup(arena, list);
        read = merge_path_list(arena, files.names, &files, err);
    } else if (home && *home) {
        files.names = path_join(arena, home, ".kube/config");
        read = merge_file(arena, files.names, false, &files, err);
    } else {
        files.names = "~/.kube/config";
    }
    if (read)
        *ret_files = files;
    return read;
}

bool kubeconfig_contexts(struct arena *arena, const char *path,
                         struct kubeconfig_contexts *ret_contexts, struct error *err)
{
    struct kubeconfig_files files;
    struct kubeconfig_contexts contexts = { 0 };
    if (!kubeconfig_read(arena, path, &files, err))
        return false;
    for (size_t i = 0; i < files.contexts.count; i++)
        arena_push(arena, contexts.names.items, contexts.names.count, contexts.names.capacity,
                   files.contexts.items[i].name);
    contexts.current = files.current;
    *ret_contexts = contexts;
    return true;
}
