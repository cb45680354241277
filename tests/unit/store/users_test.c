/* Users, their sign-ins, one-time tickets; and locations as people edit them. */
#include "fixture.h"
#include "store/locations.h"
#include "store/sessions.h"
#include "store/users.h"

#define NOW ((struct wall_ms){1790000000000})
#define ARENA_BYTES ((size_t)1024 * 1024)

static int64_t add_user(struct fixture *f, const char *email)
{
    struct user_row row = {.email = str_c(email), .name = STR("Sam"), .role = STR("staff"), .locations = STR("main,north"), .password_hash = STR("$hash")};
    int64_t id;
    assert_int_equal(user_create(f->sql, &row, NOW, &id), 0);
    return id;
}

static void an_email_is_one_user_whatever_its_case(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    int64_t id = add_user(f, "Sam@Example.org");
    struct user_row row = {.email = STR("sam@example.ORG"), .name = STR("Other"), .role = STR("viewer"), .locations = STR("*")}, read;
    int64_t other;
    assert_int_equal(user_create(f->sql, &row, NOW, &other), ERR_EXISTS);
    assert_int_equal(user_by_email(f->read, STR("SAM@example.org"), &arena, &read), 0);
    assert_int_equal(read.id, id);
    assert_true(str_eq_c(read.role, "staff"));
    assert_true(str_eq_c(read.locations, "main,north"));
    assert_true(str_eq_c(read.password_hash, "$hash"));
    assert_false(wall_is(read.disabled_at));
    assert_int_equal(user_by_email(f->read, STR("nobody@example.org"), &arena, &read), ERR_NOT_FOUND);
    assert_int_equal(user_read(f->read, id + 1, &arena, &read), ERR_NOT_FOUND);
    struct user_row *rows;
    size_t count;
    add_user(f, "b@example.org");
    assert_int_equal(user_list(f->read, &arena, &rows, &count), 0);
    assert_int_equal(count, 2);
}

static int64_t open_session(struct fixture *f, int64_t user, struct wall_ms expires_at)
{
    struct session_row row = {.user = user, .rotated_at = WALL_NONE, .expires_at = expires_at, .revoked_at = WALL_NONE};
    assert_int_equal(session_open(f->sql, user, STR("Firefox"), NOW, expires_at, &row.id), 0);
    memset(row.current, 7, sizeof row.current);
    assert_int_equal(session_store(f->sql, &row, NOW), 0);
    return row.id;
}

static bool stands(struct fixture *f, int64_t session)
{
    struct session_row row;
    assert_int_equal(session_read(f->read, session, &row), 0);
    return !wall_is(row.revoked_at);
}

static void a_session_is_read_as_it_was_stored(void **state)
{
    struct fixture *f = *state;
    int64_t user = add_user(f, "a@example.org"), id = open_session(f, user, (struct wall_ms){NOW.ms + 1000});
    struct session_row row, again;
    assert_int_equal(session_read(f->read, id, &row), 0);
    assert_int_equal(row.user, user);
    assert_int_equal(row.expires_at.ms, NOW.ms + 1000);
    assert_false(row.has_previous);
    memset(row.previous, 9, sizeof row.previous);
    row.has_previous = true;
    row.rotated_at = (struct wall_ms){NOW.ms + 5};
    assert_int_equal(session_store(f->sql, &row, NOW), 0);
    assert_int_equal(session_read(f->read, id, &again), 0);
    assert_memory_equal(again.current, row.current, sizeof row.current);
    assert_memory_equal(again.previous, row.previous, sizeof row.previous);
    assert_true(again.has_previous);
    assert_int_equal(again.rotated_at.ms, NOW.ms + 5);
    assert_int_equal(session_read(f->read, id + 100, &row), ERR_NOT_FOUND);
}

static void a_new_password_and_a_disabled_user_end_all_that_he_has_open_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    int64_t users[] = {add_user(f, "a@example.org"), add_user(f, "b@example.org"), add_user(f, "c@example.org")};
    struct wall_ms later = {NOW.ms + 1000000};
    int64_t sessions[] = {open_session(f, users[0], later), open_session(f, users[0], later), open_session(f, users[1], later), open_session(f, users[2], later)};
    assert_int_equal(user_set_password(f->sql, users[0], STR("$new"), NOW), 0);
    assert_int_equal(user_set_disabled(f->sql, users[1], true, NOW), 0);
    assert_false(stands(f, sessions[0]));
    assert_false(stands(f, sessions[1]));
    assert_false(stands(f, sessions[2]));
    assert_true(stands(f, sessions[3]));
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct user_row row;
    assert_int_equal(user_read(f->read, users[1], &arena, &row), 0);
    assert_true(wall_is(row.disabled_at));
    assert_int_equal(user_set_disabled(f->sql, users[1], false, NOW), 0);
    assert_int_equal(user_read(f->read, users[1], &arena, &row), 0);
    assert_false(wall_is(row.disabled_at));
    assert_false(stands(f, sessions[2])); /* he signs in anew */
    assert_int_equal(session_revoke(f->sql, sessions[3], NOW), 0);
    assert_false(stands(f, sessions[3]));
    assert_int_equal(user_set_password(f->sql, 999, STR("$x"), NOW), ERR_NOT_FOUND);
}

static void what_has_expired_is_forgotten_and_the_rest_stays(void **state)
{
    struct fixture *f = *state;
    int64_t user = add_user(f, "a@example.org");
    int64_t old = open_session(f, user, (struct wall_ms){NOW.ms - 1}), good = open_session(f, user, (struct wall_ms){NOW.ms + 1});
    uint8_t hash[SHA256_BYTES] = {1}, other[SHA256_BYTES] = {2};
    assert_int_equal(ticket_store(f->sql, hash, good, STR("{}"), (struct wall_ms){NOW.ms - 1}), 0);
    assert_int_equal(ticket_store(f->sql, other, good, STR("{}"), (struct wall_ms){NOW.ms + 1}), 0);
    assert_int_equal(session_prune(f->sql, NOW), 0);
    struct session_row row;
    assert_int_equal(session_read(f->read, old, &row), ERR_NOT_FOUND);
    assert_int_equal(session_read(f->read, good, &row), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tickets"), 1);
}

static void a_location_is_edited_by_the_version_that_was_read(void **state)
{
    struct fixture *f = *state;
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct location_row row = {.location = {.slug = STR("main"), .name = STR("Main"), .capacity = CAPACITY_NONE, .assumed_stay_minutes = 120},
                               .timezone = STR("Europe/Berlin")};
    struct location_id id, other;
    assert_int_equal(location_create(f->sql, &row, NOW, &id), 0);
    assert_int_equal(location_create(f->sql, &row, NOW, &other), ERR_EXISTS);
    struct location_row first, stale;
    assert_int_equal(location_read(f->read, id, &arena, &first), 0);
    stale = first;
    first.location.capacity = 80;
    assert_int_equal(location_update(f->sql, &first, NOW), 0);
    assert_int_equal(location_update(f->sql, &stale, NOW), ERR_CONFLICT);
    struct location_row now;
    assert_int_equal(location_read_by_slug(f->read, STR("main"), &arena, &now), 0);
    assert_int_equal(now.location.capacity, 80);
    assert_true(now.version != stale.version);
    assert_int_equal(location_read_by_slug(f->read, STR("Main"), &arena, &now), ERR_NOT_FOUND);
}

static void hours_are_kept_as_text(void **state)
{
    (void)state;
    static const struct { const char *text; int rc; } CASES[] = {
        {"", 0}, {"never", 0}, {"0 06:00-22:00", 0}, {"0 06:00-22:00;5 18:00-26:00", 0},
        {"7 06:00-22:00", -1}, {"0 06:00", -1}, {"0 22:00-06:00", -1}, {"0 06:00-22:00;", -1}, {"0 06:60-22:00", -1}, {"0 6:00-22:00", -1}, {"always", -1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct hours hours;
        OWNED(buf) struct buf text = buf_of(HOURS_TEXT_BYTES_MAX + 1);
        int rc = hours_text_parse(str_c(CASES[i].text), &hours);
        if ((rc < 0) != (CASES[i].rc < 0)) fail_msg("«%s» gave %d", CASES[i].text, rc);
        if (rc < 0) continue;
        assert_int_equal(hours_text_put(&text, &hours), 0);
        assert_true(str_eq_c(buf_str(&text), CASES[i].text));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_email_is_one_user_whatever_its_case),
        TEST(a_session_is_read_as_it_was_stored),
        TEST(a_new_password_and_a_disabled_user_end_all_that_he_has_open_and_nothing_else),
        TEST(what_has_expired_is_forgotten_and_the_rest_stays),
        TEST(a_location_is_edited_by_the_version_that_was_read),
        cmocka_unit_test(hours_are_kept_as_text),
    };
    return cmocka_run_group_tests_name("store/users", tests, NULL, NULL);
}
