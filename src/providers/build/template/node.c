/*
 * node: see writing.h. npm, yarn (old and new) and pnpm by their lock files; workspaces; a start
 * that is `node FILE` is run as such, since npm does not pass signals on. Built on the whole image,
 * which has a compiler for native modules, and run on the slim one of the same release.
 */
#include "base/file.h"
#include "manifest/value_json.h"
#include "providers/build/docker/text.h"
#include "providers/build/path.h"
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <string.h>

#define NODE_VERSION "24"

struct node_project {
    struct writing *one;
    const struct value *package; /* package.json */
    bool workspaces;
    const struct node_way *way;
};

/* How the dependencies of a project come in, by its lock file; how workspaces are built. */
struct node_way {
    const char *lock, *cache, *install, *build, *build_all, *prune;
};

#define NPM_WAY(lock, install)                                                                     \
    {                                                                                              \
        lock, "/root/.npm", install, "npm run build",                                              \
            "npm run build --workspaces --include-workspace-root --if-present",                    \
            "npm prune --omit=dev"                                                                 \
    }
#define PNPM_STORE   "/root/.local/share/pnpm/store"
#define YARN_CACHE   "/usr/local/share/.cache/yarn"
#define YARN_INSTALL "yarn install --frozen-lockfile --cache-folder " YARN_CACHE

static const struct node_way NPM = NPM_WAY("package-lock.json", "npm ci");
static const struct node_way SHRINKWRAP = NPM_WAY("npm-shrinkwrap.json", "npm ci");
static const struct node_way UNLOCKED = NPM_WAY(NULL, "npm install");
static const struct node_way PNPM = { "pnpm-lock.yaml",
                                      PNPM_STORE,
                                      "pnpm install --frozen-lockfile --store-dir " PNPM_STORE,
                                      "pnpm run build",
                                      "pnpm --recursive --if-present run build",
                                      "CI=true pnpm prune --prod --ignore-scripts" };
static const struct node_way YARN = { "yarn.lock",
                                      YARN_CACHE,
                                      YARN_INSTALL,
                                      "yarn run build",
                                      "yarn workspaces run build",
                                      YARN_INSTALL " --production --ignore-scripts" };
static const struct node_way BERRY = { "yarn.lock",
                                       "/root/.yarn/berry",
                                       "yarn install --immutable",
                                       "yarn run build",
                                       "yarn workspaces foreach --all --topological run build",
                                       "yarn workspaces focus --all --production" };

/* ------------------------------------------------------------------- package manager */

static const struct node_way *find_way(struct writing *one)
{
    const char *yarn = file_text(one, "yarn.lock");
    if (there(one, "package-lock.json"))
        return &NPM;
    if (there(one, "npm-shrinkwrap.json"))
        return &SHRINKWRAP;
    if (there(one, "pnpm-lock.yaml"))
        return &PNPM;
    if (!yarn)
        return &UNLOCKED;
    return strstr(yarn, "yarn lockfile v1") ? &YARN : &BERRY;
}

/* "pnpm@9.12.0+sha512.…" in `packageManager` → "9.12.0", else what the lock file was made by. */
static const char *manager_version(const struct node_project *node)
{
    struct arena *arena = node->one->arena;
    const char *manager = value_text_at(node->package, "packageManager", NULL);
    const char *lock = file_text(node->one, node->way->lock);
    const char *named =
        manager && strchr(manager, '@') ? scan_version(arena, strchr(manager, '@'), 3) : NULL;
    const char *key = node->way == &PNPM ? "lockfileVersion:" : "version:";
    const char *format = scan_version(arena, scan_word(arena, lock, key), 1);
    if (named)
        return named;
    if (node->way == &BERRY)
        return format && version_compare(format, "8") < 0 ? "3" : "4";
    if (format && version_compare(format, "6") < 0)
        return "7";
    return format && version_compare(format, "9") < 0 ? "8" : "9";
}

/* All come from npm: corepack asks other servers, and newer images have none. */
static void add_manager(const struct node_project *node, const char *number)
{
    static const char install[] = "RUN --mount=type=cache,target=/root/.npm npm install --global";
    struct writing *one = node->one;
    if (node->way == &PNPM)
        ADD(one, "%s pnpm@%s\n", install, manager_version(node));
    if (node->way == &BERRY)
        ADD(one, "%s --force @yarnpkg/cli-dist@%s\nENV YARN_NODE_LINKER=node-modules\n", install,
            manager_version(node));
    if (node->way == &YARN && version_compare(number, "25") >= 0)
        ADD(one, "%s --force yarn@1\n", install);
}

/* ---------------------------------------------------------------------- dependencies */

/* Scripts that npm runs when it installs, and which may want the source. */
static const char *install_script(const struct node_project *node)
{
    static const char *const names[] = { "preinstall", "install", "postinstall", "prepare" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_text_at(node->package, "scripts", names[i], NULL))
            return names[i];
    return NULL;
}

/* What an install reads beside package.json. */
static void add_manifests(const struct node_project *node)
{
    static const char *const names[] = { ".npmrc",       ".yarnrc",       ".yarnrc.yml",
                                         "package.json", ".pnpmfile.cjs", "pnpm-workspace.yaml" };
    struct writing *one = node->one;
    struct text_list paths = { 0 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (there(one, names[i]))
            push_text(one, &paths, names[i]);
    if (node->way->lock)
        push_text(one, &paths, node->way->lock);
    struct text_list members = files_named(one, "package.json");
    for (size_t i = 0; node->workspaces && i < members.count; i++)
        if (strchr(members.items[i], '/'))
            push_text(one, &paths, members.items[i]);
    add_copies(one, &paths);
    static const char *const folders[] = { ".yarn", "patches" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (there(one, folders[i]))
            ADD(one, "COPY %s %s/\n", folders[i], folders[i]);
}

static void add_install(const struct node_project *node)
{
    struct writing *one = node->one;
    const char *script = install_script(node);
    if (script)
        ADD(one, "# \"%s\" of package.json may need the source\nCOPY . .\n", script);
    else
        add_manifests(node);
    ADD(one, "RUN --mount=type=cache,target=%s \\\n    %s\n", node->way->cache, node->way->install);
    if (!script)
        ADD(one, "COPY . .\n");
}

static void add_build(const struct node_project *node)
{
    bool builds = value_text_at(node->package, "scripts", "build", NULL) || node->workspaces;
    const char *build = node->workspaces ? node->way->build_all : node->way->build;
    ADD(node->one,
        "RUN --mount=type=cache,target=%s \\\n    %s%s%s \\\n    && rm -f " BUILD_DOCKER_NAME
        "\n\n",
        node->way->cache, builds ? build : "", builds ? " \\\n    && " : "", node->way->prune);
}

/* --------------------------------------------------------------------------- version */

static const char *version_of(const struct node_project *node)
{
    static const char *const files[] = { ".nvmrc", ".node-version" };
    struct arena *arena = node->one->arena;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *version = scan_version(arena, file_text(node->one, files[i]), 3);
        if (version)
            return version;
    }
    const char *volta = scan_version(arena, value_text_at(node->package, "volta", "node", NULL), 3);
    const char *engines = value_text_at(node->package, "engines", "node", NULL);
    return volta ? volta : scan_range(arena, engines, NODE_VERSION, 1);
}

/* ------------------------------------------------------------------------------ start */

static bool plain_words(const char *text)
{
    return *text
           && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/=:@ ")
                  == strlen(text);
}

/* The command: what is said, what `npm start` runs, what package.json or its neighbours name. */
static bool find_start(const struct node_project *node, const char **ret)
{
    struct writing *one = node->one;
    const char *start = value_text_at(node->package, "scripts", "start", NULL);
    const char *main = value_text_at(node->package, "main", NULL);
    if (one->entry)
        *ret = arena_printf(one->arena, "node %s", one->entry);
    else if (start && plain_words(start) && strncmp(start, "node ", 5) == 0)
        *ret = start;
    else if (start)
        *ret = "npm start";
    else if (main && plain_words(main) && !strchr(main, ' '))
        *ret = arena_printf(one->arena, "node %s", main);
    else if (there(one, "server.js") || there(one, "index.js"))
        *ret = there(one, "server.js") ? "node server.js" : "node index.js";
    else
        return template_wrong(one,
                              "package.json has no \"start\" among its scripts and no "
                              "\"main\"; say in templateSettings.entry which file runs, or take "
                              "the template static where it only makes pages");
    return true;
}

static bool read_package(struct node_project *node)
{
    struct writing *one = node->one;
    const char *text = file_text(one, "package.json");
    struct error own;
    if (!text)
        return template_wrong(one, "there is no package.json in the context");
    if (!json_parse(one->arena, text, strlen(text), &node->package, &own))
        return template_wrong(one, "package.json: %s", own.message);
    if (there(one, "bun.lockb") || there(one, "bun.lock"))
        return template_wrong(one, "this is a project of Bun, which is not known: write a "
                                   "Dockerfile");
    node->workspaces = value_get(node->package, "workspaces") || there(one, "pnpm-workspace.yaml");
    node->way = find_way(one);
    if (!node->way->lock)
        template_warn(one, "package.json has no lock file beside it, so that each build may take "
                           "other versions: run `npm install --package-lock-only`, and commit "
                           "package-lock.json");
    return true;
}

static bool begin(struct node_project *node, struct base_tag *ret)
{
    if (!read_package(node) || !template_tag(node->one, version_of(node), ret))
        return false;
    ADD(node->one, "FROM node:%s-%s AS build\n", ret->number, ret->suite);
    add_build_packages(node->one, "");
    add_manager(node, ret->number);
    ADD(node->one, "WORKDIR /app\n");
    add_install(node);
    return true;
}

bool write_node_build(struct writing *one, const char **ret_tag)
{
    struct node_project node = { .one = one };
    struct base_tag tag;
    if (!begin(&node, &tag))
        return false;
    ADD(one, "RUN %s\n", node.workspaces ? node.way->build_all : node.way->build);
    *ret_tag = tag.number;
    return true;
}

bool write_node(struct writing *one)
{
    struct node_project node = { .one = one };
    struct base_tag tag;
    const char *start = NULL; /* gcc, with a sanitizer, does not see that it is set */
    if (!begin(&node, &tag) || !find_start(&node, &start))
        return false;
    add_build(&node);
    ADD(one, "FROM node:%s-%s-slim\n", tag.number, tag.suite);
    add_run_packages(one, "");
    /* A number: a cluster's runAsNonRoot does not believe names. 1000 is the image's "node". */
    ADD(one, "ENV NODE_ENV=production\nWORKDIR /app\nCOPY --from=build /app ./\nUSER 1000:1000\n");
    add_port(one, "CMD [\"node\", \"-e\", \"require('net').connect(%s, '127.0.0.1')"
                  ".on('connect', () => process.exit(0)).on('error', () => process.exit(1))\"]");
    add_entrypoint_words(one, start);
    return true;
}
