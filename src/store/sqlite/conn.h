/* store/sqlite/conn.h: a connection to a SQLite file, as the port of sql.h.
 *
 * Owns    the connection and its prepared statements, kept by the address of their text.
 * Thread  one at a time.
 * Bounds  SQL_STATEMENTS_MAX statements are kept; further ones are prepared each time. busy_ms for another process's lock.
 * Errors  as sql.h. After ERR_IO the connection is suspect: it is opened anew, and a commit of its own must succeed, before
 *         anything else is done with it, so that a failed fsync is never taken for a success by trying it again.
 * Tests   tests/unit/store/sql_test.c, tests/unit/store/power_cut_test.c */
#pragma once
#include <sqlite3.h>
#include "store/sql_impl.h"

enum sqlite_role {
    SQLITE_WRITES, /* writes and checkpoints */
    SQLITE_READS,  /* query_only, never checkpoints */
};

struct sqlite_statement {
    const char *text;
    sqlite3_stmt *stmt;
    bool in_use;
};

#define SQLITE_SLOTS (2 * SQL_STATEMENTS_MAX)

struct sqlite_conn {
    struct sql sql; /* first: a struct sql of ours is one of these */
    sqlite3 *db;
    char *path;
    enum sqlite_role role;
    int busy_ms;
    bool suspect;
    int wal_pages; /* in the log after the last commit */
    size_t statement_count;
    struct sqlite_statement statements[SQLITE_SLOTS]; /* a hash table, open addressing */
};

/* Makes the log of a process that was killed durable, whole as it is read. What that process wrote may never have been synced, or its
 * sync may have failed, and then no later sync mends it: it lies in memory alone, and SQLite takes it for committed. So every byte
 * is written once more and synced, before anybody is told of what it says. Does nothing where another process has the database open:
 * that one found the log first. */
MUST_USE int sqlite_settle_log(const char *path);

/* Opens path, or makes it where create is set. */
MUST_USE int sqlite_conn_open(const char *path, enum sqlite_role role, int64_t busy_ms, bool create,
                              struct sqlite_conn **ret_conn, struct err_detail *reterr);
void sqlite_conn_close(struct sqlite_conn *conn);
static inline void sqlite_conn_owned(struct sqlite_conn **conn) { sqlite_conn_close(*conn); }
