#include "base/time.h"
#include "base/zone.h"
#include "../testing.h"

static void a_day_is_read_and_written_alike(void **state)
{
    (void)state;
    static const char *const DAYS[] = {"1970-01-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2026-11-25"};
    for (size_t i = 0; i < COUNT_OF(DAYS); i++) {
        struct day day;
        char text[DAY_TEXT_BYTES];
        assert_int_equal(day_parse(str_c(DAYS[i]), &day), 0);
        assert_true(str_eq_c(day_text(day, text), DAYS[i]));
    }
}

static void text_that_is_no_day_is_refused(void **state)
{
    (void)state;
    static const char *const DAYS[] = {"2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-32",
                                       "2026-01-01 ", "", "0000-01-01", "20260101"};
    for (size_t i = 0; i < COUNT_OF(DAYS); i++) {
        struct day day;
        assert_true(day_parse(str_c(DAYS[i]), &day) < 0);
    }
}

static void a_month_from_the_31st_ends_on_the_last_day_of_the_month(void **state)
{
    (void)state;
    static const struct { const char *from; int months; const char *to; } CASES[] = {
        {"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-03-31", 1, "2026-04-30"},
        {"2026-12-15", 1, "2027-01-15"}, {"2026-01-31", 12, "2027-01-31"}, {"2026-03-31", -1, "2026-02-28"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct day day;
        char text[DAY_TEXT_BYTES];
        assert_int_equal(day_parse(str_c(CASES[i].from), &day), 0);
        assert_true(str_eq_c(day_text(day_add_months(day, CASES[i].months), text), CASES[i].to));
    }
}

static void a_moment_is_read_with_any_offset(void **state)
{
    (void)state;
    static const struct { const char *text; const char *utc; } CASES[] = {
        {"2026-11-25T04:21:59.123Z", "2026-11-25T04:21:59.123Z"},
        {"2026-11-25T04:21:59Z", "2026-11-25T04:21:59.000Z"},
        {"2026-11-25t05:21:59.5+01:00", "2026-11-25T04:21:59.500Z"},
        {"2026-11-24T23:21:59.123456-05:00", "2026-11-25T04:21:59.123Z"},
        {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct wall_ms wall;
        char text[WALL_TEXT_BYTES];
        assert_int_equal(wall_parse(str_c(CASES[i].text), &wall), 0);
        assert_true(str_eq_c(wall_text(wall, text), CASES[i].utc));
    }
    static const char *const BAD[] = {"2026-11-25", "2026-11-25T24:00:00Z", "2026-11-25T04:21:59", "2026-11-25T04:21:59.Z",
                                      "2026-11-25T04:21:59+1:00", "2026-02-30T00:00:00Z", "2026-11-25T04:21:59Zz"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct wall_ms wall;
        assert_true(wall_parse(str_c(BAD[i]), &wall) < 0);
    }
}

static void a_location_has_its_own_day(void **state)
{
    (void)state;
    static const struct { const char *zone; const char *utc; const char *day; int second; } CASES[] = {
        {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29", 7199},   /* before the jump 02:00 -> 03:00 */
        {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29", 10800},
        {"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25", 9000},   /* 02:30, the first time */
        {"Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25", 9000},   /* 02:30, the second */
        {"America/New_York", "2026-11-25T04:59:59Z", "2026-11-24", 86399},
        {"Pacific/Auckland", "2026-11-24T11:00:00Z", "2026-11-25", 0},
        {"Asia/Kolkata", "2026-11-24T18:30:00Z", "2026-11-25", 0},
        {"UTC", "2026-11-25T00:00:00Z", "2026-11-25", 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(zone) struct zone *zone = NULL;
        struct wall_ms wall;
        char text[DAY_TEXT_BYTES];
        assert_int_equal(zone_open(str_c(CASES[i].zone), &zone), 0);
        assert_int_equal(wall_parse(str_c(CASES[i].utc), &wall), 0);
        struct local_time local = zone_local(zone, wall);
        assert_true(str_eq_c(day_text(local.day, text), CASES[i].day));
        assert_int_equal(local.second, CASES[i].second);
    }
}

static void a_day_begins_at_its_first_moment_even_without_a_midnight(void **state)
{
    (void)state;
    static const struct { const char *zone; const char *day; int second; const char *utc; } CASES[] = {
        {"Europe/Berlin", "2026-03-29", 0, "2026-03-28T23:00:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 9000, "2026-03-29T01:00:00.000Z"}, /* 02:30 is skipped: the jump */
        {"Europe/Berlin", "2026-10-25", 9000, "2026-10-25T00:30:00.000Z"}, /* 02:30 comes twice: the first */
        {"Europe/Berlin", "2026-10-25", 86400, "2026-10-25T23:00:00.000Z"},
        {"America/Sao_Paulo", "2018-11-04", 0, "2018-11-04T03:00:00.000Z"}, /* clocks went from 00:00 to 01:00 */
        {"America/New_York", "2026-11-01", 86400, "2026-11-02T05:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(zone) struct zone *zone = NULL;
        struct day day;
        char text[WALL_TEXT_BYTES];
        assert_int_equal(zone_open(str_c(CASES[i].zone), &zone), 0);
        assert_int_equal(day_parse(str_c(CASES[i].day), &day), 0);
        assert_string_equal(wall_text(zone_moment(zone, day, CASES[i].second), text).at, CASES[i].utc);
    }
}

static void a_name_that_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"", "Mars/Olympus", "/etc/passwd", "../etc/passwd", "Europe/../UTC", ":UTC"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct zone *zone = NULL;
        assert_int_equal(zone_open(str_c(NAMES[i]), &zone), ERR_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_read_and_written_alike),
        cmocka_unit_test(text_that_is_no_day_is_refused),
        cmocka_unit_test(a_month_from_the_31st_ends_on_the_last_day_of_the_month),
        cmocka_unit_test(a_moment_is_read_with_any_offset),
        cmocka_unit_test(a_location_has_its_own_day),
        cmocka_unit_test(a_day_begins_at_its_first_moment_even_without_a_midnight),
        cmocka_unit_test(a_name_that_is_no_zone_is_refused),
    };
    return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
