/*
 * references: what documents mention, a function a kind, one table at the end.
 * Pod templates are in references_pod.c; edges.c makes edges of all this.
 */
#include "manifest/references.h"

#include "manifest/references_pod.h"

#include <string.h>

typedef void mention_kind(struct mentions *mentions, const struct value *document);

#define RBAC      "rbac.authorization.k8s.io"
#define ADMISSION "admissionregistration.k8s.io"
#define GATEWAY   "gateway.networking.k8s.io"

/* The group of an "apiVersion" member. */
static const char *group_of(struct arena *arena, const struct value *reference)
{
    const char *group = "", *version;
    const char *text = value_text(value_get(reference, "apiVersion"));
    if (text)
        api_version_split(arena, text, &group, &version);
    return group;
}

/* A text member, or what it is when it is not there. */
static const char *text_or(const struct value *map, const char *key, const char *otherwise)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : otherwise;
}

static void of_stateful_set(struct mentions *mentions, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *claims = value_get(spec, "volumeClaimTemplates");
    mention(mentions, "", "Service", mentions->namespace,
            value_text(value_get(spec, "serviceName")), false);
    for (size_t i = 0; value_item(claims, i); i++)
        mention(mentions, "storage.k8s.io", "StorageClass", "",
                value_text_at(value_item(claims, i), "spec", "storageClassName", NULL), false);
}

static void of_autoscaler(struct mentions *mentions, const struct value *document)
{
    const struct value *target = value_at(document, "spec", "scaleTargetRef", NULL);
    const char *kind = value_text(value_get(target, "kind"));
    if (kind)
        mention(mentions, group_of(mentions->arena, target), kind, mentions->namespace,
                value_text(value_get(target, "name")), false);
}

static void of_backend(struct mentions *mentions, const struct value *backend)
{
    mention(mentions, "", "Service", mentions->namespace,
            value_text_at(backend, "service", "name", NULL), false);
}

static void of_ingress(struct mentions *mentions, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *rules = value_get(spec, "rules"), *tls = value_get(spec, "tls");
    of_backend(mentions, value_get(spec, "defaultBackend"));
    for (size_t i = 0; value_item(rules, i); i++) {
        const struct value *paths = value_at(value_item(rules, i), "http", "paths", NULL);
        for (size_t j = 0; value_item(paths, j); j++)
            of_backend(mentions, value_get(value_item(paths, j), "backend"));
    }
    for (size_t i = 0; value_item(tls, i); i++)
        mention(mentions, "", "Secret", mentions->namespace,
                value_text(value_get(value_item(tls, i), "secretName")), false);
    mention(mentions, "networking.k8s.io", "IngressClass", "",
            value_text(value_get(spec, "ingressClassName")), false);
}

static void of_binding(struct mentions *mentions, const struct value *document)
{
    const struct value *role = value_get(document, "roleRef");
    const struct value *subjects = value_get(document, "subjects");
    const char *kind = text_or(role, "kind", "");
    mention(mentions, RBAC, kind, strcmp(kind, "Role") == 0 ? mentions->namespace : "",
            value_text(value_get(role, "name")), false);
    for (size_t i = 0; value_item(subjects, i); i++) {
        const struct value *subject = value_item(subjects, i);
        if (strcmp(text_or(subject, "kind", ""), "ServiceAccount") == 0)
            mention(mentions, "", "ServiceAccount",
                    text_or(subject, "namespace", mentions->namespace),
                    value_text(value_get(subject, "name")), true);
    }
}

static void of_claim(struct mentions *mentions, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    mention(mentions, "storage.k8s.io", "StorageClass", "",
            value_text(value_get(spec, "storageClassName")), false);
    mention(mentions, "storage.k8s.io", "VolumeAttributesClass", "",
            value_text(value_get(spec, "volumeAttributesClassName")), false);
    mention(mentions, "", "PersistentVolume", "", value_text(value_get(spec, "volumeName")), false);
}

static void of_volume(struct mentions *mentions, const struct value *document)
{
    mention(mentions, "storage.k8s.io", "StorageClass", "",
            value_text_at(document, "spec", "storageClassName", NULL), false);
}

static void of_account(struct mentions *mentions, const struct value *document)
{
    static const char *const lists[] = { "imagePullSecrets", "secrets" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *list = value_get(document, lists[i]);
        for (size_t j = 0; value_item(list, j); j++)
            mention(mentions, "", "Secret", mentions->namespace,
                    value_text(value_get(value_item(list, j), "name")), true);
    }
}

/* The token controller deletes a token whose account is not there (yet). */
static void of_secret(struct mentions *mentions, const struct value *document)
{
    if (strcmp(text_or(document, "type", ""), "kubernetes.io/service-account-token") == 0)
        mention(mentions, "", "ServiceAccount", mentions->namespace,
                value_text_at(document, "metadata", "annotations",
                              "kubernetes.io/service-account.name", NULL),
                false);
}

static void of_service_client(struct mentions *mentions, const struct value *service)
{
    mention(mentions, "", "Service", value_text(value_get(service, "namespace")),
            value_text(value_get(service, "name")), false);
}

static void of_webhooks(struct mentions *mentions, const struct value *document)
{
    const struct value *webhooks = value_get(document, "webhooks");
    for (size_t i = 0; value_item(webhooks, i); i++)
        of_service_client(mentions,
                          value_at(value_item(webhooks, i), "clientConfig", "service", NULL));
}

static void of_api_service(struct mentions *mentions, const struct value *document)
{
    of_service_client(mentions, value_at(document, "spec", "service", NULL));
}

static void of_validating_binding(struct mentions *mentions, const struct value *document)
{
    mention(mentions, ADMISSION, "ValidatingAdmissionPolicy", "",
            value_text_at(document, "spec", "policyName", NULL), false);
}

static void of_mutating_binding(struct mentions *mentions, const struct value *document)
{
    mention(mentions, ADMISSION, "MutatingAdmissionPolicy", "",
            value_text_at(document, "spec", "policyName", NULL), false);
}

/* References of the Gateway API: group, kind and namespace have defaults. */
static void of_gateway_references(struct mentions *mentions, const struct value *list,
                                  const char *group, const char *kind)
{
    for (size_t i = 0; value_item(list, i); i++) {
        const struct value *reference = value_item(list, i);
        mention(mentions, text_or(reference, "group", group), text_or(reference, "kind", kind),
                text_or(reference, "namespace", mentions->namespace),
                value_text(value_get(reference, "name")), false);
    }
}

static void of_gateway_kind(struct mentions *mentions, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *rules = value_get(spec, "rules"), *listeners = value_get(spec, "listeners");
    mention(mentions, GATEWAY, "GatewayClass", "", value_text(value_get(spec, "gatewayClassName")),
            false);
    of_gateway_references(mentions, value_get(spec, "parentRefs"), GATEWAY, "Gateway");
    for (size_t i = 0; value_item(rules, i); i++)
        of_gateway_references(mentions, value_get(value_item(rules, i), "backendRefs"), "",
                              "Service");
    for (size_t i = 0; value_item(listeners, i); i++)
        of_gateway_references(mentions,
                              value_at(value_item(listeners, i), "tls", "certificateRefs", NULL),
                              "", "Secret");
}

static const struct {
    const char *group;
    const char *kind; /* NULL: every kind of the group */
    mention_kind *mention;
} kinds[] = {
    { "", "PersistentVolume", of_volume },
    { "", "PersistentVolumeClaim", of_claim },
    { "", "Secret", of_secret },
    { "", "ServiceAccount", of_account },
    { ADMISSION, "MutatingAdmissionPolicyBinding", of_mutating_binding },
    { ADMISSION, "MutatingWebhookConfiguration", of_webhooks },
    { ADMISSION, "ValidatingAdmissionPolicyBinding", of_validating_binding },
    { ADMISSION, "ValidatingWebhookConfiguration", of_webhooks },
    { "apiregistration.k8s.io", "APIService", of_api_service },
    { "apps", "StatefulSet", of_stateful_set },
    { "autoscaling", "HorizontalPodAutoscaler", of_autoscaler },
    { GATEWAY, NULL, of_gateway_kind },
    { "networking.k8s.io", "Ingress", of_ingress },
    { RBAC, "ClusterRoleBinding", of_binding },
    { RBAC, "RoleBinding", of_binding },
};

void references_of(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct reference_list *ret_references)
{
    struct mentions mentions = { arena, ret_references, id->namespace };
    *ret_references = (struct reference_list){ 0 };
    mention(&mentions, "", "Namespace", "", id->namespace, false);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].group, id->group) == 0
            && (!kinds[i].kind || strcmp(kinds[i].kind, id->kind) == 0))
            kinds[i].mention(&mentions, document);
    const struct value *template = pod_template(id, document);
    if (template)
        mention_pod(&mentions, template);
}
