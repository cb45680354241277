/* One ring of slots, hashed by deadline; the timers of a slot are an unsorted list. A hierarchy of wheels (as in the kernel)
 * would pass a far timer over less often, but has to move each one down: with 4096 slots of 25 ms a turn is 102 s, so a
 * heartbeat is touched once when set and once when due. Which slots hold anything is kept in a bit each, so that an idle
 * loop finds its next deadline, and a long pause its slots, without walking empty ones. */
#include "net/timer.h"

static size_t slot_of(int64_t tick) { return (size_t)((uint64_t)tick % WHEEL_SLOTS); }

/* The tick in which a deadline is over: rounded up, so that nothing fires early. */
static int64_t tick_of(const struct wheel *wheel, struct mono_ms at)
{
    return at.ms / wheel->tick_ms + (at.ms % wheel->tick_ms > 0 ? 1 : 0);
}

static void link_in(struct timer **head, struct timer *timer)
{
    timer->next = *head;
    if (timer->next != NULL) timer->next->pprev = &timer->next;
    timer->pprev = head;
    *head = timer;
}

static void unlink_from(struct timer *timer)
{
    *timer->pprev = timer->next;
    if (timer->next != NULL) timer->next->pprev = timer->pprev;
    timer->next = NULL;
    timer->pprev = NULL;
}

static bool slot_filled(const struct wheel *wheel, size_t slot)
{
    return (wheel->filled[slot / 64] >> (slot % 64) & 1) != 0;
}

void wheel_init(struct wheel *wheel, int64_t tick_ms, struct mono_ms now)
{
    check(tick_ms > 0);
    check(now.ms >= 0);
    *wheel = (struct wheel){.tick_ms = tick_ms, .tick = now.ms / tick_ms};
}

void timer_set(struct wheel *wheel, struct timer *timer, struct mono_ms at, void (*run)(struct timer *timer))
{
    check(wheel->tick_ms > 0);
    timer_cancel(wheel, timer);
    int64_t tick = tick_of(wheel, at);
    if (tick <= wheel->tick) {
        tick = wheel->tick + 1; /* over already: the next tick, never from inside this call */
    }
    timer->at = at;
    timer->run = run;
    size_t slot = slot_of(tick);
    link_in(&wheel->slots[slot], timer);
    wheel->filled[slot / 64] |= UINT64_C(1) << (slot % 64);
    wheel->count++;
}

/* The slot's bit stays: whoever passes an empty slot clears it. */
void timer_cancel(struct wheel *wheel, struct timer *timer)
{
    if (!timer_is_set(timer)) return;
    check(wheel->count > 0);
    unlink_from(timer);
    wheel->count--;
}

/* Moves the slot's timers that are over by target into the list of due ones; cancelling works there as well. */
static void collect_due(struct wheel *wheel, size_t slot, int64_t target)
{
    struct timer *next;
    for (struct timer *timer = wheel->slots[slot]; timer != NULL; timer = next) {
        next = timer->next;
        if (tick_of(wheel, timer->at) > target) continue; /* a later turn of the wheel */
        unlink_from(timer);
        link_in(&wheel->due, timer);
    }
    if (wheel->slots[slot] == NULL) wheel->filled[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

static size_t run_due(struct wheel *wheel)
{
    size_t ran = 0;
    while (wheel->due != NULL) {
        struct timer *timer = wheel->due;
        timer_cancel(wheel, timer);
        timer->run(timer);
        ran++;
    }
    return ran;
}

size_t wheel_advance(struct wheel *wheel, struct mono_ms now)
{
    int64_t target = now.ms / wheel->tick_ms;
    check(wheel->due == NULL); /* not from inside a timer */
    if (target <= wheel->tick) return 0;
    /* After a pause longer than a turn each slot is looked at once. */
    int64_t first = target - wheel->tick > WHEEL_SLOTS ? target - WHEEL_SLOTS + 1 : wheel->tick + 1;
    for (int64_t tick = first; tick <= target; tick++) {
        if (slot_filled(wheel, slot_of(tick))) collect_due(wheel, slot_of(tick), target);
    }
    wheel->tick =
        target; /* before any runs: what they set is due in a later call, so none can run for ever */
    return run_due(wheel);
}

/* How far from slot `from` the next filled one is, going round; WHEEL_SLOTS where there is none. */
static size_t distance_to_filled(const struct wheel *wheel, size_t from)
{
    for (size_t passed = 0; passed < WHEEL_SLOTS;) {
        size_t slot = (from + passed) % WHEEL_SLOTS;
        uint64_t bits = wheel->filled[slot / 64] >> (slot % 64);
        if (bits != 0) return passed + (size_t)__builtin_ctzll(bits);
        passed += 64 - slot % 64;
    }
    return WHEEL_SLOTS;
}

int wheel_next(const struct wheel *wheel, struct mono_ms *ret_at)
{
    if (wheel->count == 0) return 0;
    size_t distance = distance_to_filled(wheel, slot_of(wheel->tick + 1));
    check(distance < WHEEL_SLOTS);
    *ret_at = (struct mono_ms){(wheel->tick + 1 + (int64_t)distance) * wheel->tick_ms};
    return 1;
}
