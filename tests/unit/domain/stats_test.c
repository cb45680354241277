/* The fold over events equals the count over visits, on random histories (contract 1.2). FOOTFALL_SEED repeats one. */
#include "gym.h"

#include <stdio.h>
#include <stdlib.h>

#define HISTORIES 150
#define STEPS 120

static uint64_t g_random;

static uint64_t roll(uint64_t sides)
{
    g_random ^= g_random << 13;
    g_random ^= g_random >> 7;
    g_random ^= g_random << 17;
    return g_random % sides;
}

static struct command random_command(const struct gym *gym)
{
    int64_t member = (int64_t)roll(GYM_MEMBERS) + 1;
    struct location_id location = roll(3) == 0 ? NORTH : MAIN;
    uint64_t kind = roll(20);
    if (kind < 11) {
        struct command command = gym_check_in(member, location);
        if (roll(4) == 0) command.override_reason = STR("why not");
        if (roll(5) == 0) command.occurred_at.ms = gym->now.ms - (int64_t)roll(30 * 3600) * 1000;
        return command;
    }
    struct command command = gym_check_out(member);
    if (kind < 17) {
        if (roll(5) == 0) command.occurred_at.ms = gym->now.ms - (int64_t)roll(6 * 3600) * 1000;
        return command;
    }
    command.kind = kind < 19 ? COMMAND_UNDO : COMMAND_EDIT;
    command.member.n = 0;
    command.visit.n = gym->visit_count == 0 ? 1 : (int64_t)roll((uint64_t)gym->visit_count) + 1;
    if (command.kind == COMMAND_EDIT) command.new_checked_out_at.ms = gym->now.ms - (int64_t)roll(3600) * 1000;
    return command;
}

static void assert_same(const struct gym *gym, struct location_id id, uint64_t seed, int step)
{
    struct stats counted = gym->stats[id.n];
    const struct stats *folded = &gym->stats[id.n];
    if (!day_is(folded->day)) return;
    gym_refold(gym, id, &counted);
    bool same = counted.currently_in == folded->currently_in && counted.check_ins == folded->check_ins &&
                counted.check_outs == folded->check_outs && counted.unique_members == folded->unique_members &&
                counted.stay_seconds == folded->stay_seconds && counted.stays == folded->stays && counted.peak == folded->peak &&
                counted.peak_at.ms == folded->peak_at.ms && memcmp(counted.hourly, folded->hourly, sizeof counted.hourly) == 0;
    if (!same) {
        fail_msg("seed %llu step %d location %d: in %d/%d ins %d/%d outs %d/%d unique %d/%d stays %d/%d peak %d/%d", (unsigned long long)seed,
                 step, (int)id.n, folded->currently_in, counted.currently_in, folded->check_ins, counted.check_ins, folded->check_outs,
                 counted.check_outs, folded->unique_members, counted.unique_members, folded->stays, counted.stays, folded->peak, counted.peak);
    }
}

static void one_history(uint64_t seed)
{
    static struct gym gym;
    g_random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    gym_init(&gym, "2026-10-24T20:00:00Z"); /* a day before clocks go back in Berlin */
    for (int step = 0; step < STEPS; step++) {
        struct command commands[8];
        const struct command *list[8];
        size_t count = (size_t)roll(8) + 1;
        for (size_t i = 0; i < count; i++) {
            commands[i] = random_command(&gym);
            list[i] = &commands[i];
        }
        int64_t seqs[3] = {0, gym.heads[1].n, gym.heads[2].n};
        gym_run(&gym, list, count);
        for (size_t i = 0; i < gym.batch.event_count; i++) {
            const struct event *event = &gym.batch.events[i];
            assert_int_equal(event->seq.n, ++seqs[event->location->id.n]); /* gapless */
        }
        assert_same(&gym, MAIN, seed, step);
        assert_same(&gym, NORTH, seed, step);
        gym_later(&gym, (int64_t)roll(1800));
    }
    gym_done(&gym);
}

static void the_fold_equals_the_count_over_the_visits(void **state)
{
    (void)state;
    const char *one = getenv("FOOTFALL_SEED");
    if (one != NULL) {
        one_history(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) one_history(seed);
}

static void a_day_starts_with_who_is_inside_as_its_first_peak(void **state)
{
    (void)state;
    OWNED(zone) struct zone *zone = NULL;
    assert_int_equal(zone_open(STR("Europe/Berlin"), &zone), 0);
    struct stats stats = {.day = on_day("2026-11-24"), .currently_in = 3, .check_ins = 9, .peak = 7, .as_of = {12}};
    assert_false(stats_roll(&stats, zone, at_moment("2026-11-24T22:59:59.999Z")));
    assert_true(stats_roll(&stats, zone, at_moment("2026-11-24T23:00:00Z")));
    assert_int_equal(stats.currently_in, 3);
    assert_int_equal(stats.peak, 3);
    assert_int_equal(stats.peak_at.ms, at_moment("2026-11-24T23:00:00Z").ms);
    assert_int_equal(stats.check_ins, 0);
    assert_int_equal(stats.as_of.n, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fold_equals_the_count_over_the_visits),
        cmocka_unit_test(a_day_starts_with_who_is_inside_as_its_first_peak),
    };
    return cmocka_run_group_tests_name("domain/stats", tests, NULL, NULL);
}
