/* store/postgres/batch.h: the way of a check-in over PostgreSQL. A batch costs the same number of round trips whatever its size: what many
 * commands name is asked for by arrays.
 *
 * Exact among nodes: the members that a batch names are locked first, in the order of their ids, then its locations, in theirs; what is
 * read afterwards is as of the locks. Two nodes that meet all the same (a code's last moment, a request's id) are told apart by a
 * unique index, and the later one's batch is ERR_RACED: nothing was done, and the same again finds what the other did.
 *
 * Owns    nothing; rows go into the batch's arena.
 * Thread  the writer.
 * Bounds  the batch's.
 * Errors  as store.h, and ERR_RACED.
 * Tests   tests/unit/store/batch_test.c */
#pragma once
#include "store/store.h"

/* Numbers for new visits, taken from the database's sequence in blocks. */
struct pg_visit_ids {
    int64_t next, end;
};
#define PG_VISIT_BLOCK 1024 /* the sequence's increment: migrations/0005_visit_blocks.sql */

MUST_USE int pg_load(struct sql *sql, struct pg_visit_ids *ids, struct batch *batch);
/* Without the commit. */
MUST_USE int pg_save(struct sql *sql, struct batch *batch);
