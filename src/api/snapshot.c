/* What a front desk shows at one moment of a location's log: the snapshot; who is inside; the log itself. */
#include "api/member_json.h"

#include "base/clock.h"
#include "live/session.h"

#include <stdio.h>

#define RECENT_EVENTS 50
#define PRESENT_MAX (VISITS_PAGE_MAX - 1)

struct moment {
    struct location location; /* a copy; its zone and texts are the directory's, which the exchange holds */
    struct seq head;
    struct stats stats;
    struct visit_row *present;
    size_t present_count;
    struct stored_event *events;
    size_t event_count;
    struct visit_filter filter;
    size_t limit;
    int64_t after, before; /* -1: not asked for */
    struct seq first_kept;
    struct str type; /* at NULL: all */
};

/* The location of the path, held beyond this turn of the loop. NULL: answered already. */
ON_LOOP static struct moment *begin(struct exchange *exchange)
{
    const struct location *location = api_path_location(exchange);
    if (location == NULL) return NULL;
    struct moment *moment = api_state(exchange, struct moment);
    if (moment == NULL) return NULL;
    moment->location = *location;
    exchange_hold_directory(exchange);
    return moment;
}

ON_LOOP static bool failed(struct exchange *exchange)
{
    if (exchange->result >= 0) return false;
    api_fail_result(exchange);
    return true;
}

/* --- The snapshot --- */

static int read_parts(struct sql *sql, struct exchange *exchange)
{
    struct moment *moment = exchange->state;
    struct visit_filter inside = {.location = moment->location.id.n,
                                  .from = WALL_NONE,
                                  .to = WALL_NONE,
                                  .open = 1,
                                  .before_at = WALL_NONE,
                                  .limit = PRESENT_MAX + 1};
    moment->limit = PRESENT_MAX;
    TRY(store_read_state(sql, &moment->location, &moment->head, &moment->stats));
    TRY(visit_find(sql, &inside, &exchange->arena, &moment->present, &moment->present_count));
    return store_read_recent(sql, moment->location.id, RECENT_EVENTS, &exchange->arena, &moment->events,
                             &moment->event_count);
}

/* One read transaction: all parts are of the same moment. */
static int read_snapshot(struct sql *sql, struct exchange *exchange)
{
    TRY(sql_begin(sql));
    int rc = read_parts(sql, exchange);
    sql_rollback(sql);
    return rc;
}

static void put_present(struct exchange *exchange, struct json *json, const struct visit_row *row,
                        enum audience audience)
{
    jw_object(json, NULL);
    jw_i64(json, "visit_id", row->visit.id.n);
    json_member(json, "member", &row->member, member_status(&row->member, api_today(exchange)), audience);
    json_moment(json, "checked_in_at", row->visit.checked_in_at);
    jw_str(json, "source", str_c(source_name(row->source)));
    jw_object_end(json);
}

/* As many as the limit says, and the cursor to go on with. */
static int put_inside(struct exchange *exchange, struct json *json, const char *list, const char *next,
                      enum audience audience)
{
    const struct moment *moment = exchange->state;
    size_t shown = moment->present_count > moment->limit ? moment->limit : moment->present_count;
    jw_array(json, list);
    for (size_t i = 0; i < shown; i++) put_present(exchange, json, &moment->present[i], audience);
    jw_array_end(json);
    if (moment->present_count == shown) {
        jw_null(json, next);
        return 0;
    }
    char text[64];
    const struct visit *last = &moment->present[shown - 1].visit;
    int len =
        snprintf(text, sizeof text, "%lld %lld", (long long)last->checked_in_at.ms, (long long)last->id.n);
    return cursor_put(json, next, (struct str){text, (size_t)len});
}

static int put_event(struct json *json, const struct stored_event *event, enum audience audience)
{
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    TRY(event_json_for(audience, event->json, &text));
    jw_raw(json, NULL, buf_str(&text));
    return json->failed;
}

ON_LOOP static void snapshot_read(struct exchange *exchange)
{
    struct moment *moment = exchange->state;
    if (failed(exchange)) return;
    enum audience audience = session_audience(exchange->who->role);
    stats_roll(&moment->stats, moment->location.zone, clock_wall());
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_str(&json, "epoch", exchange_epoch(exchange));
    jw_i64(&json, "head", moment->head.n);
    jw_i64(&json, "as_of_seq", moment->head.n);
    jw_object(&json, "stats");
    out_stats(&json, &moment->location, &moment->stats);
    jw_object_end(&json);
    int rc = put_inside(exchange, &json, "present", "present_next", audience);
    jw_array(&json, "recent");
    for (size_t i = 0; i < moment->event_count && rc == 0; i++) {
        rc = put_event(&json, &moment->events[i], audience);
    }
    jw_array_end(&json);
    jw_object_end(&json);
    if (rc < 0) exchange_fail(exchange, CODE_INTERNAL, (struct str){0});
    else api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void location_snapshot(struct exchange *exchange)
{
    if (begin(exchange) != NULL) exchange_read(exchange, read_snapshot, snapshot_read);
}

/* --- Who is inside --- */

static int read_present(struct sql *sql, struct exchange *exchange)
{
    struct moment *moment = exchange->state;
    TRY(sql_begin(sql));
    int rc = store_read_state(sql, &moment->location, &moment->head, &moment->stats);
    if (rc == 0) {
        rc = visit_find(sql, &moment->filter, &exchange->arena, &moment->present, &moment->present_count);
    }
    sql_rollback(sql);
    return rc;
}

ON_LOOP static void present_read(struct exchange *exchange)
{
    const struct moment *moment = exchange->state;
    if (failed(exchange)) return;
    enum audience audience = session_audience(exchange->who->role);
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    int rc = put_inside(exchange, &json, "items", "next", audience);
    jw_i64(&json, "as_of_seq", moment->head.n);
    jw_object_end(&json);
    if (rc < 0) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    else api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void location_present(struct exchange *exchange)
{
    struct moment *moment = begin(exchange);
    if (moment == NULL || !api_limit(exchange, &moment->limit)) return;
    moment->filter = (struct visit_filter){.location = moment->location.id.n,
                                           .from = WALL_NONE,
                                           .to = WALL_NONE,
                                           .open = 1,
                                           .limit = moment->limit + 1};
    if (visit_cursor_get(exchange, &moment->filter) < 0) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "cursor",
                   "This is no cursor of ours; begin at the first page");
    } else {
        exchange_read(exchange, read_present, present_read);
    }
}

/* --- The log --- */

static int on_first(void *ctx, const struct sql_row *row)
{
    ((struct seq *)ctx)->n = row_is_null(row, 0) ? 0 : row_int(row, 0);
    return 0;
}

static int read_log(struct sql *sql, struct exchange *exchange)
{
    struct moment *moment = exchange->state;
    TRY(store_read_state(sql, &moment->location, &moment->head, &moment->stats));
    TRY(sql_run(sql, "SELECT MIN(seq) FROM events WHERE location_id = $1",
                SQL_VALUES(sql_int(moment->location.id.n)), on_first, &moment->first_kept));
    if (moment->after >= 0) {
        bool gone = moment->after > moment->head.n ||
                    (moment->after < moment->head.n && moment->after + 1 < moment->first_kept.n);
        if (gone) return ERR_RANGE;
        return store_read_events(sql, moment->location.id, (struct seq){moment->after}, moment->limit + 1,
                                 &exchange->arena, &moment->events, &moment->event_count);
    }
    /* Newest first, below `before`: the stretch that holds so many, turned round. */
    int64_t top =
        moment->before >= 0 && moment->before - 1 < moment->head.n ? moment->before - 1 : moment->head.n;
    int64_t from = top - (int64_t)moment->limit - 1;
    size_t count = top < 1 ? 0 : (size_t)(top - (from < 0 ? 0 : from));
    if (count == 0) return 0;
    return store_read_events(sql, moment->location.id, (struct seq){from < 0 ? 0 : from}, count,
                             &exchange->arena, &moment->events, &moment->event_count);
}

static enum event_kind kind_of(struct str type)
{
    if (str_eq_c(type, "member_checked_in")) return EVENT_CHECKED_IN;
    if (str_eq_c(type, "member_checked_out")) return EVENT_CHECKED_OUT;
    return str_eq_c(type, "check_in_denied") ? EVENT_DENIED : EVENT_CORRECTED;
}

ON_LOOP static void log_read(struct exchange *exchange)
{
    const struct moment *moment = exchange->state;
    if (exchange->result == ERR_RANGE) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "after",
                   "Beyond the head, or older than what is kept: take the snapshot");
        return;
    }
    if (failed(exchange)) return;
    enum audience audience = session_audience(exchange->who->role);
    size_t shown = moment->event_count > moment->limit ? moment->limit : moment->event_count;
    bool forward = moment->after >= 0;
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    int rc = 0;
    jw_object(&json, NULL);
    jw_str(&json, "epoch", exchange_epoch(exchange));
    jw_i64(&json, "head", moment->head.n);
    jw_array(&json, "items");
    int64_t last = 0;
    for (size_t i = 0; i < shown && rc == 0; i++) {
        const struct stored_event *event = &moment->events[forward ? i : moment->event_count - 1 - i];
        last = event->seq.n;
        if (moment->type.at == NULL || event->kind == kind_of(moment->type)) {
            rc = put_event(&json, event, audience);
        }
    }
    jw_array_end(&json);
    if (moment->event_count > shown) api_json_number_text(&json, "next", last);
    else jw_null(&json, "next");
    jw_object_end(&json);
    if (rc < 0) exchange_fail(exchange, CODE_INTERNAL, (struct str){0});
    else api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void location_events(struct exchange *exchange)
{
    static const char *const TYPES[] = {"member_checked_in", "member_checked_out", "check_in_denied",
                                        "visit_corrected"};
    struct moment *moment = begin(exchange);
    if (moment == NULL || !api_limit(exchange, &moment->limit)) return;
    if (!api_query_i64(exchange, "after", 0, ID_LIMIT - 1, -1, &moment->after)) return;
    if (!api_query_i64(exchange, "before", 1, ID_LIMIT - 1, -1, &moment->before)) return;
    int given = http_query(exchange->request, "type", &moment->type);
    bool known = given == 0;
    for (size_t i = 0; i < COUNT_OF(TYPES) && given == 1; i++) {
        known = known || str_eq_c(moment->type, TYPES[i]);
    }
    if (given == 0) moment->type = (struct str){0};
    if (!known) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "type", "There is no event of this type");
    } else if (moment->after >= 0 && moment->before >= 0) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "before", "Give after or before, not both");
    } else {
        exchange_read(exchange, read_log, log_read);
    }
}
