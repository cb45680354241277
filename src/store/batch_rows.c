#include "store/batch_rows.h"

#include "base/json.h"
#include "store/list.h"
#include "store/members.h"

int batch_visit_of_row(const struct sql_row *row, struct arena *arena, struct batch_visit *held)
{
    held->visit = (struct visit){
        .id = {row_int(row, 0)},
        .member = {row_int(row, 1)},
        .location = {row_int(row, 2)},
        .checked_in_at = row_wall(row, 3),
        .checked_out_at = row_wall(row, 4),
        .auto_end_at = row_wall(row, 5),
        .in_seq = {row_int(row, 6)},
        .out_seq = {row_int(row, 7)},
        .membership = row_int(row, 8),
        .automatic = row_bool(row, 9),
        .undone = row_bool(row, 10),
    };
    held->source = (enum source)row_i32(row, 11, SOURCE_DESK, SOURCE_SYSTEM);
    TRY(row_copy(row, 12, arena, &held->checked_in_by));
    TRY(row_copy(row, 13, arena, &held->checked_out_by));
    return row_copy(row, 14, arena, &held->notes);
}

static int full_name(struct arena *arena, struct str first, struct str last, struct str *ret_name)
{
    char *at = arena_take(arena, first.len + last.len + 1, 1);
    if (at == NULL) return ERR_NOMEM;
    bool both = first.len > 0 && last.len > 0;
    memcpy(at, first.at, first.len);
    if (both) at[first.len] = ' ';
    memcpy(at + first.len + (both ? 1 : 0), last.at, last.len);
    *ret_name = (struct str){at, first.len + last.len + (both ? 1 : 0)};
    return 0;
}

int batch_member_of_row(const struct sql_row *row, struct arena *arena, struct member *member,
                        int64_t *ret_host)
{
    *ret_host = row_is_null(row, 9) ? 0 : row_int(row, 9);
    member->id = (struct member_id){row_int(row, 10)};
    member->visits_total = row_int(row, 0);
    member->last_visit_at = row_wall(row, 1);
    member->banned = row_bool(row, 2);
    member->deleted = !row_is_null(row, 3);
    member->balance_minor = row_int(row, 4);
    member->born = row_day(row, 5);
    TRY(row_copy(row, 6, arena, &member->first_name));
    TRY(full_name(arena, member->first_name, row_text(row, 7), &member->name));
    if (row_is_null(row, 8)) return 0;
    OWNED(buf) struct buf url = buf_of(256);
    TRY(member_photo_url(member->id, row_text(row, 8), &url));
    return arena_str(arena, buf_str(&url), &member->photo_url);
}

void batch_guest_of_host(const struct sql_row *row, int column, struct member *guest)
{
    guest->banned = guest->banned || row_bool(row, column);
    guest->guest = row_is_null(row, column + 1);
}

int batch_request_of_row(const struct sql_row *row, struct arena *arena, struct batch_request *request)
{
    struct span fingerprint = row_blob(row, 0);
    if (fingerprint.len != FINGERPRINT_BYTES) return ERR_CORRUPT;
    memcpy(request->fingerprint, fingerprint.at, FINGERPRINT_BYTES);
    return row_copy(row, 1, arena, &request->reply);
}

void batch_denial_of_row(const struct sql_row *row, struct batch_denial *denial)
{
    denial->first_at = row_wall(row, 0);
    denial->repeats = row_i32(row, 1, 0, INT32_MAX - 1);
}

struct wall_ms batch_moment_of(const struct batch *batch, const struct command *command)
{
    bool past = wall_is(command->occurred_at) && command->occurred_at.ms < batch->now.ms;
    return past ? command->occurred_at : batch->now;
}

int batch_membership_of_row(const struct sql_row *row, struct arena *arena, struct membership *membership)
{
    membership->id = row_int(row, 0);
    membership->state = (enum membership_state)row_i32(row, 2, MEMBERSHIP_ACTIVE, MEMBERSHIP_CANCELLED);
    membership->starts = row_day(row, 3);
    membership->ends = row_day(row, 4);
    membership->frozen_from = row_day(row, 5);
    membership->frozen_until = row_day(row, 6);
    membership->visits_left = row_i32_or(row, 7, 0, INT32_MAX, -1);
    return row_copy(row, 1, arena, &membership->plan);
}

int batch_audit_details(const struct batch *batch, const struct batch_audit *audit, struct buf *out)
{
    const struct location *location = directory_by_id(batch->directory, audit->location);
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_i64(&json, "member_id", audit->member.n);
    jw_str_or_null(&json, "location", location == NULL ? (struct str){0} : location->slug);
    jw_str_or_null(&json, "reason", audit->reason);
    jw_object_end(&json);
    return jw_end_all(&json);
}

/* --- A day's statistics --- */

struct day_rows {
    struct list visits; /* struct day_visit */
    bool exits_recorded;
};

static int on_day_visit(void *ctx, const struct sql_row *row)
{
    struct day_rows *rows = ctx;
    struct day_visit *visit = list_add(&rows->visits);
    if (visit == NULL) return ERR_NOMEM;
    bool automatic = row_bool(row, 5);
    *visit = (struct day_visit){
        .member = {row_int(row, 0)},
        .checked_in_at = row_wall(row, 1),
        .checked_out_at = row_wall(row, 2),
        .in_seq = {row_int(row, 3)},
        .out_seq = {row_int(row, 4)},
        .counts_in_average = !(automatic && rows->exits_recorded), /* as decide has it */
    };
    return 0;
}

#define DAY_MS INT64_C(86400000)
#define DAY_VISIT_COLUMNS "member_id, checked_in_at, checked_out_at, in_seq, out_seq, automatic"

/* All visits that began, ended or went on in the day. Three questions, since each has an index of its own: those that began in it
 * or the day before; longer ones that ended (an edit can make such); longer ones that are open. */
static int read_day(struct sql *sql, const struct location *location, struct wall_ms start,
                    struct wall_ms end, struct day_rows *rows)
{
    struct sql_value here = sql_int(location->id.n), day_before = sql_int(start.ms - DAY_MS);
    TRY(sql_run(
        sql,
        "SELECT " DAY_VISIT_COLUMNS
        " FROM visits WHERE location_id = $1 AND checked_in_at >= $2 AND checked_in_at < $3 AND undone = 0 "
        "AND (checked_out_at IS NULL OR checked_out_at >= $4)",
        SQL_VALUES(here, day_before, sql_wall(end), sql_wall(start)), on_day_visit, rows));
    TRY(sql_run(sql,
                "SELECT " DAY_VISIT_COLUMNS
                " FROM visits WHERE location_id = $1 AND checked_out_at - checked_in_at > 86400000 "
                "AND checked_out_at >= $2 AND checked_in_at < $3 AND undone = 0",
                SQL_VALUES(here, sql_wall(start), day_before), on_day_visit, rows));
    return sql_run(sql,
                   "SELECT " DAY_VISIT_COLUMNS
                   " FROM visits WHERE checked_out_at IS NULL AND undone = 0 AND location_id = $1 "
                   "AND checked_in_at < $2",
                   SQL_VALUES(here, day_before), on_day_visit, rows);
}

int batch_refold(struct sql *sql, struct batch *batch, struct location_state *state)
{
    const struct location *location = state->location;
    struct wall_ms start = zone_day_start(location->zone, state->stats.day);
    struct wall_ms end = zone_day_start(location->zone, (struct day){state->stats.day.number + 1});
    struct day_rows rows = {.visits = LIST_OF(&batch->arena, struct day_visit),
                            .exits_recorded = location->exits == EXITS_RECORDED};
    TRY(read_day(sql, location, start, end, &rows));
    return stats_of_visits(&state->stats, location, rows.visits.items, rows.visits.count);
}
