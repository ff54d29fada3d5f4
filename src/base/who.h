/* who: the person or account that runs this program. */
#ifndef CMX_BASE_WHO_H
#define CMX_BASE_WHO_H

#include "base/arena.h"

/* "ana@laptop": the user and the host, as far as they are known. */
const char *who_runs(struct arena *arena);

#endif
