#include "cli/histogram.h"
#include "../testing.h"

static struct histogram g_histogram;

static void percentiles_are_within_two_per_cent(void **state)
{
    (void)state;
    g_histogram = (struct histogram){0};
    for (int64_t us = 1; us <= 100000; us++) histogram_add(&g_histogram, us);
    static const struct { unsigned per_mille; double value; } CASES[] = {{1, 100}, {500, 50000}, {990, 99000}, {999, 99900}, {1000, 100000}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        double is = (double)histogram_at(&g_histogram, CASES[i].per_mille);
        if (is < CASES[i].value * 0.98 || is > CASES[i].value * 1.02) fail_msg("%u per mille: %.0f", CASES[i].per_mille, is);
    }
    assert_int_equal(g_histogram.count, 100000);
    assert_int_equal(g_histogram.max_us, 100000);
}

static void none_and_extremes_are_taken(void **state)
{
    (void)state;
    g_histogram = (struct histogram){0};
    assert_int_equal(histogram_at(&g_histogram, 500), 0);
    static const int64_t ODD[] = {0, -5, 1, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(ODD); i++) histogram_add(&g_histogram, ODD[i]);
    assert_int_equal(g_histogram.count, 4);
    assert_true(histogram_at(&g_histogram, 500) <= 1);
    assert_true(histogram_at(&g_histogram, 1000) >= (uint64_t)1 << 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_two_per_cent),
        cmocka_unit_test(none_and_extremes_are_taken),
    };
    return cmocka_run_group_tests_name("cli/histogram", tests, NULL, NULL);
}
