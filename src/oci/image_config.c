/* image_config: the config of an image; see image.h. Members are as Docker and OCI name them. */
#include "manifest/value_json.h"
#include "oci/document.h"
#include "oci/image.h"

#include <string.h>

/* ------------------------------------------------------------------- reading */

/* A list of words; Docker also takes one string for it. */
static bool read_words(struct arena *arena, const struct value *map, const char *key,
                       struct text_list *ret, bool *ret_given, struct error *err)
{
    const struct value *value = value_get(map, key);
    *ret_given = value && value->kind != VALUE_NULL;
    *ret = (struct text_list){ 0 };
    if (!value_text(value))
        return document_texts(arena, map, key, ret, err);
    arena_push(arena, ret->items, ret->count, ret->capacity, value_text(value));
    return true;
}

/* The keys of a map whose values say nothing, {"8080/tcp": {}}. */
static bool read_keys(struct arena *arena, const struct value *map, const char *key,
                      struct text_list *ret, struct error *err)
{
    const struct value *value = value_get(map, key);
    *ret = (struct text_list){ 0 };
    if (!value || value->kind == VALUE_NULL)
        return true;
    if (value->kind != VALUE_MAP)
        return error_set(err, ERROR_INVALID, "\"%s\" is not a map", key);
    for (size_t i = 0; i < value->map.count; i++)
        arena_push(arena, ret->items, ret->count, ret->capacity, value->map.members[i].key);
    return true;
}

static bool read_healthcheck(struct arena *arena, const struct value *config,
                             struct image_config *ret, struct error *err)
{
    const struct value *value = value_get(config, "Healthcheck");
    struct config_healthcheck *check = &ret->healthcheck;
    bool given;
    ret->has_healthcheck = value && value->kind == VALUE_MAP;
    if (!ret->has_healthcheck)
        return true;
    check->interval = value_int(value_get(value, "Interval"), 0);
    check->timeout = value_int(value_get(value, "Timeout"), 0);
    check->start_period = value_int(value_get(value, "StartPeriod"), 0);
    check->start_interval = value_int(value_get(value, "StartInterval"), 0);
    check->retries = value_int(value_get(value, "Retries"), 0);
    return read_words(arena, value, "Test", &check->test, &given, err)
           || error_prefix(err, "Healthcheck");
}

static bool read_lists(struct arena *arena, const struct value *config, struct image_config *ret,
                       struct error *err)
{
    bool given;
    return read_words(arena, config, "Entrypoint", &ret->entrypoint, &ret->has_entrypoint, err)
           && read_words(arena, config, "Cmd", &ret->command, &ret->has_command, err)
           && read_words(arena, config, "Shell", &ret->shell, &given, err)
           && document_texts(arena, config, "Env", &ret->environment, err)
           && document_texts(arena, config, "OnBuild", &ret->on_build, err)
           && read_keys(arena, config, "ExposedPorts", &ret->exposed_ports, err)
           && read_keys(arena, config, "Volumes", &ret->volumes, err);
}

/* What runs: the member "config". */
static bool read_settings(struct arena *arena, const struct value *document,
                          struct image_config *ret, struct error *err)
{
    const struct value *config = value_get(document, "config");
    if (config && config->kind != VALUE_MAP && config->kind != VALUE_NULL)
        return error_set(err, ERROR_INVALID, "\"config\" is not a map");
    const struct value *timeout = value_get(config, "StopTimeout");
    ret->has_stop_timeout = timeout && timeout->kind == VALUE_NUMBER;
    ret->stop_timeout = value_int(timeout, 0);
    ret->args_escaped = value_is_true(value_get(config, "ArgsEscaped"), false);
    return read_lists(arena, config, ret, err) && read_healthcheck(arena, config, ret, err)
           && document_text(config, "User", &ret->user, err)
           && document_text(config, "WorkingDir", &ret->working_directory, err)
           && document_text(config, "StopSignal", &ret->stop_signal, err)
           && document_map(config, "Labels", &ret->labels, err);
}

static bool read_step(const struct value *value, struct config_history *ret, struct error *err)
{
    ret->empty_layer = value_is_true(value_get(value, "empty_layer"), false);
    return document_text(value, "created", &ret->created, err)
           && document_text(value, "created_by", &ret->created_by, err)
           && document_text(value, "author", &ret->author, err)
           && document_text(value, "comment", &ret->comment, err);
}

static bool read_history(struct arena *arena, const struct value *document,
                         struct image_config *ret, struct error *err)
{
    const struct value *list = value_get(document, "history");
    if (list && list->kind != VALUE_LIST && list->kind != VALUE_NULL)
        return error_set(err, ERROR_INVALID, "\"history\" is not a list");
    for (size_t i = 0; list && list->kind == VALUE_LIST && i < list->list.count; i++) {
        struct config_history step;
        if (!read_step(list->list.items[i], &step, err))
            return error_prefix(err, "history[%zu]", i);
        arena_push(arena, ret->history, ret->history_count, ret->history_capacity, step);
    }
    return true;
}

static bool read_layers(struct arena *arena, const struct value *document, struct image_config *ret,
                        struct error *err)
{
    const struct value *rootfs = value_get(document, "rootfs");
    if (!rootfs || rootfs->kind != VALUE_MAP)
        return error_set(err, ERROR_INVALID, "\"rootfs\" is missing: that is no image's config");
    if (!document_texts(arena, rootfs, "diff_ids", &ret->diff_ids, err))
        return false;
    for (size_t i = 0; i < ret->diff_ids.count; i++)
        if (!digest_text_valid(ret->diff_ids.items[i]))
            return error_set(err, ERROR_INVALID, "diff_ids[%zu] is no digest", i);
    return true;
}

bool image_config_read(struct arena *arena, const char *bytes, size_t length,
                       struct image_config *ret, struct error *err)
{
    const struct value *document;
    struct image_config read = { 0 };
    if (length > OCI_CONFIG_CEILING)
        return error_set(err, ERROR_INVALID, "an image's config is larger than 8 MiB");
    if (!document_parse(arena, bytes, length, &document, err))
        return error_prefix(err, "not an image's config");
    if (!document_text(document, "os", &read.platform.os, err)
        || !document_text(document, "architecture", &read.platform.architecture, err)
        || !document_text(document, "variant", &read.platform.variant, err)
        || !document_text(document, "os.version", &read.platform.os_version, err)
        || !document_texts(arena, document, "os.features", &read.os_features, err)
        || !document_text(document, "created", &read.created, err)
        || !document_text(document, "author", &read.author, err)
        || !read_settings(arena, document, &read, err) || !read_history(arena, document, &read, err)
        || !read_layers(arena, document, &read, err))
        return error_prefix(err, "an image's config");
    if (!read.platform.os || !read.platform.architecture)
        return error_set(err, ERROR_INVALID,
                         "an image's config: \"os\" or \"architecture\" is missing");
    *ret = read;
    return true;
}

/* ------------------------------------------------------------------- writing */

static void set_words(struct arena *arena, struct value *map, const char *key, bool given,
                      const struct text_list *words)
{
    if (given || words->count)
        value_set(arena, map, key, document_list(arena, words));
}

static void set_keys(struct arena *arena, struct value *map, const char *key,
                     const struct text_list *keys)
{
    if (!keys->count)
        return;
    struct value *set = value_map(arena);
    for (size_t i = 0; i < keys->count; i++)
        value_set(arena, set, keys->items[i], value_map(arena));
    value_set(arena, map, key, set);
}

static void set_number(struct arena *arena, struct value *map, const char *key, int64_t number)
{
    if (number)
        value_set(arena, map, key, value_integer(arena, number));
}

static void set_true(struct arena *arena, struct value *map, const char *key, bool is)
{
    if (is)
        value_set(arena, map, key, value_bool(arena, true));
}

static struct value *healthcheck_value(struct arena *arena, const struct config_healthcheck *check)
{
    struct value *map = value_map(arena);
    document_set_texts(arena, map, "Test", &check->test);
    set_number(arena, map, "Interval", check->interval);
    set_number(arena, map, "Timeout", check->timeout);
    set_number(arena, map, "StartPeriod", check->start_period);
    set_number(arena, map, "StartInterval", check->start_interval);
    set_number(arena, map, "Retries", check->retries);
    return map;
}

static struct value *settings_value(struct arena *arena, const struct image_config *config)
{
    struct value *map = value_map(arena);
    set_words(arena, map, "Entrypoint", config->has_entrypoint, &config->entrypoint);
    set_words(arena, map, "Cmd", config->has_command, &config->command);
    document_set_texts(arena, map, "Env", &config->environment);
    document_set_texts(arena, map, "Shell", &config->shell);
    document_set_texts(arena, map, "OnBuild", &config->on_build);
    set_keys(arena, map, "ExposedPorts", &config->exposed_ports);
    set_keys(arena, map, "Volumes", &config->volumes);
    document_set_text(arena, map, "User", config->user);
    document_set_text(arena, map, "WorkingDir", config->working_directory);
    document_set_text(arena, map, "StopSignal", config->stop_signal);
    if (config->has_stop_timeout)
        value_set(arena, map, "StopTimeout", value_integer(arena, config->stop_timeout));
    document_set_map(arena, map, "Labels", config->labels);
    if (config->has_healthcheck)
        value_set(arena, map, "Healthcheck", healthcheck_value(arena, &config->healthcheck));
    set_true(arena, map, "ArgsEscaped", config->args_escaped);
    return map;
}

static struct value *history_value(struct arena *arena, const struct image_config *config)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < config->history_count; i++) {
        const struct config_history *step = &config->history[i];
        struct value *map = value_map(arena);
        document_set_text(arena, map, "created", step->created);
        document_set_text(arena, map, "created_by", step->created_by);
        document_set_text(arena, map, "author", step->author);
        document_set_text(arena, map, "comment", step->comment);
        set_true(arena, map, "empty_layer", step->empty_layer);
        value_push(arena, list, map);
    }
    return list;
}

static struct value *rootfs_value(struct arena *arena, const struct image_config *config)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "type", value_string(arena, "layers"));
    value_set(arena, map, "diff_ids", document_list(arena, &config->diff_ids));
    return map;
}

void image_config_write(struct arena *arena, struct buf *out, const struct image_config *config)
{
    struct value *document = value_map(arena);
    document_set_text(arena, document, "os", config->platform.os);
    document_set_text(arena, document, "architecture", config->platform.architecture);
    document_set_text(arena, document, "variant", config->platform.variant);
    document_set_text(arena, document, "os.version", config->platform.os_version);
    document_set_texts(arena, document, "os.features", &config->os_features);
    document_set_text(arena, document, "created", config->created);
    document_set_text(arena, document, "author", config->author);
    value_set(arena, document, "config", settings_value(arena, config));
    if (config->history_count)
        value_set(arena, document, "history", history_value(arena, config));
    value_set(arena, document, "rootfs", rootfs_value(arena, config));
    json_write(out, document);
}
