/* What a session asks and is answered at once or by the writer: check-ins, statistics, heartbeats. */
#include "live/session.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>

enum code location_for(const struct directory *directory, const struct principal *who,
                       const struct location_ref *ref, const struct location **ret_location)
{
    const struct location *location = NULL;
    if (location_ref_is(ref)) {
        location = ref->slug.at != NULL ? directory_by_slug(directory, ref->slug)
                                        : directory_by_id(directory, ref->id);
        if (location == NULL) return CODE_LOCATION_NOT_FOUND;
    } else if (who->all_locations) {
        if (directory_count(directory) != 1) return CODE_LOCATION_REQUIRED;
        location = directory_at(directory, 0);
    } else {
        if (who->location_count != 1) return CODE_LOCATION_REQUIRED;
        location = directory_by_slug(directory, who->locations[0]);
        if (location == NULL) return CODE_LOCATION_NOT_FOUND;
    }
    if (!principal_at(who, location->slug)) return CODE_FORBIDDEN;
    *ret_location = location;
    return CODE_OK;
}

enum code session_location(const struct session *session, const struct location_ref *ref,
                           const struct location **ret_location)
{
    return location_for(hub_directory(session->worker->hub), session->who, ref, ret_location);
}

static enum source source_of_role(enum role role)
{
    if (role == ROLE_KIOSK) return SOURCE_KIOSK;
    return role == ROLE_TURNSTILE ? SOURCE_TURNSTILE : SOURCE_DESK;
}

struct actor session_actor(const struct principal *who)
{
    return (struct actor){
        .key = who->sub,
        .name = who->name.len > 0 ? who->name : who->sub,
        .source = source_of_role(who->role),
        .may_override = principal_may(who, MAY_OVERRIDE),
        .may_override_ban = principal_may(who, MAY_OVERRIDE_BAN),
    };
}

static void command_done(struct ask *ask)
{
    in_loop();
    struct session *session = ask->ctx;
    OWNED(buf) struct buf json = buf_of(REPLY_JSON_BYTES_MAX);
    struct reply reply;
    if (session->state != SESSION_IN) {
        /* gone or going: the answer waits for whoever asks again by the same id */
    } else if (ask->reply.len > 0) {
        int rc = reply_read(buf_str(&ask->reply), &reply);
        if (rc == 0) rc = reply_message(&reply, ask->command.request_id, ask->replayed, &json);
        if (rc == 0) ignore(session_send(session, &json), "it closes by itself");
        else session_error(session, &ask->keeps, CODE_INTERNAL, NULL);
    } else {
        session_error(session, &ask->keeps, ask->code, NULL);
    }
    ask_free(ask);
    session_answered(session);
}

void session_command(struct session *session, struct message *message)
{
    const struct principal *who = session->who;
    const struct location *location = NULL;
    enum code code = CODE_OK;
    if (!principal_may(who, MAY_CHECK_IN)) code = CODE_FORBIDDEN;
    bool named = message->type == MESSAGE_CHECK_IN || location_ref_is(&message->location);
    if (code == CODE_OK && named) code = session_location(session, &message->location, &location);
    if (code == CODE_OK && message->command.override_reason.len > 0 && !principal_may(who, MAY_OVERRIDE)) {
        code = CODE_FORBIDDEN;
    }
    if (code != CODE_OK) {
        session_error(session, message, code, NULL);
        return;
    }
    struct ask *ask;
    if (ask_create(ASK_COMMAND, session->worker->loop, command_done, session, &ask) < 0) {
        session_error(session, message, CODE_OVERLOADED, NULL);
        return;
    }
    ask->keeps = *message; /* the texts of the command live in its tree, which moves along */
    *message = (struct message){0};
    ask->who = principal_ref(session->who);
    ask->audience = session->subscriber.audience;
    ask->command = ask->keeps.command;
    ask->command.actor = session_actor(ask->who);
    if (location != NULL) ask->command.location = location->id;
    int rc = ask_send(session->worker->server->writer, ask);
    if (rc == 0) {
        session->in_flight++;
        return;
    }
    session_error(session, &ask->keeps, rc == ERR_OVERLOADED ? CODE_OVERLOADED : CODE_UNAVAILABLE, NULL);
    ask_free(ask);
}

static void put_stats(struct json *json, struct hub *hub, const struct location *location,
                      struct totals *totals)
{
    struct channel *channel = hub_channel(hub, location->id);
    check(channel != NULL);
    jw_object(json, NULL);
    out_stats(json, location, channel_stats(channel));
    jw_object_end(json);
    totals_add(totals, channel_stats(channel));
}

void session_get_stats(struct session *session, const struct message *message)
{
    struct hub *hub = session->worker->hub;
    const struct directory *directory = hub_directory(hub);
    const struct location *one = NULL;
    enum code code = principal_may(session->who, MAY_FOLLOW) ? CODE_OK : CODE_FORBIDDEN;
    if (code == CODE_OK && location_ref_is(&message->location)) {
        code = session_location(session, &message->location, &one);
    }
    if (code != CODE_OK) {
        session_error(session, message, code, NULL);
        return;
    }
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "stats", message->id);
    struct totals totals = {0};
    /* Of one location that was asked for: its members stand in the payload itself too. */
    if (one != NULL) out_stats(&out, one, channel_stats(hub_channel(hub, one->id)));
    jw_array(&out, "locations");
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        if (one != NULL ? location == one : principal_at(session->who, location->slug)) {
            put_stats(&out, hub, location, &totals);
        }
    }
    jw_array_end(&out);
    out_totals(&out, "totals", &totals);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    else session_error(session, message, CODE_INTERNAL, NULL);
}

static void put_head(const struct channel *channel, struct seq sent, void *ctx)
{
    jw_i64_at(ctx, channel_location(channel)->slug, sent.n);
}

void session_put_heads(const struct session *session, struct json *json)
{
    jw_object(json, "heads");
    hub_each(&session->subscriber, put_head, json);
    jw_object_end(json);
}

void session_heartbeat(struct session *session, const struct message *message)
{
    OWNED(mem) char *echo = NULL;
    if (message->payload != NULL) {
        echo = json_dumps(message->payload, JSON_COMPACT | JSON_ENCODE_ANY);
        if (echo == NULL || strlen(echo) > HEARTBEAT_BYTES_MAX) {
            session_error(session, message, CODE_BAD_MESSAGE, "A heartbeat carries at most 256 bytes");
            return;
        }
    }
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "heartbeat_ack", message->id);
    json_moment(&out, "server_time", clock_wall());
    if (echo != NULL) jw_raw(&out, "echo", str_c(echo));
    session_put_heads(session, &out);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
}
