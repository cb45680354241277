/* POST /check-ins and /check-outs: the socket's payloads, rules and replies over HTTP. */
#include "api/api.h"

/* CODE_OK, or why not. */
static enum code complete(const struct exchange *exchange, struct command *command,
                          const struct location_ref *ref)
{
    if (command->override_reason.len > 0 && !principal_may(exchange->who, MAY_OVERRIDE)) {
        return CODE_FORBIDDEN;
    }
    if (command->kind == COMMAND_CHECK_OUT && !location_ref_is(ref)) return CODE_OK;
    const struct location *location = NULL;
    enum code code = location_for(exchange_directory(exchange), exchange->who, ref, &location);
    if (code == CODE_OK) command->location = location->id;
    return code;
}

ON_LOOP static void post(struct exchange *exchange, enum command_kind kind)
{
    const json_t *body = api_body(exchange);
    if (body == NULL) return;
    struct command command = {0};
    struct location_ref ref;
    const char *sentence = NULL;
    enum code code = command_parse(kind, body, &command, &ref, &sentence);
    if (code == CODE_OK) code = complete(exchange, &command, &ref);
    if (code != CODE_OK) {
        api_refuse(exchange, code, NULL, sentence);
        return;
    }
    if (!api_request_id(exchange, kind == COMMAND_CHECK_IN ? "check_in" : "check_out", body, &command)) {
        return;
    }
    exchange_command(exchange, &command, api_answer_command);
}

void check_in_post(struct exchange *exchange) { post(exchange, COMMAND_CHECK_IN); }
void check_out_post(struct exchange *exchange) { post(exchange, COMMAND_CHECK_OUT); }
