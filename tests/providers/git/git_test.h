/*
 * git_test: what the tests of git share: the git program as the oracle, run in a
 * scratch folder with a configuration of its own.
 */
#ifndef CMX_TESTS_GIT_TEST_H
#define CMX_TESTS_GIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "providers/git/git.h"

#include <string.h>

/* libgit2 1.5 loses a block of PCRE2 for each name that it cannot find; nothing of ours does. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2-8\n";
}

#define GIT_TESTS TESTS_FOLDER "/providers/git/"

static inline struct wait minutes(int count)
{
    return wait_for(count * 60000LL, NULL);
}

/* Standard output of a bash script with $1 … = the arguments; its exit status must be 0. */
static inline char *bash(struct arena *arena, const char *script, const char *one, const char *two)
{
    const char *const arguments[] = { "bash", "-euo",         "pipefail",     "-c", script,
                                      "bash", one ? one : "", two ? two : "", NULL };
    struct wait wait = minutes(5);
    struct error err = { 0 };
    char *output = NULL;
    int status = -1;
    if (!process_run(arena, arguments, NULL, NULL, 256 << 20, &wait, &output, &status, &err))
        fail_msg("%s", err.message);
    if (status != 0)
        fail_msg("exit %d of: %s\n%s", status, script, output);
    return output;
}

/* The same without the line break at its end. */
static inline char *bash_line(struct arena *arena, const char *script, const char *one,
                              const char *two)
{
    char *text = bash(arena, script, one, two);
    size_t length = strlen(text);
    if (length && text[length - 1] == '\n')
        text[length - 1] = '\0';
    return text;
}

/* A new folder, removed by scratch_done(); HOME, configuration and cache are in it. */
static inline char *scratch_start(struct arena *arena)
{
    const char *parent = getenv("TMPDIR");
    char *folder = arena_printf(arena, "%s/cmx-git-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    setenv("HOME", folder, 1);
    setenv("XDG_CACHE_HOME", arena_printf(arena, "%s/cache", folder), 1);
    setenv("XDG_CONFIG_HOME", arena_printf(arena, "%s/config", folder), 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    unsetenv("GIT_SSH");
    unsetenv("GIT_SSH_COMMAND");
    unsetenv("CMX_GIT_TOKEN");
    unsetenv("CMX_GIT_USER");
    setenv("GIT_ASKPASS", "/bin/false", 1);
    bash(arena,
         "git config --global user.name 'Ann Ex'; git config --global user.email ann@example.org; "
         "git config --global init.defaultBranch main; "
         "git config --global protocol.file.allow always; "
         "git config --global safe.directory '*'; git config --global gc.auto 0",
         NULL, NULL);
    return folder;
}

static inline void scratch_done(struct arena *arena, const char *folder)
{
    bash(arena, "chmod -R u+w \"$1\"; rm -rf \"$1\"", folder, NULL);
}

/* Opens a folder (or, with "://" or ":" in it, a URL) or fails the test. */
static inline struct git_source *open_git(const struct git_options *options)
{
    struct wait wait = minutes(2);
    struct error err = { 0 };
    struct git_source *source = NULL;
    if (!git_open(options, &source, &wait, &err))
        fail_msg("%s at %s: %s", options->url ? options->url : options->folder,
                 options->ref ? options->ref : "HEAD", err.message);
    return source;
}

/* Expects a failure whose message holds `part`; returns its kind. */
static inline enum error_kind open_fails(const struct git_options *options, const char *part)
{
    struct wait wait = minutes(2);
    struct error err = { 0 };
    struct git_source *source = NULL;
    if (git_open(options, &source, &wait, &err))
        fail_msg("%s at %s: opened", options->url ? options->url : options->folder,
                 options->ref ? options->ref : "HEAD");
    assert_null(source);
    if (!strstr(err.message, part))
        fail_msg("expected \"%s\" in: %s", part, err.message);
    return err.kind;
}

#endif
