/* The store over one SQLite file: sqlite:PATH. */
#include "store/sqlite/batch.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/err.h"
#include "store/store_impl.h"

#include <stdlib.h>

struct sqlite_store {
    struct store store;
    char *path;
    int64_t busy_ms;
    struct sqlite_conn *conn; /* for the store's own questions */
};
struct sqlite_writer {
    struct store_writer writer;
    struct sqlite_conn *conn;
    int64_t data_version; /* moves when another connection commits */
};
struct sqlite_reader {
    struct store_reader reader;
    struct sqlite_conn *conn;
};

static void store_done(struct store *store)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    sqlite_conn_close(self->conn);
    free(self->path);
    free(self);
}

static void store_owned(struct sqlite_store **self)
{
    if (*self != NULL) store_done(&(*self)->store);
}

/* Another program's database is not to be touched. */
static int check_ours(struct sqlite_store *self, struct err_detail *reterr)
{
    struct sql *sql = &self->conn->sql;
    int has = sql->ops->has_table(sql, "meta");
    if (has == 1) return 0;
    int64_t count = 0;
    if (has == 0) has = sql_number(sql, "SELECT count(*) FROM sqlite_schema", SQL_NO_VALUES, &count);
    if (has < 0) return sqlite_explain(reterr, has, self->path, self->conn->db);
    if (count == 0) return 0;
    return fail(reterr, ERR_UNSUPPORTED, "%s is a database of another program", self->path);
}

static int open_store(const struct store_options *options, struct store **ret_store,
                      struct err_detail *reterr)
{
    struct str path = {options->url.at + strlen(SQLITE_STORE.url_prefix),
                       options->url.len - strlen(SQLITE_STORE.url_prefix)};
    if (path.len == 0) {
        return fail(reterr, ERR_SYNTAX,
                    "the database's URL names no file: sqlite: should be followed by its path");
    }
    OWNED(store) struct sqlite_store *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->store.ops = &SQLITE_STORE;
    self->busy_ms = options->busy_ms;
    self->path = str_dup_c(path);
    if (self->path == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    int settled = sqlite_settle_log(self->path);
    if (settled < 0) {
        return fail(reterr, settled, "the log beside %s cannot be written: %s; look at the disk", self->path,
                    err_word(settled));
    }
    TRY(sqlite_conn_open(self->path, SQLITE_WRITES, options->busy_ms, options->create, &self->conn, reterr));
    TRY(check_ours(self, reterr));
    *ret_store = &take(self)->store;
    return 0;
}

static struct sql *store_sql(struct store *store) { return &((struct sqlite_store *)store)->conn->sql; }

static int explain(struct store *store, int code, struct err_detail *reterr)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    return sqlite_explain(reterr, code, self->path, self->conn->db);
}

static void close_writer(struct store_writer *writer)
{
    struct sqlite_writer *self = (struct sqlite_writer *)writer;
    sqlite_conn_close(self->conn);
    free(self);
}

static int open_writer(struct store *store, struct store_writer **ret_writer, struct err_detail *reterr)
{
    const struct sqlite_store *from = (const struct sqlite_store *)store;
    OWNED(sqlite_conn) struct sqlite_conn *conn = NULL;
    TRY(sqlite_conn_open(from->path, SQLITE_WRITES, from->busy_ms, false, &conn, reterr));
    struct sqlite_writer *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->conn = take(conn);
    self->writer = (struct store_writer){.ops = &SQLITE_STORE, .sql = &self->conn->sql};
    *ret_writer = &self->writer;
    return 0;
}

/* BEGIN IMMEDIATE has it. */
static int lock_tables(struct sql *sql)
{
    ignore(sql, "the transaction's lock is enough");
    return 0;
}

static int load(struct store_writer *writer, struct batch *batch) { return sqlite_load(writer->sql, batch); }
static int save(struct store_writer *writer, struct batch *batch) { return sqlite_save(writer->sql, batch); }

static int changed_outside(struct store_writer *writer)
{
    struct sqlite_writer *self = (struct sqlite_writer *)writer;
    int64_t version = self->data_version;
    TRY(sql_number(writer->sql, "PRAGMA data_version", SQL_NO_VALUES, &version));
    bool changed = version != self->data_version;
    self->data_version = version;
    return changed;
}

static void close_reader(struct store_reader *reader)
{
    struct sqlite_reader *self = (struct sqlite_reader *)reader;
    sqlite_conn_close(self->conn);
    free(self);
}

static int open_reader(struct store *store, struct store_reader **ret_reader, struct err_detail *reterr)
{
    const struct sqlite_store *from = (const struct sqlite_store *)store;
    OWNED(sqlite_conn) struct sqlite_conn *conn = NULL;
    TRY(sqlite_conn_open(from->path, SQLITE_READS, from->busy_ms, false, &conn, reterr));
    struct sqlite_reader *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->conn = take(conn);
    self->reader = (struct store_reader){.ops = &SQLITE_STORE, .sql = &self->conn->sql};
    *ret_reader = &self->reader;
    return 0;
}

const struct store_ops SQLITE_STORE = {
    .url_prefix = "sqlite:",
    .open = open_store,
    .close = store_done,
    .sql = store_sql,
    .explain = explain,
    .writer_open = open_writer,
    .writer_close = close_writer,
    .lock_tables = lock_tables,
    .load = load,
    .save = save,
    .changed_outside = changed_outside,
    .reader_open = open_reader,
    .reader_close = close_reader,
};
