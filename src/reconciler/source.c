/* source: see source.h. */
#include "reconciler/source.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/disk.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STDIN_CEILING = 8 << 20, LONGEST_NAME = 52, SHORT_COMMIT = 7 };

const char *commit_short(struct arena *arena, const char *commit)
{
    return arena_memdup(arena, commit, strnlen(commit, SHORT_COMMIT));
}

const char *source_name(struct arena *arena, const char *text)
{
    char *name = arena_alloc(arena, LONGEST_NAME + 1);
    size_t length = 0;
    for (; *text && length < LONGEST_NAME; text++) {
        char c = (char)tolower((unsigned char)*text);
        if (isalnum((unsigned char)c) && (unsigned char)c < 0x80)
            name[length++] = c;
        else if (length && name[length - 1] != '-')
            name[length++] = '-';
    }
    while (length && name[length - 1] == '-')
        length--;
    name[length] = '\0';
    return length ? name : "set";
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The origin's last part and the folders, or the root folder's own name. */
static void derive_name(struct source *source, struct arena *arena)
{
    AUTO_BUF name = BUF_INIT(BUF_OUTPUT_CEILING);
    bool has_url = strchr(source->commit.origin, '/') != NULL;
    if (has_url)
        buf_puts(&name, last_part(source->commit.origin));
    else if (source->root)
        buf_puts(&name, last_part(source->root));
    for (size_t i = 0; i < source->path_count; i++)
        if (*source->paths[i])
            buf_printf(&name, "-%s", source->paths[i]);
    source->name = source_name(arena, buf_text(&name));
}

static void set_revision(struct source *source, struct arena *arena)
{
    const char *commit = source->commit.commit;
    source->revision = !commit || !*commit ? ""
                                           : arena_printf(arena, "%s%s", commit_short(arena, commit),
                                                          source->commit.dirty ? "-dirty" : "");
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_paths(struct source *source, struct arena *arena)
{
    AUTO_BUF joined = BUF_INIT(BUF_OUTPUT_CEILING);
    qsort(source->paths, source->path_count, sizeof *source->paths, compare_paths);
    for (size_t i = 0; i < source->path_count; i++)
        buf_printf(&joined, "%s%s", i ? "," : "", source->paths[i]);
    source->commit.path = arena_strdup(arena, buf_text(&joined));
}

/* ------------------------------------------------------------ standard input */

static bool read_stdin(struct source *source, struct arena *arena, struct error *err)
{
    char *data;
    if (!file_read_descriptor(arena, STDIN_FILENO, "standard input", STDIN_CEILING, &data,
                              &source->stdin_length, err))
        return false;
    source->stdin_data = data;
    return true;
}

/* ------------------------------------------------------------------ the disk */

static bool real_path(struct arena *arena, const char *path, const char **ret_real,
                      bool *ret_folder, struct error *err)
{
    struct stat status;
    AUTO_FREE char *real = realpath(path, NULL);
    if (!real || stat(real, &status) != 0)
        return error_errno(err, errno == ENOENT ? ERROR_USAGE : ERROR_LOCAL, "-f %s", path);
    *ret_real = arena_strdup(arena, real);
    *ret_folder = S_ISDIR(status.st_mode);
    return true;
}

static const char *parent_of(struct arena *arena, const char *path)
{
    size_t length = (size_t)(last_part(path) - path);
    return arena_memdup(arena, path, length > 1 ? length - 1 : length);
}

static bool is_below(const char *path, const char *root)
{
    size_t length = strlen(root);
    if (length && root[length - 1] == '/')
        length--;
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static const char *below(const char *path, const char *root)
{
    size_t length = strlen(root);
    if (length && root[length - 1] == '/')
        length--;
    path += length;
    return *path == '/' ? path + 1 : path;
}

/* The path from the working folder to `root`, with "/" at its end; "" where they are the same. */
static const char *display_prefix(struct arena *arena, const char *root)
{
    AUTO_FREE char *here = getcwd(NULL, 0);
    if (!here)
        return arena_printf(arena, "%s/", root);
    if (is_below(root, here))
        return *below(root, here) ? arena_printf(arena, "%s/", below(root, here)) : "";
    AUTO_BUF prefix = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *base = here;
    while (!is_below(root, base)) {
        base = parent_of(arena, base);
        buf_puts(&prefix, "../");
    }
    if (*below(root, base))
        buf_printf(&prefix, "%s/", below(root, base));
    return arena_memdup(arena, buf_text(&prefix), prefix.length);
}

/* The folder that holds all paths, where no repository does. */
static const char *common_root(struct arena *arena, const char *const *paths, size_t count,
                               bool first_is_folder)
{
    const char *root = first_is_folder ? paths[0] : parent_of(arena, paths[0]);
    for (size_t i = 1; i < count; i++)
        while (!is_below(paths[i], root))
            root = parent_of(arena, root);
    return root;
}

static bool open_repository(struct source *source, const struct source_options *options,
                            const char *folder, const struct wait *wait, struct error *err)
{
    struct error none = { 0 };
    struct git_options git = { .folder = folder, .ref = options->ref, .http = options->http };
    if (git_open(&git, &source->git, wait, &none))
        return true;
    source->git = NULL;
    if (none.kind == ERROR_NOT_FOUND && !options->ref)
        return true;
    *err = none;
    return false;
}

static bool read_commit(struct source *source, const struct source_options *options,
                        struct error *err)
{
    const char *path = source->commit.path;
    source->commit = *git_record(source->git);
    source->commit.path = path;
    if (options->ref)
        return true;
    return git_dirty(source->git, source->paths, source->path_count, &source->commit.dirty, err);
}

static bool open_disk(struct source *source, struct arena *arena,
                      const struct source_options *options, const struct wait *wait,
                      struct error *err)
{
    bool folder = false, first_is_folder = false;
    source->paths = arena_array(arena, options->file_count, sizeof *source->paths);
    source->only_folders = true;
    for (size_t i = 0; i < options->file_count; i++) {
        if (!real_path(arena, options->files[i], &source->paths[i], &folder, err))
            return false;
        source->only_folders &= folder;
        first_is_folder |= folder && i == 0;
    }
    source->path_count = options->file_count;
    const char *start = first_is_folder ? source->paths[0] : parent_of(arena, source->paths[0]);
    if (!open_repository(source, options, start, wait, err))
        return false;
    const char *root = source->git ? git_root(source->git) : NULL;
    source->root = root ? arena_strdup(arena, root)
                        : common_root(arena, source->paths, source->path_count, first_is_folder);
    for (size_t i = 0; i < source->path_count; i++) {
        if (!is_below(source->paths[i], source->root))
            return error_set(err, ERROR_USAGE, "-f %s is outside of the repository %s of -f %s",
                             options->files[i], source->root, options->files[0]);
        source->paths[i] = below(source->paths[i], source->root);
    }
    sort_paths(source, arena);
    if (source->git && !read_commit(source, options, err))
        return false;
    if (options->ref) {
        source->reader = git_reader(source->git);
        return true;
    }
    if (!disk_open(arena, source->root, display_prefix(arena, source->root), &source->disk, err))
        return false;
    source->reader = disk_reader(source->disk);
    return true;
}

/* --------------------------------------------------------------- a repository */

static bool open_url(struct source *source, struct arena *arena,
                     const struct source_options *options, const struct wait *wait,
                     struct error *err)
{
    struct git_options git = { .url = options->git_url,
                               .ref = options->ref,
                               .http = options->http,
                               .ca_file = options->ca_file,
                               .token_file = options->token_file };
    if (!git_open(&git, &source->git, wait, err))
        return false;
    source->paths = arena_array(arena, 1, sizeof *source->paths);
    source->paths[0] = options->path ? options->path : "";
    source->path_count = 1;
    source->only_folders = true;
    source->reader = git_reader(source->git);
    source->commit = *git_record(source->git);
    sort_paths(source, arena);
    return true;
}

static bool names_stdin(const struct source_options *options)
{
    for (size_t i = 0; i < options->file_count; i++)
        if (strcmp(options->files[i], "-") == 0)
            return true;
    return false;
}

static bool open_any(struct source *source, struct arena *arena,
                     const struct source_options *options, const struct wait *wait,
                     struct error *err)
{
    if (options->git_url && options->file_count)
        return error_set(err, ERROR_USAGE, "give either -f or --git, not both");
    if (options->git_url)
        return open_url(source, arena, options, wait, err);
    if (options->file_count == 0)
        return error_set(err, ERROR_USAGE,
                         "no source: name a file or folder with -f PATH, or a repository with "
                         "--git URL");
    if (!names_stdin(options))
        return open_disk(source, arena, options, wait, err);
    if (options->file_count > 1 || options->ref)
        return error_set(err, ERROR_USAGE, "-f - (standard input) stands alone, without --ref");
    return read_stdin(source, arena, err);
}

bool source_open(struct source *source, struct arena *arena, const struct source_options *options,
                 const struct wait *wait, struct error *err)
{
    *source = (struct source){ .commit = { .origin = "",
                                           .path = "",
                                           .ref = "",
                                           .commit = "",
                                           .subject = "",
                                           .author = "" } };
    if (!open_any(source, arena, options, wait, err)) {
        source_close(source);
        return false;
    }
    set_revision(source, arena);
    derive_name(source, arena);
    return true;
}

void source_close(struct source *source)
{
    if (source->git)
        git_close(source->git);
    if (source->disk)
        disk_close(source->disk);
    source->git = NULL;
    source->disk = NULL;
}
