/* leftover: see leftover.h. */
#include "providers/kubernetes/leftover.h"

#include "providers/kubernetes/fields/managers.h"

#include <string.h>

static const char MEMBER[] = "rollingUpdate";

/* A DaemonSet that says OnDelete may keep it. */
static const struct {
    const char *kind, *strategy, *type; /* of this type there is no rollingUpdate */
} exclusive[] = {
    { "Deployment", "strategy", "Recreate" },
    { "StatefulSet", "updateStrategy", "OnDelete" },
};

static bool is_text(const struct value *value, const char *text)
{
    return value && value_text(value) && strcmp(value_text(value), text) == 0;
}

/* The member of spec that asks for a type without rollingUpdate, or NULL. */
static const char *strategy_without(const struct value *wanted)
{
    const char *version = value_text(value_get(wanted, "apiVersion"));
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++)
        if (version && strncmp(version, "apps/", 5) == 0
            && is_text(value_get(wanted, "kind"), exclusive[i].kind)
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

static const char *field_name(struct arena *arena, const char *name)
{
    return arena_printf(arena, "f:%s", name);
}

struct value *leftover_fields(struct arena *arena, const struct value *wanted,
                              const struct value *live)
{
    struct value *set = value_map(arena), *spec = value_map(arena), *strategy = value_map(arena);
    struct value *members = value_map(arena);
    struct manager_entry ours = { .fields = NULL };
    const char *name = strategy_without(wanted);
    const struct value *there = name ? value_at(live, "spec", name, MEMBER, NULL) : NULL;
    if (!there || value_at(wanted, "spec", name, MEMBER, NULL))
        return set;
    if (manager_ours(live, &ours)
        && value_at(ours.fields, "f:spec", field_name(arena, name), field_name(arena, MEMBER),
                    NULL))
        return set; /* it goes with what we give up */
    for (size_t i = 0; there->kind == VALUE_MAP && i < value_count(there); i++)
        value_set(arena, members, field_name(arena, there->map.members[i].key), value_map(arena));
    value_set(arena, strategy, field_name(arena, MEMBER), members);
    value_set(arena, spec, field_name(arena, name), strategy);
    value_set(arena, set, "f:spec", spec);
    return set;
}
