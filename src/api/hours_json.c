#include "api/hours_json.h"

#include <stdio.h>

#define DAY_SECONDS 86400

static void put_clock(struct json *json, const char *key, int32_t second)
{
    char text[8];
    unsigned minutes = (unsigned)(second > DAY_SECONDS ? second - DAY_SECONDS : second) / 60;
    int len = snprintf(text, sizeof text, "%02u:%02u", minutes / 60 % 100, minutes % 60);
    jw_str(json, key, (struct str){text, (size_t)len});
}

void hours_json_put(struct json *json, const char *key, const struct hours *hours)
{
    if (hours->count == 0 && !hours->never) {
        jw_null(json, key);
        return;
    }
    jw_array(json, key);
    for (int weekday = 0; weekday < 7; weekday++) {
        jw_array(json, NULL);
        for (size_t i = 0; i < hours->count; i++) {
            if (hours->spans[i].weekday != weekday) continue;
            jw_object(json, NULL);
            put_clock(json, "opens", hours->spans[i].opens_second);
            put_clock(json, "closes", hours->spans[i].closes_second);
            jw_object_end(json);
        }
        jw_array_end(json);
    }
    jw_array_end(json);
}

/* "06:00" to "23:59", and "24:00". */
static int clock_seconds(const json_t *value, int32_t *ret_second)
{
    if (!json_is_string(value)) return ERR_SYNTAX;
    struct str text = json_in_str(value);
    if (text.len != 5 || text.at[2] != ':') return ERR_SYNTAX;
    int64_t hour, minute;
    if (num_i64((struct str){text.at, 2}, 0, 24, &hour) < 0 ||
        num_i64((struct str){text.at + 3, 2}, 0, 59, &minute) < 0) {
        return ERR_SYNTAX;
    }
    if (text.at[0] == '-' || text.at[3] == '-' || (hour == 24 && minute != 0)) return ERR_RANGE;
    *ret_second = (int32_t)(hour * 3600 + minute * 60);
    return 0;
}

static int get_span(const json_t *value, uint8_t weekday, struct hours *hours)
{
    if (!json_is_object(value) || hours->count == HOURS_SPANS_MAX) return ERR_RANGE;
    struct hours_span span = {.weekday = weekday};
    TRY(clock_seconds(json_object_get(value, "opens"), &span.opens_second));
    TRY(clock_seconds(json_object_get(value, "closes"), &span.closes_second));
    if (span.opens_second == DAY_SECONDS) return ERR_RANGE;
    if (span.closes_second <= span.opens_second) span.closes_second += DAY_SECONDS;
    const struct hours_span *before = hours->count == 0 ? NULL : &hours->spans[hours->count - 1];
    if (before != NULL && before->weekday == weekday && span.opens_second < before->closes_second) {
        return ERR_RANGE;
    }
    hours->spans[hours->count++] = span;
    return 0;
}

int hours_json_get(const json_t *value, struct hours *ret_hours)
{
    *ret_hours = (struct hours){0};
    if (json_is_null(value)) return 0;
    if (!json_is_array(value) || json_array_size(value) != 7) return ERR_SYNTAX;
    for (size_t day = 0; day < 7; day++) {
        const json_t *list = json_array_get(value, day);
        if (!json_is_array(list)) return ERR_SYNTAX;
        for (size_t i = 0; i < json_array_size(list); i++) {
            TRY(get_span(json_array_get(list, i), (uint8_t)day, ret_hours));
        }
    }
    ret_hours->never = ret_hours->count == 0;
    return hours_normalise(ret_hours);
}
