/*
 * rust: see writing.h.
 *
 * cargo knows no way to build dependencies alone: they are built from the manifests with
 * every source file emptied, in a layer that only a changed manifest makes anew. It takes a file
 * for changed by its time alone, and what comes from a commit is as old as 1970, so that the files
 * are touched before the real build; and target/ is no cache, which would be
 * shared with whatever else is built at /src (rust-lang/cargo#9312).
 */
#include "base/file.h"
#include "providers/build/path.h"
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <string.h>

#define CARGO_CACHES                                                                               \
    "RUN --mount=type=cache,target=/usr/local/cargo/registry \\\n"                                 \
    "    --mount=type=cache,target=/usr/local/cargo/git \\\n"

/* "src/bin/x.rs" and "src/bin/x/main.rs" → "x". */
static void push_binaries(struct writing *one, const char *folder, struct text_list *ret)
{
    const char *start = path_join(one->arena, folder, "src/bin/");
    struct text_list files = files_named(one, "*.rs");
    for (size_t i = 0; i < files.count; i++) {
        const char *name = files.items[i];
        if (strncmp(name, start, strlen(start)) != 0)
            continue;
        name += strlen(start);
        size_t length = strcspn(name, "/");
        bool own = name[length] == '\0' || strcmp(name + length, "/main.rs") == 0;
        length -= own && name[length] == '\0' ? strlen(".rs") : 0;
        if (own)
            push_text(one, ret, arena_memdup(one->arena, name, length));
    }
}

/* The binaries of the package in a folder, as cargo finds them. */
static void push_package(struct writing *one, const char *folder, struct text_list *ret)
{
    const char *manifest = file_text(one, path_join(one->arena, folder, "Cargo.toml"));
    const char *name = scan_toml(one->arena, manifest, "package", "name");
    const char *first = scan_toml(one->arena, manifest, "package", "default-run");
    struct text_list named = scan_toml_all(one->arena, manifest, "bin", "name");
    if (!name)
        return;
    if (first) {
        push_text(one, ret, first);
        return;
    }
    for (size_t i = 0; i < named.count; i++)
        push_text(one, ret, named.items[i]);
    if (!named.count && there(one, path_join(one->arena, folder, "src/main.rs")))
        push_text(one, ret, name);
    else if (!named.count)
        push_binaries(one, folder, ret);
}

static bool find_binary(struct writing *one, const char **ret)
{
    struct text_list found = { 0 };
    *ret = one->entry;
    if (one->entry)
        return true;
    push_package(one, "", &found);
    struct text_list members = files_named(one, "Cargo.toml");
    for (size_t i = 0; !found.count && i < members.count; i++)
        if (strchr(members.items[i], '/'))
            push_package(one, path_folder(one->arena, members.items[i]), &found);
    if (found.count == 1) {
        *ret = found.items[0];
        return true;
    }
    return template_wrong(
        one, "%s; say in templateSettings.entry which binary runs",
        found.count ? arena_printf(one->arena, "several binaries: %s", joined(one->arena, &found))
                    : "Cargo.toml names no package with a binary");
}

/* ------------------------------------------------------------------------- toolchain */

/* Of rust-toolchain.toml, or the older file of one line. */
static const char *channel_of(struct writing *one)
{
    const char *text = file_text(one, "rust-toolchain.toml");
    if (!text)
        text = file_text(one, "rust-toolchain");
    const char *channel = scan_toml(one->arena, text, "toolchain", "channel");
    return channel || !text ? channel : scan_line(one->arena, &text);
}

static bool is_number(const char *text)
{
    return *text >= '0' && *text <= '9';
}

/* Libraries that crates find at build time, in the image of rust, and want when they run. */
static const char *libraries_of(struct writing *one)
{
    static const struct {
        const char *crate, *package;
    } libraries[] = {
        { "openssl-sys", "libssl3" },
        { "pq-sys", "libpq5" },
        { "libsqlite3-sys", "libsqlite3-0" },
        { "mysqlclient-sys", "libmariadb3" },
    };
    const char *lock = file_text(one, "Cargo.lock"), *ret = "";
    for (size_t i = 0; lock && i < sizeof libraries / sizeof *libraries; i++)
        if (strstr(lock, arena_printf(one->arena, "name = \"%s\"", libraries[i].crate)))
            ret = arena_printf(one->arena, "%s%s%s", ret, *ret ? " " : "", libraries[i].package);
    return ret;
}

/* ------------------------------------------------------------------------------ stages */

static void add_manifests(struct writing *one, const char *image)
{
    ADD(one,
        "FROM %s AS manifests\n"
        "WORKDIR /src\n"
        "COPY . .\n"
        "RUN find . -path ./vendor -prune -o -path ./.cargo -prune -o -type f ! -name '*.rs' \\\n"
        "        ! -name Cargo.toml ! -name Cargo.lock ! -name 'rust-toolchain*' -exec rm {} + \\\n"
        "    && find . -path ./vendor -prune -o -name '*.rs' \\\n"
        "        -exec sh -c 'for file; do echo \"fn main() { }\" >\"$file\"; done' sh {} +\n\n",
        image);
}

static void add_build(struct writing *one, const char *image, const char *binary, bool pinned)
{
    const char *locked = there(one, "Cargo.lock") ? " --locked" : "";
    ADD(one, "FROM %s AS build\n", image);
    add_build_packages(one, "");
    if (pinned)
        ADD(one, "ENV RUSTUP_TOOLCHAIN=$RUST_VERSION\n");
    ADD(one,
        "WORKDIR /src\n"
        "COPY --from=manifests /src ./\n" CARGO_CACHES "    cargo build --release%s --bin %s\n"
        "COPY . .\n" CARGO_CACHES
        "    find . -path ./target -prune -o -type f -exec touch {} + \\\n"
        "    && cargo build --release%s --bin %s \\\n"
        "    && install -D target/release/%s /out/app\n\n",
        locked, binary, locked, binary, binary);
}

bool write_rust(struct writing *one)
{
    const char *binary, *channel = channel_of(one);
    bool stable = channel && (is_number(channel) || strcmp(channel, "stable") == 0);
    struct base_tag tag;
    if (!find_binary(one, &binary)
        || !template_tag(one, stable && is_number(channel) ? channel : "1", &tag))
        return false;
    if (!there(one, "Cargo.lock"))
        template_warn(one, "there is no Cargo.lock, so that each build may take other versions: "
                           "run `cargo generate-lockfile`, and commit it");
    const char *image = arena_printf(one->arena, "rust:%s-%s", tag.number, tag.suite);
    add_manifests(one, image);
    /* Else rustup would fetch what the file names once more. */
    add_build(one, image, binary, stable && !one->version);
    ADD(one, "FROM debian:%s-slim\n", tag.suite);
    add_run_packages(one, libraries_of(one));
    ADD(one, "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
             "COPY --from=build /out/app /app\n" USER_LINE);
    add_port(one, BASH_CHECK);
    add_entrypoint_words(one, "/app");
    return true;
}
