/*
 * trust: whom a registry's TLS is checked against, and who we show ourselves as.
 *
 * Docker's certs.d (HOST[:PORT], NAME.crt, NAME.cert with its NAME.key) and the command line's
 * files; the system's own authorities stay trusted, since blobs are redirected to public storage.
 * Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_TRUST_H
#define CMX_OCI_REGISTRY_TRUST_H

#include "net/http.h"
#include "oci/registry/registry.h"

/*
 * Fills `ret`; *ret_known: this host has a folder of its own, so that TLS is meant. ERROR_LOCAL,
 * ERROR_NOT_FOUND or ERROR_INPUT: a file that should be there.
 */
bool trust_read(struct arena *arena, const struct registry_settings *settings, const char *registry,
                struct http_endpoint *ret, bool *ret_known, struct error *err)
    __attribute__((warn_unused_result));

#endif
