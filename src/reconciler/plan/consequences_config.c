/*
 * consequences_config: what a changed ConfigMap or Secret means for the pods that
 * read it; see consequences.h. Some restart with it (cmx.dev/restart-on), some see
 * it in a volume, and some go on with what they read when they started.
 */
#include "manifest/config_hash.h"
#include "manifest/references.h"
#include "reconciler/plan/consequences_inner.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED = 3 }; /* of many, this many are named */

/* Names in a sentence. */
struct naming {
    const char *text; /* NULL: none */
    size_t count;
};

static void name_add(const struct outlook *outlook, struct naming *names,
                     const struct object_id *id)
{
    const char *name = object_id_text(outlook->arena, id, outlook->home);
    if (names->count++ < NAMED)
        names->text =
            names->text ? arena_printf(outlook->arena, "%s, %s", names->text, name) : name;
}

static const char *names_text(const struct outlook *outlook, const struct naming *names)
{
    return names->count <= NAMED
               ? names->text
               : arena_printf(outlook->arena, "%s and %zu more", names->text, names->count - NAMED);
}

/* ------------------------------------------------------------ what changes */

static bool is_core(const struct object_id *id, const char *kind)
{
    return !*id->group && !strcmp(id->kind, kind);
}

static bool is_configuration(const struct object_id *id)
{
    return is_core(id, "ConfigMap") || is_core(id, "Secret");
}

static bool differ(const struct value *before, const struct value *after)
{
    if (!before || !after)
        return before != after;
    return !value_equal(before, after);
}

static bool key_differs(const struct object_change *change, const char *key)
{
    return differ(value_at(change->before, "data", key, NULL),
                  value_at(change->after, "data", key, NULL))
           || differ(value_at(change->before, "binaryData", key, NULL),
                     value_at(change->after, "binaryData", key, NULL));
}

static bool content_differs(const struct object_change *change)
{
    static const char *const parts[] = { "data", "binaryData" };
    for (size_t i = 0; i < 2; i++) {
        const struct value *before = value_get(change->before, parts[i]);
        const struct value *after = value_get(change->after, parts[i]);
        if (value_count(before) != value_count(after)
            || (value_count(before) && differ(before, after)))
            return true;
    }
    return false;
}

/* Of what is immutable the kubelet looks for no news, not even where it was made anew. */
static bool is_followed(const struct object_change *change)
{
    return !value_is_true(value_get(change->before, "immutable"), false);
}

static bool read_at_start(const struct config_use *use, const struct object_change *configuration)
{
    if (use->all_at_start || !is_followed(configuration))
        return true;
    for (size_t i = 0; i < use->keys.count; i++)
        if (key_differs(configuration, use->keys.items[i]))
            return true;
    return false;
}

/* ---------------------------------------------------------------- who reads it */

static bool is_owned_by_template(const struct object_id *id)
{
    return is_core(id, "Pod") || is_core(id, "ReplicationController")
           || (!strcmp(id->group, "apps") && !strcmp(id->kind, "ReplicaSet"));
}

/* Jobs run to their end, and read it anew when they run again. */
static bool is_batch(const struct object_id *id)
{
    return !strcmp(id->group, "batch");
}

/* Do its running pods stay, as they are now? Of a kind that is not known: where its template does.
 */
static bool pods_stay(const struct outlook *outlook, const struct object_change *workload)
{
    if (is_batch(workload->id) || workload->replaced || !keeps_running(outlook, workload)
        || rolls(workload))
        return false;
    return !strcmp(workload->id->group, "apps") || is_owned_by_template(workload->id)
           || value_equal(pod_template(workload->id, workload->before),
                          pod_template(workload->id, workload->after));
}

static const struct value *hash_in(const struct object_change *workload,
                                   const struct value *document)
{
    return value_at(pod_template(workload->id, document), "metadata", "annotations", CONFIG_HASH,
                    NULL);
}

/* Its hash is another one, and it rolls. */
static bool restarts_with(const struct object_change *workload)
{
    const struct value *before = hash_in(workload, workload->before);
    const struct value *after = hash_in(workload, workload->after);
    return before && after && rolls(workload) && !value_equal(before, after);
}

/* A workload, before and after, and one ConfigMap or Secret that it reads. */
struct reading {
    const struct config_use *use;
    const struct object_change *workload;
};

struct reading_list {
    struct reading *items; /* sorted by what is read */
    size_t count, capacity;
};

static int compare_readings(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;
    int order = object_id_compare(&x->use->id, &y->use->id);
    return order ? order : object_id_compare(x->workload->id, y->workload->id);
}

static void list_readings(const struct outlook *outlook, struct reading_list *list)
{
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *workload = &outlook->changes[i];
        struct config_use *uses;
        if (!workload->before || !workload->after || !pod_template(workload->id, workload->after))
            continue;
        size_t count = config_uses(outlook->arena, workload->id, workload->after, &uses);
        for (size_t j = 0; j < count; j++)
            arena_push(outlook->arena, list->items, list->count, list->capacity,
                       ((struct reading){ &uses[j], workload }));
    }
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_readings);
}

static size_t first_reading(const struct reading_list *list, const struct object_id *id)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (object_id_compare(&list->items[middle].use->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ------------------------------------------------------------------- sentences */

struct readers {
    struct naming stale;    /* go on with what they read                       */
    struct naming stranded; /* cannot start any more                           */
    bool noticed;           /* some see it: in a volume, or since they restart */
    bool could_restart;     /* a stale one that restart-on would help          */
};

static bool helped_by_restart_on(const struct object_change *workload)
{
    return !strcmp(workload->id->group, "apps") && strcmp(workload->id->kind, "ReplicaSet") != 0
           && !stands_still(workload->after) && !hash_in(workload, workload->after);
}

static void judge_reading(const struct outlook *outlook, const struct object_change *configuration,
                          const struct reading *reading, struct readers *readers)
{
    const struct object_change *workload = reading->workload;
    bool required = reading->use->required;
    if (!configuration->after && required)
        name_add(outlook, &readers->stranded, workload->id);
    else if (!configuration->before && required)
        return; /* its pods waited for it, or had it from somebody else */
    else if (pods_stay(outlook, workload) && read_at_start(reading->use, configuration)) {
        name_add(outlook, &readers->stale, workload->id);
        readers->could_restart |= !configuration->drift && helped_by_restart_on(workload);
    } else
        readers->noticed |= !is_batch(workload->id);
}

static void say_stale(struct outlook *outlook, const struct object_change *configuration,
                      const struct readers *readers)
{
    const char *name = object_id_text(outlook->arena, configuration->id, outlook->home);
    const char *who = names_text(outlook, &readers->stale);
    const char *what = !configuration->before ? "is new"
                       : configuration->after ? "changes"
                                              : "goes";
    bool one = readers->stale.count == 1;
    outlook->found->unnoticed++;
    if (readers->noticed)
        outlook_say(outlook, "%s %s, but %s will not notice: %s it only at the start", name, what,
                    who, one ? "it reads" : "they read");
    else
        outlook_say(outlook, "%s %s, but no pod will notice: %s %s it only at the start", name,
                    what, who, one ? "reads" : "read");
}

static void look_at_configuration(struct outlook *outlook, const struct reading_list *readings,
                                  const struct object_change *configuration, bool *could_restart)
{
    struct readers readers = { .noticed = false };
    for (size_t i = first_reading(readings, configuration->id);
         i < readings->count && !object_id_compare(&readings->items[i].use->id, configuration->id);
         i++)
        judge_reading(outlook, configuration, &readings->items[i], &readers);
    if (readers.stranded.count)
        outlook_say(outlook, "%s goes, and the next pod of %s cannot start without it",
                    object_id_text(outlook->arena, configuration->id, outlook->home),
                    names_text(outlook, &readers.stranded));
    if (readers.stale.count)
        say_stale(outlook, configuration, &readers);
    *could_restart |= readers.could_restart;
}

static int compare_changes(const void *a, const void *b)
{
    return object_id_compare(((const struct object_change *)a)->id,
                             ((const struct object_change *)b)->id);
}

static bool is_changed(const struct outlook *outlook, const struct object_id *id)
{
    struct object_change key = { .id = id };
    const struct object_change *found =
        bsearch(&key, outlook->changes, outlook->count, sizeof key, compare_changes);
    return found && content_differs(found);
}

/* "Deployment/web restarts with ConfigMap/flags". */
static void say_restart(struct outlook *outlook, const struct object_change *workload)
{
    struct naming names = { .count = 0 };
    struct config_use *uses;
    size_t count = config_uses(outlook->arena, workload->id, workload->after, &uses);
    for (size_t i = 0; i < count; i++)
        if (is_changed(outlook, &uses[i].id))
            name_add(outlook, &names, &uses[i].id);
    if (names.count)
        outlook_say(outlook, "%s restarts with %s",
                    object_id_text(outlook->arena, workload->id, outlook->home),
                    names_text(outlook, &names));
}

void find_configuration(struct outlook *outlook)
{
    struct reading_list readings = { 0 };
    bool could_restart = false;
    list_readings(outlook, &readings);
    for (size_t i = 0; i < outlook->count; i++)
        if (restarts_with(&outlook->changes[i]))
            say_restart(outlook, &outlook->changes[i]);
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *change = &outlook->changes[i];
        if (is_configuration(change->id) && !same_documents(change) && content_differs(change))
            look_at_configuration(outlook, &readings, change, &could_restart);
    }
    if (could_restart)
        outlook_say(outlook, "cmx.dev/restart-on: config would restart %s",
                    outlook->found->unnoticed == 1 ? "those pods with it" : "such pods");
}
