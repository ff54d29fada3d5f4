/*
 * references: the names that documents mention; see references.h. Ranks are in
 * resource_builtin.c, edges are built in edges.c.
 */
#include "manifest/references.h"

#include <string.h>

/* --------------------------------------------------------------- pod templates */

const struct value *pod_template(const struct object_id *id, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    if (strcmp(id->kind, "CronJob") == 0)
        return value_at(spec, "jobTemplate", "spec", "template", NULL);
    const struct value *template = value_get(spec, "template");
    return value_get(value_get(template, "spec"), "containers") ? template : NULL;
}

static const struct value *pod_spec(const struct object_id *id, const struct value *document)
{
    if (strcmp(id->kind, "Pod") == 0 && *id->group == '\0')
        return value_get(document, "spec");
    return value_get(pod_template(id, document), "spec");
}

/* ------------------------------------------------------------------ references */

struct collector {
    struct arena *arena;
    const char *namespace;
    struct reference_list *list;
};

static void add(struct collector *collector, const char *group, const char *kind,
                const char *namespace, const char *name, bool optional)
{
    struct reference_list *list = collector->list;
    struct reference reference = { { group, kind, namespace, name }, optional };
    if (name && *name)
        arena_push(collector->arena, list->items, list->count, list->capacity, reference);
}

static void add_local(struct collector *collector, const char *group, const char *kind,
                      const struct value *holder, const char *key)
{
    bool optional = value_is_true(value_get(holder, "optional"), false);
    add(collector, group, kind, collector->namespace, value_text(value_get(holder, key)), optional);
}

static void add_environment(struct collector *collector, const struct value *container)
{
    const struct value *env = value_get(container, "env"), *from = value_get(container, "envFrom");
    for (size_t i = 0; i < value_count(env); i++) {
        const struct value *source = value_get(value_item(env, i), "valueFrom");
        add_local(collector, "", "ConfigMap", value_get(source, "configMapKeyRef"), "name");
        add_local(collector, "", "Secret", value_get(source, "secretKeyRef"), "name");
    }
    for (size_t i = 0; i < value_count(from); i++) {
        add_local(collector, "", "ConfigMap", value_get(value_item(from, i), "configMapRef"),
                  "name");
        add_local(collector, "", "Secret", value_get(value_item(from, i), "secretRef"), "name");
    }
}

static void add_volume(struct collector *collector, const struct value *volume)
{
    const struct value *sources = value_at(volume, "projected", "sources", NULL);
    add_local(collector, "", "ConfigMap", value_get(volume, "configMap"), "name");
    add_local(collector, "", "Secret", value_get(volume, "secret"), "secretName");
    add_local(collector, "", "PersistentVolumeClaim", value_get(volume, "persistentVolumeClaim"),
              "claimName");
    for (size_t i = 0; i < value_count(sources); i++) {
        add_local(collector, "", "ConfigMap", value_get(value_item(sources, i), "configMap"),
                  "name");
        add_local(collector, "", "Secret", value_get(value_item(sources, i), "secret"), "name");
    }
}

static void add_containers(struct collector *collector, const struct value *containers)
{
    for (size_t i = 0; i < value_count(containers); i++)
        add_environment(collector, value_item(containers, i));
}

static void add_pod(struct collector *collector, const struct value *spec)
{
    const struct value *volumes = value_get(spec, "volumes");
    const struct value *secrets = value_get(spec, "imagePullSecrets");
    add_containers(collector, value_get(spec, "containers"));
    add_containers(collector, value_get(spec, "initContainers"));
    for (size_t i = 0; i < value_count(volumes); i++)
        add_volume(collector, value_item(volumes, i));
    for (size_t i = 0; i < value_count(secrets); i++)
        add_local(collector, "", "Secret", value_item(secrets, i), "name");
    add_local(collector, "", "ServiceAccount", spec, "serviceAccountName");
    add(collector, "scheduling.k8s.io", "PriorityClass", "",
        value_text(value_get(spec, "priorityClassName")), false);
    add(collector, "node.k8s.io", "RuntimeClass", "",
        value_text(value_get(spec, "runtimeClassName")), false);
}

/* A name with its own group and kind: scaleTargetRef, roleRef. */
static void add_typed(struct collector *collector, const struct value *reference,
                      const char *group, const char *namespace)
{
    const char *kind = value_text(value_get(reference, "kind"));
    const char *api_version = value_text(value_get(reference, "apiVersion")), *version;
    if (!kind)
        return;
    if (api_version)
        api_version_split(collector->arena, api_version, &group, &version);
    add(collector, group, kind, namespace, value_text(value_get(reference, "name")), false);
}

static void add_binding(struct collector *collector, const struct value *document)
{
    const struct value *role = value_get(document, "roleRef");
    const struct value *subjects = value_get(document, "subjects");
    const char *kind = value_text(value_get(role, "kind"));
    bool cluster = kind && strcmp(kind, "ClusterRole") == 0;
    add_typed(collector, role, "rbac.authorization.k8s.io", cluster ? "" : collector->namespace);
    for (size_t i = 0; i < value_count(subjects); i++) {
        const struct value *subject = value_item(subjects, i);
        const char *namespace = value_text(value_get(subject, "namespace"));
        const char *subject_kind = value_text(value_get(subject, "kind"));
        if (subject_kind && strcmp(subject_kind, "ServiceAccount") == 0)
            add(collector, "", "ServiceAccount", namespace ? namespace : collector->namespace,
                value_text(value_get(subject, "name")), true);
    }
}

static void add_ingress(struct collector *collector, const struct value *spec)
{
    const struct value *rules = value_get(spec, "rules"), *tls = value_get(spec, "tls");
    add_local(collector, "", "Service", value_at(spec, "defaultBackend", "service", NULL), "name");
    for (size_t i = 0; i < value_count(rules); i++) {
        const struct value *paths = value_at(value_item(rules, i), "http", "paths", NULL);
        for (size_t j = 0; j < value_count(paths); j++)
            add_local(collector, "", "Service",
                      value_at(value_item(paths, j), "backend", "service", NULL), "name");
    }
    for (size_t i = 0; i < value_count(tls); i++) /* often made later, by cert-manager */
        add(collector, "", "Secret", collector->namespace,
            value_text(value_get(value_item(tls, i), "secretName")), true);
    add(collector, "networking.k8s.io", "IngressClass", "",
        value_text(value_get(spec, "ingressClassName")), false);
}

static void add_webhooks(struct collector *collector, const struct value *document)
{
    const struct value *webhooks = value_get(document, "webhooks");
    for (size_t i = 0; i < value_count(webhooks); i++) {
        const struct value *service = value_at(value_item(webhooks, i), "clientConfig", "service",
                                               NULL);
        const char *namespace = value_text(value_get(service, "namespace"));
        if (namespace)
            add(collector, "", "Service", namespace, value_text(value_get(service, "name")), false);
    }
}

void references_of(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct reference_list *ret_references)
{
    struct collector collector = { arena, id->namespace, ret_references };
    const struct value *spec = value_get(document, "spec");
    *ret_references = (struct reference_list){ 0 };
    add(&collector, "", "Namespace", "", id->namespace, false);
    add_pod(&collector, pod_spec(id, document));
    if (strcmp(id->kind, "StatefulSet") == 0)
        add_local(&collector, "", "Service", spec, "serviceName");
    else if (strcmp(id->kind, "HorizontalPodAutoscaler") == 0)
        add_typed(&collector, value_get(spec, "scaleTargetRef"), "apps", id->namespace);
    else if (strcmp(id->kind, "RoleBinding") == 0 || strcmp(id->kind, "ClusterRoleBinding") == 0)
        add_binding(&collector, document);
    else if (strcmp(id->kind, "Ingress") == 0)
        add_ingress(&collector, spec);
    else if (strcmp(id->kind, "PersistentVolumeClaim") == 0)
        add(&collector, "storage.k8s.io", "StorageClass", "",
            value_text(value_get(spec, "storageClassName")), false);
    else if (strcmp(id->group, "admissionregistration.k8s.io") == 0)
        add_webhooks(&collector, document);
    else if (strcmp(id->kind, "APIService") == 0) {
        const char *namespace = value_text_at(spec, "service", "namespace", NULL);
        add(&collector, "", "Service", namespace ? namespace : "",
            value_text_at(spec, "service", "name", NULL), false);
    }
}

/* ---------------------------------------------------------- configuration uses */

static void mark_uses(struct config_use *uses, size_t *count, const struct reference_list *list,
                      bool at_start)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct object_id *id = &list->items[i].id;
        if (strcmp(id->kind, "ConfigMap") == 0 || strcmp(id->kind, "Secret") == 0)
            uses[(*count)++] = (struct config_use){ *id, at_start };
    }
}

size_t config_uses(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct config_use **ret_uses)
{
    struct reference_list started = { 0 }, mounted = { 0 };
    struct collector at_start = { arena, id->namespace, &started };
    struct collector later = { arena, id->namespace, &mounted };
    const struct value *spec = pod_spec(id, document), *volumes = value_get(spec, "volumes");
    size_t count = 0;
    add_containers(&at_start, value_get(spec, "containers"));
    add_containers(&at_start, value_get(spec, "initContainers"));
    for (size_t i = 0; i < value_count(volumes); i++)
        add_volume(&later, value_item(volumes, i));
    *ret_uses = arena_array(arena, started.count + mounted.count, sizeof **ret_uses);
    mark_uses(*ret_uses, &count, &started, true);
    mark_uses(*ret_uses, &count, &mounted, false);
    return count;
}
