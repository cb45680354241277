#include "base/utf8.h"
#include "../testing.h"

#include <stdlib.h>

/* In memory of exactly its size: what is read too far is seen. */
static int feed_exactly(struct utf8 *utf8, const uint8_t *at, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    if (len > 0) memcpy(copy, at, len);
    int rc = utf8_feed(utf8, span_of(copy, len));
    free(copy);
    return rc;
}

/* Fed byte by byte: after how many bytes is it refused? len + 1: not at all. */
static size_t refused_after(const uint8_t *at, size_t len)
{
    struct utf8 utf8 = {0};
    for (size_t i = 0; i < len; i++) {
        if (feed_exactly(&utf8, at + i, 1) < 0) return i + 1;
    }
    return len + 1;
}

/* Whole, cut at each byte and byte by byte it is judged alike. */
static void assert_judged(const uint8_t *at, size_t len, bool good, bool whole)
{
    for (size_t cut = 0; cut <= len; cut++) {
        struct utf8 utf8 = {0};
        int first = feed_exactly(&utf8, at, cut);
        int second = first < 0 ? 0 : feed_exactly(&utf8, at + cut, len - cut);
        assert_int_equal(first < 0 || second < 0, !good);
        if (good) assert_int_equal(utf8_whole(&utf8), whole);
    }
    assert_int_equal(refused_after(at, len) <= len, !good);
    struct str text;
    assert_int_equal(utf8_check(span_of(at, len), &text), good && whole ? 0 : ERR_TEXT);
}

static void well_formed_text_is_taken(void **state)
{
    (void)state;
    static const struct { const char *text; size_t count; } CASES[] = {
        {"", 0},
        {"Hello, a plain text of more than sixteen bytes", 46},
        {"\x7f", 1},
        {"\xc2\x80", 1}, {"\xdf\xbf", 1},             /* the shortest and longest of two bytes */
        {"\xe0\xa0\x80", 1}, {"\xef\xbf\xbf", 1},     /* of three */
        {"\xf0\x90\x80\x80", 1}, {"\xf4\x8f\xbf\xbf", 1}, /* of four */
        {"\xed\x9f\xbf", 1}, {"\xee\x80\x80", 1},     /* beside the surrogates */
        {"\xef\xbb\xbf" "with a mark", 12},           /* U+FEFF is a character */
        {"\xef\xbf\xbe\xef\xbf\xbf", 2},              /* non-characters are characters too (RFC 6455 8.1 asks for UTF-8 only) */
        {"Sebasti\xc3\xa1n \xc5\x81ukasz \xd0\x9e\xd0\xbb\xd1\x8f \xe6\x9d\x8e \xf0\x9f\x92\xaa", 24},
        {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", 5},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        size_t len = strlen(CASES[i].text);
        assert_judged((const uint8_t *)CASES[i].text, len, true, true);
        assert_int_equal(utf8_count(str_c(CASES[i].text)), CASES[i].count);
    }
    static const uint8_t NUL[] = {'a', 0, 'b'};
    assert_judged(NUL, sizeof NUL, true, true);
}

static void malformed_text_is_refused_at_its_first_wrong_byte(void **state)
{
    (void)state;
    static const struct { const char *text; size_t after; } CASES[] = {
        {"\x80", 1}, {"\xbf", 1}, {"abc\x80", 4},                     /* a continuation without a start */
        {"\xc3\xa4\xa4", 3}, {"\xe2\x82\xac\x80", 4},                 /* one too many */
        {"\xc3(", 2}, {"\xe2(", 2}, {"\xe2\x82(", 3}, {"\xf0\x9f\x92(", 4}, /* one too few */
        {"\xc3\xc3\xa4", 2}, {"\xe2\xe2\x82\xac", 2},
        {"\xc0\x80", 1}, {"\xc0\xaf", 1}, {"\xc1\xbf", 1},            /* RFC 3629 3: overlong forms */
        {"\xe0\x80\x80", 2}, {"\xe0\x9f\xbf", 2}, {"\xf0\x80\x80\x80", 2}, {"\xf0\x8f\xbf\xbf", 2},
        {"\xed\xa0\x80", 2}, {"\xed\xaf\xbf", 2}, {"\xed\xb0\x80", 2}, {"\xed\xbf\xbf", 2}, /* surrogates */
        {"\xed\xa0\xbd\xed\xb2\xaa", 2},                              /* a pair of them (CESU-8) */
        {"\xf4\x90\x80\x80", 2}, {"\xf5\x80\x80\x80", 1}, {"\xf7\xbf\xbf\xbf", 1}, /* above U+10FFFF */
        {"\xf8\x88\x80\x80\x80", 1}, {"\xfc\x84\x80\x80\x80\x80", 1}, {"\xfe", 1}, {"\xff", 1},
        {"12345678\xff" "12345678", 9}, {"1234567\xc3" "12345678", 9}, /* around a word's edge */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const uint8_t *at = (const uint8_t *)CASES[i].text;
        assert_judged(at, strlen(CASES[i].text), false, false);
        assert_int_equal(refused_after(at, strlen(CASES[i].text)), CASES[i].after);
    }
}

static void a_text_that_breaks_off_is_good_so_far_but_not_whole(void **state)
{
    (void)state;
    static const char *const CASES[] = {"\xc3", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f", "\xf0\x9f\x92", "ok \xc3", "\xe0\xa0", "\xf4\x8f"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_judged((const uint8_t *)CASES[i], strlen(CASES[i]), true, false);
}

/* RFC 3629 3, from its table: the number in the bits, the form the shortest, no surrogate, at most U+10FFFF. */
static bool is_character(const uint8_t *at, size_t len)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t START[] = {0, 0, 0xc0, 0xe0, 0xf0}, START_BITS[] = {0, 0, 0xe0, 0xf0, 0xf8};
    if ((at[0] & START_BITS[len]) != START[len]) return false;
    uint32_t number = at[0] & (uint8_t)~START_BITS[len];
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) return false;
        number = number << 6 | (at[i] & 0x3f);
    }
    return number >= LEAST[len] && number <= 0x10ffff && !(number >= 0xd800 && number <= 0xdfff);
}

static void every_sequence_of_a_starting_byte_is_judged_as_rfc_3629_does(void **state)
{
    (void)state;
    size_t good[5] = {0};
    for (uint32_t n = 0; n < 256 * 256 * 64; n++) {
        /* All pairs of the first two bytes; for the third and fourth the edges of their range and what lies beside it. */
        static const uint8_t EDGES[] = {0x7f, 0x80, 0x85, 0xbf, 0xc0};
        uint8_t bytes[4] = {(uint8_t)(n >> 14), (uint8_t)(n >> 6), EDGES[(n & 7) % 5], EDGES[(n >> 3 & 7) % 5]};
        size_t len = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
        if (bytes[0] < 0xc0) continue;
        struct utf8 utf8 = {0};
        bool taken = utf8_feed(&utf8, span_of(bytes, len)) == 0 && utf8_whole(&utf8);
        if (taken != is_character(bytes, len)) fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3]);
        good[len] += taken ? 1 : 0;
    }
    assert_true(good[2] > 0 && good[3] > 0 && good[4] > 0);
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    static const struct { const char *text; size_t count; const char *cut; } CASES[] = {
        {"abc", 5, "abc"}, {"abc", 3, "abc"}, {"abc", 2, "ab"}, {"abc", 0, ""}, {"", 3, ""},
        {"\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xc3\xb6"}, {"\xf0\x9f\x92\xaa!", 1, "\xf0\x9f\x92\xaa"},
        {"a\xe2\x82\xac", 1, "a"}, {"a\xe2\x82\xac", 2, "a\xe2\x82\xac"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_true(str_eq_c(utf8_cut(str_c(CASES[i].text), CASES[i].count), CASES[i].cut));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_is_taken),
        cmocka_unit_test(malformed_text_is_refused_at_its_first_wrong_byte),
        cmocka_unit_test(a_text_that_breaks_off_is_good_so_far_but_not_whole),
        cmocka_unit_test(every_sequence_of_a_starting_byte_is_judged_as_rfc_3629_does),
        cmocka_unit_test(text_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
