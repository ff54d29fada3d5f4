/*
 * reference: see reference.h. The grammar is that of distribution/reference (reference.go,
 * normalize.go), read from the right: digest, tag, then the registry off the front.
 */
#include "manifest/reference.h"

#include "base/digest.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    REFERENCE_CEILING = 1024,
    REPOSITORY_CEILING = 255,
    TAG_CEILING = 128,
    REGISTRY_CEILING = 255 + 6,
};

#define LOWER    "abcdefghijklmnopqrstuvwxyz"
#define DIGITS   "0123456789"
#define LETTERS  LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HUB      "docker.io"
#define HUB_HOME "library/"

static bool wrong(struct error *err, const char *text, const char *what)
{
    return error_set(err, ERROR_USAGE, "image \"%.300s\": %s", text, what);
}

/* ---------------------------------------------------------------- registries */

static bool port_valid(const char *port)
{
    size_t digits = strspn(port, DIGITS);
    return digits > 0 && digits <= 5 && port[digits] == '\0' && atoi(port) > 0
           && atoi(port) <= 65535;
}

/* Parts of letters, digits and inner hyphens, with dots between them. */
static bool host_valid(const char *host, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && host[i] != '.') {
            if (!strchr(LETTERS DIGITS "-", host[i]))
                return false;
            continue;
        }
        if (i == start || host[start] == '-' || host[i - 1] == '-')
            return false;
        start = i + 1;
    }
    return true;
}

static bool ipv6_valid(struct arena *arena, const char *registry, const char *end)
{
    struct in6_addr address;
    const char *inner = arena_memdup(arena, registry + 1, (size_t)(end - registry - 1));
    /* Without the dots that it may end in: containerd and the kubelet read none. */
    return !strchr(inner, '.') && inet_pton(AF_INET6, inner, &address) == 1;
}

static bool registry_valid(struct arena *arena, const char *registry)
{
    const char *end = strchr(registry, ']'), *port;
    if (strlen(registry) > REGISTRY_CEILING)
        return false;
    if (*registry == '[') {
        if (!end || !ipv6_valid(arena, registry, end))
            return false;
        return end[1] == '\0' || (end[1] == ':' && port_valid(end + 2));
    }
    port = strchr(registry, ':');
    return host_valid(registry, port ? (size_t)(port - registry) : strlen(registry))
           && (!port || port_valid(port + 1));
}

/* Does a name's first part name a registry? As Docker decides it, but for "Acme/api". */
static bool is_registry(const char *part)
{
    return strpbrk(part, ".:[") || strcmp(part, "localhost") == 0;
}

/* -------------------------------------------------------------- repositories */

/* Behind a letter or digit: how many bytes of ".", "_", "__" or hyphens begin here. */
static size_t separator(const char *at)
{
    size_t hyphens = strspn(at, "-");
    if (hyphens)
        return hyphens;
    if (at[0] == '_' && at[1] == '_')
        return 2;
    return *at == '.' || *at == '_' ? 1 : 0;
}

static bool part_valid(const char *at, const char *end)
{
    for (;;) {
        size_t run = strspn(at, LOWER DIGITS);
        at += run;
        if (!run || at > end)
            return false;
        if (at == end)
            return true;
        size_t between = separator(at);
        if (!between)
            return false;
        at += between;
    }
}

static bool repository_valid(const char *text, const char *repository, struct error *err)
{
    if (strlen(repository) > REPOSITORY_CEILING)
        return wrong(err, text, "the repository's name is longer than 255 bytes");
    if (strpbrk(repository, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return wrong(err, text, "upper-case letters are not allowed in a repository's name");
    for (const char *at = repository;; at = strchr(at, '/') + 1) {
        const char *end = strchrnul(at, '/');
        if (!part_valid(at, end))
            return wrong(err, text,
                         "a repository's name has parts of lower-case letters and "
                         "digits, with single ., _, __ or - between them");
        if (!*end)
            return true;
    }
}

/* ----------------------------------------------------------- tags and digests */

bool reference_tag_valid(const char *text, size_t length)
{
    return length > 0 && length <= TAG_CEILING && text[0] != '.' && text[0] != '-'
           && strspn(text, LETTERS DIGITS "_.-") >= length;
}

/* Cuts "@DIGEST" and ":TAG" off the end. */
static bool cut_end(char *name, const char *text, struct reference *ret, struct error *err)
{
    char *at = strchr(name, '@');
    if (at) {
        *at = '\0';
        ret->digest = at + 1;
        if (!digest_text_valid(ret->digest))
            return wrong(err, text, "a digest is sha256: and 64 hexadecimal digits in lower case");
    }
    char *slash = strrchr(name, '/'), *colon = strchr(slash ? slash : name, ':');
    if (colon && (slash || *name != '[')) {
        *colon = '\0';
        ret->tag = colon + 1;
    }
    if (ret->tag && !reference_tag_valid(ret->tag, strlen(ret->tag)))
        return wrong(err, text,
                     "a tag has at most 128 letters, digits, ., _ or -, and begins "
                     "with a letter, a digit or _");
    return true;
}

/* ------------------------------------------------------------------- the whole */

static bool is_image_id(const char *name)
{
    return strlen(name) == 64 && strspn(name, DIGITS "abcdef") == 64;
}

/* "sha256:0123…": read as a name it would be a tag of Docker Hub's library/sha256. */
static bool is_whole_id(const char *name, const char *tag)
{
    return tag && strcmp(name, "sha256") == 0 && is_image_id(tag);
}

static bool split_registry(struct arena *arena, char *name, const char *text, struct reference *ret,
                           struct error *err)
{
    char *slash = strchr(name, '/');
    ret->registry = HUB;
    ret->repository = name;
    if (slash) {
        *slash = '\0';
        if (is_registry(name)) {
            ret->registry = strcmp(name, "index.docker.io") == 0 ? HUB : name;
            ret->repository = slash + 1;
            return registry_valid(arena, ret->registry)
                   || wrong(err, text,
                            "what stands before the first / is no registry "
                            "(HOST, HOST:PORT or [IPV6]:PORT)");
        }
        *slash = '/';
    }
    return true;
}

bool reference_parse(struct arena *arena, const char *text, struct reference *ret,
                     struct error *err)
{
    struct reference read = { 0 };
    if (!*text)
        return error_set(err, ERROR_USAGE, "an image's name is empty");
    if (strlen(text) > REFERENCE_CEILING)
        return wrong(err, text, "it is longer than 1024 bytes");
    const char *scheme = strstr(text, "://");
    if (scheme)
        return wrong(err, text,
                     arena_printf(arena, "write it without %.*s", (int)(scheme + 3 - text), text));
    char *name = arena_strdup(arena, text);
    if (!cut_end(name, text, &read, err))
        return false;
    if (is_image_id(name) || is_whole_id(name, read.tag))
        return wrong(err, text, "that is an image's id, which no registry knows: write its name");
    if (!split_registry(arena, name, text, &read, err)
        || !repository_valid(text, read.repository, err))
        return false;
    if (strcmp(read.registry, HUB) == 0 && !strchr(read.repository, '/'))
        read.repository = arena_printf(arena, HUB_HOME "%s", read.repository);
    *ret = read;
    return true;
}

static const char *end_text(struct arena *arena, const struct reference *reference)
{
    return arena_printf(arena, "%s%s%s%s", reference->tag ? ":" : "",
                        reference->tag ? reference->tag : "", reference->digest ? "@" : "",
                        reference->digest ? reference->digest : "");
}

const char *reference_text(struct arena *arena, const struct reference *reference)
{
    return arena_printf(arena, "%s/%s%s", reference->registry, reference->repository,
                        end_text(arena, reference));
}

/* What looks like a registry, or like an image's id, would be read as that. */
static bool short_is_clear(struct arena *arena, const char *name, const char *tag)
{
    size_t length = strcspn(name, "/");
    return !is_image_id(name) && !is_whole_id(name, tag)
           && (!name[length] || !is_registry(arena_memdup(arena, name, length)));
}

const char *reference_short(struct arena *arena, const struct reference *reference)
{
    const char *name = reference->repository;
    if (strncmp(name, HUB_HOME, strlen(HUB_HOME)) == 0 && !strchr(name + strlen(HUB_HOME), '/'))
        name += strlen(HUB_HOME);
    if (strcmp(reference->registry, HUB) != 0 || !short_is_clear(arena, name, reference->tag))
        return reference_text(arena, reference);
    return arena_printf(arena, "%s%s", name, end_text(arena, reference));
}

bool reference_same_repository(const struct reference *a, const struct reference *b)
{
    return strcmp(a->registry, b->registry) == 0 && strcmp(a->repository, b->repository) == 0;
}
