/*
 * What stands in a set's record, which anybody who may write a ConfigMap wrote: the packed
 * list of members, the list itself, the mark of a run, holds, the history. What was read is written
 * and read as the same.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/history.h"
#include "providers/hold.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/lock.h"
#include "providers/record.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_members(struct arena *arena, const char *text, size_t size)
{
    struct record record = { 0 }, back = { 0 };
    struct error err;
    const char *packed;
    AUTO_BUF out = BUF_INIT(16 << 20);
    if (!record_parse(arena, text, size, &record, &err))
        return;
    record_write(&out, &record);
    require(record_parse(arena, buf_text(&out), out.length, &back, &err));
    require(back.count == record.count && back.applied == record.applied);
    for (size_t i = 0; i < record.count; i++)
        require(object_id_compare(&record.members[i].id, &back.members[i].id) == 0
                && !record.members[i].rollback == !back.members[i].rollback);
    if (applyset_pack(arena, &record, &packed, &err))
        require(applyset_unpack(arena, packed, &back, &err) && back.count == record.count);
}

static void try_history(struct arena *arena, const char *text)
{
    struct history_entry *entries, *back;
    size_t count, again;
    const char *written = text;
    history_read(arena, text, &entries, &count);
    for (size_t i = 0; i < count && i < 4; i++)
        written = history_add(arena, i ? written : NULL, &entries[i]);
    if (!count)
        return;
    require(strlen(written) <= HISTORY_BYTES + HISTORY_MOST + 2);
    history_read(arena, written, &back, &again);
    require(again > 0 && again <= count);
}

static void try_holds(struct arena *arena, const char *text, size_t size)
{
    const struct value *list;
    struct value *next;
    struct hold *holds;
    struct error err;
    size_t count;
    if (!json_parse(arena, text, size, &list, &err)
        || !holds_read(arena, list, 1764000000, &holds, &count, &err))
        return;
    for (size_t i = 0; i < count; i++)
        require(holds_without(arena, list, &holds[i].id, 1764000000, &next, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    struct record record = { 0 };
    struct run_mark mark, again;
    struct error err;
    try_members(arena, text, size);
    try_holds(arena, text, size);
    try_history(arena, text);
    (void)applyset_unpack(arena, text, &record, &err);
    if (run_mark_parse(arena, text, &mark))
        require(run_mark_parse(arena, run_mark_text(arena, &mark), &again)
                && mark.renewed == again.renewed);
    return 0;
}
