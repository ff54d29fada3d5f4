/*
 * When the loader tells of the Project: behind project.yaml where all is said there, else behind
 * all files of the folder. What is told is what the loaded set says.
 */
#include "base/cleanup.h"
#include "manifest/set.h"

#include <setjmp.h>
#include <stdarg.h>

#include <string.h>

#include <cmocka.h>

enum { FILES = 6 };

#define PROJECT(SPEC) "apiVersion: cmx.dev/v1\nkind: Project\nmetadata: { name: shop }\nspec: " SPEC
#define CLUSTER                                                                                    \
    "apiVersion: cmx.dev/v1\nkind: Cluster\nmetadata: { name: west }\nspec: { context: west }\n"
#define OBJECT(NAME)                                                                               \
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: " NAME ", namespace: shop }\n"

struct file {
    const char *path, *text;
};

static const struct {
    struct file files[FILES]; /* besides four objects */
    int after;                /* files that were read when it was told; -1: never */
    bool deep;                /* the objects are in a folder below */
} cases[] = {
    { { { "project.yaml", PROJECT("{ namespace: shop }\n") } }, 1, false },
    { { { "project.yml", PROJECT("{ namespace: shop }\n") } }, 1, false },
    { { { "project.yaml", PROJECT("{ namespace: shop, cluster: west }\n---\n") CLUSTER } },
      1,
      false },
    { { { "project.yaml", PROJECT("{ namespace: shop, cluster: west }\n") },
        { "clusters.yaml", CLUSTER } },
      6,
      false },
    { { { "set.yaml", PROJECT("{ namespace: shop }\n") } }, 5, false },
    { { { "project.yaml", OBJECT("e") }, { "z.yaml", PROJECT("{ namespace: shop }\n") } },
      6,
      false },
    { { { "project.yaml", PROJECT("{ namespaces: shop }\n") } }, -1, false },
    { { { "project.yaml", PROJECT("{ namespace: shop }\n") } }, 1, true },
    { { { "set.yaml", PROJECT("{ namespace: shop }\n") } }, 1, true },
};

struct source {
    struct file files[2 * FILES];
    int count, read, told_after;
    bool deep;
    const char *told_namespace;
};

static const struct file deep_objects[] = {
    { "web/a.yaml", OBJECT("a") },
    { "web/b.yaml", OBJECT("b") },
    { "web/c.yaml", OBJECT("c") },
    { "web/d.yaml", OBJECT("d") },
};

static const struct file objects[] = {
    { "a.yaml", OBJECT("a") },
    { "b.yaml", OBJECT("b") },
    { "c.yaml", OBJECT("c") },
    { "d.yaml", OBJECT("d") },
};

/* With `deep` the objects lie in the folder "web". */
static bool list_source(void *context, struct arena *arena, const char *folder,
                        struct source_entry **ret_entries, size_t *ret_count, struct error *err)
{
    const struct source *source = context;
    struct source_entry *entries = arena_array(arena, 2 * FILES, sizeof *entries);
    size_t count = 0;
    (void)err;
    for (int i = 0; i < source->count; i++)
        if ((strncmp(source->files[i].path, "web/", 4) == 0) == (*folder != '\0'))
            entries[count++].path = source->files[i].path;
    if (source->deep && !*folder)
        entries[count++] = (struct source_entry){ .path = "web", .is_folder = true };
    *ret_entries = entries;
    *ret_count = count;
    return true;
}

static bool read_source(void *context, struct arena *arena, const char *path, size_t ceiling,
                        char **ret_data, size_t *ret_length, struct error *err)
{
    struct source *source = context;
    (void)ceiling;
    for (int i = 0; i < source->count; i++)
        if (strcmp(source->files[i].path, path) == 0) {
            source->read++;
            *ret_data = arena_strdup(arena, source->files[i].text);
            *ret_length = strlen(*ret_data);
            return true;
        }
    return error_set(err, ERROR_NOT_FOUND, "%s: not there", path);
}

static void hear(void *context, const struct project *project, const struct cluster *cluster)
{
    struct source *source = context;
    assert_int_equal(source->told_after, -1); /* once at most */
    assert_true(cluster == NULL || strcmp(cluster->name, project->cluster) == 0);
    source->told_after = source->read;
    source->told_namespace = project->namespace;
}

static void fill(struct source *source, const struct file *files, bool deep)
{
    *source = (struct source){ .told_after = -1, .deep = deep };
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        source->files[source->count++] = deep ? deep_objects[i] : objects[i];
    for (size_t i = 0; i < FILES && files[i].path; i++)
        source->files[source->count++] = files[i];
}

static void tells_as_soon_as_it_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct source source;
        struct source_reader reader = { &source, list_source, read_source, "" };
        const char *const paths[] = { "" };
        struct load_options options = {
            .paths = paths, .path_count = 1, .hint = hear, .hint_context = &source
        };
        struct problems problems;
        struct set set;
        struct error err = { 0 };
        fill(&source, cases[i].files, cases[i].deep);
        problems_start(&problems, arena);
        assert_true(set_load(arena, &reader, &options, &set, &problems, &err));
        if (source.told_after != cases[i].after)
            fail_msg("case %zu: told after %d files", i, source.told_after);
        if (source.told_after >= 0)
            assert_string_equal(source.told_namespace, set.project.namespace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(tells_as_soon_as_it_is_known) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
