/* What a deletion would take with it, deleting, and releasing, on a real cluster. labels: cluster
 * alone
 */
#include "providers/kubernetes/world.h"

#define META(name) "\"metadata\":{\"name\":\"" name "\"}"
#define CM(name)                                                                                   \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"," META(name) ",\"data\":{\"a\":\"1\"}}"

static bool guarded(struct world *world, const struct subject *subject, struct error *err)
{
    return !provider_kubernetes.guard(world->session, world->arena, subject, &world->wait, err);
}

static void refuses(struct world *world, const char *kind, const char *name, const char *why)
{
    struct error error = { 0 };
    if (!guarded(world, world_subject(world, kind, name), &error))
        fail_msg("%s/%s may be deleted; expected: %s", kind, name, why);
    if (error.kind != ERROR_REFUSED || !strstr(error.message, why))
        fail_msg("%s/%s: error %d: %s; expected: %s", kind, name, (int)error.kind, error.message,
                 why);
}

static void cannot_see(struct world *world, const char *kind, const char *name, const char *why)
{
    struct error error = { 0 };
    if (!guarded(world, world_subject(world, kind, name), &error))
        fail_msg("%s/%s may be deleted; expected: %s", kind, name, why);
    if (error.kind != ERROR_UNREACHABLE || !strstr(error.message, why))
        fail_msg("%s/%s: error %d: %s; expected: %s", kind, name, (int)error.kind, error.message,
                 why);
}

static void allows(struct world *world, const char *kind, const char *name)
{
    struct error error = { 0 };
    if (guarded(world, world_subject(world, kind, name), &error))
        fail_msg("%s/%s: %s", kind, name, error.message);
}

/* New runs until one is told that: discovery lags behind. */
static void await_words(struct world *world, const char *kind, const char *name, const char *why)
{
    struct wait wait = wait_for(60 * 1000, NULL);
    struct error error;
    do {
        error = (struct error){ 0 };
        world_again(world);
        look(world, CM("x"));
    } while (
        !(guarded(world, world_subject(world, kind, name), &error) && strstr(error.message, why))
        && wait_sleep(&wait, 200));
}

static void test_data(void **state)
{
    struct world *world = *state;
    apply_all(world, CM("plain"),
              "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\"," META(
                  "data") ",\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"storageClassName\":"
                          "\"none\",\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}",
              "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"keep\","
              "\"annotations\":{\"cmx.dev/prune\":\"disabled\"}}}",
              "{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\"," META(
                  "db") ",\"spec\":{\"replicas\":0,\"serviceName\":\"db\",\"selector\":{"
                        "\"matchLabels\":{\"a\":\"b\"}},\"persistentVolumeClaimRetentionPolicy\":{"
                        "\"whenDeleted\":\"Delete\"},\"volumeClaimTemplates\":[{\"metadata\":{"
                        "\"name\":\"v\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                        "\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}],\"template\":{"
                        "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{"
                        "\"name\":\"c\",\"image\":\"pause:1\"}]}}}}");
    look(world, CM("other"));
    refuses(world, "PersistentVolumeClaim", "data", "data");
    refuses(world, "ConfigMap", "keep", "prune: disabled");
    refuses(world, "StatefulSet", "db", "deletes its claims");
    allows(world, "ConfigMap", "plain");
}

static void test_namespace(void **state)
{
    struct world *world = *state;
    const char *itself = arena_printf(world->arena,
                                      "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":"
                                      "{\"name\":\"%s\"}}",
                                      world->namespace);
    look(world, itself, CM("member"));
    world->subjects[0].live.owner = OWNER_NONE;
    world_apply(world);
    kubectl(world, NULL, "create", "deployment", "theirs", "--image=pause:1", "--replicas=1");
    look(world, CM("x"));
    refuses(world, "Namespace", world->namespace, "theirs, which is not of this set");
    kubectl(world, NULL, "delete", "deployment", "theirs", "--cascade=foreground", "--wait=true");
    look(world, CM("member"));
    refuses(world, "Namespace", world->namespace, "still wanted");
    look(world, CM("x"));
    allows(world, "Namespace", world->namespace);
    kubectl(world, NULL, "annotate", "configmap", "member", "cmx.dev/prune=disabled");
    refuses(world, "Namespace", world->namespace, "prune: disabled");
    kubectl(world, NULL, "annotate", "configmap", "member", "cmx.dev/prune-");
    world_subject(world, "ConfigMap", "member")->leaving = false; /* its folder did not load, say */
    refuses(world, "Namespace", world->namespace, "which this run does not delete");
}

/* The namespace belongs to the set, so that it may be deleted. */
static void take_namespace(struct world *world)
{
    look(world, arena_printf(world->arena,
                             "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":"
                             "{\"name\":\"%s\"}}",
                             world->namespace));
    world->subjects[0].live.owner = OWNER_NONE;
    world_apply(world);
}

/* A group of the API behind a server that does not answer. */
static void make_silent(struct world *world, const char *group, const char *version)
{
    kubectl(world,
            arena_printf(world->arena,
                         "{\"apiVersion\":\"apiregistration.k8s.io/v1\",\"kind\":\"APIService\","
                         "\"metadata\":{\"name\":\"%s.%s\"},\"spec\":{\"group\":\"%s\","
                         "\"version\":\"%s\",\"groupPriorityMinimum\":10,\"versionPriority\":10,"
                         "\"insecureSkipTLSVerify\":true,\"service\":{\"name\":\"none\","
                         "\"namespace\":\"default\"}}}",
                         version, group, group, version),
            "create", "-f", "-");
}

/* What lies behind a server that is down is not known to be gone. */
static void test_stale_group(void **state)
{
    struct world *world = *state;
    take_namespace(world);
    look(world, CM("x"));
    allows(world, "Namespace", world->namespace);
    make_silent(world, "guard-test.example", "v1");
    static const char words[] = "behind the APIService v1.guard-test.example does not answer";
    await_words(world, "Namespace", world->namespace, words);
    cannot_see(world, "Namespace", world->namespace, words);
    kubectl(world, NULL, "delete", "apiservice", "v1.guard-test.example");
}

/* What only measures keeps nothing that could be lost. */
static void test_stale_measurements(void **state)
{
    struct world *world = *state;
    take_namespace(world);
    make_silent(world, "custom.metrics.k8s.io", "v1beta2");
    kubectl(world, NULL, "wait", "--for=condition=Available=false", "--timeout=20s",
            "apiservice/v1beta2.custom.metrics.k8s.io");
    look(world, CM("x"));
    allows(world, "Namespace", world->namespace);
    kubectl(world, NULL, "delete", "apiservice", "v1beta2.custom.metrics.k8s.io");
}

static void test_definition(void **state)
{
    struct world *world = *state;
    static const char definition[] =
        "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
        "\"metadata\":{\"name\":\"guards.obs.example.com\"},\"spec\":{\"group\":"
        "\"obs.example.com\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"guards\",\"kind\":"
        "\"Guard\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{"
        "\"openAPIV3Schema\":{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true}}"
        "}]}}";
    apply_all(world, definition);
    kubectl_soon(world, "get", "guards.obs.example.com");
    world_again(world);
    look(world, CM("x"));
    allows(world, "CustomResourceDefinition", "guards.obs.example.com");
    kubectl(world,
            "{\"apiVersion\":\"obs.example.com/v1\",\"kind\":\"Guard\",\"metadata\":{\"name\":"
            "\"one\"}}",
            "create", "-f", "-");
    refuses(world, "CustomResourceDefinition", "guards.obs.example.com", "one is of that kind");
    struct object_id one = { "obs.example.com", "Guard", world->namespace, "one" };
    world_remember(world, &one);
    look(world, CM("x"));
    allows(world, "CustomResourceDefinition",
           "guards.obs.example.com"); /* it goes in the same run */
    world_subject(world, "Guard", "one")->leaving = false;
    refuses(world, "CustomResourceDefinition", "guards.obs.example.com", "one is of that kind");
    kubectl(world, NULL, "patch", "crd", "guards.obs.example.com", "--type=json",
            "-p=[{\"op\":\"replace\",\"path\":\"/spec/versions/0/served\",\"value\":false}]");
    await_words(world, "CustomResourceDefinition", "guards.obs.example.com", "of kind Guard");
    cannot_see(world, "CustomResourceDefinition", "guards.obs.example.com", "of kind Guard");
    kubectl(world, NULL, "delete", "crd", "guards.obs.example.com");
}

/* An object that says that `owner` (a ConfigMap) owns it. */
static void make_owned(struct world *world, const char *type, const char *name, const char *owner,
                       const char *rest)
{
    const char *uid =
        kubectl(world, NULL, "get", "configmap", owner, "-o", "jsonpath={.metadata.uid}");
    kubectl(world,
            arena_printf(world->arena,
                         "{\"apiVersion\":\"v1\",\"kind\":\"%s\",\"metadata\":{\"name\":\"%s\","
                         "\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
                         "\"name\":\"%s\",\"uid\":\"%s\"}]}%s}",
                         type, name, owner, uid, rest),
            "create", "-f", "-");
}

/* Looks anew, with nothing remembered of what belonged to whom. */
static void look_again(struct world *world)
{
    world_again(world);
    look(world, CM("x"));
}

static void test_dependents(void **state)
{
    static const char claim[] = ",\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                                "\"storageClassName\":\"none\",\"resources\":{\"requests\":{"
                                "\"storage\":\"1Gi\"}}}";
    struct world *world = *state;
    apply_all(world, CM("owner"), CM("other"));
    make_owned(world, "ConfigMap", "middle", "owner", "");
    look_again(world);
    allows(world, "ConfigMap", "owner");
    make_owned(world, "ConfigMap", "kept", "middle", "");
    kubectl(world, NULL, "annotate", "configmap", "kept", "cmx.dev/prune=disabled");
    look_again(world);
    refuses(world, "ConfigMap", "owner",
            "/kept would go with it, which says cmx.dev/prune: disabled");
    allows(world, "ConfigMap", "other");
    kubectl(world, NULL, "annotate", "configmap", "kept", "cmx.dev/prune-");
    make_owned(world, "PersistentVolumeClaim", "data", "middle", claim);
    look_again(world);
    refuses(world, "ConfigMap", "owner", "/data and its data would go with it");
    kubectl(world, NULL, "delete", "pvc", "data");
    look_again(world);
    allows(world, "ConfigMap", "owner");
}

static void test_remove(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    apply_all(world, CM("gone"));
    look(world, CM("x"));
    struct subject *subject = world_subject(world, "ConfigMap", "gone");
    must(provider_kubernetes.remove(world->session, world->arena, subject, &world->wait, &error),
         error);
    must(provider_kubernetes.remove(world->session, world->arena, subject, &world->wait, &error),
         error); /* gone already is done */
    look(world, CM("x"));
    assert_int_equal(world_subject(world, "ConfigMap", "gone")->live.state, LIVE_ABSENT);
}

static void test_release(void **state)
{
    struct world *world = *state;
    struct error error = { 0 };
    static const char text[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"free\",\"labels\":"
        "{\"a\":\"b\"},\"annotations\":{\"cmx.dev/wait\":\"false\",\"x\":\"y\"}},\"data\":{\"a\":"
        "\"1\"}}";
    apply_all(world, text);
    look(world, text);
    must(provider_kubernetes.release(world->session, world->arena, &world->subjects[0],
                                     &world->wait, &error),
         error);
    live_is(world, "configmap/free", ".metadata.labels", "{\"a\":\"b\"}");
    live_is(world, "configmap/free", ".metadata.annotations", "{\"x\":\"y\"}");
    live_is(world, "configmap/free", ".metadata.managedFields", "");
    live_is(world, "configmap/free", ".data.a", "1");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_data, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_namespace, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_stale_group, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_stale_measurements, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_definition, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_dependents, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_remove, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_release, world_setup, world_teardown),
};

WORLD_MAIN(tests)
