/* hold_set: sets and ends a hold; see hold.h. Needs the record of the set, and no source. */
#include "reconciler/hold.h"
#include "reconciler/member.h"
#include "reconciler/removal.h"

bool set_find(struct run *run, const struct object_id *pattern, struct target_run **ret_target,
              const struct record_member **ret_member, const struct wait *wait, struct error *err)
{
    for (size_t i = 0; i < run->target_count; i++) {
        struct target_run *target = &run->targets[i];
        if (set_open(run, target, wait, err)
            && member_find(run->arena, &target->record, pattern, set_lacks(run->arena, target),
                           ret_member, err)) {
            *ret_target = target;
            return true;
        }
        if (err->kind != ERROR_NOT_FOUND)
            return false;
    }
    return false;
}

bool run_hold(struct run *run, const struct object_id *pattern, struct hold *hold, int64_t lasts,
              settle_note *note, void *context, const struct wait *wait, struct error *err)
{
    const struct record_member *member;
    struct target_run *target;
    if (!run_targets(run, err) || !set_find(run, pattern, &target, &member, wait, err))
        return false;
    hold->id = member->id;
    return target->provider->record_hold(target->session, hold, lasts, note, context, wait, err);
}

/* The holds as a record of members, for the same search; of what has left the set, too. */
static bool find_hold(struct run *run, const struct target_run *target,
                      const struct object_id *pattern, const struct record_member **ret_member,
                      struct error *err)
{
    struct record held = { .count = target->record.hold_count };
    held.members = arena_array(run->arena, held.count + 1, sizeof *held.members);
    for (size_t i = 0; i < held.count; i++)
        held.members[i].id = target->record.holds[i].id;
    return member_find(
        run->arena, &held, pattern,
        arena_printf(run->arena, "the set %s has no such hold", target->target.set_name),
        ret_member, err);
}

/* A member that the record holds not: perhaps its own annotation does. */
static bool not_held(struct run *run, struct target_run *target, const struct record_member *member,
                     const struct wait *wait, struct error *err)
{
    struct subject subject = { .id = member->id, .recorded = member };
    const char *name = object_id_text(run->arena, &member->id, target->target.set_namespace);
    if (member->rollback)
        return error_set(err, ERROR_NOT_FOUND,
                         "%s is not held but rolled back, which ends with: cmx-reconcile rollback "
                         "--release",
                         name);
    if (!target->provider->observe(target->session, run->arena, &subject, 1, wait, err))
        return false;
    if (!subject.live.hold)
        return error_set(err, ERROR_NOT_FOUND, "%s is not held", name);
    if (target->target.directory)
        return error_set(err, ERROR_NOT_FOUND,
                         "%s is held by the annotation cmx.dev/hold in its file: remove it there",
                         name);
    return error_set(err, ERROR_NOT_FOUND,
                     "%s is held by an annotation of its own, which is removed with: kubectl "
                     "annotate -n %s %s cmx.dev/hold-",
                     name, member->id.namespace,
                     arena_printf(run->arena, "%s%s%s/%s", member->id.kind,
                                  *member->id.group ? "." : "", member->id.group, member->id.name));
}

bool run_unhold(struct run *run, const struct object_id *pattern, struct object_id *ret_id,
                const struct wait *wait, struct error *err)
{
    const struct record_member *member;
    struct target_run *target;
    if (!run_targets(run, err))
        return false;
    for (size_t i = 0; i < run->target_count; i++) {
        target = &run->targets[i];
        if (set_open(run, target, wait, err) && find_hold(run, target, pattern, &member, err)) {
            *ret_id = member->id;
            return target->provider->record_unhold(target->session, ret_id, wait, err);
        }
        if (err->kind != ERROR_NOT_FOUND)
            return false;
    }
    return set_find(run, pattern, &target, &member, wait, err)
           && not_held(run, target, member, wait, err);
}
