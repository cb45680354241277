/* store/state.h: a location's head and running day, as its row holds them.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  HOURLY_BYTES_MAX for the 24 numbers as text.
 * Errors  ERR_CORRUPT where the row cannot be read back.
 * Tests   tests/unit/store/batch_test.c */
#pragma once
#include "domain/stats.h"
#include "store/sql.h"

/* What state_of_row reads, in its order. */
#define STATE_COLUMNS                                                                                        \
    "head, day, currently_in, check_ins, check_outs, unique_members, stay_seconds, stays, peak, peak_at, hourly, denied, last_at"

#define HOURLY_BYTES_MAX (24 * 11)

MUST_USE int state_of_row(const struct sql_row *row, struct seq *ret_head, struct stats *ret_stats);
MUST_USE int state_hourly_put(struct buf *out, const int32_t hourly[24]);
MUST_USE int state_write(struct sql *sql, struct location_id location, struct seq head,
                         const struct stats *stats);
