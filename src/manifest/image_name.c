/*
 * image_name: is a text the name of an image? Told where it is written, before a registry is
 * asked. The grammar is that of distribution/reference; what a name means, oci/reference.c says.
 */
#include "manifest/image_reading.h"

#include <string.h>

#define LOWER_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { TAG_MOST = 128, DIGEST_HEX = 64 };

bool image_name_is_tag(const char *text, size_t length)
{
    if (length == 0 || length > TAG_MOST || strchr(".-", text[0]))
        return false;
    return strspn(text, LOWER_DIGITS UPPER "_.-") >= length;
}

/* "registry.example:5000/shop/api": the first part may be a registry, which has other rules. */
static const char *path_of(const char *name)
{
    const char *slash = strchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : 0;
    bool registry =
        slash && (strcspn(name, ".:[") < length || strncmp(name, "localhost/", 10) == 0);
    return registry ? slash + 1 : name;
}

static const char *part_wrong(const char *part, size_t length)
{
    if (length == 0)
        return "a part between two \"/\", or behind the last one, is empty";
    if (strcspn(part, UPPER) < length)
        return "upper-case letters are not allowed in a repository's name";
    if (strspn(part, LOWER_DIGITS "._-") < length)
        return "a repository's name has lower-case letters, digits, \".\", \"_\", \"-\" and \"/\"";
    if (strchr("._-", part[0]) || strchr("._-", part[length - 1]))
        return "a part of a repository's name begins and ends with a letter or digit";
    return NULL;
}

static const char *registry_wrong(const char *name, const char *path)
{
    const char *colon = memchr(name, ':', (size_t)(path - name));
    if (path == name || *name == '[')
        return NULL;
    if (strspn(name, LOWER_DIGITS UPPER ".-:") < (size_t)(path - name) - 1)
        return "a registry is a host, or HOST:PORT";
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 1;
    return digits == 0 || (colon && colon[1 + digits] != '/') ? "a port is a number" : NULL;
}

const char *image_repository_wrong(const char *name)
{
    const char *path = path_of(name), *why = registry_wrong(name, path);
    for (const char *part = path; !why; part = strchr(part, '/') + 1) {
        size_t length = strcspn(part, "/");
        why = part_wrong(part, length);
        if (!part[length])
            break;
    }
    return why;
}

static const char *digest_wrong(const char *digest)
{
    if (strncmp(digest, "sha256:", 7) != 0 || strlen(digest + 7) != DIGEST_HEX
        || strspn(digest + 7, "0123456789abcdef") != DIGEST_HEX)
        return "a digest is sha256: and 64 hexadecimal digits in lower case";
    return NULL;
}

const char *image_name_wrong(struct arena *arena, const char *name)
{
    if (strpbrk(name, " \t\r\n\"'`$\\"))
        return "a name of an image is one word, without quotes and variables";
    if (strncmp(name, "oci:", 4) == 0)
        return NULL;
    if (strstr(name, "://"))
        return "the name of an image begins with its registry, not with https://";
    char *plain = arena_strdup(arena, name), *at = strchr(plain, '@');
    if (at)
        *at = '\0';
    char *slash = strrchr(plain, '/'), *colon = strchr(slash ? slash : plain, ':');
    if (at && digest_wrong(at + 1))
        return digest_wrong(at + 1);
    if (colon && !image_name_is_tag(colon + 1, strlen(colon + 1)))
        return "a tag has at most 128 of letters, digits, \"_\", \".\" and \"-\", with no \".\" or "
               "\"-\" in front";
    if (colon)
        *colon = '\0';
    return image_repository_wrong(plain);
}

/* Docker Hub's own way to leave out what it means: "docker.io/library/redis" is "redis". */
static const char *short_name(const char *name)
{
    static const char *const hubs[] = { "docker.io/", "index.docker.io/" };
    static const char home[] = "library/";
    bool hub = path_of(name) == name;
    for (size_t i = 0; i < sizeof hubs / sizeof *hubs; i++)
        if (strncmp(name, hubs[i], strlen(hubs[i])) == 0) {
            name += strlen(hubs[i]);
            hub = true;
        }
    bool own =
        hub && strncmp(name, home, sizeof home - 1) == 0 && !strchr(name + sizeof home - 1, '/');
    return own ? name + sizeof home - 1 : name;
}

bool image_repository_same(const char *one, const char *other)
{
    return strcmp(short_name(one), short_name(other)) == 0;
}
