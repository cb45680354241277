/* A member's memberships, and the plans that they are of. */
#include "api/member_json.h"

#include "store/plans.h"

struct holding {
    struct member_id id;
    struct member_row member;
    struct membership_row row;
    int64_t membership;
    struct day today; /* found on the loop: the directory is the loop's */
    struct plan_row *plans;
    size_t plan_count;
    const char *wrong_field;
};

static int read_all(struct sql *sql, struct exchange *exchange)
{
    struct holding *holding = exchange->state;
    return member_read(sql, holding->id, &exchange->arena, &holding->member);
}

ON_LOOP static void all_read(struct exchange *exchange)
{
    const struct holding *holding = exchange->state;
    if (exchange->result < 0) {
        exchange_fail(exchange,
                      exchange->result == ERR_NOT_FOUND ? CODE_MEMBER_NOT_FOUND
                                                        : code_of_err(exchange->result),
                      (struct str){0});
        return;
    }
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_array(&json, "items");
    for (size_t i = 0; i < holding->member.membership_count; i++) {
        jw_object(&json, NULL);
        membership_put(&json, &holding->member.memberships[i], api_today(exchange));
        jw_object_end(&json);
    }
    jw_array_end(&json);
    jw_null(&json, "next");
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void memberships_list(struct exchange *exchange)
{
    struct holding *holding = api_state(exchange, struct holding);
    if (holding == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &holding->id.n)) return;
    exchange_read(exchange, read_all, all_read);
}

static const struct plan_row *plan_of(const struct holding *holding, int64_t id)
{
    for (size_t i = 0; i < holding->plan_count; i++) {
        if (holding->plans[i].id == id) return &holding->plans[i];
    }
    return NULL;
}

/* The plan's length from the first day: the last day that counts (contract 1.3: from the 31st, a shorter month's last day). */
static struct day end_of(const struct plan_row *plan, struct day starts)
{
    if (plan->months > 0) return (struct day){day_add_months(starts, plan->months).number - 1};
    if (plan->days > 0) return (struct day){starts.number + plan->days - 1};
    return DAY_NONE;
}

/* An optional day; null clears. False: it cannot be. */
static bool take_day(const json_t *body, const char *key, struct day *day)
{
    const json_t *value = json_object_get(body, key);
    if (value == NULL) return true;
    *day = DAY_NONE;
    return json_is_null(value) || json_in_day(value, day) == 0;
}

static int make(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct holding *holding = exchange->state;
    struct membership_row *row = &holding->row;
    TRY(member_read(sql, holding->id, &exchange->arena, &holding->member));
    TRY(plan_list(sql, &exchange->arena, &holding->plans, &holding->plan_count));
    const struct plan_row *plan = plan_of(holding, row->plan_id);
    holding->wrong_field = "plan_id";
    if (plan == NULL) return ERR_RANGE;
    row->plan = plan->name;
    row->visits_left = plan->visits > 0 ? plan->visits : -1;
    if (json_object_get(exchange->body, "ends") == NULL) row->ends = end_of(plan, row->starts);
    holding->wrong_field = "starts";
    if (row->ends.number > DAY_LAST.number) return ERR_RANGE;
    holding->wrong_field = "ends";
    if (day_is(row->ends) && row->ends.number < row->starts.number) return ERR_RANGE;
    TRY(membership_add(sql, holding->id, row, &row->id));
    *ret_id = row->id;
    return api_audit(sql, exchange, "add_membership", "member", holding->id.n);
}

/* NULL: the member has none of that id. */
static const struct membership_row *membership_of(const struct member_row *member, int64_t id)
{
    for (size_t i = 0; i < member->membership_count; i++) {
        if (member->memberships[i].id == id) return &member->memberships[i];
    }
    return NULL;
}

static int show(struct sql *sql, struct exchange *exchange, int64_t id)
{
    struct holding *holding = exchange->state;
    TRY(member_read(sql, holding->id, &exchange->arena, &holding->member));
    const struct membership_row *found = membership_of(&holding->member, id);
    if (found == NULL) return ERR_NOT_FOUND;
    holding->row = *found;
    return 0;
}

ON_LOOP static void answer(struct exchange *exchange, int status)
{
    const struct holding *holding = exchange->state;
    if (exchange->result == ERR_RANGE) {
        api_refuse(exchange, CODE_BAD_MESSAGE, holding->wrong_field, "This field has a value that cannot be");
        return;
    }
    if (exchange->result == ERR_NOT_FOUND) {
        exchange_fail(exchange, holding->member.id.n == 0 ? CODE_MEMBER_NOT_FOUND : CODE_NOT_FOUND,
                      (struct str){0});
        return;
    }
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    OWNED(buf) struct buf body = buf_of(8192);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    membership_put(&json, &holding->row, api_today(exchange));
    jw_object_end(&json);
    api_respond_built(exchange, status, &json, &body);
}

ON_LOOP static void created(struct exchange *exchange) { answer(exchange, 201); }
ON_LOOP static void updated(struct exchange *exchange) { answer(exchange, 200); }

ON_LOOP void membership_post(struct exchange *exchange)
{
    struct holding *holding = api_state(exchange, struct holding);
    if (holding == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &holding->id.n)) return;
    const json_t *body = api_body(exchange);
    if (body == NULL) return;
    holding->row = (struct membership_row){.ends = DAY_NONE,
                                           .frozen_from = DAY_NONE,
                                           .frozen_until = DAY_NONE,
                                           .cancelled_on = DAY_NONE,
                                           .visits_left = -1};
    const char *wrong = NULL;
    if (json_in_id(json_object_get(body, "plan_id"), &holding->row.plan_id) < 0) wrong = "plan_id";
    else if (json_in_day(json_object_get(body, "starts"), &holding->row.starts) < 0) wrong = "starts";
    else if (!take_day(body, "ends", &holding->row.ends)) wrong = "ends";
    if (wrong != NULL) {
        api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This field is missing or has a value that cannot be");
    } else {
        static const struct api_making MEMBERSHIP = {make, show, created, false};
        api_make(exchange, "create_membership", holding->id.n, &MEMBERSHIP);
    }
}

static int update(struct sql *sql, struct exchange *exchange, int64_t *ret_id)
{
    struct holding *holding = exchange->state;
    *ret_id = holding->membership;
    const json_t *body = exchange->body;
    TRY(member_read(sql, holding->id, &exchange->arena, &holding->member));
    const struct membership_row *found = membership_of(&holding->member, holding->membership);
    if (found == NULL) return ERR_NOT_FOUND;
    holding->row = *found;
    struct membership_row *row = &holding->row;
    if (!take_day(body, "ends", &row->ends)) holding->wrong_field = "ends";
    else if (!take_day(body, "frozen_from", &row->frozen_from)) holding->wrong_field = "frozen_from";
    else if (!take_day(body, "frozen_to", &row->frozen_until)) holding->wrong_field = "frozen_to";
    else if (!take_day(body, "cancelled_on", &row->cancelled_on)) holding->wrong_field = "cancelled_on";
    else if (day_is(row->ends) && row->ends.number < row->starts.number) holding->wrong_field = "ends";
    else if (day_is(row->frozen_until) &&
             (!day_is(row->frozen_from) || row->frozen_until.number < row->frozen_from.number)) {
        holding->wrong_field = "frozen_to";
    }
    if (holding->wrong_field != NULL) return ERR_RANGE;
    /* What somebody froze or cancelled by hand is told by days from now on. */
    if (json_object_get(body, "frozen_from") != NULL && row->state == MEMBERSHIP_FROZEN) {
        row->state = MEMBERSHIP_ACTIVE;
    }
    if (json_object_get(body, "cancelled_on") != NULL) {
        bool by_now = day_is(row->cancelled_on) && row->cancelled_on.number <= holding->today.number;
        row->state = by_now ? MEMBERSHIP_CANCELLED : MEMBERSHIP_ACTIVE;
        if (day_is(row->cancelled_on) && !by_now) {
            row->ends.number = row->cancelled_on.number - 1; /* good until the day before */
        }
    }
    TRY(membership_update(sql, holding->id, row));
    return api_audit(sql, exchange, "edit_membership", "member", holding->id.n);
}

ON_LOOP void membership_patch(struct exchange *exchange)
{
    struct holding *holding = api_state(exchange, struct holding);
    if (holding == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &holding->id.n)) return;
    if (!api_path_id(exchange, "membership_id", CODE_NOT_FOUND, &holding->membership)) return;
    holding->today = api_today(exchange);
    static const struct api_making EDIT = {update, show, updated, false};
    if (api_body(exchange) != NULL) api_make(exchange, "edit_membership", holding->membership, &EDIT);
}

/* --- Plans --- */

static int read_plans(struct sql *sql, struct exchange *exchange)
{
    struct holding *holding = exchange->state;
    return plan_list(sql, &exchange->arena, &holding->plans, &holding->plan_count);
}

static void put_count(struct json *json, const char *key, int32_t count)
{
    if (count == 0) jw_null(json, key);
    else jw_i64(json, key, count);
}

ON_LOOP static void plans_read(struct exchange *exchange)
{
    const struct holding *holding = exchange->state;
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_array(&json, "items");
    for (size_t i = 0; i < holding->plan_count; i++) {
        const struct plan_row *plan = &holding->plans[i];
        jw_object(&json, NULL);
        jw_i64(&json, "id", plan->id);
        jw_str(&json, "name", plan->name);
        put_count(&json, "months", plan->months);
        put_count(&json, "days", plan->days);
        put_count(&json, "visits", plan->visits);
        jw_null(&json, "locations");
        jw_object_end(&json);
    }
    jw_array_end(&json);
    jw_null(&json, "next");
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void plans_list(struct exchange *exchange)
{
    if (api_state(exchange, struct holding) != NULL) exchange_read(exchange, read_plans, plans_read);
}
