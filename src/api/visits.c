/* Visits: lists, one, corrections, undo. */
#include "api/member_json.h"

#include <stdio.h>

struct visiting {
    struct visit_filter filter;
    struct visit_row *rows;
    size_t count;
    size_t limit;
    struct visit_id id;
    struct visit_row row;
    struct member_id member;
    size_t location_count; /* to look at, where none is named: all allowed ones */
    int64_t *locations;
    struct command command;
    bool asked_before; /* the batch answers, whatever became of the visit since */
};

/* --- Lists --- */

static int find(struct sql *sql, struct exchange *exchange)
{
    struct visiting *visiting = exchange->state;
    visiting->filter.locations = visiting->locations;
    visiting->filter.location_count = visiting->location_count;
    visiting->filter.limit = visiting->limit + 1;
    return visit_find(sql, &visiting->filter, &exchange->arena, &visiting->rows, &visiting->count);
}

ON_LOOP static void found(struct exchange *exchange)
{
    const struct visiting *visiting = exchange->state;
    if (exchange->result == ERR_NOT_FOUND) {
        exchange_fail(exchange, CODE_MEMBER_NOT_FOUND, (struct str){0});
        return;
    }
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    size_t shown = visiting->count > visiting->limit ? visiting->limit : visiting->count;
    jw_object(&json, NULL);
    jw_array(&json, "items");
    for (size_t i = 0; i < shown; i++) visit_put(exchange, &json, &visiting->rows[i]);
    jw_array_end(&json);
    int rc = 0;
    if (visiting->count > shown) {
        char text[64];
        const struct visit *last = &visiting->rows[shown - 1].visit;
        int len = snprintf(text, sizeof text, "%lld %lld", (long long)last->checked_in_at.ms,
                           (long long)last->id.n);
        rc = cursor_put(&json, "next", (struct str){text, (size_t)len});
    } else {
        jw_null(&json, "next");
    }
    jw_object_end(&json);
    if (rc < 0) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    else api_respond_built(exchange, 200, &json, &body);
}

/* "<moment> <id>" */
int visit_cursor_get(struct exchange *exchange, struct visit_filter *filter)
{
    struct str text;
    filter->before_at = WALL_NONE;
    TRY(cursor_get(exchange, &text));
    if (text.at == NULL) return 0;
    const char *blank = memchr(text.at, ' ', text.len);
    if (blank == NULL) return ERR_SYNTAX;
    size_t len = (size_t)(blank - text.at);
    TRY(num_i64((struct str){text.at, len}, 0, INT64_MAX - 1, &filter->before_at.ms));
    return num_i64((struct str){blank + 1, text.len - len - 1}, 0, ID_LIMIT, &filter->before_id);
}

static int take_moment(const struct exchange *exchange, const char *name, struct wall_ms *ret_at)
{
    struct str text;
    *ret_at = WALL_NONE;
    int rc = http_query(exchange->request, name, &text);
    return rc <= 0 ? rc : wall_parse(text, ret_at);
}

static int take_open(const struct exchange *exchange, int *ret_open)
{
    struct str text;
    *ret_open = -1;
    int rc = http_query(exchange->request, "open", &text);
    if (rc <= 0) return rc;
    if (!str_eq_c(text, "true") && !str_eq_c(text, "false")) return ERR_SYNTAX;
    *ret_open = str_eq_c(text, "true") ? 1 : 0;
    return 0;
}

/* The allowed locations, or the one that is named. False: answered already. */
ON_LOOP static bool take_locations(struct exchange *exchange, struct visiting *visiting)
{
    const struct directory *directory = exchange_directory(exchange);
    struct str name;
    const struct location *one = NULL;
    int given = http_query(exchange->request, "location", &name);
    if (given < 0) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "location", "Give one location");
        return false;
    }
    if (given == 1 && (one = api_location_named(exchange, name)) == NULL) return false;
    visiting->locations = arena_array(&exchange->arena, int64_t, directory_count(directory) + 1);
    if (visiting->locations == NULL) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return false;
    }
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        bool wanted = one != NULL ? location == one : principal_at(exchange->who, location->slug);
        if (wanted) visiting->locations[visiting->location_count++] = location->id.n;
    }
    if (one != NULL) visiting->filter.location = one->id.n;
    return true;
}

ON_LOOP static bool take_list(struct exchange *exchange, struct visiting *visiting)
{
    const char *wrong = NULL;
    if (!api_limit(exchange, &visiting->limit)) return false;
    if (take_moment(exchange, "from", &visiting->filter.from) < 0) wrong = "from";
    else if (take_moment(exchange, "to", &visiting->filter.to) < 0) wrong = "to";
    else if (take_open(exchange, &visiting->filter.open) < 0) wrong = "open";
    else if (visit_cursor_get(exchange, &visiting->filter) < 0) wrong = "cursor";
    if (wrong == NULL) return take_locations(exchange, visiting);
    api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This has a value that cannot be");
    return false;
}

ON_LOOP void visits_list(struct exchange *exchange)
{
    struct visiting *visiting = api_state(exchange, struct visiting);
    if (visiting == NULL || !take_list(exchange, visiting)) return;
    if (api_query_i64(exchange, "member", 1, ID_LIMIT - 1, 0, &visiting->filter.member)) {
        exchange_read(exchange, find, found);
    }
}

static int find_of_member(struct sql *sql, struct exchange *exchange)
{
    struct visiting *visiting = exchange->state;
    struct member_row member;
    TRY(member_read(sql, visiting->member, &exchange->arena, &member));
    return find(sql, exchange);
}

ON_LOOP void member_visits_list(struct exchange *exchange)
{
    struct visiting *visiting = api_state(exchange, struct visiting);
    if (visiting == NULL || !take_list(exchange, visiting)) return;
    if (!api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &visiting->member.n)) return;
    visiting->filter.member = visiting->member.n;
    exchange_read(exchange, find_of_member, found);
}

/* --- One --- */

static int read_one(struct sql *sql, struct exchange *exchange)
{
    struct visiting *visiting = exchange->state;
    return visit_read(sql, visiting->id, &exchange->arena, &visiting->row);
}

/* Is it at a location of this token's? What is hidden is not there. */
static bool is_allowed(const struct exchange *exchange, const struct visit_row *row)
{
    const struct location *location = directory_by_id(exchange_directory(exchange), row->visit.location);
    return location != NULL && principal_at(exchange->who, location->slug);
}

ON_LOOP static bool was_read(struct exchange *exchange)
{
    const struct visiting *visiting = exchange->state;
    if (exchange->result == 0 && is_allowed(exchange, &visiting->row)) return true;
    if (exchange->result < 0 && exchange->result != ERR_NOT_FOUND) api_fail_result(exchange);
    else exchange_fail(exchange, CODE_NOT_FOUND, (struct str){0});
    return false;
}

ON_LOOP static void respond_one(struct exchange *exchange)
{
    const struct visiting *visiting = exchange->state;
    if (!was_read(exchange)) return;
    char etag[API_ETAG_BYTES];
    struct http_response response = http_response_of(200);
    http_put_content_type(&response, "application/json");
    http_put_header(&response, "ETag",
                    api_etag(visit_version(&visiting->row.visit, visiting->row.notes), etag));
    struct json json = jw_to(&response.body);
    visit_put(exchange, &json, &visiting->row);
    int rc = jw_end_all(&json);
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

ON_LOOP static struct visiting *begin_one(struct exchange *exchange)
{
    struct visiting *visiting = api_state(exchange, struct visiting);
    if (visiting == NULL || !api_path_id(exchange, "id", CODE_NOT_FOUND, &visiting->id.n)) return NULL;
    visiting->command =
        (struct command){.visit = visiting->id, .occurred_at = WALL_NONE, .new_checked_out_at = WALL_NONE};
    return visiting;
}

ON_LOOP void visit_get(struct exchange *exchange)
{
    if (begin_one(exchange) != NULL) exchange_read(exchange, read_one, respond_one);
}

/* --- Correcting --- */

static int read_to_change(struct sql *sql, struct exchange *exchange)
{
    struct visiting *visiting = exchange->state;
    struct str key = visiting->command.request_id;
    int known = key.len == 0 ? 0 : request_is_known(sql, exchange->who->sub, key);
    TRY(known);
    visiting->asked_before = known == 1;
    return visiting->asked_before ? 0 : read_one(sql, exchange);
}

ON_LOOP static void change(struct exchange *exchange,
                           void (*then)(struct exchange *exchange, const struct ask *ask))
{
    struct visiting *visiting = exchange->state;
    if (!visiting->asked_before && !was_read(exchange)) return;
    exchange_command(exchange, &visiting->command, then);
}

/* False: answered already. */
ON_LOOP static bool take_key(struct exchange *exchange, struct visiting *visiting, const char *type)
{
    char what[64];
    snprintf(what, sizeof what, "%s of %lld", type, (long long)visiting->id.n);
    return api_request_id(exchange, what, exchange->body, &visiting->command);
}

ON_LOOP static void undone(struct exchange *exchange, const struct ask *ask)
{
    if (ask->code != CODE_OK) {
        api_answer_command(exchange, ask);
        return;
    }
    struct http_response response = http_response_of(204);
    exchange_respond(exchange, &response);
}

ON_LOOP static void undo(struct exchange *exchange) { change(exchange, undone); }

ON_LOOP void visit_delete(struct exchange *exchange)
{
    struct visiting *visiting = begin_one(exchange);
    if (visiting == NULL || !take_key(exchange, visiting, "undo")) return;
    visiting->command.kind = COMMAND_UNDO;
    exchange_read(exchange, read_to_change, undo);
}

ON_LOOP static void edited(struct exchange *exchange, const struct ask *ask)
{
    if (ask->code == CODE_CONFLICT) api_precondition(exchange, true);
    else if (ask->code != CODE_OK) api_answer_command(exchange, ask);
    else exchange_read(exchange, read_one, respond_one);
}

ON_LOOP static void edit(struct exchange *exchange) { change(exchange, edited); }

ON_LOOP void visit_patch(struct exchange *exchange)
{
    struct visiting *visiting = begin_one(exchange);
    const json_t *body = visiting == NULL ? NULL : api_body(exchange);
    if (body == NULL || !api_if_match(exchange, &visiting->command.if_version)) return;
    const json_t *notes = json_object_get(body, "notes"), *out = json_object_get(body, "checked_out_at");
    const char *wrong = NULL;
    visiting->command.kind = COMMAND_EDIT;
    if (json_is_null(notes)) visiting->command.notes = STR("");
    else if (notes != NULL && json_in_text(notes, NOTES_CHARACTERS_MAX * 4, NOTES_CHARACTERS_MAX,
                                           &visiting->command.notes) < 0) {
        wrong = "notes";
    }
    if (out != NULL && json_in_moment(out, &visiting->command.new_checked_out_at) < 0) {
        wrong = "checked_out_at";
    }
    if (wrong != NULL) api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This field has a value that cannot be");
    else if (take_key(exchange, visiting, "edit")) exchange_read(exchange, read_to_change, edit);
}
