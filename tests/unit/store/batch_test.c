/* What load brings into a batch and what save leaves in the tables. */
#include "gym.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static void a_check_in_is_there_after_a_restart(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 7, 1)->notes = STR("towel");
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_OK);
    gym_reopen(&gym);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE member_id = 7 AND location_id = 1 AND notes = 'towel' "
                                           "AND checked_out_at IS NULL AND in_seq = 1 AND checked_in_by = 'Desk'"), 1);
    assert_int_equal(fixture_number(gym.f, "SELECT visits_total FROM members WHERE id = 7"), 1);
    struct seq head;
    struct stats stats;
    assert_int_equal(store_read_state(gym.f->read, directory_at(gym.directory, 0), &head, &stats), 0);
    assert_int_equal(head.n, 1);
    assert_int_equal(stats.currently_in, 1);
    assert_int_equal(stats.check_ins, 1);
    assert_int_equal(stats.hourly[13], 1); /* 12:00Z in Berlin */
    assert_int_equal(stats.as_of.n, 1);

    gym.now.ms += 61000;
    gym_check_in(&gym, 7, 1);
    gym_check_out(&gym, 7);
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_ALREADY_CHECKED_IN);
    assert_int_equal(gym_decision(&gym, 1)->code, CODE_OK);
    assert_int_equal(gym_decision(&gym, 1)->duration_seconds, 61);
    gym_close(&gym);
}

static void a_request_is_answered_once_over_a_restart(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 7, 1)->request_id = STR("r-1");
    gym_run(&gym);
    assert_non_null(gym_decision(&gym, 0)->request);
    gym_reopen(&gym);
    gym.now.ms += 3 * DAY_MS;
    gym_check_in(&gym, 7, 1)->request_id = STR("r-1");
    struct command *other = gym_check_in(&gym, 8, 1);
    other->request_id = STR("r-1");
    other->fingerprint[0] = 1;
    struct command *somebody_else = gym_check_in(&gym, 9, 1);
    somebody_else->request_id = STR("r-1");
    somebody_else->actor.key = STR("2");
    gym_run(&gym);
    assert_true(gym_decision(&gym, 0)->replayed);
    assert_true(str_eq_c(gym_decision(&gym, 0)->request->reply, "{\"code\":0,\"visit\":1,\"seq\":1}"));
    assert_int_equal(gym_decision(&gym, 1)->code, CODE_ID_REUSED);
    assert_int_equal(gym_decision(&gym, 2)->code, CODE_OK);
    assert_false(gym_decision(&gym, 2)->replayed);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits"), 2);
    gym_close(&gym);
}

static void a_code_is_found_as_card_or_as_token(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f, "INSERT INTO codes (key, member_id, kind, code) VALUES ('00ab12', 3, 'card', ' 00Ab12'), ('00ab12', 4, 'qr', '00AB12'), "
                       "('77', 5, 'card', '77'), ('élan', 6, 'card', 'ÉLAN')");
    static const struct { const char *code; int64_t member; } CASES[] = {
        {"00ab12", 3}, {" 00Ab12 ", 3}, {"00AB12", 4 /* the QR token wins */}, {"77", 5}, {"Élan", 6}, {"077", 0}, {"ab12", 0}, {"nobody's", 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct command *command = gym_check_in(&gym, 0, 1);
        command->code = str_c(CASES[i].code);
        gym_run(&gym);
        assert_int_equal(gym.batch.named[0].n, CASES[i].member);
        assert_int_equal(gym_decision(&gym, 0)->code, CASES[i].member == 0 ? CODE_MEMBER_NOT_FOUND : CODE_OK);
        gym.now.ms += 1000;
    }
    gym_close(&gym);
}

static void an_id_that_nobody_has_is_nobody(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 4711, 1);
    gym_check_out(&gym, 4711);
    gym_add(&gym, COMMAND_UNDO)->visit.n = 4711;
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_MEMBER_NOT_FOUND);
    assert_int_equal(gym_decision(&gym, 1)->code, CODE_MEMBER_NOT_FOUND);
    assert_int_equal(gym_decision(&gym, 2)->code, CODE_NOT_FOUND);
    assert_null(batch_member(&gym.batch, (struct member_id){4711}));
    gym_close(&gym);
}

static void a_member_comes_with_all_that_rules_look_at(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f, "UPDATE members SET banned = 1, balance_minor = -1250, born = 7000, photo = '3f2a', visits_total = 99, "
                       "last_visit_at = 1700000000000 WHERE id = 6");
    fixture_sql(gym.f, "INSERT INTO memberships (member_id, plan, state, starts, ends, frozen_from, frozen_until, visits_left) "
                       "VALUES (6, 'Ten visits', 1, 20100, 20200, 20110, 20120, 4)");
    gym_check_in(&gym, 6, 1);
    gym_run(&gym);
    const struct member *member = &batch_member(&gym.batch, (struct member_id){6})->member;
    assert_true(member->banned);
    assert_false(member->deleted);
    assert_int_equal(member->balance_minor, -1250);
    assert_int_equal(member->born.number, 7000);
    assert_true(str_eq_c(member->photo_url, "/api/v1/members/6/photo?v=3f2a"));
    assert_true(str_eq_c(member->first_name, "First6"));
    assert_true(str_eq_c(member->name, "First6 Last6"));
    assert_int_equal(member->visits_total, 99);
    assert_int_equal(member->last_visit_at.ms, 1700000000000);
    assert_int_equal(member->membership_count, 2);
    const struct membership *newest = &member->memberships[0];
    assert_true(str_eq_c(newest->plan, "Ten visits"));
    assert_int_equal(newest->state, MEMBERSHIP_FROZEN);
    assert_int_equal(newest->starts.number, 20100);
    assert_int_equal(newest->ends.number, 20200);
    assert_int_equal(newest->frozen_from.number, 20110);
    assert_int_equal(newest->frozen_until.number, 20120);
    assert_int_equal(newest->visits_left, 4);
    assert_false(day_is(member->memberships[1].ends));
    assert_int_equal(member->memberships[1].visits_left, -1);
    gym_close(&gym);
}

static void a_deleted_member_is_not_found(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f, "UPDATE members SET deleted_at = 1 WHERE id = 6");
    gym_check_in(&gym, 6, 1);
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_MEMBER_NOT_FOUND);
    gym_close(&gym);
}

static void what_was_due_while_we_were_away_ends_at_its_own_moment(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 1);
    gym_check_in(&gym, 2, 2);
    gym_run(&gym);
    int64_t came_ms = gym.now.ms;
    struct wall_ms due;
    assert_int_equal(store_next_due(gym.f->writer, &due), 0);
    assert_int_equal(due.ms, came_ms + 2 * HOUR_MS);
    gym_reopen(&gym);
    gym.now.ms += 30 * HOUR_MS;
    gym_run(&gym); /* no command: only what is due */
    assert_int_equal(gym.batch.due_count, 2);
    assert_false(gym.batch.more_due);
    assert_int_equal(fixture_number(gym.f, "SELECT checked_out_at FROM visits WHERE member_id = 1") - came_ms, 2 * HOUR_MS);
    assert_int_equal(fixture_number(gym.f, "SELECT checked_out_at FROM visits WHERE member_id = 2") - came_ms, 16 * HOUR_MS);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE automatic = 1 AND out_seq = 2 AND checked_out_by = ''"), 2);
    assert_int_equal(store_next_due(gym.f->writer, &due), 0);
    assert_false(wall_is(due));
    gym_close(&gym);
}

static void more_is_due_than_one_batch_takes(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f,
                "WITH RECURSIVE n (id) AS (SELECT 1000 UNION ALL SELECT id + 1 FROM n WHERE id < 2099) "
                "INSERT INTO members (id, first_name, last_name, currency, sort_name, search, created_at, updated_at) "
                "SELECT id, 'F', 'L', 'EUR', '', '', 0, 0 FROM n");
    fixture_sql(gym.f, "INSERT INTO visits (id, member_id, location_id, checked_in_at, auto_end_at, in_seq, source, checked_in_by) "
                       "SELECT id, id, 1, 1000000 - id, 2000000 - id, 1, 0, '' FROM members WHERE id >= 1000");
    fixture_sql(gym.f, "UPDATE location_states SET currently_in = 1100 WHERE location_id = 1");
    gym_run(&gym);
    assert_int_equal(gym.batch.due_count, BATCH_DUE_MAX);
    assert_true(gym.batch.more_due);
    assert_int_equal(gym.batch.due[0]->id.n, 2099); /* the oldest first */
    gym_run(&gym);
    assert_int_equal(gym.batch.due_count, 1100 - BATCH_DUE_MAX);
    assert_false(gym.batch.more_due);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE checked_out_at IS NULL"), 0);
    gym_close(&gym);
}

static void a_check_in_elsewhere_ends_the_visit_there(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 1);
    gym_run(&gym);
    gym.now.ms += 5 * 60000;
    gym_check_in(&gym, 1, 2);
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_OK);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE location_id = 1 AND checked_out_at IS NOT NULL AND out_seq = 2"), 1);
    assert_int_equal(fixture_number(gym.f, "SELECT currently_in FROM location_states WHERE location_id = 1"), 0);
    assert_int_equal(fixture_number(gym.f, "SELECT currently_in FROM location_states WHERE location_id = 2"), 1);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM events WHERE location_id = 1"), 2);
    gym_close(&gym);
}

static void a_punch_is_taken_and_given_back(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f, "UPDATE memberships SET visits_left = 2 WHERE member_id = 5");
    gym_check_in(&gym, 5, 1);
    gym_run(&gym);
    assert_int_equal(fixture_number(gym.f, "SELECT visits_left FROM memberships WHERE member_id = 5"), 1);
    assert_int_equal(fixture_number(gym.f, "SELECT membership_id FROM visits"), 105);
    gym_add(&gym, COMMAND_UNDO)->visit.n = 1;
    gym_add(&gym, COMMAND_UNDO)->visit.n = 1;
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_OK);
    assert_int_equal(gym_decision(&gym, 1)->code, CODE_NOT_FOUND);
    assert_int_equal(fixture_number(gym.f, "SELECT visits_left FROM memberships WHERE member_id = 5"), 2);
    assert_int_equal(fixture_number(gym.f, "SELECT visits_total FROM members WHERE id = 5"), 0);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM audit WHERE action = 'undo' AND subject = 'visit:1' AND actor = '1'"), 1);
    gym_close(&gym);
}

static void an_edit_keeps_or_clears_the_notes(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 1)->notes = STR("locker 4");
    gym_run(&gym);
    gym.now.ms += HOUR_MS;
    gym_add(&gym, COMMAND_EDIT)->visit.n = 1;
    gym_run(&gym);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE notes = 'locker 4'"), 1);
    struct command *clear = gym_add(&gym, COMMAND_EDIT);
    clear->visit.n = 1;
    clear->notes = STR("");
    gym_run(&gym);
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits WHERE notes IS NULL"), 1);
    gym_close(&gym);
}

static void who_came_today_is_told_by_the_locations_own_day(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    assert_int_equal(wall_parse(STR("2026-11-25T04:30:00Z"), &gym.now), 0); /* 23:30 of the 24th in New York */
    gym_check_in(&gym, 1, 2);
    gym_run(&gym);
    assert_false(gym.batch.visited_today[0]);
    gym.now.ms += 10 * 60000;
    gym_check_out(&gym, 1);
    gym_check_in(&gym, 1, 2);
    gym_run(&gym);
    assert_true(gym.batch.visited_today[1]);
    gym.now.ms += 30 * 60000; /* past midnight there */
    gym_check_out(&gym, 1);
    gym_check_in(&gym, 1, 2);
    gym_check_in(&gym, 1, 1); /* in Berlin it is one day, but another location */
    gym_run(&gym);
    assert_false(gym.batch.visited_today[1]);
    assert_false(gym.batch.visited_today[2]);
    assert_int_equal(fixture_number(gym.f, "SELECT unique_members FROM location_states WHERE location_id = 2"), 1);
    gym_close(&gym);
}

static void a_line_of_refusals_goes_on_over_batches(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    fixture_sql(gym.f, "UPDATE memberships SET ends = 20001 WHERE member_id = 5");
    static const int64_t AFTER_MS[] = {0, 1000, 60000, 5 * 60000 + 1};
    static const int32_t REPEATS[] = {0, 1, 2, 0};
    for (size_t i = 0; i < 4; i++) {
        gym.now.ms += AFTER_MS[i];
        gym_check_in(&gym, 5, 1);
        gym_run(&gym);
        assert_int_equal(gym_decision(&gym, 0)->code, CODE_MEMBERSHIP_EXPIRED);
        assert_int_equal(gym.batch.events[0].repeats, REPEATS[i]);
    }
    assert_int_equal(fixture_number(gym.f, "SELECT denied FROM location_states WHERE location_id = 1"), 2);
    gym_close(&gym);
}

static void a_late_entry_sees_the_visits_of_that_time(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 1);
    gym_run(&gym);
    int64_t came_ms = gym.now.ms;
    gym.now.ms += HOUR_MS;
    gym_check_out(&gym, 1);
    gym_run(&gym);
    gym.now.ms += 5 * HOUR_MS;
    struct command *covered = gym_check_in(&gym, 1, 1);
    covered->occurred_at.ms = came_ms + 60000;
    struct command *before = gym_check_in(&gym, 1, 2);
    before->occurred_at.ms = came_ms - HOUR_MS;
    gym_run(&gym);
    assert_true(gym_decision(&gym, 0)->repeated);
    assert_int_equal(gym_decision(&gym, 0)->visit.id.n, 1);
    assert_int_equal(gym_decision(&gym, 1)->code, CODE_OK);
    assert_int_equal(gym_decision(&gym, 1)->visit.id.n, 2);
    assert_int_equal(fixture_number(gym.f, "SELECT checked_out_at FROM visits WHERE id = 2"), came_ms);
    gym_close(&gym);
}

static void a_day_is_folded_again_with_a_visit_longer_than_a_day(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 2);
    gym_run(&gym);
    gym.now.ms += 3 * DAY_MS;
    gym_check_in(&gym, 2, 2);
    gym_run(&gym);
    assert_int_equal(fixture_number(gym.f, "SELECT check_outs FROM location_states WHERE location_id = 2"), 0);
    struct command *edit = gym_add(&gym, COMMAND_EDIT);
    edit->visit.n = 1;
    edit->new_checked_out_at.ms = gym.now.ms - 1000;
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->code, CODE_OK);
    assert_int_equal(fixture_number(gym.f, "SELECT check_outs FROM location_states WHERE location_id = 2"), 1);
    assert_int_equal(fixture_number(gym.f, "SELECT stay_seconds FROM location_states WHERE location_id = 2"), 3 * 86400 - 1);
    gym_close(&gym);
}

static void a_rolled_back_batch_leaves_nothing(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 1);
    const struct command *commands[] = {&gym.commands[0]};
    assert_int_equal(batch_begin(&gym.batch, gym.directory, commands, 1, gym.now), 0);
    assert_int_equal(store_load(gym.f->writer, &gym.batch), 0);
    assert_int_equal(decide(&gym.batch), 0);
    store_rollback(gym.f->writer);
    gym.count = 0;
    assert_int_equal(fixture_number(gym.f, "SELECT count(*) FROM visits"), 0);
    gym_check_in(&gym, 1, 1);
    gym_run(&gym);
    assert_int_equal(gym_decision(&gym, 0)->seq.n, 1);
    gym_close(&gym);
}

static void a_location_that_the_directory_lacks_is_told(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    gym_check_in(&gym, 1, 4);
    assert_int_equal(gym_try(&gym), ERR_NOT_FOUND);
    gym_check_in(&gym, 1, 1);
    gym_run(&gym); /* the transaction was ended */
    gym_close(&gym);
}

static void a_change_by_another_connection_is_noticed(void **state)
{
    struct gym gym;
    gym_open(&gym, *state);
    assert_true(store_changed_outside(gym.f->writer) >= 0);
    gym_check_in(&gym, 1, 1);
    gym_run(&gym);
    assert_int_equal(store_changed_outside(gym.f->writer), 0);
    struct store_writer *other;
    struct err_detail err;
    assert_int_equal(store_writer_open(gym.f->store, &other, &err), 0);
    assert_int_equal(sql_run(store_writer_sql(other), "UPDATE locations SET name = 'x', version = version + 1 WHERE id = 1", SQL_NO_VALUES, NULL, NULL), 0);
    assert_int_equal(store_changed_outside(gym.f->writer), 1);
    assert_int_equal(store_changed_outside(gym.f->writer), 0);
    store_writer_close(other);
    gym_close(&gym);
}

#define ON_A_FRESH_GYM(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_FRESH_GYM(a_check_in_is_there_after_a_restart),
        ON_A_FRESH_GYM(a_request_is_answered_once_over_a_restart),
        ON_A_FRESH_GYM(a_code_is_found_as_card_or_as_token),
        ON_A_FRESH_GYM(an_id_that_nobody_has_is_nobody),
        ON_A_FRESH_GYM(a_member_comes_with_all_that_rules_look_at),
        ON_A_FRESH_GYM(a_deleted_member_is_not_found),
        ON_A_FRESH_GYM(what_was_due_while_we_were_away_ends_at_its_own_moment),
        ON_A_FRESH_GYM(more_is_due_than_one_batch_takes),
        ON_A_FRESH_GYM(a_check_in_elsewhere_ends_the_visit_there),
        ON_A_FRESH_GYM(a_punch_is_taken_and_given_back),
        ON_A_FRESH_GYM(an_edit_keeps_or_clears_the_notes),
        ON_A_FRESH_GYM(who_came_today_is_told_by_the_locations_own_day),
        ON_A_FRESH_GYM(a_line_of_refusals_goes_on_over_batches),
        ON_A_FRESH_GYM(a_late_entry_sees_the_visits_of_that_time),
        ON_A_FRESH_GYM(a_day_is_folded_again_with_a_visit_longer_than_a_day),
        ON_A_FRESH_GYM(a_rolled_back_batch_leaves_nothing),
        ON_A_FRESH_GYM(a_location_that_the_directory_lacks_is_told),
        ON_A_FRESH_GYM(a_change_by_another_connection_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
