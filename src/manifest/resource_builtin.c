/* resource_builtin: see resource_builtin.h. Sorted by group, then kind: it is searched by halves.
 */
#include "manifest/resource_builtin.h"

#include "manifest/shape.h"

#include <stdlib.h>
#include <string.h>

#define IN_NAMESPACE(group, kind, rank)                                                            \
    {                                                                                              \
        group, kind, SCOPE_NAMESPACED, rank, NAME_SUBDOMAIN                                        \
    }
#define IN_CLUSTER(group, kind, rank)                                                              \
    {                                                                                              \
        group, kind, SCOPE_CLUSTER, rank, NAME_SUBDOMAIN                                           \
    }

#define ADMISSION "admissionregistration.k8s.io"
#define RBAC      "rbac.authorization.k8s.io"
#define FLOW      "flowcontrol.apiserver.k8s.io"

static const struct builtin_kind kinds[] = {
    IN_NAMESPACE("", "Binding", RANK_WORKLOAD),
    { "", "ComponentStatus", SCOPE_CLUSTER, RANK_REFERRED, NAME_SEGMENT },
    IN_NAMESPACE("", "ConfigMap", RANK_REFERRED),
    IN_NAMESPACE("", "Endpoints", RANK_REFERRED),
    IN_NAMESPACE("", "Event", RANK_EDGE),
    IN_NAMESPACE("", "LimitRange", RANK_REFERRED),
    { "", "Namespace", SCOPE_CLUSTER, RANK_NAMESPACE, NAME_LABEL },
    IN_CLUSTER("", "Node", RANK_REFERRED),
    IN_CLUSTER("", "PersistentVolume", RANK_REFERRED),
    IN_NAMESPACE("", "PersistentVolumeClaim", RANK_REFERRED),
    IN_NAMESPACE("", "Pod", RANK_WORKLOAD),
    IN_NAMESPACE("", "PodTemplate", RANK_REFERRED),
    IN_NAMESPACE("", "ReplicationController", RANK_WORKLOAD),
    IN_NAMESPACE("", "ResourceQuota", RANK_REFERRED),
    IN_NAMESPACE("", "Secret", RANK_REFERRED),
    { "", "Service", SCOPE_NAMESPACED, RANK_REFERRED, NAME_LABEL },
    IN_NAMESPACE("", "ServiceAccount", RANK_REFERRED),
    IN_CLUSTER(ADMISSION, "MutatingAdmissionPolicy", RANK_WEBHOOK),
    IN_CLUSTER(ADMISSION, "MutatingAdmissionPolicyBinding", RANK_WEBHOOK),
    IN_CLUSTER(ADMISSION, "MutatingWebhookConfiguration", RANK_WEBHOOK),
    IN_CLUSTER(ADMISSION, "ValidatingAdmissionPolicy", RANK_WEBHOOK),
    IN_CLUSTER(ADMISSION, "ValidatingAdmissionPolicyBinding", RANK_WEBHOOK),
    IN_CLUSTER(ADMISSION, "ValidatingWebhookConfiguration", RANK_WEBHOOK),
    IN_CLUSTER("apiextensions.k8s.io", "CustomResourceDefinition", RANK_DEFINITION),
    { "apiregistration.k8s.io", "APIService", SCOPE_CLUSTER, RANK_WEBHOOK, NAME_SEGMENT },
    IN_NAMESPACE("apps", "ControllerRevision", RANK_REFERRED),
    IN_NAMESPACE("apps", "DaemonSet", RANK_WORKLOAD),
    IN_NAMESPACE("apps", "Deployment", RANK_WORKLOAD),
    IN_NAMESPACE("apps", "ReplicaSet", RANK_WORKLOAD),
    IN_NAMESPACE("apps", "StatefulSet", RANK_WORKLOAD),
    IN_CLUSTER("authentication.k8s.io", "SelfSubjectReview", RANK_EDGE),
    IN_CLUSTER("authentication.k8s.io", "TokenRequest", RANK_EDGE),
    IN_CLUSTER("authentication.k8s.io", "TokenReview", RANK_EDGE),
    IN_NAMESPACE("authorization.k8s.io", "LocalSubjectAccessReview", RANK_EDGE),
    IN_CLUSTER("authorization.k8s.io", "SelfSubjectAccessReview", RANK_EDGE),
    IN_CLUSTER("authorization.k8s.io", "SelfSubjectRulesReview", RANK_EDGE),
    IN_CLUSTER("authorization.k8s.io", "SubjectAccessReview", RANK_EDGE),
    IN_NAMESPACE("autoscaling", "HorizontalPodAutoscaler", RANK_EDGE),
    { "batch", "CronJob", SCOPE_NAMESPACED, RANK_WORKLOAD, NAME_CRON_JOB },
    IN_NAMESPACE("batch", "Job", RANK_WORKLOAD),
    { "certificates.k8s.io", "CertificateSigningRequest", SCOPE_CLUSTER, RANK_REFERRED,
      NAME_SEGMENT },
    { "certificates.k8s.io", "ClusterTrustBundle", SCOPE_CLUSTER, RANK_CLASS, NAME_SEGMENT },
    IN_NAMESPACE("certificates.k8s.io", "PodCertificateRequest", RANK_REFERRED),
    IN_NAMESPACE("coordination.k8s.io", "Lease", RANK_REFERRED),
    IN_NAMESPACE("coordination.k8s.io", "LeaseCandidate", RANK_REFERRED),
    IN_NAMESPACE("discovery.k8s.io", "EndpointSlice", RANK_REFERRED),
    IN_NAMESPACE("events.k8s.io", "Event", RANK_EDGE),
    { FLOW, "FlowSchema", SCOPE_CLUSTER, RANK_REFERRED, NAME_SEGMENT },
    { FLOW, "PriorityLevelConfiguration", SCOPE_CLUSTER, RANK_CLASS, NAME_SEGMENT },
    { "internal.apiserver.k8s.io", "StorageVersion", SCOPE_CLUSTER, RANK_REFERRED, NAME_SEGMENT },
    { "networking.k8s.io", "IPAddress", SCOPE_CLUSTER, RANK_REFERRED, NAME_SEGMENT },
    IN_NAMESPACE("networking.k8s.io", "Ingress", RANK_EDGE),
    IN_CLUSTER("networking.k8s.io", "IngressClass", RANK_CLASS),
    IN_NAMESPACE("networking.k8s.io", "NetworkPolicy", RANK_REFERRED),
    IN_CLUSTER("networking.k8s.io", "ServiceCIDR", RANK_CLASS),
    IN_CLUSTER("node.k8s.io", "RuntimeClass", RANK_CLASS),
    IN_NAMESPACE("policy", "PodDisruptionBudget", RANK_EDGE),
    { RBAC, "ClusterRole", SCOPE_CLUSTER, RANK_CLASS, NAME_SEGMENT },
    { RBAC, "ClusterRoleBinding", SCOPE_CLUSTER, RANK_REFERRED, NAME_SEGMENT },
    { RBAC, "Role", SCOPE_NAMESPACED, RANK_REFERRED, NAME_SEGMENT },
    { RBAC, "RoleBinding", SCOPE_NAMESPACED, RANK_REFERRED, NAME_SEGMENT },
    IN_CLUSTER("resource.k8s.io", "DeviceClass", RANK_CLASS),
    IN_CLUSTER("resource.k8s.io", "DeviceTaintRule", RANK_CLASS),
    IN_NAMESPACE("resource.k8s.io", "ResourceClaim", RANK_REFERRED),
    IN_NAMESPACE("resource.k8s.io", "ResourceClaimTemplate", RANK_REFERRED),
    IN_CLUSTER("resource.k8s.io", "ResourceSlice", RANK_REFERRED),
    IN_CLUSTER("scheduling.k8s.io", "PriorityClass", RANK_CLASS),
    IN_NAMESPACE("scheduling.k8s.io", "Workload", RANK_REFERRED),
    IN_CLUSTER("storage.k8s.io", "CSIDriver", RANK_CLASS),
    IN_CLUSTER("storage.k8s.io", "CSINode", RANK_REFERRED),
    IN_NAMESPACE("storage.k8s.io", "CSIStorageCapacity", RANK_REFERRED),
    IN_CLUSTER("storage.k8s.io", "StorageClass", RANK_CLASS),
    IN_CLUSTER("storage.k8s.io", "VolumeAttachment", RANK_REFERRED),
    IN_CLUSTER("storage.k8s.io", "VolumeAttributesClass", RANK_CLASS),
    IN_CLUSTER("storagemigration.k8s.io", "StorageVersionMigration", RANK_EDGE),
};

static int compare(const void *a, const void *b)
{
    const struct builtin_kind *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : strcmp(x->kind, y->kind);
}

const struct builtin_kind *builtin_kind_find(const char *group, const char *kind)
{
    struct builtin_kind wanted = { .group = group, .kind = kind };
    return bsearch(&wanted, kinds, sizeof kinds / sizeof *kinds, sizeof *kinds, compare);
}

const struct builtin_kind *builtin_kinds(size_t *ret_count)
{
    *ret_count = sizeof kinds / sizeof *kinds;
    return kinds;
}

const char *builtin_group_of(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].group;
    return NULL;
}

const char *core_kind_like(const char *word)
{
    const char *names[sizeof kinds / sizeof *kinds];
    size_t count = 0;
    while (count < sizeof kinds / sizeof *kinds && !*kinds[count].group) {
        names[count] = kinds[count].kind;
        count++;
    }
    return suggest(word, names, count);
}

enum scope scope_of_builtin(const char *group, const char *kind)
{
    const struct builtin_kind *found = builtin_kind_find(group, kind);
    return found ? found->scope : SCOPE_UNKNOWN;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

enum rank rank_of(const struct object_id *id)
{
    const struct builtin_kind *found = builtin_kind_find(id->group, id->kind);
    if (found)
        return found->rank;
    return ends_with(id->kind, "Class") ? RANK_CLASS : RANK_WORKLOAD;
}
