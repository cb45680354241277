/* Saving: everything that decide made, in the transaction that load began: one statement a table. Visits that end are written before visits
 * that begin, since a member has one open visit at most. */
#include "store/batch_rows.h"
#include "store/postgres/array.h"
#include "store/postgres/batch.h"
#include "store/state.h"

#define COLUMNS_MAX 15

/* A table's columns, row by row. */
struct columns {
    struct pg_array at[COLUMNS_MAX];
    size_t count;
    size_t rows;
};

static struct columns columns_of(size_t count)
{
    check(count <= COLUMNS_MAX);
    struct columns columns = {.count = count};
    for (size_t i = 0; i < count; i++) columns.at[i] = PG_ARRAY;
    return columns;
}

static void columns_owned(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) pg_array_owned(&columns->at[i]);
}

/* Nothing where there is no row. */
static int run(struct sql *sql, const char *text, struct columns *columns)
{
    if (columns->rows == 0) return 0;
    struct sql_value values[COLUMNS_MAX];
    for (size_t i = 0; i < columns->count; i++) TRY(pg_array_value(&columns->at[i], &values[i]));
    return sql_run(sql, text, values, columns->count, NULL, NULL);
}

/* --- Visits and punches --- */

static struct str notes_of(const struct batch_visit *held)
{
    return held->notes.len == 0 ? (struct str){0} : held->notes; /* an edit clears them by an empty text */
}

static int update_visits(struct sql *sql, const struct batch *batch, bool open)
{
    OWNED(columns) struct columns columns = columns_of(8);
    struct pg_array *at = columns.at;
    for (const struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        const struct visit *visit = &held->visit;
        if (!held->is_changed || held->is_new || visit_is_open(visit) != open) continue;
        pg_array_int(&at[0], visit->id.n);
        pg_array_wall(&at[1], visit->checked_out_at);
        pg_array_wall(&at[2], visit->auto_end_at);
        pg_array_int(&at[3], visit->out_seq.n);
        pg_array_int(&at[4], visit->automatic);
        pg_array_int(&at[5], visit->undone);
        pg_array_text(&at[6], held->checked_out_by);
        pg_array_text(&at[7], notes_of(held));
        columns.rows++;
    }
    return run(
        sql,
        "UPDATE visits SET checked_out_at = now_is.ended, auto_end_at = now_is.auto_end, out_seq = now_is.seq, automatic = now_is.automatic,"
        " undone = now_is.undone, checked_out_by = now_is.by, notes = now_is.notes"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])"
        " AS now_is (id, ended, auto_end, seq, automatic, undone, by, notes) WHERE visits.id = now_is.id",
        &columns);
}

static int insert_visits(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(15);
    struct pg_array *at = columns.at;
    for (const struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        const struct visit *visit = &held->visit;
        if (!held->is_new) continue;
        pg_array_int(&at[0], visit->id.n);
        pg_array_int(&at[1], visit->member.n);
        pg_array_int(&at[2], visit->location.n);
        pg_array_wall(&at[3], visit->checked_in_at);
        pg_array_wall(&at[4], visit->checked_out_at);
        pg_array_wall(&at[5], visit->auto_end_at);
        pg_array_int(&at[6], visit->in_seq.n);
        pg_array_int(&at[7], visit->out_seq.n);
        if (visit->membership == 0) pg_array_null(&at[8]);
        else pg_array_int(&at[8], visit->membership);
        pg_array_int(&at[9], visit->automatic);
        pg_array_int(&at[10], visit->undone);
        pg_array_int(&at[11], held->source);
        pg_array_text(&at[12], held->checked_in_by);
        pg_array_text(&at[13], held->checked_out_by);
        pg_array_text(&at[14], notes_of(held));
        columns.rows++;
    }
    return run(
        sql,
        "INSERT INTO visits (id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, out_seq, membership_id,"
        " automatic, undone, source, checked_in_by, checked_out_by, notes)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],"
        " $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[])",
        &columns);
}

static int move_punches(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(2);
    for (const struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        /* Nothing taken, or taken and given back. */
        if (held->visit.membership == 0 || held->is_new == held->is_undone_now) continue;
        pg_array_int(&columns.at[0], held->visit.membership);
        pg_array_int(&columns.at[1], held->is_new ? -1 : 1);
        columns.rows++;
    }
    return run(
        sql,
        "UPDATE memberships SET visits_left = visits_left + moved.step"
        " FROM (SELECT id, sum(step)::bigint AS step FROM unnest($1::bigint[], $2::bigint[]) AS each_one (id, step) GROUP BY id)"
        " AS moved WHERE memberships.id = moved.id AND visits_left IS NOT NULL",
        &columns);
}

/* --- Members, events, requests, refusals, audit --- */

static int save_members(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(3);
    for (const struct batch_member *who = batch->members; who != NULL; who = who->hh.next) {
        if (!who->changed) continue;
        pg_array_int(&columns.at[0], who->member.id.n);
        pg_array_int(&columns.at[1], who->member.visits_total);
        pg_array_wall(&columns.at[2], who->member.last_visit_at);
        columns.rows++;
    }
    return run(
        sql,
        "UPDATE members SET visits_total = now_is.total, last_visit_at = now_is.last"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS now_is (id, total, last) WHERE members.id = now_is.id",
        &columns);
}

static int save_events(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(7);
    struct pg_array *at = columns.at;
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct event *event = &batch->events[i];
        check(event->json.len > 0); /* made by protocol between decide and save */
        pg_array_int(&at[0], event->location->id.n);
        pg_array_int(&at[1], event->seq.n);
        pg_array_int(&at[2], event->kind);
        pg_array_wall(&at[3], event->at);
        if (event->visit.n == 0) pg_array_null(&at[4]);
        else pg_array_int(&at[4], event->visit.n);
        if (event->member == NULL) pg_array_null(&at[5]);
        else pg_array_int(&at[5], event->member->id.n);
        pg_array_text(&at[6], event->json);
        columns.rows++;
    }
    return run(
        sql,
        "INSERT INTO events (location_id, seq, kind, at, visit_id, member_id, json)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])",
        &columns);
}

static int save_requests(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(4);
    for (const struct batch_request *request = batch->requests; request != NULL; request = request->hh.next) {
        if (request->command_index == SIZE_MAX) continue;
        check(request->reply.len > 0);
        pg_array_text(&columns.at[0], request->key);
        pg_array_bytes(&columns.at[1], span_of(request->fingerprint, FINGERPRINT_BYTES));
        pg_array_text(&columns.at[2], request->reply);
        pg_array_wall(&columns.at[3], batch->now);
        columns.rows++;
    }
    return run(sql,
               "INSERT INTO requests (key, fingerprint, reply, at)"
               " SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[])",
               &columns);
}

static int save_denials(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(3);
    for (const struct batch_denial *denial = batch->denials; denial != NULL; denial = denial->hh.next) {
        if (!denial->changed) continue;
        pg_array_text(&columns.at[0], denial->key);
        pg_array_wall(&columns.at[1], denial->first_at);
        pg_array_int(&columns.at[2], denial->repeats);
        columns.rows++;
    }
    return run(
        sql,
        "INSERT INTO denials (key, first_at, repeats) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
        " ON CONFLICT (key) DO UPDATE SET first_at = excluded.first_at, repeats = excluded.repeats",
        &columns);
}

static int save_audits(struct sql *sql, const struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(5);
    struct pg_array *at = columns.at;
    for (size_t i = 0; i < batch->audit_count; i++) {
        const struct batch_audit *audit = &batch->audits[i];
        OWNED(buf) struct buf details = buf_of(AUDIT_BYTES_MAX);
        TRY(batch_audit_details(batch, audit, &details));
        OWNED(buf) struct buf subject = buf_of(64);
        TRY(buf_printf(&subject, "visit:%lld", (long long)audit->visit.n));
        pg_array_wall(&at[0], audit->at);
        pg_array_text(&at[1], audit->actor);
        pg_array_text(&at[2], str_c(audit->action));
        pg_array_text(&at[3], buf_str(&subject));
        pg_array_text(&at[4], buf_str(&details));
        columns.rows++;
    }
    return run(sql,
               "INSERT INTO audit (at, actor, action, subject, details)"
               " SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])",
               &columns);
}

/* --- Heads and statistics --- */

static int save_locations(struct sql *sql, struct batch *batch)
{
    OWNED(columns) struct columns columns = columns_of(14);
    struct pg_array *at = columns.at;
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        if (state->refold) TRY(batch_refold(sql, batch, state));
        if (!state->changed) continue;
        const struct stats *stats = &state->stats;
        OWNED(buf) struct buf hourly = buf_of(HOURLY_BYTES_MAX);
        TRY(state_hourly_put(&hourly, stats->hourly));
        pg_array_int(&at[0], state->location->id.n);
        pg_array_int(&at[1], state->head.n);
        pg_array_day(&at[2], stats->day);
        pg_array_int(&at[3], stats->currently_in);
        pg_array_int(&at[4], stats->check_ins);
        pg_array_int(&at[5], stats->check_outs);
        pg_array_int(&at[6], stats->unique_members);
        pg_array_int(&at[7], stats->stay_seconds);
        pg_array_int(&at[8], stats->stays);
        pg_array_int(&at[9], stats->peak);
        pg_array_wall(&at[10], stats->peak_at);
        pg_array_text(&at[11], buf_str(&hourly));
        pg_array_int(&at[12], stats->denied);
        pg_array_wall(&at[13], stats->last_at);
        columns.rows++;
    }
    TRY(run(
        sql,
        "UPDATE location_states SET head = now_is.head, day = now_is.day, currently_in = now_is.inside, check_ins = now_is.ins,"
        " check_outs = now_is.outs, unique_members = now_is.members, stay_seconds = now_is.seconds, stays = now_is.stays,"
        " peak = now_is.peak, peak_at = now_is.peak_at, hourly = now_is.hourly, denied = now_is.denied, last_at = now_is.last_at"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],"
        " $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[])"
        " AS now_is (id, head, day, inside, ins, outs, members, seconds, stays, peak, peak_at, hourly, denied, last_at)"
        " WHERE location_states.location_id = now_is.id",
        &columns));
    return columns.rows == 0 || sql_changes(sql) == (int64_t)columns.rows ? 0 : ERR_CORRUPT;
}

static int save(struct sql *sql, struct batch *batch)
{
    TRY(update_visits(sql, batch, false));
    TRY(update_visits(sql, batch, true));
    TRY(insert_visits(sql, batch));
    TRY(move_punches(sql, batch));
    TRY(save_members(sql, batch));
    TRY(save_events(sql, batch));
    TRY(save_requests(sql, batch));
    TRY(save_denials(sql, batch));
    TRY(save_audits(sql, batch));
    return save_locations(sql, batch);
}

int pg_save(struct sql *sql, struct batch *batch)
{
    int rc = save(sql, batch);
    /* A unique value that another node took between our look and our write: what it did is seen the next time. */
    return rc == ERR_EXISTS ? ERR_RACED : rc;
}
