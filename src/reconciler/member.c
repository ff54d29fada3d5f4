/* member: see member.h. */
#include "reconciler/member.h"

#include "manifest/shape.h"

/* The names of the members, written as the pattern is: with or without group and namespace. */
static const char *nearest(struct arena *arena, const struct object_id *pattern,
                           const struct record *record)
{
    const char **names = arena_array(arena, record->count + 1, sizeof *names);
    for (size_t i = 0; i < record->count; i++) {
        struct object_id id = record->members[i].id;
        id.group = pattern->group ? id.group : "";
        id.namespace = pattern->namespace ? id.namespace : "";
        names[i] = object_id_text(arena, &id, NULL);
    }
    struct object_id wrong = *pattern;
    wrong.group = wrong.group ? wrong.group : "";
    wrong.namespace = wrong.namespace ? wrong.namespace : "";
    return suggest(object_id_text(arena, &wrong, NULL), names, record->count);
}

bool member_find(struct arena *arena, const struct record *record, const struct object_id *pattern,
                 const char *lacks, const struct record_member **ret_member, struct error *err)
{
    const struct record_member *found = NULL;
    for (size_t i = 0; i < record->count; i++) {
        const struct record_member *member = &record->members[i];
        if (!object_id_matches(pattern, &member->id))
            continue;
        if (found)
            return error_set(err, ERROR_USAGE,
                             "several objects fit: %s and %s; write Kind.group/namespace/name",
                             object_id_full(arena, &found->id), object_id_full(arena, &member->id));
        found = member;
    }
    const char *meant = found ? NULL : nearest(arena, pattern, record);
    *ret_member = found;
    return found
           || error_set(err, ERROR_NOT_FOUND, "%s%s%s%s", lacks, meant ? " (did you mean " : "",
                        meant ? meant : "", meant ? "?)" : "");
}
