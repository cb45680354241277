/* Who is found, in which order, and page by page. */
#include "fixture.h"
#include "store/members.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW ((struct wall_ms){1700000000000})
#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
/* More than are ranked: they are listed (member_find.c: RANKED_MAX). */
#define MANY 4200

static struct member_id add(struct fixture *f, const char *first, const char *last, const char *number, const char *email)
{
    struct member_row row = {.first_name = str_c(first), .last_name = str_c(last), .number = str_c(number), .email = str_c(email), .born = DAY_NONE,
                             .currency = STR("EUR")};
    struct member_id id;
    assert_int_equal(member_create(f->sql, &row, NOW, &id), 0);
    return id;
}

struct found {
    int64_t ids[MANY * 3];
    size_t count;
    size_t page_count;
};

/* All pages. between is called after each, to disturb. */
static void find_all(struct fixture *f, const char *typed, size_t limit, void (*between)(struct fixture *f, size_t page), struct found *found)
{
    char after[MEMBER_POSITION_BYTES_MAX];
    struct member_page page = {.query = str_c(typed), .limit = limit};
    found->count = found->page_count = 0;
    do {
        OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
        assert_int_equal(member_find(f->read, &arena, &page), 0);
        assert_true(page.count <= limit);
        assert_true(page.next.at == NULL || page.count == limit);
        for (size_t i = 0; i < page.count; i++) {
            assert_true(found->count < COUNT_OF(found->ids));
            found->ids[found->count++] = page.rows[i].id.n;
        }
        found->page_count++;
        if (page.next.at != NULL) {
            assert_true(page.next.len <= sizeof after);
            memcpy(after, page.next.at, page.next.len);
            page.after = (struct str){after, page.next.len};
        }
        if (between != NULL) between(f, found->page_count);
    } while (page.next.at != NULL);
}

static void assert_found(struct fixture *f, const char *typed, const int64_t *ids, size_t count)
{
    for (size_t limit = 1; limit <= count + 1; limit++) {
        static struct found found;
        find_all(f, typed, limit, NULL, &found);
        if (found.count != count) fail_msg("«%s»: %zu found with pages of %zu", typed, found.count, limit);
        for (size_t i = 0; i < count; i++) {
            if (found.ids[i] != ids[i]) fail_msg("«%s»: %lld stands at %zu", typed, (long long)found.ids[i], i);
        }
    }
}

#define ASSERT_FOUND(f, typed, ...) assert_found(f, typed, (const int64_t[]){__VA_ARGS__}, COUNT_OF(((const int64_t[]){__VA_ARGS__})))

static void the_best_match_stands_first(void **state)
{
    struct fixture *f = *state;
    add(f, "Anabel", "Zidane", "100", NULL);             /* 1 */
    add(f, "Ana", "Young", "2041", NULL);                /* 2 */
    add(f, "Bo", "Adams", "300", "ana@example.org");     /* 3 */
    add(f, "Ana", "Kim", "400", NULL);                   /* 4 */
    add(f, "Carla", "Ana-Lopez", "20411", NULL);         /* 5 */
    add(f, "Dora", "Kim", "ana", NULL);                  /* 6: that is this one's number */
    struct member_id eve = add(f, "Eve", "Kim", "700", NULL); /* 7 */
    assert_int_equal(member_code_add(f->sql, eve, STR("card"), STR("2041")), 0);
    ASSERT_FOUND(f, "ana", 6, 5, 4, 2, 1, 3); /* the number; whole words by name; a beginning; an email */
    ASSERT_FOUND(f, " ANA ", 5, 4, 6, 2, 1, 3); /* no exact number, but a whole word */
    ASSERT_FOUND(f, "kim", 4, 6, 7);
    ASSERT_FOUND(f, "ki an", 4, 6);
    ASSERT_FOUND(f, "2041", 2, 7, 5); /* the number, the card, a beginning */
    ASSERT_FOUND(f, "204", 5, 2); /* beginnings both: by name */
    ASSERT_FOUND(f, "", 3, 5, 4, 6, 7, 2, 1);
    static const char *const NOBODY[] = {"kim lopez", "%", "x' OR 1=1", "_na", "….", "ana bo eve"};
    for (size_t i = 0; i < COUNT_OF(NOBODY); i++) {
        static struct found found;
        find_all(f, NOBODY[i], 5, NULL, &found);
        if (found.count != 0) fail_msg("«%s»", NOBODY[i]);
    }
}

static void long_names_make_no_long_positions(void **state)
{
    struct fixture *f = *state;
    OWNED(buf) struct buf name = buf_of(4096);
    for (size_t i = 0; i < 100; i++) assert_int_equal(buf_put_str(&name, STR("ﷺ")), 0);
    for (int i = 0; i < 5; i++) {
        struct member_row row = {.first_name = buf_str(&name), .last_name = buf_str(&name), .born = DAY_NONE, .currency = STR("EUR")};
        struct member_id id;
        assert_int_equal(member_create(f->sql, &row, NOW, &id), 0);
    }
    static struct found found;
    find_all(f, "", 2, NULL, &found);
    assert_int_equal(found.count, 5);
    find_all(f, "ﷺ", 2, NULL, &found);
    assert_int_equal(found.count, 5);
}

static void fill(struct fixture *f, size_t count)
{
    static const char *const FIRST[] = {"Ana", "Anabel", "Anton", "Ben", "Ådne", "Anaïs Ana"};
    static const char *const LAST[] = {"Novák", "Núñez", "Ng", "Anders", "O'Neill"};
    assert_int_equal(sql_begin(f->sql), 0);
    for (size_t i = 0; i < count; i++) {
        char email[32];
        snprintf(email, sizeof email, "a%zu@example.org", i);
        add(f, FIRST[i % COUNT_OF(FIRST)], LAST[i % COUNT_OF(LAST)], NULL, i % 3 == 0 ? email : NULL);
    }
    assert_int_equal(sql_commit(f->sql), 0);
}

/* Somebody new on every page, before and behind where the page stands. */
static void disturb(struct fixture *f, size_t page)
{
    static const char *const LAST[] = {"Aaa", "Novák", "Zzz"};
    assert_int_equal(sql_begin(f->sql), 0);
    for (size_t i = 0; i < COUNT_OF(LAST); i++) add(f, page % 2 == 0 ? "Ana" : "Anaab", LAST[i], NULL, NULL);
    assert_int_equal(sql_commit(f->sql), 0);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Each of those that were there before stands there once. */
static void check_pages(struct fixture *f, const char *typed, size_t limit)
{
    static struct found before, after;
    find_all(f, typed, MEMBERS_PAGE_MAX, NULL, &before);
    assert_true(before.count > 0);
    find_all(f, typed, limit, disturb, &after);
    assert_true(after.page_count > 1);
    qsort(before.ids, before.count, sizeof before.ids[0], compare);
    qsort(after.ids, after.count, sizeof after.ids[0], compare);
    size_t seen = 0;
    for (size_t i = 0; i < after.count; i++) {
        if (i > 0 && after.ids[i] == after.ids[i - 1]) fail_msg("«%s»: %lld is doubled", typed, (long long)after.ids[i]);
        if (seen < before.count && after.ids[i] == before.ids[seen]) seen++;
    }
    if (seen != before.count) fail_msg("«%s»: %lld is lost", typed, (long long)before.ids[seen]);
}

static void nobody_is_lost_or_doubled_while_others_are_added(void **state)
{
    struct fixture *f = *state;
    fill(f, 400);
    static const char *const TYPED[] = {"", "a", "ana", "an novak", "oneill", "n"};
    static const size_t LIMITS[] = {7, 30};
    for (size_t i = 0; i < COUNT_OF(TYPED); i++) {
        for (size_t j = 0; j < COUNT_OF(LIMITS); j++) check_pages(f, TYPED[i], LIMITS[j]);
    }
}

static void nor_where_very_many_are_found(void **state)
{
    struct fixture *f = *state;
    fill(f, MANY + 1800);
    static const char *const TYPED[] = {"a", "an", "a n", "n an", ""};
    for (size_t i = 0; i < COUNT_OF(TYPED); i++) check_pages(f, TYPED[i], 150);
    /* Exactly as many as meet all the words, whichever way they were looked for. */
    static struct found found;
    find_all(f, "a o", MEMBERS_PAGE_MAX, NULL, &found);
    assert_int_equal(found.count, fixture_number(f, "SELECT count(*) FROM members WHERE (' ' || search) LIKE '% a%' AND (' ' || search) LIKE '% o%'"));
    find_all(f, "an a nov", 77, NULL, &found);
    assert_int_equal(found.count, fixture_number(f, "SELECT count(*) FROM members WHERE (' ' || search) LIKE '% an%' AND (' ' || search) LIKE '% nov%'"));
}

/* A list of few grows to a list of many between two pages. */
static void the_order_of_the_first_page_holds(void **state)
{
    struct fixture *f = *state;
    fill(f, 3900);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_page page = {.query = STR("e"), .limit = 10}; /* nobody yet */
    assert_int_equal(member_find(f->read, &arena, &page), 0);
    assert_int_equal(page.count, 0);
    page.query = STR("ana");
    assert_int_equal(member_find(f->read, &arena, &page), 0);
    assert_int_equal(page.count, 10);
    assert_int_equal(page.next.at[0], 'r');
    int64_t last = page.rows[9].id.n;
    fill(f, 6000);
    page.after = page.next;
    assert_int_equal(member_find(f->read, &arena, &page), 0);
    assert_int_equal(page.count, 10);
    assert_int_equal(page.next.at[0], 'r');
    for (size_t i = 0; i < 10; i++) assert_int_not_equal(page.rows[i].id.n, last);
    page.after = (struct str){0};
    assert_int_equal(member_find(f->read, &arena, &page), 0);
    assert_int_equal(page.next.at[0], 'w');
}

static void a_position_of_somebody_else_is_refused(void **state)
{
    struct fixture *f = *state;
    fill(f, 20);
    static const struct {
        const char *typed, *after;
    } CASES[] = {{"", "r0 1 x"}, {"", "w0 1 x"}, {"", "e0 1 "}, {"ana", "n0 1 x"}, {"ana", ""}, {"ana", "x0 1 "}, {"ana", "r"}, {"ana", "r0"}, {"ana", "r0 1"},
                 {"ana", "r-1 1 x"}, {"ana", "r100 1 x"}, {"ana", "r0 0 x"}, {"ana", "r0 99999999999999999999 x"}, {"ana", "w9 1 ana"}, {"ana", "w1 1 ana"},
                 {"ana", "w0 1 ben"}, {"ana", " "}, {"ana", "r  x"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
        struct member_page page = {.query = str_c(CASES[i].typed), .after = str_c(CASES[i].after), .limit = 5};
        if (member_find(f->read, &arena, &page) != ERR_SYNTAX) fail_msg("«%s» after «%s»", CASES[i].typed, CASES[i].after);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_best_match_stands_first),
        TEST(long_names_make_no_long_positions),
        TEST(nobody_is_lost_or_doubled_while_others_are_added),
        TEST(nor_where_very_many_are_found),
        TEST(the_order_of_the_first_page_holds),
        TEST(a_position_of_somebody_else_is_refused),
    };
    return cmocka_run_group_tests_name("store/member_find", tests, NULL, NULL);
}
