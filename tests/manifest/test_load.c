/*
 * Loading of sets: a case is a folder of files, and the resources, the Project,
 * the problems and the failed scopes that come out. `--update` rewrites them.
 *
 * Special parts of a case: "options" with lines "namespace NAME" and "path PATH";
 * "stdin" with what comes from standard input; "documents" prints documents too.
 */
#include "manifest/cases_file.h"
#include "manifest/disk.h"
#include "manifest/set.h"
#include "manifest/value_json.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static bool update;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

struct setup {
    struct load_options options;
    const char *paths[8];
    bool documents;
};

static void read_options(struct arena *arena, const char *text, struct setup *setup)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *line = arena_memdup(arena, text, length);
        if (strncmp(line, "namespace ", 10) == 0)
            setup->options.namespace = line + 10;
        else if (strncmp(line, "path ", 5) == 0)
            setup->paths[setup->options.path_count++] = strcmp(line + 5, ".") ? line + 5 : "";
        else
            fail_msg("unknown option: %s", line);
        text += length + (text[length] == '\n');
    }
}

/* "a -> b" makes a link. */
static void write_part(struct arena *arena, const char *root, const struct case_part *part)
{
    struct error err = { 0 };
    char *name = arena_strdup(arena, part->name);
    char *arrow = strstr(name, " -> ");
    if (arrow)
        *arrow = '\0';
    const char *path = arena_printf(arena, "%s/%s", root, name);
    char *folder = arena_strdup(arena, path);
    *strrchr(folder, '/') = '\0';
    if (!folder_make(folder, &err))
        fail_msg("%s", err.message);
    if (arrow)
        assert_int_equal(symlink(arrow + 4, path), 0);
    else if (!file_write(path, part->text, strlen(part->text), 0644, &err))
        fail_msg("%s", err.message);
}

static void prepare(struct arena *arena, const char *root, const struct test_case *test,
                    struct setup *setup)
{
    for (size_t i = 0; i < test->count; i++) {
        const struct case_part *part = &test->parts[i];
        if (strcmp(part->name, "options") == 0) {
            read_options(arena, part->text, setup);
        } else if (strcmp(part->name, "stdin") == 0) {
            setup->options.stdin_data = part->text;
            setup->options.stdin_length = strlen(part->text);
        } else if (strcmp(part->name, "documents") == 0) {
            setup->documents = true;
        } else {
            write_part(arena, root, part);
        }
    }
    if (!setup->options.path_count && !setup->options.stdin_data)
        setup->paths[setup->options.path_count++] = "";
    setup->options.paths = setup->paths;
    setup->options.fallback_name = "fallback";
}

static void print_project(struct buf *out, const struct set *set)
{
    const struct project *project = &set->project;
    buf_printf(out, "project %s%s namespace=%s%s%s%s\n", project->name,
               project->named ? "" : " (derived)", project->namespace,
               project->folder ? " folder=" : "", project->folder ? project->folder : "",
               project->create_namespace ? " create" : "");
    for (size_t i = 0; i < set->cluster_count; i++)
        buf_printf(out, "cluster %s %s\n", set->clusters[i].name,
                   set->clusters[i].kind == CLUSTER_CONTEXT     ? set->clusters[i].context
                   : set->clusters[i].kind == CLUSTER_DIRECTORY ? set->clusters[i].directory
                                                                : "in-cluster");
}

static void print_text(struct buf *out, const char *name, const char *text)
{
    if (text)
        buf_printf(out, " %s=%s", name, text);
}

static void print_list(struct buf *out, const char *name, const struct text_list *list)
{
    if (list)
        buf_printf(out, " %s=[", name);
    for (size_t i = 0; list && i < list->count; i++)
        buf_printf(out, "%s%s", i ? "|" : "", list->items[i]);
    buf_puts(out, list ? "]" : "");
}

static void print_pairs(struct buf *out, const char *name, const struct image_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        buf_printf(out, " %s.%s=%s", name, pairs->items[i].key, pairs->items[i].text);
}

static void print_build(struct buf *out, const struct image_build *build)
{
    static const char *const names[] = { "auto", "native", "docker", "buildkit" };
    buf_printf(out, "  build context=\"%s\" %s timeout=%lld epoch=%lld%s", build->context,
               names[build->builder], (long long)build->timeout,
               (long long)build->source_date_epoch, build->ssh ? " ssh" : "");
    print_text(out, "dockerfile", build->dockerfile);
    print_text(out, "template", build->template);
    print_text(out, "target", build->target);
    print_text(out, "base", build->base);
    print_text(out, "network", build->network);
    print_pairs(out, "template", &build->template_settings);
    print_pairs(out, "args", &build->args);
    print_pairs(out, "labels", &build->labels);
    print_list(out, "platforms", &build->platforms);
    print_list(out, "ignore", build->ignore.count ? &build->ignore : NULL);
    print_list(out, "artifacts", build->artifacts.count ? &build->artifacts : NULL);
    print_list(out, "cacheFrom", build->cache_from.count ? &build->cache_from : NULL);
    print_list(out, "cacheTo", build->cache_to.count ? &build->cache_to : NULL);
    for (size_t i = 0; i < build->secret_count; i++) {
        print_text(out, "secret", build->secrets[i].id);
        print_text(out, "environment", build->secrets[i].environment);
        print_text(out, "file", build->secrets[i].file);
    }
    buf_putc(out, '\n');
}

static void print_settings(struct buf *out, const struct image_settings *settings)
{
    const struct image_healthcheck *check = &settings->healthcheck;
    buf_puts(out, "  settings");
    for (size_t i = 0; i < settings->file_count; i++) {
        const struct image_file *file = &settings->files[i];
        buf_printf(out, " %s>%s", file->from, file->to);
        if (file->mode >= 0)
            buf_printf(out, " %llo", (unsigned long long)file->mode);
        print_text(out, "owner", file->owner);
    }
    print_list(out, "entrypoint", settings->entrypoint);
    print_list(out, "args", settings->args);
    print_pairs(out, "env", &settings->environment);
    print_list(out, "ports", settings->ports.count ? &settings->ports : NULL);
    print_list(out, "volumes", settings->volumes.count ? &settings->volumes : NULL);
    print_text(out, "user", settings->user);
    print_text(out, "directory", settings->working_directory);
    print_text(out, "signal", settings->stop_signal);
    if (check->given)
        buf_printf(out, " check%s %lld %lld %lld %lld", check->none ? "=none" : "",
                   (long long)check->interval, (long long)check->timeout,
                   (long long)check->start_period, (long long)check->retries);
    print_list(out, "test", check->test.count ? &check->test : NULL);
    buf_putc(out, '\n');
}

static void print_images(struct buf *out, const struct set *set)
{
    for (size_t i = 0; i < set->image_count; i++) {
        const struct image_spec *image = &set->images[i];
        buf_printf(out, "image %s %s:%u%s%s", image->name, image->file->path, image->place.line,
                   image_is_pinned(image) ? " pinned" : "", image->immutable ? " immutable" : "");
        print_text(out, "repository", image->repository);
        print_text(out, "from", image->from);
        print_list(out, "tags", image->tags.count ? &image->tags : NULL);
        buf_putc(out, '\n');
        if (image_is_pinned(image))
            continue;
        print_build(out, &image->build);
        print_settings(out, &image->settings);
    }
}

static void print_image_paths(struct buf *out, const struct project *project)
{
    for (size_t i = 0; i < project->image_path_count; i++) {
        const struct object_id *pattern = &project->image_paths[i].pattern;
        buf_printf(out, "images of %s.%s", pattern->kind, pattern->group ? pattern->group : "*");
        print_list(out, "pointers", &project->image_paths[i].pointers);
        buf_putc(out, '\n');
    }
}

static void print_set(struct arena *arena, struct buf *out, const struct set *set, bool documents)
{
    static const char *const scopes[] = { " (scope unknown)", "", "" };
    print_project(out, set);
    print_image_paths(out, &set->project);
    print_images(out, set);
    for (size_t i = 0; i < set->count; i++) {
        const struct resource *resource = &set->resources[i];
        buf_printf(out, "%s%s %s:%u\n", object_id_full(arena, &resource->id),
                   scopes[resource->scope], resource->file->path, resource->place.line);
        if (documents) {
            json_write(out, resource->document);
            buf_putc(out, '\n');
        }
        if (i > 0)
            assert_true(object_id_compare(&set->resources[i - 1].id, &resource->id) <= 0);
    }
    for (size_t i = 0; i < set->failed_count; i++)
        buf_printf(out, "failed \"%s\"\n", set->failed[i].folder);
}

static void load_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    char root[] = "/tmp/cmx-load-XXXXXX";
    struct setup setup = { 0 };
    struct error err = { 0 };
    struct disk *disk;
    struct set set;
    struct problems problems;
    assert_non_null(mkdtemp(root));
    problems_start(&problems, arena);
    prepare(arena, root, test, &setup);
    if (!disk_open(arena, root, "", &disk, &err))
        fail_msg("%s", err.message);
    if (set_load(arena, disk_reader(disk), &setup.options, &set, &problems, &err))
        print_set(arena, out, &set, setup.documents);
    else
        buf_printf(out, "nothing: %s\n", err.message);
    problems_print(&problems, out, true, false);
    disk_close(disk);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void test_documents(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/documents.txt", load_case, update);
}

static void test_objects(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/objects.txt", load_case, update);
}

static void test_names(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/names.txt", load_case, update);
}

static void test_annotations(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/annotations.txt", load_case, update);
}

static void test_restart(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/restart.txt", load_case, update);
}

static void test_folders(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/folders.txt", load_case, update);
}

static void test_projects(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/projects.txt", load_case, update);
}

static void test_secrets(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/secrets.txt", load_case, update);
}

static void test_images(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/images.txt", load_case, update);
}

static void test_references(void **state)
{
    (void)state;
    cases_run("manifest/cases/references/depends-on.txt", load_case, update);
}

int main(int argc, char **argv)
{
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents), cmocka_unit_test(test_objects),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_annotations),
        cmocka_unit_test(test_folders),   cmocka_unit_test(test_projects),
        cmocka_unit_test(test_secrets),   cmocka_unit_test(test_references),
        cmocka_unit_test(test_restart),   cmocka_unit_test(test_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
