/* What an import must find in lists as gyms have them (tests/data/members), and the forms that cells come in. */
#include "jobs/import.h"
#include "jobs/import_dates.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>

static struct import *g_import;

static struct day today(void)
{
    struct day day;
    assert_int_equal(day_parse(STR("2026-11-25"), &day), 0);
    return day;
}

static int begin(void **state)
{
    (void)state;
    g_import = calloc(1, sizeof *g_import);
    return g_import == NULL ? -1 : 0;
}
static int end(void **state)
{
    (void)state;
    import_done(g_import);
    free(g_import);
    return 0;
}

static void read_text(const char *text)
{
    struct err_detail detail = {0};
    import_done(g_import);
    int rc = import_read(g_import, span_of(text, strlen(text)), NULL, 0, today(), &detail);
    if (rc < 0) fail_msg("%s", detail.text);
}

static void read_list(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", getenv("FOOTFALL_LISTS"), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char bytes[1024 * 1024];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct err_detail detail = {0};
    int rc = import_read(g_import, span_of(bytes, len), NULL, 0, today(), &detail);
    if (rc < 0) fail_msg("%s", detail.text);
}

static const struct import_row *numbered(const char *number)
{
    for (size_t i = 0; i < g_import->good_count; i++) {
        if (str_eq_c(g_import->rows[i].member.number, number)) return &g_import->rows[i];
    }
    fail_msg("no row has the number %s", number);
    return NULL;
}

static void a_plain_list(void **state)
{
    (void)state;
    read_list("members-plain.csv");
    assert_int_equal(g_import->row_count, 500);
    assert_int_equal(g_import->good_count, 500);
    assert_int_equal(g_import->problem_count, 0);
    assert_str(numbered("7")->card, "0000055433"); /* leading zeros count */
    assert_string_equal(g_import->encoding, "utf-8");
}

static void a_list_with_month_first_dates_and_line_breaks_in_quotes(void **state)
{
    (void)state;
    read_list("members-us-export.csv");
    assert_int_equal(g_import->good_count, 200);
    assert_int_equal(g_import->problem_count, 0);
    assert_string_equal(g_import->date_order, "month first");
    assert_str(numbered("100001")->card, "000000104729");
    struct str note = numbered("100005")->member.notes;
    assert_non_null(memchr(note.at, '\n', note.len));
    assert_non_null(memchr(note.at, '"', note.len));
    assert_non_null(memchr(note.at, ',', note.len));
}

static void a_german_excel_list(void **state)
{
    (void)state;
    read_list("mitglieder-excel.csv");
    assert_int_equal(g_import->good_count, 150);
    assert_int_equal(g_import->problem_count, 0);
    assert_string_equal(g_import->encoding, "windows-1252");
    assert_int_equal(g_import->separator, ';');
    assert_int_equal(numbered("M-0010")->member.balance_minor, -1010);
    assert_str(numbered("M-0001")->member.last_name, "Novák");
}

static void each_fault_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct { size_t line; const char *reason; } WANTED[] = {
        {2, "born: no such day"}, {3, "starts: no such month"}, {4, "email not an address"}, {5, "card already used in line 4"},
        {6, "no name"}, {7, "ends before it starts"}, {8, "more cells than headings"},
        {9, "card in scientific notation: the spreadsheet has lost digits"}, {11, "number already used in line 10"},
    };
    read_list("members-broken.csv");
    assert_int_equal(g_import->row_count, 10);
    assert_int_equal(g_import->good_count, 1);
    assert_int_equal(g_import->rows[0].line, 10);
    assert_int_equal(g_import->problem_count, COUNT_OF(WANTED));
    for (size_t i = 0; i < g_import->problem_count; i++) {
        assert_int_equal(g_import->problems[i].line, WANTED[i].line);
        assert_str(g_import->problems[i].reason, WANTED[i].reason);
    }
}

/* A NUL in a name would make each event of the member's one that nobody can read. */
static void what_no_field_may_hold_is_refused_in_each(void **state)
{
    (void)state;
    static const struct { struct str line; const char *reason; } CASES[] = {
        {STR("A\0na,1,a@example.org,2,3,Gold,n"), "first_name too long, or with a control character in it"},
        {STR("Ana,\0,a@example.org,2,3,Gold,n"), "number too long, or with a control character in it"},
        {STR("Ana,1,a\0@example.org,2,3,Gold,n"), "email too long, or with a control character in it"},
        {STR("Ana,1,a@example.org,2\x1b,3,Gold,n"), "phone too long, or with a control character in it"},
        {STR("Ana,1,a@example.org,2,3\x07,Gold,n"), "card too long, or with a control character in it"},
        {STR("Ana,1,a@example.org,2,3,Go\0ld,n"), "plan too long, or with a control character in it"},
        {STR("Ana,1,a@example.org,2,3,Gold,n\x08"), "notes too long, or with a control character in it"},
        {STR("Ana,1,a@example.org,2,3,Gold,\"two\nlines\tof notes\""), NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf text = buf_of(4096);
        struct err_detail detail = {0};
        assert_int_equal(buf_put_str(&text, STR("first name,number,email,phone,card,plan,notes\n")), 0);
        assert_int_equal(buf_put_str(&text, CASES[i].line), 0);
        import_done(g_import);
        assert_int_equal(import_read(g_import, buf_span(&text), NULL, 0, today(), &detail), 0);
        assert_int_equal(g_import->problem_count, CASES[i].reason == NULL ? 0 : 1);
        if (CASES[i].reason != NULL) assert_str(g_import->problems[0].reason, CASES[i].reason);
    }
}

static void dates_are_decided_for_the_column(void **state)
{
    (void)state;
    static const struct { const char *text; const char *order; const char *born; } CASES[] = {
        {"name,born\nA B,01/02/1990\nC D,13/02/1990\n", "day first", "1990-02-01"},
        {"name,born\nA B,01/02/1990\nC D,01/13/1990\n", "month first", "1990-01-02"},
        {"name,born\nA B,01.02.1990\n", "day first", "1990-02-01"},
        {"name,born,starts\nA B,01/02/1990,12/31/2025\n", "month first", "1990-01-02"},
        {"name,born\nA B,1990-02-01\n", "year first", "1990-02-01"},
        {"name,born\nA B,1.2.90\nC D,31.12.05\n", "day first", "1990-02-01"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        read_text(CASES[i].text);
        char text[DAY_TEXT_BYTES];
        assert_int_equal(g_import->problem_count, 0);
        assert_string_equal(g_import->date_order, CASES[i].order);
        assert_str(day_text(g_import->rows[0].member.born, text), CASES[i].born);
    }
    read_text("name,born\nA B,01/02/1990\n");
    assert_str(g_import->problems[0].reason, "born: day or month first? write the dates as YYYY-MM-DD");
}

static void amounts_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct { const char *text; bool good; int64_t minor; } CASES[] = {
        {"0,00", true, 0}, {"-10,10", true, -1010}, {"1.234,50", true, 123450}, {"1,234.50", true, 123450}, {"12", true, 1200},
        {"1.000", true, 100000}, {"(5.00)", true, -500}, {"€ 5", true, 500}, {"5,5", true, 550}, {"none", false, 0}, {"", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t minor = 0;
        assert_int_equal(amount_read(str_c(CASES[i].text), &minor), CASES[i].good);
        if (CASES[i].good) assert_int_equal(minor, CASES[i].minor);
    }
}

static void what_is_no_list_gets_a_sentence(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "\n\n", "a,b\n1,2\n", "name,notes\nAna,\"open\n"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct err_detail detail = {0};
        import_done(g_import);
        assert_true(import_read(g_import, span_of(TEXTS[i], strlen(TEXTS[i])), NULL, 0, today(), &detail) < 0);
        assert_true(strlen(detail.text) > 10);
    }
}

static void a_map_beats_what_is_recognised(void **state)
{
    (void)state;
    static const char TEXT[] = "Who,Card,Chip\nAna Costa,1,2\n";
    static const char *const MAPS[] = {"who=name", "Chip=card"};
    struct err_detail detail = {0};
    assert_int_equal(import_read(g_import, span_of(TEXT, sizeof TEXT - 1), MAPS, 2, today(), &detail), 0);
    assert_str(g_import->rows[0].card, "2");
    assert_str(g_import->rows[0].member.last_name, "Costa");
    static const char *const BAD[] = {"nothing=card", "Who=shoe", "Who"};
    for (size_t i = 0; i < 3; i++) {
        import_done(g_import);
        assert_true(import_read(g_import, span_of(TEXT, sizeof TEXT - 1), &BAD[i], 1, today(), &detail) < 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_list),
        TEST(what_no_field_may_hold_is_refused_in_each),
        TEST(a_list_with_month_first_dates_and_line_breaks_in_quotes),
        TEST(a_german_excel_list),
        TEST(each_fault_is_named_with_its_line),
        TEST(dates_are_decided_for_the_column),
        TEST(amounts_are_read_as_people_write_them),
        TEST(what_is_no_list_gets_a_sentence),
        TEST(a_map_beats_what_is_recognised),
    };
    return cmocka_run_group_tests_name("jobs/import", tests, NULL, NULL);
}
