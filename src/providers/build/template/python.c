/*
 * python: see writing.h. uv, poetry, pdm and pipenv by their lock files, else requirements.txt,
 * else the project itself. All go into /venv, which is all that the slim stage takes beside the
 * source. A web application ("shop.main:app") is started by the server that it depends on.
 */
#include "base/file.h"
#include "providers/build/docker/text.h"
#include "providers/build/path.h"
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <string.h>

#define PYTHON_VERSION "3.13"

enum { REQUIREMENTS_CEILING = 16 };

struct python {
    struct writing *one;
    const char *project; /* pyproject.toml, or NULL               */
    const char *needs;   /* text that names what it depends on    */
    const char *script;  /* a name of [project.scripts], or NULL  */
    const struct python_way *way;
    bool installs; /* the project itself, not only what it depends on */
};

/* How the dependencies come in, by lock file; %s: the tool's version, "==1.8.3" or "". */
struct python_way {
    const char *lock, *manifest;
    const char *tool; /* a package of PyPI, or NULL: pip */
    const char *environment;
    const char *cache, *install;
};

static const struct python_way WAYS[] = {
    { "uv.lock", "pyproject.toml", "uv",
      "UV_PROJECT_ENVIRONMENT=/venv UV_PYTHON=/usr/local/bin/python UV_PYTHON_DOWNLOADS=never \\\n"
      "    UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1",
      "/root/.cache/uv", "uv sync --frozen --no-dev --no-install-workspace" },
    { "poetry.lock", "pyproject.toml", "poetry", "VIRTUAL_ENV=/venv", "/root/.cache/pypoetry",
      "poetry install --no-interaction --only main --no-root --no-directory" },
    { "pdm.lock", "pyproject.toml", "pdm", "VIRTUAL_ENV=/venv PDM_CHECK_UPDATE=false",
      "/root/.cache/pdm", "pdm sync --prod --no-self --no-editable" },
    { "Pipfile.lock", "Pipfile", "pipenv", "VIRTUAL_ENV=/venv PIPENV_VERBOSITY=-1",
      "/root/.cache/pipenv", "pipenv install --deploy" },
    { "requirements.txt", NULL, NULL, NULL, "/root/.cache/pip",
      "/venv/bin/pip install -r requirements.txt" },
};

enum { WAY_COUNT = sizeof WAYS / sizeof *WAYS };

/* --------------------------------------------------------------------- requirements.txt */

static bool is_option(const char *line, const char *brief, const char *whole)
{
    return strncmp(line, brief, strlen(brief)) == 0 || strncmp(line, whole, strlen(whole)) == 0;
}

/* Does a line name a file of the source that is no list: "-e .", "./wheels/x.whl"? */
static bool wants_source(const char *line)
{
    return is_option(line, "-e", "--editable") || is_option(line, "-f", "--find-links")
           || strncmp(line, ".", 1) == 0 || strncmp(line, "file:", 5) == 0;
}

static bool is_pinned(const char *line)
{
    return !*line || strchr("#-", *line) || strstr(line, "==") || strstr(line, " @ ");
}

/*
 * Lists that lists name ("-r base.txt", "-c constraints.txt"); false where the source is named.
 * What is to be editable would be linked to where it is built: it is installed once more.
 */
static bool collect_lists(struct writing *one, struct text_list *lists, const char **ret_unpinned,
                          bool *ret_installs)
{
    for (size_t i = 0; i < lists->count && lists->count < REQUIREMENTS_CEILING; i++) {
        const char *text = file_text(one, lists->items[i]);
        const char *folder = path_folder(one->arena, lists->items[i]);
        for (const char *line; (line = scan_line(one->arena, &text));) {
            *ret_installs |= is_option(line, "-e", "--editable");
            if (wants_source(line))
                return false;
            if (!is_pinned(line) && !*ret_unpinned)
                *ret_unpinned = line;
            if (!is_option(line, "-r", "--requirement") && !is_option(line, "-c", "--constraint"))
                continue;
            const char *name = line + strcspn(line, " =");
            name += strspn(name, " =");
            if (*name)
                push_text(one, lists, path_below(one->arena, path_join(one->arena, folder, name)));
        }
    }
    return true;
}

static void add_requirements(struct python *python)
{
    struct writing *one = python->one;
    struct text_list lists = { 0 };
    const char *unpinned = NULL;
    push_text(one, &lists, "requirements.txt");
    if (collect_lists(one, &lists, &unpinned, &python->installs))
        add_copies(one, &lists);
    else
        ADD(one, "# requirements.txt names files of the source\nCOPY . .\n");
    if (unpinned)
        template_warn(one,
                      "requirements.txt does not say which version of %.*s, so that each "
                      "build may take another one: pin it (==), or commit a lock file",
                      (int)strcspn(unpinned, " <>=~!;["), unpinned);
}

/* ------------------------------------------------------------------------ dependencies */

/* The tool that wrote a lock file is the one that reads it. */
static const char *tool_version(struct writing *one, const char *lock)
{
    const char *text = file_text(one, lock);
    const char *version =
        scan_version(one->arena, scan_between(one->arena, text, "generated by Poetry ", " "), 3);
    return version ? arena_printf(one->arena, "==%s", version) : "";
}

static void add_tool(struct python *python)
{
    static const char *const more[] = { "uv.toml", "poetry.toml", "pdm.toml", ".python-version" };
    struct writing *one = python->one;
    const struct python_way *way = python->way;
    struct text_list paths = { 0 };
    ADD(one,
        "RUN --mount=type=cache,target=/root/.cache/pip pip install %s%s\n"
        "ENV %s\n",
        way->tool, tool_version(one, way->lock), way->environment);
    push_text(one, &paths, way->manifest);
    push_text(one, &paths, way->lock);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (there(one, more[i]) && strncmp(more[i], way->tool, 2) == 0)
            push_text(one, &paths, more[i]);
    add_copies(one, &paths);
}

static void add_dependencies(struct python *python)
{
    struct writing *one = python->one;
    if (!python->way)
        return;
    if (python->way->tool)
        add_tool(python);
    else
        add_requirements(python);
    ADD(one, "RUN --mount=type=cache,target=%s \\\n    %s\n", python->way->cache,
        python->way->install);
}

static void add_project(struct python *python)
{
    if (python->installs)
        ADD(python->one,
            "COPY . .\n"
            "RUN --mount=type=cache,target=/root/.cache/pip /venv/bin/pip install %s.\n",
            python->way ? "--no-deps " : "");
}

/* ------------------------------------------------------------------------------ start */

static bool depends_on(const struct python *python, const char *name)
{
    return python->needs && strstr(python->needs, name);
}

/* "shop.main:app": by uvicorn where that is there, else by gunicorn. */
static bool find_server(struct python *python, const char *application, const char **ret)
{
    struct writing *one = python->one;
    const char *port = one->port ? one->port : "8000";
    one->port = port;
    if (depends_on(python, "uvicorn") || depends_on(python, "fastapi[standard]"))
        *ret = arena_printf(one->arena, "uvicorn %s --host 0.0.0.0 --port %s", application, port);
    else if (depends_on(python, "hypercorn"))
        *ret = arena_printf(one->arena, "hypercorn %s --bind 0.0.0.0:%s", application, port);
    else if (depends_on(python, "gunicorn"))
        *ret = arena_printf(one->arena, "gunicorn %s --bind 0.0.0.0:%s", application, port);
    else
        return template_wrong(one,
                              "%s needs a server: add gunicorn (WSGI) or uvicorn (ASGI) to "
                              "what the project depends on",
                              application);
    return true;
}

static bool entry_command(struct python *python, const char *entry, const char **ret)
{
    struct writing *one = python->one;
    size_t length = strlen(entry);
    if (strchr(entry, ':'))
        return find_server(python, entry, ret);
    if (python->script && strcmp(python->script, entry) == 0)
        *ret = entry;
    else if (there(one, entry) || (length > 3 && strcmp(entry + length - 3, ".py") == 0))
        *ret = arena_printf(one->arena, "python %s", entry);
    else
        *ret = arena_printf(one->arena, "python -m %s", entry);
    return true;
}

/* main.py that only makes an application, for a server to import: "main:app". */
static const char *application_in(struct python *python, const char *file)
{
    static const char *const makers[] = { "= FastAPI(", "= Flask(", "= Starlette(", "= Quart(" };
    struct writing *one = python->one;
    const char *text = file_text(one, file);
    if (!text || strstr(text, "__main__"))
        return NULL;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        const char *at = strstr(text, makers[i]), *start = at;
        while (start && start > text && start[-1] != '\n')
            start--;
        if (at && start < at && !strchr(" \t", *start))
            return arena_printf(one->arena, "%.*s:%.*s", (int)(strlen(file) - 3), file,
                                (int)strcspn(start, " :="), start);
    }
    return NULL;
}

/* A Django project's PROJECT/wsgi.py → "PROJECT.wsgi:application". */
static const char *django_of(struct python *python)
{
    struct writing *one = python->one;
    struct text_list found = files_named(one, "wsgi.py");
    if (!there(one, "manage.py") || found.count != 1 || !strchr(found.items[0], '/'))
        return NULL;
    return arena_printf(one->arena, "%s.wsgi:application", path_folder(one->arena, found.items[0]));
}

static bool find_start(struct python *python, const char **ret)
{
    static const char *const files[] = { "main.py", "app.py", "server.py" };
    struct writing *one = python->one;
    const char *application = django_of(python);
    if (one->entry)
        return entry_command(python, one->entry, ret);
    if (application)
        return find_server(python, application, ret);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!there(one, files[i]))
            continue;
        application = application_in(python, files[i]);
        return entry_command(python, application ? application : files[i], ret);
    }
    if (python->script) {
        *ret = python->script;
        return true;
    }
    return template_wrong(one, "there is no main.py, app.py or server.py, and no script in "
                               "pyproject.toml; say in templateSettings.entry what runs: a file, a "
                               "module, or an application (shop.main:app)");
}

/* ------------------------------------------------------------------------------- facts */

static const char *version_of(const struct python *python)
{
    struct writing *one = python->one;
    const char *file = scan_version(one->arena, file_text(one, ".python-version"), 3);
    const char *runtime = file_text(one, "runtime.txt");
    const char *range = scan_toml(one->arena, python->project, "project", "requires-python");
    if (!file && runtime && strncmp(runtime, "python-", 7) == 0)
        file = scan_version(one->arena, runtime, 3);
    if (file)
        return file;
    if (!range)
        range = scan_toml(one->arena, python->project, "tool.poetry.dependencies", "python");
    if (!range)
        range = scan_toml(one->arena, file_text(one, "Pipfile"), "requires", "python_version");
    return scan_range(one->arena, range, PYTHON_VERSION, 2);
}

static const char *only_script(struct python *python)
{
    static const char *const sections[] = { "project.scripts", "tool.poetry.scripts" };
    struct writing *one = python->one;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct text_list keys = scan_toml_keys(one->arena, python->project, sections[i]);
        for (size_t j = 0; j < keys.count; j++)
            if ((one->entry && strcmp(keys.items[j], one->entry) == 0)
                || (!one->entry && keys.count == 1))
                return keys.items[j];
    }
    return NULL;
}

/* The project is installed where nothing else says what it needs, or its code lies in src/. */
static void find_facts(struct python *python)
{
    struct writing *one = python->one;
    python->project = file_text(one, "pyproject.toml");
    for (size_t i = 0; i < WAY_COUNT && !python->way; i++)
        if (there(one, WAYS[i].lock))
            python->way = &WAYS[i];
    const char *lock = python->way ? file_text(one, python->way->lock) : NULL;
    python->needs =
        arena_printf(one->arena, "%s%s", lock ? lock : "", python->project ? python->project : "");
    python->script = only_script(python);
    bool packaged =
        there(one, "setup.py") || scan_toml_has(one->arena, python->project, "build-system");
    python->installs = (!python->way && (python->project || packaged))
                       || (packaged && (python->script || there(one, "src")));
    if (!python->way && python->installs)
        template_warn(one, "there is no lock file (uv, poetry, pdm, pipenv) and no "
                           "requirements.txt, so that each build may take other versions: run `uv "
                           "lock`, and commit uv.lock");
}

bool write_python(struct writing *one)
{
    struct python python = { .one = one };
    struct base_tag tag;
    const char *start;
    find_facts(&python);
    if (!find_start(&python, &start) || !template_tag(one, version_of(&python), &tag))
        return false;
    ADD(one, "FROM python:%s-%s AS build\n", tag.number, tag.suite);
    add_build_packages(one, "");
    ADD(one, "RUN python -m venv /venv\nWORKDIR /src\n");
    add_dependencies(&python);
    add_project(&python);
    ADD(one, "COPY . /app\nRUN rm -f /app/" BUILD_DOCKER_NAME "\n");
    ADD(one, "\nFROM python:%s-slim-%s\n", tag.number, tag.suite);
    add_run_packages(one, "");
    ADD(one, "ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1\n"
             "WORKDIR /app\nCOPY --from=build /venv /venv\nCOPY --from=build /app ./\n" USER_LINE);
    add_port(one, "CMD [\"python\", \"-c\", \"import socket; "
                  "socket.create_connection(('127.0.0.1', %s), 1)\"]");
    add_entrypoint_words(one, start);
    return true;
}
