/* client_login: see client_login.h. */
#include "providers/kubernetes/client/client_login.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "providers/kubernetes/client/exec_plugin.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    TOKEN_CEILING = 1 << 20,
    LOOK_MS = 20,        /* while another thread runs the plugin */
    EXPIRY_MARGIN_S = 5, /* a credential is renewed that long before its end */
};

struct login {
    const struct kubeconfig *config;
    struct redactor *redactor;
    pthread_mutex_t lock; /* guards all below */
    struct arena *arena;
    const struct http_endpoint *endpoint;
    const char *token;
    struct stat token_stat; /* of the token file when it was read */
    int64_t expires;        /* of the exec plugin's credential; 0: not told */
    bool valid;             /* token and endpoint may be used */
    unsigned generation;
};

/*
 * A SOCKS5 proxy looks the server's name up itself, as for kubectl: often only the network behind
 * it knows that name. libcurl does so for another scheme.
 */
static const char *proxy_of(struct login *login)
{
    static const char local[] = "socks5://";
    const char *proxy = login->config->proxy_url;
    if (!proxy || strncasecmp(proxy, local, sizeof local - 1) != 0)
        return proxy;
    return arena_printf(login->arena, "socks5h://%s", proxy + sizeof local - 1);
}

static const struct http_endpoint *make_endpoint(struct login *login, const char *certificate,
                                                 const char *key)
{
    const struct kubeconfig *config = login->config;
    struct http_endpoint *endpoint = arena_alloc(login->arena, sizeof *endpoint);
    *endpoint = (struct http_endpoint){
        .ca_file = config->ca_file,
        .ca_data = config->ca_data,
        .certificate_file = config->certificate_file,
        .certificate_data = certificate ? certificate : config->certificate_data,
        .key_file = config->key_file,
        .key_data = key ? key : config->key_data,
        .server_name = config->tls_server_name,
        .proxy = proxy_of(login),
        .insecure = config->insecure,
    };
    return endpoint;
}

static void learn(struct login *login, const char *text)
{
    if (text)
        redactor_learn(login->redactor, text, strlen(text));
}

struct login *login_new(const struct kubeconfig *config, struct redactor *redactor)
{
    struct login *login = memory_alloc(sizeof *login);
    *login = (struct login){ .config = config, .redactor = redactor, .arena = arena_new() };
    pthread_mutex_init(&login->lock, NULL);
    login->endpoint = make_endpoint(login, NULL, NULL);
    login->token = config->token;
    learn(login, config->token);
    learn(login, config->password);
    learn(login, config->key_data);
    return login;
}

void login_free(struct login *login)
{
    if (!login)
        return;
    pthread_mutex_destroy(&login->lock);
    arena_free(login->arena);
    free(login);
}

/* ---------------------------------------------------------- tokens in files */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool read_token(struct login *login, struct error *err)
{
    char *data;
    size_t length;
    AUTO_ARENA arena = arena_new();
    if (!file_read(arena, login->config->token_file, TOKEN_CEILING, &data, &length, err))
        return error_prefix(err, "token file");
    for (; length && isspace((unsigned char)*data); length--)
        data++;
    while (length && isspace((unsigned char)data[length - 1]))
        length--;
    if (!length)
        return error_set(err, ERROR_DENIED, "token file %s: it is empty",
                         login->config->token_file);
    login->token = arena_memdup(login->arena, data, length);
    learn(login, login->token);
    login->generation++;
    return true;
}

/* A file that cannot be read any more is an error only where no token is known. */
static bool refresh_token_file(struct login *login, struct error *err)
{
    struct stat now = { 0 };
    struct error problem;
    stat(login->config->token_file, &now);
    if (login->valid && same_file(&now, &login->token_stat))
        return true;
    if (!read_token(login, &problem) && !login->token) {
        *err = problem;
        return false;
    }
    login->token_stat = now;
    login->valid = true;
    return true;
}

/* ------------------------------------------------------------- exec plugins */

static bool refresh_exec(struct login *login, const struct wait *wait, struct error *err)
{
    struct exec_credential credential;
    bool expired = login->expires && clock_unix() >= login->expires - EXPIRY_MARGIN_S;
    if (login->valid && !expired)
        return true;
    if (!exec_plugin_run(login->arena, login->config, &credential, wait, err))
        return false;
    learn(login, credential.token);
    learn(login, credential.key_data);
    login->token = credential.token;
    if (credential.certificate_data)
        login->endpoint = make_endpoint(login, credential.certificate_data, credential.key_data);
    login->expires = credential.expires;
    login->valid = true;
    login->generation++;
    return true;
}

/* --------------------------------------------------------------------- both */

/* Credentials that the kubeconfig holds beside it make the plugin needless, as in kubectl. */
bool login_runs_program(const struct kubeconfig *config)
{
    bool certificate = config->certificate_file || config->certificate_data;
    return config->exec && !config->token && !config->token_file && !config->user_name
           && !certificate;
}

static bool refresh(struct login *login, const struct wait *wait, struct error *err)
{
    if (login->config->token_file)
        return refresh_token_file(login, err);
    return !login_runs_program(login->config) || refresh_exec(login, wait, err);
}

/* Another thread may hold the lock for as long as a plugin runs. */
static bool lock_within(struct login *login, const struct wait *wait, struct error *err)
{
    while (pthread_mutex_trylock(&login->lock) != 0)
        if (!wait_sleep(wait, LOOK_MS))
            return wait_check(wait, "waiting for credentials", err);
    return true;
}

bool login_get(struct login *login, struct arena *arena, struct credentials *ret_credentials,
               const struct wait *wait, struct error *err)
{
    if (!lock_within(login, wait, err))
        return false;
    bool fresh = refresh(login, wait, err);
    if (fresh)
        *ret_credentials = (struct credentials){
            .endpoint = login->endpoint,
            .authorization = login->token ? arena_printf(arena, "Bearer %s", login->token) : NULL,
            .user = login->config->user_name,
            .password = login->config->password,
            .generation = login->generation,
        };
    pthread_mutex_unlock(&login->lock);
    return fresh;
}

bool login_rejected(struct login *login, unsigned generation)
{
    bool can_renew = login->config->token_file || login_runs_program(login->config);
    pthread_mutex_lock(&login->lock);
    if (can_renew && login->generation == generation)
        login->valid = false;
    pthread_mutex_unlock(&login->lock);
    return can_renew;
}
