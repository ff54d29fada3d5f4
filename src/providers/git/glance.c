/* glance: the repository around a folder; see glance.h. */
#include "providers/git/glance.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "providers/git/glance_index.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_CEILING = 1 << 20, HISTORY_MOST = 1000 };

static bool exists(struct arena *arena, const char *folder, const char *name)
{
    return access(arena_printf(arena, "%s/%s", folder, name), F_OK) == 0;
}

static const char *read_text(struct arena *arena, const char *path)
{
    struct error ignored;
    char *data;
    size_t length;
    bool read = file_read(arena, path, FILE_CEILING, &data, &length, &ignored);
    return read && strlen(data) == length ? data : NULL;
}

/* ---------------------------------------------------------------------- the place */

/* The nearest `.git` upwards; where it is no folder, somebody else has to look. */
static bool find_git(struct arena *arena, const char *folder, struct glance *glance)
{
    AUTO_FREE char *real = realpath(folder, NULL);
    struct stat status;
    for (char *end = real ? real + strlen(real) : NULL; end; end = strrchr(real, '/')) {
        *end = '\0';
        const char *git = arena_printf(arena, "%s/.git", real);
        if (lstat(git, &status) != 0)
            continue;
        glance->git = git;
        glance->root = arena_strdup(arena, *real ? real : "/");
        return S_ISDIR(status.st_mode) && *real;
    }
    return false;
}

static bool is_plain(struct arena *arena, const char *git)
{
    static const char *const unusual[] = { "commondir", "objects/info/alternates", "info/grafts",
                                           "config.worktree" };
    struct stat status;
    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
        if (exists(arena, git, unusual[i]))
            return false;
    return lstat(arena_printf(arena, "%s/HEAD", git), &status) == 0 && S_ISREG(status.st_mode);
}

/* --------------------------------------------------------------------- the config */

/* What the config says, as far as it matters here. */
struct settings {
    const char *section;       /* in lower case, of the line that is read */
    const char *remote;        /* its name in quotes, for [remote "name"] */
    const char *origin, *only; /* the URL of origin; of any remote */
    bool several, unusual;
};

static void note_remote(struct settings *settings, const char *url)
{
    bool origin = strcmp(settings->remote, "origin") == 0;
    settings->unusual |= !*url || strpbrk(url, "\"\\#; \t") || (origin && settings->origin);
    settings->several |= settings->only != NULL;
    settings->only = url;
    if (origin)
        settings->origin = url;
}

static void note_setting(struct settings *settings, const char *key, const char *value)
{
    const char *section = settings->section;
    if (settings->remote && strcasecmp(key, "url") == 0)
        note_remote(settings, value);
    if (strcmp(section, "core") != 0)
        return;
    bool harmless = (strcasecmp(key, "bare") == 0 && strcasecmp(value, "false") == 0)
                    || (strcasecmp(key, "repositoryformatversion") == 0 && strcmp(value, "0") == 0);
    settings->unusual |= !harmless
                         && (strcasecmp(key, "bare") == 0 || strcasecmp(key, "worktree") == 0
                             || strcasecmp(key, "repositoryformatversion") == 0);
}

/* "[core]" or "[remote "origin"]"; any other form of a remote's is unusual. */
static void enter_section(struct arena *arena, struct settings *settings, char *line)
{
    size_t length = strcspn(line + 1, " \t\".]");
    char *name = arena_memdup(arena, line + 1, length);
    for (char *at = name; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    settings->section = name;
    settings->remote = NULL;
    settings->unusual |= strncmp(name, "include", 7) == 0 || strcmp(name, "extensions") == 0;
    if (strcmp(name, "remote") != 0)
        return;
    const char *rest = line + 1 + length;
    size_t inner = strncmp(rest, " \"", 2) == 0 ? strcspn(rest + 2, "\"\\") : 0;
    settings->unusual |= !inner || strcmp(rest + 2 + inner, "\"]") != 0;
    settings->remote = inner ? arena_memdup(arena, rest + 2, inner) : "";
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static void read_line(struct arena *arena, struct settings *settings, char *line)
{
    line = trimmed(line);
    size_t length = strlen(line);
    if (!length || *line == '#' || *line == ';')
        return;
    settings->unusual |= line[length - 1] == '\\' || (*line == '[' && line[length - 1] != ']');
    char *equals = strchr(line, '=');
    if (*line == '[') {
        enter_section(arena, settings, line);
    } else if (equals) {
        *equals = '\0';
        note_setting(settings, trimmed(line), trimmed(equals + 1));
    } else {
        note_setting(settings, line, ""); /* no URL, and no harmless setting */
    }
}

static bool parse_settings(struct arena *arena, const char *text, struct settings *settings)
{
    char *copy = arena_strdup(arena, text), *line;
    *settings = (struct settings){ .section = "" };
    while ((line = strsep(&copy, "\n")))
        read_line(arena, settings, line);
    return !settings->unusual;
}

bool glance_config_parse(struct arena *arena, const char *text, const char **ret_origin)
{
    struct settings settings;
    bool usual = parse_settings(arena, text, &settings);
    *ret_origin = settings.origin;
    return usual;
}

static bool read_settings(struct arena *arena, const char *path, struct settings *settings)
{
    const char *text = read_text(arena, path);
    return text && parse_settings(arena, text, settings);
}

/* A user's and the system's own files may name remotes, too; hardly any does. */
static bool is_silent(struct arena *arena, const char *path)
{
    struct settings settings;
    return access(path, F_OK) != 0
           || (read_settings(arena, path, &settings) && !settings.only && !settings.several);
}

static bool others_are_silent(struct arena *arena)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    if (!home || !*home)
        return false;
    const char *base = xdg && *xdg ? xdg : arena_printf(arena, "%s/.config", home);
    return is_silent(arena, "/etc/gitconfig")
           && is_silent(arena, arena_printf(arena, "%s/git/config", base))
           && is_silent(arena, arena_printf(arena, "%s/.gitconfig", home));
}

/* --------------------------------------------------------------------- the origin */

/* As origin.c: along first parents. */
static const char *first_commit(struct arena *arena, const struct glance *glance)
{
    const char *hex = glance->record.commit;
    struct glance_commit commit = glance->commit;
    for (int i = 0; commit.parent_count; i++) {
        hex = commit.parents[0];
        if (i == HISTORY_MOST || !glance_commit(arena, glance->git, hex, &commit))
            return NULL;
    }
    return hex;
}

static bool find_origin(struct arena *arena, struct glance *glance)
{
    struct settings settings;
    const char *origin = NULL;
    if (!read_settings(arena, arena_printf(arena, "%s/config", glance->git), &settings))
        return false;
    if (settings.origin)
        origin = git_normal_url(arena, settings.origin);
    else if (!others_are_silent(arena))
        return false;
    else if (settings.only && !settings.several)
        origin = git_normal_url(arena, settings.only);
    else if (!exists(arena, glance->git, "shallow"))
        origin = first_commit(arena, glance);
    glance->record.origin = origin;
    return origin != NULL;
}

/* ----------------------------------------------------------------------- the head */

static bool is_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == GLANCE_HEX
           && (strcmp(text + GLANCE_HEX, "\n") == 0 || !text[GLANCE_HEX]);
}

/* "<40 hex> NAME" in packed-refs. */
static const char *packed_ref(struct arena *arena, const char *git, const char *name)
{
    const char *text = read_text(arena, arena_printf(arena, "%s/packed-refs", git));
    const char *needle = arena_printf(arena, " %s\n", name);
    const char *at = text ? strstr(text, needle) : NULL;
    if (!at || at - text < GLANCE_HEX)
        return NULL;
    const char *id = arena_memdup(arena, at - GLANCE_HEX, GLANCE_HEX);
    return is_id(id) && (at - text == GLANCE_HEX || at[-GLANCE_HEX - 1] == '\n') ? id : NULL;
}

static bool find_head(struct arena *arena, struct glance *glance)
{
    static const char branch[] = "ref: refs/heads/";
    const char *head = read_text(arena, arena_printf(arena, "%s/HEAD", glance->git));
    const char *id = head;
    glance->record.ref = "";
    if (!head)
        return false;
    if (strncmp(head, branch, sizeof branch - 1) == 0) {
        const char *name = arena_memdup(arena, head + 5, strcspn(head + 5, "\n"));
        if (strstr(name, "..") || strpbrk(name, " \t\r"))
            return false;
        const char *loose = arena_printf(arena, "%s/%s", glance->git, name);
        id = access(loose, F_OK) == 0 ? read_text(arena, loose)
                                      : packed_ref(arena, glance->git, name);
        glance->record.ref = name + strlen("refs/heads/");
    }
    if (!id || !is_id(id))
        return false;
    glance->record.commit = arena_memdup(arena, id, GLANCE_HEX);
    return true;
}

bool glance_open(struct arena *arena, const char *folder, struct glance *ret_glance)
{
    struct glance glance = { .arena = arena, .record = { .path = "" } };
    if (!find_git(arena, folder, &glance) || !is_plain(arena, glance.git)
        || !find_head(arena, &glance)
        || !glance_commit(arena, glance.git, glance.record.commit, &glance.commit)
        || !find_origin(arena, &glance))
        return false;
    glance.record.subject = glance.commit.subject;
    glance.record.author = glance.commit.author;
    glance.record.time = glance.commit.time;
    *ret_glance = glance;
    return true;
}

/* ---------------------------------------------------------------------- the files */

static const struct glance_index *index_of(struct glance *glance)
{
    if (glance->index_asked)
        return glance->index;
    struct glance_index *index = arena_alloc(glance->arena, sizeof *index);
    if (glance_index_read(glance->arena, glance, index))
        glance->index = index;
    glance->index_asked = true;
    return glance->index;
}

bool glance_clean_whole(struct glance *glance)
{
    if (!glance->whole_asked)
        glance->whole_clean = index_of(glance) && glance_walk(glance->index, glance->root, "");
    glance->whole_asked = true;
    return glance->whole_clean;
}

static bool is_odd(const char *path)
{
    return strstr(path, "//") || strncmp(path, "./", 2) == 0 || strcmp(path, ".") == 0
           || strstr(path, "..");
}

bool glance_clean(struct glance *glance, const char *const *paths, size_t count)
{
    bool whole = count == 0;
    for (size_t i = 0; i < count; i++)
        whole |= !*paths[i];
    if (whole || (glance->whole_asked && glance->whole_clean))
        return glance_clean_whole(glance);
    for (size_t i = 0; i < count; i++)
        if (is_odd(paths[i]) || !index_of(glance)
            || !glance_walk(glance->index, glance->root, paths[i]))
            return false;
    return true;
}
