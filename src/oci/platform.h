/* platform: how well one platform serves where another is asked for; see descriptor.h. */
#ifndef CMX_OCI_PLATFORM_H
#define CMX_OCI_PLATFORM_H

#include "oci/descriptor.h"

enum { PLATFORM_EXACT = 100 };

/* 0: not at all; a lesser variant (arm/v6 where v7 is asked for) scores lower than a nearer one. */
int platform_score(const struct platform *wanted, const struct platform *offered);

#endif
