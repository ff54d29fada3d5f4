/*
 * What documents mention: a case is a stream of documents, and the references,
 * the ConfigMaps and Secrets of pod templates, and the edges that come out.
 */
#include "manifest/cases_file.h"
#include "manifest/references.h"
#include "manifest/value_yaml.h"

static bool update;

static struct object_id id_of(struct arena *arena, const struct value *document)
{
    struct object_id id = { .namespace = "", .name = "" };
    const char *version;
    const char *namespace = value_text_at(document, "metadata", "namespace", NULL);
    id.kind = value_text(value_get(document, "kind"));
    id.name = value_text_at(document, "metadata", "name", NULL);
    api_version_split(arena, value_text(value_get(document, "apiVersion")), &id.group, &version);
    if (scope_of_builtin(id.group, id.kind) != SCOPE_CLUSTER)
        id.namespace = namespace ? namespace : "ns";
    return id;
}

static void print_use(struct arena *arena, const struct config_use *use, struct buf *out)
{
    buf_printf(out, "  uses %s%s", object_id_full(arena, &use->id), use->required ? "" : "?");
    if (use->all_at_start)
        buf_puts(out, " at start");
    for (size_t i = 0; i < use->keys.count; i++)
        buf_printf(out, "%s%s", i ? ", " : " at start: ", use->keys.items[i]);
    buf_putc(out, '\n');
}

static void print_references(struct arena *arena, const struct object_id *id,
                             const struct value *document, struct buf *out)
{
    struct reference_list references;
    struct config_use *uses;
    references_of(arena, id, document, &references);
    buf_printf(out, "%s\n", object_id_full(arena, id));
    for (size_t i = 0; i < references.count; i++)
        buf_printf(out, "  %s%s\n", object_id_full(arena, &references.items[i].id),
                   references.items[i].optional ? " (optional)" : "");
    size_t count = config_uses(arena, id, document, &uses);
    for (size_t i = 0; i < count; i++)
        print_use(arena, &uses[i], out);
}

/* The nodes of a case; what each mentions is printed where `out` is given. */
static size_t read_nodes(struct arena *arena, const struct test_case *test, struct buf *out,
                         struct graph_node **ret_nodes, struct problems *problems)
{
    struct source_file *file = arena_alloc(arena, sizeof *file);
    *file = (struct source_file){ .path = "a.yaml",
                                  .source = "a.yaml",
                                  .folder = "",
                                  .data = test->parts[0].text,
                                  .length = strlen(test->parts[0].text),
                                  .quotable = true };
    struct yaml_documents documents = { 0 };
    assert_true(yaml_read(arena, file, &documents, problems));
    struct graph_node *nodes = arena_array(arena, documents.count, sizeof *nodes);
    struct object_id *ids = arena_array(arena, documents.count, sizeof *ids);
    struct object_options *options = arena_array(arena, documents.count, sizeof *options);
    for (size_t i = 0; i < documents.count; i++) {
        ids[i] = id_of(arena, documents.items[i].root);
        object_options_read(arena, documents.items[i].root, &options[i], file, problems);
        nodes[i] = (struct graph_node){ &ids[i], documents.items[i].root, &options[i], file,
                                        documents.items[i].place };
        if (out)
            print_references(arena, &ids[i], documents.items[i].root, out);
    }
    *ret_nodes = nodes;
    return documents.count;
}

static void print_edges(struct arena *arena, const struct graph_node *nodes,
                        const struct edge_list *edges, struct buf *out)
{
    for (size_t i = 0; i < edges->count; i++)
        buf_printf(out, "%s before %s%s\n",
                   object_id_text(arena, nodes[edges->items[i].before].id, "ns"),
                   object_id_text(arena, nodes[edges->items[i].after].id, "ns"),
                   edges->items[i].healthy ? " (healthy)" : "");
}

static void references_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    struct problems problems;
    struct edge_list edges;
    struct graph_node *nodes;
    problems_start(&problems, arena);
    size_t count = read_nodes(arena, test, out, &nodes, &problems);
    assert_true(edges_build(arena, nodes, count, &edges, &problems));
    print_edges(arena, nodes, &edges, out);
    assert_null(edges.stages);
    assert_int_equal(problems.errors, 0);
}

static void hooks_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    static const char *const stages[STAGES] = { "pre ", "main", "post" };
    struct problems problems;
    struct edge_list edges;
    struct graph_node *nodes;
    problems_start(&problems, arena);
    size_t count = read_nodes(arena, test, NULL, &nodes, &problems);
    assert_true(edges_build(arena, nodes, count, &edges, &problems));
    assert_non_null(edges.stages);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s %s\n", stages[edges.stages[i]],
                   object_id_text(arena, nodes[i].id, "ns"));
    print_edges(arena, nodes, &edges, out);
    assert_int_equal(problems.errors, 0);
}

static void test_references(void **state)
{
    (void)state;
    cases_run("manifest/cases/references/documents.txt", references_case, update);
}

static void test_hooks(void **state)
{
    (void)state;
    cases_run("manifest/cases/references/hooks.txt", hooks_case, update);
}

int main(int argc, char **argv)
{
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_references),
                                        cmocka_unit_test(test_hooks) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
