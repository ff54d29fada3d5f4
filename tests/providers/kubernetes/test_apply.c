/*
 * Applying to a real cluster: every trap of server-side apply that was ever
 * stepped into. labels: cluster
 * timeout: 300
 */
#include "providers/kubernetes/world.h"

#define META(name) "\"metadata\":{\"name\":\"" name "\"}"
#define CM(name, data)                                                                             \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"," META(name) ",\"data\":" data "}"
#define WEB(metadata, replicas, container)                                                         \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"" metadata  \
    "},\"spec\":{" replicas "\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{"          \
    "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"nodeSelector\":{\"no\":\"where\"},"       \
    "\"containers\":[{\"name\":\"c\",\"image\":\"pause:1\"" container "}]}}}}"
#define HPA                                                                                        \
    "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\"," META(               \
        "web") ",\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/"                             \
               "v1\",\"kind\":\"Deployment\","                                                     \
               "\"name\":\"web\"},\"minReplicas\":1,\"maxReplicas\":40}}"

static void expect_error(const struct error *error, enum error_kind kind, const char *text)
{
    if (error->kind != kind || !strstr(error->message, text))
        fail_msg("error %d, \"%s\"; wanted %d with \"%s\"", (int)error->kind, error->message,
                 (int)kind, text);
}

static void predicted(struct world *world, const char *kind, const char *name,
                      enum prediction_kind wanted)
{
    struct prediction got = world_predict(world, world_subject(world, kind, name));
    if (got.kind != wanted)
        fail_msg("%s/%s: prediction %d, not %d (%s)", kind, name, (int)got.kind, (int)wanted,
                 got.why ? got.why : "");
}

static void all_same(struct world *world)
{
    for (size_t i = 0; i < world->count; i++)
        if (world->subjects[i].live.state != LIVE_SAME
            && world_predict(world, &world->subjects[i]).kind != PREDICT_SAME)
            fail_msg("%s/%s would change again", world->subjects[i].id.kind,
                     world->subjects[i].id.name);
}

/* SSA has no "must not exist": a create that meets somebody's object is found out and undone. */
static void test_create_meets_object(void **state)
{
    struct world *world = *state;
    struct outcome outcome;
    struct error error = { 0 };
    look(world, CM("met", "{\"ours\":\"1\"}"));
    kubectl(world, NULL, "create", "configmap", "met", "--from-literal=theirs=1");
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    expect_error(&error, ERROR_CONFLICT, "made by somebody else");
    live_is(world, "configmap/met", ".data", "{\"theirs\":\"1\"}");
    live_is(world, "configmap/met", ".metadata.labels", "");
}

static void test_replaced_meanwhile(void **state)
{
    struct world *world = *state;
    struct outcome outcome;
    struct error error = { 0 };
    apply_all(world, CM("again", "{\"a\":\"1\"}"));
    look(world, CM("again", "{\"a\":\"2\"}"));
    kubectl(world, NULL, "delete", "configmap", "again");
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    expect_error(&error, ERROR_CONFLICT, "run again");
    kubectl(world, NULL, "create", "configmap", "again");
    error = (struct error){ 0 };
    predicted(world, "ConfigMap", "again", PREDICT_FAILED);
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    expect_error(&error, ERROR_CONFLICT, "run again");
    error = (struct error){ 0 };
    assert_false(provider_kubernetes.remove(world->session, world->arena, &world->subjects[0],
                                            &world->wait, &error));
    expect_error(&error, ERROR_CONFLICT, "another object");
}

/* A field removed from the manifest goes; what kubectl's client-side apply left behind goes too. */
static void test_takeover(void **state)
{
    struct world *world = *state;
    kubectl(world, CM("csa", "{\"a\":\"1\",\"old\":\"1\"}"), "apply", "-f", "-");
    look(world, CM("csa", "{\"a\":\"1\"}"));
    struct prediction prediction = world_predict(world, &world->subjects[0]);
    assert_int_equal(prediction.kind, PREDICT_CHANGE);
    assert_null(value_at(prediction.after, "data", "old", NULL));
    assert_null(value_at(prediction.after, "metadata", "labels", NULL));
    world_apply(world);
    live_is(world, "configmap/csa", ".data", "{\"a\":\"1\"}");
    live_is(world, "configmap/csa", ".metadata.managedFields[*].manager", "cmx-reconcile");
    look(world, CM("csa", "{\"a\":\"1\"}"));
    assert_int_equal(world->subjects[0].live.state, LIVE_SAME);
}

static void test_takeover_changes_nothing(void **state)
{
    struct world *world = *state;
    kubectl(world, WEB("", "\"replicas\":1,", ""), "apply", "-f", "-");
    look(world, WEB("", "\"replicas\":1,", ""));
    predicted(world, "Deployment", "web", PREDICT_SAME);
    world_apply(world);
    live_is(world, "deployment/web", ".metadata.annotations.deployment\\.kubernetes\\.io/revision",
            "1");
}

/* kubectl edit holds our field: drift, overwritten. Another's Apply: a conflict, until forced. */
static void test_conflicts(void **state)
{
    struct world *world = *state;
    struct outcome outcome;
    struct error error = { 0 };
    apply_all(world, CM("c", "{\"a\":\"1\"}"));
    kubectl(world, CM("c", "{\"a\":\"9\"}"), "apply", "--server-side", "--force-conflicts",
            "--field-manager=other", "-f", "-");
    look(world, CM("c", "{\"a\":\"1\"}"));
    struct prediction prediction = world_predict(world, &world->subjects[0]);
    assert_int_equal(prediction.kind, PREDICT_CONFLICT);
    assert_string_equal(prediction.holder, "other");
    assert_string_equal(prediction.field, "data.a");
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    expect_error(&error, ERROR_CONFLICT, "--force-conflicts");
    live_is(world, "configmap/c", ".data.a", "9");
    world->target.force_conflicts = true;
    predicted(world, "ConfigMap", "c", PREDICT_CHANGE);
    world_apply(world);
    live_is(world, "configmap/c", ".data.a", "1");
}

/* A controller's Update holds the field: it is left to it, and the rest is applied. */
static void test_controller_holds(void **state)
{
    struct world *world = *state;
    apply_all(world, CM("ctl", "{\"a\":\"1\",\"b\":\"1\"}"));
    kubectl(world, NULL, "patch", "configmap", "ctl", "--field-manager=some-controller", "-p",
            "{\"data\":{\"a\":\"7\"}}");
    apply_all(world, CM("ctl", "{\"a\":\"1\",\"b\":\"2\"}"));
    live_is(world, "configmap/ctl", ".data", "{\"a\":\"7\",\"b\":\"2\"}");
    look(world, CM("ctl", "{\"a\":\"1\",\"b\":\"2\"}"));
    all_same(world);
    assert_int_equal(world->subjects[0].live.foreign_fields, 1);
}

/* An HPA comes in the commit that drops replicas: nothing moves, nor does it later. */
static void test_autoscaler_added(void **state)
{
    struct world *world = *state;
    apply_all(world, WEB("", "\"replicas\":30,", ""));
    live_is(world, "deployment/web", ".spec.replicas", "30");
    look(world, WEB("", "", ",\"tty\":true"), HPA);
    struct prediction prediction = world_predict(world, world_subject(world, "Deployment", "web"));
    assert_int_equal(prediction.kind, PREDICT_CHANGE);
    assert_null(value_at(prediction.after, "spec", "replicas", NULL));
    world_apply(world);
    live_is(world, "deployment/web", ".spec.replicas", "30");
    look(world, WEB("", "", ",\"tty\":true"), HPA);
    all_same(world);
    kubectl(world, NULL, "scale", "deployment/web", "--replicas=12");
    apply_all(world, WEB("", "", ",\"tty\":false"), HPA);
    live_is(world, "deployment/web", ".spec.replicas", "12");
}

/* The autoscaler is live and of somebody else. */
static void test_live_autoscaler(void **state)
{
    struct world *world = *state;
    apply_all(world, WEB("", "\"replicas\":5,", ""));
    kubectl(world, HPA, "apply", "-f", "-");
    apply_all(world, WEB("", "", ",\"tty\":true"));
    live_is(world, "deployment/web", ".spec.replicas", "5");
}

/* Without an autoscaler a field that is left out goes back to its default, as kubectl does it. */
static void test_left_out(void **state)
{
    struct world *world = *state;
    apply_all(world, WEB("", "\"replicas\":0,", ""));
    look(world, WEB("", "", ""));
    struct prediction prediction = world_predict(world, &world->subjects[0]);
    assert_int_equal(prediction.kind, PREDICT_CHANGE);
    assert_int_equal(value_int(value_at(prediction.after, "spec", "replicas", NULL), -1), 1);
}

#define IGNORE ",\"annotations\":{\"cmx.dev/ignore\":"
#define RULE   IGNORE "\"/spec/template/spec/containers/0/resources/limits,/spec/replicas\"}"
#define LIMITS ",\"resources\":{\"limits\":{\"cpu\":\"2\"},\"requests\":{\"cpu\":\"1\"}}"

/* An ignore rule is added on a live field: nothing moves, in the diff and in the apply. */
static void test_ignore(void **state)
{
    struct world *world = *state;
    apply_all(world, WEB("", "\"replicas\":3,", LIMITS));
    look(world, WEB(RULE, "", ",\"resources\":{\"requests\":{\"cpu\":\"1\"}}"));
    struct prediction prediction = world_predict(world, &world->subjects[0]);
    assert_int_equal(prediction.kind, PREDICT_CHANGE); /* the annotation itself */
    world_apply(world);
    live_is(world, "deployment/web", ".spec.replicas", "3");
    live_is(world, "deployment/web", ".spec.template.spec.containers[0].resources.limits.cpu", "2");
    live_is(world, "deployment/web", ".metadata.annotations.deployment\\.kubernetes\\.io/revision",
            "1");
    kubectl(world, NULL, "set", "resources", "deployment/web", "--limits=cpu=4");
    look(world, WEB(RULE, "", ",\"resources\":{\"requests\":{\"cpu\":\"1\"}}"));
    all_same(world);
    live_is(world, "deployment/web", ".spec.template.spec.containers[0].resources.limits.cpu", "4");
}

static void test_immutable(void **state)
{
    struct world *world = *state;
    struct outcome outcome;
    struct error error = { 0 };
    apply_all(world, WEB("", "\"replicas\":0,", ""));
    look(world, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"," META(
                    "web") ",\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"x\":\"y\"}},"
                           "\"template\":{\"metadata\":{\"labels\":{\"x\":\"y\"}},\"spec\":{"
                           "\"containers\":["
                           "{\"name\":\"c\",\"image\":\"pause:1\"}]}}}}");
    struct prediction prediction = world_predict(world, &world->subjects[0]);
    assert_int_equal(prediction.kind, PREDICT_IMMUTABLE);
    assert_string_equal(prediction.field, "spec.selector");
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    expect_error(&error, ERROR_INVALID, "spec.selector cannot be changed in place");
    look(world, WEB("", "\"replicas\":-1,", ""));
    predicted(world, "Deployment", "web", PREDICT_REFUSED);
    look(world, WEB("", "\"replicaz\":1,", ""));
    predicted(world, "Deployment", "web", PREDICT_REFUSED);
}

#define SECRET(value)                                                                              \
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\"," META("s") ",\"immutable\":true,\"data\":"        \
                                                            "{\"password\":\"" value "\"}}"

/* What the server says about a Secret holds no value of it. */
static void test_secret_error(void **state)
{
    struct world *world = *state;
    struct outcome outcome;
    struct error error = { 0 };
    apply_all(world, SECRET("aHVudGVyMmh1bnRlcjI="));
    look(world, SECRET("c2VjcmV0c2VjcmV0LTI="));
    assert_false(world_try_apply(world, &world->subjects[0], &outcome, &error));
    assert_null(strstr(error.message, "c2VjcmV0"));
    assert_null(strstr(error.message, "hunter2"));
    expect_error(&error, ERROR_INVALID, "data cannot be changed in place");
}

/* A namespace and a CRD of the same commit: unknown until they are there. */
static void test_later(void **state)
{
    struct world *world = *state;
    static const char definition[] =
        "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
        "\"metadata\":{\"name\":\"laters.obs.example.com\"},\"spec\":{\"group\":"
        "\"obs.example.com\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"laters\",\"kind\":"
        "\"Later\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{"
        "\"openAPIV3Schema\":{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true}}"
        "}]}}";
    static const char object[] = "{\"apiVersion\":\"obs.example.com/v1\",\"kind\":\"Later\"," META(
        "x") ",\"spec\":{\"a\":1}}";
    look(world, definition, object);
    predicted(world, "CustomResourceDefinition", "laters.obs.example.com", PREDICT_CREATE);
    struct prediction prediction = world_predict(world, world_subject(world, "Later", "x"));
    assert_int_equal(prediction.kind, PREDICT_LATER);
    assert_non_null(strstr(prediction.until, "laters.obs.example.com"));
    struct error error = { 0 };
    struct record record = { .exists = false };
    must(provider_kubernetes.record_read(world->session, world->arena, &record, &world->wait,
                                         &error),
         error);
    must(provider_kubernetes.record_lock(world->session, 1000, NULL, NULL, NULL, &world->wait,
                                         &error),
         error);
    world_apply(world); /* discovery lags behind the CRD */
    kubectl_soon(world, "get", "laters.obs.example.com", "x");
    world_again(world);
    look(world, definition, object);
    all_same(world);
    kubectl(world, NULL, "delete", "crd", "laters.obs.example.com");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_create_meets_object, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_replaced_meanwhile, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_takeover, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_takeover_changes_nothing, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_conflicts, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_controller_holds, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_autoscaler_added, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_live_autoscaler, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_left_out, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_ignore, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_immutable, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_secret_error, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_later, world_setup, world_teardown),
};

WORLD_MAIN(tests)
