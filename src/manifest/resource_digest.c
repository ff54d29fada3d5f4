/* resource_digest: tells whether what is wanted of an object is what was wanted before. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/resource.h"
#include "manifest/value_json.h"

enum { DIGEST_LENGTH = 20 }; /* 80 bits tell documents apart; a record holds thousands of them */

const char *resource_digest(struct arena *arena, const struct resource *resource)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    if (resource->secret) /* a digest of few possible values tells the value */
        return "";
    json_write(&text, resource->document);
    struct digest digest = digest_sha256(buf_text(&text), text.length);
    return arena_memdup(arena, digest_hex(arena, &digest), DIGEST_LENGTH);
}
