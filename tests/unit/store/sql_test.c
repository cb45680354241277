#include "fixture.h"

#include <stdio.h>

static void make_table(struct fixture *f)
{
    fixture_sql(f, fixture_is_postgres() ? "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT UNIQUE, bytes BYTEA)"
                                         : "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, bytes BLOB)");
}

static int insert(struct sql *sql, int64_t id, struct str name, struct span bytes)
{
    return sql_run(sql, "INSERT INTO t (id, name, bytes) VALUES ($1, $2, $3)", SQL_VALUES(sql_int(id), sql_text(name), sql_blob(bytes)),
                   NULL, NULL);
}

struct seen {
    int rows;
    bool name_is_null;
    char name[16];
    size_t bytes_len;
};

static int see(void *ctx, const struct sql_row *row)
{
    struct seen *seen = ctx;
    seen->rows++;
    seen->name_is_null = row_is_null(row, 0);
    struct str name = row_text(row, 0);
    assert_true((name.at == NULL) == seen->name_is_null);
    assert_true(name.len < sizeof seen->name);
    if (name.len > 0) memcpy(seen->name, name.at, name.len);
    seen->bytes_len = row_blob(row, 1).len;
    return 0;
}

static void values_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    assert_int_equal(insert(f->sql, 1, STR("Zoë"), span_of("\0\1\2", 3)), 0);
    assert_int_equal(insert(f->sql, 2, STR(""), span_of(NULL, 0)), 0);
    assert_int_equal(insert(f->sql, 3, (struct str){0}, span_of("x", 1)), 0);
    struct seen seen = {0};
    assert_int_equal(sql_run(f->sql, "SELECT name, bytes FROM t WHERE id = $1", SQL_VALUES(sql_int(1)), see, &seen), 0);
    assert_string_equal(seen.name, "Zoë");
    assert_int_equal(seen.bytes_len, 3);
    seen = (struct seen){0};
    assert_int_equal(sql_run(f->sql, "SELECT name, bytes FROM t WHERE id = $1", SQL_VALUES(sql_int(2)), see, &seen), 0);
    assert_false(seen.name_is_null);
    assert_int_equal(seen.bytes_len, 0);
    assert_int_equal(sql_run(f->sql, "SELECT name, bytes FROM t WHERE id = $1", SQL_VALUES(sql_int(3)), see, &seen), 0);
    assert_true(seen.name_is_null);
}

static void a_unique_value_that_is_taken_is_told(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    assert_int_equal(insert(f->sql, 1, STR("a"), span_of(NULL, 0)), 0);
    assert_int_equal(insert(f->sql, 2, STR("a"), span_of(NULL, 0)), ERR_EXISTS);
    assert_int_equal(insert(f->sql, 1, STR("b"), span_of(NULL, 0)), ERR_EXISTS);
    assert_int_equal(insert(f->sql, 2, STR("b"), span_of(NULL, 0)), 0);
}

static void one_failed_statement_leaves_the_transaction_to_its_caller(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    assert_int_equal(sql_begin(f->sql), 0);
    assert_int_equal(insert(f->sql, 1, STR("a"), span_of(NULL, 0)), 0);
    assert_int_equal(insert(f->sql, 2, STR("a"), span_of(NULL, 0)), ERR_EXISTS);
    sql_rollback(f->sql);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM t"), 0);
}

static int stop_at_two(void *ctx, const struct sql_row *row)
{
    ignore(row, "counted only");
    return ++*(int *)ctx == 2 ? 1 : 0;
}

static int fail_at_once(void *ctx, const struct sql_row *row)
{
    ignore(row, "not read");
    ignore(ctx, "not used");
    return ERR_LIMIT;
}

static void a_callback_ends_the_query_early(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    for (int64_t id = 1; id <= 5; id++) assert_int_equal(insert(f->sql, id, (struct str){0}, span_of(NULL, 0)), 0);
    int rows = 0;
    assert_int_equal(sql_run(f->sql, "SELECT id FROM t", SQL_NO_VALUES, stop_at_two, &rows), 1);
    assert_int_equal(rows, 2);
    assert_int_equal(sql_run(f->sql, "SELECT id FROM t", SQL_NO_VALUES, fail_at_once, NULL), ERR_LIMIT);
    /* And the statement is free again: */
    rows = 0;
    assert_int_equal(sql_run(f->sql, "SELECT id FROM t", SQL_NO_VALUES, stop_at_two, &rows), 1);
}

struct nested {
    struct sql *sql;
    int depth;
    int rows;
};

static const char NESTED_SQL[] = "SELECT id FROM t ORDER BY id";

static int ask_again(void *ctx, const struct sql_row *row)
{
    struct nested *nested = ctx;
    ignore(row, "counted only");
    nested->rows++;
    if (nested->depth == 0) return 0;
    struct nested inner = {nested->sql, nested->depth - 1, 0};
    TRY(sql_run(nested->sql, NESTED_SQL, SQL_NO_VALUES, ask_again, &inner));
    nested->rows += inner.rows;
    return 0;
}

static void the_same_statement_may_run_inside_itself(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    for (int64_t id = 1; id <= 3; id++) assert_int_equal(insert(f->sql, id, (struct str){0}, span_of(NULL, 0)), 0);
    struct nested nested = {f->sql, 2, 0};
    assert_int_equal(sql_run(f->sql, NESTED_SQL, SQL_NO_VALUES, ask_again, &nested), 0);
    assert_int_equal(nested.rows, 3 + 9 + 27);
}

static void a_reader_writes_nothing_and_sees_one_moment(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    assert_true(insert(f->read, 1, STR("a"), span_of(NULL, 0)) < 0);
    int64_t before, after;
    assert_int_equal(sql_begin(f->read), 0);
    assert_int_equal(sql_number(f->read, "SELECT count(*) FROM t", SQL_NO_VALUES, &before), 1);
    assert_int_equal(insert(f->sql, 1, STR("a"), span_of(NULL, 0)), 0);
    assert_int_equal(sql_number(f->read, "SELECT count(*) FROM t", SQL_NO_VALUES, &after), 1);
    assert_int_equal(before, after);
    assert_int_equal(sql_commit(f->read), 0);
    assert_int_equal(sql_number(f->read, "SELECT count(*) FROM t", SQL_NO_VALUES, &after), 1);
    assert_int_equal(after, 1);
}

static void more_statements_than_are_kept_still_run(void **state)
{
    struct fixture *f = *state;
    static char texts[SQL_STATEMENTS_MAX + 50][32];
    for (int i = 0; i < SQL_STATEMENTS_MAX + 50; i++) {
        snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
        assert_int_equal(fixture_number(f, texts[i]), i);
        assert_int_equal(fixture_number(f, texts[i]), i);
    }
}

/* Each of these reads its column in its way. */
static int as_moment(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_wall(row, 0).ms;
    return 0;
}
static int as_day(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_day(row, 0).number;
    return 0;
}
static int as_kind(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_i32(row, 0, 1, 4);
    return 0;
}
static int as_text(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = (int64_t)row_text(row, 0).len;
    return 0;
}

static void what_a_column_cannot_hold_is_corrupt(void **state)
{
    struct fixture *f = *state;
    static const struct { const char *sql; sql_on_row *read; int rc; int64_t value; } CASES[] = {
        {"SELECT 1795600000000", as_moment, 0, 1795600000000},
        {"SELECT NULL", as_moment, 0, INT64_MIN},
        {"SELECT -2208988800001", as_moment, ERR_CORRUPT, 0},
        {"SELECT 7258118400001", as_moment, ERR_CORRUPT, 0},
        {"SELECT 9223372036854775807", as_moment, ERR_CORRUPT, 0},
        {"SELECT 2932896", as_day, 0, 2932896}, /* 9999-12-31 */
        {"SELECT 2932897", as_day, ERR_CORRUPT, 0},
        {"SELECT 4294967296", as_day, ERR_CORRUPT, 0}, /* would be 0, cut to 32 bits */
        {"SELECT 4", as_kind, 0, 4},
        {"SELECT 0", as_kind, ERR_CORRUPT, 0},
        {"SELECT 5", as_kind, ERR_CORRUPT, 0},
        {"SELECT 'Zo\xc3\xab'", as_text, 0, 4},
        {"SELECT NULL", as_text, 0, 0},
        {"SELECT CAST(x'5a6feb' AS TEXT)", as_text, ERR_CORRUPT, 0}, /* Latin-1 */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t value = 0;
        if (fixture_is_postgres() && strstr(CASES[i].sql, "CAST(x") != NULL) continue; /* it has no such text */
        assert_int_equal(sql_run(f->read, CASES[i].sql, SQL_NO_VALUES, CASES[i].read, &value), CASES[i].rc);
        if (CASES[i].rc == 0) assert_int_equal(value, CASES[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back_as_they_were, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_unique_value_that_is_taken_is_told, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(one_failed_statement_leaves_the_transaction_to_its_caller, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_callback_ends_the_query_early, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_same_statement_may_run_inside_itself, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_reader_writes_nothing_and_sees_one_moment, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(more_statements_than_are_kept_still_run, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_a_column_cannot_hold_is_corrupt, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
