#include "fixture.h"
#include "store/audit.h"

static void entries_are_listed_newest_first_by_subject(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = 1; i <= 7; i++) {
        struct audit_row row = {.at = {1000 + i}, .actor = STR("cli"), .action = STR("ban"), .subject = i % 2 == 1 ? STR("member:42") : STR("member:4")};
        if (i == 3) row.details = STR("{\"reason\":\"łańcuch\"}");
        assert_int_equal(audit_add(f->sql, &row), 0);
    }
    OWNED(arena) struct arena arena = arena_of(1 << 20);
    struct audit_row *rows;
    size_t count;
    assert_int_equal(audit_list(f->read, STR("member:42"), 0, 3, &arena, &rows, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].at.ms, 1007);
    assert_int_equal(rows[1].at.ms, 1005);
    assert_true(str_eq_c(rows[2].details, "{\"reason\":\"łańcuch\"}"));
    assert_true(str_eq_c(rows[0].details, "{}"));
    assert_true(str_eq_c(rows[0].actor, "cli"));
    assert_true(str_eq_c(rows[0].action, "ban"));
    assert_true(str_eq_c(rows[0].subject, "member:42"));
    assert_int_equal(audit_list(f->read, STR("member:42"), rows[2].id, 3, &arena, &rows, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].at.ms, 1001);
    assert_int_equal(audit_list(f->read, STR("member:420"), 0, 3, &arena, &rows, &count), 0);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_listed_newest_first_by_subject, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("store/audit", tests, NULL, NULL);
}
