/* load_object: a document becomes a resource, or several. Part of load.h. */
#include "manifest/load.h"

#include "base/cleanup.h"
#include "manifest/aggregated.h"
#include "manifest/ca_bundle.h"
#include "manifest/hooks_of_others.h"
#include "manifest/names.h"
#include "manifest/resource_builtin.h"
#include "manifest/secret.h"

#include <string.h>

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* One document on its way. */
struct loading {
    struct loader *loader;
    const struct source_file *file;
    const struct value *document;
    bool quotable;
};

#define WRONG(loading, where, ...)                                                                 \
    problem_add((loading)->loader->problems, (loading)->file, (where), (loading)->quotable,        \
                __VA_ARGS__)

static void load_document(struct loading *loading, const struct value *list, unsigned depth);

static bool is_empty(const struct value *value)
{
    const char *text = value_text(value);
    return !value || value->kind == VALUE_NULL || (text && !*text);
}

/* ------------------------------------------------------------------- metadata */

/* Annotations and labels are strings to the server, whatever they look like. */
static void check_text_map(struct loading *loading, const struct value *metadata, const char *name)
{
    const struct value *map = value_get(metadata, name);
    if (!map || map->kind == VALUE_NULL)
        return;
    if (map->kind != VALUE_MAP) {
        WRONG(loading, map->place, "metadata.%s: expected a map, got %s", name,
              value_kind_name(map->kind));
        return;
    }
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *member = &map->map.members[i];
        enum value_kind kind = member->value->kind;
        if (strncmp(member->key, "cmx.dev/", 8) == 0)
            continue; /* object_options_read() says more */
        if (!name_is_qualified(member->key))
            WRONG(loading, member->place,
                  "metadata.%s: `%.300s` is no valid key: use [prefix/]name, with at most 63 of "
                  "letters, digits, \"-\", \"_\" and \".\" as name",
                  name, member->key);
        else if (kind != VALUE_STRING && kind != VALUE_NULL)
            WRONG(loading, member->value->place,
                  "metadata.%s: %s: expected a string, got %s (put it in quotes)", name,
                  member->key, value_kind_name(kind));
    }
}

static void check_origin(struct loading *loading, const struct value *metadata)
{
    static const char *const names[] = { "resourceVersion", "uid" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct member *member = value_member(metadata, names[i]);
        if (member && !is_empty(member->value))
            WRONG(loading, member->place,
                  "metadata.%s: it was copied from a cluster and ties the manifest to one object "
                  "there: remove it",
                  names[i]);
    }
}

static void check_name(struct loading *loading, const struct value *metadata, struct object_id *id)
{
    const struct member *name = value_member(metadata, "name");
    const struct member *generated = value_member(metadata, "generateName");
    const struct value *around = metadata ? metadata : loading->document;
    const char *why;
    if ((!name || is_empty(name->value)) && generated) {
        WRONG(loading, generated->place,
              "metadata.generateName: each run would make another object; give it a "
              "metadata.name");
        return;
    }
    if (!name || is_empty(name->value)) {
        WRONG(loading, around->place, "metadata.name: missing");
        return;
    }
    if (name->value->kind != VALUE_STRING) {
        WRONG(loading, name->value->place, "metadata.name: expected a string, got %s%s",
              value_kind_name(name->value->kind),
              name->value->kind == VALUE_NUMBER || name->value->kind == VALUE_BOOL
                  ? " (put it in quotes)"
                  : "");
        return;
    }
    id->name = value_text(name->value);
    if (strlen(id->name) != name->value->text.length || !object_name_valid(id, &why))
        WRONG(loading, name->value->place, "metadata.name: \"%.300s\" is no name for a %s: %s",
              id->name, id->kind,
              strlen(id->name) != name->value->text.length ? "it holds a NUL character" : why);
}

static void check_namespace(struct loading *loading, const struct value *metadata)
{
    const struct value *namespace = value_get(metadata, "namespace");
    if (is_empty(namespace))
        return;
    const char *text = value_text(namespace);
    if (!text)
        WRONG(loading, namespace->place, "metadata.namespace: expected a string, got %s",
              value_kind_name(namespace->kind));
    else if (!name_is_label(text))
        WRONG(loading, namespace->place,
              "metadata.namespace: \"%.300s\" is no name for a Namespace: use at most 63 of a-z, "
              "0-9 and \"-\", with a letter or digit at both ends",
              text);
}

/* ------------------------------------------------------------------- the object */

static void drop_last_applied(struct arena *arena, struct value *metadata)
{
    const struct value *annotations = value_get(metadata, "annotations");
    if (!value_get(annotations, LAST_APPLIED))
        return;
    struct value *copy = value_map_copy(arena, annotations);
    value_remove(copy, LAST_APPLIED);
    value_set(arena, metadata, "annotations", copy);
}

/* What a server writes into metadata. */
static const char *const SERVER_FIELDS[] = { "creationTimestamp",
                                             "deletionTimestamp",
                                             "deletionGracePeriodSeconds",
                                             "generation",
                                             "managedFields",
                                             "selfLink",
                                             "resourceVersion",
                                             "uid",
                                             "generateName" };
enum { SERVER_FIELD_COUNT = sizeof SERVER_FIELDS / sizeof *SERVER_FIELDS };

/* Most manifests hold nothing of it: they are sent as they are. */
static bool is_sendable(const struct value *document, const struct value *metadata)
{
    const struct value *namespace = value_get(metadata, "namespace");
    for (size_t i = 0; i < SERVER_FIELD_COUNT; i++)
        if (value_get(metadata, SERVER_FIELDS[i]))
            return false;
    return !value_get(document, "status") && (!namespace || !is_empty(namespace))
           && !value_get(value_get(metadata, "annotations"), LAST_APPLIED);
}

/* A copy of the upper two levels without what a server writes. */
static struct value *sendable(struct loading *loading, const struct value *metadata)
{
    struct arena *arena = loading->loader->arena;
    struct value *root = value_map_copy(arena, loading->document);
    struct value *copy = value_map_copy(arena, metadata);
    for (size_t i = 0; i < SERVER_FIELD_COUNT; i++)
        value_remove(copy, SERVER_FIELDS[i]);
    if (is_empty(value_get(copy, "namespace")))
        value_remove(copy, "namespace");
    drop_last_applied(arena, copy);
    value_remove(root, "status");
    value_set(arena, root, "metadata", copy);
    return root;
}

/* The document that is to be sent, of an object that has metadata. */
static const struct value *document_of(struct loading *loading, const struct value *metadata,
                                       const struct resource *resource)
{
    struct arena *arena = loading->loader->arena;
    bool has_bundle = ca_bundle_possible(&resource->id);
    bool aggregated = aggregated_rules(&resource->id, loading->document);
    if (!resource->secret && !has_bundle && !aggregated && is_sendable(loading->document, metadata))
        return loading->document;
    struct value *document = sendable(loading, metadata);
    if (resource->secret)
        secret_fold(arena, document, loading->file, loading->loader->problems);
    if (has_bundle)
        ca_bundle_drop(arena, document, &resource->id);
    if (aggregated)
        value_remove(document, "rules");
    return document;
}

static void warn_status(struct loading *loading, const struct object_id *id)
{
    const struct member *status = value_member(loading->document, "status");
    if (status && value_count(status->value) && !builtin_kind_find(id->group, id->kind))
        problem_warn(loading->loader->problems, loading->file, status->place, loading->quotable,
                     "status: it is not sent, since it belongs to the cluster");
}

static void warn_rules(struct loading *loading, const struct object_id *id)
{
    const struct member *rules = value_member(loading->document, "rules");
    if (aggregated_rules(id, loading->document) && value_count(rules->value))
        problem_warn(loading->loader->problems, loading->file, rules->place, loading->quotable,
                     "rules: they are not sent, since the aggregationRule fills them in");
}

static bool vanishes(const struct object_id *id, const struct value *document)
{
    return strcmp(id->kind, "Job") == 0 && strcmp(id->group, "batch") == 0
           && value_at(document, "spec", "ttlSecondsAfterFinished", NULL);
}

static void load_object(struct loading *loading, const char *api_version, const char *kind)
{
    struct loader *loader = loading->loader;
    size_t errors = loader->problems->errors;
    const struct value *metadata = value_get(loading->document, "metadata");
    struct resource resource = { .file = loading->file,
                                 .place = loading->document->place,
                                 .api_version = api_version,
                                 .id = { .kind = kind, .namespace = "", .name = "" } };
    const char *version;
    api_version_split(loader->arena, api_version, &resource.id.group, &version);
    if (metadata && metadata->kind != VALUE_MAP) {
        WRONG(loading, metadata->place, "metadata: expected a map, got %s",
              value_kind_name(metadata->kind));
        return;
    }
    check_name(loading, metadata, &resource.id);
    check_namespace(loading, metadata);
    check_text_map(loading, metadata, "labels");
    check_text_map(loading, metadata, "annotations");
    check_origin(loading, metadata);
    object_options_read(loader->arena, loading->document, &resource.options, loading->file,
                        loader->problems);
    object_options_fit(&resource.id, loading->document, &resource.options, loading->file,
                       loader->problems);
    warn_hooks_of_others(&resource.id, loading->document, &resource.options, loading->file,
                         loader->problems);
    warn_status(loading, &resource.id);
    warn_rules(loading, &resource.id);
    if (!metadata)
        return;
    resource.secret = document_is_secret(loading->document);
    resource.document = document_of(loading, metadata, &resource);
    resource.vanishes =
        resource.options.hook != HOOK_NONE || vanishes(&resource.id, resource.document);
    resource.scope = scope_of_builtin(resource.id.group, kind);
    if (loader->problems->errors == errors)
        arena_push(loader->arena, loader->resources, loader->resource_count,
                   loader->resource_capacity, resource);
}

/* ------------------------------------------------------------------- own kinds */

void load_faulty_cluster(struct loader *loader, const struct value *document)
{
    struct text_list *names = &loader->faulty_clusters;
    const char *name = value_text_at(document, "metadata", "name", NULL);
    if (name)
        arena_push(loader->arena, names->items, names->count, names->capacity, name);
}

void load_own(struct loader *loader, const struct value *document, const struct source_file *file)
{
    const struct value *kind = value_get(document, "kind");
    const struct value *version = value_get(document, "apiVersion");
    const struct kind_shape *shape = value_text(kind) ? kind_shape_find(value_text(kind)) : NULL;
    if (strcmp(value_text(version), SHAPE_API_VERSION) != 0) {
        problem_add(loader->problems, file, version->place, shape != NULL,
                    "apiVersion: expected \"" SHAPE_API_VERSION "\", got \"%.100s\"",
                    value_text(version));
        return;
    }
    if (!shape) {
        const char *names[16];
        size_t count = 0;
        for (const struct kind_shape *known = kind_shapes; known->kind && count < 16; known++)
            names[count++] = known->kind;
        const char *meant = suggest(value_text(kind), names, count);
        problem_add(loader->problems, file, kind->place, false,
                    "kind: " SHAPE_API_VERSION " has no kind \"%.100s\"%s%s%s", value_text(kind),
                    meant ? " (did you mean `" : "", meant ? meant : "", meant ? "`?)" : "");
        return;
    }
    const struct value *checked =
        shape_check(loader->arena, shape, document, file, loader->problems);
    struct own_document own = { shape, checked, document, file, document->place };
    if (!checked && strcmp(shape->kind, "Cluster") == 0)
        load_faulty_cluster(loader, document);
    if (!checked && strcmp(shape->kind, IMAGE_KIND) == 0)
        load_failed(loader, "", "an Image is not valid");
    if (!checked && strcmp(shape->kind, "Project") == 0)
        load_failed(loader, "", "its Project is not valid"); /* whose set would it be? */
    if (checked)
        arena_push(loader->arena, loader->own, loader->own_count, loader->own_capacity, own);
}

/* ------------------------------------------------------------------- documents */

/* `build --to oci:out` in the middle of a source: its index is read as a manifest by the next run.
 */
static const char *hint_at_layout(const struct value *document, const char *name)
{
    bool layout = strcmp(name, "kind") == 0 && value_get(document, "schemaVersion")
                  && value_get(document, "manifests");
    return layout ? "; it looks like an OCI image layout: name its folder in .cmxignore, or write "
                    "images elsewhere"
                  : "";
}

/* The text of a member that every object has; a problem and NULL where it is missing or no text. */
static const char *needed_text(struct loading *loading, const char *name)
{
    const struct value *value = value_get(loading->document, name);
    if (is_empty(value)) {
        WRONG(loading, loading->document->place, "%s: missing%s", name,
              hint_at_layout(loading->document, name));
        return NULL;
    }
    if (!value_text(value))
        WRONG(loading, value->place, "%s: expected a string, got %s", name,
              value_kind_name(value->kind));
    return value_text(value);
}

static bool ends_with_list(const char *kind)
{
    size_t length = strlen(kind);
    return length >= 4 && strcmp(kind + length - 4, "List") == 0;
}

/* The items of a `List` or `*List`, or NULL where it is an object like others. */
static const struct value *items_of(const struct value *document, const char *kind)
{
    const struct value *items = value_get(document, "items");
    if (!kind || !ends_with_list(kind) || !items)
        return NULL;
    if (items->kind == VALUE_LIST)
        return items;
    return strcmp(kind, "List") == 0 || items->kind == VALUE_NULL ? items : NULL;
}

static void load_list(struct loading *loading, const struct value *items, unsigned depth)
{
    if (depth == LOAD_LIST_CEILING) {
        WRONG(loading, items->place, "items: more than %d Lists inside one another",
              LOAD_LIST_CEILING);
        return;
    }
    if (items->kind != VALUE_LIST && items->kind != VALUE_NULL)
        WRONG(loading, items->place, "items: expected a list, got %s",
              value_kind_name(items->kind));
    for (size_t i = 0; i < value_count(items) && items->kind == VALUE_LIST; i++) {
        struct loading item = { loading->loader, loading->file, items->list.items[i], false };
        load_document(&item, loading->document, depth + 1);
    }
}

/* An API's `ConfigMapList` leaves out in its items what its own kind tells. */
static const struct value *completed(struct arena *arena, const struct value *document,
                                     const struct value *list)
{
    const char *kind = value_text(value_get(list, "kind"));
    if (!kind || strcmp(kind, "List") == 0 || document->kind != VALUE_MAP
        || value_get(document, "kind") || value_get(document, "apiVersion")
        || !value_get(list, "apiVersion"))
        return document;
    struct value *copy = value_map_copy(arena, document);
    value_set(arena, copy, "kind", value_string_length(arena, kind, strlen(kind) - 4));
    value_set(arena, copy, "apiVersion", (struct value *)value_get(list, "apiVersion"));
    return copy;
}

static bool is_group(const char *api_version, const char *group)
{
    size_t length = strlen(group);
    return strncmp(api_version, group, length) == 0 && api_version[length] == '/';
}

static bool check_version(struct loading *loading, const char *version)
{
    const char *slash = strchr(version, '/');
    const char *behind = slash ? slash + 1 : version;
    AUTO_FREE char *group = slash ? strndup(version, (size_t)(slash - version)) : NULL;
    if (name_is_label(behind) && (!slash || (group && name_is_subdomain(group))))
        return true;
    WRONG(loading, value_get(loading->document, "apiVersion")->place,
          "apiVersion: expected VERSION or GROUP/VERSION, such as v1 or apps/v1");
    return false;
}

static bool check_kind(struct loading *loading, const char *kind)
{
    size_t length = strspn(kind, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    if (kind[length] == '\0' && length <= 253)
        return true;
    WRONG(loading, value_get(loading->document, "kind")->place,
          "kind: expected a word such as Deployment, of letters and digits");
    return false;
}

/* The core group takes no kinds from others: what it has not is a slip. A `Secert` would be shown.
 */
static bool check_core_kind(struct loading *loading, const char *version, const char *kind)
{
    const char *group = builtin_group_of(kind), *meant = group ? NULL : core_kind_like(kind);
    struct place place = value_get(loading->document, "kind")->place;
    if (strchr(version, '/') || (!meant && (!group || !*group)))
        return true;
    if (meant)
        WRONG(loading, place, "kind: %.100s has no kind \"%.100s\" (did you mean `%s`?)", version,
              kind, meant);
    else
        WRONG(loading, place,
              "kind: %s is a kind of %s: expected apiVersion: %s/VERSION, got %.100s", kind, group,
              group, version);
    return false;
}

static void load_kind(struct loading *loading, unsigned depth)
{
    const char *kind = needed_text(loading, "kind");
    const struct value *items = items_of(loading->document, kind);
    const char *version = needed_text(loading, "apiVersion");
    if (items)
        load_list(loading, items, depth);
    if (!kind || !version || items || !check_version(loading, version) || !check_kind(loading, kind)
        || !check_core_kind(loading, version, kind))
        return;
    if (strcmp(kind, "List") == 0 && strcmp(version, "v1") == 0)
        WRONG(loading, loading->document->place, "items: missing");
    else if (is_group(version, "cmx.dev"))
        load_own(loading->loader, loading->document, loading->file);
    else if (is_group(version, "kustomize.config.k8s.io"))
        WRONG(loading, loading->document->place,
              "kustomize is not supported yet, and its files are not applied as they are: render "
              "it first (`kubectl kustomize`)");
    else
        load_object(loading, version, kind);
}

/* `list`: the List that it stands in, or NULL. */
static void load_document(struct loading *loading, const struct value *list, unsigned depth)
{
    struct loader *loader = loading->loader;
    if (loading->document->kind == VALUE_NULL && !list)
        return;
    if (loading->document->kind != VALUE_MAP) {
        WRONG(loading, loading->document->place, "expected an object (a map), got %s",
              value_kind_name(loading->document->kind));
        return;
    }
    if (list)
        loading->document = completed(loader->arena, loading->document, list);
    loading->quotable = document_quotable(loading->document);
    const struct member *sops = value_member(loading->document, "sops");
    if (sops)
        WRONG(loading, sops->place,
              "sops: encrypted with SOPS, which is not supported yet: it is not applied as it is");
    else
        load_kind(loading, depth);
}

void load_documents(struct loader *loader, const struct loaded_file *loaded)
{
    for (size_t i = 0; i < loaded->documents.count; i++) {
        struct loading loading = { loader, loaded->file, loaded->documents.items[i].root, false };
        if (loading.document)
            load_document(&loading, NULL, 0);
    }
}
