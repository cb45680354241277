/* base/zone.h: IANA time zones: what day and hour it is at a location, and when its day begins.
 *
 * Owns    struct zone is counted and immutable; it holds the zone's changes from 1970 to 2099 as a table, so that asking costs a binary search.
 * Thread  any.
 * Bounds  ZONE_CHANGES_MAX changes of offset.
 * Errors  ERR_NOT_FOUND: no zone of that name on this machine (Debian: package tzdata).
 * Tests   tests/unit/base/time_test.c */
#pragma once
#include "base/time.h"

#define ZONE_CHANGES_MAX 1024
#define ZONE_NAME_BYTES_MAX 64

struct zone;

struct local_time {
    struct day day;
    int32_t second; /* of the wall clock there: 0 to 86399 */
};

MUST_USE int zone_open(struct str name, struct zone **ret_zone);
struct zone *zone_ref(struct zone *zone);
void zone_unref(struct zone *zone);
static inline void zone_owned(struct zone **zone) { zone_unref(*zone); }
struct str zone_name(const struct zone *zone);

struct local_time zone_local(const struct zone *zone, struct wall_ms wall);
static inline int local_hour(struct local_time local) { return local.second / 3600; }
/* The moment that clocks there show this day and second. Where they show it twice (autumn), the first; where never (spring),
 * the moment of the jump. second may be 86400: the day's end. */
struct wall_ms zone_moment(const struct zone *zone, struct day day, int32_t second);
/* The first moment of that day. */
static inline struct wall_ms zone_day_start(const struct zone *zone, struct day day)
{
    return zone_moment(zone, day, 0);
}
