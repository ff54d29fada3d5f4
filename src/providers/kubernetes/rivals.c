/* rivals: see rivals.h. */
#include "providers/kubernetes/rivals.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer.h"

#include <string.h>

enum { MOST_STEPS = 8 };

#define POD(document) value_at(document, "spec", "template", "spec", NULL)
#define CRON_POD(document)                                                                         \
    value_at(document, "spec", "jobTemplate", "spec", "template", "spec", NULL)

struct search {
    struct arena *arena;
    const struct value *live; /* the whole of it */
    const struct left_alone *left;
    struct rivals *rivals;
};

/* The same spot in both documents; its pointer is only written where somebody is met. */
struct spot {
    const struct value *wanted, *live;
    const struct spot *above; /* NULL: `step` is the whole pointer */
    const char *step;         /* NULL: the element of a list by the name that it has */
};

static void write_key(struct buf *out, const struct value *element)
{
    buf_puts(out, "/{\"name\":");
    json_write(out, value_get(element, "name"));
    buf_puts(out, "}");
}

static void write_pointer(struct buf *out, const struct spot *spot)
{
    const struct spot *chain[MOST_STEPS];
    size_t count = 0;
    for (; spot->above && count < MOST_STEPS; spot = spot->above)
        chain[count++] = spot;
    buf_puts(out, spot->step);
    while (count-- > 0)
        if (chain[count]->step)
            buf_printf(out, "/%s", chain[count]->step);
        else
            write_key(out, chain[count]->wanted);
}

/* The pointer to a member of the map there. */
static const char *pointer_to(const struct search *search, const struct spot *spot, const char *key)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    write_pointer(&text, spot);
    buf_printf(&text, "/%s", key);
    return arena_strdup(search->arena, buf_text(&text));
}

static const char *const handlers[] = { "exec", "httpGet", "tcpSocket", "grpc", "sleep", NULL };
static const char *const variables[] = { "value", "valueFrom", NULL };
static const char *const budgets[] = { "minAvailable", "maxUnavailable", NULL };
static const char *const not_name[] = { NULL }; /* all but the name */

static bool is_member_of(const char *const *members, const char *key)
{
    if (!*members)
        return strcmp(key, "name") != 0;
    for (; *members; members++)
        if (strcmp(*members, key) == 0)
            return true;
    return false;
}

static bool says_something(const struct value *value)
{
    const char *text = value_text(value);
    return value && value->kind != VALUE_NULL && !(text && !*text);
}

/* ------------------------------------------------------------------ who holds it */

enum holder { HELD_BY_US, HELD_BY_APPLIER, HELD_FOR_GOOD, HELD_BY_OTHER };

static bool is_below(const struct text_list *pointers, const char *pointer)
{
    for (size_t i = 0; i < pointers->count; i++) {
        size_t length = strlen(pointers->items[i]);
        if (strncmp(pointers->items[i], pointer, length) == 0
            && (pointer[length] == '/' || pointer[length] == '\0'))
            return true;
    }
    return false;
}

static bool gives_way_to_none(const struct search *search, const struct manager_entry *entry)
{
    for (size_t i = 0; i < search->left->managers.count; i++)
        if (strcmp(search->left->managers.items[i], entry->manager) == 0)
            return true;
    return !entry->apply && manager_is_controller(entry->manager, entry->subresource);
}

static enum holder holder_of(const struct search *search, const char *pointer)
{
    enum holder holder = HELD_BY_OTHER; /* a default is held by nobody */
    struct manager_entry entry;
    if (is_below(&search->left->pointers, pointer))
        return HELD_FOR_GOOD;
    for (size_t i = 0; manager_entry(search->live, i, &entry); i++) {
        if (!entry.fields || !fields_hold(search->arena, entry.fields, search->live, pointer))
            continue;
        if (manager_is_us(&entry))
            return HELD_BY_US;
        if (gives_way_to_none(search, &entry))
            return HELD_FOR_GOOD;
        if (entry.apply && !manager_is_kubectl(&entry))
            holder = HELD_BY_APPLIER;
    }
    return holder;
}

static void add(struct arena *arena, struct text_list *list, const char *pointer)
{
    arena_push(arena, list->items, list->count, list->capacity, pointer);
}

static void leave_ours_out(const struct search *search, const struct spot *spot,
                           const char *const *members)
{
    for (size_t i = 0; i < value_count(spot->wanted); i++) {
        const char *key = spot->wanted->map.members[i].key;
        if (is_member_of(members, key))
            add(search->arena, &search->rivals->ours, pointer_to(search, spot, key));
    }
}

static void meet(const struct search *search, const struct spot *spot, const char *key,
                 const char *const *members)
{
    const char *pointer = pointer_to(search, spot, key);
    switch (holder_of(search, pointer)) {
    case HELD_BY_OTHER:
        add(search->arena, &search->rivals->theirs, pointer);
        break;
    case HELD_FOR_GOOD:
        leave_ours_out(search, spot, members);
        break;
    case HELD_BY_US:
    case HELD_BY_APPLIER:
        break;
    }
}

/* ------------------------------------------------------------------ where unions are */

static void look_at_union(const struct search *search, const struct spot *spot,
                          const char *const *members)
{
    bool chosen = false;
    if (!spot->wanted || !spot->live || spot->wanted->kind != VALUE_MAP
        || spot->live->kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_count(spot->wanted); i++)
        chosen |= is_member_of(members, spot->wanted->map.members[i].key)
                  && says_something(spot->wanted->map.members[i].value);
    for (size_t i = 0; chosen && i < value_count(spot->live); i++) {
        const char *key = spot->live->map.members[i].key;
        if (is_member_of(members, key) && !value_get(spot->wanted, key))
            meet(search, spot, key, members);
    }
}

static struct spot step(const struct spot *from, const char *key)
{
    return (struct spot){ value_get(from->wanted, key), value_get(from->live, key), from, key };
}

static bool has_name(const struct value *item, const struct value *name)
{
    const struct value *other = value_get(item, "name");
    return other && value_equal(other, name);
}

/* The element of that name in the live list, where it mostly stands at the same place. */
static const struct value *namesake(const struct value *list, const struct value *name,
                                    size_t index)
{
    if (has_name(value_item(list, index), name))
        return value_item(list, index);
    for (size_t i = 0; i < value_count(list); i++)
        if (has_name(value_item(list, i), name))
            return value_item(list, i);
    return NULL;
}

/* An element of a list that is keyed by name, which a pointer can hold; false: not in both. */
static bool element(const struct spot *list, size_t index, struct spot *ret_element)
{
    const struct value *item = value_item(list->wanted, index), *name = value_get(item, "name");
    const char *text = value_text(name);
    const struct value *live = text ? namesake(list->live, name, index) : NULL;
    *ret_element = (struct spot){ item, live, list, NULL };
    return live && !strpbrk(text, "~/");
}

static void look_at_list(const struct search *search, struct spot list,
                         void look(const struct search *search, const struct spot *item))
{
    struct spot item;
    if (!list.wanted || !list.live || list.wanted->kind != VALUE_LIST
        || list.live->kind != VALUE_LIST)
        return;
    for (size_t i = 0; i < value_count(list.wanted); i++)
        if (element(&list, i, &item))
            look(search, &item);
}

/* ------------------------------------------------------------------ ports */

static const char *text_of(const struct value *map, const char *key, const char *otherwise)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : otherwise;
}

/* One list of ports: the member that keys them beside the protocol, and whether one alone may lack
 * a name. */
struct ports {
    const char *number;
    bool named; /* all of them, where there are several */
};

static bool is_same_port(const struct ports *ports, const struct value *a, const struct value *b)
{
    const struct value *x = value_get(a, ports->number), *y = value_get(b, ports->number);
    return x && y && value_equal(x, y)
           && strcmp(text_of(a, "protocol", "TCP"), text_of(b, "protocol", "TCP")) == 0;
}

static bool clash(const struct ports *ports, const struct value *a, const struct value *b)
{
    const char *x = text_of(a, "name", ""), *y = text_of(b, "name", "");
    return *x && *y ? strcmp(x, y) == 0 : ports->named;
}

static bool is_rival(const struct ports *ports, const struct value *wanted,
                     const struct value *live)
{
    bool clashes = false;
    for (size_t i = 0; i < value_count(wanted); i++) {
        if (is_same_port(ports, value_item(wanted, i), live))
            return false;
        clashes |= clash(ports, value_item(wanted, i), live);
    }
    return clashes;
}

static void meet_port(const struct search *search, const struct spot *list,
                      const struct ports *ports, const struct value *live)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *number = value_get(live, ports->number);
    if (!number)
        return;
    write_pointer(&text, list);
    buf_printf(&text, "/{\"%s\":", ports->number);
    json_write(&text, number);
    buf_printf(&text, ",\"protocol\":\"%s\"}", text_of(live, "protocol", "TCP"));
    const char *pointer = arena_strdup(search->arena, buf_text(&text));
    if (holder_of(search, pointer) == HELD_BY_OTHER)
        add(search->arena, &search->rivals->theirs, pointer);
}

/* A port whose number somebody changed stands beside ours of the same name. */
static void look_at_ports(const struct search *search, struct spot list, struct ports ports)
{
    if (!list.wanted || !list.live || list.wanted->kind != VALUE_LIST
        || list.live->kind != VALUE_LIST)
        return;
    for (size_t i = 0; i < value_count(list.live); i++)
        if (is_rival(&ports, list.wanted, value_item(list.live, i)))
            meet_port(search, &list, &ports, value_item(list.live, i));
}

/* ------------------------------------------------------------------ kinds */

static void look_at_variable(const struct search *search, const struct spot *variable)
{
    struct spot from = step(variable, "valueFrom");
    look_at_union(search, variable, variables);
    look_at_union(search, &from, not_name);
}

static void look_at_container(const struct search *search, const struct spot *container)
{
    static const char *const probes[] = { "livenessProbe", "readinessProbe", "startupProbe" };
    static const char *const events[] = { "postStart", "preStop" };
    struct spot lifecycle = step(container, "lifecycle");
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        struct spot probe = step(container, probes[i]);
        look_at_union(search, &probe, handlers);
    }
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct spot event = step(&lifecycle, events[i]);
        look_at_union(search, &event, handlers);
    }
    look_at_list(search, step(container, "env"), look_at_variable);
    look_at_ports(search, step(container, "ports"), (struct ports){ "containerPort", false });
}

static void look_at_volume(const struct search *search, const struct spot *volume)
{
    look_at_union(search, volume, not_name);
}

static bool is_kind(const struct value *document, const char *version, const char *kind)
{
    const char *there = value_text(value_get(document, "apiVersion"));
    const char *name = value_text(value_get(document, "kind"));
    return there && strncmp(there, version, strlen(version)) == 0
           && (!kind || (name && strcmp(name, kind) == 0));
}

void rivals_find(struct arena *arena, const struct value *wanted, const struct value *live,
                 const struct left_alone *left, struct rivals *ret_rivals)
{
    static const char *const lists[] = { "containers", "initContainers" };
    struct search search = { arena, live, left, ret_rivals };
    *ret_rivals = (struct rivals){ .theirs = { 0 } };
    struct spot spec = { value_get(wanted, "spec"), value_get(live, "spec"), NULL, "/spec" };
    if (is_kind(wanted, "policy/", "PodDisruptionBudget"))
        look_at_union(&search, &spec, budgets);
    if (is_kind(wanted, "v1", "Service"))
        look_at_ports(&search, step(&spec, "ports"), (struct ports){ "port", true });
    bool is_cron = is_kind(wanted, "batch/", "CronJob");
    if (!is_cron && !is_kind(wanted, "apps/", NULL)) /* of other pods nothing of this can change */
        return;
    struct spot pod = is_cron
                          ? (struct spot){ CRON_POD(wanted), CRON_POD(live), NULL,
                                           "/spec/jobTemplate/spec/template/spec" }
                          : (struct spot){ POD(wanted), POD(live), NULL, "/spec/template/spec" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        look_at_list(&search, step(&pod, lists[i]), look_at_container);
    look_at_list(&search, step(&pod, "volumes"), look_at_volume);
}

struct value *rivals_fields(struct arena *arena, const struct text_list *pointers)
{
    struct value *all = value_map(arena);
    struct text_list parts;
    for (size_t i = 0; i < pointers->count; i++) {
        struct value *at = all;
        pointer_split(arena, pointers->items[i], &parts);
        for (size_t j = 0; j < parts.count; j++) {
            const char *part = parts.items[j];
            const char *name = arena_printf(arena, "%c:%s", *part == '{' ? 'k' : 'f', part);
            struct value *below = (struct value *)value_get(at, name);
            if (!below)
                value_set(arena, at, name, below = value_map(arena));
            at = below;
        }
    }
    return all;
}
