/* trust: see trust.h. */
#include "oci/registry/trust.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_CEILING = 4 << 20 };

CLEANUP_FUNCTION(DIR *, closedir)

/* Where distributions keep the authorities that programs trust. */
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
};

static bool add_pem(struct arena *arena, const char *path, struct buf *out, struct error *err)
{
    char *data;
    size_t length;
    if (!file_read(arena, path, PEM_CEILING, &data, &length, err))
        return false;
    buf_add(out, data, length);
    buf_putc(out, '\n');
    return true;
}

static void add_system(struct arena *arena, struct buf *out)
{
    struct error ignored;
    for (size_t i = 0; i < sizeof system_bundles / sizeof *system_bundles; i++)
        if (add_pem(arena, system_bundles[i], out, &ignored))
            return;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name), end = strlen(ending);
    return length > end && strcmp(name + length - end, ending) == 0;
}

/* NAME.cert goes with NAME.key, as docker has it. */
static void take_pair(struct arena *arena, const char *folder, const char *name,
                      struct http_endpoint *ret)
{
    size_t stem = strlen(name) - strlen(".cert");
    ret->certificate_file = path_join(arena, folder, name);
    ret->key_file = path_join(arena, folder, arena_printf(arena, "%.*s.key", (int)stem, name));
}

/* *ret_there stays where there is no such folder. */
static bool read_folder(struct arena *arena, const char *folder, struct buf *authorities,
                        struct http_endpoint *ret, bool *ret_there, struct error *err)
{
    CLEANUP(closedir_at) DIR *open = opendir(folder);
    *ret_there |= open != NULL;
    if (!open)
        return errno == ENOENT || errno == ENOTDIR
               || error_errno(err, ERROR_LOCAL, "cannot read %s", folder);
    for (struct dirent *entry; (entry = readdir(open));) {
        if (ends_in(entry->d_name, ".crt")
            && !add_pem(arena, path_join(arena, folder, entry->d_name), authorities, err))
            return false;
        if (ends_in(entry->d_name, ".cert"))
            take_pair(arena, folder, arena_strdup(arena, entry->d_name), ret);
    }
    return true;
}

/* Podman's places before docker's, as podman has it; the first with a folder for the registry. */
static bool read_folders(struct arena *arena, const struct registry_settings *settings,
                         const char *registry, struct buf *authorities, struct http_endpoint *ret,
                         struct error *err)
{
    const char *home = getenv("HOME");
    const char *const usual[] = {
        home && *home ? path_join(arena, home, ".config/containers/certs.d") : NULL,
        "/etc/containers/certs.d",
        "/etc/docker/certs.d",
    };
    bool there = false;
    if (settings->certs_folder)
        return read_folder(arena, path_join(arena, settings->certs_folder, registry), authorities,
                           ret, &there, err);
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !there; i++)
        if (usual[i]
            && !read_folder(arena, path_join(arena, usual[i], registry), authorities, ret, &there,
                            err))
            return false;
    return true;
}

bool trust_read(struct arena *arena, const struct registry_settings *settings, const char *registry,
                struct http_endpoint *ret, bool *ret_known, struct error *err)
{
    AUTO_BUF authorities = BUF_INIT(4 * PEM_CEILING);
    *ret = (struct http_endpoint){ 0 };
    if (!read_folders(arena, settings, registry, &authorities, ret, err))
        return false;
    *ret_known = authorities.length || ret->certificate_file;
    if (settings->ca_file && !add_pem(arena, settings->ca_file, &authorities, err))
        return false;
    if (authorities.length) {
        add_system(arena, &authorities);
        ret->ca_data = arena_strdup(arena, buf_text(&authorities));
    }
    if (settings->certificate_file) {
        ret->certificate_file = settings->certificate_file;
        ret->key_file = settings->key_file ? settings->key_file : settings->certificate_file;
    }
    return true;
}
