/* domain/ids.h: numbers that must not be mixed up. Free at run time; swapping two is a compile error.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  1 to 2^53 - 1 (base/num.h: num_id); 0 is «none».
 * Errors  none.
 * Tests   none of its own. */
#pragma once
#include "base/num.h"

struct member_id {
    int64_t n;
};
struct location_id {
    int64_t n;
};
struct visit_id {
    int64_t n;
};
/* A location's event number: 1, 2, 3, … without gaps, in commit order. 0: before the first. */
struct seq {
    int64_t n;
};
