/*
 * What a `.git` folder says that came from elsewhere: a commit, the index, the config.
 * The first byte chooses. What is read of a commit is what stands in it.
 */
#include "base/cleanup.h"
#include "providers/git/glance.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_commit(struct arena *arena, const char *text)
{
    struct glance_commit commit;
    if (!glance_commit_parse(arena, text, &commit))
        return;
    require(strlen(commit.tree) == GLANCE_HEX && strstr(text, commit.tree));
    require(strstr(text, commit.author) && strstr(text, commit.subject));
    require(!strchr(commit.subject, '\n') && !strchr(commit.author, '\n'));
    for (size_t i = 0; i < commit.parent_count; i++)
        require(strlen(commit.parents[i]) == GLANCE_HEX);
}

static void try_index(struct arena *arena, const char *data, size_t size)
{
    static const char tree[] = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    require(!glance_index_parse(arena, data, size, "no tree"));
    (void)!glance_index_parse(arena, data, size, tree);
}

static void try_config(struct arena *arena, const char *text)
{
    const char *origin;
    if (glance_config_parse(arena, text, &origin) && origin)
        require(*origin && strstr(text, origin));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    if (size == 0)
        return 0;
    char *text = arena_memdup(arena, (const char *)data + 1, size - 1);
    if (data[0] == 'i')
        try_index(arena, text, size - 1);
    else if (data[0] == 'c')
        try_config(arena, text);
    else
        try_commit(arena, text);
    return 0;
}
