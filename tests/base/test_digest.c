/* Digests against published values. */
#include "base/cleanup.h"
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 7914 section 12, the third vector; its first 32 bytes do not depend on how many follow. */
static void test_slow(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct digest digest = digest_slow("pleaseletmein", 13, "SodiumChloride");
    assert_string_equal(digest_hex(arena, &digest),
                        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

static void test_slow_input(void **state)
{
    (void)state;
    struct digest digest = digest_slow("", 0, "shop/db"), other = digest_slow("", 0, "shop/key");
    assert_memory_not_equal(digest.bytes, other.bytes, DIGEST_BYTES);
}

/* FIPS 180-2 appendix B.2, in two parts, and of nothing. */
static void test_parts(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct digest_parts *parts = digest_parts_new();
    digest_parts_add(parts, "abcdbcdecdefdefgefghfghighij", 28);
    digest_parts_add(parts, "hijkijkljklmklmnlmnomnopnopq", 28);
    struct digest digest = digest_parts_finish(parts);
    struct digest none = digest_parts_finish(digest_parts_new());
    assert_string_equal(digest_hex(arena, &digest),
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_string_equal(digest_hex(arena, &none),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_slow),
                                        cmocka_unit_test(test_slow_input),
                                        cmocka_unit_test(test_parts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
