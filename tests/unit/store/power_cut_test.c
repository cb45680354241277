/* What was confirmed is there after a power cut, a failed fsync, a full disk or a bad read; what was not is there whole or not at all.
 * Each run has a seed: STORE_TEST_SEED=17 repeats one, STORE_TEST_RUNS=10000 makes more. */
#include "faulty_vfs.h"
#include "gym.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCHES 20
#define CONFIRMED_MAX 512
#define REPLY_BYTES 96

struct confirmed {
    char id[24];
    char reply[REPLY_BYTES];
};

struct run {
    struct gym gym;
    struct fixture *f;
    uint64_t seed;
    int64_t next_id;
    struct confirmed confirmed[CONFIRMED_MAX];
    size_t confirmed_count;
    char ids[GYM_BATCH_MAX][24]; /* of the batch that is under way */
    size_t id_count;
};

#define must(run, condition)                                                                               \
    do {                                                                                                   \
        if (!(condition)) fail_msg("seed %llu: not so: %s", (unsigned long long)(run)->seed, #condition); \
    } while (0)

/* --- One batch --- */

static void add_command(struct run *run)
{
    int64_t member = 1 + (int64_t)faulty_roll(20);
    struct command *command = faulty_roll(3) == 0 ? gym_check_out(&run->gym, member)
                                                  : gym_check_in(&run->gym, member, 1 + (int64_t)faulty_roll(3));
    snprintf(run->ids[run->id_count], sizeof run->ids[0], "r-%lld", (long long)run->next_id++);
    command->request_id = str_c(run->ids[run->id_count++]);
}

/* Of a batch that was decided: what it will have answered once it is saved. */
static void remember(struct run *run)
{
    for (size_t i = 0; i < run->gym.batch.command_count; i++) {
        const struct decision *decision = gym_decision(&run->gym, i);
        if (decision->request == NULL || decision->replayed) continue;
        must(run, run->confirmed_count < CONFIRMED_MAX && decision->request->reply.len < REPLY_BYTES);
        struct confirmed *one = &run->confirmed[run->confirmed_count++];
        snprintf(one->id, sizeof one->id, "%.*s", STR_ARG(run->gym.commands[i].request_id));
        snprintf(one->reply, sizeof one->reply, "%.*s", STR_ARG(decision->request->reply));
    }
}

static int try_batch(struct run *run)
{
    run->id_count = 0;
    run->gym.now.ms += 1000 + (int64_t)faulty_roll(40 * 60000);
    for (uint64_t count = 1 + faulty_roll(6); count > 0; count--) add_command(run);
    int rc = gym_try(&run->gym);
    if (rc == 0) remember(run);
    return rc;
}

/* --- What must hold --- */

static const char *stored_reply(struct run *run, const char *id, char reply[REPLY_BYTES]);

static int take_reply(void *ctx, const struct sql_row *row)
{
    snprintf(ctx, REPLY_BYTES, "%.*s", STR_ARG(row_text(row, 0)));
    return 0;
}

static const char *stored_reply(struct run *run, const char *id, char reply[REPLY_BYTES])
{
    char key[64];
    reply[0] = '\0';
    snprintf(key, sizeof key, "1\x1f%s", id);
    must(run, sql_run(run->f->sql, "SELECT reply FROM requests WHERE key = $1", SQL_VALUES(sql_text(str_c(key))), take_reply, reply) == 0);
    return reply;
}

static void check_database(struct run *run)
{
    static const char *const NOUGHT[] = {
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT count(*) FROM pragma_foreign_key_check",
        /* Each log is 1, 2, 3, … up to its head. */
        ("SELECT count(*) FROM location_states AS l WHERE head <> (SELECT count(*) FROM events WHERE location_id = l.location_id) "
         "OR head <> (SELECT coalesce(max(seq), 0) FROM events WHERE location_id = l.location_id)"),
        /* Each request made one visit or ended one, and no visit was made twice. */
        "SELECT count(*) FROM location_states AS l WHERE currently_in <> (SELECT count(*) FROM visits WHERE location_id = l.location_id AND checked_out_at IS NULL)",
        "SELECT count(*) FROM members AS m WHERE visits_total <> (SELECT count(*) FROM visits WHERE member_id = m.id AND undone = 0)",
        "SELECT count(*) FROM (SELECT 1 FROM visits WHERE checked_out_at IS NULL GROUP BY member_id HAVING count(*) > 1)",
        "SELECT count(*) FROM (SELECT 1 FROM visits GROUP BY location_id, in_seq HAVING count(*) > 1)",
    };
    for (size_t i = 0; i < COUNT_OF(NOUGHT); i++) {
        int64_t number = -1;
        int rc = sql_number(run->f->sql, NOUGHT[i], SQL_NO_VALUES, &number);
        if (rc != 1 || number != 0) fail_msg("seed %llu: %lld by %s", (unsigned long long)run->seed, (long long)number, NOUGHT[i]);
    }
}

static void check_confirmed(struct run *run)
{
    char reply[REPLY_BYTES];
    for (size_t i = 0; i < run->confirmed_count; i++) {
        const struct confirmed *one = &run->confirmed[i];
        if (strcmp(stored_reply(run, one->id, reply), one->reply) == 0) continue;
        fail_msg("seed %llu: %s was confirmed as %s and is «%s»", (unsigned long long)run->seed, one->id, one->reply, reply);
    }
}

/* The batch that failed was not confirmed: all of it is there, or nothing. */
static void check_last(struct run *run)
{
    char reply[REPLY_BYTES];
    size_t before = run->confirmed_count, there = 0;
    remember(run); /* what it would have answered */
    for (size_t i = before; i < run->confirmed_count; i++) there += stored_reply(run, run->confirmed[i].id, reply)[0] != '\0';
    must(run, there == 0 || there == run->confirmed_count - before);
    run->confirmed_count = before;
}

/* --- A run --- */

static void begin(struct run *run, uint64_t seed)
{
    void *state;
    faulty_reset(seed);
    *run = (struct run){.seed = seed};
    assert_int_equal(fixture_setup(&state), 0);
    run->f = state;
    gym_open(&run->gym, run->f);
}

static void restart(struct run *run, void (*into)(void))
{
    fixture_close(run->f);
    into();
    struct err_detail err = {0};
    if (fixture_open(run->f, false, &err) != 0) fail_msg("seed %llu: %s", (unsigned long long)run->seed, err.text);
}

static void end(struct run *run)
{
    gym_close(&run->gym);
    void *state = run->f;
    assert_int_equal(fixture_teardown(&state), 0);
    faulty_reset(1);
}

/* The same batch once more, by the same ids: answered from the log where it took, else carried out now. */
static void ask_again(struct run *run)
{
    struct gym *gym = &run->gym;
    for (int tries = 0;; tries++) {
        gym->count = run->id_count; /* the commands lie there still */
        int rc = gym_try(gym);
        if (rc == 0) break;
        must(run, tries < 5);
    }
    for (size_t i = 0; i < gym->batch.command_count; i++) {
        const struct decision *decision = gym_decision(gym, i);
        if (decision->request == NULL || !decision->replayed) continue;
        must(run, run->confirmed_count < CONFIRMED_MAX);
        struct confirmed *one = &run->confirmed[run->confirmed_count++];
        snprintf(one->id, sizeof one->id, "%.*s", STR_ARG(gym->commands[i].request_id));
        snprintf(one->reply, sizeof one->reply, "%.*s", STR_ARG(decision->request->reply));
    }
    remember(run);
}

/* --- Tests --- */

static void each_run(uint64_t runs, void (*test)(struct run *run, uint64_t seed))
{
    static struct run run;
    const char *seed = getenv("STORE_TEST_SEED"), *more = getenv("STORE_TEST_RUNS");
    if (seed != NULL) {
        test(&run, strtoull(seed, NULL, 10));
        return;
    }
    if (more != NULL) runs = strtoull(more, NULL, 10);
    for (uint64_t i = 1; i <= runs; i++) test(&run, i);
}

static void cut_the_power(struct run *run, uint64_t seed)
{
    begin(run, seed);
    faulty_cut_at(faulty_changes() + 1 + (int64_t)faulty_roll(250));
    bool failed = false;
    for (int i = 0; i < BATCHES && !failed; i++) failed = try_batch(run) < 0;
    must(run, failed == faulty_is_cut());
    if (!failed) faulty_cut_at(faulty_changes() + 1); /* it was late: now, then */
    if (!failed) must(run, try_batch(run) < 0);
    restart(run, faulty_power_up);
    check_database(run);
    check_confirmed(run);
    check_last(run);
    for (int i = 0; i < 3; i++) must(run, try_batch(run) == 0); /* and on it goes */
    check_database(run);
    check_confirmed(run);
    end(run);
}

static void what_was_confirmed_survives_a_power_cut(void **state)
{
    (void)state;
    each_run(60, cut_the_power);
}

static void cut_and_end(struct run *run)
{
    faulty_cut_at(faulty_changes() + 1);
    ignore(try_batch(run), "the power is gone");
    restart(run, faulty_power_up);
    check_database(run);
    check_confirmed(run);
    end(run);
}

/* One call fails in the middle; the batch is asked for again, and at the end the power goes. */
static void fail_once(struct run *run, uint64_t seed, enum faulty_call call, uint64_t within, int code)
{
    begin(run, seed);
    faulty_fail(call, 1 + (int64_t)faulty_roll(within), code);
    for (int i = 0; i < BATCHES; i++) {
        if (try_batch(run) < 0) ask_again(run);
    }
    must(run, faulty_has_failed());
    check_database(run);
    check_confirmed(run);
    cut_and_end(run);
}

/* The process is killed in the middle of it, perhaps after a failed sync. The next one reads a commit that nobody was told of, and that is
 * in memory alone; whoever asks again is told. Then the power goes. */
static void kill_and_cut(struct run *run, uint64_t seed)
{
    begin(run, seed);
    if (faulty_roll(2) == 0) faulty_fail(FAULTY_SYNC, 1 + (int64_t)faulty_roll(BATCHES / 2), SQLITE_IOERR_FSYNC);
    else faulty_cut_at(faulty_changes() + 1 + (int64_t)faulty_roll(100));
    bool failed = false;
    for (int i = 0; i < BATCHES && !failed; i++) failed = try_batch(run) < 0;
    must(run, failed);
    faulty_kill();
    restart(run, faulty_next_process);
    ask_again(run);
    cut_and_end(run);
}

static void what_a_killed_process_left_is_made_durable_before_it_is_told(void **state)
{
    (void)state;
    each_run(60, kill_and_cut);
}

static void fail_a_sync(struct run *run, uint64_t seed) { fail_once(run, seed, FAULTY_SYNC, BATCHES / 2, SQLITE_IOERR_FSYNC); }
static void fail_a_write(struct run *run, uint64_t seed) { fail_once(run, seed, FAULTY_WRITE, 60, SQLITE_IOERR_WRITE); }
static void fill_the_disk(struct run *run, uint64_t seed) { fail_once(run, seed, FAULTY_WRITE, 60, SQLITE_FULL); }

static void a_failed_sync_is_no_success(void **state)
{
    (void)state;
    each_run(30, fail_a_sync);
}

static void a_failed_write_is_no_success(void **state)
{
    (void)state;
    each_run(20, fail_a_write);
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    each_run(20, fill_the_disk);
}

int main(void)
{
    faulty_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_confirmed_survives_a_power_cut),
        cmocka_unit_test(what_a_killed_process_left_is_made_durable_before_it_is_told),
        cmocka_unit_test(a_failed_sync_is_no_success),
        cmocka_unit_test(a_failed_write_is_no_success),
        cmocka_unit_test(a_full_disk_loses_nothing),
    };
    return cmocka_run_group_tests_name("store/power_cut", tests, NULL, NULL);
}
