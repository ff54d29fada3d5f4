/*
 * provider: the contract between the reconciler and what it reconciles.
 *
 * A provider is one kind of place where objects live: a Kubernetes cluster, a
 * directory of rendered manifests; later a registry, a Docker host. It knows how
 * to look, to predict, to act, to wait, and to keep the record of a set. It
 * decides nothing (the reconciler's decide table does), prints nothing, and
 * logs at debug only.
 *
 * Life cycle of a session, in this order; `?` may be left out:
 *
 *   open → record_read → bind_scopes → observe → predict* →
 *     [ record_lock → record_widen? → ( guard? apply | remove ; settle )* → record_settle ] → close
 *
 * What stands in brackets writes; a diff stops before it. observe() takes all
 * subjects at once, so that a provider can look in bulk. predict(), guard(),
 * apply(), remove() and settle() take one subject, block, and are called from
 * many threads at once; everything else from one.
 *
 * Ownership: what a call returns lives in the arena that it was given. Subjects
 * belong to the reconciler; a provider fills `live` in observe() and reads the
 * rest. Each wait carries the deadline and the cancel flag of the run.
 *
 * "Could not look" is not "absent": where a provider cannot tell, it answers
 * LIVE_UNKNOWN with the reason, and the reconciler leaves that object alone.
 */
#ifndef CMX_PROVIDERS_PROVIDER_H
#define CMX_PROVIDERS_PROVIDER_H

#include "base/clock.h"
#include "base/error.h"
#include "manifest/set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------- the record */

/* Who set which field again right after how many of our last applies (reconciler/plan/contest.h).
 */
struct record_contest {
    const char *field;   /* as people write it: spec.replicas      */
    const char *pointer; /* to it in the live document             */
    const char *manager;
    unsigned count; /* 0: nobody did, and the texts are NULL  */
};

/*
 * What ran before runs again, and the wanted object is refused for as long as it is what it was
 * then (reconciler/rollback/stick.h).
 */
struct record_rollback {
    const char *refused;   /* digest of what was wanted, as record_member.digest */
    const char *reads;     /* hash of the ConfigMaps and Secrets that it read then, "none" without
                              any; "": nobody knows */
    const char *from, *to; /* the refused commit and the restored one, 40 hex or "" */
    const char *with; /* it went along with this object, written whole; "": on its own account */
    const char *by, *reason; /* never NULL */
    int64_t since;           /* seconds */
    bool automatic;
};

/* What is remembered of one object: enough to delete it and to tell why it differs. */
struct record_member {
    struct object_id id;
    const char *path;   /* of its manifest in the source                   */
    const char *digest; /* of the document that was wanted: 80 bits of its SHA-256 in hex */
    const char
        *mark;  /* the provider's own note of the object as it was after applying, or ""; another
                   mark later means drift (record_mark_differs()): no source is needed */
    bool ended; /* it has run to its end, after which it may be gone (resource.vanishes) */
    struct record_contest contest;
    const struct record_rollback *rollback; /* NULL: none */
};

/* Where a set came from when it was last applied. */
struct record_source {
    const char *origin; /* the origin's URL in a normal form, or the first commit's id, or "" */
    const char *path;   /* folder below it                                 */
    const char *ref;    /* branch or tag, or ""                            */
    const char *commit; /* 40 hex, "" where the source is no repository    */
    bool dirty;         /* files differed from the commit                  */
    const char *subject, *author; /* of the commit                          */
    int64_t time;                 /* of the commit, seconds                          */
};

/* What `hold` and `unhold` write; scaling will have a purpose of its own. */
#define HOLD_PURPOSE "hold"

/* A rollback that sticks, as a hold for whoever shows it: made of the record of a member. */
#define ROLLBACK_PURPOSE "rollback"

/* An object that a run leaves alone: nothing is made, changed, taken over or deleted. */
struct hold {
    struct object_id id;
    const char *purpose;
    const char *by, *reason; /* never NULL; `by` "" where nobody knows */
    int64_t since, until;    /* seconds; 0: not known, without end */
    bool on_object;          /* it stands on the live object, not beside the record */
    const struct record_rollback *rollback; /* of a rollback; else NULL */
};

struct record {
    bool exists;
    struct record_member *members; /* sorted by identity */
    size_t count;
    struct record_source source;
    int64_t applied;        /* when, seconds; 0: never to its end */
    const char **elsewhere; /* names of the other Clusters that hold objects of the set, sorted */
    size_t elsewhere_count;
    const struct ignore_rule *ignore; /* of the Project, for `status` without a source */
    size_t ignore_count;
    struct hold
        *holds; /* that have not ended; read with the record, but written by record_hold() */
    size_t hold_count;
    const char *history; /* past runs as JSON (history.h), read with the record; record_settle()
                            writes it in the same write, NULL leaves it as it is */
};

/* ------------------------------------------------------- one row of the plan */

enum live_state {
    LIVE_UNKNOWN,   /* could not look; `why` says so                                   */
    LIVE_ABSENT,    /* surely not there                                                */
    LIVE_SAME,      /* there, and surely what is wanted; its document is not kept      */
    LIVE_DIFFERENT, /* there, and perhaps different; or not wanted. Document kept      */
};

enum owner_kind {
    OWNER_NONE,       /* nobody claims it                                     */
    OWNER_SELF,       /* it carries this set's mark                           */
    OWNER_OTHER_SET,  /* another set of ours, or another tool's ApplySet      */
    OWNER_TOOL,       /* Helm, Flux, Argo CD                                  */
    OWNER_CONTROLLER, /* has a controller as owner: never a member            */
};

struct observation {
    enum live_state state;
    const char *why; /* LIVE_UNKNOWN */
    /* LIVE_DIFFERENT, and what is to be deleted; LIVE_ABSENT: whose place this one takes */
    const struct value *document;
    const char *uid;
    enum owner_kind owner;
    const char *owner_text; /* "Helm release shop/web" */
    size_t foreign_fields;  /* fields that others own, left alone */
    const char *health;     /* one line where observe could tell: "healthy 3/3", or NULL */
    const char
        *trouble; /* what holds it up, where observe could tell: "pod web-…: CrashLoopBackOff" */
    bool healthy, failed;    /* both false: in progress or not known */
    bool unproven;           /* healthy since a moment ago, by nobody's word but its own */
    int64_t since;           /* when that health began, seconds; 0: not known */
    const char *mark;        /* as record_member.mark, of now; NULL: not known */
    bool as_recorded;        /* wanted as the record says; false: also where nobody looked */
    const char *touched_by;  /* who but us and controllers wrote it last, or NULL */
    int64_t touched;         /* and when, seconds; 0: not known */
    const struct hold *hold; /* that the object carries itself, or NULL */
};

struct subject {
    struct object_id id;
    const struct resource *desired;       /* NULL: not wanted   */
    const struct record_member *recorded; /* NULL: not recorded */
    struct observation live;
    bool leaving; /* this run deletes it; set before guard() is asked */
};

/* What carries the set's mark, but is neither recorded nor wanted: never a member, only told. */
struct stray {
    struct object_id id;
    const char *owner; /* the controller that made it: "Service/web", or NULL */
};

/* ------------------------------------------------------------- predictions */

enum prediction_kind {
    PREDICT_SAME,      /* applying would change nothing                            */
    PREDICT_CHANGE,    /* `before` would become `after`                            */
    PREDICT_CREATE,    /* `after` would be made                                    */
    PREDICT_LOCAL,     /* as PREDICT_CHANGE, but not confirmed by the server: `why` */
    PREDICT_LATER,     /* unknown until step `until` has run                       */
    PREDICT_IMMUTABLE, /* refused: `field` cannot be changed in place; `before` and `after` as
                          they would be if it could                                */
    PREDICT_CONFLICT,  /* refused: another manager holds `field`                   */
    PREDICT_REFUSED,   /* the server refuses for another reason: `why`             */
    PREDICT_FAILED,    /* could not ask: `why`                                     */
};

struct prediction {
    enum prediction_kind kind;
    const struct value *before, *after; /* without server noise; for the diff */
    const char *field;                  /* "spec.selector" */
    const char *why;
    const char *note;    /* what is done, where no field says it: "build (4 files changed)" */
    const char *way_out; /* PREDICT_REFUSED: what to do about it, or NULL */
    const char *until;   /* full name of the object waited for */
    const char *holder;  /* field manager in a conflict */
    const char *mark;    /* PREDICT_SAME: as record_member.mark, or NULL */
    bool renews;         /* PREDICT_CREATE: an older one was there, as of an image built anew */
};

/* Who last touched a field of a live document, for "drift (kubectl-edit, 5 min ago)". */
struct blame {
    bool ours;           /* its value is as we applied it */
    const char *manager; /* NULL: not known */
    int64_t time;        /* seconds, 0: not known */
    int64_t applied;     /* when we took hold of fields of the object last, by the same clock */
};

/* --------------------------------------------------------------- outcomes */

enum outcome_kind { OUTCOME_CREATED, OUTCOME_CHANGED, OUTCOME_UNCHANGED, OUTCOME_DELETED };

struct outcome {
    enum outcome_kind kind;
    const char *uid;
    const struct value *document; /* what it is now, or NULL */
    const char *mark;             /* as record_member.mark, or NULL */
};

/* What settle() tells while it waits: "1 of 3 pods ready". Called from its thread. */
typedef void settle_note(void *context, const char *text);

/* ------------------------------------------------------------ the contract */

/* Where to go and as whom; filled by the command line and the Project. */
struct target {
    const char *name;              /* as the user calls it: "prod", "out/"       */
    const struct cluster *cluster; /* NULL: by `context`                         */
    const char *context;           /* --context or the current one; NULL: the current one */
    const char *kubeconfig;        /* --kubeconfig, or NULL                       */
    const char *directory;         /* CLUSTER_DIRECTORY: absolute path            */
    const char *set_name, *set_namespace;
    bool create_namespace; /* of the set, when it is missing              */
    bool force_conflicts;
    bool show_secrets;
    bool early;   /* nobody has asked for it yet: it is opened where that takes no other program */
    bool whole;   /* observe() will ask for all that is recorded, unless the manifests are wrong */
    bool records; /* the run will write a record: marks of what stays as it is are wanted too */
    unsigned concurrency;          /* requests in flight */
    const struct project *project; /* ignore rules; NULL: the recorded ones */
};

struct set_name {
    const char *name, *namespace;
};

/* Machines of one platform ("linux/arm64") that a target runs images on. */
struct machine_count {
    const char *platform;
    size_t count;
};

/* An object that starts pods, or a pod that has not ended; see runners(). */
struct runner {
    struct object_id id;
    const struct value *document;
    struct text_list resolved; /* its images as a machine found them: "repository@sha256:…" */
    bool older; /* the document is an older revision of it, kept so that it may go back there */
};

/* Hears of one of them, and keeps nothing of it. */
typedef void runner_heard(void *context, struct arena *scratch, const struct runner *runner);

struct session; /* each provider defines its own and starts it with this member's type */

struct provider {
    const char *name;         /* "kubernetes", "directory" */
    bool record_in_namespace; /* the record stands in the set's namespace, and goes with it */

    /* Connects as far as naming the target needs. *ret_session is owned by the caller: close(). */
    bool (*open)(const struct target *target, struct arena *arena, struct session **ret_session,
                 const struct wait *wait, struct error *err);
    void (*close)(struct session *session);

    /* How the target names itself in the first line of output: "cluster prod". */
    const char *(*describe)(struct session *session);

    /* Tells the set the scope of every kind it can; kinds with a CRD in the set count as known. */
    bool (*bind_scopes)(struct session *session, struct set *set, const struct wait *wait,
                        struct error *err);

    /*
     * Reads the set's record; exists = false where there is none. ERROR_REFUSED: another tool's.
     * With `target.whole` it may begin to look at what the record names, which must not block.
     */
    bool (*record_read)(struct session *session, struct arena *arena, struct record *ret_record,
                        const struct wait *wait, struct error *err);

    /* Fills `live` of every subject. False only when nothing at all could be looked at. */
    bool (*observe)(struct session *session, struct arena *arena, struct subject *subjects,
                    size_t count, const struct wait *wait, struct error *err);

    /*
     * The strays that observe() met where it looked, sorted by identity; what is
     * recorded but was no subject is among them. May be NULL.
     */
    void (*strays)(struct session *session, const struct stray **ret_strays, size_t *ret_count);

    /*
     * What would become of one subject that is wanted and not surely the same.
     * False only for ERROR_CANCELLED and bugs; everything else is a prediction.
     */
    bool (*predict)(struct session *session, struct arena *arena, const struct subject *subject,
                    struct prediction *ret_prediction, const struct wait *wait, struct error *err);

    /* Who holds the field at `path` (a JSON pointer) of the live document. */
    void (*blame)(struct session *session, struct arena *arena, const struct subject *subject,
                  const char *path, struct blame *ret_blame);

    /*
     * Takes the set for one run: writes a run id with holder and time, waiting up
     * to `lock_wait` ms while another run is alive. Makes the set's namespace if
     * it may. `on_wait` (may be NULL) hears whom it waits for. `wide` (may be NULL) is
     * written with it, as by record_widen(); where that fails the set is not taken.
     */
    bool (*record_lock)(struct session *session, int64_t lock_wait, const struct record *wide,
                        settle_note *on_wait, void *context, const struct wait *wait,
                        struct error *err);

    /*
     * Is there room for such a record? ERROR_REFUSED says how much there is. Asked
     * while planning, so that nothing has been written yet. May be NULL: always.
     */
    bool (*record_fits)(struct session *session, const struct record *record, struct error *err);

    /* Writes recorded ∪ desired before anything acts, where record_lock() has not. */
    bool (*record_widen)(struct session *session, const struct record *record,
                         const struct wait *wait, struct error *err);

    /*
     * Is the run id still ours? ERROR_CONFLICT: "taken over by …". Before each batch
     * and delete. Tells the holds of that moment, too, of the record alone.
     */
    bool (*record_check)(struct session *session, struct arena *arena,
                         const struct hold **ret_holds, size_t *ret_count, const struct wait *wait,
                         struct error *err);

    /* Writes what is left, and lets go of the run id. Also called after a failed run. */
    bool (*record_settle)(struct session *session, const struct record *record,
                          const struct wait *wait, struct error *err);

    /* May this be deleted, looking at what would go with it? ERROR_REFUSED with the reason. */
    bool (*guard)(struct session *session, struct arena *arena, const struct subject *subject,
                  const struct wait *wait, struct error *err);

    /* Creates or changes. ERROR_CONFLICT, ERROR_INVALID, ERROR_DENIED… as the server says. */
    bool (*apply)(struct session *session, struct arena *arena, const struct subject *subject,
                  struct outcome *ret_outcome, const struct wait *wait, struct error *err);

    /* Deletes, with the observed uid as precondition; gone already is done. */
    bool (*remove)(struct session *session, struct arena *arena, const struct subject *subject,
                   const struct wait *wait, struct error *err);

    /*
     * Waits until an applied object is healthy (`removed`: until it is gone).
     * ERROR_INVALID: it has failed, with its own words; ERROR_TIMEOUT: not in time,
     * with what it waits for.
     */
    bool (*settle)(struct session *session, struct arena *arena, const struct subject *subject,
                   const struct outcome *outcome, bool removed, settle_note *note, void *context,
                   const struct wait *wait, struct error *err);

    /* Gives up every mark on one object and leaves it. */
    bool (*release)(struct session *session, struct arena *arena, const struct subject *subject,
                    const struct wait *wait, struct error *err);

    /*
     * Writes a hold on an object in place of an older one, without taking the
     * set: a run that goes on is told to `note` (may be NULL), loses none of it,
     * and hears of it by record_check(). `lasts`: seconds, 0 for no end. Fills hold->since and
     * hold->until by the target's clock. ERROR_REFUSED: too many.
     */
    bool (*record_hold)(struct session *session, struct hold *hold, int64_t lasts,
                        settle_note *note, void *context, const struct wait *wait,
                        struct error *err);

    /* Removes it, in the same way; none there is done. */
    bool (*record_unhold)(struct session *session, const struct object_id *id,
                          const struct wait *wait, struct error *err);

    /*
     * Every set that this target holds, for `status` without a source. `namespace`
     * NULL: in all of them. May be NULL in a provider that holds one set.
     */
    bool (*record_list)(struct session *session, struct arena *arena, const char *namespace,
                        struct set_name **ret_names, size_t *ret_count, const struct wait *wait,
                        struct error *err);

    /*
     * What its machines can run, each platform once. May be NULL: it runs nothing. False:
     * nobody could look, or may.
     */
    bool (*platforms)(struct session *session, struct arena *arena,
                      struct machine_count **ret_machines, size_t *ret_count,
                      const struct wait *wait, struct error *err);

    /*
     * Tells all that runs images here, whoever applied it, some perhaps twice. May be NULL: it
     * runs nothing. False: nobody could look at all of it, or may.
     */
    bool (*runners)(struct session *session, struct arena *arena, runner_heard *heard,
                    void *context, const struct wait *wait, struct error *err);

    /* A Secret as it is, whoever made it. May be NULL: there are none. ERROR_NOT_FOUND. */
    bool (*secret)(struct session *session, struct arena *arena, const char *namespace,
                   const char *name, const struct value **ret_document, const struct wait *wait,
                   struct error *err);

    /* Removes the record itself, once it holds nothing. */
    bool (*record_remove)(struct session *session, const struct wait *wait, struct error *err);
};

extern const struct provider provider_directory;
extern const struct provider provider_kubernetes;

#endif
