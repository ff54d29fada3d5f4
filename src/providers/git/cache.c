/*
 * cache: see cache.h.
 *
 *   CACHE/git/ID.lock   held (flock) while one process brings ID up to date
 *   CACHE/git/ID/       the bare repository; `cmx-url` in it is written last,
 *                       and a folder without it is begun anew
 *   CACHE/git/ID.use    held (flock, shared) while a process reads ID
 *
 * Objects are only added. So another process may read a commit while this one
 * fetches, and a kill leaves at worst temporary files, which the next removes.
 * Only packs are joined now and then, while nobody reads (compact.c).
 */
#include "providers/git/cache.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "providers/git/compact.h"
#include "providers/git/fetch.h"
#include "providers/git/repository.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { LOCK_LOOK_MS = 50, WALK_DESCRIPTORS = 16 };

static const char READY[] = "cmx-url";
#define NO_WRITING "cannot write to the cache %s (XDG_CACHE_HOME names another place)"

struct cache {
    struct arena *arena;
    const char *parent, *folder, *lock_name, *use_name;
    const struct git_url *url;
};

/* -------------------------------------------------------------------------- places */

static bool find_place(struct cache *cache, struct error *err)
{
    const char *root = path_cache(cache->arena);
    if (!root)
        return error_set(err, ERROR_LOCAL,
                         "no place for the cache of %s: set XDG_CACHE_HOME or HOME",
                         cache->url->display);
    struct digest digest = digest_sha256(cache->url->plain, strlen(cache->url->plain));
    const char *id = arena_memdup(cache->arena, digest_hex(cache->arena, &digest), 32);
    cache->parent = path_join(cache->arena, root, "git");
    cache->folder = path_join(cache->arena, cache->parent, id);
    cache->lock_name = arena_printf(cache->arena, "%s.lock", cache->folder);
    cache->use_name = arena_printf(cache->arena, "%s.use", cache->folder);
    if (!folder_make(cache->parent, err))
        return false;
    /* A private repository stays private on a shared machine. */
    if (chmod(cache->parent, 0700) != 0)
        return error_errno(err, ERROR_LOCAL, NO_WRITING, cache->parent);
    return true;
}

static bool take_lock(const struct cache *cache, int *ret_lock, const struct wait *wait,
                      struct error *err)
{
    AUTO_CLOSE lock = open(cache->lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return error_errno(err, ERROR_LOCAL, NO_WRITING, cache->lock_name);
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot lock %s", cache->lock_name);
        if (!wait_check(wait, "waiting for another run that fetches", err))
            return error_prefix(err, "%s", cache->url->display);
        wait_sleep(wait, LOCK_LOOK_MS);
    }
    *ret_lock = lock;
    lock = -1;
    return true;
}

/* Told to others until it is closed. Nobody packs the cache anew now: we hold its lock. */
static bool start_use(const struct cache *cache, int *ret_use, struct error *err)
{
    AUTO_CLOSE use = open(cache->use_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (use < 0 || flock(use, LOCK_SH | LOCK_NB) != 0)
        return error_errno(err, ERROR_LOCAL, "cannot use %s", cache->use_name);
    *ret_use = use;
    use = -1;
    return true;
}

/* ------------------------------------------------------------------------ cleaning */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static bool remove_folder(const char *path, struct error *err)
{
    if (nftw(path, remove_one, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return true;
    return error_errno(err, ERROR_LOCAL, "cannot remove %s", path);
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);
    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* The other half of "pack-X.idx" or "pack-X.pack"; NULL for a file that is neither. */
static const char *other_half(struct arena *arena, const char *name)
{
    int stem = (int)(strlen(name) - strlen(strrchr(name, '.') ? strrchr(name, '.') : ""));
    if (strncmp(name, "pack-", 5) != 0)
        return NULL;
    if (ends_with(name, ".idx"))
        return arena_printf(arena, "%.*s.pack", stem, name);
    return ends_with(name, ".pack") ? arena_printf(arena, "%.*s.idx", stem, name) : NULL;
}

static bool is_left_over(struct arena *arena, const char *folder, const char *name, bool packs)
{
    if (*name == '.')
        return false;
    if (!packs)
        return ends_with(name, ".tmp") || ends_with(name, ".lock");
    const char *half = other_half(arena, name);
    return !half || access(path_join(arena, folder, half), F_OK) != 0;
}

/* What a killed run left: nobody else writes here while we hold the lock. */
static void remove_left_overs(struct arena *arena, const char *folder, bool packs)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (entry->d_type != DT_DIR && is_left_over(arena, folder, entry->d_name, packs))
            unlink(path_join(arena, folder, entry->d_name));
    if (entries)
        closedir(entries);
}

/* ------------------------------------------------------------------------- opening */

static bool make(const struct cache *cache, git_repository **ret_repository, struct error *err)
{
    CLEANUP(git_repository_free_at) git_repository *repository = NULL;
    const char *ready = path_join(cache->arena, cache->folder, READY);
    if (!remove_folder(cache->folder, err))
        return false;
    if (git_repository_init(&repository, cache->folder, true) != 0)
        return git_failed(err, ERROR_LOCAL, "cannot make the cache %s", cache->folder);
    if (!file_write(ready, cache->url->plain, strlen(cache->url->plain), 0600, err))
        return false;
    *ret_repository = repository;
    repository = NULL;
    return true;
}

void git_cache_distrust(git_repository *cache)
{
    AUTO_ARENA arena = arena_new();
    unlink(path_join(arena, git_repository_path(cache), READY));
}

/* Many packs only make it slower: what stands in the way is no error of the run. */
static void compact(const struct cache *cache, const struct wait *wait)
{
    struct error why = { 0 };
    AUTO_CLOSE use = open(cache->use_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (use < 0 || flock(use, LOCK_EX | LOCK_NB) != 0)
        return;
    if (!git_compact(cache->folder, wait, &why))
        log_debug("%s: %s", cache->url->display, why.message);
}

/* A cache that cannot be opened is begun anew: everything in it is elsewhere too. */
static bool open_or_make(const struct cache *cache, git_repository **ret_repository,
                         const struct wait *wait, struct error *err)
{
    if (access(path_join(cache->arena, cache->folder, READY), F_OK) != 0)
        return make(cache, ret_repository, err);
    remove_left_overs(cache->arena, cache->folder, false);
    remove_left_overs(cache->arena, path_join(cache->arena, cache->folder, "objects/pack"), true);
    compact(cache, wait);
    return git_repository_open_bare(ret_repository, cache->folder) == 0
           || make(cache, ret_repository, err);
}

/* A full name that is neither branch nor tag has to be asked for. */
static const char *extra_ref(const char *ref)
{
    if (!ref || strncmp(ref, "refs/", 5) != 0 || strpbrk(ref, "*:^~?[\\ "))
        return NULL;
    if (strncmp(ref, "refs/heads/", 11) == 0 || strncmp(ref, "refs/tags/", 10) == 0)
        return NULL;
    return ref;
}

static bool fetch(const struct cache *cache, const struct git_options *options, const char *ref,
                  git_repository *repository, bool *ret_damaged, const struct wait *wait,
                  struct error *err)
{
    struct transfer transfer = { .arena = cache->arena,
                                 .options = options,
                                 .url = *cache->url,
                                 .folder = cache->folder,
                                 .wait = wait };
    bool fetched = git_fetch(&transfer, repository, extra_ref(ref), err);
    *ret_damaged = transfer.damaged;
    return fetched;
}

bool git_cache_open(const struct git_options *options, const struct git_url *url, const char *ref,
                    git_repository **ret_repository, int *ret_use, const struct wait *wait,
                    struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE lock = -1;
    CLEANUP(git_repository_free_at) git_repository *repository = NULL;
    struct cache cache = { .arena = arena, .url = url };
    struct error first;
    bool damaged;
    if (!find_place(&cache, err) || !take_lock(&cache, &lock, wait, err)
        || !open_or_make(&cache, &repository, wait, err))
        return false;
    if (!fetch(&cache, options, ref, repository, &damaged, wait, &first)) {
        if (!damaged) {
            *err = first;
            return false;
        }
        git_repository_free(repository);
        repository = NULL;
        if (!make(&cache, &repository, err)
            || !fetch(&cache, options, ref, repository, &damaged, wait, err))
            return false;
    }
    if (!start_use(&cache, ret_use, err))
        return false;
    *ret_repository = repository;
    repository = NULL;
    return true;
}
