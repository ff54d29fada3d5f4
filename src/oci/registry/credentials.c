/* credentials: where they are looked for, and in which order; see credentials.h. */
#include "oci/registry/credentials.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "oci/registry/credential_file.h"
#include "oci/registry/credential_helper.h"
#include "oci/registry/credential_places.h"
#include "oci/registry/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_MS = 20 };

#define CREDENTIAL_VARIABLE "DOCKER_AUTH_CONFIG" /* holds the document itself */

/* What a helper has answered. */
struct answer {
    const char *helper, *registry;
    struct credential credential;
    bool found;
};

struct credentials {
    const struct registry_settings *settings; /* or NULL */
    pthread_mutex_t lock;                     /* guards all below */
    struct arena *arena;
    struct credential_file *files; /* in the order in which they count */
    size_t count, capacity;
    struct credential_file *added; /* they count after the files */
    size_t added_count, added_capacity;
    struct answer *answers;
    size_t answer_count, answer_capacity;
    bool loaded, told;
};

struct credentials *credentials_new(const struct registry_settings *settings)
{
    struct credentials *credentials = memory_alloc(sizeof *credentials);
    *credentials = (struct credentials){ .settings = settings, .arena = arena_new() };
    pthread_mutex_init(&credentials->lock, NULL);
    return credentials;
}

void credentials_free(struct credentials *credentials)
{
    if (!credentials)
        return;
    pthread_mutex_destroy(&credentials->lock);
    arena_free(credentials->arena);
    free(credentials);
}

/* ------------------------------------------------------------------- loading */

static void add_file(struct credentials *credentials, const struct credential_file *file)
{
    arena_push(credentials->arena, credentials->files, credentials->count, credentials->capacity,
               *file);
}

/* What Kubernetes leaves where it was to mount a file of an optional Secret that is not there. */
static bool is_folder(const char *path)
{
    struct stat now;
    return stat(path, &now) == 0 && S_ISDIR(now.st_mode);
}

/* Nobody is told of what is not there, unless it was named. */
static bool may_lack(const struct credential_place *place, const struct error *problem)
{
    return !place->named
           && (problem->kind == ERROR_NOT_FOUND || place->guessed || is_folder(place->path));
}

static bool load_file(struct credentials *credentials, const struct credential_place *place,
                      struct error *err)
{
    const char *path = place->path;
    struct credential_file file;
    char *data;
    size_t length;
    struct error absent;
    if (!file_read(credentials->arena, path, CREDENTIAL_FILE_CEILING, &data, &length, &absent)) {
        if (may_lack(place, &absent))
            return true;
        *err = absent;
        return false;
    }
    if (!credential_file_read(credentials->arena, path, data, length, false, &file, err))
        return false;
    add_file(credentials, &file);
    return true;
}

/* Whoever writes Secrets may not choose programs that run here: what it says of helpers is dropped.
 */
static bool read_secret(struct credentials *credentials, const struct registry_secret *secret,
                        struct credential_file *ret, struct error *err)
{
    struct arena *arena = credentials->arena;
    if (!credential_file_read(arena, arena_strdup(arena, secret->name),
                              arena_memdup(arena, secret->data, secret->length), secret->length,
                              secret->bare, ret, err))
        return false;
    ret->helper_count = 0;
    ret->store = NULL;
    return true;
}

static bool load_secrets(struct credentials *credentials, struct error *err)
{
    const struct registry_settings *settings = credentials->settings;
    for (size_t i = 0; settings && i < settings->secret_count; i++) {
        struct credential_file file;
        if (!read_secret(credentials, &settings->secrets[i], &file, err))
            return false;
        add_file(credentials, &file);
    }
    return true;
}

/* What docker takes from the environment before any file; what is wrong there, it passes over. */
static void load_variable(struct credentials *credentials)
{
    const char *text = getenv(CREDENTIAL_VARIABLE);
    struct registry_secret secret = { .name = "$" CREDENTIAL_VARIABLE, .data = text };
    struct credential_file file;
    struct error error;
    if (!text || !*text)
        return;
    secret.length = strlen(text);
    if (read_secret(credentials, &secret, &file, &error))
        add_file(credentials, &file);
    else
        log_warning("%s: going on without it", error.message);
}

static bool load_files(struct credentials *credentials, struct error *err)
{
    struct credential_place places[CREDENTIAL_PLACES];
    const char *config_file = credentials->settings ? credentials->settings->config_file : NULL;
    if (!config_file)
        load_variable(credentials);
    size_t count = credential_places(credentials->arena, config_file, places);
    for (size_t i = 0; i < count; i++)
        if (!load_file(credentials, &places[i], err))
            return false;
    return true;
}

bool credentials_load(struct credentials *credentials, struct error *err)
{
    pthread_mutex_lock(&credentials->lock);
    if (!credentials->loaded)
        credentials->loaded = load_secrets(credentials, err) && load_files(credentials, err);
    bool loaded = credentials->loaded;
    pthread_mutex_unlock(&credentials->lock);
    return loaded;
}

bool credentials_add(struct credentials *credentials, const struct registry_secret *secret,
                     struct error *err)
{
    struct credential_file file;
    pthread_mutex_lock(&credentials->lock);
    bool read = read_secret(credentials, secret, &file, err);
    if (read)
        arena_push(credentials->arena, credentials->added, credentials->added_count,
                   credentials->added_capacity, file);
    pthread_mutex_unlock(&credentials->lock);
    return read;
}

/* ------------------------------------------------------------------- helpers */

static struct answer *known_answer(struct credentials *credentials, const char *helper,
                                   const char *registry)
{
    for (size_t i = 0; i < credentials->answer_count; i++) {
        struct answer *answer = &credentials->answers[i];
        if (strcmp(answer->helper, helper) == 0 && strcmp(answer->registry, registry) == 0)
            return answer;
    }
    return NULL;
}

/* The helper for all registries may not be installed here; what needs no name goes on. */
static bool forgive(struct credentials *credentials, bool own, bool missing,
                    const struct error *problem, struct error *err)
{
    if (own || !missing) {
        *err = *problem;
        return false;
    }
    if (!credentials->told)
        log_warning("%s: going on without it", problem->message);
    credentials->told = true;
    return true;
}

static bool ask_helper(struct credentials *credentials, const char *helper, bool own,
                       const char *registry, struct credential *ret, bool *ret_found,
                       const struct wait *wait, struct error *err)
{
    const struct answer *known = known_answer(credentials, helper, registry);
    struct error problem = { 0 };
    bool missing;
    if (!known) {
        struct answer answer = { .helper = helper,
                                 .registry = arena_strdup(credentials->arena, registry) };
        if (!credential_helper_get(credentials->arena, helper, credential_server(registry),
                                   &answer.credential, &answer.found, &missing, wait, &problem)
            && !forgive(credentials, own, missing, &problem, err))
            return false;
        arena_push(credentials->arena, credentials->answers, credentials->answer_count,
                   credentials->answer_capacity, answer);
        known = &credentials->answers[credentials->answer_count - 1];
    }
    *ret = known->credential;
    *ret_found = known->found;
    return true;
}

/* ------------------------------------------------------------------- finding */

static bool find_in_file(struct credentials *credentials, const struct credential_file *file,
                         const char *registry, const char *repository, struct credential *ret,
                         bool *ret_found, const struct wait *wait, struct error *err)
{
    bool own;
    const char *helper = credential_file_helper(file, registry, &own);
    *ret_found = false;
    if (helper && !ask_helper(credentials, helper, own, registry, ret, ret_found, wait, err))
        return false;
    const struct credential_entry *entry =
        *ret_found ? NULL : credential_file_find(file, registry, repository);
    if (entry) {
        *ret = entry->credential;
        *ret_found = true;
    }
    return true;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static void copy_credential(struct arena *arena, struct credential *credential)
{
    *credential = (struct credential){
        .user = copy(arena, credential->user),
        .password = copy(arena, credential->password),
        .identity = copy(arena, credential->identity),
        .token = copy(arena, credential->token),
        .from = copy(arena, credential->from),
    };
}

/* Another thread may hold the lock for as long as a helper runs. */
static bool lock_within(struct credentials *credentials, const struct wait *wait, struct error *err)
{
    while (pthread_mutex_trylock(&credentials->lock) != 0)
        if (!wait_sleep(wait, LOOK_MS))
            return wait_check(wait, "waiting for a credential helper", err);
    return true;
}

/* Among the files: the first that knows the registry. */
static bool find_own(struct credentials *credentials, const char *registry, const char *repository,
                     struct credential *ret, bool *ret_found, const struct wait *wait,
                     struct error *err)
{
    *ret_found = false;
    for (size_t i = 0; i < credentials->count && !*ret_found; i++)
        if (!find_in_file(credentials, &credentials->files[i], registry, repository, ret, ret_found,
                          wait, err))
            return false;
    return true;
}

static bool is_same(const struct credential *a, const struct credential *b)
{
    return text_same(a->user, b->user) && text_same(a->password, b->password)
           && text_same(a->identity, b->identity) && text_same(a->token, b->token);
}

/* Has a Secret before the i-th the same? Namespaces have copies, and a password is tried once. */
static bool came_before(const struct credentials *credentials, size_t i, const char *registry,
                        const char *repository, const struct credential *credential)
{
    for (size_t j = 0; j < i; j++) {
        const struct credential_entry *entry =
            credential_file_find(&credentials->added[j], registry, repository);
        if (entry && is_same(&entry->credential, credential))
            return true;
    }
    return false;
}

/* Among the Secrets that were added: each that fits may be meant. */
static void find_added(const struct credentials *credentials, const char *registry,
                       const char *repository, size_t nth, struct credential *ret, bool *ret_more)
{
    size_t fit = 0;
    for (size_t i = 0; i < credentials->added_count; i++) {
        const struct credential_entry *entry =
            credential_file_find(&credentials->added[i], registry, repository);
        if (!entry || came_before(credentials, i, registry, repository, &entry->credential))
            continue;
        if (fit++ == nth)
            *ret = entry->credential;
    }
    *ret_more = fit > nth + 1;
}

bool credentials_find_nth(struct credentials *credentials, struct arena *arena,
                          const char *registry, const char *repository, size_t nth,
                          struct credential *ret, bool *ret_more, const struct wait *wait,
                          struct error *err)
{
    bool found = false;
    struct credential credential = { 0 };
    *ret_more = false;
    if (!lock_within(credentials, wait, err))
        return false;
    bool fine = find_own(credentials, registry, repository, &credential, &found, wait, err);
    if (fine && !found) {
        credential = (struct credential){ 0 };
        find_added(credentials, registry, repository, nth, &credential, ret_more);
    }
    if (fine) {
        copy_credential(arena, &credential);
        *ret = credential;
    }
    pthread_mutex_unlock(&credentials->lock);
    return fine;
}

bool credentials_find(struct credentials *credentials, struct arena *arena, const char *registry,
                      const char *repository, struct credential *ret, const struct wait *wait,
                      struct error *err)
{
    bool more;
    return credentials_find_nth(credentials, arena, registry, repository, 0, ret, &more, wait, err);
}
