/* The whole table, written out a second time (contract section 4), so that a change to it is a decision. */
#include "auth/role.h"
#include "../testing.h"

static void who_may_do_what(void **state)
{
    (void)state;
    /* owner, manager, staff, kiosk, turnstile, viewer, member */
    static const struct { enum action action; const char *who; } TABLE[] = {
        {MAY_FOLLOW, "omsktv-"},        {MAY_CHECK_IN, "omskt--"},       {MAY_OVERRIDE, "oms----"},        {MAY_OVERRIDE_BAN, "om-----"},
        {MAY_CORRECT, "oms----"},       {MAY_SEE_ALL, "oms----"},        {MAY_READ_MEMBERS, "oms----"},    {MAY_WRITE_MEMBERS, "oms----"},
        {MAY_IMPORT, "om-----"},        {MAY_READ_VISITS, "oms----"},    {MAY_WRITE_LOCATIONS, "om-----"}, {MAY_OPEN_LOCATIONS, "o------"},
        {MAY_WRITE_USERS, "om-----"},   {MAY_READ_AUDIT, "om-----"},
    };
    assert_int_equal(COUNT_OF(TABLE), MAY_COUNT);
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        for (unsigned role = 0; role < ROLE_COUNT; role++) {
            bool may = role_may((enum role)role, TABLE[i].action);
            if (may != (TABLE[i].who[role] != '-')) fail_msg("%s, action %zu", role_name((enum role)role), i);
        }
    }
}

static void names_go_both_ways(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"owner", "manager", "staff", "kiosk", "turnstile", "viewer", "member"};
    assert_int_equal(COUNT_OF(NAMES), ROLE_COUNT);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        enum role role;
        assert_int_equal(role_of(str_c(NAMES[i]), &role), 0);
        assert_int_equal(role, i);
        assert_string_equal(role_name(role), NAMES[i]);
    }
    enum role none = ROLE_MEMBER;
    static const char *const BAD[] = {"", "Owner", "owner ", "admin", "own"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) assert_int_equal(role_of(str_c(BAD[i]), &none), ERR_NOT_FOUND);
}

static void nobody_appoints_above_himself(void **state)
{
    (void)state;
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        for (unsigned other = 0; other < ROLE_COUNT; other++) {
            bool expected = role == ROLE_OWNER || (role == ROLE_MANAGER && other > ROLE_MANAGER);
            assert_true(role_may_appoint((enum role)role, (enum role)other) == expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_do_what),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(nobody_appoints_above_himself),
    };
    return cmocka_run_group_tests_name("auth/role", tests, NULL, NULL);
}
