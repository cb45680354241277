#include "store/locations.h"
#include "store/list.h"
#include "store/state.h"
#include "store/store.h"

/* --- Opening hours as text --- */

static int put_span(struct buf *out, const struct hours_span *span)
{
    int opens = span->opens_second / 60, closes = span->closes_second / 60;
    return buf_printf(out, "%d %02d:%02d-%02d:%02d", span->weekday, opens / 60, opens % 60, closes / 60,
                      closes % 60);
}

int hours_text_put(struct buf *out, const struct hours *hours)
{
    if (hours->never) return buf_put_str(out, STR("never"));
    for (size_t i = 0; i < hours->count; i++) {
        if (i > 0) TRY(buf_put_byte(out, ';'));
        TRY(put_span(out, &hours->spans[i]));
    }
    return 0;
}

/* "06:30" as seconds; hours up to 48. */
static int parse_clock(const char *at, int32_t *ret_second)
{
    int64_t hour, minute;
    if (at[2] != ':') return ERR_SYNTAX;
    TRY(num_i64((struct str){at, 2}, 0, 48, &hour));
    TRY(num_i64((struct str){at + 3, 2}, 0, 59, &minute));
    *ret_second = (int32_t)(hour * 3600 + minute * 60);
    return 0;
}

#define SPAN_BYTES (sizeof "0 06:00-22:00" - 1)

static int parse_span(struct str text, struct hours_span *ret_span)
{
    if (text.len != SPAN_BYTES || text.at[1] != ' ' || text.at[7] != '-') return ERR_SYNTAX;
    if (text.at[0] < '0' || text.at[0] > '6') return ERR_SYNTAX;
    ret_span->weekday = (uint8_t)(text.at[0] - '0');
    TRY(parse_clock(text.at + 2, &ret_span->opens_second));
    return parse_clock(text.at + 8, &ret_span->closes_second);
}

int hours_text_parse(struct str text, struct hours *ret_hours)
{
    struct hours hours = {0};
    if (str_eq_c(text, "never")) {
        *ret_hours = (struct hours){.never = true};
        return 0;
    }
    while (text.len > 0) {
        if (hours.count == HOURS_SPANS_MAX) return ERR_RANGE;
        const char *end = memchr(text.at, ';', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.at);
        TRY(parse_span((struct str){text.at, len}, &hours.spans[hours.count]));
        hours.count++;
        if (end == NULL) break;
        text = (struct str){end + 1, text.len - len - 1};
        if (text.len == 0) return ERR_SYNTAX;
    }
    TRY(hours_normalise(&hours));
    *ret_hours = hours;
    return 0;
}

/* --- Rows --- */

#define COLUMNS                                                                                              \
    "id, slug, name, timezone, hours, capacity, hard_capacity, exits, assumed_stay_minutes, version, created_at, updated_at"

static int location_of_row(const struct sql_row *row, struct arena *arena, struct location_row *ret_row)
{
    *ret_row = (struct location_row){
        .location = {.id = {row_int(row, 0)},
                     .capacity = row_i32_or(row, 5, 1, INT32_MAX, CAPACITY_NONE),
                     .hard_capacity = row_bool(row, 6),
                     .exits = (enum exits)row_i32(row, 7, EXITS_ASSUMED, EXITS_RECORDED),
                     .assumed_stay_minutes = row_i32(row, 8, 1, 960)},
        .version = row_int(row, 9),
        .created_at = row_wall(row, 10),
        .updated_at = row_wall(row, 11),
    };
    TRY(row_copy(row, 1, arena, &ret_row->location.slug));
    TRY(row_copy(row, 2, arena, &ret_row->location.name));
    TRY(row_copy(row, 3, arena, &ret_row->timezone));
    return hours_text_parse(row_text(row, 4), &ret_row->location.hours) < 0 ? ERR_CORRUPT : 0;
}

struct one_row {
    struct arena *arena;
    struct location_row *ret_row;
};

static int on_one(void *ctx, const struct sql_row *row)
{
    struct one_row *into = ctx;
    TRY(location_of_row(row, into->arena, into->ret_row));
    return 1;
}

static int found(int rc) { return rc == 0 ? ERR_NOT_FOUND : rc < 0 ? rc : 0; }

int location_read(struct sql *sql, struct location_id id, struct arena *arena, struct location_row *ret_row)
{
    struct one_row into = {arena, ret_row};
    return found(sql_run(sql, "SELECT " COLUMNS " FROM locations WHERE id = $1", SQL_VALUES(sql_int(id.n)),
                         on_one, &into));
}

int location_read_by_slug(struct sql *sql, struct str slug, struct arena *arena, struct location_row *ret_row)
{
    struct one_row into = {arena, ret_row};
    return found(sql_run(sql, "SELECT " COLUMNS " FROM locations WHERE slug = $1", SQL_VALUES(sql_text(slug)),
                         on_one, &into));
}

static int on_each(void *ctx, const struct sql_row *row)
{
    struct list *rows = ctx;
    struct location_row *into = list_add(rows);
    return into == NULL ? ERR_NOMEM : location_of_row(row, rows->arena, into);
}

int location_read_all(struct sql *sql, struct arena *arena, struct location_row **ret_rows, size_t *ret_count)
{
    struct list rows = LIST_OF(arena, struct location_row);
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM locations ORDER BY id LIMIT $1",
                SQL_VALUES(sql_int(LOCATIONS_MAX)), on_each, &rows));
    *ret_rows = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* --- Changes --- */

static struct sql_value capacity_value(const struct location *location)
{
    return location->capacity == CAPACITY_NONE ? sql_null() : sql_int(location->capacity);
}

static struct sql_value hours_value(const struct buf *text)
{
    return text->len == 0 ? sql_null() : sql_text(buf_str(text));
}

static int insert(struct sql *sql, const struct location_row *row, struct wall_ms now,
                  struct location_id *ret_id)
{
    const struct location *location = &row->location;
    OWNED(buf) struct buf hours = buf_of(HOURS_TEXT_BYTES_MAX);
    TRY(hours_text_put(&hours, &location->hours));
    int64_t id = location->id.n;
    if (id == 0) TRY(sql_number(sql, "SELECT coalesce(max(id), 0) + 1 FROM locations", SQL_NO_VALUES, &id));
    TRY(sql_run(
        sql,
        "INSERT INTO locations (id, slug, name, timezone, hours, capacity, hard_capacity, exits, assumed_stay_minutes, created_at, "
        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        SQL_VALUES(sql_int(id), sql_text(location->slug), sql_text(location->name), sql_text(row->timezone),
                   hours_value(&hours), capacity_value(location), sql_int(location->hard_capacity),
                   sql_int(location->exits), sql_int(location->assumed_stay_minutes), sql_wall(now)),
        NULL, NULL));
    TRY(sql_run(sql, "INSERT INTO location_states (location_id) VALUES ($1)", SQL_VALUES(sql_int(id)), NULL,
                NULL));
    *ret_id = (struct location_id){id};
    return 0;
}

int location_create(struct sql *sql, const struct location_row *row, struct wall_ms now,
                    struct location_id *ret_id)
{
    int64_t count = 0;
    TRY(slug_check(row->location.slug));
    TRY(sql_number(sql, "SELECT count(*) FROM locations", SQL_NO_VALUES, &count));
    if (count >= LOCATIONS_MAX) return ERR_TOO_BIG;
    return insert(sql, row, now, ret_id);
}

int location_update(struct sql *sql, const struct location_row *row, struct wall_ms now)
{
    const struct location *location = &row->location;
    OWNED(buf) struct buf hours = buf_of(HOURS_TEXT_BYTES_MAX);
    TRY(hours_text_put(&hours, &location->hours));
    TRY(sql_run(
        sql,
        "UPDATE locations SET name = $1, timezone = $2, hours = $3, capacity = $4, hard_capacity = $5, exits = $6, "
        "assumed_stay_minutes = $7, updated_at = $8, version = version + 1 WHERE id = $9 AND version = $10",
        SQL_VALUES(sql_text(location->name), sql_text(row->timezone), hours_value(&hours),
                   capacity_value(location), sql_int(location->hard_capacity), sql_int(location->exits),
                   sql_int(location->assumed_stay_minutes), sql_wall(now), sql_int(location->id.n),
                   sql_int(row->version)),
        NULL, NULL));
    if (sql_changes(sql) == 1) return 0;
    int64_t version;
    int rc = sql_number(sql, "SELECT version FROM locations WHERE id = $1",
                        SQL_VALUES(sql_int(location->id.n)), &version);
    TRY(rc);
    return rc == 0 ? ERR_NOT_FOUND : ERR_CONFLICT;
}

/* --- What the rules see --- */

#define DIRECTORY_BYTES_MAX ((size_t)16 * 1024 * 1024)

static int add_location(struct directory *directory, const struct location_row *row,
                        struct err_detail *reterr)
{
    struct location location = row->location;
    OWNED(zone) struct zone *zone = NULL;
    int rc = directory_zone(directory, row->timezone, &zone);
    if (rc < 0) {
        return fail(reterr, rc, "location %.*s: this machine knows no time zone «%.*s»",
                    STR_ARG(location.slug), STR_ARG(row->timezone));
    }
    location.zone = zone;
    rc = directory_add(directory, &location);
    return rc < 0 ? fail(reterr, rc, "location %.*s: %s", STR_ARG(location.slug), err_word(rc)) : 0;
}

int store_read_directory(struct sql *sql, struct directory **ret_directory, struct err_detail *reterr)
{
    OWNED(arena) struct arena arena = arena_of(DIRECTORY_BYTES_MAX);
    struct location_row *rows;
    size_t count;
    int rc = location_read_all(sql, &arena, &rows, &count);
    if (rc < 0) return fail(reterr, rc, "the locations cannot be read: %s", err_word(rc));
    OWNED(directory) struct directory *directory = NULL;
    rc = directory_create(&directory);
    if (rc < 0) return fail(reterr, rc, "out of memory");
    for (size_t i = 0; i < count; i++) TRY(add_location(directory, &rows[i], reterr));
    *ret_directory = take(directory);
    return 0;
}

struct state_ctx {
    struct seq *ret_head;
    struct stats *ret_stats;
};

static int on_state(void *ctx, const struct sql_row *row)
{
    struct state_ctx *into = ctx;
    TRY(state_of_row(row, into->ret_head, into->ret_stats));
    return 1;
}

int store_read_state(struct sql *sql, const struct location *location, struct seq *ret_head,
                     struct stats *ret_stats)
{
    struct state_ctx into = {ret_head, ret_stats};
    return found(sql_run(sql, "SELECT " STATE_COLUMNS " FROM location_states WHERE location_id = $1",
                         SQL_VALUES(sql_int(location->id.n)), on_state, &into));
}
