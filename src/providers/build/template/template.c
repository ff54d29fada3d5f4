/*
 * template: see template.h. Settings come from a manifest and are put into lines that a shell
 * runs, so each may only hold what its kind of word can.
 */
#include "providers/build/template/writing.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/shape.h"

#include <stdlib.h>
#include <string.h>

const char *const template_names[] = { "go",   "rust",   "c",    "node", "python",
                                       "java", "static", "auto", NULL };

/* What belongs to the tools around a source, may hold secrets, or is made anew by the build. */
const char *const template_ignore[] = {
    "**/.git*",     "**/.dockerignore", "**/Dockerfile*", "**/.env*",
    "**/.DS_Store", "**/.idea",         "**/.vscode",     "**/node_modules",
    "**/.venv",     "**/__pycache__",   "**/*.py[co]",    NULL,
};

enum { MARKS = 8 };

static const struct language {
    const char *name;
    bool (*write)(struct writing *one);
    const char *marks[MARKS]; /* files that tell it */
} LANGUAGES[] = {
    { "go", write_go, { "go.mod", "go.work" } },
    { "rust", write_rust, { "Cargo.toml" } },
    { "node", write_node, { "package.json" } },
    { "python",
      write_python,
      { "requirements.txt", "pyproject.toml", "uv.lock", "Pipfile", "setup.py" } },
    { "java",
      write_java,
      { "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts" } },
    { "c", write_c, { "CMakeLists.txt", "meson.build", "configure", "configure.ac", "Makefile" } },
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

/* The characters that a setting may have, beside letters and digits. */
static const struct setting {
    const char *name, *letters;
} SETTINGS[] = {
    { "version", "._-" },
    { "entry", "._-/:" },
    { "port", "" },
    { "packages", "+.- :" },
};

enum { SETTING_COUNT = sizeof SETTINGS / sizeof *SETTINGS };

static bool no_setting(struct writing *one, const char *name)
{
    const char *names[SETTING_COUNT];
    for (size_t i = 0; i < SETTING_COUNT; i++)
        names[i] = SETTINGS[i].name;
    const char *meant = suggest(name, names, SETTING_COUNT);
    return error_set(one->err, ERROR_INPUT,
                     "build.templateSettings: there is no \"%s\"%s%s%s; there are version, "
                     "entry, port, packages",
                     name, meant ? " (did you mean \"" : "", meant ? meant : "",
                     meant ? "\"?)" : "");
}

/* No word may begin with "-": apt-get and the others would take it for an option. */
static void split_packages(struct writing *one, const char *text)
{
    for (size_t length; *(text += strspn(text, " ")); text += length) {
        length = strcspn(text, " ");
        push_text(one, &one->packages, arena_memdup(one->arena, text, length));
    }
}

static bool set_one(struct writing *one, const char *name, const char *text)
{
    const char **places[] = { &one->version, &one->entry, &one->port, &(const char *){ NULL } };
    size_t at = 0;
    while (at < SETTING_COUNT && strcmp(SETTINGS[at].name, name) != 0)
        at++;
    if (at == SETTING_COUNT)
        return no_setting(one, name);
    if (!*text || *text == '-' || strstr(text, " -") || !only_of(text, SETTINGS[at].letters)
        || (places[at] == &one->port && !is_port(text)))
        return error_set(one->err, ERROR_INPUT, "build.templateSettings.%s: \"%s\" cannot be one",
                         name, text);
    *places[at] = text;
    if (at == SETTING_COUNT - 1)
        split_packages(one, text);
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
    for (size_t i = 0; i < MARKS && language->marks[i]; i++)
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
                        "CMakeLists.txt, meson.build, Makefile, index.html)",
                        *one->context->folder ? one->context->folder : "the repository's root");
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

bool template_dockerfile(struct arena *arena, const struct image_spec *spec,
                         const struct context *context, struct problems *problems,
                         const char **ret_text, struct error *err)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct writing one = { .arena = arena,
                           .spec = spec,
                           .context = context,
                           .out = &out,
                           .problems = problems,
                           .err = err };
    const struct language *language = NULL;
    if (!context_list(context, arena, &one.list, err) || !find_language(&one, &language))
        return false;
    one.language = language->name;
    if (!set_all(&one) || !language->write(&one))
        return false;
    *ret_text = arena_memdup(arena, buf_text(&out), out.length);
    return true;
}
