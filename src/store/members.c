#include "store/members.h"

#include "domain/batch.h"
#include "store/list.h"
#include "store/search.h"

#include <stdio.h>

/* --- Words that a member is found by --- */

static int sort_key(const struct member_row *row, struct buf *out)
{
    TRY(search_fold(row->last_name, out));
    TRY(buf_put_byte(out, ' '));
    return search_fold(row->first_name, out);
}

static int write_words(struct sql *sql, struct member_id id, const struct search_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        TRY(sql_run(sql, "INSERT INTO search_words (word, member_id) VALUES ($1, $2)",
                    SQL_VALUES(sql_text(str_c(words->at[i])), sql_int(id.n)), NULL, NULL));
    }
    return 0;
}

static int joined_words(const struct search_words *words, struct buf *out)
{
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0) TRY(buf_put_byte(out, ' '));
        TRY(buf_put_str(out, str_c(words->at[i])));
    }
    return 0;
}

static int on_old_words(void *ctx, const struct sql_row *row) { return buf_put_str(ctx, row_text(row, 0)); }

/* By the list in the member's own row: search_words has no index by member. */
static int forget_words(struct sql *sql, struct member_id id)
{
    OWNED(buf) struct buf old = buf_of(8192);
    TRY(sql_run(sql, "SELECT search FROM members WHERE id = $1", SQL_VALUES(sql_int(id.n)), on_old_words, &old));
    struct str rest = buf_str(&old);
    while (rest.len > 0) {
        const char *blank = memchr(rest.at, ' ', rest.len);
        size_t len = blank == NULL ? rest.len : (size_t)(blank - rest.at);
        TRY(sql_run(sql, "DELETE FROM search_words WHERE word = $1 AND member_id = $2",
                    SQL_VALUES(sql_text((struct str){rest.at, len}), sql_int(id.n)), NULL, NULL));
        if (blank == NULL) break;
        rest = (struct str){blank + 1, rest.len - len - 1};
    }
    return 0;
}

/* --- Creating and changing --- */

static int on_number(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 0;
}

/* The highest numeric number given so far, counted up; numbers with letters do not take part. */
static int next_number(struct sql *sql, char ret_number[24], struct str *ret_text)
{
    int64_t number = 0;
    TRY(sql_run(sql, "UPDATE meta SET number_max = number_max + 1 WHERE id = 1 RETURNING number_max", SQL_NO_VALUES, on_number, &number));
    int len = snprintf(ret_number, 24, "%lld", (long long)number);
    *ret_text = (struct str){ret_number, (size_t)len};
    return 0;
}

static int note_number(struct sql *sql, struct str number)
{
    int64_t value;
    if (num_i64(number, 1, ID_LIMIT - 1, &value) < 0) return 0;
    return sql_run(sql, "UPDATE meta SET number_max = $1 WHERE id = 1 AND number_max < $2", SQL_VALUES(sql_int(value), sql_int(value)), NULL, NULL);
}

int member_create(struct sql *sql, const struct member_row *given, struct wall_ms now, struct member_id *ret_id)
{
    struct member_row row = *given;
    char number[24];
    if (row.number.at == NULL) TRY(next_number(sql, number, &row.number));
    else TRY(note_number(sql, row.number));
    struct search_words words;
    TRY(search_index(row.first_name, row.last_name, row.number, row.email, row.phone, &words));
    OWNED(buf) struct buf key = buf_of(32768);
    OWNED(buf) struct buf search = buf_of(8192);
    TRY(sort_key(&row, &key));
    TRY(joined_words(&words, &search));
    int64_t id = 0;
    TRY(sql_run(sql,
                "INSERT INTO members (id, number, first_name, last_name, email, phone, notes, born, banned, balance_minor, currency,"
                " sort_name, search, created_at, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
                SQL_VALUES(row.id.n == 0 ? sql_null() : sql_int(row.id.n), sql_text(row.number), sql_text(row.first_name),
                           sql_text(row.last_name), sql_text(row.email), sql_text(row.phone), sql_text(row.notes), sql_day(row.born),
                           sql_int(row.banned), sql_int(row.balance_minor), sql_text(row.currency), sql_text(buf_str(&key)),
                           sql_text(buf_str(&search)), sql_wall(now), sql_wall(now)),
                on_number, &id));
    ret_id->n = id;
    return write_words(sql, *ret_id, &words);
}

int member_update(struct sql *sql, const struct member_row *row, struct wall_ms now)
{
    struct search_words words;
    TRY(search_index(row->first_name, row->last_name, row->number, row->email, row->phone, &words));
    TRY(forget_words(sql, row->id));
    OWNED(buf) struct buf key = buf_of(32768);
    OWNED(buf) struct buf search = buf_of(8192);
    TRY(sort_key(row, &key));
    TRY(joined_words(&words, &search));
    TRY(sql_run(sql,
                "UPDATE members SET number = $1, first_name = $2, last_name = $3, email = $4, phone = $5, notes = $6, born = $7, banned = $8,"
                " balance_minor = $9, sort_name = $10, search = $11, updated_at = $12, version = version + 1"
                " WHERE id = $13 AND version = $14 AND deleted_at IS NULL",
                SQL_VALUES(sql_text(row->number), sql_text(row->first_name), sql_text(row->last_name), sql_text(row->email),
                           sql_text(row->phone), sql_text(row->notes), sql_day(row->born), sql_int(row->banned),
                           sql_int(row->balance_minor), sql_text(buf_str(&key)), sql_text(buf_str(&search)), sql_wall(now),
                           sql_int(row->id.n), sql_int(row->version)),
                NULL, NULL));
    if (sql_changes(sql) == 0) return ERR_CONFLICT;
    TRY(note_number(sql, row->number));
    return write_words(sql, row->id, &words);
}

int member_set_photo(struct sql *sql, struct member_id id, struct str photo, struct wall_ms now)
{
    TRY(sql_run(sql, "UPDATE members SET photo = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND deleted_at IS NULL",
                SQL_VALUES(sql_text(photo), sql_wall(now), sql_int(id.n)), NULL, NULL));
    return sql_changes(sql) == 0 ? ERR_NOT_FOUND : 0;
}

/* --- Codes --- */

int member_code_add(struct sql *sql, struct member_id member, struct str kind, struct str code)
{
    bool qr = str_eq_c(kind, "qr");
    OWNED(buf) struct buf card_key = buf_of(CODE_KEY_BYTES_MAX);
    OWNED(buf) struct buf qr_key = buf_of(CODE_KEY_BYTES_MAX);
    TRY(code_card_key(code, &card_key));
    TRY(buf_put_str(&qr_key, STR("q:")));
    TRY(buf_put_str(&qr_key, code));
    struct str own = buf_str(qr ? &qr_key : &card_key), other = buf_str(qr ? &card_key : &qr_key);
    int64_t owner = 0;
    /* A code names one member or nobody: also not one as a card and another as a QR token. */
    TRY(sql_run(sql, "SELECT member_id FROM codes WHERE key = $1 OR key = $2 ORDER BY member_id = $3 LIMIT 1",
                SQL_VALUES(sql_text(own), sql_text(other), sql_int(member.n)), on_number, &owner));
    if (owner != 0 && owner != member.n) return ERR_EXISTS;
    return sql_run(sql, "INSERT INTO codes (key, member_id, kind, code) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
                   SQL_VALUES(sql_text(own), sql_int(member.n), sql_text(kind), sql_text(code)), NULL, NULL);
}

int member_codes_clear(struct sql *sql, struct member_id member)
{
    return sql_run(sql, "DELETE FROM codes WHERE member_id = $1", SQL_VALUES(sql_int(member.n)), NULL, NULL);
}

/* --- Reading --- */

#define COLUMNS                                                                                                        \
    "m.id, m.number, m.first_name, m.last_name, m.email, m.phone, m.notes, m.photo, m.born, m.banned, m.balance_minor, m.currency,"     \
    " m.visits_total, m.last_visit_at, m.created_at, m.updated_at, m.version, m.sort_name"
#define SORT_COLUMN 17

static int optional(const struct sql_row *row, int column, struct arena *arena, struct str *ret_text)
{
    *ret_text = (struct str){0};
    return row_is_null(row, column) ? 0 : row_copy(row, column, arena, ret_text);
}

static int member_of_row(const struct sql_row *row, struct arena *arena, struct member_row *member)
{
    *member = (struct member_row){
        .id = {row_int(row, 0)},
        .born = row_day(row, 8),
        .banned = row_bool(row, 9),
        .balance_minor = row_int(row, 10),
        .visits_total = row_int(row, 12),
        .last_visit_at = row_wall(row, 13),
        .created_at = row_wall(row, 14),
        .updated_at = row_wall(row, 15),
        .version = row_int(row, 16),
    };
    TRY(optional(row, 1, arena, &member->number));
    TRY(optional(row, 2, arena, &member->first_name));
    TRY(optional(row, 3, arena, &member->last_name));
    TRY(optional(row, 4, arena, &member->email));
    TRY(optional(row, 5, arena, &member->phone));
    TRY(optional(row, 6, arena, &member->notes));
    TRY(optional(row, 7, arena, &member->photo));
    return optional(row, 11, arena, &member->currency);
}

static int on_code(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct code_row *code = list_add(list);
    if (code == NULL) return ERR_NOMEM;
    TRY(row_copy(row, 0, list->arena, &code->code));
    return row_copy(row, 1, list->arena, &code->kind);
}

static int on_membership(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct membership_row *membership = list_add(list);
    if (membership == NULL) return ERR_NOMEM;
    *membership = (struct membership_row){
        .id = row_int(row, 0),
        .plan_id = row_is_null(row, 1) ? 0 : row_int(row, 1),
        .state = (enum membership_state)row_int(row, 3),
        .starts = row_day(row, 4),
        .ends = row_day(row, 5),
        .frozen_from = row_day(row, 6),
        .frozen_until = row_day(row, 7),
        .cancelled_on = row_day(row, 8),
        .visits_left = row_is_null(row, 9) ? -1 : (int32_t)row_int(row, 9),
    };
    return row_copy(row, 2, list->arena, &membership->plan);
}

static int on_open(void *ctx, const struct sql_row *row)
{
    struct member_row *member = ctx;
    member->open_visit = row_int(row, 0);
    member->open_location = row_int(row, 1);
    member->open_since = row_wall(row, 2);
    return 0;
}

int member_memberships(struct sql *sql, struct arena *arena, struct member_row *row)
{
    struct list memberships = LIST_OF(arena, struct membership_row);
    TRY(sql_run(sql,
                "SELECT id, plan_id, plan, state, starts, ends, frozen_from, frozen_until, cancelled_on, visits_left FROM memberships"
                " WHERE member_id = $1 ORDER BY ends IS NOT NULL, ends DESC, id DESC LIMIT $2",
                SQL_VALUES(sql_int(row->id.n), sql_int(MEMBERSHIPS_MAX)), on_membership, &memberships));
    row->memberships = memberships.items;
    row->membership_count = memberships.count;
    return 0;
}

int member_photo_url(struct member_id id, struct str version, struct buf *out)
{
    return buf_printf(out, "/api/v1/members/%lld/photo?v=%.*s", (long long)id.n, STR_ARG(version));
}

/* Codes, memberships and the open visit of a row. */
static int complete(struct sql *sql, struct arena *arena, struct member_row *member)
{
    struct list codes = LIST_OF(arena, struct code_row);
    TRY(sql_run(sql, "SELECT code, kind FROM codes WHERE member_id = $1 ORDER BY key LIMIT $2",
                SQL_VALUES(sql_int(member->id.n), sql_int(MEMBER_CODES_MAX)), on_code, &codes));
    member->codes = codes.items;
    member->code_count = codes.count;
    TRY(member_memberships(sql, arena, member));
    member->open_since = WALL_NONE;
    return sql_run(sql, "SELECT id, location_id, checked_in_at FROM visits WHERE member_id = $1 AND checked_out_at IS NULL AND undone = 0",
                   SQL_VALUES(sql_int(member->id.n)), on_open, member);
}

struct one {
    struct arena *arena;
    struct member_row *row;
    bool found;
};

static int on_one(void *ctx, const struct sql_row *row)
{
    struct one *one = ctx;
    one->found = true;
    return member_of_row(row, one->arena, one->row);
}

int member_read(struct sql *sql, struct member_id id, struct arena *arena, struct member_row *ret_row)
{
    struct one one = {arena, ret_row, false};
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM members m WHERE m.id = $1 AND m.deleted_at IS NULL", SQL_VALUES(sql_int(id.n)), on_one, &one));
    return one.found ? complete(sql, arena, ret_row) : ERR_NOT_FOUND;
}

int member_by_number(struct sql *sql, struct str number, struct member_id *ret_id)
{
    int64_t id = 0;
    TRY(sql_run(sql, "SELECT id FROM members WHERE number = $1 AND deleted_at IS NULL", SQL_VALUES(sql_text(number)), on_number, &id));
    ret_id->n = id;
    return id == 0 ? ERR_NOT_FOUND : 0;
}

int member_by_code(struct sql *sql, struct str code, struct member_id *ret_id)
{
    OWNED(buf) struct buf card = buf_of(CODE_KEY_BYTES_MAX);
    OWNED(buf) struct buf qr = buf_of(CODE_KEY_BYTES_MAX);
    TRY(code_card_key(code, &card));
    TRY(buf_put_str(&qr, STR("q:")));
    TRY(buf_put_str(&qr, code));
    int64_t id = 0;
    TRY(sql_run(sql, "SELECT member_id FROM codes WHERE key = $1 OR key = $2 ORDER BY kind DESC LIMIT 1",
                SQL_VALUES(sql_text(buf_str(&qr)), sql_text(buf_str(&card))), on_number, &id));
    ret_id->n = id;
    return id == 0 ? ERR_NOT_FOUND : 0;
}

/* --- Finding --- */

struct page_rows {
    struct list list;
    struct str sort_name;     /* of the row last read */
};

static int on_found(void *ctx, const struct sql_row *row)
{
    struct page_rows *rows = ctx;
    struct member_row *member = list_add(&rows->list);
    if (member == NULL) return ERR_NOMEM;
    TRY(row_copy(row, SORT_COLUMN, rows->list.arena, &rows->sort_name));
    return member_of_row(row, rows->list.arena, member);
}

#define FIND_WORDS_MAX 4
#define BEGIN_PAGE "SELECT " COLUMNS " FROM members m WHERE m.deleted_at IS NULL AND (m.sort_name > $1 OR (m.sort_name = $2 AND m.id > $3))"
#define END_PAGE(limit) " ORDER BY m.sort_name, m.id LIMIT " limit
#define WORD(first, last) " AND m.id IN (SELECT member_id FROM search_words WHERE word >= " first " AND word < " last ")"

/* One text for each number of words: prepared statements are kept by the text's address. */
static const char *const PAGES[FIND_WORDS_MAX + 1] = {
    BEGIN_PAGE END_PAGE("$4"),
    BEGIN_PAGE WORD("$4", "$5") END_PAGE("$6"),
    BEGIN_PAGE WORD("$4", "$5") WORD("$6", "$7") END_PAGE("$8"),
    BEGIN_PAGE WORD("$4", "$5") WORD("$6", "$7") WORD("$8", "$9") END_PAGE("$10"),
    BEGIN_PAGE WORD("$4", "$5") WORD("$6", "$7") WORD("$8", "$9") WORD("$10", "$11") END_PAGE("$12"),
};

static int find_page(struct sql *sql, const struct member_page *page, const struct search_words *words, size_t limit, struct page_rows *rows)
{
    struct sql_value values[4 + 2 * FIND_WORDS_MAX];
    char ends[FIND_WORDS_MAX][SEARCH_WORD_BYTES_MAX + 4];
    struct str after = page->after_name.at == NULL ? STR("") : page->after_name;
    size_t count = words->count > FIND_WORDS_MAX ? FIND_WORDS_MAX : words->count;
    values[0] = values[1] = sql_text(after);
    values[2] = sql_int(page->after_id);
    for (size_t i = 0; i < count; i++) {
        /* Behind every word that begins so: U+10FFFF sorts last, as bytes too. */
        snprintf(ends[i], sizeof ends[i], "%s\xf4\x8f\xbf", words->at[i]);
        values[3 + 2 * i] = sql_text(str_c(words->at[i]));
        values[4 + 2 * i] = sql_text(str_c(ends[i]));
    }
    values[3 + 2 * count] = sql_int((int64_t)limit);
    return sql_run(sql, PAGES[count], values, 4 + 2 * count, on_found, rows);
}

/* Who has exactly this number or this card stands first, on the first page. */
static int find_exact(struct sql *sql, struct str typed, struct page_rows *rows)
{
    OWNED(buf) struct buf card = buf_of(1024);
    OWNED(buf) struct buf qr = buf_of(1024);
    if (typed.len > CODE_BYTES_MAX) return 0;
    TRY(code_card_key(typed, &card));
    TRY(buf_put_str(&qr, STR("q:")));
    TRY(buf_put_str(&qr, typed));
    return sql_run(sql,
                   "SELECT " COLUMNS " FROM members m WHERE m.deleted_at IS NULL AND (m.number = $1"
                   " OR m.id IN (SELECT member_id FROM codes WHERE key = $2 OR key = $3)) ORDER BY m.id LIMIT 5",
                   SQL_VALUES(sql_text(typed), sql_text(buf_str(&card)), sql_text(buf_str(&qr))), on_found, rows);
}

static bool is_listed(const struct list *list, size_t count, struct member_id id)
{
    const struct member_row *rows = list->items;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].id.n == id.n) return true;
    }
    return false;
}

int member_find(struct sql *sql, struct arena *arena, struct member_page *page)
{
    check(page->limit >= 1 && page->limit <= MEMBERS_PAGE_MAX);
    struct str typed = str_trim(page->query);
    struct search_words words = {0};
    struct page_rows exact = {.list = LIST_OF(arena, struct member_row)}, found = {.list = LIST_OF(arena, struct member_row)};
    bool first_page = page->after_name.at == NULL;
    if (typed.len > 0) TRY(search_query(typed, &words));
    if (typed.len > 0) TRY(find_exact(sql, typed, &exact));
    size_t exact_count = exact.list.count;
    bool nothing_typed = typed.len == 0;
    if (nothing_typed || words.count > 0) TRY(find_page(sql, page, &words, page->limit + 1, &found));

    struct list all = LIST_OF(arena, struct member_row);
    const struct member_row *rows = exact.list.items;
    for (size_t i = 0; first_page && i < exact_count && all.count < page->limit; i++) {
        struct member_row *row = list_add(&all);
        if (row == NULL) return ERR_NOMEM;
        *row = rows[i];
    }
    rows = found.list.items;
    size_t taken = found.list.count > page->limit ? page->limit : found.list.count;
    for (size_t i = 0; i < taken; i++) {
        if (is_listed(&exact.list, exact_count, rows[i].id)) continue; /* stood first */
        struct member_row *row = list_add(&all);
        if (row == NULL) return ERR_NOMEM;
        *row = rows[i];
    }
    page->rows = all.items;
    page->count = all.count;
    page->last_name_key = (struct str){0};
    if (found.list.count > page->limit) {
        OWNED(buf) struct buf key = buf_of(32768);
        TRY(sort_key(&rows[taken - 1], &key));
        TRY(arena_str(arena, buf_str(&key), &page->last_name_key));
        page->last_id = rows[taken - 1].id.n;
    }
    for (size_t i = 0; i < page->count; i++) TRY(complete(sql, arena, &page->rows[i]));
    return 0;
}

/* --- Memberships and plans --- */

int membership_add(struct sql *sql, struct member_id member, const struct membership_row *row, int64_t *ret_id)
{
    return sql_run(sql,
                   "INSERT INTO memberships (member_id, plan_id, plan, state, starts, ends, frozen_from, frozen_until, cancelled_on, visits_left)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
                   SQL_VALUES(sql_int(member.n), row->plan_id == 0 ? sql_null() : sql_int(row->plan_id), sql_text(row->plan),
                              sql_int(row->state), sql_day(row->starts), sql_day(row->ends), sql_day(row->frozen_from),
                              sql_day(row->frozen_until), sql_day(row->cancelled_on), row->visits_left < 0 ? sql_null() : sql_int(row->visits_left)),
                   on_number, ret_id);
}

int membership_update(struct sql *sql, struct member_id member, const struct membership_row *row)
{
    TRY(sql_run(sql,
                "UPDATE memberships SET state = $1, ends = $2, frozen_from = $3, frozen_until = $4, cancelled_on = $5"
                " WHERE id = $6 AND member_id = $7",
                SQL_VALUES(sql_int(row->state), sql_day(row->ends), sql_day(row->frozen_from), sql_day(row->frozen_until),
                           sql_day(row->cancelled_on), sql_int(row->id), sql_int(member.n)),
                NULL, NULL));
    return sql_changes(sql) == 0 ? ERR_NOT_FOUND : 0;
}

int memberships_for_rules(const struct member_row *row, struct arena *arena, struct membership **ret_memberships)
{
    struct membership *memberships = arena_array(arena, struct membership, row->membership_count + 1);
    if (memberships == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < row->membership_count; i++) {
        const struct membership_row *from = &row->memberships[i];
        memberships[i] = (struct membership){.id = from->id, .plan = from->plan, .state = from->state, .starts = from->starts, .ends = from->ends,
                                             .frozen_from = from->frozen_from, .frozen_until = from->frozen_until, .visits_left = from->visits_left};
    }
    *ret_memberships = memberships;
    return 0;
}

static int on_plan(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct plan_row *plan = list_add(list);
    if (plan == NULL) return ERR_NOMEM;
    plan->id = row_int(row, 0);
    plan->months = row_is_null(row, 2) ? 0 : (int32_t)row_int(row, 2);
    plan->days = row_is_null(row, 3) ? 0 : (int32_t)row_int(row, 3);
    plan->visits = row_is_null(row, 4) ? 0 : (int32_t)row_int(row, 4);
    TRY(row_copy(row, 1, list->arena, &plan->name));
    return optional(row, 5, list->arena, &plan->locations);
}

int plan_list(struct sql *sql, struct arena *arena, struct plan_row **ret_rows, size_t *ret_count)
{
    struct list list = LIST_OF(arena, struct plan_row);
    TRY(sql_run(sql, "SELECT id, name, months, days, visits, locations FROM plans ORDER BY name, id LIMIT 1000", SQL_NO_VALUES, on_plan, &list));
    *ret_rows = list.items;
    *ret_count = list.count;
    return 0;
}

int plan_ensure(struct sql *sql, const struct plan_row *row, int64_t *ret_id)
{
    *ret_id = 0;
    TRY(sql_run(sql, "SELECT id FROM plans WHERE name = $1", SQL_VALUES(sql_text(row->name)), on_number, ret_id));
    if (*ret_id != 0) return 0;
    return sql_run(sql, "INSERT INTO plans (name, months, days, visits, locations) VALUES ($1, $2, $3, $4, $5) RETURNING id",
                   SQL_VALUES(sql_text(row->name), row->months == 0 ? sql_null() : sql_int(row->months),
                              row->days == 0 ? sql_null() : sql_int(row->days), row->visits == 0 ? sql_null() : sql_int(row->visits),
                              sql_text(row->locations)),
                   on_number, ret_id);
}
