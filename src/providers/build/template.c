/*
 * template: see template.h. Settings come from a manifest and are put into lines that a shell
 * runs, so each may only hold what its kind of word can.
 */
#include "providers/build/template.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/shape.h"
#include "providers/build/context.h"

#include <stdlib.h>
#include <string.h>

const char *const template_names[] = { "go",   "rust",   "c",    "node", "python",
                                       "java", "static", "auto", NULL };

enum { SOURCE_CEILING = 1 << 20 };

struct writing {
    struct arena *arena;
    const struct image_spec *spec;
    struct files *files;
    const char *context;
    const char *version, *entry, *port, *packages; /* NULL: not given */
    struct buf *out;
    struct error *err;
};

#define ADD(one, ...) buf_printf((one)->out, __VA_ARGS__)

static bool there(const struct writing *one, const char *name)
{
    struct files_entry entry;
    struct error none;
    const char *path = path_join(one->arena, one->context, name);
    return one->files->table->find(one->files, one->arena, path, &entry, &none);
}

/* --------------------------------------------------------------------- common pieces */

static void add_packages(struct writing *one, const char *more)
{
    const char *packages = one->packages ? one->packages : "";
    if (!*more && !*packages)
        return;
    ADD(one,
        "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
        "    apt-get update \\\n"
        "    && apt-get install -y --no-install-recommends %s%s%s \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n",
        more, *more && *packages ? " " : "", packages);
}

/* A port is known to be served by whether it can be connected to. */
static void add_port(struct writing *one, const char *check)
{
    if (!one->port)
        return;
    ADD(one, "EXPOSE %s\n", one->port);
    ADD(one, "HEALTHCHECK --interval=10s --timeout=2s --start-period=10s ");
    ADD(one, check, one->port);
    ADD(one, "\n");
}

#define NC_CHECK   "CMD [\"nc\", \"-z\", \"127.0.0.1\", \"%s\"]"
#define BASH_CHECK "CMD [\"bash\", \"-c\", \": </dev/tcp/127.0.0.1/%s\"]"
#define USER_LINE  "USER 65532:65532\n"

static const char *version_or(const struct writing *one, const char *usual)
{
    return one->version ? one->version : usual;
}

/* ------------------------------------------------------------------------- languages */

static bool write_go(struct writing *one)
{
    ADD(one, "FROM golang:%s AS build\n", version_or(one, "1.24-bookworm"));
    add_packages(one, "");
    ADD(one, "WORKDIR /src\nCOPY go.mod %s./\n", there(one, "go.sum") ? "go.sum " : "");
    ADD(one, "RUN --mount=type=cache,target=/go/pkg/mod go mod download\nCOPY . .\n");
    ADD(one,
        "RUN --mount=type=cache,target=/go/pkg/mod \\\n"
        "    --mount=type=cache,target=/root/.cache/go-build \\\n"
        "    CGO_ENABLED=0 go build -trimpath -ldflags=\"-s -w\" -o /out/app %s\n\n",
        one->entry ? one->entry : ".");
    ADD(one, "FROM busybox:1.37-musl\n"
             "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
             "COPY --from=build /out/app /app\n" USER_LINE);
    add_port(one, NC_CHECK);
    ADD(one, "ENTRYPOINT [\"/app\"]\n");
    return true;
}

/* The first `name = "…"` of Cargo.toml is the package's. */
static bool find_crate(struct writing *one, const char **ret)
{
    const char *text, *path = path_join(one->arena, one->context, "Cargo.toml");
    size_t length;
    if (!context_read(one->files, one->arena, path, SOURCE_CEILING, &text, &length, one->err))
        return false;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += strspn(line, "\n");
        if (strncmp(line, "name", 4) != 0)
            continue;
        const char *at = line + 4 + strspn(line + 4, " \t");
        at += *at == '=';
        at += strspn(at, " \t");
        size_t name = strspn(at + (*at == '"'), "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
        if (*at == '"' && name && at[1 + name] == '"') {
            *ret = arena_memdup(one->arena, at + 1, name);
            return true;
        }
    }
    return error_set(one->err, ERROR_INPUT,
                     "%s: names no package; say in build.templateSettings.entry which binary runs",
                     path);
}

static bool write_rust(struct writing *one)
{
    const char *locked = there(one, "Cargo.lock") ? " --locked" : "", *binary = one->entry;
    if (!binary && !find_crate(one, &binary))
        return false;
    ADD(one, "FROM rust:%s AS build\n", version_or(one, "1-bookworm"));
    add_packages(one, "");
    ADD(one, "WORKDIR /src\nCOPY Cargo.toml %s./\n", *locked ? "Cargo.lock " : "");
    ADD(one,
        "RUN --mount=type=cache,target=/usr/local/cargo/registry \\\n"
        "    mkdir src && echo 'fn main() {}' >src/main.rs && cargo fetch%s && rm -r src\n"
        "COPY . .\n"
        "RUN --mount=type=cache,target=/usr/local/cargo/registry \\\n"
        "    --mount=type=cache,target=/src/target \\\n"
        "    cargo build --release%s && install -D target/release/%s /out/app\n\n",
        locked, locked, binary);
    ADD(one, "FROM debian:bookworm-slim\nCOPY --from=build /out/app /app\n" USER_LINE);
    add_port(one, BASH_CHECK);
    ADD(one, "ENTRYPOINT [\"/app\"]\n");
    return true;
}

static bool write_c(struct writing *one)
{
    bool cmake = there(one, "CMakeLists.txt");
    if (!one->entry)
        return error_set(one->err, ERROR_INPUT,
                         "build.template: c needs the name of the program that is installed: "
                         "templateSettings.entry");
    ADD(one, "FROM debian:%s AS build\n", version_or(one, "bookworm"));
    add_packages(one, cmake ? "build-essential pkg-config cmake" : "build-essential pkg-config");
    ADD(one, "WORKDIR /src\nCOPY . .\n");
    if (cmake)
        ADD(one, "RUN cmake -B /build -DCMAKE_BUILD_TYPE=Release \\\n"
                 "    && cmake --build /build --parallel \\\n"
                 "    && DESTDIR=/out cmake --install /build --prefix /usr/local\n\n");
    else
        ADD(one, "RUN make && make install DESTDIR=/out PREFIX=/usr/local\n\n");
    ADD(one, "FROM debian:%s-slim\nCOPY --from=build /out/ /\n" USER_LINE,
        version_or(one, "bookworm"));
    add_port(one, BASH_CHECK);
    ADD(one, "ENTRYPOINT [\"/usr/local/bin/%s\"]\n", one->entry);
    return true;
}

/* How the dependencies of a Node project come in, by its lock file. */
static const struct node_way {
    const char *lock, *cache, *install, *build;
} NODE_WAYS[] = {
    { "package-lock.json", "/root/.npm", "npm ci",
      "npm run build --if-present && npm prune --omit=dev" },
    { "yarn.lock", "/usr/local/share/.cache", "corepack enable && yarn install --immutable",
      "if grep -q '\"build\"' package.json; then yarn build; fi" },
    { "pnpm-lock.yaml", "/root/.local/share/pnpm/store",
      "corepack enable && pnpm install --frozen-lockfile",
      "corepack enable && pnpm run --if-present build && pnpm prune --prod" },
    { NULL, "/root/.npm", "npm install", "npm run build --if-present && npm prune --omit=dev" },
};

static bool write_node(struct writing *one)
{
    const struct node_way *way = NODE_WAYS;
    const char *version = version_or(one, "22-bookworm-slim");
    while (way->lock && !there(one, way->lock))
        way++;
    ADD(one, "FROM node:%s AS build\nWORKDIR /app\nCOPY package.json %s%s./\n", version,
        way->lock ? way->lock : "", way->lock ? " " : "");
    ADD(one, "RUN --mount=type=cache,target=%s %s\nCOPY . .\nRUN %s\n\n", way->cache, way->install,
        way->build);
    ADD(one, "FROM node:%s\n", version);
    add_packages(one, "");
    ADD(one, "ENV NODE_ENV=production\nWORKDIR /app\nCOPY --from=build /app .\nUSER node\n");
    add_port(one, "CMD [\"node\", \"-e\", \"require('net').connect(%s, '127.0.0.1')"
                  ".on('connect', () => process.exit(0)).on('error', () => process.exit(1))\"]");
    if (one->entry)
        ADD(one, "CMD [\"node\", \"%s\"]\n", one->entry);
    else if (there(one, "server.js") || there(one, "index.js"))
        ADD(one, "CMD [\"node\", \"%s\"]\n", there(one, "server.js") ? "server.js" : "index.js");
    else
        ADD(one, "CMD [\"npm\", \"start\"]\n");
    return true;
}

static bool write_python(struct writing *one)
{
    bool list = there(one, "requirements.txt");
    const char *version = version_or(one, "3.13-slim-bookworm"), *entry = one->entry;
    if (!entry && !there(one, "main.py") && !there(one, "app.py"))
        return error_set(one->err, ERROR_INPUT,
                         "build.template: python finds no main.py and no app.py; say in "
                         "templateSettings.entry what runs");
    if (!entry)
        entry = there(one, "main.py") ? "main.py" : "app.py";
    ADD(one,
        "FROM python:%s AS build\nRUN python -m venv /venv\n"
        "ENV PATH=/venv/bin:$PATH\nWORKDIR /src\n",
        version);
    if (list)
        ADD(one, "COPY requirements.txt ./\nRUN --mount=type=cache,target=/root/.cache/pip "
                 "pip install -r requirements.txt\n\n");
    else
        ADD(one, "COPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install .\n\n");
    ADD(one, "FROM python:%s\n", version);
    add_packages(one, "");
    ADD(one, "ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1\n"
             "WORKDIR /app\nCOPY --from=build /venv /venv\nCOPY . .\n" USER_LINE);
    add_port(one, "CMD [\"python\", \"-c\", \"import socket; "
                  "socket.create_connection(('127.0.0.1', %s), 1)\"]");
    ADD(one, "ENTRYPOINT [\"python\", \"%s\"]\n", entry);
    return true;
}

static bool write_java(struct writing *one)
{
    bool maven = there(one, "pom.xml");
    const char *version = version_or(one, "21");
    if (maven)
        ADD(one,
            "FROM maven:3-eclipse-temurin-%s AS build\nWORKDIR /src\nCOPY pom.xml ./\n"
            "RUN --mount=type=cache,target=/root/.m2 mvn -B -q dependency:go-offline\n"
            "COPY . .\n"
            "RUN --mount=type=cache,target=/root/.m2 mvn -B -q package -DskipTests\n",
            version);
    else
        ADD(one,
            "FROM gradle:8-jdk%s AS build\nWORKDIR /src\nCOPY *.gradle* ./\n"
            "RUN --mount=type=cache,target=/home/gradle/.gradle gradle --no-daemon -q "
            "dependencies\n"
            "COPY . .\n"
            "RUN --mount=type=cache,target=/home/gradle/.gradle gradle --no-daemon -q build -x "
            "test\n",
            version);
    if (one->entry)
        ADD(one, "RUN cp %s /app.jar\n\n", one->entry);
    else
        ADD(one,
            "RUN cp \"$(ls %s/*.jar | grep -v -e plain -e original -e sources -e javadoc | head -n "
            "1)\""
            " /app.jar\n\n",
            maven ? "target" : "build/libs");
    ADD(one, "FROM eclipse-temurin:%s-jre\n", version);
    add_packages(one, "");
    ADD(one, "COPY --from=build /app.jar /app.jar\n" USER_LINE);
    add_port(one, BASH_CHECK);
    ADD(one, "ENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]\n");
    return true;
}

/* Pages that are only served; nothing runs, so it is built natively. */
static bool write_static(struct writing *one)
{
    const char *port = one->port ? one->port : "8080";
    one->port = port;
    ADD(one, "FROM busybox:%s\nCOPY %s /www\n" USER_LINE, version_or(one, "1.37-musl"),
        one->entry ? one->entry : ".");
    add_port(one, NC_CHECK);
    ADD(one, "ENTRYPOINT [\"httpd\", \"-f\", \"-p\", \"%s\", \"-h\", \"/www\"]\n", port);
    return true;
}

static const struct language {
    const char *name;
    bool (*write)(struct writing *one);
    const char *marks[4]; /* files that tell it */
} LANGUAGES[] = {
    { "go", write_go, { "go.mod" } },
    { "rust", write_rust, { "Cargo.toml" } },
    { "node", write_node, { "package.json" } },
    { "python", write_python, { "requirements.txt", "pyproject.toml" } },
    { "java", write_java, { "pom.xml", "build.gradle", "build.gradle.kts" } },
    { "c", write_c, { "CMakeLists.txt", "Makefile" } },
    { "static", write_static, { "index.html" } },
};

enum { LANGUAGE_COUNT = sizeof LANGUAGES / sizeof *LANGUAGES, STRONG = 5 };

/* -------------------------------------------------------------------------- settings */

static bool only_of(const char *text, const char *more)
{
    for (; *text; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z')
                     || (*text >= '0' && *text <= '9');
        if (!plain && !strchr(more, *text))
            return false;
    }
    return true;
}

static bool is_port(const char *text)
{
    return *text && strlen(text) <= 5 && strspn(text, "0123456789") == strlen(text)
           && atoi(text) > 0 && atoi(text) <= 65535;
}

static bool set_one(struct writing *one, const char *name, const char *text)
{
    static const char *const names[] = { "version", "entry", "port", "packages" };
    const char **places[] = { &one->version, &one->entry, &one->port, &one->packages };
    static const char *const letters[] = { "._-", "._-/", "", "+.- :" };
    size_t at = 0;
    while (at < 4 && strcmp(names[at], name) != 0)
        at++;
    if (at == 4) {
        const char *meant = suggest(name, names, 4);
        return error_set(one->err, ERROR_INPUT,
                         "build.templateSettings: there is no \"%s\"%s%s%s; there are version, "
                         "entry, port, packages",
                         name, meant ? " (did you mean \"" : "", meant ? meant : "",
                         meant ? "\"?)" : "");
    }
    if (!*text || *text == '-' || !only_of(text, letters[at]) || (at == 2 && !is_port(text)))
        return error_set(one->err, ERROR_INPUT, "build.templateSettings.%s: \"%s\" cannot be one",
                         name, text);
    *places[at] = text;
    return true;
}

static bool set_all(struct writing *one)
{
    const struct image_pairs *settings = &one->spec->build.template_settings;
    for (size_t i = 0; i < settings->count; i++)
        if (!set_one(one, settings->items[i].key, settings->items[i].text))
            return false;
    return true;
}

/* --------------------------------------------------------------------------- choosing */

static bool marked(const struct writing *one, const struct language *language)
{
    for (size_t i = 0; i < 4 && language->marks[i]; i++)
        if (there(one, language->marks[i]))
            return true;
    return false;
}

/* One of the languages that a file tells surely; a Makefile or a page alone only without one. */
static bool tell_language(struct writing *one, const struct language **ret)
{
    const struct language *found = NULL;
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (!marked(one, &LANGUAGES[i]) || (found && i >= STRONG))
            continue;
        if (found)
            return error_set(one->err, ERROR_INPUT,
                             "build.template: auto finds files of %s and of %s; say which it is",
                             found->name, LANGUAGES[i].name);
        found = &LANGUAGES[i];
    }
    *ret = found;
    return found
           || error_set(one->err, ERROR_INPUT,
                        "build.template: auto knows none of the files in %s (go.mod, Cargo.toml, "
                        "package.json, requirements.txt, pyproject.toml, pom.xml, build.gradle, "
                        "CMakeLists.txt, Makefile, index.html)",
                        *one->context ? one->context : "the repository's root");
}

static bool find_language(struct writing *one, const struct language **ret)
{
    const char *name = one->spec->build.template;
    if (strcmp(name, "auto") == 0)
        return tell_language(one, ret);
    for (size_t i = 0; i < LANGUAGE_COUNT; i++)
        if (strcmp(LANGUAGES[i].name, name) == 0) {
            *ret = &LANGUAGES[i];
            return true;
        }
    const char *meant =
        suggest(name, template_names, sizeof template_names / sizeof *template_names - 1);
    return error_set(
        one->err, ERROR_INPUT,
        "build.template: there is no \"%s\"%s%s%s; there are go, rust, c, node, python, "
        "java, static, auto",
        name, meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
}

bool template_dockerfile(struct arena *arena, const struct image_spec *spec, struct files *files,
                         const char *context, const char **ret_text, struct error *err)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct writing one = {
        .arena = arena, .spec = spec, .files = files, .context = context, .out = &out, .err = err
    };
    const struct language *language = NULL;
    if (!find_language(&one, &language) || !set_all(&one) || !language->write(&one))
        return false;
    *ret_text = arena_memdup(arena, buf_text(&out), out.length);
    return true;
}
