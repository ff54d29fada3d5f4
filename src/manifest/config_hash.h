/*
 * config_hash: pods that are replaced when what they read changes.
 *
 * A workload with `cmx.dev/restart-on: config` gets the annotation
 * `cmx.dev/config-hash` on its pod template: a digest of the ConfigMaps and
 * Secrets of this source that its containers read. So it rolls, and rolls back,
 * with them, on every target alike; nothing is looked up in a cluster.
 *
 * Whoever may read Deployments sees the hash, and may not read Secrets: see
 * "Decisions" in ARCHITECTURE.md for why it holds a slow digest of them.
 */
#ifndef CMX_MANIFEST_CONFIG_HASH_H
#define CMX_MANIFEST_CONFIG_HASH_H

#include "manifest/set.h"

#define CONFIG_HASH "cmx.dev/config-hash"

/* Where it stands in a workload, as a JSON pointer. */
#define CONFIG_HASH_POINTER "/spec/template/metadata/annotations/cmx.dev~1config-hash"

/*
 * Gives every such workload of a set its hash, and notes in `lacks` what it reads
 * that the set does not hold. Called once, when namespaces are known and nothing
 * was filtered out. Problems: the annotation on another kind; a hash that a
 * manifest brings along and that is not the one computed here (a rendered
 * manifest brings the right one).
 */
void config_hash_set(struct set *set);

/*
 * A digest of the ConfigMaps and Secrets of this set that an object's containers read, made as
 * the hash above (for Secrets as slowly), whatever its annotations say; "none" where it reads
 * none. *ret_lacks: how many it reads that the set does not hold. For rollback, which has to
 * know whether they are what they were. The set may be bound and filtered.
 */
const char *config_hash_of(struct arena *arena, const struct set *set,
                           const struct resource *resource, size_t *ret_lacks);

#endif
