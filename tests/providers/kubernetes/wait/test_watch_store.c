/* What a follower keeps when reads, events and LISTs of several ages arrive in any order. */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/wait/watch_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool put(struct watch_store *store, const char *name, int version, bool gone)
{
    AUTO_ARENA arena = arena_new();
    struct error err;
    const struct value *document;
    const char *text = arena_printf(arena,
                                    "{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%d\","
                                    "\"managedFields\":[{\"manager\":\"x\"}]},\"data\":{\"v\":%d}}",
                                    name, version, version);
    assert_true(json_parse(arena, text, strlen(text), &document, &err));
    return store_put(store, document, gone);
}

static int64_t content(const struct watch_store *store, size_t index)
{
    return value_int(value_at(store->items[index].document, "data", "v", NULL), -1);
}

static void test_newest_wins(void **state)
{
    (void)state;
    struct watch_store store = { 0 };
    assert_true(put(&store, "a", 5, false));
    assert_false(put(&store, "a", 5, false));
    assert_false(put(&store, "a", 4, true));
    assert_int_equal(content(&store, 0), 5);
    assert_true(put(&store, "a", 10, false));
    assert_int_equal(content(&store, 0), 10);
    assert_true(put(&store, "a", 11, true));
    assert_true(store.items[0].gone);
    assert_false(put(&store, "a", 10, false)); /* an event that comes late */
    assert_true(put(&store, "a", 12, false));  /* made anew */
    assert_false(store.items[0].gone);
    assert_int_equal(store.count, 1);
    store_done(&store);
    assert_int_equal(store.count, 0);
}

static void test_without_managed_fields(void **state)
{
    (void)state;
    struct watch_store store = { 0 };
    put(&store, "a", 1, false);
    assert_null(value_at(store.items[0].document, "metadata", "managedFields", NULL));
    assert_string_equal(value_text_at(store.items[0].document, "metadata", "name", NULL), "a");
    store_done(&store);
}

static void test_absent(void **state)
{
    (void)state;
    struct watch_store store = { 0 };
    assert_true(store_absent(&store, "a"));
    assert_true(store.items[0].gone);
    assert_null(store.items[0].document);
    assert_false(store_absent(&store, "a"));
    assert_true(put(&store, "a", 3, false));
    assert_false(store.items[0].gone);
    store_done(&store);
}

static void test_list_after_a_gap(void **state)
{
    (void)state;
    struct watch_store store = { 0 };
    put(&store, "kept", 5, false);
    put(&store, "lost", 6, false);
    put(&store, "newer", 30, false); /* read by somebody else after the LIST began */
    store_list_begin(&store);
    assert_false(put(&store, "kept", 5, false));
    assert_true(put(&store, "fresh", 18, false));
    assert_true(store_list_end(&store, 20));
    assert_false(store.items[0].gone);
    assert_true(store.items[1].gone);
    assert_false(store.items[2].gone);
    assert_false(store.items[3].gone);
    store_list_begin(&store);
    put(&store, "kept", 5, false);
    put(&store, "newer", 30, false);
    put(&store, "fresh", 18, false);
    assert_false(store_list_end(&store, 40)); /* "lost" is gone already */
    store_done(&store);
}

static void test_ceiling(void **state)
{
    (void)state;
    struct watch_store store = { 0 };
    AUTO_ARENA arena = arena_new();
    for (int i = 0; i < STORE_CEILING + 10; i++)
        put(&store, arena_printf(arena, "pod-%d", i), i + 1, false);
    assert_int_equal(store.count, STORE_CEILING);
    store_done(&store);
}

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(version_number("18446744073709551615"), UINT64_MAX);
    assert_int_equal(version_number("12"), 12);
    assert_int_equal(version_number("12a"), 0);
    assert_int_equal(version_number("-1"), 0);
    assert_int_equal(version_number(""), 0);
    assert_int_equal(version_number(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest_wins), cmocka_unit_test(test_without_managed_fields),
        cmocka_unit_test(test_absent),      cmocka_unit_test(test_list_after_a_gap),
        cmocka_unit_test(test_ceiling),     cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
