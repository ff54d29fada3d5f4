/*
 * value_key: keys that stand in most documents are kept once; see value.h.
 *
 * A set of 20 000 objects has 300 000 keys, of which a hundred are different.
 */
#include "manifest/value.h"

#include <string.h>

static const char *const KEYS_1[] = { ".", NULL };
static const char *const KEYS_3[] = { "app", "cpu", "env", "key", "tls", "uid", NULL };
static const char *const KEYS_4[] = { "args", "data", "host", "http", "kind", "mode", "name",
                                      "path", "port", "spec", "tier", "time", "type", NULL };
static const char *const KEYS_5[] = { "f:app", "f:cpu", "f:env", "group", "hosts", "image", "items",
                                      "ports", "ready", "roles", "rules", "value", "verbs", NULL };
static const char *const KEYS_6[] = { "f:data", "f:kind", "f:name", "f:port", "f:spec",
                                      "f:type", "labels", "limits", "memory", "number",
                                      "reason", "secret", "status", NULL };
static const char *const KEYS_7[] = { "backend", "command", "envFrom", "f:image",
                                      "f:ports", "httpGet", "manager", "message",
                                      "roleRef", "service", "volumes", NULL };
static const char *const KEYS_8[] = { "apiGroup", "f:labels", "f:limits", "f:memory", "f:status",
                                      "fieldsV1", "maxSurge", "metadata", "nodePort", "pathType",
                                      "protocol", "readOnly", "replicas", "requests", "selector",
                                      "strategy", "subjects", "template", NULL };
static const char *const KEYS_9[] = { "apiGroups", "clusterIP", "configMap", "dnsPolicy",
                                      "f:envFrom", "mountPath", "namespace", "operation",
                                      "resources", "runAsUser", "secretRef", "valueFrom",
                                      NULL };
static const char *const KEYS_10[] = { "apiVersion", "clusterIPs", "conditions", "containers",
                                       "controller", "f:metadata", "f:protocol", "f:replicas",
                                       "f:requests", "f:selector", "f:strategy", "f:template",
                                       "fieldsType", "generation", "ipFamilies", "secretName",
                                       "targetPort", NULL };
static const char *const KEYS_11[] = { "annotations", "f:resources", "matchLabels", NULL };
static const char *const KEYS_12[] = {
    "capabilities", "configMapRef", "f:conditions", "f:containers", "f:targetPort",
    "runAsNonRoot", "secretKeyRef", "startupProbe", "volumeMounts", NULL
};
static const char *const KEYS_13[] = { "containerPort", "f:annotations", "livenessProbe",
                                       "managedFields", "periodSeconds", "restartPolicy",
                                       "rollingUpdate", "schedulerName", NULL };
static const char *const KEYS_14[] = { "ipFamilyPolicy",
                                       "lastUpdateTime",
                                       "maxUnavailable",
                                       "readinessProbe",
                                       "serviceAccount",
                                       "timeoutSeconds",
                                       NULL };
static const char *const KEYS_15[] = { "configMapKeyRef", "f:containerPort",
                                       "imagePullPolicy", "ownerReferences",
                                       "resourceVersion", "securityContext",
                                       "sessionAffinity", NULL };
static const char *const KEYS_17[] = { "creationTimestamp", NULL };
static const char *const KEYS_18[] = { "blockOwnerDeletion", "lastTransitionTime",
                                       "observedGeneration", "serviceAccountName", NULL };
static const char *const KEYS_19[] = { "initialDelaySeconds", NULL };
static const char *const KEYS_20[] = { "f:serviceAccountName", "revisionHistoryLimit", NULL };
static const char *const KEYS_21[] = { "internalTrafficPolicy", NULL };
static const char *const KEYS_22[] = { "app.kubernetes.io/name", "terminationMessagePath", NULL };
static const char *const KEYS_23[] = { "progressDeadlineSeconds", NULL };
static const char *const KEYS_24[] = { "terminationMessagePolicy", NULL };
static const char *const KEYS_25[] = { "app.kubernetes.io/part-of", "app.kubernetes.io/version",
                                       NULL };
static const char *const KEYS_26[] = { "app.kubernetes.io/instance", NULL };
static const char *const KEYS_27[] = { "app.kubernetes.io/component", NULL };
static const char *const KEYS_28[] = { "app.kubernetes.io/managed-by", NULL };
static const char *const KEYS_29[] = { "terminationGracePeriodSeconds", NULL };
static const char *const KEYS_30[] = { "applyset.kubernetes.io/part-of", NULL };
static const char *const KEYS_32[] = { "f:applyset.kubernetes.io/part-of", NULL };

static const char *const *const BY_LENGTH[] = {
    [1] = KEYS_1,   [3] = KEYS_3,   [4] = KEYS_4,   [5] = KEYS_5,   [6] = KEYS_6,   [7] = KEYS_7,
    [8] = KEYS_8,   [9] = KEYS_9,   [10] = KEYS_10, [11] = KEYS_11, [12] = KEYS_12, [13] = KEYS_13,
    [14] = KEYS_14, [15] = KEYS_15, [17] = KEYS_17, [18] = KEYS_18, [19] = KEYS_19, [20] = KEYS_20,
    [21] = KEYS_21, [22] = KEYS_22, [23] = KEYS_23, [24] = KEYS_24, [25] = KEYS_25, [26] = KEYS_26,
    [27] = KEYS_27, [28] = KEYS_28, [29] = KEYS_29, [30] = KEYS_30, [32] = KEYS_32,
};

const char *value_key(struct arena *arena, const char *data, size_t length)
{
    const char *const *key =
        length < sizeof BY_LENGTH / sizeof *BY_LENGTH ? BY_LENGTH[length] : NULL;
    for (; key && *key; key++)
        if (**key == *data && memcmp(*key, data, length) == 0)
            return *key;
    return arena_memdup(arena, data, length);
}
