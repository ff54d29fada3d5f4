/* kinds_image: see kinds_image.h. What a table cannot say is checked by image.c. */
#include "manifest/kinds_image.h"

#define ABSOLUTE "{\"pattern\": \"^/\", \"patternErrorMessage\": \"Write an absolute path.\"}"
#define NAME                                                                                       \
    "{\"pattern\": \"^(?!.*://)[^\\\\s'\\\"`$]+$\", \"patternErrorMessage\": \"Write the name of " \
    "an "                                                                                          \
    "image such as docker.io/library/nginx:1.27.\"}"
#define VARIABLE "[$][{](commit|shortCommit|tree|branch|date)[}]"

static const char *const builder_choices[] = { "auto", "native", "docker", "buildkit", NULL };
static const char *const template_choices[] = { "auto",   "go",   "rust",   "c", "node",
                                                "python", "java", "static", NULL };

static const struct shape text_element = { .type = SHAPE_STRING, .text = "A string." };
static const struct shape word_element = { .type = SHAPE_TEXT, .text = "One argument." };
static const struct shape port_element = { .type = SHAPE_PORT, .text = "A port." };

static const struct shape path_element = { .type = SHAPE_STRING,
                                           .text = "A path.",
                                           .schema = PATH_BELOW };
static const struct shape absolute_element = { .type = SHAPE_STRING,
                                               .text = "An absolute path.",
                                               .schema = ABSOLUTE };
static const struct shape tag_element = {
    .type = SHAPE_STRING,
    .text = "A tag.",
    .schema = "{\"pattern\": \"^(?!cmx-)([A-Za-z0-9_]|" VARIABLE ")([A-Za-z0-9_.-]|" VARIABLE
              "){0,127}$\", \"patternErrorMessage\": \"Write a tag: letters, digits, '_', '.' "
              "and '-', and perhaps ${commit}, ${shortCommit}, ${tree}, ${branch}, ${date}; "
              "those that begin with cmx- are the program's own.\"}",
};
static const struct shape platform_element = {
    .type = SHAPE_STRING,
    .text = "A platform.",
    .schema = "{\"pattern\": \"^[^/ ,]+/[^ ,]+$\", \"patternErrorMessage\": \"Write "
              "OS/ARCHITECTURE such as linux/amd64.\"}",
};

/* ------------------------------------------------------------------- build */

static const struct shape template_settings[] = {
    { .name = "version",
      .type = SHAPE_STRING,
      .text = "Version of the language's image, with a Debian release behind it where it is to be "
              "another one than bookworm (`1.26-trixie`). Without it: what the source asks for "
              "(`go.mod`, `.nvmrc` and the like), else the newest that is known.",
      .example = "\"1.22\"" },
    { .name = "entry",
      .type = SHAPE_STRING,
      .text = "What is started: a package, a binary, a file, a module or an application "
              "(`shop.main:app`), as the language calls it. Without it: what the source says.",
      .example = "./cmd/api" },
    { .name = "port",
      .type = SHAPE_PORT,
      .text = "The port that it listens on.",
      .example = "8080" },
    { .name = "packages",
      .type = SHAPE_LIST,
      .element = &text_element,
      .text = "Packages of Debian: all are there where it is built, where it runs only those that "
              "are no tools of a build (`-dev`, compilers). `tini` also becomes the first process.",
      .example = "[libpq-dev, libpq5]" },
    { .name = NULL },
};

static const struct shape secret_members[] = {
    { .name = "id",
      .type = SHAPE_STRING,
      .required = true,
      .text = "As `RUN --mount=type=secret,id=…` names it.",
      .example = "npm" },
    { .name = "environment",
      .type = SHAPE_STRING,
      .text = "The variable of the runner's environment that holds the value.",
      .example = "NPM_TOKEN",
      .one_of = "value" },
    { .name = "file",
      .type = SHAPE_STRING,
      .text = "The file of the runner that holds the value.",
      .example = "/run/secrets/npm",
      .one_of = "value" },
    { .name = NULL },
};

static const struct shape secret_element = {
    .type = SHAPE_MAP,
    .members = secret_members,
    .text = "One secret. Its value enters neither the image nor the source digest.",
};

static const struct shape build_members[] = {
    { .name = "context",
      .type = SHAPE_STRING,
      .text = "The folder that COPY reads from, below the repository's root. What is built is what "
              "the commit holds of it.",
      .example = "services/api",
      .fallback = "\".\"",
      .schema = PATH_BELOW },
    { .name = "dockerfile",
      .type = SHAPE_STRING,
      .text = "The Dockerfile, below the context. Without it: `Dockerfile`, or none where there is "
              "a `template`, or a `from` or `files` without one.",
      .example = "docker/Dockerfile",
      .schema = PATH_BELOW },
    { .name = "template",
      .type = SHAPE_ENUM,
      .choices = template_choices,
      .text = "Builds without a Dockerfile, from one that is made for the language; `auto` tells "
              "the language from the files. `cmx-reconcile render --dockerfile NAME` prints it.",
      .example = "go" },
    { .name = "templateSettings",
      .type = SHAPE_MAP,
      .members = template_settings,
      .text = "What the template is to be told." },
    { .name = "target",
      .type = SHAPE_STRING,
      .text = "The stage of the Dockerfile that becomes the image; without it the last one.",
      .example = "runtime" },
    { .name = "args",
      .type = SHAPE_TEXT_MAP,
      .text = "Values for the Dockerfile's ARGs.",
      .example = "{VERSION: \"1.4\"}" },
    { .name = "labels",
      .type = SHAPE_TEXT_MAP,
      .text = "Labels of the image, beside the Dockerfile's.",
      .example = "{org.opencontainers.image.licenses: MIT}" },
    { .name = "platforms",
      .type = SHAPE_LIST,
      .element = &platform_element,
      .text = "What the image is for, whatever it is built on. More than one make an index.",
      .example = "[linux/amd64, linux/arm64]",
      .fallback = "[\"linux/amd64\"]",
      .schema = "{\"minItems\": 1}" },
    { .name = "base",
      .type = SHAPE_STRING,
      .text = "Takes the place of the image that the last stage's FROM names.",
      .example = "registry.example/base:1",
      .schema = NAME },
    { .name = "ignore",
      .type = SHAPE_LIST,
      .element = &text_element,
      .text = "Patterns of files that are left out of the context, behind those of .dockerignore, "
              "which is always honoured.",
      .example = "[\"**/*_test.go\"]" },
    { .name = "artifacts",
      .type = SHAPE_LIST,
      .element = &path_element,
      .text = "Paths below the context that git ignores and the image needs all the same. They "
              "are read from the disk, and make the image `-dirty`.",
      .example = "[dist/]" },
    { .name = "builder",
      .type = SHAPE_ENUM,
      .choices = builder_choices,
      .text = "Who builds: `native` (no daemon, no RUN), `docker` (an engine's API), `buildkit` "
              "(buildctl or docker buildx), or `auto`, the first of these that can.",
      .example = "native",
      .fallback = "\"auto\"" },
    { .name = "secrets",
      .type = SHAPE_LIST,
      .element = &secret_element,
      .text = "Secrets that RUN may mount." },
    { .name = "ssh",
      .type = SHAPE_BOOL,
      .text = "Lets RUN use the runner's ssh agent.",
      .example = "true",
      .fallback = "false" },
    { .name = "cacheFrom",
      .type = SHAPE_LIST,
      .element = &text_element,
      .text = "Where BuildKit may find layers of earlier builds.",
      .example = "[\"type=registry,ref=registry.example/shop/api:cache\"]" },
    { .name = "cacheTo",
      .type = SHAPE_LIST,
      .element = &text_element,
      .text = "Where BuildKit leaves them.",
      .example = "[\"type=registry,ref=registry.example/shop/api:cache\"]" },
    { .name = "network",
      .type = SHAPE_STRING,
      .text = "The network of RUN: `none`, `host` or a name that the engine knows.",
      .example = "none" },
    { .name = "timeout",
      .type = SHAPE_DURATION,
      .text = "How long the build and its upload may take.",
      .example = "10m",
      .fallback = "\"30m\"" },
    { .name = "sourceDateEpoch",
      .type = SHAPE_INTEGER,
      .least = 0,
      .most = 253402300799,
      .text = "The time of all that is made, in seconds since 1970. The same source gives the same "
              "bytes at any time.",
      .example = "1700000000",
      .fallback = "0" },
    { .name = NULL },
};

/* ---------------------------------------------------------------- settings */

static const struct shape file_members[] = {
    { .name = "from",
      .type = SHAPE_STRING,
      .required = true,
      .text = "A file or folder below the context.",
      .example = "public/",
      .schema = PATH_BELOW },
    { .name = "to",
      .type = SHAPE_STRING,
      .required = true,
      .text = "Where it goes: an absolute path, of a folder where it ends with `/`.",
      .example = "/srv/www/",
      .schema = ABSOLUTE },
    { .name = "mode",
      .type = SHAPE_STRING,
      .text = "Its mode in octal digits; without it as in git, 0644 or 0755.",
      .example = "\"0640\"",
      .schema = "{\"pattern\": \"^0?[0-7]{3,4}$\", \"patternErrorMessage\": \"Write octal digits "
                "such as '0644'.\"}" },
    { .name = "owner",
      .type = SHAPE_TEXT,
      .text = "Its owner, `UID` or `UID:GID`; without it root.",
      .example = "\"1000:1000\"",
      .schema = "{\"pattern\": \"^[0-9]{1,9}(:[0-9]{1,9})?$\", \"patternErrorMessage\": \"Write "
                "UID or UID:GID such as '1000:1000'.\"}" },
    { .name = NULL },
};

static const struct shape file_element = {
    .type = SHAPE_MAP,
    .members = file_members,
    .text = "Something of the repository that goes into the image.",
};

static const struct shape healthcheck_members[] = {
    { .name = "test",
      .type = SHAPE_LIST,
      .element = &word_element,
      .text = "`[CMD, program, …]`, or `[CMD-SHELL, \"a line for the shell\"]`.",
      .example = "[CMD, /api, --check]",
      .one_of = "check",
      .schema = "{\"minItems\": 2, \"anyOf\": [{\"prefixItems\": [{\"const\": \"CMD\"}]}, "
                "{\"prefixItems\": [{\"const\": \"CMD-SHELL\"}], \"maxItems\": 2}]}" },
    { .name = "none",
      .type = SHAPE_BOOL,
      .text = "Takes the base's health check away. Only `true` makes sense.",
      .example = "true",
      .one_of = "check",
      .schema = "{\"const\": true}" },
    { .name = "interval", .type = SHAPE_DURATION, .text = "Between two checks.", .example = "30s" },
    { .name = "timeout",
      .type = SHAPE_DURATION,
      .text = "How long one check may take.",
      .example = "3s" },
    { .name = "startPeriod",
      .type = SHAPE_DURATION,
      .text = "How long failures do not count after the start.",
      .example = "10s" },
    { .name = "retries",
      .type = SHAPE_INTEGER,
      .least = 1,
      .most = 1000,
      .text = "How many failures in a row make it unhealthy.",
      .example = "3" },
    { .name = NULL },
};

const struct shape image_spec_members[] = {
    { .name = "repository",
      .type = SHAPE_STRING,
      .text = "Where it is pushed to, without a tag. Whatever names this repository in a manifest, "
              "with any tag, runs the image by its digest. `oci:FOLDER` is an OCI layout below the "
              "repository's root in place of a registry.",
      .example = "registry.example/shop/api",
      .schema =
          "{\"pattern\": \"^(oci:(?!/)(?!(.*/)?[.][.](/|$))" NOT_GITS "(?!([.]?/)*[.]?$)[^:@]+|"
          "(?!oci:)(?!.*://)(?!.*/.*[A-Z])(?![^/.:]*[A-Z][^/.:]*(/|$))(?!.*//)(?!.*/$)([^@ "
          "\\t\\n'\\\"]*/)?[^@:/ \\t\\n'\\\"]*)$\", "
          "\"patternErrorMessage\": \"Write a repository "
          "such as registry.example/shop/api, without tag and digest, or oci:FOLDER.\"}" },
    { .name = "tags",
      .type = SHAPE_LIST,
      .element = &tag_element,
      .text =
          "Tags that point at the image once all of it is there. `${commit}`, `${shortCommit}`, "
          "`${tree}`, `${branch}` and `${date}` are those of the commit.",
      .example = "[\"${shortCommit}\", latest]" },
    { .name = "immutable",
      .type = SHAPE_BOOL,
      .text = "Refuses to move a tag that points at another image.",
      .example = "true",
      .fallback = "false" },
    { .name = "from",
      .type = SHAPE_STRING,
      .text = "Alone: an image that is not built, only looked up and pinned to its digest. With "
              "settings and without a Dockerfile: the base that these are laid over; `scratch` is "
              "an empty one.",
      .example = "docker.io/library/nginx:1.27",
      .schema = NAME },
    { .name = "build",
      .type = SHAPE_MAP,
      .members = build_members,
      .text = "How it is built.",
      .schema =
          "{\"dependentRequired\": {\"templateSettings\": [\"template\"]}, "
          "\"dependentSchemas\": {\"template\": {\"properties\": {\"dockerfile\": false}}}}" },
    { .name = "files",
      .type = SHAPE_LIST,
      .element = &file_element,
      .text = "What of the context goes into the image, as a layer of its own above the "
              "Dockerfile's." },
    { .name = "entrypoint",
      .type = SHAPE_LIST,
      .element = &word_element,
      .text = "Docker's ENTRYPOINT: what is started.",
      .example = "[/api]" },
    { .name = "args",
      .type = SHAPE_LIST,
      .element = &word_element,
      .text = "Docker's CMD: its arguments, unless others are given.",
      .example = "[--port, \"8080\"]" },
    { .name = "environment",
      .type = SHAPE_TEXT_MAP,
      .text = "Variables of the environment.",
      .example = "{PORT: \"8080\"}",
      .schema = "{\"propertyNames\": {\"pattern\": \"^[^=]+$\"}}" },
    { .name = "ports",
      .type = SHAPE_LIST,
      .element = &port_element,
      .text = "Ports that it listens on: `8080`, `53/udp`.",
      .example = "[8080]" },
    { .name = "volumes",
      .type = SHAPE_LIST,
      .element = &absolute_element,
      .text = "Absolute paths whose content outlives a container.",
      .example = "[/data]" },
    { .name = "user",
      .type = SHAPE_TEXT,
      .text = "Who runs it: `UID`, `UID:GID`, or a name that the image knows.",
      .example = "\"65532:65532\"" },
    { .name = "workingDirectory",
      .type = SHAPE_STRING,
      .text = "The folder that it is started in.",
      .example = "/srv",
      .schema = ABSOLUTE },
    { .name = "healthcheck",
      .type = SHAPE_MAP,
      .members = healthcheck_members,
      .text = "How Docker tells that it works. Kubernetes has probes in place of it." },
    { .name = "stopSignal",
      .type = SHAPE_TEXT,
      .text = "The signal that ends it.",
      .example = "SIGINT" },
    { .name = NULL },
};

/* An image of others is `from` alone; one that is built goes to a repository. */
const char image_schema[] =
    "{\"if\": {\"required\": [\"from\"], \"properties\": {\"build\": false, \"entrypoint\": false, "
    "\"args\": false, \"user\": false, \"workingDirectory\": false, \"stopSignal\": false, "
    "\"healthcheck\": false, \"files\": {\"maxItems\": 0}, \"environment\": {\"maxProperties\": "
    "0}, "
    "\"ports\": {\"maxItems\": 0}, \"volumes\": {\"maxItems\": 0}}}, "
    "\"then\": {\"properties\": {\"repository\": false, \"tags\": false, "
    "\"from\": {\"not\": {\"const\": \"scratch\"}}}}, "
    "\"else\": {\"required\": [\"repository\"]}, "
    "\"dependentSchemas\": {\"from\": {\"properties\": {\"build\": {\"properties\": {"
    "\"dockerfile\": false, \"base\": false, \"template\": false}}}}}}";

const struct shape_refused image_refused[] = {
    { "command", "Docker and Kubernetes mean different things by it; use `entrypoint` for what is "
                 "started and `args` for its arguments" },
    { "cmd", "use `args` for the arguments, and `entrypoint` for what is started" },
    { "env", "use `environment`, a map of names and values" },
    { "image", "use `repository` for where it is pushed to, or `from` for an image that is only "
               "pinned" },
    { "tag", "use `tags`, a list" },
    { "dockerfile", "it stands in `build`" },
    { "context", "it stands in `build`" },
    { "expose", "use `ports`" },
    { NULL, NULL },
};
