#include "live/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "live/stream.h"

#include <stdlib.h>

#define EXPIRY_WARNING_MS INT64_C(60000)
#define LIMITED_MAX 100                          /* messages over the limit without one within it: 4429 */
#define TIMER_MS_MAX (INT64_C(24) * 3600 * 1000) /* a deadline further away is looked at again then */

static struct session *session_of_timer(struct timer *timer)
{
    return (struct session *)((char *)timer - offsetof(struct session, timer));
}
static struct session *session_of_token_timer(struct timer *timer)
{
    return (struct session *)((char *)timer - offsetof(struct session, token_timer));
}

static const struct server_limits *limits_of(const struct session *session)
{
    return &session->worker->server->options.limits;
}

/* So that a thousand clients that came together do not speak together: 90 % to 110 %. */
static int64_t jittered(int64_t ms)
{
    uint16_t random = 0;
    if (random_bytes((uint8_t *)&random, sizeof random) < 0) return ms;
    return ms - ms / 10 + ms / 5 * random / UINT16_MAX;
}

static void set_timer(struct session *session, int64_t in_ms, void (*run)(struct timer *timer))
{
    struct loop *loop = session->worker->loop;
    timer_set(loop_wheel(loop), &session->timer, (struct mono_ms){loop_now(loop).ms + in_ms}, run);
}

static void free_if_done(struct session *session)
{
    if (session->state != SESSION_GONE || session->in_flight > 0) return;
    principal_unref(session->who);
    free(session);
}

void session_answered(struct session *session)
{
    check(session->in_flight > 0);
    session->in_flight--;
    if (session->state == SESSION_GONE) {
        free_if_done(session);
        return;
    }
    if (session->paused && !session->ticket_pending &&
        session->in_flight <= limits_of(session)->in_flight_max / 2) {
        session->paused = false;
        conn_resume_reading(&session->client->conn);
    }
}

/* --- Sending --- */

ON_LOOP static void too_slow(struct session *session)
{
    count_up(&session->worker->counts.slow_closed);
    conn_drop_pending(&session->client->conn);
    session_close(session, CLOSE_TOO_SLOW);
}

int session_put(struct session *session, struct frame *frame)
{
    return session->is_stream ? stream_put(session, frame) : conn_send_frame(&session->client->conn, frame);
}

ON_LOOP static int send_frame(struct session *session, struct frame *frame)
{
    if (session->state == SESSION_CLOSING || session->state == SESSION_GONE) return ERR_CLOSED;
    int rc = session_put(session, frame);
    if (rc == ERR_LIMIT) too_slow(session);
    else if (rc < 0) client_close(session->client, rc);
    else session->said_something = true;
    return rc;
}

int session_send(struct session *session, const struct buf *json)
{
    OWNED(frame) struct frame *frame = NULL;
    int rc = ws_frame_text(buf_span(json), &frame);
    if (rc < 0) {
        log_error("a message could not be made", F_ERR(rc));
        session_close(session, CLOSE_FAULT);
        return rc;
    }
    return send_frame(session, frame);
}

void session_error(struct session *session, const struct message *message, enum code code,
                   const char *sentence)
{
    session_error_until(session, message, code, sentence,
                        code == CODE_OVERLOADED || code == CODE_UNAVAILABLE ? 1000 : 0);
}

void session_error_until(struct session *session, const struct message *message, enum code code,
                         const char *sentence, int64_t retry_after_ms)
{
    OWNED(buf) struct buf json = buf_of(4096);
    struct out_error error = {
        .code = code,
        .sentence = str_c(sentence),
        .request = message == NULL ? (struct str){0} : message->type_name,
        .retry_after_ms = retry_after_ms,
    };
    if (error.request.len > 64) error.request = (struct str){0};
    struct str id = message == NULL ? (struct str){0} : message->id;
    int rc = out_error(&json, id, &error);
    if (rc < 0) session_close(session, CLOSE_FAULT);
    else ignore(session_send(session, &json), "it closes by itself");
}

static void on_close_timeout(struct timer *timer)
{
    in_loop();
    client_close(session_of_timer(timer)->client, 0);
}

ON_LOOP static void end_in_order(struct session *session)
{
    session->state = SESSION_CLOSING;
    hub_unfollow_all(&session->subscriber);
    timer_cancel(loop_wheel(session->worker->loop), &session->token_timer);
    timer_cancel(loop_wheel(session->worker->loop), &session->timer);
    conn_shutdown_after_flush(&session->client->conn);
}

static void on_end_soon(struct timer *timer)
{
    in_loop();
    end_in_order(session_of_timer(timer));
}

void session_end_soon(struct session *session) { set_timer(session, 0, on_end_soon); }

void session_close(struct session *session, enum close_code code)
{
    if (session->state == SESSION_CLOSING || session->state == SESSION_GONE) return;
    if (session->is_stream) { /* what is to be said of the end was an `error` */
        end_in_order(session);
        return;
    }
    hub_unfollow_all(&session->subscriber);
    OWNED(frame) struct frame *frame = NULL;
    int rc = ws_frame_close(code, str_c(close_reason(code)), &frame);
    if (rc == 0) rc = conn_send_frame(&session->client->conn, frame);
    session->state = SESSION_CLOSING;
    timer_cancel(loop_wheel(session->worker->loop), &session->token_timer);
    if (rc < 0) {
        client_close(session->client, rc);
        return;
    }
    /* Reads on and discards until the peer's Close, so that the code arrives instead of a reset. */
    if (session->paused) conn_resume_reading(&session->client->conn);
    set_timer(session, limits_of(session)->close_timeout_ms, on_close_timeout);
}

/* --- Time --- */

static void put_time(struct json *json)
{
    jw_str(json, "server_time", wall_text(clock_wall(), (char[WALL_TEXT_BYTES]){0}));
}

ON_LOOP static void say_alive(struct session *session)
{
    OWNED(buf) struct buf json = buf_of(OUT_BYTES_MAX);
    struct json out = out_begin(&json, "heartbeat", (struct str){0});
    put_time(&out);
    session_put_heads(session, &out);
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
}

static bool has_expired(const struct session *session)
{
    return session->who != NULL && session->who->expires_at.ms <= clock_wall().ms;
}

ON_LOOP static void expire(struct session *session)
{
    session_error(session, NULL, CODE_UNAUTHENTICATED, "The token has expired; sign in again");
    session_close(session, CLOSE_UNAUTHENTICATED);
}

/* Contract 1.1, point 5. Intervals without a byte are counted, not times subtracted: net/loop.h says why. */
static void on_interval(struct timer *timer)
{
    in_loop();
    struct session *session = session_of_timer(timer);
    struct conn *conn = &session->client->conn;
    session->silent_intervals =
        conn->read_since || session->is_stream ? 0 : (uint8_t)(session->silent_intervals + 1);
    conn->read_since = false;
    if (session->silent_intervals >= 2) {
        count_up(&session->worker->counts.silent_closed);
        session_close(session, CLOSE_SILENT);
        return;
    }
    if (has_expired(session)) { /* the wall clock leapt past it: a machine that slept, a clock that was set */
        expire(session);
        return;
    }
    set_timer(session, jittered(limits_of(session)->heartbeat_ms), on_interval);
    bool silent = !session->said_something;
    OWNED(frame) struct frame *ping = NULL;
    if (ws_frame(WS_PING, (struct span){0}, &ping) == 0 && send_frame(session, ping) < 0) return;
    if (silent && session->state == SESSION_IN) say_alive(session);
    session->said_something = false;
}

static void on_auth_timeout(struct timer *timer)
{
    in_loop();
    struct session *session = session_of_timer(timer);
    session_error(session, NULL, CODE_UNAUTHENTICATED, "No sign-in came in time");
    session_close(session, CLOSE_UNAUTHENTICATED);
}

static void watch_expiry(struct session *session);

static void on_token_timer(struct timer *timer)
{
    in_loop();
    struct session *session = session_of_token_timer(timer);
    if (has_expired(session)) {
        expire(session);
        return;
    }
    int64_t left_ms = session->who->expires_at.ms - clock_wall().ms;
    if (left_ms <= EXPIRY_WARNING_MS && !session->warned_expiry) {
        session->warned_expiry = true;
        OWNED(buf) struct buf json = buf_of(512);
        struct json out = out_begin(&json, "token_expiring", (struct str){0});
        json_moment(&out, "expires_at", session->who->expires_at);
        if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    }
    if (session->state == SESSION_IN) watch_expiry(session);
}

static void watch_expiry(struct session *session)
{
    struct loop *loop = session->worker->loop;
    int64_t wait_ms = session->who->expires_at.ms - clock_wall().ms;
    if (!session->warned_expiry && wait_ms > EXPIRY_WARNING_MS) {
        wait_ms -= jittered(EXPIRY_WARNING_MS) - EXPIRY_WARNING_MS / 10;
    } else if (!session->warned_expiry) {
        wait_ms = 0; /* it comes with less than that left: said at once */
    }
    if (wait_ms > TIMER_MS_MAX) wait_ms = TIMER_MS_MAX;
    if (wait_ms < 0) wait_ms = 0;
    timer_set(loop_wheel(loop), &session->token_timer, (struct mono_ms){loop_now(loop).ms + wait_ms},
              on_token_timer);
}

enum audience session_audience(enum role role)
{
    if (role_may(role, MAY_SEE_ALL)) return AUDIENCE_STAFF;
    return role == ROLE_VIEWER ? AUDIENCE_VIEWER : AUDIENCE_DEVICE;
}

void session_set_principal(struct session *session, struct principal *who)
{
    bool first = session->who == NULL;
    principal_unref(session->who);
    session->who = who;
    session->subscriber.audience = session_audience(who->role);
    session->warned_expiry = false;
    watch_expiry(session);
    if (!first) return;
    session->state = SESSION_IN;
    count_up(&session->worker->counts.authenticated);
    set_timer(session, jittered(limits_of(session)->heartbeat_ms), on_interval);
}

/* --- Beginning --- */

ON_LOOP static void refuse_entry(struct session *session)
{
    session_error(session, NULL, CODE_UNAUTHENTICATED, NULL);
    session_close(session, CLOSE_UNAUTHENTICATED);
}

struct ticket_ask {
    struct session *session;
    struct principal *who;
    char ticket[128];
    size_t ticket_len;
};

static int take_ticket(struct sql *sql, struct ask *ask)
{
    struct ticket_ask *taken = ask->ctx;
    const struct server_options *options = &taken->session->worker->server->options;
    struct str ticket = {taken->ticket, taken->ticket_len};
    return options->take_ticket(options->auth, sql, ticket, clock_wall(), &taken->who);
}

static void ticket_taken(struct ask *ask)
{
    in_loop();
    struct ticket_ask *taken = ask->ctx;
    struct session *session = taken->session;
    struct principal *who = taken->who;
    int rc = ask->result;
    free(taken);
    ask_free(ask);
    session->ticket_pending = false;
    bool here = session->state == SESSION_JOINING;
    if (rc == 0 && here && !worker_is_revoked(session->worker, who->session)) {
        session_set_principal(session, who);
        session_welcome(session, false);
    } else {
        principal_unref(who);
        if (here && (rc == 0 || rc == ERR_UNAUTHENTICATED)) refuse_entry(session);
        else if (here) session_close(session, CLOSE_TOO_MANY); /* the store cannot tell now: come again */
    }
    session_answered(session);
}

ON_LOOP static int begin_ticket(struct session *session, struct str ticket)
{
    OWNED(mem) struct ticket_ask *taken = calloc(1, sizeof *taken);
    if (taken == NULL) return ERR_NOMEM;
    if (ticket.len > sizeof taken->ticket) return ERR_UNAUTHENTICATED;
    taken->session = session;
    memcpy(taken->ticket, ticket.at, ticket.len);
    taken->ticket_len = ticket.len;
    struct ask *ask;
    TRY(ask_create(ASK_WORK, session->worker->loop, ticket_taken, taken, &ask));
    ask->work = take_ticket;
    int rc = ask_send(session->worker->server->writer, ask);
    if (rc < 0) {
        ask_free(ask);
        return rc;
    }
    ignore(take(taken), "the ask has it");
    session->in_flight++;
    session->ticket_pending = true;
    session->paused = true;
    conn_pause_reading(&session->client->conn);
    return 0;
}

int session_start(struct client *client, const struct session_entry *entry, unsigned window_bits)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        principal_unref(entry->who);
        return ERR_NOMEM;
    }
    session->client = client;
    session->worker = client->worker;
    session->subscriber = (struct subscriber){.handler = &SESSION_SUBSCRIBER,
                                              .audience = AUDIENCE_DEVICE,
                                              .window_bits = (uint8_t)window_bits};
    struct ws_inflater *inflater = window_bits == 0 ? NULL : client->worker->inflater;
    ws_decoder_init(&session->decoder, limits_of(session)->message_bytes_max, WS_TEXT_ONLY, inflater);
    client->session = session;
    count_up(&session->worker->counts.sockets);
    set_timer(session, limits_of(session)->auth_timeout_ms, on_auth_timeout);
    session->is_stream = entry->as_stream;
    session->address_len = (uint8_t)entry->address.len;
    if (entry->address.len > 0) memcpy(session->address, entry->address.at, entry->address.len);
    if (entry->refused != CODE_OK) {
        session_error_until(session, NULL, entry->refused, NULL, entry->retry_after_ms);
        session_close(session, entry->refused == CODE_RATE_LIMITED ? CLOSE_RATE_LIMITED : CLOSE_TOO_MANY);
    } else if (entry->who != NULL) {
        session_set_principal(session, entry->who);
        if (!entry->as_stream) session_welcome(session, entry->follow_all);
    } else if (entry->bad_token) {
        refuse_entry(session);
    } else if (entry->ticket.at != NULL) {
        int rc = begin_ticket(session, entry->ticket);
        if (rc == ERR_UNAUTHENTICATED) refuse_entry(session);
        else if (rc < 0) session_close(session, CLOSE_TOO_MANY);
    }
    return 0;
}

/* --- Bytes --- */

/* True: over the user's limit, and told so. Whoever goes on all the same is closed. */
ON_LOOP static bool is_over_limit(struct session *session, const struct message *message)
{
    int64_t retry_after_ms = 0;
    struct rate *rate = session->worker->server->options.messages_by_user;
    if (rate_take(rate, str_span(session->who->sub), loop_now(session->worker->loop), &retry_after_ms)) {
        session->limited = 0;
        return false;
    }
    session_error_until(session, message, CODE_RATE_LIMITED, NULL, retry_after_ms);
    if (++session->limited >= LIMITED_MAX) session_close(session, CLOSE_RATE_LIMITED);
    return true;
}

ON_LOOP static void carry_out(struct session *session, struct message *message)
{
    switch (message->type) {
    case MESSAGE_AUTHENTICATE: session_authenticate(session, message); break;
    case MESSAGE_CHECK_IN:
    case MESSAGE_CHECK_OUT: session_command(session, message); break;
    case MESSAGE_SUBSCRIBE: session_subscribe(session, message); break;
    case MESSAGE_UNSUBSCRIBE: session_unsubscribe(session, message); break;
    case MESSAGE_GET_STATS: session_get_stats(session, message); break;
    case MESSAGE_HEARTBEAT: session_heartbeat(session, message); break;
    case MESSAGE_NONE: break;
    }
}

/* A resume that waits until the log was looked at once more, and what came behind it. */
struct look {
    struct session *session;
    struct buf text, rest;
};

static void look_free(struct look *look)
{
    if (look == NULL) return;
    buf_done(&look->text);
    buf_done(&look->rest);
    free(look);
}
static void look_owned(struct look **look) { look_free(*look); }

ON_LOOP static void on_text(struct session *session, struct str text);

/* The writer reads all heads after any work that may have changed locations. */
static int no_work(struct sql *sql, struct ask *ask)
{
    ignore(sql, "see above");
    ignore(ask, "see above");
    return 0;
}

static void looked(struct ask *ask)
{
    in_loop();
    OWNED(look) struct look *look = ask->ctx;
    struct session *session = look->session;
    ask_free(ask);
    session->look = NULL;
    if (session->state == SESSION_JOINING || session->state == SESSION_IN) {
        session->looked_again = true; /* what is beyond the log itself is from another history */
        on_text(session, buf_str(&look->text));
        session->looked_again = false;
        if (look->rest.len > 0 && session->client != NULL) {
            session_bytes(session, (struct mspan){look->rest.at, look->rest.len});
        }
    }
    session_answered(session);
}

ON_LOOP static int look_again(struct session *session, struct str text)
{
    OWNED(look) struct look *look = calloc(1, sizeof *look);
    if (look == NULL) return ERR_NOMEM;
    look->session = session;
    look->text = buf_of(text.len + 1);
    look->rest = buf_of((size_t)4 * 1024 * 1024);
    TRY(buf_put_str(&look->text, text));
    struct ask *ask;
    TRY(ask_create(ASK_WORK, session->worker->loop, looked, look, &ask));
    ask->work = no_work;
    ask->changes_locations = true;
    int rc = ask_send(session->worker->server->writer, ask);
    if (rc < 0) {
        ask_free(ask);
        return rc;
    }
    session->look = take(look);
    session->in_flight++;
    session->paused = true;
    conn_pause_reading(&session->client->conn);
    return 0;
}

ON_LOOP static void on_text(struct session *session, struct str text)
{
    count_up(&session->worker->counts.messages_in);
    struct message message;
    const char *sentence = NULL;
    enum code code = message_parse(str_span(text), &message, &sentence);
    bool may_always = message.type == MESSAGE_AUTHENTICATE || message.type == MESSAGE_HEARTBEAT;
    if (session->who == NULL && !may_always && code == CODE_OK) {
        code = CODE_UNAUTHENTICATED;
        sentence = NULL;
    }
    bool over_limit = session->who != NULL && is_over_limit(session, &message);
    bool resumes = message.type == MESSAGE_AUTHENTICATE || message.type == MESSAGE_SUBSCRIBE;
    if (!over_limit && code == CODE_OK && resumes && !session->looked_again &&
        session_is_ahead(session, &message) && look_again(session, text) == 0) {
        message_done(&message);
        return;
    }
    if (!over_limit && code == CODE_OK) carry_out(session, &message);
    else if (!over_limit) session_error(session, &message, code, sentence);
    message_done(&message);
}

ON_LOOP static void on_peer_close(struct session *session, uint16_t code)
{
    if (session->state != SESSION_CLOSING) {
        /* RFC 6455 5.5.1: answer with a Close, typically echoing the code. */
        OWNED(frame) struct frame *frame = NULL;
        if (ws_frame_close(code, (struct str){0}, &frame) == 0) {
            ignore(conn_send_frame(&session->client->conn, frame), "it ends in any case");
        }
    }
    end_in_order(session);
}

ON_LOOP static void on_message(struct session *session, const struct ws_message *message)
{
    if (message->kind == WS_CLOSE) {
        on_peer_close(session, message->close_code);
    } else if (message->kind == WS_PING && session->state != SESSION_CLOSING) {
        OWNED(frame) struct frame *pong = NULL;
        struct span echo = {message->payload.at, message->payload.len};
        if (ws_frame(WS_PONG, echo, &pong) == 0) ignore(send_frame(session, pong), "it closes by itself");
    } else if (message->kind == WS_TEXT && session->state != SESSION_CLOSING) {
        on_text(session, ws_message_str(message));
    }
}

void session_bytes(struct session *session, struct mspan bytes)
{
    if (session->is_stream) return; /* nothing is asked for there */
    if (session->look != NULL) {    /* read before the pause took hold */
        if (buf_put(&session->look->rest, span_of(bytes.at, bytes.len)) < 0)
            session_close(session, CLOSE_TOO_MANY);
        return;
    }
    while (conn_is_open(&session->client->conn) && !session->decoder.failed) {
        struct ws_message message;
        int rc = ws_decoder_next(&session->decoder, &bytes, &message);
        if (rc < 0) session_close(session, (enum close_code)ws_close_code(rc));
        if (rc <= 0) break;
        on_message(session, &message);
        if (session->look == NULL) continue;
        if (buf_put(&session->look->rest, span_of(bytes.at, bytes.len)) < 0)
            session_close(session, CLOSE_TOO_MANY);
        return;
    }
    if (session->decoder.failed) {
        bool open = conn_is_open(&session->client->conn);
        if (open && ws_decoder_seek_close(&session->decoder, &bytes)) end_in_order(session);
        return;
    }
    if (session->state == SESSION_IN) hub_pump(session->worker->hub, &session->subscriber);
    /* Too many commands under way: what follows stays with the kernel until some are answered. */
    bool busy = session->in_flight >= limits_of(session)->in_flight_max;
    if (!busy || session->paused || !conn_is_open(&session->client->conn) ||
        session->state == SESSION_CLOSING) {
        return;
    }
    session->paused = true;
    conn_pause_reading(&session->client->conn);
}

void session_gone(struct session *session)
{
    struct wheel *wheel = loop_wheel(session->worker->loop);
    timer_cancel(wheel, &session->timer);
    timer_cancel(wheel, &session->token_timer);
    hub_unfollow_all(&session->subscriber);
    ws_decoder_done(&session->decoder);
    if (session->who != NULL) count_down(&session->worker->counts.authenticated);
    count_down(&session->worker->counts.sockets);
    if (session->address_len > 0) {
        struct span address = span_of(session->address, session->address_len);
        rate_give_back(session->worker->server->options.sockets_by_address, address,
                       loop_now(session->worker->loop));
    }
    session->client = NULL;
    session->state = SESSION_GONE;
    free_if_done(session);
}

void session_drained(struct session *session)
{
    if (session->state == SESSION_IN) hub_pump(session->worker->hub, &session->subscriber);
}

void session_stalled(struct session *session)
{
    if (session->state == SESSION_CLOSING) client_close(session->client, ERR_CLOSED);
    else too_slow(session);
}

void session_eof(struct session *session)
{
    /* RFC 6455 7.1.1: without a Close first the connection was cut. */
    if (session->state == SESSION_CLOSING) end_in_order(session);
    else client_close(session->client, 0);
}

void session_revoked(struct session *session, struct str login)
{
    if (session->who == NULL || login.len == 0 || !str_eq(session->who->session, login)) return;
    session_error(session, NULL, CODE_UNAUTHENTICATED, "You were signed out; sign in again");
    session_close(session, CLOSE_UNAUTHENTICATED);
}

void session_drain(struct session *session, int64_t reconnect_after_ms)
{
    OWNED(buf) struct buf json = buf_of(512);
    struct json out = out_begin(&json, "server_draining", (struct str){0});
    jw_i64(&out, "reconnect_after_ms", reconnect_after_ms);
    if (session->is_stream) ignore(stream_put_retry(session, reconnect_after_ms), "the message says it too");
    if (out_end(&out) == 0) ignore(session_send(session, &json), "it closes by itself");
    session_close(session, CLOSE_RESTART);
}
