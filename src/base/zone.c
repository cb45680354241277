/* GLib knows the zone files; we ask it once per zone and keep the changes as a table: GTimeZone is correct but walks its
 * intervals, and a batch asks several times for each check-in. This is the one file that includes GLib for time. */
#include "base/zone.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdlib.h>

#define FIRST_SECOND INT64_C(0)
#define LAST_SECOND INT64_C(4102444800) /* 2100-01-01 */
#define STEP_SECONDS                                                                                         \
    (INT64_C(7) *                                                                                            \
     86400) /* shorter than any stay of an offset in the zone files since 1970 that matters here */

struct change {
    int64_t from_second;    /* Unix time */
    int32_t offset_seconds; /* east of Greenwich */
};

struct zone {
    atomic_uint refs;
    size_t count;
    char name[ZONE_NAME_BYTES_MAX + 1];
    struct change changes[ZONE_CHANGES_MAX];
};

static int32_t offset_at(GTimeZone *tz, int64_t second)
{
    return g_time_zone_get_offset(tz, g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, second));
}

/* The first second in (low, high] with another offset than low has. */
static int64_t find_change(GTimeZone *tz, int64_t low, int64_t high)
{
    int32_t before = offset_at(tz, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(tz, middle) == before) low = middle;
        else high = middle;
    }
    return high;
}

static int read_changes(GTimeZone *tz, struct zone *zone)
{
    zone->changes[0] = (struct change){FIRST_SECOND, offset_at(tz, FIRST_SECOND)};
    zone->count = 1;
    for (int64_t at = FIRST_SECOND; at < LAST_SECOND; at += STEP_SECONDS) {
        int64_t from = at;
        while (offset_at(tz, from) != offset_at(tz, at + STEP_SECONDS)) {
            if (zone->count == ZONE_CHANGES_MAX) return ERR_TOO_BIG;
            from = find_change(tz, from, at + STEP_SECONDS);
            zone->changes[zone->count++] = (struct change){from, offset_at(tz, from)};
        }
    }
    return 0;
}

int zone_open(struct str name, struct zone **ret_zone)
{
    if (name.len == 0 || name.len > ZONE_NAME_BYTES_MAX || memchr(name.at, '\0', name.len) != NULL) {
        return ERR_NOT_FOUND;
    }
    /* A name, not a path: the C library would read any file. */
    if (name.at[0] == '/' || name.at[0] == ':' || memmem(name.at, name.len, "..", 2) != NULL) {
        return ERR_NOT_FOUND;
    }
    OWNED(zone) struct zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL) return ERR_NOMEM;
    atomic_init(&zone->refs, 1);
    memcpy(zone->name, name.at, name.len);
    GTimeZone *tz = g_time_zone_new_identifier(zone->name);
    if (tz == NULL) return ERR_NOT_FOUND;
    int rc = read_changes(tz, zone);
    g_time_zone_unref(tz);
    TRY(rc);
    *ret_zone = take(zone);
    return 0;
}

struct zone *zone_ref(struct zone *zone)
{
    atomic_fetch_add_explicit(&zone->refs, 1, memory_order_relaxed);
    return zone;
}

void zone_unref(struct zone *zone)
{
    if (zone == NULL) return;
    if (atomic_fetch_sub_explicit(&zone->refs, 1, memory_order_acq_rel) == 1) free(zone);
}

struct str zone_name(const struct zone *zone) { return str_c(zone->name); }

/* The index of the last change at or before second; 0 for all earlier moments. */
static size_t change_index(const struct zone *zone, int64_t second)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].from_second <= second) low = middle;
        else high = middle;
    }
    return low;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

struct local_time zone_local(const struct zone *zone, struct wall_ms wall)
{
    int64_t second = floor_div(wall.ms, 1000);
    int64_t local = second + zone->changes[change_index(zone, second)].offset_seconds;
    int64_t day = floor_div(local, 86400);
    check(day > INT32_MIN && day < INT32_MAX);
    return (struct local_time){.day = {(int32_t)day}, .second = (int32_t)(local - day * 86400)};
}

struct wall_ms zone_moment(const struct zone *zone, struct day day, int32_t second)
{
    check(second >= 0 && second <= 86400);
    int64_t local = (int64_t)day.number * 86400 + second;
    /* Offsets lie within a day of Greenwich, so the answer lies in this stretch or at its start. */
    size_t i = change_index(zone, local - 86400);
    for (;; i++) {
        int64_t at = local - zone->changes[i].offset_seconds;
        bool last = i + 1 == zone->count;
        if (!last && at >= zone->changes[i + 1].from_second) continue;
        /* Skipped by a jump forward: no clock shows it; the jump itself is the moment. */
        if (i > 0 && at < zone->changes[i].from_second) at = zone->changes[i].from_second;
        return (struct wall_ms){at * 1000};
    }
}
