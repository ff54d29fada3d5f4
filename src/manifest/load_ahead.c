/*
 * load_ahead: the files of a folder, parsed side by side before they are taken
 * one after the other. Part of load.h.
 *
 * Files are read here, on the caller's thread: a reader need not be safe for
 * several. Each thread parses into an arena of its own, which becomes a part of
 * the loader's; what is wrong with a file is told when it is taken.
 */
#include "base/cleanup.h"
#include "base/pool.h"
#include "manifest/load.h"
#include "manifest/secret.h"

#include <string.h>
#include <unistd.h>

enum { LEAST_FILES = 4, MOST_THREADS = 8 };

/* What one thread parses: each `step`-th file. */
struct share {
    struct arena *arena;
    struct loaded_file **files;
    size_t count, first, step;
};

static void parse_share(void *context, struct arena *arena)
{
    struct share *share = context;
    (void)arena; /* what is parsed stays */
    for (size_t i = share->first; i < share->count; i += share->step) {
        struct loaded_file *loaded = share->files[i];
        problems_start(&loaded->found, share->arena);
        loaded->fine = yaml_read(share->arena, loaded->file, &loaded->documents, &loaded->found);
    }
}

/* False where somebody else has to look at it, and to say what is wrong. */
static bool read_one(struct loader *loader, const char *path, size_t *bytes,
                     struct loaded_file **ret_loaded)
{
    struct loaded_file *known = NULL;
    struct error ignored;
    char *data;
    size_t length;
    HASH_FIND_STR(loader->files, path, known);
    if (known
        || !loader->reader->read(loader->reader->context, loader->arena, path, YAML_FILE_CEILING,
                                 &data, &length, &ignored))
        return false;
    *bytes += length;
    struct source_file *file = load_file_new(loader, path, load_folder_of(loader->arena, path));
    file->data = data;
    file->length = length;
    file->quotable = text_quotable(data, length);
    *ret_loaded = load_file_keep(loader, file);
    (*ret_loaded)->ahead = true;
    return true;
}

/* The Project's file by its usual name: what follows from it need not wait for all the others. */
static bool is_first(const char *path)
{
    const char *name = load_base_name(path);
    return strcmp(name, "project.yaml") == 0 || strcmp(name, "project.yml") == 0;
}

struct batch {
    struct loaded_file **files;
    size_t count, bytes;
};

static void read_files(struct loader *loader, const struct text_list *paths, bool first,
                       struct batch *batch)
{
    for (size_t i = 0; i < paths->count && batch->bytes <= LOAD_BYTES_CEILING; i++)
        if (is_first(paths->items[i]) == first)
            batch->count +=
                read_one(loader, paths->items[i], &batch->bytes, &batch->files[batch->count]);
}

static size_t thread_count(size_t files)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = cores < 1 ? 1 : cores < MOST_THREADS ? (size_t)cores : MOST_THREADS;
    return files < most ? files : most;
}

static void parse_all(struct loader *loader, struct loaded_file **files, size_t count)
{
    struct share shares[MOST_THREADS];
    size_t threads = thread_count(count);
    for (size_t i = 0; i < threads; i++)
        shares[i] = (struct share){ arena_new(), files, count, i, threads };
    pool_each((unsigned)threads, parse_share, shares, threads, sizeof *shares);
    for (size_t i = 0; i < threads; i++)
        arena_adopt(loader->arena, shares[i].arena);
}

void load_ahead(struct loader *loader, const struct text_list *paths)
{
    AUTO_ARENA scratch = arena_new();
    struct batch batch = { arena_array(scratch, paths->count + 1, sizeof(void *)), 0,
                           loader->bytes };
    bool waited_for = loader->options->hint && !loader->hinted;
    if (paths->count < LEAST_FILES && !waited_for)
        return;
    read_files(loader, paths, true, &batch);
    load_hint(loader, batch.files, batch.count, false);
    read_files(loader, paths, false, &batch);
    load_hint(loader, batch.files, batch.count, true);
    if (batch.count)
        parse_all(loader, batch.files, batch.count);
}
