/* scale: see scale.h. */
#include "providers/kubernetes/scale.h"

#include "base/cleanup.h"
#include "providers/kubernetes/request.h"

#include <string.h>

struct scaled {
    const char *group, *kind, *name;
};

struct scaled_namespace {
    const char *name;
    const char *unknown; /* why it could not be listed, or NULL */
    struct scaled *items;
    size_t count, capacity;
};

struct scalers {
    pthread_mutex_t lock;
    struct arena *arena;
    struct scaled_namespace *items;
    size_t count, capacity;
};

static const struct object_id AUTOSCALER = { "autoscaling", "HorizontalPodAutoscaler", "", "" };

struct scalers *scalers_new(void)
{
    struct scalers *scalers = memory_alloc(sizeof *scalers);
    *scalers = (struct scalers){ .arena = arena_new() };
    pthread_mutex_init(&scalers->lock, NULL);
    return scalers;
}

void scalers_free(struct scalers *scalers)
{
    if (!scalers)
        return;
    pthread_mutex_destroy(&scalers->lock);
    arena_free(scalers->arena);
    free(scalers);
}

/* What an autoscaler's document targets. False where it says nothing. */
static bool target_of(struct arena *arena, const struct value *document, struct scaled *ret_target)
{
    const struct value *target = value_at(document, "spec", "scaleTargetRef", NULL);
    const char *kind = value_text(value_get(target, "kind"));
    const char *name = value_text(value_get(target, "name"));
    const char *api_version = value_text(value_get(target, "apiVersion")), *version;
    if (!kind || !name)
        return false;
    *ret_target =
        (struct scaled){ .kind = arena_strdup(arena, kind), .name = arena_strdup(arena, name) };
    if (api_version)
        api_version_split(arena, api_version, &ret_target->group, &version);
    return true;
}

static bool targets(const struct scaled *scaled, const struct object_id *id)
{
    return strcmp(scaled->kind, id->kind) == 0 && strcmp(scaled->name, id->name) == 0
           && (!scaled->group || strcmp(scaled->group, id->group) == 0);
}

/* Where the set's autoscalers of a namespace begin: subjects are sorted by identity. */
static size_t first_scaler(const struct session *session, const char *namespace)
{
    struct object_id first = { AUTOSCALER.group, AUTOSCALER.kind, namespace, "" };
    size_t low = 0, high = session->subject_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (object_id_compare(&session->subjects[middle]->id, &first) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_scaler(const struct object_id *id, const char *namespace)
{
    return strcmp(id->kind, AUTOSCALER.kind) == 0 && strcmp(id->group, AUTOSCALER.group) == 0
           && strcmp(id->namespace, namespace) == 0;
}

bool scale_in_set(const struct session *session, const struct object_id *id)
{
    AUTO_ARENA arena = arena_new();
    for (size_t i = first_scaler(session, id->namespace);
         i < session->subject_count && is_scaler(&session->subjects[i]->id, id->namespace); i++) {
        const struct subject *subject = session->subjects[i];
        struct scaled target;
        if (subject->desired && target_of(arena, subject->desired->document, &target)
            && targets(&target, id))
            return true;
    }
    return false;
}

static bool keep_target(void *context, struct arena *arena, const struct value *value,
                        struct error *err)
{
    struct scalers *scalers = context;
    struct scaled_namespace *namespace = &scalers->items[scalers->count - 1];
    struct scaled target;
    (void)arena;
    (void)err;
    if (target_of(scalers->arena, value, &target))
        arena_push(scalers->arena, namespace->items, namespace->count, namespace->capacity, target);
    return true;
}

static void forget_targets(void *context)
{
    struct scalers *scalers = context;
    scalers->items[scalers->count - 1].count = 0;
}

/* Called with the lock held. */
static struct scaled_namespace *look(struct session *session, const char *name,
                                     const struct wait *wait)
{
    struct scalers *scalers = session->scalers;
    struct scaled_namespace namespace = { .name = arena_strdup(scalers->arena, name) };
    struct error error = { 0 };
    struct api_kind kind;
    arena_push(scalers->arena, scalers->items, scalers->count, scalers->capacity, namespace);
    struct scaled_namespace *kept = &scalers->items[scalers->count - 1];
    enum kind_state state = session_find_kind(session, &AUTOSCALER, NULL, false, &kind, wait);
    struct list_request list = { .kind = &kind, .namespace = name };
    AUTO_ARENA arena = arena_new();
    if (state == KIND_STALE)
        kept->unknown = "the server behind the API group autoscaling does not answer";
    if (state == KIND_KNOWN
        && !request_list(session, arena, &list, keep_target, forget_targets, scalers, wait, &error))
        kept->unknown = arena_strdup(scalers->arena, error.message);
    return kept;
}

bool scale_live(struct session *session, const struct object_id *id, bool *ret_scaled,
                const struct wait *wait, struct error *err)
{
    struct scalers *scalers = session->scalers;
    struct scaled_namespace *namespace = NULL;
    bool found = false;
    pthread_mutex_lock(&scalers->lock);
    for (size_t i = 0; i < scalers->count && !namespace; i++)
        if (strcmp(scalers->items[i].name, id->namespace) == 0)
    namespace = &scalers->items[i];
    if (!namespace)
    namespace = look(session, id->namespace, wait);
    bool known =
        !namespace->unknown
        || error_set(err, ERROR_UNREACHABLE,
                     "cannot see whether an autoscaler sets spec.replicas: %s", namespace->unknown);
    for (size_t i = 0; i < namespace->count && !found; i++)
        found = targets(&namespace->items[i], id);
    pthread_mutex_unlock(&scalers->lock);
    *ret_scaled = found;
    return known;
}
