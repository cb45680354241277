/* store/sql.h: one SQL for both databases. What desks and offices ask for (members, users, lists, sessions) is written once over this
 * small port; only the way of a check-in (load, save) is written for each database, since it must be as fast as that one can be.
 *
 * Owns    a connection; rows are views that die with the callback.
 * Thread  one at a time; a connection belongs to one thread.
 * Bounds  SQL_VALUES_MAX parameters; statements are prepared once and kept (at most SQL_STATEMENTS_MAX).
 * Errors  ERR_EXISTS (a unique value is taken), ERR_BUSY (locked by another process longer than the busy time), ERR_FULL, ERR_IO,
 *         ERR_CORRUPT, ERR_NOMEM, ERR_DATABASE; a callback's negative result ends the query and is returned.
 * Tests   tests/unit/store/sql_test.c
 *
 * The common ground of SQLite 3.40 and PostgreSQL 15: parameters $1, $2, … in order of first use; INTEGER/BIGINT, TEXT, BLOB/BYTEA;
 * booleans are 0 and 1; times are Unix milliseconds; days are days since 1970-01-01; ON CONFLICT, RETURNING, no ILIKE. */
#pragma once
#include "base/arena.h"
#include "base/time.h"

#define SQL_VALUES_MAX 32
#define SQL_STATEMENTS_MAX 256

enum sql_type { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB };

struct sql_value {
    enum sql_type type;
    int64_t number;
    struct span bytes;
};

static inline struct sql_value sql_null(void) { return (struct sql_value){.type = SQL_NULL}; }
static inline struct sql_value sql_int(int64_t n) { return (struct sql_value){.type = SQL_INT, .number = n}; }
static inline struct sql_value sql_blob(struct span b)
{
    return (struct sql_value){.type = SQL_BLOB, .bytes = b};
}
/* NULL where text.at is NULL. */
static inline struct sql_value sql_text(struct str t)
{
    return t.at == NULL ? sql_null() : (struct sql_value){.type = SQL_TEXT, .bytes = str_span(t)};
}
static inline struct sql_value sql_day(struct day day)
{
    return day_is(day) ? sql_int(day.number) : sql_null();
}
static inline struct sql_value sql_wall(struct wall_ms wall)
{
    return wall_is(wall) ? sql_int(wall.ms) : sql_null();
}

struct sql;
struct sql_row;

/* For each row. 0: go on; 1: enough; negative: a failure. */
typedef int sql_on_row(void *ctx, const struct sql_row *row);

/* Runs one statement. text is a literal: its address is what prepared statements are kept by. on_row may be NULL.
 * 0, or 1 where on_row had enough. */
MUST_USE int sql_run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                     sql_on_row *on_row, void *ctx);
#define SQL_VALUES(...)                                                                                      \
    (const struct sql_value[]){__VA_ARGS__},                                                                 \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)
#define SQL_NO_VALUES NULL, 0
/* The first row's first column as a number: 1, or 0 where there is no row (then *ret_number stays). */
MUST_USE int sql_number(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                        int64_t *ret_number);
/* Rows were added under numbers of the caller's: the next free one comes after them. table: members, locations or visits. */
MUST_USE int sql_ids_given(struct sql *sql, const char *table);
/* Rows changed by the last statement. */
int64_t sql_changes(const struct sql *sql);
/* After a negative result inside of a transaction nothing but the rollback is left of it.
 * Outside of a transaction each statement is one of its own. On a reader everything until the commit is of one moment. */
MUST_USE int sql_begin(struct sql *sql);
/* After a negative result of commit nothing was done, except ERR_IO: then nobody knows (contract 1.1, point 1). */
MUST_USE int sql_commit(struct sql *sql);
void sql_rollback(struct sql *sql);

/* Columns by position. A value that cannot be (a moment of the year 300,000, a kind that there is not, bytes that are no UTF-8) comes from a
 * damaged file or another program's hand: something harmless is given in its place, and sql_run is ERR_CORRUPT after the callback. */
bool row_is_null(const struct sql_row *row, int column);
int64_t row_int(const struct sql_row *row, int column);
struct str row_text(const struct sql_row *row,
                    int column); /* at NULL where NULL; valid until the callback returns */
struct span row_blob(const struct sql_row *row, int column);
/* The text in the arena. */
MUST_USE int row_copy(const struct sql_row *row, int column, struct arena *arena, struct str *ret_text);
static inline bool row_bool(const struct sql_row *row, int column) { return row_int(row, column) != 0; }
/* A number within these bounds; where it is not, min. */
int32_t row_i32(const struct sql_row *row, int column, int32_t min, int32_t max);
/* The same; otherwise where NULL. */
int32_t row_i32_or(const struct sql_row *row, int column, int32_t min, int32_t max, int32_t otherwise);
/* Years 1 to 9999; DAY_NONE where NULL. */
struct day row_day(const struct sql_row *row, int column);
/* Years 1900 to 2200, so that what is added to it can be written, too; WALL_NONE where NULL. */
struct wall_ms row_wall(const struct sql_row *row, int column);
