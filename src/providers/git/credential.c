/* credential: see credential.h. */
#include "providers/git/credential.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"

#include <string.h>

enum { TOKEN_CEILING = 64 << 10, HELPER_CEILING = 64 << 10, HELPER_MS = 30000 };

/* Every host that takes a token takes it with any user; this is the one GitHub and GitLab name. */
static const char TOKEN_USER[] = "oauth2";

static bool read_token(struct arena *arena, const char *path, const char **ret_token,
                       struct error *err)
{
    char *data;
    size_t length;
    if (!file_read(arena, path, TOKEN_CEILING, &data, &length, err))
        return error_prefix(err, "the token for git");
    data[strcspn(data, "\r\n")] = '\0';
    if (!*data)
        return error_set(err, ERROR_INPUT, "the token file %s is empty", path);
    *ret_token = data;
    return true;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool credential_given(struct transfer *transfer, struct credential *ret_credential,
                      struct error *err)
{
    const struct git_options *options = transfer->options;
    const char *token = options->token, *user = options->user;
    if (!token && options->token_file
        && !read_token(transfer->arena, options->token_file, &token, err))
        return false;
    if (!token)
        token = environment("CMX_GIT_TOKEN");
    if (!user)
        user = environment("CMX_GIT_USER");
    if (!token && transfer->url.password)
        token = transfer->url.password;
    if (!user)
        user = transfer->url.user;
    if (!token && transfer->url.user)
        token = ""; /* "https://TOKEN@host/": sent as it stands, with an empty password */
    *ret_credential =
        (struct credential){ .user = token ? (user ? user : TOKEN_USER) : NULL, .password = token };
    return true;
}

/* ------------------------------------------------------------------------ helpers */

static bool has_line_break(const char *text)
{
    return text && strpbrk(text, "\r\n");
}

/* git-credential(1)'s description of what is asked for. */
static bool describe(const struct transfer *transfer, const struct credential *credential,
                     struct buf *text, struct error *err)
{
    const struct git_url *url = &transfer->url;
    if (has_line_break(url->host) || has_line_break(url->user) || has_line_break(credential->user)
        || has_line_break(credential->password))
        return error_set(err, ERROR_USAGE, "a URL with a line break");
    buf_printf(text, "protocol=%s\nhost=%s%s%s\n", url->scheme == GIT_URL_HTTPS ? "https" : "http",
               url->host, url->port ? ":" : "", url->port ? url->port : "");
    buf_printf(text, "path=%s\n", url->path + (*url->path == '/'));
    if (credential->user)
        buf_printf(text, "username=%s\n", credential->user);
    if (credential->password)
        buf_printf(text, "password=%s\n", credential->password);
    buf_putc(text, '\n');
    return true;
}

/* From "/", so that no repository around us names the program that gets a password. */
static bool run_git(struct transfer *transfer, const char *verb, const char *input,
                    char **ret_output, int *ret_status, struct error *err)
{
    const char *const arguments[] = { "git", "-C", "/", "credential", verb, NULL };
    static const char *const variables[] = { "GIT_TERMINAL_PROMPT=0", NULL };
    struct wait wait = wait_for(HELPER_MS, transfer->wait);
    return process_run(transfer->arena, arguments, variables, input, HELPER_CEILING, &wait,
                       ret_output, ret_status, err);
}

static const char *answer(struct arena *arena, const char *output, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = output; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, length) == 0 && line[length] == '=')
            return arena_memdup(arena, line + length + 1, strcspn(line + length + 1, "\r\n"));
    return NULL;
}

bool credential_ask(struct transfer *transfer, struct credential *ret_credential, struct error *err)
{
    struct credential asked = { .user = transfer->url.user };
    AUTO_BUF input = BUF_INIT(HELPER_CEILING);
    struct error ignored;
    char *output = NULL;
    int status = 1;
    if (!describe(transfer, &asked, &input, err))
        return false;
    if (!run_git(transfer, "fill", buf_text(&input), &output, &status, &ignored)
        && (ignored.kind == ERROR_CANCELLED || ignored.kind == ERROR_TIMEOUT)) {
        *err = ignored;
        return false;
    }
    if (status == 0)
        asked = (struct credential){ .user = answer(transfer->arena, output, "username"),
                                     .password = answer(transfer->arena, output, "password"),
                                     .from_helper = true };
    if (status != 0 || !asked.user || !asked.password)
        return error_set(err, ERROR_DENIED,
                         "%s asks for credentials; give a token (--token-file FILE, or "
                         "CMX_GIT_TOKEN in the environment) or set up a git credential helper",
                         transfer->url.display);
    *ret_credential = asked;
    return true;
}

void credential_tell(struct transfer *transfer, const struct credential *credential, bool right)
{
    AUTO_BUF input = BUF_INIT(HELPER_CEILING);
    struct error ignored;
    char *output;
    int status;
    if (credential->from_helper && describe(transfer, credential, &input, &ignored)
        && !run_git(transfer, right ? "approve" : "reject", buf_text(&input), &output, &status,
                    &ignored))
        return;
}
