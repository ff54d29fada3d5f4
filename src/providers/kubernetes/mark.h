/*
 * mark: what the record notes of an object as our apply left it.
 *
 * OWNED or OWNED.ANSWER. OWNED are digests of who holds what, and of the values
 * under our name (managers.h): others later mean drift, and no source is needed
 * to see it. ANSWER is a digest of what was wanted, of the fields that we hold,
 * and of the values that the server gave them. While it stays the same, applying
 * once more would be answered the same: so also what the server writes its own
 * way (`cpu: 1000m` comes back as "1", `readOnly: false` not at all, an item of a
 * list that is set as a whole gets defaults) is known to be unchanged without a
 * dry run, and by those who have no right to one. None is made of a Secret: the
 * record is read by more people than the Secrets are.
 */
#ifndef CMX_KUBERNETES_MARK_H
#define CMX_KUBERNETES_MARK_H

#include "providers/kubernetes/session.h"

/* The mark of an object of which an apply or a dry run has said that it is as wanted. */
const char *mark_make(const struct session *session, struct arena *arena,
                      const struct resource *desired, const struct value *document);

/*
 * The mark of now of a live object: the recorded one (may be NULL) where the same
 * fields are held, or what is missing was left to others.
 */
const char *mark_now(const struct session *session, struct arena *arena, const struct object_id *id,
                     const struct value *document, const char *recorded);

/* Is everything as it was when the recorded mark (may be NULL) was made? */
bool mark_answers(const struct session *session, struct arena *scratch,
                  const struct resource *desired, const struct value *document,
                  const char *recorded);

#endif
