#include "protocol/reply_json.h"

#include "protocol/codes.h"

static const char *request_name(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_CHECK_IN: return "check_in";
    case COMMAND_CHECK_OUT: return "check_out";
    case COMMAND_UNDO: return "undo";
    case COMMAND_EDIT: return "edit";
    }
    never("a command has one of these kinds");
}

static void put_check_in(struct json *json, const struct decision *decision, enum audience audience)
{
    jw_bool(json, "success", true);
    jw_i64(json, "visit_id", decision->visit.id.n);
    json_member(json, "member", decision->member, decision->member_status, audience);
    jw_str(json, "location", decision->location->slug);
    json_moment(json, "checked_in_at", decision->visit.checked_in_at);
    jw_i64(json, "seq", decision->seq.n);
    jw_i64(json, "currently_in", decision->currently_in);
    jw_bool(json, "repeated", decision->repeated);
    json_codes(json, "warnings", &decision->warnings);
    json_codes(json, "greetings", &decision->greetings);
}

static void put_check_out(struct json *json, const struct decision *decision, enum audience audience)
{
    jw_bool(json, "success", true);
    jw_i64(json, "visit_id", decision->visit.id.n);
    json_member(json, "member", decision->member, decision->member_status, audience);
    jw_str(json, "location", decision->location->slug);
    json_moment(json, "checked_in_at", decision->visit.checked_in_at);
    json_moment(json, "checked_out_at", decision->visit.checked_out_at);
    jw_i64(json, "duration_seconds", decision->duration_seconds);
    jw_i64(json, "seq", decision->seq.n);
    jw_i64(json, "currently_in", decision->currently_in);
    if (decision->warnings.count > 0) json_codes(json, "warnings", &decision->warnings);
}

static void put_error(struct json *json, const struct command *command, const struct decision *decision,
                      enum audience audience)
{
    jw_bool(json, "success", false);
    jw_str(json, "error", str_c(code_sentence(decision->code)));
    jw_str(json, "code", str_c(code_name(decision->code)));
    jw_str(json, "request", str_c(request_name(command->kind)));
    if (decision->member != NULL) {
        json_member(json, "member", decision->member, decision->member_status, audience);
    }
    bool rule = decision->member != NULL && command->kind == COMMAND_CHECK_IN;
    if (rule) jw_bool(json, "can_override", decision->can_override);
    if (decision->seq.n != 0) jw_i64(json, "seq", decision->seq.n);
}

static const char *type_of(const struct command *command, const struct decision *decision)
{
    if (decision->code != CODE_OK) return "error";
    switch (command->kind) {
    case COMMAND_CHECK_IN: return "check_in_success";
    case COMMAND_CHECK_OUT: return "check_out_success";
    case COMMAND_UNDO:
    case COMMAND_EDIT: return "visit_corrected";
    }
    return "error";
}

int reply_make(const struct command *command, const struct decision *decision, enum audience audience,
               struct buf *out)
{
    check(!decision->replayed);
    TRY(buf_printf(out, "%s %d ", type_of(command, decision), (int)decision->code));
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    if (decision->code != CODE_OK) put_error(&json, command, decision, audience);
    else if (command->kind == COMMAND_CHECK_IN) put_check_in(&json, decision, audience);
    else put_check_out(&json, decision, audience);
    jw_object_end(&json);
    TRY(jw_end_all(&json));
    out->len--; /* the closing brace: reply_payload adds it behind «replayed» */
    return 0;
}

int reply_read(struct str kept, struct reply *ret_reply)
{
    const char *first = kept.len == 0 ? NULL : memchr(kept.at, ' ', kept.len);
    if (first == NULL) return ERR_CORRUPT;
    struct str rest = {first + 1, kept.len - (size_t)(first + 1 - kept.at)};
    const char *second = memchr(rest.at, ' ', rest.len);
    if (second == NULL) return ERR_CORRUPT;
    int64_t code;
    if (num_i64((struct str){rest.at, (size_t)(second - rest.at)}, 0, CODE_COUNT - 1, &code) < 0) {
        return ERR_CORRUPT;
    }
    struct str payload = {second + 1, rest.len - (size_t)(second + 1 - rest.at)};
    if (payload.len < 2 || payload.at[0] != '{') return ERR_CORRUPT;
    *ret_reply = (struct reply){.type = {kept.at, (size_t)(first - kept.at)},
                                .code = (enum code)code,
                                .payload = payload};
    return 0;
}

int reply_payload(const struct reply *reply, bool replayed, struct buf *out)
{
    TRY(buf_put_str(out, reply->payload));
    if (reply->code != CODE_OK) return buf_put_str(out, STR("}"));
    return buf_put_str(out, replayed ? STR(",\"replayed\":true}") : STR(",\"replayed\":false}"));
}

int reply_message(const struct reply *reply, struct str id, bool replayed, struct buf *out)
{
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_str(&json, "type", reply->type);
    if (id.len > 0) jw_str(&json, "id", id);
    jw_raw(&json, "payload", STR(""));
    TRY(json.failed);
    TRY(reply_payload(reply, replayed, out));
    jw_object_end(&json);
    return jw_end_all(&json);
}
