#include "domain/location.h"

#include <stdatomic.h>
#include <stdlib.h>

#define DAY_SECONDS 86400

int slug_check(struct str slug)
{
    if (slug.len == 0 || slug.len > SLUG_BYTES_MAX) return ERR_RANGE;
    bool letters = false;
    for (size_t i = 0; i < slug.len; i++) {
        char c = slug.at[i];
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !(c == '-' && i > 0 && i + 1 < slug.len)) return ERR_SYNTAX;
        letters = letters || letter;
    }
    /* A slug of digits alone would be taken for an id. */
    return letters ? 0 : ERR_SYNTAX;
}

static int by_opening(const void *a, const void *b)
{
    const struct hours_span *left = a, *right = b;
    if (left->weekday != right->weekday) return left->weekday < right->weekday ? -1 : 1;
    return left->opens_second < right->opens_second ? -1 : left->opens_second > right->opens_second;
}

int hours_normalise(struct hours *hours)
{
    if (hours->count > HOURS_SPANS_MAX) return ERR_TOO_BIG;
    for (size_t i = 0; i < hours->count; i++) {
        const struct hours_span *span = &hours->spans[i];
        if (span->weekday > 6 || span->opens_second < 0 || span->opens_second >= DAY_SECONDS) {
            return ERR_RANGE;
        }
        if (span->closes_second <= span->opens_second ||
            span->closes_second - span->opens_second > DAY_SECONDS) {
            return ERR_RANGE;
        }
    }
    qsort(hours->spans, hours->count, sizeof hours->spans[0], by_opening);
    return 0;
}

bool hours_open_at(const struct hours *hours, const struct zone *zone, struct wall_ms at)
{
    if (hours->count == 0) return !hours->never;
    struct local_time local = zone_local(zone, at);
    int today = day_weekday(local.day);
    int yesterday = (today + 6) % 7;
    for (size_t i = 0; i < hours->count; i++) {
        const struct hours_span *span = &hours->spans[i];
        if (span->weekday == today && local.second >= span->opens_second &&
            local.second < span->closes_second) {
            return true;
        }
        if (span->weekday == yesterday && local.second + DAY_SECONDS < span->closes_second) return true;
    }
    return false;
}

struct wall_ms hours_next_close(const struct hours *hours, const struct zone *zone, struct wall_ms after)
{
    struct day today = zone_local(zone, after).day;
    /* From yesterday, whose opening may reach into today, to this weekday next week. */
    for (int ahead = -1; ahead <= 8; ahead++) {
        struct day day = {today.number + ahead};
        struct wall_ms best = WALL_NONE;
        for (size_t i = 0; i < hours->count; i++) {
            const struct hours_span *span = &hours->spans[i];
            if (span->weekday != day_weekday(day)) continue;
            struct day close_day = {day.number + span->closes_second / DAY_SECONDS};
            struct wall_ms close = zone_moment(zone, close_day, span->closes_second % DAY_SECONDS);
            bool doors_close = close.ms > after.ms && !hours_open_at(hours, zone, close);
            if (doors_close && (!wall_is(best) || close.ms < best.ms)) best = close;
        }
        if (wall_is(best)) return best;
    }
    return WALL_NONE;
}

struct wall_ms location_auto_end(const struct location *location, struct wall_ms checked_in_at,
                                 int64_t max_stay_ms)
{
    struct wall_ms end = {checked_in_at.ms + max_stay_ms};
    if (location->exits == EXITS_ASSUMED) {
        int64_t assumed = checked_in_at.ms + (int64_t)location->assumed_stay_minutes * 60000;
        if (assumed < end.ms) end.ms = assumed;
    }
    struct wall_ms close = hours_next_close(&location->hours, location->zone, checked_in_at);
    if (wall_is(close) && close.ms < end.ms) end = close;
    return end;
}

bool location_ends_alike(const struct location *one, const struct location *other)
{
    bool alike = one->exits == other->exits && one->assumed_stay_minutes == other->assumed_stay_minutes &&
                 one->hours.count == other->hours.count &&
                 str_eq(zone_name(one->zone), zone_name(other->zone));
    for (size_t i = 0; i < one->hours.count && alike; i++) {
        const struct hours_span *a = &one->hours.spans[i], *b = &other->hours.spans[i];
        alike = a->weekday == b->weekday && a->opens_second == b->opens_second &&
                a->closes_second == b->closes_second;
    }
    return alike;
}

struct directory {
    atomic_uint refs;
    struct arena texts;
    struct location *locations; /* by id */
    size_t *by_slug;            /* indexes into locations, by slug */
    size_t count;
    size_t cap;
};

int directory_create(struct directory **ret_directory)
{
    struct directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL) return ERR_NOMEM;
    atomic_init(&directory->refs, 1);
    directory->texts = arena_of((size_t)16 * 1024 * 1024);
    *ret_directory = directory;
    return 0;
}

struct directory *directory_ref(struct directory *directory)
{
    atomic_fetch_add_explicit(&directory->refs, 1, memory_order_relaxed);
    return directory;
}

void directory_unref(struct directory *directory)
{
    if (directory == NULL) return;
    if (atomic_fetch_sub_explicit(&directory->refs, 1, memory_order_acq_rel) != 1) return;
    for (size_t i = 0; i < directory->count; i++) zone_unref(directory->locations[i].zone);
    free(directory->locations);
    free(directory->by_slug);
    arena_done(&directory->texts);
    free(directory);
}

static int grow(struct directory *directory)
{
    if (directory->count < directory->cap) return 0;
    if (directory->count >= LOCATIONS_MAX) return ERR_TOO_BIG;
    size_t cap = directory->cap == 0 ? 16 : directory->cap * 2;
    struct location *locations = realloc(directory->locations, cap * sizeof *locations);
    if (locations == NULL) return ERR_NOMEM;
    directory->locations = locations;
    size_t *by_slug = realloc(directory->by_slug, cap * sizeof *by_slug);
    if (by_slug == NULL) return ERR_NOMEM;
    directory->by_slug = by_slug;
    directory->cap = cap;
    return 0;
}

static int compare_str(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* Where slug stands in by_slug, or would stand. */
static size_t slug_position(const struct directory *directory, struct str slug)
{
    size_t low = 0, high = directory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_str(directory->locations[directory->by_slug[middle]].slug, slug) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

int directory_add(struct directory *directory, const struct location *location)
{
    check(location->zone != NULL);
    check(directory->count == 0 || directory->locations[directory->count - 1].id.n < location->id.n);
    TRY(grow(directory));
    struct location copy = *location;
    TRY(arena_str(&directory->texts, location->slug, &copy.slug));
    TRY(arena_str(&directory->texts, location->name, &copy.name));
    size_t position = slug_position(directory, copy.slug);
    if (position < directory->count &&
        str_eq(directory->locations[directory->by_slug[position]].slug, copy.slug)) {
        return ERR_EXISTS;
    }
    copy.zone = zone_ref(location->zone);
    memmove(directory->by_slug + position + 1, directory->by_slug + position,
            (directory->count - position) * sizeof(size_t));
    directory->by_slug[position] = directory->count;
    directory->locations[directory->count++] = copy;
    return 0;
}

size_t directory_count(const struct directory *directory) { return directory->count; }

const struct location *directory_at(const struct directory *directory, size_t index)
{
    check(index < directory->count);
    return &directory->locations[index];
}

const struct location *directory_by_id(const struct directory *directory, struct location_id id)
{
    size_t low = 0, high = directory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (directory->locations[middle].id.n < id.n) low = middle + 1;
        else high = middle;
    }
    if (low == directory->count || directory->locations[low].id.n != id.n) return NULL;
    return &directory->locations[low];
}

const struct location *directory_by_slug(const struct directory *directory, struct str slug)
{
    size_t position = slug_position(directory, slug);
    if (position == directory->count) return NULL;
    const struct location *found = &directory->locations[directory->by_slug[position]];
    return str_eq(found->slug, slug) ? found : NULL;
}

int directory_zone(struct directory *directory, struct str name, struct zone **ret_zone)
{
    for (size_t i = directory->count; i > 0; i--) {
        struct zone *zone = directory->locations[i - 1].zone;
        if (!str_eq(zone_name(zone), name)) continue;
        *ret_zone = zone_ref(zone);
        return 0;
    }
    return zone_open(name, ret_zone);
}
