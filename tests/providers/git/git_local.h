/*
 * git_local: the repository that the tests of local folders read.
 */
#ifndef CMX_TESTS_GIT_LOCAL_H
#define CMX_TESTS_GIT_LOCAL_H

#include "git_test.h"

struct fixture {
    struct arena *arena;
    char *folder, *work;
};

static inline int fixture_start(void **state)
{
    struct arena *arena = arena_new();
    struct fixture *fixture = arena_alloc(arena, sizeof *fixture);
    fixture->arena = arena;
    fixture->folder = scratch_start(arena);
    fixture->work = arena_printf(arena, "%s/work", fixture->folder);
    bash(arena, "bash \"$2\" \"$1\"", fixture->folder, GIT_TESTS "repository.sh");
    *state = fixture;
    return 0;
}

static inline int fixture_done(void **state)
{
    struct fixture *fixture = *state;
    scratch_done(fixture->arena, fixture->folder);
    arena_free(fixture->arena);
    return 0;
}

static inline struct git_source *open_at(const char *folder, const char *ref)
{
    struct git_options options = { .folder = folder, .ref = ref };
    return open_git(&options);
}

static inline char *read_path(struct arena *arena, struct git_source *source, const char *path,
                              size_t *ret_length, struct error *err)
{
    const struct source_reader *reader = git_reader(source);
    char *data = NULL;
    return reader->read(reader->context, arena, path, 1 << 20, &data, ret_length, err) ? data
                                                                                       : NULL;
}

#endif
