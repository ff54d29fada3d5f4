/* image_settings: the settings of a kind Image, laid over its Dockerfile's; see image_reading.h. */
#include "manifest/image_reading.h"
#include "manifest/value_json.h"

#include <stdlib.h>
#include <string.h>

static const char *port_text(struct image_reading *reading, const struct value *port)
{
    const char *text = value_text(port);
    if (!text)
        return arena_printf(reading->arena, "%lld/tcp", (long long)value_int(port, 0));
    return strchr(text, '/') ? text : arena_printf(reading->arena, "%s/tcp", text);
}

/* "0755" in octal digits; -1 where none is given or it is wrong. */
static int64_t read_mode(struct image_reading *reading, const struct value *value,
                         const char *where)
{
    const char *text = value_text(value);
    size_t length = text ? strlen(text) : 0;
    if (!text)
        return -1;
    if (length >= 3 && length <= 5 && strspn(text, "01234567") == length
        && (length < 5 || *text == '0'))
        return strtol(text, NULL, 8);
    WRONG(reading, value, "%s.mode: expected octal digits such as \"0644\", got \"%.100s\"", where,
          text);
    return -1;
}

static void check_owner(struct image_reading *reading, const struct value *value, const char *where)
{
    const char *text = value_text(value);
    size_t user = text ? strspn(text, "0123456789") : 0;
    size_t group = text && text[user] == ':' ? strspn(text + user + 1, "0123456789") : 0;
    if (text && (user == 0 || user > 9 || group > 9 || text[user + (group ? group + 1 : 0)]))
        WRONG(reading, value,
              "%s.owner: expected UID or UID:GID such as \"1000:1000\", got "
              "\"%.100s\"",
              where, text);
}

static struct image_file read_file(struct image_reading *reading, const struct value *item,
                                   size_t index)
{
    const char *where = arena_printf(reading->arena, "spec.files[%zu]", index);
    const struct value *owner = value_get(item, "owner");
    reading_check_absolute(reading, value_get(item, "to"),
                           arena_printf(reading->arena, "%s.to", where));
    check_owner(reading, owner, where);
    return (struct image_file){
        .from = reading_path_below(reading, value_get(item, "from"),
                                   arena_printf(reading->arena, "%s.from", where), "the context"),
        .to = reading_text(item, "to"),
        .mode = read_mode(reading, value_get(item, "mode"), where),
        .owner = value_text(owner),
        .place = item->place,
    };
}

static void read_files(struct image_reading *reading, const struct value *list,
                       struct image_settings *ret)
{
    ret->file_count = value_count(list);
    if (ret->file_count)
        ret->files = arena_array(reading->arena, ret->file_count, sizeof *ret->files);
    for (size_t i = 0; i < ret->file_count; i++)
        ret->files[i] = read_file(reading, value_item(list, i), i);
}

/* An instruction HEALTHCHECK has but one form for both: a JSON list is a program's words. */
static void check_line(struct image_reading *reading, const struct value *line)
{
    const char *text = value_text(line);
    const struct value *list;
    struct error none;
    text += strspn(text, " \t");
    if (*text == '[' && json_parse(reading->arena, text, strlen(text), &list, &none))
        WRONG(reading, line,
              "spec.healthcheck.test: a line that is a JSON list would be taken for a program and "
              "its arguments, not for a line of the shell: write [CMD, program, …]");
}

static void read_healthcheck(struct image_reading *reading, const struct value *check,
                             struct image_healthcheck *ret)
{
    const struct value *test = value_get(check, "test"), *none = value_get(check, "none");
    *ret = (struct image_healthcheck){
        .given = check != NULL,
        .none = value_is_true(none, false),
        .interval = reading_duration(check, "interval"),
        .timeout = reading_duration(check, "timeout"),
        .start_period = reading_duration(check, "startPeriod"),
        .retries = value_int(value_get(check, "retries"), 0),
    };
    reading_texts(reading, test, &ret->test);
    if (none && !ret->none)
        WRONG(reading, none,
              "spec.healthcheck.none: expected true, got false (leave it out, and "
              "give a `test`)");
    const char *first = ret->test.count ? ret->test.items[0] : "";
    bool shell = strcmp(first, "CMD-SHELL") == 0;
    if (test
        && (ret->test.count < 2 || (shell && ret->test.count > 2)
            || (!shell && strcmp(first, "CMD") != 0)))
        WRONG(reading, test,
              "spec.healthcheck.test: expected [CMD, program, …] or [CMD-SHELL, \"a line\"]");
    else if (shell)
        check_line(reading, value_item(test, 1));
}

static void read_ports(struct image_reading *reading, const struct value *list,
                       struct text_list *ret)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = port_text(reading, value_item(list, i));
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, text);
    }
}

static void check_environment(struct image_reading *reading, const struct value *map)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const struct member *member = &map->map.members[i];
        if (!*member->key || strchr(member->key, '='))
            problem_add(reading->problems, reading->file, member->place, true,
                        "spec.environment: `%.100s` is no name for a variable", member->key);
    }
}

void image_settings_read(struct image_reading *reading, const struct value *spec,
                         struct image_settings *ret)
{
    const struct value *volumes = value_get(spec, "volumes");
    *ret = (struct image_settings){
        .entrypoint = reading_words(reading, value_get(spec, "entrypoint")),
        .args = reading_words(reading, value_get(spec, "args")),
        .user = reading_text(spec, "user"),
        .working_directory = reading_text(spec, "workingDirectory"),
        .stop_signal = reading_text(spec, "stopSignal"),
    };
    read_files(reading, value_get(spec, "files"), ret);
    reading_pairs(reading, value_get(spec, "environment"), &ret->environment);
    check_environment(reading, value_get(spec, "environment"));
    read_ports(reading, value_get(spec, "ports"), &ret->ports);
    reading_texts(reading, volumes, &ret->volumes);
    for (size_t i = 0; i < value_count(volumes); i++)
        reading_check_absolute(reading, value_item(volumes, i),
                               arena_printf(reading->arena, "spec.volumes[%zu]", i));
    reading_check_absolute(reading, value_get(spec, "workingDirectory"), "spec.workingDirectory");
    read_healthcheck(reading, value_get(spec, "healthcheck"), &ret->healthcheck);
}

void image_leave_out_others(struct image_reading *reading, struct image_spec *image)
{
    struct text_list *ignore = &image->build.ignore;
    const struct image_settings *settings = &image->settings;
    if (image->build.given || !settings->file_count)
        return;
    for (size_t i = 0; i < settings->file_count; i++)
        if (!settings->files[i].from || !*settings->files[i].from)
            return;
    arena_push(reading->arena, ignore->items, ignore->count, ignore->capacity, "**");
    for (size_t i = 0; i < settings->file_count; i++) {
        const char *pattern = arena_printf(reading->arena, "!%s", settings->files[i].from);
        arena_push(reading->arena, ignore->items, ignore->count, ignore->capacity, pattern);
    }
}

const struct value *image_first_setting(const struct value *spec, const char **ret_name)
{
    static const char *const names[] = { "files",       "entrypoint", "args", "environment",
                                         "ports",       "volumes",    "user", "workingDirectory",
                                         "healthcheck", "stopSignal" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *ret_name = names[i];
        if (value_get(spec, names[i]))
            return value_get(spec, names[i]);
    }
    return NULL;
}
