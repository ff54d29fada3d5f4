/*
 * git: opens a repository and one commit of it, and closes them again.
 *
 * A local repository is opened where it stands, for `file:` URLs too; other
 * URLs through cache.c. What a ref means is ref.c's, reading files is
 * tree_reader.c's.
 */
#include "providers/git/cache.h"
#include "providers/git/repository.h"
#include "providers/git/url.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------ repositories */

static void repository_release(struct repository *repository)
{
    if (--repository->users)
        return;
    git_repository_free(repository->handle);
    if (repository->cache_use >= 0)
        close(repository->cache_use);
    if (repository->http)
        http_free(repository->http);
    arena_free(repository->arena);
    git_library_end();
}

CLEANUP_FUNCTION(struct repository *, repository_release)

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static struct repository *repository_new(const struct git_options *options)
{
    struct arena *arena = arena_new();
    struct repository *repository = arena_alloc(arena, sizeof *repository);
    *repository =
        (struct repository){ .arena = arena, .users = 1, .options = *options, .cache_use = -1 };
    struct git_options *own = &repository->options;
    own->url = copy(arena, options->url);
    own->folder = copy(arena, options->folder);
    own->ref = NULL;
    own->user = copy(arena, options->user);
    own->token = copy(arena, options->token);
    own->token_file = copy(arena, options->token_file);
    own->ca_file = copy(arena, options->ca_file);
    return repository;
}

/* libgit2 1.5 does not say which extension it cannot read in words for people. */
static bool unsupported_format(const char *folder, struct error *err)
{
    CLEANUP(git_config_free_at) git_config *config = NULL;
    git_buf path = GIT_BUF_INIT;
    AUTO_ARENA arena = arena_new();
    const char *format = NULL;
    if (git_repository_discover(&path, folder, 1, NULL) != 0)
        return false;
    const char *file = arena_printf(arena, "%sconfig", path.ptr);
    git_buf_dispose(&path);
    if (git_config_open_ondisk(&config, file) != 0)
        return false;
    git_config *snapshot = NULL;
    if (git_config_snapshot(&snapshot, config) != 0)
        return false;
    if (git_config_get_string(&format, snapshot, "extensions.objectformat") == 0
        && strcmp(format, "sha1") != 0)
        error_set(err, ERROR_INPUT,
                  "%s names its objects by %s; only SHA-1 repositories can be read", folder,
                  format);
    else if (git_config_get_string(&format, snapshot, "extensions.refstorage") == 0)
        error_set(err, ERROR_INPUT,
                  "%s keeps its refs as %s; only the \"files\" format can be read", folder, format);
    else
        format = NULL;
    git_config_free(snapshot);
    return format != NULL;
}

/* 0; GIT_ENOTFOUND: no repository is there; else `err` says why it cannot be opened. */
static int try_open(struct repository *repository, const char *folder, unsigned flags,
                    struct error *err)
{
    int code = git_repository_open_ext(&repository->handle, folder,
                                       flags | GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (code != 0 && code != GIT_ENOTFOUND && !unsupported_format(folder, err))
        git_failed(err, ERROR_LOCAL, "cannot open the git repository of %s", folder);
    return code;
}

static bool opened(int code, const char *folder, struct error *err)
{
    if (code == GIT_ENOTFOUND)
        error_set(err, ERROR_NOT_FOUND, "%s is in no git repository", folder);
    return code == 0;
}

/*
 * The repository around a folder. Only `.git` says where one is: no commit can
 * hold that name. A folder with HEAD, objects, refs and a config that names "/"
 * as its work tree can be committed; it counts as a bare repository at most,
 * which has no work tree.
 */
static bool open_around(struct repository *repository, const char *folder, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *above = arena_strdup(arena, folder);
    for (char *end = above + strlen(above); end; end = strrchr(above, '/')) {
        *end = '\0';
        const char *git = arena_printf(arena, "%s/.git", above);
        int code = access(git, F_OK) == 0 ? try_open(repository, git, 0, err) : GIT_ENOTFOUND;
        if (code != GIT_ENOTFOUND)
            return opened(code, folder, err);
    }
    return opened(try_open(repository, folder, GIT_REPOSITORY_OPEN_BARE, err), folder, err);
}

/* Without the "/" that libgit2 has at its end; NULL of a bare repository. */
static const char *work_tree(const struct repository *repository)
{
    const char *root = git_repository_workdir(repository->handle);
    size_t length = root ? strlen(root) : 0;
    while (length > 1 && root[length - 1] == '/')
        length--;
    return root ? arena_memdup(repository->arena, root, length) : NULL;
}

static bool open_local(struct repository *repository, const char *folder, struct error *err)
{
    AUTO_FREE char *real = realpath(folder, NULL);
    if (!real)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL,
                           "cannot open the repository %s", folder);
    bool open = repository->options.url ? opened(try_open(repository, real, 0, err), real, err)
                                        : open_around(repository, real, err);
    if (!open)
        return false;
    if (repository->options.url)
        repository->origin = git_normal_url(repository->arena, real);
    const char *root = work_tree(repository);
    repository->root = repository->options.url ? NULL : root;
    repository->name = arena_strdup(repository->arena, root ? root : real);
    repository->shallow = git_repository_is_shallow(repository->handle) == 1;
    return true;
}

static bool open_url(struct repository *repository, const char *ref, const struct wait *wait,
                     struct error *err)
{
    struct git_url url;
    if (!git_url_parse(repository->arena, repository->options.url, &url, err))
        return false;
    repository->name = url.display;
    repository->origin = git_normal_url(repository->arena, url.plain);
    if (url.scheme == GIT_URL_LOCAL)
        return open_local(repository, url.path, err);
    repository->remote = true;
    if (!repository->options.http)
        repository->options.http = repository->http = http_new();
    return git_cache_open(&repository->options, &url, ref, &repository->handle,
                          &repository->cache_use, wait, err);
}

/* Starting libgit2 costs as much as reading 300 manifests: not where no repository can be. */
static bool may_be_repository(const char *folder)
{
    AUTO_ARENA arena = arena_new();
    AUTO_FREE char *real = realpath(folder, NULL);
    if (!real || access(arena_printf(arena, "%s/HEAD", real), F_OK) == 0)
        return true;
    for (char *end = real + strlen(real); end; end = strrchr(real, '/')) {
        *end = '\0';
        if (access(arena_printf(arena, "%s/.git", real), F_OK) == 0)
            return true;
    }
    return false;
}

static bool repository_open(const struct git_options *options, struct repository **ret_repository,
                            const struct wait *wait, struct error *err)
{
    const char *folder = options->folder ? options->folder : ".";
    if (!options->url && !may_be_repository(folder))
        return opened(GIT_ENOTFOUND, folder, err);
    if (!git_library_start(err))
        return false;
    CLEANUP(repository_release_at) struct repository *repository = repository_new(options);
    bool open = options->url ? open_url(repository, options->ref, wait, err)
                             : open_local(repository, folder, err);
    if (!open)
        return false;
    *ret_repository = repository;
    repository = NULL;
    return true;
}

/* ----------------------------------------------------------------------- sources */

static void first_line(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

static bool read_commit(struct git_source *source, struct error *err)
{
    struct repository *repository = source->repository;
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, &source->commit);
    if (git_commit_lookup(&commit, repository->handle, &source->commit) != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the commit %s of %s", hex,
                          repository->name);
    git_oid_cpy(&source->tree, git_commit_tree_id(commit));
    const git_signature *author = git_commit_author(commit);
    const char *summary = git_commit_summary(commit);
    char *subject = arena_strdup(source->arena, summary ? summary : "");
    first_line(subject);
    source->record = (struct record_source){
        .path = "",
        .ref = source->ref,
        .commit = arena_strdup(source->arena, hex),
        .subject = subject,
        .author = arena_printf(source->arena, "%s <%s>", author ? author->name : "",
                               author ? author->email : ""),
        .time = git_commit_time(commit),
    };
    return true;
}

static bool source_fill(struct git_source *source, const char *ref, struct error *err)
{
    struct repository *repository = source->repository;
    if (!git_ref_find(repository, source->arena, ref, &source->commit, &source->ref, err)
        || !read_commit(source, err))
        return false;
    if (!repository->origin && !git_origin(repository, &source->commit, &repository->origin, err))
        return false;
    source->record.origin = repository->origin;
    git_reader_start(source);
    return true;
}

static bool source_new(struct repository *repository, const char *ref,
                       struct git_source **ret_source, struct error *err)
{
    struct arena *arena = arena_new();
    struct git_source *source = arena_alloc(arena, sizeof *source);
    *source = (struct git_source){ .arena = arena, .repository = repository };
    pthread_mutex_init(&source->lock, NULL);
    repository->users++;
    if (!source_fill(source, ref, err)) {
        git_close(source);
        return false;
    }
    *ret_source = source;
    return true;
}

/* What HEAD says, where that can be told without libgit2. */
static bool glance_at(const struct git_options *options, struct git_source **ret_source)
{
    struct glance glance;
    if (!options->of_disk || options->url || options->ref)
        return false;
    struct arena *arena = arena_new();
    if (!glance_open(arena, options->folder, &glance)) {
        arena_free(arena);
        return false;
    }
    struct git_source *source = arena_alloc(arena, sizeof *source);
    *source = (struct git_source){ .arena = arena,
                                   .record = glance.record,
                                   .ref = glance.record.ref,
                                   .glance = arena_alloc(arena, sizeof glance),
                                   .folder = arena_strdup(arena, options->folder) };
    *source->glance = glance;
    pthread_mutex_init(&source->lock, NULL);
    *ret_source = source;
    return true;
}

bool git_source_whole(struct git_source *source, struct error *err)
{
    struct git_options options = { .folder = source->folder };
    struct wait wait = { .deadline = INT64_MAX }; /* a disk answers */
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    if (source->repository)
        return true;
    if (!repository_open(&options, &source->repository, &wait, err))
        return false;
    if (git_oid_fromstr(&source->commit, source->record.commit) != 0
        || git_commit_lookup(&commit, source->repository->handle, &source->commit) != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read the commit %s of %s",
                          source->record.commit, source->repository->name);
    git_oid_cpy(&source->tree, git_commit_tree_id(commit));
    git_reader_start(source);
    return true;
}

bool git_look_at_files(struct git_source *source, bool work_tree, struct error *err)
{
    return (work_tree && source->glance && glance_clean_whole(source->glance))
           || git_source_whole(source, err);
}

bool git_open(const struct git_options *options, struct git_source **ret_source,
              const struct wait *wait, struct error *err)
{
    CLEANUP(repository_release_at) struct repository *repository = NULL;
    struct error first;
    if (glance_at(options, ret_source))
        return true;
    if (!repository_open(options, &repository, wait, err))
        return false;
    if (source_new(repository, options->ref, ret_source, &first))
        return true;
    if (first.kind != ERROR_LOCAL || !repository->remote) {
        *err = first;
        return false;
    }
    git_cache_distrust(repository->handle); /* its refs name what it cannot read */
    repository_release(repository);
    repository = NULL;
    if (!repository_open(options, &repository, wait, err))
        return false;
    if (source_new(repository, options->ref, ret_source, err))
        return true;
    if (err->kind == ERROR_LOCAL) /* from a cache that was begun anew: the server left it out */
        err->kind = ERROR_UNREACHABLE;
    return false;
}

/* What a fetch brought is enough for most refs; one that it did not bring is asked for. */
bool git_open_ref(struct git_source *source, const char *ref, struct git_source **ret_source,
                  const struct wait *wait, struct error *err)
{
    struct error first;
    if (!git_source_whole(source, err))
        return false;
    if (source_new(source->repository, ref, ret_source, &first))
        return true;
    if (first.kind != ERROR_USAGE || !source->repository->remote) {
        *err = first;
        return false;
    }
    struct git_options options = source->repository->options;
    options.ref = ref;
    if (source->repository->http)
        options.http = NULL; /* ours goes with us */
    return git_open(&options, ret_source, wait, err);
}

void git_close(struct git_source *source)
{
    if (!source)
        return;
    if (source->repository)
        repository_release(source->repository);
    pthread_mutex_destroy(&source->lock);
    arena_free(source->arena);
}

const struct source_reader *git_reader(struct git_source *source)
{
    return &source->reader;
}

const struct record_source *git_record(const struct git_source *source)
{
    return &source->record;
}

const char *git_root(const struct git_source *source)
{
    return source->glance ? source->glance->root : source->repository->root;
}
