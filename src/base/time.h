/* base/time.h: moments, days and how they are written. Reads no clock.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  years 1 to 9999.
 * Errors  ERR_SYNTAX, ERR_RANGE for text that is no moment or no day.
 * Tests   tests/unit/base/time_test.c */
#pragma once
#include "base/bytes.h"

/* What people read: milliseconds since 1970-01-01T00:00:00Z. */
struct wall_ms {
    int64_t ms;
};
/* What deadlines use: milliseconds of the machine's monotonic clock. */
struct mono_ms {
    int64_t ms;
};
/* A day of the calendar, without a zone: days since 1970-01-01. */
struct day {
    int32_t number;
};
#define DAY_LAST ((struct day){2932896}) /* 9999-12-31 */
#define DAY_NONE ((struct day){INT32_MIN})
#define WALL_NONE ((struct wall_ms){INT64_MIN})
static inline bool day_is(struct day day) { return day.number != INT32_MIN; }
static inline bool wall_is(struct wall_ms wall) { return wall.ms != INT64_MIN; }

struct date {
    int year;  /* 1 to 9999 */
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

MUST_USE int day_of_date(struct date date, struct day *ret_day); /* ERR_RANGE: no such day */
struct date day_date(struct day day);
/* 0 Monday to 6 Sunday. */
int day_weekday(struct day day);
int days_in_month(int year, int month);
/* The same day so many months later; from the 31st, the last day of a shorter month (contract 1.3). */
struct day day_add_months(struct day day, int months);

/* YYYY-MM-DD, exactly. */
MUST_USE int day_parse(struct str text, struct day *ret_day);
#define DAY_TEXT_BYTES 11
struct str day_text(struct day day, char ret_text[DAY_TEXT_BYTES]);

/* RFC 3339 with any offset; a fraction beyond milliseconds is cut. */
MUST_USE int wall_parse(struct str text, struct wall_ms *ret_wall);
/* 2026-11-25T04:21:59.123Z */
#define WALL_TEXT_BYTES 25
struct str wall_text(struct wall_ms wall, char ret_text[WALL_TEXT_BYTES]);
