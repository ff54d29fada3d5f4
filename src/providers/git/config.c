/*
 * config: the few settings of git that matter here, read entry by entry.
 *
 * libgit2 1.5 offers searches by regular expression, and loses 20 KiB for each
 * entry that does not match; a process that fetches every minute would grow by
 * hundreds of megabytes a day.
 */
#include "providers/git/repository.h"

#include <string.h>

enum { ENTRY_CEILING = 100000 };

/* "NAME" of "remote.NAME.url"; NULL for another key. The key's ends are lower case already. */
static const char *middle(struct arena *arena, const char *key, const char *prefix,
                          const char *suffix)
{
    size_t length = strlen(key), before = strlen(prefix), after = strlen(suffix);
    if (length <= before + after || strncmp(key, prefix, before) != 0
        || strcmp(key + length - after, suffix) != 0)
        return NULL;
    return arena_memdup(arena, key + before, length - before - after);
}

/* Calls `visit` for each entry "PREFIXnameSUFFIX". */
static bool each_entry(git_repository *handle, struct arena *arena, const char *prefix,
                       const char *suffix,
                       void (*visit)(void *context, const char *name, const char *value),
                       void *context)
{
    CLEANUP(git_config_free_at) git_config *config = NULL;
    git_config_iterator *entries = NULL;
    git_config_entry *entry;
    int code = git_repository_config(&config, handle);
    if (code == 0)
        code = git_config_iterator_new(&entries, config);
    for (int i = 0; code == 0 && i < ENTRY_CEILING; i++) {
        code = git_config_next(&entry, entries);
        const char *name = code == 0 ? middle(arena, entry->name, prefix, suffix) : NULL;
        if (name && entry->value)
            visit(context, name, entry->value);
    }
    git_config_iterator_free(entries);
    return code == GIT_ITEROVER;
}

struct only_remote {
    struct arena *arena;
    const char *name, *url;
    bool several;
};

static void note_remote(void *context, const char *name, const char *value)
{
    struct only_remote *only = context;
    only->several |= only->name && strcmp(only->name, name) != 0;
    only->name = name;
    if (!only->url)
        only->url = arena_strdup(only->arena, value);
}

const char *git_config_only_remote(git_repository *handle, struct arena *arena)
{
    struct only_remote only = { .arena = arena };
    if (!each_entry(handle, arena, "remote.", ".url", note_remote, &only) || only.several)
        return NULL;
    return only.url;
}

struct rewrite {
    struct arena *arena;
    const char *url, *base;
    size_t longest;
};

static void note_rewrite(void *context, const char *name, const char *value)
{
    struct rewrite *rewrite = context;
    size_t length = strlen(value);
    if (length <= rewrite->longest || strncmp(rewrite->url, value, length) != 0)
        return;
    rewrite->longest = length;
    rewrite->base = name;
}

const char *git_config_rewrite(git_repository *handle, struct arena *arena, const char *url)
{
    struct rewrite rewrite = { .arena = arena, .url = url };
    if (!each_entry(handle, arena, "url.", ".insteadof", note_rewrite, &rewrite) || !rewrite.base)
        return url;
    return arena_printf(arena, "%s%s", rewrite.base, url + rewrite.longest);
}
