#include "live/client.h"

#include "base/clock.h"
#include "base/log.h"
#include "live/session.h"
#include "protocol/codes.h"

#include <stdlib.h>

static void free_exchange(struct exchange *exchange)
{
    if (exchange->on_end != NULL) exchange->on_end(exchange);
    principal_unref(exchange->who);
    json_decref(exchange->body);
    directory_unref(exchange->held_directory);
    http_reader_free(exchange->reader);
    arena_done(&exchange->arena);
    free(exchange);
}

void exchange_respond(struct exchange *exchange, struct http_response *response)
{
    struct client *client = exchange->client;
    struct http_reply reply = http_reply_to(exchange->request, clock_wall());
    const struct site *site = exchange->server->options.site;
    reply.hsts = site->has_public_url && site->public_url.is_https;
    struct frame *frame = NULL;
    int rc = http_response_frame(response, &reply, &frame);
    http_response_done(response);
    if (rc < 0) {
        log_error("an answer could not be made", F_ERR(rc));
        OWNED(http_response) struct http_response plain = http_response_of(500);
        http_put_problem(&plain, 500, "internal", str_c(code_sentence(CODE_INTERNAL)));
        rc = http_response_frame(&plain, &reply, &frame);
    }
    struct http_reader *reader = take(exchange->reader);
    free_exchange(exchange);
    if (client != NULL && rc == 0) {
        client_answered(client, reader, frame, reply.keep_alive);
        return;
    }
    http_reader_free(reader);
    frame_unref(frame);
    if (client == NULL) return;
    client->exchange = NULL;
    client_close(client, rc);
}

void exchange_taken_over(struct exchange *exchange)
{
    exchange->client->exchange = NULL;
    free_exchange(exchange);
}

void exchange_fail(struct exchange *exchange, enum code code, struct str detail)
{
    int status = code_http_status(code);
    struct http_response response = http_response_of(status);
    if (status == 401) {
        http_put_www_authenticate(&response, exchange->who == NULL ? NULL : "invalid_token", NULL);
    }
    bool later = code == CODE_OVERLOADED || code == CODE_UNAVAILABLE || code == CODE_RATE_LIMITED;
    if (later) http_put_retry_after(&response, 1000);
    struct json json = http_problem_begin(&response, status, code_name(code),
                                          detail.at != NULL ? detail : str_c(code_sentence(code)));
    if (later) jw_i64(&json, "retry_after_ms", 1000);
    http_problem_end(&response, &json);
    exchange_respond(exchange, &response);
}

void exchange_respond_json(struct exchange *exchange, int status, const struct buf *json)
{
    struct http_response response = http_response_of(status);
    http_put_content_type(&response, "application/json");
    int rc = buf_put(&response.body, buf_span(json));
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

/* --- Beginning --- */

ON_LOOP static void refuse_token(struct exchange *exchange)
{
    struct http_response response = http_response_of(401);
    http_put_www_authenticate(&response, "invalid_token",
                              "The token is expired, revoked, or not for this server");
    http_put_problem(&response, 401, "unauthenticated", str_c(code_sentence(CODE_UNAUTHENTICATED)));
    exchange_respond(exchange, &response);
}

/* False: answered already. */
ON_LOOP static bool sign_in(struct exchange *exchange, const struct endpoint *endpoint)
{
    const struct server_options *options = &exchange->server->options;
    struct str token;
    int rc = http_bearer(exchange->request, &token);
    if (rc == 1) {
        rc = options->check_token(options->auth, token, clock_wall(), &exchange->who);
        if (rc == 0 && worker_is_revoked(worker_of(exchange->loop), exchange->who->session)) {
            rc = ERR_UNAUTHENTICATED;
        }
    } else if (rc == 0) {
        if (endpoint->is_open) return true;
        exchange_fail(exchange, CODE_UNAUTHENTICATED, (struct str){0});
        return false;
    }
    if (rc < 0 && !endpoint->is_open) {
        refuse_token(exchange);
        return false;
    }
    if (rc < 0) {
        principal_unref(exchange->who);
        exchange->who = NULL;
    }
    bool may =
        endpoint->is_open || endpoint->action == MAY_COUNT || principal_may(exchange->who, endpoint->action);
    if (!may) exchange_fail(exchange, CODE_FORBIDDEN, (struct str){0});
    return may;
}

void exchange_begin_with(struct client *client, const struct endpoint *endpoint, exchange_handler *handle)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        client_close(client, ERR_NOMEM);
        return;
    }
    exchange->client = client;
    exchange->server = client->worker->server;
    exchange->loop = client->worker->loop;
    exchange->reader = take(client->reader);
    exchange->request = http_reader_request(exchange->reader);
    exchange->match = client->match;
    exchange->arena = arena_of(EXCHANGE_BYTES_MAX);
    client->exchange = exchange;
    site_view(exchange->server->options.site, exchange->request, &client->peer, conn_is_secure(&client->conn),
              &exchange->view);
    exchange->peer_address = exchange->view.peer;
    exchange->is_https = exchange->view.is_https;
    if (sign_in(exchange, endpoint)) handle(exchange);
}

void exchange_begin(struct client *client, const struct endpoint *endpoint)
{
    exchange_begin_with(client, endpoint, endpoint->handle);
}

/* --- Away and back --- */

static int run_reading(struct sql *sql, struct reading *reading)
{
    struct exchange *exchange = (struct exchange *)((char *)reading - offsetof(struct exchange, reading));
    return exchange->run(sql, exchange);
}

static void reading_done(struct reading *reading, int result)
{
    in_loop();
    struct exchange *exchange = (struct exchange *)((char *)reading - offsetof(struct exchange, reading));
    exchange->result = result;
    exchange->then(exchange);
}

void exchange_read(struct exchange *exchange, int (*run)(struct sql *sql, struct exchange *exchange),
                   void (*then)(struct exchange *exchange))
{
    exchange->run = run;
    exchange->then = then;
    exchange->reading = (struct reading){.loop = exchange->loop, .run = run_reading, .on_done = reading_done};
    int rc = reading_start(exchange->server->readers, &exchange->reading);
    if (rc < 0) {
        exchange_fail(exchange, rc == ERR_OVERLOADED ? CODE_OVERLOADED : CODE_UNAVAILABLE, (struct str){0});
    }
}

static int run_work(struct sql *sql, struct ask *ask)
{
    struct exchange *exchange = ask->ctx;
    return exchange->run(sql, exchange);
}

static void work_done(struct ask *ask)
{
    in_loop();
    struct exchange *exchange = ask->ctx;
    exchange->result = ask->result;
    ask_free(ask);
    exchange->then(exchange);
}

ON_LOOP static void send_ask(struct exchange *exchange, struct ask *ask)
{
    int rc = ask_send(exchange->server->writer, ask);
    if (rc == 0) return;
    ask_free(ask);
    exchange_fail(exchange, rc == ERR_OVERLOADED ? CODE_OVERLOADED : CODE_UNAVAILABLE, (struct str){0});
}

ON_LOOP static void write_in(struct exchange *exchange,
                             int (*run)(struct sql *sql, struct exchange *exchange),
                             void (*then)(struct exchange *exchange), bool changes_locations)
{
    struct ask *ask;
    if (ask_create(ASK_WORK, exchange->loop, work_done, exchange, &ask) < 0) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    exchange->run = run;
    exchange->then = then;
    ask->work = run_work;
    ask->changes_locations = changes_locations;
    send_ask(exchange, ask);
}

void exchange_write(struct exchange *exchange, int (*run)(struct sql *sql, struct exchange *exchange),
                    void (*then)(struct exchange *exchange))
{
    write_in(exchange, run, then, false);
}

void exchange_write_locations(struct exchange *exchange,
                              int (*run)(struct sql *sql, struct exchange *exchange),
                              void (*then)(struct exchange *exchange))
{
    write_in(exchange, run, then, true);
}

static void command_done(struct ask *ask)
{
    in_loop();
    struct exchange *exchange = ask->ctx;
    exchange->then_command(exchange, ask);
    ask_free(ask);
}

void exchange_command(struct exchange *exchange, const struct command *command,
                      void (*then)(struct exchange *exchange, const struct ask *ask))
{
    struct ask *ask;
    if (ask_create(ASK_COMMAND, exchange->loop, command_done, exchange, &ask) < 0) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    exchange->then_command = then;
    ask->command = *command;
    ask->who = principal_ref(exchange->who);
    ask->audience = session_audience(ask->who->role);
    ask->command.actor = session_actor(ask->who);
    send_ask(exchange, ask);
}

/* --- What a handler may ask --- */

const struct config *exchange_config(const struct exchange *exchange)
{
    return exchange->server->options.config;
}

struct directory *exchange_directory(const struct exchange *exchange)
{
    return hub_directory(worker_of(exchange->loop)->hub);
}

struct directory *exchange_hold_directory(struct exchange *exchange)
{
    if (exchange->held_directory == NULL) {
        exchange->held_directory = directory_ref(exchange_directory(exchange));
    }
    return exchange->held_directory;
}

bool exchange_stats(const struct exchange *exchange, struct location_id location, struct seq *ret_head,
                    struct stats *ret_stats)
{
    const struct channel *channel = hub_channel(worker_of(exchange->loop)->hub, location);
    if (channel == NULL) return false;
    *ret_head = channel_head(channel);
    *ret_stats = *channel_stats(channel);
    return true;
}

bool exchange_allows_origin(const struct exchange *exchange)
{
    return site_allows_origin(exchange->server->options.site, exchange->request);
}

bool exchange_is_draining(const struct exchange *exchange) { return worker_of(exchange->loop)->draining; }

struct str exchange_epoch(const struct exchange *exchange) { return str_c(exchange->server->epoch); }

void exchange_session_revoked(struct exchange *exchange, struct str session)
{
    server_revoke(exchange->server, session);
}
