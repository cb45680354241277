#include "store/visits.h"

#include "store/list.h"
#include "store/members.h"

#define COLUMNS                                                                                                        \
    "v.id, v.member_id, v.location_id, v.checked_in_at, v.checked_out_at, v.auto_end_at, v.in_seq, v.out_seq, v.automatic, v.undone,"   \
    " v.source, v.checked_in_by, v.notes, m.first_name, m.last_name, m.photo, m.banned, m.deleted_at"

static int read_visit(const struct sql_row *row, struct arena *arena, struct visit_row *out)
{
    out->visit = (struct visit){
        .id = {row_int(row, 0)},
        .member = {row_int(row, 1)},
        .location = {row_int(row, 2)},
        .checked_in_at = row_wall(row, 3),
        .checked_out_at = row_wall(row, 4),
        .auto_end_at = row_wall(row, 5),
        .in_seq = {row_int(row, 6)},
        .out_seq = {row_int(row, 7)},
        .automatic = row_bool(row, 8),
        .undone = row_bool(row, 9),
    };
    out->source = (enum source)row_int(row, 10);
    TRY(row_copy(row, 11, arena, &out->by));
    if (!row_is_null(row, 12)) TRY(row_copy(row, 12, arena, &out->notes));
    struct member *member = &out->member;
    *member = (struct member){.id = out->visit.member, .banned = row_bool(row, 16), .deleted = !row_is_null(row, 17), .born = DAY_NONE,
                              .last_visit_at = WALL_NONE};
    TRY(row_copy(row, 13, arena, &member->first_name));
    OWNED(buf) struct buf name = buf_of(4096);
    TRY(buf_printf(&name, "%.*s %.*s", STR_ARG(row_text(row, 13)), STR_ARG(row_text(row, 14))));
    TRY(arena_str(arena, str_trim(buf_str(&name)), &member->name));
    if (row_is_null(row, 15)) return 0;
    buf_clear(&name);
    TRY(member_photo_url(member->id, row_text(row, 15), &name));
    return arena_str(arena, buf_str(&name), &member->photo_url);
}

static int on_visit(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct visit_row *visit = list_add(list);
    return visit == NULL ? ERR_NOMEM : read_visit(row, list->arena, visit);
}

static int on_override(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct str *details = list_add(list);
    return details == NULL ? ERR_NOMEM : row_copy(row, 0, list->arena, details);
}

/* What the member's status is computed from, and why a rule was passed over. */
static int complete(struct sql *sql, struct arena *arena, struct visit_row *row)
{
    struct member_row member = {.id = row->member.id};
    TRY(member_memberships(sql, arena, &member));
    TRY(memberships_for_rules(&member, arena, &row->member.memberships));
    row->member.membership_count = member.membership_count;
    OWNED(buf) struct buf subject = buf_of(64);
    TRY(buf_printf(&subject, "visit:%lld", (long long)row->visit.id.n));
    struct list overrides = LIST_OF(arena, struct str);
    TRY(sql_run(sql, "SELECT details FROM audit WHERE subject = $1 AND action = 'override' ORDER BY id LIMIT 1",
                SQL_VALUES(sql_text(buf_str(&subject))), on_override, &overrides));
    if (overrides.count > 0) row->override = *(struct str *)overrides.items;
    return 0;
}

int visit_find(struct sql *sql, const struct visit_filter *filter, struct arena *arena, struct visit_row **ret_rows, size_t *ret_count)
{
    check(filter->limit >= 1 && filter->limit <= VISITS_PAGE_MAX);
    struct list list = LIST_OF(arena, struct visit_row);
    int64_t from = wall_is(filter->from) ? filter->from.ms : INT64_MIN, to = wall_is(filter->to) ? filter->to.ms : INT64_MAX;
    int64_t before_at = wall_is(filter->before_at) ? filter->before_at.ms : INT64_MAX;
    int64_t before_id = wall_is(filter->before_at) ? filter->before_id : INT64_MAX;
    struct sql_value who = filter->member != 0 ? sql_int(filter->member) : sql_int(filter->location);
    /* Three texts, so that each walks an index of its own: by member, by location, by who is inside. */
    static const char BY_MEMBER[] =
        "SELECT " COLUMNS " FROM visits v JOIN members m ON m.id = v.member_id WHERE v.undone = 0 AND v.member_id = $1"
        " AND ($2 = 0 OR v.location_id = $3) AND v.checked_in_at >= $4 AND v.checked_in_at < $5"
        " AND (v.checked_in_at < $6 OR (v.checked_in_at = $7 AND v.id < $8))"
        " AND ($9 = -1 OR ($10 = 1 AND v.checked_out_at IS NULL) OR ($11 = 0 AND v.checked_out_at IS NOT NULL))"
        " ORDER BY v.checked_in_at DESC, v.id DESC LIMIT $12";
    static const char BY_LOCATION[] =
        "SELECT " COLUMNS " FROM visits v JOIN members m ON m.id = v.member_id WHERE v.undone = 0 AND v.location_id = $1"
        " AND ($2 = 0 OR v.location_id = $3) AND v.checked_in_at >= $4 AND v.checked_in_at < $5"
        " AND (v.checked_in_at < $6 OR (v.checked_in_at = $7 AND v.id < $8))"
        " AND ($9 = -1 OR ($10 = 1 AND v.checked_out_at IS NULL) OR ($11 = 0 AND v.checked_out_at IS NOT NULL))"
        " ORDER BY v.checked_in_at DESC, v.id DESC LIMIT $12";
    check(filter->member != 0 || filter->location != 0);
    TRY(sql_run(sql, filter->member != 0 ? BY_MEMBER : BY_LOCATION,
                SQL_VALUES(who, sql_int(filter->location), sql_int(filter->location), sql_int(from), sql_int(to), sql_int(before_at),
                           sql_int(before_at), sql_int(before_id), sql_int(filter->open), sql_int(filter->open), sql_int(filter->open),
                           sql_int((int64_t)filter->limit)),
                on_visit, &list));
    *ret_rows = list.items;
    *ret_count = list.count;
    for (size_t i = 0; i < list.count; i++) TRY(complete(sql, arena, &(*ret_rows)[i]));
    return 0;
}

int visit_read(struct sql *sql, struct visit_id id, struct arena *arena, struct visit_row *ret_row)
{
    struct list list = LIST_OF(arena, struct visit_row);
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM visits v JOIN members m ON m.id = v.member_id WHERE v.id = $1 AND v.undone = 0",
                SQL_VALUES(sql_int(id.n)), on_visit, &list));
    if (list.count == 0) return ERR_NOT_FOUND;
    *ret_row = *(struct visit_row *)list.items;
    return complete(sql, arena, ret_row);
}
