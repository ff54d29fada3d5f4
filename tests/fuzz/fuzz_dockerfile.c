/*
 * Dockerfiles: no text crashes the reader or its variables, or takes for ever; what is wrong is
 * told, and what is read twice is the same.
 */
#include "base/cleanup.h"
#include "providers/build/dockerfile/dockerfile.h"
#include "providers/build/dockerfile/expand.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand_all(struct arena *arena, const struct dockerfile *dockerfile)
{
    struct image_pairs variables = { 0 };
    variables_set(arena, &variables, "A", "one");
    variables_set(arena, &variables, "P", "/usr/lib/a.b.c");
    for (size_t i = 0; i < dockerfile->stage_count; i++)
        for (size_t j = 0; j < dockerfile->stages[i].count; j++) {
            const struct instruction *one = &dockerfile->stages[i].instructions[j];
            const char *text;
            struct error err;
            bool known = true;
            /* What is right is so also while not all variables are known. */
            for (size_t k = 0; k < one->words.count; k++)
                if (expand_word(arena, one->words.items[k], dockerfile->escape, &variables, &text,
                                &err)
                    && (strlen(text) > EXPAND_CEILING
                        || !expand_known(arena, one->words.items[k], dockerfile->escape, &variables,
                                         &known, &text, &err)))
                    abort();
            for (size_t k = 0; k < one->heredoc_count; k++)
                if (!expand_text(arena, one->heredocs[k].content, &variables, NULL, &text, &err)
                    && err.kind != ERROR_INPUT)
                    abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    struct dockerfile dockerfile, again;
    struct source_file file = {
        .path = "Dockerfile", .source = "Dockerfile", .length = size, .quotable = true, .folder = ""
    };
    file.data = arena_memdup(arena, (const char *)data, size);
    problems_start(&problems, arena);
    bool fine = dockerfile_read(arena, &file, &dockerfile, &problems);
    if (fine != (problems.errors == 0) || dockerfile_read(arena, &file, &again, &problems) != fine
        || again.stage_count != dockerfile.stage_count)
        abort();
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    problems_print(&problems, &out, true, false);
    expand_all(arena, &dockerfile);
    return 0;
}
