/*
 * parent: reads and writes the ConfigMap that is a set's record; see applyset.h
 * for what stands in it, and lock.h for who may write.
 */
#ifndef CMX_KUBERNETES_PARENT_H
#define CMX_KUBERNETES_PARENT_H

#include "providers/kubernetes/session.h"

#define RUN_ANNOTATION   "cmx.dev/run"
#define HOLDS_ANNOTATION "cmx.dev/holds"

/* The parent as one answer showed it; all texts may be NULL. */
struct parent {
    bool exists;
    const char *uid, *version; /* resourceVersion */
    const char *run;           /* the annotation's text */
    const char *holds;         /* the same: a list, see providers/hold.h */
    const char *data;          /* the packed list of members */
    const char *history;       /* packed, too: see providers/history.h */
    const char *kinds;         /* of the members, by the annotation */
    const char *namespaces;    /* the same: those of members outside the set's own */
    int64_t now;               /* the server's clock at that answer, seconds */
};

/* `run_only`: without the members. ERROR_REFUSED: another tool's. */
bool parent_read(struct session *session, struct arena *arena, bool run_only,
                 struct parent *ret_parent, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The same at the beginning of a run: discovery is read beside it. */
bool parent_read_first(struct session *session, struct arena *arena, struct parent *ret_parent,
                       const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* What to write; NULL leaves a part as it is. */
struct parent_content {
    const char *run, *holds; /* "" removes it */
    const char *kinds, *namespaces, *data, *history;
};

/* Makes it. ERROR_CONFLICT: it is there already. ERROR_NOT_FOUND: no such namespace. */
bool parent_create(struct session *session, struct arena *arena,
                   const struct parent_content *content, struct parent *ret_parent,
                   const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Changes it as it was at `seen`. ERROR_CONFLICT: it has changed since. */
bool parent_write(struct session *session, struct arena *arena, const struct parent *seen,
                  const struct parent_content *content, struct parent *ret_parent,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Deletes it as it was at `seen`; gone already is done. */
bool parent_delete(struct session *session, struct arena *arena, const struct parent *seen,
                   const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
