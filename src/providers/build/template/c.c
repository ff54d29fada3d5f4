/* c: see writing.h. CMake, meson, autotools or a Makefile, with an install rule or without one. */
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <string.h>

/* "add_executable(api main.c)" → "api": the only one, or NULL. */
static const char *only_call(struct writing *one, const char *text, const char *call)
{
    const char *at = text ? strstr(text, call) : NULL;
    if (!at || strstr(at + 1, call))
        return NULL;
    at += strlen(call);
    at += strspn(at, "( '\"\t\n");
    size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length && at[length] != '$' && at[length] != '{' ? arena_memdup(one->arena, at, length)
                                                            : NULL;
}

/* How it is built, by the file that says so. */
static const struct c_way {
    const char *file, *call; /* which names the program */
    const char *packages;
    const char *install; /* how the text says that it installs something */
    const char *build, *place;
} WAYS[] = {
    { "CMakeLists.txt", "add_executable", " cmake", "install(",
      "cmake -B /build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr/local \\\n"
      "    && cmake --build /build --parallel",
      "DESTDIR=/out cmake --install /build" },
    { "meson.build", "executable", " meson ninja-build", "install: true",
      "meson setup /build --buildtype=release --prefix=/usr/local \\\n"
      "    && meson compile -C /build",
      "DESTDIR=/out meson install -C /build --no-rebuild" },
    { "configure", NULL, "", "", "sh ./configure --prefix=/usr/local && make -j\"$(nproc)\"",
      "make install DESTDIR=/out" },
    { "configure.ac", NULL, " autoconf automake libtool", "",
      "autoreconf -fi && ./configure --prefix=/usr/local \\\n    && make -j\"$(nproc)\"",
      "make install DESTDIR=/out" },
    { "Makefile", NULL, "", "\ninstall:", "make -j\"$(nproc)\"",
      "make install DESTDIR=/out PREFIX=/usr/local prefix=/usr/local" },
};

enum { WAY_COUNT = sizeof WAYS / sizeof *WAYS };

static const struct c_way *find_way(struct writing *one)
{
    for (size_t i = 0; i < WAY_COUNT; i++)
        if (there(one, WAYS[i].file))
            return &WAYS[i];
    return NULL;
}

/* A program that no rule installs is looked for by its name. */
static void add_build(struct writing *one, const struct c_way *way, const char *entry)
{
    const char *text = file_text(one, way->file), *folder = "/src";
    bool installs = text && strstr(arena_printf(one->arena, "\n%s", text), way->install);
    if (strstr(way->build, "/build"))
        folder = "/build";
    ADD(one, "WORKDIR /src\nCOPY . .\n");
    ADD(one, "RUN --mount=type=cache,target=/root/.cache/ccache \\\n    %s \\\n", way->build);
    if (installs)
        ADD(one, "    && %s\n\n", way->place);
    else
        ADD(one,
            "    && install -D \"$(find %s -type f -perm -u+x -name %s | head -n 1)\" "
            "/out/usr/local/bin/%s\n\n",
            folder, entry, entry);
}

bool write_c(struct writing *one)
{
    const struct c_way *way = find_way(one);
    const char *entry = one->entry;
    struct base_tag tag = { "", one->version ? one->version : TEMPLATE_SUITE };
    if (!way)
        return template_wrong(one, "there is no CMakeLists.txt, meson.build, configure or Makefile "
                                   "in the context");
    if (!entry && way->call)
        entry = only_call(one, file_text(one, way->file), way->call);
    if (!entry)
        return template_wrong(one, "say in templateSettings.entry which program is started");
    ADD(one, "FROM debian:%s AS build\n", tag.suite);
    add_build_packages(
        one, arena_printf(one->arena, "build-essential ccache pkg-config%s", way->packages));
    ADD(one, "ENV PATH=/usr/lib/ccache:$PATH\n");
    add_build(one, way, entry);
    ADD(one, "FROM debian:%s-slim\n", tag.suite);
    add_run_packages(one, "");
    ADD(one, "COPY --from=build /out/ /\nENV LD_LIBRARY_PATH=/usr/local/lib\n" USER_LINE);
    add_port(one, BASH_CHECK);
    add_entrypoint_words(one, arena_printf(one->arena, "/usr/local/bin/%s", entry));
    return true;
}
