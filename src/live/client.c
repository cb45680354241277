#include "live/client.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "live/session.h"
#include "protocol/codes.h"
#include "ws/handshake.h"

#include <stdlib.h>
#include <unistd.h>

#define SOCKET_PATH "/ws/checkins"
#define CONNECTIONS_TO_TELL 256 /* so many beyond connections_max are still told that there are too many */

static struct client *client_of(struct conn *conn) { return (struct client *)conn; }
static const struct server_options *options_of(const struct client *client)
{
    return &client->worker->server->options;
}

void client_close(struct client *client, int why) { conn_close(&client->conn, why); }

static void on_request_timeout(struct timer *timer);

static void watch_request(struct client *client)
{
    struct loop *loop = client->worker->loop;
    struct mono_ms at = {loop_now(loop).ms + options_of(client)->limits.request_timeout_ms};
    timer_set(loop_wheel(loop), &client->timer, at, on_request_timeout);
}

ON_LOOP static void answer_and_end(struct client *client, struct http_response *response,
                                   const struct http_request *request)
{
    struct http_reply reply =
        request == NULL ? (struct http_reply){.now = clock_wall()} : http_reply_to(request, clock_wall());
    reply.keep_alive = false;
    OWNED(frame) struct frame *frame = NULL;
    int rc = http_response_frame(response, &reply, &frame);
    if (rc == 0) rc = conn_send_frame(&client->conn, frame);
    if (rc < 0) client_close(client, rc);
    else conn_shutdown_after_flush(&client->conn);
    timer_cancel(loop_wheel(client->worker->loop), &client->timer);
}

/* An answer to what is no request that a handler could see. */
ON_LOOP static void refuse(struct client *client, const struct http_request *request, int status,
                           const char *code, struct str detail)
{
    OWNED(http_response) struct http_response response = http_response_of(status);
    http_put_problem(&response, status, code, detail);
    answer_and_end(client, &response, request);
}

static void on_request_timeout(struct timer *timer)
{
    in_loop();
    struct client *client = (struct client *)((char *)timer - offsetof(struct client, timer));
    if (client->reader == NULL || http_reader_is_idle(client->reader)) {
        client_close(client, 0);
        return;
    }
    OWNED(http_response) struct http_response response = http_response_of(408);
    http_put_problem(&response, 408, "timeout", STR("The request did not arrive in time"));
    answer_and_end(client, &response, NULL);
}

/* --- The upgrade --- */

struct entry_claims {
    struct str token; /* ?token=; at NULL: none */
    struct str ticket;
    struct str bearer;
};

/* 0, or the status of a refusal. */
static int read_claims(const struct http_request *request, struct entry_claims *claims)
{
    *claims = (struct entry_claims){0};
    int token = http_query(request, "token", &claims->token);
    int ticket = http_query(request, "ticket", &claims->ticket);
    int bearer = http_bearer(request, &claims->bearer);
    if (token < 0 || ticket < 0) return 400;
    if (bearer < 0) return 401;
    return token + ticket + bearer > 1 ? 400 : 0;
}

static int check_token(const struct client *client, struct str token, struct principal **ret_who)
{
    const struct server_options *options = options_of(client);
    OWNED(principal) struct principal *who = NULL;
    TRY(options->check_token(options->auth, token, clock_wall(), &who));
    if (worker_is_revoked(client->worker, who->session)) return ERR_UNAUTHENTICATED;
    *ret_who = take(who);
    return 0;
}

/* Who comes in, from what the request claims. 0, or the status of a refusal. */
static int find_entry(const struct client *client, const struct entry_claims *claims,
                      struct session_entry *entry)
{
    entry->ticket = claims->ticket;
    if (claims->bearer.at != NULL) return check_token(client, claims->bearer, &entry->who) < 0 ? 401 : 0;
    if (claims->token.at == NULL) return 0;
    entry->follow_all = true;
    /* A browser cannot read a refused upgrade's status: accepted, told, closed with 4401. */
    bool good = options_of(client)->url_token && check_token(client, claims->token, &entry->who) == 0;
    entry->bad_token = !good;
    return 0;
}

static int joined(const struct http_request *request, const char *name, struct buf *out,
                  struct str *ret_value)
{
    int rc = http_header_joined(request, name, out);
    *ret_value = rc == 1 ? buf_str(out) : (struct str){0};
    return rc < 0 ? rc : 0;
}

static int shake_hands(const struct client *client, const struct http_request *request,
                       struct ws_answer *ret_answer)
{
    OWNED(buf) struct buf connection = buf_of(4096);
    OWNED(buf) struct buf upgrade = buf_of(4096);
    OWNED(buf) struct buf extensions = buf_of(16384);
    OWNED(buf) struct buf protocol = buf_of(16384);
    OWNED(buf) struct buf version = buf_of(256);
    struct ws_request ws = {.key = http_header(request, "Sec-WebSocket-Key")};
    TRY(joined(request, "Sec-WebSocket-Version", &version, &ws.version));
    TRY(joined(request, "Upgrade", &upgrade, &ws.upgrade));
    TRY(joined(request, "Connection", &connection, &ws.connection));
    TRY(joined(request, "Sec-WebSocket-Extensions", &extensions, &ws.extensions));
    TRY(joined(request, "Sec-WebSocket-Protocol", &protocol, &ws.protocol));
    if (http_header_count(request, "Sec-WebSocket-Key") > 1) ws.key = (struct str){0};
    return ws_handshake(&ws, options_of(client)->compress, ret_answer);
}

ON_LOOP static int accept_upgrade(struct client *client, const struct ws_answer *answer)
{
    OWNED(buf) struct buf head = buf_of(1024);
    TRY(buf_printf(
        &head,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
        answer->accept));
    if (answer->extensions[0] != '\0') {
        TRY(buf_printf(&head, "Sec-WebSocket-Extensions: %s\r\n", answer->extensions));
    }
    TRY(buf_put_str(&head, STR("\r\n")));
    return conn_send_bytes(&client->conn, buf_span(&head));
}

ON_LOOP static void refuse_upgrade(struct client *client, const struct ws_answer *answer)
{
    OWNED(http_response) struct http_response response = http_response_of(answer->status);
    http_put_problem(&response, answer->status, "bad_message", str_c(answer->reason));
    if (answer->status == 426) {
        http_put_header(&response, "Upgrade", STR("websocket"));
        http_put_header(&response, "Sec-WebSocket-Version", STR(WS_VERSION));
    }
    answer_and_end(client, &response, http_reader_request(client->reader));
}

ON_LOOP static void refuse_bearer(struct client *client)
{
    OWNED(http_response) struct http_response response = http_response_of(401);
    http_put_problem(&response, 401, "unauthenticated", str_c(code_sentence(CODE_UNAUTHENTICATED)));
    http_put_www_authenticate(&response, "invalid_token",
                              "The token is expired, revoked, or not for this server");
    answer_and_end(client, &response, http_reader_request(client->reader));
}

/* 1 to 5 s, so that those who were turned away do not come back together. */
static int64_t retry_spread(void)
{
    uint16_t random = 0;
    ignore(random_bytes((uint8_t *)&random, sizeof random), "without it they come back together once");
    return 1000 + random % 4000;
}

/* After a restart all come at once: so many a second are let in. And one address holds no more than its share. */
ON_LOOP static enum code admit(const struct client *client, const struct http_request *request,
                               uint8_t address[RATE_ADDRESS_BYTES], struct span *ret_counted)
{
    const struct server_options *options = options_of(client);
    struct mono_ms now = loop_now(client->worker->loop);
    struct site_view view;
    int64_t next_ms;
    if (server_connections_over(client->worker->server) > 0) return CODE_OVERLOADED;
    if (!rate_take(options->admissions, str_span(STR("*")), now, &next_ms)) return CODE_OVERLOADED;
    site_view(options->site, request, &client->peer, conn_is_secure(&client->conn), &view);
    struct span key = rate_address(str_c(view.peer), address);
    if (!rate_take(options->sockets_by_address, key, now, &next_ms)) return CODE_RATE_LIMITED;
    *ret_counted = key;
    return CODE_OK;
}

ON_LOOP static void uncount(const struct client *client, const struct session_entry *entry)
{
    if (entry->address.len > 0) {
        rate_give_back(options_of(client)->sockets_by_address, entry->address,
                       loop_now(client->worker->loop));
    }
}

ON_LOOP static void let_in(struct client *client, const struct ws_answer *answer,
                           const struct session_entry *entry)
{
    timer_cancel(loop_wheel(client->worker->loop), &client->timer);
    int rc = accept_upgrade(client, answer);
    if (rc == 0) rc = session_start(client, entry, answer->window_bits);
    else principal_unref(entry->who);
    if (client->session == NULL) uncount(client, entry); /* a session does it at its end */
    if (rc < 0) client_close(client, rc);
    http_reader_free(client->reader);
    client->reader = NULL;
}

ON_LOOP static void upgrade(struct client *client, const struct http_request *request)
{
    struct ws_answer answer;
    if (!site_allows_origin(options_of(client)->site, request)) {
        refuse(client, request, 403, "forbidden",
               STR("This page's origin may not open a socket here; see [server] allowed_origins"));
        return;
    }
    if (shake_hands(client, request, &answer) < 0) {
        refuse(client, request, 500, "internal", str_c(code_sentence(CODE_INTERNAL)));
        return;
    }
    if (answer.status != 101) {
        refuse_upgrade(client, &answer);
        return;
    }
    struct entry_claims claims;
    struct session_entry entry = {0};
    uint8_t address[RATE_ADDRESS_BYTES];
    int status = read_claims(request, &claims);
    if (status == 0) entry.refused = admit(client, request, address, &entry.address);
    if (entry.refused != CODE_OK) entry.retry_after_ms = retry_spread();
    else if (status == 0) status = find_entry(client, &claims, &entry);
    if (status == 0) {
        let_in(client, &answer, &entry);
        return;
    }
    uncount(client, &entry);
    if (status == 401) {
        refuse_bearer(client);
    } else {
        refuse(client, request, status, "bad_message",
               STR("Sign in one way only: token, ticket or Authorization, each once"));
    }
}

/* --- Requests --- */

static bool is_socket_path(struct str path)
{
    return str_eq_c(path, SOCKET_PATH) || str_eq_c(path, SOCKET_PATH "/");
}

ON_LOOP static void refuse_route(struct client *client, enum http_found found)
{
    const struct http_request *request = http_reader_request(client->reader);
    bool wrong_verb = found == HTTP_NO_VERB;
    OWNED(http_response) struct http_response response = http_response_of(wrong_verb ? 405 : 404);
    if (wrong_verb) {
        char allow[HTTP_ALLOW_BYTES];
        http_put_header(&response, "Allow", http_allow(client->match.verbs, allow));
        http_put_problem(&response, 405, "method_not_allowed", STR("This address does not take that method"));
    } else {
        http_put_problem(&response, 404, "not_found", STR("There is nothing at this address"));
    }
    struct http_reply reply = http_reply_to(request, clock_wall());
    OWNED(frame) struct frame *frame = NULL;
    int rc = http_response_frame(&response, &reply, &frame);
    if (rc < 0) {
        client_close(client, rc);
        return;
    }
    client_answered(client, take(client->reader), take(frame), reply.keep_alive);
}

static size_t body_max(const struct client *client, const struct http_route *route)
{
    const struct server_limits *limits = &options_of(client)->limits;
    size_t most = (route->flags & ROUTE_UPLOAD) != 0 ? limits->upload_bytes_max : limits->body_bytes_max;
    return route->body_bytes_max < most ? route->body_bytes_max : most;
}

/* The route, right after the head: how big a body it takes. */
ON_LOOP static int on_head(struct client *client)
{
    const struct http_request *request = http_reader_request(client->reader);
    count_up(&client->worker->counts.requests);
    client->found =
        http_router_match(options_of(client)->router, request->verb, request->path, &client->match);
    TRY(http_reader_allow_body(client->reader,
                               client->found == HTTP_FOUND ? body_max(client, client->match.route) : 0));
    if (!http_reader_wants_continue(client->reader)) return 0;
    return conn_send_bytes(&client->conn, str_span(HTTP_100_CONTINUE));
}

ON_LOOP static void on_request(struct client *client)
{
    const struct http_request *request = http_reader_request(client->reader);
    if (request->host.len > 0 && !site_knows_host(options_of(client)->site, request->host)) {
        refuse(client, request, 403, "forbidden",
               STR("This server does not go by that name; see [server] hosts"));
    } else if (is_socket_path(request->path) && request->wants_websocket) {
        upgrade(client, request);
    } else if (is_socket_path(request->path)) {
        struct ws_answer answer = {.status = 426,
                                   .reason = "This address speaks WebSocket: connect with ws:// or wss://"};
        refuse_upgrade(client, &answer);
    } else if (client->found == HTTP_FOUND) {
        exchange_begin(client, client->match.route->handler);
    } else if (client->found == HTTP_NO_PATH && options_of(client)->fallback != NULL &&
               (request->verb == VERB_GET || request->verb == VERB_HEAD)) {
        static struct endpoint fallback = {.is_open = true, .action = MAY_COUNT};
        exchange_begin_with(client, &fallback, options_of(client)->fallback);
    } else {
        refuse_route(client, client->found);
    }
}

/* The next request out of these bytes, or as much of it as is there. False: the rest must wait. */
ON_LOOP static bool read_request(struct client *client, struct span *in)
{
    if (client->reader == NULL) {
        static const struct http_limits LIMITS = HTTP_LIMITS_DEFAULT;
        int rc = http_reader_create(&LIMITS, &client->reader);
        if (rc < 0) {
            client_close(client, rc);
            return false;
        }
    }
    if (http_reader_is_idle(client->reader) && in->len > 0) watch_request(client);
    int step = http_reader_next(client->reader, in);
    if (step == HTTP_HEADERS) {
        step = on_head(client);
        if (step == 0) {
            step = http_reader_next(client->reader, in); /* a request without a body is whole by now */
        }
    }
    if (step == HTTP_WHOLE) {
        timer_cancel(loop_wheel(client->worker->loop), &client->timer);
        on_request(client);
        return true;
    }
    if (step == HTTP_MORE) return false;
    if (step == ERR_NOMEM) {
        client_close(client, step);
    } else {
        refuse(client, NULL, http_reader_status(client->reader), "bad_message",
               http_reader_reason(client->reader));
    }
    return false;
}

ON_LOOP static void keep_pending(struct client *client, struct span rest)
{
    if (rest.len == 0) return;
    client->pending.bytes_max = CLIENT_PENDING_BYTES + LOOP_READ_BYTES;
    int rc = buf_put(&client->pending, rest);
    if (rc < 0) client_close(client, rc);
    else if (client->pending.len >= CLIENT_PENDING_BYTES) conn_pause_reading(&client->conn);
}

ON_LOOP static void feed(struct client *client, struct mspan bytes)
{
    struct span in = {bytes.at, bytes.len};
    bool go_on = true;
    while (go_on && conn_is_open(&client->conn)) {
        if (client->session != NULL) {
            session_bytes(client->session, (struct mspan){bytes.at + (in.at - bytes.at), in.len});
            return;
        }
        if (client->exchange != NULL) {
            keep_pending(client, in);
            return;
        }
        if (in.len == 0) return;
        go_on = read_request(client, &in);
    }
}

void client_answered(struct client *client, struct http_reader *reader, struct frame *frame, bool keep_alive)
{
    client->exchange = NULL;
    int rc = conn_is_open(&client->conn) ? conn_send_frame(&client->conn, frame) : ERR_CLOSED;
    frame_unref(frame);
    bool goes_on = rc == 0 && keep_alive && !client->worker->draining;
    if (goes_on) {
        http_reader_restart(reader);
        client->reader = reader;
        watch_request(client);
    } else {
        http_reader_free(reader);
    }
    if (rc < 0 && rc != ERR_CLOSED) client_close(client, rc);
    else if (!goes_on) conn_shutdown_after_flush(&client->conn);
    if (!goes_on) return;
    conn_resume_reading(&client->conn);
    if (client->pending.len == 0) return;
    OWNED(buf) struct buf pending = client->pending;
    client->pending = (struct buf){0};
    feed(client, (struct mspan){pending.at, pending.len});
}

/* --- The connection --- */

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    in_loop();
    feed(client_of(conn), bytes);
}

static void on_eof(struct conn *conn)
{
    in_loop();
    struct client *client = client_of(conn);
    if (client->session != NULL) session_eof(client->session);
    else if (client->exchange == NULL) conn_shutdown_after_flush(conn);
    /* A half-closed client still gets the answer that it waits for; then the connection ends, since nothing more can come. */
}

static void on_drained(struct conn *conn)
{
    in_loop();
    struct client *client = client_of(conn);
    if (client->session != NULL) session_drained(client->session);
}

static void on_stalled(struct conn *conn)
{
    in_loop();
    struct client *client = client_of(conn);
    if (client->session != NULL) session_stalled(client->session);
    else client_close(client, ERR_CLOSED);
}

static void on_closed(struct conn *conn, int why)
{
    in_loop();
    struct client *client = client_of(conn);
    log_debug("connection ended", F_ERR(why));
    timer_cancel(loop_wheel(client->worker->loop), &client->timer);
    if (client->session != NULL) session_gone(client->session);
    if (client->exchange != NULL) client->exchange->client = NULL;
    http_reader_free(client->reader);
    buf_done(&client->pending);
    count_down(&client->worker->counts.connections);
    free(client);
}

static const struct conn_handler CLIENT = {on_bytes, on_eof, on_drained, on_stalled, on_closed};

int client_accept(struct loop *loop, int fd, const struct peer *peer, void *ctx)
{
    in_loop();
    struct worker *worker = ctx;
    count_up(&worker->counts.accepted);
    if (server_connections_over(worker->server) >= CONNECTIONS_TO_TELL) {
        log_warn("too many connections; one was turned away");
        return ERR_LIMIT;
    }
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) return ERR_NOMEM;
    client->worker = worker;
    client->peer = *peer;
    count_up(&worker->counts.connections);
    conn_open(&client->conn, loop, fd, &CLIENT);
    watch_request(client);
    if (worker->server->options.tls == NULL) return 0;
    int rc = conn_secure(&client->conn, worker->server->options.tls);
    if (rc < 0) client_close(client, rc); /* its end frees it */
    return 0;
}
