/*
 * curl_load: the functions of libcurl, which is loaded when the first of them is wanted.
 *
 * Linked the usual way, libcurl costs every start 5 ms, two thirds of it: its TLS, LDAP,
 * Kerberos and RTMP are 30 libraries. `validate`, `render` and whatever stays on this
 * machine never need it; a run against a cluster loads it while the manifests are read.
 * Private to net.
 */
#ifndef CMX_NET_CURL_LOAD_H
#define CMX_NET_CURL_LOAD_H

#include <curl/curl.h>

/* All that net calls: curl()->easy_init() is curl_easy_init(). */
/* clang-format off */
#define CURL_FUNCTIONS(F)                                                                      \
    F(global_init) F(global_cleanup) F(free) F(slist_append) F(slist_free_all)                 \
    F(easy_init) F(easy_cleanup) F(easy_setopt) F(easy_getinfo) F(easy_pause) F(easy_strerror) \
    F(multi_init) F(multi_cleanup) F(multi_setopt) F(multi_add_handle) F(multi_remove_handle)  \
    F(multi_info_read) F(multi_perform) F(multi_poll) F(multi_wakeup)                          \
    F(url) F(url_cleanup) F(url_get) F(url_set)
/* clang-format on */

#define CURL_MEMBER(name) __typeof__(curl_##name) *name;
struct curl {
    CURL_FUNCTIONS(CURL_MEMBER)
};

/*
 * From any thread. Where the library is missing, the program ends with the reason and
 * exit code 6, as any program does that is linked with a library that is missing.
 */
const struct curl *curl(void);

#endif
