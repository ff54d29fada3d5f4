/*
 * credential_write: keeping and forgetting credentials; see credentials.h.
 *
 * The file is the first of those that are read. What else stands in it stays, in its order:
 * it is docker's file too. It is replaced whole, and only its owner may read it.
 */
#include "oci/registry/credentials.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "oci/registry/credential_file.h"
#include "oci/registry/credential_helper.h"
#include "oci/registry/credential_places.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MODE = 0600 };

CLEANUP_FUNCTION(cJSON *, cJSON_Delete)

/* The document that is changed, and how it is read. */
struct config {
    const char *path;
    cJSON *root;
    struct credential_file file;
};

/* A file that is a link elsewhere stays one. */
static const char *real_path(struct arena *arena, const char *path)
{
    AUTO_FREE char *real = realpath(path, NULL);
    return real ? arena_strdup(arena, real) : path;
}

static bool read_config(struct arena *arena, const char *config_file, struct config *ret,
                        struct error *err)
{
    struct credential_place places[CREDENTIAL_PLACES];
    char *data = NULL;
    size_t length = 0;
    if (!credential_places(arena, config_file, places) || places[0].guessed)
        return error_set(err, ERROR_LOCAL,
                         "where are credentials to be kept? Neither HOME nor DOCKER_CONFIG is set");
    ret->path = real_path(arena, places[0].path);
    if (!file_read(arena, ret->path, CREDENTIAL_FILE_CEILING, &data, &length, err)
        && err->kind != ERROR_NOT_FOUND)
        return false;
    if (!credential_file_read(arena, ret->path, data ? data : "", length, false, &ret->file, err))
        return false;
    ret->root = length ? cJSON_ParseWithLength(data, length) : NULL;
    if (!ret->root)
        ret->root = cJSON_CreateObject();
    return true;
}

static bool write_config(struct arena *arena, const struct config *config, struct error *err)
{
    AUTO_FREE char *printed = cJSON_Print(config->root);
    const char *text = arena_printf(arena, "%s\n", printed);
    const char *slash = strrchr(config->path, '/');
    if (slash && slash != config->path
        && !folder_make(arena_memdup(arena, config->path, (size_t)(slash - config->path)), err))
        return false;
    return file_write(config->path, text, strlen(text), FILE_MODE, err);
}

/* What docker's login by a browser keeps beside the Hub's own credentials. */
static const char *const hub_tokens[] = { "access-token", "refresh-token" };

enum { HUB_TOKENS = sizeof hub_tokens / sizeof *hub_tokens };

static bool is_hub_token(struct arena *arena, const char *key)
{
    for (size_t i = 0; i < HUB_TOKENS; i++)
        if (strcmp(key, arena_printf(arena, HUB_REGISTRY "/v1/%s", hub_tokens[i])) == 0)
            return true;
    return false;
}

/* Most helpers have none, and say so each in its own way. */
static void erase_hub_tokens(const char *helper, const char *registry, const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    struct error why;
    for (size_t i = 0; i < HUB_TOKENS && strcmp(registry, HUB_REGISTRY) == 0; i++)
        if (!credential_helper_erase(
                helper, arena_printf(arena, HUB_SERVER_URL "%s", hub_tokens[i]), wait, &why))
            log_debug("%s", why.message);
}

/* The entries of this registry, however they are written, go. */
static bool remove_entries(struct arena *arena, cJSON *auths, const char *registry)
{
    bool hub = strcmp(registry, HUB_REGISTRY) == 0;
    bool removed = false;
    cJSON *item, *next;
    for (item = auths ? auths->child : NULL; item; item = next) {
        next = item->next;
        const char *key = credential_key(arena, item->string);
        if (strcasecmp(key, registry) != 0 && !(hub && is_hub_token(arena, key)))
            continue;
        cJSON_Delete(cJSON_DetachItemViaPointer(auths, item));
        removed = true;
    }
    return removed;
}

static cJSON *auths_of(const struct config *config)
{
    cJSON *auths = cJSON_GetObjectItemCaseSensitive(config->root, "auths");
    if (cJSON_IsObject(auths))
        return auths;
    cJSON_Delete(cJSON_DetachItemViaPointer(config->root, auths)); /* null, or none at all */
    return cJSON_AddObjectToObject(config->root, "auths");
}

static void add_entry(struct arena *arena, const struct config *config, const char *registry,
                      const struct credential *credential)
{
    AUTO_BUF auth = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *password = credential->identity ? "" : credential->password;
    const char *both = arena_printf(arena, "%s:%s", credential->user, password);
    cJSON *auths = auths_of(config);
    remove_entries(arena, auths, registry);
    cJSON *entry = cJSON_AddObjectToObject(auths, credential_server(registry));
    base64_add(&auth, both, strlen(both));
    cJSON_AddStringToObject(entry, "auth", buf_text(&auth));
    if (credential->identity)
        cJSON_AddStringToObject(entry, "identitytoken", credential->identity);
}

/* Which line of the file asks for the helper that does not work. */
static bool say_whose(const struct config *config, bool own, struct error *err)
{
    return error_prefix(err, "%s names it as %s", config->path, own ? "credHelpers" : "credsStore");
}

bool credentials_keep(const char *config_file, struct arena *arena, const char *registry,
                      const struct credential *credential, const char **ret_where,
                      const struct wait *wait, struct error *err)
{
    struct config config = { 0 };
    bool own;
    if (!read_config(arena, config_file, &config, err))
        return false;
    CLEANUP(cJSON_Delete_at) cJSON *root = config.root;
    const char *helper = credential_file_helper(&config.file, registry, &own);
    (void)root;
    if (helper) {
        *ret_where = arena_printf(arena, "docker-credential-%s", helper);
        return credential_helper_store(helper, credential_server(registry), credential, wait, err)
               || say_whose(&config, own, err);
    }
    add_entry(arena, &config, registry, credential);
    *ret_where = config.path;
    return write_config(arena, &config, err);
}

bool credentials_forget(const char *config_file, struct arena *arena, const char *registry,
                        const char **ret_where, const struct wait *wait, struct error *err)
{
    struct config config = { 0 };
    bool own;
    *ret_where = NULL;
    if (!read_config(arena, config_file, &config, err))
        return false;
    CLEANUP(cJSON_Delete_at) cJSON *root = config.root;
    const char *helper = credential_file_helper(&config.file, registry, &own);
    struct credential known;
    struct error why;
    bool found = false, missing = false;
    /* One for all registries that is not installed here has kept nothing. */
    if (helper
        && !credential_helper_get(arena, helper, credential_server(registry), &known, &found,
                                  &missing, wait, &why)
        && (own || !missing)) {
        *err = why;
        return say_whose(&config, own, err);
    }
    if (found && !credential_helper_erase(helper, credential_server(registry), wait, err))
        return say_whose(&config, own, err);
    if (found) {
        *ret_where = arena_printf(arena, "docker-credential-%s", helper);
        erase_hub_tokens(helper, registry, wait);
    }
    if (!remove_entries(arena, cJSON_GetObjectItemCaseSensitive(root, "auths"), registry))
        return true;
    *ret_where = config.path;
    return write_config(arena, &config, err);
}
