#include "store/postgres/array.h"

static void put(struct pg_array *array, struct str text)
{
    if (array->failed < 0) return;
    int rc = buf_put_str(&array->text, text);
    if (rc < 0) array->failed = rc;
}

static void next(struct pg_array *array)
{
    check(!array->closed);
    put(array, array->text.len == 0 ? STR("{") : STR(","));
}

void pg_array_int(struct pg_array *array, int64_t number)
{
    next(array);
    if (array->failed < 0) return;
    int rc = buf_printf(&array->text, "%lld", (long long)number);
    if (rc < 0) array->failed = rc;
}

void pg_array_null(struct pg_array *array)
{
    next(array);
    put(array, STR("NULL"));
}

/* PostgreSQL 8.15.6: quotes and backslashes in a quoted element take a backslash. */
void pg_array_text(struct pg_array *array, struct str text)
{
    if (text.at == NULL) {
        pg_array_null(array);
        return;
    }
    next(array);
    put(array, STR("\""));
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '"' && text.at[i] != '\\') continue;
        put(array, (struct str){text.at + from, i - from});
        put(array, STR("\\"));
        from = i;
    }
    put(array, (struct str){text.at + from, text.len - from});
    put(array, STR("\""));
}

void pg_array_bytes(struct pg_array *array, struct span bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    next(array);
    put(array, STR("\"\\\\x"));
    for (size_t i = 0; i < bytes.len; i++) {
        const char pair[2] = {DIGITS[bytes.at[i] >> 4], DIGITS[bytes.at[i] & 15u]};
        put(array, (struct str){pair, 2});
    }
    put(array, STR("\""));
}

int pg_array_value(struct pg_array *array, struct sql_value *ret_value)
{
    if (!array->closed) put(array, array->text.len == 0 ? STR("{}") : STR("}"));
    array->closed = true;
    *ret_value = sql_text(buf_str(&array->text));
    return array->failed;
}
