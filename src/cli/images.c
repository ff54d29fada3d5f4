/* images: the Images of a source: digest, tags, size, and what runs them. */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "cli/image_table.h"
#include "manifest/value_json.h"
#include "reconciler/images/join.h"
#include "reconciler/images/references.h"

#include <string.h>

enum { INDENT = 2 };

/* ----------------------------------------------------------------------- who runs what */

/* A name that no Image of the source describes. */
struct unknown {
    const char *name;
    struct text_list used_by;
};

struct uses {
    struct arena *arena;
    struct run *run;
    const struct image_names *names;
    struct image_row *rows;
    struct unknown *unknown;
    size_t unknown_count, unknown_capacity;
    const struct resource *object;
};

static void add_user(struct uses *uses, struct text_list *list)
{
    const char *name =
        object_id_text(uses->arena, &uses->object->id, uses->run->set.project.namespace);
    if (list->count && strcmp(list->items[list->count - 1], name) == 0)
        return;
    arena_push(uses->arena, list->items, list->count, list->capacity, name);
}

static const char *hear(void *context, const char *text)
{
    struct uses *uses = context;
    const struct image_spec *image = image_names_find(uses->names, text);
    if (image) {
        add_user(uses, &uses->rows[image - uses->run->set.images].used_by);
        return NULL;
    }
    size_t at = 0;
    while (at < uses->unknown_count && strcmp(uses->unknown[at].name, text) != 0)
        at++;
    if (at == uses->unknown_count)
        arena_push(uses->arena, uses->unknown, uses->unknown_count, uses->unknown_capacity,
                   ((struct unknown){ .name = text }));
    add_user(uses, &uses->unknown[at].used_by);
    return NULL;
}

static void find_uses(struct uses *uses)
{
    const struct set *set = &uses->run->set;
    for (size_t i = 0; i < set->count; i++) {
        uses->object = &set->resources[i];
        (void)images_visit(uses->arena, &set->project, &uses->object->id, uses->object->document,
                           hear, uses);
    }
}

/* ------------------------------------------------------------------------------- rows */

static const char *status_of(const struct image_run *run)
{
    switch (run->state) {
    case IMAGE_THERE:
        return image_tags_differ(run) ? "tags differ" : "there";
    case IMAGE_ABSENT:
        return "to be built";
    case IMAGE_UNRESOLVED:
    case IMAGE_FAILED:
        break;
    }
    return "could not be looked at";
}

/* Its size is one more request: worth it where somebody looks at images alone. */
static void fill(struct uses *uses, const struct invocation *invocation, struct image_run *run,
                 struct image_row *row)
{
    struct image_facts facts;
    struct error ignored = { 0 };
    row->run = run;
    row->status = status_of(run);
    row->size = -1;
    if (run->state != IMAGE_THERE || !run->store
        || !image_inspect(run, uses->arena, &facts, &invocation->wait, &ignored))
        return;
    row->size = facts.size;
    row->id = facts.id;
}

static const char *joined(struct arena *arena, const struct text_list *list)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", list->items[i]);
    return arena_strdup(arena, buf_text(&text));
}

static void add_detail(struct buf *out, const struct report_style *style, const char *label,
                       const char *text)
{
    if (!*text)
        return;
    buf_fill(out, ' ', INDENT);
    buf_puts(out, label);
    text_wrap(out, text, INDENT + text_columns(label), style->width, INDENT + text_columns(label));
    buf_putc(out, '\n');
}

static void add_image(struct buf *out, struct arena *arena, const struct image_row *row,
                      const struct report_style *style)
{
    const struct image_run *run = row->run;
    bool bad = run->state == IMAGE_FAILED || run->state == IMAGE_UNRESOLVED;
    const char *digest = run->image.digest ? run->image.digest : "";
    const char *size = size_shown(arena, row->size);
    buf_printf(out, "%s%s%s  %s%s%s%s%s%s\n", report_colour(style, COLOUR_BOLD), run->spec->name,
               report_plain(style), bad ? report_colour(style, COLOUR_BAD) : "", row->status,
               report_plain(style), run->dirty ? " (-dirty)" : "", *size ? ", " : "", size);
    add_detail(out, style, "in   ", run->place);
    add_detail(out, style, "by   ", digest);
    add_detail(out, style, "tags ", tags_shown(arena, run));
    add_detail(out, style, "runs ", printable_text(arena, joined(arena, &row->used_by)));
    if (bad && run->error.kind != ERROR_NONE)
        add_detail(out, style, "!    ", printable_text(arena, run->error.message));
}

static void add_unknown(struct buf *out, const struct uses *uses, const struct report_style *style)
{
    if (uses->unknown_count)
        buf_puts(out, "Described by no Image, and left as they are:\n");
    for (size_t i = 0; i < uses->unknown_count; i++)
        add_detail(out, style, "",
                   printable_text(uses->arena,
                                  arena_printf(uses->arena, "%s (%s)", uses->unknown[i].name,
                                               joined(uses->arena, &uses->unknown[i].used_by))));
}

static void add_text(struct buf *out, const struct uses *uses, const struct report_style *style)
{
    for (size_t i = 0; i < uses->run->set.image_count; i++)
        add_image(out, uses->arena, &uses->rows[i], style);
    if (!style->quiet)
        add_unknown(out, uses, style);
}

static void add_json(struct buf *out, const struct uses *uses, enum exit_code code)
{
    struct arena *arena = uses->arena;
    struct value *document = value_map(arena), *list = value_list(arena),
                 *others = value_list(arena);
    for (size_t i = 0; i < uses->run->set.image_count; i++)
        value_push(arena, list, image_row_value(arena, &uses->rows[i]));
    for (size_t i = 0; i < uses->unknown_count; i++) {
        struct value *other = value_map(arena), *users = value_list(arena);
        for (size_t j = 0; j < uses->unknown[i].used_by.count; j++)
            value_push(arena, users, value_string(arena, uses->unknown[i].used_by.items[j]));
        value_set(arena, other, "name", value_string(arena, uses->unknown[i].name));
        value_set(arena, other, "usedBy", users);
        value_push(arena, others, other);
    }
    value_set(arena, document, "format", value_integer(arena, 1));
    value_set(arena, document, "images", list);
    value_set(arena, document, "others", others);
    value_set(arena, document, "exitCode", value_integer(arena, signals_answer(code)));
    json_write_pretty(out, document);
    buf_putc(out, '\n');
}

static enum exit_code show(struct invocation *invocation, struct run *run)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct report_style style = invocation_style(invocation);
    struct error error = { 0 };
    enum exit_code code = EXIT_DONE;
    size_t count = run->set.image_count;
    bool *chosen = arena_array(run->arena, count + 1, sizeof *chosen);
    struct uses uses = { .arena = run->arena,
                         .run = run,
                         .names = image_names_new(run->arena, &run->set),
                         .rows = arena_array(run->arena, count + 1, sizeof *uses.rows) };
    memset(chosen, true, count);
    if (run->images && !images_resolve(run->images, chosen, &invocation->wait, &error))
        return command_fail(invocation, &error);
    find_uses(&uses);
    for (size_t i = 0; i < count; i++) {
        struct image_run *image = &images_all(run->images, &count)[i];
        fill(&uses, invocation, image, &uses.rows[i]);
        code = exit_worse(code, exit_of_error(&image->error));
    }
    if (invocation->output == OUTPUT_JSON)
        add_json(&out, &uses, code);
    else
        add_text(&out, &uses, &style);
    return exit_worse(invocation->output == OUTPUT_JSON ? command_print(&out)
                                                        : command_print_text(&out, style.colour),
                      code);
}

enum exit_code command_images(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct run run;
    invocation->run.with_images = true;
    run_start(&run, arena, &invocation->run);
    if (command_load(invocation, &run, false, &code))
        code = show(invocation, &run);
    run_done(&run);
    return code;
}
