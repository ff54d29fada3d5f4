/* The parent's identity and its packed list of members; the id is one that kubectl computed. */
#include "providers/kubernetes/cases.h"

#include "base/digest.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/lock.h"

static void test_id(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    assert_string_equal(applyset_id(arena, "shop", "aset"),
                        "applyset-xRjOB-WQ3OBegOAUFswd1ulN42rEhZYDRQ_f3G4oeZk-v1");
    assert_string_equal(applyset_parent(arena, "shop"), "cmx-set-shop");
}

static struct record_member members[] = {
    { { "", "ConfigMap", "shop", "a" }, "a.yaml", "00", "", false, { 0 }, NULL },
    { { "", "Namespace", "", "shop" }, "n.yaml", "01", "", false, { 0 }, NULL },
    { { "apps", "Deployment", "other", "b" }, "b.yaml", "02", "", false, { 0 }, NULL },
    { { "apps", "Deployment", "shop", "b" }, "b.yaml", "03", "m", false, { 0 }, NULL },
};

static void test_lists(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct record record = { .exists = true, .members = members, .count = 4 };
    assert_string_equal(applyset_kinds(arena, &record), "ConfigMap,Deployment.apps,Namespace");
    assert_string_equal(applyset_namespaces(arena, &record, "shop"), "other");
    record.count = 2;
    assert_string_equal(applyset_namespaces(arena, &record, "shop"), "");
}

static void test_pack(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct record record = { .exists = true, .members = members, .count = 4, .applied = 7 }, back;
    struct error error = { 0 };
    const char *data;
    record.source.commit = "3f2a";
    assert_true(applyset_pack(arena, &record, &data, &error));
    assert_true(applyset_unpack(arena, data, &back, &error));
    assert_int_equal(back.count, 4);
    assert_int_equal(back.applied, 7);
    assert_string_equal(back.source.commit, "3f2a");
    assert_string_equal(back.members[2].id.namespace, "other");
    assert_string_equal(back.members[3].mark, "m");
    assert_false(applyset_unpack(arena, "AAAA", &back, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    char *damaged = arena_strdup(arena, data);
    damaged[20] = damaged[20] == 'A' ? 'B' : 'A';
    assert_false(applyset_unpack(arena, damaged, &back, &error));
}

/* Members as they are: every fourth an app of its own, digests that do not compress. */
static struct record large_record(struct arena *arena, size_t count)
{
    static const char *const kinds[] = { "ConfigMap", "Deployment", "Service", "ServiceAccount" };
    struct record record = { .exists = true, .count = count };
    record.source = (struct record_source){ "", "", "", "", false, "", "", 0 };
    record.members = arena_array(arena, count, sizeof *record.members);
    for (size_t i = 0; i < count; i++) {
        struct digest digest = digest_sha256(&i, sizeof i);
        const char *hex = digest_hex(arena, &digest), *app = arena_printf(arena, "app-%zu", i / 4);
        record.members[i] = (struct record_member){
            .id = { i % 4 == 1 ? "apps" : "", kinds[i % 4], "shop", app },
            .path = arena_printf(arena, "deploy/%s.yaml", app),
            .digest = arena_memdup(arena, hex, 20),
            .mark = arena_printf(arena, "%.16s-%.16s", hex + 20, hex + 36),
        };
    }
    return record;
}

static void test_room(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    struct record record = large_record(arena, 22000), huge = large_record(arena, 60000), back;
    const char *data;
    assert_true(applyset_fits(&record, &error));
    assert_true(applyset_pack(arena, &record, &data, &error));
    assert_true(applyset_unpack(arena, data, &back, &error));
    assert_int_equal(back.count, 22000);
    assert_false(applyset_fits(&huge, &error));
    assert_int_equal(error.kind, ERROR_REFUSED);
    assert_non_null(strstr(error.message, "split the set"));
    printf("22000 members need %zu bytes\n", strlen(data));
}

static void test_check(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    static const char format[] = "{\"metadata\":{\"name\":\"x\",\"labels\":{\"%s\":\"%s\"},"
                                 "\"annotations\":{\"%s\":\"%s\"}}}";
    static const struct {
        const char *id, *tooling;
        bool fine;
    } cases[] = { { "i", "cmx-reconcile/v9", true },
                  { "i", "kubectl/v1.36.3", false },
                  { "j", "cmx-reconcile/v0.1.0", false } };
    for (size_t i = 0; i < 3; i++) {
        const char *text = arena_printf(arena, format, APPLYSET_ID, cases[i].id, APPLYSET_TOOLING,
                                        cases[i].tooling);
        const struct value *document;
        assert_true(json_parse(arena, text, strlen(text), &document, &error));
        assert_int_equal(applyset_check(document, "i", &error), cases[i].fine);
        assert_true(cases[i].fine || error.kind == ERROR_REFUSED);
    }
}

static void test_run_mark(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct run_mark mark = { "ab", "me@here", 1000, 1010 }, back;
    assert_true(run_mark_parse(arena, run_mark_text(arena, &mark), &back));
    assert_string_equal(back.holder, "me@here");
    assert_int_equal(back.renewed, 1010);
    assert_false(run_mark_expired(&back, 1010 + LOCK_LEASE));
    assert_true(run_mark_expired(&back, 1011 + LOCK_LEASE));
    assert_false(run_mark_parse(arena, "{}", &back));
    assert_false(run_mark_parse(arena, "nonsense", &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id),    cmocka_unit_test(test_lists),    cmocka_unit_test(test_pack),
        cmocka_unit_test(test_check), cmocka_unit_test(test_run_mark), cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
