/* rules: see rules.h. */
#include "reconciler/rules.h"

#include "providers/record.h"

/* Without a source, and where a part of one came without its Project, the old ones stay. */
static bool knows_rules(const struct run *run)
{
    return !run->without_source && (run->set.project.file || !run->partial);
}

void rules_note(const struct run *run, const struct target_run *target, struct record *record)
{
    const struct project *project = &run->set.project;
    record->ignore = knows_rules(run) ? project->ignore : target->record.ignore;
    record->ignore_count = knows_rules(run) ? project->ignore_count : target->record.ignore_count;
}

bool rules_differ(const struct run *run, const struct target_run *target)
{
    struct record now = { 0 };
    rules_note(run, target, &now);
    return !record_rules_equal(&now, &target->record);
}
