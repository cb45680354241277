#include "auth/rate.h"
#include "../testing.h"

#include <stdio.h>

static bool take_one(struct rate *rate, const char *key, int64_t at_ms, int64_t *ret_retry_ms)
{
    *ret_retry_ms = 0;
    return rate_take(rate, str_span(str_c(key)), (struct mono_ms){at_ms}, ret_retry_ms);
}

static void so_many_at_once_and_then_one_at_a_time(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 3, .period_ms = 3000}, 64, &rate), 0);
    for (int i = 0; i < 3; i++) assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", 1000, &retry_ms));
    assert_in_range(retry_ms, 1, 1000);
    assert_true(take_one(rate, "b", 1000, &retry_ms)); /* another key's own */
    assert_false(take_one(rate, "a", 1000 + retry_ms - 2, &retry_ms));
    assert_true(take_one(rate, "a", 2001, &retry_ms));
    assert_false(take_one(rate, "a", 2001, &retry_ms));
    for (int i = 0; i < 3; i++) assert_true(take_one(rate, "a", 60000, &retry_ms)); /* never more than the burst */
    assert_false(take_one(rate, "a", 60000, &retry_ms));
}

static void a_burst_may_be_more_or_less_than_the_rate(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 10, .period_ms = 1000, .burst = 2}, 64, &rate), 0);
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", 1000, &retry_ms));
    assert_in_range(retry_ms, 1, 100);
    assert_true(take_one(rate, "a", 1101, &retry_ms));
}

static void what_is_given_back_does_not_count(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 1, .period_ms = 60000}, 64, &rate), 0);
    for (int i = 0; i < 10; i++) {
        assert_true(take_one(rate, "a", 1000, &retry_ms));
        rate_give_back(rate, str_span(STR("a")), (struct mono_ms){1000});
    }
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", 1000, &retry_ms));
}

/* Each loop has its own clock of the turn: one may lag behind the other. */
static void a_clock_that_lags_takes_nothing_away(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 3, .period_ms = 60000}, 64, &rate), 0);
    assert_true(take_one(rate, "a", 1005, &retry_ms));
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_true(take_one(rate, "a", 998, &retry_ms));
    assert_false(take_one(rate, "a", 1005, &retry_ms));
}

static void what_is_held_comes_back_by_being_given_back_alone(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    const int64_t ten_years_ms = INT64_C(315360000000);
    assert_int_equal(rate_create((struct rate_limit){.count = 2, .period_ms = 0}, 64, &rate), 0);
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", ten_years_ms, &retry_ms));
    assert_true(retry_ms >= 1);
    rate_give_back(rate, str_span(STR("a")), (struct mono_ms){ten_years_ms});
    assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", 1000, &retry_ms));
    for (int i = 0; i < 5; i++) rate_give_back(rate, str_span(STR("a")), (struct mono_ms){1000}); /* more than were taken */
    for (int i = 0; i < 2; i++) assert_true(take_one(rate, "a", 1000, &retry_ms));
    assert_false(take_one(rate, "a", 1000, &retry_ms));
}

static void count_0_is_no_limit(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 0, .period_ms = 1000}, 64, &rate), 0);
    for (int i = 0; i < 1000; i++) assert_true(take_one(rate, "a", 1000, &retry_ms));
}

/* A full table forgets the mildest case: whoever is out of tries stays so while others with some left come and go. */
static void strangers_free_nobody(void **state)
{
    (void)state;
    OWNED(rate) struct rate *rate = NULL;
    int64_t retry_ms;
    assert_int_equal(rate_create((struct rate_limit){.count = 5, .period_ms = 3600000}, 64, &rate), 0);
    for (int i = 0; i < 5; i++) assert_true(take_one(rate, "guesser", 1000, &retry_ms));
    assert_false(take_one(rate, "guesser", 1000, &retry_ms));
    for (int i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof key, "stranger %d", i);
        ignore(take_one(rate, key, 1001, &retry_ms), "it may or may not be let in");
    }
    assert_false(take_one(rate, "guesser", 1002, &retry_ms));
}

static void one_customer_s_ipv6_network_is_one_address(void **state)
{
    (void)state;
    static const struct { const char *a, *b; bool same; } CASES[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"::ffff:192.0.2.7", "192.0.2.7", true},
        {"unix", "unix", true},
        {"unix", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t a[RATE_ADDRESS_BYTES], b[RATE_ADDRESS_BYTES];
        if (span_eq(rate_address(str_c(CASES[i].a), a), rate_address(str_c(CASES[i].b), b)) != CASES[i].same) {
            fail_msg("%s and %s", CASES[i].a, CASES[i].b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_and_then_one_at_a_time),
        cmocka_unit_test(a_burst_may_be_more_or_less_than_the_rate),
        cmocka_unit_test(what_is_given_back_does_not_count),
        cmocka_unit_test(a_clock_that_lags_takes_nothing_away),
        cmocka_unit_test(what_is_held_comes_back_by_being_given_back_alone),
        cmocka_unit_test(count_0_is_no_limit),
        cmocka_unit_test(strangers_free_nobody),
        cmocka_unit_test(one_customer_s_ipv6_network_is_one_address),
    };
    return cmocka_run_group_tests_name("auth/rate", tests, NULL, NULL);
}
