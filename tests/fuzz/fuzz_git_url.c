/*
 * What a user or a repository writes and git's provider parses: URLs, versions,
 * ranges of versions. A URL that was taken never keeps its password in what is
 * shown, its normal form is stable, and the order of versions is antisymmetric.
 */
#include "base/cleanup.h"
#include "providers/git/git.h"
#include "providers/git/semver.h"
#include "providers/git/url.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_url(struct arena *arena, const char *text)
{
    struct git_url url;
    struct error err;
    const char *normal = git_normal_url(arena, text);
    if (!git_url_parse(arena, text, &url, &err))
        return;
    require(*url.path && *url.path != '-' && *url.host != '-');
    require(url.scheme == GIT_URL_LOCAL || *url.host);
    if (url.scheme == GIT_URL_HTTPS || url.scheme == GIT_URL_GIT)
        require(strcmp(normal, git_normal_url(arena, url.plain)) == 0);
}

static void try_versions(struct arena *arena, const char *text)
{
    static const char *const others[] = { "0.0.0", "1.2.3", "1.2.3-rc.1", "2.0.0-0" };
    struct semver version, other;
    struct semver_range *range;
    struct error err;
    bool is_version = semver_parse(arena, text, &version);
    bool is_range = semver_range_parse(arena, text, &range, &err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        require(semver_parse(arena, others[i], &other));
        if (is_version)
            require(semver_compare(&version, &other) == -semver_compare(&other, &version));
        if (is_range)
            (void)semver_range_fits(range, &other);
    }
    if (is_version && is_range)
        require(semver_range_fits(range, &version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    try_url(arena, text);
    try_versions(arena, text);
    return 0;
}
