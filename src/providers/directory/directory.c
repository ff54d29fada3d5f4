/* directory: the session, its lock and its record; the table at the end. See directory.h. */
#include "providers/directory/directory.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_json.h"
#include "providers/hold.h"
#include "providers/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { RECORD_CEILING = 64 << 20, HISTORY_CEILING = 1 << 20, LOCK_LOOK_MS = 50 };

static bool directory_open(const struct target *target, struct arena *arena,
                           struct session **ret_session, const struct wait *wait, struct error *err)
{
    (void)wait;
    struct stat status;
    const char *folder = path_join(arena, target->directory, ".cmx");
    if (lstat(folder, &status) == 0 && S_ISLNK(status.st_mode))
        return error_set(err, ERROR_REFUSED, "%s is a symbolic link: replace it by a folder",
                         folder);
    struct session *session = arena_alloc(arena, sizeof *session);
    *session = (struct session){
        .target = target, .arena = arena, .root = target->directory, .lock = -1, .holds = ""
    };
    *ret_session = session;
    return true;
}

static void directory_close(struct session *session)
{
    if (session->lock >= 0)
        close(session->lock);
    session->lock = -1;
}

static const char *directory_describe(struct session *session)
{
    return arena_printf(session->arena, "directory %s", session->target->name);
}

/* Nobody can be asked: what the tables of built-in kinds and the CRDs of the set say is all. */
static bool directory_bind_scopes(struct session *session, struct set *set, const struct wait *wait,
                                  struct error *err)
{
    (void)session;
    (void)wait;
    (void)err;
    for (size_t i = 0; i < set->count; i++)
        if (set->resources[i].scope == SCOPE_UNKNOWN)
            set_bind_scope(set, set->resources[i].id.group, set->resources[i].id.kind,
                           SCOPE_NAMESPACED);
    return true;
}

static const char *record_path(struct session *session)
{
    return path_join(session->arena, session->root, ".cmx/set");
}

/* The record says whose it is: two sets may not share one folder. */
static bool check_identity(struct session *session, const struct value *map, struct error *err)
{
    const char *name = value_text(value_get(map, "name"));
    const char *namespace = value_text(value_get(map, "namespace"));
    if (!name || !namespace)
        return error_set(err, ERROR_INPUT, "it names no set");
    if (strcmp(name, session->target->set_name) == 0
        && strcmp(namespace, session->target->set_namespace) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "the directory %s holds the set %s of namespace %s: use another directory, "
                     "or that name in the Project",
                     session->root, name, namespace);
}

static bool damaged(struct session *session, struct error *err)
{
    if (err->kind == ERROR_INPUT)
        err->kind = ERROR_LOCAL; /* no manifest is wrong: the record is */
    return error_prefix(err, "%s", record_path(session));
}

static const char *holds_text(struct arena *arena, const struct value *map)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    if (value_get(map, "holds"))
        json_write(&text, value_get(map, "holds"));
    return arena_strdup(arena, buf_text(&text));
}

static const char *history_path(struct session *session)
{
    return path_join(session->arena, session->root, ".cmx/history");
}

/* One that nobody can read begins anew: nothing but `history` and `rollback` needs it. */
static const char *read_history(struct session *session, struct arena *arena)
{
    struct error ignored;
    char *text;
    size_t length;
    return file_read(arena, history_path(session), HISTORY_CEILING, &text, &length, &ignored)
               ? text
               : NULL;
}

static bool directory_record_read(struct session *session, struct arena *arena,
                                  struct record *ret_record, const struct wait *wait,
                                  struct error *err)
{
    (void)wait;
    struct error error = { 0 };
    const struct value *map;
    char *data;
    size_t length;
    *ret_record = (struct record){ .exists = false };
    if (!file_read(arena, record_path(session), RECORD_CEILING, &data, &length, &error)) {
        if (error.kind == ERROR_NOT_FOUND)
            return true;
        *err = error;
        return false;
    }
    if (!json_parse(arena, data, length, &map, err)) {
        error_prefix(err, "it is damaged; restore it from git, or remove it, and its files are "
                          "taken over");
        return damaged(session, err);
    }
    if (!check_identity(session, map, err) || !record_parse(arena, data, length, ret_record, err)
        || !holds_read(arena, value_get(map, "holds"), clock_unix(), &ret_record->holds,
                       &ret_record->hold_count, err))
        return damaged(session, err);
    ret_record->history = read_history(session, arena);
    session->record = *ret_record;
    session->holds = holds_text(session->arena, map);
    return true;
}

static void directory_blame(struct session *session, struct arena *arena,
                            const struct subject *subject, const char *path,
                            struct blame *ret_blame)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)path;
    *ret_blame = (struct blame){ 0 }; /* a file does not tell who edited it */
}

/*
 * A run and `hold` both write the record, each its own part of it: while one reads and writes,
 * this keeps the other out. -1: a file system that cannot lock a folder, where the last one wins.
 */
static int enter_folder(struct session *session)
{
    int folder = open(path_join(session->arena, session->root, ".cmx"),
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    while (folder >= 0 && flock(folder, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return folder;
}

static void leave_folder(int folder)
{
    if (folder >= 0)
        close(folder);
}

static bool take_lock(struct session *session, const struct wait *wait, struct error *err)
{
    for (;;) {
        if (flock(session->lock, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot lock %s", session->root);
        if (!wait_sleep(wait, LOCK_LOOK_MS))
            return error_set(err, wait_cancelled(wait) ? ERROR_CANCELLED : ERROR_REFUSED,
                             "another run is writing to %s: wait for it, or give more time with "
                             "--lock-timeout",
                             session->root);
    }
}

/* Somebody may have finished a run while we waited: then the plan is of yesterday. */
static bool check_unchanged(struct session *session, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF before = BUF_INIT(BUF_OUTPUT_CEILING), now = BUF_INIT(BUF_OUTPUT_CEILING);
    struct record seen = session->record, record;
    const char *holds = session->holds;
    bool read = directory_record_read(session, arena, &record, wait, err);
    bool held_anew = strcmp(holds, session->holds) != 0;
    session->record = seen;
    session->holds = holds;
    if (!read)
        return false;
    record_write(&before, &seen);
    record_write(&now, &record);
    if (seen.exists == record.exists && !held_anew
        && strcmp(buf_text(&before), buf_text(&now)) == 0)
        return true;
    return error_set(err, ERROR_CONFLICT, "another run has changed the set meanwhile");
}

static bool lock_folder(struct session *session, int64_t lock_wait, const struct wait *wait,
                        struct error *err)
{
    struct wait patience = wait_for(lock_wait, wait);
    patience.soft = true; /* nothing is written while it waits */
    const char *folder = path_join(session->arena, session->root, ".cmx");
    if (!folder_make(folder, err))
        return false;
    const char *path = path_join(session->arena, folder, "lock");
    directory_close(session);
    session->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (session->lock < 0)
        return error_errno(err, ERROR_LOCAL, "cannot open %s", path);
    if (!take_lock(session, &patience, err) || !check_unchanged(session, wait, err)) {
        directory_close(session);
        return false;
    }
    int inside = enter_folder(session); /* what a hold is writing just now is no leftover */
    directory_sweep(session);
    leave_folder(inside);
    return true;
}

static bool write_map(struct session *session, struct value *map, struct error *err)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write_pretty(&text, map);
    return file_write(record_path(session), buf_text(&text), text.length, 0644, err);
}

/* The record as it stands there; an empty map where there is none, or nobody can read it. */
static const struct value *written_map(struct session *session, struct arena *arena)
{
    struct error ignored = { 0 };
    const struct value *map;
    char *data;
    size_t length;
    if (!file_read(arena, record_path(session), RECORD_CEILING, &data, &length, &ignored)
        || !json_parse(arena, data, length, &map, &ignored))
        return value_map(arena);
    return map;
}

static bool write_record(struct session *session, const struct record *record, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF compact = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *parsed;
    record_write(&compact, record);
    if (!json_parse(arena, buf_text(&compact), compact.length, &parsed, err))
        return false;
    struct value *map = value_copy(arena, parsed);
    value_set(arena, map, "name", value_string(arena, session->target->set_name));
    value_set(arena, map, "namespace", value_string(arena, session->target->set_namespace));
    int folder = enter_folder(session);
    const struct value *holds = value_get(written_map(session, arena), "holds");
    if (holds)
        value_set(arena, map, "holds", value_copy(arena, holds));
    bool written = write_map(session, map, err);
    leave_folder(folder);
    return written;
}

/* ------------------------------------------------------------------- holds */

/* With the hold, or (NULL) without one on that object. */
static bool edit_holds(struct session *session, const struct hold *hold, const struct object_id *id,
                       struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct value *map = value_copy(arena, written_map(session, arena)), *list;
    const struct value *now = value_get(map, "holds");
    if (!value_get(map, "members"))
        return error_set(err, ERROR_NOT_FOUND, "somebody deleted the record of the set meanwhile");
    if (!(hold ? holds_with(arena, now, hold, clock_unix(), &list, err)
               : holds_without(arena, now, id, clock_unix(), &list, err)))
        return damaged(session, err);
    value_remove(map, "holds");
    if (value_count(list))
        value_set(arena, map, "holds", list);
    return write_map(session, map, err);
}

/* Who writes there just now is not told: the kernel's lock names nobody. */
static bool directory_record_hold(struct session *session, struct hold *hold, int64_t lasts,
                                  settle_note *note, void *context, const struct wait *wait,
                                  struct error *err)
{
    (void)note;
    (void)context;
    (void)wait;
    hold->since = clock_unix();
    hold->until = lasts ? hold->since + lasts : 0;
    int folder = enter_folder(session);
    bool written = edit_holds(session, hold, &hold->id, err);
    leave_folder(folder);
    return written;
}

static bool directory_record_unhold(struct session *session, const struct object_id *id,
                                    const struct wait *wait, struct error *err)
{
    (void)wait;
    int folder = enter_folder(session);
    bool written = edit_holds(session, NULL, id, err);
    leave_folder(folder);
    return written;
}

static bool directory_record_widen(struct session *session, const struct record *record,
                                   const struct wait *wait, struct error *err)
{
    (void)wait;
    return write_record(session, record, err);
}

static bool directory_record_lock(struct session *session, int64_t lock_wait,
                                  const struct record *wide, settle_note *on_wait, void *context,
                                  const struct wait *wait, struct error *err)
{
    (void)on_wait;
    (void)context;
    if (!lock_folder(session, lock_wait, wait, err))
        return false;
    if (!wide || directory_record_widen(session, wide, wait, err))
        return true;
    directory_close(session);
    return false;
}

/* A record is a new file each time it is written: one that was read is not read again. */
static const struct value *written_holds(struct session *session)
{
    AUTO_ARENA arena = arena_new();
    struct stat now;
    if (stat(record_path(session), &now) != 0)
        return NULL;
    if (now.st_ino == session->looked.st_ino && now.st_mtim.tv_sec == session->looked.st_mtim.tv_sec
        && now.st_mtim.tv_nsec == session->looked.st_mtim.tv_nsec)
        return session->looked_holds;
    const struct value *holds = value_get(written_map(session, arena), "holds");
    session->looked = now;
    session->looked_holds = holds ? value_copy(session->arena, holds) : NULL;
    return session->looked_holds;
}

/* The kernel keeps the lock ours. */
static bool directory_record_check(struct session *session, struct arena *arena,
                                   const struct hold **ret_holds, size_t *ret_count,
                                   const struct wait *wait, struct error *err)
{
    struct record record = { 0 };
    (void)wait;
    if (session->lock < 0)
        return error_set(err, ERROR_BUG, "%s is not locked", session->root);
    if (!holds_read(arena, written_holds(session), clock_unix(), &record.holds, &record.hold_count,
                    err))
        return damaged(session, err);
    *ret_holds = record.holds;
    *ret_count = record.hold_count;
    return true;
}

/* A run on each line, so that two people's runs merge in git. */
static bool write_history(struct session *session, const struct record *record, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *list;
    if (!record->history)
        return true;
    if (!json_parse(arena, record->history, strlen(record->history), &list, err))
        return false;
    for (size_t i = 0; value_item(list, i); i++) {
        buf_puts(&text, i ? ",\n" : "[\n");
        json_write(&text, value_item(list, i));
    }
    buf_puts(&text, value_count(list) ? "\n]\n" : "[]\n");
    return file_write(history_path(session), buf_text(&text), text.length, 0644, err);
}

static bool directory_record_settle(struct session *session, const struct record *record,
                                    const struct wait *wait, struct error *err)
{
    (void)wait;
    bool written = write_record(session, record, err) && write_history(session, record, err);
    directory_close(session);
    return written;
}

static bool directory_settle(struct session *session, struct arena *arena,
                             const struct subject *subject, const struct outcome *outcome,
                             bool removed, settle_note *note, void *context,
                             const struct wait *wait, struct error *err)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)outcome;
    (void)removed;
    (void)note;
    (void)context;
    (void)wait;
    (void)err;
    return true; /* a file that is written is what it is meant to be */
}

/* A released file carries no mark: leaving the record is all. */
static bool directory_release(struct session *session, struct arena *arena,
                              const struct subject *subject, const struct wait *wait,
                              struct error *err)
{
    (void)session;
    (void)arena;
    (void)subject;
    (void)wait;
    (void)err;
    return true;
}

static bool directory_record_remove(struct session *session, const struct wait *wait,
                                    struct error *err)
{
    (void)wait;
    const char *path = record_path(session);
    if (unlink(path) != 0 && errno != ENOENT)
        return error_errno(err, ERROR_LOCAL, "cannot remove %s", path);
    directory_close(session);
    unlink(history_path(session));
    unlink(path_join(session->arena, session->root, ".cmx/lock"));
    rmdir(path_join(session->arena, session->root, ".cmx"));
    return true;
}

const struct provider provider_directory = {
    .name = "directory",
    .open = directory_open,
    .close = directory_close,
    .describe = directory_describe,
    .bind_scopes = directory_bind_scopes,
    .record_read = directory_record_read,
    .observe = directory_observe,
    .predict = directory_predict,
    .blame = directory_blame,
    .record_lock = directory_record_lock,
    .record_widen = directory_record_widen,
    .record_check = directory_record_check,
    .record_settle = directory_record_settle,
    .apply = directory_apply,
    .remove = directory_remove,
    .settle = directory_settle,
    .release = directory_release,
    .record_hold = directory_record_hold,
    .record_unhold = directory_record_unhold,
    .record_remove = directory_record_remove,
};
