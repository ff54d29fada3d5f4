/* Consequences of a plan, against the table in cases/consequences.yaml. */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_yaml.h"
#include "reconciler/plan/consequences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOME "shop"

struct changes {
    struct object_change *items;
    size_t count, capacity;
};

static struct object_id *id_of(struct arena *arena, const struct value *document)
{
    struct object_id *id = arena_alloc(arena, sizeof *id);
    const char *version, *in = value_text_at(document, "metadata", "namespace", NULL);
    api_version_split(arena, value_text_at(document, "apiVersion", NULL), &id->group, &version);
    id->kind = value_text_at(document, "kind", NULL);
    id->name = value_text_at(document, "metadata", "name", NULL);
    id->namespace = in ? in : HOME;
    return id;
}

static struct object_change *change_of(struct arena *arena, struct changes *changes,
                                       const struct value *document)
{
    struct object_change change = { .id = id_of(arena, document) };
    for (size_t i = 0; i < changes->count; i++)
        if (!object_id_compare(changes->items[i].id, change.id))
            return &changes->items[i];
    arena_push(arena, changes->items, changes->count, changes->capacity, change);
    return &changes->items[changes->count - 1];
}

static int by_identity(const void *a, const void *b)
{
    return object_id_compare(((const struct object_change *)a)->id,
                             ((const struct object_change *)b)->id);
}

static void one_case(struct arena *arena, const struct value *scene)
{
    const struct value *before = value_get(scene, "before"), *after = value_get(scene, "after");
    const struct value *says = value_get(scene, "says");
    const char *name = value_text_at(scene, "name", NULL);
    struct changes changes = { 0 };
    struct consequences found;
    for (size_t i = 0; i < value_count(before); i++)
        change_of(arena, &changes, value_item(before, i))->before = value_item(before, i);
    for (size_t i = 0; i < value_count(after); i++)
        change_of(arena, &changes, value_item(after, i))->after = value_item(after, i);
    for (size_t i = 0; i < value_count(value_get(scene, "live")); i++)
        change_of(arena, &changes, value_item(value_get(scene, "live"), i))->live =
            value_item(value_get(scene, "live"), i);
    for (size_t i = 0; i < changes.count; i++)
        changes.items[i].drift = value_is_true(value_get(scene, "drift"), false);
    qsort(changes.items, changes.count, sizeof *changes.items, by_identity);
    consequences_of(arena, changes.items, changes.count, HOME, &found);
    for (size_t i = 0; i < found.sentences.count; i++) {
        const char *want = value_text(value_item(says, i));
        if (!want || strcmp(want, found.sentences.items[i]) != 0)
            fail_msg("%s: said \"%s\", wanted \"%s\"", name, found.sentences.items[i],
                     want ? want : "nothing");
    }
    if (found.sentences.count != value_count(says))
        fail_msg("%s: said %zu sentences, wanted %zu", name, found.sentences.count,
                 value_count(says));
}

static void test_table(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    struct problems problems;
    struct yaml_documents cases = { 0 };
    char *data;
    size_t length;
    if (!file_read(arena, TESTS_FOLDER "/reconciler/cases/consequences.yaml", 1 << 20, &data,
                   &length, &err))
        fail_msg("%s", err.message);
    struct source_file file = { .path = "consequences.yaml", .data = data, .length = length };
    problems_start(&problems, arena);
    assert_true(yaml_read(arena, &file, &cases, &problems));
    for (size_t i = 0; i < cases.count; i++)
        one_case(arena, cases.items[i].root);
    print_message("%zu cases\n", cases.count);
    assert_in_range(cases.count, 46, 1000);
}

/* The counts that JSON shows are those of the sentences. */
static void test_counts(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct consequences found;
    struct object_id id = { "apps", "Deployment", HOME, "web" };
    struct value *before = value_map(arena), *after = value_map(arena);
    struct value *two = value_map(arena), *none = value_map(arena);
    value_set(arena, two, "replicas", value_integer(arena, 2));
    value_set(arena, none, "replicas", value_integer(arena, 0));
    value_set(arena, before, "spec", two);
    value_set(arena, after, "spec", none);
    struct object_change change = { .id = &id, .before = before, .after = after };
    consequences_of(arena, &change, 1, HOME, &found);
    assert_int_equal(found.rolled, 0);
    assert_int_equal(found.to_zero, 1);
    assert_int_equal(found.started + found.stopped + found.unmatched + found.unnoticed, 0);
    consequences_of(arena, NULL, 0, HOME, &found);
    assert_int_equal(found.sentences.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_table),
                                        cmocka_unit_test(test_counts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
