/* leftover: see leftover.h. */
#include "providers/kubernetes/leftover.h"

#include "providers/kubernetes/fields/managers.h"

#include <string.h>

enum { MOST_STEPS = 7 };

/* ------------------------------------------------------------------ a path */

static const struct value *follow(const struct value *value, const char *const *path)
{
    for (; *path && value; path++)
        value = value_get(value, *path);
    return value;
}

static const char *field_name(struct arena *arena, const char *name)
{
    return arena_printf(arena, "f:%s", name);
}

/* As follow(), in a set of fields. */
static const struct value *held(struct arena *arena, const struct value *fields,
                                const char *const *path)
{
    for (; *path && fields; path++)
        fields = value_get(fields, field_name(arena, *path));
    return fields;
}

/* The member of a set, made where it is not there. */
static struct value *child(struct arena *arena, struct value *set, const char *name)
{
    struct value *below = (struct value *)value_get(set, name);
    if (!below)
        value_set(arena, set, name, below = value_map(arena));
    return below;
}

/* The node of a set at the path, made where it is not there. */
static struct value *node(struct arena *arena, struct value *set, const char *const *path)
{
    for (; *path; path++)
        set = child(arena, set, field_name(arena, *path));
    return set;
}

static bool starts_with(const char *text, const char *start)
{
    return text && strncmp(text, start, strlen(start)) == 0;
}

static bool is_text(const struct value *value, const char *text)
{
    const char *there = value_text(value);
    return there && strcmp(there, text) == 0;
}

static bool is_app(const struct value *document)
{
    return starts_with(value_text(value_get(document, "apiVersion")), "apps/");
}

/* --------------------------------------------------------------- strategies */

static const char MEMBER[] = "rollingUpdate";

/* A DaemonSet that says OnDelete may keep it. */
static const struct {
    const char *kind, *strategy, *type; /* of this type there is no rollingUpdate */
} exclusive[] = {
    { "Deployment", "strategy", "Recreate" },
    { "StatefulSet", "updateStrategy", "OnDelete" },
};

/* The member of spec that asks for a type without rollingUpdate, or NULL. */
static const char *strategy_without(const struct value *wanted)
{
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++)
        if (is_app(wanted) && is_text(value_get(wanted, "kind"), exclusive[i].kind)
            && is_text(value_at(wanted, "spec", exclusive[i].strategy, "type", NULL),
                       exclusive[i].type))
            return exclusive[i].strategy;
    return NULL;
}

void leftover_drop_null(struct value *document)
{
    const char *name = strategy_without(document);
    struct value *strategy = (struct value *)(name ? value_at(document, "spec", name, NULL) : NULL);
    const struct value *member = value_get(strategy, MEMBER);
    if (member && member->kind == VALUE_NULL)
        value_remove(strategy, MEMBER);
}

static void add_strategy(struct arena *arena, struct value *set, const struct value *wanted,
                         const struct value *live, const struct value *ours)
{
    const char *const path[] = { "spec", strategy_without(wanted), MEMBER, NULL };
    const struct value *there = path[1] ? follow(live, path) : NULL;
    if (!there || follow(wanted, path) || held(arena, ours, path))
        return; /* what we hold of it goes with what we give up */
    struct value *members = node(arena, set, path);
    for (size_t i = 0; there->kind == VALUE_MAP && i < value_count(there); i++)
        value_set(arena, members, field_name(arena, there->map.members[i].key), value_map(arena));
}

/* ----------------------------------------------------------------- accounts */

static const char *const pod_paths[][MOST_STEPS] = {
    { "spec", "template", "spec" },
    { "spec", "jobTemplate", "spec", "template", "spec" },
};
static const char *const accounts[] = { "serviceAccount", "serviceAccountName" };
enum { ACCOUNTS = sizeof accounts / sizeof *accounts };

static bool has_account(const struct value *pod)
{
    return value_get(pod, accounts[0]) || value_get(pod, accounts[1]);
}

static void add_account(struct arena *arena, struct value *set, const struct value *wanted,
                        const struct value *live, const struct value *ours)
{
    bool is_cron = is_text(value_get(wanted, "kind"), "CronJob");
    const char *const *path = pod_paths[is_cron];
    const struct value *fields = held(arena, ours, path);
    if ((!is_app(wanted) && !is_cron) || !follow(wanted, path) || has_account(follow(wanted, path))
        || !has_account(follow(live, path)))
        return;
    for (size_t i = 0; i < ACCOUNTS; i++) /* held by us, and given up now: else it is a default */
        if (value_get(fields, field_name(arena, accounts[i])))
            for (size_t j = 0; j < ACCOUNTS; j++)
                value_set(arena, node(arena, set, path), field_name(arena, accounts[j]),
                          value_map(arena));
}

/* ------------------------------------------------------------------ volumes */

static const struct value *named_item(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (is_text(value_get(value_item(list, i), "name"), name))
            return value_item(list, i);
    return NULL;
}

/* A volume that is wanted from somewhere, while live has an emptyDir that nobody asked for. */
static bool is_stale_volume(const struct value *volume, const struct value *there,
                            const struct value *fields)
{
    return value_count(volume) > 1 && !value_get(volume, "emptyDir") && value_get(there, "emptyDir")
           && !value_get(fields, "f:emptyDir");
}

static void add_volumes(struct arena *arena, struct value *set, const struct value *wanted,
                        const struct value *live, const struct value *ours)
{
    bool is_cron = is_text(value_get(wanted, "kind"), "CronJob");
    const char *const *path = pod_paths[is_cron];
    if (!is_app(wanted) && !is_cron)
        return;
    const struct value *list = value_get(follow(wanted, path), "volumes");
    const struct value *there = value_get(follow(live, path), "volumes");
    const struct value *fields = value_get(held(arena, ours, path), "f:volumes");
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *volume = value_item(list, i);
        const char *name = value_text_at(volume, "name", NULL);
        const char *key = name ? arena_printf(arena, "k:{\"name\":\"%s\"}", name) : "";
        if (!name || !is_stale_volume(volume, named_item(there, name), value_get(fields, key)))
            continue;
        struct value *volumes = child(arena, node(arena, set, path), "f:volumes");
        value_set(arena, child(arena, volumes, key), "f:emptyDir", value_map(arena));
    }
}

/* ----------------------------------------------------------------- policies */

static bool anybody_holds_types(const struct value *live)
{
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(live, i, &entry); i++)
        if (value_at(entry.fields, "f:spec", "f:policyTypes", NULL))
            return true;
    return false;
}

bool leftover_policy_types(const struct value *wanted, const struct value *live)
{
    const struct value *types = value_at(live, "spec", "policyTypes", NULL);
    bool wants = value_count(value_at(wanted, "spec", "egress", NULL)) > 0, has = false;
    for (size_t i = 0; i < value_count(types); i++)
        has |= is_text(value_item(types, i), "Egress");
    return types && wants != has && value_count(value_at(wanted, "spec", "policyTypes", NULL)) == 0
           && !anybody_holds_types(live);
}

static void add_policy_types(struct arena *arena, struct value *set, const struct value *wanted,
                             const struct value *live)
{
    static const char *const path[] = { "spec", "policyTypes", NULL };
    if (is_text(value_get(wanted, "kind"), "NetworkPolicy")
        && starts_with(value_text(value_get(wanted, "apiVersion")), "networking.k8s.io/")
        && leftover_policy_types(wanted, live))
        node(arena, set, path);
}

struct value *leftover_fields(struct arena *arena, const struct value *wanted,
                              const struct value *live)
{
    struct value *set = value_map(arena);
    struct manager_entry ours = { .fields = NULL };
    manager_ours(live, &ours);
    add_strategy(arena, set, wanted, live, ours.fields);
    add_account(arena, set, wanted, live, ours.fields);
    add_volumes(arena, set, wanted, live, ours.fields);
    add_policy_types(arena, set, wanted, live);
    return set;
}
