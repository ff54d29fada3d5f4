/*
 * credentials: who we are at which registry.
 *
 * Found where docker and the tools around containers keep them: in the secrets of the settings,
 * else in --registry-config alone, else in $DOCKER_AUTH_CONFIG itself, $REGISTRY_AUTH_FILE,
 * docker's config.json ($DOCKER_CONFIG, ~/.docker) and containers' auth.json
 * ($XDG_RUNTIME_DIR/containers or /run/containers/UID, ~/.config/containers), the first that
 * knows the registry. In each: a helper for the registry, the helper for all, then what stands
 * in the file, whose keys may name a repository or what lies above it; the longest one that
 * fits counts.
 *
 * May be asked by many threads; a helper runs once a registry.
 */
#ifndef CMX_OCI_REGISTRY_CREDENTIALS_H
#define CMX_OCI_REGISTRY_CREDENTIALS_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* All NULL: nobody; we come without a name. */
struct credential {
    const char *user, *password;
    const char *identity; /* a refresh token in place of them               */
    const char *token;    /* sent as it is: a bearer token                  */
    const char *from;     /* where it was found, for messages               */
};

struct credentials;
struct registry_settings;
struct registry_secret;

/* Reads nothing yet. The settings (may be NULL) outlive it. */
struct credentials *credentials_new(const struct registry_settings *settings)
    __attribute__((warn_unused_result));
void credentials_free(struct credentials *credentials);

/* Reads secrets and files, once. ERROR_INPUT: one is wrong (nothing of it is quoted); ERROR_LOCAL.
 */
bool credentials_load(struct credentials *credentials, struct error *err)
    __attribute__((warn_unused_result));

/* Adds what a Secret holds, behind the files; helpers that it names are not run. */
bool credentials_add(struct credentials *credentials, const struct registry_secret *secret,
                     struct error *err) __attribute__((warn_unused_result));

/*
 * For a repository (NULL: the registry as a whole). ERROR_DENIED: the helper for this
 * registry failed.
 */
bool credentials_find(struct credentials *credentials, struct arena *arena, const char *registry,
                      const char *repository, struct credential *ret, const struct wait *wait,
                      struct error *err) __attribute__((warn_unused_result));

/*
 * The same of the nth that fits (from 0): of Secrets that were added several may, as one for each
 * project of a registry; of all else the first counts. *ret_more: there is one behind it.
 */
bool credentials_find_nth(struct credentials *credentials, struct arena *arena,
                          const char *registry, const char *repository, size_t nth,
                          struct credential *ret, bool *ret_more, const struct wait *wait,
                          struct error *err) __attribute__((warn_unused_result));

/*
 * Keeps credentials (user and password, or user and identity): by the helper where one is
 * configured, else in the file, which only its owner may read. *ret_where tells which.
 */
bool credentials_keep(const char *config_file, struct arena *arena, const char *registry,
                      const struct credential *credential, const char **ret_where,
                      const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Forgets them; *ret_where NULL: there were none. */
bool credentials_forget(const char *config_file, struct arena *arena, const char *registry,
                        const char **ret_where, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
