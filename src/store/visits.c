#include "store/visits.h"

#include "store/ids.h"
#include "store/list.h"
#include "store/members.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS                                                                                                                       \
    "v.id, v.member_id, v.location_id, v.checked_in_at, v.checked_out_at, v.auto_end_at, v.in_seq, v.out_seq, v.automatic, v.undone," \
    " v.source, v.checked_in_by, v.notes, m.first_name, m.last_name, m.photo, m.banned, m.deleted_at, m.guest_of"

static int read_member(const struct sql_row *row, struct arena *arena, struct member *member)
{
    TRY(row_copy(row, 13, arena, &member->first_name));
    OWNED(buf) struct buf text = buf_of(8192);
    TRY(buf_printf(&text, "%.*s %.*s", STR_ARG(row_text(row, 13)), STR_ARG(row_text(row, 14))));
    TRY(arena_str(arena, str_trim(buf_str(&text)), &member->name));
    if (row_is_null(row, 15)) return 0;
    buf_clear(&text);
    TRY(member_photo_url(member->id, row_text(row, 15), &text));
    return arena_str(arena, buf_str(&text), &member->photo_url);
}

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
    out->source = (enum source)row_i32(row, 10, SOURCE_DESK, SOURCE_SYSTEM);
    TRY(row_copy(row, 11, arena, &out->by));
    TRY(row_copy(row, 12, arena, &out->notes));
    out->member = (struct member){.id = out->visit.member,
                                  .banned = row_bool(row, 16),
                                  .deleted = !row_is_null(row, 17),
                                  .guest = !row_is_null(row, 18),
                                  .born = DAY_NONE,
                                  .last_visit_at = WALL_NONE};
    return read_member(row, arena, &out->member);
}

/* --- What a page's rows need besides: a few queries for all of them --- */

/* What the members' statuses are computed from. */
static int add_memberships(struct sql *sql, struct arena *arena, struct visit_row *rows, size_t count)
{
    int64_t *members = arena_array(arena, int64_t, count + 1);
    if (members == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) members[i] = rows[i].member.id.n;
    size_t member_count = ids_settle(members, count);
    struct membership_list *lists;
    TRY(memberships_read(sql, members, member_count, arena, &lists));
    for (size_t i = 0; i < count; i++) {
        const struct membership_list *list = &lists[ids_find(members, member_count, rows[i].member.id.n)];
        TRY(memberships_as_rules(list->rows, list->count, arena, &rows[i].member.memberships));
        rows[i].member.membership_count = list->count;
    }
    return 0;
}

struct overriding {
    struct arena *arena;
    struct visit_row *rows; /* of one stretch */
    size_t count;
};

#define SUBJECT "visit:"

static int on_override(void *ctx, const struct sql_row *row)
{
    const struct overriding *overriding = ctx;
    struct str subject = row_text(row, 0);
    size_t skip = sizeof SUBJECT - 1;
    int64_t id;
    if (subject.len < skip || num_id((struct str){subject.at + skip, subject.len - skip}, &id) < 0) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < overriding->count; i++) {
        struct visit_row *visit = &overriding->rows[i];
        if (visit->visit.id.n == id && visit->override.at == NULL) {
            return row_copy(row, 1, overriding->arena, &visit->override);
        }
    }
    return 0;
}

/* Why a rule was passed over: as the audit has it. */
static int add_overrides(struct sql *sql, struct arena *arena, struct visit_row *rows, size_t count)
{
    for (size_t from = 0; from < count; from += IDS_AT_ONCE) {
        struct overriding overriding = {arena, rows + from,
                                        count - from < IDS_AT_ONCE ? count - from : IDS_AT_ONCE};
        char subjects[IDS_AT_ONCE][32];
        struct sql_value values[IDS_AT_ONCE];
        for (size_t i = 0; i < IDS_AT_ONCE; i++) {
            snprintf(subjects[i], sizeof subjects[i], SUBJECT "%lld",
                     i < overriding.count ? (long long)rows[from + i].visit.id.n : 0);
            values[i] = sql_text(str_c(subjects[i]));
        }
        TRY(sql_run(sql,
                    "SELECT subject, details FROM audit WHERE subject IN (" IDS_HERE
                    ") AND action = 'override' ORDER BY id",
                    values, IDS_AT_ONCE, on_override, &overriding));
    }
    return 0;
}

static int complete(struct sql *sql, struct arena *arena, struct visit_row *rows, size_t count)
{
    TRY(add_memberships(sql, arena, rows, count));
    return add_overrides(sql, arena, rows, count);
}

/* --- Finding: each text walks an index of its own, newest first, no further than the page --- */

#define FROM " FROM visits v JOIN members m ON m.id = v.member_id WHERE v.undone = 0"
#define WITHIN " AND v.checked_in_at >= $2 AND (v.checked_in_at, v.id) < ($3, $4)"
#define NEWEST_FIRST " ORDER BY v.checked_in_at DESC, v.id DESC"

static const char OF_MEMBER[] = "SELECT " COLUMNS FROM " AND v.member_id = $1" WITHIN NEWEST_FIRST;
static const char AT_LOCATION[] =
    "SELECT " COLUMNS FROM " AND v.location_id = $1" WITHIN NEWEST_FIRST " LIMIT $5";
static const char ENDED_AT_LOCATION[] = "SELECT " COLUMNS FROM " AND v.location_id = $1" WITHIN
                                        " AND v.checked_out_at IS NOT NULL" NEWEST_FIRST " LIMIT $5";
/* Who is inside anywhere: few, in the index of visits that are due. By location and moment, all that ever was would be walked. */
static const char INSIDE[] =
    "SELECT " COLUMNS FROM " AND v.checked_out_at IS NULL AND v.auto_end_at > $1" WITHIN NEWEST_FIRST;

struct finding {
    const struct visit_filter *filter;
    struct list rows;
    int64_t from, before_at, before_id;
    bool check_location; /* and open: for texts that do not */
};

static bool is_wanted(const struct finding *finding, const struct sql_row *row)
{
    const struct visit_filter *filter = finding->filter;
    bool is_open = row_is_null(row, 4);
    int64_t location = row_int(row, 2);
    if (filter->open != -1 && is_open != (filter->open == 1)) return false;
    if (filter->location != 0) return location == filter->location;
    if (filter->locations == NULL) return true;
    for (size_t i = 0; i < filter->location_count; i++) {
        if (filter->locations[i] == location) return true;
    }
    return false;
}

static int on_visit(void *ctx, const struct sql_row *row)
{
    struct finding *finding = ctx;
    if (finding->check_location && !is_wanted(finding, row)) return 0;
    struct visit_row *visit = list_add(&finding->rows);
    if (visit == NULL) return ERR_NOMEM;
    TRY(read_visit(row, finding->rows.arena, visit));
    return finding->check_location && finding->rows.count == finding->filter->limit ? 1 : 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct visit *left = &((const struct visit_row *)a)->visit,
                       *right = &((const struct visit_row *)b)->visit;
    if (left->checked_in_at.ms != right->checked_in_at.ms) {
        return left->checked_in_at.ms > right->checked_in_at.ms ? -1 : 1;
    }
    return left->id.n > right->id.n ? -1 : left->id.n < right->id.n;
}

/* One location after the other; what is older than a full page is not asked for any more. */
static int find_at_locations(struct sql *sql, struct finding *finding)
{
    const struct visit_filter *filter = finding->filter;
    const int64_t *locations = filter->location != 0 ? &filter->location : filter->locations;
    size_t count = filter->location != 0 ? 1 : filter->location_count;
    for (size_t i = 0; i < count; i++) {
        TRY(sql_run(sql, filter->open == 0 ? ENDED_AT_LOCATION : AT_LOCATION,
                    SQL_VALUES(sql_int(locations[i]), sql_int(finding->from), sql_int(finding->before_at),
                               sql_int(finding->before_id), sql_int((int64_t)filter->limit)),
                    on_visit, finding));
        if (count == 1 || finding->rows.count < filter->limit) continue;
        struct visit_row *rows = finding->rows.items;
        qsort(rows, finding->rows.count, sizeof *rows, newest_first);
        finding->rows.count = filter->limit;
        finding->from = rows[filter->limit - 1].visit.checked_in_at.ms;
    }
    if (count > 1 && finding->rows.count > 0) {
        qsort(finding->rows.items, finding->rows.count, sizeof(struct visit_row), newest_first);
    }
    return 0;
}

static int find(struct sql *sql, struct finding *finding)
{
    const struct visit_filter *filter = finding->filter;
    finding->check_location = filter->member != 0 || filter->open == 1;
    if (!finding->check_location) return find_at_locations(sql, finding);
    return sql_run(sql, filter->member != 0 ? OF_MEMBER : INSIDE,
                   SQL_VALUES(sql_int(filter->member), sql_int(finding->from), sql_int(finding->before_at),
                              sql_int(finding->before_id)),
                   on_visit, finding);
}

int visit_find(struct sql *sql, const struct visit_filter *filter, struct arena *arena,
               struct visit_row **ret_rows, size_t *ret_count)
{
    check(filter->limit >= 1 && filter->limit <= VISITS_PAGE_MAX);
    check(filter->member != 0 || filter->location != 0 || filter->locations != NULL);
    struct finding finding = {.filter = filter,
                              .rows = LIST_OF(arena, struct visit_row),
                              .from = INT64_MIN,
                              .before_at = INT64_MAX};
    if (wall_is(filter->from)) finding.from = filter->from.ms;
    /* Before a moment: before its visit number 0. */
    if (wall_is(filter->to)) finding.before_at = filter->to.ms;
    if (wall_is(filter->before_at) && filter->before_at.ms < finding.before_at) {
        finding.before_at = filter->before_at.ms;
        finding.before_id = filter->before_id;
    }
    TRY(find(sql, &finding));
    *ret_rows = finding.rows.items;
    *ret_count = finding.rows.count;
    return complete(sql, arena, *ret_rows, *ret_count);
}

static int on_one(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct visit_row *visit = list_add(list);
    return visit == NULL ? ERR_NOMEM : read_visit(row, list->arena, visit);
}

int visit_read(struct sql *sql, struct visit_id id, struct arena *arena, struct visit_row *ret_row)
{
    struct list list = LIST_OF(arena, struct visit_row);
    TRY(sql_run(sql, "SELECT " COLUMNS FROM " AND v.id = $1", SQL_VALUES(sql_int(id.n)), on_one, &list));
    if (list.count == 0) return ERR_NOT_FOUND;
    *ret_row = *(struct visit_row *)list.items;
    return complete(sql, arena, ret_row, 1);
}

/* --- When open ones end --- */

struct open_end {
    int64_t id;
    struct wall_ms end;
};

struct settling {
    const struct directory *directory;
    int64_t max_stay_ms;
    struct wall_ms now;
    struct list changed; /* struct open_end */
};

static int on_open(void *ctx, const struct sql_row *row)
{
    struct settling *settling = ctx;
    const struct location *location =
        directory_by_id(settling->directory, (struct location_id){row_int(row, 1)});
    if (location == NULL) return ERR_CORRUPT;
    struct wall_ms end = location_auto_end(location, row_wall(row, 2), settling->max_stay_ms);
    if (end.ms == row_wall(row, 3).ms) return 0;
    struct open_end *open = list_add(&settling->changed);
    if (open == NULL) return ERR_NOMEM;
    *open = (struct open_end){row_int(row, 0), end.ms < settling->now.ms ? settling->now : end};
    return 0;
}

int visits_settle_ends(struct sql *sql, const struct directory *directory, int64_t max_stay_ms,
                       struct wall_ms now, size_t *ret_changed)
{
    OWNED(arena) struct arena arena = arena_of((size_t)256 * 1024 * 1024);
    struct settling settling = {directory, max_stay_ms, now, LIST_OF(&arena, struct open_end)};
    TRY(sql_run(sql,
                "SELECT id, location_id, checked_in_at, auto_end_at FROM visits"
                " WHERE checked_out_at IS NULL AND undone = 0 AND auto_end_at > $1 ORDER BY id",
                SQL_VALUES(sql_wall(now)), on_open, &settling));
    const struct open_end *open = settling.changed.items;
    for (size_t i = 0; i < settling.changed.count; i++) {
        TRY(sql_run(sql, "UPDATE visits SET auto_end_at = $1 WHERE id = $2",
                    SQL_VALUES(sql_wall(open[i].end), sql_int(open[i].id)), NULL, NULL));
    }
    *ret_changed = settling.changed.count;
    return 0;
}
