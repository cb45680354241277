#include "protocol/event_json.h"

#include "protocol/codes.h"
#include "protocol/json_in.h"

static const char *const SOURCES[] = {[SOURCE_DESK] = "desk",
                                      [SOURCE_KIOSK] = "kiosk",
                                      [SOURCE_TURNSTILE] = "turnstile",
                                      [SOURCE_API] = "api",
                                      [SOURCE_SYSTEM] = "system"};

const char *source_name(enum source source)
{
    check((unsigned)source < COUNT_OF(SOURCES));
    return SOURCES[source];
}

int source_of(struct str name, enum source *ret_source)
{
    for (unsigned i = 0; i < COUNT_OF(SOURCES); i++) {
        if (!str_eq_c(name, SOURCES[i])) continue;
        *ret_source = (enum source)i;
        return 0;
    }
    return ERR_SYNTAX;
}

void json_moment(struct json *json, const char *key, struct wall_ms at)
{
    char text[WALL_TEXT_BYTES];
    if (wall_is(at)) jw_str(json, key, wall_text(at, text));
    else jw_null(json, key);
}

void json_codes(struct json *json, const char *key, const struct code_list *codes)
{
    jw_array(json, key);
    for (unsigned i = 0; i < codes->count; i++) {
        jw_object(json, NULL);
        jw_str(json, "code", str_c(code_name(codes->at[i])));
        jw_str(json, "message", str_c(code_sentence(codes->at[i])));
        jw_object_end(json);
    }
    jw_array_end(json);
}

void json_member(struct json *json, const char *key, const struct member *member, const char *status,
                 enum audience audience)
{
    if (member == NULL) {
        jw_null(json, key);
        return;
    }
    jw_object(json, key);
    jw_i64(json, "id", member->id.n);
    jw_str(json, "name", audience == AUDIENCE_DEVICE ? member->first_name : member->name);
    /* Beside the whole name, so that a device's form can be made from the stored message. */
    if (audience == AUDIENCE_STAFF) jw_str(json, "first_name", member->first_name);
    jw_str_or_null(json, "photo_url", member->photo_url);
    jw_str(json, "status", str_c(status));
    jw_object_end(json);
}

static const char *type_name(const struct event *event)
{
    switch (event->kind) {
    case EVENT_CHECKED_IN: return "member_checked_in";
    case EVENT_CHECKED_OUT: return "member_checked_out";
    case EVENT_DENIED: return "check_in_denied";
    case EVENT_CORRECTED: return "visit_corrected";
    }
    never("an event has one of these kinds");
}

static void put_by(struct json *json, const struct event *event)
{
    if (event->by.len > 0) jw_str(json, "by", event->by);
    else jw_null(json, "by");
}

static void put_visit(struct json *json, const struct event *event)
{
    jw_i64(json, "visit_id", event->visit.n);
    json_member(json, "member", event->member, event->member_status, AUDIENCE_STAFF);
    jw_str(json, "source", str_c(source_name(event->source)));
    put_by(json, event);
    jw_str_or_null(json, "notes", event->notes);
    json_codes(json, "warnings", &event->warnings);
    jw_i64(json, "currently_in", event->currently_in);
    if (event->kind != EVENT_CHECKED_OUT) return;
    jw_i64(json, "duration_seconds", event->duration_seconds);
    jw_bool(json, "automatic", event->automatic);
}

static void put_denial(struct json *json, const struct event *event)
{
    jw_str(json, "code", str_c(code_name(event->code)));
    json_member(json, "member", event->member, event->member_status, AUDIENCE_STAFF);
    jw_str_or_null(json, "code_last4", event->code_tail);
    jw_str(json, "source", str_c(source_name(event->source)));
    put_by(json, event);
    jw_i64(json, "repeats", event->repeats);
}

static void put_correction(struct json *json, const struct event *event)
{
    jw_i64(json, "visit_id", event->visit.n);
    json_member(json, "member", event->member, event->member_status, AUDIENCE_STAFF);
    jw_str(json, "change", event->correction == CORRECTION_UNDONE ? STR("undone") : STR("edited"));
    put_by(json, event);
    json_moment(json, "checked_in_at", event->checked_in_at);
    json_moment(json, "checked_out_at", event->checked_out_at);
    jw_str_or_null(json, "notes", event->notes);
    jw_i64(json, "currently_in", event->currently_in);
}

int event_json(const struct event *event, struct buf *out)
{
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_str(&json, "type", str_c(type_name(event)));
    jw_object(&json, "payload");
    jw_i64(&json, "seq", event->seq.n);
    jw_str(&json, "location", event->location->slug);
    json_moment(&json, "at", event->at);
    switch (event->kind) {
    case EVENT_CHECKED_IN:
    case EVENT_CHECKED_OUT: put_visit(&json, event); break;
    case EVENT_DENIED: put_denial(&json, event); break;
    case EVENT_CORRECTED: put_correction(&json, event); break;
    }
    if (event->late) jw_bool(&json, "late", true);
    jw_object_end(&json);
    jw_object_end(&json);
    return jw_end_all(&json);
}

/* --- The other audiences --- */

static int hidden(const json_t *payload, struct buf *out)
{
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_str(&json, "type", STR("event_hidden"));
    jw_object(&json, "payload");
    jw_i64(&json, "seq", json_integer_value(json_object_get(payload, "seq")));
    jw_str(&json, "location", json_in_str(json_object_get(payload, "location")));
    jw_object_end(&json);
    jw_object_end(&json);
    return jw_end_all(&json);
}

static int redact(enum audience audience, json_t *payload)
{
    json_t *member = json_object_get(payload, "member");
    if (json_is_object(member)) {
        json_t *first_name = json_object_get(member, "first_name");
        /* Where none was stored a device shows no name: never the whole one instead. */
        if (audience == AUDIENCE_DEVICE &&
            json_object_set_new(member, "name", first_name == NULL ? json_null() : json_incref(first_name)) !=
                0) {
            return ERR_NOMEM;
        }
        ignore(json_object_del(member, "first_name"), "an older message may have none");
    }
    if (json_object_get(payload, "notes") != NULL &&
        json_object_set_new(payload, "notes", json_null()) != 0) {
        return ERR_NOMEM;
    }
    if (json_object_get(payload, "warnings") != NULL &&
        json_object_set_new(payload, "warnings", json_array()) != 0) {
        return ERR_NOMEM;
    }
    if (json_object_get(payload, "by") != NULL && json_object_set_new(payload, "by", json_null()) != 0) {
        return ERR_NOMEM;
    }
    return 0;
}

static int put_dump(const char *bytes, size_t len, void *ctx)
{
    return buf_put(ctx, span_of(bytes, len)) < 0 ? -1 : 0;
}

int event_json_for(enum audience audience, struct str staff_json, struct buf *out)
{
    if (audience == AUDIENCE_STAFF) return buf_put_str(out, staff_json);
    OWNED(json_tree) json_t *tree = NULL;
    int rc = json_in(str_span(staff_json), &tree);
    if (rc < 0) return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
    json_t *payload = json_object_get(tree, "payload");
    const json_t *type = json_object_get(tree, "type");
    if (!json_is_object(payload) || !json_is_string(type) ||
        !json_is_integer(json_object_get(payload, "seq"))) {
        return ERR_CORRUPT;
    }
    if (str_eq(json_in_str(type), STR("check_in_denied"))) return hidden(payload, out);
    TRY(redact(audience, payload));
    return json_dump_callback(tree, put_dump, out, JSON_COMPACT) == 0 ? 0 : ERR_NOMEM;
}
