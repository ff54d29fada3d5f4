/* wanted: see wanted.h. */
#include "providers/kubernetes/wanted.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer.h"
#include "providers/kubernetes/fields/pointer_key.h"
#include "providers/kubernetes/leftover.h"
#include "providers/kubernetes/rivals.h"
#include "providers/kubernetes/scale.h"

#include <fnmatch.h>
#include <string.h>

#define IGNORE_ANNOTATION "cmx.dev/ignore"

static const char LAST_APPLIED[] = "kubectl.kubernetes.io/last-applied-configuration";

static struct value *map_in(struct arena *arena, struct value *map, const char *key)
{
    struct value *child = (struct value *)value_get(map, key);
    if (!child || child->kind != VALUE_MAP) {
        child = value_map(arena);
        value_set(arena, map, key, child);
    }
    return child;
}

static bool rule_fits(const struct ignore_rule *rule, const struct object_id *id)
{
    struct object_id pattern = rule->pattern;
    pattern.name = NULL;
    return object_id_matches(&pattern, id)
           && (!rule->pattern.name || fnmatch(rule->pattern.name, id->name, 0) == 0);
}

static const struct ignore_rule *rule_at(const struct session *session, size_t *index,
                                         const struct object_id *id)
{
    const struct project *project = session->target->project;
    size_t count = project ? project->ignore_count : session->recorded_rule_count;
    while (*index < count) {
        const struct ignore_rule *rule =
            &(project ? project->ignore : session->recorded_rules)[(*index)++];
        if (rule_fits(rule, id))
            return rule;
    }
    return NULL;
}

/* A Secret is sent with its stringData folded into data. */
static const char *as_sent(struct arena *arena, const struct object_id *id, const char *pointer)
{
    static const char written[] = "/stringData";
    const char *rest = pointer + strlen(written);
    if (*id->group || strcmp(id->kind, "Secret") != 0
        || strncmp(pointer, written, strlen(written)) != 0 || (*rest && *rest != '/'))
        return pointer;
    return arena_printf(arena, "/data%s", rest);
}

/* As positions in a document. */
static void add_all(struct arena *arena, const struct object_id *id, struct text_list *list,
                    const struct text_list *more, const struct value *document)
{
    for (size_t i = 0; i < more->count; i++)
        pointer_expand(arena, as_sent(arena, id, more->items[i]), document, list);
}

/* The fields that the rules for this object name. */
static void ignored_fields(const struct session *session, struct arena *arena,
                           const struct resource *desired, const struct value *live,
                           struct text_list *ret_pointers)
{
    const struct ignore_rule *rule;
    struct text_list pointers = { 0 };
    add_all(arena, &desired->id, &pointers, &desired->options.ignore, desired->document);
    for (size_t i = 0; (rule = rule_at(session, &i, &desired->id));)
        add_all(arena, &desired->id, &pointers, &rule->pointers, desired->document);
    size_t kept = 0;
    for (size_t i = 0; i < pointers.count; i++) {
        pointers.items[kept] = pointer_by_key(arena, pointers.items[i], desired->document, live);
        kept += pointers.items[kept] != NULL;
    }
    pointers.count = kept;
    *ret_pointers = pointers;
}

static void rule_managers(const struct session *session, struct arena *arena,
                          const struct object_id *id, struct text_list *ret_managers)
{
    const struct ignore_rule *rule;
    struct text_list managers = { 0 };
    for (size_t i = 0; (rule = rule_at(session, &i, id));)
        if (rule->manager)
            arena_push(arena, managers.items, managers.count, managers.capacity, rule->manager);
    *ret_managers = managers;
}

void wanted_left_alone(const struct session *session, struct arena *arena,
                       const struct object_id *id, const struct value *live,
                       struct left_alone *ret_left)
{
    const struct ignore_rule *rule;
    struct left_alone left = { .pointers = { 0 } };
    struct object_options options = { .ignore = { 0 } };
    if (value_at(live, "metadata", "annotations", IGNORE_ANNOTATION, NULL))
        object_options_read(arena, live, &options, NULL, NULL);
    add_all(arena, id, &left.pointers, &options.ignore, live);
    for (size_t i = 0; (rule = rule_at(session, &i, id));)
        add_all(arena, id, &left.pointers, &rule->pointers, live);
    rule_managers(session, arena, id, &left.managers);
    for (size_t i = 0; i < left.pointers.count; i++) {
        const char *pointer = pointer_by_key(arena, left.pointers.items[i], live, live);
        const char *whole = pointer_whole(arena, pointer, live);
        left.pointers.items[i] = whole ? whole : pointer; /* values are digested whole, too */
    }
    *ret_left = left;
}

/* Rules that name a manager: whatever it holds is left out. */
static void leave_to_managers(const struct session *session, struct arena *arena,
                              const struct object_id *id, const struct value *live,
                              struct wanted *wanted)
{
    const struct ignore_rule *rule;
    struct manager_entry entry;
    for (size_t i = 0; (rule = rule_at(session, &i, id));)
        for (size_t j = 0; rule->manager && manager_entry(live, j, &entry); j++)
            if (strcmp(entry.manager, rule->manager) == 0 && entry.fields)
                wanted->document =
                    fields_cut(arena, wanted->document, fields_beside_names(arena, entry.fields));
}

/* Puts what is live at the pointer into the document; false: there is no place for it. */
static bool put_live(struct arena *arena, struct value *document, const struct value *live,
                     const struct text_list *parts)
{
    const struct value *there = pointer_get(live, parts, parts->count);
    struct value *above = (struct value *)pointer_get(document, parts, parts->count - 1);
    if (pointer_put(arena, document, parts, there))
        return true;
    const struct value *before = pointer_get(live, parts, parts->count - 1);
    if (!above || above->kind != VALUE_LIST || value_item(before, value_count(above)) != there)
        return false;
    value_push(arena, above, value_copy(arena, there)); /* one more than the manifest has */
    return true;
}

/*
 * Removes from the document what is left alone, or makes it as it is live where
 * the map or list around it is set as a whole. Positions in such lists count:
 * what goes is removed from behind.
 */
static void leave_alone(struct arena *arena, const struct value *live, struct wanted *wanted)
{
    const struct text_list *left_out = &wanted->left_out;
    bool *sent = arena_array(arena, left_out->count + 1, sizeof *sent);
    struct text_list parts;
    for (size_t i = 0; i < left_out->count; i++) {
        pointer_split(arena, left_out->items[i], &parts);
        sent[i] = pointer_get(live, &parts, parts.count)
                  && pointer_whole(arena, left_out->items[i], live)
                  && put_live(arena, wanted->document, live, &parts);
    }
    for (size_t i = left_out->count; i-- > 0;) {
        if (sent[i])
            continue;
        pointer_split(arena, left_out->items[i], &parts);
        pointer_remove(wanted->document, &parts);
        arena_push(arena, wanted->given_up.items, wanted->given_up.count, wanted->given_up.capacity,
                   left_out->items[i]);
    }
}

/* Removes what is left to others from the document, and remembers it. */
static void leave_out(const struct session *session, struct arena *arena,
                      const struct resource *desired, const struct value *live, bool scaled,
                      struct wanted *wanted)
{
    ignored_fields(session, arena, desired, live, &wanted->left_out);
    if (scaled)
        arena_push(arena, wanted->left_out.items, wanted->left_out.count, wanted->left_out.capacity,
                   REPLICAS_POINTER);
    leave_alone(arena, live, wanted);
    leave_to_managers(session, arena, &desired->id, live, wanted);
}

/* And the maps that held nothing else: an empty one would stand for all that is live in it. */
static void remove_hollow(struct arena *arena, struct value *document, const char *pointer)
{
    struct text_list parts;
    pointer_split(arena, pointer, &parts);
    while (pointer_remove(document, &parts) && --parts.count > 0) {
        const struct value *above = pointer_get(document, &parts, parts.count);
        if (above->kind != VALUE_MAP || value_count(above) > 0)
            return;
    }
}

/* Gives way to controllers, and remembers what has to give way to us. */
static void meet_rivals(const struct session *session, struct arena *arena,
                        const struct object_id *id, const struct value *live, struct wanted *wanted)
{
    struct left_alone left = { .pointers = wanted->left_out };
    struct rivals rivals;
    rule_managers(session, arena, id, &left.managers);
    rivals_find(arena, wanted->document, live, &left, &rivals);
    for (size_t i = 0; i < rivals.ours.count; i++)
        remove_hollow(arena, wanted->document, rivals.ours.items[i]);
    wanted->rivals = rivals.theirs;
}

void wanted_make(const struct session *session, struct arena *arena, const struct resource *desired,
                 const struct value *live, bool scaled, struct wanted *ret_wanted)
{
    struct wanted wanted = { .document = value_copy(arena, desired->document) };
    struct value *metadata = map_in(arena, wanted.document, "metadata");
    const struct value *created = value_get(metadata, "creationTimestamp");
    if (created && created->kind == VALUE_NULL)
        value_remove(metadata, "creationTimestamp");
    leftover_drop_null(wanted.document);
    if (*desired->id.namespace)
        value_set(arena, metadata, "namespace", value_string(arena, desired->id.namespace));
    if (live) {
        leave_out(session, arena, desired, live, scaled, &wanted);
        meet_rivals(session, arena, &desired->id, live, &wanted);
    }
    metadata = map_in(arena, wanted.document, "metadata");
    value_set(arena, map_in(arena, metadata, "labels"), PART_OF_LABEL,
              value_string(arena, session->set_id));
    *ret_wanted = wanted;
}

void wanted_keep(const struct session *session, struct arena *arena, const struct resource *desired,
                 const struct value *former, bool scaled, struct wanted *wanted)
{
    struct text_list pointers, parts;
    ignored_fields(session, arena, desired, former, &pointers);
    if (scaled)
        arena_push(arena, pointers.items, pointers.count, pointers.capacity, REPLICAS_POINTER);
    for (size_t i = 0; i < pointers.count; i++) {
        pointer_split(arena, pointers.items[i], &parts);
        const struct value *there = pointer_get(former, &parts, parts.count);
        if (there)
            pointer_put(arena, wanted->document, &parts, there);
    }
}

/* ------------------------------------------------------------- comparisons */

static void drop_from_metadata(struct value *document, bool label)
{
    static const char *const noise[] = {
        "managedFields", "resourceVersion",           "generation", "uid", "creationTimestamp",
        "selfLink",      "deletionGracePeriodSeconds"
    };
    struct value *metadata = (struct value *)value_get(document, "metadata");
    struct value *annotations = (struct value *)value_get(metadata, "annotations");
    struct value *labels = (struct value *)value_get(metadata, "labels");
    for (size_t i = 0; metadata && i < sizeof noise / sizeof *noise; i++)
        value_remove(metadata, noise[i]);
    if (annotations && annotations->kind == VALUE_MAP) {
        value_remove(annotations, LAST_APPLIED);
        if (value_count(annotations) == 0)
            value_remove(metadata, "annotations");
    }
    if (labels && labels->kind == VALUE_MAP) {
        if (!label)
            value_remove(labels, PART_OF_LABEL);
        if (value_count(labels) == 0)
            value_remove(metadata, "labels");
    }
}

struct value *normal_document(struct arena *arena, const struct value *document,
                              const struct wanted *wanted, bool label)
{
    struct value *copy = value_copy(arena, document);
    for (size_t i = 0; i < wanted->left_out.count; i++) {
        struct text_list parts;
        pointer_split(arena, wanted->left_out.items[i], &parts);
        pointer_remove(copy, &parts);
    }
    drop_from_metadata(copy, label);
    value_remove(copy, "status");
    return copy;
}
