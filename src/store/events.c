/* Reading a location's log back, and forgetting what is old. */
#include "store/list.h"
#include "store/store.h"

static int on_event(void *ctx, const struct sql_row *row)
{
    struct list *events = ctx;
    struct stored_event *event = list_add(events);
    if (event == NULL) return ERR_NOMEM;
    event->seq = (struct seq){row_int(row, 0)};
    event->kind = (enum event_kind)row_i32(row, 1, EVENT_CHECKED_IN, EVENT_CORRECTED);
    event->at = row_wall(row, 2);
    return row_copy(row, 3, events->arena, &event->json);
}

static int read_events(struct sql *sql, const char *text, const struct sql_value *values, size_t value_count,
                       struct arena *arena, struct stored_event **ret_events, size_t *ret_count)
{
    struct list events = LIST_OF(arena, struct stored_event);
    TRY(sql_run(sql, text, values, value_count, on_event, &events));
    *ret_events = events.items;
    *ret_count = events.count;
    return 0;
}

#define COLUMNS "seq, kind, at, json"

int store_read_after(struct sql *sql, struct location_id location, struct seq after, enum event_kind kind,
                     size_t limit, struct arena *arena, struct stored_event **ret_events, size_t *ret_count)
{
    struct sql_value at = sql_int(location.n), from = sql_int(after.n), most = sql_int((int64_t)limit);
    if (kind != EVENT_ANY) {
        return read_events(
            sql,
            "SELECT " COLUMNS
            " FROM events WHERE location_id = $1 AND seq > $2 AND kind = $3 ORDER BY seq LIMIT $4",
            SQL_VALUES(at, from, sql_int(kind), most), arena, ret_events, ret_count);
    }
    return read_events(sql,
                       "SELECT " COLUMNS
                       " FROM events WHERE location_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                       SQL_VALUES(at, from, most), arena, ret_events, ret_count);
}

int store_read_before(struct sql *sql, struct location_id location, struct seq before, enum event_kind kind,
                      size_t limit, struct arena *arena, struct stored_event **ret_events, size_t *ret_count)
{
    struct sql_value at = sql_int(location.n), from = sql_int(before.n), most = sql_int((int64_t)limit);
    if (kind != EVENT_ANY) {
        return read_events(
            sql,
            "SELECT " COLUMNS
            " FROM events WHERE location_id = $1 AND seq < $2 AND kind = $3 ORDER BY seq DESC LIMIT $4",
            SQL_VALUES(at, from, sql_int(kind), most), arena, ret_events, ret_count);
    }
    return read_events(sql,
                       "SELECT " COLUMNS
                       " FROM events WHERE location_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
                       SQL_VALUES(at, from, most), arena, ret_events, ret_count);
}

int store_read_events(struct sql *sql, struct location_id location, struct seq after, size_t limit,
                      struct arena *arena, struct stored_event **ret_events, size_t *ret_count)
{
    return store_read_after(sql, location, after, EVENT_ANY, limit, arena, ret_events, ret_count);
}

int store_read_recent(struct sql *sql, struct location_id location, size_t limit, struct arena *arena,
                      struct stored_event **ret_events, size_t *ret_count)
{
    return store_read_before(sql, location, (struct seq){ID_LIMIT}, EVENT_ANY, limit, arena, ret_events,
                             ret_count);
}

/* --- Forgetting --- */

#define REQUESTS_KEEP_MS (INT64_C(7) * 86400 * 1000) /* contract 1.1, point 3 */
#define DENIALS_KEEP_MS (INT64_C(86400) * 1000)      /* long past any line of refusals */

struct prefix {
    int64_t before_ms;
    int64_t last_seq; /* the last that may go; 0: none */
    int64_t count;
};

/* What goes is a start of the log, never a hole in it: a late entry's older moment must not take newer numbers along. */
static int on_old_event(void *ctx, const struct sql_row *row)
{
    struct prefix *prefix = ctx;
    if (row_int(row, 1) >= prefix->before_ms) return 1;
    prefix->last_seq = row_int(row, 0);
    prefix->count++;
    return 0;
}

static int prune_location(struct sql *sql, int64_t location, int64_t before_ms, int64_t limit,
                          int64_t *ret_count)
{
    struct prefix prefix = {.before_ms = before_ms};
    TRY(sql_run(sql, "SELECT seq, at FROM events WHERE location_id = $1 ORDER BY seq LIMIT $2",
                SQL_VALUES(sql_int(location), sql_int(limit)), on_old_event, &prefix));
    *ret_count = prefix.count;
    if (prefix.count == 0) return 0;
    return sql_run(sql, "DELETE FROM events WHERE location_id = $1 AND seq <= $2",
                   SQL_VALUES(sql_int(location), sql_int(prefix.last_seq)), NULL, NULL);
}

static int on_location(void *ctx, const struct sql_row *row)
{
    int64_t *id = list_add(ctx);
    if (id == NULL) return ERR_NOMEM;
    *id = row_int(row, 0);
    return 0;
}

static int prune_events(struct sql *sql, int64_t before_ms, int64_t limit, bool *ret_more)
{
    OWNED(arena) struct arena arena = arena_of((size_t)1024 * 1024);
    struct list locations = LIST_OF(&arena, int64_t);
    TRY(sql_run(sql, "SELECT id FROM locations ORDER BY id", SQL_NO_VALUES, on_location, &locations));
    const int64_t *ids = locations.items;
    for (size_t i = 0; i < locations.count && limit > 0; i++) {
        int64_t count;
        TRY(prune_location(sql, ids[i], before_ms, limit, &count));
        limit -= count;
    }
    if (limit == 0) *ret_more = true;
    return 0;
}

static int prune_requests(struct sql *sql, int64_t before_ms, int64_t limit, bool *ret_more)
{
    /* The oldest have the lowest numbers; the inner limit keeps this from looking at all of them. */
    TRY(sql_run(
        sql,
        "DELETE FROM requests WHERE id IN (SELECT id FROM (SELECT id, at FROM requests ORDER BY id LIMIT $1) AS oldest WHERE at < $2)",
        SQL_VALUES(sql_int(limit), sql_int(before_ms)), NULL, NULL));
    if (sql_changes(sql) == limit) *ret_more = true;
    return 0;
}

static int prune(struct sql *sql, struct wall_ms now, int64_t events_keep_ms, int limit, bool *ret_more)
{
    TRY(prune_requests(sql, now.ms - REQUESTS_KEEP_MS, limit, ret_more));
    TRY(prune_events(sql, now.ms - events_keep_ms, limit, ret_more));
    return sql_run(sql, "DELETE FROM denials WHERE first_at < $1",
                   SQL_VALUES(sql_int(now.ms - DENIALS_KEEP_MS)), NULL, NULL);
}

int store_prune(struct store_writer *writer, struct wall_ms now, int64_t events_keep_ms, int limit)
{
    struct sql *sql = store_writer_sql(writer);
    bool more = false;
    TRY(sql_begin(sql));
    int rc = prune(sql, now, events_keep_ms, limit, &more);
    if (rc < 0) {
        sql_rollback(sql);
        return rc;
    }
    TRY(sql_commit(sql));
    return more;
}
