/* who: see who.h. */
#include "base/who.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <pwd.h>
#include <unistd.h>

const char *who_runs(struct arena *arena)
{
    struct passwd record, *found = NULL;
    AUTO_BUF room = BUF_INIT(BUF_OUTPUT_CEILING);
    AUTO_BUF host = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_fill(&room, ' ', 1 << 14);
    buf_fill(&host, '\0', 1 << 8);
    if (gethostname(host.data, host.length) != 0)
        buf_clear(&host);
    bool known = getpwuid_r(geteuid(), &record, room.data, room.length, &found) == 0 && found;
    return arena_printf(arena, "%s@%s", known ? record.pw_name : "somebody",
                        host.length ? host.data : "?");
}
