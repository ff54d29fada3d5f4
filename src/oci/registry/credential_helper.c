/* credential_helper: see credential_helper.h. */
#include "oci/registry/credential_helper.h"

#include "base/cleanup.h"
#include "base/process.h"

#include <cjson/cJSON.h>
#include <string.h>

CLEANUP_FUNCTION(cJSON *, cJSON_Delete)

enum { OUTPUT_CEILING = 64 << 10, RUN_MS = 30000, WORDS_CEILING = 200 };

#define IDENTITY_USER "<token>" /* then the secret is an identity token */

/*
 * The first line of what a helper printed when it failed: it says why there. A document is not
 * told: it may be a reply, or what was to be kept, with the secret in it.
 */
static const char *words_of(struct arena *arena, const char *output)
{
    size_t length = strcspn(output, "\r\n{");
    return arena_memdup(arena, output, length < WORDS_CEILING ? length : WORDS_CEILING);
}

static bool says_nothing_there(const char *output)
{
    return strstr(output, "credentials not found") != NULL;
}

/* Runs one action; *ret_output is what it printed. */
static bool run(struct arena *arena, const char *name, const char *action, const char *input,
                char **ret_output, bool *ret_success, bool *ret_missing, const struct wait *outer,
                struct error *err)
{
    const char *program = arena_printf(arena, "docker-credential-%s", name);
    const char *const arguments[] = { program, action, NULL };
    struct wait wait = wait_for(RUN_MS, outer);
    int status;
    if (!process_run(arena, arguments, NULL, input, OUTPUT_CEILING, &wait, ret_output, &status,
                     err)) {
        if (ret_missing)
            *ret_missing = err->kind == ERROR_LOCAL;
        if (err->kind != ERROR_CANCELLED)
            err->kind = ERROR_DENIED;
        return error_prefix(err, "credential helper");
    }
    *ret_success = status == 0;
    return true;
}

static bool say_failed(struct arena *arena, const char *name, const char *action,
                       const char *output, struct error *err)
{
    const char *words = words_of(arena, output);
    return error_set(err, ERROR_DENIED, "credential helper docker-credential-%s %s failed%s%s",
                     name, action, *words ? ": " : "", words);
}

static const char *member(struct arena *arena, const cJSON *root, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, name));
    return text ? arena_strdup(arena, text) : NULL;
}

/* *ret_found false: neither a name nor a secret, as some helpers say that they have none. */
static bool read_reply(struct arena *arena, const char *name, const char *output,
                       struct credential *ret, bool *ret_found, struct error *err)
{
    CLEANUP(cJSON_Delete_at) cJSON *root = cJSON_Parse(output);
    const char *user = member(arena, root, "Username"), *secret = member(arena, root, "Secret");
    if (!secret)
        return error_set(err, ERROR_DENIED,
                         "credential helper docker-credential-%s: its answer has no Secret", name);
    *ret_found = *secret || (user && *user);
    if (!*ret_found)
        return true;
    ret->from = arena_printf(arena, "docker-credential-%s", name);
    if (user && strcmp(user, IDENTITY_USER) == 0) {
        ret->identity = secret;
        return true;
    }
    ret->user = user ? user : "";
    ret->password = secret;
    return true;
}

bool credential_helper_get(struct arena *arena, const char *name, const char *server,
                           struct credential *ret, bool *ret_found, bool *ret_missing,
                           const struct wait *wait, struct error *err)
{
    char *output;
    bool success = false;
    if (ret_missing)
        *ret_missing = false;
    if (!run(arena, name, "get", server, &output, &success, ret_missing, wait, err))
        return false;
    *ret_found = success;
    *ret = (struct credential){ 0 };
    if (success)
        return read_reply(arena, name, output, ret, ret_found, err);
    return says_nothing_there(output) || say_failed(arena, name, "get", output, err);
}

/* An action that only has to work. */
static bool act(const char *name, const char *action, const char *input, const struct wait *wait,
                struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *output;
    bool success = false;
    if (!run(arena, name, action, input, &output, &success, NULL, wait, err))
        return false;
    return success || (strcmp(action, "erase") == 0 && says_nothing_there(output))
           || say_failed(arena, name, action, output, err);
}

bool credential_helper_store(const char *name, const char *server,
                             const struct credential *credential, const struct wait *wait,
                             struct error *err)
{
    CLEANUP(cJSON_Delete_at) cJSON *root = cJSON_CreateObject();
    bool identity = credential->identity != NULL;
    cJSON_AddStringToObject(root, "ServerURL", server);
    cJSON_AddStringToObject(root, "Username", identity ? IDENTITY_USER : credential->user);
    cJSON_AddStringToObject(root, "Secret", identity ? credential->identity : credential->password);
    AUTO_FREE char *text = cJSON_PrintUnformatted(root);
    return act(name, "store", text, wait, err);
}

bool credential_helper_erase(const char *name, const char *server, const struct wait *wait,
                             struct error *err)
{
    return act(name, "erase", server, wait, err);
}
