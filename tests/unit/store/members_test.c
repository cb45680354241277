#include "fixture.h"
#include "store/members.h"

#include <stdio.h>

#define NOW ((struct wall_ms){1700000000000})
#define LATER ((struct wall_ms){1700000100000})
#define ARENA_BYTES ((size_t)4 * 1024 * 1024)

static struct member_row person(const char *first, const char *last)
{
    return (struct member_row){.first_name = str_c(first), .last_name = str_c(last), .born = DAY_NONE, .currency = STR("EUR")};
}

static struct member_id add(struct fixture *f, struct member_row row)
{
    struct member_id id;
    assert_int_equal(member_create(f->sql, &row, NOW, &id), 0);
    return id;
}

static struct member_row get(struct fixture *f, struct member_id id, struct arena *arena)
{
    struct member_row row;
    assert_int_equal(member_read(f->read, id, arena, &row), 0);
    return row;
}

/* How many are found. */
static size_t found(struct fixture *f, const char *typed)
{
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_page page = {.query = str_c(typed), .limit = 50};
    assert_int_equal(member_find(f->read, &arena, &page), 0);
    return page.count;
}

static void all_fields_come_back(void **state)
{
    struct fixture *f = *state;
    struct member_row row = {.number = STR("A-7"), .first_name = STR("Zoë"), .last_name = STR("Łuk"), .email = STR("Zoe@Example.org"), .phone = STR("+44 7700 900001"),
                             .notes = STR("Prefers «mornings»"), .photo = STR("3f2a"), .born = {7000}, .banned = true, .balance_minor = -1250, .currency = STR("GBP")};
    struct member_id id = add(f, row);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_row got = get(f, id, &arena);
    assert_int_equal(got.id.n, id.n);
    assert_true(str_eq_c(got.number, "A-7"));
    assert_true(str_eq_c(got.first_name, "Zoë"));
    assert_true(str_eq_c(got.last_name, "Łuk"));
    assert_true(str_eq_c(got.email, "Zoe@Example.org"));
    assert_true(str_eq_c(got.phone, "+44 7700 900001"));
    assert_true(str_eq_c(got.notes, "Prefers «mornings»"));
    assert_true(str_eq_c(got.photo, "3f2a"));
    assert_int_equal(got.born.number, 7000);
    assert_true(got.banned);
    assert_int_equal(got.balance_minor, -1250);
    assert_true(str_eq_c(got.currency, "GBP"));
    assert_int_equal(got.visits_total, 0);
    assert_false(wall_is(got.last_visit_at));
    assert_int_equal(got.created_at.ms, NOW.ms);
    assert_int_equal(got.version, 1);
    assert_int_equal(got.open_visit, 0);
    assert_false(wall_is(got.open_since));

    struct member_row bare = get(f, add(f, person("Ana", "")), &arena);
    assert_null(bare.email.at);
    assert_null(bare.phone.at);
    assert_null(bare.notes.at);
    assert_null(bare.photo.at);
    assert_false(day_is(bare.born));
    assert_int_equal(bare.code_count, 0);
    assert_int_equal(bare.membership_count, 0);
}

static void numbers_are_given_on_from_the_highest(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    static const struct {
        const char *given, *got;
    } STEPS[] = {{NULL, "1"}, {"500", "500"}, {NULL, "501"}, {"20", "20"}, {"M-900", "M-900"}, {NULL, "502"}, {"0600", "0600"}, {NULL, "601"}};
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        struct member_row row = person("Ana", "Kim");
        row.number = str_c(STEPS[i].given);
        assert_true(str_eq_c(get(f, add(f, row), &arena).number, STEPS[i].got));
    }
    struct member_row row = person("Bo", "Kim");
    struct member_id id;
    row.number = STR("500");
    assert_int_equal(member_create(f->sql, &row, NOW, &id), ERR_EXISTS);
}

static void ids_may_be_given(void **state)
{
    struct fixture *f = *state;
    struct member_row row = person("Ana", "Kim");
    row.id.n = 40;
    assert_int_equal(add(f, row).n, 40);
    assert_int_equal(add(f, person("Bo", "Kim")).n, 41);
    row.number = STR("x");
    struct member_id id;
    assert_int_equal(member_create(f->sql, &row, NOW, &id), ERR_EXISTS);
}

static void a_change_needs_the_version_that_stands(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_row row = get(f, add(f, person("Ana", "Kim")), &arena);
    row.first_name = STR("Anna");
    row.email = STR("anna@example.org");
    row.number = STR("800");
    assert_int_equal(member_update(f->sql, &row, LATER), 0);
    struct member_row got = get(f, row.id, &arena);
    assert_int_equal(got.version, 2);
    assert_true(str_eq_c(got.first_name, "Anna"));
    assert_int_equal(got.updated_at.ms, LATER.ms);
    assert_int_equal(got.created_at.ms, NOW.ms);
    row.first_name = STR("Stale");
    assert_int_equal(member_update(f->sql, &row, LATER), ERR_CONFLICT);
    assert_int_equal(found(f, "stale"), 0);
    assert_int_equal(found(f, "anna"), 1);
    row.id.n = 999;
    assert_int_equal(member_update(f->sql, &row, LATER), ERR_NOT_FOUND);
    assert_true(str_eq_c(get(f, add(f, person("Next", "")), &arena).number, "801"));
}

static void a_change_changes_what_a_member_is_found_by(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_row row = person("Ana", "O'Neill");
    row.email = STR("ana@old.org");
    row.phone = STR("0170 1234567");
    row = get(f, add(f, row), &arena);
    row.last_name = STR("Smith-Jones");
    row.email = (struct str){0};
    row.phone = STR("0170 7654321");
    assert_int_equal(member_update(f->sql, &row, LATER), 0);
    static const struct {
        const char *typed;
        size_t count;
    } CASES[] = {{"ana", 1}, {"oneill", 0}, {"neill", 0}, {"jones", 1}, {"smithjones", 1}, {"ana@old", 0}, {"1234567", 0}, {"7654321", 1}, {"1", 1}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (found(f, CASES[i].typed) != CASES[i].count) fail_msg("«%s»", CASES[i].typed);
    }
    /* Nothing of before is left, and what is there is what the row says. */
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM search_words"),
                     fixture_number(f, "SELECT length(search) - length(replace(search, ' ', '')) + 1 FROM members"));
}

static void a_photo_is_set_and_taken_away(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_id id = add(f, person("Ana", "Kim"));
    assert_int_equal(member_set_photo(f->sql, id, STR("77c1"), LATER), 0);
    struct member_row got = get(f, id, &arena);
    assert_true(str_eq_c(got.photo, "77c1"));
    assert_int_equal(got.version, 2);
    OWNED(buf) struct buf url = buf_of(100);
    assert_int_equal(member_photo_url(id, got.photo, &url), 0);
    assert_true(str_eq_c(buf_str(&url), "/api/v1/members/1/photo?v=77c1"));
    assert_int_equal(member_set_photo(f->sql, id, (struct str){0}, LATER), 0);
    assert_null(get(f, id, &arena).photo.at);
    assert_int_equal(member_set_photo(f->sql, (struct member_id){99}, STR("1"), LATER), ERR_NOT_FOUND);
}

static void a_code_names_one_member(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_id ana = add(f, person("Ana", "")), ben = add(f, person("Ben", "")), who;
    assert_int_equal(member_code_add(f->sql, ana, STR("card"), STR(" AbC-1 ")), 0);
    assert_int_equal(member_code_add(f->sql, ana, STR("card"), STR("abc-1")), 0); /* the same one */
    assert_int_equal(member_code_add(f->sql, ben, STR("card"), STR("ABC-1")), ERR_EXISTS);
    assert_int_equal(member_code_add(f->sql, ben, STR("qr"), STR("abc-1")), ERR_EXISTS); /* across the kinds */
    assert_int_equal(member_code_add(f->sql, ana, STR("qr"), STR("Tok-En")), 0);
    assert_int_equal(member_code_add(f->sql, ben, STR("qr"), STR("tok-en")), 0); /* letter case counts in a QR token … */
    assert_int_equal(member_code_add(f->sql, ben, STR("card"), STR("TOK-EN")), ERR_EXISTS); /* … but a card is met in any */
    assert_int_equal(member_by_code(f->read, STR("Tok-En"), &who), 0);
    assert_int_equal(who.n, ana.n);
    assert_int_equal(member_by_code(f->read, STR("tok-en"), &who), 0);
    assert_int_equal(who.n, ben.n);
    assert_int_equal(member_by_code(f->read, STR("TOK-EN"), &who), ERR_NOT_FOUND);
    assert_int_equal(member_by_code(f->read, STR("aBc-1"), &who), 0); /* … and not on a card */
    assert_int_equal(who.n, ana.n);
    struct member_row row = get(f, ana, &arena);
    assert_int_equal(row.code_count, 2);
    assert_true(str_eq_c(row.codes[0].code, " AbC-1 "));
    assert_true(str_eq_c(row.codes[0].kind, "card"));
    assert_true(str_eq_c(row.codes[1].code, "Tok-En"));
    assert_int_equal(member_code_remove(f->sql, ben, STR("abc-1")), ERR_NOT_FOUND);
    assert_int_equal(member_code_remove(f->sql, ana, STR("ABC-1")), 0);
    assert_int_equal(member_by_code(f->read, STR("abc-1"), &who), ERR_NOT_FOUND);
    assert_int_equal(member_code_add(f->sql, ben, STR("card"), STR("abc-1")), 0);
    assert_int_equal(member_codes_clear(f->sql, ben), 0);
    assert_int_equal(get(f, ben, &arena).code_count, 0);
    assert_int_equal(get(f, ana, &arena).code_count, 1);
    char longest[200];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(member_by_code(f->read, (struct str){longest, sizeof longest}, &who), ERR_NOT_FOUND);
}

static void many_are_read_in_the_order_asked_for(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 50 };
    int64_t ids[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "N%d", i);
        struct member_id id = add(f, person(name, ""));
        ids[COUNT - 1 - i] = id.n;
        for (int j = 0; j < i % 3; j++) {
            char code[16];
            snprintf(code, sizeof code, "%d-%d", i, j);
            assert_int_equal(member_code_add(f->sql, id, STR("card"), str_c(code)), 0);
        }
    }
    fixture_sql(f, "UPDATE members SET deleted_at = 5 WHERE id = 20");
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_row *rows;
    size_t count;
    assert_int_equal(members_read(f->read, ids, COUNT, &arena, &rows, &count), 0);
    assert_int_equal(count, COUNT - 1);
    for (size_t i = 0, id = COUNT; i < count; i++, id--) {
        if (id == 20) id--;
        assert_int_equal(rows[i].id.n, id);
        assert_int_equal(rows[i].code_count, (id - 1) % 3);
        char code[16];
        snprintf(code, sizeof code, "%d-0", (int)id - 1);
        if (rows[i].code_count > 0) assert_true(str_eq_c(rows[i].codes[0].code, code));
    }
}

static void a_deleted_member_is_nowhere(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_row row = person("Ana", "Kim"), got;
    row.number = STR("77");
    struct member_id id = add(f, row), who;
    assert_int_equal(member_code_add(f->sql, id, STR("card"), STR("abcd")), 0);
    assert_int_equal(found(f, "ana"), 1);
    fixture_sql(f, "UPDATE members SET deleted_at = 5");
    assert_int_equal(member_read(f->read, id, &arena, &got), ERR_NOT_FOUND);
    assert_int_equal(member_by_number(f->read, STR("77"), &who), ERR_NOT_FOUND);
    assert_int_equal(member_set_photo(f->sql, id, STR("1"), LATER), ERR_NOT_FOUND);
    row.id = id;
    row.version = 1;
    assert_int_equal(member_update(f->sql, &row, LATER), ERR_NOT_FOUND);
    static const char *const TYPED[] = {"", "ana", "a", "77", "abcd"};
    for (size_t i = 0; i < COUNT_OF(TYPED); i++) assert_int_equal(found(f, TYPED[i]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_fields_come_back),
        TEST(numbers_are_given_on_from_the_highest),
        TEST(ids_may_be_given),
        TEST(a_change_needs_the_version_that_stands),
        TEST(a_change_changes_what_a_member_is_found_by),
        TEST(a_photo_is_set_and_taken_away),
        TEST(a_code_names_one_member),
        TEST(many_are_read_in_the_order_asked_for),
        TEST(a_deleted_member_is_nowhere),
    };
    return cmocka_run_group_tests_name("store/members", tests, NULL, NULL);
}
