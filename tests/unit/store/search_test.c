/* Members are found as a desk types. */
#include "store/search.h"

#include "store/phone.h"
#include "../testing.h"

#include <stdio.h>

struct person {
    const char *first, *last, *number, *email, *phone;
};

static void joined(const struct person *person, struct buf *out)
{
    struct search_words words;
    assert_int_equal(search_index(str_c(person->first), str_c(person->last), str_c(person->number), str_c(person->email), str_c(person->phone), &words), 0);
    for (size_t i = 0; i < words.count; i++) {
        assert_null(strchr(words.at[i], ' '));
        for (size_t j = 0; j < i; j++) assert_string_not_equal(words.at[i], words.at[j]);
        assert_int_equal(buf_printf(out, "%s%s", i == 0 ? "" : " ", words.at[i]), 0);
    }
}

/* The sum of the scores; -1: not found. */
static int finds(const struct person *person, const char *typed)
{
    OWNED(buf) struct buf words = buf_of(65536);
    struct search_terms terms;
    joined(person, &words);
    assert_int_equal(search_query(str_c(typed), &terms), 0);
    int sum = 0;
    for (size_t i = 0; i < terms.count; i++) {
        int score = search_score(&terms.at[i], buf_str(&words));
        if (score < 0) return -1;
        sum += score;
    }
    return terms.count == 0 ? -1 : sum;
}

struct typed {
    const char *typed;
    bool found;
};

static void check_table(const struct person *person, const struct typed *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((finds(person, table[i].typed) >= 0) != table[i].found) fail_msg("«%s» and %s %s", table[i].typed, person->first, person->last);
    }
}

static void names_are_found_in_every_spelling(void **state)
{
    ignore(state, "none");
    static const struct {
        struct person who;
        struct typed table[14];
    } CASES[] = {
        {{"Łukasz", "Wójcik-Novák", "M-0017", "Lukasz@Example.org", ""},
         {{"lukasz", true}, {"LUK", true}, {"Łuk", true}, {"wojcik", true}, {"novak", true}, {"wojciknovak", true}, {"wójcik-nov", true},
          {"novak luk", true}, {"wojcik novak lukasz", true}, {"novak ben", false}, {"ukasz", false}, {"lukasz@ex", true}, {"LUKASZ@EXAMPLE.ORG", true},
          {"example.org", false}}},
        {{"Seán", "O’Neill", "12", "", ""},
         {{"oneill", true}, {"o'neill", true}, {"o neill", true}, {"O’Neill", true}, {"o`neill", true}, {"O´Neill", true}, {"oʼneill", true},
          {"neill", true}, {"sean", true}, {"SEÁN O", true}, {"se\xcc\x81" "an", true}, {"sea\xcc\x81n", true}, {"neil", true}, {"12", true}}},
        {{"Maria", "Smith-O'Hara", "6", "", ""},
         {{"ohara", true}, {"o'hara", true}, {"hara", true}, {"o’hara mar", true}, {"smithohara", true}, {"smith-o'h", true}, {"smith", true}}},
        {{"Jürgen", "Weiß", "7", "", ""},
         {{"weiss", true}, {"weiß", true}, {"WEISS", true}, {"WEIẞ", true}, {"weis", true}, {"jurgen", true}, {"juergen", true}, {"Jürgen", true},
          {"jue", true}, {"ju", true}, {"weiss jurg", true}, {"7", true}, {"wiess", false}, {"jergen", false}}},
        {{"Bärbel", "Müller", "8", "", ""},
         {{"mueller", true}, {"muller", true}, {"müll", true}, {"baerbel", true}, {"barbel", true}, {"Mueller Baerbel", true}, {"mule", false}}},
        {{"Barbel", "Mueller", "9", "", ""}, {{"müller", true}, {"bärbel", true}, {"muller", true}, {"mue", true}, {"mu", true}}},
        {{"Søren", "Jørgensen", "10", "", ""},
         {{"soren", true}, {"soeren", true}, {"jorgensen", true}, {"joergensen", true}, {"JØRG", true}, {"sören", true}, {"sørensen", false}}},
        {{"Åse", "Århus", "11", "", ""}, {{"aase", true}, {"ase", true}, {"aarhus", true}, {"arhus", true}, {"åse", true}}},
        {{"Đorđe", "Petrović", "13", "", ""}, {{"dorde", true}, {"djordje", true}, {"đorđe", true}, {"petrovic", true}, {"ĐOR", true}}},
        {{"Ægir", "Þórsson", "14", "", ""}, {{"aegir", true}, {"ægir", true}, {"thorsson", true}, {"Þórs", true}, {"thor", true}}},
        {{"İpek", "Işık", "15", "", ""}, {{"ipek", true}, {"isik", true}, {"ışık", true}, {"IPEK", true}, {"Işık ipek", true}}},
        {{"Anna Maria", "van der Berg", "16", "", ""},
         {{"berg", true}, {"van der berg", true}, {"vanderberg", true}, {"vander", true}, {"annamaria", true}, {"maria", true}, {"berg anna", true},
          {"der", true}, {"derberg", false}}},
        {{"Jean-Luc", "Lefèvre", "17", "", ""}, {{"jean luc", true}, {"jeanluc", true}, {"jean-luc", true}, {"jean‑luc", true}, {"luc lefevre", true}}},
        {{"Νίκος", "Παπαδόπουλος", "18", "", ""}, {{"νικοσ", true}, {"ΝΙΚΟΣ", true}, {"νίκος", true}, {"παπαδοπουλοσ", true}}},
        {{"Фёдор", "Жуйков", "19", "", ""}, {{"федор", true}, {"ФЁДОР", true}, {"жуй", true}}},
        {{"太郎", "田中", "20", "", ""}, {{"田中", true}, {"田", true}, {"太郎 田中", true}, {"郎", false}}},
        {{"ﬁona", "Ｓｍｉｔｈ", "21", "", ""}, {{"fiona", true}, {"smith", true}, {"SMITH FI", true}}},
        {{"Elif", "Demir", "22", "e.demir+gym@Example.org", ""}, {{"e.demir", true}, {"gym", true}, {"e.demir+gym@", true}, {"demir", true}, {"edemir", false}}},
        {{"Kim", "Manuel", "23", "manuel@example.org", ""}, {{"manue", true}, {"manuel", true}, {"manuel@", true}, {"manul", true}}},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        size_t count = 0;
        while (count < COUNT_OF(CASES[i].table) && CASES[i].table[count].typed != NULL) count++;
        check_table(&CASES[i].who, CASES[i].table, count);
    }
}

static void every_beginning_of_a_name_finds_it(void **state)
{
    ignore(state, "none");
    static const char *const NAMES[] = {"Mueller", "Maarja", "Aaeson", "Djordje", "Noël", "Guðrún", "Æþelstan", "Straße", "Nguyễn", "प्रिया", "김민준"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct person person = {"X", NAMES[i], "1", "", ""};
        struct str name = str_c(NAMES[i]);
        for (size_t len = 1; len <= name.len; len++) {
            if (len < name.len && ((uint8_t)name.at[len] & 0xc0) == 0x80) continue;
            char typed[64];
            snprintf(typed, sizeof typed, "%.*s", (int)len, name.at);
            if (finds(&person, typed) < 0) fail_msg("«%s» and %s", typed, NAMES[i]);
        }
    }
}

static void phones_are_found_in_every_spelling(void **state)
{
    ignore(state, "none");
    static const char *const SAME[][10] = {
        {"+49 170 1234567", "0049 170 1234567", "0170 1234567", "+49 (0)170 / 123 45 67", "0049(0)170-1234567", "(0170) 123.45.67", "170 1234567", "01701234567",
         "49 170 1234567"},
        {"+44 7700 900042", "07700 900042", "0044 7700 900042", "7700900042", "447700900042"},
        {"+32 2 123 45 67", "02 123 45 67", "02/123.45.67", "0032 2 123 45 67"}, /* nine digits with the zero */
        {"+39 06 1234 5678", "06 1234 5678", "0039 06 12345678"}, /* the zero stays abroad */
        {"+1 (555) 123-4567", "555-123-4567", "1 555 123 4567", "(555) 123 4567", "15551234567"},
        {"+354 555 1234", "555 1234", "00354 5551234"},
        {"+46 8 12 34 56", "08-12 34 56", "8123456"},
    };
    for (size_t i = 0; i < COUNT_OF(SAME); i++) {
        for (size_t j = 0; j < 10 && SAME[i][j] != NULL; j++) {
            struct person person = {"Ann", "Lee", "", "", SAME[i][j]};
            for (size_t k = 0; k < 10 && SAME[i][k] != NULL; k++) {
                bool bare = SAME[i][j][0] != '+' && SAME[i][j][0] != '0' && SAME[i][j][0] != '('; /* the country's code without a sign is a guess */
                if (finds(&person, SAME[i][k]) < 0 && !bare) fail_msg("«%s» and %s", SAME[i][k], SAME[i][j]);
            }
        }
    }
}

static void parts_of_a_phone_find_it(void **state)
{
    ignore(state, "none");
    static const struct person WHO = {"Ann", "Lee", "2041", "", "+49 170 1230042"};
    static const struct typed TABLE[] = {
        {"0042", true}, {"0170", true}, {"0170 12", true}, {"+49 170 12", true}, {"0049 170", true}, {"30042", true}, {"1230042", true}, {"lee 0170 12", true},
        {"0170 1230042 lee", true}, {"0170 1230043", false}, {"0043", false}, {"+43 170 1230042", true}, {"123", false}, {"+4", false}, {"042", false},
        {"2041", true}, {"204", true}, {"20 41", true}, {"1042", false}, {"lee 9999", false},
    };
    check_table(&WHO, TABLE, COUNT_OF(TABLE));
    static const struct person TWO = {"Bo", "Lee", "7", "", "0170 1234567; 030 98765"};
    static const struct typed BOTH[] = {{"030 98765", true}, {"+49 30 98765", true}, {"4567", true}, {"8765", true}};
    check_table(&TWO, BOTH, COUNT_OF(BOTH));
}

static void numbers_are_found_from_their_beginning(void **state)
{
    ignore(state, "none");
    static const struct person WHO = {"Ann", "Lee", "M-0017/B", "", ""};
    static const struct typed TABLE[] = {{"m-0017", true}, {"m0017", true}, {"M-0017/B", true}, {"0017", true}, {"17", false}, {"m0018", false}};
    check_table(&WHO, TABLE, COUNT_OF(TABLE));
    static const struct person SLASH = {"Ann", "Lee", "2024/0017", "", ""};
    static const struct typed SLASHES[] = {{"2024/0017", true}, {"2024/00", true}, {"2024", true}, {"20240017", true}, {"0017", true}};
    check_table(&SLASH, SLASHES, COUNT_OF(SLASHES));
}

static void nothing_is_typed_where_no_letter_is(void **state)
{
    ignore(state, "none");
    static const char *const TYPED[] = {"", " ", "-", "'", "( )", "…", "\xe2\x80\x8b", "%", "_", "*", "+", "///"};
    for (size_t i = 0; i < COUNT_OF(TYPED); i++) {
        struct search_terms terms;
        assert_int_equal(search_query(str_c(TYPED[i]), &terms), 0);
        if (terms.count != 0) fail_msg("«%s»", TYPED[i]);
    }
}

static void a_whole_word_scores_before_a_beginning_before_an_email(void **state)
{
    ignore(state, "none");
    struct person whole = {"Ana", "Kim", "1", "", ""}, beginning = {"Anabel", "Kim", "2", "", ""}, email = {"Bo", "Kim", "3", "ana99@example.org", ""};
    assert_int_equal(finds(&whole, "ana"), 0);
    assert_int_equal(finds(&beginning, "ana"), 1);
    assert_int_equal(finds(&email, "ana"), 2);
    assert_int_equal(finds(&beginning, "kim ana"), 1);
}

/* Bytes that are cut stay UTF-8, and what is too much is left out. */
static void long_texts_are_cut_at_whole_characters(void **state)
{
    ignore(state, "none");
    for (size_t shift = 0; shift < 4; shift++) {
        OWNED(buf) struct buf name = buf_of(4096);
        for (size_t i = 0; i < shift; i++) assert_int_equal(buf_put_byte(&name, 'x'), 0);
        for (size_t i = 0; i < 100; i++) assert_int_equal(buf_put_str(&name, STR("𝔸ж田")), 0);
        struct search_words words;
        assert_int_equal(search_index(buf_str(&name), STR(""), STR("1"), STR(""), STR(""), &words), 0);
        for (size_t i = 0; i < words.count; i++) {
            struct str word = str_c(words.at[i]);
            assert_true(word.len <= SEARCH_WORD_BYTES_MAX);
            for (size_t at = 0; at < word.len;) {
                uint8_t c = (uint8_t)word.at[at];
                at += c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
                assert_true(at <= word.len);
            }
        }
        struct search_terms terms;
        assert_int_equal(search_query(buf_str(&name), &terms), 0);
        assert_int_equal(terms.count, 1);
        assert_string_equal(terms.at[0].at[0], words.at[1]);
    }
    OWNED(buf) struct buf many = buf_of(4096);
    for (int i = 0; i < 100; i++) assert_int_equal(buf_printf(&many, "w%d ", i), 0);
    struct search_words words;
    assert_int_equal(search_index(buf_str(&many), STR("Last"), STR("77"), STR("a@b"), STR("01234567"), &words), 0);
    assert_int_equal(words.count, SEARCH_WORDS_MAX);
    struct search_terms terms;
    assert_int_equal(search_query(buf_str(&many), &terms), 0);
    assert_int_equal(terms.count, SEARCH_TERMS_MAX);
}

static void folding_keeps_what_is_read_and_drops_the_rest(void **state)
{
    ignore(state, "none");
    static const struct {
        const char *text, *folded;
    } CASES[] = {{"Łódź", "lodz"}, {"ÅNGSTRÖM", "angstrom"}, {"Straße 5", "strasse 5"}, {"œuvre", "oeuvre"}, {"Ħal-Ŧ", "halt"}, {"ŋə", "ne"}, {"½ ²", "1 2 2"},
                 {"a\xc2\xad" "b", "ab"}, {"ﷺ", "صلى الله عليه وسلم"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf out = buf_of(4096);
        assert_int_equal(search_fold(str_c(CASES[i].text), &out), 0);
        assert_int_equal(buf_terminate(&out), 0);
        assert_string_equal((const char *)out.at, CASES[i].folded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_every_spelling),
        cmocka_unit_test(every_beginning_of_a_name_finds_it),
        cmocka_unit_test(phones_are_found_in_every_spelling),
        cmocka_unit_test(parts_of_a_phone_find_it),
        cmocka_unit_test(numbers_are_found_from_their_beginning),
        cmocka_unit_test(nothing_is_typed_where_no_letter_is),
        cmocka_unit_test(a_whole_word_scores_before_a_beginning_before_an_email),
        cmocka_unit_test(long_texts_are_cut_at_whole_characters),
        cmocka_unit_test(folding_keeps_what_is_read_and_drops_the_rest),
    };
    return cmocka_run_group_tests_name("store/search", tests, NULL, NULL);
}
