/*
 * The record: when two marks tell that an object has changed, and what older, newer and damaged
 * texts of it are read as.
 */
#include "providers/record.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <string.h>

#include <cmocka.h>

static const struct {
    const char *recorded, *now;
    bool differs;
} cases[] = {
    { NULL, "a", false },                            /* never recorded */
    { "", "a", false },        { "a", NULL, false }, /* could not be read now */
    { "a", "a", false },       { "a", "b", true },
    { "a", "", true }, /* every field of ours was taken */
    { "a", "aa", true },       { "a-x", "a-x", false },
    { "a-x", "a-y", true },                           /* the same fields, other values */
    { "a-x", "b-x", true },    { "a", "a-x", false }, /* of an older record */
    { "a-x", "a", false },                            /* read in another API version */
    { "b", "a-x", true },      { "a-x", "a-", true },
    { "a-x.n", "a-x", false }, /* a note of the provider's own */
    { "a-x.n", "a-y", true },  { "a.n", "a-x", false },
    { "a.n", "b", true },
};

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (record_mark_differs(cases[i].recorded, cases[i].now) != cases[i].differs)
            fail_msg("\"%s\" and \"%s\"", cases[i].recorded, cases[i].now);
}

#define MEMBER "\"kind\":\"Deployment\",\"name\":\"web\""
#define FOUGHT "\"field\":\"spec.replicas\",\"pointer\":\"/spec/replicas\",\"manager\":\"scaler\""

/* How often somebody set a field again: the first are of versions that did not count. */
static const struct {
    const char *member;
    unsigned count;
} contests[] = {
    { MEMBER, 0 },
    { MEMBER ",\"mark\":\"a-x\",\"ended\":true", 0 },
    { MEMBER ",\"contest\":{" FOUGHT ",\"count\":2}", 2 },
    { MEMBER ",\"contest\":{" FOUGHT ",\"count\":2,\"later\":true}", 2 },
    { MEMBER ",\"contest\":{" FOUGHT "}", 0 },
    { MEMBER ",\"contest\":{" FOUGHT ",\"count\":-1}", 0 },
    { MEMBER ",\"contest\":{" FOUGHT ",\"count\":99999999999}", 0 },
    { MEMBER ",\"contest\":{\"count\":3}", 0 },
    { MEMBER ",\"contest\":3", 0 },
};

static void parse(struct arena *arena, const char *text, struct record *ret_record)
{
    struct error err = { 0 };
    if (!record_parse(arena, text, strlen(text), ret_record, &err))
        fail_msg("%s: %s", text, err.message);
}

/* It is written piece by piece, and has to be what one tree would have given. */
static void same_as_whole(const char *text)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF whole = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *tree;
    struct error err = { 0 };
    if (!json_parse(arena, text, strlen(text), &tree, &err))
        fail_msg("%s: %s", text, err.message);
    json_write(&whole, tree);
    assert_string_equal(text, buf_text(&whole));
}

static void test_pieces(void **state)
{
    (void)state;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct record_member members[] = { { .id = { "", "ConfigMap", "shop", "a" } },
                                       { .id = { "apps", "Deployment", "shop", "b" } } };
    const char *elsewhere[] = { "west" };
    struct ignore_rule rule = { .manager = "hpa" };
    struct record record = { .members = members, .applied = -1 };
    record_write(&text, &record);
    same_as_whole(buf_text(&text));
    record.count = 2;
    record.elsewhere = elsewhere;
    record.elsewhere_count = record.ignore_count = 1;
    record.ignore = &rule;
    buf_clear(&text);
    record_write(&text, &record);
    same_as_whole(buf_text(&text));
}

static void test_contests(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++) {
        AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
        struct record record;
        parse(arena, arena_printf(arena, "{\"format\":1,\"members\":[{%s}]}", contests[i].member),
              &record);
        if (record.members[0].contest.count != contests[i].count)
            fail_msg("%s: %u", contests[i].member, record.members[0].contest.count);
        record_write(&text, &record); /* and once more: what was read is what is written */
        parse(arena, buf_text(&text), &record);
        assert_int_equal(record.members[0].contest.count, contests[i].count);
        if (contests[i].count)
            assert_string_equal(record.members[0].contest.pointer, "/spec/replicas");
        else
            assert_null(strstr(buf_text(&text), "contest"));
    }
}

/* What was put back, and what is refused; the first are of versions that did not know it. */
static const struct {
    const char *member;
    bool there;
} rollbacks[] = {
    { MEMBER, false },
    { MEMBER ",\"rollback\":3", false },
    { MEMBER ",\"rollback\":{}", false },
    { MEMBER ",\"rollback\":{\"refused\":\"\"}", true }, /* it went along with another */
    { MEMBER ",\"rollback\":{\"refused\":\"d\",\"reads\":\"none\",\"from\":\"f\",\"to\":\"t\","
             "\"with\":\"Deployment.apps/shop/web\",\"by\":\"ana\",\"reason\":\"it is slow\","
             "\"since\":1764000000,\"automatic\":true,\"later\":1}",
      true },
};

static void test_rollbacks(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof rollbacks / sizeof *rollbacks; i++) {
        AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING), again = BUF_INIT(BUF_OUTPUT_CEILING);
        struct record record, back;
        parse(arena, arena_printf(arena, "{\"format\":1,\"members\":[{%s}]}", rollbacks[i].member),
              &record);
        if ((record.members[0].rollback != NULL) != rollbacks[i].there)
            fail_msg("%s", rollbacks[i].member);
        record_write(&text, &record);
        parse(arena, buf_text(&text), &back);
        record_write(&again, &back); /* what was read is what is written, and so on */
        assert_string_equal(buf_text(&text), buf_text(&again));
        same_as_whole(buf_text(&text));
        assert_int_equal(strstr(buf_text(&text), "rollback") != NULL, rollbacks[i].there);
        if (i + 1 == sizeof rollbacks / sizeof *rollbacks) {
            assert_string_equal(back.members[0].rollback->with, "Deployment.apps/shop/web");
            assert_string_equal(back.members[0].rollback->reason, "it is slow");
            assert_true(back.members[0].rollback->automatic);
            assert_int_equal(back.members[0].rollback->since, 1764000000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_marks),
                                        cmocka_unit_test(test_contests),
                                        cmocka_unit_test(test_rollbacks),
                                        cmocka_unit_test(test_pieces) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
