#include "store/sqlite/conn.h"
#include "store/sqlite/err.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Measured by tests/bench/sqlite_floor.c; docs/performance.md has the figures. */
#define CACHE_KIB_WRITER 65536
#define CACHE_KIB_READER 8192
#define CHECKPOINT_PAGES 4000
#define CHECKPOINT_PAGES_FORCED 65536 /* 256 MiB: a reader has held the log for long; wait for it */

static struct sqlite_conn *conn_of(struct sql *sql) { return (struct sqlite_conn *)sql; }

/* --- Statements --- */

static void reset_statement(struct sqlite_statement *statement)
{
    /* The failure was already told by the step. */
    ignore(sqlite3_reset(statement->stmt), "repeats the step's failure");
    statement->in_use = false;
}

static void forget_statements(struct sqlite_conn *conn)
{
    for (size_t i = 0; i < SQLITE_SLOTS; i++) {
        ignore(sqlite3_finalize(conn->statements[i].stmt), "repeats the last step's failure");
        conn->statements[i] = (struct sqlite_statement){0};
    }
    conn->statement_count = 0;
}

static size_t slot_of(const char *text)
{
    return (size_t)(((uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % SQLITE_SLOTS;
}

/* The kept statement of this text, or a free slot for it; NULL where all are taken. */
static struct sqlite_statement *find_slot(struct sqlite_conn *conn, const char *text)
{
    size_t at = slot_of(text);
    while (conn->statements[at].text != NULL && conn->statements[at].text != text) {
        at = (at + 1) % SQLITE_SLOTS;
    }
    struct sqlite_statement *found = &conn->statements[at];
    if (found->text == NULL && conn->statement_count == SQL_STATEMENTS_MAX) return NULL;
    return found;
}

static int prepare(struct sqlite_conn *conn, const char *text, unsigned flags, sqlite3_stmt **ret_stmt)
{
    const char *rest = NULL;
    int rc = sqlite3_prepare_v3(conn->db, text, -1, flags, ret_stmt, &rest);
    if (rc != SQLITE_OK) return sqlite_err(conn->db, rc);
    check(*ret_stmt != NULL && *rest == '\0'); /* one statement, which is ours */
    return 0;
}

/* A statement ready to be bound. *once is used where the kept one is running already or no more are kept. */
static int get_statement(struct sqlite_conn *conn, const char *text, struct sqlite_statement *once,
                         struct sqlite_statement **ret_statement)
{
    struct sqlite_statement *kept = find_slot(conn, text);
    if (kept == NULL || kept->in_use) {
        TRY(prepare(conn, text, 0, &once->stmt));
        *ret_statement = once;
        return 0;
    }
    if (kept->text == NULL) {
        TRY(prepare(conn, text, SQLITE_PREPARE_PERSISTENT, &kept->stmt));
        kept->text = text;
        conn->statement_count++;
    }
    *ret_statement = kept;
    return 0;
}

static int bind(sqlite3_stmt *stmt, int position, const struct sql_value *value)
{
    struct span bytes = value->bytes;
    switch (value->type) {
    case SQL_NULL: return sqlite3_bind_null(stmt, position);
    case SQL_INT: return sqlite3_bind_int64(stmt, position, value->number);
    case SQL_TEXT:
        return sqlite3_bind_text64(stmt, position, (const char *)bytes.at, bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case SQL_BLOB:
        if (bytes.len == 0) return sqlite3_bind_zeroblob(stmt, position, 0);
        return sqlite3_bind_blob64(stmt, position, bytes.at, bytes.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static int bind_all(struct sqlite_conn *conn, sqlite3_stmt *stmt, const struct sql_value *values,
                    size_t count)
{
    check((int)count == sqlite3_bind_parameter_count(stmt));
    for (size_t i = 0; i < count; i++) {
        int rc = bind(stmt, (int)i + 1, &values[i]);
        if (rc != SQLITE_OK) return sqlite_err(conn->db, rc);
    }
    return 0;
}

static int step_all(struct sqlite_conn *conn, sqlite3_stmt *stmt, sql_on_row *on_row, void *ctx)
{
    bool damaged = false;
    const struct sql_row row = {.ops = conn->sql.ops, .native = stmt, .damaged = &damaged};
    for (;;) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE) return 0;
        if (rc != SQLITE_ROW) return sqlite_err(conn->db, rc);
        if (on_row == NULL) continue;
        rc = on_row(ctx, &row);
        if (damaged) return ERR_CORRUPT;
        if (rc != 0) return rc;
    }
}

/* --- Suspicion: what nobody knows is fenced off before anything else happens --- */

static int configure(struct sqlite_conn *conn);

static int run_plain(struct sqlite_conn *conn, const char *text)
{
    return sqlite_err(conn->db, sqlite3_exec(conn->db, text, NULL, NULL, NULL));
}

static int open_db(struct sqlite_conn *conn, int flags)
{
    int rc =
        sqlite3_open_v2(conn->path, &conn->db, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (conn->db == NULL) return ERR_NOMEM;
    sqlite3_extended_result_codes(conn->db, 1);
    return sqlite_err(conn->db, rc);
}

static void close_db(struct sqlite_conn *conn)
{
    if (conn->db == NULL) return;
    forget_statements(conn);
    int rc = sqlite3_close(conn->db);
    check(rc == SQLITE_OK); /* nothing of ours is left open in it */
    conn->db = NULL;
}

/* A commit of our own after the doubtful one: it takes the doubtful one's place in the log, or stands behind it. From then on
 * what can be read is what is on the disk. */
static int clear_suspicion(struct sqlite_conn *conn)
{
    close_db(conn);
    TRY(open_db(conn, 0));
    TRY(configure(conn));
    if (conn->role == SQLITE_WRITES) TRY(run_plain(conn, "UPDATE meta SET fence = fence + 1"));
    conn->suspect = false;
    return 0;
}

static int be_sure(struct sqlite_conn *conn)
{
    if (conn->db != NULL && !conn->suspect) return 0;
    if (conn->db != NULL && !sqlite3_get_autocommit(conn->db)) {
        return 0; /* in a transaction, which will fail by itself */
    }
    return clear_suspicion(conn);
}

static int noted(struct sqlite_conn *conn, int rc)
{
    if (rc == ERR_IO) conn->suspect = true;
    return rc;
}

/* --- The port --- */

static int conn_run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                    sql_on_row *on_row, void *ctx)
{
    struct sqlite_conn *conn = conn_of(sql);
    TRY(be_sure(conn));
    struct sqlite_statement once = {0};
    struct sqlite_statement *statement;
    TRY(noted(conn, get_statement(conn, text, &once, &statement)));
    statement->in_use = true;
    int rc = bind_all(conn, statement->stmt, values, count);
    if (rc == 0) rc = step_all(conn, statement->stmt, on_row, ctx);
    reset_statement(statement);
    ignore(sqlite3_finalize(once.stmt), "repeats the step's failure");
    return noted(conn, rc);
}

static int conn_script(struct sql *sql, const char *text)
{
    struct sqlite_conn *conn = conn_of(sql);
    TRY(be_sure(conn));
    return noted(conn, run_plain(conn, text));
}

static int found_one(void *ctx, const struct sql_row *row)
{
    ignore(ctx, "nothing to keep");
    ignore(row, "it is there, that is all");
    return 1;
}

static int conn_has_table(struct sql *sql, const char *name)
{
    return conn_run(sql, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1",
                    SQL_VALUES(sql_text(str_c(name))), found_one, NULL);
}

static int64_t conn_changes(const struct sql *sql)
{
    return sqlite3_changes64(((const struct sqlite_conn *)sql)->db);
}

static int conn_begin(struct sql *sql)
{
    bool writes = conn_of(sql)->role == SQLITE_WRITES;
    /* IMMEDIATE: waits for the lock now, so that nothing in the transaction can find the database busy any more. */
    return writes ? conn_run(sql, "BEGIN IMMEDIATE", SQL_NO_VALUES, NULL, NULL)
                  : conn_run(sql, "BEGIN", SQL_NO_VALUES, NULL, NULL);
}

static void conn_rollback(struct sql *sql)
{
    struct sqlite_conn *conn = conn_of(sql);
    /* A failure may have ended the transaction already. */
    if (conn->db == NULL || sqlite3_get_autocommit(conn->db)) return;
    if (run_plain(conn, "ROLLBACK") < 0) conn->suspect = true;
}

/* Moves the log's pages into the database where there are enough of them. The commit stands already: a failure here loses
 * nothing, leaves the log as it is, and the next commit tries again from the log's own pages. */
static void checkpoint(struct sqlite_conn *conn)
{
    if (conn->wal_pages < CHECKPOINT_PAGES) return;
    int mode =
        conn->wal_pages < CHECKPOINT_PAGES_FORCED ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;
    ignore(sqlite3_wal_checkpoint_v2(conn->db, NULL, mode, NULL, NULL), "the log stays; see above");
}

static int conn_commit(struct sql *sql)
{
    struct sqlite_conn *conn = conn_of(sql);
    int rc = conn_run(sql, "COMMIT", SQL_NO_VALUES, NULL, NULL);
    if (rc < 0) {
        conn_rollback(sql);
        return rc;
    }
    if (conn->role == SQLITE_WRITES) checkpoint(conn);
    return 0;
}

/* SQLite gives the number after the highest. */
static int conn_ids_given(struct sql *sql, const char *table)
{
    ignore(sql, "see above");
    ignore(table, "see above");
    return 0;
}

static bool column_is_null(const struct sql_row *row, int column)
{
    return sqlite3_column_type(row->native, column) == SQLITE_NULL;
}

static int64_t column_number(const struct sql_row *row, int column)
{
    return sqlite3_column_int64(row->native, column);
}

static struct span column_bytes(const struct sql_row *row, int column)
{
    if (column_is_null(row, column)) return (struct span){0};
    const void *at = sqlite3_column_blob(row->native, column); /* text too: the file's encoding is UTF-8 */
    size_t len = (size_t)sqlite3_column_bytes(row->native, column);
    return span_of(at == NULL ? "" : at, len); /* SQLite gives NULL for an empty blob */
}

static const struct sql_ops CONN_OPS = {
    .run = conn_run,
    .script = conn_script,
    .has_table = conn_has_table,
    .changes = conn_changes,
    .begin = conn_begin,
    .commit = conn_commit,
    .rollback = conn_rollback,
    .ids_given = conn_ids_given,
    .is_null = column_is_null,
    .number = column_number,
    .bytes = column_bytes,
};

/* --- The log of a process that is gone --- */

static int write_again(sqlite3_file *log)
{
    static const int CHUNK_BYTES = 64 * 1024;
    OWNED(mem) uint8_t *chunk = malloc((size_t)CHUNK_BYTES);
    sqlite3_int64 size;
    if (chunk == NULL) return SQLITE_NOMEM;
    int rc = log->pMethods->xFileSize(log, &size);
    for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += CHUNK_BYTES) {
        int len = size - at < CHUNK_BYTES ? (int)(size - at) : CHUNK_BYTES;
        rc = log->pMethods->xRead(log, chunk, len, at);
        if (rc == SQLITE_OK) rc = log->pMethods->xWrite(log, chunk, len, at);
    }
    return rc == SQLITE_OK ? log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) : rc;
}

/* The exclusive mode is what keeps every other process out meanwhile; SQLITE_BUSY: one is in already. */
static int settle(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; SELECT count(*) FROM sqlite_schema", NULL, NULL,
                          NULL);
    if (rc != SQLITE_OK) return rc;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return rc == SQLITE_OK && log != NULL && log->pMethods != NULL ? write_again(log) : rc;
}

int sqlite_settle_log(const char *path)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) rc = settle(db);
    bool disk = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_FULL;
    int code = disk ? sqlite_err(db, rc) : 0; /* whoever opens it next tells what else there is */
    ignore(sqlite3_close(db), "nothing is left open in it");
    return code;
}

/* --- Opening --- */

static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    ignore(db, "there is one");
    ignore(name, "it is main");
    ((struct sqlite_conn *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

static int set_pragmas(struct sqlite_conn *conn)
{
    OWNED(buf) struct buf text = buf_of(512);
    bool writes = conn->role == SQLITE_WRITES;
    TRY(buf_printf(
        &text,
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-%d; PRAGMA query_only=%d;",
        writes ? CACHE_KIB_WRITER : CACHE_KIB_READER, writes ? 0 : 1));
    TRY(buf_terminate(&text));
    return run_plain(conn, (const char *)text.at);
}

static int configure(struct sqlite_conn *conn)
{
    TRY(sqlite_err(conn->db, sqlite3_busy_timeout(conn->db, conn->busy_ms)));
    TRY(set_pragmas(conn));
    TRY(sqlite_err(conn->db, sqlite3_wal_autocheckpoint(conn->db, 0)));
    if (conn->role == SQLITE_WRITES) sqlite3_wal_hook(conn->db, on_commit, conn);
    return 0;
}

static int is_wal(void *ctx, int count, char **values, char **names)
{
    ignore(names, "there is one column");
    *(bool *)ctx = count == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

/* The mode is kept in the file. The first to open a new file sets it; who comes at the same moment may find it locked for that
 * while, and SQLite does not wait here by itself. */
static int use_wal(struct sqlite_conn *conn)
{
    bool wal = false;
    int rc = SQLITE_OK;
    for (int waited_ms = 0; waited_ms <= conn->busy_ms; waited_ms += 10) {
        rc = sqlite3_exec(conn->db, "PRAGMA journal_mode=WAL", is_wal, &wal, NULL);
        if (rc != SQLITE_BUSY && (rc & 0xff) != SQLITE_BUSY) break;
        sqlite3_sleep(10);
    }
    TRY(sqlite_err(conn->db, rc));
    return wal ? 0 : ERR_UNSUPPORTED;
}

static int explain_open(struct sqlite_conn *conn, int code, struct err_detail *reterr)
{
    int system = conn->db == NULL ? 0 : sqlite3_system_errno(conn->db);
    int extended = conn->db == NULL ? SQLITE_OK : sqlite3_extended_errcode(conn->db);
    struct stat file;
    if ((extended & 0xff) == SQLITE_CANTOPEN && system == ENOENT && stat(conn->path, &file) != 0) {
        return fail(reterr, ERR_NOT_FOUND, "there is no database at %s; «footfall init» makes one",
                    conn->path);
    }
    if ((extended & 0xff) == SQLITE_CANTOPEN || (extended & 0xff) == SQLITE_READONLY) {
        return fail(
            reterr, ERR_IO,
            "the database %s cannot be written (%s); check the owner and rights of the file and its folder",
            conn->path, system == 0 ? "read-only" : strerror(system));
    }
    if (code == ERR_UNSUPPORTED) {
        return fail(reterr, code,
                    "the disk of %s cannot hold a write-ahead log (a network disk?); use a local one",
                    conn->path);
    }
    return sqlite_explain(reterr, code, conn->path, conn->db);
}

static int try_open(struct sqlite_conn *conn, bool create, struct err_detail *reterr)
{
    int rc = open_db(conn, create ? SQLITE_OPEN_CREATE : 0);
    if (rc == 0) rc = configure(conn);
    if (rc == 0 && sqlite3_db_readonly(conn->db, "main") == 1) {
        return fail(reterr, ERR_IO,
                    "the database %s is read-only; check the owner and rights of the file and its folder",
                    conn->path);
    }
    if (rc == 0) rc = use_wal(conn);
    return rc < 0 ? explain_open(conn, rc, reterr) : 0;
}

int sqlite_conn_open(const char *path, enum sqlite_role role, int64_t busy_ms, bool create,
                     struct sqlite_conn **ret_conn, struct err_detail *reterr)
{
    check(busy_ms >= 0 && busy_ms <= 3600 * 1000);
    OWNED(sqlite_conn) struct sqlite_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    *conn = (struct sqlite_conn){.sql.ops = &CONN_OPS,
                                 .role = role,
                                 .busy_ms = (int)busy_ms,
                                 .path = str_dup_c(str_c(path))};
    if (conn->path == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    TRY(try_open(conn, create, reterr));
    *ret_conn = take(conn);
    return 0;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    if (conn == NULL) return;
    conn_rollback(&conn->sql);
    close_db(conn);
    free(conn->path);
    free(conn);
}
