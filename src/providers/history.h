/*
 * history: what the last runs did to a set, the same text in every provider.
 *
 * A list in JSON, the oldest first, which stands with the record of the set and is written in
 * the same write that settles it. Only runs that write the record are in it. It is bounded in
 * entries and bytes, and the oldest go first: the record beside it needs the room.
 */
#ifndef CMX_PROVIDERS_HISTORY_H
#define CMX_PROVIDERS_HISTORY_H

#include "providers/provider.h"

enum {
    HISTORY_MOST = 100,        /* entries                                        */
    HISTORY_BYTES = 64 << 10,  /* of the text, brackets and commas left out      */
    HISTORY_OBJECTS_MOST = 64, /* named in one entry                             */
    HISTORY_NOTE_MOST = 200,   /* bytes                                          */
};

/* What became of one object in one run. */
struct history_object {
    const char *name;   /* written whole: "Deployment.apps/shop/web"                         */
    const char *action; /* as action_name(); "rollback": put back to what ran before         */
    const char *result; /* "done", "failed", "held", "blocked", "skipped", "restored"        */
    const char *drift;  /* whose change it undid, "" where nobody knows; NULL: no drift      */
    const char *note;   /* why it failed, or who holds it; ""                                */
    bool hook;          /* a Job that ran as a hook                                          */
    bool reversible;    /* of a hook: going back behind it does no harm                      */
};

struct history_counts {
    size_t built, created, changed, replaced, adopted, deleted, held, unchanged, failed, blocked,
        refused, restored;
};

/* One run. Texts are never NULL. */
struct history_entry {
    int64_t time;         /* at which it ended, seconds */
    int64_t milliseconds; /* that it took               */
    const char *command;  /* "apply", "rollback", "delete", "release" */
    const char *by;       /* "ana@laptop"               */
    const char *commit;   /* 40 hex; "" without git     */
    const char *subject;
    bool dirty;
    const char *result; /* "done", "failed", "refused", "interrupted" */
    bool waited;        /* until all was healthy: not with --no-wait   */
    bool partial;       /* only a part of the source was applied           */
    struct history_counts counts;
    const struct history_object
        *objects; /* what was changed, failed or held; unhealthy ones first */
    size_t object_count;
    size_t more; /* that there was no room for */
};

/*
 * The entries of a text (NULL: none), the oldest first. What cannot be read is left out: the
 * history tells, and nothing depends on its being whole.
 */
void history_read(struct arena *arena, const char *text, struct history_entry **ret_entries,
                  size_t *ret_count);

/* The text with one entry more, within its bounds. */
const char *history_add(struct arena *arena, const char *text, const struct history_entry *entry);

/* One entry as JSON, as it stands in the text. */
struct value *history_value(struct arena *arena, const struct history_entry *entry);

/* The entry's row of that object, or NULL. */
const struct history_object *history_find(const struct history_entry *entry, const char *name);

#endif
