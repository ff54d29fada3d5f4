/*
 * credential_file: one document with credentials, as docker and containers write it.
 *
 * {"auths": {KEY: {"auth": base64 of user:password, "identitytoken": …}},
 *  "credHelpers": {REGISTRY: NAME}, "credsStore": NAME}. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_CREDENTIAL_FILE_H
#define CMX_OCI_REGISTRY_CREDENTIAL_FILE_H

#include "oci/registry/credentials.h"

#define HUB_REGISTRY   "docker.io"
#define HUB_SERVER_URL "https://index.docker.io/v1/" /* what docker calls it in files */

enum { CREDENTIAL_FILE_CEILING = 4 << 20 };

struct credential_entry {
    const char *key; /* REGISTRY[/REPOSITORY], without a scheme; the registry may be a pattern */
    struct credential credential;
};

struct credential_file {
    const char *name; /* for messages */
    struct credential_entry *entries;
    size_t entry_count, entry_capacity;
    struct {
        const char *registry, *name;
    } * helpers;
    size_t helper_count, helper_capacity;
    const char *store; /* the helper for all registries, or NULL */
};

/* ERROR_INPUT says which file and that it is wrong, and quotes nothing. */
bool credential_file_read(struct arena *arena, const char *name, const char *data, size_t length,
                          bool bare, struct credential_file *ret, struct error *err)
    __attribute__((warn_unused_result));

/* "https://Index.Docker.io/v1/" → "docker.io", "ghcr.io/acme/" → "ghcr.io/acme". */
const char *credential_key(struct arena *arena, const char *text);

/* The entry whose key names the repository or most of what lies above it, or NULL. A host that is
 * a pattern ("*.azurecr.io") comes behind all that are named. */
const struct credential_entry *credential_file_find(const struct credential_file *file,
                                                    const char *registry, const char *repository);

/* The helper that is asked for a registry, or NULL; *ret_own: it is for this registry alone. */
const char *credential_file_helper(const struct credential_file *file, const char *registry,
                                   bool *ret_own);

/* What a registry is called in files and to helpers: docker's URL for the Hub. */
const char *credential_server(const char *registry);

#endif
