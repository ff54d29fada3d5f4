/* Images and the machines of a target, as a table. */
#include "reconciler/images/machines.h"

#include "base/cleanup.h"
#include "manifest/load.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *misfits(struct arena *arena, const char *platforms,
                           const struct machine_count *machines, size_t count)
{
    const char *text = arena_printf(arena,
                                    "apiVersion: cmx.dev/v1\nkind: Image\nmetadata: {name: api}\n"
                                    "spec: {repository: registry.example/api, build: {platforms: "
                                    "[%s]}}\n",
                                    platforms);
    struct load_options load = { .stdin_data = text, .stdin_length = strlen(text) };
    struct problems problems;
    struct error err = { 0 };
    struct set set;
    struct source source = { 0 };
    struct images_options options = { 0 };
    struct text_list sentences = { 0 };
    problems_start(&problems, arena);
    assert_true(set_load(arena, NULL, &load, &set, &problems, &err));
    assert_int_equal(problems.errors, 0);
    struct images *images = images_new(&set, &source, &options);
    struct resource resource = { .id = image_id("api") };
    const struct resource *wanted[] = { &resource };
    struct plan_images steps = { .wanted = wanted, .count = 1 };
    images_misfits(images, &steps, arena, machines, count, &sentences);
    images_free(images);
    assert_in_range(sentences.count, 0, 1);
    return sentences.count ? sentences.items[0] : "";
}

static void test_misfits(void **state)
{
    static const struct machine_count amd[] = { { "linux/amd64", 3 } };
    static const struct machine_count mixed[] = { { "linux/amd64", 1 }, { "linux/arm64", 2 } };
    static const struct machine_count windows[] = { { "windows/amd64", 1 } };
    static const struct machine_count odd[] = { { "plan9", 1 } };
    static const struct {
        const char *platforms;
        const struct machine_count *machines;
        size_t count;
        const char *sentence;
    } rows[] = {
        { "linux/amd64", amd, 1, "" },
        { "linux/amd64", mixed, 2,
          "Image/api is built for linux/amd64, and 2 of 3 nodes cannot run that (linux/arm64)" },
        { "linux/amd64, linux/arm64", mixed, 2, "" },
        { "linux/amd64, linux/arm64/v8", mixed, 2, "" },
        { "linux/arm64", amd, 1,
          "Image/api is built for linux/arm64, and 3 of 3 nodes cannot run that (linux/amd64)" },
        { "linux/amd64, linux/arm64", windows, 1,
          "Image/api is built for linux/amd64, linux/arm64, and 1 of 1 node cannot run that "
          "(windows/amd64)" },
        { "linux/386", amd, 1, "" }, /* 64 bits run 32 */
        { "linux/arm/v7, linux/386", mixed, 2, "" },
        { "linux/arm/v6", mixed, 2,
          "Image/api is built for linux/arm/v6, and 1 of 3 nodes cannot run that (linux/amd64)" },
        { "linux/amd64", odd, 1, "" },
        { "linux/amd64", NULL, 0, "" },
    };
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(misfits(arena, rows[i].platforms, rows[i].machines, rows[i].count),
                            rows[i].sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_misfits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
