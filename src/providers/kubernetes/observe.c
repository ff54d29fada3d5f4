/* observe: see observe.h. Each group of subjects (one kind, version and namespace) is a task. */
#include "providers/kubernetes/observe.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "base/text.h"
#include "providers/hold.h"
#include "providers/kubernetes/health/claim.h"
#include "providers/kubernetes/health/glance.h"
#include "providers/kubernetes/judge.h"
#include "providers/kubernetes/owners.h"
#include "providers/kubernetes/record/sets.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

enum { FEW = 8 }; /* up to here a GET each is cheaper than a LIST of everything */

struct observer {
    struct session *session;
    struct arena *arena;  /* of the caller */
    pthread_mutex_t lock; /* of the arena  */
    const struct wait *wait;
};

struct group {
    struct observer *observer;
    struct api_kind kind;
    const char *version, *namespace;
    struct subject **members; /* sorted by name */
    bool *seen, *exists;
    size_t count, capacity;
    struct stray *strays;
    size_t stray_count, stray_capacity;
    bool recorded;        /* some of them */
    bool looked;          /* at all */
    bool another_version; /* the wanted one is served only once a step of this run was done */
    struct error error;
};

/* ---------------------------------------------------------------- judging */

static void keep_judgement(struct group *group, struct arena *scratch, struct subject *subject,
                           const struct value *document)
{
    struct observer *observer = group->observer;
    struct observation live;
    bool keep;
    struct value *whole = value_map_copy(scratch, document); /* items of a LIST lack two members */
    value_set(scratch, whole, "apiVersion",
              value_string(scratch, kind_api_version(scratch, &group->kind)));
    value_set(scratch, whole, "kind", value_string(scratch, group->kind.kind));
    if (strcmp(group->kind.kind, "Secret") == 0)
        client_learn_secret(observer->session->client, whole);
    judge_object(observer->session, scratch, scratch, subject, whole, &live, &keep);
    if (group->another_version && live.state == LIVE_SAME)
        live.state = LIVE_DIFFERENT;
    keep &= !group->another_version; /* what comes later reads it in its own version */
    pthread_mutex_lock(&observer->lock);
    live.owner_text = live.owner_text ? arena_strdup(observer->arena, live.owner_text) : NULL;
    live.uid = live.uid ? arena_strdup(observer->arena, live.uid) : NULL;
    live.why = live.why ? arena_strdup(observer->arena, live.why) : NULL;
    live.mark = live.mark ? arena_strdup(observer->arena, live.mark) : NULL;
    live.touched_by = live.touched_by ? arena_strdup(observer->arena, live.touched_by) : NULL;
    live.health = live.health ? arena_strdup(observer->arena, live.health) : NULL;
    live.hold = hold_copy(observer->arena, live.hold);
    live.document = keep ? value_copy(observer->arena, whole) : NULL;
    pthread_mutex_unlock(&observer->lock);
    subject->live = live;
}

static bool find_member(const struct group *group, const char *name, size_t *ret_index)
{
    size_t low = 0, high = group->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, group->members[middle]->id.name);
        if (order == 0) {
            *ret_index = middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Not wanted and not recorded: what carries the set's label all the same is remembered, to be told.
 */
static void keep_stray(struct group *group, struct arena *scratch, const char *name,
                       const struct value *document)
{
    struct observer *observer = group->observer;
    const char *set = value_text_at(document, "metadata", "labels", PART_OF_LABEL, NULL), *owner;
    if (!set || strcmp(set, observer->session->set_id) != 0)
        return;
    enum owner_kind kind = owner_of(scratch, document, set, &owner);
    pthread_mutex_lock(&observer->lock);
    struct stray stray = {
        .id = { group->kind.group, group->kind.kind, group->namespace,
                arena_strdup(observer->arena, name) },
        .owner = kind == OWNER_CONTROLLER ? arena_strdup(observer->arena, owner) : NULL,
    };
    arena_push(observer->arena, group->strays, group->stray_count, group->stray_capacity, stray);
    pthread_mutex_unlock(&observer->lock);
}

static bool on_object(void *context, struct arena *arena, const struct value *value,
                      struct error *err)
{
    struct group *group = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    size_t i;
    (void)err;
    if (!name)
        return true;
    if (!find_member(group, name, &i)) {
        keep_stray(group, arena, name, value);
        return true;
    }
    keep_judgement(group, arena, group->members[i], value);
    group->seen[i] = true;
    return true;
}

static bool on_name(void *context, struct arena *arena, const struct value *value,
                    struct error *err)
{
    struct group *group = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    size_t i;
    (void)arena;
    (void)err;
    if (name && find_member(group, name, &i))
        group->exists[i] = true;
    return true;
}

static void forget_objects(void *context)
{
    struct group *group = context;
    memset(group->seen, 0, group->count * sizeof *group->seen);
    group->stray_count = 0;
}

static void forget_names(void *context)
{
    struct group *group = context;
    memset(group->exists, 0, group->count * sizeof *group->exists);
}

/* ---------------------------------------------------------------- looking */

/* Our own objects, by the label. */
static struct list_request members_of(const struct session *session, struct arena *arena,
                                      const struct api_kind *kind, const char *namespace)
{
    return (struct list_request){
        .kind = kind,
        .namespace = namespace,
        .selector = arena_printf(arena, PART_OF_LABEL "=%s", session->set_id),
    };
}

static bool list_members(struct group *group, struct arena *arena)
{
    struct observer *observer = group->observer;
    struct list_request list = members_of(observer->session, arena, &group->kind, group->namespace);
    if (!group->recorded) /* nothing of ours can be there yet */
        return true;
    return request_list(observer->session, arena, &list, on_object, forget_objects, group,
                        observer->wait, &group->error);
}

static size_t count_open(const struct group *group)
{
    size_t open = 0;
    for (size_t i = 0; i < group->count; i++)
        open += !group->seen[i] && group->exists[i];
    return open;
}

static bool get_open(struct group *group, struct arena *arena)
{
    struct observer *observer = group->observer;
    for (size_t i = 0; i < group->count; i++) {
        const struct value *document;
        struct object_request object = { &group->kind, group->namespace, group->members[i]->id.name,
                                         false };
        if (group->seen[i] || !group->exists[i])
            continue;
        if (request_get(observer->session, arena, &object, &document, observer->wait,
                        &group->error)) {
            keep_judgement(group, arena, group->members[i], document);
            group->seen[i] = true;
        } else if (group->error.kind != ERROR_NOT_FOUND)
            return false;
    }
    return true;
}

/* What the label did not find: never ours, gone, or robbed of its label. */
static bool look_for_rest(struct group *group, struct arena *arena)
{
    struct observer *observer = group->observer;
    struct list_request list = { .kind = &group->kind, .namespace = group->namespace };
    for (size_t i = 0; i < group->count; i++)
        group->exists[i] = true; /* perhaps */
    if (count_open(group) > FEW) {
        forget_names(group);
        list.metadata_only = true;
        if (!request_list(observer->session, arena, &list, on_name, forget_names, group,
                          observer->wait, &group->error))
            return false;
    }
    if (count_open(group) <= FEW)
        return get_open(group, arena);
    list.metadata_only = false;
    return request_list(observer->session, arena, &list, on_object, forget_objects, group,
                        observer->wait, &group->error);
}

static void set_unknown(struct group *group, const char *why)
{
    struct observer *observer = group->observer;
    pthread_mutex_lock(&observer->lock);
    const char *text = arena_strdup(observer->arena, why);
    pthread_mutex_unlock(&observer->lock);
    for (size_t i = 0; i < group->count; i++)
        group->members[i]->live = (struct observation){ .state = LIVE_UNKNOWN, .why = text };
}

/* A version that comes with a definition of this run: what is there is there in another one. */
static bool find_another_version(struct group *group)
{
    struct session *session = group->observer->session;
    const struct object_id *id = &group->members[0]->id;
    group->another_version =
        group->version && definition_in_set(session->set, id)
        && session_find_kind(session, id, NULL, false, &group->kind, group->observer->wait)
               == KIND_KNOWN;
    return group->another_version;
}

static void observe_group(void *context, struct arena *arena)
{
    struct group *group = context;
    struct session *session = group->observer->session;
    enum kind_state state = session_find_kind(session, &group->members[0]->id, group->version,
                                              false, &group->kind, group->observer->wait);
    if (state == KIND_STALE) {
        set_unknown(group, arena_printf(arena, "the server behind the API group %s does not answer",
                                        *group->members[0]->id.group ? group->members[0]->id.group
                                                                     : "core"));
        return;
    }
    if (state == KIND_ABSENT && !find_another_version(group)) {
        const struct object_id *id = &group->members[0]->id;
        group->looked = true;
        if (group->version && !definition_in_set(session->set, id))
            set_unknown(
                group, absent_kind_text(session, arena, id, group->version, group->observer->wait));
        return;
    }
    if (!strcmp(group->kind.plural, "persistentvolumeclaims") && !*group->kind.group)
        storage_classes_look(session, group->observer->wait); /* to judge their health by */
    if (list_members(group, arena) && look_for_rest(group, arena))
        group->looked = true;
    else
        set_unknown(group, group->error.message);
}

/* --------------------------------------------------------------- grouping */

static const char *version_of(struct arena *arena, const struct subject *subject)
{
    const char *group, *version = NULL;
    if (subject->desired)
        api_version_split(arena, subject->desired->api_version, &group, &version);
    return version;
}

static bool belongs(const struct group *group, const struct subject *subject, const char *version)
{
    const struct object_id *a = &group->members[0]->id, *b = &subject->id;
    return strcmp(a->group, b->group) == 0 && strcmp(a->kind, b->kind) == 0
           && strcmp(a->namespace, b->namespace) == 0
           && (!subject->desired || text_same(group->version, version));
}

/* The group for a subject among those from `first` on, which are of its kind. */
static struct group *group_for(struct arena *arena, struct group *groups, size_t *count,
                               const struct subject *subject)
{
    const char *version = version_of(arena, subject);
    for (size_t i = *count; i-- > 0;) {
        struct group *group = &groups[i];
        if (belongs(group, subject, version))
            return group;
        if (!group->version && version
            && belongs(group, &(struct subject){ .id = subject->id }, NULL)) {
            group->version = version; /* only unwanted ones so far */
            return group;
        }
    }
    groups[*count] = (struct group){ .version = version, .namespace = subject->id.namespace };
    return &groups[(*count)++];
}

static int compare_subjects(const void *a, const void *b)
{
    return object_id_compare(&(*(struct subject *const *)a)->id,
                             &(*(struct subject *const *)b)->id);
}

static void index_subjects(struct session *session, struct arena *arena, struct subject *subjects,
                           size_t count)
{
    session->subjects = arena_array(arena, count + 1, sizeof(struct subject *));
    session->subject_count = count;
    for (size_t i = 0; i < count; i++) {
        session->subjects[i] = &subjects[i];
        subjects[i].live = (struct observation){ .state = LIVE_ABSENT };
        if (subjects[i].desired && subjects[i].desired->secret) /* before any answer can quote it */
            client_learn_secret(session->client, subjects[i].desired->document);
    }
    qsort(session->subjects, count, sizeof(struct subject *), compare_subjects);
}

static size_t make_groups(struct observer *observer, struct arena *arena, struct group *groups)
{
    struct session *session = observer->session;
    size_t count = 0;
    for (size_t i = 0; i < session->subject_count; i++) {
        struct subject *subject = session->subjects[i];
        struct group *group = group_for(arena, groups, &count, subject);
        group->observer = observer;
        arena_push(arena, group->members, group->count, group->capacity, subject);
        group->recorded |= subject->recorded != NULL;
    }
    for (size_t i = 0; i < count; i++) {
        groups[i].seen = arena_array(arena, groups[i].count, sizeof(bool));
        groups[i].exists = arena_array(arena, groups[i].count, sizeof(bool));
    }
    return count;
}

static int compare_strays(const void *a, const void *b)
{
    return object_id_compare(&((const struct stray *)a)->id, &((const struct stray *)b)->id);
}

/* A kind can be looked at in two versions, and an object be met twice in one. */
static void gather_strays(struct session *session, struct arena *arena, const struct group *groups,
                          size_t group_count)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < group_count; i++)
        count += groups[i].stray_count;
    struct stray *all = arena_array(arena, count + 1, sizeof *all);
    for (size_t i = 0, at = 0; i < group_count; at += groups[i++].stray_count)
        if (groups[i].stray_count)
            memcpy(&all[at], groups[i].strays, groups[i].stray_count * sizeof *all);
    qsort(all, count, sizeof *all, compare_strays);
    for (size_t i = 0; i < count; i++)
        if ((kept == 0 || compare_strays(&all[kept - 1], &all[i]) != 0)
            && !session_subject(session, &all[i].id))
            all[kept++] = all[i];
    session->strays = all;
    session->stray_count = kept;
}

static bool same_group(const struct object_id *a, const struct object_id *b)
{
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->group, b->group) == 0
           && strcmp(a->namespace, b->namespace) == 0;
}

/* In the version that the server prefers: manifests mostly say the same. */
static void ask_ahead(struct session *session, const struct object_id *id, const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    struct api_kind kind;
    if (session_find_kind(session, id, NULL, false, &kind, wait) != KIND_KNOWN)
        return;
    struct list_request list = members_of(session, arena, &kind, id->namespace);
    request_list_ahead(session, &list, wait);
}

bool observe_ahead_of_kinds(struct session *session, const char *kinds, const char *namespaces,
                            const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    if (!kinds || (namespaces && *namespaces))
        return false;
    char *rest = arena_strdup(arena, kinds), *kind; /* "ConfigMap,Deployment.apps" */
    while ((kind = strsep(&rest, ","))) {
        char *point = strchr(kind, '.');
        struct object_id id = { point ? point + 1 : "", kind, session->target->set_namespace, "" };
        if (point)
            *point = '\0';
        ask_ahead(session, &id, wait);
    }
    return true;
}

void observe_ahead(struct session *session, const struct record *record, const struct wait *wait)
{
    const struct object_id *last = NULL;
    for (size_t i = 0; i < record->count; i++) {
        const struct object_id *id = &record->members[i].id;
        if (!last || !same_group(last, id))
            ask_ahead(session, id, wait);
        last = id;
    }
}

/* Conditions may quote a Secret that was seen only after them. */
static void clean_health(struct session *session, struct arena *arena)
{
    for (size_t i = 0; i < session->subject_count; i++) {
        struct observation *live = &session->subjects[i]->live;
        if (live->health && !live->healthy)
            live->health = client_redact(session->client, arena, live->health);
    }
}

static bool observe_all(struct session *session, struct arena *arena, struct subject *subjects,
                        size_t count, const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct observer observer = { .session = session, .arena = arena, .wait = wait };
    index_subjects(session, arena, subjects, count);
    session->stray_count = 0;
    if (count == 0)
        return true;
    if (!session_discover(session, wait, err))
        return false;
    struct group *groups = arena_array(scratch, count, sizeof *groups);
    size_t group_count = make_groups(&observer, scratch, groups);
    size_t looked = 0;
    pthread_mutex_init(&observer.lock, NULL);
    pool_each(session->target->concurrency, observe_group, groups, group_count, sizeof *groups);
    pthread_mutex_destroy(&observer.lock);
    gather_strays(session, arena, groups, group_count);
    for (size_t i = 0; i < group_count; i++) {
        looked += groups[i].looked;
        if (groups[i].error.kind == ERROR_CANCELLED)
            return error_set(err, ERROR_CANCELLED, "%s", groups[i].error.message);
    }
    for (size_t i = 0; looked == 0 && i < group_count; i++)
        if (groups[i].error.kind) {
            *err = groups[i].error;
            return false;
        }
    clean_health(session, arena);
    sets_name_owners(session, arena, wait);
    glance_at_pods(session, arena, wait);
    return true;
}

bool kubernetes_observe(struct session *session, struct arena *arena, struct subject *subjects,
                        size_t count, const struct wait *wait, struct error *err)
{
    bool done = observe_all(session, arena, subjects, count, wait, err);
    client_forget_lists(session->client); /* nobody may meet yesterday's later */
    return done;
}

const struct subject *session_subject(const struct session *session, const struct object_id *id)
{
    struct subject key = { .id = *id }, *pointer = &key;
    struct subject **found = session->subject_count
                                 ? bsearch(&pointer, session->subjects, session->subject_count,
                                           sizeof(struct subject *), compare_subjects)
                                 : NULL;
    return found ? *found : NULL;
}
