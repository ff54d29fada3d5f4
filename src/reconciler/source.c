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
    source->revision = !commit || !*commit
                           ? ""
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

static const char *parent_of(struct arena *arena, const char *path)
{
    size_t length = (size_t)(last_part(path) - path);
    return arena_memdup(arena, path, length > 1 ? length - 1 : length);
}

/* A path of -f as the disk has it. */
struct disk_path {
    const char *real;   /* without links, as far as it exists       */
    const char *anchor; /* a folder that exists: itself, or above it */
    bool folder;
};

/* "" and "/" where nothing is left: the working folder, or the root. */
static const char *resolvable(const char *path, const char *head)
{
    return *head ? head : *path == '/' ? "/" : ".";
}

/* What a commit holds may be gone from the disk: resolves what is there, and keeps the rest. */
static bool resolve_missing(struct arena *arena, const char *path, struct disk_path *ret_path)
{
    char *head = arena_strdup(arena, path);
    const char *rest = "";
    AUTO_FREE char *real = NULL;
    while (!(real = realpath(resolvable(path, head), NULL)) && *head
           && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(head, '/'), *name = slash ? slash + 1 : head;
        if (strcmp(name, "..") == 0)
            return false;
        if (*name && strcmp(name, ".") != 0)
            rest = *rest ? arena_printf(arena, "%s/%s", name, rest) : arena_strdup(arena, name);
        *(slash ? slash : head) = '\0';
    }
    if (!real)
        return false;
    ret_path->anchor = arena_strdup(arena, real);
    ret_path->real = path_join(arena, ret_path->anchor, rest);
    ret_path->folder = true;
    return true;
}

static bool resolve(struct arena *arena, const char *path, bool of_commit,
                    struct disk_path *ret_path, struct error *err)
{
    struct stat status;
    AUTO_FREE char *real = realpath(path, NULL);
    if (real && stat(real, &status) == 0) {
        ret_path->real = arena_strdup(arena, real);
        ret_path->folder = S_ISDIR(status.st_mode);
        ret_path->anchor = ret_path->folder ? ret_path->real : parent_of(arena, ret_path->real);
        return true;
    }
    int number = errno;
    if (of_commit && *path && resolve_missing(arena, path, ret_path))
        return true;
    errno = number;
    return error_errno(err, number == ENOENT || number == ENOTDIR ? ERROR_USAGE : ERROR_LOCAL,
                       "-f %s", path);
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

/* The folder above with `.git`, whose repository has no commit yet; NULL: there is none. */
static const char *root_without_commit(struct arena *arena, const char *folder)
{
    for (;; folder = parent_of(arena, folder)) {
        struct stat status;
        if (lstat(path_join(arena, folder, ".git"), &status) == 0)
            return folder;
        if (strcmp(folder, "/") == 0)
            return NULL;
    }
}

/* The folder that holds all paths, where no commit tells: a repository's root, or they alone. */
static const char *common_root(struct arena *arena, const char *const *paths, size_t count,
                               bool first_is_folder)
{
    const char *root = first_is_folder ? paths[0] : parent_of(arena, paths[0]);
    for (size_t i = 1; i < count; i++)
        while (!is_below(paths[i], root))
            root = parent_of(arena, root);
    const char *repository = root_without_commit(arena, root);
    return repository ? repository : root;
}

/* Another commit of a repository that is open already, or the repository. */
static bool open_git(struct source *source, const struct source_options *options,
                     const struct git_options *git, const struct wait *wait, struct error *err)
{
    if (options->opened && options->ref)
        return git_open_ref(options->opened, options->ref, &source->git, wait, err);
    return git_open(git, &source->git, wait, err);
}

static bool open_repository(struct source *source, const struct source_options *options,
                            const char *folder, const struct wait *wait, struct error *err)
{
    struct error none = { 0 };
    struct git_options git = {
        .folder = folder, .ref = options->ref, .http = options->http, .of_disk = true
    };
    if (open_git(source, options, &git, wait, &none))
        return true;
    source->git = NULL;
    if (none.kind == ERROR_NOT_FOUND && !options->ref)
        return true;
    *err = none;
    return false;
}

/* Of a commit: a path that is a file makes the source a part, whatever the disk has there now. */
static void find_files(struct source *source)
{
    for (size_t i = 0; i < source->path_count; i++) {
        AUTO_ARENA arena = arena_new();
        struct source_entry *entries;
        struct error why = { 0 };
        size_t count;
        source->only_folders &= source->reader->list(source->reader->context, arena,
                                                     source->paths[i], &entries, &count, &why)
                                || why.kind != ERROR_INPUT;
    }
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

/* The given paths, and the folder on the disk that the repository is looked for from. */
static bool resolve_all(struct source *source, struct arena *arena,
                        const struct source_options *options, struct disk_path *ret_first,
                        struct error *err)
{
    source->paths = arena_array(arena, options->file_count, sizeof *source->paths);
    source->only_folders = true;
    for (size_t i = 0; i < options->file_count; i++) {
        struct disk_path path;
        if (!resolve(arena, options->files[i], options->ref != NULL, &path, err))
            return false;
        source->paths[i] = path.real;
        source->only_folders &= path.folder;
        if (i == 0)
            *ret_first = path;
    }
    source->path_count = options->file_count;
    return true;
}

static bool below_root(struct source *source, const struct source_options *options,
                       struct error *err)
{
    for (size_t i = 0; i < source->path_count; i++) {
        if (!is_below(source->paths[i], source->root) && i == 0)
            return error_set(
                err, ERROR_USAGE,
                "-f %s: its repository says that its files are in %s: were they moved? "
                "(git worktree repair)",
                options->files[i], source->root);
        if (!is_below(source->paths[i], source->root))
            return error_set(err, ERROR_USAGE, "-f %s is outside of the repository %s of -f %s",
                             options->files[i], source->root, options->files[0]);
        source->paths[i] = below(source->paths[i], source->root);
    }
    return true;
}

static bool open_disk(struct source *source, struct arena *arena,
                      const struct source_options *options, const struct wait *wait,
                      struct error *err)
{
    struct disk_path first = { 0 };
    if (!resolve_all(source, arena, options, &first, err)
        || !open_repository(source, options, first.anchor, wait, err))
        return false;
    const char *root = source->git ? git_root(source->git) : NULL;
    source->root = root ? arena_strdup(arena, root)
                        : common_root(arena, source->paths, source->path_count, first.folder);
    if (!below_root(source, options, err))
        return false;
    sort_paths(source, arena);
    if (source->git && !read_commit(source, options, err))
        return false;
    if (options->ref) {
        source->reader = git_reader(source->git);
        source->only_folders = true;
        find_files(source);
        return true;
    }
    struct source_gap *gaps = NULL;
    size_t gap_count = 0;
    if (source->git
        && !git_gaps(source->git, arena, source->paths, source->path_count, &gaps, &gap_count, err))
        return false;
    if (!disk_open(arena, source->root, display_prefix(arena, source->root), &source->disk, err))
        return false;
    disk_set_gaps(source->disk, gaps, gap_count);
    source->reader = disk_reader(source->disk);
    return true;
}

/* --------------------------------------------------------------- a repository */

/* "deploy" of "./deploy/": the path is a part of a set's identity. ".." is the reader's to refuse.
 */
static const char *plain_path(struct arena *arena, const char *path)
{
    AUTO_BUF plain = BUF_INIT(BUF_OUTPUT_CEILING);
    for (const char *part = path; *part;) {
        size_t length = strcspn(part, "/");
        if (length && !(length == 1 && *part == '.'))
            buf_printf(&plain, "%s%.*s", plain.length ? "/" : "", (int)length, part);
        part += length + (part[length] == '/');
    }
    return arena_strdup(arena, buf_text(&plain));
}

static void fill_paths(struct source *source, struct arena *arena,
                       const struct source_options *options)
{
    const char *path = options->path ? options->path : "";
    size_t most = 1;
    for (const char *at = path; *at; at++)
        most += *at == ',';
    source->paths = arena_array(arena, most, sizeof *source->paths);
    do {
        size_t length = options->several ? strcspn(path, ",") : strlen(path);
        source->paths[source->path_count++] = plain_path(arena, arena_memdup(arena, path, length));
        path += length + (path[length] == ',');
    } while (*path);
}

static bool open_url(struct source *source, struct arena *arena,
                     const struct source_options *options, const struct wait *wait,
                     struct error *err)
{
    struct git_options git = { .url = options->git_url,
                               .ref = options->ref,
                               .http = options->http,
                               .ca_file = options->ca_file,
                               .token_file = options->token_file };
    if (!open_git(source, options, &git, wait, err))
        return false;
    fill_paths(source, arena, options);
    source->only_folders = true;
    source->reader = git_reader(source->git);
    source->commit = *git_record(source->git);
    sort_paths(source, arena);
    find_files(source);
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
    *source = (struct source){
        .commit = { .origin = "", .path = "", .ref = "", .commit = "", .subject = "", .author = "" }
    };
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
