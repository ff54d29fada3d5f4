/*
 * Which Image a name in a manifest means, and where names stand. A case is one source: what
 * comes out is each name with its Image, and the documents in which a digest took its place.
 */
#include "manifest/cases_file.h"
#include "manifest/value_json.h"
#include "reconciler/images/references.h"

static bool update;

struct hearing {
    struct arena *arena;
    const struct image_names *names;
    struct buf *out;
};

static const char *hear(void *context, const char *text)
{
    struct hearing *hearing = context;
    const struct image_spec *image = image_names_find(hearing->names, text);
    buf_printf(hearing->out, "  %s: %s\n", text, image ? image->name : "-");
    return image ? arena_printf(hearing->arena, "%s@DIGEST", image->name) : NULL;
}

static void print_json(struct buf *out, const struct value *value)
{
    json_write(out, value);
    buf_putc(out, '\n');
}

/* A document is never changed itself: another target may bind it to something else. */
static void visit_one(struct hearing *hearing, const struct set *set,
                      const struct resource *resource)
{
    AUTO_BUF before = BUF_INIT(1 << 20);
    AUTO_BUF after = BUF_INIT(1 << 20);
    buf_printf(hearing->out, "%s\n",
               object_id_text(hearing->arena, &resource->id, set->project.namespace));
    json_write(&before, resource->document);
    const struct value *document = images_visit(hearing->arena, &set->project, &resource->id,
                                                resource->document, hear, hearing);
    json_write(&after, resource->document);
    assert_string_equal(buf_text(&before), buf_text(&after));
    if (document != resource->document)
        print_json(hearing->out, value_get(document, "spec"));
}

static void run_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    struct load_options options = { .stdin_data = test->parts[0].text,
                                    .stdin_length = strlen(test->parts[0].text) };
    struct problems problems;
    struct error err = { 0 };
    struct set set;
    problems_start(&problems, arena);
    if (!set_load(arena, NULL, &options, &set, &problems, &err))
        fail_msg("%s", err.message);
    problems_print(&problems, out, false, false);
    struct hearing hearing = { arena, image_names_new(arena, &set), out };
    for (size_t i = 0; i < set.count; i++)
        visit_one(&hearing, &set, &set.resources[i]);
}

static void test_cases(void **state)
{
    (void)state;
    cases_run("reconciler/cases/images/references.txt", run_case, update);
}

int main(int argc, char **argv)
{
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
