/* Looking at a real cluster. labels: cluster */
#include "providers/kubernetes/world.h"

#define CM(name, value)                                                                            \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name                 \
    "\"},\"data\":{\"a\":\"" value "\"}}"
#define DEPLOYMENT                                                                                 \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"},"         \
    "\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{"         \
    "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\","           \
    "\"image\":\"pause:1\",\"ports\":[{\"containerPort\":80}]}]}}}}"
#define SERVICE                                                                                    \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\"},\"spec\":{"       \
    "\"selector\":{\"a\":\"b\"},\"ports\":[{\"port\":80}]}}"

static void state_is(struct world *world, const char *kind, const char *name, enum live_state state)
{
    struct subject *subject = world_subject(world, kind, name);
    if (subject->live.state != state)
        fail_msg("%s/%s: state %d, not %d (%s)", kind, name, (int)subject->live.state, (int)state,
                 subject->live.why ? subject->live.why : "");
}

/* Law: what was applied is the same at the second look, with nothing kept of it. */
static void test_second_look(void **state)
{
    struct world *world = *state;
    look(world, CM("one", "1"), DEPLOYMENT, SERVICE);
    state_is(world, "ConfigMap", "one", LIVE_ABSENT);
    world_apply(world);
    look(world, CM("one", "1"), DEPLOYMENT, SERVICE);
    state_is(world, "ConfigMap", "one", LIVE_SAME);
    state_is(world, "Deployment", "web", LIVE_SAME);
    state_is(world, "Service", "web", LIVE_SAME);
    struct subject *subject = world_subject(world, "Deployment", "web");
    assert_null(subject->live.document);
    assert_int_equal(subject->live.owner, OWNER_SELF);
    assert_int_equal(subject->live.foreign_fields, 0);
    look(world, CM("one", "2"), DEPLOYMENT, SERVICE);
    state_is(world, "ConfigMap", "one", LIVE_DIFFERENT);
}

static void test_lost_label(void **state)
{
    struct world *world = *state;
    apply_all(world, CM("lost", "1"));
    kubectl(world, NULL, "label", "configmap", "lost", "applyset.kubernetes.io/part-of-");
    look(world, CM("lost", "1"));
    state_is(world, "ConfigMap", "lost", LIVE_DIFFERENT);
    assert_int_equal(world_predict(world, world_subject(world, "ConfigMap", "lost")).kind,
                     PREDICT_CHANGE);
    look(world, CM("other", "1"));
    state_is(world, "ConfigMap", "lost", LIVE_DIFFERENT); /* recorded, no longer wanted */
}

static void test_foreign(void **state)
{
    struct world *world = *state;
    kubectl(world, NULL, "create", "configmap", "theirs", "--from-literal=a=1");
    kubectl(world, NULL, "create", "configmap", "helm");
    kubectl(world, NULL, "annotate", "configmap", "helm", "meta.helm.sh/release-name=x");
    look(world, CM("theirs", "1"), CM("helm", "1"), CM("nobodys", "1"));
    state_is(world, "ConfigMap", "theirs", LIVE_DIFFERENT);
    state_is(world, "ConfigMap", "nobodys", LIVE_ABSENT);
    assert_int_equal(world_subject(world, "ConfigMap", "theirs")->live.owner, OWNER_NONE);
    assert_int_equal(world_subject(world, "ConfigMap", "helm")->live.owner, OWNER_TOOL);
}

/* More names than are worth a GET each. */
static void test_many(void **state)
{
    struct world *world = *state;
    const char *texts[13] = { 0 };
    for (size_t i = 0; i < 12; i++)
        texts[i] = arena_printf(world->arena,
                                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
                                "\"name\":\"many%zu\"},\"data\":{\"a\":\"1\"}}",
                                i);
    kubectl(world, NULL, "create", "configmap", "many3");
    world_look(world, texts);
    state_is(world, "ConfigMap", "many3", LIVE_DIFFERENT);
    state_is(world, "ConfigMap", "many4", LIVE_ABSENT);
    for (size_t i = 0; i < 12; i++)
        if (i != 3)
            kubectl(world, NULL, "create", "configmap", arena_printf(world->arena, "many%zu", i));
    world_look(world, texts);
    for (size_t i = 0; i < 12; i++)
        state_is(world, "ConfigMap", arena_printf(world->arena, "many%zu", i), LIVE_DIFFERENT);
}

static void test_unknown_kind(void **state)
{
    struct world *world = *state;
    look(world, CM("k", "1"),
         "{\"apiVersion\":\"no.example.com/v1\",\"kind\":\"Nothing\",\"metadata\":{\"name\":"
         "\"x\"}}");
    state_is(world, "Nothing", "x", LIVE_UNKNOWN);
    state_is(world, "ConfigMap", "k", LIVE_ABSENT);
    assert_non_null(strstr(world_subject(world, "Nothing", "x")->live.why, "no kind Nothing"));
}

/* Controllers copy a Service's labels to its EndpointSlices: never members. */
static void test_copied_label(void **state)
{
    struct world *world = *state;
    apply_all(world, SERVICE);
    look(world, SERVICE,
         "{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\",\"metadata\":{"
         "\"name\":\"hand\"},\"addressType\":\"IPv4\",\"endpoints\":[]}");
    world_apply(world);
    look(world, SERVICE);
    assert_int_equal(world->count, 2);
    state_is(world, "EndpointSlice", "hand", LIVE_DIFFERENT);
}

static void drift_case(struct world *world, const char *const *arguments)
{
    apply_all(world, CM("drift", "1"), DEPLOYMENT);
    kubectl_ok(world, NULL, arguments);
    look(world, CM("drift", "1"), DEPLOYMENT);
    bool seen = false;
    for (size_t i = 0; i < world->set.count; i++)
        seen |= world->subjects[i].live.state == LIVE_DIFFERENT;
    if (!seen)
        fail_msg("not seen: kubectl %s %s", arguments[0], arguments[1]);
    world_apply(world);
    look(world, CM("drift", "1"), DEPLOYMENT);
    state_is(world, "Deployment", "web", LIVE_SAME);
    state_is(world, "ConfigMap", "drift", LIVE_SAME);
}

/* Drift of every sort, put in with kubectl, is seen and undone. */
static void test_drift(void **state)
{
    static const char *const sorts[][8] = {
        { "set", "image", "deployment/web", "c=pause:2" },
        { "set", "env", "deployment/web", "X=1" },
        { "scale", "deployment/web", "--replicas=1" },
        { "label", "deployment/web", "x=y" },
        { "annotate", "configmap/drift", "x=y" },
        { "patch", "configmap", "drift", "-p", "{\"data\":{\"b\":\"2\"}}" },
        { "patch", "configmap", "drift", "-p", "{\"data\":{\"a\":null}}" },
        { "delete", "configmap", "drift" },
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        const char *const *arguments = sorts[i];
        if (strcmp(arguments[0], "delete") == 0) {
            apply_all(world, CM("drift", "1"), DEPLOYMENT);
            kubectl_ok(world, NULL, arguments);
            look(world, CM("drift", "1"), DEPLOYMENT);
            state_is(world, "ConfigMap", "drift", LIVE_ABSENT);
            world_apply(world);
        } else
            drift_case(world, arguments);
    }
    live_is(world, "deployment/web", ".spec.template.spec.containers[0].env", "");
    live_is(world, "configmap/drift", ".data", "{\"a\":\"1\"}");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_second_look, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_lost_label, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_foreign, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_many, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_unknown_kind, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_copied_label, world_setup, world_teardown),
    cmocka_unit_test_setup_teardown(test_drift, world_setup, world_teardown),
};

WORLD_MAIN(tests)
