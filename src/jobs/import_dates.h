/* jobs/import_dates.h: dates and amounts of money as spreadsheets write them.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  a reason for people, or NULL.
 * Tests   tests/unit/jobs/import_test.c */
#pragma once
#include "base/time.h"

enum date_order { DATE_UNKNOWN, DATE_YEAR_FIRST, DATE_MONTH_FIRST, DATE_DAY_FIRST };
const char *date_order_name(enum date_order order);

/* What one cell tells of its column's order: 13.1.2026 can only be day first. */
enum date_order date_hint(struct str cell);
/* NULL and the day; or what is wrong with it: "no such day", "no such month", "not a date". */
const char *date_read(struct str cell, enum date_order order, struct day *ret_day);
/* -10,10 · 1.234,50 · 1,234.50 · € 5: in minor units. False: no amount. */
bool amount_read(struct str cell, int64_t *ret_minor);
