/* Loading: one transaction; first who is named, then the locks, then all that the rules may look at. */
#include "domain/batch.h"
#include "store/batch_rows.h"
#include "store/ids.h"
#include "store/list.h"
#include "store/members.h"
#include "store/postgres/array.h"
#include "store/postgres/batch.h"
#include "store/state.h"

#include <stdlib.h>

struct loading {
    struct sql *sql;
    struct batch *batch;
    struct list members; /* int64_t: to be locked and loaded */
};

static bool is_entry(const struct command *command)
{
    return command->kind == COMMAND_CHECK_IN || command->kind == COMMAND_CHECK_OUT;
}

static int want_member(struct loading *loading, int64_t id)
{
    int64_t *place = list_add(&loading->members);
    if (place == NULL) return ERR_NOMEM;
    *place = id;
    return 0;
}

/* --- Who is named --- */

/* A row's command, by its place in the batch. */
static int on_code(void *ctx, const struct sql_row *row)
{
    const struct loading *loading = ctx;
    int64_t index = row_int(row, 0);
    if (index < 0 || index >= (int64_t)loading->batch->command_count) return ERR_CORRUPT;
    loading->batch->named[index].n = row_int(row, 1);
    return 0;
}

static int find_codes(struct loading *loading)
{
    struct batch *batch = loading->batch;
    OWNED(pg_array) struct pg_array indexes = PG_ARRAY;
    OWNED(pg_array) struct pg_array keys = PG_ARRAY;
    OWNED(pg_array) struct pg_array codes = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct command *command = batch->commands[i];
        if (!is_entry(command)) continue;
        if (command->member.n != 0 || command->code.len == 0) {
            batch->named[i] = command->member;
            continue;
        }
        OWNED(buf) struct buf key = buf_of(CODE_KEY_BYTES_MAX);
        TRY(code_key(command->code, &key));
        pg_array_int(&indexes, (int64_t)i);
        pg_array_text(&keys, buf_str(&key));
        pg_array_text(&codes, command->code);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value values[3];
    TRY(pg_array_value(&indexes, &values[0]));
    TRY(pg_array_value(&keys, &values[1]));
    TRY(pg_array_value(&codes, &values[2]));
    return sql_run(
        loading->sql,
        "SELECT given.i, found.member_id FROM unnest($1::bigint[], $2::text[], $3::text[]) AS given (i, key, code)"
        " CROSS JOIN LATERAL (SELECT member_id FROM codes WHERE codes.key = given.key"
        " AND (codes.kind = 'card' OR codes.code = given.code) ORDER BY kind DESC LIMIT 1) AS found",
        values, 3, on_code, loading);
}

struct visit_names {
    struct loading *loading;
    size_t due_count;
};

static int on_named_visit(void *ctx, const struct sql_row *row)
{
    struct loading *loading = ctx;
    struct batch *batch = loading->batch;
    for (size_t i = 0; i < batch->command_count; i++) {
        if (!is_entry(batch->commands[i]) && batch->commands[i]->visit.n == row_int(row, 0)) {
            batch->named[i].n = row_int(row, 1);
        }
    }
    return want_member(loading, row_int(row, 1));
}

/* Whose visits are undone or edited. */
static int find_named_visits(struct loading *loading)
{
    OWNED(pg_array) struct pg_array ids = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < loading->batch->command_count; i++) {
        const struct command *command = loading->batch->commands[i];
        if (is_entry(command)) continue;
        pg_array_int(&ids, command->visit.n);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value value;
    TRY(pg_array_value(&ids, &value));
    return sql_run(loading->sql, "SELECT id, member_id FROM visits WHERE id = ANY($1::bigint[])", &value, 1,
                   on_named_visit, loading);
}

static int on_due(void *ctx, const struct sql_row *row)
{
    struct visit_names *names = ctx;
    names->due_count++;
    return names->due_count > BATCH_DUE_MAX ? 0 : want_member(names->loading, row_int(row, 0));
}

static int find_due(struct loading *loading)
{
    struct visit_names names = {.loading = loading};
    TRY(sql_run(
        loading->sql,
        "SELECT member_id FROM visits WHERE checked_out_at IS NULL AND undone = 0 AND auto_end_at <= $1"
        " ORDER BY auto_end_at, id LIMIT $2",
        SQL_VALUES(sql_wall(loading->batch->now), sql_int(BATCH_DUE_MAX + 1)), on_due, &names));
    loading->batch->more_due = names.due_count > BATCH_DUE_MAX;
    return 0;
}

static int on_there(void *ctx, const struct sql_row *row)
{
    *(bool *)ctx = row_is_null(row, 1);
    return 0;
}

/* Guests are rare: one by one, each under its host's lock, so that two nodes do not make the same one twice. */
static int find_guests(struct loading *loading)
{
    struct batch *batch = loading->batch;
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct command *command = batch->commands[i];
        if (command->guest.len == 0 || batch->named[i].n == 0) continue;
        bool there = false;
        TRY(sql_run(loading->sql, "SELECT id, deleted_at FROM members WHERE id = $1 FOR NO KEY UPDATE",
                    SQL_VALUES(sql_int(batch->named[i].n)), on_there, &there));
        if (there)
            TRY(member_guest(loading->sql, batch->named[i], command->guest, batch->now, &batch->named[i]));
    }
    return 0;
}

/* --- Members --- */

static int on_member(void *ctx, const struct sql_row *row)
{
    struct loading *loading = ctx;
    struct batch_member *who;
    bool is_new;
    TRY(batch_put_member(loading->batch, (struct member_id){row_int(row, 10)}, &who, &is_new));
    int64_t host;
    TRY(batch_member_of_row(row, &loading->batch->arena, &who->member, &host));
    if (host != 0) batch_guest_of_host(row, 11, &who->member);
    return 0;
}

static int on_membership(void *ctx, const struct sql_row *row)
{
    struct loading *loading = ctx;
    struct batch_member *who = batch_member(loading->batch, (struct member_id){row_int(row, 8)});
    if (who == NULL) return ERR_CORRUPT;
    struct member *member = &who->member;
    if (member->membership_count == MEMBERSHIPS_MAX) return 0;
    if (member->memberships == NULL) {
        member->memberships = arena_array(&loading->batch->arena, struct membership, MEMBERSHIPS_MAX);
        if (member->memberships == NULL) return ERR_NOMEM;
    }
    return batch_membership_of_row(row, &loading->batch->arena,
                                   &member->memberships[member->membership_count++]);
}

static int members_value(struct loading *loading, struct pg_array *array, struct sql_value *ret_value)
{
    int64_t *ids = loading->members.items;
    loading->members.count = ids_settle(ids, loading->members.count); /* each once */
    for (size_t i = 0; i < loading->members.count; i++) pg_array_int(array, ids[i]);
    return pg_array_value(array, ret_value);
}

/* FOR NO KEY UPDATE: another's insert of a row that refers to the member need not wait. */
static int lock_members(struct loading *loading, const struct sql_value *ids)
{
    TRY(sql_run(loading->sql,
                "SELECT " MEMBER_COLUMNS
                ", (SELECT banned FROM members AS host WHERE host.id = members.guest_of),"
                " (SELECT deleted_at FROM members AS host WHERE host.id = members.guest_of)"
                " FROM members WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
                ids, 1, on_member, loading));
    return sql_run(
        loading->sql,
        "SELECT " MEMBERSHIP_COLUMNS
        ", member_id FROM memberships WHERE member_id = ANY($1::bigint[]) ORDER BY member_id, id DESC",
        ids, 1, on_membership, loading);
}

/* --- Visits ---
 * LATERAL … LIMIT makes each an index's lookup, whatever the planner knows of tables that have just grown. */

static int on_visit(void *ctx, const struct sql_row *row)
{
    struct loading *loading = ctx;
    struct batch_visit *held;
    bool is_new;
    TRY(batch_put_visit(loading->batch, (struct visit_id){row_int(row, 0)}, &held, &is_new));
    if (is_new) TRY(batch_visit_of_row(row, &loading->batch->arena, held));
    return 0;
}

static int take_open(struct batch *batch)
{
    for (struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        if (!visit_is_open(&held->visit)) continue;
        struct batch_member *who = batch_member(batch, held->visit.member);
        if (who == NULL || who->member.open != NULL) return ERR_CORRUPT;
        who->member.open = &held->visit;
    }
    return 0;
}

static int earlier_end(const void *a, const void *b)
{
    const struct visit *left = *(struct visit *const *)a, *right = *(struct visit *const *)b;
    if (left->auto_end_at.ms != right->auto_end_at.ms)
        return left->auto_end_at.ms < right->auto_end_at.ms ? -1 : 1;
    return left->id.n < right->id.n ? -1 : left->id.n > right->id.n;
}

/* Of those that were due before the locks some may have ended since; of the others all that are due end now. */
static int take_due(struct batch *batch)
{
    for (struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        if (!visit_is_open(&held->visit) || held->visit.auto_end_at.ms > batch->now.ms) continue;
        if (batch->due_count == BATCH_DUE_MAX) {
            batch->more_due = true;
            break;
        }
        batch->due[batch->due_count++] = &held->visit;
    }
    qsort(batch->due, batch->due_count, sizeof(struct visit *), earlier_end);
    return 0;
}

static int load_visits(struct loading *loading, const struct sql_value *members)
{
    struct batch *batch = loading->batch;
    TRY(sql_run(loading->sql,
                "SELECT " VISIT_COLUMNS
                " FROM unnest($1::bigint[]) AS named (member) CROSS JOIN LATERAL (SELECT * FROM visits"
                " WHERE member_id = named.member AND checked_out_at IS NULL AND undone = 0 LIMIT 1) AS open",
                members, 1, on_visit, loading));
    TRY(take_open(batch));
    TRY(take_due(batch));
    OWNED(pg_array) struct pg_array ids = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        if (is_entry(batch->commands[i])) continue;
        pg_array_int(&ids, batch->commands[i]->visit.n);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value value;
    TRY(pg_array_value(&ids, &value));
    return sql_run(loading->sql, "SELECT " VISIT_COLUMNS " FROM visits WHERE id = ANY($1::bigint[])", &value,
                   1, on_visit, loading);
}

static int on_recent(void *ctx, const struct sql_row *row)
{
    struct loading *loading = ctx;
    TRY(on_visit(ctx, row));
    struct batch_member *who = batch_member(loading->batch, (struct member_id){row_int(row, 1)});
    if (who == NULL) return ERR_CORRUPT;
    if (who->recent == NULL) {
        who->recent = arena_array(&loading->batch->arena, struct visit *, BATCH_RECENT_MAX);
        if (who->recent == NULL) return ERR_NOMEM;
    }
    if (who->recent_count == BATCH_RECENT_MAX) return 0;
    who->recent[who->recent_count++] =
        &batch_visit(loading->batch, (struct visit_id){row_int(row, 0)})->visit;
    return 0;
}

/* The past of those of whom a command tells it, oldest first. */
static int load_recent(struct loading *loading)
{
    struct batch *batch = loading->batch;
    OWNED(pg_array) struct pg_array ids = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        if (!is_entry(batch->commands[i]) || !wall_is(batch->commands[i]->occurred_at) ||
            batch->named[i].n == 0)
            continue;
        pg_array_int(&ids, batch->named[i].n);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value values[3];
    TRY(pg_array_value(&ids, &values[0]));
    values[1] = sql_int(batch->now.ms - batch->rules->late_max_ms - batch->rules->max_stay_ms);
    values[2] = sql_int(BATCH_RECENT_MAX);
    return sql_run(
        loading->sql,
        "SELECT " VISIT_COLUMNS
        " FROM (SELECT *, row_number() OVER (PARTITION BY member_id ORDER BY checked_in_at DESC, id DESC) AS place"
        " FROM visits WHERE member_id = ANY($1::bigint[]) AND checked_in_at >= $2 AND undone = 0) AS recent"
        " WHERE place <= $3 ORDER BY member_id, checked_in_at, id",
        values, 3, on_recent, loading);
}

/* --- Locations --- */

static int on_state(void *ctx, const struct sql_row *row)
{
    const struct loading *loading = ctx;
    struct location_state *state = batch_location(loading->batch, (struct location_id){row_int(row, 13)});
    return state == NULL ? ERR_CORRUPT : state_of_row(row, &state->head, &state->stats);
}

static int want_location(struct loading *loading, struct location_id id)
{
    struct location_state *state;
    bool is_new;
    return batch_put_location(loading->batch, id, &state, &is_new);
}

static int lock_locations(struct loading *loading)
{
    struct batch *batch = loading->batch;
    for (size_t i = 0; i < batch->command_count; i++) {
        if (is_entry(batch->commands[i]) && batch->commands[i]->location.n != 0) {
            TRY(want_location(loading, batch->commands[i]->location));
        }
    }
    for (const struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        TRY(want_location(loading, held->visit.location));
    }
    OWNED(pg_array) struct pg_array ids = PG_ARRAY;
    size_t count = 0;
    for (const struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        pg_array_int(&ids, state->location->id.n);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value value;
    TRY(pg_array_value(&ids, &value));
    return sql_run(
        loading->sql,
        "SELECT " STATE_COLUMNS
        ", location_id FROM location_states WHERE location_id = ANY($1::bigint[]) ORDER BY location_id FOR NO KEY UPDATE",
        &value, 1, on_state, loading);
}

/* --- What was asked and refused before, and who was here today --- */

static int on_request(void *ctx, const struct sql_row *row)
{
    const struct loading *loading = ctx;
    struct str key;
    TRY(row_copy(row, 2, &loading->batch->arena, &key));
    struct batch_request *request;
    bool is_new;
    TRY(batch_put_request(loading->batch, key, &request, &is_new));
    return batch_request_of_row(row, &loading->batch->arena, request);
}

static int load_requests(struct loading *loading)
{
    struct batch *batch = loading->batch;
    OWNED(pg_array) struct pg_array keys = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        if (batch->commands[i]->request_id.len == 0) continue;
        struct str key;
        TRY(request_key(batch, batch->commands[i], &key));
        pg_array_text(&keys, key);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value value;
    TRY(pg_array_value(&keys, &value));
    return sql_run(loading->sql, "SELECT " REQUEST_COLUMNS ", key FROM requests WHERE key = ANY($1::text[])",
                   &value, 1, on_request, loading);
}

static int on_denial(void *ctx, const struct sql_row *row)
{
    const struct loading *loading = ctx;
    struct str key;
    TRY(row_copy(row, 2, &loading->batch->arena, &key));
    struct batch_denial *denial;
    bool is_new;
    TRY(batch_put_denial(loading->batch, key, &denial, &is_new));
    if (is_new) batch_denial_of_row(row, denial);
    return 0;
}

static int load_denials(struct loading *loading)
{
    struct batch *batch = loading->batch;
    OWNED(pg_array) struct pg_array keys = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct command *command = batch->commands[i];
        if (command->kind != COMMAND_CHECK_IN || command->location.n == 0) continue;
        struct str key;
        TRY(denial_key(batch, command, batch->named[i], &key));
        pg_array_text(&keys, key);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value value;
    TRY(pg_array_value(&keys, &value));
    return sql_run(loading->sql, "SELECT " DENIAL_COLUMNS ", key FROM denials WHERE key = ANY($1::text[])",
                   &value, 1, on_denial, loading);
}

static int on_visited(void *ctx, const struct sql_row *row)
{
    const struct loading *loading = ctx;
    int64_t index = row_int(row, 0);
    if (index < 0 || index >= (int64_t)loading->batch->command_count) return ERR_CORRUPT;
    loading->batch->visited_today[index] = true;
    return 0;
}

/* Most members come once a day: their last visit's moment spares the question. */
static int load_visited_today(struct loading *loading)
{
    struct batch *batch = loading->batch;
    OWNED(pg_array) struct pg_array indexes = PG_ARRAY;
    OWNED(pg_array) struct pg_array members = PG_ARRAY;
    OWNED(pg_array) struct pg_array from = PG_ARRAY;
    OWNED(pg_array) struct pg_array to = PG_ARRAY;
    OWNED(pg_array) struct pg_array at = PG_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct command *command = batch->commands[i];
        const struct batch_member *who = batch_member(batch, batch->named[i]);
        if (command->kind != COMMAND_CHECK_IN || command->location.n == 0 || who == NULL) continue;
        const struct zone *zone = batch_location(batch, command->location)->location->zone;
        struct day day = zone_local(zone, batch_moment_of(batch, command)).day;
        struct wall_ms start = zone_day_start(zone, day);
        if (!wall_is(who->member.last_visit_at) || who->member.last_visit_at.ms < start.ms) continue;
        pg_array_int(&indexes, (int64_t)i);
        pg_array_int(&members, who->member.id.n);
        pg_array_wall(&from, start);
        pg_array_wall(&to, zone_day_start(zone, (struct day){day.number + 1}));
        pg_array_int(&at, command->location.n);
        count++;
    }
    if (count == 0) return 0;
    struct sql_value values[5];
    TRY(pg_array_value(&indexes, &values[0]));
    TRY(pg_array_value(&members, &values[1]));
    TRY(pg_array_value(&from, &values[2]));
    TRY(pg_array_value(&to, &values[3]));
    TRY(pg_array_value(&at, &values[4]));
    return sql_run(
        loading->sql,
        "SELECT asked.i FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])"
        " AS asked (i, member, first, past, place) CROSS JOIN LATERAL (SELECT 1 FROM visits WHERE member_id = asked.member"
        " AND checked_in_at >= asked.first AND checked_in_at < asked.past AND location_id = asked.place AND undone = 0 LIMIT 1)"
        " AS found",
        values, 5, on_visited, loading);
}

/* --- All --- */

static int give_visit_ids(struct loading *loading, struct pg_visit_ids *ids)
{
    static_assert(PG_VISIT_BLOCK >= BATCH_COMMANDS_MAX, "a batch takes its numbers from one block");
    if (ids->end - ids->next < (int64_t)loading->batch->command_count) {
        TRY(sql_number(loading->sql, "SELECT nextval('visits_id_seq')", SQL_NO_VALUES, &ids->next));
        ids->end = ids->next + PG_VISIT_BLOCK;
    }
    loading->batch->next_visit.n = ids->next;
    ids->next += (int64_t)loading->batch->command_count;
    return 0;
}

int pg_load(struct sql *sql, struct pg_visit_ids *ids, struct batch *batch)
{
    struct loading loading = {.sql = sql, .batch = batch, .members = LIST_OF(&batch->arena, int64_t)};
    TRY(sql_begin(sql));
    TRY(give_visit_ids(&loading, ids));
    TRY(find_codes(&loading));
    TRY(find_named_visits(&loading));
    TRY(find_due(&loading));
    TRY(find_guests(&loading));
    for (size_t i = 0; i < batch->command_count; i++) {
        if (is_entry(batch->commands[i]) && batch->named[i].n != 0)
            TRY(want_member(&loading, batch->named[i].n));
    }
    OWNED(pg_array) struct pg_array members = PG_ARRAY;
    struct sql_value member_ids;
    TRY(members_value(&loading, &members, &member_ids));
    if (loading.members.count > 0) {
        TRY(lock_members(&loading, &member_ids));
        TRY(load_visits(&loading, &member_ids));
        TRY(load_recent(&loading));
    }
    for (size_t i = 0; i < batch->command_count; i++) {
        /* A number that nobody has names nobody. */
        if (is_entry(batch->commands[i]) && batch_member(batch, batch->named[i]) == NULL)
            batch->named[i].n = 0;
    }
    TRY(lock_locations(&loading));
    TRY(load_requests(&loading));
    TRY(load_denials(&loading));
    return load_visited_today(&loading);
}
