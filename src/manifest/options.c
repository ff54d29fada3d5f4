/*
 * options: the cmx.dev/ annotations, one row each in a table. Read from
 * manifests with problems reported, and from live objects without.
 */
#include "manifest/options.h"

#include "base/clock.h"
#include "manifest/names.h"
#include "manifest/secret.h"
#include "manifest/shape.h"

#include <string.h>

#define PREFIX        "cmx.dev/"
#define PREFIX_LENGTH (sizeof PREFIX - 1)

struct reading {
    struct arena *arena;
    struct object_options *options;
    const char *wrong; /* the part that is wrong, where it is not the whole value */
};

typedef bool reader(struct reading *reading, const char *value);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void push(struct reading *reading, struct text_list *list, const char *text, size_t length)
{
    const char *copy = arena_memdup(reading->arena, text, length);
    arena_push(reading->arena, list->items, list->count, list->capacity, copy);
}

static bool read_depends_on(struct reading *reading, const char *value)
{
    while (*value) {
        size_t length = strcspn(value, ", \t\r\n");
        struct object_id pattern;
        const char *name = arena_memdup(reading->arena, value, length);
        if (length && !object_id_parse(reading->arena, name, &pattern)) {
            reading->wrong = name;
            return false;
        }
        if (length)
            push(reading, &reading->options->depends_on, value, length);
        value += length + (value[length] != '\0');
    }
    return true;
}

/* A comma ends a pointer only before the next one, since keys may hold commas. */
static size_t pointer_length(const char *value)
{
    size_t length = 0;
    while (value[length] && !is_blank(value[length])) {
        char next = value[length + 1];
        if (value[length] == ',' && (next == '/' || next == '\0' || is_blank(next)))
            break;
        length++;
    }
    return length;
}

bool json_pointer_valid(const char *pointer)
{
    if (*pointer != '/')
        return false;
    for (const char *at = strchr(pointer, '~'); at; at = strchr(at + 1, '~'))
        if (at[1] != '0' && at[1] != '1')
            return false;
    return true;
}

/* Does it name that field, where "*" stands for any part? */
static bool may_name(const char *pointer, const char *field)
{
    while (*pointer == '/' && *field == '/') {
        size_t length = strcspn(++pointer, "/"), field_length = strcspn(++field, "/");
        bool star = length == 1 && *pointer == '*';
        if (!star && (length != field_length || strncmp(pointer, field, length) != 0))
            return false;
        pointer += length;
        field += field_length;
    }
    return !*pointer && !*field;
}

bool json_pointer_ignorable(const char *pointer)
{
    static const char *const never[] = { "/apiVersion", "/kind", "/metadata", "/metadata/name",
                                         "/metadata/namespace" };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (may_name(pointer, never[i]))
            return false;
    return json_pointer_valid(pointer);
}

static bool read_ignore(struct reading *reading, const char *value)
{
    while (*value) {
        size_t length = pointer_length(value);
        const char *pointer = arena_memdup(reading->arena, value, length);
        if (length && !json_pointer_ignorable(pointer)) {
            reading->wrong = pointer;
            return false;
        }
        if (length)
            push(reading, &reading->options->ignore, value, length);
        value += length + (value[length] != '\0');
    }
    return true;
}

static bool read_cluster(struct reading *reading, const char *value)
{
    reading->options->cluster = name_is_subdomain(value) ? value : NULL;
    return reading->options->cluster != NULL;
}

static bool read_timeout(struct reading *reading, const char *value)
{
    int64_t timeout;
    if (!duration_parse(value, &timeout) || timeout <= 0)
        return false;
    reading->options->timeout = timeout;
    return true;
}

/* Read from live objects, with who set it, by providers/hold.h; in a manifest it is an error. */
static bool read_hold(struct reading *reading, const char *value)
{
    (void)reading;
    (void)value;
    return true;
}

static bool read_prune(struct reading *reading, const char *value)
{
    reading->options->keep = strcmp(value, "disabled") == 0;
    return reading->options->keep;
}

static bool read_adopt(struct reading *reading, const char *value)
{
    reading->options->adopt = strcmp(value, "true") == 0;
    return reading->options->adopt || strcmp(value, "false") == 0;
}

static bool read_wait(struct reading *reading, const char *value)
{
    reading->options->no_wait = strcmp(value, "false") == 0;
    return reading->options->no_wait || strcmp(value, "true") == 0;
}

static bool read_replace(struct reading *reading, const char *value)
{
    reading->options->replace = strcmp(value, "true") == 0;
    return reading->options->replace || strcmp(value, "false") == 0;
}

/* One word of cmx.dev/hook. */
static bool read_hook_word(struct object_options *options, const char *word)
{
    bool *flag = strcmp(word, "always") == 0       ? &options->hook_always
                 : strcmp(word, "reversible") == 0 ? &options->hook_reversible
                                                   : NULL;
    if (flag) {
        *flag = true;
        return true;
    }
    enum hook hook = strcmp(word, "pre") == 0    ? HOOK_PRE
                     : strcmp(word, "post") == 0 ? HOOK_POST
                                                 : HOOK_NONE;
    if (hook == HOOK_NONE || options->hook != HOOK_NONE)
        return false;
    options->hook = hook;
    return true;
}

static bool read_hook(struct reading *reading, const char *value)
{
    struct object_options *options = reading->options;
    while (*value) {
        size_t length = strcspn(value, ", \t\r\n");
        if (length && !read_hook_word(options, arena_memdup(reading->arena, value, length)))
            return false;
        value += length + (value[length] != '\0');
    }
    return options->hook != HOOK_NONE;
}

static bool read_rollback(struct reading *reading, const char *value)
{
    reading->options->rollback = strcmp(value, "automatic") == 0 ? ROLLBACK_AUTOMATIC
                                 : strcmp(value, "off") == 0     ? ROLLBACK_OFF
                                                                 : ROLLBACK_UNSAID;
    return reading->options->rollback != ROLLBACK_UNSAID;
}

static bool read_restart_on(struct reading *reading, const char *value)
{
    reading->options->restart_on_config = strcmp(value, "config") == 0;
    return reading->options->restart_on_config;
}

static const struct annotation_reader {
    struct annotation annotation;
    reader *read;
} readers[] = {
    { { "adopt", "\"true\" or \"false\"", "\"true\"",
        "Takes the object over although it exists and this set did not make it." },
      read_adopt },
    { { "cluster", "the name of a Cluster of this source", "staging",
        "Where this object goes, instead of the Project's cluster." },
      read_cluster },
    { { "depends-on", "names written Kind[.group]/[namespace/]name, separated by commas or blanks",
        "Job/migrate, Secret/shop/db",
        "What must be applied and healthy before this object is applied; deletes go the other "
        "way round. `Kind./name` names the core group where several groups have that kind." },
      read_depends_on },
    { { "hold", "the reason", "debugging the pool",
        "Leaves the object alone until the annotation is removed. Only for the live object "
        "(`kubectl annotate deployment/web cmx.dev/hold=REASON`): in a manifest it is an error." },
      read_hold },
    { { "hook", "\"pre\" or \"post\", and behind commas perhaps \"always\" and \"reversible\"",
        "pre",
        "Of a Job: it runs to its end before (or after) all the rest of a run, and again when it "
        "has changed or had failed; with `always` in every run that changes anything. With "
        "`reversible`, older versions work with what it did, and automatic rollback may go back "
        "behind it." },
      read_hook },
    { { "ignore",
        "JSON pointers (RFC 6901) such as /spec/replicas, separated by commas or blanks; the "
        "object's identity cannot be ignored",
        "/spec/replicas",
        "Fields that are left as they are in the cluster, in the diff and in the apply; `*` stands "
        "for every element of a list and every member of a map." },
      read_ignore },
    { { "prune", "\"disabled\"", "disabled",
        "Never deletes this object: not when it leaves the source, not with the whole set, not "
        "to replace it." },
      read_prune },
    { { "replace", "\"true\" or \"false\"", "\"true\"",
        "Where a field cannot be changed in place, the object is deleted and made anew; counts as "
        "a deletion in the prune budget. Never a Namespace, a CustomResourceDefinition or what "
        "holds data." },
      read_replace },
    { { "restart-on", "\"config\"", "config",
        "On a Deployment, StatefulSet or DaemonSet: its pods are replaced when a ConfigMap or "
        "Secret that they read changes." },
      read_restart_on },
    { { "rollback", "\"automatic\" or \"off\"", "automatic",
        "On a workload: whether it is put back to what ran before when its pods do not become "
        "healthy after an apply, instead of the Project's `rollback`." },
      read_rollback },
    { { "timeout", "a duration such as \"90s\" or \"5m\"", "10m",
        "How long to wait for this object to become healthy." },
      read_timeout },
    { { "wait", "\"true\" or \"false\"", "\"false\"",
        "With \"false\", nothing waits for this object to become healthy." },
      read_wait },
};

enum { READER_COUNT = sizeof readers / sizeof *readers };

const struct annotation *annotation_at(size_t index)
{
    return index < READER_COUNT ? &readers[index].annotation : NULL;
}

static const struct annotation_reader *find_reader(const char *name)
{
    for (size_t i = 0; i < READER_COUNT; i++)
        if (strcmp(readers[i].annotation.name, name) == 0)
            return &readers[i];
    return NULL;
}

/* Where problems go; `problems` is NULL for live objects. */
struct report {
    const struct source_file *file;
    struct problems *problems;
    bool quotable;
};

static void report_unknown(const struct report *report, const struct member *member)
{
    const char *names[READER_COUNT];
    for (size_t i = 0; i < READER_COUNT; i++)
        names[i] = readers[i].annotation.name;
    const char *meant = suggest(member->key + PREFIX_LENGTH, names, READER_COUNT);
    problem_add(report->problems, report->file, member->place, report->quotable,
                "metadata.annotations: unknown annotation `%s`%s%s%s", member->key,
                meant ? " (did you mean `" PREFIX : "", meant ? meant : "", meant ? "`?)" : "");
}

static void report_wrong(const struct report *report, const struct annotation *annotation,
                         const struct member *member, const char *wrong)
{
    const char *got = wrong ? wrong : value_text(member->value);
    const char *quote = got ? "\"" : "";
    problem_add(report->problems, report->file, member->value->place, report->quotable,
                "metadata.annotations: %s: expected %s, got %s%.200s%s%s", member->key,
                annotation->expected, quote, got ? got : value_kind_name(member->value->kind),
                quote, got ? "" : " (annotations are strings: put it in quotes)");
}

static void read_annotation(struct reading *reading, const struct report *report,
                            const struct member *member)
{
    const struct annotation_reader *found = find_reader(member->key + PREFIX_LENGTH);
    if (!found) {
        if (report->problems)
            report_unknown(report, member);
        return;
    }
    const char *text = value_text(member->value);
    reading->wrong = NULL;
    if (found->read == read_hold && report->problems)
        problem_add(report->problems, report->file, member->place, report->quotable,
                    "metadata.annotations: `%s` is for live objects alone: remove it here, and "
                    "use cmx-reconcile hold, or kubectl annotate",
                    member->key);
    if (!(text && found->read(reading, text)) && report->problems)
        report_wrong(report, &found->annotation, member, reading->wrong);
}

void object_options_read(struct arena *arena, const struct value *document,
                         struct object_options *ret_options, const struct source_file *file,
                         struct problems *problems)
{
    const struct value *annotations = value_at(document, "metadata", "annotations", NULL);
    struct reading reading = { .arena = arena, .options = ret_options };
    struct report report = { file, problems, document_quotable(document) };
    *ret_options = (struct object_options){ 0 };
    if (!annotations || annotations->kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < annotations->map.count; i++) {
        const struct member *member = &annotations->map.members[i];
        if (strncmp(member->key, PREFIX, PREFIX_LENGTH) == 0)
            read_annotation(&reading, &report, member);
    }
}
