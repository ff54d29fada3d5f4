/* elsewhere: see elsewhere.h. */
#include "reconciler/elsewhere.h"

#include <stdlib.h>
#include <string.h>

static const struct record *home_record(const struct run *run)
{
    return &run->targets[0].record;
}

static bool names_cluster(const struct target_run *target, const char *name)
{
    const struct cluster *cluster = target->target.cluster;
    return cluster && strcmp(cluster->name, name) == 0;
}

static bool is_target(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->target_count; i++)
        if (names_cluster(&run->targets[i], name))
            return true;
    return false;
}

bool elsewhere_recall(struct run *run, struct error *err)
{
    const struct record record = *home_record(run); /* the targets move when one is added */
    run->undeclared = arena_array(run->arena, record.elsewhere_count + 1, sizeof *run->undeclared);
    for (size_t i = 0; i < record.elsewhere_count; i++) {
        const char *name = record.elsewhere[i];
        if (is_target(run, name))
            continue;
        if (!set_cluster(&run->set, name))
            run->undeclared[run->undeclared_count++] = name;
        else if (!run_add_target(run, name, err))
            return false;
    }
    return true;
}

/* Objects are wanted there, or were there when the plan was made, or nobody could look. */
static bool holds_objects(const struct target_run *target)
{
    return target->desired_count > 0 || target->record.count > 0 || !target->planned;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A part of a source, and a removal, know nothing of Clusters that they do not name. */
static void keep_recorded(const struct run *run, struct record *record)
{
    const struct record *home = home_record(run);
    for (size_t i = 0; i < home->elsewhere_count; i++)
        if (!is_target(run, home->elsewhere[i]))
            record->elsewhere[record->elsewhere_count++] = home->elsewhere[i];
}

void elsewhere_note(struct run *run, const struct target_run *target, struct record *record)
{
    size_t most = run->target_count + home_record(run)->elsewhere_count;
    record->elsewhere = arena_array(run->arena, most + 1, sizeof *record->elsewhere);
    record->elsewhere_count = 0;
    if (target != &run->targets[0])
        return;
    for (size_t i = 1; i < run->target_count; i++)
        if (holds_objects(&run->targets[i])) /* all but the first have a Cluster */
            record->elsewhere[record->elsewhere_count++] = run->targets[i].target.cluster->name;
    if (run->partial || target->plan_options.removal)
        keep_recorded(run, record);
    qsort(record->elsewhere, record->elsewhere_count, sizeof *record->elsewhere, compare_names);
}

bool elsewhere_differs(struct run *run, const struct target_run *target)
{
    struct record now = { 0 };
    const struct record *old = &target->record;
    elsewhere_note(run, target, &now);
    if (now.elsewhere_count != old->elsewhere_count)
        return true;
    for (size_t i = 0; i < now.elsewhere_count; i++)
        if (strcmp(now.elsewhere[i], old->elsewhere[i]) != 0)
            return true;
    return false;
}

void elsewhere_report(struct buf *out, const struct run *run, const struct target_run *target,
                      const struct report_style *style)
{
    if (target != &run->targets[0] || style->quiet)
        return;
    for (size_t i = 0; i < run->undeclared_count; i++)
        buf_printf(out,
                   "Cluster %s is not declared any more: what this set made there stays, and "
                   "is\nno longer looked after. To prune it, declare the Cluster once more.\n",
                   run->undeclared[i]);
}
