/*
 * look_up: a host's addresses, without waiting longer than the wait allows.
 *
 * The system's resolver knows no deadline, so that it runs on a thread of its
 * own, which is left alone when nobody waits any more.
 */
#ifndef CMX_NET_LOOK_UP_H
#define CMX_NET_LOOK_UP_H

#include "base/cleanup.h"
#include "base/clock.h"

struct addrinfo;
struct look_up;

/* Begins it. The caller owns *ret_look_up and ends it with look_up_leave(). */
bool look_up_start(const char *host, const char *port, struct look_up **ret_look_up,
                   struct error *err) __attribute__((warn_unused_result));

/* The addresses, which live as long as the look-up; ERROR_UNREACHABLE: there are none. */
bool look_up_wait(struct look_up *look_up, const struct addrinfo **ret_addresses,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Of one that failed: a trouble of the name servers, which may pass? Else there is no such name. */
bool look_up_may_pass(const struct look_up *look_up);

/* Frees it, or leaves that to its thread, which may still run. */
void look_up_leave(struct look_up *look_up);
CLEANUP_FUNCTION(struct look_up *, look_up_leave)

/*
 * After a look-up by somebody who does not say why it failed: is it a trouble of
 * the name servers, which may pass, or is there no such name? Asks once more,
 * for a second at most. *ret_reason is the system's word.
 */
bool look_up_may_work_later(const char *host, const char **ret_reason);

#endif
