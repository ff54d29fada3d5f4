/* curl_load: see curl_load.h. */
#include "net/curl_load.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define LIBCURL      "libcurl.so.4" /* its ABI since 2006 */
#define EXIT_MACHINE 6              /* docs/exit-codes.md */

static struct curl loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void give_up(void)
{
    fprintf(stderr, "error: %s\n  It is needed to speak to servers; Debian has it as libcurl4\n",
            dlerror());
    _exit(EXIT_MACHINE);
}

static void *find(void *library, const char *name)
{
    void *function = dlsym(library, name);
    if (!function)
        give_up();
    return function;
}

#define FIND(name) loaded.name = find(library, "curl_" #name);
static void load(void)
{
    void *library = dlopen(LIBCURL, RTLD_LAZY | RTLD_LOCAL); /* until the end */
    if (!library)
        give_up();
    CURL_FUNCTIONS(FIND)
}

const struct curl *curl(void)
{
    pthread_once(&once, load);
    return &loaded;
}
