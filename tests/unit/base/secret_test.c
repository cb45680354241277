#include "base/secret.h"
#include "../testing.h"

static void a_secret_is_kept_replaced_and_bounded(void **state)
{
    (void)state;
    static uint8_t long_one[SECRET_BYTES_MAX + 1];
    OWNED(secret) struct secret secret = {0};
    assert_int_equal(secret_set(&secret, str_span(STR("first"))), 0);
    assert_int_equal(secret_set(&secret, str_span(STR("second"))), 0);
    assert_true(span_eq(secret_span(&secret), str_span(STR("second"))));
    assert_int_equal(secret_set(&secret, span_of(long_one, sizeof long_one)), ERR_TOO_BIG);
    assert_int_equal(secret_set(&secret, span_of(long_one, SECRET_BYTES_MAX)), 0);
}

static void secrets_are_equal_byte_for_byte(void **state)
{
    (void)state;
    assert_true(secret_eq(str_span(STR("abc")), str_span(STR("abc"))));
    assert_false(secret_eq(str_span(STR("abc")), str_span(STR("abd"))));
    assert_false(secret_eq(str_span(STR("abc")), str_span(STR("ab"))));
    assert_true(secret_eq((struct span){NULL, 0}, str_span(STR(""))));
}

/* FIPS 180-4, examples of the standard. */
static void sha256_is_the_standard_s(void **state)
{
    (void)state;
    static const struct { const char *text, *hex; } CASES[] = {
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t digest[SHA256_BYTES];
        OWNED(buf) struct buf hex = buf_of(100);
        assert_int_equal(sha256(str_span(str_c(CASES[i].text)), digest), 0);
        assert_int_equal(hex_put(&hex, span_of(digest, sizeof digest)), 0);
        assert_str(buf_str(&hex), CASES[i].hex);
    }
}

/* RFC 4648 sections 5 and 10. */
static void base64url_goes_both_ways(void **state)
{
    (void)state;
    static const struct { const char *text, *encoded; } CASES[] = {
        {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf encoded = buf_of(100), decoded = buf_of(100);
        assert_int_equal(base64url_put(&encoded, str_span(str_c(CASES[i].text))), 0);
        assert_str(buf_str(&encoded), CASES[i].encoded);
        assert_int_equal(base64url_get(str_c(CASES[i].encoded), &decoded), 0);
        assert_str(buf_str(&decoded), CASES[i].text);
    }
}

/* One text for each value: a token that can be written in two ways has two hashes. */
static void what_is_not_the_one_form_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {"Zg==", "Zm9v\n", " Zm9v", "Zm 9v", "+/+/", "Zh", "Zm9", "Z", "Zm9vY", "\xff\xff\xff\xff", "-__\xff", "Zm9v\x80", "\xc3\xa9\xc3\xa9"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf decoded = buf_of(100);
        if (base64url_get(str_c(CASES[i]), &decoded) != ERR_SYNTAX) fail_msg("«%s» was taken", CASES[i]);
        assert_int_equal(decoded.len, 0);
    }
    for (unsigned c = 0; c < 256; c++) {
        char text[4] = {'A', 'A', 'A', (char)c};
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        OWNED(buf) struct buf decoded = buf_of(100);
        assert_int_equal(base64url_get((struct str){text, 4}, &decoded), letter ? 0 : ERR_SYNTAX);
    }
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[32], b[32];
    assert_int_equal(random_bytes(a, sizeof a), 0);
    assert_int_equal(random_bytes(b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_kept_replaced_and_bounded),
        cmocka_unit_test(secrets_are_equal_byte_for_byte),
        cmocka_unit_test(sha256_is_the_standard_s),
        cmocka_unit_test(base64url_goes_both_ways),
        cmocka_unit_test(what_is_not_the_one_form_is_refused),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests_name("base/secret", tests, NULL, NULL);
}
