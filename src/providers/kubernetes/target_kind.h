/*
 * target_kind: the kind of a subject, as the server serves it now.
 *
 * While a run goes on, a kind whose CRD was established a moment ago may not be
 * in discovery yet: it is asked for again for some seconds.
 */
#ifndef CMX_KUBERNETES_TARGET_KIND_H
#define CMX_KUBERNETES_TARGET_KIND_H

#include "providers/kubernetes/session.h"

enum kind_state target_kind(struct session *session, struct arena *arena,
                            const struct subject *subject, struct api_kind *ret_kind,
                            const struct wait *wait);

/*
 * What to say of a kind that is not served in that version, and what to do: it
 * is served in another version or group, or what defines it is missing.
 */
const char *absent_kind_text(struct session *session, struct arena *arena,
                             const struct object_id *id, const char *version,
                             const struct wait *wait);

/* target_kind() where nothing else will do: an error says why. */
bool target_kind_needed(struct session *session, struct arena *arena, const struct subject *subject,
                        struct api_kind *ret_kind, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
