/* engine_image: see engine_image.h. */
#include "providers/docker/engine_image.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/printable.h"
#include "manifest/reference.h"

#include <string.h>

void engine_name_add(struct buf *path, const char *name)
{
    for (; *name; name++) {
        char one[2] = { *name, '\0' };
        if (strchr("/:@", *name))
            buf_putc(path, *name);
        else
            url_encode(path, one);
    }
}

static const char *image_path(struct arena *arena, const char *name, const char *what)
{
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&path, "/images/");
    engine_name_add(&path, name);
    buf_puts(&path, what);
    return arena_strdup(arena, buf_text(&path));
}

bool engine_image_find(struct engine *engine, struct arena *arena, const char *name,
                       struct engine_image *ret, const struct wait *wait, struct error *err)
{
    struct engine_answer answer;
    struct engine_call call = { .method = "GET",
                                .path = image_path(arena, name, "/json"),
                                .what = arena_printf(arena, "look for the image %s", name) };
    if (!engine_call(engine, arena, &call, &answer, wait, err))
        return false;
    const char *variant = value_text(value_get(answer.document, "Variant"));
    struct engine_image image = {
        .id = value_text(value_get(answer.document, "Id")),
        .platform = { .os = value_text(value_get(answer.document, "Os")),
                      .architecture = value_text(value_get(answer.document, "Architecture")),
                      .variant = variant && *variant ? variant : NULL },
        .tags = value_count(value_get(answer.document, "RepoTags")),
    };
    if (!image.id)
        return error_set(err, ERROR_UNREACHABLE, "cannot %s: %s tells no id of it", call.what,
                         engine_describe(engine));
    /* Podman leaves the algorithm out. */
    if (!strchr(image.id, ':'))
        image.id = arena_printf(arena, "sha256:%s", image.id);
    *ret = image;
    return true;
}

bool engine_progress_add(void *context, struct arena *arena, const struct value *document,
                         struct error *err)
{
    struct engine_progress *progress = context;
    (void)arena, (void)err;
    const char *words = value_text_at(document, "errorDetail", "message", NULL);
    if (!words)
        words = value_text(value_get(document, "error"));
    if (words)
        progress->failure = printable_text(progress->arena, words);
    return true;
}

/* ---------------------------------------------------------------------- pulling */

/* base64url of {"username", "password", "serveraddress"} or {"identitytoken", …}. */
static const char *auth_header(struct arena *arena, const struct engine_login *login)
{
    AUTO_BUF json = BUF_INIT(BUF_OUTPUT_CEILING), text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(arena);
    const struct {
        const char *key, *text;
    } members[] = { { "username", login->user },
                    { "password", login->password },
                    { "identitytoken", login->identity },
                    { "serveraddress", login->server } };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].text)
            value_set(arena, map, members[i].key, value_string(arena, members[i].text));
    json_write(&json, map);
    base64url_add(&text, buf_text(&json), json.length);
    /* Engines want the padding that RFC 4648 leaves to taste. */
    while (text.length % 4)
        buf_putc(&text, '=');
    return arena_strdup(arena, buf_text(&text));
}

static bool is_known(const struct engine_login *login)
{
    return login && (login->user || login->identity);
}

/* What the words of a failed pull mean: engines have one status for all of them. */
static enum error_kind kind_of(const char *words)
{
    if (strstr(words, "not found") || strstr(words, "manifest unknown"))
        return ERROR_NOT_FOUND;
    if (strstr(words, "denied") || strstr(words, "unauthorized")
        || strstr(words, "authentication required") || strstr(words, "no basic auth credentials"))
        return ERROR_DENIED;
    return ERROR_UNREACHABLE;
}

static bool say_pull(struct engine *engine, const char *reference, const char *words,
                     struct error *err)
{
    return error_set(err, kind_of(words), "%s cannot pull %s: %s", engine_describe(engine),
                     reference, words);
}

bool engine_image_pull(struct engine *engine, const char *reference, const char *platform,
                       const struct engine_login *login, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    struct http_header auth = { "X-Registry-Auth", NULL };
    struct engine_progress progress = { .arena = arena };
    struct error own = { 0 };
    buf_puts(&query, "fromImage=");
    url_encode(&query, reference);
    if (platform) {
        buf_puts(&query, "&platform=");
        url_encode(&query, platform);
    }
    struct engine_call call = { .method = "POST",
                                .path = "/images/create",
                                .query = buf_text(&query),
                                .what = arena_printf(arena, "pull %s", reference),
                                .headers = &auth,
                                .header_count = is_known(login) ? 1 : 0,
                                .slow = true };
    if (is_known(login))
        auth.value = auth_header(arena, login);
    if (engine_documents(engine, &call, engine_progress_add, &progress, wait, &own))
        return !progress.failure || say_pull(engine, reference, progress.failure, err);
    *err = own;
    /* A refusal that came as a status has words to be told apart, too. */
    if (own.kind == ERROR_UNREACHABLE)
        err->kind = kind_of(own.message);
    return false;
}

bool engine_image_tag(struct engine *engine, const char *image, const char *name,
                      const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    struct reference reference;
    if (!reference_parse(arena, name, &reference, err))
        return false;
    const char *tag = reference.tag ? reference.tag : "latest";
    reference.tag = reference.digest = NULL;
    buf_puts(&query, "repo=");
    url_encode(&query, reference_text(arena, &reference));
    buf_puts(&query, "&tag=");
    url_encode(&query, tag);
    struct engine_call call = { .method = "POST",
                                .path = image_path(arena, image, "/tag"),
                                .query = buf_text(&query),
                                .what = arena_printf(arena, "call %s %s", image, name) };
    return engine_call(engine, arena, &call, NULL, wait, err);
}

bool engine_image_remove(struct engine *engine, const char *id, const struct wait *wait,
                         struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct engine_call call = { .method = "DELETE",
                                .path = image_path(arena, id, ""),
                                .query = "noprune=1",
                                .what = arena_printf(arena, "remove the image %s", id) };
    return engine_call(engine, arena, &call, NULL, wait, err);
}
