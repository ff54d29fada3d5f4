/*
 * layout_write: what is put into a layout; see layout.h.
 *
 * A blob is written into a file without a name and linked to its place once it is synced, so
 * that a kill leaves nothing behind (where the file system cannot do that: a temporary name).
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_json.h"
#include "oci/layout.h"
#include "oci/layout_parts.h"
#include "oci/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

CLEANUP_FUNCTION(struct verifier *, verifier_free)

enum { CHUNK = 256 << 10, LOCK_LOOK_MS = 20, LOCK_MS = 60000 };

/* --------------------------------------------------------------------- the folder */

/* The lock is on the folder itself, so that nothing is left behind. */
static bool lock_folder(const char *path, int *ret, const struct wait *wait, struct error *err)
{
    AUTO_CLOSE descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return error_errno(err, ERROR_LOCAL, "cannot open %s", path);
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot lock %s", path);
        if (!wait_sleep(wait, LOCK_LOOK_MS))
            return wait_check(wait, "waiting for another writer of the layout", err);
    }
    *ret = descriptor;
    descriptor = -1;
    return true;
}

static bool write_if_missing(const char *path, const char *text, struct error *err)
{
    return access(path, F_OK) == 0 || file_write(path, text, strlen(text), 0644, err);
}

/* What a writer that was killed left behind: such files are written under the lock alone. */
static bool is_left_over(const char *name)
{
    static const size_t tail = sizeof ".XXXXXX.tmp" - 1;
    size_t length = strlen(name);
    bool ours = strncmp(name, "oci-layout.", 11) == 0 || strncmp(name, "index.json.", 11) == 0;
    return ours && length == 10 + tail && strcmp(name + length - 4, ".tmp") == 0;
}

/* Removes what was left over; is there nothing else? */
static bool sweep(struct arena *arena, const char *path)
{
    DIR *folder = opendir(path);
    bool empty = folder != NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (is_left_over(entry->d_name))
            unlink(path_join(arena, path, entry->d_name));
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = false;
    }
    if (folder)
        closedir(folder);
    return empty;
}

/* The marker comes first: a kill behind it leaves what the next run may complete. */
static bool make_parts(struct arena *arena, const char *path, struct error *err)
{
    static const char empty[] =
        "{\"manifests\":[],\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"schemaVersion\":2}";
    const char *marker = path_join(arena, path, "oci-layout");
    bool alone = sweep(arena, path);
    if (access(marker, F_OK) != 0 && !alone)
        return error_set(err, ERROR_REFUSED,
                         "%s is no OCI image layout, and it is not empty: "
                         "nothing is written into it",
                         path);
    return write_if_missing(marker, LAYOUT_MARKER, err)
           && folder_make(path_join(arena, path, "blobs/sha256"), err)
           && write_if_missing(path_join(arena, path, "index.json"), empty, err);
}

bool layout_make(const char *path, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE lock = -1;
    struct wait wait = wait_for(LOCK_MS, NULL);
    return folder_make(path, err) && lock_folder(path, &lock, &wait, err)
           && make_parts(arena, path, err);
}

/* -------------------------------------------------------------------------- blobs */

bool write_at(int descriptor, const char *data, size_t length, int64_t offset, const char *name,
              struct error *err)
{
    while (length) {
        ssize_t written = pwrite(descriptor, data, length, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return error_errno(err, ERROR_LOCAL, "%s: cannot write", name);
        data += written;
        length -= (size_t)written;
        offset += written;
    }
    return true;
}

bool blob_take(int descriptor, int64_t offset, const struct blob_source *source,
               struct arena *arena, struct descriptor *ret, const char *name,
               const struct wait *wait, struct error *err)
{
    CLEANUP(verifier_free_at)
    struct verifier *verifier = verifier_new(source->digest, source->size, NULL, NULL);
    AUTO_FREE char *chunk = memory_alloc(CHUNK);
    for (;;) {
        size_t length;
        if (!wait_check(wait, name, err)
            || !source->read(source->context, chunk, CHUNK, &length, err))
            return false;
        if (length == 0)
            break;
        if (!verifier_feed(verifier, chunk, length, err))
            return error_prefix(err, "%s: %.19s", name, source->digest ? source->digest : "blob");
        if (!write_at(descriptor, chunk, length, offset, name, err))
            return false;
        offset += (int64_t)length;
    }
    if (!verifier_end(verifier, err))
        return error_prefix(err, "%s: %.19s", name, source->digest ? source->digest : "blob");
    *ret = (struct descriptor){ .media_type = source->media_type,
                                .digest = verifier_digest(verifier, arena),
                                .size = verifier_size(verifier) };
    return true;
}

/* A file that is not yet where it belongs. */
struct temporary {
    int descriptor;
    char *path; /* NULL: it has no name */
};

static bool temporary_open(struct arena *arena, const char *folder, struct temporary *ret,
                           struct error *err)
{
    ret->path = NULL;
    ret->descriptor = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
    if (ret->descriptor >= 0)
        return true;
    ret->path = arena_printf(arena, "%s/.cmx-XXXXXX.tmp", folder);
    ret->descriptor = mkostemps(ret->path, 4, O_CLOEXEC);
    if (ret->descriptor >= 0 && fchmod(ret->descriptor, 0644) == 0)
        return true;
    return error_errno(err, ERROR_LOCAL, "cannot write into %s", folder);
}

static void temporary_done(struct temporary *temporary)
{
    close(temporary->descriptor);
    if (temporary->path)
        unlink(temporary->path);
}

/* Puts it into its place; a blob that is there and whole may stay. */
static bool temporary_place(struct temporary *temporary, const char *path, int64_t size)
{
    struct stat info;
    char own[64];
    if (fsync(temporary->descriptor) != 0)
        return false;
    if (temporary->path) {
        bool placed = rename(temporary->path, path) == 0;
        temporary->path = placed ? NULL : temporary->path;
        return placed;
    }
    snprintf(own, sizeof own, "/proc/self/fd/%d", temporary->descriptor);
    for (int tries = 0; tries < 3; tries++) {
        if (linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            return false;
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == size)
            return true;
        unlink(path); /* cut short by a power cut, before syncs were honoured */
    }
    return false;
}

bool layout_put_blob(struct image_store *store, struct arena *arena,
                     const struct blob_source *source, struct descriptor *ret,
                     const struct wait *wait, struct error *err)
{
    struct layout *layout = (struct layout *)store;
    bool sha512 = source->digest && strncmp(source->digest, "sha512:", 7) == 0;
    const char *folder = path_join(arena, layout->path, sha512 ? "blobs/sha512" : "blobs/sha256");
    struct descriptor stored;
    struct temporary temporary;
    if (!folder_make(folder, err) || !temporary_open(arena, folder, &temporary, err))
        return false;
    bool fine = blob_take(temporary.descriptor, 0, source, arena, &stored, store->name, wait, err);
    if (fine) {
        const char *path = path_join(arena, layout->path, blob_path(arena, stored.digest));
        fine = temporary_place(&temporary, path, stored.size)
               || error_errno(err, ERROR_LOCAL, "cannot write %s", path);
    }
    temporary_done(&temporary);
    if (fine)
        *ret = stored;
    return fine;
}

/* -------------------------------------------------------------------------- index */

/* Links are durable only once their folder is. */
static bool sync_blobs(struct arena *arena, struct layout *layout, struct error *err)
{
    const char *folder = path_join(arena, layout->path, "blobs/sha256");
    AUTO_CLOSE descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (descriptor >= 0 && fsync(descriptor) == 0)
           || error_errno(err, ERROR_LOCAL, "cannot sync %s", folder);
}

static bool change_index(struct layout *layout, struct arena *arena,
                         const struct descriptor *manifest, const char *bytes, const char *tag,
                         const struct wait *wait, struct error *err)
{
    struct image_index index;
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING);
    AUTO_CLOSE lock = -1; /* closing it lets go */
    if (!sync_blobs(arena, layout, err) || !lock_folder(layout->path, &lock, wait, err)
        || !layout_index_read(layout, arena, &index, err))
        return false;
    index_put(arena, &index, manifest, bytes, tag);
    image_index_write(arena, &out, &index);
    if (out.overflowed)
        return error_set(err, ERROR_REFUSED, "%s: its index.json would be larger than 4 MiB",
                         layout->indexed.store.name);
    return file_write(path_join(arena, layout->path, "index.json"), buf_text(&out), out.length,
                      0644, err);
}

bool layout_put_manifest(struct image_store *store, const struct descriptor *manifest,
                         const char *bytes, const char *tag, const struct wait *wait,
                         struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct layout *layout = (struct layout *)store;
    struct blob_memory memory = { bytes, (size_t)manifest->size, 0 };
    struct blob_source source = blob_source_memory(&memory, manifest->media_type, manifest->digest);
    struct descriptor stored;
    if (manifest->size > OCI_MANIFEST_CEILING)
        return error_set(err, ERROR_INVALID, "a manifest is larger than 4 MiB");
    bool there;
    if (!indexed_has_blob(store, manifest, &there, wait, err)
        || (!there && !layout_put_blob(store, arena, &source, &stored, wait, err)))
        return false;
    return change_index(layout, arena, manifest, bytes, tag, wait, err);
}
