/* Visits as lists show them, held against a plain array of what is in the table. */
#include "gym.h"
#include "store/members.h"
#include "store/visits.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)32 * 1024 * 1024)
#define VISITS 600
#define HOUR_MS INT64_C(3600000)

struct model {
    int64_t id, member, location, in, out; /* out 0: open */
    bool undone;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void insert(struct fixture *f, const struct model *v)
{
    assert_int_equal(sql_run(f->sql,
                             "INSERT INTO visits (id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, undone, source, checked_in_by)"
                             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 'Desk')",
                             SQL_VALUES(sql_int(v->id), sql_int(v->member), sql_int(v->location), sql_int(v->in), v->out == 0 ? sql_null() : sql_int(v->out),
                                        sql_int(v->in + 2 * HOUR_MS), sql_int(v->id), sql_int(v->undone)),
                             NULL, NULL),
                     0);
}

/* Many begin in the same moment. Each member has at most one open one. */
static void make_visits(struct fixture *f, struct model *all, uint64_t seed)
{
    bool is_inside[21] = {0};
    assert_int_equal(sql_begin(f->sql), 0);
    for (int64_t i = 0; i < VISITS; i++) {
        struct model *v = &all[i];
        *v = (struct model){.id = i + 1, .member = 1 + (int64_t)(next_random(&seed) % 20), .location = 1 + (int64_t)(next_random(&seed) % 3),
                            .in = 1000000 + (int64_t)(next_random(&seed) % 40) * HOUR_MS, .undone = next_random(&seed) % 8 == 0};
        bool open = next_random(&seed) % 10 == 0 && !is_inside[v->member];
        if (!open) v->out = v->in + 1000;
        if (open && !v->undone) is_inside[v->member] = true;
        insert(f, v);
    }
    assert_int_equal(sql_commit(f->sql), 0);
}

static bool is_wanted(const struct model *v, const struct visit_filter *filter)
{
    if (v->undone || (filter->member != 0 && v->member != filter->member)) return false;
    if (filter->open != -1 && (v->out == 0) != (filter->open == 1)) return false;
    if (wall_is(filter->from) && v->in < filter->from.ms) return false;
    if (wall_is(filter->to) && v->in >= filter->to.ms) return false;
    if (filter->location != 0) return v->location == filter->location;
    if (filter->locations == NULL) return true;
    for (size_t i = 0; i < filter->location_count; i++) {
        if (filter->locations[i] == v->location) return true;
    }
    return false;
}

static int newest_first(const void *a, const void *b)
{
    const struct model *left = a, *right = b;
    if (left->in != right->in) return left->in > right->in ? -1 : 1;
    return left->id > right->id ? -1 : 1;
}

/* All pages against the model, which stands newest first. */
static size_t check_filter(struct fixture *f, const struct model *all, struct visit_filter filter)
{
    size_t at = 0, seen = 0, count;
    do {
        OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
        struct visit_row *rows;
        assert_int_equal(visit_find(f->read, &filter, &arena, &rows, &count), 0);
        assert_true(count <= filter.limit);
        for (size_t i = 0; i < count; i++, seen++) {
            while (at < VISITS && !is_wanted(&all[at], &filter)) at++;
            assert_true(at < VISITS);
            assert_int_equal(rows[i].visit.id.n, all[at].id);
            assert_int_equal(rows[i].member.id.n, all[at].member);
            assert_int_equal(rows[i].visit.location.n, all[at].location);
            assert_int_equal(rows[i].visit.checked_in_at.ms, all[at].in);
            assert_true(wall_is(rows[i].visit.checked_out_at) == (all[at].out != 0));
            assert_int_equal(rows[i].member.membership_count, 1);
            assert_int_equal(rows[i].member.memberships[0].id, 100 + all[at].member);
            filter.before_at = rows[i].visit.checked_in_at;
            filter.before_id = rows[i].visit.id.n;
            at++;
        }
    } while (count == filter.limit);
    while (at < VISITS && !is_wanted(&all[at], &filter)) at++;
    assert_int_equal(at, VISITS);
    return seen;
}

static void every_filter_gives_what_the_table_holds(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    static struct model all[VISITS];
    make_visits(gym.f, all, 4711);
    qsort(all, VISITS, sizeof all[0], newest_first);
    static const int64_t BOTH[] = {1, 3}, ALL[] = {1, 2, 3};
    static const size_t LIMITS[] = {1, 7, 50, VISITS_PAGE_MAX};
    const struct wall_ms moments[] = {WALL_NONE, {1000000 + 10 * HOUR_MS}, {1000000 + 30 * HOUR_MS}};
    size_t seen = 0;
    for (int open = -1; open <= 1; open++) {
        for (size_t l = 0; l < 4; l++) {
            for (size_t t = 0; t < 9; t++) {
                struct visit_filter filter = {.from = moments[t % 3], .to = moments[t / 3], .open = open, .before_at = WALL_NONE, .limit = LIMITS[l]};
                struct visit_filter one = filter, both = filter, whole = filter, member = filter, member_here = filter, nowhere = filter;
                one.location = 2;
                both.locations = BOTH;
                both.location_count = 2;
                whole.locations = ALL;
                whole.location_count = 3;
                member.member = 5;
                member_here = both;
                member_here.member = 5;
                nowhere.locations = ALL;
                nowhere.member = t % 2 == 0 ? 5 : 0;
                seen += check_filter(gym.f, all, one) + check_filter(gym.f, all, both) + check_filter(gym.f, all, whole);
                seen += check_filter(gym.f, all, member) + check_filter(gym.f, all, member_here);
                assert_int_equal(check_filter(gym.f, all, nowhere), 0);
            }
        }
    }
    assert_true(seen > 5000);
    gym_close(&gym);
}

static void nothing_is_lost_or_doubled_while_people_come(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    static struct model all[VISITS];
    make_visits(gym.f, all, 99);
    static const int64_t ALL[] = {1, 2, 3};
    struct visit_filter filter = {.locations = ALL, .location_count = 3, .from = WALL_NONE, .to = WALL_NONE, .open = -1, .before_at = WALL_NONE, .limit = 9};
    static int times[VISITS + 1000];
    int64_t next_id = VISITS + 1;
    size_t count;
    do {
        OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
        struct visit_row *rows;
        assert_int_equal(visit_find(gym.f->read, &filter, &arena, &rows, &count), 0);
        for (size_t i = 0; i < count; i++) {
            times[rows[i].visit.id.n]++;
            filter.before_at = rows[i].visit.checked_in_at;
            filter.before_id = rows[i].visit.id.n;
        }
        /* In the moment where the page stands, and now. */
        for (int i = 0; i < 2; i++) {
            int64_t at = i == 0 ? filter.before_at.ms : 1000000 + 50 * HOUR_MS;
            insert(gym.f, &(struct model){.id = next_id, .member = 1, .location = 1 + next_id % 3, .in = at, .out = at});
            next_id++;
        }
    } while (count == filter.limit);
    for (size_t i = 0; i < VISITS; i++) assert_int_equal(times[all[i].id], all[i].undone ? 0 : 1);
    for (int64_t id = VISITS + 1; id < next_id; id++) assert_true(times[id] <= 1);
    gym_close(&gym);
}

/* As a batch makes it: notes, who, why, photo, status. */
static void a_visit_shows_all_of_it(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    struct wall_ms now = gym.now;
    assert_int_equal(member_set_photo(gym.f->sql, (struct member_id){7}, STR("3f2a"), now), 0);
    fixture_sql(gym.f, "UPDATE memberships SET ends = 20001 WHERE member_id = 7");
    struct command *command = gym_check_in(&gym, 7, 1);
    command->notes = STR("towel");
    command->override_reason = STR("paid «cash»");
    gym_check_in(&gym, 8, 1);
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_OK);
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct visit_row row;
    assert_int_equal(visit_read(gym.f->read, gym_decision(&gym, 0)->visit.id, &arena, &row), 0);
    assert_true(str_eq_c(row.member.name, "First7 Last7"));
    assert_true(str_eq_c(row.member.first_name, "First7"));
    assert_true(str_eq_c(row.member.photo_url, "/api/v1/members/7/photo?v=3f2a"));
    assert_string_equal(member_status(&row.member, (struct day){20001}), "active");
    assert_string_equal(member_status(&row.member, (struct day){20002}), "expired");
    assert_true(str_eq_c(row.notes, "towel"));
    assert_true(str_eq_c(row.by, "Desk"));
    assert_int_equal(row.source, SOURCE_DESK);
    assert_non_null(row.override.at);
    OWNED(buf) struct buf details = buf_of(1000);
    assert_int_equal(buf_put_str(&details, row.override), 0);
    assert_int_equal(buf_terminate(&details), 0);
    assert_non_null(strstr((const char *)details.at, "paid «cash»"));

    struct visit_filter inside = {.location = 1, .from = WALL_NONE, .to = WALL_NONE, .open = 1, .before_at = WALL_NONE, .limit = 10};
    struct visit_row *rows;
    size_t count;
    assert_int_equal(visit_find(gym.f->read, &inside, &arena, &rows, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].member.id.n, 8);
    assert_null(rows[0].override.at);
    assert_null(rows[0].notes.at);
    assert_null(rows[0].member.photo_url.at);
    assert_true(str_eq(rows[1].override, row.override));

    struct member_row member;
    assert_int_equal(member_read(gym.f->read, (struct member_id){7}, &arena, &member), 0);
    assert_int_equal(member.open_visit, row.visit.id.n);
    assert_int_equal(member.open_location, 1);
    assert_int_equal(member.open_since.ms, now.ms);
    assert_int_equal(member.visits_total, 1);
    assert_int_equal(member.last_visit_at.ms, now.ms);

    gym_add(&gym, COMMAND_UNDO)->visit = row.visit.id;
    gym_run(&gym);
    assert_int_equal(visit_read(gym.f->read, row.visit.id, &arena, &row), ERR_NOT_FOUND);
    assert_int_equal(visit_find(gym.f->read, &inside, &arena, &rows, &count), 0);
    assert_int_equal(count, 1);
    gym_close(&gym);
}

static void who_is_inside_is_found_among_many_who_were(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    assert_int_equal(sql_begin(gym.f->sql), 0);
    fixture_sql(gym.f, "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 50000) "
                       "INSERT INTO visits (id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, source, checked_in_by) "
                       "SELECT id, 1 + id % 20, 1, id * 1000, id * 1000 + 500, id * 1000 + 900, id, 0, '' FROM n");
    assert_int_equal(sql_commit(gym.f->sql), 0);
    insert(gym.f, &(struct model){.id = 60000, .member = 5, .location = 1, .in = 1000});
    struct visit_filter inside = {.location = 1, .from = WALL_NONE, .to = WALL_NONE, .open = 1, .before_at = WALL_NONE, .limit = 10};
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct visit_row *rows;
    size_t count;
    assert_int_equal(visit_find(gym.f->read, &inside, &arena, &rows, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].visit.id.n, 60000);
    gym_close(&gym);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_filter_gives_what_the_table_holds),
        TEST(nothing_is_lost_or_doubled_while_people_come),
        TEST(a_visit_shows_all_of_it),
        TEST(who_is_inside_is_found_among_many_who_were),
    };
    return cmocka_run_group_tests_name("store/visits", tests, NULL, NULL);
}
