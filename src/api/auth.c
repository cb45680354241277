/* Signing in and out: passwords on a reader (argon2id takes its time), sessions and tickets on the writer. */
#include "api/api.h"

#include "auth/claims.h"
#include "auth/jwt.h"
#include "auth/password.h"
#include "auth/rate.h"
#include "auth/session.h"
#include "auth/ticket.h"
#include "base/clock.h"
#include "base/config.h"
#include "store/audit.h"
#include "store/sessions.h"
#include "store/users.h"

#include <stdio.h>

#define COOKIE "footfall_refresh"
#define COOKIE_PATH "/api/v1/auth"
#define EMAIL_BYTES_MAX 254

struct sign_in {
    struct str email;
    struct str password;
    struct user_row user;
    bool from_browser; /* answers by cookie */
    struct refresh_token presented;
    struct refresh_token next;
    int64_t session;
    enum session_verdict verdict;
    bool stolen;
    char ticket[TICKET_TEXT_BYTES];
};

static const struct api *api_of(const struct exchange *exchange) { return server_api(exchange->server); }

/* --- What they share --- */

/* True: a browser's, whose origin is allowed. A foreign one is answered here: *ret_refused. */
ON_LOOP static bool is_browser(struct exchange *exchange, bool *ret_refused)
{
    bool browser = http_header(exchange->request, "Origin").at != NULL;
    *ret_refused = browser && !exchange_allows_origin(exchange);
    if (*ret_refused) exchange_fail(exchange, CODE_FORBIDDEN, STR("This page's origin may not sign in here"));
    return browser;
}

ON_LOOP static void rate_limited(struct exchange *exchange, int64_t retry_after_ms)
{
    struct http_response response = http_response_of(429);
    http_put_retry_after(&response, retry_after_ms);
    struct json json =
        http_problem_begin(&response, 429, "rate_limited", STR("Too many tries; wait a moment"));
    jw_i64(&json, "retry_after_ms", retry_after_ms);
    http_problem_end(&response, &json);
    exchange_respond(exchange, &response);
}

/* One try of this address and this email. False: answered with 429. */
ON_LOOP static bool may_try(struct exchange *exchange, struct str email)
{
    const struct api *api = api_of(exchange);
    uint8_t address[RATE_ADDRESS_BYTES];
    int64_t wait_ms;
    struct mono_ms now = clock_mono();
    bool may = rate_take(api->tries_by_address, rate_address(str_c(exchange->peer_address), address), now,
                         &wait_ms) &&
               rate_take(api->tries_by_email, str_span(email), now, &wait_ms);
    if (!may) rate_limited(exchange, wait_ms);
    return may;
}

static void forget_tries(struct exchange *exchange, struct str email)
{
    const struct api *api = api_of(exchange);
    uint8_t address[RATE_ADDRESS_BYTES];
    rate_give_back(api->tries_by_address, rate_address(str_c(exchange->peer_address), address), clock_mono());
    rate_give_back(api->tries_by_email, str_span(email), clock_mono());
}

static void put_cookie(struct exchange *exchange, struct http_response *response, struct str value,
                       int64_t max_age_s)
{
    struct http_cookie cookie = {.name = COOKIE,
                                 .value = value,
                                 .path = COOKIE_PATH,
                                 .max_age_s = max_age_s,
                                 .is_secure = exchange->is_https};
    http_put_cookie(response, &cookie);
}

ON_LOOP static void refuse(struct exchange *exchange, const char *detail)
{
    struct http_response response = http_response_of(401);
    http_put_www_authenticate(&response, NULL, NULL);
    put_cookie(exchange, &response, STR(""), 0);
    http_put_problem(&response, 401, "unauthenticated", str_c(detail));
    exchange_respond(exchange, &response);
}

/* The slugs of a user's list, as views. */
static size_t split(struct str list, struct str *slugs, size_t count_max)
{
    size_t count = 0;
    struct str word;
    while (count < count_max && config_list_next(&list, &word)) slugs[count++] = word;
    return count;
}

static int mint(struct exchange *exchange, const struct user_row *user, int64_t session, struct buf *out)
{
    const struct api *api = api_of(exchange);
    char sid[24], sub[24];
    snprintf(sid, sizeof sid, "%lld", (long long)session);
    snprintf(sub, sizeof sub, "%lld", (long long)user->id);
    struct str *slugs = arena_array(&exchange->arena, struct str, PRINCIPAL_LOCATIONS_MAX);
    if (slugs == NULL) return ERR_NOMEM;
    struct jwt_claims claims = {
        .kind = JWT_ACCESS,
        .sub = str_c(sub),
        .name = user->name,
        .all_locations = str_eq_c(user->locations, "*"),
        .locations = slugs,
        .session = str_c(sid),
        .issued_at = clock_wall(),
    };
    if (!claims.all_locations) claims.location_count = split(user->locations, slugs, PRINCIPAL_LOCATIONS_MAX);
    claims.expires_at.ms = claims.issued_at.ms + api->config->auth.access_ttl_ms;
    TRY(role_of(user->role, &claims.role));
    return jwt_mint(api->keys, &claims, out);
}

static void put_locations(struct json *json, const struct directory *directory, const struct principal *who,
                          struct str list)
{
    struct str slugs[PRINCIPAL_LOCATIONS_MAX];
    bool all = who != NULL ? who->all_locations : str_eq_c(list, "*");
    size_t count = who != NULL || all ? 0 : split(list, slugs, PRINCIPAL_LOCATIONS_MAX);
    jw_array(json, "locations");
    for (size_t i = 0; i < directory_count(directory); i++) {
        struct str slug = directory_at(directory, i)->slug;
        bool allowed = all || (who != NULL && principal_at(who, slug));
        for (size_t j = 0; j < count && !allowed; j++) allowed = str_eq(slugs[j], slug);
        if (allowed) jw_str(json, NULL, slug);
    }
    jw_array_end(json);
}

static void put_user(struct exchange *exchange, struct json *json, const char *key,
                     const struct user_row *user)
{
    jw_object(json, key);
    jw_i64(json, "id", user->id);
    jw_str(json, "name", user->name);
    jw_str(json, "email", user->email);
    jw_str(json, "role", user->role);
    put_locations(json, exchange_directory(exchange), NULL, user->locations);
    jw_object_end(json);
}

/* docs/api/openapi.yaml, Session. */
ON_LOOP static void answer_session(struct exchange *exchange, const struct sign_in *sign_in)
{
    const struct api *api = api_of(exchange);
    OWNED(buf) struct buf access = buf_of(JWT_BYTES_MAX);
    char refresh[REFRESH_TEXT_BYTES];
    refresh_text(&sign_in->next, refresh);
    struct http_response response = http_response_of(200);
    response.never_compress = true;
    int rc = mint(exchange, &sign_in->user, sign_in->session, &access);
    if (sign_in->from_browser) {
        put_cookie(exchange, &response, str_c(refresh), api->config->auth.refresh_ttl_ms / 1000);
    }
    http_put_content_type(&response, "application/json");
    struct json json = jw_to(&response.body);
    jw_object(&json, NULL);
    jw_str(&json, "access", buf_str(&access));
    jw_str_or_null(&json, "refresh", sign_in->from_browser ? (struct str){0} : str_c(refresh));
    jw_i64(&json, "expires_in", api->config->auth.access_ttl_ms / 1000);
    put_user(exchange, &json, "user", &sign_in->user);
    jw_object_end(&json);
    if (rc == 0) rc = jw_end_all(&json);
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

/* --- Login --- */

static int check_password(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    int rc = user_by_email(sql, sign_in->email, &exchange->arena, &sign_in->user);
    bool known = rc == 0 && !wall_is(sign_in->user.disabled_at) && sign_in->user.password_hash.at != NULL;
    if (rc < 0 && rc != ERR_NOT_FOUND) return rc;
    /* The same work for an unknown email: the time does not tell who has an account. */
    rc = password_verify(known ? sign_in->user.password_hash : (struct str){0}, sign_in->password);
    return rc < 0 ? rc : rc == 1 ? 0 : ERR_UNAUTHENTICATED;
}

static struct session_row row_of(const struct session_state *state, int64_t user)
{
    struct session_row row = {.id = state->id,
                              .user = user,
                              .has_previous = state->has_previous,
                              .rotated_at = state->rotated_at,
                              .expires_at = state->expires_at,
                              .revoked_at = state->revoked_at};
    memcpy(row.current, state->current, SHA256_BYTES);
    memcpy(row.previous, state->previous, SHA256_BYTES);
    return row;
}

static struct session_state state_of(const struct session_row *row)
{
    struct session_state state = {.id = row->id,
                                  .has_previous = row->has_previous,
                                  .rotated_at = row->rotated_at,
                                  .expires_at = row->expires_at,
                                  .revoked_at = row->revoked_at};
    memcpy(state.current, row->current, SHA256_BYTES);
    memcpy(state.previous, row->previous, SHA256_BYTES);
    return state;
}

static void refresh_key(const struct api *api, uint8_t ret_key[REFRESH_KEY_BYTES])
{
    static_assert(REFRESH_KEY_BYTES == JWT_DERIVED_BYTES, "a derived key is a refresh key");
    jwt_keys_derive(api->keys, REFRESH_KEY_PURPOSE, ret_key);
}

static int open_session(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    const struct api *api = api_of(exchange);
    struct wall_ms now = clock_wall();
    int64_t ttl_ms = api->config->auth.refresh_ttl_ms;
    uint8_t key[REFRESH_KEY_BYTES];
    refresh_key(api, key);
    struct session_state state;
    struct str agent = http_header(exchange->request, "User-Agent");
    if (agent.len > 200) agent.len = 200;
    if (agent.at == NULL) agent = STR("unknown");
    TRY(session_prune(sql, now));
    TRY(session_open(sql, sign_in->user.id, agent, now, (struct wall_ms){now.ms + ttl_ms},
                     &sign_in->session));
    TRY(session_begin(key, sign_in->session, now, ttl_ms, &state, &sign_in->next));
    struct session_row row = row_of(&state, sign_in->user.id);
    return session_store(sql, &row, now);
}

ON_LOOP static void session_opened(struct exchange *exchange)
{
    if (exchange->result < 0) api_fail_result(exchange);
    else answer_session(exchange, exchange->state);
}

ON_LOOP static void password_checked(struct exchange *exchange)
{
    const struct sign_in *sign_in = exchange->state;
    if (exchange->result == ERR_UNAUTHENTICATED) {
        refuse(exchange, "The email or the password is wrong");
    } else if (exchange->result < 0) {
        api_fail_result(exchange);
    } else {
        forget_tries(exchange, sign_in->email);
        exchange_write(exchange, open_session, session_opened);
    }
}

ON_LOOP void auth_login(struct exchange *exchange)
{
    bool refused;
    bool browser = is_browser(exchange, &refused);
    if (refused) return;
    struct sign_in *sign_in = api_state(exchange, struct sign_in);
    const json_t *body = sign_in == NULL ? NULL : api_body(exchange);
    if (body == NULL) return;
    sign_in->from_browser = browser;
    bool good = json_in_text(json_object_get(body, "email"), EMAIL_BYTES_MAX, EMAIL_BYTES_MAX,
                             &sign_in->email) == 0 &&
                json_is_string(json_object_get(body, "password"));
    if (!good) {
        api_refuse(exchange, CODE_BAD_MESSAGE, NULL, "Give email and password");
        return;
    }
    sign_in->email = str_trim(sign_in->email);
    sign_in->password = json_in_str(json_object_get(body, "password"));
    if (may_try(exchange, sign_in->email)) exchange_read(exchange, check_password, password_checked);
}

/* --- Refresh and log-out --- */

/* The refresh token of the cookie, or of the body. 1, 0 where there is none, negative where answered already. */
ON_LOOP static int presented_token(struct exchange *exchange, struct sign_in *sign_in)
{
    struct str text;
    int rc = http_cookie(exchange->request, COOKIE, &text);
    if (rc == 1) {
        bool refused;
        sign_in->from_browser = true;
        is_browser(exchange, &refused);
        if (refused) return ERR_FORBIDDEN;
    } else {
        if (exchange->request->body.len == 0) return 0;
        const json_t *body = api_body(exchange);
        if (body == NULL) return ERR_SYNTAX;
        const json_t *given = json_object_get(body, "refresh");
        if (!json_is_string(given)) return 0;
        text = json_in_str(given);
    }
    return refresh_parse(text, &sign_in->presented) == 0 ? 1 : 0;
}

/* Two hold one refresh token: whoever looks for what happened finds it beside the user's changes. */
static int note_theft(struct sql *sql, int64_t user, struct wall_ms now)
{
    return audit_note(sql, now, STR(""), "refresh_stolen", "user", user, (struct str){0});
}

static int renew(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    const struct api *api = api_of(exchange);
    struct wall_ms now = clock_wall();
    struct session_row row;
    sign_in->verdict = SESSION_UNKNOWN;
    int rc = session_read(sql, sign_in->presented.session, &row);
    if (rc == ERR_NOT_FOUND) return 0;
    TRY(rc);
    TRY(user_read(sql, row.user, &exchange->arena, &sign_in->user));
    uint8_t key[REFRESH_KEY_BYTES];
    refresh_key(api, key);
    struct session_state before = state_of(&row), after = before;
    sign_in->session = row.id;
    sign_in->verdict = session_renew(key, &before, &sign_in->presented, now, api->config->auth.refresh_ttl_ms,
                                     &after, &sign_in->next);
    if (wall_is(sign_in->user.disabled_at) && sign_in->verdict != SESSION_UNKNOWN) {
        sign_in->verdict = SESSION_OVER;
    }
    if (sign_in->verdict != SESSION_RENEWED && sign_in->verdict != SESSION_STOLEN) return 0;
    struct session_row changed = row_of(&after, row.user);
    TRY(session_store(sql, &changed, now));
    return sign_in->verdict == SESSION_STOLEN ? note_theft(sql, row.user, now) : 0;
}

ON_LOOP static void revoke_live(struct exchange *exchange, int64_t session)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)session);
    exchange_session_revoked(exchange, (struct str){text, (size_t)len});
}

ON_LOOP static void renewed(struct exchange *exchange)
{
    const struct sign_in *sign_in = exchange->state;
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    switch (sign_in->verdict) {
    case SESSION_RENEWED:
    case SESSION_REPEATED: answer_session(exchange, sign_in); return;
    case SESSION_STOLEN:
        revoke_live(exchange, sign_in->session);
        refuse(exchange, "This sign-in was used twice and has been ended; sign in again");
        return;
    case SESSION_OVER:
    case SESSION_UNKNOWN: refuse(exchange, "The sign-in is over; sign in again"); return;
    }
}

ON_LOOP void auth_refresh(struct exchange *exchange)
{
    struct sign_in *sign_in = api_state(exchange, struct sign_in);
    if (sign_in == NULL) return;
    int rc = presented_token(exchange, sign_in);
    if (rc == 1) exchange_write(exchange, renew, renewed);
    else if (rc == 0) refuse(exchange, "There is no sign-in to renew; sign in");
}

static int end_session(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    struct session_row row;
    bool by_refresh = sign_in->session == 0;
    int rc = session_read(sql, by_refresh ? sign_in->presented.session : sign_in->session, &row);
    if (rc == ERR_NOT_FOUND) return 0;
    TRY(rc);
    struct session_state state = state_of(&row);
    if (by_refresh && !session_knows(&state, &sign_in->presented)) return 0;
    sign_in->session = row.id;
    return session_revoke(sql, row.id, clock_wall());
}

ON_LOOP static void answer_signed_out(struct exchange *exchange)
{
    struct http_response response = http_response_of(204);
    put_cookie(exchange, &response, STR(""), 0);
    exchange_respond(exchange, &response);
}

ON_LOOP static void session_ended(struct exchange *exchange)
{
    const struct sign_in *sign_in = exchange->state;
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    if (sign_in->session != 0) revoke_live(exchange, sign_in->session);
    answer_signed_out(exchange);
}

/* A minted token that stands for itself: from now on it is refused. */
static int end_token(struct sql *sql, struct exchange *exchange)
{
    const struct principal *who = exchange->who;
    return who->session.len == 0 ? 0 : token_revoke(sql, who->session, clock_wall(), who->expires_at);
}

ON_LOOP static void token_ended(struct exchange *exchange)
{
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    exchange_session_revoked(exchange, exchange->who->session);
    answer_signed_out(exchange);
}

ON_LOOP void auth_logout(struct exchange *exchange)
{
    struct sign_in *sign_in = api_state(exchange, struct sign_in);
    if (sign_in == NULL) return;
    bool own = exchange->who != NULL && exchange->who->is_own;
    if (own && num_id(exchange->who->session, &sign_in->session) < 0) {
        exchange_write(exchange, end_token, token_ended);
        return;
    }
    int rc = sign_in->session != 0 ? 1 : presented_token(exchange, sign_in);
    if (rc == 1) exchange_write(exchange, end_session, session_ended);
    else if (rc == 0) answer_signed_out(exchange);
}

/* --- Tickets, me --- */

static int store_ticket(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    const struct api *api = api_of(exchange);
    uint8_t hash[SHA256_BYTES];
    TRY(ticket_make(sign_in->ticket, hash));
    OWNED(buf) struct buf claims = buf_of((size_t)64 * 1024);
    TRY(claims_keep(exchange->who, &claims));
    int64_t session = 0;
    ignore(num_id(exchange->who->session, &session), "a token that stands for itself has no session row");
    struct wall_ms expires_at = {clock_wall().ms + api->config->auth.ticket_ttl_ms};
    return ticket_store(sql, hash, session, buf_str(&claims), expires_at);
}

ON_LOOP static void ticket_stored(struct exchange *exchange)
{
    const struct sign_in *sign_in = exchange->state;
    if (exchange->result < 0) {
        api_fail_result(exchange);
        return;
    }
    OWNED(buf) struct buf body = buf_of(512);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_str(&json, "ticket", str_c(sign_in->ticket));
    jw_i64(&json, "expires_in", api_of(exchange)->config->auth.ticket_ttl_ms / 1000);
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void auth_ticket(struct exchange *exchange)
{
    if (api_state(exchange, struct sign_in) != NULL) exchange_write(exchange, store_ticket, ticket_stored);
}

static int read_me(struct sql *sql, struct exchange *exchange)
{
    struct sign_in *sign_in = exchange->state;
    int64_t id;
    if (!exchange->who->is_own || num_id(exchange->who->sub, &id) < 0) return ERR_NOT_FOUND;
    return user_read(sql, id, &exchange->arena, &sign_in->user);
}

/* What the token says; beside it the email, where we know the user. */
ON_LOOP static void me_read(struct exchange *exchange)
{
    const struct sign_in *sign_in = exchange->state;
    const struct principal *who = exchange->who;
    if (exchange->result < 0 && exchange->result != ERR_NOT_FOUND) {
        api_fail_result(exchange);
        return;
    }
    bool known = exchange->result == 0;
    OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&body);
    int64_t id;
    jw_object(&json, NULL);
    if (num_id(who->sub, &id) == 0) jw_i64(&json, "id", id);
    else jw_str(&json, "id", who->sub);
    jw_str(&json, "name", known ? sign_in->user.name : who->name);
    jw_str_or_null(&json, "email", known ? sign_in->user.email : (struct str){0});
    jw_str(&json, "role", str_c(role_name(who->role)));
    put_locations(&json, exchange_directory(exchange), who, (struct str){0});
    jw_object_end(&json);
    api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP void me_get(struct exchange *exchange)
{
    if (api_state(exchange, struct sign_in) != NULL) exchange_read(exchange, read_me, me_read);
}
