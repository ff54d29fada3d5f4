/* references_pod: see references_pod.h. */
#include "manifest/references_pod.h"

#include <string.h>

void mention(struct mentions *mentions, const char *group, const char *kind, const char *namespace,
             const char *name, bool optional)
{
    struct reference reference = { { group, kind, namespace, name }, optional };
    struct reference_list *list = mentions->list;
    if (name && *name && namespace)
        arena_push(mentions->arena, list->items, list->count, list->capacity, reference);
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

/* Hears of each use: the kind, the name, whether it may be missing, whether it is an env. */
typedef void on_use(void *context, const char *kind, const char *name, bool optional,
                    bool at_start);

struct uses {
    on_use *hear;
    void *context;
};

static void use(const struct uses *uses, const char *kind, const struct value *reference,
                const char *name_key, bool at_start)
{
    const char *name = value_text(value_get(reference, name_key));
    if (name && *name)
        uses->hear(uses->context, kind, name,
                   value_is_true(value_get(reference, "optional"), false), at_start);
}

static void env_uses(const struct uses *uses, const struct value *container)
{
    const struct value *env = value_get(container, "env"), *from = value_get(container, "envFrom");
    for (size_t i = 0; value_item(env, i); i++) {
        const struct value *source = value_get(value_item(env, i), "valueFrom");
        use(uses, "ConfigMap", value_get(source, "configMapKeyRef"), "name", true);
        use(uses, "Secret", value_get(source, "secretKeyRef"), "name", true);
    }
    for (size_t i = 0; value_item(from, i); i++) {
        use(uses, "ConfigMap", value_get(value_item(from, i), "configMapRef"), "name", true);
        use(uses, "Secret", value_get(value_item(from, i), "secretRef"), "name", true);
    }
}

static void volume_uses(const struct uses *uses, const struct value *volume)
{
    const struct value *sources = value_at(volume, "projected", "sources", NULL);
    use(uses, "ConfigMap", value_get(volume, "configMap"), "name", false);
    use(uses, "Secret", value_get(volume, "secret"), "secretName", false);
    for (size_t i = 0; value_item(sources, i); i++) {
        use(uses, "ConfigMap", value_get(value_item(sources, i), "configMap"), "name", false);
        use(uses, "Secret", value_get(value_item(sources, i), "secret"), "name", false);
    }
}

static void all_uses(const struct uses *uses, const struct value *spec)
{
    static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };
    const struct value *volumes = value_get(spec, "volumes");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *containers = value_get(spec, lists[i]);
        for (size_t j = 0; value_item(containers, j); j++)
            env_uses(uses, value_item(containers, j));
    }
    for (size_t i = 0; value_item(volumes, i); i++)
        volume_uses(uses, value_item(volumes, i));
}

struct config_list {
    struct arena *arena;
    const char *namespace;
    struct config_use *items;
    size_t count, capacity;
};

/* One row an object: a volume follows changes, but an env of the same object does not. */
static void add_use(void *context, const char *kind, const char *name, bool optional, bool at_start)
{
    struct config_list *list = context;
    (void)optional;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].id.kind, kind) == 0
            && strcmp(list->items[i].id.name, name) == 0) {
            list->items[i].at_start |= at_start;
            return;
        }
    struct config_use item = { { "", kind, list->namespace, name }, at_start };
    arena_push(list->arena, list->items, list->count, list->capacity, item);
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

static void mention_use(void *context, const char *kind, const char *name, bool optional,
                        bool at_start)
{
    struct mentions *mentions = context;
    (void)at_start;
    mention(mentions, "", kind, mentions->namespace, name, optional);
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
