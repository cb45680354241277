/* Reading locations: from the loop's own directory, but for a single one, whose ETag is the row's version. */
#include "api/api.h"
#include "api/location_json.h"

#include <stdlib.h>

struct choice {
    const struct location *location;
};

static int by_name(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    struct str l = left->location->name, r = right->location->name;
    size_t shorter = l.len < r.len ? l.len : r.len;
    int order = memcmp(l.at, r.at, shorter);
    if (order != 0) return order;
    return l.len < r.len ? -1 : l.len > r.len;
}

/* The locations that this token allows, by name. */
static int allowed(struct exchange *exchange, struct choice **ret_list, size_t *ret_count)
{
    const struct directory *directory = exchange_directory(exchange);
    struct choice *list = arena_array(&exchange->arena, struct choice, directory_count(directory) + 1);
    if (list == NULL) return ERR_NOMEM;
    size_t count = 0;
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        if (principal_at(exchange->who, location->slug)) list[count++].location = location;
    }
    qsort(list, count, sizeof *list, by_name);
    *ret_list = list;
    *ret_count = count;
    return 0;
}

void locations_list(struct exchange *exchange)
{
    size_t limit, count;
    int64_t from;
    struct choice *list;
    if (!api_limit(exchange, &limit)) return;
    if (!api_query_i64(exchange, "cursor", 1, LOCATIONS_MAX, 0, &from)) return;
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    if (allowed(exchange, &list, &count) < 0) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_array(&json, "items");
    size_t at = (size_t)from, end = at + limit;
    for (; at < count && at < end; at++) {
        jw_object(&json, NULL);
        location_json_put(&json, list[at].location, zone_name(list[at].location->zone));
        jw_object_end(&json);
    }
    jw_array_end(&json);
    if (at < count) api_json_number_text(&json, "next", (int64_t)at);
    else jw_null(&json, "next");
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}

struct reading_one {
    struct location_id id;
    struct location_row row;
};

static int read_one(struct sql *sql, struct exchange *exchange)
{
    struct reading_one *one = exchange->state;
    return location_read(sql, one->id, &exchange->arena, &one->row);
}

ON_LOOP static void one_read(struct exchange *exchange)
{
    const struct reading_one *one = exchange->state;
    if (exchange->result < 0) api_fail_result(exchange);
    else location_respond(exchange, 200, &one->row);
}

void location_get(struct exchange *exchange)
{
    const struct location *location = api_path_location(exchange);
    if (location == NULL) return;
    struct reading_one *one = api_state(exchange, struct reading_one);
    if (one == NULL) return;
    one->id = location->id;
    exchange_read(exchange, read_one, one_read);
}

void stats_get(struct exchange *exchange)
{
    struct str name;
    const struct location *one = NULL;
    int given = http_query(exchange->request, "location", &name);
    if (given < 0) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "location", "Give one location");
        return;
    }
    if (given == 1 && (one = api_location_named(exchange, name)) == NULL) return;
    struct choice *list;
    size_t count;
    if (allowed(exchange, &list, &count) < 0) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    struct totals totals = {0};
    jw_object(&json, NULL);
    jw_array(&json, "locations");
    for (size_t i = 0; i < count; i++) {
        struct seq head;
        struct stats stats;
        if ((one != NULL && list[i].location != one) ||
            !exchange_stats(exchange, list[i].location->id, &head, &stats)) {
            continue;
        }
        jw_object(&json, NULL);
        out_stats(&json, list[i].location, &stats);
        jw_object_end(&json);
        totals_add(&totals, &stats);
    }
    jw_array_end(&json);
    out_totals(&json, "totals", &totals);
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}
