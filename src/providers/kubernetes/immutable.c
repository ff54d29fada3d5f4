/* immutable: see immutable.h. The table is tested by tests/providers/kubernetes/cases/immutable. */
#include "providers/kubernetes/immutable.h"

#include <string.h>

static const struct phrase {
    const char *kind;  /* NULL: any kind */
    const char *cause; /* reason of the cause */
    const char *text;  /* what its message holds */
} phrases[] = {
    { NULL, "FieldValueInvalid", "field is immutable" },
    { NULL, "FieldValueForbidden", "field is immutable" },
    { "StatefulSet", "FieldValueForbidden", "updates to statefulset spec for fields other than" },
    { "Pod", "FieldValueForbidden", "pod updates may not change fields other than" },
    { "PersistentVolumeClaim", "FieldValueForbidden", "spec is immutable after creation" },
    { "PersistentVolume", "FieldValueForbidden", "is immutable after creation" },
    { "Service", "FieldValueInvalid", "may not change once set" },
    { "RoleBinding", "FieldValueInvalid", "cannot change roleRef" },
    { "ClusterRoleBinding", "FieldValueInvalid", "cannot change roleRef" },
    { "PriorityClass", "FieldValueForbidden", "may not be changed in an update" },
};

/* A rule of a CRD (`self == oldSelf`) says what its author wrote. */
static bool custom_rule(const struct object_id *id, const char *message)
{
    return strchr(id->group, '.') && !strstr(id->group, ".k8s.io") && strstr(message, "immutable");
}

static const char *find_phrase(const struct object_id *id, const char *cause, const char *message)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if ((!phrases[i].kind || strcmp(phrases[i].kind, id->kind) == 0)
            && strcmp(phrases[i].cause, cause) == 0 && strstr(message, phrases[i].text))
            return phrases[i].text;
    if (strcmp(cause, "FieldValueInvalid") == 0 && custom_rule(id, message))
        return "is immutable";
    return NULL;
}

/* Is everything that is wanted there? Members that only live has do not count. */
static bool covered(const struct value *wanted, const struct value *live)
{
    if (!live || wanted->kind != live->kind)
        return false;
    if (wanted->kind == VALUE_MAP) {
        for (size_t i = 0; i < value_count(wanted); i++)
            if (!covered(wanted->map.members[i].value, value_get(live, wanted->map.members[i].key)))
                return false;
        return true;
    }
    if (wanted->kind == VALUE_LIST) {
        if (value_count(wanted) != value_count(live))
            return false;
        for (size_t i = 0; i < value_count(wanted); i++)
            if (!covered(value_item(wanted, i), value_item(live, i)))
                return false;
        return true;
    }
    return value_equal(wanted, live);
}

/* The server said "spec": the member that differs and is not one of those it lists as free. */
static const char *member_of_spec(struct arena *arena, const char *message,
                                  const struct value *wanted, const struct value *live)
{
    const struct value *spec = value_get(wanted, "spec");
    for (size_t i = 0; spec && live && spec->kind == VALUE_MAP && i < value_count(spec); i++) {
        const struct member *member = &spec->map.members[i];
        if (!strstr(message, arena_printf(arena, "'%s'", member->key))
            && !covered(member->value, value_get(value_get(live, "spec"), member->key)))
            return arena_printf(arena, "spec.%s", member->key);
    }
    return "spec";
}

static const char *text_or_empty(const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : "";
}

bool immutable_field(struct arena *arena, const struct object_id *id, const struct value *status,
                     const struct value *wanted, const struct value *live, const char **ret_field,
                     const char **ret_phrase)
{
    const struct value *causes = value_at(status, "details", "causes", NULL);
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *cause = value_item(causes, i);
        const char *field = text_or_empty(cause, "field");
        const char *message = text_or_empty(cause, "message");
        const char *phrase = find_phrase(id, text_or_empty(cause, "reason"), message);
        if (!phrase || strcmp(field, "metadata.uid") == 0)
            continue;
        *ret_phrase = phrase;
        *ret_field = strcmp(field, "spec") == 0 ? member_of_spec(arena, message, wanted, live)
                                                : arena_strdup(arena, field);
        return true;
    }
    return false;
}

bool another_object(const struct value *status)
{
    const struct value *causes = value_at(status, "details", "causes", NULL);
    if (strstr(text_or_empty(status, "message"), "uid mismatch"))
        return true;
    for (size_t i = 0; i < value_count(causes); i++)
        if (strcmp(text_or_empty(value_item(causes, i), "field"), "metadata.uid") == 0)
            return true;
    return false;
}
