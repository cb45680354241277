/* cli/histogram.h: latencies in microseconds, counted in buckets of about 1.6 %: any number of samples in constant memory.
 *
 * Owns    nothing: a value.
 * Thread  one at a time.
 * Bounds  1 µs to 2^40 µs.
 * Errors  none.
 * Tests   tests/unit/cli/histogram_test.c */
#pragma once
#include "base/check.h"

#define HISTOGRAM_STEPS 64u /* buckets in each power of two */
#define HISTOGRAM_POWERS 40u

struct histogram {
    uint64_t count;
    uint64_t max_us;
    uint64_t buckets[HISTOGRAM_POWERS * HISTOGRAM_STEPS];
};

void histogram_add(struct histogram *histogram, int64_t us);
/* The value that so many per mille lie at or below: 500 is the median, 999 p99.9. 0 where there are no samples. */
uint64_t histogram_at(const struct histogram *histogram, unsigned per_mille);
