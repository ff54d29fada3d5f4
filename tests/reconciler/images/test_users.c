/* Which names in objects mean an image that is to go, as a table. */
#include "reconciler/images/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER  "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static void test_names(void **state)
{
    static const char *tags[] = { "1.4", "latest" };
    const struct image_going going = { "shop/api", DIGEST, { tags, 2, 2 } };
    static const struct {
        const char *name;
        bool is;
    } rows[] = {
        { "ghcr.io/shop/api@" DIGEST, true },
        { "ghcr.io/shop/api:9.9@" DIGEST, true }, /* the digest counts */
        { "ghcr.io/shop/api@" OTHER, false },
        { "ghcr.io/shop/api:1.4@" OTHER, false },
        { "ghcr.io/shop/api:1.4", true },
        { "ghcr.io/shop/api", true }, /* latest */
        { "ghcr.io/shop/api:1.5", false },
        { "localhost:5000/shop/api@" DIGEST, true }, /* nodes may know it by another name */
        { "shop/api:1.4", true },
        { "docker-pullable://ghcr.io/shop/api@" DIGEST, true },
        { "ghcr.io/shop/web@" DIGEST, false },
        { "ghcr.io/other/shop/api:1.4", false },
        { DIGEST, false }, /* the id of a config, as some runtimes tell it */
        { "", false },
        { "Not/A Name", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (image_going_is(&going, rows[i].name) != rows[i].is)
            fail_msg("%s: expected %d", rows[i].name, rows[i].is);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
