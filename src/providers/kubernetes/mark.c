/* mark: see mark.h. */
#include "providers/kubernetes/mark.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/judge.h"
#include "providers/kubernetes/wanted.h"

#include <string.h>

enum { ANSWER_LENGTH = 16 };

/* The second part, or NULL where there is none. */
static const char *answer_of(const struct session *session, struct arena *arena,
                             const struct resource *desired, const struct value *document)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct judgement judgement;
    if (desired->secret || !judge_prepare(session, arena, desired, document, &judgement))
        return NULL;
    json_write(&text, judgement.wanted.document);
    json_write(&text, judgement.owned);
    json_write(&text, fields_values(arena, judgement.owned, document));
    struct digest digest = digest_sha256(buf_text(&text), text.length);
    return arena_memdup(arena, digest_hex(arena, &digest), ANSWER_LENGTH);
}

const char *mark_make(const struct session *session, struct arena *arena,
                      const struct resource *desired, const struct value *document)
{
    struct left_alone left;
    wanted_left_alone(session, arena, &desired->id, document, &left);
    const char *owned = manager_mark(arena, document, &left);
    const char *answer = answer_of(session, arena, desired, document);
    return answer ? arena_printf(arena, "%s.%s", owned, answer) : owned;
}

const char *mark_now(const struct session *session, struct arena *arena, const struct object_id *id,
                     const struct value *document, const char *recorded)
{
    struct left_alone left;
    wanted_left_alone(session, arena, id, document, &left);
    const char *owned = manager_mark(arena, document, &left);
    size_t length = recorded ? strcspn(recorded, ".") : 0;
    bool same = length == strlen(owned) && length > 0 && strncmp(recorded, owned, length) == 0;
    return same || (recorded && manager_left_to_others(arena, document, recorded, &left))
               ? arena_strdup(arena, recorded)
               : owned;
}

bool mark_answers(const struct session *session, struct arena *scratch,
                  const struct resource *desired, const struct value *document,
                  const char *recorded)
{
    const char *point = recorded ? strchr(recorded, '.') : NULL;
    if (!point)
        return false;
    const char *answer = answer_of(session, scratch, desired, document);
    return answer && strcmp(answer, point + 1) == 0;
}
