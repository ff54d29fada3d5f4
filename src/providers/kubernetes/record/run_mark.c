/* run_mark: who runs, as the parent's annotation says; see lock.h. */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/record/lock.h"

#include <string.h>

static bool text_at(struct arena *arena, const struct value *map, const char *key,
                    const char **ret_text)
{
    const char *text = value_text(value_get(map, key));
    *ret_text = text ? arena_strdup(arena, text) : NULL;
    return text != NULL;
}

bool run_mark_parse(struct arena *arena, const char *text, struct run_mark *ret_mark)
{
    const struct value *map;
    struct error ignored;
    struct run_mark mark;
    const char *started, *renewed;
    if (!json_parse(arena, text, strlen(text), &map, &ignored)
        || !text_at(arena, map, "id", &mark.id) || !text_at(arena, map, "holder", &mark.holder)
        || !text_at(arena, map, "started", &started) || !time_parse(started, &mark.started)
        || !text_at(arena, map, "renewed", &renewed) || !time_parse(renewed, &mark.renewed))
        return false;
    *ret_mark = mark;
    return true;
}

const char *run_mark_text(struct arena *arena, const struct run_mark *mark)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(arena);
    value_set(arena, map, "id", value_string(arena, mark->id));
    value_set(arena, map, "holder", value_string(arena, mark->holder));
    value_set(arena, map, "started", value_string(arena, time_text(arena, mark->started)));
    value_set(arena, map, "renewed", value_string(arena, time_text(arena, mark->renewed)));
    json_write(&text, map);
    return arena_strdup(arena, buf_text(&text));
}

bool run_mark_expired(const struct run_mark *mark, int64_t now)
{
    return now - mark->renewed > LOCK_LEASE;
}
