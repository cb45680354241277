#include "store/memberships.h"

#include "store/ids.h"
#include "store/list.h"

static int on_id(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 0;
}

int membership_add(struct sql *sql, struct member_id member, const struct membership_row *row,
                   int64_t *ret_id)
{
    return sql_run(
        sql,
        "INSERT INTO memberships (member_id, plan_id, plan, state, starts, ends, frozen_from, frozen_until, cancelled_on, visits_left)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        SQL_VALUES(sql_int(member.n), row->plan_id == 0 ? sql_null() : sql_int(row->plan_id),
                   sql_text(row->plan), sql_int(row->state), sql_day(row->starts), sql_day(row->ends),
                   sql_day(row->frozen_from), sql_day(row->frozen_until), sql_day(row->cancelled_on),
                   row->visits_left < 0 ? sql_null() : sql_int(row->visits_left)),
        on_id, ret_id);
}

int membership_update(struct sql *sql, struct member_id member, const struct membership_row *row)
{
    TRY(sql_run(
        sql,
        "UPDATE memberships SET state = $1, ends = $2, frozen_from = $3, frozen_until = $4, cancelled_on = $5"
        " WHERE id = $6 AND member_id = $7",
        SQL_VALUES(sql_int(row->state), sql_day(row->ends), sql_day(row->frozen_from),
                   sql_day(row->frozen_until), sql_day(row->cancelled_on), sql_int(row->id),
                   sql_int(member.n)),
        NULL, NULL));
    return sql_changes(sql) == 0 ? ERR_NOT_FOUND : 0;
}

/* --- Reading --- */

struct reading {
    const int64_t *members;
    struct membership_list *lists;
    size_t *firsts; /* for each member, where its rows begin: rows move while they are gathered */
    size_t member_count;
    struct list all; /* each member's stand together */
};

static int on_membership(void *ctx, const struct sql_row *row)
{
    struct reading *reading = ctx;
    size_t member = ids_find(reading->members, reading->member_count, row_int(row, 0));
    check(member != SIZE_MAX);
    struct membership_list *list = &reading->lists[member];
    if (list->count == MEMBERSHIPS_MAX) return 0;
    if (list->count++ == 0) reading->firsts[member] = reading->all.count;
    struct membership_row *membership = list_add(&reading->all);
    if (membership == NULL) return ERR_NOMEM;
    *membership = (struct membership_row){
        .id = row_int(row, 1),
        .plan_id = row_is_null(row, 2) ? 0 : row_int(row, 2),
        .state = (enum membership_state)row_i32(row, 4, MEMBERSHIP_ACTIVE, MEMBERSHIP_CANCELLED),
        .starts = row_day(row, 5),
        .ends = row_day(row, 6),
        .frozen_from = row_day(row, 7),
        .frozen_until = row_day(row, 8),
        .cancelled_on = row_day(row, 9),
        .visits_left = row_i32_or(row, 10, 0, INT32_MAX, -1),
    };
    return row_copy(row, 3, reading->all.arena, &membership->plan);
}

int memberships_read(struct sql *sql, const int64_t *members, size_t count, struct arena *arena,
                     struct membership_list **ret_lists)
{
    struct reading reading = {
        .members = members,
        .lists = arena_array(arena, struct membership_list, count + 1),
        .firsts = arena_array(arena, size_t, count + 1),
        .member_count = count,
        .all = LIST_OF(arena, struct membership_row),
    };
    if (reading.lists == NULL || reading.firsts == NULL) return ERR_NOMEM;
    TRY(ids_run(
        sql,
        "SELECT member_id, id, plan_id, plan, state, starts, ends, frozen_from, frozen_until, cancelled_on, visits_left FROM memberships"
        " WHERE member_id IN (" IDS_HERE ") ORDER BY member_id, ends IS NOT NULL, ends DESC, id DESC",
        members, count, on_membership, &reading));
    struct membership_row *rows = reading.all.items;
    for (size_t i = 0; i < count; i++) {
        if (reading.lists[i].count > 0) reading.lists[i].rows = rows + reading.firsts[i];
    }
    *ret_lists = reading.lists;
    return 0;
}

int memberships_as_rules(const struct membership_row *rows, size_t count, struct arena *arena,
                         struct membership **ret_memberships)
{
    struct membership *memberships = arena_array(arena, struct membership, count + 1);
    if (memberships == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        memberships[i] = (struct membership){.id = rows[i].id,
                                             .plan = rows[i].plan,
                                             .state = rows[i].state,
                                             .starts = rows[i].starts,
                                             .ends = rows[i].ends,
                                             .frozen_from = rows[i].frozen_from,
                                             .frozen_until = rows[i].frozen_until,
                                             .visits_left = rows[i].visits_left};
    }
    *ret_memberships = memberships;
    return 0;
}
