/*
 * invalid: what a server finds wrong with a document, told where it stands.
 *
 * The API server names fields (`spec.replicas: expected numeric, got string`),
 * its users have files. This puts one before the other, a line for each field,
 * like a compiler does. predict (plans) and apply (in earnest) share it.
 */
#ifndef CMX_KUBERNETES_INVALID_H
#define CMX_KUBERNETES_INVALID_H

#include "base/arena.h"
#include "manifest/resource.h"
#include "providers/kubernetes/client/client.h"

/*
 * The lines "\nFILE:LINE:COLUMN: FIELD: WORDS", behind a short opening. A
 * field that the document lacks is placed where it would stand: at its nearest
 * ancestor. `status` is the server's Status (its causes) or NULL, `message` its
 * message, cleaned of Secret values as `client` cleans the causes. NULL where neither names a
 * field, or the object came from no file: then the message is all there is to say.
 */
const char *invalid_text(struct arena *arena, const struct resource *desired,
                         const struct value *status, const char *message, struct client *client);

/*
 * Where a field of `document` stands. `path` is written as structured-merge-diff
 * (`.spec.ports[port=80,protocol="TCP"].name`) or as apimachinery's field package
 * (`spec.ports[0].name`, `data[key]`) do; it ends at its first ": " or its end.
 */
struct place invalid_place(const struct value *document, const char *path);

#endif
