/*
 * testbed: is the test cluster of scripts/testbed around? A kubeconfig alone proves nothing: it may
 * be somebody's own. Without one a test fails; nothing skips itself.
 */
#ifndef TEST_KUBERNETES_TESTBED_H
#define TEST_KUBERNETES_TESTBED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline bool testbed_is_there(void)
{
    if (getenv("CMX_NETNS"))
        return true;
    fputs("no test cluster here: scripts/testbed run -- ...\n", stderr);
    return false;
}

#endif
