#include "domain/stats.h"

#include <stdlib.h>

static void note_peak(struct stats *stats, struct wall_ms at)
{
    if (stats->currently_in <= stats->peak) return;
    stats->peak = stats->currently_in;
    stats->peak_at = at;
}

struct stats stats_day_start(struct day day, int32_t currently_in, struct wall_ms day_start, struct seq as_of)
{
    struct stats stats = {
        .day = day, .currently_in = currently_in, .peak_at = WALL_NONE, .last_at = day_start, .as_of = as_of};
    note_peak(&stats, day_start);
    return stats;
}

bool stats_roll(struct stats *stats, const struct zone *zone, struct wall_ms now)
{
    struct day today = zone_local(zone, now).day;
    if (day_is(stats->day) && today.number <= stats->day.number) return false;
    *stats = stats_day_start(today, stats->currently_in, zone_day_start(zone, today), stats->as_of);
    return true;
}

bool stats_apply(struct stats *stats, const struct event *event, const struct zone *zone)
{
    stats->as_of = event->seq;
    stats->currently_in = event->currently_in;
    if (event->kind == EVENT_CORRECTED) return true;
    if (event->kind == EVENT_DENIED) {
        stats->denied += event->counts_as_denied ? 1 : 0;
        return false;
    }
    if (event->at.ms < stats->last_at.ms) return true;
    stats->last_at = event->at;
    if (event->kind == EVENT_CHECKED_IN) {
        stats->check_ins++;
        stats->unique_members += event->first_today ? 1 : 0;
        stats->hourly[local_hour(zone_local(zone, event->at))]++;
        note_peak(stats, event->at);
    } else {
        stats->check_outs++;
        if (event->counts_in_average) {
            stats->stay_seconds += event->duration_seconds;
            stats->stays++;
        }
    }
    return false;
}

/* One end of a visit on the day's line of time. */
struct turn {
    struct wall_ms at;
    int64_t seq;
    int32_t step; /* +1 in, -1 out */
};

static int by_time(const void *a, const void *b)
{
    const struct turn *left = a, *right = b;
    if (left->at.ms != right->at.ms) return left->at.ms < right->at.ms ? -1 : 1;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static int32_t count_distinct(int64_t *numbers, size_t count)
{
    if (count == 0) return 0;
    qsort(numbers, count, sizeof *numbers, by_number);
    int32_t distinct = 1;
    for (size_t i = 1; i < count; i++) distinct += numbers[i] != numbers[i - 1] ? 1 : 0;
    return distinct;
}

struct refold {
    struct turn *turns;
    size_t turn_count;
    int64_t *members; /* of the day's check-ins */
    size_t member_count;
    int32_t inside_at_start;
};

static void add_visit(struct refold *refold, struct stats *stats, const struct location *location,
                      const struct day_visit *visit, struct wall_ms start, struct wall_ms end)
{
    if (visit->checked_in_at.ms >= end.ms) return;
    bool open = !wall_is(visit->checked_out_at);
    if (!open && visit->checked_out_at.ms < start.ms) return;
    if (visit->checked_in_at.ms < start.ms) {
        refold->inside_at_start++;
    } else {
        refold->turns[refold->turn_count++] = (struct turn){visit->checked_in_at, visit->in_seq.n, +1};
        refold->members[refold->member_count++] = visit->member.n;
        stats->check_ins++;
        stats->hourly[local_hour(zone_local(location->zone, visit->checked_in_at))]++;
    }
    if (open || visit->checked_out_at.ms >= end.ms) return;
    refold->turns[refold->turn_count++] = (struct turn){visit->checked_out_at, visit->out_seq.n, -1};
    stats->check_outs++;
    if (!visit->counts_in_average) return;
    stats->stays++;
    stats->stay_seconds += (visit->checked_out_at.ms - visit->checked_in_at.ms) / 1000;
}

int stats_of_visits(struct stats *stats, const struct location *location, const struct day_visit *visits,
                    size_t count)
{
    struct wall_ms start = zone_day_start(location->zone, stats->day);
    struct wall_ms end = zone_day_start(location->zone, (struct day){stats->day.number + 1});
    size_t turns_bytes, members_bytes;
    TRY(size_mul(count + 1, 2 * sizeof(struct turn), &turns_bytes));
    TRY(size_mul(count + 1, sizeof(int64_t), &members_bytes));
    OWNED(mem) void *turns = malloc(turns_bytes);
    OWNED(mem) void *members = malloc(members_bytes);
    if (turns == NULL || members == NULL) return ERR_NOMEM;
    struct refold refold = {.turns = turns, .members = members};
    struct stats fresh = stats_day_start(stats->day, 0, start, stats->as_of);
    fresh.denied = stats->denied;
    for (size_t i = 0; i < count; i++) add_visit(&refold, &fresh, location, &visits[i], start, end);

    fresh.unique_members = count_distinct(refold.members, refold.member_count);
    fresh.currently_in = refold.inside_at_start;
    note_peak(&fresh, start);
    qsort(refold.turns, refold.turn_count, sizeof *refold.turns, by_time);
    for (size_t i = 0; i < refold.turn_count; i++) {
        fresh.currently_in += refold.turns[i].step;
        note_peak(&fresh, refold.turns[i].at);
        fresh.last_at = refold.turns[i].at;
    }
    /* What was folded before stays the latest, so that a later event is still told from an out-of-order one. */
    if (stats->last_at.ms > fresh.last_at.ms) fresh.last_at = stats->last_at;
    *stats = fresh;
    return 0;
}
