/* image_table: see image_table.h. */
#include "cli/image_table.h"

#include "base/cleanup.h"
#include "manifest/shape.h"
#include "manifest/value_json.h"

#include <string.h>

enum { SHOWN_DIGITS = 7 + 12 };

const char *digest_shown(struct arena *arena, const char *digest)
{
    return digest ? arena_printf(arena, "%.*s", SHOWN_DIGITS, digest) : "";
}

const char *size_shown(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    double amount = (double)bytes;
    size_t unit = 0;
    if (bytes < 0)
        return "";
    for (; amount >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        amount /= 1000;
    return arena_printf(arena, unit && amount < 9.95 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

const char *tags_shown(struct arena *arena, const struct image_run *run)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < run->tag_count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", run->tags[i].text);
    return arena_strdup(arena, buf_text(&text));
}

static struct value *texts(struct arena *arena, const struct text_list *list)
{
    struct value *values = value_list(arena);
    for (size_t i = 0; i < list->count; i++)
        value_push(arena, values, value_string(arena, list->items[i]));
    return values;
}

/* Each tag with where it points now; null: there is no such tag. */
static struct value *tags_value(struct arena *arena, const struct image_run *run)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < run->tag_count; i++) {
        struct value *tag = value_map(arena);
        value_set_filled(arena, tag, "tag", run->tags[i].text);
        value_set_filled(arena, tag, "digest", run->tags[i].live);
        value_push(arena, list, tag);
    }
    return list;
}

struct value *image_row_value(struct arena *arena, const struct image_row *row)
{
    const struct image_run *run = row->run;
    struct value *map = value_map(arena);
    value_set_filled(arena, map, "name", run->spec->name);
    value_set_filled(arena, map, "repository", run->spec->repository);
    value_set_filled(arena, map, "from", run->spec->from);
    value_set_filled(arena, map, "place", run->place);
    value_set_filled(arena, map, "status", row->status);
    value_set_filled(arena, map, "digest", run->image.digest);
    value_set_filled(arena, map, "id", row->id);
    value_set_filled(arena, map, "source", run->source_digest);
    if (row->size >= 0)
        value_set(arena, map, "size", value_integer(arena, row->size));
    value_set(arena, map, "dirty", value_bool(arena, run->dirty));
    value_set(arena, map, "tags", tags_value(arena, run));
    value_set(arena, map, "usedBy", texts(arena, &row->used_by));
    if (row->names.count)
        value_set(arena, map, "names", texts(arena, &row->names));
    if (row->milliseconds)
        value_set(arena, map, "milliseconds", value_integer(arena, row->milliseconds));
    if (run->error.kind != ERROR_NONE)
        value_set_filled(arena, map, "error", run->error.message);
    return map;
}

/* ------------------------------------------------------------------------ choosing */

static bool choose_one(struct invocation *invocation, const struct set *set, const char *name,
                       bool *chosen, enum exit_code *ret_code)
{
    const struct image_spec *image = set_image(set, name);
    const char **names = arena_array(invocation->arena, set->image_count + 1, sizeof *names);
    for (size_t i = 0; i < set->image_count; i++)
        names[i] = set->images[i].name;
    if (image) {
        chosen[image - set->images] = true;
        return true;
    }
    const char *meant = suggest(name, names, set->image_count);
    *ret_code =
        command_stop(invocation, EXIT_USAGE, "there is no Image named \"%s\" in this source%s%s%s",
                     name, meant ? " (did you mean " : "", meant ? meant : "", meant ? "?)" : "");
    return false;
}

bool command_choose_images(struct invocation *invocation, const struct run *run, bool *chosen,
                           enum exit_code *ret_code)
{
    const struct set *set = &run->set;
    if (!set->image_count) {
        *ret_code = command_stop(invocation, EXIT_USAGE, "this source holds no Image");
        return false;
    }
    for (size_t i = 0; i < invocation->arguments.count; i++)
        if (!choose_one(invocation, set, invocation->arguments.items[i], chosen, ret_code))
            return false;
    for (size_t i = 0; !invocation->arguments.count && i < set->image_count; i++)
        chosen[i] = !image_is_pinned(&set->images[i]);
    return true;
}
