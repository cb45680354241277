#include "cli/histogram.h"

static size_t bucket_of(uint64_t us)
{
    if (us < HISTOGRAM_STEPS) return (size_t)us;
    unsigned power = 63u - (unsigned)__builtin_clzll(us); /* 6 or more */
    size_t bucket = (size_t)(power - 5u) * HISTOGRAM_STEPS + (size_t)((us >> (power - 6u)) - HISTOGRAM_STEPS);
    size_t last = HISTOGRAM_POWERS * HISTOGRAM_STEPS - 1;
    return bucket < last ? bucket : last;
}

/* The highest value that falls into the bucket. */
static uint64_t value_of(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS) return bucket;
    unsigned power = (unsigned)(bucket / HISTOGRAM_STEPS) + 5u;
    uint64_t step = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return ((step + 1) << (power - 6u)) - 1;
}

void histogram_add(struct histogram *histogram, int64_t us)
{
    uint64_t value = us < 0 ? 0 : (uint64_t)us;
    histogram->buckets[bucket_of(value)]++;
    histogram->count++;
    if (value > histogram->max_us) histogram->max_us = value;
}

uint64_t histogram_at(const struct histogram *histogram, unsigned per_mille)
{
    check(per_mille <= 1000);
    if (histogram->count == 0) return 0;
    uint64_t wanted = (histogram->count * per_mille + 999) / 1000, seen = 0;
    for (size_t i = 0; i < HISTOGRAM_POWERS * HISTOGRAM_STEPS; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted && seen > 0) {
            return value_of(i) < histogram->max_us ? value_of(i) : histogram->max_us;
        }
    }
    return histogram->max_us;
}
