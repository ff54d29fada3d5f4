/* registry inspect: what an image is: its manifest, config and layers; see registry.h. */
#include "cli/registry.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "manifest/value_json.h"

#include <string.h>

enum { LABEL_COLUMNS = 9, DIGEST_SHOWN = 7 + 12 };

struct inspection {
    struct registry_run *run;
    struct image_store *store;
    const char *text, *name;
    struct descriptor top;
    const char *bytes;
    bool is_image;
    struct image image; /* where it is one */
    struct image_index index;
};

/* ------------------------------------------------------------------------- text */

/* "user     1000", broken where it is longer than the terminal. */
static void add_fact(struct buf *out, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(out, "%-*s", LABEL_COLUMNS, label);
    text_wrap(out, text, LABEL_COLUMNS, terminal_width(), LABEL_COLUMNS);
    buf_putc(out, '\n');
}

static void add_list(struct buf *out, const char *label, const struct text_list *list,
                     const char *between)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&text, "%s%s", i ? between : "", list->items[i]);
    add_fact(out, label, buf_text(&text));
}

/* One line each: "env      PATH=…". */
static void add_lines(struct buf *out, const char *label, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        add_fact(out, i ? "" : label, list->items[i]);
}

static void add_labels(struct buf *out, struct arena *arena, const struct value *labels)
{
    for (size_t i = 0; i < value_count(labels); i++) {
        const struct member *member = &labels->map.members[i];
        const char *text = value_text(member->value);
        add_fact(out, i ? "" : "labels",
                 arena_printf(arena, "%s=%s", member->key, text ? text : ""));
    }
}

static int64_t layers_size(const struct image_manifest *manifest)
{
    int64_t size = 0;
    for (size_t i = 0; i < manifest->layer_count; i++)
        size += manifest->layers[i].size;
    return size;
}

static size_t count_told(const struct image_config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->history_count; i++)
        count += !config->history[i].empty_layer;
    return count;
}

/*
 * What made a layer, by the history: entries without a layer are passed over. Where a base had
 * none, the history is that of the last layers.
 */
static const char *made_by(const struct image_config *config, size_t layers, size_t layer)
{
    size_t told = count_told(config), silent = layers > told ? layers - told : 0;
    for (size_t i = 0; i < config->history_count && layer >= silent; i++) {
        if (config->history[i].empty_layer)
            continue;
        if (layer-- == silent)
            return config->history[i].created_by;
    }
    return NULL;
}

/* A line of history as it fits behind digest and size. */
static void add_layer(struct buf *out, struct arena *arena, const struct descriptor *layer,
                      const char *by)
{
    size_t used = DIGEST_SHOWN + 1 + 2 + 8 + 2;
    const char *text = by ? printable_text(arena, by) : "";
    size_t width = terminal_width() > used ? terminal_width() - used : 0;
    bool whole = text_columns(text) <= width;
    size_t fits = whole ? strlen(text) : text_fit(text, width ? width - 1 : 0);
    buf_printf(out, "%.*s…  %8s", DIGEST_SHOWN, layer->digest, bytes_text(arena, layer->size));
    if (*text)
        buf_printf(out, "  %.*s%s",
                   (int)strcspn(text, "\n") < (int)fits ? (int)strcspn(text, "\n") : (int)fits,
                   text, whole ? "" : "…");
    buf_putc(out, '\n');
}

static void add_layers(struct buf *out, const struct inspection *inspection)
{
    struct arena *arena = inspection->run->arena;
    const struct image_manifest *manifest = &inspection->image.manifest;
    if (!manifest->layer_count)
        return;
    buf_printf(out, "\n%-*s  %8s%s\n", DIGEST_SHOWN + 1, "LAYER", "SIZE",
               inspection->is_image ? "  MADE BY" : "");
    for (size_t i = 0; i < manifest->layer_count; i++)
        add_layer(out, arena, &manifest->layers[i],
                  inspection->is_image
                      ? made_by(&inspection->image.config, manifest->layer_count, i)
                      : manifest->layers[i].media_type);
}

static void add_config(struct buf *out, struct arena *arena, const struct image_config *config)
{
    add_fact(out, "platform", platform_text(arena, &config->platform));
    add_fact(out, "created", config->created);
    add_list(out, "entry", &config->entrypoint, " ");
    add_list(out, "args", &config->command, " ");
    add_fact(out, "user", config->user);
    add_fact(out, "workdir", config->working_directory);
    add_list(out, "ports", &config->exposed_ports, " ");
    add_list(out, "volumes", &config->volumes, " ");
    add_lines(out, "env", &config->environment);
    add_labels(out, arena, config->labels);
}

static const char *kind_text(const struct inspection *inspection)
{
    const char *type = inspection->top.media_type;
    bool docker = strcmp(type, MEDIA_DOCKER_INDEX) == 0 || strcmp(type, MEDIA_DOCKER_MANIFEST) == 0;
    if (media_role(type) == MEDIA_INDEX && !inspection->image.manifest_bytes)
        return docker ? "images for several platforms (Docker)" : "images for several platforms";
    if (inspection->is_image)
        return docker ? "image (Docker)" : "image";
    const struct image_manifest *manifest = &inspection->image.manifest;
    return arena_printf(inspection->run->arena, "artifact %s",
                        manifest->artifact_type ? manifest->artifact_type
                                                : manifest->config.media_type);
}

static void add_manifest(struct buf *out, const struct inspection *inspection)
{
    struct arena *arena = inspection->run->arena;
    const struct image_manifest *manifest = &inspection->image.manifest;
    add_fact(out, "size",
             arena_printf(arena, "%s in %zu layer%s", bytes_text(arena, layers_size(manifest)),
                          manifest->layer_count, manifest->layer_count == 1 ? "" : "s"));
    add_fact(out, "about", manifest->subject.digest);
    if (inspection->is_image)
        add_config(out, arena, &inspection->image.config);
    add_layers(out, inspection);
}

/* What an entry of an index is; *ret_platform: it is an image that can be asked for by that. */
static const char *entry_text(struct arena *arena, const struct descriptor *entry,
                              const char **ret_platform)
{
    const char *os = entry->platform.os;
    if (media_role(entry->media_type) == MEDIA_INDEX)
        return "(an index)";
    if (os && strcmp(os, "unknown") == 0)
        return "(no image: a note)";
    if (!os)
        return entry->artifact_type ? arena_printf(arena, "(artifact %s)", entry->artifact_type)
                                    : "(for no platform in particular)";
    return *ret_platform = platform_text(arena, &entry->platform);
}

static void add_entries(struct buf *out, const struct inspection *inspection)
{
    struct arena *arena = inspection->run->arena;
    const char *example = NULL;
    buf_printf(out, "\n%-*s  PLATFORM\n", DIGEST_SHOWN + 1, "IMAGE");
    for (size_t i = 0; i < inspection->index.count; i++) {
        const struct descriptor *entry = &inspection->index.manifests[i];
        const char *platform = NULL, *text = entry_text(arena, entry, &platform);
        example = example ? example : platform;
        buf_printf(out, "%.*s…  %s\n", DIGEST_SHOWN, entry->digest, text);
    }
    if (example)
        buf_printf(out, "\nOne of them:\n  cmx-reconcile registry inspect %s --platform %s\n",
                   inspection->text, example);
}

static enum exit_code print_text(const struct inspection *inspection)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    bool index = !inspection->image.manifest_bytes;
    buf_printf(&out, "%s\n", inspection->text);
    add_fact(&out, "digest", index ? inspection->top.digest : inspection->image.descriptor.digest);
    add_fact(&out, "kind", kind_text(inspection));
    if (index)
        add_entries(&out, inspection);
    else
        add_manifest(&out, inspection);
    return command_print_text(&out, false);
}

/* ------------------------------------------------------------------------- JSON */

static void set_document(struct arena *arena, struct value *map, const char *key, const char *bytes,
                         size_t length)
{
    const struct value *document;
    struct error ignored;
    if (bytes && json_parse(arena, bytes, length, &document, &ignored))
        value_set(arena, map, key, value_copy(arena, document));
}

static enum exit_code print_json(const struct inspection *inspection)
{
    struct arena *arena = inspection->run->arena;
    const struct image *image = &inspection->image;
    bool index = !image->manifest_bytes;
    const struct descriptor *what = index ? &inspection->top : &image->descriptor;
    struct value *map = value_map(arena);
    json_text(arena, map, "image", inspection->text);
    json_text(arena, map, "digest", what->digest);
    json_text(arena, map, "mediaType", what->media_type);
    value_set(arena, map, "size", value_integer(arena, what->size));
    if (index)
        set_document(arena, map, "manifest", inspection->bytes, (size_t)inspection->top.size);
    else
        set_document(arena, map, "manifest", image->manifest_bytes, image->manifest_length);
    set_document(arena, map, "config", image->config_bytes, image->config_length);
    return registry_print_json(inspection->run, map);
}

/* ---------------------------------------------------------------------- reading */

static bool read_platform(const struct inspection *inspection, struct platform *ret,
                          struct error *err)
{
    const struct text_list *platforms = &inspection->run->invocation->platforms;
    if (platforms->count > 1)
        return error_set(err, ERROR_USAGE, "registry inspect shows one --platform at a time");
    return platform_parse(inspection->run->arena, platforms->items[0], ret, err);
}

/* An artifact has a manifest and no config that could be read as an image's. */
static bool load_manifest(struct inspection *inspection, struct error *err)
{
    struct registry_run *run = inspection->run;
    struct image *image = &inspection->image;
    image->descriptor = inspection->top;
    image->manifest_bytes = inspection->bytes;
    image->manifest_length = (size_t)inspection->top.size;
    if (!image_manifest_read(run->arena, inspection->bytes, image->manifest_length,
                             &image->manifest, err))
        return false;
    inspection->is_image = media_role(image->manifest.config.media_type) == MEDIA_CONFIG;
    return !inspection->is_image
           || image_load(inspection->store, run->arena, inspection->top.digest, NULL, image,
                         run->wait, err);
}

static bool load(struct inspection *inspection, struct error *err)
{
    struct registry_run *run = inspection->run;
    struct platform platform;
    if (run->invocation->platforms.count) {
        inspection->is_image = true;
        return read_platform(inspection, &platform, err)
               && image_load(inspection->store, run->arena, inspection->name, &platform,
                             &inspection->image, run->wait, err);
    }
    if (media_role(inspection->top.media_type) == MEDIA_INDEX)
        return image_index_read(run->arena, inspection->bytes, (size_t)inspection->top.size,
                                &inspection->index, err);
    return load_manifest(inspection, err);
}

/* Of one platform that manifest, else what the name stands for, whatever it is. */
static enum exit_code print_raw(const struct inspection *inspection)
{
    const struct image *image = &inspection->image;
    bool whole = !image->manifest_bytes;
    const char *bytes = whole ? inspection->bytes : image->manifest_bytes;
    struct buf out = { .data = (char *)(uintptr_t)bytes,
                       .length = whole ? (size_t)inspection->top.size : image->manifest_length };
    return command_print(&out);
}

static enum exit_code inspect(struct inspection *inspection)
{
    struct registry_run *run = inspection->run;
    struct error error = { 0 };
    bool as_it_is = run->invocation->raw && !run->invocation->platforms.count;
    if (!inspection->store->table->manifest(inspection->store, run->arena, inspection->name,
                                            &inspection->top, &inspection->bytes, run->wait, &error)
        || (!as_it_is && !load(inspection, &error)))
        return command_not_there(run->invocation, &error);
    if (run->invocation->raw)
        return print_raw(inspection);
    return run->invocation->output == OUTPUT_JSON ? print_json(inspection) : print_text(inspection);
}

enum exit_code registry_inspect(struct registry_run *run, const char *const *arguments,
                                size_t count)
{
    struct inspection inspection = { .run = run, .text = arguments[0] };
    struct reference reference;
    enum exit_code code;
    (void)count;
    if (!registry_open_text(run, arguments[0], &reference, &inspection.store, &inspection.name,
                            &code))
        return code;
    code = inspect(&inspection);
    inspection.store->table->close(inspection.store);
    return code;
}
