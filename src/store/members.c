#include "store/members.h"

#include "base/text.h"
#include "domain/batch.h"
#include "store/ids.h"
#include "store/list.h"
#include "store/search.h"

#include <stdio.h>

/* --- Words that a member is found by --- */

#define WORDS_BYTES_MAX (SEARCH_WORDS_MAX * (SEARCH_WORD_BYTES_MAX + 1))
#define SORT_NAME_BYTES_MAX 240 /* a page's position holds one */
#define SORT_NAME_FOLDED_MAX ((size_t)256 * 1024)

struct member_texts {
    struct search_words words;
    struct buf search; /* the words with blanks between */
    struct buf sort_name;
};

static void member_texts_owned(struct member_texts *texts)
{
    buf_done(&texts->search);
    buf_done(&texts->sort_name);
}

static int joined_words(const struct search_words *words, struct buf *out)
{
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0) TRY(buf_put_byte(out, ' '));
        TRY(buf_put_str(out, str_c(words->at[i])));
    }
    return 0;
}

static int make_texts(const struct member_row *row, struct member_texts *texts)
{
    TRY(search_index(row->first_name, row->last_name, row->number, row->email, row->phone, &texts->words));
    TRY(joined_words(&texts->words, &texts->search));
    TRY(search_fold(row->last_name, &texts->sort_name));
    TRY(buf_put_byte(&texts->sort_name, ' '));
    TRY(search_fold(row->first_name, &texts->sort_name));
    while (texts->sort_name.len > SORT_NAME_BYTES_MAX) {
        /* Whole characters. */
        do texts->sort_name.len--;
        while (((uint8_t)texts->sort_name.at[texts->sort_name.len] & 0xc0) == 0x80);
    }
    return 0;
}

#define TEXTS_EMPTY                                                                                          \
    ((struct member_texts){.search = buf_of(WORDS_BYTES_MAX), .sort_name = buf_of(SORT_NAME_FOLDED_MAX)})

/* Whether this word stands between the blanks of the text. */
static bool has_word(struct str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t from = 0; from + len <= text.len;) {
        const char *blank = memchr(text.at + from, ' ', text.len - from);
        size_t to = blank == NULL ? text.len : (size_t)(blank - text.at);
        if (to - from == len && memcmp(text.at + from, word, len) == 0) return true;
        from = to + 1;
    }
    return false;
}

static int add_words(struct sql *sql, struct member_id id, const struct search_words *words, struct str old)
{
    for (size_t i = 0; i < words->count; i++) {
        if (has_word(old, words->at[i])) continue;
        TRY(sql_run(sql, "INSERT INTO search_words (word, member_id) VALUES ($1, $2)",
                    SQL_VALUES(sql_text(str_c(words->at[i])), sql_int(id.n)), NULL, NULL));
    }
    return 0;
}

/* By the list in the member's own row: search_words has no index by member. */
static int drop_words(struct sql *sql, struct member_id id, struct str old, struct str now)
{
    while (old.len > 0) {
        const char *blank = memchr(old.at, ' ', old.len);
        size_t len = blank == NULL ? old.len : (size_t)(blank - old.at);
        char word[SEARCH_WORD_BYTES_MAX + 1];
        if (len > SEARCH_WORD_BYTES_MAX) return ERR_CORRUPT;
        memcpy(word, old.at, len);
        word[len] = '\0';
        if (!has_word(now, word)) {
            TRY(sql_run(sql, "DELETE FROM search_words WHERE word = $1 AND member_id = $2",
                        SQL_VALUES(sql_text(str_c(word)), sql_int(id.n)), NULL, NULL));
        }
        if (blank == NULL) break;
        old = (struct str){blank + 1, old.len - len - 1};
    }
    return 0;
}

/* --- What may be kept --- */

const char *member_row_wrong(const struct member_row *row, const char **ret_why)
{
    *ret_why = TEXT_UNFIT;
    if (!text_fits(row->number, MEMBER_NUMBER_CHARACTERS_MAX)) return "number";
    if (!text_fits(row->first_name, MEMBER_NAME_CHARACTERS_MAX)) return "first_name";
    if (!text_fits(row->last_name, MEMBER_NAME_CHARACTERS_MAX)) return "last_name";
    if (!text_fits(row->email, MEMBER_EMAIL_CHARACTERS_MAX)) return "email";
    if (!text_fits(row->phone, MEMBER_PHONE_CHARACTERS_MAX)) return "phone";
    if (!text_fits(row->notes, MEMBER_NOTES_CHARACTERS_MAX)) return "notes";
    *ret_why = "or last_name is needed";
    if (str_trim(row->first_name).len + str_trim(row->last_name).len == 0) return "first_name";
    *ret_why = "not an address";
    if (row->email.at != NULL && !text_looks_like_email(row->email)) return "email";
    *ret_why = "an amount that nobody owes";
    if (row->balance_minor > MEMBER_BALANCE_MAX || row->balance_minor < -MEMBER_BALANCE_MAX) {
        return "balance_minor";
    }
    return NULL;
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
    TRY(sql_run(sql, "UPDATE meta SET number_max = number_max + 1 WHERE id = 1 RETURNING number_max",
                SQL_NO_VALUES, on_number, &number));
    int len = snprintf(ret_number, 24, "%lld", (long long)number);
    *ret_text = (struct str){ret_number, (size_t)len};
    return 0;
}

static int note_number(struct sql *sql, struct str number)
{
    int64_t value;
    if (num_i64(number, 1, ID_LIMIT - 1, &value) < 0) return 0;
    return sql_run(sql, "UPDATE meta SET number_max = $1 WHERE id = 1 AND number_max < $2",
                   SQL_VALUES(sql_int(value), sql_int(value)), NULL, NULL);
}

/* The next free number is given by the database where the column is left out. */
#define INSERT_MEMBER(more_columns, more_values)                                                                             \
    "INSERT INTO members (number, first_name, last_name, email, phone, notes, photo, born, banned, balance_minor, currency," \
    " sort_name, search, created_at, updated_at, guest_of" more_columns                                                      \
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16" more_values                            \
    ") RETURNING id"

int member_create(struct sql *sql, const struct member_row *given, struct wall_ms now,
                  struct member_id *ret_id)
{
    struct member_row row = *given;
    char number[24];
    if (row.number.at != NULL) TRY(note_number(sql, row.number));
    else if (row.guest_of == 0) TRY(next_number(sql, number, &row.number));
    OWNED(member_texts) struct member_texts texts = TEXTS_EMPTY;
    TRY(make_texts(&row, &texts));
    int64_t id = 0;
    bool given_id = row.id.n != 0;
    TRY(sql_run(sql, given_id ? INSERT_MEMBER(", id", ", $17") : INSERT_MEMBER("", ""),
                (const struct sql_value[]){sql_text(row.number), sql_text(row.first_name),
                                           sql_text(row.last_name), sql_text(row.email), sql_text(row.phone),
                                           sql_text(row.notes), sql_text(row.photo), sql_day(row.born),
                                           sql_int(row.banned), sql_int(row.balance_minor),
                                           sql_text(row.currency), sql_text(buf_str(&texts.sort_name)),
                                           sql_text(buf_str(&texts.search)), sql_wall(now), sql_wall(now),
                                           row.guest_of == 0 ? sql_null() : sql_int(row.guest_of),
                                           sql_int(row.id.n)},
                given_id ? 17 : 16, on_number, &id));
    if (given_id) TRY(sql_ids_given(sql, "members"));
    ret_id->n = id;
    return add_words(sql, *ret_id, &texts.words, STR(""));
}

void member_split_name(struct str name, struct member_row *row)
{
    size_t at = name.len;
    while (at > 0 && name.at[at - 1] != ' ') at--;
    row->first_name = at == 0 ? name : str_trim((struct str){name.at, at});
    row->last_name = at == 0 ? STR("") : (struct str){name.at + at, name.len - at};
}

int member_guest(struct sql *sql, struct member_id host, struct str name, struct wall_ms now,
                 struct member_id *ret_id)
{
    struct member_row row = {.born = DAY_NONE, .currency = STR("EUR"), .guest_of = host.n};
    member_split_name(str_trim(name), &row);
    OWNED(member_texts) struct member_texts texts = TEXTS_EMPTY;
    TRY(make_texts(&row, &texts));
    int found = sql_number(
        sql,
        "SELECT id FROM members WHERE guest_of = $1 AND sort_name = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1",
        SQL_VALUES(sql_int(host.n), sql_text(buf_str(&texts.sort_name))), &ret_id->n);
    return found == 0 ? member_create(sql, &row, now, ret_id) : found < 0 ? found : 0;
}

static int on_old(void *ctx, const struct sql_row *row)
{
    TRY(buf_put_str(ctx, row_text(row, 0)));
    return 1;
}

/* Nothing was changed: is the member gone, or only the version another? */
static int why_unchanged(struct sql *sql, struct member_id id)
{
    int64_t version;
    int found = sql_number(sql, "SELECT version FROM members WHERE id = $1 AND deleted_at IS NULL",
                           SQL_VALUES(sql_int(id.n)), &version);
    return found < 0 ? found : found == 0 ? ERR_NOT_FOUND : ERR_CONFLICT;
}

int member_update(struct sql *sql, const struct member_row *row, struct wall_ms now)
{
    OWNED(buf) struct buf old = buf_of(WORDS_BYTES_MAX);
    OWNED(member_texts) struct member_texts texts = TEXTS_EMPTY;
    TRY(make_texts(row, &texts));
    TRY(sql_run(sql, "SELECT search FROM members WHERE id = $1", SQL_VALUES(sql_int(row->id.n)), on_old,
                &old));
    TRY(sql_run(
        sql,
        "UPDATE members SET number = $1, first_name = $2, last_name = $3, email = $4, phone = $5, notes = $6, born = $7, banned = $8,"
        " balance_minor = $9, sort_name = $10, search = $11, updated_at = $12, version = version + 1"
        " WHERE id = $13 AND version = $14 AND deleted_at IS NULL",
        SQL_VALUES(sql_text(row->number), sql_text(row->first_name), sql_text(row->last_name),
                   sql_text(row->email), sql_text(row->phone), sql_text(row->notes), sql_day(row->born),
                   sql_int(row->banned), sql_int(row->balance_minor), sql_text(buf_str(&texts.sort_name)),
                   sql_text(buf_str(&texts.search)), sql_wall(now), sql_int(row->id.n),
                   sql_int(row->version)),
        NULL, NULL));
    if (sql_changes(sql) == 0) return why_unchanged(sql, row->id);
    if (row->number.at != NULL) TRY(note_number(sql, row->number));
    TRY(drop_words(sql, row->id, buf_str(&old), buf_str(&texts.search)));
    return add_words(sql, row->id, &texts.words, buf_str(&old));
}

int member_set_photo(struct sql *sql, struct member_id id, struct str photo, struct wall_ms now)
{
    TRY(sql_run(
        sql,
        "UPDATE members SET photo = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND deleted_at IS NULL",
        SQL_VALUES(sql_text(photo), sql_wall(now), sql_int(id.n)), NULL, NULL));
    return sql_changes(sql) == 0 ? ERR_NOT_FOUND : 0;
}

int member_photo_url(struct member_id id, struct str version, struct buf *out)
{
    return buf_printf(out, "/api/v1/members/%lld/photo?v=%.*s", (long long)id.n, STR_ARG(version));
}

int member_by_number(struct sql *sql, struct str number, struct member_id *ret_id)
{
    int found = sql_number(sql, "SELECT id FROM members WHERE number = $1 AND deleted_at IS NULL",
                           SQL_VALUES(sql_text(number)), &ret_id->n);
    return found == 0 ? ERR_NOT_FOUND : found < 0 ? found : 0;
}

/* --- Reading --- */

struct reading {
    struct arena *arena;
    const int64_t *ids;      /* settled */
    struct member_row *rows; /* in the order of ids; id 0 where there is none */
    size_t count;
    struct list codes;   /* each member's stand together … */
    size_t *code_firsts; /* … from here on */
};

static struct member_row *row_of(struct reading *reading, int64_t id)
{
    size_t at = ids_find(reading->ids, reading->count, id);
    check(at != SIZE_MAX);
    return &reading->rows[at];
}

static int on_member(void *ctx, const struct sql_row *row)
{
    struct reading *reading = ctx;
    struct member_row *member = row_of(reading, row_int(row, 0));
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
        .guest_of = row_is_null(row, 17) ? 0 : row_int(row, 17),
        .open_since = WALL_NONE,
    };
    TRY(row_copy(row, 1, reading->arena, &member->number));
    TRY(row_copy(row, 2, reading->arena, &member->first_name));
    TRY(row_copy(row, 3, reading->arena, &member->last_name));
    TRY(row_copy(row, 4, reading->arena, &member->email));
    TRY(row_copy(row, 5, reading->arena, &member->phone));
    TRY(row_copy(row, 6, reading->arena, &member->notes));
    TRY(row_copy(row, 7, reading->arena, &member->photo));
    return row_copy(row, 11, reading->arena, &member->currency);
}

static int on_code(void *ctx, const struct sql_row *row)
{
    struct reading *reading = ctx;
    struct member_row *member = row_of(reading, row_int(row, 0));
    if (member->code_count == MEMBER_CODES_MAX) return 0;
    if (member->code_count++ == 0) reading->code_firsts[member - reading->rows] = reading->codes.count;
    struct code_row *code = list_add(&reading->codes);
    if (code == NULL) return ERR_NOMEM;
    TRY(row_copy(row, 1, reading->arena, &code->code));
    return row_copy(row, 2, reading->arena, &code->kind);
}

static int on_open(void *ctx, const struct sql_row *row)
{
    struct member_row *member = row_of(ctx, row_int(row, 0));
    member->open_visit = row_int(row, 1);
    member->open_location = row_int(row, 2);
    member->open_since = row_wall(row, 3);
    return 0;
}

/* Members, codes, open visits, memberships: four queries for each stretch of ids. */
static int read_settled(struct sql *sql, struct reading *reading)
{
    TRY(ids_run(
        sql,
        "SELECT id, number, first_name, last_name, email, phone, notes, photo, born, banned, balance_minor, currency, visits_total,"
        " last_visit_at, created_at, updated_at, version, guest_of FROM members WHERE id IN (" IDS_HERE
        ") AND deleted_at IS NULL",
        reading->ids, reading->count, on_member, reading));
    TRY(ids_run(sql,
                "SELECT member_id, code, kind FROM codes WHERE member_id IN (" IDS_HERE
                ") ORDER BY member_id, key",
                reading->ids, reading->count, on_code, reading));
    TRY(ids_run(sql,
                "SELECT member_id, id, location_id, checked_in_at FROM visits WHERE member_id IN (" IDS_HERE
                ")"
                " AND checked_out_at IS NULL AND undone = 0",
                reading->ids, reading->count, on_open, reading));
    struct membership_list *memberships;
    TRY(memberships_read(sql, reading->ids, reading->count, reading->arena, &memberships));
    struct code_row *codes = reading->codes.items;
    for (size_t i = 0; i < reading->count; i++) {
        struct member_row *row = &reading->rows[i];
        if (row->code_count > 0) row->codes = codes + reading->code_firsts[i];
        row->memberships = memberships[i].rows;
        row->membership_count = memberships[i].count;
    }
    return 0;
}

int members_read(struct sql *sql, const int64_t *ids, size_t count, struct arena *arena,
                 struct member_row **ret_rows, size_t *ret_count)
{
    int64_t *settled = arena_array(arena, int64_t, count + 1);
    struct reading reading = {
        .arena = arena,
        .ids = settled,
        .rows = arena_array(arena, struct member_row, count + 1),
        .codes = LIST_OF(arena, struct code_row),
        .code_firsts = arena_array(arena, size_t, count + 1),
    };
    struct member_row *rows = arena_array(arena, struct member_row, count + 1);
    if (settled == NULL || reading.rows == NULL || reading.code_firsts == NULL || rows == NULL) {
        return ERR_NOMEM;
    }
    if (count > 0) memcpy(settled, ids, count * sizeof *ids);
    reading.count = ids_settle(settled, count);
    check(reading.count == count); /* each once */
    TRY(read_settled(sql, &reading));
    *ret_rows = rows;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct member_row *row = row_of(&reading, ids[i]);
        if (row->id.n != 0) rows[(*ret_count)++] = *row;
    }
    return 0;
}

int member_read(struct sql *sql, struct member_id id, struct arena *arena, struct member_row *ret_row)
{
    struct member_row *rows;
    size_t count;
    if (id.n == 0) return ERR_NOT_FOUND;
    TRY(members_read(sql, &id.n, 1, arena, &rows, &count));
    if (count == 0) return ERR_NOT_FOUND;
    *ret_row = rows[0];
    return 0;
}
