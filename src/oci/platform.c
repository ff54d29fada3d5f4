/* platform: "linux/arm/v7"; see descriptor.h. */
#include "oci/descriptor.h"

#include "oci/platform.h"

#include <string.h>

enum { PART_CEILING = 32 };

/*
 * What people and machines call the same platform, as containerd has it, so that one has one
 * name: a base, TARGETVARIANT and the config then say what BuildKit's would. "*": any variant.
 */
static const struct alias {
    const char *name, *given, *architecture, *variant;
} aliases[] = {
    { "x86_64", "*", "amd64", NULL },   { "x86-64", "*", "amd64", NULL },
    { "amd64", "v1", "amd64", NULL },   { "i386", "*", "386", NULL },
    { "aarch64", "", "arm64", NULL },   { "aarch64", "8", "arm64", NULL },
    { "aarch64", "v8", "arm64", NULL }, { "arm64", "8", "arm64", NULL },
    { "arm64", "v8", "arm64", NULL },   { "armhf", "*", "arm", "v7" },
    { "armel", "*", "arm", "v6" },      { "arm", "", "arm", "v7" },
    { "arm", "7", "arm", "v7" },        { "arm", "5", "arm", "v5" },
    { "arm", "6", "arm", "v6" },        { "arm", "8", "arm", "v8" },
};

static bool part_valid(const char *part)
{
    size_t length = strlen(part);
    return length > 0 && length <= PART_CEILING
           && strspn(part, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static void resolve_alias(struct platform *platform)
{
    const char *variant = platform->variant ? platform->variant : "";
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        const struct alias *alias = &aliases[i];
        if (strcmp(platform->architecture, alias->name) != 0
            || (strcmp(alias->given, "*") != 0 && strcmp(alias->given, variant) != 0))
            continue;
        platform->architecture = alias->architecture;
        platform->variant = alias->variant;
        break;
    }
    if (strcmp(platform->os, "macos") == 0)
        platform->os = "darwin";
}

bool platform_parse(struct arena *arena, const char *text, struct platform *ret, struct error *err)
{
    const char *parts[3] = { NULL };
    char *rest = arena_strdup(arena, text), *part;
    size_t count = 0;
    while ((part = strsep(&rest, "/"))) {
        if (count == 3 || !part_valid(part))
            return error_set(err, ERROR_USAGE,
                             "\"%s\" is no platform: write OS/ARCHITECTURE or "
                             "OS/ARCHITECTURE/VARIANT, as in linux/amd64",
                             text);
        parts[count++] = part;
    }
    if (count < 2)
        return error_set(err, ERROR_USAGE,
                         "\"%s\" is no platform: write OS/ARCHITECTURE, as in linux/%s", text,
                         strcmp(text, "linux") == 0 ? "amd64" : text);
    struct platform read = { .os = parts[0], .architecture = parts[1], .variant = parts[2] };
    resolve_alias(&read);
    *ret = read;
    return true;
}

const char *platform_text(struct arena *arena, const struct platform *platform)
{
    return arena_printf(arena, "%s/%s%s%s", platform->os ? platform->os : "unknown",
                        platform->architecture ? platform->architecture : "unknown",
                        platform->variant ? "/" : "", platform->variant ? platform->variant : "");
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What an architecture is where no variant is given. */
static const char *variant_of(const struct platform *platform)
{
    if (platform->variant && *platform->variant)
        return platform->variant;
    return same(platform->architecture, "amd64")   ? "v1"
           : same(platform->architecture, "arm")   ? "v7"
           : same(platform->architecture, "arm64") ? "v8"
                                                   : "";
}

/* N of "vN", 0 where it is none. */
static int variant_level(const char *variant)
{
    return variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9' && !variant[2]
               ? variant[1] - '0'
               : 0;
}

/* "10.0.17763" is asked for, "10.0.17763.1999" is offered. */
static bool os_version_fits(const char *wanted, const char *offered)
{
    if (!wanted)
        return true;
    size_t length = strlen(wanted);
    return offered && strncmp(wanted, offered, length) == 0
           && (offered[length] == '\0' || offered[length] == '.');
}

int platform_score(const struct platform *wanted, const struct platform *offered)
{
    if (!same(wanted->os, offered->os) || !same(wanted->architecture, offered->architecture)
        || !os_version_fits(wanted->os_version, offered->os_version))
        return 0;
    const char *want = variant_of(wanted), *offer = variant_of(offered);
    if (strcmp(want, offer) == 0)
        return PLATFORM_EXACT;
    int level = variant_level(offer);
    return level && level < variant_level(want) ? level : 0;
}

bool platform_fits(const struct platform *wanted, const struct platform *offered)
{
    return platform_score(wanted, offered) > 0;
}
