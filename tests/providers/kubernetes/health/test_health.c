/*
 * Health of documents against the tables in cases/health/: one file a kind, many
 * documents a file, each behind a comment
 *
 *   # STATE: part of the message
 *
 * where STATE is current, in progress, failed, terminating or unknown. NOW in a
 * document stands for this moment. Most documents are the ones that a real API
 * server answers; those that kstatus has in its own tests are here as well.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/health/health.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES TESTS_FOLDER "/providers/kubernetes/cases/health"

struct expectation {
    char *state, *message;
};

/* "# in progress: 1 of 3" of the comment in front of a document. */
static struct expectation expectation_read(struct arena *arena, const char *text)
{
    const char *end = strchr(text, '\n');
    const char *colon = strchr(text, ':');
    assert_non_null(end);
    assert_true(colon && colon < end);
    assert_memory_equal(text, "# ", 2);
    const char *message = colon + 1;
    while (*message == ' ')
        message++;
    return (struct expectation){ arena_memdup(arena, text + 2, (size_t)(colon - text - 2)),
                                 arena_memdup(arena, message, (size_t)(end - message)) };
}

static const char *with_time(struct arena *arena, const char *text)
{
    const char *now = strstr(text, "NOW");
    return now ? arena_printf(arena, "%.*s%s%s", (int)(now - text), text,
                              time_text(arena, clock_unix()), now + 3)
               : text;
}

static const struct value *document_read(struct arena *arena, const char *name, const char *text)
{
    struct source_file file = {
        .path = name, .data = text, .length = strlen(text), .quotable = true
    };
    struct yaml_documents documents = { 0 };
    struct problems problems;
    problems_start(&problems, arena);
    bool fine = yaml_read(arena, &file, &documents, &problems);
    if (!fine || documents.count != 1)
        fail_msg("%s: not one YAML document:\n%s", name, text);
    return documents.items[0].root;
}

static void one_case(const char *name, const char *text)
{
    AUTO_ARENA arena = arena_new();
    struct expectation want = expectation_read(arena, text);
    const struct value *document = document_read(arena, name, with_time(arena, text));
    const char *version;
    struct object_id id = { .namespace = "", .name = "" };
    struct health health;
    api_version_split(arena, value_text_at(document, "apiVersion", NULL), &id.group, &version);
    id.kind = value_text_at(document, "kind", NULL);
    health_of(arena, &id, document, &health);
    if (strcmp(health_name(health.state), want.state) != 0 || !strstr(health.message, want.message))
        fail_msg("%s: wanted %s: %s, got %s: %s\n%s", name, want.state, want.message,
                 health_name(health.state), health.message, text);
}

/* Documents are separated by "---" lines; the file begins with a comment, ended by one. */
static size_t file_cases(const char *name)
{
    AUTO_ARENA arena = arena_new();
    struct error err;
    char *data;
    size_t length, count = 0;
    if (!file_read(arena, path_join(arena, CASES, name), 1 << 20, &data, &length, &err))
        fail_msg("%s", err.message);
    for (char *at = strstr(data, "---\n"); at; count++) {
        char *next = strstr(at + 4, "\n---\n");
        if (next)
            *next++ = '\0';
        one_case(name, arena_printf(arena, "%s\n", at + 4));
        at = next;
    }
    return count;
}

static void test_tables(void **state)
{
    (void)state;
    size_t count = 0;
    DIR *folder = opendir(CASES);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strstr(entry->d_name, ".yaml"))
            count += file_cases(entry->d_name);
    closedir(folder);
    print_message("%zu documents\n", count);
    assert_true(count >= 120);
}

static void test_since(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct health health;
    struct object_id id = { "example.org", "Shop", "", "x" };
    const struct value *document = document_read(
        arena, "since",
        "apiVersion: example.org/v1\nkind: Shop\nstatus:\n  conditions:\n"
        "  - {type: Ready, status: 'True', lastTransitionTime: '2026-11-24T07:00:00Z'}\n");
    health_of(arena, &id, document, &health);
    assert_int_equal(health.state, HEALTH_CURRENT);
    assert_string_equal(time_text(arena, health.since), "2026-11-24T07:00:00Z");
}

static void test_nothing(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct health health;
    struct object_id id = { "", "Pod", "", "x" };
    health_of(arena, &id, NULL, &health);
    assert_int_equal(health.state, HEALTH_UNKNOWN);
    assert_non_null(health.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
