#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec at;
    check(clock_gettime(clock, &at) == 0);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct wall_ms clock_wall(void) { return (struct wall_ms){read_ms(CLOCK_REALTIME)}; }
struct mono_ms clock_mono(void) { return (struct mono_ms){read_ms(CLOCK_MONOTONIC)}; }
