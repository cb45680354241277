#include "protocol/message.h"

#include "protocol/codes.h"

#include <stdlib.h>

static const struct {
    const char *name;
    enum message_type type;
} TYPES[] = {
    {"check_in", MESSAGE_CHECK_IN},         {"check_out", MESSAGE_CHECK_OUT},
    {"heartbeat", MESSAGE_HEARTBEAT},       {"subscribe", MESSAGE_SUBSCRIBE},
    {"unsubscribe", MESSAGE_UNSUBSCRIBE},   {"get_stats", MESSAGE_GET_STATS},
    {"authenticate", MESSAGE_AUTHENTICATE},
};

static enum message_type type_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (str_eq_c(name, TYPES[i].name)) return TYPES[i].type;
    }
    return MESSAGE_NONE;
}

static enum code wrong(const char *sentence, const char **ret_sentence)
{
    *ret_sentence = sentence;
    return CODE_BAD_MESSAGE;
}

int location_ref_parse(const json_t *value, struct location_ref *ref)
{
    *ref = (struct location_ref){0};
    if (json_in_id(value, &ref->id.n) == 0) return 0;
    if (!json_is_string(value)) return ERR_SYNTAX;
    TRY(slug_check(json_in_str(value)));
    ref->slug = json_in_str(value);
    return 0;
}

/* required: false where a guest says it. */
static enum code parse_who(const json_t *payload, bool required, struct command *command,
                           const char **ret_sentence)
{
    const json_t *member_id = json_in_get(payload, "member_id");
    const json_t *code = json_in_get(payload, "code");
    if (member_id != NULL && code != NULL) return wrong("Give member_id or code, not both", ret_sentence);
    if (member_id != NULL) {
        if (json_in_id(member_id, &command->member.n) < 0) {
            return wrong("member_id must be a positive whole number below 2^53", ret_sentence);
        }
        return CODE_OK;
    }
    if (code == NULL && !required) return CODE_OK;
    if (code == NULL) return wrong("Say who: give member_id or code", ret_sentence);
    bool readable = json_in_text(code, CODE_BYTES_MAX, CODE_BYTES_MAX, &command->code) == 0;
    if (!readable || str_trim(command->code).len == 0) {
        return wrong("code must be a text of 1 to 128 bytes", ret_sentence);
    }
    return CODE_OK;
}

/* Of whom: said in the guest, or by what names the member; the same where it is said in both. */
static enum code parse_guest(const json_t *payload, struct command *command, const char **ret_sentence)
{
    const json_t *guest = json_in_get(payload, "guest");
    if (guest == NULL) return CODE_OK;
    if (json_in_text(json_in_get(guest, "name"), GUEST_CHARACTERS_MAX * 4, GUEST_CHARACTERS_MAX,
                     &command->guest) < 0 ||
        str_trim(command->guest).len == 0) {
        return wrong("guest needs a name of 1 to 100 characters", ret_sentence);
    }
    const json_t *of = json_in_get(guest, "of");
    if (of == NULL) return CODE_OK;
    struct member_id host;
    if (json_in_id(of, &host.n) < 0) {
        return wrong("guest.of must be the number of the member who brings them", ret_sentence);
    }
    bool other = command->code.len > 0 || (command->member.n != 0 && command->member.n != host.n);
    if (other) return wrong("Say in one way who brings the guest", ret_sentence);
    command->member = host;
    return CODE_OK;
}

static enum code parse_check_in_only(const json_t *payload, struct command *command,
                                     const char **ret_sentence)
{
    const json_t *override = json_in_get(payload, "override");
    if (override != NULL) {
        const json_t *reason = json_in_get(override, "reason");
        if (json_in_text(reason, REASON_CHARACTERS_MAX * 4, REASON_CHARACTERS_MAX,
                         &command->override_reason) < 0 ||
            str_trim(command->override_reason).len == 0) {
            return wrong("override needs a reason of 1 to 200 characters", ret_sentence);
        }
    }
    return parse_guest(payload, command, ret_sentence);
}

enum code command_parse(enum command_kind kind, const json_t *payload, struct command *command,
                        struct location_ref *ret_location, const char **ret_sentence)
{
    command->kind = kind;
    command->occurred_at = WALL_NONE;
    command->new_checked_out_at = WALL_NONE;
    *ret_location = (struct location_ref){0};
    if (!json_is_object(payload)) return wrong("payload must be an object", ret_sentence);
    bool by_guest = kind == COMMAND_CHECK_IN && json_in_get(json_in_get(payload, "guest"), "of") != NULL;
    enum code code = parse_who(payload, !by_guest, command, ret_sentence);
    if (code != CODE_OK) return code;
    const json_t *location = json_in_get(payload, "location");
    if (location != NULL && location_ref_parse(location, ret_location) < 0) {
        return wrong("location must be a location's slug or id", ret_sentence);
    }
    const json_t *notes = json_in_get(payload, "notes");
    bool empty = json_is_string(notes) && json_string_length(notes) == 0;
    if (notes != NULL && !empty &&
        json_in_text(notes, NOTES_CHARACTERS_MAX * 4, NOTES_CHARACTERS_MAX, &command->notes) < 0) {
        return wrong("notes must be a text of at most 500 characters", ret_sentence);
    }
    const json_t *occurred_at = json_in_get(payload, "occurred_at");
    if (occurred_at != NULL && json_in_moment(occurred_at, &command->occurred_at) < 0) {
        return wrong("occurred_at must be a moment like 2026-11-25T04:21:59.123Z", ret_sentence);
    }
    return kind == COMMAND_CHECK_IN ? parse_check_in_only(payload, command, ret_sentence) : CODE_OK;
}

static enum code parse_locations(struct message *message, bool required, const char **ret_sentence)
{
    const json_t *locations = json_in_get(message->payload, "locations");
    message->all_locations =
        locations == NULL || (json_is_string(locations) && str_eq_c(json_in_str(locations), "*"));
    if (message->all_locations) {
        return locations == NULL && required ? wrong("Say which locations, or \"*\"", ret_sentence) : CODE_OK;
    }
    if (!json_is_array(locations) || json_array_size(locations) > LOCATIONS_NAMED_MAX) {
        return wrong("locations must be \"*\" or a list of at most 1000 slugs", ret_sentence);
    }
    struct location_ref ref;
    for (size_t i = 0; i < json_array_size(locations); i++) {
        if (location_ref_parse(json_array_get(locations, i), &ref) < 0) {
            return wrong("locations must be slugs or ids", ret_sentence);
        }
    }
    message->locations = locations;
    return CODE_OK;
}

static enum code parse_resume(struct message *message, const char **ret_sentence)
{
    const json_t *resume = json_in_get(message->payload, "resume");
    if (resume == NULL) return CODE_OK;
    if (!json_is_object(resume)) return wrong("resume must be an object", ret_sentence);
    message->resume.given = true;
    const json_t *epoch = json_in_get(resume, "epoch");
    if (epoch != NULL && !json_is_string(epoch)) return wrong("resume.epoch must be a text", ret_sentence);
    if (epoch != NULL) message->resume.epoch = json_in_str(epoch);
    json_t *after = json_in_get(resume, "after");
    if (after == NULL) return CODE_OK;
    if (!json_is_object(after) || json_object_size(after) > LOCATIONS_NAMED_MAX) {
        return wrong("resume.after must be an object of at most 1000 locations", ret_sentence);
    }
    const char *key;
    json_t *value;
    struct seq seq;
    json_object_foreach (after, key, value) {
        if (json_in_seq(value, &seq) < 0) {
            return wrong("resume.after must hold the last seq seen of each location", ret_sentence);
        }
    }
    message->resume.after = after;
    return CODE_OK;
}

static enum code parse_authenticate(struct message *message, const char **ret_sentence)
{
    const json_t *token = json_in_get(message->payload, "token");
    if (token != NULL) {
        if (!json_is_string(token) || json_string_length(token) == 0 ||
            json_string_length(token) > TOKEN_BYTES_MAX) {
            return wrong("token must be a JWT of at most 8192 bytes", ret_sentence);
        }
        message->token = json_in_str(token);
    }
    enum code code = parse_locations(message, false, ret_sentence);
    return code != CODE_OK ? code : parse_resume(message, ret_sentence);
}

static enum code parse_payload(struct message *message, const char **ret_sentence)
{
    enum code code = CODE_OK;
    switch (message->type) {
    case MESSAGE_AUTHENTICATE: return parse_authenticate(message, ret_sentence);
    case MESSAGE_SUBSCRIBE:
        code = parse_locations(message, true, ret_sentence);
        return code != CODE_OK ? code : parse_resume(message, ret_sentence);
    case MESSAGE_UNSUBSCRIBE: return parse_locations(message, true, ret_sentence);
    case MESSAGE_CHECK_IN:
    case MESSAGE_CHECK_OUT: {
        enum command_kind kind = message->type == MESSAGE_CHECK_IN ? COMMAND_CHECK_IN : COMMAND_CHECK_OUT;
        code = command_parse(kind, message->payload, &message->command, &message->location, ret_sentence);
        message->command.request_id = message->id;
        if (code != CODE_OK || message->id.len == 0) return code;
        int rc = json_in_fingerprint(message->type_name, message->payload, message->command.fingerprint);
        return rc < 0 ? CODE_INTERNAL : CODE_OK;
    }
    case MESSAGE_GET_STATS: {
        const json_t *location = json_in_get(message->payload, "location");
        if (location == NULL || location_ref_parse(location, &message->location) == 0) return CODE_OK;
        return wrong("location must be a location's slug or id", ret_sentence);
    }
    case MESSAGE_HEARTBEAT: return CODE_OK;
    case MESSAGE_NONE: break;
    }
    return CODE_UNKNOWN_TYPE;
}

/* A request id: 1 to 64 bytes of text (contract section 1). */
static enum code parse_id(struct message *message, const char **ret_sentence)
{
    const json_t *id = json_object_get(message->tree, "id");
    if (id == NULL || json_is_null(id)) return CODE_OK;
    struct str text;
    if (json_in_text(id, REQUEST_ID_BYTES_MAX, REQUEST_ID_BYTES_MAX, &text) < 0) {
        return wrong("id must be a text of 1 to 64 bytes", ret_sentence);
    }
    message->id = text;
    return CODE_OK;
}

enum code message_parse(struct span text, struct message *message, const char **ret_sentence)
{
    *message = (struct message){0};
    int rc = json_in(text, &message->tree);
    if (rc < 0) {
        message->id = json_in_scan_id(text);
        enum code code = rc == ERR_SYNTAX ? CODE_BAD_JSON : CODE_INTERNAL;
        *ret_sentence = code_sentence(code);
        return code;
    }
    if (!json_is_object(message->tree)) {
        return wrong("A message is an object with type and payload", ret_sentence);
    }
    enum code code = parse_id(message, ret_sentence);
    if (code != CODE_OK) return code;
    const json_t *type = json_object_get(message->tree, "type");
    if (!json_is_string(type)) return wrong("A message needs a type", ret_sentence);
    message->type_name = json_in_str(type);
    message->type = type_of(message->type_name);
    *ret_sentence = code_sentence(CODE_UNKNOWN_TYPE);
    if (message->type == MESSAGE_NONE) return CODE_UNKNOWN_TYPE;
    message->payload = json_in_get(message->tree, "payload");
    bool any_payload = message->type == MESSAGE_HEARTBEAT || message->payload == NULL;
    if (!any_payload && !json_is_object(message->payload)) {
        return wrong("payload must be an object", ret_sentence);
    }
    if (rc == 1 && message->type == MESSAGE_HEARTBEAT) {
        return wrong("A number in this message is too big to be echoed", ret_sentence);
    }
    return parse_payload(message, ret_sentence);
}

void message_done(struct message *message)
{
    json_decref(message->tree);
    *message = (struct message){0};
}

int resume_after(const struct resume *resume, const struct location *location, struct seq *ret_after)
{
    if (resume->after == NULL) return 0;
    OWNED(mem) char *slug = str_dup_c(location->slug);
    if (slug == NULL) return ERR_NOMEM;
    const json_t *value = json_object_get(resume->after, slug);
    if (value == NULL) {
        OWNED(buf) struct buf id = buf_of(32);
        TRY(buf_printf(&id, "%lld", (long long)location->id.n));
        TRY(buf_terminate(&id));
        value = json_object_get(resume->after, (const char *)id.at);
    }
    if (value == NULL) return 0;
    TRY(json_in_seq(value, ret_after));
    return 1;
}
