#include "fixture.h"
#include "store/members.h"
#include "store/plans.h"

#include <stdio.h>

#define NOW ((struct wall_ms){1700000000000})
#define ARENA_BYTES ((size_t)4 * 1024 * 1024)

static struct member_id add_member(struct fixture *f, const char *first)
{
    struct member_row row = {.first_name = str_c(first), .last_name = STR("Test"), .born = DAY_NONE, .currency = STR("EUR")};
    struct member_id id;
    assert_int_equal(member_create(f->sql, &row, NOW, &id), 0);
    return id;
}

static struct membership_row membership(int32_t starts, int32_t ends)
{
    return (struct membership_row){.plan = STR("Monthly"), .starts = {starts}, .ends = {ends}, .frozen_from = DAY_NONE, .frozen_until = DAY_NONE,
                                   .cancelled_on = DAY_NONE, .visits_left = -1};
}

static int64_t add(struct fixture *f, struct member_id member, struct membership_row row)
{
    int64_t id;
    assert_int_equal(membership_add(f->sql, member, &row, &id), 0);
    return id;
}

static void all_fields_come_back(void **state)
{
    struct fixture *f = *state;
    struct member_id member = add_member(f, "Ana");
    int64_t plan;
    assert_int_equal(plan_create(f->sql, &(struct plan_row){.name = STR("Ten"), .visits = 10}, &plan), 0);
    struct membership_row row = {.plan_id = plan, .plan = STR("Ten"), .state = MEMBERSHIP_FROZEN, .starts = {19000}, .ends = {19400}, .frozen_from = {19100},
                                 .frozen_until = {19130}, .cancelled_on = {19300}, .visits_left = 7};
    int64_t id = add(f, member, row);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct membership_list *lists;
    assert_int_equal(memberships_read(f->read, &member.n, 1, &arena, &lists), 0);
    assert_int_equal(lists[0].count, 1);
    const struct membership_row *got = &lists[0].rows[0];
    assert_int_equal(got->id, id);
    assert_int_equal(got->plan_id, plan);
    assert_true(str_eq_c(got->plan, "Ten"));
    assert_int_equal(got->state, MEMBERSHIP_FROZEN);
    assert_int_equal(got->starts.number, 19000);
    assert_int_equal(got->ends.number, 19400);
    assert_int_equal(got->frozen_from.number, 19100);
    assert_int_equal(got->frozen_until.number, 19130);
    assert_int_equal(got->cancelled_on.number, 19300);
    assert_int_equal(got->visits_left, 7);
    struct membership *rules;
    assert_int_equal(memberships_as_rules(got, 1, &arena, &rules), 0);
    assert_int_equal(rules[0].id, id);
    assert_int_equal(rules[0].state, MEMBERSHIP_FROZEN);
    assert_int_equal(rules[0].frozen_until.number, 19130);
    assert_int_equal(rules[0].visits_left, 7);
}

static void the_latest_end_stands_first_and_an_open_one_before_it(void **state)
{
    struct fixture *f = *state;
    struct member_id member = add_member(f, "Ana");
    int64_t early = add(f, member, membership(100, 200)), late = add(f, member, membership(50, 300));
    int64_t open = add(f, member, membership(10, DAY_NONE.number)), again = add(f, member, membership(60, 300));
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct membership_list *lists;
    assert_int_equal(memberships_read(f->read, &member.n, 1, &arena, &lists), 0);
    const int64_t order[] = {open, again, late, early};
    assert_int_equal(lists[0].count, 4);
    for (size_t i = 0; i < 4; i++) assert_int_equal(lists[0].rows[i].id, order[i]);
}

/* More members than one query takes, some without any. */
static void each_of_many_members_gets_its_own(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 75 };
    int64_t ids[COUNT];
    for (int i = 0; i < COUNT; i++) {
        struct member_id member = add_member(f, "M");
        ids[i] = member.n;
        for (int j = 0; j < i % 4; j++) add(f, member, membership(i, 1000 * j + i));
    }
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct membership_list *lists;
    assert_int_equal(memberships_read(f->read, ids, COUNT, &arena, &lists), 0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(lists[i].count, i % 4);
        for (int j = 0; j < i % 4; j++) assert_int_equal(lists[i].rows[j].ends.number, 1000 * (i % 4 - 1 - j) + i);
    }
}

static void no_more_are_read_than_the_rules_look_at(void **state)
{
    struct fixture *f = *state;
    struct member_id first = add_member(f, "A"), second = add_member(f, "B");
    for (int32_t i = 0; i < MEMBERSHIPS_MAX + 5; i++) add(f, first, membership(1, 100 + i));
    add(f, second, membership(1, 7));
    int64_t ids[] = {first.n, second.n};
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct membership_list *lists;
    assert_int_equal(memberships_read(f->read, ids, 2, &arena, &lists), 0);
    assert_int_equal(lists[0].count, MEMBERSHIPS_MAX);
    assert_int_equal(lists[0].rows[MEMBERSHIPS_MAX - 1].ends.number, 105);
    assert_int_equal(lists[1].count, 1);
    assert_int_equal(lists[1].rows[0].ends.number, 7);
}

static void a_change_reaches_the_owner_only(void **state)
{
    struct fixture *f = *state;
    struct member_id owner = add_member(f, "A"), other = add_member(f, "B");
    struct membership_row row = membership(100, 200);
    row.id = add(f, owner, row);
    row.state = MEMBERSHIP_CANCELLED;
    row.cancelled_on.number = 150;
    row.frozen_from.number = 120;
    row.ends = DAY_NONE;
    assert_int_equal(membership_update(f->sql, other, &row), ERR_NOT_FOUND);
    assert_int_equal(fixture_number(f, "SELECT state FROM memberships"), MEMBERSHIP_ACTIVE);
    assert_int_equal(membership_update(f->sql, owner, &row), 0);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct membership_list *lists;
    assert_int_equal(memberships_read(f->read, &owner.n, 1, &arena, &lists), 0);
    const struct membership_row *got = &lists[0].rows[0];
    assert_int_equal(got->state, MEMBERSHIP_CANCELLED);
    assert_int_equal(got->cancelled_on.number, 150);
    assert_int_equal(got->frozen_from.number, 120);
    assert_false(day_is(got->ends));
    assert_false(day_is(got->frozen_until));
    row.id++;
    assert_int_equal(membership_update(f->sql, owner, &row), ERR_NOT_FOUND);
}

static void days_in_the_wrong_order_are_refused(void **state)
{
    struct fixture *f = *state;
    struct member_id member = add_member(f, "A");
    int64_t id;
    struct membership_row row = membership(200, 199);
    assert_true(membership_add(f->sql, member, &row, &id) < 0);
    row = membership(200, 200);
    row.frozen_from.number = 205;
    row.frozen_until.number = 204;
    assert_true(membership_add(f->sql, member, &row, &id) < 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM memberships"), 0);
}

static void plans_are_made_once_and_found_by_name(void **state)
{
    struct fixture *f = *state;
    int64_t year, ten, again;
    assert_int_equal(plan_create(f->sql, &(struct plan_row){.name = STR("Year"), .months = 12, .locations = STR("main,north")}, &year), 0);
    assert_int_equal(plan_create(f->sql, &(struct plan_row){.name = STR("Year")}, &again), ERR_EXISTS);
    assert_int_equal(plan_ensure(f->sql, &(struct plan_row){.name = STR("Ten"), .visits = 10, .days = 90}, &ten), 0);
    assert_int_equal(plan_ensure(f->sql, &(struct plan_row){.name = STR("Ten")}, &again), 0);
    assert_int_equal(again, ten);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct plan_row *rows, row;
    size_t count;
    assert_int_equal(plan_list(f->read, &arena, &rows, &count), 0);
    assert_int_equal(count, 2);
    assert_true(str_eq_c(rows[0].name, "Ten"));
    assert_int_equal(rows[0].visits, 10);
    assert_int_equal(rows[0].days, 90);
    assert_int_equal(rows[0].months, 0);
    assert_null(rows[0].locations.at);
    assert_int_equal(plan_by_name(f->read, STR("Year"), &arena, &row), 0);
    assert_int_equal(row.id, year);
    assert_int_equal(row.months, 12);
    assert_true(str_eq_c(row.locations, "main,north"));
    assert_int_equal(plan_by_name(f->read, STR("year"), &arena, &row), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_fields_come_back),
        TEST(the_latest_end_stands_first_and_an_open_one_before_it),
        TEST(each_of_many_members_gets_its_own),
        TEST(no_more_are_read_than_the_rules_look_at),
        TEST(a_change_reaches_the_owner_only),
        TEST(days_in_the_wrong_order_are_refused),
        TEST(plans_are_made_once_and_found_by_name),
    };
    return cmocka_run_group_tests_name("store/memberships", tests, NULL, NULL);
}
