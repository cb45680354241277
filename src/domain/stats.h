/* domain/stats.h: a location's day in numbers (contract 1.2), as a fold over its events.
 *
 * Owns    nothing: a value of constant size.
 * Thread  any.
 * Bounds  O(1) an event; stats_of_visits is O(n log n) in the day's visits, for corrections and late entries alone.
 * Errors  ERR_NOMEM in stats_of_visits.
 * Tests   tests/unit/domain/stats_test.c: the fold equals the count over the visits, on random histories from a printed seed */
#pragma once
#include "domain/event.h"

struct stats {
    struct day day; /* the location's own */
    int32_t currently_in;
    int32_t check_ins;
    int32_t check_outs;
    int32_t unique_members;
    int64_t stay_seconds; /* sum over the ended visits that count in the average */
    int32_t stays;
    int32_t peak;
    struct wall_ms peak_at; /* WALL_NONE while peak is 0 */
    int32_t hourly[24];     /* check-ins by local hour */
    int32_t denied;
    struct wall_ms
        last_at; /* the latest moment folded in: an event before it is out of order, and the day is re-folded */
    struct seq as_of;
};

/* A day's start: all zero but who is inside already, which is its first peak. */
struct stats stats_day_start(struct day day, int32_t currently_in, struct wall_ms day_start,
                             struct seq as_of);
/* Moves to the local day of now, if that is a later one. True where it did. */
bool stats_roll(struct stats *stats, const struct zone *zone, struct wall_ms now);
/* One more event. True where the day must be re-folded from the visits, since the event is late or a correction. */
MUST_USE bool stats_apply(struct stats *stats, const struct event *event, const struct zone *zone);

/* What a day's visits give: all that began, ended or went on in it, undone ones left out. denied and as_of are kept from *stats. */
struct day_visit {
    struct member_id member;
    struct wall_ms checked_in_at;
    struct wall_ms checked_out_at; /* WALL_NONE while open */
    struct seq in_seq;             /* what happened in one millisecond happened in the log's order */
    struct seq out_seq;
    bool counts_in_average;
};
MUST_USE int stats_of_visits(struct stats *stats, const struct location *location,
                             const struct day_visit *visits, size_t count);
