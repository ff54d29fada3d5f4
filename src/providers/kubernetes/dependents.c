/* dependents: see dependents.h. */
#include "providers/kubernetes/dependents.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "providers/kubernetes/guard.h"
#include "providers/kubernetes/request.h"

#include <stdlib.h>
#include <string.h>

/* An owner's uid, and one object that it takes with it. */
struct link {
    const char *owner, *uid;
    const char *kept; /* why this one may not go, or NULL */
};

enum reach { REACH_NAMESPACE, REACH_CLUSTER, REACH_ALL };

struct catalog {
    struct catalog *next;
    enum reach reach;
    const char *namespace;
    struct link *links; /* sorted by owner */
    size_t count, capacity;
};

struct dependents {
    pthread_mutex_t lock; /* of all catalogs: whoever comes second waits for the first */
    struct arena *arena;
    struct catalog *catalogs;
};

struct dependents *dependents_new(void)
{
    struct dependents *dependents = memory_alloc(sizeof *dependents);
    *dependents = (struct dependents){ .arena = arena_new() };
    pthread_mutex_init(&dependents->lock, NULL);
    return dependents;
}

void dependents_free(struct dependents *dependents)
{
    if (!dependents)
        return;
    pthread_mutex_destroy(&dependents->lock);
    arena_free(dependents->arena);
    free(dependents);
}

/* --------------------------------------------------------------- one object */

static bool has_kind(const struct object_id *id, const char *group, const char *kind)
{
    return strcmp(id->group, group) == 0 && strcmp(id->kind, kind) == 0;
}

/* The claim of an ephemeral volume lives and dies with its pod: no data is lost that was to stay.
 */
static bool is_owned_by_pod(const struct value *document)
{
    const struct value *owners = value_at(document, "metadata", "ownerReferences", NULL);
    for (size_t i = 0; i < value_count(owners); i++) {
        const char *kind = value_text(value_get(value_item(owners, i), "kind"));
        if (kind && strcmp(kind, "Pod") == 0)
            return true;
    }
    return false;
}

static const char *why_kept(const struct session *session, struct arena *arena,
                            const struct object_id *id, const struct value *document)
{
    const char *name = object_id_text(arena, id, NULL);
    const struct subject *known = session_subject(session, id);
    bool claim = has_kind(id, "", "PersistentVolumeClaim") && !is_owned_by_pod(document);
    if (claim || has_kind(id, "", "PersistentVolume"))
        return arena_printf(arena, "%s and its data would go with it", name);
    if (has_kind(id, "", "Namespace")
        || has_kind(id, "apiextensions.k8s.io", "CustomResourceDefinition"))
        return arena_printf(arena, "%s and all that is in it would go with it", name);
    if (keeps_itself(id, document))
        return arena_printf(arena, "%s would go with it, which says cmx.dev/prune: disabled", name);
    if (known && known->desired)
        return arena_printf(arena, "%s would go with it, which is still wanted", name);
    if (known && known->recorded && !known->leaving)
        return arena_printf(arena, "%s would go with it, which this run does not delete", name);
    return NULL;
}

/* ---------------------------------------------------------------- one kind */

struct look {
    struct session *session;
    struct dependents *dependents;
    struct catalog *catalog;
    pthread_mutex_t *lock; /* of the arena and the links */
    struct api_kind kind;
    const struct wait *wait;
    struct error error;
};

static void add_links(struct look *look, const struct value *owners, const char *uid,
                      const char *kept)
{
    struct arena *arena = look->dependents->arena;
    struct catalog *catalog = look->catalog;
    uid = arena_strdup(arena, uid);
    for (size_t i = 0; i < value_count(owners); i++) {
        const char *owner = value_text(value_get(value_item(owners, i), "uid"));
        struct link link = { owner ? arena_strdup(arena, owner) : "", uid, kept };
        arena_push(arena, catalog->links, catalog->count, catalog->capacity, link);
    }
}

static bool on_item(void *context, struct arena *scratch, const struct value *value,
                    struct error *err)
{
    struct look *look = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    const char *namespace = value_text_at(value, "metadata", "namespace", NULL);
    const char *uid = value_text_at(value, "metadata", "uid", NULL);
    const struct value *owners = value_at(value, "metadata", "ownerReferences", NULL);
    (void)scratch;
    (void)err;
    if (!name || !uid || value_count(owners) == 0)
        return true;
    struct object_id id = { look->kind.group, look->kind.kind, namespace ? namespace : "", name };
    pthread_mutex_lock(look->lock);
    add_links(look, owners, uid, why_kept(look->session, look->dependents->arena, &id, value));
    pthread_mutex_unlock(look->lock);
    return true;
}

static void look_at_kind(void *context, struct arena *arena)
{
    struct look *look = context;
    struct object_id id = { look->kind.group, look->kind.kind, "", "" };
    struct error failed = { 0 };
    struct list_request list = { .kind = &look->kind,
                                 .namespace = look->kind.namespaced ? look->catalog->namespace : "",
                                 .metadata_only = true };
    if (request_list(look->session, arena, &list, on_item, NULL, look, look->wait, &failed)
        || failed.kind == ERROR_NOT_FOUND)
        return;
    if (failed.kind != ERROR_DENIED || has_kind(&id, "", "PersistentVolumeClaim"))
        look->error = failed;
}

/* --------------------------------------------------------------- a catalog */

static bool is_in_reach(const struct catalog *catalog, const struct api_kind *kind)
{
    struct object_id id = { kind->group, kind->kind, "", "" };
    if (strcmp(kind->kind, "Event") == 0) /* they own nothing, and are many */
        return false;
    if (catalog->reach == REACH_ALL)
        return true;
    if (catalog->reach == REACH_NAMESPACE)
        return kind->namespaced;
    return !kind->namespaced || has_kind(&id, "", "PersistentVolumeClaim");
}

static struct look *looks_for(struct session *session, struct catalog *catalog, struct arena *arena,
                              const struct look *model, size_t *ret_count)
{
    struct look *looks = NULL;
    size_t count = 0, capacity = 0;
    const struct api_kind *kind;
    pthread_rwlock_rdlock(&session->discovery_lock);
    for (size_t i = 0; session->discovery && (kind = discovery_at(session->discovery, i)); i++) {
        struct look look = *model;
        look.kind = *kind;
        if (is_in_reach(catalog, kind))
            arena_push(arena, looks, count, capacity, look);
    }
    pthread_rwlock_unlock(&session->discovery_lock);
    *ret_count = count;
    return looks;
}

static int compare_links(const void *a, const void *b)
{
    return strcmp(((const struct link *)a)->owner, ((const struct link *)b)->owner);
}

static bool fill(struct session *session, struct dependents *dependents, struct catalog *catalog,
                 const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct look model = { .session = session,
                          .dependents = dependents,
                          .catalog = catalog,
                          .lock = &lock,
                          .wait = wait };
    size_t count;
    struct look *looks = looks_for(session, catalog, arena, &model, &count);
    pool_each(session->target->concurrency, look_at_kind, looks, count, sizeof *looks);
    for (size_t i = 0; i < count; i++)
        if (looks[i].error.kind) {
            *err = looks[i].error;
            return false;
        }
    if (catalog->count)
        qsort(catalog->links, catalog->count, sizeof *catalog->links, compare_links);
    return true;
}

static enum reach reach_of(const struct object_id *id)
{
    if (*id->namespace)
        return REACH_NAMESPACE;
    return scope_of_builtin(id->group, id->kind) == SCOPE_UNKNOWN ? REACH_ALL : REACH_CLUSTER;
}

/* Called with the lock held. A catalog that could not be filled is not kept. */
static const struct catalog *catalog_for(struct session *session, const struct object_id *id,
                                         const struct wait *wait, struct error *err)
{
    struct dependents *dependents = session->dependents;
    enum reach reach = reach_of(id);
    struct catalog *catalog = dependents->catalogs;
    while (catalog && (catalog->reach != reach || strcmp(catalog->namespace, id->namespace) != 0))
        catalog = catalog->next;
    if (catalog)
        return catalog;
    catalog = arena_alloc(dependents->arena, sizeof *catalog);
    *catalog = (struct catalog){ .next = dependents->catalogs,
                                 .reach = reach,
                                 .namespace = arena_strdup(dependents->arena, id->namespace) };
    if (!fill(session, dependents, catalog, wait, err))
        return NULL;
    return dependents->catalogs = catalog;
}

/* ------------------------------------------------------------------ the walk */

static size_t first_link(const struct catalog *catalog, const char *owner)
{
    size_t low = 0, high = catalog->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(catalog->links[middle].owner, owner) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Breadth first; each link is followed once, so that a circle of owners ends. */
static const char *walk(const struct catalog *catalog, struct arena *arena, const char *uid)
{
    const char **queue = arena_array(arena, catalog->count + 1, sizeof *queue);
    bool *followed = arena_array(arena, catalog->count + 1, sizeof *followed);
    size_t head = 0, tail = 0;
    queue[tail++] = uid;
    while (head < tail) {
        const char *owner = queue[head++];
        for (size_t i = first_link(catalog, owner);
             i < catalog->count && strcmp(catalog->links[i].owner, owner) == 0; i++) {
            if (catalog->links[i].kept)
                return catalog->links[i].kept;
            if (!followed[i])
                queue[tail++] = catalog->links[i].uid;
            followed[i] = true;
        }
    }
    return NULL;
}

bool dependents_find(struct session *session, struct arena *arena, const struct subject *subject,
                     const char **ret_why, const struct wait *wait, struct error *err)
{
    struct dependents *dependents = session->dependents;
    AUTO_ARENA scratch = arena_new();
    if (!subject->live.uid)
        return error_set(err, ERROR_BUG, "it was not looked at");
    pthread_mutex_lock(&dependents->lock);
    const struct catalog *catalog = catalog_for(session, &subject->id, wait, err);
    const char *why = catalog ? walk(catalog, scratch, subject->live.uid) : NULL;
    *ret_why = why ? arena_strdup(arena, why) : NULL;
    pthread_mutex_unlock(&dependents->lock);
    return catalog || error_prefix(err, "cannot see what would go with it");
}
