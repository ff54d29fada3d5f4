/* report_image: see report_image.h. */
#include "reconciler/report/report_image.h"

#include "base/cleanup.h"
#include "reconciler/images/images.h"

#include <string.h>

enum { SHOWN = 7 + 7, WHOLE = 7 + 64 }; /* "sha256:" and digits */

#define LATER "(to be built)"

bool report_image_later(const struct value *value)
{
    const char *text = value_text(value);
    return text && strstr(text, IMAGE_DIGEST_LATER);
}

const char *report_image_text(struct arena *arena, const char *text)
{
    AUTO_BUF shown = BUF_INIT(BUF_OUTPUT_CEILING);
    for (const char *at; (at = strstr(text, IMAGE_DIGEST_LATER)) != NULL; text = at + WHOLE) {
        buf_add(&shown, text, (size_t)(at - text));
        buf_puts(&shown, LATER);
    }
    if (!shown.length)
        return text;
    buf_puts(&shown, text);
    return arena_memdup(arena, buf_text(&shown), shown.length);
}

/* Where the digest of "name@sha256:…", or of a digest alone, begins; NULL: there is none. */
static const char *digest_in(const char *text)
{
    const char *at = text ? strrchr(text, '@') : NULL;
    at = at ? at + 1 : text;
    return at && digest_text_valid(at) && strncmp(at, "sha256:", 7) == 0 ? at : NULL;
}

static const char *short_text(struct arena *arena, const char *text, bool with_name)
{
    const char *digest = digest_in(text);
    if (!digest)
        return text;
    int name = with_name ? (int)(digest - text) : 0;
    if (strcmp(digest, IMAGE_DIGEST_LATER) == 0)
        return name ? arena_printf(arena, "%.*s%s", name, text, LATER) : "to be built";
    return arena_printf(arena, "%.*s%.*s…", name, text, SHOWN, digest);
}

/* Do both name one repository, the second by digest? Then it need not be said twice. */
static bool same_name(const char *before, const char *after)
{
    const char *digest = digest_in(after);
    size_t length = digest && digest > after ? (size_t)(digest - after) - 1 : 0;
    return digest && strncmp(before, after, length) == 0
           && (length == 0 || before[length] == '@' || before[length] == ':' || !before[length]);
}

const char *report_image_path(struct arena *arena, const char *path)
{
    static const char behind[] = "].image";
    const char *bracket = strrchr(path, '[');
    size_t length = strlen(path);
    if (!bracket || length < sizeof behind
        || strcmp(path + length - (sizeof behind - 1), behind) != 0
        || !(strstr(path, "ontainers[")))
        return path;
    return arena_printf(arena, "image of %.*s",
                        (int)(path + length - (sizeof behind - 1) - bracket - 1), bracket + 1);
}

const char *report_image_change(struct arena *arena, const struct value *before,
                                const struct value *after)
{
    const char *old = value_text(before), *new = value_text(after);
    if (!digest_in(old) && !digest_in(new))
        return NULL;
    if (!old)
        return arena_printf(arena, "+ %s", short_text(arena, new, true));
    if (!new)
        return arena_printf(arena, "removed, was %s", short_text(arena, old, true));
    bool same = same_name(old, new);
    return arena_printf(arena, "%s → %s", short_text(arena, old, !same || !digest_in(old)),
                        short_text(arena, new, !same));
}
