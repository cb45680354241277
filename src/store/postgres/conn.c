#include "store/postgres/conn.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>

/* catalog/pg_type_d.h, which libpq's package does not bring. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

#define CONNECT_SECONDS "5"
#define DEAD_PEER_MS "10000" /* unacknowledged for so long: the other side is gone */

static struct pg_conn *conn_of(struct sql *sql) { return (struct pg_conn *)sql; }

/* --- Failures --- */

static bool is_state(const char *state, const char *start)
{
    return state != NULL && strncmp(state, start, strlen(start)) == 0;
}

/* PostgreSQL's appendix A in our words. */
static int state_err(const char *state)
{
    static const struct {
        const char *state; /* or its class */
        int code;
    } CODES[] = {
        {"23505", ERR_EXISTS}, {"40001", ERR_RACED},  {"40P01", ERR_RACED}, {"55P03", ERR_BUSY},
        {"53100", ERR_FULL},   {"53200", ERR_NOMEM},  {"53", ERR_BUSY},     {"57P", ERR_CLOSED},
        {"08", ERR_CLOSED},    {"25006", ERR_CLOSED}, {"58030", ERR_IO},    {"XX", ERR_CORRUPT},
    };
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        if (is_state(state, CODES[i].state)) return CODES[i].code;
    }
    return ERR_DATABASE;
}

static int result_err(const struct pg_conn *conn, const PGresult *result)
{
    if (result == NULL) return PQstatus(conn->pg) == CONNECTION_OK ? ERR_NOMEM : ERR_CLOSED;
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: return 0;
    default: break;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL) return ERR_CLOSED; /* libpq's own: the connection broke */
    return state_err(state);
}

int pg_explain(const struct pg_conn *conn, int code, struct err_detail *reterr)
{
    const char *said = conn->pg == NULL ? "" : PQerrorMessage(conn->pg);
    size_t len = strcspn(said, "\n");
    switch (code) {
    case ERR_CLOSED:
        return fail(reterr, code, "PostgreSQL cannot be reached; check [database] url and the server: %.*s",
                    (int)len, said);
    case ERR_FULL: return fail(reterr, code, "PostgreSQL's disk is full; make room and try again");
    case ERR_BUSY: return fail(reterr, code, "PostgreSQL is busy: %.*s", (int)len, said);
    default: return fail(reterr, code, "PostgreSQL failed: %.*s", (int)len, len == 0 ? err_word(code) : said);
    }
}

/* --- Values --- */

/* A statement's values as libpq wants them: numbers and texts as text, blobs as they are. */
struct params {
    Oid types[SQL_VALUES_MAX];
    const char *values[SQL_VALUES_MAX];
    int lengths[SQL_VALUES_MAX];
    int formats[SQL_VALUES_MAX];
    char numbers[SQL_VALUES_MAX][24];
    struct buf texts; /* with a NUL behind each */
};

static void params_owned(struct params *params) { buf_done(&params->texts); }

static int make_params(const struct sql_value *values, size_t count, struct params *params)
{
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++) bytes += values[i].type == SQL_TEXT ? values[i].bytes.len + 1 : 0;
    params->texts = buf_of(bytes);
    TRY(buf_reserve(&params->texts, bytes)); /* at once: what points into it must stay */
    for (size_t i = 0; i < count; i++) {
        const struct sql_value *value = &values[i];
        params->types[i] = 0;
        params->values[i] = NULL;
        params->lengths[i] = params->formats[i] = 0;
        switch (value->type) {
        case SQL_NULL: break;
        case SQL_INT:
            params->types[i] = OID_INT8;
            snprintf(params->numbers[i], sizeof params->numbers[i], "%lld", (long long)value->number);
            params->values[i] = params->numbers[i];
            break;
        case SQL_TEXT:
            /* PostgreSQL's texts hold no NUL, and ours have none that matters. */
            if (value->bytes.len > 0 && memchr(value->bytes.at, 0, value->bytes.len) != NULL) return ERR_TEXT;
            params->types[i] = OID_TEXT;
            params->values[i] = (const char *)params->texts.at + params->texts.len;
            TRY(buf_put(&params->texts, value->bytes));
            TRY(buf_put_byte(&params->texts, 0));
            break;
        case SQL_BLOB:
            params->types[i] = OID_BYTEA;
            params->values[i] = value->bytes.len == 0 ? "" : (const char *)value->bytes.at;
            params->lengths[i] = (int)value->bytes.len;
            params->formats[i] = 1;
            break;
        }
    }
    return 0;
}

/* --- Rows --- */

struct pg_row {
    const PGresult *result;
    int at;
    struct buf *blobs; /* a row's blobs in bytes; as many as are asked for */
};

static bool column_is_null(const struct sql_row *row, int column)
{
    const struct pg_row *native = row->native;
    return PQgetisnull(native->result, native->at, column) == 1;
}

static int64_t column_number(const struct sql_row *row, int column)
{
    const struct pg_row *native = row->native;
    int64_t number = 0;
    struct str text = {PQgetvalue(native->result, native->at, column),
                       (size_t)PQgetlength(native->result, native->at, column)};
    if (text.len > 0 && num_i64(text, INT64_MIN, INT64_MAX, &number) < 0) *row->damaged = true;
    return number;
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x00ff" */
static int unescape(struct str hex, struct buf *out)
{
    if (!str_starts(hex, STR("\\x")) || hex.len % 2 != 0) return ERR_CORRUPT;
    for (size_t i = 2; i < hex.len; i += 2) {
        int high = hex_of(hex.at[i]), low = hex_of(hex.at[i + 1]);
        if (high < 0 || low < 0) return ERR_CORRUPT;
        TRY(buf_put_byte(out, (uint8_t)(high * 16 + low)));
    }
    return 0;
}

static struct span column_bytes(const struct sql_row *row, int column)
{
    const struct pg_row *native = row->native;
    if (column_is_null(row, column)) return (struct span){0};
    struct str text = {PQgetvalue(native->result, native->at, column),
                       (size_t)PQgetlength(native->result, native->at, column)};
    if (PQftype(native->result, column) != OID_BYTEA) return str_span(text);
    size_t from = native->blobs->len;
    if (unescape(text, native->blobs) < 0) {
        *row->damaged = true;
        return span_of("", 0);
    }
    return span_of(native->blobs->at + from, native->blobs->len - from);
}

static int give_rows(const struct pg_conn *conn, const PGresult *result, sql_on_row *on_row, void *ctx)
{
    OWNED(buf) struct buf blobs = buf_of((size_t)1024 * 1024);
    TRY(buf_reserve(&blobs, 4096)); /* so that a row's few hashes do not move */
    bool damaged = false;
    struct pg_row native = {.result = result, .blobs = &blobs};
    const struct sql_row row = {.ops = conn->sql.ops, .native = &native, .damaged = &damaged};
    for (int count = PQntuples(result); on_row != NULL && native.at < count; native.at++) {
        buf_clear(&blobs);
        int rc = on_row(ctx, &row);
        if (damaged) return ERR_CORRUPT;
        if (rc != 0) return rc;
    }
    return 0;
}

static int take_result(struct pg_conn *conn, PGresult *result, sql_on_row *on_row, void *ctx)
{
    int rc = result_err(conn, result);
    if (rc == 0) {
        int64_t changes = 0;
        ignore(num_i64(str_c(PQcmdTuples((PGresult *)result)), 0, INT64_MAX, &changes),
               "a query that changes nothing");
        conn->changes = changes;
        rc = give_rows(conn, result, on_row, ctx);
    }
    PQclear(result);
    return rc;
}

/* --- Connecting --- */

static void forget_statements(struct pg_conn *conn)
{
    memset(conn->statements, 0, sizeof conn->statements);
    conn->statement_count = 0;
}

static int connect_anew(struct pg_conn *conn)
{
    static const char *const NAMES[] = {"dbname",          "fallback_application_name", "client_encoding",
                                        "connect_timeout", "tcp_user_timeout",          NULL};
    const char *const values[] = {conn->url, "footfall", "UTF8", CONNECT_SECONDS, DEAD_PEER_MS, NULL};
    PQfinish(conn->pg);
    forget_statements(conn);
    conn->in_transaction = false;
    conn->pg = PQconnectdbParams(NAMES, values, 1); /* dbname may be a whole URL */
    if (conn->pg == NULL) return ERR_NOMEM;
    if (PQstatus(conn->pg) != CONNECTION_OK) return ERR_CLOSED;
    bool fenced = conn->role == PG_READS && conn->prepares; /* a pooler's connection is anybody's next */
    return fenced ? take_result(conn, PQexec(conn->pg, "SET default_transaction_read_only = on"), NULL, NULL)
                  : 0;
}

static int be_connected(struct pg_conn *conn)
{
    if (conn->pg != NULL && PQstatus(conn->pg) == CONNECTION_OK) return 0;
    return conn->in_transaction ? ERR_CLOSED : connect_anew(conn);
}

/* --- Statements --- */

static size_t slot_of(const char *text)
{
    return (size_t)(((uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % PG_SLOTS;
}

#define NAME_BYTES 16

/* Where this text is kept, or could be: false where all are taken. */
static bool find_slot(const struct pg_conn *conn, const char *text, size_t *ret_slot)
{
    size_t at = slot_of(text);
    while (conn->statements[at] != NULL && conn->statements[at] != text) at = (at + 1) % PG_SLOTS;
    *ret_slot = at;
    return conn->statements[at] != NULL || conn->statement_count < SQL_STATEMENTS_MAX;
}

static int prepare(struct pg_conn *conn, const char *text, size_t slot, const struct params *params,
                   size_t count)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "s%zu", slot);
    TRY(take_result(conn, PQprepare(conn->pg, name, text, (int)count, params->types), NULL, NULL));
    conn->statements[slot] = text;
    conn->statement_count++;
    return 0;
}

static PGresult *execute(struct pg_conn *conn, const char *text, const struct params *params, size_t count,
                         size_t slot, bool kept)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "s%zu", slot);
    return kept ? PQexecPrepared(conn->pg, name, (int)count, params->values, params->lengths, params->formats,
                                 0)
                : PQexecParams(conn->pg, text, (int)count, params->types, params->values, params->lengths,
                               params->formats, 0);
}

static int conn_run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                    sql_on_row *on_row, void *ctx)
{
    struct pg_conn *conn = conn_of(sql);
    OWNED(params) struct params params = {0};
    TRY(make_params(values, count, &params));
    TRY(be_connected(conn));
    size_t slot;
    bool kept = conn->prepares && find_slot(conn, text, &slot);
    if (kept && conn->statements[slot] == NULL) TRY(prepare(conn, text, slot, &params, count));
    return take_result(conn, execute(conn, text, &params, count, kept ? slot : 0, kept), on_row, ctx);
}

static int run_plain(struct pg_conn *conn, const char *text)
{
    TRY(be_connected(conn));
    return take_result(conn, PQexec(conn->pg, text), NULL, NULL);
}

static int conn_script(struct sql *sql, const char *text) { return run_plain(conn_of(sql), text); }

static int found_one(void *ctx, const struct sql_row *row)
{
    ignore(ctx, "nothing to keep");
    ignore(row, "it is there, that is all");
    return 1;
}

static int conn_has_table(struct sql *sql, const char *name)
{
    return conn_run(sql, "SELECT 1 WHERE to_regclass($1) IS NOT NULL", SQL_VALUES(sql_text(str_c(name))),
                    found_one, NULL);
}

static int64_t conn_changes(const struct sql *sql) { return ((const struct pg_conn *)sql)->changes; }

static int conn_begin(struct sql *sql)
{
    struct pg_conn *conn = conn_of(sql);
    check(!conn->in_transaction);
    TRY(run_plain(conn,
                  conn->role == PG_WRITES ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    conn->in_transaction = true;
    return 0;
}

static void conn_rollback(struct sql *sql)
{
    struct pg_conn *conn = conn_of(sql);
    if (!conn->in_transaction) return;
    conn->in_transaction = false;
    if (PQstatus(conn->pg) != CONNECTION_OK) return; /* it went with the connection */
    ignore(run_plain(conn, "ROLLBACK"), "the connection is made anew then");
}

static int conn_commit(struct sql *sql)
{
    struct pg_conn *conn = conn_of(sql);
    check(conn->in_transaction);
    conn->in_transaction = false;
    if (PQstatus(conn->pg) != CONNECTION_OK) return ERR_CLOSED;
    PGresult *result = PQexec(conn->pg, "COMMIT");
    int rc = result_err(conn, result);
    /* A transaction that failed before is rolled back by COMMIT, and that is no error to PostgreSQL. */
    bool rolled_back = rc == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0;
    PQclear(result);
    if (rolled_back) return ERR_DATABASE;
    return rc == ERR_CLOSED ? ERR_IO : rc; /* lost on the way there or back: nobody knows */
}

static int conn_ids_given(struct sql *sql, const char *table)
{
    char text[160];
    snprintf(text, sizeof text,
             "SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT coalesce(max(id), 1) FROM %s))",
             table, table);
    return run_plain(conn_of(sql), text);
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

/* --- Opening --- */

int pg_conn_open(const struct pg_options *options, enum pg_role role, struct pg_conn **ret_conn,
                 struct err_detail *reterr)
{
    OWNED(pg_conn) struct pg_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    *conn = (struct pg_conn){.sql.ops = &CONN_OPS,
                             .role = role,
                             .prepares = options->prepares,
                             .url = str_dup_c(str_c(options->url))};
    if (conn->url == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    int rc = connect_anew(conn);
    if (rc < 0) return pg_explain(conn, rc, reterr);
    *ret_conn = take(conn);
    return 0;
}

void pg_conn_close(struct pg_conn *conn)
{
    if (conn == NULL) return;
    conn_rollback(&conn->sql);
    PQfinish(conn->pg);
    free(conn->url);
    free(conn);
}
