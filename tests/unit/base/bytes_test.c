#include "../testing.h"

static void text_is_compared_whole(void **state)
{
    (void)state;
    assert_true(str_eq(STR(""), (struct str){NULL, 0}));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_starts(STR("member:42"), STR("member:")));
    assert_true(str_starts(STR("a"), STR("")));
    assert_false(str_starts(STR("mem"), STR("member")));
    assert_true(str_is_ascii(STR("")));
    assert_true(str_is_ascii(STR("member\x7f")));
    assert_false(str_is_ascii(STR("Zoë")));
    assert_true(str_eq_nocase_ascii(STR("Content-Type"), STR("content-TYPE")));
    assert_false(str_eq_nocase_ascii(STR("K"), STR("\xe2\x84\xaa"))); /* KELVIN SIGN folds to k in Unicode, not in a header */
    assert_false(str_eq_nocase_ascii(STR("@"), STR("`")));
}

static void blanks_are_trimmed_at_both_ends(void **state)
{
    (void)state;
    static const struct { const char *text, *trimmed; } CASES[] = {
        {"", ""}, {" ", ""}, {"\t\r\n ", ""}, {"a", "a"}, {" a ", "a"}, {"\na b\t", "a b"}, {"\xc2\xa0x", "\xc2\xa0x"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_str(str_trim(str_c(CASES[i].text)), CASES[i].trimmed);
}

static void a_buf_grows_to_its_bound_and_stays_as_it_was_beyond(void **state)
{
    (void)state;
    OWNED(buf) struct buf buf = buf_of(10);
    assert_int_equal(buf_put_str(&buf, STR("12345")), 0);
    assert_int_equal(buf_put_byte(&buf, '6'), 0);
    assert_int_equal(buf_put_str(&buf, STR("78901")), ERR_TOO_BIG);
    assert_str(buf_str(&buf), "123456");
    assert_int_equal(buf_printf(&buf, "%d", 78901), ERR_TOO_BIG);
    assert_str(buf_str(&buf), "123456");
    assert_int_equal(buf_printf(&buf, "%s", "7890"), ERR_TOO_BIG); /* no room for its NUL */
    assert_int_equal(buf_printf(&buf, "%s", "789"), 0);
    assert_int_equal(buf_put_byte(&buf, '0'), 0);
    assert_str(buf_str(&buf), "1234567890");
    assert_int_equal(buf_put_byte(&buf, 'x'), ERR_TOO_BIG);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX), ERR_TOO_BIG);
    struct buf none = {0};
    assert_int_equal(buf_put_byte(&none, 'x'), ERR_TOO_BIG);
    assert_int_equal(buf_put(&none, (struct span){NULL, 0}), 0);
}

static void a_terminated_buf_is_a_c_string(void **state)
{
    (void)state;
    OWNED(buf) struct buf buf = buf_of(64);
    assert_int_equal(buf_terminate(&buf), 0);
    assert_string_equal((const char *)buf.at, "");
    assert_int_equal(buf_put_str(&buf, STR("abc")), 0);
    assert_int_equal(buf_terminate(&buf), 0);
    assert_string_equal((const char *)buf.at, "abc");
    assert_int_equal(buf.len, 3);
}

static void the_front_is_dropped_and_the_rest_moves(void **state)
{
    (void)state;
    OWNED(buf) struct buf buf = buf_of(64);
    assert_int_equal(buf_put_str(&buf, STR("abcdef")), 0);
    buf_drop_front(&buf, 2);
    assert_str(buf_str(&buf), "cdef");
    buf_drop_front(&buf, 4);
    assert_int_equal(buf.len, 0);
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    size_t result = 7;
    assert_int_equal(size_add(SIZE_MAX, 1, &result), ERR_TOO_BIG);
    assert_int_equal(size_mul(SIZE_MAX / 2 + 1, 2, &result), ERR_TOO_BIG);
    assert_int_equal(size_add(SIZE_MAX - 1, 1, &result), 0);
    assert_true(result == SIZE_MAX);
    assert_int_equal(size_mul(0, SIZE_MAX, &result), 0);
    assert_int_equal(result, 0);
}

static void big_endian_numbers_come_back(void **state)
{
    (void)state;
    uint8_t bytes[8];
    put_be16(bytes, 0x1234);
    assert_memory_equal(bytes, "\x12\x34", 2);
    assert_int_equal(get_be16(bytes), 0x1234);
    put_be64(bytes, UINT64_C(0x0102030405060708));
    assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10", 8);
    assert_true(get_be64(bytes) == UINT64_C(0x0102030405060708));
}

static void take_leaves_nothing_behind(void **state)
{
    (void)state;
    char *text = str_dup_c(STR("abc"));
    OWNED(mem) char *mine = take(text);
    assert_null(text);
    assert_string_equal(mine, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_compared_whole),
        cmocka_unit_test(blanks_are_trimmed_at_both_ends),
        cmocka_unit_test(a_buf_grows_to_its_bound_and_stays_as_it_was_beyond),
        cmocka_unit_test(a_terminated_buf_is_a_c_string),
        cmocka_unit_test(the_front_is_dropped_and_the_rest_moves),
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(big_endian_numbers_come_back),
        cmocka_unit_test(take_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
