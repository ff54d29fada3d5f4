/* immutable: see immutable.h. The table is tested by tests/providers/kubernetes/cases/immutable. */
#include "providers/kubernetes/immutable.h"

#include <string.h>

static const struct phrase {
    const char *kind;  /* NULL: any kind */
    const char *cause; /* reason of the cause; NULL: any */
    const char *text;  /* what its message holds behind the value */
    const char *told;  /* what is said instead, where that is half a sentence */
} phrases[] = {
    { NULL, "FieldValueInvalid", "field is immutable", NULL },
    { NULL, "FieldValueForbidden", "field is immutable", NULL },
    { "StatefulSet", "FieldValueForbidden", "updates to statefulset spec for fields other than",
      "little but its replicas, template and updateStrategy may change" },
    { "Pod", "FieldValueForbidden", "pod updates may not change fields other than",
      "little but its images may change" },
    { "Pod", NULL, "cannot be removed", NULL },
    { "Pod", NULL, "are immutable", NULL },
    { "Pod", "FieldValueForbidden", "may not be changed", NULL },
    { "Pod", "FieldValueForbidden", "existing toleration can not be modified", NULL },
    { "PersistentVolumeClaim", "FieldValueForbidden", "spec is immutable after creation",
      "only a bound claim may ask for more" },
    { "PersistentVolumeClaim", "FieldValueForbidden", "field can not be less than", NULL },
    { "PersistentVolume", "FieldValueForbidden", "is immutable after creation", NULL },
    { "Service", "FieldValueInvalid", "may not change once set", NULL },
    { "Service", "FieldValueInvalid", "can not be unset", NULL },
    { "RoleBinding", "FieldValueInvalid", "cannot change roleRef", NULL },
    { "ClusterRoleBinding", "FieldValueInvalid", "cannot change roleRef", NULL },
    { "PriorityClass", "FieldValueForbidden", "may not be changed in an update", NULL },
    { "StorageClass", "FieldValueForbidden", "updates to ", "it is fixed" },
    { "VolumeAttributesClass", "FieldValueForbidden", "updates to ", "it is fixed" },
    { "Node", "FieldValueForbidden", "node updates may not change", NULL },
    { "Node", "FieldValueForbidden", "may not be updated", NULL },
};

/* What the authors of CRDs write for `self == oldSelf`; the last is for a rule without words. */
static const char *const rule_phrases[] = {
    "immutable",        "cannot be changed",  "can not be changed",
    "can't be changed", "may not be changed", "must not be changed",
    "not be modified",  "cannot change",      "cannot be updated",
    "once set",         "unchangeable",       "self == oldSelf",
};

/* Behind the last brace that a colon follows. */
static const char *past_last_brace(const char *at)
{
    const char *past = "";
    for (; (at = strpbrk(at, "}]")); at++)
        if (at[1] == ':' && at[2] == ' ')
            past = at + 3;
    return past;
}

/*
 * Past a value as a message quotes it: a string, a number, or a whole struct in
 * braces, of which a long one is cut in its middle.
 */
static const char *past_value(const char *value)
{
    const char *at = value;
    int depth = 0;
    bool quoted = false;
    for (; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at[1])
            at++;
        else if (!quoted && strchr("{[(", *at))
            depth++;
        else if (!quoted && strchr("}])", *at))
            depth--;
        else if (!quoted && depth <= 0 && at[0] == ':' && at[1] == ' ')
            return at + 2;
    }
    return past_last_brace(value);
}

/*
 * The server's own words: behind "Invalid value: VALUE: ", since the value may
 * hold any words. A rule of a whole object in a CRD is quoted without a value.
 */
static const char *own_words(const char *message)
{
    static const char invalid[] = "Invalid value: ";
    if (strncmp(message, invalid, sizeof invalid - 1) != 0)
        return message;
    const char *value = message + sizeof invalid - 1;
    const char *words = past_value(value);
    return *words || strchr("\"{[", *value) ? words : value;
}

static bool is_custom(const struct object_id *id)
{
    return strchr(id->group, '.') != NULL;
}

static const char *find_phrase(const struct object_id *id, const char *cause, const char *message)
{
    const char *words = own_words(message);
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if ((!phrases[i].kind || strcmp(phrases[i].kind, id->kind) == 0)
            && (!phrases[i].cause || strcmp(phrases[i].cause, cause) == 0)
            && strstr(words, phrases[i].text))
            return phrases[i].told ? phrases[i].told : phrases[i].text;
    if (!is_custom(id) || strcmp(cause, "FieldValueInvalid") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof rule_phrases / sizeof *rule_phrases; i++)
        if (strstr(words, rule_phrases[i]))
            return rule_phrases[i];
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
