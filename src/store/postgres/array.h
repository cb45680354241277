/* store/postgres/array.h: columns of many rows as PostgreSQL's arrays, so that a batch is as many statements as one check-in is.
 *
 * Owns    struct pg_array its text.
 * Thread  one at a time.
 * Bounds  ARRAY_BYTES_MAX.
 * Errors  as buf_put. An array that failed stays failed, and pg_array_value tells.
 * Tests   tests/unit/store/batch_test.c over PostgreSQL */
#pragma once
#include "store/sql.h"

#define ARRAY_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct pg_array {
    struct buf text; /* "{1,2" while it grows */
    int failed;
    bool closed;
};

#define PG_ARRAY ((struct pg_array){.text = buf_of(ARRAY_BYTES_MAX)})
static inline void pg_array_owned(struct pg_array *array) { buf_done(&array->text); }

void pg_array_int(struct pg_array *array, int64_t number);
void pg_array_null(struct pg_array *array);
/* NULL where at is NULL. */
void pg_array_text(struct pg_array *array, struct str text);
void pg_array_bytes(struct pg_array *array, struct span bytes);
static inline void pg_array_wall(struct pg_array *array, struct wall_ms wall)
{
    if (wall_is(wall)) pg_array_int(array, wall.ms);
    else pg_array_null(array);
}
static inline void pg_array_day(struct pg_array *array, struct day day)
{
    if (day_is(day)) pg_array_int(array, day.number);
    else pg_array_null(array);
}
/* As a value for `$1::bigint[]`; the array takes no more from here on. */
MUST_USE int pg_array_value(struct pg_array *array, struct sql_value *ret_value);
