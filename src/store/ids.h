/* store/ids.h: one query for many ids, so that a page of rows costs a few queries and not one for each row.
 *
 * Owns    nothing.
 * Thread  the connection's.
 * Bounds  IDS_AT_ONCE ids a query.
 * Errors  as sql.h.
 * Tests   through all that reads pages: tests/unit/store/ */
#pragma once
#include "store/sql.h"

#define IDS_AT_ONCE 16
/* In the text: WHERE member_id IN (IDS_HERE); the ids are its only parameters. */
#define IDS_HERE "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16"

/* Runs the text for each stretch of ids. Each id counts once: an id that stands there twice may be found twice. */
MUST_USE int ids_run(struct sql *sql, const char *text, const int64_t *ids, size_t count, sql_on_row *on_row,
                     void *ctx);
/* Sorts, and drops what stands there twice; the count that is left. */
size_t ids_settle(int64_t *ids, size_t count);
/* Where it stands in settled ids; SIZE_MAX: nowhere. */
size_t ids_find(const int64_t *ids, size_t count, int64_t id);
