#include "auth/password.h"
#include "../testing.h"

#include <sodium.h>

static void the_right_one_is_right_and_no_other(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_BYTES], again[PASSWORD_HASH_BYTES];
    assert_int_equal(password_hash(STR("correct horse"), hash), 0);
    assert_int_equal(password_hash(STR("correct horse"), again), 0);
    assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
    assert_string_not_equal(hash, again); /* a salt of its own */
    assert_int_equal(password_verify(str_c(hash), STR("correct horse")), 1);
    static const char *const WRONG[] = {"correct horsf", "Correct horse", "correct horse ", "", "correct hors"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) assert_int_equal(password_verify(str_c(hash), str_c(WRONG[i])), 0);
    assert_false(password_is_outdated(str_c(hash)));
}

static void nobody_s_hash_fits_nothing(void **state)
{
    (void)state;
    static char long_one[PASSWORD_BYTES_MAX + 1];
    memset(long_one, 'x', sizeof long_one);
    char hash[PASSWORD_HASH_BYTES];
    assert_int_equal(password_verify((struct str){"", 0}, STR("anything")), 0);
    assert_int_equal(password_hash((struct str){long_one, sizeof long_one}, hash), ERR_TOO_BIG);
    assert_int_equal(password_hash((struct str){long_one, PASSWORD_BYTES_MAX}, hash), 0);
    assert_int_equal(password_verify(str_c(hash), (struct str){long_one, sizeof long_one}), 0);
    assert_int_equal(password_verify(STR("no hash at all"), STR("anything")), ERR_CORRUPT);
}

static void a_new_one_has_8_characters_to_1024_bytes(void **state)
{
    (void)state;
    static char long_one[PASSWORD_BYTES_MAX + 1];
    memset(long_one, 'x', sizeof long_one);
    static const struct { const char *text; bool good; } CASES[] = {
        {"1234567", false}, {"12345678", true}, {"\xc5\x82\xc5\x82\xc5\x82\xc5\x82", false}, /* 4 characters, 8 bytes */
        {"\xc5\x82\xc5\x82\xc5\x82\xc5\x82\xc5\x82\xc5\x82\xc5\x82\xc5\x82", true},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct err_detail why = {0};
        assert_int_equal(password_acceptable(str_c(CASES[i].text), &why), CASES[i].good ? 0 : ERR_RANGE);
        assert_true(CASES[i].good == (why.text[0] == '\0'));
    }
    assert_int_equal(password_acceptable((struct str){long_one, sizeof long_one}, NULL), ERR_RANGE);
}

static void a_hash_of_other_limits_is_outdated(void **state)
{
    (void)state;
    char weak[crypto_pwhash_STRBYTES];
    assert_int_equal(crypto_pwhash_str(weak, "correct horse", 13, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN), 0);
    assert_int_equal(password_verify(str_c(weak), STR("correct horse")), 1);
    assert_true(password_is_outdated(str_c(weak)));
}

int main(void)
{
    if (sodium_init() < 0) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_one_is_right_and_no_other),
        cmocka_unit_test(nobody_s_hash_fits_nothing),
        cmocka_unit_test(a_new_one_has_8_characters_to_1024_bytes),
        cmocka_unit_test(a_hash_of_other_limits_is_outdated),
    };
    return cmocka_run_group_tests_name("auth/password", tests, NULL, NULL);
}
