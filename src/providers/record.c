/* record: see record.h. */
#include "providers/record.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, MOST_CONTESTED = 1000 };

static struct value *text_or_empty(struct arena *arena, const char *text)
{
    return value_string(arena, text ? text : "");
}

static struct value *source_value(struct arena *arena, const struct record_source *source)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "origin", text_or_empty(arena, source->origin));
    value_set(arena, map, "path", text_or_empty(arena, source->path));
    value_set(arena, map, "ref", text_or_empty(arena, source->ref));
    value_set(arena, map, "commit", text_or_empty(arena, source->commit));
    value_set(arena, map, "subject", text_or_empty(arena, source->subject));
    value_set(arena, map, "author", text_or_empty(arena, source->author));
    value_set(arena, map, "time", value_integer(arena, source->time));
    if (source->dirty)
        value_set(arena, map, "dirty", value_bool(arena, true));
    return map;
}

static struct value *contest_value(struct arena *arena, const struct record_contest *contest)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "field", value_string(arena, contest->field));
    value_set(arena, map, "pointer", value_string(arena, contest->pointer));
    value_set(arena, map, "manager", value_string(arena, contest->manager));
    value_set(arena, map, "count", value_integer(arena, contest->count));
    return map;
}

static struct value *rollback_value(struct arena *arena, const struct record_rollback *rollback)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "refused", value_string(arena, rollback->refused));
    value_set_filled(arena, map, "reads", rollback->reads);
    value_set_filled(arena, map, "from", rollback->from);
    value_set_filled(arena, map, "to", rollback->to);
    value_set_filled(arena, map, "with", rollback->with);
    value_set_filled(arena, map, "by", rollback->by);
    value_set_filled(arena, map, "reason", rollback->reason);
    value_set(arena, map, "since", value_integer(arena, rollback->since));
    if (rollback->automatic)
        value_set(arena, map, "automatic", value_bool(arena, true));
    return map;
}

static struct value *member_value(struct arena *arena, const struct record_member *member)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "group", text_or_empty(arena, member->id.group));
    value_set(arena, map, "kind", text_or_empty(arena, member->id.kind));
    value_set(arena, map, "namespace", text_or_empty(arena, member->id.namespace));
    value_set(arena, map, "name", text_or_empty(arena, member->id.name));
    value_set(arena, map, "path", text_or_empty(arena, member->path));
    value_set(arena, map, "digest", text_or_empty(arena, member->digest));
    if (member->mark && *member->mark)
        value_set(arena, map, "mark", value_string(arena, member->mark));
    if (member->ended)
        value_set(arena, map, "ended", value_bool(arena, true));
    if (member->contest.count)
        value_set(arena, map, "contest", contest_value(arena, &member->contest));
    if (member->rollback)
        value_set(arena, map, "rollback", rollback_value(arena, member->rollback));
    return map;
}

static struct value *elsewhere_value(struct arena *arena, const struct record *record)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < record->elsewhere_count; i++)
        value_push(arena, list, value_string(arena, record->elsewhere[i]));
    return list;
}

static void add_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(arena, map, key, value_string(arena, text));
}

static struct value *rules_value(struct arena *arena, const struct record *record)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < record->ignore_count; i++) {
        const struct ignore_rule *rule = &record->ignore[i];
        struct value *map = value_map(arena), *pointers = value_list(arena);
        add_text(arena, map, "group", rule->pattern.group);
        add_text(arena, map, "kind", rule->pattern.kind);
        add_text(arena, map, "namespace", rule->pattern.namespace);
        add_text(arena, map, "name", rule->pattern.name);
        add_text(arena, map, "manager", rule->manager);
        for (size_t j = 0; j < rule->pointers.count; j++)
            value_push(arena, pointers, value_string(arena, rule->pointers.items[j]));
        value_set(arena, map, "pointers", pointers);
        value_push(arena, list, map);
    }
    return list;
}

bool record_rules_equal(const struct record *a, const struct record *b)
{
    AUTO_ARENA arena = arena_new();
    return value_equal(rules_value(arena, a), rules_value(arena, b));
}

static void write_part(struct buf *out, const char *key, const struct value *value)
{
    buf_printf(out, ",\"%s\":", key);
    json_write(out, value);
}

/* One at a time: a tree of all of them would be five times as large as their text. */
static void write_members(struct buf *out, const struct record *record)
{
    AUTO_ARENA arena = arena_new();
    buf_puts(out, ",\"members\":[");
    for (size_t i = 0; i < record->count; i++) {
        buf_puts(out, i ? "," : "");
        json_write(out, member_value(arena, &record->members[i]));
        arena_clear(arena);
    }
    buf_putc(out, ']');
}

/* Keys in their order, as json_write() has them. */
void record_write(struct buf *out, const struct record *record)
{
    AUTO_ARENA arena = arena_new();
    buf_printf(out, "{\"applied\":%lld", (long long)record->applied);
    if (record->elsewhere_count)
        write_part(out, "elsewhere", elsewhere_value(arena, record));
    write_part(out, "format", value_integer(arena, FORMAT));
    if (record->ignore_count)
        write_part(out, "ignore", rules_value(arena, record));
    write_members(out, record);
    write_part(out, "source", source_value(arena, &record->source));
    buf_putc(out, '}');
}

static const char *text_of(struct arena *arena, const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? arena_strdup(arena, text) : "";
}

static void source_read(struct arena *arena, const struct value *map, struct record_source *source)
{
    *source = (struct record_source){
        .origin = text_of(arena, map, "origin"),
        .path = text_of(arena, map, "path"),
        .ref = text_of(arena, map, "ref"),
        .commit = text_of(arena, map, "commit"),
        .subject = text_of(arena, map, "subject"),
        .author = text_of(arena, map, "author"),
        .time = value_int(value_get(map, "time"), 0),
        .dirty = value_is_true(value_get(map, "dirty"), false),
    };
}

/* Records of older versions have none; one that is damaged begins anew. */
static struct record_contest contest_read(struct arena *arena, const struct value *map)
{
    struct record_contest contest = {
        .field = text_of(arena, map, "field"),
        .pointer = text_of(arena, map, "pointer"),
        .manager = text_of(arena, map, "manager"),
    };
    int64_t count = value_int(value_get(map, "count"), 0);
    if (!*contest.field || !*contest.manager || count <= 0 || count > MOST_CONTESTED)
        return (struct record_contest){ 0 };
    contest.count = (unsigned)count;
    return contest;
}

/* One that is damaged is none: git is applied again. */
static const struct record_rollback *rollback_read(struct arena *arena, const struct value *map)
{
    if (!value_text(value_get(map, "refused")))
        return NULL;
    struct record_rollback *rollback = arena_alloc(arena, sizeof *rollback);
    *rollback = (struct record_rollback){
        .refused = text_of(arena, map, "refused"),
        .reads = text_of(arena, map, "reads"),
        .from = text_of(arena, map, "from"),
        .to = text_of(arena, map, "to"),
        .with = text_of(arena, map, "with"),
        .by = text_of(arena, map, "by"),
        .reason = text_of(arena, map, "reason"),
        .since = value_int(value_get(map, "since"), 0),
        .automatic = value_is_true(value_get(map, "automatic"), false),
    };
    return rollback;
}

static bool member_read(struct arena *arena, const struct value *map, struct record_member *member)
{
    *member = (struct record_member){
        .id = { text_of(arena, map, "group"), text_of(arena, map, "kind"),
                text_of(arena, map, "namespace"), text_of(arena, map, "name") },
        .path = text_of(arena, map, "path"),
        .digest = text_of(arena, map, "digest"),
        .mark = text_of(arena, map, "mark"),
        .ended = value_is_true(value_get(map, "ended"), false),
        .contest = contest_read(arena, value_get(map, "contest")),
        .rollback = rollback_read(arena, value_get(map, "rollback")),
    };
    return *member->id.kind && *member->id.name;
}

static void elsewhere_read(struct arena *arena, const struct value *list, struct record *record)
{
    record->elsewhere = arena_array(arena, value_count(list) + 1, sizeof *record->elsewhere);
    for (size_t i = 0; list && list->kind == VALUE_LIST && i < value_count(list); i++) {
        const char *name = value_text(value_item(list, i));
        if (name)
            record->elsewhere[record->elsewhere_count++] = arena_strdup(arena, name);
    }
}

static const char *text_or_null(struct arena *arena, const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? arena_strdup(arena, text) : NULL;
}

static struct ignore_rule rule_read(struct arena *arena, const struct value *map)
{
    const struct value *pointers = value_get(map, "pointers");
    struct ignore_rule rule = {
        .pattern = { text_or_null(arena, map, "group"), text_or_null(arena, map, "kind"),
                     text_or_null(arena, map, "namespace"), text_or_null(arena, map, "name") },
        .manager = text_or_null(arena, map, "manager"),
    };
    for (size_t i = 0; value_item(pointers, i); i++) {
        const char *text = value_text(value_item(pointers, i));
        if (text)
            arena_push(arena, rule.pointers.items, rule.pointers.count, rule.pointers.capacity,
                       arena_strdup(arena, text));
    }
    return rule;
}

static void rules_read(struct arena *arena, const struct value *list, struct record *record)
{
    struct ignore_rule *rules = arena_array(arena, value_count(list), sizeof *rules);
    for (size_t i = 0; value_item(list, i); i++)
        rules[record->ignore_count++] = rule_read(arena, value_item(list, i));
    record->ignore = rules;
}

static int compare_members(const void *a, const void *b)
{
    return object_id_compare(&((const struct record_member *)a)->id,
                             &((const struct record_member *)b)->id);
}

void record_sort(struct record *record)
{
    if (record->count)
        qsort(record->members, record->count, sizeof *record->members, compare_members);
}

const struct record_member *record_find(const struct record *record, const struct object_id *id)
{
    const struct record_member key = { .id = *id };
    return record->count ? bsearch(&key, record->members, record->count, sizeof *record->members,
                                   compare_members)
                         : NULL;
}

bool record_parse(struct arena *arena, const char *data, size_t length, struct record *ret_record,
                  struct error *err)
{
    const struct value *map;
    struct record record = { .exists = true };
    AUTO_ARENA scratch = arena_new(); /* the tree is three times as large as what is kept of it */
    if (!json_parse(scratch, data, length, &map, err))
        return false;
    if (value_int(value_get(map, "format"), 0) != FORMAT)
        return error_set(err, ERROR_INPUT,
                         "this version does not know its format: use the version that wrote it, "
                         "or a newer one");
    const struct value *members = value_get(map, "members");
    if (!members || members->kind != VALUE_LIST)
        return error_set(err, ERROR_INPUT, "it has no list of members");
    record.members = arena_array(arena, value_count(members), sizeof *record.members);
    for (; record.count < value_count(members); record.count++)
        if (!member_read(arena, value_item(members, record.count), &record.members[record.count]))
            return error_set(err, ERROR_INPUT, "a member has no kind or no name");
    record_sort(&record);
    record.applied = value_int(value_get(map, "applied"), 0);
    source_read(arena, value_get(map, "source"), &record.source);
    elsewhere_read(arena, value_get(map, "elsewhere"), &record);
    rules_read(arena, value_get(map, "ignore"), &record);
    *ret_record = record;
    return true;
}

bool record_mark_differs(const char *recorded, const char *now)
{
    if (!recorded || !*recorded || !now)
        return false;
    size_t first = strcspn(recorded, "-."), second;
    if (first != strcspn(now, "-.") || memcmp(recorded, now, first) != 0)
        return true;
    recorded += first;
    now += first;
    second = strcspn(recorded, ".");
    if (*recorded != '-' || *now != '-')
        return false;
    return second != strcspn(now, ".") || memcmp(recorded, now, second) != 0;
}
