#include "store/sql_impl.h"

#include "base/utf8.h"

#define DAY_MIN (-719162)                   /* 0001-01-01 */
#define DAY_MAX 2932896                     /* 9999-12-31 */
#define WALL_MS_MIN INT64_C(-2208988800000) /* 1900 */
#define WALL_MS_MAX INT64_C(7258118400000)  /* 2200 */

int sql_run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
            sql_on_row *on_row, void *ctx)
{
    check(count <= SQL_VALUES_MAX);
    return sql->ops->run(sql, text, values, count, on_row, ctx);
}

static int take_number(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 1;
}

int sql_number(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
               int64_t *ret_number)
{
    return sql_run(sql, text, values, count, take_number, ret_number);
}

int sql_ids_given(struct sql *sql, const char *table) { return sql->ops->ids_given(sql, table); }

int64_t sql_changes(const struct sql *sql) { return sql->ops->changes(sql); }

int sql_begin(struct sql *sql) { return sql->ops->begin(sql); }

int sql_commit(struct sql *sql) { return sql->ops->commit(sql); }

void sql_rollback(struct sql *sql) { sql->ops->rollback(sql); }

bool row_is_null(const struct sql_row *row, int column) { return row->ops->is_null(row, column); }

int64_t row_int(const struct sql_row *row, int column) { return row->ops->number(row, column); }

struct span row_blob(const struct sql_row *row, int column) { return row->ops->bytes(row, column); }

struct str row_text(const struct sql_row *row, int column)
{
    struct span bytes = row->ops->bytes(row, column);
    struct str text = {NULL, 0};
    if (bytes.at == NULL || utf8_check(bytes, &text) == 0) return text;
    *row->damaged = true;
    return STR("");
}

static int64_t within(const struct sql_row *row, int column, int64_t min, int64_t max)
{
    int64_t number = row_int(row, column);
    if (number >= min && number <= max) return number;
    *row->damaged = true;
    return min;
}

int32_t row_i32(const struct sql_row *row, int column, int32_t min, int32_t max)
{
    return (int32_t)within(row, column, min, max);
}

int32_t row_i32_or(const struct sql_row *row, int column, int32_t min, int32_t max, int32_t otherwise)
{
    return row_is_null(row, column) ? otherwise : row_i32(row, column, min, max);
}

struct day row_day(const struct sql_row *row, int column)
{
    return row_is_null(row, column) ? DAY_NONE : (struct day){row_i32(row, column, DAY_MIN, DAY_MAX)};
}

struct wall_ms row_wall(const struct sql_row *row, int column)
{
    if (row_is_null(row, column)) return WALL_NONE;
    return (struct wall_ms){within(row, column, WALL_MS_MIN, WALL_MS_MAX)};
}

int row_copy(const struct sql_row *row, int column, struct arena *arena, struct str *ret_text)
{
    struct str text = row_text(row, column);
    if (text.at != NULL) return arena_str(arena, text, ret_text);
    *ret_text = text;
    return 0;
}
