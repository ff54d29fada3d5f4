/*
 * held: which fields somebody holds, as one number.
 *
 * The sum of a hash of each field. So the record needs 8 bytes an object, and it
 * can still be told later whether what is missing now is just what a controller
 * holds instead: then the difference of two sums is the sum of some of those.
 */
#ifndef CMX_KUBERNETES_HELD_H
#define CMX_KUBERNETES_HELD_H

#include "manifest/value.h"

#include <stdint.h>

/* Of a set (fields.h); NULL holds nothing. Sums of one seed do not mix with those of another. */
uint64_t held_sum(const struct value *fields, uint64_t seed);

/*
 * Is `missing`, which is not 0, the sum of some fields of `others`, with seed 0? False
 * where those are more than HELD_MOST: too many to try.
 */
enum { HELD_MOST = 24 };
bool held_explains(const struct value *others, uint64_t missing);

#endif
