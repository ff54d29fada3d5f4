/*
 * What managedFields may hold, as a server (or somebody who patched them) wrote
 * it. The input is a manifest and a live object, JSON, one behind the other.
 * Sets keep their laws; what is judged the same is not changed by an apply.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer_key.h"
#include "providers/kubernetes/handover.h"
#include "providers/kubernetes/judge.h"
#include "providers/kubernetes/mark.h"
#include "providers/kubernetes/merge.h"
#include "providers/kubernetes/rivals.h"
#include "providers/kubernetes/takeover.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DOCUMENTS = 2 };

struct input {
    struct arena *arena;
    const struct value *documents[DOCUMENTS];
    size_t count;
};

static bool keep(void *context, struct arena *arena, const struct value *value, struct error *err)
{
    struct input *input = context;
    (void)arena;
    (void)err;
    if (input->count < DOCUMENTS)
        input->documents[input->count++] = value_copy(input->arena, value);
    return true;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_sets(struct arena *arena, const struct value *a, const struct value *b)
{
    require(fields_empty(fields_minus(arena, a, a)));
    const struct value *all = fields_union(arena, a, b);
    require(fields_empty(fields_minus(arena, a, all)));
    require(fields_empty(fields_minus(arena, b, all)));
}

static void try_managers(struct arena *arena, const struct value *live)
{
    struct manager_entry entry, ours = { .fields = NULL };
    struct text_list pointers = { .items = (const char *[]){ "/spec/replicas", "/data/0/a" },
                                  .count = 2 };
    struct blame blame;
    manager_ours(live, &ours);
    for (size_t i = 0; manager_entry(live, i, &entry); i++) {
        try_sets(arena, entry.fields, ours.fields);
        fields_cut(arena, live, entry.fields);
        fields_without(arena, entry.fields, live, "/spec/template/0");
    }
    manager_blame(arena, live, "/spec/containers/0/image", &blame);
    manager_foreign_fields(arena, live);
    struct left_alone left = { .pointers = pointers };
    manager_mark(arena, live, &left);
    manager_left_to_others(arena, live, "0123456789abcdef", &left);
    struct wanted wanted = { .document = (struct value *)live, .left_out = pointers };
    takeover_fields(arena, live, "v1", &wanted);
    handover_document(arena, live, &pointers);
    struct text_list expanded = { .items = NULL };
    pointer_expand(arena, "/spec/*/containers/*", live, &expanded);
    for (size_t i = 0; i < expanded.count; i++)
        pointer_whole(arena, expanded.items[i], live);
}

static void try_rivals(struct arena *arena, const struct value *wanted, const struct value *live)
{
    struct left_alone left = { .pointers = { .items = NULL } };
    struct rivals rivals;
    rivals_find(arena, wanted, live, &left, &rivals);
    const struct value *fields = rivals_fields(arena, &rivals.theirs);
    if (rivals.theirs.count)
        fields_cut(arena, live, fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    static const struct target target = { .name = "fuzz" };
    struct session session = { .target = &target, .set_id = "applyset-test-v1" };
    struct input input = { .arena = arena };
    struct error error;
    struct json_reader *reader = json_reader_new(JSON_STREAM, 1 << 20, keep, &input);
    bool read = json_reader_feed(reader, (const char *)data, size, &error)
                && json_reader_end(reader, arena, NULL, &error);
    json_reader_free(reader);
    if (!read || input.count < DOCUMENTS || input.documents[0]->kind != VALUE_MAP
        || input.documents[1]->kind != VALUE_MAP)
        return 0;
    struct resource wanted = { .id = { "", "X", "", "x" }, .api_version = "v1" };
    wanted.document = input.documents[0];
    try_managers(arena, input.documents[1]);
    try_rivals(arena, input.documents[0], input.documents[1]);
    merge_locally(arena, input.documents[0], input.documents[1], true);
    mark_make(&session, arena, &wanted, input.documents[1]);
    judge_same(&session, arena, &wanted, input.documents[1], "a.b");
    return 0;
}
