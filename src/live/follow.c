/* Who a session is and what it follows: authenticate, subscribe, unsubscribe, resume; and how its connection takes events. */
#include "live/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "live/stream.h"

#include <stdlib.h>

#define PAGE_EVENTS 200
#define REPLAY_QUEUE_BYTES ((size_t)64 * 1024) /* a replay fills the queue no further than this */

/* --- What a subscriber does for the hub --- */

static struct session *session_of(struct subscriber *subscriber) { return (struct session *)subscriber; }

static int take_event(struct subscriber *subscriber, struct frame *frame)
{
    in_loop();
    struct session *session = session_of(subscriber);
    struct conn *conn = &session->client->conn;
    size_t half = session->worker->server->options.limits.queue_bytes_max / 2;
    if (conn_queue_bytes(conn) + frame->len > half && conn_queue_bytes(conn) > 0) {
        conn_ask_drained(conn);
        return conn_is_slow(conn) ? ERR_LIMIT : ERR_OVERLOADED;
    }
    TRY(session_put(session, frame));
    session->said_something = true;
    count_up(&session->worker->counts.events_delivered);
    return 0;
}

static bool is_stuck(struct subscriber *subscriber, size_t lag_bytes)
{
    in_loop();
    struct session *session = session_of(subscriber);
    size_t half = session->worker->server->options.limits.queue_bytes_max / 2;
    return conn_is_slow(&session->client->conn) &&
           conn_queue_bytes(&session->client->conn) + lag_bytes > half;
}

static bool has_room(struct subscriber *subscriber)
{
    in_loop();
    struct session *session = session_of(subscriber);
    if (conn_queue_bytes(&session->client->conn) < REPLAY_QUEUE_BYTES) return true;
    conn_ask_drained(&session->client->conn);
    return false;
}

static bool is_idle(struct subscriber *subscriber)
{
    in_loop();
    struct session *session = session_of(subscriber);
    size_t quarter = session->worker->server->options.limits.queue_bytes_max / 4;
    if (conn_queue_bytes(&session->client->conn) < quarter) return true;
    conn_ask_drained(&session->client->conn);
    return false;
}

static void on_resync(struct subscriber *subscriber, const struct location *location, struct seq head)
{
    in_loop();
    struct session *session = session_of(subscriber);
    if (session->state != SESSION_IN) return; /* its Close is on the way: nothing may follow that */
    count_up(&session->worker->counts.resyncs);
    OWNED(buf) struct buf json = buf_of(512);
    int rc = out_resync(&json, location->slug, head);
    OWNED(frame) struct frame *frame = NULL;
    if (rc == 0) rc = ws_frame_text(buf_span(&json), &frame);
    if (rc == 0) {
        rc = session->is_stream ? stream_put_reset(session, frame)
                                : conn_send_frame(&session->client->conn, frame);
    }
    if (session->is_stream) session_end_soon(session);
    /* Not closed from here: the hub is in the middle of its followers. A connection that takes nothing stalls by itself. */
    if (rc < 0) log_debug("a slow connection could not be told to resync", F_ERR(rc));
}

struct page {
    struct reading reading;
    struct session *session;
    struct location_id location;
    struct seq after;
    struct arena arena;
    struct stored_event *events;
    size_t count;
};

static int read_page(struct sql *sql, struct reading *reading)
{
    struct page *page = (struct page *)reading;
    return store_read_events(sql, page->location, page->after, PAGE_EVENTS, &page->arena, &page->events,
                             &page->count);
}

static void give_page(struct page *page, int result)
{
    struct session *session = page->session;
    struct page_event events[PAGE_EVENTS];
    size_t count = result < 0 ? 0 : page->count;
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct page_event){page->events[i].seq, page->events[i].json};
    }
    hub_page(session->worker->hub, &session->subscriber, page->location, events, count, result < 0);
    hub_pump(session->worker->hub, &session->subscriber);
}

static void page_read(struct reading *reading, int result)
{
    in_loop();
    struct page *page = (struct page *)reading;
    struct session *session = page->session;
    if (session->state == SESSION_IN) give_page(page, result);
    arena_done(&page->arena);
    free(page);
    session_answered(session);
}

static void need_page(struct subscriber *subscriber, struct location_id location, struct seq after)
{
    in_loop();
    struct session *session = session_of(subscriber);
    struct page *page = calloc(1, sizeof *page);
    int rc = page == NULL ? ERR_NOMEM : 0;
    if (rc == 0) {
        page->session = session;
        page->location = location;
        page->after = after;
        page->arena = arena_of((size_t)4 * 1024 * 1024);
        page->reading =
            (struct reading){.loop = session->worker->loop, .run = read_page, .on_done = page_read};
        rc = reading_start(session->worker->server->readers, &page->reading);
    }
    if (rc == 0) {
        session->in_flight++;
        count_up(&session->worker->counts.replay_reads);
        return;
    }
    free(page);
    log_warn("a replay could not be read", F_ERR(rc));
    /* The follower stays behind and is pumped again when its connection is next heard or drained. */
    subscriber->page_under_way = false;
    conn_ask_drained(&session->client->conn);
}

const struct subscriber_handler SESSION_SUBSCRIBER = {take_event, is_stuck,  has_room,
                                                      is_idle,    on_resync, need_page};

/* --- Choosing locations --- */

/* The locations of one message: which to follow from where, which to resync, which are refused and why. */
struct choice {
    struct arena arena;
    size_t count;
    struct channel **channels;
    struct seq *after;
    bool *resync; /* cannot be given all that it missed */
    size_t refused_count;
    struct str *refused;
    enum code *reasons;
    bool recovered;
};

static int choice_init(struct choice *choice, size_t count_max)
{
    *choice = (struct choice){.arena = arena_of((size_t)8 * 1024 * 1024), .recovered = true};
    choice->channels = arena_array(&choice->arena, struct channel *, count_max + 1);
    choice->after = arena_array(&choice->arena, struct seq, count_max + 1);
    choice->resync = arena_array(&choice->arena, bool, count_max + 1);
    choice->refused = arena_array(&choice->arena, struct str, count_max + 1);
    choice->reasons = arena_array(&choice->arena, enum code, count_max + 1);
    return choice->reasons == NULL || choice->refused == NULL || choice->resync == NULL ? ERR_NOMEM : 0;
}

static void choice_done(struct choice *choice) { arena_done(&choice->arena); }
static void choice_owned(struct choice *choice) { choice_done(choice); }

static void choose(struct choice *choice, struct hub *hub, const struct location *location)
{
    struct channel *channel = hub_channel(hub, location->id);
    check(channel != NULL);
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->channels[i] == channel) return; /* named twice */
    }
    choice->channels[choice->count] = channel;
    choice->after[choice->count++] = channel_head(channel);
}

static int refuse(struct choice *choice, const struct location_ref *ref, enum code code)
{
    OWNED(buf) struct buf name = buf_of(64);
    if (ref->slug.at != NULL) TRY(buf_put_str(&name, ref->slug));
    else TRY(buf_printf(&name, "%lld", (long long)ref->id.n));
    TRY(arena_str(&choice->arena, buf_str(&name), &choice->refused[choice->refused_count]));
    choice->reasons[choice->refused_count++] = code;
    return 0;
}

static int choose_all(struct hub *hub, const struct principal *who, struct choice *choice)
{
    const struct directory *directory = hub_directory(hub);
    TRY(choice_init(choice, directory_count(directory)));
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        if (!principal_at(who, location->slug)) continue;
        struct channel *channel = hub_channel(hub, location->id);
        choice->channels[choice->count] = channel;
        choice->after[choice->count++] = channel_head(channel);
    }
    return 0;
}

ON_LOOP static int choose_named(struct hub *hub, const struct principal *who, const struct message *message,
                                struct choice *choice)
{
    size_t count = json_array_size(message->locations);
    TRY(choice_init(choice, count));
    for (size_t i = 0; i < count; i++) {
        struct location_ref ref;
        TRY(location_ref_parse(json_array_get(message->locations, i), &ref));
        const struct location *location = NULL;
        enum code code = location_for(hub_directory(hub), who, &ref, &location);
        if (code == CODE_OK) choose(choice, hub, location);
        else TRY(refuse(choice, &ref, code));
    }
    return 0;
}

/* Contract 1.1, point 2: which of the chosen can be given everything that was missed. */
static int apply_resume(const struct session *session, const struct resume *resume, struct choice *choice)
{
    const struct server *server = session->worker->server;
    bool same_history = str_eq_c(resume->epoch, server->epoch);
    for (size_t i = 0; i < choice->count; i++) {
        struct seq after;
        int rc = resume_after(resume, channel_location(choice->channels[i]), &after);
        TRY(rc);
        if (rc == 0) continue; /* left out: starts at its head */
        if (same_history &&
            channel_can_resume(choice->channels[i], after, server->options.limits.resume_events_max)) {
            choice->after[i] = after;
        } else {
            choice->resync[i] = true;
            choice->recovered = false;
        }
    }
    return 0;
}

bool session_is_ahead(const struct session *session, const struct message *message)
{
    struct hub *hub = session->worker->hub;
    const struct directory *directory = hub_directory(hub);
    if (!message->resume.given || !str_eq_c(message->resume.epoch, session->worker->server->epoch))
        return false;
    for (size_t i = 0; i < directory_count(directory); i++) {
        struct seq after;
        const struct channel *channel = hub_channel(hub, directory_at(directory, i)->id);
        int rc = resume_after(&message->resume, directory_at(directory, i), &after);
        if (rc == 1 && channel != NULL && after.n > channel_head(channel).n) return true;
    }
    return false;
}

static bool any_followed(const struct session *session, const struct resume *resume,
                         const struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        struct seq after;
        bool named = resume_after(resume, channel_location(choice->channels[i]), &after) == 1;
        if (named && hub_follows(&session->subscriber, choice->channels[i])) return true;
    }
    return false;
}

/* The sentence of what is wrong, or NULL; the choice must be done in either case. */
ON_LOOP static const char *make_choice(const struct session *session, const struct principal *who,
                                       const struct message *message, struct choice *choice,
                                       enum code *ret_code)
{
    *ret_code = CODE_FORBIDDEN;
    *choice = (struct choice){0};
    if (!principal_may(who, MAY_FOLLOW)) return code_sentence(CODE_FORBIDDEN);
    struct hub *hub = session->worker->hub;
    int rc = message->all_locations ? choose_all(hub, who, choice) : choose_named(hub, who, message, choice);
    *ret_code = CODE_INTERNAL;
    if (rc < 0) return code_sentence(CODE_INTERNAL);
    if (!message->resume.given) return NULL;
    *ret_code = CODE_BAD_MESSAGE;
    if (any_followed(session, &message->resume, choice)) {
        return "This connection follows the location already and cannot resume it";
    }
    *ret_code = CODE_INTERNAL;
    return apply_resume(session, &message->resume, choice) < 0 ? code_sentence(CODE_INTERNAL) : NULL;
}

static int follow_chosen(struct session *session, const struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        bool is_new;
        if (!choice->resync[i]) {
            TRY(hub_follow(session->worker->hub, &session->subscriber, choice->channels[i], choice->after[i],
                           &is_new));
        }
    }
    return 0;
}

static void announce_resyncs(struct session *session, const struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (!choice->resync[i]) continue;
        on_resync(&session->subscriber, channel_location(choice->channels[i]),
                  channel_head(choice->channels[i]));
    }
}

/* --- authenticate --- */

static void put_locations(const struct session *session, struct json *json)
{
    const struct directory *directory = hub_directory(session->worker->hub);
    jw_array(json, "locations");
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        if (principal_at(session->who, location->slug)) jw_str(json, NULL, location->slug);
    }
    jw_array_end(json);
}

static void put_chosen_heads(struct json *json, const struct choice *choice)
{
    jw_object(json, "heads");
    for (size_t i = 0; i < choice->count; i++) {
        jw_i64_at(json, channel_location(choice->channels[i])->slug, channel_head(choice->channels[i]).n);
    }
    jw_object_end(json);
}

static void put_refused(struct json *json, const struct choice *choice)
{
    jw_object(json, "refused");
    for (size_t i = 0; i < choice->refused_count; i++) {
        jw_str_at(json, choice->refused[i], str_c(code_name(choice->reasons[i])));
    }
    jw_object_end(json);
}

/* choice NULL: what it follows stays as it is. with_resume: say whether all was recovered. */
ON_LOOP static void say_success(struct session *session, struct str id, const struct choice *choice,
                                bool with_resume)
{
    const struct principal *who = session->who;
    const struct server *server = session->worker->server;
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "authentication_success", id);
    struct out_user user = {.sub = who->sub, .name = who->name, .role = role_name(who->role)};
    out_user(&out, "user", &user);
    put_locations(session, &out);
    json_moment(&out, "expires_at", who->expires_at);
    json_moment(&out, "server_time", clock_wall());
    jw_i64(&out, "heartbeat_interval", (server->options.limits.heartbeat_ms + 999) / 1000);
    jw_str(&out, "server_version", STR(FOOTFALL_VERSION));
    jw_i64(&out, "protocol", 1);
    jw_str(&out, "epoch", str_c(server->epoch));
    if (choice == NULL) session_put_heads(session, &out);
    else put_chosen_heads(&out, choice);
    if (with_resume) jw_bool(&out, "recovered", choice->recovered);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    else session_close(session, CLOSE_FAULT);
}

ON_LOOP static void say_initial_stats(struct session *session, const struct choice *choice, bool with_recent)
{
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "initial_stats", (struct str){0});
    struct totals totals = {0};
    jw_array(&out, "locations");
    for (size_t i = 0; i < choice->count; i++) {
        jw_object(&out, NULL);
        out_stats(&out, channel_location(choice->channels[i]), channel_stats(choice->channels[i]));
        jw_object_end(&out);
        totals_add(&totals, channel_stats(choice->channels[i]));
    }
    jw_array_end(&out);
    out_totals(&out, "totals", &totals);
    int rc = 0;
    if (with_recent) {
        jw_array(&out, "recent");
        rc = hub_recent(session->worker->hub, choice->channels, choice->count, session->subscriber.audience,
                        50, &out);
        jw_array_end(&out);
    }
    if (out_end(&out) == 0 && rc == 0) ignore(session_send(session, &json), "it closes by itself");
    else session_close(session, CLOSE_FAULT);
}

ON_LOOP static void follow_and_tell(struct session *session, struct str id, struct choice *choice,
                                    bool with_resume)
{
    if (follow_chosen(session, choice) < 0) {
        session_close(session, CLOSE_TOO_MANY);
        return;
    }
    say_success(session, id, choice, with_resume);
    say_initial_stats(session, choice, !(with_resume && choice->recovered));
    if (session->state != SESSION_IN) return;
    announce_resyncs(session, choice);
    hub_pump(session->worker->hub, &session->subscriber);
}

void session_welcome(struct session *session, bool follow_all)
{
    if (!follow_all || !principal_may(session->who, MAY_FOLLOW)) {
        say_success(session, (struct str){0}, NULL, false);
        return;
    }
    OWNED(choice) struct choice choice = {0};
    if (choose_all(session->worker->hub, session->who, &choice) < 0) session_close(session, CLOSE_TOO_MANY);
    else follow_and_tell(session, (struct str){0}, &choice, false);
}

ON_LOOP static void say_unsubscribed(struct session *session, struct str id, const struct choice *choice)
{
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "unsubscribed", id);
    put_chosen_heads(&out, choice);
    put_refused(&out, choice);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    else session_close(session, CLOSE_FAULT);
}

struct lost {
    const struct principal *who;
    struct choice *choice;
};

static void note_lost(const struct channel *channel, struct seq sent, void *ctx)
{
    (void)sent;
    struct lost *lost = ctx;
    bool still =
        principal_may(lost->who, MAY_FOLLOW) && principal_at(lost->who, channel_location(channel)->slug);
    if (still) return;
    lost->choice->channels[lost->choice->count++] = (struct channel *)channel;
}

/* Locations that a new token's role or list no longer allows are left, and that is said. */
ON_LOOP static void leave_lost(struct session *session)
{
    OWNED(choice) struct choice choice = {0};
    if (choice_init(&choice, hub_follow_count(&session->subscriber)) < 0) {
        session_close(session, CLOSE_TOO_MANY);
        return;
    }
    struct lost lost = {session->who, &choice};
    hub_each(&session->subscriber, note_lost, &lost);
    for (size_t i = 0; i < choice.count; i++) {
        ignore(hub_unfollow(&session->subscriber, choice.channels[i]), "it followed");
    }
    if (choice.count > 0) say_unsubscribed(session, (struct str){0}, &choice);
}

/* The token's principal; NULL: the session is being closed. */
ON_LOOP static struct principal *check_token(struct session *session, const struct message *message)
{
    const struct server_options *options = &session->worker->server->options;
    OWNED(principal) struct principal *who = NULL;
    int rc = options->check_token(options->auth, message->token, clock_wall(), &who);
    bool good = rc == 0 && !worker_is_revoked(session->worker, who->session);
    if (good && session->who != NULL) good = str_eq(session->who->sub, who->sub);
    if (good) return take(who);
    session_error(session, message, CODE_UNAUTHENTICATED, NULL);
    session_close(session, CLOSE_UNAUTHENTICATED);
    return NULL;
}

/* who: whoever comes in by this message, or NULL where the session is in already. As a whole or not at all: with a location that is
 * refused nobody comes in, and may try again until the time for it is over. */
ON_LOOP static void enter(struct session *session, const struct message *message, struct principal *who)
{
    OWNED(principal) struct principal *newcomer = who;
    if (who == NULL) who = session->who;
    OWNED(choice) struct choice choice = {0};
    bool follows = principal_may(who, MAY_FOLLOW);
    enum code code = CODE_OK;
    const char *sentence = follows ? make_choice(session, who, message, &choice, &code) : NULL;
    if (sentence == NULL && choice.refused_count > 0) {
        code = choice.reasons[0];
        sentence = code_sentence(code);
    }
    if (sentence != NULL) {
        session_error(session, message, code, sentence);
        return;
    }
    if (newcomer != NULL) session_set_principal(session, take(newcomer));
    if (follows) follow_and_tell(session, message->id, &choice, message->resume.given);
    else say_success(session, message->id, NULL, false);
}

void session_authenticate(struct session *session, const struct message *message)
{
    bool is_in = session->who != NULL;
    if (message->token.at == NULL) {
        if (is_in) {
            enter(session, message, NULL);
            return;
        }
        session_error(session, message, CODE_UNAUTHENTICATED,
                      "authenticate needs a token on a connection that is not signed in");
        session_close(session, CLOSE_UNAUTHENTICATED);
        return;
    }
    struct principal *who = check_token(session, message);
    if (who == NULL) return;
    if (!is_in) {
        enter(session, message, who);
        return;
    }
    session_set_principal(session, who);
    say_success(session, message->id, NULL, false);
    if (session->state == SESSION_IN) leave_lost(session);
}

/* --- subscribe, unsubscribe --- */

ON_LOOP static void say_subscribed(struct session *session, struct str id, const struct choice *choice,
                                   bool with_resume)
{
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "subscribed", id);
    put_chosen_heads(&out, choice);
    put_refused(&out, choice);
    if (with_resume) jw_bool(&out, "recovered", choice->recovered);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    else session_close(session, CLOSE_FAULT);
}

void session_subscribe(struct session *session, const struct message *message)
{
    OWNED(choice) struct choice choice = {0};
    enum code code;
    const char *sentence = make_choice(session, session->who, message, &choice, &code);
    if (sentence != NULL) {
        session_error(session, message, code, sentence);
        return;
    }
    if (follow_chosen(session, &choice) < 0) {
        session_close(session, CLOSE_TOO_MANY);
        return;
    }
    say_subscribed(session, message->id, &choice, message->resume.given);
    if (session->state != SESSION_IN) return;
    for (size_t i = 0; i < choice.count; i++) hub_owe_stats(&session->subscriber, choice.channels[i]);
    announce_resyncs(session, &choice);
    hub_pump(session->worker->hub, &session->subscriber);
}

void session_unsubscribe(struct session *session, const struct message *message)
{
    OWNED(choice) struct choice choice = {0};
    enum code code;
    const char *sentence = make_choice(session, session->who, message, &choice, &code);
    if (sentence != NULL) {
        session_error(session, message, code, sentence);
        return;
    }
    for (size_t i = 0; i < choice.count; i++) {
        ignore(hub_unfollow(&session->subscriber, choice.channels[i]), "as good as before");
    }
    say_unsubscribed(session, message->id, &choice);
}
