/* What was asked before, told apart by key and content. */
#include "store/requests.h"
#include "fixture.h"

static const struct wall_ms NOW = {1790000000000};

static struct request request_of(const char *key, uint8_t content)
{
    struct request request = {.key = str_c(key)};
    memset(request.fingerprint, content, FINGERPRINT_BYTES);
    return request;
}

static void the_same_is_found_and_another_is_told_apart(void **state)
{
    struct fixture *f = *state;
    struct request first = request_of("1\x1f" "a", 7);
    OWNED(arena) struct arena arena = arena_of(65536);
    struct str made;
    assert_int_equal(request_find(f->sql, &first, &arena, &made), 0);
    assert_int_equal(request_is_known(f->sql, STR("1"), STR("a")), 0);
    assert_int_equal(request_keep(f->sql, &first, STR("42"), NOW), 0);
    assert_int_equal(request_find(f->sql, &first, &arena, &made), 1);
    assert_str(made, "42");
    assert_int_equal(request_is_known(f->sql, STR("1"), STR("a")), 1);
    assert_int_equal(request_is_known(f->sql, STR("2"), STR("a")), 0);
    const struct request other_content = request_of("1\x1f" "a", 8), other_user = request_of("2\x1f" "a", 7);
    assert_int_equal(request_find(f->sql, &other_content, &arena, &made), ERR_CONFLICT);
    assert_int_equal(request_find(f->sql, &other_user, &arena, &made), 0);
    assert_int_equal(request_keep(f->sql, &first, STR("43"), NOW), ERR_EXISTS);
}

static void a_batch_s_reply_is_no_id(void **state)
{
    struct fixture *f = *state;
    struct request check_in = request_of("1\x1f" "b", 7);
    OWNED(arena) struct arena arena = arena_of(65536);
    struct str made;
    assert_int_equal(sql_run(f->sql, "INSERT INTO requests (key, fingerprint, reply, at) VALUES ($1, $2, '{}', 1)",
                             SQL_VALUES(sql_text(check_in.key), sql_blob(span_of(check_in.fingerprint, FINGERPRINT_BYTES))), NULL, NULL), 0);
    assert_int_equal(request_find(f->sql, &check_in, &arena, &made), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_is_found_and_another_is_told_apart, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_batch_s_reply_is_no_id, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("store/requests", tests, NULL, NULL);
}
