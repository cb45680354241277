#include "store/sql_impl.h"

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

int64_t sql_changes(const struct sql *sql) { return sql->ops->changes(sql); }

int sql_begin(struct sql *sql) { return sql->ops->begin(sql); }

int sql_commit(struct sql *sql) { return sql->ops->commit(sql); }

void sql_rollback(struct sql *sql) { sql->ops->rollback(sql); }

bool row_is_null(const struct sql_row *row, int column) { return row->ops->is_null(row, column); }

int64_t row_int(const struct sql_row *row, int column) { return row->ops->number(row, column); }

struct span row_blob(const struct sql_row *row, int column) { return row->ops->bytes(row, column); }

struct str row_text(const struct sql_row *row, int column)
{
    /* What is stored as text was UTF-8 when it came in: only strs are bound. */
    struct span bytes = row->ops->bytes(row, column);
    return (struct str){(const char *)bytes.at, bytes.len};
}

int row_copy(const struct sql_row *row, int column, struct arena *arena, struct str *ret_text)
{
    struct str text = row_text(row, column);
    if (text.at != NULL) return arena_str(arena, text, ret_text);
    *ret_text = text;
    return 0;
}
