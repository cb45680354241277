#include "store/state.h"

static int hourly_parse(struct str text, int32_t ret_hourly[24])
{
    memset(ret_hourly, 0, 24 * sizeof *ret_hourly);
    if (text.len == 0) return 0;
    for (int hour = 0; hour < 24; hour++) {
        const char *blank = memchr(text.at, ' ', text.len);
        if ((blank == NULL) != (hour == 23)) return ERR_CORRUPT;
        struct str word = {text.at, blank == NULL ? text.len : (size_t)(blank - text.at)};
        int64_t count;
        if (num_i64(word, 0, INT32_MAX, &count) < 0) return ERR_CORRUPT;
        ret_hourly[hour] = (int32_t)count;
        if (blank == NULL) break;
        text = (struct str){blank + 1, text.len - word.len - 1};
    }
    return 0;
}

int state_hourly_put(struct buf *out, const int32_t hourly[24])
{
    for (int hour = 0; hour < 24; hour++) TRY(buf_printf(out, hour == 0 ? "%d" : " %d", (int)hourly[hour]));
    return 0;
}

/* A count that a row holds: never below zero, never beyond what a day can bring. */
static int count_of_row(const struct sql_row *row, int column, int32_t *ret_count)
{
    int64_t count = row_int(row, column);
    if (count < 0 || count > INT32_MAX) return ERR_CORRUPT;
    *ret_count = (int32_t)count;
    return 0;
}

int state_of_row(const struct sql_row *row, struct seq *ret_head, struct stats *ret_stats)
{
    struct stats stats = {
        .day = row_day(row, 1),
        .stay_seconds = row_int(row, 6),
        .peak_at = row_wall(row, 9),
        .last_at = row_wall(row, 12),
        .as_of = {row_int(row, 0)},
    };
    TRY(count_of_row(row, 2, &stats.currently_in));
    TRY(count_of_row(row, 3, &stats.check_ins));
    TRY(count_of_row(row, 4, &stats.check_outs));
    TRY(count_of_row(row, 5, &stats.unique_members));
    TRY(count_of_row(row, 7, &stats.stays));
    TRY(count_of_row(row, 8, &stats.peak));
    TRY(count_of_row(row, 11, &stats.denied));
    TRY(hourly_parse(row_text(row, 10), stats.hourly));
    *ret_head = stats.as_of;
    *ret_stats = stats;
    return 0;
}

int state_write(struct sql *sql, struct location_id location, struct seq head, const struct stats *stats)
{
    OWNED(buf) struct buf hourly = buf_of(HOURLY_BYTES_MAX);
    TRY(state_hourly_put(&hourly, stats->hourly));
    TRY(sql_run(
        sql,
        "UPDATE location_states SET head = $1, day = $2, currently_in = $3, check_ins = $4, check_outs = $5, unique_members = $6, "
        "stay_seconds = $7, stays = $8, peak = $9, peak_at = $10, hourly = $11, denied = $12, last_at = $13 WHERE location_id = $14",
        SQL_VALUES(sql_int(head.n), sql_day(stats->day), sql_int(stats->currently_in),
                   sql_int(stats->check_ins), sql_int(stats->check_outs), sql_int(stats->unique_members),
                   sql_int(stats->stay_seconds), sql_int(stats->stays), sql_int(stats->peak),
                   sql_wall(stats->peak_at), sql_text(buf_str(&hourly)), sql_int(stats->denied),
                   sql_wall(stats->last_at), sql_int(location.n)),
        NULL, NULL));
    return sql_changes(sql) == 1 ? 0 : ERR_CORRUPT;
}
