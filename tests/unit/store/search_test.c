/* Members are found as a desk types. */
#include "store/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct person {
    const char *first, *last, *number, *email, *phone;
};

/* Every beginning that is asked for is a beginning of some word. */
static bool finds(const struct person *person, const char *typed)
{
    struct search_words words, wanted;
    assert_int_equal(search_index(str_c(person->first), str_c(person->last), str_c(person->number), str_c(person->email), str_c(person->phone), &words), 0);
    assert_int_equal(search_query(str_c(typed), &wanted), 0);
    for (size_t i = 0; i < wanted.count; i++) {
        bool met = false;
        for (size_t j = 0; j < words.count && !met; j++) met = str_starts(str_c(words.at[j]), str_c(wanted.at[i]));
        if (!met) return false;
    }
    return wanted.count > 0;
}

static void what_is_typed_finds_whom_it_should(void **state)
{
    (void)state;
    static const struct person LUKASZ = {"Łukasz", "Wójcik-Novák", "M-0017", "Lukasz@Example.org", "+48 601 234 567"};
    static const struct person ONEILL = {"Seán", "O’Neill", "12", "sean@example.org", "(0171) 234-5678"};
    static const struct person STRASSE = {"Jürgen", "Weiß", "7", "", "0049 170 1234567"};
    static const struct { const struct person *who; const char *typed; bool found; } CASES[] = {
        {&LUKASZ, "lukasz", true}, {&LUKASZ, "LUK", true}, {&LUKASZ, "Łuk", true}, {&LUKASZ, "wojcik", true}, {&LUKASZ, "novak", true},
        {&LUKASZ, "wojciknovak", true}, {&LUKASZ, "wójcik-nov", true}, {&LUKASZ, "novak luk", true}, {&LUKASZ, "novak ben", false},
        {&LUKASZ, "m-0017", true}, {&LUKASZ, "0017", false}, {&LUKASZ, "lukasz@ex", true}, {&LUKASZ, "601234567", true},
        {&LUKASZ, "0048 601 234 567", true}, {&LUKASZ, "4567", true}, {&LUKASZ, "9999", false}, {&LUKASZ, "", false},
        {&ONEILL, "oneill", true}, {&ONEILL, "o'neill", true}, {&ONEILL, "o neill", true}, {&ONEILL, "O’Neill", true}, {&ONEILL, "neill", true},
        {&ONEILL, "sean", true}, {&ONEILL, "+44 171 2345678", true}, {&ONEILL, "0171 2345678", true},
        {&STRASSE, "weiss", true}, {&STRASSE, "weiß", true}, {&STRASSE, "jurgen", true}, {&STRASSE, "0170 1234567", true},
        {&STRASSE, "+49-170/1234567", true}, {&STRASSE, "170 123 45 67", true}, {&STRASSE, "170 123 45 68", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        if (finds(CASES[i].who, CASES[i].typed) != CASES[i].found) fail_msg("\"%s\" and %s", CASES[i].typed, CASES[i].who->last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_typed_finds_whom_it_should)};
    return cmocka_run_group_tests_name("store/search", tests, NULL, NULL);
}
