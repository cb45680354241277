#include "api/member_json.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/utf8.h"

struct day api_today(const struct exchange *exchange)
{
    const struct directory *directory = exchange_directory(exchange);
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        if (principal_at(exchange->who, location->slug)) return zone_local(location->zone, clock_wall()).day;
    }
    return (struct day){(int32_t)(clock_wall().ms / 86400000)};
}

static void put_day(struct json *json, const char *key, struct day day)
{
    char text[DAY_TEXT_BYTES];
    if (day_is(day)) jw_str(json, key, day_text(day, text));
    else jw_null(json, key);
}

static const char *membership_status(const struct membership_row *row, struct day today)
{
    struct membership one = {.id = row->id,
                             .state = row->state,
                             .starts = row->starts,
                             .ends = row->ends,
                             .frozen_from = row->frozen_from,
                             .frozen_until = row->frozen_until,
                             .visits_left = row->visits_left};
    struct member member = {.memberships = &one, .membership_count = 1};
    return member_status(&member, today);
}

void membership_put(struct json *json, const struct membership_row *row, struct day today)
{
    jw_i64(json, "id", row->id);
    if (row->plan_id == 0) jw_null(json, "plan_id");
    else jw_i64(json, "plan_id", row->plan_id);
    jw_str(json, "plan", row->plan);
    put_day(json, "starts", row->starts);
    put_day(json, "ends", row->ends);
    jw_str(json, "status", str_c(membership_status(row, today)));
    put_day(json, "frozen_from", row->frozen_from);
    put_day(json, "frozen_to", row->frozen_until);
    put_day(json, "cancelled_on", row->cancelled_on);
    if (row->visits_left < 0) jw_null(json, "visits_left");
    else jw_i64(json, "visits_left", row->visits_left);
}

/* The one that the member's status speaks of: the valid one, else the first that gives the same reason. */
static const struct membership_row *spoken_of(const struct member_row *row, const struct membership *rules,
                                              struct day today)
{
    const struct membership *valid;
    enum code code = membership_find(rules, row->membership_count, today, &valid);
    for (size_t i = 0; i < row->membership_count; i++) {
        const struct membership *alone;
        bool same =
            valid != NULL ? rules[i].id == valid->id : membership_find(&rules[i], 1, today, &alone) == code;
        if (same) return &row->memberships[i];
    }
    return NULL;
}

static void put_membership(struct json *json, const struct membership_row *row, struct day today)
{
    if (row == NULL) {
        jw_null(json, "membership");
        return;
    }
    jw_object(json, "membership");
    membership_put(json, row, today);
    jw_object_end(json);
}

static void put_open(struct exchange *exchange, struct json *json, const struct member_row *row)
{
    const struct location *location =
        directory_by_id(exchange_directory(exchange), (struct location_id){row->open_location});
    if (row->open_visit == 0 || location == NULL) {
        jw_null(json, "open_visit");
        return;
    }
    jw_object(json, "open_visit");
    jw_i64(json, "visit_id", row->open_visit);
    jw_str(json, "location", location->slug);
    json_moment(json, "checked_in_at", row->open_since);
    jw_object_end(json);
}

static void put_codes(struct json *json, const struct member_row *row)
{
    jw_array(json, "codes");
    for (size_t i = 0; i < row->code_count; i++) {
        jw_object(json, NULL);
        jw_str(json, "code", row->codes[i].code);
        jw_str(json, "kind", row->codes[i].kind);
        jw_object_end(json);
    }
    jw_array_end(json);
}

static int put_names(struct json *json, const struct member_row *row)
{
    OWNED(buf) struct buf text = buf_of(8192);
    TRY(buf_printf(&text, "%.*s %.*s", STR_ARG(row->first_name), STR_ARG(row->last_name)));
    jw_str(json, "first_name", row->first_name);
    jw_str(json, "last_name", row->last_name);
    jw_str(json, "name", str_trim(buf_str(&text)));
    buf_clear(&text);
    if (row->photo.at == NULL) {
        jw_null(json, "photo_url");
        return 0;
    }
    TRY(member_photo_url(row->id, row->photo, &text));
    jw_str(json, "photo_url", buf_str(&text));
    return 0;
}

int member_put(struct exchange *exchange, struct json *json, const struct member_row *row)
{
    struct day today = api_today(exchange);
    struct membership *rules;
    TRY(memberships_as_rules(row->memberships, row->membership_count, &exchange->arena, &rules));
    struct member member = {.banned = row->banned,
                            .guest = row->guest_of != 0,
                            .memberships = rules,
                            .membership_count = row->membership_count};
    jw_object(json, NULL);
    jw_i64(json, "id", row->id.n);
    jw_str(json, "number", row->number.at == NULL ? STR("") : row->number);
    TRY(put_names(json, row));
    jw_str_or_null(json, "email", row->email);
    jw_str_or_null(json, "phone", row->phone);
    put_day(json, "born", row->born);
    jw_str_or_null(json, "notes", row->notes);
    jw_str(json, "status", str_c(member_status(&member, today)));
    jw_bool(json, "banned", row->banned);
    if (row->guest_of == 0) jw_null(json, "guest_of");
    else jw_i64(json, "guest_of", row->guest_of);
    jw_i64(json, "balance_minor", row->balance_minor);
    jw_str(json, "currency", row->currency);
    put_codes(json, row);
    put_membership(json, spoken_of(row, rules, today), today);
    put_open(exchange, json, row);
    json_moment(json, "created_at", row->created_at);
    json_moment(json, "updated_at", row->updated_at);
    jw_object_end(json);
    return 0;
}

static void put_override(struct json *json, struct str details)
{
    OWNED(json_tree) json_t *tree = NULL;
    const json_t *reason = NULL;
    if (details.at != NULL && json_in(str_span(details), &tree) >= 0) {
        reason = json_object_get(tree, "reason");
    }
    jw_str_or_null(json, "override_reason", json_is_string(reason) ? json_in_str(reason) : (struct str){0});
}

void visit_put(struct exchange *exchange, struct json *json, const struct visit_row *row)
{
    const struct visit *visit = &row->visit;
    const struct location *location = directory_by_id(exchange_directory(exchange), visit->location);
    bool open = !wall_is(visit->checked_out_at);
    jw_object(json, NULL);
    jw_i64(json, "id", visit->id.n);
    json_member(json, "member", &row->member, member_status(&row->member, api_today(exchange)),
                AUDIENCE_STAFF);
    jw_str(json, "location", location == NULL ? STR("") : location->slug);
    json_moment(json, "checked_in_at", visit->checked_in_at);
    json_moment(json, "checked_out_at", visit->checked_out_at);
    if (open) jw_null(json, "duration_seconds");
    else jw_i64(json, "duration_seconds", (visit->checked_out_at.ms - visit->checked_in_at.ms) / 1000);
    jw_bool(json, "automatic", visit->automatic);
    jw_str(json, "source", str_c(source_name(row->source)));
    jw_str_or_null(json, "by", row->by.len == 0 ? (struct str){0} : row->by);
    jw_str_or_null(json, "notes", row->notes);
    put_override(json, row->override);
    jw_object_end(json);
}

int cursor_put(struct json *json, const char *key, struct str text)
{
    OWNED(buf) struct buf cursor = buf_of(4096);
    TRY(base64url_put(&cursor, str_span(text)));
    jw_str(json, key, buf_str(&cursor));
    return 0;
}

int cursor_get(struct exchange *exchange, struct str *ret_text)
{
    struct str given;
    *ret_text = (struct str){0};
    int rc = http_query(exchange->request, "cursor", &given);
    if (rc <= 0) return rc;
    if (given.len > 2000) return ERR_TOO_BIG;
    OWNED(buf) struct buf text = buf_of(2048);
    TRY(base64url_get(given, &text));
    struct str checked;
    TRY(utf8_check(buf_span(&text), &checked));
    return arena_str(&exchange->arena, checked, ret_text);
}
