/* stick: see stick.h. */
#include "reconciler/rollback/stick.h"

#include "manifest/config_hash.h"
#include "reconciler/rollback/rollback.h"

#include <string.h>

bool rollback_sticks(const struct rollback_sight *sight)
{
    if (!sight->wanted)
        return sight->out_of_reach;
    return sight->same_document && sight->reads != READS_OTHER;
}

bool rollback_goes_with(const char *with, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = with; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == length && memcmp(at, name, length) == 0)
            return true;
    return false;
}

static enum rollback_reads judge_reads(const struct run *run, const struct resource *desired,
                                       const struct record_rollback *rollback)
{
    size_t lacks = 0;
    if (!*rollback->reads)
        return READS_UNKNOWN;
    const char *now = config_hash_of(run->arena, &run->set, desired, &lacks);
    if (strcmp(now, rollback->reads) == 0)
        return READS_SAME;
    return lacks && (run->partial || run->set.failed_count) ? READS_UNKNOWN : READS_OTHER;
}

static bool sticks(const struct run *run, const struct target_run *target,
                   const struct record_member *member)
{
    const struct record_rollback *rollback = member->rollback;
    const struct resource *desired =
        resources_find(target->desired, target->desired_count, &member->id);
    struct rollback_sight sight = {
        .wanted = desired != NULL,
        .out_of_reach =
            run->partial || plan_failed_folder(&target->plan_options, member->path) != NULL,
    };
    if (desired) {
        sight.same_document = strcmp(resource_digest(run->arena, desired), rollback->refused) == 0;
        sight.reads = sight.same_document ? judge_reads(run, desired, rollback) : READS_OTHER;
    }
    return rollback_sticks(&sight);
}

/* It goes along with whoever was put back: while one of them is, it is. */
static bool follows(struct arena *arena, const struct record *record, const bool *held,
                    const char *with)
{
    for (size_t i = 0; i < record->count; i++)
        if (held[i] && rollback_goes_with(with, object_id_full(arena, &record->members[i].id)))
            return true;
    return false;
}

static struct hold hold_for(const struct record_member *member)
{
    return (struct hold){ .id = member->id,
                          .purpose = ROLLBACK_PURPOSE,
                          .by = member->rollback->by,
                          .reason = member->rollback->reason,
                          .since = member->rollback->since,
                          .rollback = member->rollback };
}

/* The holds of people stay the first: theirs are shown where both are. */
static void add_holds(struct arena *arena, struct record *record, const bool *held,
                      const struct hold *images, size_t image_count)
{
    size_t count = record->hold_count;
    struct hold *holds = arena_array(arena, count + record->count + image_count, sizeof *holds);
    if (count)
        memcpy(holds, record->holds, count * sizeof *holds);
    for (size_t i = 0; i < image_count; i++)
        holds[count++] = images[i];
    for (size_t i = 0; i < record->count; i++)
        if (held[i])
            holds[count++] = hold_for(&record->members[i]);
    record->holds = holds;
    record->hold_count = count;
}

static bool has_rollbacks(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->members[i].rollback)
            return true;
    return false;
}

static bool is_leader(const struct record_member *member)
{
    return member->rollback && !*member->rollback->with;
}

void rollbacks_judge(const struct run *run, struct target_run *target)
{
    struct record *record = &target->record;
    if (!has_rollbacks(record))
        return;
    bool *held = arena_array(run->arena, record->count, sizeof *held);
    for (size_t i = 0; i < record->count; i++)
        held[i] = is_leader(&record->members[i]) && sticks(run, target, &record->members[i]);
    for (size_t i = 0; i < record->count; i++) {
        const struct record_member *member = &record->members[i];
        if (member->rollback && !is_leader(member))
            held[i] = follows(run->arena, record, held, member->rollback->with);
        target->rollbacks_ended += member->rollback && !held[i];
    }
    size_t image_count;
    const struct hold *images = rollback_image_holds(run, target, held, &image_count);
    add_holds(run->arena, record, held, images, image_count);
}

void rollbacks_show(struct arena *arena, struct record *record)
{
    if (!has_rollbacks(record))
        return;
    bool *held = arena_array(arena, record->count, sizeof *held);
    for (size_t i = 0; i < record->count; i++)
        held[i] = record->members[i].rollback != NULL;
    add_holds(arena, record, held, NULL, 0);
}
