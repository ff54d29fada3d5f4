/*
 * reconcile: one run, from a source to converged targets.
 *
 *   source → set → (a target: record, live, plan) → [ lock, widen, execute, settle ]
 *
 * Every command is this flow, stopped early or carried to its end; a dry run is
 * never a second implementation. Errors belong to a scope: what went wrong for
 * one target stands in that target, and the others go on.
 */
#ifndef CMX_RECONCILER_RECONCILE_H
#define CMX_RECONCILER_RECONCILE_H

#include "reconciler/execute/execute.h"
#include "reconciler/images/images.h"
#include "reconciler/plan/plan.h"
#include "reconciler/source.h"

struct run_options {
    struct source_options source;
    const char *context, *kubeconfig, *directory_root;
    const char *namespace; /* -n */
    const char *selector;  /* -l */
    bool adopt_given, no_prune;
    enum adopt_policy adopt;
    const char *prune_budget; /* --prune-budget, as written */
    const char *const *allow_delete;
    size_t allow_delete_count;
    bool allow_older, take_set, force_conflicts, show_secrets, keep_going, no_wait;
    bool records;     /* the plan is to be carried out */
    bool with_images; /* Images are read, looked up and made; else passed over */
    struct images_options images;
    bool creates_unasked;  /* in the first apply of a set: it will be carried out, come what may */
    bool missing_is_empty; /* a folder that the commit does not hold is empty: diff --from */
    int64_t timeout;       /* --timeout in ms; 0: the Project's */
    int64_t lock_timeout;  /* ms */
    unsigned concurrency;
};

/* One place that the set goes to. */
struct target_run {
    struct target target;
    const struct provider *provider;
    struct session *session; /* NULL: could not be opened, see error */
    const char *description; /* "cluster prod" */
    const struct resource **desired;
    size_t desired_count;
    struct record record; /* as it was read */
    struct plan plan;
    struct plan_options plan_options;
    struct text_list misfits; /* sentences about images that some machine cannot run */
    bool planned;
    struct execute_result result;
    bool executed;
    size_t rollbacks_ended;    /* of the record, that do not stick any more (rollback/stick.h) */
    struct restored *restored; /* what was put back in this run, or why not (rollback/rollback.h) */
    size_t restored_count;
    struct plan *recovery; /* of putting it back, or NULL */
    bool stale; /* another run finished since the plan was made: nothing was written, plan again */
    struct error error; /* of the target as a whole; kind ERROR_NONE: none */
};

struct run {
    struct arena *arena;
    const struct run_options *options;
    struct source source;
    struct set set;
    struct problems problems;
    struct images *images; /* NULL: none, or passed over */
    const char
        *partial; /* why this is not the whole source: nothing is deleted; NULL: it is whole */
    struct target_run *targets; /* the first is the Project's own */
    size_t target_count, target_capacity;
    const char *command;     /* for the history: "apply" */
    bool opens_early;        /* a plan is to follow: run_load() begins with it, see early.h */
    struct early *early;     /* or NULL */
    bool without_source;     /* the record alone says what belongs to the set */
    const char **undeclared; /* Clusters that hold objects of the set and are in no file any more */
    size_t undeclared_count;
    int64_t started; /* clock_now() */
};

/* An empty run; the caller ends it with run_done(). */
void run_start(struct run *run, struct arena *arena, const struct run_options *options);
void run_done(struct run *run);

/*
 * Reads the source and loads the set. Wrong manifests are in run->problems (and
 * true is returned); false: nothing could be read.
 */
bool run_load(struct run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Finds the targets and plans each; what fails for one stands in its `error`.
 * False: the targets themselves could not be told.
 */
bool run_plan(struct run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Carries out the plan of one target that is not refused. */
void run_apply(struct run *run, struct target_run *target, const struct execute_events *events,
               const struct wait *wait);

/*
 * For the last words of a run, its record: said even when it was stopped, but
 * after a second Ctrl-C not for long.
 */
struct wait run_last_wait(const struct wait *wait);

/*
 * May a loaded run go on to a plan? Not with wrong manifests; with --keep-going
 * only where whole folders failed, which are then left alone.
 */
bool run_may_go_on(const struct run *run);

/* Finds the targets of a loaded set, without looking at them (targets.c). */
bool run_targets(struct run *run, struct error *err) __attribute__((warn_unused_result));

/* A target of the run as its options, the Project and the Cluster (or NULL) have it (targets.c). */
void target_fill(const struct run *run, const struct project *project,
                 const struct cluster *cluster, struct target *ret_target);

/* One more, of a declared Cluster that no object names any more (elsewhere.c). */
bool run_add_target(struct run *run, const char *cluster, struct error *err)
    __attribute__((warn_unused_result));

/* Opens one target: its session and how it names itself. */
bool target_connect(struct run *run, struct target_run *target, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

/* Opens one target and reads its record. */
bool target_open(struct run *run, struct target_run *target, const struct wait *wait,
                 struct error *err) __attribute__((warn_unused_result));

/* Exit codes, one meaning each. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_NO = 1,          /* it differs, has drifted, does not exist         */
    EXIT_USAGE = 2,       /* usage, or manifests that are wrong              */
    EXIT_REFUSED = 3,     /* budget, ownership, policy, "no" at the prompt   */
    EXIT_UNREACHABLE = 4, /* not reachable, not authorised, could not look   */
    EXIT_UNHEALTHY = 5,   /* applied but failed, or not healthy in time      */
    EXIT_INTERNAL = 6,    /* internal, or local input and output             */
    EXIT_INTERRUPTED = 130,
};

/* The one that counts of two: 130 > 2 > 4 > 3 > 5 > 1 > 0; 6 above all but 130. */
enum exit_code exit_worse(enum exit_code a, enum exit_code b);

/* The exit code that an error stands for. */
enum exit_code exit_of_error(const struct error *error);

/* Of a whole run: `applied` false for diff and plan. */
enum exit_code run_exit_code(const struct run *run, bool applied);

#endif
