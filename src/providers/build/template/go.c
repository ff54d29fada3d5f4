/*
 * go: see writing.h. One module, a folder's module of a repository, or a workspace; cross-compiled
 * by the builder's own machine. With cgo the program stands on Debian, else on busybox.
 */
#include "base/file.h"
#include "oci/descriptor.h"
#include "providers/build/path.h"
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <string.h>

#define GO_VERSION "1.26"

struct go {
    struct writing *one;
    const char *folder; /* of its go.mod, below the context; "" */
    const char *module; /* text of go.mod, or "" (a workspace)   */
    const char *entry;
    bool workspace, vendored, cgo;
};

/* Modules that are C inside: built without cgo they compile, and fail once they run. */
static bool wants_cgo(const char *module)
{
    static const char *const modules[] = {
        "github.com/mattn/go-sqlite3",
        "github.com/confluentinc/confluent-kafka-go",
        "github.com/libgit2/git2go",
        "github.com/marcboeker/go-duckdb",
        "gopkg.in/gographics/imagick",
        "github.com/davidbyttow/govips",
        "github.com/h2non/bimg",
        "github.com/godror/godror",
        "github.com/linxGnu/grocksdb",
        "github.com/pebbe/zmq4",
        "github.com/bytecodealliance/wasmtime-go",
    };
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strstr(module, modules[i]))
            return true;
    return false;
}

/* "replace x => ../lib" leads out of what the build can see. */
static bool stays_inside(struct go *go)
{
    const char *text = go->module;
    for (const char *line; (line = scan_line(go->one->arena, &text));) {
        const char *arrow = strstr(line, "=> ..");
        if (arrow && strncmp(line, "//", 2) != 0 && !*go->folder)
            return template_wrong(
                go->one,
                "go.mod replaces a module by %s, outside of the context: take a folder above "
                "as build.context, and this one as templateSettings.entry",
                arrow + 3);
    }
    return true;
}

static bool find_module(struct go *go)
{
    struct writing *one = go->one;
    const char *entry = one->entry ? one->entry : "";
    go->workspace = there(one, "go.work");
    go->folder = go->module = "";
    if (!there(one, "go.mod") && *entry && there(one, path_join(one->arena, entry, "go.mod")))
        go->folder = path_below(one->arena, entry);
    const char *path = path_join(one->arena, go->folder, "go.mod");
    if (there(one, path))
        go->module = file_text(one, path);
    else if (!go->workspace)
        return template_wrong(one, "there is no go.mod in the context, and no go.work");
    go->module = go->module ? go->module : "";
    go->vendored = there(one, path_join(one->arena, go->folder, "vendor/modules.txt"));
    go->cgo = wants_cgo(go->module);
    return stays_inside(go);
}

/* The folders below cmd/ with a main.go. */
static struct text_list commands_of(struct writing *one)
{
    struct text_list all = files_named(one, "main.go"), ret = { 0 };
    for (size_t i = 0; i < all.count; i++)
        if (strncmp(all.items[i], "cmd/", 4) == 0 && strchr(all.items[i] + 4, '/'))
            push_text(one, &ret,
                      arena_printf(one->arena, "./%s", path_folder(one->arena, all.items[i])));
    return ret;
}

/* "cmd/api" without "./" would be a package of the standard library. */
static const char *as_package(struct go *go)
{
    const char *entry = go->one->entry;
    if (*go->folder && strcmp(path_below(go->one->arena, entry), go->folder) == 0)
        return ".";
    bool local = strncmp(entry, "./", 2) != 0 && strcmp(entry, ".") != 0 && there(go->one, entry);
    return local ? arena_printf(go->one->arena, "./%s", entry) : entry;
}

static bool find_entry(struct go *go)
{
    struct writing *one = go->one;
    go->entry = ".";
    if (one->entry) {
        go->entry = as_package(go);
        return true;
    }
    struct text_list commands = commands_of(one);
    if (there(one, "main.go") || (!commands.count && !go->workspace))
        return true;
    if (commands.count != 1)
        return template_wrong(one, "say in templateSettings.entry which package runs%s%s",
                              commands.count ? ": " : ", a folder of the workspace",
                              joined(one->arena, &commands));
    go->entry = commands.items[0];
    return true;
}

static const char *version_of(const struct go *go)
{
    struct arena *arena = go->one->arena;
    const char *version = scan_version(arena, scan_word(arena, go->module, "toolchain"), 2);
    if (!version)
        version = scan_version(arena, scan_word(arena, go->module, "go"), 2);
    if (!version)
        version = scan_version(arena, scan_word(arena, file_text(go->one, "go.work"), "go"), 2);
    /* An older one builds with a newer compiler, but no longer has an image that is looked after.
     */
    return version && version_compare(version, "1.21") >= 0 ? version : GO_VERSION;
}

/* What is needed to know what to fetch: each go.mod that may be replaced or used locally. */
static void add_dependencies(struct go *go)
{
    static const char *const names[] = { "go.mod", "go.sum", "go.work", "go.work.sum" };
    struct writing *one = go->one;
    struct text_list paths = { 0 };
    bool local = go->workspace || *go->folder || strstr(go->module, "=> .");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text_list found = files_named(one, names[i]);
        for (size_t j = 0; j < found.count; j++)
            if (local || !strchr(found.items[j], '/'))
                push_text(one, &paths, found.items[j]);
    }
    add_copies(one, &paths);
    if (*go->folder)
        ADD(one, "WORKDIR /src/%s\n", go->folder);
    ADD(one, "RUN --mount=type=cache,target=/go/pkg/mod go mod download\n");
    if (*go->folder)
        ADD(one, "WORKDIR /src\n");
}

/* Go takes no GOARM but these, whatever it builds for. */
static const char *choose_arm(const struct writing *one)
{
    const struct text_list *platforms = &one->spec->build.platforms;
    for (size_t i = 0; i < platforms->count; i++) {
        struct platform platform;
        struct error ignored;
        if (platform_parse(one->arena, platforms->items[i], &platform, &ignored)
            && strcmp(platform.architecture, "arm") == 0)
            return "case $TARGETARCH$TARGETVARIANT in armv[567]) "
                   "export GOARM=${TARGETVARIANT#v} ;; esac; \\\n    ";
    }
    return "";
}

static void add_build(struct go *go)
{
    struct writing *one = go->one;
    ADD(one, "COPY . .\n");
    if (*go->folder)
        ADD(one, "WORKDIR /src/%s\n", go->folder);
    const char *arm = go->cgo ? "" : choose_arm(one);
    if (!go->cgo)
        ADD(one, "ARG TARGETOS TARGETARCH%s\n", *arm ? " TARGETVARIANT" : "");
    ADD(one,
        "RUN --mount=type=cache,target=/go/pkg/mod \\\n"
        "    --mount=type=cache,target=/root/.cache/go-build \\\n"
        "    %s%s \\\n"
        "    go build -trimpath -tags timetzdata -ldflags=\"-s -w\" -o /out/app %s\n\n",
        arm, go->cgo ? "CGO_ENABLED=1" : "CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH",
        go->entry);
}

static void add_runtime(struct go *go, const struct base_tag *tag)
{
    struct writing *one = go->one;
    bool debian = go->cgo || has_run_packages(one);
    if (debian)
        ADD(one, "FROM debian:%s-slim\n", tag->suite);
    else
        ADD(one, "FROM busybox:1.37-musl\n");
    if (debian)
        add_run_packages(one, "");
    ADD(one, "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
             "COPY --from=build /out/app /app\n" USER_LINE);
    add_port(one, debian ? BASH_CHECK : BUSYBOX_CHECK);
    add_entrypoint_words(one, "/app");
}

bool write_go(struct writing *one)
{
    struct go go = { .one = one };
    struct base_tag tag;
    if (!find_module(&go) || !find_entry(&go) || !template_tag(one, version_of(&go), &tag))
        return false;
    bool requires = go.workspace || strstr(go.module, "\nrequire");
    if (requires && !go.vendored && !go.workspace
        && !there(one, path_join(one->arena, go.folder, "go.sum")))
        template_warn(one, "go.mod has no go.sum beside it, so that nothing is checked: run `go "
                           "mod tidy`, and commit it");
    ADD(one, "FROM %sgolang:%s-%s AS build\n", go.cgo ? "" : "--platform=$BUILDPLATFORM ",
        tag.number, tag.suite);
    add_build_packages(one, "");
    ADD(one, "WORKDIR /src\n");
    if (requires && !go.vendored)
        add_dependencies(&go);
    add_build(&go);
    add_runtime(&go, &tag);
    return true;
}
