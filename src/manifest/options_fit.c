/*
 * options_fit: which cmx.dev/ annotation may stand on which kind, and beside which other;
 * see resource.h. What a value may be is options.c's.
 */
#include "base/cleanup.h"
#include "manifest/references.h"
#include "manifest/resource.h"
#include "manifest/secret.h"

#include <string.h>

/* What goes with these cannot be made anew. */
static const struct {
    const char *group, *kind, *why;
} never_replaced[] = {
    { "", "Namespace", "all that lives in it would go too" },
    { "", "PersistentVolume", "the data behind it would be lost" },
    { "", "PersistentVolumeClaim", "the data behind it would be lost" },
    { "apiextensions.k8s.io", "CustomResourceDefinition", "all objects of its kind would go too" },
};

const char *object_never_replaced(const struct object_id *id)
{
    for (size_t i = 0; i < sizeof never_replaced / sizeof *never_replaced; i++)
        if (strcmp(never_replaced[i].group, id->group) == 0
            && strcmp(never_replaced[i].kind, id->kind) == 0)
            return never_replaced[i].why;
    return NULL;
}

struct fitting {
    const struct value *document;
    const struct source_file *file;
    struct problems *problems;
};

static void report(const struct fitting *fitting, const char *annotation, const char *what)
{
    const struct value *value =
        value_at(fitting->document, "metadata", "annotations", annotation, NULL);
    problem_add(fitting->problems, fitting->file, value ? value->place : fitting->document->place,
                document_quotable(fitting->document), "metadata.annotations: %s: %s", annotation,
                what);
}

static bool is_job(const struct object_id *id)
{
    return strcmp(id->group, "batch") == 0 && strcmp(id->kind, "Job") == 0;
}

void object_options_fit(const struct object_id *id, const struct value *document,
                        const struct object_options *options, const struct source_file *file,
                        struct problems *problems)
{
    struct fitting fitting = { document, file, problems };
    const char *never = object_never_replaced(id);
    if (options->hook != HOOK_NONE && !is_job(id))
        report(&fitting, "cmx.dev/hook", "only a Job can be a hook, since it runs to an end");
    if (options->hook != HOOK_NONE && is_job(id)
        && value_is_true(value_at(document, "spec", "suspend", NULL), false))
        report(&fitting, "cmx.dev/hook",
               "a Job that is suspended never runs, and a hook has to: leave spec.suspend out");
    if (options->hook != HOOK_NONE && options->no_wait)
        report(&fitting, "cmx.dev/wait", "a hook is always waited for: leave this out");
    if (options->rollback != ROLLBACK_UNSAID && !pod_template(id, document))
        report(&fitting, "cmx.dev/rollback",
               "only what runs pods can be put back when they fail: expected on a workload");
    if (options->replace && never) {
        AUTO_ARENA arena = arena_new();
        report(&fitting, "cmx.dev/replace",
               arena_printf(arena, "a %s is never replaced: %s", id->kind, never));
    }
    if (options->replace && options->keep)
        report(&fitting, "cmx.dev/replace",
               "contradicts cmx.dev/prune: disabled, with which it is never deleted");
}
