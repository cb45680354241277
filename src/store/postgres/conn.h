/* store/postgres/conn.h: a connection to PostgreSQL, as the port of sql.h.
 *
 * Owns    the connection, its prepared statements, kept by the address of their text, and the result that is being read.
 * Thread  one at a time.
 * Bounds  SQL_STATEMENTS_MAX statements are kept; further ones, and all behind a pooler, are sent whole each time. A result is in memory
 *         as a whole, so queries carry their own limits.
 * Errors  as sql.h. ERR_CLOSED: the connection was lost, nothing of the transaction was done; the next statement outside of one connects
 *         anew. ERR_IO of a commit: it was lost on the way, and nobody knows. ERR_RACED: a deadlock or a serialization failure; again.
 * Tests   tests/unit/store/ with STORE_TEST_POSTGRES */
#pragma once
#include <libpq-fe.h>
#include "store/sql_impl.h"

enum pg_role {
    PG_WRITES,
    PG_READS, /* its transactions are read only, and of one moment */
};

struct pg_options {
    const char *url;
    bool
        prepares; /* false: behind a pooler in transaction mode, where the next transaction may be another connection's */
};

#define PG_SLOTS (2 * SQL_STATEMENTS_MAX)

struct pg_conn {
    struct sql sql; /* first: a struct sql of ours is one of these */
    PGconn *pg;
    char *url;
    enum pg_role role;
    bool prepares;
    bool in_transaction;
    int64_t changes;
    size_t statement_count;
    const char *statements[PG_SLOTS]; /* a hash table, open addressing; the slot is the statement's name */
};

MUST_USE int pg_conn_open(const struct pg_options *options, enum pg_role role, struct pg_conn **ret_conn,
                          struct err_detail *reterr);
void pg_conn_close(struct pg_conn *conn);
static inline void pg_conn_owned(struct pg_conn **conn) { pg_conn_close(*conn); }
/* A sentence for a negative result; the address and the password stay out of it. */
int pg_explain(const struct pg_conn *conn, int code, struct err_detail *reterr);
