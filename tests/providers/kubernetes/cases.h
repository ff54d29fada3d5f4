/*
 * cases: reads the tables of this folder's tests, cases/NAME/FILE.jsonl: a
 * comment "# WORD: text" says what is expected of the JSON document in the line
 * behind it. The documents are answers of a real API server.
 */
#ifndef TEST_KUBERNETES_CASES_H
#define TEST_KUBERNETES_CASES_H

#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void one_case(struct arena *arena, const char *expected, const struct value *document);

/* Calls `run` for each case; answers how many there were. */
static inline size_t each_case(const char *name, one_case *run)
{
    AUTO_ARENA arena = arena_new();
    const char *path = arena_printf(arena, "%s/providers/kubernetes/cases/%s", TESTS_FOLDER, name);
    struct error error = { 0 };
    char *data, *rest = NULL;
    const char *expected = NULL;
    size_t length, count = 0;
    if (!file_read(arena, path, 16 << 20, &data, &length, &error))
        fail_msg("%s", error.message);
    for (char *line = strtok_r(data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        AUTO_ARENA scratch = arena_new();
        const struct value *document;
        if (strncmp(line, "# ", 2) == 0) {
            expected = line + 2;
            continue;
        }
        assert_non_null(expected);
        if (!json_parse(scratch, line, strlen(line), &document, &error))
            fail_msg("%s: %s", expected, error.message);
        run(scratch, expected, document);
        count++;
    }
    return count;
}

#endif
