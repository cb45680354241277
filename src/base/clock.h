/* base/clock.h: reads the machine's clocks. Only live/, store/, net/ and above may; below, time is a parameter.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  none: a machine without clocks does not run us.
 * Tests   none of its own. */
#pragma once
#include "base/time.h"

struct wall_ms clock_wall(void);
struct mono_ms clock_mono(void);
