/* credential_file: see credential_file.h. cJSON reads it, as everywhere in this folder. */
#include "oci/registry/credential_file.h"

#include "base/cleanup.h"
#include "base/digest.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

CLEANUP_FUNCTION(cJSON *, cJSON_Delete)

/* A text that is not empty, copied; else NULL. */
static const char *text_of(struct arena *arena, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    const char *text = cJSON_GetStringValue(item);
    return text && *text ? arena_strdup(arena, text) : NULL;
}

const char *credential_server(const char *registry)
{
    return strcmp(registry, HUB_REGISTRY) == 0 ? HUB_SERVER_URL : registry;
}

/* ---------------------------------------------------------------------- keys */

static bool is_hub(const char *host)
{
    static const char *const names[] = { "docker.io", "index.docker.io", "registry-1.docker.io" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(host, names[i]) == 0)
            return true;
    return false;
}

const char *credential_key(struct arena *arena, const char *text)
{
    const char *scheme = strstr(text, "://");
    char *key = arena_strdup(arena, scheme ? scheme + 3 : text);
    for (size_t length = strlen(key); length && key[length - 1] == '/'; length--)
        key[length - 1] = '\0';
    size_t host_length = strcspn(key, "/");
    for (size_t i = 0; i < host_length; i++)
        key[i] = (char)tolower((unsigned char)key[i]);
    const char *host = arena_memdup(arena, key, host_length);
    const char *path = key + host_length;
    if (strcmp(path, "/v1") == 0 || strcmp(path, "/v2") == 0)
        path = "";
    return arena_printf(arena, "%s%s", is_hub(host) ? HUB_REGISTRY : host, path);
}

/* ------------------------------------------------------------------- reading */

/* Written by hand it may lack what fills it up at its end. */
static const char *padded(struct arena *arena, const char *base64)
{
    size_t digits = 0;
    for (const char *at = base64; *at; at++)
        digits += *at != '\n' && *at != '\r';
    return arena_printf(arena, "%s%.*s", base64, digits % 4 ? (int)(4 - digits % 4) : 0, "===");
}

/* "user:password" out of its base64. False: it is none. */
static bool read_auth(struct arena *arena, const char *auth, struct credential *credential)
{
    char *data;
    size_t length;
    auth = padded(arena, auth);
    if (!base64_decode(arena, auth, strlen(auth), &data, &length))
        return false;
    char *colon = memchr(data, ':', length);
    if (!colon)
        return false;
    *colon = '\0';
    credential->user = data;
    credential->password = colon + 1;
    return true;
}

/* An entry without anything ({}: docker's mark that a helper knows it) is none. */
static bool read_entry(struct arena *arena, const cJSON *item, struct credential *credential)
{
    const char *auth = text_of(arena, item, "auth");
    credential->user = text_of(arena, item, "username");
    credential->password = text_of(arena, item, "password");
    credential->identity = text_of(arena, item, "identitytoken");
    credential->token = text_of(arena, item, "registrytoken");
    return !auth || read_auth(arena, auth, credential);
}

static bool is_empty(const struct credential *credential)
{
    return !credential->identity && !credential->token
           && (!credential->user || !credential->password);
}

static bool read_entries(struct arena *arena, const cJSON *map, struct credential_file *file,
                         struct error *err)
{
    const cJSON *item;
    if (map && !cJSON_IsObject(map) && !cJSON_IsNull(map))
        return error_set(err, ERROR_INPUT, "%s: auths: it is no map of registries", file->name);
    cJSON_ArrayForEach(item, map)
    {
        struct credential_entry entry = { .key = credential_key(arena, item->string) };
        entry.credential.from = file->name;
        if (!cJSON_IsObject(item) || !read_entry(arena, item, &entry.credential))
            return error_set(err, ERROR_INPUT,
                             "%s: what it holds for %s is not as docker writes it (auth is the "
                             "base64 of user:password)",
                             file->name, entry.key);
        if (!is_empty(&entry.credential))
            arena_push(arena, file->entries, file->entry_count, file->entry_capacity, entry);
    }
    return true;
}

/* A helper's name becomes a part of a program's: no way out of PATH. */
static bool helper_valid(const char *name)
{
    return name && *name && !strchr(name, '/');
}

static bool read_helpers(struct arena *arena, const cJSON *root, struct credential_file *file,
                         struct error *err)
{
    const cJSON *item;
    file->store = text_of(arena, root, "credsStore");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "credHelpers"))
    {
        const char *name = cJSON_GetStringValue(item);
        bool none = name && !*name; /* docker's way of saying: for this one the file */
        if ((!none && !helper_valid(name)) || !item->string)
            return error_set(err, ERROR_INPUT, "%s: credHelpers: not the name of a helper",
                             file->name);
        file->helpers = arena_grow(arena, file->helpers, file->helper_count, &file->helper_capacity,
                                   sizeof *file->helpers);
        file->helpers[file->helper_count].registry = credential_key(arena, item->string);
        file->helpers[file->helper_count++].name = none ? NULL : arena_strdup(arena, name);
    }
    return !file->store || helper_valid(file->store)
           || error_set(err, ERROR_INPUT, "%s: credsStore: not the name of a helper", file->name);
}

bool credential_file_read(struct arena *arena, const char *name, const char *data, size_t length,
                          bool bare, struct credential_file *ret, struct error *err)
{
    *ret = (struct credential_file){ .name = name };
    if (strspn(data, " \t\r\n") == length)
        return true; /* as podman leaves it */
    CLEANUP(cJSON_Delete_at) cJSON *root = cJSON_ParseWithLength(data, length);
    if (!cJSON_IsObject(root))
        return error_set(err, ERROR_INPUT, "%s: it is not JSON as docker writes it", name);
    const cJSON *auths = bare ? root : cJSON_GetObjectItemCaseSensitive(root, "auths");
    return read_entries(arena, auths, ret, err) && (bare || read_helpers(arena, root, ret, err));
}

/* ------------------------------------------------------------------- finding */

/*
 * "*.azurecr.io": any host of as many parts, as Kubernetes reads pull secrets. A port has to be the
 * same; a pattern is a path's, so that no * goes over a dot.
 */
static bool pattern_fits(const char *key, size_t length, const char *registry)
{
    AUTO_ARENA arena = arena_new();
    char *pattern = arena_memdup(arena, key, length), *host = arena_strdup(arena, registry);
    size_t stem = strcspn(pattern, ":"), other = strcspn(host, ":");
    if (*pattern == '[' || !strpbrk(pattern, "*?[") || strcmp(pattern + stem, host + other) != 0)
        return false;
    pattern[stem] = host[other] = '\0';
    for (char *at = pattern; (at = strchr(at, '.'));)
        *at = '/';
    for (char *at = host; (at = strchr(at, '.'));)
        *at = '/';
    return fnmatch(pattern, host, FNM_PATHNAME | FNM_CASEFOLD) == 0;
}

/* How well a key fits; 0: not at all. A host that is named before any pattern, then the longest. */
static size_t covers(const char *key, const char *registry, const char *repository)
{
    size_t host = strcspn(key, "/"), length = strlen(key);
    bool named = host == strlen(registry) && strncasecmp(key, registry, host) == 0;
    if (!named && !pattern_fits(key, host, registry))
        return 0;
    size_t fits = length + (named ? CREDENTIAL_FILE_CEILING : 0);
    if (length == host)
        return fits;
    size_t path = length - host - 1;
    if (!repository || strncmp(repository, key + host + 1, path) != 0)
        return 0;
    return repository[path] == '\0' || repository[path] == '/' ? fits : 0;
}

const struct credential_entry *credential_file_find(const struct credential_file *file,
                                                    const char *registry, const char *repository)
{
    const struct credential_entry *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < file->entry_count; i++) {
        size_t covered = covers(file->entries[i].key, registry, repository);
        if (covered > most) {
            most = covered;
            best = &file->entries[i];
        }
    }
    return best;
}

const char *credential_file_helper(const struct credential_file *file, const char *registry,
                                   bool *ret_own)
{
    for (size_t i = 0; i < file->helper_count; i++)
        if (strcasecmp(file->helpers[i].registry, registry) == 0) {
            *ret_own = true;
            return file->helpers[i].name;
        }
    *ret_own = false;
    return file->store;
}
