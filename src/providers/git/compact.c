/*
 * compact: see compact.h.
 *
 * Each fetch with news adds a pack, and each read looks into all of them. As `git
 * repack --geometric` does, the packs are ordered by size, and only those are
 * joined that together outweigh the next: a large first clone is not packed anew
 * for each small fetch. The new pack is on the disk, whole, before the first old
 * one goes.
 */
#include "providers/git/compact.h"

#include "base/file.h"
#include "providers/git/repository.h"

#include <dirent.h>
#include <git2/sys/odb_backend.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PACKS_MOST = 20, PACKS_CEILING = 100000 };

struct pack {
    const char *index; /* "…/pack-X.idx" */
    const char *data;  /* "…/pack-X.pack" */
    off_t size;
};

struct packs {
    struct arena *arena;
    struct pack *items;
    size_t count, capacity;
};

CLEANUP_FUNCTION(git_packbuilder *, git_packbuilder_free)

/* ------------------------------------------------------------------------ choosing */

static int by_size(const void *one, const void *two)
{
    const struct pack *a = one, *b = two;
    return (a->size > b->size) - (a->size < b->size);
}

static void note_pack(struct packs *packs, const char *folder, const char *name)
{
    size_t length = strlen(name);
    struct stat status;
    if (length < 5 || strcmp(name + length - 4, ".idx") != 0 || packs->count == PACKS_CEILING)
        return;
    struct pack pack = {
        .index = path_join(packs->arena, folder, arena_strdup(packs->arena, name)),
        .data = arena_printf(packs->arena, "%s/%.*s.pack", folder, (int)length - 4, name),
    };
    if (stat(pack.data, &status) != 0)
        return;
    pack.size = status.st_size;
    arena_push(packs->arena, packs->items, packs->count, packs->capacity, pack);
}

static void list_packs(struct packs *packs, const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        note_pack(packs, folder, entry->d_name);
    if (entries)
        closedir(entries);
    if (packs->count)
        qsort(packs->items, packs->count, sizeof *packs->items, by_size);
}

/* The smallest ones, up to the first that outweighs all below it; half of those allowed at least.
 */
static size_t how_many(const struct packs *packs)
{
    off_t sum = 0;
    size_t least = packs->count - PACKS_MOST / 2, i;
    for (i = 0; i < packs->count && (i < least || packs->items[i].size <= sum); i++)
        sum += packs->items[i].size;
    return i;
}

/* ------------------------------------------------------------------------- joining */

struct joining {
    git_packbuilder *builder;
    const struct wait *wait;
    struct error *err;
};

static int add_object(const git_oid *id, void *context)
{
    struct joining *joining = context;
    return git_packbuilder_insert(joining->builder, id, NULL);
}

static int on_progress(int stage, uint32_t current, uint32_t total, void *context)
{
    struct joining *joining = context;
    (void)stage;
    (void)current;
    (void)total;
    return wait_check(joining->wait, "joining the packs of the cache", joining->err) ? 0
                                                                                     : GIT_EUSER;
}

static int add_pack(struct joining *joining, const struct pack *pack)
{
    CLEANUP(git_odb_free_at) git_odb *odb = NULL;
    git_odb_backend *backend = NULL;
    int code = git_odb_new(&odb);
    if (code == 0)
        code = git_odb_backend_one_pack(&backend, pack->index);
    if (code == 0 && (code = git_odb_add_backend(odb, backend, 1)) != 0)
        backend->free(backend);
    return code ? code : git_odb_foreach(odb, add_object, joining);
}

static int write_joined(struct joining *joining, git_repository *repository,
                        const struct packs *packs, size_t count, const char *folder)
{
    int code = git_packbuilder_new(&joining->builder, repository);
    if (code != 0)
        return code;
    git_packbuilder_set_threads(joining->builder, 1);
    code = git_packbuilder_set_callbacks(joining->builder, on_progress, joining);
    for (size_t i = 0; code == 0 && i < count; i++)
        code = add_pack(joining, &packs->items[i]);
    return code ? code : git_packbuilder_write(joining->builder, folder, 0, NULL, NULL);
}

/* Without its index a pack is not used, and goes with the next left-overs. */
static void remove_joined(const struct packs *packs, size_t count, const char *joined)
{
    for (size_t i = 0; i < count; i++) {
        if (joined && strstr(packs->items[i].data, joined))
            continue; /* one pack held all the others: it was written anew */
        unlink(packs->items[i].index);
        unlink(packs->items[i].data);
    }
}

bool git_compact(const char *folder, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    CLEANUP(git_repository_free_at) git_repository *repository = NULL;
    CLEANUP(git_packbuilder_free_at) git_packbuilder *builder = NULL;
    const char *place = path_join(arena, folder, "objects/pack");
    struct packs packs = { .arena = arena };
    struct error why = { 0 };
    struct joining joining = { .wait = wait, .err = &why };
    list_packs(&packs, place);
    if (packs.count <= PACKS_MOST)
        return true;
    size_t count = how_many(&packs);
    int code = git_repository_open_bare(&repository, folder);
    if (code == 0)
        code = write_joined(&joining, repository, &packs, count, place);
    builder = joining.builder;
    if (code != 0 && why.kind)
        *err = why;
    if (code != 0)
        return !why.kind ? git_failed(err, ERROR_LOCAL, "cannot join the packs of %s", folder)
                         : false;
    remove_joined(&packs, count, git_packbuilder_name(builder));
    return true;
}
