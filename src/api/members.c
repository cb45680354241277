/* Finding, reading, making and changing members. */
#include "api/member_json.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "store/list.h"

#include <stdio.h>

#define STATUS_ROWS_MAX 20000 /* so many are looked through for one page; `next` goes on behind them */

struct editing {
    struct member_page page;
    struct str status; /* only these; at NULL: all */
    struct day today;
    struct member_row row;
    struct member_id id;
    int64_t version;
    const char *wrong_field;
};

/* --- Finding --- */

static int status_of(const struct member_row *row, struct arena *arena, struct day today,
                     struct str *ret_status)
{
    struct membership *rules;
    TRY(memberships_as_rules(row->memberships, row->membership_count, arena, &rules));
    struct member member = {.banned = row->banned,
                            .guest = row->guest_of != 0,
                            .memberships = rules,
                            .membership_count = row->membership_count};
    *ret_status = str_c(member_status(&member, today));
    return 0;
}

/* The status is computed, so no index knows it: pages are read and sifted, each no bigger than what is still wanted, so that its
 * end is the end of what was kept. */
static int find_of_status(struct sql *sql, struct exchange *exchange)
{
    struct editing *editing = exchange->state;
    struct member_page *wanted = &editing->page, page = *wanted;
    struct list kept = LIST_OF(&exchange->arena, struct member_row);
    size_t looked_at = 0;
    do {
        page.limit = wanted->limit - kept.count;
        TRY(member_find(sql, &exchange->arena, &page));
        looked_at += page.count;
        for (size_t i = 0; i < page.count; i++) {
            struct str status;
            TRY(status_of(&page.rows[i], &exchange->arena, editing->today, &status));
            if (!str_eq(status, editing->status)) continue;
            struct member_row *row = list_add(&kept);
            if (row == NULL) return ERR_NOMEM;
            *row = page.rows[i];
        }
        page.after = page.next;
    } while (page.next.at != NULL && kept.count < wanted->limit && looked_at < STATUS_ROWS_MAX);
    wanted->rows = kept.items;
    wanted->count = kept.count;
    wanted->next = page.next;
    return 0;
}

static bool is_status(struct str text)
{
    static const char *const ALL[] = {"active",  "expired", "frozen", "not_started", "cancelled",
                                      "used_up", "banned",  "guest",  "none"};
    for (size_t i = 0; i < COUNT_OF(ALL); i++) {
        if (str_eq_c(text, ALL[i])) return true;
    }
    return false;
}

static int find(struct sql *sql, struct exchange *exchange)
{
    struct editing *editing = exchange->state;
    if (editing->status.at != NULL) return find_of_status(sql, exchange);
    return member_find(sql, &exchange->arena, &editing->page);
}

static int put_page(struct exchange *exchange, struct json *json, const struct member_page *page)
{
    jw_object(json, NULL);
    jw_array(json, "items");
    for (size_t i = 0; i < page->count; i++) TRY(member_put(exchange, json, &page->rows[i]));
    jw_array_end(json);
    if (page->next.at == NULL) jw_null(json, "next");
    else TRY(cursor_put(json, "next", page->next));
    jw_object_end(json);
    return 0;
}

ON_LOOP static void refuse_cursor(struct exchange *exchange)
{
    api_refuse(exchange, CODE_BAD_MESSAGE, "cursor", "This is no cursor of ours; begin at the first page");
}

ON_LOOP static void found(struct exchange *exchange)
{
    const struct editing *editing = exchange->state;
    if (exchange->result == ERR_SYNTAX) {
        refuse_cursor(exchange);
        return;
    }
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    if (put_page(exchange, &json, &editing->page) < 0) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    } else {
        api_respond_built(exchange, 200, &json, &body);
    }
}

ON_LOOP void members_list(struct exchange *exchange)
{
    struct editing *editing = api_state(exchange, struct editing);
    if (editing == NULL || !api_limit(exchange, &editing->page.limit)) return;
    int of_status = http_query(exchange->request, "status", &editing->status);
    if (of_status != 1) editing->status = (struct str){0};
    editing->today = api_today(exchange);
    int given = http_query(exchange->request, "q", &editing->page.query);
    if (given < 0 || (given == 1 && utf8_count(editing->page.query) > 100)) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "q", "Give one text of at most 100 characters");
    } else if (of_status < 0 || (of_status == 1 && !is_status(editing->status))) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "status", "There is no such status");
    } else if (cursor_get(exchange, &editing->page.after) < 0) {
        refuse_cursor(exchange);
    } else {
        exchange_read(exchange, find, found);
    }
}

/* --- One --- */

ON_LOOP static void respond(struct exchange *exchange, int status, const struct member_row *row)
{
    char etag[API_ETAG_BYTES], where[64];
    struct http_response response = http_response_of(status);
    http_put_content_type(&response, "application/json");
    http_put_header(&response, "ETag", api_etag(row->version, etag));
    int len = snprintf(where, sizeof where, "/api/v1/members/%lld", (long long)row->id.n);
    if (status == 201) http_put_header(&response, "Location", (struct str){where, (size_t)len});
    struct json json = jw_to(&response.body);
    int rc = member_put(exchange, &json, row);
    if (rc == 0) rc = jw_end_all(&json);
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

static int read_one(struct sql *sql, struct exchange *exchange)
{
    struct editing *editing = exchange->state;
    return member_read(sql, editing->id, &exchange->arena, &editing->row);
}

ON_LOOP static void one_read(struct exchange *exchange)
{
    const struct editing *editing = exchange->state;
    if (exchange->result == ERR_NOT_FOUND) exchange_fail(exchange, CODE_MEMBER_NOT_FOUND, (struct str){0});
    else if (exchange->result < 0) api_fail_result(exchange);
    else respond(exchange, 200, &editing->row);
}

ON_LOOP void member_get(struct exchange *exchange)
{
    struct editing *editing = api_state(exchange, struct editing);
    if (editing == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &editing->id.n)) return;
    exchange_read(exchange, read_one, one_read);
}

/* --- What a body may say --- */

/* An optional text: null or empty clears it. False: it cannot be. */
static bool take_text(const json_t *body, const char *key, size_t characters_max, struct str *text)
{
    const json_t *value = json_object_get(body, key);
    if (value == NULL) return true;
    if (json_is_null(value) || (json_is_string(value) && str_trim(json_in_str(value)).len == 0)) {
        *text = (struct str){0};
        return true;
    }
    if (json_in_text(value, characters_max * 4, characters_max, text) < 0) return false;
    *text = str_trim(*text);
    return true;
}

static bool take_born(const json_t *body, struct day *born)
{
    const json_t *value = json_object_get(body, "born");
    if (value == NULL) return true;
    *born = DAY_NONE;
    return json_is_null(value) || json_in_day(value, born) == 0;
}

static bool check_codes(const json_t *body)
{
    const json_t *codes = json_object_get(body, "codes");
    if (codes == NULL) return true;
    if (!json_is_array(codes) || json_array_size(codes) > MEMBER_CODES_MAX) return false;
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *code = json_array_get(codes, i), *kind = json_object_get(code, "kind");
        struct str text;
        if (json_in_text(json_object_get(code, "code"), CODE_BYTES_MAX, CODE_BYTES_MAX, &text) < 0 ||
            !member_code_fits(text)) {
            return false;
        }
        if (!json_is_string(kind) ||
            !(str_eq_c(json_in_str(kind), "card") || str_eq_c(json_in_str(kind), "qr"))) {
            return false;
        }
    }
    return true;
}

/* Names the field that is wrong, or NULL. */
static const char *take_body(const json_t *body, struct member_row *row)
{
    if (!take_text(body, "number", MEMBER_NUMBER_CHARACTERS_MAX, &row->number)) return "number";
    if (!take_text(body, "first_name", MEMBER_NAME_CHARACTERS_MAX, &row->first_name)) return "first_name";
    if (!take_text(body, "last_name", MEMBER_NAME_CHARACTERS_MAX, &row->last_name)) return "last_name";
    if (row->first_name.at == NULL) row->first_name = STR("");
    if (row->last_name.at == NULL) row->last_name = STR("");
    if (!take_text(body, "email", MEMBER_EMAIL_CHARACTERS_MAX, &row->email)) return "email";
    if (!take_text(body, "phone", MEMBER_PHONE_CHARACTERS_MAX, &row->phone)) return "phone";
    if (!take_text(body, "notes", MEMBER_NOTES_CHARACTERS_MAX, &row->notes)) return "notes";
    if (!take_born(body, &row->born)) return "born";
    const json_t *banned = json_object_get(body, "banned");
    if (banned != NULL && !json_is_boolean(banned)) return "banned";
    if (banned != NULL) row->banned = json_is_true(banned);
    const json_t *balance = json_object_get(body, "balance_minor");
    if (balance != NULL && !json_is_integer(balance)) return "balance_minor";
    if (balance != NULL) row->balance_minor = json_integer_value(balance);
    const char *why;
    return check_codes(body) ? member_row_wrong(row, &why) : "codes";
}

/* banned and balance_minor need a manager. */
static bool may_change(const struct exchange *exchange, const json_t *body)
{
    bool grave = json_object_get(body, "banned") != NULL || json_object_get(body, "balance_minor") != NULL;
    return !grave || principal_may(exchange->who, MAY_IMPORT);
}

static int write_codes(struct sql *sql, const json_t *body, struct member_id id, const char **ret_wrong)
{
    const json_t *codes = json_object_get(body, "codes");
    if (codes == NULL) return 0;
    TRY(member_codes_clear(sql, id));
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *code = json_array_get(codes, i);
        int rc = member_code_add(sql, id, json_in_str(json_object_get(code, "kind")),
                                 json_in_str(json_object_get(code, "code")));
        if (rc == ERR_EXISTS) *ret_wrong = "codes";
        TRY(rc);
    }
    return 0;
}

/* --- Making and changing --- */

static int make(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct editing *editing = exchange->state;
    int rc = member_create(sql, &editing->row, clock_wall(), &editing->id);
    if (rc == ERR_EXISTS) editing->wrong_field = "number";
    TRY(rc);
    TRY(write_codes(sql, exchange->body, editing->id, &editing->wrong_field));
    *ret_id = editing->id.n;
    return api_audit(sql, exchange, "create_member", "member", editing->id.n);
}

static int show(struct sql *sql, struct exchange *exchange, int64_t id)
{
    struct editing *editing = exchange->state;
    return member_read(sql, (struct member_id){id}, &exchange->arena, &editing->row);
}

ON_LOOP static void fail_edit(struct exchange *exchange)
{
    const struct editing *editing = exchange->state;
    if (exchange->result == ERR_EXISTS) {
        api_refuse(exchange, CODE_CONFLICT, editing->wrong_field, "Another member has this number or card");
    } else if (exchange->result == ERR_CONFLICT) {
        api_precondition(exchange, true);
    } else if (exchange->result == ERR_RANGE && editing->wrong_field != NULL) {
        api_refuse(exchange, CODE_BAD_MESSAGE, editing->wrong_field, "This field has a value that cannot be");
    } else if (exchange->result == ERR_NOT_FOUND) {
        exchange_fail(exchange, CODE_MEMBER_NOT_FOUND, (struct str){0});
    } else {
        api_fail_result(exchange);
    }
}

ON_LOOP static void created(struct exchange *exchange)
{
    const struct editing *editing = exchange->state;
    if (exchange->result < 0) fail_edit(exchange);
    else respond(exchange, 201, &editing->row);
}

ON_LOOP void member_post(struct exchange *exchange)
{
    struct editing *editing = api_state(exchange, struct editing);
    const json_t *body = editing == NULL ? NULL : api_body(exchange);
    if (body == NULL) return;
    editing->row = (struct member_row){.born = DAY_NONE, .currency = STR("EUR")};
    const char *wrong = take_body(body, &editing->row);
    if (wrong != NULL) {
        api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This field is missing or has a value that cannot be");
    } else if (!may_change(exchange, body)) {
        exchange_fail(exchange, CODE_FORBIDDEN, STR("banned and balance_minor need a manager"));
    } else {
        static const struct api_making MEMBER = {make, show, created, false};
        api_make(exchange, "create_member", 0, &MEMBER);
    }
}

static int update(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct editing *editing = exchange->state;
    *ret_id = editing->id.n;
    TRY(member_read(sql, editing->id, &exchange->arena, &editing->row));
    if (editing->version != 0 && editing->row.version != editing->version) return ERR_CONFLICT;
    struct str number = editing->row.number;
    editing->wrong_field = take_body(exchange->body, &editing->row);
    if (editing->wrong_field != NULL) return ERR_RANGE;
    if (editing->row.number.at == NULL) editing->row.number = number; /* a member keeps a number */
    int rc = member_update(sql, &editing->row, clock_wall());
    if (rc == ERR_EXISTS) editing->wrong_field = "number";
    TRY(rc);
    TRY(write_codes(sql, exchange->body, editing->id, &editing->wrong_field));
    return api_audit(sql, exchange, "edit_member", "member", editing->id.n);
}

ON_LOOP static void updated(struct exchange *exchange)
{
    const struct editing *editing = exchange->state;
    if (exchange->result < 0) fail_edit(exchange);
    else respond(exchange, 200, &editing->row);
}

ON_LOOP void member_patch(struct exchange *exchange)
{
    struct editing *editing = api_state(exchange, struct editing);
    if (editing == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &editing->id.n)) return;
    const json_t *body = api_body(exchange);
    if (body == NULL || !api_if_match(exchange, &editing->version)) return;
    if (!may_change(exchange, body)) {
        exchange_fail(exchange, CODE_FORBIDDEN, STR("banned and balance_minor need a manager"));
    } else {
        static const struct api_making EDIT = {update, show, updated, false};
        api_make(exchange, "edit_member", editing->id.n, &EDIT);
    }
}
