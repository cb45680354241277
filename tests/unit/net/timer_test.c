#include "net/timer.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 25

struct probe {
    struct timer timer;
    int ran;
    struct mono_ms ran_at;
};

static struct wheel g_wheel;
static struct mono_ms g_now;

static struct mono_ms at(int64_t ms) { return (struct mono_ms){ms}; }

static int fresh_wheel(void **state)
{
    (void)state;
    g_now = at(1000003);
    wheel_init(&g_wheel, TICK_MS, g_now);
    return 0;
}

static void advance(int64_t ms)
{
    g_now = at(ms);
    wheel_advance(&g_wheel, g_now);
}

static void note(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    probe->ran++;
    probe->ran_at = g_now;
}

static void a_timer_runs_once_never_early_and_at_most_a_tick_late(void **state)
{
    (void)state;
    for (int64_t delay = 0; delay < 60; delay++) {
        struct probe probe = {.ran = 0};
        int64_t deadline = g_now.ms + delay;
        timer_set(&g_wheel, &probe.timer, at(deadline), note);
        int64_t set_at = g_now.ms;
        for (int64_t ms = set_at; ms < deadline + 200; ms++) advance(ms);
        assert_int_equal(probe.ran, 1);
        assert_true(probe.ran_at.ms >= deadline);
        assert_true(probe.ran_at.ms <= deadline + TICK_MS);
        assert_false(timer_is_set(&probe.timer));
    }
}

static void a_cancelled_timer_does_not_run_and_cancelling_twice_is_fine(void **state)
{
    (void)state;
    struct probe a = {.ran = 0}, b = {.ran = 0};
    timer_set(&g_wheel, &a.timer, at(g_now.ms + 50), note);
    timer_set(&g_wheel, &b.timer, at(g_now.ms + 50), note);
    timer_cancel(&g_wheel, &a.timer);
    timer_cancel(&g_wheel, &a.timer);
    advance(g_now.ms + 500);
    assert_int_equal(a.ran, 0);
    assert_int_equal(b.ran, 1);
    assert_int_equal(g_wheel.count, 0);
}

static void a_timer_set_again_moves(void **state)
{
    (void)state;
    struct probe probe = {.ran = 0};
    int64_t start = g_now.ms;
    timer_set(&g_wheel, &probe.timer, at(start + 50), note);
    timer_set(&g_wheel, &probe.timer, at(start + 500), note);
    advance(start + 400);
    assert_int_equal(probe.ran, 0);
    advance(start + 530);
    assert_int_equal(probe.ran, 1);
}

static void a_deadline_beyond_a_turn_of_the_wheel_waits_for_its_own(void **state)
{
    (void)state;
    struct probe probe = {.ran = 0};
    int64_t turn_ms = (int64_t)WHEEL_SLOTS * TICK_MS;
    int64_t deadline = g_now.ms + 3 * turn_ms + 40;
    timer_set(&g_wheel, &probe.timer, at(deadline), note);
    for (int64_t ms = g_now.ms; ms < deadline; ms += 1000) advance(ms);
    assert_int_equal(probe.ran, 0);
    advance(deadline + TICK_MS);
    assert_int_equal(probe.ran, 1);
}

static void after_a_long_pause_all_that_is_due_runs_once(void **state)
{
    (void)state;
    struct probe probes[300] = {0};
    int64_t turn_ms = (int64_t)WHEEL_SLOTS * TICK_MS;
    for (int i = 0; i < 300; i++) timer_set(&g_wheel, &probes[i].timer, at(g_now.ms + i * 1000), note);
    advance(g_now.ms + 5 * turn_ms);
    for (int i = 0; i < 300; i++) assert_int_equal(probes[i].ran, 1);
}

static void again(struct timer *timer)
{
    note(timer);
    timer_set(&g_wheel, timer, at(0), again);
}

static void a_timer_that_sets_itself_runs_once_a_call(void **state)
{
    (void)state;
    struct probe probe = {.ran = 0};
    timer_set(&g_wheel, &probe.timer, at(0), again);
    advance(g_now.ms + 10 * TICK_MS);
    assert_int_equal(probe.ran, 1);
    advance(g_now.ms + TICK_MS);
    assert_int_equal(probe.ran, 2);
    timer_cancel(&g_wheel, &probe.timer);
}

static struct probe g_victims[3];

static void cancel_the_others(struct timer *timer)
{
    note(timer);
    for (int i = 0; i < 3; i++) timer_cancel(&g_wheel, &g_victims[i].timer);
}

static void a_timer_may_cancel_those_due_with_it(void **state)
{
    (void)state;
    memset(g_victims, 0, sizeof g_victims);
    for (int i = 0; i < 3; i++)
        timer_set(&g_wheel, &g_victims[i].timer, at(g_now.ms + 30 + i), cancel_the_others);
    advance(g_now.ms + 1000);
    assert_int_equal(g_victims[0].ran + g_victims[1].ran + g_victims[2].ran, 1);
    assert_int_equal(g_wheel.count, 0);
}

static void the_next_deadline_is_never_too_late(void **state)
{
    (void)state;
    struct mono_ms next;
    assert_int_equal(wheel_next(&g_wheel, &next), 0);
    struct probe probe = {.ran = 0};
    int64_t turn_ms = (int64_t)WHEEL_SLOTS * TICK_MS;
    static const int64_t DELAYS[] = {0, 1, 24, 25, 26, 1600, 1601, 50000, 102399, 102400, 102401, 500000};
    for (size_t i = 0; i < COUNT_OF(DELAYS); i++) {
        int64_t deadline = g_now.ms + DELAYS[i];
        probe.ran = 0;
        timer_set(&g_wheel, &probe.timer, at(deadline), note);
        int wakes = 0;
        while (probe.ran == 0) { /* a sleeper who wakes exactly when told */
            assert_int_equal(wheel_next(&g_wheel, &next), 1);
            assert_true(next.ms <= deadline + TICK_MS);
            assert_true(next.ms > g_now.ms - TICK_MS);
            advance(next.ms);
            assert_true(++wakes <= DELAYS[i] / turn_ms + 2);
        }
    }
}

/* Random sets, cancels and steps against a plain array. */
#define MODEL 200
static void the_wheel_does_what_a_plain_list_does(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("# seed %u\n", seed);
    static struct probe probes[MODEL];
    static int64_t deadlines[MODEL]; /* tick that must run it; -1 unset */
    static int expected[MODEL];
    memset(probes, 0, sizeof probes);
    memset(expected, 0, sizeof expected);
    for (int i = 0; i < MODEL; i++) deadlines[i] = -1;
    for (int step = 0; step < 20000; step++) {
        int i = rand_r(&seed) % MODEL;
        int what = rand_r(&seed) % 10;
        if (what < 5) {
            int64_t when = g_now.ms + rand_r(&seed) % (rand_r(&seed) % 4 == 0 ? 300000 : 3000) - 100;
            timer_set(&g_wheel, &probes[i].timer, at(when), note);
            int64_t tick = (when + TICK_MS - 1) / TICK_MS;
            deadlines[i] = tick <= g_now.ms / TICK_MS ? g_now.ms / TICK_MS + 1 : tick;
        } else if (what < 7) {
            timer_cancel(&g_wheel, &probes[i].timer);
            deadlines[i] = -1;
        } else {
            advance(g_now.ms + rand_r(&seed) % (rand_r(&seed) % 50 == 0 ? 200000 : 60));
            for (int k = 0; k < MODEL; k++) {
                if (deadlines[k] < 0 || deadlines[k] > g_now.ms / TICK_MS) continue;
                deadlines[k] = -1;
                expected[k]++;
            }
        }
        for (int k = 0; k < MODEL; k++) {
            assert_int_equal(probes[k].ran, expected[k]);
            assert_int_equal(timer_is_set(&probes[k].timer), deadlines[k] >= 0);
        }
    }
    for (int k = 0; k < MODEL; k++) timer_cancel(&g_wheel, &probes[k].timer);
    assert_int_equal(g_wheel.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_timer_runs_once_never_early_and_at_most_a_tick_late, fresh_wheel),
        cmocka_unit_test_setup(a_cancelled_timer_does_not_run_and_cancelling_twice_is_fine, fresh_wheel),
        cmocka_unit_test_setup(a_timer_set_again_moves, fresh_wheel),
        cmocka_unit_test_setup(a_deadline_beyond_a_turn_of_the_wheel_waits_for_its_own, fresh_wheel),
        cmocka_unit_test_setup(after_a_long_pause_all_that_is_due_runs_once, fresh_wheel),
        cmocka_unit_test_setup(a_timer_that_sets_itself_runs_once_a_call, fresh_wheel),
        cmocka_unit_test_setup(a_timer_may_cancel_those_due_with_it, fresh_wheel),
        cmocka_unit_test_setup(the_next_deadline_is_never_too_late, fresh_wheel),
        cmocka_unit_test_setup(the_wheel_does_what_a_plain_list_does, fresh_wheel),
    };
    return cmocka_run_group_tests_name("net/timer", tests, NULL, NULL);
}
