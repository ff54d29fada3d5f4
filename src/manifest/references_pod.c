/* references_pod: see references_pod.h. */
#include "manifest/references_pod.h"

#include <string.h>

void mention(struct mentions *mentions, const char *group, const char *kind, const char *namespace,
             const char *name, bool optional)
{
    struct mention mentioned = { { group, kind, namespace, name }, optional };
    struct reference_list *list = mentions->list;
    if (name && *name && namespace)
        arena_push(mentions->arena, list->items, list->count, list->capacity, mentioned);
}

/* ------------------------------------------------------------------- templates */

static bool has_containers(const struct value *template)
{
    const struct value *containers = value_at(template, "spec", "containers", NULL);
    return containers && containers->kind == VALUE_LIST;
}

const struct value *pod_template(const struct object_id *id, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    if (strcmp(id->kind, "Pod") == 0 && !*id->group)
        return document;
    if (strcmp(id->kind, "PodTemplate") == 0 && !*id->group)
        return value_get(document, "template");
    if (strcmp(id->kind, "CronJob") == 0 && strcmp(id->group, "batch") == 0)
        return value_at(spec, "jobTemplate", "spec", "template", NULL);
    /* Deployments and all that were modelled after them, custom kinds too. */
    const struct value *template = value_get(spec, "template");
    return has_containers(template) ? template : NULL;
}

/* ---------------------------------------------- ConfigMaps and Secrets of a template */

/* One place that names a ConfigMap or Secret. */
struct mention_of_config {
    const char *kind, *name;
    bool optional, at_start;
    const char *key; /* that is read, NULL: all of them */
};

typedef void on_use(void *context, const struct mention_of_config *found);

struct uses {
    on_use *hear;
    void *context;
};

static void use(const struct uses *uses, struct mention_of_config found,
                const struct value *reference, const char *name_key)
{
    found.name = value_text(value_get(reference, name_key));
    found.optional = value_is_true(value_get(reference, "optional"), false);
    if (found.name && *found.name)
        uses->hear(uses->context, &found);
}

static void variable_use(const struct uses *uses, const char *kind, const struct value *reference)
{
    struct mention_of_config found = { .kind = kind, .at_start = true };
    found.key = value_text(value_get(reference, "key"));
    use(uses, found, reference, "name");
}

static void env_uses(const struct uses *uses, const struct value *container)
{
    const struct value *env = value_get(container, "env"), *from = value_get(container, "envFrom");
    for (size_t i = 0; value_item(env, i); i++) {
        const struct value *source = value_get(value_item(env, i), "valueFrom");
        variable_use(uses, "ConfigMap", value_get(source, "configMapKeyRef"));
        variable_use(uses, "Secret", value_get(source, "secretKeyRef"));
    }
    for (size_t i = 0; value_item(from, i); i++) {
        variable_use(uses, "ConfigMap", value_get(value_item(from, i), "configMapRef"));
        variable_use(uses, "Secret", value_get(value_item(from, i), "secretRef"));
    }
}

/* The key behind a file of a volume; NULL where that cannot be told. */
static const char *key_of_file(const struct value *source, const char *file)
{
    const struct value *items = value_get(source, "items");
    if (!file || !value_count(items))
        return file && !strchr(file, '/') ? file : NULL;
    for (size_t i = 0; value_item(items, i); i++) {
        const char *path = value_text(value_get(value_item(items, i), "path"));
        if (path && strcmp(path, file) == 0)
            return value_text(value_get(value_item(items, i), "key"));
    }
    return NULL;
}

/* What a volume shows, followed; or, mounted with a subPath, the one file that stays as it is. */
static void volume_use(const struct uses *uses, const struct value *volume, bool at_start,
                       const char *file)
{
    const struct value *sources = value_at(volume, "projected", "sources", NULL);
    struct mention_of_config map = { .kind = "ConfigMap", .at_start = at_start };
    struct mention_of_config secret = { .kind = "Secret", .at_start = at_start };
    for (size_t i = 0; value_item(sources, i); i++) {
        use(uses, map, value_get(value_item(sources, i), "configMap"), "name");
        use(uses, secret, value_get(value_item(sources, i), "secret"), "name");
    }
    map.key = key_of_file(value_get(volume, "configMap"), file);
    secret.key = key_of_file(value_get(volume, "secret"), file);
    use(uses, map, value_get(volume, "configMap"), "name");
    use(uses, secret, value_get(volume, "secret"), "secretName");
}

static void mount_uses(const struct uses *uses, const struct value *container,
                       const struct value *volumes)
{
    const struct value *mounts = value_get(container, "volumeMounts");
    for (size_t i = 0; value_item(mounts, i); i++) {
        const struct value *mount = value_item(mounts, i);
        const char *file = value_text(value_get(mount, "subPath"));
        if (!file && !value_get(mount, "subPathExpr"))
            continue;
        for (size_t j = 0; value_item(volumes, j); j++)
            if (value_get(mount, "name") && value_get(value_item(volumes, j), "name")
                && value_equal(value_get(mount, "name"), value_get(value_item(volumes, j), "name")))
                volume_use(uses, value_item(volumes, j), true, file);
    }
}

static void all_uses(const struct uses *uses, const struct value *spec)
{
    static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };
    const struct value *volumes = value_get(spec, "volumes");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *containers = value_get(spec, lists[i]);
        for (size_t j = 0; value_item(containers, j); j++) {
            env_uses(uses, value_item(containers, j));
            mount_uses(uses, value_item(containers, j), volumes);
        }
    }
    for (size_t i = 0; value_item(volumes, i); i++)
        volume_use(uses, value_item(volumes, i), false, NULL);
}

struct config_list {
    struct arena *arena;
    const char *namespace;
    struct config_use *items;
    size_t count, capacity;
};

static struct config_use *row_of(struct config_list *list, const struct mention_of_config *found)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].id.kind, found->kind) == 0
            && strcmp(list->items[i].id.name, found->name) == 0)
            return &list->items[i];
    struct config_use item = { .id = { "", found->kind, list->namespace, found->name } };
    arena_push(list->arena, list->items, list->count, list->capacity, item);
    return &list->items[list->count - 1];
}

static void add_use(void *context, const struct mention_of_config *found)
{
    struct config_list *list = context;
    struct config_use *row = row_of(list, found);
    row->required |= !found->optional;
    if (!found->at_start)
        return;
    row->all_at_start |= !found->key;
    if (found->key)
        arena_push(list->arena, row->keys.items, row->keys.count, row->keys.capacity, found->key);
}

size_t config_uses(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct config_use **ret_uses)
{
    struct config_list list = { .arena = arena, .namespace = id->namespace };
    const struct uses uses = { add_use, &list };
    all_uses(&uses, value_get(pod_template(id, document), "spec"));
    *ret_uses = list.items;
    return list.count;
}

/* --------------------------------------------------------- all that a template needs */

static void mention_use(void *context, const struct mention_of_config *found)
{
    struct mentions *mentions = context;
    mention(mentions, "", found->kind, mentions->namespace, found->name, found->optional);
}

static void mention_claims(struct mentions *mentions, const struct value *spec)
{
    const struct value *volumes = value_get(spec, "volumes");
    const struct value *claims = value_get(spec, "resourceClaims");
    for (size_t i = 0; value_item(volumes, i); i++) {
        const struct value *volume = value_item(volumes, i);
        mention(mentions, "", "PersistentVolumeClaim", mentions->namespace,
                value_text_at(volume, "persistentVolumeClaim", "claimName", NULL), false);
        mention(mentions, "storage.k8s.io", "StorageClass", "",
                value_text_at(volume, "ephemeral", "volumeClaimTemplate", "spec",
                              "storageClassName", NULL),
                false);
    }
    for (size_t i = 0; value_item(claims, i); i++) {
        const struct value *claim = value_item(claims, i);
        mention(mentions, "resource.k8s.io", "ResourceClaim", mentions->namespace,
                value_text(value_get(claim, "resourceClaimName")), false);
        mention(mentions, "resource.k8s.io", "ResourceClaimTemplate", mentions->namespace,
                value_text(value_get(claim, "resourceClaimTemplateName")), false);
    }
}

void mention_pod(struct mentions *mentions, const struct value *template)
{
    const struct value *spec = value_get(template, "spec");
    const struct value *pull = value_get(spec, "imagePullSecrets");
    const struct uses uses = { mention_use, mentions };
    const char *account = value_text(value_get(spec, "serviceAccountName"));
    if (!account)
        account = value_text(value_get(spec, "serviceAccount"));
    mention(mentions, "", "ServiceAccount", mentions->namespace, account, false);
    mention(mentions, "scheduling.k8s.io", "PriorityClass", "",
            value_text(value_get(spec, "priorityClassName")), false);
    mention(mentions, "node.k8s.io", "RuntimeClass", "",
            value_text(value_get(spec, "runtimeClassName")), false);
    for (size_t i = 0; value_item(pull, i); i++)
        mention(mentions, "", "Secret", mentions->namespace,
                value_text(value_get(value_item(pull, i), "name")), false);
    all_uses(&uses, spec);
    mention_claims(mentions, spec);
}
