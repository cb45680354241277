#include "base/text.h"
#include "../testing.h"

static void a_field_has_characters_that_people_write(void **state)
{
    (void)state;
    static const struct { struct str text; size_t max; bool fits; } CASES[] = {
        {STR(""), 0, true}, {STR("Ana"), 3, true}, {STR("Anna"), 3, false}, {STR("Zoë"), 3, true}, {STR("two\tand\r\nlines"), 20, true},
        {STR("a\0b"), 9, false}, {STR("a\x01"), 9, false}, {STR("\x1b[2J"), 9, false}, {STR("\x7f"), 9, false},
        {STR("\xff"), 9, false}, {STR("half \xc3"), 9, false}, {STR("\xed\xa0\x80"), 9, false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (text_fits(CASES[i].text, CASES[i].max) != CASES[i].fits) fail_msg("case %zu", i);
    }
}

static void an_email_is_something_at_some_where(void **state)
{
    (void)state;
    static const struct { struct str text; bool like; } CASES[] = {
        {STR("ana@example.org"), true}, {STR("o'neill+gym@sub.example.co"), true}, {STR("zoë@exämple.de"), true},
        {STR(""), false}, {STR("ana"), false}, {STR("@example.org"), false}, {STR("ana@"), false}, {STR("ana@org"), false},
        {STR("a b@example.org"), false}, {STR("a@b@example.org"), false}, {STR("ana@example.org\n"), false}, {STR("a\0@example.org"), false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (text_looks_like_email(CASES[i].text) != CASES[i].like) fail_msg("«%.*s»", STR_ARG(CASES[i].text));
    }
}

static void letter_case_is_taken_off_in_all_scripts(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {{"", ""}, {"AB-12", "ab-12"}, {"ÉLAN", "élan"}, {"ΣΑΣ", "σασ"}, {"ДОМ", "дом"}, {"ẞ", "ß"}, {"Ⱥ", "ⱥ"}, {"日本 7", "日本 7"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf out = buf_of(64);
        assert_int_equal(text_lower(str_c(CASES[i][0]), &out), 0);
        assert_str(buf_str(&out), CASES[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_has_characters_that_people_write),
        cmocka_unit_test(an_email_is_something_at_some_where),
        cmocka_unit_test(letter_case_is_taken_off_in_all_scripts),
    };
    return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
