/* build: Images alone, without what runs them. */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "cli/image_table.h"
#include "manifest/reference.h"
#include "manifest/value_json.h"
#include "oci/archive.h"
#include "oci/layout.h"
#include "providers/docker/docker_store.h"

#include <string.h>
#include <unistd.h>

enum { NAME_COLUMNS = 16, STATUS_COLUMNS = 10, DIGEST_COLUMNS = 21, SIZE_COLUMNS = 9 };

/* ------------------------------------------------------------------------ progress */

struct view {
    bool redraw, lines;
    unsigned width;
};

/* One line that is taken back on a terminal; elsewhere, as in CI, a line each. */
static void show(void *context, const struct image_run *run, const char *text)
{
    const struct view *view = context;
    AUTO_ARENA arena = arena_new();
    const char *line = printable_text(arena, arena_printf(arena, "%s: %s", run->spec->name, text));
    if (view->redraw)
        fprintf(stderr, "\r\033[K%.*s", (int)text_fit(line, view->width - 1), line);
    else if (view->lines)
        fprintf(stderr, "%s\n", line);
}

static struct view view_of(const struct invocation *invocation)
{
    return (struct view){ .redraw = terminal_can_redraw() && isatty(STDERR_FILENO)
                                    && !invocation->quiet && invocation->output != OUTPUT_JSON,
                          .lines = !invocation->quiet,
                          .width = terminal_width() };
}

/* ------------------------------------------------------------------------- results */

static const char *status_of(const struct image_product *product)
{
    static const char *const names[] = { "", "built", "there", "failed" };
    return names[product->status];
}

static void add_cell(struct buf *out, const char *text, size_t columns)
{
    size_t used = text_columns(text);
    buf_puts(out, text);
    buf_fill(out, ' ', used + 2 <= columns ? columns - used : 2);
}

static bool goes_to_engine(const struct invocation *invocation)
{
    return invocation->to && strncmp(invocation->to, "docker:", 7) == 0;
}

/* An engine has one name for what goes to docker:NAME; every other place has the image's own. */
static struct text_list names_of(struct arena *arena, const struct invocation *invocation,
                                 const struct image_product *product)
{
    struct text_list own = { 0 };
    struct reference reference;
    struct error ignored = { 0 };
    if (!goes_to_engine(invocation) || !invocation->to[7] || !product->names.count
        || !reference_parse(arena, invocation->to + 7, &reference, &ignored))
        return product->names;
    reference.tag = reference.tag ? reference.tag : "latest";
    arena_push(arena, own.items, own.count, own.capacity, reference_short(arena, &reference));
    return own;
}

/* "docker:shop/api:1.4, docker:shop/api:latest": each can be run, and named to other commands. */
static const char *in_engine(struct arena *arena, const struct image_row *row)
{
    const char *text = "";
    for (size_t i = 0; i < row->names.count; i++)
        text = arena_printf(arena, "%s%sdocker:%s", text, i ? ", " : "", row->names.items[i]);
    return row->id ? arena_printf(arena, "%s\n  id %s", text, digest_shown(arena, row->id)) : text;
}

/* Where it went: its repository and tags, what the user named, or what an engine calls it. */
static const char *where(struct arena *arena, const struct invocation *invocation,
                         const struct image_row *row)
{
    const struct image_run *run = row->run;
    const char *tags = tags_shown(arena, run);
    if (goes_to_engine(invocation))
        return in_engine(arena, row);
    if (invocation->to)
        return printable_text(arena, invocation->to);
    if (!invocation->push)
        return "";
    return arena_printf(arena, "%s%s%s%s", printable_text(arena, run->place), *tags ? " (" : "",
                        tags, *tags ? ")" : "");
}

static void add_line(struct buf *out, const struct invocation *invocation,
                     const struct image_row *row, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const struct image_run *run = row->run;
    bool failed = run->error.kind != ERROR_NONE;
    if (failed) {
        buf_printf(out, "%s!%s Image/%s: %s\n", report_colour(style, COLOUR_BAD),
                   report_plain(style), run->spec->name, printable_text(arena, run->error.message));
        return;
    }
    add_cell(out, run->spec->name, NAME_COLUMNS);
    add_cell(out, arena_printf(arena, "%s%s", row->status, run->dirty ? " -dirty" : ""),
             STATUS_COLUMNS + (run->dirty ? strlen(" -dirty") : 0));
    add_cell(out, digest_shown(arena, run->image.digest), DIGEST_COLUMNS);
    add_cell(out, size_shown(arena, row->size), SIZE_COLUMNS);
    buf_printf(out, "%s", duration_text(arena, row->milliseconds));
    const char *place = where(arena, invocation, row);
    buf_printf(out, "%s%s\n", *place ? "\n  in " : "", place);
}

static void add_closing(struct buf *out, const struct invocation *invocation, size_t built)
{
    if (built && !invocation->push && !invocation->to)
        buf_puts(out, "Kept nowhere: push with --push, or write with --to oci:DIR.\n");
}

static enum exit_code print(struct invocation *invocation, struct run *run,
                            const struct image_product *products)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct report_style style = invocation_style(invocation);
    struct value *document = value_map(arena), *list = value_list(arena);
    enum exit_code code = EXIT_DONE;
    size_t count, built = 0;
    const struct image_run *all = images_all(run->images, &count);
    for (size_t i = 0; i < count; i++) {
        struct image_row row = { .run = &all[i],
                                 .status = status_of(&products[i]),
                                 .id = all[i].id,
                                 .size = all[i].size,
                                 .milliseconds = products[i].milliseconds,
                                 .names = names_of(arena, invocation, &products[i]) };
        if (products[i].status == PRODUCT_NONE)
            continue;
        built += products[i].status == PRODUCT_BUILT;
        if (products[i].status == PRODUCT_FAILED)
            code = exit_worse(code, exit_of_error(&all[i].error));
        value_push(arena, list, image_row_value(arena, &row));
        if (!invocation->quiet || products[i].status == PRODUCT_FAILED)
            add_line(&out, invocation, &row, &style);
    }
    if (invocation->output != OUTPUT_JSON) {
        add_closing(&out, invocation, built);
        return exit_worse(command_print_text(&out, style.colour), code);
    }
    buf_clear(&out);
    value_set(arena, document, "format", value_integer(arena, 1));
    value_set(arena, document, "images", list);
    value_set(arena, document, "exitCode", value_integer(arena, signals_answer(code)));
    json_write_pretty(&out, document);
    buf_putc(&out, '\n');
    return exit_worse(command_print(&out), code);
}

/* ------------------------------------------------------------------------ the place */

/* `http` is for an engine, and ends behind the store. */
static bool open_place(struct invocation *invocation, struct http *http,
                       struct image_store **ret_store, struct error *err)
{
    const char *to = invocation->to;
    *ret_store = NULL;
    if (!to)
        return true;
    if (strncmp(to, "oci:", 4) == 0 && to[4])
        return layout_create(to + 4, ret_store, err);
    if (strncmp(to, "archive:", 8) == 0 && to[8])
        return archive_create(to + 8, ARCHIVE_DOCKER, NULL, ret_store, err);
    if (strncmp(to, "docker:", 7) == 0)
        return docker_store_find(http, NULL, to[7] ? to + 7 : NULL, true, ret_store,
                                 &invocation->wait, err);
    return error_set(err, ERROR_USAGE, "--to %s: expected oci:DIR, archive:FILE or docker:NAME",
                     to);
}

static enum exit_code produce(struct invocation *invocation, struct run *run, const bool *chosen)
{
    struct error error = { 0 };
    struct view view = view_of(invocation);
    struct image_output output = { .push = invocation->push, .progress = show, .context = &view };
    struct image_product *products =
        arena_array(run->arena, run->set.image_count + 1, sizeof *products);
    struct http *http = http_new();
    if (!open_place(invocation, http, &output.store, &error)) {
        http_free(http);
        return command_fail(invocation, &error);
    }
    bool done = images_produce(run->images, chosen, &output, products, &invocation->wait, &error);
    if (view.redraw)
        fputs("\r\033[K", stderr);
    if (output.store)
        output.store->table->close(output.store);
    http_free(http);
    return done ? print(invocation, run, products) : command_fail(invocation, &error);
}

enum exit_code command_build(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct run run;
    if (invocation->push && invocation->to)
        return command_stop(invocation, EXIT_USAGE, "give either --push or --to, not both");
    invocation->run.with_images = true;
    run_start(&run, arena, &invocation->run);
    if (command_load(invocation, &run, false, &code)) {
        bool *chosen = arena_array(arena, run.set.image_count + 1, sizeof *chosen);
        if (command_choose_images(invocation, &run, chosen, &code))
            code = produce(invocation, &run, chosen);
    }
    run_done(&run);
    return code;
}
