/* writing: see writing.h. */
#include "providers/build/template/writing.h"

#include "base/file.h"
#include "providers/build/path.h"

#include <stdarg.h>
#include <string.h>

enum { SOURCE_CEILING = 4 << 20 };

bool template_wrong(struct writing *one, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(one->arena, format, args);
    va_end(args);
    return error_set(one->err, ERROR_INPUT, "build.template: %s: %s", one->language, text);
}

void template_warn(struct writing *one, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(one->arena, format, args);
    va_end(args);
    problem_warn(one->problems, one->spec->file, one->spec->place, true, "build.template: %s: %s",
                 one->language, text);
}

/* ------------------------------------------------------------------------------ files */

static const struct context_entry *find(const struct writing *one, const char *path)
{
    size_t low = 0, high = one->list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(one->list.items[middle].path, path);
        if (order == 0)
            return &one->list.items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool there(const struct writing *one, const char *path)
{
    return find(one, path_below(one->arena, path)) != NULL;
}

const char *file_text(const struct writing *one, const char *path)
{
    const struct context_entry *entry = find(one, path_below(one->arena, path));
    struct error none;
    const char *text;
    size_t length;
    if (!entry
        || !context_read(entry->files, one->arena, entry->entry.path, SOURCE_CEILING, &text,
                         &length, &none))
        return NULL;
    return arena_memdup(one->arena, text, length);
}

/* Folders with code of others, which has files of the same names. */
static bool is_others(const char *path)
{
    static const char *const folders[] = { "node_modules/", "vendor/", "testdata/", ".yarn/" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *at = strstr(path, folders[i]);
        if (at && (at == path || at[-1] == '/'))
            return true;
    }
    return false;
}

void push_text(struct writing *one, struct text_list *list, const char *text)
{
    arena_push(one->arena, list->items, list->count, list->capacity, text);
}

struct text_list files_named(const struct writing *one, const char *name)
{
    struct text_list ret = { 0 };
    for (size_t i = 0; i < one->list.count; i++) {
        const char *path = one->list.items[i].path, *base = path_base(path);
        size_t length = strlen(base), ending = strlen(name) - 1;
        bool fits = *name == '*' ? length > ending && !strcmp(base + length - ending, name + 1)
                                 : strcmp(base, name) == 0;
        if (fits && one->list.items[i].entry.kind != FILES_FOLDER && !is_others(path))
            arena_push(one->arena, ret.items, ret.count, ret.capacity, path);
    }
    return ret;
}

/* Words that a COPY in its usual form can hold. */
static bool is_plain(const char *path)
{
    return *path && !strpbrk(path, " \t\"'\\$*?[]");
}

void add_copies(struct writing *one, const struct text_list *paths)
{
    bool top = false;
    for (size_t i = 0; i < paths->count; i++)
        if (!strchr(paths->items[i], '/') && is_plain(paths->items[i]))
            ADD(one, "%s%s", top ? " " : "COPY ", paths->items[i]), top = true;
    if (top)
        ADD(one, " ./\n");
    for (size_t i = 0; i < paths->count; i++)
        if (strchr(paths->items[i], '/') && is_plain(paths->items[i]))
            ADD(one, "COPY %s %s/\n", paths->items[i], path_folder(one->arena, paths->items[i]));
}

const char *joined(struct arena *arena, const struct text_list *list)
{
    const char *text = "";
    for (size_t i = 0; i < list->count && i < 10; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", list->items[i]);
    return list->count > 10 ? arena_printf(arena, "%s, ...", text) : text;
}

/* --------------------------------------------------------------------------- versions */

bool template_tag(struct writing *one, const char *number, struct base_tag *ret)
{
    static const char *const suites[] = { "bullseye", "bookworm", "trixie", "forky" };
    const char *version = one->version ? one->version : number, *dash = strchr(version, '-');
    *ret = (struct base_tag){ version, TEMPLATE_SUITE };
    if (!dash)
        return true;
    ret->number = arena_memdup(one->arena, version, (size_t)(dash - version));
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (strstr(dash, suites[i])) {
            ret->suite = suites[i];
            return true;
        }
    return template_wrong(one,
                          "templateSettings.version: \"%s\" is no number, and no number with a "
                          "Debian release behind it (%s-bookworm)",
                          version, *ret->number ? ret->number : "1");
}

/* --------------------------------------------------------------------------- packages */

/* What only builds: headers, compilers and the like are left out where it runs. */
static bool is_tool(const char *package)
{
    static const char *const tools[] = {
        "autoconf",    "automake",   "bison",   "build-essential",
        "clang",       "cmake",      "curl",    "flex",
        "g++",         "gcc",        "git",     "gperf",
        "libtool",     "make",       "meson",   "ninja-build",
        "patch",       "pkg-config", "pkgconf", "protobuf-compiler",
        "python3-dev", "swig",       "unzip",   "wget",
        "xz-utils",    "zip",
    };
    size_t length = strlen(package);
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (strcmp(tools[i], package) == 0)
            return true;
    return length > 4 && strcmp(package + length - 4, "-dev") == 0;
}

/* Lists and packages stay in caches: nothing of them is in a layer. */
static void add_apt(struct writing *one, const char *more, bool runs)
{
    const char *names = more;
    for (size_t i = 0; i < one->packages.count; i++)
        if (!runs || !is_tool(one->packages.items[i]))
            names = arena_printf(one->arena, "%s%s%s", names, *names ? " " : "",
                                 one->packages.items[i]);
    if (*names)
        ADD(one,
            "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
            "    --mount=type=cache,target=/var/lib/apt,sharing=locked \\\n"
            "    apt-get update && apt-get install -y --no-install-recommends %s\n",
            names);
}

void add_build_packages(struct writing *one, const char *more)
{
    add_apt(one, more, false);
}

void add_run_packages(struct writing *one, const char *more)
{
    add_apt(one, more, true);
}

bool has_run_packages(const struct writing *one)
{
    for (size_t i = 0; i < one->packages.count; i++)
        if (!is_tool(one->packages.items[i]))
            return true;
    return false;
}

/* ------------------------------------------------------------------- ports, what starts */

void add_port(struct writing *one, const char *check)
{
    if (!one->port)
        return;
    ADD(one, "ENV PORT=%s\nEXPOSE %s\n", one->port, one->port);
    ADD(one, "HEALTHCHECK --interval=10s --timeout=2s --start-period=10s ");
    ADD(one, check, one->port);
    ADD(one, "\n");
}

void add_entrypoint(struct writing *one, const struct text_list *words)
{
    ADD(one, "ENTRYPOINT [");
    for (size_t i = 0; i < one->packages.count; i++)
        if (strcmp(one->packages.items[i], "tini") == 0)
            ADD(one, "\"tini\", \"--\", ");
    for (size_t i = 0; i < words->count; i++)
        ADD(one, "%s\"%s\"", i ? ", " : "", words->items[i]);
    ADD(one, "]\n");
}

void add_entrypoint_words(struct writing *one, const char *words)
{
    struct text_list list = { 0 };
    for (size_t length; *(words += strspn(words, " ")); words += length) {
        length = strcspn(words, " ");
        push_text(one, &list, arena_memdup(one->arena, words, length));
    }
    add_entrypoint(one, &list);
}
