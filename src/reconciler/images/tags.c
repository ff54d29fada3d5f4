/* tags: see tags.h. Which variables there are is checked at load (manifest/image.c). */
#include "reconciler/images/tags.h"

#include "base/cleanup.h"

#include <string.h>
#include <time.h>

enum { SHORT_COMMIT = 7, TAG_MOST = 128 };

static const char *dirty_text(const struct tag_facts *facts)
{
    return facts->dirty ? "-dirty" : "";
}

/* A branch may be called feature/x: "-" stands for what no tag may hold, and for "." in front. */
static const char *branch_text(struct arena *arena, const char *branch)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    char *text = arena_strdup(arena, branch);
    for (char *at = text; *at; at++)
        if (!strchr(fine, *at))
            *at = '-';
    return text;
}

static const char *date_text(struct arena *arena, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm parts;
    if (!seconds || !gmtime_r(&time, &parts))
        return "";
    return arena_printf(arena, "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                        parts.tm_mday);
}

/* "" where nothing is known of it. */
static const char *variable_text(struct arena *arena, const char *name,
                                 const struct tag_facts *facts)
{
    if (strcmp(name, "branch") == 0)
        return branch_text(arena, facts->branch);
    if (strcmp(name, "date") == 0)
        return date_text(arena, facts->time);
    const char *id = strcmp(name, "tree") == 0 ? facts->tree : facts->commit;
    int length = strcmp(name, "shortCommit") == 0 ? SHORT_COMMIT : (int)strlen(id);
    return *id ? arena_printf(arena, "%.*s%s", length, id, dirty_text(facts)) : "";
}

static bool check(const char *text, const char *tag, struct error *err)
{
    if (*tag && *tag != '.' && *tag != '-' && strlen(tag) <= TAG_MOST)
        return true;
    return error_set(err, ERROR_INPUT,
                     "the tag \"%.100s\" becomes \"%.200s\": use at most %d "
                     "characters, with no \".\" or \"-\" in front",
                     text, tag, TAG_MOST);
}

bool tag_fill(struct arena *arena, const char *text, const struct tag_facts *facts,
              const char **ret_tag, struct error *err)
{
    AUTO_BUF tag = BUF_INIT(BUF_OUTPUT_CEILING);
    for (const char *at = text; *at;) {
        size_t length = strncmp(at, "${", 2) == 0 ? strcspn(at, "}") : 0;
        if (!length) {
            buf_putc(&tag, *at++);
            continue;
        }
        const char *name = arena_memdup(arena, at + 2, length - 2);
        const char *value = variable_text(arena, name, facts);
        if (!*value)
            return error_set(err, ERROR_INPUT,
                             "the tag \"%.100s\" names ${%s}, and this source has none%s", text,
                             name, *facts->commit ? "" : ": it is no git repository with a commit");
        buf_puts(&tag, value);
        at += length + 1;
    }
    if (!check(text, buf_text(&tag), err))
        return false;
    *ret_tag = arena_strdup(arena, buf_text(&tag));
    return true;
}

const char *tag_of_source(struct arena *arena, const char *source_digest)
{
    return arena_printf(arena, TAG_OF_SOURCE "%s", source_digest);
}
