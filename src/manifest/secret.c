/* secret: see secret.h. */
#include "manifest/secret.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/resource.h"
#include "manifest/resource_builtin.h"
#include "manifest/shape.h"

#include <string.h>

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

enum { KEY_MOST = 253 };

bool document_is_secret(const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"));
    const char *version = value_text(value_get(document, "apiVersion"));
    return kind && version && strcmp(kind, "Secret") == 0 && !strchr(version, '/');
}

/* A built-in kind of any group, or one of the project's own. */
static bool is_known_kind(const char *kind, size_t length)
{
    size_t count;
    const struct builtin_kind *kinds = builtin_kinds(&count);
    for (size_t i = 0; i < count; i++)
        if (strlen(kinds[i].kind) == length && memcmp(kinds[i].kind, kind, length) == 0)
            return true;
    for (size_t i = 0; kind_shapes[i].kind; i++)
        if (strlen(kind_shapes[i].kind) == length && memcmp(kind_shapes[i].kind, kind, length) == 0)
            return true;
    return false;
}

bool document_quotable(const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"));
    const char *version = value_text(value_get(document, "apiVersion"));
    if (!kind || !version || strcmp(kind, "Secret") == 0)
        return false;
    const char *slash = strchr(version, '/');
    if (strncmp(version, "cmx.dev/", 8) == 0)
        return kind_shape_find(kind) != NULL;
    if (!slash)
        return builtin_kind_find("", kind) != NULL;
    AUTO_FREE char *group = memory_strdup(version);
    group[slash - version] = '\0';
    return builtin_kind_find(group, kind) != NULL;
}

/* The plain word behind "kind:" at the line's start; 0 where it is anything else. */
static size_t kind_word(const char *line, size_t length, const char **ret_word)
{
    static const char key[] = "kind:";
    size_t at = sizeof key - 1;
    if (length <= at || memcmp(line, key, at) != 0)
        return 0;
    while (at < length && line[at] == ' ')
        at++;
    size_t end = length;
    while (end > at && (line[end - 1] == '\r' || line[end - 1] == ' '))
        end--;
    *ret_word = line + at;
    return end - at;
}

bool text_quotable(const char *data, size_t length)
{
    bool content = false, known = false;
    if (length == 0 || memmem(data, length, "Secret", 6))
        return false;
    for (size_t at = 0; at < length;) {
        const char *line = data + at, *word = NULL;
        const char *stop = memchr(line, '\n', length - at);
        size_t line_length = stop ? (size_t)(stop - line) : length - at;
        if (line_length >= 3 && memcmp(line, "---", 3) == 0) {
            if (content && !known)
                return false;
            known = false;
            content = line_length > 4 && line[3] != '\r' && line[4] != '#';
        } else {
            size_t word_length = kind_word(line, line_length, &word);
            content |= line_length > 0 && *line != '#' && *line != '\r';
            known |= word_length && is_known_kind(word, word_length);
        }
        at += line_length + 1;
    }
    return known || !content;
}

/* ------------------------------------------------------------------- folding */

struct folding {
    struct arena *arena;
    const struct source_file *file;
    struct problems *problems;
    struct value *data;
};

static bool is_key(const char *key)
{
    size_t length = strlen(key);
    if (length == 0 || length > KEY_MOST || strcmp(key, ".") == 0 || strncmp(key, "..", 2) == 0)
        return false;
    return strspn(key, "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
           == length;
}

static bool check_key(const struct folding *folding, const struct member *member, const char *map)
{
    if (is_key(member->key))
        return true;
    problem_add(folding->problems, folding->file, member->place, false,
                "%s: a key of a Secret consists of at most 253 of letters, digits, \"-\", \"_\" "
                "and \".\"",
                map);
    return false;
}

static struct value *encoded(const struct folding *folding, const char *data, size_t length,
                             struct place place)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    base64_add(&text, data, length);
    struct value *value = value_string_length(folding->arena, buf_text(&text), text.length);
    value->place = place;
    return value;
}

static void fold_data(const struct folding *folding, const struct member *member)
{
    const struct value *value = member->value;
    char *bytes = NULL;
    size_t length = 0;
    if (!check_key(folding, member, "data"))
        return;
    if (value->kind != VALUE_STRING && value->kind != VALUE_NULL) {
        problem_add(folding->problems, folding->file, value->place, false,
                    "data.%s: expected text in base64, got %s", member->key,
                    value_kind_name(value->kind));
        return;
    }
    if (value->kind == VALUE_STRING
        && !base64_decode(folding->arena, value->text.data, value->text.length, &bytes, &length)) {
        problem_add(folding->problems, folding->file, value->place, false,
                    "data.%s: its value is not base64 (plain text belongs under `stringData`)",
                    member->key);
        return;
    }
    value_set(folding->arena, folding->data, member->key,
              encoded(folding, bytes, length, value->place));
}

static void fold_text(const struct folding *folding, const struct member *member)
{
    const struct value *value = member->value;
    if (!check_key(folding, member, "stringData"))
        return;
    if (value->kind != VALUE_STRING && value->kind != VALUE_NULL) {
        problem_add(folding->problems, folding->file, value->place, false,
                    "stringData.%s: expected a string, got %s (put it in quotes)", member->key,
                    value_kind_name(value->kind));
        return;
    }
    bool text = value->kind == VALUE_STRING;
    value_set(folding->arena, folding->data, member->key,
              encoded(folding, text ? value->text.data : "", text ? value->text.length : 0,
                      value->place));
}

static void fold_map(const struct folding *folding, const struct value *root, const char *name,
                     void (*fold)(const struct folding *, const struct member *))
{
    const struct value *map = value_get(root, name);
    if (!map || map->kind == VALUE_NULL)
        return;
    if (map->kind != VALUE_MAP) {
        problem_add(folding->problems, folding->file, map->place, false,
                    "%s: expected a map, got %s", name, value_kind_name(map->kind));
        return;
    }
    for (size_t i = 0; i < map->map.count; i++)
        fold(folding, &map->map.members[i]);
}

/* ------------------------------------------------------------- what else it holds */

static const char *const MEMBERS[] = { "apiVersion", "kind", "metadata",  "data",
                                       "stringData", "type", "immutable", "status" };
static const char *const VALUES[] = { "data", "stringData" };
enum { MEMBER_COUNT = sizeof MEMBERS / sizeof *MEMBERS };

static bool is_member(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (strcmp(MEMBERS[i], name) == 0)
            return true;
    return false;
}

/* Any other member is none to Kubernetes, and here what it holds would be shown. */
static void check_members(const struct folding *folding, const struct value *root)
{
    for (size_t i = 0; i < root->map.count; i++) {
        const struct member *member = &root->map.members[i];
        const char *meant =
            is_member(member->key) ? NULL : suggest(member->key, MEMBERS, MEMBER_COUNT);
        if (!is_member(member->key))
            problem_add(folding->problems, folding->file, member->place, false,
                        "%.100s: a Secret has no such field%s%s%s", member->key,
                        meant ? " (did you mean `" : "", meant ? meant : "", meant ? "`?)" : "");
    }
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        const struct member *inside = value_member(value_get(root, "metadata"), VALUES[i]);
        if (inside)
            problem_add(folding->problems, folding->file, inside->place, false,
                        "metadata.%s: it belongs beside `metadata`: check the indentation",
                        VALUES[i]);
    }
}

static void check_types(const struct folding *folding, const struct value *root)
{
    const struct value *type = value_get(root, "type"), *immutable = value_get(root, "immutable");
    if (type && type->kind != VALUE_STRING && type->kind != VALUE_NULL)
        problem_add(folding->problems, folding->file, type->place, false,
                    "type: expected a string, got %s", value_kind_name(type->kind));
    if (immutable && immutable->kind != VALUE_BOOL && immutable->kind != VALUE_NULL)
        problem_add(folding->problems, folding->file, immutable->place, false,
                    "immutable: expected true or false, got %s", value_kind_name(immutable->kind));
}

void secret_fold(struct arena *arena, struct value *root, const struct source_file *file,
                 struct problems *problems)
{
    struct folding folding = { arena, file, problems, value_map(arena) };
    const struct value *place = value_get(root, "data");
    check_members(&folding, root);
    check_types(&folding, root);
    if (!place)
        place = value_get(root, "stringData");
    if (!place)
        return;
    folding.data->place = place->place;
    fold_map(&folding, root, "data", fold_data);
    fold_map(&folding, root, "stringData", fold_text);
    value_remove(root, "stringData");
    value_remove(root, "data");
    if (folding.data->map.count)
        value_set(arena, root, "data", folding.data);
}

/* ------------------------------------------------------------------- masking */

static void mask_values(struct arena *arena, struct value *map)
{
    for (size_t i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++)
        map->map.members[i].value = value_string(arena, "(secret)");
}

static struct value *member_of(struct value *map, const char *key)
{
    return (struct value *)value_get(map, key);
}

const struct value *secret_masked(struct arena *arena, const struct value *document)
{
    if (!document_is_secret(document))
        return document;
    struct value *masked = value_copy(arena, document);
    mask_values(arena, member_of(masked, "data"));
    mask_values(arena, member_of(masked, "stringData"));
    struct value *annotations = member_of(member_of(masked, "metadata"), "annotations");
    if (value_get(annotations, LAST_APPLIED))
        value_set(arena, annotations, LAST_APPLIED, value_string(arena, "(secret)"));
    return masked;
}
