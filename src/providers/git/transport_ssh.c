/*
 * transport_ssh: git-upload-pack on another machine, through the ssh program.
 *
 * The program brings the user's own configuration, agent and known hosts. It is
 * run without a shell: the words of GIT_SSH_COMMAND (or core.sshCommand), else
 * GIT_SSH, else "ssh". BatchMode lets it fail where it would ask. What it prints
 * on stderr reaches the user, and tells a connection that was lost from a key
 * that was refused: its exit code is 255 for both, and a refused key is not tried
 * again, since servers lock out who does.
 */
#include "providers/git/repository.h"
#include "providers/git/transport.h"

#include "base/process.h"

#include <string.h>

enum { COMMAND_WORDS = 64 };

/* ------------------------------------------------------------------------ command */

/* One word: '…' as it is, "…" and plain text with "\" before a character. */
static bool next_word(struct arena *arena, const char **text, const char **ret_word)
{
    AUTO_BUF word = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *at = *text + strspn(*text, " \t\n");
    char quote = '\0';
    *ret_word = NULL;
    if (!*at) {
        *text = at;
        return true;
    }
    for (; *at && (quote || !strchr(" \t\n", *at)); at++) {
        if (quote ? *at == quote : *at == '\'' || *at == '"')
            quote = quote ? '\0' : *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            buf_putc(&word, *++at);
        else
            buf_putc(&word, *at);
    }
    *text = at;
    *ret_word = arena_memdup(arena, buf_text(&word), word.length);
    return quote == '\0';
}

static bool split_words(struct arena *arena, const char *text, const char **words, size_t *count,
                        struct error *err)
{
    const char *rest = text;
    for (;;) {
        const char *word;
        if (!next_word(arena, &rest, &word) || *count == COMMAND_WORDS)
            return error_set(err, ERROR_USAGE,
                             "the ssh command %s has an open quote or more than %d words", text,
                             COMMAND_WORDS);
        if (!word)
            return true;
        words[(*count)++] = word;
    }
}

static const char *configured_command(struct arena *arena)
{
    CLEANUP(git_config_free_at) git_config *config = NULL;
    CLEANUP(git_config_free_at) git_config *snapshot = NULL;
    const char *command;
    if (git_config_open_default(&config) != 0 || git_config_snapshot(&snapshot, config) != 0
        || git_config_get_string(&command, snapshot, "core.sshcommand") != 0)
        return NULL;
    return arena_strdup(arena, command);
}

static bool program_words(struct arena *arena, const char **words, size_t *count, struct error *err)
{
    const char *command = getenv("GIT_SSH_COMMAND"), *program = getenv("GIT_SSH");
    if (!command || !*command)
        command = configured_command(arena);
    if (command && !split_words(arena, command, words, count, err))
        return false;
    if (*count == 0)
        words[(*count)++] = program && *program ? program : "ssh";
    return true;
}

/* 'path' for the shell of the other side. */
static const char *quoted(struct arena *arena, const char *path)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_putc(&text, '\'');
    for (; *path; path++)
        buf_puts(&text, *path == '\'' ? "'\\''" : (char[]){ *path, '\0' });
    buf_putc(&text, '\'');
    return arena_memdup(arena, buf_text(&text), text.length);
}

static bool make_command(struct transfer *transfer, const char **words, struct error *err)
{
    const struct git_url *url = &transfer->url;
    struct arena *arena = transfer->arena;
    size_t count = 0;
    if (!program_words(arena, words, &count, err))
        return false;
    words[count++] = "-o";
    words[count++] = "BatchMode=yes";
    if (url->port) {
        words[count++] = "-p";
        words[count++] = url->port;
    }
    words[count++] = url->user ? arena_printf(arena, "%s@%s", url->user, url->host) : url->host;
    words[count++] = arena_printf(arena, "git-upload-pack %s", quoted(arena, url->path));
    words[count] = NULL;
    return true;
}

/* ------------------------------------------------------------------------ channel */

static bool ssh_start(struct transfer *transfer, struct channel *channel, struct error *err)
{
    const char *words[COMMAND_WORDS + 12];
    struct process process;
    channel->name =
        arena_printf(transfer->arena, "ssh %s%s%s", transfer->url.user ? transfer->url.user : "",
                     transfer->url.user ? "@" : "", transfer->url.host);
    if (!make_command(transfer, words, err) || !process_start_heard(words, NULL, &process, err))
        return false;
    channel->state = arena_memdup(transfer->arena, (const char *)&process, sizeof process);
    return true;
}

static bool ssh_read(struct channel *channel, void *data, size_t size, size_t *ret_length,
                     const struct wait *wait, struct error *err)
{
    return process_read(channel->state, data, size, ret_length, wait, err);
}

static bool ssh_write(struct channel *channel, const void *data, size_t length,
                      const struct wait *wait, struct error *err)
{
    if (process_write(channel->state, data, length, wait, err))
        return true;
    if (err->kind == ERROR_LOCAL) /* it has ended, and will say why */
        error_set(err, ERROR_UNREACHABLE, "the connection ended too early");
    return false;
}

static bool any_in(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strstr(text, *words))
            return true;
    return false;
}

/* By OpenSSH's words, which are the same in every language. */
static bool lost_connection(const char *heard)
{
    static const char *const lost[] = { "Connection refused",
                                        "Connection reset",
                                        "Connection closed",
                                        "closed by remote host",
                                        "Broken pipe",
                                        "Temporary failure in name",
                                        NULL };
    static const char *const denied[] = { "Permission denied", "verification failed",
                                          "Too many authentication failures", NULL };
    return any_in(heard, lost) && !any_in(heard, denied);
}

static bool ssh_end(struct channel *channel, struct error *err)
{
    struct process *process = channel->state;
    int status = process_end(process);
    channel->final = status != 0 && !(status == 255 && lost_connection(process->heard));
    if (status == 0)
        return true;
    if (status == 255)
        return error_set(err, ERROR_UNREACHABLE,
                         "no connection (ssh's own message stands above). It must work without "
                         "a question: a key in the agent, the host in known_hosts");
    return error_set(err, ERROR_NOT_FOUND,
                     "git-upload-pack ended with status %d (its message stands above); is the "
                     "path right, and may this key read it?",
                     status);
}

const struct channel channel_ssh = {
    .name = "ssh", .start = ssh_start, .read = ssh_read, .write = ssh_write, .end = ssh_end
};
