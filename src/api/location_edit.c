/* Opening and changing locations. */
#include "api/hours_json.h"
#include "api/location_json.h"
#include "base/clock.h"

#define CAPACITY_MAX 1000000

void location_json_put(struct json *json, const struct location *location, struct str zone)
{
    jw_i64(json, "id", location->id.n);
    jw_str(json, "slug", location->slug);
    jw_str(json, "name", location->name);
    jw_str(json, "timezone", zone);
    if (location->capacity == CAPACITY_NONE) jw_null(json, "capacity");
    else jw_i64(json, "capacity", location->capacity);
    jw_bool(json, "hard_capacity", location->hard_capacity);
    jw_str(json, "exits", location->exits == EXITS_RECORDED ? STR("recorded") : STR("assumed"));
    hours_json_put(json, "hours", &location->hours);
    jw_i64(json, "assumed_stay_minutes", location->assumed_stay_minutes);
}

ON_LOOP void location_respond(struct exchange *exchange, int status, const struct location_row *row)
{
    char etag[API_ETAG_BYTES];
    struct http_response response = http_response_of(status);
    http_put_content_type(&response, "application/json");
    http_put_header(&response, "ETag", api_etag(row->version, etag));
    struct json json = jw_to(&response.body);
    jw_object(&json, NULL);
    location_json_put(&json, &row->location, row->timezone);
    jw_object_end(&json);
    int rc = jw_end_all(&json);
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

/* Takes what the body says into the row; the field that is wrong, or NULL. */
static const char *take_body(const json_t *body, struct location_row *row)
{
    struct location *location = &row->location;
    const json_t *value;
    int64_t number;
    if ((value = json_object_get(body, "name")) != NULL &&
        json_in_text(value, LOCATION_NAME_CHARACTERS_MAX * 4, LOCATION_NAME_CHARACTERS_MAX, &location->name) <
            0) {
        return "name";
    }
    if ((value = json_object_get(body, "timezone")) != NULL) {
        OWNED(zone) struct zone *zone = NULL;
        if (!json_is_string(value) || zone_open(json_in_str(value), &zone) < 0) return "timezone";
        row->timezone = json_in_str(value);
    }
    if ((value = json_object_get(body, "capacity")) != NULL) {
        if (json_is_null(value)) {
            location->capacity = CAPACITY_NONE;
        } else if (!json_is_integer(value) || json_in_id(value, &number) < 0 || number > CAPACITY_MAX) {
            return "capacity";
        } else {
            location->capacity = (int32_t)number;
        }
    }
    if ((value = json_object_get(body, "hard_capacity")) != NULL) {
        if (!json_is_boolean(value)) return "hard_capacity";
        location->hard_capacity = json_is_true(value);
    }
    if ((value = json_object_get(body, "exits")) != NULL) {
        bool recorded = json_is_string(value) && str_eq_c(json_in_str(value), "recorded");
        if (!recorded && !(json_is_string(value) && str_eq_c(json_in_str(value), "assumed"))) return "exits";
        location->exits = recorded ? EXITS_RECORDED : EXITS_ASSUMED;
    }
    if ((value = json_object_get(body, "hours")) != NULL && hours_json_get(value, &location->hours) < 0) {
        return "hours";
    }
    if ((value = json_object_get(body, "assumed_stay_minutes")) != NULL) {
        if (!json_is_integer(value) || json_in_id(value, &number) < 0 || number > 960) {
            return "assumed_stay_minutes";
        }
        location->assumed_stay_minutes = (int32_t)number;
    }
    return NULL;
}

struct edit {
    struct location_id id;
    int64_t version;
    struct location_row row;
    const char *wrong_field;
};

static int make(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct edit *edit = exchange->state;
    TRY(location_create(sql, &edit->row, clock_wall(), &edit->id));
    *ret_id = edit->id.n;
    return api_audit(sql, exchange, "create_location", "location", edit->id.n);
}

static int show(struct sql *sql, struct exchange *exchange, int64_t id)
{
    struct edit *edit = exchange->state;
    return location_read(sql, (struct location_id){id}, &exchange->arena, &edit->row);
}

ON_LOOP static void created(struct exchange *exchange)
{
    const struct edit *edit = exchange->state;
    if (exchange->result == ERR_EXISTS) {
        api_refuse(exchange, CODE_CONFLICT, "slug", "There is a location with this slug");
    } else if (exchange->result < 0) {
        api_fail_result(exchange);
    } else {
        location_respond(exchange, 201, &edit->row);
    }
}

void location_create_post(struct exchange *exchange)
{
    struct edit *edit = api_state(exchange, struct edit);
    const json_t *body = edit == NULL ? NULL : api_body(exchange);
    if (body == NULL) return;
    edit->row.location =
        (struct location){.capacity = CAPACITY_NONE, .exits = EXITS_ASSUMED, .assumed_stay_minutes = 120};
    const json_t *slug = json_object_get(body, "slug");
    const char *wrong =
        !json_is_string(slug) || slug_check(json_in_str(slug)) < 0 ? "slug" : take_body(body, &edit->row);
    if (wrong == NULL && edit->row.location.name.at == NULL) wrong = "name";
    if (wrong == NULL && edit->row.timezone.at == NULL) wrong = "timezone";
    if (wrong != NULL) {
        api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This field is missing or has a value that cannot be");
        return;
    }
    edit->row.location.slug = json_in_str(slug);
    static const struct api_making LOCATION = {make, show, created, true};
    api_make(exchange, "create_location", 0, &LOCATION);
}

static int update(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct edit *edit = exchange->state;
    *ret_id = edit->id.n;
    TRY(location_read(sql, edit->id, &exchange->arena, &edit->row));
    if (edit->version != 0 && edit->row.version != edit->version) return ERR_CONFLICT;
    edit->wrong_field = take_body(exchange->body, &edit->row);
    if (edit->wrong_field != NULL) return ERR_RANGE;
    TRY(location_update(sql, &edit->row, clock_wall()));
    return api_audit(sql, exchange, "edit_location", "location", edit->id.n);
}

ON_LOOP static void updated(struct exchange *exchange)
{
    const struct edit *edit = exchange->state;
    if (edit->wrong_field != NULL) {
        api_refuse(exchange, CODE_BAD_MESSAGE, edit->wrong_field, "This field has a value that cannot be");
    } else if (exchange->result == ERR_CONFLICT) {
        api_precondition(exchange, true);
    } else if (exchange->result < 0) {
        api_fail_result(exchange);
    } else {
        location_respond(exchange, 200, &edit->row);
    }
}

void location_patch(struct exchange *exchange)
{
    const struct location *location = api_path_location(exchange);
    if (location == NULL) return;
    struct edit *edit = api_state(exchange, struct edit);
    if (edit == NULL || api_body(exchange) == NULL) return;
    edit->id = location->id;
    static const struct api_making EDIT = {update, show, updated, true};
    if (api_if_match(exchange, &edit->version)) api_make(exchange, "edit_location", edit->id.n, &EDIT);
}
