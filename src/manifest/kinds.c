/*
 * kinds: the project's own kinds, one table of members each. shape.c checks
 * documents against them, shape_schema.c, shape_reference.c and shape_explain.c
 * print them. To add a kind, add a table and a row at the end.
 */
#include "manifest/kinds_image.h"
#include "manifest/shape.h"

static const char *const adopt_choices[] = { "unowned", "never", "all", NULL };
static const char *const rollback_choices[] = { "off", "automatic", NULL };
static const char *const secrets_choices[] = { "write", "leave-out", "refuse", NULL };

static const struct shape pointer_element = {
    .type = SHAPE_POINTER,
    .text = "A JSON pointer (RFC 6901).",
    .example = "/spec/replicas",
};

static const struct shape ignore_members[] = {
    { .name = "kind",
      .type = SHAPE_STRING,
      .text = "Kind of the objects, `Kind` or `Kind.group`. Without it: every kind.",
      .example = "Deployment.apps" },
    { .name = "name",
      .type = SHAPE_STRING,
      .text = "Name of the objects; `*` stands for any characters, `?` for one. Without it: "
              "every name.",
      .example = "web-*" },
    { .name = "namespace",
      .type = SHAPE_STRING,
      .text = "Namespace of the objects. Without it: every namespace.",
      .example = "shop" },
    { .name = "pointers",
      .type = SHAPE_LIST,
      .element = &pointer_element,
      .text =
          "The fields to leave alone, as JSON pointers (RFC 6901); `*` stands for every element "
          "of a list and every member of a map.",
      .example = "[/spec/replicas]",
      .one_of = "fields" },
    { .name = "manager",
      .type = SHAPE_STRING,
      .text = "Leave every field alone that this field manager owns.",
      .example = "vpa-updater",
      .one_of = "fields" },
    { .name = NULL },
};

static const struct shape ignore_element = {
    .type = SHAPE_MAP,
    .members = ignore_members,
    .text = "One rule: which objects, and which of their fields.",
};

static const struct shape image_path_members[] = {
    { .name = "kind",
      .type = SHAPE_STRING,
      .required = true,
      .text = "Kind of the objects, `Kind` or `Kind.group`.",
      .example = "Rollout.argoproj.io" },
    { .name = "pointers",
      .type = SHAPE_LIST,
      .element = &pointer_element,
      .required = true,
      .text = "Where images stand in them, as JSON pointers; `*` stands for every element of a "
              "list and every member of a map.",
      .example = "[\"/spec/template/spec/containers/*/image\"]" },
    { .name = NULL },
};

static const struct shape image_path_element = {
    .type = SHAPE_MAP,
    .members = image_path_members,
    .text = "Where the objects of one kind name images.",
};

static const struct shape project_spec[] = {
    { .name = "namespace",
      .type = SHAPE_NAME,
      .text = "Namespace of objects that name none, and where the record of the set is kept. "
              "Never taken from the kubeconfig's context, so that two people have one set.",
      .example = "shop",
      .fallback = "\"default\"" },
    { .name = "createNamespace",
      .type = SHAPE_BOOL,
      .text = "Makes that namespace when it is missing, before anything else.",
      .example = "true",
      .fallback = "false" },
    { .name = "cluster",
      .type = SHAPE_NAME,
      .text = "Name of the Cluster that objects go to, unless their annotation "
              "`cmx.dev/cluster` names another.",
      .example = "prod" },
    { .name = "prune",
      .type = SHAPE_BOOL,
      .text = "Deletes what was applied before and is no longer in the source.",
      .example = "false",
      .fallback = "true" },
    { .name = "pruneBudget",
      .type = SHAPE_BUDGET,
      .text = "How many objects one run may delete before it is refused: a number, or a share "
              "of the set. Without it: 10 objects or 20 % of the set (at least 3), whichever "
              "is less.",
      .example = "\"20%\"" },
    { .name = "maxRolling",
      .type = SHAPE_INTEGER,
      .least = 1,
      .most = 10000,
      .text = "How many workloads that run may replace their pods at once; the others wait their "
              "turn. What is new, and Jobs, do not count.",
      .example = "3",
      .fallback = "10" },
    { .name = "maxFailures",
      .type = SHAPE_INTEGER,
      .least = 1,
      .most = 10000,
      .text = "After how many failed objects an apply starts nothing new: what runs is finished, "
              "the rest is not done, and nothing is pruned.",
      .example = "1",
      .fallback = "3" },
    { .name = "adopt",
      .type = SHAPE_ENUM,
      .choices = adopt_choices,
      .text = "What happens to objects that exist already and were not made by this set: "
              "`unowned` takes those over that carry no other owner's mark, `never` refuses, "
              "`all` takes over from other owners, too.",
      .example = "never",
      .fallback = "\"unowned\"" },
    { .name = "rollback",
      .type = SHAPE_ENUM,
      .choices = rollback_choices,
      .text = "With `automatic`, a workload whose pods do not become healthy after an apply is put "
              "back in the same run to what ran before, with the ConfigMaps and Secrets that it "
              "reads; the run still fails. The annotation `cmx.dev/rollback` overrides it for one "
              "workload.",
      .example = "automatic",
      .fallback = "\"off\"" },
    { .name = "timeout",
      .type = SHAPE_DURATION,
      .text = "How long a whole apply may take.",
      .example = "30m",
      .fallback = "\"30m\"" },
    { .name = "waitTimeout",
      .type = SHAPE_DURATION,
      .text = "How long one object may take to become healthy; the annotation "
              "`cmx.dev/timeout` overrides it.",
      .example = "10m",
      .fallback = "\"5m\"" },
    { .name = "ignore",
      .type = SHAPE_LIST,
      .element = &ignore_element,
      .text = "Fields that are left as they are in the cluster, in the diff and in the apply." },
    { .name = "imagePaths",
      .type = SHAPE_LIST,
      .element = &image_path_element,
      .text = "Where kinds that Kubernetes does not have itself name images, so that an Image's "
              "digest takes their place there, too. Pods and whatever holds a pod template "
              "(Deployment, CronJob and the like) need no entry." },
    { .name = NULL },
};

static const struct shape cluster_spec[] = {
    { .name = "context",
      .type = SHAPE_STRING,
      .text = "A context of the kubeconfig of whoever runs the program.",
      .example = "prod-admin",
      .one_of = "target" },
    { .name = "inCluster",
      .type = SHAPE_BOOL,
      .text = "The cluster that the program itself runs in, as its pod's ServiceAccount. Only "
              "`true` makes sense.",
      .example = "true",
      .one_of = "target",
      .schema = "{\"const\": true}" },
    { .name = "directory",
      .type = SHAPE_STRING,
      .text = "A folder for the final objects, one file each, instead of a cluster: relative to "
              "the repository's root, and inside of it (or of `--directory-root`).",
      .example = "rendered/prod",
      .one_of = "target",
      .schema = OUTPUT_BELOW },
    { .name = "images",
      .type = SHAPE_STRING,
      .text = "Beside a `directory`: the folder for the images that are built, an OCI layout for "
              "each Image, in place of their registries. Relative to the repository's root, too.",
      .example = "rendered/images",
      .schema = LAYOUT_BELOW },
    { .name = "uid",
      .type = SHAPE_STRING,
      .text = "The uid of the cluster's kube-system namespace. A cluster with another one is "
              "refused, whatever the context is called.",
      .example = "0b5a7cf5-77b8-4a2c-9f0f-5f5b7c1f4a55" },
    { .name = "secrets",
      .type = SHAPE_ENUM,
      .choices = secrets_choices,
      .text = "What happens to Secrets in a `directory`: `write` writes their values (files "
              "readable by their owner only), `leave-out` writes none of them, `refuse` refuses "
              "a source that holds one.",
      .example = "leave-out",
      .fallback = "\"refuse\"" },
    { .name = NULL },
};

#define NO_ACCESS                                                                                  \
    "a Cluster names no kubeconfig file, server or credentials, since a pull request could "       \
    "then choose where Secrets go; name a `context` of the runner's kubeconfig"

static const struct shape_refused cluster_refused[] = {
    { "auth", NO_ACCESS },
    { "ca", NO_ACCESS },
    { "certificate", NO_ACCESS },
    { "certificate-authority", NO_ACCESS },
    { "certificate-authority-data", NO_ACCESS },
    { "client-certificate", NO_ACCESS },
    { "client-certificate-data", NO_ACCESS },
    { "client-key", NO_ACCESS },
    { "client-key-data", NO_ACCESS },
    { "credentials", NO_ACCESS },
    { "exec", NO_ACCESS },
    { "host", NO_ACCESS },
    { "insecure-skip-tls-verify", NO_ACCESS },
    { "kubeConfig", NO_ACCESS },
    { "kubeconfig", NO_ACCESS },
    { "password", NO_ACCESS },
    { "proxy-url", NO_ACCESS },
    { "secretRef", NO_ACCESS },
    { "server", NO_ACCESS },
    { "token", NO_ACCESS },
    { "tokenFile", NO_ACCESS },
    { "url", NO_ACCESS },
    { "user", NO_ACCESS },
    { "username", NO_ACCESS },
    { NULL, NULL },
};

const struct kind_shape kind_shapes[] = {
    { .kind = "Project",
      .plural = "projects",
      .text = "Says how the manifests of a folder, and of those below it, become one set. It is "
              "optional, and looked for from the folder that is read upwards to the "
              "repository's root: the first folder with a Project in one of its own files "
              "(not those of its subfolders) counts. A folder has one at most. "
              "`metadata.name` is the set's name.",
      .example = "apiVersion: cmx.dev/v1\n"
                 "kind: Project\n"
                 "metadata:\n"
                 "  name: shop\n"
                 "spec:\n"
                 "  namespace: shop\n"
                 "  createNamespace: true\n"
                 "  cluster: prod\n"
                 "  pruneBudget: \"20%\"\n"
                 "  ignore:\n"
                 "    - kind: Deployment.apps\n"
                 "      name: web-*\n"
                 "      pointers: [/spec/replicas]\n",
      .stored = false,
      .spec = project_spec },
    { .kind = "Cluster",
      .plural = "clusters",
      .text = "Names where objects go. It stands among the manifests, or beside the Project, and "
              "names no kubeconfig file, no server and no credentials: those belong to whoever "
              "runs the program, since otherwise a pull request could choose where Secrets go.",
      .example = "apiVersion: cmx.dev/v1\n"
                 "kind: Cluster\n"
                 "metadata:\n"
                 "  name: prod\n"
                 "spec:\n"
                 "  context: prod-admin\n"
                 "  uid: 0b5a7cf5-77b8-4a2c-9f0f-5f5b7c1f4a55\n",
      .stored = false,
      .spec = cluster_spec,
      .refused = cluster_refused,
      .schema = "{\"dependentRequired\": {\"images\": [\"directory\"]}, "
                "\"dependentSchemas\": {\"directory\": {\"properties\": {\"uid\": false}}}}" },
    { .kind = "Image",
      .plural = "images",
      .text = "A container image that is built from the repository, or one of others that is "
              "pinned to a digest. It is built only when something that it is made of changed, "
              "pushed by digest, and whatever runs it is rolled out with that digest.",
      .example = "apiVersion: cmx.dev/v1\n"
                 "kind: Image\n"
                 "metadata:\n"
                 "  name: api\n"
                 "spec:\n"
                 "  repository: registry.example/shop/api\n"
                 "  tags: [\"${shortCommit}\", latest]\n"
                 "  build:\n"
                 "    context: services/api\n"
                 "  entrypoint: [/api]\n"
                 "  environment:\n"
                 "    PORT: \"8080\"\n",
      .stored = false,
      .spec = image_spec_members,
      .refused = image_refused,
      .schema = image_schema },
    { .kind = NULL },
};
