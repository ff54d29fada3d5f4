/* reconcile: the flow of a run; see reconcile.h. Targets are told in targets.c. */
#include "reconciler/reconcile_inner.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "manifest/selector.h"
#include "reconciler/early.h"
#include "reconciler/elsewhere.h"
#include "reconciler/history.h"
#include "reconciler/home.h"
#include "reconciler/inventory.h"
#include "reconciler/plan/budget.h"
#include "reconciler/plan/contest.h"
#include "reconciler/rollback/rollback.h"
#include "reconciler/rollback/stick.h"
#include "reconciler/rules.h"
#include "reconciler/strays.h"

#include <string.h>

/* Of a Project that does not say: the same as its table in kinds.c. */
static const int64_t DEFAULT_WAIT_TIMEOUT_MS = 5 * 60 * 1000;
enum { LAST_WORDS_MS = 30 * 1000, LAST_WORDS_HURRY_MS = 2 * 1000 };
static const int64_t DEFAULT_TIMEOUT_MS = 30 * 60 * 1000;

void run_start(struct run *run, struct arena *arena, const struct run_options *options)
{
    *run = (struct run){
        .arena = arena, .options = options, .command = "apply", .started = clock_now()
    };
    problems_start(&run->problems, arena);
}

void run_done(struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++) {
        struct target_run *target = &run->targets[i];
        if (target->planned)
            plan_done(&target->plan);
        if (target->recovery)
            plan_done(target->recovery);
        if (target->session)
            target->provider->close(target->session);
    }
    early_done(run);
    images_free(run->images);
    source_close(&run->source);
}

/* ------------------------------------------------------------------ loading */

static bool selects(const struct run *run, const struct selector *selector,
                    const struct resource *resource)
{
    const char *namespace = run->options->namespace;
    if (run->options->selector
        && !selector_matches(selector, value_at(resource->document, "metadata", "labels", NULL)))
        return false;
    return !namespace || !*resource->id.namespace || strcmp(resource->id.namespace, namespace) == 0;
}

/* -l and -n: what does not fit is out of this run. */
static bool filter(struct run *run, struct error *err)
{
    struct selector selector = { 0 };
    if (run->options->selector
        && !selector_parse(run->arena, run->options->selector, &selector, err))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < run->set.count; i++)
        if (selects(run, &selector, &run->set.resources[i]))
            run->set.resources[kept++] = run->set.resources[i];
    run->set.count = kept;
    return true;
}

static bool covers_project(const struct run *run)
{
    const char *folder = run->set.project.folder;
    for (size_t i = 0; folder && i < run->source.path_count; i++) {
        size_t length = strlen(run->source.paths[i]);
        if (strncmp(folder, run->source.paths[i], length) == 0
            && (length == 0 || folder[length] == '/' || folder[length] == '\0'))
            return true;
    }
    return !folder;
}

const char *run_part_of_source(const struct run *run)
{
    if (run->source.stdin_data)
        return "standard input is only a part of a source";
    if (!run->source.only_folders)
        return "single files are only a part of a source";
    return covers_project(run) ? NULL : "this folder is only a part of its Project";
}

static const char *why_partial(const struct run *run)
{
    const char *why = run_part_of_source(run);
    if (why)
        return why;
    if (run->options->selector)
        return "-l names only a part of the set";
    if (run->options->namespace)
        return "-n names only a part of the set";
    return NULL;
}

static void name_source_path(struct run *run)
{
    struct project *project = &run->set.project;
    if (project->folder)
        run->source.commit.path = project->folder;
}

bool run_load(struct run *run, const struct wait *wait, struct error *err)
{
    struct early_hint hint = { run, wait };
    if (!source_open(&run->source, run->arena, &run->options->source, wait, err))
        return false;
    struct load_options load = {
        .paths = run->source.paths,
        .path_count = run->source.path_count,
        .namespace = run->options->namespace,
        .stdin_data = run->source.stdin_data,
        .stdin_length = run->source.stdin_length,
        .fallback_name = run->source.name,
        .hint = run->opens_early ? early_start : NULL,
        .hint_context = &hint,
        .missing_is_empty = run->options->missing_is_empty,
    };
    if (!set_load(run->arena, run->source.reader, &load, &run->set, &run->problems, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_USAGE; /* what was written names nothing, as a wrong -f */
        return false;
    }
    name_source_path(run);
    run->partial = why_partial(run);
    run_open_images(run);
    return filter(run, err);
}

/* A Project that is wrong, or a fault of no folder, fails everything. */
static bool failed_whole(const struct run *run)
{
    for (size_t i = 0; i < run->set.failed_count; i++)
        if (*run->set.failed[i].folder == '\0')
            return true;
    return run->set.failed_count == 0;
}

bool run_may_go_on(const struct run *run)
{
    return run->problems.errors == 0 || (run->options->keep_going && !failed_whole(run));
}

/* ----------------------------------------------------------------- applying */

static bool all_succeeded(const struct target_run *target)
{
    const struct execute_result *result = &target->result;
    return !result->failed && !result->blocked && !result->skipped && !result->lost
           && !target->plan.counts.refuse && !target->plan.counts.unknown;
}

/* A partial run moves no set to its own commit. */
static const struct record_source *source_to_record(const struct run *run,
                                                    const struct target_run *target)
{
    return run->partial && target->record.exists ? &target->record.source : &run->source.commit;
}

static bool marks_rollbacks(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].rollback)
            return true;
    return false;
}

/* Something to write: changes, or a commit that the record does not hold yet. */
static bool has_work(struct run *run, const struct target_run *target)
{
    const struct plan_counts *counts = &target->plan.counts;
    const struct record_source *source = source_to_record(run, target);
    const struct record_source *old = &target->record.source;
    if (counts->create || counts->change || counts->replace || counts->adopt || counts->delete
        || counts->forget || elsewhere_differs(run, target) || contests_differ(&target->plan)
        || target->rollbacks_ended || marks_rollbacks(&target->plan))
        return true;
    return target->record.exists
           && (strcmp(old->commit, source->commit) != 0 || old->dirty != source->dirty
               || !run_same_source(old, source) || rules_differ(run, target));
}

static void execute(struct run *run, struct target_run *target, const struct execute_events *events,
                    const struct wait *wait)
{
    const struct project *project = &run->set.project;
    int64_t own = run->options->timeout ? run->options->timeout : project->wait_timeout;
    struct execute_options options = {
        .plan = &target->plan_options,
        .events = events,
        .wait_timeout = own ? own : DEFAULT_WAIT_TIMEOUT_MS,
        .home = home_of(target),
        .no_wait = run->options->no_wait,
        .max_rolling = project->max_rolling,
        .max_failures = target->plan_options.removal ? 0 : project->max_failures,
        .concurrency = run->options->concurrency,
    };
    struct wait whole = wait_for(project->timeout ? project->timeout : DEFAULT_TIMEOUT_MS, wait);
    whole.soft = false;
    plan_execute(&target->plan, target->provider, target->session, &options, &whole,
                 &target->result);
    target->executed = true;
    if (target->result.lost)
        target->error = target->result.error;
}

struct wait run_last_wait(const struct wait *wait)
{
    bool hard = wait->cancel && atomic_load(&wait->cancel->level) >= CANCEL_HARD;
    return wait_for(hard ? LAST_WORDS_HURRY_MS : LAST_WORDS_MS, NULL);
}

/* From here on the first Ctrl-C waits for what is being written. */
static bool take_set(struct run *run, struct target_run *target,
                     const struct execute_events *events, const struct wait *wait,
                     struct error *err)
{
    AUTO_ARENA arena = arena_new(); /* of 20 000 members it is large */
    struct record wide;
    struct wait writing = *wait;
    writing.soft = false;
    inventory_widen(arena, &target->plan, source_to_record(run, target), &wide);
    wide.applied = target->record.applied;
    elsewhere_note(run, target, &wide);
    rules_note(run, target, &wide);
    return target->provider->record_lock(target->session, run->options->lock_timeout, &wide,
                                         events ? events->waiting : NULL,
                                         events ? events->context : NULL, &writing, err);
}

/* The set was taken by another run: the record is theirs to write. */
static bool is_taken_over(const struct target_run *target)
{
    return target->result.lost && target->result.error.kind == ERROR_CONFLICT;
}

void run_apply(struct run *run, struct target_run *target, const struct execute_events *events,
               const struct wait *wait)
{
    struct error error = { 0 };
    struct record kept;
    bool work = has_work(run, target);
    if (work && !take_set(run, target, events, wait, &error)) {
        target->stale = error.kind == ERROR_CONFLICT;
        if (!target->stale)
            target->error = error;
        return;
    }
    execute(run, target, events, wait);
    if (!work || is_taken_over(target))
        return;
    inventory_settle(run->arena, &target->plan, source_to_record(run, target), &target->record,
                     all_succeeded(target), &kept);
    elsewhere_note(run, target, &kept);
    rules_note(run, target, &kept);
    rollback_automatic(run, target, events, wait, &kept);
    history_note(run, target, &kept);
    /* The record is written even when the run was stopped: it says what is there now. */
    struct wait last = run_last_wait(wait);
    if (!target->provider->record_settle(target->session, &kept, &last, &error))
        target->error = error;
}
