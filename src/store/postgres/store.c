/* The store over PostgreSQL: postgres://…, for any number of nodes. */
#include "store/postgres/batch.h"
#include "store/postgres/conn.h"
#include "store/store_impl.h"

#include <stdlib.h>

struct pg_store {
    struct store store;
    char *url;
    struct pg_options options;
    struct pg_conn *conn; /* for the store's own questions */
};
struct pg_writer {
    struct store_writer writer;
    struct pg_conn *conn;
    struct pg_visit_ids ids;
    int64_t versions,
        heads; /* what other processes change: of all locations, and of all logs as far as we know */
};
struct pg_reader {
    struct store_reader reader;
    struct pg_conn *conn;
};

static void store_done(struct store *store)
{
    struct pg_store *self = (struct pg_store *)store;
    pg_conn_close(self->conn);
    free(self->url);
    free(self);
}

static void store_owned(struct pg_store **self)
{
    if (*self != NULL) store_done(&(*self)->store);
}

/* Another program's tables are not to be touched, and what is confirmed must be on the disk. */
static int check_ours(struct pg_store *self, struct err_detail *reterr)
{
    struct sql *sql = &self->conn->sql;
    int64_t strangers = 0, unsafe = 0, backend = 0;
    int rc = sql_number(
        sql,
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        " AND NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'meta')",
        SQL_NO_VALUES, &strangers);
    if (rc >= 0) {
        rc = sql_number(
            sql,
            "SELECT count(*) FROM pg_settings WHERE (name = 'synchronous_commit' AND setting = 'off')"
            " OR (name = 'fsync' AND setting = 'off')",
            SQL_NO_VALUES, &unsafe);
    }
    if (rc >= 0) rc = sql_number(sql, "SELECT pg_backend_pid()", SQL_NO_VALUES, &backend);
    if (rc < 0) return pg_explain(self->conn, rc, reterr);
    /* A pooler tells a number of its own. */
    if (self->options.prepares && backend != PQbackendPID(self->conn->pg)) {
        return fail(
            reterr, ERR_UNSUPPORTED,
            "a pooler stands between here and PostgreSQL; set [database] pooler = true, or connect past it");
    }
    if (strangers > 0)
        return fail(reterr, ERR_UNSUPPORTED,
                    "this is a database of another program; give Footfall one of its own");
    if (unsafe > 0) {
        return fail(
            reterr, ERR_UNSUPPORTED,
            "PostgreSQL's fsync or synchronous_commit is off, so that a confirmed check-in could be lost; set both to on");
    }
    return 0;
}

static int open_store(const struct store_options *options, struct store **ret_store,
                      struct err_detail *reterr)
{
    OWNED(store) struct pg_store *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->store.ops = &POSTGRES_STORE;
    self->url = str_dup_c(options->url);
    if (self->url == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->options = (struct pg_options){.url = self->url, .prepares = !options->pooler};
    TRY(pg_conn_open(&self->options, PG_WRITES, &self->conn, reterr));
    TRY(check_ours(self, reterr));
    *ret_store = &take(self)->store;
    return 0;
}

static struct sql *store_sql(struct store *store) { return &((struct pg_store *)store)->conn->sql; }

static int explain(struct store *store, int code, struct err_detail *reterr)
{
    return pg_explain(((struct pg_store *)store)->conn, code, reterr);
}

/* Several nodes may start at once: one migrates, the others wait. */
static int lock_tables(struct sql *sql)
{
    return sql_run(sql, "SELECT pg_advisory_xact_lock(8459011)", SQL_NO_VALUES, NULL, NULL);
}

static void close_writer(struct store_writer *writer)
{
    struct pg_writer *self = (struct pg_writer *)writer;
    pg_conn_close(self->conn);
    free(self);
}

static int open_writer(struct store *store, struct store_writer **ret_writer, struct err_detail *reterr)
{
    const struct pg_store *from = (const struct pg_store *)store;
    OWNED(pg_conn) struct pg_conn *conn = NULL;
    TRY(pg_conn_open(&from->options, PG_WRITES, &conn, reterr));
    struct pg_writer *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->conn = take(conn);
    self->writer = (struct store_writer){.ops = &POSTGRES_STORE, .sql = &self->conn->sql};
    *ret_writer = &self->writer;
    return 0;
}

static int load(struct store_writer *writer, struct batch *batch)
{
    return pg_load(writer->sql, &((struct pg_writer *)writer)->ids, batch);
}

static int save(struct store_writer *writer, struct batch *batch)
{
    struct pg_writer *self = (struct pg_writer *)writer;
    TRY(pg_save(writer->sql, batch));
    self->ids.next = batch->next_visit.n; /* those that were not needed are the next batch's */
    self->heads += (int64_t)batch->event_count;
    return 0;
}

static int on_sums(void *ctx, const struct sql_row *row)
{
    int64_t *sums = ctx;
    sums[0] = row_int(row, 0);
    sums[1] = row_int(row, 1);
    return 0;
}

/* What every node must notice of the others: locations and the logs' heads. */
static int changed_outside(struct store_writer *writer)
{
    struct pg_writer *self = (struct pg_writer *)writer;
    int64_t now[2] = {0};
    TRY(sql_run(
        writer->sql,
        "SELECT (SELECT coalesce(sum(version), 0) FROM locations), (SELECT coalesce(sum(head), 0) FROM location_states)",
        SQL_NO_VALUES, on_sums, now));
    bool changed = now[0] != self->versions || now[1] != self->heads;
    self->versions = now[0];
    self->heads = now[1];
    return changed;
}

static void close_reader(struct store_reader *reader)
{
    struct pg_reader *self = (struct pg_reader *)reader;
    pg_conn_close(self->conn);
    free(self);
}

static int open_reader(struct store *store, struct store_reader **ret_reader, struct err_detail *reterr)
{
    const struct pg_store *from = (const struct pg_store *)store;
    OWNED(pg_conn) struct pg_conn *conn = NULL;
    TRY(pg_conn_open(&from->options, PG_READS, &conn, reterr));
    struct pg_reader *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    self->conn = take(conn);
    self->reader = (struct store_reader){.ops = &POSTGRES_STORE, .sql = &self->conn->sql};
    *ret_reader = &self->reader;
    return 0;
}

const struct store_ops POSTGRES_STORE = {
    .url_prefix = "postgres",
    .open = open_store,
    .close = store_done,
    .sql = store_sql,
    .explain = explain,
    .lock_tables = lock_tables,
    .writer_open = open_writer,
    .writer_close = close_writer,
    .load = load,
    .save = save,
    .changed_outside = changed_outside,
    .reader_open = open_reader,
    .reader_close = close_reader,
};
