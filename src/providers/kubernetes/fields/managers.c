/* managers: see managers.h. */
#include "providers/kubernetes/fields/managers.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/held.h"
#include "providers/kubernetes/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_LENGTH = 16 };

static const uint64_t SCALED = 0x9e3779b97f4a7c15; /* of a mark: a person set the replicas */

static const char BEFORE_FIRST_APPLY[] = "before-first-apply"; /* the server's own name */
static const char LAST_APPLIED[] = "kubectl.kubernetes.io/last-applied-configuration";

static const char *text_or_empty(const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : "";
}

/* An entry whose fields nobody has looked at yet: only valid_entry() may use them. */
static bool entry_head(const struct value *document, size_t index, struct manager_entry *ret_entry)
{
    const struct value *list = value_at(document, "metadata", "managedFields", NULL);
    const struct value *map = value_item(list, index);
    if (!map)
        return false;
    *ret_entry = (struct manager_entry){
        .manager = text_or_empty(map, "manager"),
        .api_version = text_or_empty(map, "apiVersion"),
        .subresource = text_or_empty(map, "subresource"),
        .time = text_or_empty(map, "time"),
        .apply = strcmp(text_or_empty(map, "operation"), "Apply") == 0,
        .fields = value_get(map, "fieldsV1"),
    };
    return true;
}

/* Walks all of the fields: callers choose the entry by its head first. */
static struct manager_entry valid_entry(struct manager_entry entry)
{
    if (!fields_valid(entry.fields))
        entry.fields = NULL;
    return entry;
}

bool manager_entry(const struct value *document, size_t index, struct manager_entry *ret_entry)
{
    if (!entry_head(document, index, ret_entry))
        return false;
    *ret_entry = valid_entry(*ret_entry);
    return true;
}

bool manager_ours(const struct value *document, struct manager_entry *ret_entry)
{
    struct manager_entry entry;
    for (size_t i = 0; entry_head(document, i, &entry); i++)
        if (entry.apply && !*entry.subresource && strcmp(entry.manager, FIELD_MANAGER) == 0) {
            *ret_entry = valid_entry(entry);
            return true;
        }
    return false;
}

bool manager_is_us(const struct manager_entry *entry)
{
    return strcmp(entry->manager, FIELD_MANAGER) == 0
           || strcmp(entry->manager, HANDOVER_MANAGER) == 0;
}

bool manager_is_kubectl(const struct manager_entry *entry)
{
    return !*entry->subresource
           && (strncmp(entry->manager, "kubectl", strlen("kubectl")) == 0
               || strcmp(entry->manager, BEFORE_FIRST_APPLY) == 0);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static bool is_core_component(const char *manager)
{
    static const char *const names[] = { "kube-controller-manager", "kube-scheduler", "kubelet",
                                         "cloud-controller-manager", "kube-apiserver" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(manager, names[i]) == 0)
            return true;
    return false;
}

bool manager_is_controller(const char *manager, const char *subresource)
{
    if (strncmp(manager, "kubectl", strlen("kubectl")) == 0)
        return false;
    return *subresource || is_core_component(manager) || ends_with(manager, "controller")
           || ends_with(manager, "operator") || ends_with(manager, "controller-manager")
           || ends_with(manager, "autoscaler") || ends_with(manager, "-controllers")
           || ends_with(manager, "cainjector");
}

enum { MOST_DEPTH = 5 };

/* What people set in passing, and what is no drift: a restart by hand, and a hold. */
static const char *const never_drift[][MOST_DEPTH + 1] = {
    { "f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt",
      NULL },
    { "f:metadata", "f:annotations", "f:cmx.dev/hold", NULL },
};

/* Removes the field at this path, and what is empty then above it. */
static void remove_field(struct value *map, const char *const *path)
{
    struct value *chain[MOST_DEPTH] = { map };
    size_t depth = 0;
    for (; path[depth + 1]; depth++) {
        chain[depth + 1] = (struct value *)value_get(chain[depth], path[depth]);
        if (!chain[depth + 1])
            return;
    }
    if (!value_remove(chain[depth], path[depth]))
        return;
    while (depth > 0 && fields_count(chain[depth]) == 0) {
        value_remove(chain[depth - 1], path[depth - 1]);
        depth--;
    }
}

static struct value *without_passing(struct arena *arena, const struct value *fields)
{
    struct value *map = fields ? value_copy(arena, fields) : value_map(arena);
    for (size_t i = 0; i < sizeof never_drift / sizeof *never_drift; i++)
        remove_field(map, never_drift[i]);
    return map;
}

/* Of `all` what `part` holds too. */
static struct value *common(struct arena *arena, const struct value *all, const struct value *part)
{
    return fields_minus(arena, all, fields_minus(arena, all, part));
}

/* Of `all` what the configuration names that kubectl applied last. */
static struct value *last_applied(struct arena *arena, const struct value *document,
                                  const struct value *all)
{
    const char *text = value_text_at(document, "metadata", "annotations", LAST_APPLIED, NULL);
    const struct value *applied;
    struct error ignored;
    if (!text || !json_parse(arena, text, strlen(text), &applied, &ignored))
        return value_map(arena);
    return fields_minus(arena, all, fields_given_up(arena, all, applied));
}

struct value *manager_drift_fields(struct arena *arena, const struct value *document,
                                   const struct value *before, const struct manager_entry *entry)
{
    struct manager_entry ours = { .fields = NULL };
    struct value *fields = without_passing(arena, entry->fields);
    if (strcmp(entry->manager, BEFORE_FIRST_APPLY) != 0)
        return fields;
    manager_ours(before, &ours);
    return fields_union(arena, last_applied(arena, document, fields),
                        common(arena, fields, ours.fields));
}

struct value *manager_kubectl_extras(struct arena *arena, const struct value *document,
                                     const struct value *before)
{
    struct value *extras = value_map(arena);
    struct manager_entry entry;
    bool any = false;
    for (size_t i = 0; entry_head(document, i, &entry); i++)
        if (manager_is_kubectl(&entry)) {
            entry = valid_entry(entry);
            extras =
                fields_union(arena, extras, manager_drift_fields(arena, document, before, &entry));
            any = true;
        }
    for (size_t i = 0; any && manager_entry(document, i, &entry); i++)
        if (!manager_is_kubectl(&entry) && strcmp(entry.subresource, "status") != 0)
            extras = fields_minus(arena, extras, entry.fields);
    return extras;
}

struct value *manager_all_fields(struct arena *arena, const struct value *document)
{
    struct value *all = value_map(arena);
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(document, i, &entry); i++)
        all = fields_union(arena, all, entry.fields);
    return all;
}

size_t manager_foreign_fields(struct arena *arena, const struct value *document)
{
    struct manager_entry entry, ours = { .fields = NULL };
    size_t count = 0;
    manager_ours(document, &ours);
    for (size_t i = 0; entry_head(document, i, &entry); i++) {
        if (manager_is_us(&entry) || strcmp(entry.subresource, "status") == 0)
            continue;
        entry = valid_entry(entry);
        struct value *theirs = fields_minus(arena, entry.fields, ours.fields);
        if (manager_is_kubectl(&entry)) /* a restart by hand: the rest is drift */
            theirs = fields_minus(arena, theirs, without_passing(arena, theirs));
        if (is_core_component(entry.manager)) {
            value_remove(theirs, "f:metadata");
            value_remove(theirs, "f:status");
        }
        count += fields_count(theirs);
    }
    return count;
}

/* spec.replicas may be an autoscaler's; where a person scaled (`kubectl scale`) it is drift. */
static bool scaled_by_person(struct arena *arena, const struct value *document)
{
    struct manager_entry entry;
    for (size_t i = 0; entry_head(document, i, &entry); i++) {
        if (strncmp(entry.manager, "kubectl", strlen("kubectl")) != 0)
            continue;
        entry = valid_entry(entry);
        if (entry.fields && fields_hold(arena, entry.fields, document, "/spec/replicas"))
            return true;
    }
    return false;
}

static const char *mark_part(struct arena *arena, const struct buf *text)
{
    struct digest digest = digest_sha256(buf_text(text), text->length);
    return arena_memdup(arena, digest_hex(arena, &digest), MARK_LENGTH);
}

/* In another version of the API the same fields may have other names and values. */
static bool may_digest_values(const struct value *document, const struct manager_entry *ours)
{
    const char *version = text_or_empty(document, "apiVersion");
    return strcmp(version, ours->api_version) == 0
           && !(strcmp(version, "v1") == 0
                && strcmp(text_or_empty(document, "kind"), "Secret") == 0);
}

/* The fields without spec.replicas; what is not changed is shared. */
static const struct value *without_replicas(struct arena *arena, const struct value *fields)
{
    const struct value *spec = value_get(fields, "f:spec");
    if (!value_get(spec, "f:replicas"))
        return fields;
    struct value *rest = value_map_copy(arena, fields), *below = value_map_copy(arena, spec);
    value_remove(below, "f:replicas");
    if (fields_count(below) == 0)
        value_remove(rest, "f:spec"); /* an empty set would stand for all of it */
    else
        value_set(arena, rest, "f:spec", below);
    return rest;
}

static const struct value *without_left_out(struct arena *arena, const struct value *document,
                                            const struct value *fields,
                                            const struct left_alone *left)
{
    for (size_t i = 0; i < left->pointers.count; i++)
        fields = fields_without(arena, fields, document, left->pointers.items[i]);
    return fields;
}

/* Of what we hold, what a mark is made of. */
static const struct value *marked(struct arena *arena, const struct value *document,
                                  const struct value *fields, const struct left_alone *left)
{
    return without_left_out(arena, document, without_replicas(arena, fields), left);
}

static bool is_named(const struct text_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

/* What those hold of the object whom nobody hinders: controllers, and managers that rules name. */
static struct value *held_by_others(struct arena *arena, const struct value *document,
                                    const struct left_alone *left)
{
    struct value *all = value_map(arena);
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(document, i, &entry); i++)
        if (!manager_is_us(&entry) && strcmp(entry.subresource, "status") != 0
            && (manager_is_controller(entry.manager, entry.subresource)
                || is_named(&left->managers, entry.manager)))
            all = fields_union(arena, all, entry.fields);
    return all;
}

static uint64_t held_now(struct arena *arena, const struct value *document,
                         const struct value *fields, const struct left_alone *left)
{
    const struct value *extras = manager_kubectl_extras(arena, document, document);
    uint64_t held = held_sum(fields, 0);
    if (left->managers.count && !fields_empty(extras))
        extras = fields_minus(arena, extras, held_by_others(arena, document, left));
    if (!fields_empty(extras))
        held += held_sum(without_left_out(arena, document, extras, left), 1);
    bool scaled = !is_named(&left->pointers, "/spec/replicas") && scaled_by_person(arena, document);
    return held + (scaled ? SCALED : 0);
}

bool manager_left_to_others(struct arena *arena, const struct value *document, const char *mark,
                            const struct left_alone *left)
{
    struct manager_entry ours;
    char *end;
    uint64_t then = strtoull(mark, &end, 16);
    if (end != mark + MARK_LENGTH || !manager_ours(document, &ours) || !ours.fields)
        return false;
    const struct value *fields = marked(arena, document, ours.fields, left);
    uint64_t missing = then - held_now(arena, document, fields, left);
    return missing
           && held_explains(fields_minus(arena, held_by_others(arena, document, left), ours.fields),
                            missing);
}

const char *manager_mark(struct arena *arena, const struct value *document,
                         const struct left_alone *left)
{
    AUTO_BUF values = BUF_INIT(BUF_OUTPUT_CEILING);
    struct manager_entry entry = { .fields = NULL };
    if (!manager_ours(document, &entry) || !entry.fields)
        return "";
    const struct value *fields = marked(arena, document, entry.fields, left);
    uint64_t held = held_now(arena, document, fields, left);
    if (!may_digest_values(document, &entry) || fields_empty(fields))
        return arena_printf(arena, "%016" PRIx64, held);
    json_write(&values, fields_values(arena, fields, document));
    return arena_printf(arena, "%016" PRIx64 "-%s", held, mark_part(arena, &values));
}

/* `kubectl scale` writes as `kubectl`, and leaves no time: its name tells what it was. */
static const char *name_of(const struct manager_entry *entry)
{
    bool scaled =
        strcmp(entry->manager, "kubectl") == 0 && strcmp(entry->subresource, "scale") == 0;
    return scaled ? "kubectl scale" : entry->manager;
}

void manager_blame(struct arena *arena, const struct value *document, const char *pointer,
                   struct blame *ret_blame)
{
    struct manager_entry entry;
    const char *latest = "";
    *ret_blame = (struct blame){ 0 };
    if (manager_ours(document, &entry) && !time_parse(entry.time, &ret_blame->applied))
        ret_blame->applied = 0;
    for (size_t i = 0; manager_entry(document, i, &entry); i++) {
        if (!entry.fields || !fields_hold(arena, entry.fields, document, pointer))
            continue;
        if (manager_is_us(&entry))
            ret_blame->ours = true;
        else if (!ret_blame->manager || strcmp(entry.time, latest) >= 0) {
            ret_blame->manager = arena_strdup(arena, name_of(&entry));
            latest = entry.time;
        }
    }
    if (ret_blame->manager && !time_parse(latest, &ret_blame->time))
        ret_blame->time = 0;
}

const char *manager_last_other(const struct value *document, int64_t *ret_time)
{
    struct manager_entry entry;
    const char *found = NULL, *latest = "";
    for (size_t i = 0; entry_head(document, i, &entry); i++) {
        if (manager_is_us(&entry) || strcmp(entry.subresource, "status") == 0
            || manager_is_controller(entry.manager, entry.subresource)
            || (found && strcmp(entry.time, latest) < 0))
            continue;
        found = name_of(&entry);
        latest = entry.time;
    }
    if (!found || !time_parse(latest, ret_time))
        *ret_time = 0;
    return found;
}
