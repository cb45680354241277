#include "protocol/out.h"

struct json out_begin(struct buf *buf, const char *type, struct str id)
{
    struct json json = jw_to(buf);
    jw_object(&json, NULL);
    jw_str(&json, "type", str_c(type));
    if (id.len > 0) jw_str(&json, "id", id);
    jw_object(&json, "payload");
    return json;
}

int out_end(struct json *json)
{
    jw_object_end(json);
    jw_object_end(json);
    return jw_end_all(json);
}

void out_heads(struct json *json, const char *key, const struct head *heads, size_t count)
{
    jw_object(json, key);
    for (size_t i = 0; i < count; i++) jw_i64_at(json, heads[i].slug, heads[i].seq.n);
    jw_object_end(json);
}

int out_error(struct buf *buf, struct str id, const struct out_error *error)
{
    struct json json = out_begin(buf, "error", id);
    jw_bool(&json, "success", false);
    jw_str(&json, "error", error->sentence.at != NULL ? error->sentence : str_c(code_sentence(error->code)));
    jw_str(&json, "code", str_c(code_name(error->code)));
    if (error->request.at != NULL) jw_str(&json, "request", error->request);
    if (error->retry_after_ms > 0) jw_i64(&json, "retry_after_ms", error->retry_after_ms);
    return out_end(&json);
}

void out_user(struct json *json, const char *key, const struct out_user *user)
{
    int64_t number;
    jw_object(json, key);
    if (num_id(user->sub, &number) == 0) jw_i64(json, "id", number);
    else jw_str(json, "id", user->sub);
    jw_str(json, "name", user->name);
    jw_str(json, "role", str_c(user->role));
    jw_object_end(json);
}

void out_stats(struct json *json, const struct location *location, const struct stats *stats)
{
    char day[DAY_TEXT_BYTES];
    jw_str(json, "location", location->slug);
    jw_str(json, "date", day_text(stats->day, day));
    jw_str(json, "timezone", zone_name(location->zone));
    jw_i64(json, "currently_in", stats->currently_in);
    if (location->capacity == CAPACITY_NONE) jw_null(json, "capacity");
    else jw_i64(json, "capacity", location->capacity);
    jw_i64(json, "check_ins_today", stats->check_ins);
    jw_i64(json, "check_outs_today", stats->check_outs);
    jw_i64(json, "unique_members_today", stats->unique_members);
    if (stats->stays == 0) jw_null(json, "average_visit_seconds");
    else jw_i64(json, "average_visit_seconds", (stats->stay_seconds + stats->stays / 2) / stats->stays);
    jw_i64(json, "peak_today", stats->peak);
    json_moment(json, "peak_at", stats->peak_at);
    jw_array(json, "hourly");
    for (size_t hour = 0; hour < 24; hour++) jw_i64(json, NULL, stats->hourly[hour]);
    jw_array_end(json);
    jw_i64(json, "denied_today", stats->denied);
    jw_i64(json, "as_of_seq", stats->as_of.n);
}

void totals_add(struct totals *totals, const struct stats *stats)
{
    totals->currently_in += stats->currently_in;
    totals->check_ins += stats->check_ins;
    totals->check_outs += stats->check_outs;
    totals->denied += stats->denied;
}

void out_totals(struct json *json, const char *key, const struct totals *totals)
{
    jw_object(json, key);
    jw_i64(json, "currently_in", totals->currently_in);
    jw_i64(json, "check_ins_today", totals->check_ins);
    jw_i64(json, "check_outs_today", totals->check_outs);
    jw_i64(json, "denied_today", totals->denied);
    jw_object_end(json);
}

int out_stats_update(struct buf *buf, const struct location *location, const struct stats *stats)
{
    struct json json = out_begin(buf, "stats_update", (struct str){0});
    out_stats(&json, location, stats);
    return out_end(&json);
}

int out_resync(struct buf *buf, struct str slug, struct seq head)
{
    struct json json = out_begin(buf, "resync_required", (struct str){0});
    jw_str(&json, "location", slug);
    jw_i64(&json, "head", head.n);
    return out_end(&json);
}
