/* api/api.h: the table of routes and what all handlers share. A handler reads what was asked, lets the store or the writer do it,
 * and writes the answer: thin.
 *
 * Owns    struct api: the web app's files, the limits on tries.
 * Thread  handlers on their loop; what runs in exchange_read and exchange_write where those say.
 * Bounds  each route's body_bytes_max; lists at most API_LIMIT_MAX items.
 * Errors  problem documents (RFC 9457) by exchange_fail and api_refuse.
 * Tests   tests/integration/ */
#pragma once
#include "http/assets.h"
#include "live/server.h"
#include "protocol/codes.h"
#include "protocol/json_in.h"
#include "protocol/out.h"
#include "store/requests.h"

#define API_LIMIT_DEFAULT 50
#define API_LIMIT_MAX 200
#define API_JSON_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* What the server hands through to handlers (server_api). */
struct api {
    const struct config *config;
    struct jwt_keys *keys;
    struct rate *tries_by_address, *tries_by_email; /* of signing in */
    const struct assets *assets;                    /* NULL: no web app */
    const char *data_dir;                           /* photos lie in it */
};

extern const struct http_router API_ROUTER;
/* GET of everything that no route has: the web app. */
ON_LOOP void app_serve(struct exchange *exchange);

/* --- Handlers, by file --- */
void auth_login(struct exchange *exchange); /* auth.c */
void auth_refresh(struct exchange *exchange);
void auth_logout(struct exchange *exchange);
void auth_ticket(struct exchange *exchange);
void me_get(struct exchange *exchange);
ON_LOOP void check_in_post(struct exchange *exchange); /* check_ins.c */
ON_LOOP void check_out_post(struct exchange *exchange);
ON_LOOP void members_list(struct exchange *exchange); /* members.c */
ON_LOOP void member_get(struct exchange *exchange);
ON_LOOP void member_post(struct exchange *exchange);
ON_LOOP void member_patch(struct exchange *exchange);
ON_LOOP void members_import_post(struct exchange *exchange); /* members_import.c */
ON_LOOP void photo_get(struct exchange *exchange);           /* photo.c */
ON_LOOP void photo_put(struct exchange *exchange);
ON_LOOP void photo_delete(struct exchange *exchange);
ON_LOOP void memberships_list(struct exchange *exchange); /* memberships.c */
ON_LOOP void membership_post(struct exchange *exchange);
ON_LOOP void membership_patch(struct exchange *exchange);
ON_LOOP void plans_list(struct exchange *exchange);
ON_LOOP void visits_list(struct exchange *exchange); /* visits.c */
ON_LOOP void visit_get(struct exchange *exchange);
ON_LOOP void visit_patch(struct exchange *exchange);
ON_LOOP void visit_delete(struct exchange *exchange);
ON_LOOP void member_visits_list(struct exchange *exchange);
ON_LOOP void locations_list(struct exchange *exchange); /* locations.c */
ON_LOOP void location_get(struct exchange *exchange);
ON_LOOP void location_create_post(struct exchange *exchange); /* location_edit.c */
ON_LOOP void location_patch(struct exchange *exchange);
ON_LOOP void location_snapshot(struct exchange *exchange); /* snapshot.c */
ON_LOOP void location_present(struct exchange *exchange);
ON_LOOP void location_events(struct exchange *exchange);
ON_LOOP void stats_get(struct exchange *exchange);
ON_LOOP void healthz_get(struct exchange *exchange); /* service.c */
ON_LOOP void readyz_get(struct exchange *exchange);
ON_LOOP void metrics_get(struct exchange *exchange);

/* --- What they share --- */

/* The body as a JSON object, exchange->body: it lives until the exchange ends. NULL: answered already. */
ON_LOOP json_t *api_body(struct exchange *exchange);
/* Whether a Content-Type names this media type, whatever its parameters and letter case (RFC 9110 section 8.3.1). */
bool api_is_type(struct str type, struct str wanted);
/* 415. */
ON_LOOP void api_wrong_type(struct exchange *exchange, const char *detail);
/* A problem with the field that is wrong. */
ON_LOOP void api_refuse(struct exchange *exchange, enum code code, const char *field, const char *detail);
/* ?limit=. False: answered already. */
ON_LOOP bool api_limit(struct exchange *exchange, size_t *ret_limit);
/* A whole number of a query, or `otherwise` where it is not there. False: answered already. */
ON_LOOP bool api_query_i64(struct exchange *exchange, const char *name, int64_t min, int64_t max,
                           int64_t otherwise, int64_t *ret_value);
/* {id} of the path. False: answered with 404 already. */
ON_LOOP bool api_path_id(struct exchange *exchange, const char *name, enum code missing, int64_t *ret_id);
/* {slug} of the path, allowed to this token. NULL: answered already. */
ON_LOOP const struct location *api_path_location(struct exchange *exchange);
/* The answer of a command: its reply's payload, or a problem. */
ON_LOOP void api_answer_command(struct exchange *exchange, const struct ask *ask);
/* Another one, by name or id, allowed to this token. NULL: answered already. */
const struct location *api_location_named(struct exchange *exchange, struct str name);
/* Zeroed state of this type in the exchange's arena, as exchange->state. NULL: answered already. */
#define api_state(exchange, type) ((type *)api_state_of(exchange, sizeof(type)))
void *api_state_of(struct exchange *exchange, size_t bytes);
/* The version that If-Match names; 0: any (`*`). False: answered with 428 or 412 already. */
bool api_if_match(struct exchange *exchange, int64_t *ret_version);
/* 412 (stale) or 428 (If-Match is missing). */
void api_precondition(struct exchange *exchange, bool stale);
/* Answers what was built, or the failure of building it. */
void api_respond_built(struct exchange *exchange, int status, const struct json *json,
                       const struct buf *body);
/* A number as text: cursors are opaque. */
void api_json_number_text(struct json *json, const char *key, int64_t number);
/* Who changed what, by the names of the body's fields: in the transaction of the change. kind and id: «member» and 42. */
MUST_USE int api_audit(struct sql *sql, const struct exchange *exchange, const char *action, const char *kind,
                       int64_t id);
/* What went wrong on the way to the store. */
ON_LOOP void api_fail_result(struct exchange *exchange);
/* `"7"`, for ETag and If-Match. */
#define API_ETAG_BYTES 24
struct str api_etag(int64_t version, char ret_text[API_ETAG_BYTES]);
/* Making or changing something, once for its Idempotency-Key: in one transaction on the writer make it, then read it for the answer;
 * then, on the loop, with exchange->result. A repeat with the same content is not made again; with another it is answered id_reused. */
struct api_making {
    int (*make)(struct sql *sql, struct exchange *exchange, int64_t *ret_id);
    int (*show)(struct sql *sql, struct exchange *exchange, int64_t id);
    void (*then)(struct exchange *exchange);
    bool changes_locations;
};
/* of: the id of what it is done to, or 0. */
ON_LOOP void api_make(struct exchange *exchange, const char *type, int64_t of, const struct api_making *how);
/* Its parts, for what keeps more than an id. The key and the fingerprint of type and body, as a batch keeps its own; without a key
 * all do nothing. False: answered already. */
ON_LOOP bool api_take_key(struct exchange *exchange, const char *type, struct request *request);
MUST_USE int api_find_kept(struct sql *sql, struct exchange *exchange, const struct request *request,
                           bool *ret_reused, struct str *ret_kept);
MUST_USE int api_keep(struct sql *sql, const struct request *request, struct str made);
/* Idempotency-Key into the command, with the fingerprint of type and body. False: answered already. */
ON_LOOP bool api_request_id(struct exchange *exchange, const char *type, const json_t *body,
                            struct command *command);
