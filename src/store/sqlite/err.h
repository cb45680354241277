/* store/sqlite/err.h: SQLite's numbers in our words.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  ERR_EXISTS, ERR_BUSY, ERR_FULL, ERR_IO, ERR_CORRUPT, ERR_NOMEM, ERR_TOO_BIG, ERR_DATABASE.
 * Tests   tests/unit/store/sql_test.c */
#pragma once
#include <sqlite3.h>
#include "base/err.h"

/* Of a connection's last failure; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. db may be NULL where rc says it all. */
MUST_USE int sqlite_err(sqlite3 *db, int rc);
/* The same as a sentence about the database at path. */
int sqlite_explain(struct err_detail *reterr, int code, const char *path, sqlite3 *db);
