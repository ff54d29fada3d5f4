/*
 * registry: repositories of container registries (OCI distribution spec 1.1) as image stores.
 *
 * `struct registries` is what all registries of one run share: credentials, bearer tokens,
 * connections, mirrors and trust. registry_open() makes a store (oci/store.h) of one
 * repository of it; stores are cheap and may be used from many threads at once.
 *
 * Nothing that a server says is believed: digests and sizes are checked against the bytes,
 * answers have ceilings, redirects are few and carry no credentials to other hosts. What is
 * safe to repeat is repeated within the wait. Credentials never reach an error or a log.
 */
#ifndef CMX_OCI_REGISTRY_REGISTRY_H
#define CMX_OCI_REGISTRY_REGISTRY_H

#include "manifest/reference.h"
#include "net/http.h"
#include "oci/store.h"

/* Credentials as Kubernetes keeps them for imagePullSecrets, decoded. */
struct registry_secret {
    const char *name; /* for messages: "Secret/shop/pull"                       */
    const char *data; /* of ".dockerconfigjson", or (`bare`) of ".dockercfg"    */
    size_t length;
    bool bare;
};

/* What the command line says about registries; all may be empty. Outlives the registries. */
struct registry_settings {
    const char *config_file; /* --registry-config: only this one, in docker's or containers'
                                form; NULL: the usual places                             */
    const struct registry_secret *secrets; /* asked before any file                            */
    size_t secret_count;
    const char *ca_file;           /* trusted for every registry, beside docker's certs.d      */
    const char *certificate_file;  /* of the client, PEM                                       */
    const char *key_file;          /*                                                          */
    const char *certs_folder;      /* NULL: those of podman and docker (certs.d)               */
    const char *const *plain_http; /* "HOST[:PORT]" without TLS; loopback needs no entry       */
    size_t plain_http_count;
    const char *const *mirrors; /* "docker.io=https://mirror.example": asked first, for reading */
    size_t mirror_count;
};

struct registries;

/*
 * Never fails: files are read when a registry is first opened. `http` and `settings` outlive
 * it; `settings` may be NULL. Ended with registries_free(), after the last store was closed.
 */
struct registries *registries_new(struct http *http, const struct registry_settings *settings)
    __attribute__((warn_unused_result));
void registries_free(struct registries *registries);

/*
 * Adds the credentials of a Secret that were not asked for by its name. They come after those of
 * files, which may be good for more than pulling. ERROR_INPUT: no such document (its content is
 * not quoted).
 */
bool registries_add_secret(struct registries *registries, const struct registry_secret *secret,
                           struct error *err) __attribute__((warn_unused_result));

/*
 * Are mirrors and registries without TLS written so that they can be meant? ERROR_USAGE: one is
 * not; what stands before an @ is never in the message.
 */
bool registry_settings_check(const struct registry_settings *settings, struct error *err)
    __attribute__((warn_unused_result));

/* Who we are, for others who speak to registries on our behalf (a Docker engine). Theirs to ask
 * only, as long as the registries live. */
struct credentials *registries_credentials(struct registries *registries);

/*
 * The repository that a reference names. Asks no server. The caller closes *ret_store.
 * ERROR_INPUT: a configuration file is wrong; ERROR_LOCAL: it cannot be read.
 */
bool registry_open(struct registries *registries, const struct reference *reference,
                   struct image_store **ret_store, struct error *err)
    __attribute__((warn_unused_result));

/* Is this a registry that answers, and lets us in? `registry` as in struct reference. */
bool registry_ping(struct registries *registries, const char *registry, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

/*
 * Repositories of a registry, sorted by bytes; ERROR_REFUSED where it tells none (Docker Hub
 * and others do not).
 */
bool registry_catalog(struct registries *registries, struct arena *arena, const char *registry,
                      const char ***ret_names, size_t *ret_count, const struct wait *wait,
                      struct error *err) __attribute__((warn_unused_result));

/*
 * Deletes a manifest by digest, and with it every tag that names it. ERROR_REFUSED: the
 * registry does not allow deleting (405), ERROR_NOT_FOUND: it is not there. `store` is one of
 * registry_open().
 */
bool registry_delete_manifest(struct image_store *store, const char *digest,
                              const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The same of a blob. */
bool registry_delete_blob(struct image_store *store, const char *digest, const struct wait *wait,
                          struct error *err) __attribute__((warn_unused_result));

/* A tag that would suffer from a deletion. */
struct registry_use {
    const char *tag;
    bool within; /* it names an index that holds the digest, not the digest itself */
};

/*
 * Which tags name this digest, or an index that holds it (lists of referrers aside), sorted by
 * bytes. Every tag of the repository is asked about, a few at a time.
 */
bool registry_uses(struct image_store *store, struct arena *arena, const char *digest,
                   struct registry_use **ret, size_t *ret_count, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

/*
 * Are user and password good for this registry? ERROR_DENIED: it says no. *ret_identity
 * (may be NULL) is a refresh token that it gave instead of the password, or NULL.
 */
bool registry_login(struct registries *registries, struct arena *arena, const char *registry,
                    const char *user, const char *password, const char **ret_identity,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
