/* store/sqlite/batch.h: the way of a check-in over SQLite: what a batch names is loaded, what decide made is saved.
 *
 * Owns    nothing; rows go into the batch's arena.
 * Thread  the writer.
 * Bounds  the batch's.
 * Errors  as store.h.
 * Tests   tests/unit/store/batch_test.c */
#pragma once
#include "store/store.h"

MUST_USE int sqlite_load(struct sql *sql, struct batch *batch);
/* Without the commit. */
MUST_USE int sqlite_save(struct sql *sql, struct batch *batch);
