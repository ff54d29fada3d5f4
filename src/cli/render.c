/* render: the final objects, in a fixed order, as YAML or as one JSON List. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "manifest/value_json.h"

#include <stdint.h>

static const struct resource *first_secret(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->resources[i].secret && value_count(value_get(set->resources[i].document, "data")))
            return &set->resources[i];
    return NULL;
}

static void add_yaml(struct buf *out, const struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        buf_puts(out, "---\n");
        yaml_write(out, set->resources[i].document);
    }
}

static void add_json(struct buf *out, const struct set *set)
{
    AUTO_ARENA arena = arena_new();
    struct value *list = value_map(arena), *items = value_list(arena);
    for (size_t i = 0; i < set->count; i++)
        value_push(arena, items, (struct value *)(uintptr_t)set->resources[i].document);
    value_set(arena, list, "apiVersion", value_string(arena, "v1"));
    value_set(arena, list, "kind", value_string(arena, "List"));
    value_set(arena, list, "items", items);
    json_write_pretty(out, list);
    buf_putc(out, '\n');
}

static enum exit_code render(const struct invocation *invocation, const struct run *run)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct resource *secret = first_secret(&run->set);
    if (secret && !invocation->run.show_secrets)
        return command_stop(invocation, EXIT_REFUSED,
                            "refused: %s holds values of a Secret (Secret/%s): render prints them "
                            "only with --show-secrets",
                            secret->file ? secret->file->path : "the source", secret->id.name);
    if (invocation->output == OUTPUT_JSON)
        add_json(&out, &run->set);
    else
        add_yaml(&out, &run->set);
    return command_print(&out);
}

static enum exit_code print_dockerfile(const struct invocation *invocation, const struct run *run)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct image_run *image =
        run->images ? images_find(run->images, invocation->dockerfile) : NULL;
    if (!image)
        return command_stop(invocation, EXIT_USAGE, "there is no Image named \"%s\" in this source",
                            invocation->dockerfile);
    if (!image->build)
        return command_stop(invocation, EXIT_USAGE, "Image/%s is only pinned: it has no Dockerfile",
                            image->spec->name);
    buf_puts(&out, build_dockerfile(image->build));
    if (out.length && out.data[out.length - 1] != '\n')
        buf_putc(&out, '\n');
    return command_print(&out);
}

enum exit_code command_render(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct run run;
    invocation->run.with_images = invocation->dockerfile != NULL;
    run_start(&run, arena, &invocation->run);
    if (command_load(invocation, &run, false, &code))
        code =
            invocation->dockerfile ? print_dockerfile(invocation, &run) : render(invocation, &run);
    run_done(&run);
    return code;
}
