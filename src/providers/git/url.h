/*
 * url: where a repository is, in each of the forms that git takes: URLs,
 * `user@host:path` as of scp, and folders.
 */
#ifndef CMX_GIT_URL_H
#define CMX_GIT_URL_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

enum git_url_scheme { GIT_URL_LOCAL, GIT_URL_HTTP, GIT_URL_HTTPS, GIT_URL_SSH, GIT_URL_GIT };

/* Strings live in the arena. */
struct git_url {
    enum git_url_scheme scheme;
    const char *user, *password; /* decoded, or NULL                               */
    const char *host;            /* lower case; IPv6 without brackets; "" for a folder */
    const char *port;            /* digits, or NULL                                */
    const char *path;            /* "/team/repo.git"; of ssh as the server gets it */
    const char *plain;           /* the whole, without user and password           */
    const char *display;         /* plain, for messages                            */
};

/* ERROR_USAGE: no form of git's, or one that could be taken for an option of ssh. */
bool git_url_parse(struct arena *arena, const char *text, struct git_url *ret_url,
                   struct error *err) __attribute__((warn_unused_result));

#endif
