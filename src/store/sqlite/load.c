/* Loading: one transaction under the writers' lock, then small lookups by key, each well under two microseconds where its pages are
 * in the cache. Whatever a rule may look at must be in the batch: for every visit its member and its location too. */
#include "store/batch_rows.h"
#include "store/members.h"
#include "store/sqlite/batch.h"
#include "store/list.h"
#include "store/state.h"

struct loading {
    struct sql *sql;
    struct batch *batch;
};

/* --- Locations --- */

struct state_row {
    struct location_state *state;
    bool found;
};

static int on_state(void *ctx, const struct sql_row *row)
{
    struct state_row *into = ctx;
    into->found = true;
    return state_of_row(row, &into->state->head, &into->state->stats);
}

static int load_location(struct loading *loading, struct location_id id)
{
    struct location_state *state;
    bool is_new;
    TRY(batch_put_location(loading->batch, id, &state, &is_new));
    if (!is_new) return 0;
    struct state_row into = {.state = state};
    TRY(sql_run(loading->sql, "SELECT " STATE_COLUMNS " FROM location_states WHERE location_id = $1",
                SQL_VALUES(sql_int(id.n)), on_state, &into));
    return into.found ? 0 : ERR_CORRUPT;
}

/* --- Visits --- */

struct visit_rows {
    struct batch *batch;
    struct list *held; /* struct batch_visit * */
};

static int on_visit(void *ctx, const struct sql_row *row)
{
    struct visit_rows *rows = ctx;
    struct batch_visit *held;
    bool is_new;
    TRY(batch_put_visit(rows->batch, (struct visit_id){row_int(row, 0)}, &held, &is_new));
    if (is_new) TRY(batch_visit_of_row(row, &rows->batch->arena, held));
    struct batch_visit **place = list_add(rows->held);
    if (place == NULL) return ERR_NOMEM;
    *place = held;
    return 0;
}

static int load_visits(struct loading *loading, const char *text, const struct sql_value *values,
                       size_t count, struct list *held)
{
    *held = LIST_OF(&loading->batch->arena, struct batch_visit *);
    struct visit_rows rows = {.batch = loading->batch, .held = held};
    return sql_run(loading->sql, text, values, count, on_visit, &rows);
}

/* --- Members --- */

struct member_load {
    struct batch *batch;
    struct member *member;
    int64_t guest_of; /* 0: a member */
    bool found;
};

static int on_member(void *ctx, const struct sql_row *row)
{
    struct member_load *into = ctx;
    into->found = true;
    return batch_member_of_row(row, &into->batch->arena, into->member, &into->guest_of);
}

static int on_membership(void *ctx, const struct sql_row *row)
{
    struct list *memberships = ctx;
    struct membership *membership = list_add(memberships);
    return membership == NULL ? ERR_NOMEM : batch_membership_of_row(row, memberships->arena, membership);
}

static int load_memberships(struct loading *loading, struct member *member)
{
    struct list memberships = LIST_OF(&loading->batch->arena, struct membership);
    TRY(sql_run(loading->sql,
                "SELECT " MEMBERSHIP_COLUMNS
                " FROM memberships WHERE member_id = $1 ORDER BY id DESC LIMIT $2",
                SQL_VALUES(sql_int(member->id.n), sql_int(MEMBERSHIPS_MAX)), on_membership, &memberships));
    member->memberships = memberships.items;
    member->membership_count = memberships.count;
    return 0;
}

static int load_open_visit(struct loading *loading, struct member *member)
{
    struct list held;
    TRY(load_visits(loading,
                    "SELECT " VISIT_COLUMNS
                    " FROM visits WHERE member_id = $1 AND checked_out_at IS NULL AND undone = 0",
                    SQL_VALUES(sql_int(member->id.n)), &held));
    if (held.count == 0) return 0;
    check(held.count == 1); /* a unique index holds it */
    member->open = &((struct batch_visit **)held.items)[0]->visit;
    return load_location(loading, member->open->location);
}

static int on_host(void *ctx, const struct sql_row *row)
{
    batch_guest_of_host(row, 0, ctx);
    return 0;
}

static int load_host(struct loading *loading, int64_t host, struct member *guest)
{
    return sql_run(loading->sql, "SELECT " HOST_COLUMNS " FROM members WHERE id = $1",
                   SQL_VALUES(sql_int(host)), on_host, guest);
}

/* *ret_member NULL: there is no such member. */
static int load_member(struct loading *loading, struct member_id id, struct batch_member **ret_member)
{
    *ret_member = batch_member(loading->batch, id);
    if (*ret_member != NULL) return 0;
    /* Read first: a number that nobody has must not come into the batch. */
    struct member member = {.id = id};
    struct member_load into = {.batch = loading->batch, .member = &member};
    TRY(sql_run(loading->sql, "SELECT " MEMBER_COLUMNS " FROM members WHERE id = $1",
                SQL_VALUES(sql_int(id.n)), on_member, &into));
    if (!into.found) return 0;
    if (into.guest_of != 0) TRY(load_host(loading, into.guest_of, &member));
    bool is_new;
    TRY(batch_put_member(loading->batch, id, ret_member, &is_new));
    (*ret_member)->member = member;
    TRY(load_memberships(loading, &(*ret_member)->member));
    return load_open_visit(loading, &(*ret_member)->member);
}

static int load_around(struct loading *loading, const struct visit *visit)
{
    TRY(load_location(loading, visit->location));
    struct batch_member *member;
    TRY(load_member(loading, visit->member, &member));
    return member == NULL ? ERR_CORRUPT : 0;
}

/* --- What ends by itself --- */

static int load_due(struct loading *loading)
{
    struct batch *batch = loading->batch;
    struct list held;
    TRY(load_visits(loading,
                    "SELECT " VISIT_COLUMNS
                    " FROM visits WHERE checked_out_at IS NULL AND undone = 0 AND auto_end_at <= $1 "
                    "ORDER BY auto_end_at, id LIMIT $2",
                    SQL_VALUES(sql_wall(batch->now), sql_int(BATCH_DUE_MAX + 1)), &held));
    struct batch_visit **due = held.items;
    batch->more_due = held.count > BATCH_DUE_MAX;
    for (size_t i = 0; i < held.count && i < BATCH_DUE_MAX; i++) {
        TRY(load_around(loading, &due[i]->visit));
        batch->due[batch->due_count++] = &due[i]->visit;
    }
    return 0;
}

/* --- What a command names --- */

static int find_by_code(struct loading *loading, struct str code, struct member_id *ret_member)
{
    int rc = member_by_code(loading->sql, code, ret_member);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Most members come once a day: their last visit's moment spares the question. */
static int load_visited_today(struct loading *loading, const struct command *command,
                              const struct batch_member *who, bool *ret_visited)
{
    const struct location_state *state = batch_location(loading->batch, command->location);
    const struct zone *zone = state->location->zone;
    struct day day = zone_local(zone, batch_moment_of(loading->batch, command)).day;
    struct wall_ms start = zone_day_start(zone, day),
                   end = zone_day_start(zone, (struct day){day.number + 1});
    if (!wall_is(who->member.last_visit_at) || who->member.last_visit_at.ms < start.ms) return 0;
    int64_t one;
    int found = sql_number(
        loading->sql,
        "SELECT 1 FROM visits WHERE member_id = $1 AND checked_in_at >= $2 AND checked_in_at < $3 AND location_id = $4 "
        "AND undone = 0 LIMIT 1",
        SQL_VALUES(sql_int(who->member.id.n), sql_wall(start), sql_wall(end), sql_int(command->location.n)),
        &one);
    TRY(found);
    *ret_visited = found == 1;
    return 0;
}

static int load_recent(struct loading *loading, struct batch_member *who)
{
    if (who->recent != NULL) return 0;
    struct batch *batch = loading->batch;
    int64_t since_ms = batch->now.ms - batch->rules->late_max_ms - batch->rules->max_stay_ms;
    struct list held;
    TRY(load_visits(loading,
                    "SELECT " VISIT_COLUMNS
                    " FROM visits WHERE member_id = $1 AND checked_in_at >= $2 AND undone = 0 "
                    "ORDER BY checked_in_at DESC, id DESC LIMIT $3",
                    SQL_VALUES(sql_int(who->member.id.n), sql_int(since_ms), sql_int(BATCH_RECENT_MAX)),
                    &held));
    who->recent = arena_array(&batch->arena, struct visit *, held.count + 1);
    if (who->recent == NULL) return ERR_NOMEM;
    struct batch_visit **newest_first = held.items;
    for (size_t i = held.count; i > 0; i--) {
        TRY(load_location(loading, newest_first[i - 1]->visit.location));
        who->recent[who->recent_count++] = &newest_first[i - 1]->visit;
    }
    return 0;
}

struct request_row {
    struct batch *batch;
    struct str key;
};

static int on_request(void *ctx, const struct sql_row *row)
{
    struct request_row *into = ctx;
    struct batch_request *request;
    bool is_new;
    TRY(batch_put_request(into->batch, into->key, &request, &is_new));
    return batch_request_of_row(row, &into->batch->arena, request);
}

static int load_request(struct loading *loading, const struct command *command)
{
    if (command->request_id.len == 0) return 0;
    struct request_row into = {.batch = loading->batch};
    TRY(request_key(loading->batch, command, &into.key));
    return sql_run(loading->sql, "SELECT " REQUEST_COLUMNS " FROM requests WHERE key = $1",
                   SQL_VALUES(sql_text(into.key)), on_request, &into);
}

struct denial_row {
    struct batch *batch;
    struct str key;
};

static int on_denial(void *ctx, const struct sql_row *row)
{
    struct denial_row *into = ctx;
    struct batch_denial *denial;
    bool is_new;
    TRY(batch_put_denial(into->batch, into->key, &denial, &is_new));
    if (is_new) batch_denial_of_row(row, denial);
    return 0;
}

static int load_denial(struct loading *loading, const struct command *command, struct member_id member)
{
    struct denial_row into = {.batch = loading->batch};
    TRY(denial_key(loading->batch, command, member, &into.key));
    return sql_run(loading->sql, "SELECT " DENIAL_COLUMNS " FROM denials WHERE key = $1",
                   SQL_VALUES(sql_text(into.key)), on_denial, &into);
}

static int load_named(struct loading *loading, const struct command *command, struct batch_member **ret_who)
{
    struct member_id id = command->member;
    *ret_who = NULL;
    if (id.n == 0 && command->code.len > 0) TRY(find_by_code(loading, command->code, &id));
    if (id.n == 0) return 0;
    TRY(load_member(loading, id, ret_who));
    if (command->guest.len == 0 || *ret_who == NULL || (*ret_who)->member.deleted) return 0;
    TRY(member_guest(loading->sql, id, command->guest, loading->batch->now, &id));
    return load_member(loading, id, ret_who);
}

static int load_check(struct loading *loading, size_t index)
{
    struct batch *batch = loading->batch;
    const struct command *command = batch->commands[index];
    if (command->location.n != 0) TRY(load_location(loading, command->location));
    struct batch_member *who;
    TRY(load_named(loading, command, &who));
    if (who != NULL) batch->named[index] = who->member.id;
    if (who != NULL && wall_is(command->occurred_at)) TRY(load_recent(loading, who));
    if (command->kind != COMMAND_CHECK_IN || command->location.n == 0) return 0;
    TRY(load_denial(loading, command, batch->named[index]));
    return who == NULL ? 0 : load_visited_today(loading, command, who, &batch->visited_today[index]);
}

static int load_named_visit(struct loading *loading, size_t index)
{
    struct list held;
    TRY(load_visits(loading, "SELECT " VISIT_COLUMNS " FROM visits WHERE id = $1",
                    SQL_VALUES(sql_int(loading->batch->commands[index]->visit.n)), &held));
    if (held.count == 0) return 0;
    const struct visit *visit = &((struct batch_visit **)held.items)[0]->visit;
    loading->batch->named[index] = visit->member;
    return load_around(loading, visit);
}

static int load_command(struct loading *loading, size_t index)
{
    const struct command *command = loading->batch->commands[index];
    TRY(load_request(loading, command));
    switch (command->kind) {
    case COMMAND_CHECK_IN:
    case COMMAND_CHECK_OUT: return load_check(loading, index);
    case COMMAND_UNDO:
    case COMMAND_EDIT: return load_named_visit(loading, index);
    }
    never("a command has one of these kinds");
}

int sqlite_load(struct sql *sql, struct batch *batch)
{
    struct loading loading = {.sql = sql, .batch = batch};
    TRY(sql_begin(sql));
    TRY(sql_number(sql, "SELECT coalesce(max(id), 0) + 1 FROM visits", SQL_NO_VALUES, &batch->next_visit.n));
    TRY(load_due(&loading));
    for (size_t i = 0; i < batch->command_count; i++) TRY(load_command(&loading, i));
    return 0;
}
