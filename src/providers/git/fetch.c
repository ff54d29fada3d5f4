/*
 * fetch: see fetch.h.
 *
 * libgit2 brings the objects. The refs are written here, as one packed-refs
 * file: libgit2 would write them one by one, and a kill would leave lock files
 * and half of the branches.
 */
#include "providers/git/fetch.h"

#include "base/file.h"
#include "providers/git/repository.h"

#include <string.h>

enum { REFS_CEILING = 2000000, NAME_CEILING = 4096, TEXT_CEILING = 512 << 20 };

/* The branch that the remote's HEAD names may be gone; then HEAD is this ref. */
static const char DETACHED[] = "refs/cmx/HEAD";

struct remote_refs {
    const git_remote_head **heads;
    size_t count;
    const char *extra;
    const git_remote_head *head;
    bool detached;
};

/* ------------------------------------------------------------------- what is there */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_wanted(const struct remote_refs *refs, const char *name)
{
    int valid = 0;
    if (!starts_with(name, "refs/heads/") && !starts_with(name, "refs/tags/")
        && !(refs->extra && strcmp(name, refs->extra) == 0))
        return false;
    return strlen(name) < NAME_CEILING && git_reference_name_is_valid(&valid, name) == 0 && valid;
}

static bool list_refs(struct transfer *transfer, git_remote *remote, struct remote_refs *refs,
                      struct error *err)
{
    if (git_remote_ls(&refs->heads, &refs->count, remote) != 0)
        return git_failed(err, ERROR_UNREACHABLE, "%s", transfer->url.display);
    if (refs->count > REFS_CEILING)
        return error_set(err, ERROR_INPUT, "%s: more than %d refs", transfer->url.display,
                         REFS_CEILING);
    for (size_t i = 0; i < refs->count; i++)
        if (strcmp(refs->heads[i]->name, "HEAD") == 0)
            refs->head = refs->heads[i];
    return true;
}

/* The content of HEAD: as the remote says, or by git's guess where an old server does not. */
static const char *head_text(struct transfer *transfer, git_remote *remote,
                             struct remote_refs *refs)
{
    git_buf name = GIT_BUF_INIT;
    const char *text = NULL;
    if (!refs->head)
        return "ref: refs/heads/main\n";
    if (refs->head->symref_target && is_wanted(refs, refs->head->symref_target))
        return arena_printf(transfer->arena, "ref: %s\n", refs->head->symref_target);
    if (git_remote_default_branch(&name, remote) == 0 && is_wanted(refs, name.ptr))
        text = arena_printf(transfer->arena, "ref: %s\n", name.ptr);
    git_buf_dispose(&name);
    refs->detached = !text;
    return text ? text : arena_printf(transfer->arena, "ref: %s\n", DETACHED);
}

/* --------------------------------------------------------------------------- refs */

struct line {
    const char *name;
    const git_oid *id;
};

static int by_name(const void *one, const void *two)
{
    return strcmp(((const struct line *)one)->name, ((const struct line *)two)->name);
}

static bool packed_refs(struct transfer *transfer, const struct remote_refs *refs, struct buf *text,
                        struct error *err)
{
    size_t count = 0;
    struct line *lines = arena_array(transfer->arena, refs->count + 1, sizeof *lines);
    for (size_t i = 0; i < refs->count; i++)
        if (is_wanted(refs, refs->heads[i]->name))
            lines[count++] = (struct line){ refs->heads[i]->name, &refs->heads[i]->oid };
    if (refs->detached)
        lines[count++] = (struct line){ DETACHED, &refs->head->oid };
    qsort(lines, count, sizeof *lines, by_name);
    buf_puts(text, "# pack-refs with: sorted \n");
    for (size_t i = 0; i < count; i++) {
        char hex[GIT_OID_HEXSZ + 1];
        git_oid_tostr(hex, sizeof hex, lines[i].id);
        buf_printf(text, "%s %s\n", hex, lines[i].name);
    }
    return !text->overflowed
           || error_set(err, ERROR_INPUT, "%s: too many refs", transfer->url.display);
}

/* Written only when it differs, so that a run without news changes no file. */
static bool write_file(struct arena *arena, const char *folder, const char *name, const char *text,
                       size_t length, struct error *err)
{
    const char *path = path_join(arena, folder, name);
    struct error ignored;
    char *old;
    size_t old_length;
    if (file_read(arena, path, TEXT_CEILING, &old, &old_length, &ignored) && old_length == length
        && memcmp(old, text, length) == 0)
        return true;
    return file_write(path, text, length, 0644, err);
}

static bool write_refs(struct transfer *transfer, git_repository *repository,
                       const struct remote_refs *refs, const char *head, struct error *err)
{
    const char *folder = git_repository_path(repository);
    AUTO_BUF text = BUF_INIT(TEXT_CEILING);
    return packed_refs(transfer, refs, &text, err)
           && write_file(transfer->arena, folder, "HEAD", head, strlen(head), err)
           && write_file(transfer->arena, folder, "packed-refs", buf_text(&text), text.length, err);
}

/* ----------------------------------------------------------------------- download */

/*
 * Our transports keep the reason; what libgit2 itself found wrong is in its last
 * error, whose class tells what it was looking at.
 */
static bool failed(struct transfer *transfer, struct error *err)
{
    const git_error *last = git_error_last();
    int place = last ? last->klass : GIT_ERROR_NONE;
    transfer->damaged = transfer->error.kind == ERROR_NONE
                        && (place == GIT_ERROR_ODB || place == GIT_ERROR_REFERENCE
                            || place == GIT_ERROR_REPOSITORY || place == GIT_ERROR_CONFIG);
    /* Of files only: the network is ours. A full disk, say. A setting that was not
       found is what libgit2 said before, and no reason. */
    enum error_kind kind = place == GIT_ERROR_OS ? ERROR_LOCAL : ERROR_UNREACHABLE;
    if (transfer->error.kind == ERROR_NONE
        && (place == GIT_ERROR_NONE || place == GIT_ERROR_CONFIG))
        return error_set(err, kind, "%s: its answer is not git's protocol", transfer->url.display);
    if (transfer->error.kind == ERROR_NONE)
        return git_failed(err, kind, "cannot fetch from %s", transfer->url.display);
    *err = transfer->error;
    return false;
}

static int on_progress(const git_indexer_progress *progress, void *context)
{
    struct transfer *transfer = context;
    (void)progress;
    return wait_check(transfer->wait, transfer->url.display, &transfer->error) ? 0 : GIT_EUSER;
}

static git_remote_callbacks callbacks_of(struct transfer *transfer)
{
    git_remote_callbacks callbacks;
    git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
    callbacks.transport = transfer_transport;
    callbacks.transfer_progress = on_progress;
    callbacks.payload = transfer;
    return callbacks;
}

static bool connect_remote(struct transfer *transfer, git_remote *remote, struct error *err)
{
    git_remote_connect_options options;
    git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
    options.callbacks = callbacks_of(transfer);
    git_error_clear(); /* of settings that are not there */
    return git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options) == 0
           || failed(transfer, err);
}

static bool download(struct transfer *transfer, git_remote *remote, const struct remote_refs *refs,
                     struct error *err)
{
    char *specs[4] = { arena_strdup(transfer->arena, "+refs/heads/*:refs/heads/*"),
                       arena_strdup(transfer->arena, "+refs/tags/*:refs/tags/*") };
    git_strarray refspecs = { .strings = specs, .count = 2 };
    git_fetch_options options;
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks = callbacks_of(transfer);
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    if (refs->extra)
        specs[refspecs.count++] = arena_printf(transfer->arena, "+%s:%s", refs->extra, refs->extra);
    if (refs->detached)
        specs[refspecs.count++] = arena_printf(transfer->arena, "+HEAD:%s", DETACHED);
    git_error_clear();
    return git_remote_download(remote, &refspecs, &options) == 0 || failed(transfer, err);
}

/* The user's url.*.insteadOf may give another URL, also one with credentials. */
static bool rewrite_url(struct transfer *transfer, git_repository *repository, struct error *err)
{
    struct git_url url;
    const char *text = git_config_rewrite(repository, transfer->arena, transfer->url.plain);
    if (text == transfer->url.plain)
        return true;
    if (!git_url_parse(transfer->arena, text, &url, err))
        return error_prefix(err, "%s, by your git configuration", transfer->url.display);
    if (!url.user && url.scheme == transfer->url.scheme
        && strcmp(url.host, transfer->url.host) == 0) {
        url.user = transfer->url.user;
        url.password = transfer->url.password;
    }
    transfer->url = url;
    return true;
}

static bool make_remote(struct transfer *transfer, git_repository *repository,
                        git_remote **ret_remote, struct error *err)
{
    git_remote_create_options options;
    git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
    options.repository = repository;
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
    return git_remote_create_with_opts(ret_remote, transfer->url.plain, &options) == 0
           || git_failed(err, ERROR_USAGE, "%s", transfer->url.display);
}

static bool fetch_once(struct transfer *transfer, git_repository *repository, const char *extra,
                       struct error *err)
{
    CLEANUP(git_remote_free_at) git_remote *remote = NULL;
    struct remote_refs refs = { .extra = extra };
    transfer->error = (struct error){ 0 };
    transfer->lost = false;
    if (!make_remote(transfer, repository, &remote, err))
        return false;
    if (!connect_remote(transfer, remote, err) || !list_refs(transfer, remote, &refs, err))
        return false;
    const char *head = head_text(transfer, remote, &refs);
    return download(transfer, remote, &refs, err)
           && write_refs(transfer, repository, &refs, head, err);
}

/* Over a channel all is asked anew, since nobody can take up a conversation in its middle. */
bool git_fetch(struct transfer *transfer, git_repository *repository, const char *extra,
               struct error *err)
{
    struct error problem; /* of a try, which the next may make good */
    if (!rewrite_url(transfer, repository, err))
        return false;
    for (unsigned tries = 0; !fetch_once(transfer, repository, extra, &problem); tries++)
        if (!transfer->lost || tries == TRANSFER_RETRIES
            || !wait_sleep(transfer->wait, (int64_t)TRANSFER_LOST_MS << tries)) {
            *err = problem;
            return false;
        }
    return true;
}
