/*
 * registry login and logout: asked, tried, and kept where docker keeps them.
 *
 * A password comes from standard input or is typed, never from the command line, where every
 * user of the machine could read it.
 */
#include "cli/registry.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/registry/credentials.h"

#include <string.h>
#include <unistd.h>

enum { PASSWORD_CEILING = 64 << 10 };

#define HUB "docker.io"

/* As docker writes what stands behind a registry's name. */
static bool is_root(const char *path)
{
    static const char *const roots[] = { "", "/", "/v1", "/v1/", "/v2", "/v2/" };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (strcmp(path, roots[i]) == 0)
            return true;
    return false;
}

/*
 * A registry alone: "ghcr.io", "https://index.docker.io/v1/" for the Hub. Who names a part of one
 * does not mean the credentials of all of it.
 */
static const char *registry_of(struct registry_run *run, const char *text, enum exit_code *ret_code)
{
    const char *scheme = strstr(text, "://");
    const char *host = scheme ? scheme + 3 : text;
    const char *registry = arena_memdup(run->arena, host, strcspn(host, "/"));
    if (*registry && !is_root(host + strlen(registry))) {
        *ret_code =
            command_stop(run->invocation, EXIT_USAGE,
                         "\"%s\" is a part of a registry, and login and logout are for all of "
                         "it: %s",
                         text, registry);
        return NULL;
    }
    if (!*registry || strpbrk(registry, "@ ")) {
        *ret_code =
            command_stop(run->invocation, EXIT_USAGE,
                         "\"%s\" is not a registry, such as ghcr.io or localhost:5000", text);
        return NULL;
    }
    if (strcmp(registry, "index.docker.io") == 0 || strcmp(registry, "registry-1.docker.io") == 0)
        return HUB;
    return registry;
}

/* All of standard input, less the line break at its end. */
static const char *read_password(struct registry_run *run, struct error *err)
{
    char *data;
    size_t length;
    if (!file_read_descriptor(run->arena, STDIN_FILENO, "standard input", PASSWORD_CEILING, &data,
                              &length, err))
        return NULL;
    while (length && (data[length - 1] == '\n' || data[length - 1] == '\r'))
        data[--length] = '\0';
    return data;
}

static bool ask_for(struct registry_run *run, struct credential *ret, enum exit_code *ret_code)
{
    struct error error = { 0 };
    const struct invocation *invocation = run->invocation;
    ret->user = invocation->username;
    if (!ret->user && !invocation->password_stdin)
        ret->user = terminal_line(run->arena, "User:");
    if (!ret->user || !*ret->user) {
        *ret_code = command_stop(invocation, EXIT_USAGE, "who? Use --username NAME");
        return false;
    }
    if (strchr(ret->user, ':')) { /* would end the name in what is sent */
        *ret_code = command_stop(invocation, EXIT_USAGE, "a user's name has no colon in it");
        return false;
    }
    ret->password = invocation->password_stdin ? read_password(run, &error)
                                               : terminal_secret(run->arena, "Password:");
    if (error.kind != ERROR_NONE) {
        *ret_code = command_fail(invocation, &error);
        return false;
    }
    if (!ret->password || !*ret->password) {
        *ret_code = command_stop(invocation, EXIT_USAGE,
                                 "no password: type it, or give it with --password-stdin");
        return false;
    }
    return true;
}

static enum exit_code print_where(struct registry_run *run, const char *registry, bool in,
                                  const char *where)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena);
    buf_printf(&out, in ? "Logged in to %s; kept in %s\n" : "Logged out of %s; removed from %s\n",
               registry, where);
    if (run->invocation->output != OUTPUT_JSON)
        return command_print_text(&out, false);
    json_text(run->arena, map, "registry", registry);
    json_text(run->arena, map, in ? "keptIn" : "removedFrom", where);
    return registry_print_json(run, map);
}

enum exit_code registry_login_command(struct registry_run *run, const char *const *arguments,
                                      size_t count)
{
    struct error error = { 0 };
    struct credential credential = { 0 };
    enum exit_code code;
    const char *where, *registry = registry_of(run, arguments[0], &code);
    (void)count;
    if (!registry || !ask_for(run, &credential, &code))
        return code;
    if (!registry_login(run->registries, run->arena, registry, credential.user, credential.password,
                        &credential.identity, run->wait, &error)
        || !credentials_keep(run->invocation->registry.config_file, run->arena, registry,
                             &credential, &where, run->wait, &error))
        return command_fail(run->invocation, &error);
    return print_where(run, registry, true, where);
}

enum exit_code registry_logout_command(struct registry_run *run, const char *const *arguments,
                                       size_t count)
{
    struct error error = { 0 };
    enum exit_code code;
    const char *where, *registry = registry_of(run, arguments[0], &code);
    (void)count;
    if (!registry)
        return code;
    if (!credentials_forget(run->invocation->registry.config_file, run->arena, registry, &where,
                            run->wait, &error))
        return command_fail(run->invocation, &error);
    if (!where)
        return command_stop(run->invocation, EXIT_NO, "no credentials were kept for %s", registry);
    return print_where(run, registry, false, where);
}
