/* domain/location.h: a gym's place: its zone, its opening hours, when a visit there ends by itself; and the directory of all.
 *
 * Owns    struct directory owns its locations and their zones; immutable and counted, so that each thread may hold one.
 * Thread  any.
 * Bounds  LOCATIONS_MAX locations, HOURS_SPANS_MAX opening spans a week, slugs of 1 to 40 of a-z 0-9 -.
 * Errors  ERR_SYNTAX, ERR_RANGE for hours or slugs that cannot be.
 * Tests   tests/unit/domain/decide_test.c; contract 1.3 «Exits» */
#pragma once
#include "base/arena.h"
#include "base/zone.h"
#include "domain/ids.h"

#define LOCATIONS_MAX 5000
#define HOURS_SPANS_MAX 28
#define SLUG_BYTES_MAX 40
#define CAPACITY_NONE INT32_C(-1)

/* One opening of a week. closes is after opens and may lie in the next day: 86400 is midnight, 93600 is 02:00. */
struct hours_span {
    uint8_t weekday;       /* 0 Monday to 6 Sunday: the day it opens */
    int32_t opens_second;  /* 0 to 86399, wall clock */
    int32_t closes_second; /* opens_second + 1 to opens_second + 86400 */
};

/* count 0 is open at all hours, or never. Sorted by weekday and opening; spans that touch or overlap count as one. */
struct hours {
    bool never; /* closed all week; count is 0 */
    uint8_t count;
    struct hours_span spans[HOURS_SPANS_MAX];
};

enum exits { EXITS_ASSUMED, EXITS_RECORDED };

struct location {
    struct location_id id;
    struct str slug;
    struct str name;
    struct zone *zone;
    struct hours hours;
    int32_t capacity;   /* people, or CAPACITY_NONE */
    bool hard_capacity; /* a fire marshal's number: no override passes it */
    enum exits exits;
    int32_t assumed_stay_minutes;
};

MUST_USE int slug_check(struct str slug);
/* Sorts and checks the spans. */
MUST_USE int hours_normalise(struct hours *hours);
/* JSON as stored and as REST has it: null, or seven lists of {"opens":"06:00","closes":"22:00"}, Monday first; closes at or before
 * opens is in the next day, "24:00" is midnight. Writing only; reading is api's (jansson). */
bool hours_open_at(const struct hours *hours, const struct zone *zone, struct wall_ms at);
/* The next moment after `after` at which the doors close; WALL_NONE where they never do. */
struct wall_ms hours_next_close(const struct hours *hours, const struct zone *zone, struct wall_ms after);

/* When a visit that begins now ends by itself: the earliest of assumed stay (assumed exits only), closing time and max_stay. */
struct wall_ms location_auto_end(const struct location *location, struct wall_ms checked_in_at,
                                 int64_t max_stay_ms);
/* Whether a visit would end by itself at the same moment under both. */
bool location_ends_alike(const struct location *one, const struct location *other);

struct directory;
/* An empty one; add the locations, then it does not change any more. One reference, the caller's. */
MUST_USE int directory_create(struct directory **ret_directory);
/* Copies the texts and takes a reference of the zone. ERR_TOO_BIG past LOCATIONS_MAX. */
MUST_USE int directory_add(struct directory *directory, const struct location *location);
struct directory *directory_ref(struct directory *directory);
void directory_unref(struct directory *directory);
static inline void directory_owned(struct directory **directory) { directory_unref(*directory); }
size_t directory_count(const struct directory *directory);
/* By position, in the order of ids. */
const struct location *directory_at(const struct directory *directory, size_t index);
const struct location *directory_by_id(const struct directory *directory, struct location_id id);
const struct location *directory_by_slug(const struct directory *directory, struct str slug);
/* A zone by its name, shared by all locations of this directory. */
MUST_USE int directory_zone(struct directory *directory, struct str name, struct zone **ret_zone);
