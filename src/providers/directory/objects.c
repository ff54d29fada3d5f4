/* objects: the files of a directory target; see directory.h. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"
#include "providers/directory/directory.h"
#include "providers/hold.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const char CLUSTER_FOLDER[] = "_cluster";
static const char TEMPORARY[] = ".tmp";

/* File systems hold 255 bytes; ".yaml" and what file_write() hangs on while it writes come behind.
 */
enum { NAME_BYTES = 255 - 5 - 11, NAME_DIGEST = 16 };

/*
 * Capitals of names too: not every file system tells `A` from `a`, and roles may differ in that.
 * A record may have been tampered with: no part of an id is a hidden file, or "..".
 */
static void add_escaped(struct buf *out, const char *text, bool capitals)
{
    for (const char *at = text; *at; at++)
        if (isdigit((unsigned char)*at) || *at == '-' || (*at == '.' && at != text)
            || (capitals ? isalpha((unsigned char)*at) : islower((unsigned char)*at)))
            buf_putc(out, *at);
        else
            buf_printf(out, "%%%02X", (unsigned char)*at);
}

/* Of a file name that is too long, the beginning and a digest of the whole. */
static void shorten(struct buf *name)
{
    AUTO_ARENA arena = arena_new();
    if (name->length <= NAME_BYTES)
        return;
    struct digest digest = digest_sha256(buf_text(name), name->length);
    const char *kept = arena_memdup(arena, buf_text(name), NAME_BYTES - NAME_DIGEST - 1);
    buf_clear(name);
    buf_printf(name, "%s~%.*s", kept, NAME_DIGEST, digest_hex(arena, &digest));
}

const char *directory_file(struct arena *arena, const struct session *session,
                           const struct object_id *id)
{
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING), name = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_printf(&path, "%s/", session->root);
    if (*id->namespace)
        add_escaped(&path, id->namespace, false);
    else
        buf_puts(&path, CLUSTER_FOLDER);
    add_escaped(&name, id->kind, true);
    if (*id->group)
        buf_putc(&name, '.');
    add_escaped(&name, id->group, true);
    buf_putc(&name, '_');
    add_escaped(&name, id->name, false);
    shorten(&name);
    buf_printf(&path, "/%s.yaml", buf_text(&name));
    return arena_memdup(arena, buf_text(&path), path.length);
}

static bool unknown(struct observation *live, const char *why)
{
    live->state = LIVE_UNKNOWN;
    live->why = why;
    return true;
}

/*
 * The note by which status sees drift with no source: a digest of what the file says. Of a Secret
 * there is none, for a short value could be guessed from it.
 */
static const char *mark_of(struct arena *arena, const struct object_id *id,
                           const struct value *document)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    if (!*id->group && strcmp(id->kind, "Secret") == 0)
        return NULL;
    yaml_write(&text, document);
    struct digest digest = digest_sha256(buf_text(&text), text.length);
    return digest_hex(arena, &digest);
}

/* A file of ours that somebody made unreadable is drift; a foreign one is left alone. */
static void observe_content(struct arena *arena, struct subject *subject, const char *path,
                            const char *data, size_t length)
{
    struct observation *live = &subject->live;
    struct source_file file = { .path = path, .data = data, .length = length };
    struct yaml_documents documents;
    struct problems problems;
    problems_start(&problems, arena);
    bool readable = yaml_read(arena, &file, &documents, &problems) && documents.count == 1
                    && documents.items[0].root && documents.items[0].root->kind == VALUE_MAP;
    if (!readable && !subject->recorded) {
        unknown(live, arena_printf(arena, "%s is in the way and holds no manifest", path));
        return;
    }
    live->state = LIVE_DIFFERENT;
    live->document = readable ? documents.items[0].root : value_map(arena);
    live->mark = mark_of(arena, &subject->id, live->document);
    live->hold = hold_of_document(arena, &subject->id, live->document);
    if (subject->desired && value_equal(live->document, subject->desired->document))
        live->state = LIVE_SAME;
}

/* "/…/out/shop" of "/…/out/shop/ConfigMap_web.yaml". */
static char *parent_of(struct arena *arena, const char *path)
{
    return arena_memdup(arena, path, (size_t)(strrchr(path, '/') - path));
}

/* A linked folder may lead out of the repository: nothing is read, written or removed through it.
 */
static bool is_linked(const char *folder)
{
    struct stat status;
    return lstat(folder, &status) == 0 && S_ISLNK(status.st_mode);
}

static void observe_one(const struct session *session, struct arena *arena, struct subject *subject)
{
    struct observation *live = &subject->live;
    const char *path = directory_file(arena, session, &subject->id);
    struct error error = { 0 };
    struct stat status;
    char *data;
    size_t length;
    *live = (struct observation){ .state = LIVE_ABSENT,
                                  .owner = subject->recorded ? OWNER_SELF : OWNER_NONE,
                                  .healthy = true };
    if (is_linked(parent_of(arena, path)))
        unknown(live, arena_printf(arena, "%s is a symbolic link: replace it by a folder",
                                   parent_of(arena, path)));
    else if (lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return;
    else if (!S_ISREG(status.st_mode))
        unknown(live, arena_printf(arena, "%s is no regular file", path));
    else if (!file_read(arena, path, YAML_FILE_CEILING, &data, &length, &error))
        unknown(live, arena_strdup(arena, error.message));
    else
        observe_content(arena, subject, path, data, length);
}

bool directory_observe(struct session *session, struct arena *arena, struct subject *subjects,
                       size_t count, const struct wait *wait, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (wait_cancelled(wait))
            return error_set(err, ERROR_CANCELLED, "interrupted");
        observe_one(session, arena, &subjects[i]);
    }
    return true;
}

static bool may_write(const struct session *session, const struct resource *desired)
{
    const struct cluster *cluster = session->target->cluster;
    return !desired->secret || session->target->show_secrets || (cluster && cluster->write_secrets)
           || value_count(value_get(desired->document, "data")) == 0;
}

bool directory_predict(struct session *session, struct arena *arena, const struct subject *subject,
                       struct prediction *ret_prediction, const struct wait *wait,
                       struct error *err)
{
    (void)arena;
    (void)wait;
    (void)err;
    const struct observation *live = &subject->live;
    bool exists = live->state != LIVE_ABSENT;
    /* What is wanted may be known better than when it was looked at: an image has been built. */
    bool same = live->state == LIVE_SAME
                || (live->document && value_equal(live->document, subject->desired->document));
    *ret_prediction = (struct prediction){
        .kind = same     ? PREDICT_SAME
                : exists ? PREDICT_CHANGE
                         : PREDICT_CREATE,
        .before = exists ? live->document : NULL,
        .after = subject->desired->document,
    };
    if (!may_write(session, subject->desired)) {
        ret_prediction->kind = PREDICT_REFUSED;
        ret_prediction->why = "a directory would show its values to everyone who reads it: set "
                              "spec.secrets: write in the Cluster, or --show-secrets";
    }
    return true;
}

static bool make_parent(struct arena *arena, const char *path, struct error *err)
{
    const char *folder = parent_of(arena, path);
    if (is_linked(folder))
        return error_set(err, ERROR_REFUSED, "%s is a symbolic link: replace it by a folder",
                         folder);
    return folder_make(folder, err);
}

bool directory_apply(struct session *session, struct arena *arena, const struct subject *subject,
                     struct outcome *ret_outcome, const struct wait *wait, struct error *err)
{
    (void)wait;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *path = directory_file(arena, session, &subject->id);
    if (!may_write(session, subject->desired))
        return error_set(err, ERROR_REFUSED, "Secret values are not written into a directory");
    yaml_write(&text, subject->desired->document);
    if (!make_parent(arena, path, err)
        || !file_write(path, buf_text(&text), text.length, subject->desired->secret ? 0600 : 0644,
                       err))
        return false;
    ret_outcome->kind = subject->live.state == LIVE_ABSENT ? OUTCOME_CREATED : OUTCOME_CHANGED;
    ret_outcome->document = subject->desired->document;
    ret_outcome->mark = mark_of(arena, &subject->id, subject->desired->document);
    return true;
}

bool directory_remove(struct session *session, struct arena *arena, const struct subject *subject,
                      const struct wait *wait, struct error *err)
{
    (void)wait;
    const char *path = directory_file(arena, session, &subject->id);
    const char *folder = parent_of(arena, path);
    if (is_linked(folder))
        return error_set(err, ERROR_REFUSED, "%s is a symbolic link: replace it by a folder",
                         folder);
    if (unlink(path) != 0 && errno != ENOENT)
        return error_errno(err, ERROR_LOCAL, "cannot remove %s", path);
    rmdir(folder); /* only when it is empty now */
    return true;
}

/*
 * "web.yaml.XXXXXX.tmp" of an object, "set.XXXXXX.tmp" of the record, and of its history: as
 * file_write() names them.
 */
static bool is_leftover(const char *name, const char *before)
{
    size_t length = strlen(name), ending = strlen(before) + strlen("XXXXXX.tmp");
    return length >= ending && strncmp(name + length - ending, before, strlen(before)) == 0
           && strcmp(name + length - strlen(TEMPORARY), TEMPORARY) == 0;
}

static void sweep_folder(struct arena *arena, const char *folder, const char *before)
{
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (is_leftover(entry->d_name, before))
            unlink(path_join(arena, folder, entry->d_name));
    if (entries)
        closedir(entries);
}

void directory_sweep(const struct session *session)
{
    AUTO_ARENA arena = arena_new();
    const char *last = "";
    const char *records = path_join(arena, session->root, ".cmx");
    sweep_folder(arena, records, "set.");
    sweep_folder(arena, records, "history.");
    for (size_t i = 0; i < session->record.count; i++) {
        const char *file = directory_file(arena, session, &session->record.members[i].id);
        const char *folder = parent_of(arena, file);
        if (strcmp(folder, last) != 0 && !is_linked(folder))
            sweep_folder(arena, folder, ".yaml.");
        last = folder;
    }
}
