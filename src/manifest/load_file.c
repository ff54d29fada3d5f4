/* load_file: a file's bytes and its documents, read once. Part of load.h. */
#include "manifest/load.h"

#include "manifest/secret.h"

#include <string.h>

#define OWN_MARK "cmx.dev/"

bool load_takes_name(const char *name)
{
    static const char *const ends[] = { ".yaml", ".yml", ".json" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);
        if (length > end && strcmp(name + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

const char *load_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *load_folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_memdup(arena, path, (size_t)(slash - path)) : "";
}

/* "deploy/../" + "" is shown as "deploy/..", the working folder itself as ".". */
static const char *display_path(struct loader *loader, const char *path)
{
    const char *display = loader->reader ? loader->reader->display : "";
    if (*path)
        return arena_printf(loader->arena, "%s%s", display, path);
    size_t length = strlen(display);
    if (length == 0)
        return ".";
    return arena_memdup(loader->arena, display, length > 1 ? length - 1 : length);
}

struct source_file *load_file_new(struct loader *loader, const char *path, const char *folder)
{
    struct source_file *file = arena_alloc(loader->arena, sizeof *file);
    file->path = display_path(loader, path);
    file->source = arena_strdup(loader->arena, path);
    file->data = "";
    file->folder = folder;
    return file;
}

/* Is every object of this document, those of a List too, one that may be quoted? */
static bool all_quotable(const struct value *document, unsigned depth)
{
    const struct value *items = value_get(document, "items");
    if (!document || document->kind == VALUE_NULL)
        return true;
    if (!items || items->kind != VALUE_LIST)
        return document_quotable(document);
    for (size_t i = 0; i < items->list.count; i++)
        if (depth == LOAD_LIST_CEILING || !all_quotable(items->list.items[i], depth + 1))
            return false;
    return true;
}

/* What is to be known of a file that has been parsed. */
static void judge(struct loader *loader, struct loaded_file *loaded, bool fine)
{
    struct source_file *file = loaded->file;
    if (fine)
        file->quotable = true;
    else if (memmem(file->data, file->length, OWN_MARK, sizeof OWN_MARK - 1))
        loader->faulty_own = true;
    for (size_t i = 0; i < loaded->documents.count; i++)
        file->quotable &= all_quotable(loaded->documents.items[i].root, 0);
}

static void parse(struct loader *loader, struct loaded_file *loaded)
{
    struct source_file *file = loaded->file;
    file->quotable = text_quotable(file->data, file->length);
    judge(loader, loaded, yaml_read(loader->arena, file, &loaded->documents, loader->problems));
}

static bool count_bytes(struct loader *loader, const struct source_file *file)
{
    loader->bytes += file->length;
    if (loader->bytes <= LOAD_BYTES_CEILING)
        return true;
    if (!loader->ceiling_told)
        problem_add(loader->problems, file, (struct place){ 0 }, false,
                    "the manifests have more than %zu MiB in total; load fewer of them at once",
                    LOAD_BYTES_CEILING >> 20);
    loader->ceiling_told = true;
    load_failed(loader, "", "the manifests are larger than the ceiling");
    return false;
}

void load_report(struct loader *loader, const struct source_file *file, const struct error *err)
{
    const char *message = err->message;
    size_t length = strlen(file->path);
    if (strncmp(message, file->path, length) == 0 && strncmp(message + length, ": ", 2) == 0)
        message += length + 2;
    else if (strncmp(message, file->path, length) == 0 && message[length] == ' ')
        message += length + 1;
    problem_add(loader->problems, file, (struct place){ 0 }, false, "%s", message);
}

struct loaded_file *load_file_keep(struct loader *loader, struct source_file *file)
{
    struct loaded_file *loaded = arena_alloc(loader->arena, sizeof *loaded);
    loaded->file = file;
    HASH_ADD_KEYPTR(hh, loader->files, file->source, strlen(file->source), loaded);
    return loaded;
}

/* A link to nowhere, a pipe or a file above the ceiling holds no Project; one unread might. */
static bool cannot_hold_own(const struct error *err)
{
    return err->kind == ERROR_INPUT || err->kind == ERROR_NOT_FOUND;
}

/* Of one that was parsed ahead, what is wrong is told now. */
static struct loaded_file *take_parsed(struct loader *loader, struct loaded_file *loaded)
{
    if (!loaded->ahead)
        return loaded;
    loaded->ahead = false;
    if (!count_bytes(loader, loaded->file))
        return NULL;
    problems_append(loader->problems, &loaded->found);
    judge(loader, loaded, loaded->fine);
    return loaded;
}

struct loaded_file *load_file(struct loader *loader, const char *path, bool only_own)
{
    struct loaded_file *loaded = NULL;
    HASH_FIND_STR(loader->files, path, loaded);
    if (loaded)
        return take_parsed(loader, loaded);
    struct source_file *file = load_file_new(loader, path, load_folder_of(loader->arena, path));
    struct error err = { 0 };
    char *data = NULL;
    if (!loader->reader->read(loader->reader->context, loader->arena, path, YAML_FILE_CEILING,
                              &data, &file->length, &err)) {
        if (!only_own || !cannot_hold_own(&err))
            load_report(loader, file, &err);
        return NULL;
    }
    file->data = data;
    if (only_own && !memmem(data, file->length, OWN_MARK, sizeof OWN_MARK - 1))
        return NULL;
    if (!count_bytes(loader, file))
        return NULL;
    loaded = load_file_keep(loader, file);
    parse(loader, loaded);
    return loaded;
}

struct loaded_file *load_stdin(struct loader *loader)
{
    struct source_file *file = load_file_new(loader, "-", "-");
    file->path = "-";
    file->data = loader->options->stdin_data;
    file->length = loader->options->stdin_length;
    struct loaded_file *loaded = load_file_keep(loader, file);
    if (file->length > YAML_FILE_CEILING) {
        problem_add(loader->problems, file, (struct place){ 0 }, false,
                    "standard input is larger than %d MiB", YAML_FILE_CEILING >> 20);
        return NULL;
    }
    parse(loader, loaded);
    return loaded;
}
