/* Saving: everything that decide made, in the transaction that load began. Visits that end are written before visits that begin,
 * since a member has one open visit at most. */
#include "store/sqlite/batch.h"
#include "store/batch_rows.h"
#include "store/state.h"

/* --- Visits and punches --- */

static int update_visit(struct sql *sql, const struct batch_visit *held)
{
    const struct visit *visit = &held->visit;
    struct str notes =
        held->notes.len == 0 ? (struct str){0} : held->notes; /* an edit clears them by an empty text */
    return sql_run(
        sql,
        "UPDATE visits SET checked_out_at = $1, auto_end_at = $2, out_seq = $3, automatic = $4, undone = $5, checked_out_by = $6, "
        "notes = $7 WHERE id = $8",
        SQL_VALUES(sql_wall(visit->checked_out_at), sql_wall(visit->auto_end_at), sql_int(visit->out_seq.n),
                   sql_int(visit->automatic), sql_int(visit->undone), sql_text(held->checked_out_by),
                   sql_text(notes), sql_int(visit->id.n)),
        NULL, NULL);
}

static int insert_visit(struct sql *sql, const struct batch_visit *held)
{
    const struct visit *visit = &held->visit;
    struct str notes = held->notes.len == 0 ? (struct str){0} : held->notes;
    return sql_run(
        sql,
        "INSERT INTO visits (id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, out_seq, "
        "membership_id, automatic, undone, source, checked_in_by, checked_out_by, notes) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        SQL_VALUES(sql_int(visit->id.n), sql_int(visit->member.n), sql_int(visit->location.n),
                   sql_wall(visit->checked_in_at), sql_wall(visit->checked_out_at),
                   sql_wall(visit->auto_end_at), sql_int(visit->in_seq.n), sql_int(visit->out_seq.n),
                   visit->membership == 0 ? sql_null() : sql_int(visit->membership),
                   sql_int(visit->automatic), sql_int(visit->undone), sql_int(held->source),
                   sql_text(held->checked_in_by), sql_text(held->checked_out_by), sql_text(notes)),
        NULL, NULL);
}

static int move_punch(struct sql *sql, const struct batch_visit *held)
{
    int64_t membership = held->visit.membership;
    if (membership == 0 || held->is_new == held->is_undone_now) {
        return 0; /* nothing taken, or taken and given back */
    }
    int64_t step = held->is_new ? -1 : 1;
    return sql_run(
        sql,
        "UPDATE memberships SET visits_left = visits_left + $1 WHERE id = $2 AND visits_left IS NOT NULL",
        SQL_VALUES(sql_int(step), sql_int(membership)), NULL, NULL);
}

static int save_visits(struct sql *sql, const struct batch *batch)
{
    const struct batch_visit *held;
    for (held = batch->visits; held != NULL; held = held->hh.next) {
        if (held->is_changed && !held->is_new && !visit_is_open(&held->visit)) TRY(update_visit(sql, held));
    }
    for (held = batch->visits; held != NULL; held = held->hh.next) {
        if (held->is_changed && !held->is_new && visit_is_open(&held->visit)) TRY(update_visit(sql, held));
    }
    for (held = batch->visits; held != NULL; held = held->hh.next) {
        if (held->is_new) TRY(insert_visit(sql, held));
        if (held->is_new || held->is_undone_now) TRY(move_punch(sql, held));
    }
    return 0;
}

/* --- Members, events, requests, refusals, audit --- */

static int save_members(struct sql *sql, const struct batch *batch)
{
    for (const struct batch_member *who = batch->members; who != NULL; who = who->hh.next) {
        if (!who->changed) continue;
        TRY(sql_run(sql, "UPDATE members SET visits_total = $1, last_visit_at = $2 WHERE id = $3",
                    SQL_VALUES(sql_int(who->member.visits_total), sql_wall(who->member.last_visit_at),
                               sql_int(who->member.id.n)),
                    NULL, NULL));
    }
    return 0;
}

static int save_events(struct sql *sql, const struct batch *batch)
{
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct event *event = &batch->events[i];
        check(event->json.len > 0); /* made by protocol between decide and save */
        TRY(sql_run(
            sql,
            "INSERT INTO events (location_id, seq, kind, at, visit_id, member_id, json) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            SQL_VALUES(sql_int(event->location->id.n), sql_int(event->seq.n), sql_int(event->kind),
                       sql_wall(event->at), event->visit.n == 0 ? sql_null() : sql_int(event->visit.n),
                       event->member == NULL ? sql_null() : sql_int(event->member->id.n),
                       sql_text(event->json)),
            NULL, NULL));
    }
    return 0;
}

static int save_requests(struct sql *sql, const struct batch *batch)
{
    for (const struct batch_request *request = batch->requests; request != NULL; request = request->hh.next) {
        if (request->command_index == SIZE_MAX) continue;
        check(request->reply.len > 0);
        TRY(sql_run(sql, "INSERT INTO requests (key, fingerprint, reply, at) VALUES ($1, $2, $3, $4)",
                    SQL_VALUES(sql_text(request->key),
                               sql_blob(span_of(request->fingerprint, FINGERPRINT_BYTES)),
                               sql_text(request->reply), sql_wall(batch->now)),
                    NULL, NULL));
    }
    return 0;
}

static int save_denials(struct sql *sql, const struct batch *batch)
{
    for (const struct batch_denial *denial = batch->denials; denial != NULL; denial = denial->hh.next) {
        if (!denial->changed) continue;
        TRY(sql_run(
            sql,
            "INSERT INTO denials (key, first_at, repeats) VALUES ($1, $2, $3) "
            "ON CONFLICT (key) DO UPDATE SET first_at = excluded.first_at, repeats = excluded.repeats",
            SQL_VALUES(sql_text(denial->key), sql_wall(denial->first_at), sql_int(denial->repeats)), NULL,
            NULL));
    }
    return 0;
}

static int save_audits(struct sql *sql, const struct batch *batch)
{
    for (size_t i = 0; i < batch->audit_count; i++) {
        const struct batch_audit *audit = &batch->audits[i];
        OWNED(buf) struct buf details = buf_of(AUDIT_BYTES_MAX);
        TRY(batch_audit_details(batch, audit, &details));
        OWNED(buf) struct buf subject = buf_of(64);
        TRY(buf_printf(&subject, "visit:%lld", (long long)audit->visit.n));
        TRY(sql_run(sql,
                    "INSERT INTO audit (at, actor, action, subject, details) VALUES ($1, $2, $3, $4, $5)",
                    SQL_VALUES(sql_wall(audit->at), sql_text(audit->actor), sql_text(str_c(audit->action)),
                               sql_text(buf_str(&subject)), sql_text(buf_str(&details))),
                    NULL, NULL));
    }
    return 0;
}

/* --- Heads and statistics --- */

static int save_locations(struct sql *sql, struct batch *batch)
{
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        if (state->refold) TRY(batch_refold(sql, batch, state));
        if (state->changed) TRY(state_write(sql, state->location->id, state->head, &state->stats));
    }
    return 0;
}

int sqlite_save(struct sql *sql, struct batch *batch)
{
    TRY(save_visits(sql, batch));
    TRY(save_members(sql, batch));
    TRY(save_events(sql, batch));
    TRY(save_requests(sql, batch));
    TRY(save_denials(sql, batch));
    TRY(save_audits(sql, batch));
    return save_locations(sql, batch);
}
