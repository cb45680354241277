#include "auth/principal.h"
#include "../testing.h"

static void a_copy_stands_alone(void **state)
{
    (void)state;
    char sub[] = "7", slug[] = "main";
    struct str places[] = {{slug, 4}, {"north", 5}};
    const struct principal like = {.role = ROLE_STAFF, .sub = {sub, 1}, .name = STR("Sam"), .session = STR("55"), .expires_at = {1000}, .is_own = true,
                                   .location_count = 2, .locations = places};
    struct principal *who;
    assert_int_equal(principal_create(&like, &who), 0);
    sub[0] = 'X';
    slug[0] = 'X';
    assert_str(who->sub, "7");
    assert_true(principal_at(who, STR("main")));
    assert_true(principal_at(who, STR("north")));
    assert_false(principal_at(who, STR("nort")));
    assert_false(principal_at(who, STR("")));
    struct principal *same = principal_ref(who);
    principal_unref(who);
    assert_str(same->session, "55");
    assert_true(principal_may(same, MAY_CHECK_IN));
    assert_false(principal_may(same, MAY_IMPORT));
    principal_unref(same);
    principal_unref(NULL);
}

static void everywhere_is_everywhere_and_nowhere_is_nowhere(void **state)
{
    (void)state;
    OWNED(principal) struct principal *everywhere = NULL, *nowhere = NULL;
    assert_int_equal(principal_create(&(struct principal){.sub = STR("1"), .all_locations = true}, &everywhere), 0);
    assert_int_equal(principal_create(&(struct principal){.sub = STR("1")}, &nowhere), 0);
    assert_true(principal_at(everywhere, STR("main")));
    assert_false(principal_at(nowhere, STR("main")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_stands_alone),
        cmocka_unit_test(everywhere_is_everywhere_and_nowhere_is_nowhere),
    };
    return cmocka_run_group_tests_name("auth/principal", tests, NULL, NULL);
}
