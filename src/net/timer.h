/* net/timer.h: a hashed timer wheel: hundreds of thousands of deadlines, each set and cancelled in a few instructions.
 *
 * Owns    nothing: a timer is embedded in what it is about, and must be cancelled before that is freed.
 * Thread  any, one at a time; no clock: the time is a parameter. A loop drives its own wheel (net/loop.h).
 * Bounds  no allocation; WHEEL_SLOTS list heads a wheel, 32 bytes a timer.
 * Errors  none.
 * Tests   tests/unit/net/timer_test.c */
#pragma once
#include "base/time.h"

/* One turn of the wheel is WHEEL_SLOTS ticks; a later deadline is passed over once a turn until it is due. */
#define WHEEL_SLOTS 4096

struct timer {
    struct timer *next;
    struct timer **pprev; /* NULL: not set */
    struct mono_ms at;
    void (*run)(struct timer *timer);
};

struct wheel {
    int64_t tick_ms;
    int64_t tick;      /* all ticks up to this one have fired */
    size_t count;      /* timers set */
    struct timer *due; /* taken out of their slot, about to run */
    uint64_t filled[WHEEL_SLOTS / 64];
    struct timer *slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *wheel, int64_t tick_ms, struct mono_ms now);
/* run is called once by the first wheel_advance of a later tick whose now is at or past `at`: never early, at most one
 * tick late. In it the timer is unset already: it may be set again, freed, and any other be set or cancelled. Timers due
 * in one call run in no promised order. Setting a set timer moves it. */
void timer_set(struct wheel *wheel, struct timer *timer, struct mono_ms at, void (*run)(struct timer *timer));
/* Unset or zeroed: does nothing. */
void timer_cancel(struct wheel *wheel, struct timer *timer);
static inline bool timer_is_set(const struct timer *timer) { return timer->pprev != NULL; }
/* Runs what is due; returns how many ran. A now before an earlier one does nothing. */
size_t wheel_advance(struct wheel *wheel, struct mono_ms now);
/* 1: nothing is due before *ret_at (a timer a turn of the wheel away may make it too early, never too late). 0: nothing set. */
MUST_USE int wheel_next(const struct wheel *wheel, struct mono_ms *ret_at);
