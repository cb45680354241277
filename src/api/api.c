#include "api/api.h"

#include "base/clock.h"
#include "store/audit.h"

#include <stdio.h>

void api_refuse(struct exchange *exchange, enum code code, const char *field, const char *detail)
{
    struct http_response response = http_response_of(code_http_status(code));
    struct str words = str_c(detail != NULL ? detail : code_sentence(code));
    struct json json = http_problem_begin(&response, code_http_status(code), code_name(code), words);
    if (field != NULL) jw_str(&json, "field", str_c(field));
    http_problem_end(&response, &json);
    exchange_respond(exchange, &response);
}

void api_fail_result(struct exchange *exchange)
{
    check(exchange->result < 0);
    exchange_fail(exchange, code_of_err(exchange->result), (struct str){0});
}

ON_LOOP void api_wrong_type(struct exchange *exchange, const char *detail)
{
    struct http_response response = http_response_of(415);
    http_put_problem(&response, 415, "unsupported_media_type", str_c(detail));
    exchange_respond(exchange, &response);
}

bool api_is_type(struct str type, struct str wanted)
{
    const char *end = memchr(type.at, ';', type.len);
    if (end != NULL) type.len = (size_t)(end - type.at);
    return str_eq_nocase_ascii(str_trim(type), wanted);
}

json_t *api_body(struct exchange *exchange)
{
    struct str type = http_header(exchange->request, "Content-Type");
    if (type.at != NULL && !api_is_type(type, STR("application/json"))) {
        api_wrong_type(exchange, "The body must be application/json");
        return NULL;
    }
    int rc = json_in(exchange->request->body, &exchange->body);
    if (rc >= 0 && json_is_object(exchange->body)) return exchange->body;
    if (rc == ERR_NOMEM) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    } else if (rc >= 0) {
        api_refuse(exchange, CODE_BAD_MESSAGE, NULL, "The body must be a JSON object");
    } else {
        api_refuse(exchange, CODE_BAD_JSON, NULL, "The body must be a JSON object");
    }
    return NULL;
}

bool api_query_i64(struct exchange *exchange, const char *name, int64_t min, int64_t max, int64_t otherwise,
                   int64_t *ret_value)
{
    struct str text;
    int rc = http_query(exchange->request, name, &text);
    *ret_value = otherwise;
    if (rc == 0) return true;
    bool one_way = rc == 1 && (text.len == 1 || text.at[0] != '0'); /* contract section 1: no "0042" */
    if (one_way && num_i64(text, min, max, ret_value) == 0) return true;
    api_refuse(exchange, CODE_BAD_MESSAGE, name, "This must be one whole number within its bounds");
    return false;
}

bool api_limit(struct exchange *exchange, size_t *ret_limit)
{
    int64_t limit;
    if (!api_query_i64(exchange, "limit", 1, API_LIMIT_MAX, API_LIMIT_DEFAULT, &limit)) return false;
    *ret_limit = (size_t)limit;
    return true;
}

bool api_path_id(struct exchange *exchange, const char *name, enum code missing, int64_t *ret_id)
{
    if (num_id(http_param(&exchange->match, name), ret_id) == 0) return true;
    exchange_fail(exchange, missing, (struct str){0});
    return false;
}

const struct location *api_path_location(struct exchange *exchange)
{
    return api_location_named(exchange, http_param(&exchange->match, "slug"));
}

ON_LOOP const struct location *api_location_named(struct exchange *exchange, struct str name)
{
    struct location_ref ref = {0};
    const struct location *location = NULL;
    if (num_id(name, &ref.id.n) < 0) ref.slug = name;
    enum code code = location_for(exchange_directory(exchange), exchange->who, &ref, &location);
    if (code == CODE_OK) return location;
    exchange_fail(exchange, code, (struct str){0});
    return NULL;
}

ON_LOOP void *api_state_of(struct exchange *exchange, size_t bytes)
{
    exchange->state = arena_take(&exchange->arena, 1, bytes);
    if (exchange->state == NULL) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    return exchange->state;
}

ON_LOOP void api_precondition(struct exchange *exchange, bool stale)
{
    struct http_response response = http_response_of(stale ? 412 : 428);
    if (stale) {
        http_put_problem(&response, 412, "precondition_failed",
                         STR("Somebody changed it meanwhile; read it again"));
    } else {
        http_put_problem(&response, 428, "precondition_required",
                         STR("Send If-Match with the ETag of the last read"));
    }
    exchange_respond(exchange, &response);
}

ON_LOOP bool api_if_match(struct exchange *exchange, int64_t *ret_version)
{
    struct str etag = http_header(exchange->request, "If-Match");
    *ret_version = 0;
    if (str_eq_c(etag, "*")) return true;
    bool quoted = etag.len > 2 && etag.at[0] == '"' && etag.at[etag.len - 1] == '"';
    if (quoted && num_i64((struct str){etag.at + 1, etag.len - 2}, 1, INT64_MAX, ret_version) == 0) {
        return true;
    }
    api_precondition(exchange, etag.at != NULL);
    return false;
}

ON_LOOP void api_respond_built(struct exchange *exchange, int status, const struct json *json,
                               const struct buf *body)
{
    if (jw_end_all(json) < 0) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    else exchange_respond_json(exchange, status, body);
}

void api_json_number_text(struct json *json, const char *key, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    jw_str(json, key, (struct str){text, (size_t)len});
}

struct str api_etag(int64_t version, char ret_text[API_ETAG_BYTES])
{
    int len = snprintf(ret_text, API_ETAG_BYTES, "\"%lld\"", (long long)version);
    return (struct str){ret_text, (size_t)len};
}

bool api_request_id(struct exchange *exchange, const char *type, const json_t *body, struct command *command)
{
    struct str key = http_header(exchange->request, "Idempotency-Key");
    if (key.at == NULL) return true;
    bool printable = key.len >= 1 && key.len <= REQUEST_ID_BYTES_MAX &&
                     http_header_count(exchange->request, "Idempotency-Key") == 1;
    for (size_t i = 0; i < key.len && printable; i++) printable = key.at[i] >= ' ' && key.at[i] <= '~';
    if (!printable) {
        api_refuse(exchange, CODE_BAD_MESSAGE, "Idempotency-Key",
                   "It must be one key of 1 to 64 printable characters");
        return false;
    }
    command->request_id = key;
    if (json_in_fingerprint(str_c(type), body, command->fingerprint) == 0) return true;
    exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    return false;
}

int api_audit(struct sql *sql, const struct exchange *exchange, const char *action, const char *kind,
              int64_t id)
{
    OWNED(buf) struct buf details = buf_of(API_JSON_BYTES_MAX);
    struct json json = jw_to(&details);
    jw_object(&json, NULL);
    jw_array(&json, "fields");
    const char *field;
    json_t *value;
    json_object_foreach (exchange->body, field, value) {
        jw_str(&json, NULL, str_c(field)); /* the names alone: values may be private */
    }
    jw_array_end(&json);
    jw_object_end(&json);
    TRY(jw_end_all(&json));
    return audit_note(sql, clock_wall(), exchange->who->sub, action, kind, id, buf_str(&details));
}

/* An error's reply as a problem document: the same members beside those of RFC 9457. */
static int problem_of(const struct reply *reply, struct http_response *response)
{
    OWNED(buf) struct buf text = buf_of(REPLY_JSON_BYTES_MAX);
    TRY(reply_payload(reply, false, &text));
    OWNED(json_tree) json_t *payload = NULL;
    TRY(json_in(buf_span(&text), &payload));
    struct json json = http_problem_begin(response, code_http_status(reply->code), code_name(reply->code),
                                          str_c(code_sentence(reply->code)));
    const json_t *member = json_object_get(payload, "member");
    if (member != NULL) {
        OWNED(mem) char *dumped = json_dumps(member, JSON_COMPACT);
        if (dumped == NULL) return ERR_NOMEM;
        jw_raw(&json, "member", str_c(dumped));
    }
    const json_t *can_override = json_object_get(payload, "can_override");
    if (can_override != NULL) jw_bool(&json, "can_override", json_is_true(can_override));
    http_problem_end(response, &json);
    return 0;
}

void api_answer_command(struct exchange *exchange, const struct ask *ask)
{
    struct reply reply;
    if (ask->reply.len == 0 || reply_read(buf_str(&ask->reply), &reply) < 0) {
        exchange_fail(exchange, ask->reply.len == 0 ? ask->code : CODE_INTERNAL, (struct str){0});
        return;
    }
    struct http_response response = http_response_of(200);
    if (reply.code != CODE_OK) {
        int rc = problem_of(&reply, &response);
        if (rc < 0) response.failed = rc;
    } else {
        http_put_content_type(&response, "application/json");
        int rc = reply_payload(&reply, ask->replayed, &response.body);
        if (rc < 0) response.failed = rc;
    }
    exchange_respond(exchange, &response);
}
