#include "live/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "live/session.h"
#include "net/process.h"

#include <stdlib.h>
#include <unistd.h>

#define DRAIN_PAUSE_MS 200   /* before anybody comes back */
#define DRAIN_SPREAD_MS 5000 /* over which they come, or longer where so many are not let in as fast */
#define DRAIN_TIMEOUT_MS 8000
#define LISTENER_DRAIN_MS 200

struct server_limits server_limits_default(void)
{
    return (struct server_limits){
        .message_bytes_max = 16 * 1024,
        .queue_bytes_max = 256 * 1024,
        .auth_timeout_ms = 10000,
        .write_timeout_ms = 10000,
        .close_timeout_ms = 5000,
        .request_timeout_ms = 30000,
        .body_bytes_max = (size_t)1024 * 1024,
        .upload_bytes_max = (size_t)32 * 1024 * 1024,
        .heartbeat_ms = 25000,
        .stats_interval_ms = 250,
        .memory_events = 1000,
        .resume_events_max = 10000,
        .events_keep_ms = INT64_C(30) * 24 * 3600 * 1000,
        .connections_max = 200000,
        .asks_max = 65536,
        .in_flight_max = 256,
    };
}

/* --- From the writer to the loops --- */

struct delivery {
    struct loop_msg msg;
    struct saved *saved; /* a reference, or NULL */
    struct queue_node *answered;
};

static void deliver(struct worker *worker, struct saved *saved, struct queue_node *answered)
{
    if (saved != NULL) {
        int rc = hub_publish(worker->hub, saved, loop_now(worker->loop));
        if (rc < 0) log_error("events could not be published", F_ERR(rc));
    }
    while (answered != NULL) {
        struct ask *ask = (struct ask *)((char *)answered - offsetof(struct ask, node));
        answered = answered->next;
        ask->on_done(ask);
    }
}

static void delivery_run(struct loop *loop, struct loop_msg *msg)
{
    in_loop();
    struct delivery *delivery = (struct delivery *)msg;
    deliver(worker_of(loop), delivery->saved, delivery->answered);
    saved_unref(delivery->saved);
    free(delivery);
}

/* Out of memory here would lose a confirmed event on the way to the screens: waits for some. */
static struct delivery *delivery_create(void)
{
    struct delivery *delivery;
    while ((delivery = calloc(1, sizeof *delivery)) == NULL) usleep(10000);
    delivery->msg.run = delivery_run;
    return delivery;
}

/* A loop's box that is full slows the writer down, which is what should happen then. */
static void post(struct worker *worker, struct delivery *delivery)
{
    int rc;
    while ((rc = loop_post(worker->loop, &delivery->msg)) == ERR_OVERLOADED) usleep(1000);
    if (rc == 0) return;
    while (delivery->answered != NULL) {
        struct ask *ask = (struct ask *)((char *)delivery->answered - offsetof(struct ask, node));
        delivery->answered = delivery->answered->next;
        ask_free(ask);
    }
    saved_unref(delivery->saved);
    free(delivery);
}

/* Takes this loop's asks out of the list, in order. */
static struct queue_node *take_answered(struct queue_node **list, const struct loop *loop)
{
    struct queue_node *taken = NULL, **end = &taken;
    for (struct queue_node **at = list; *at != NULL;) {
        struct ask *ask = (struct ask *)((char *)*at - offsetof(struct ask, node));
        if (ask->loop != loop) {
            at = &(*at)->next;
            continue;
        }
        *end = *at;
        *at = (*at)->next;
        end = &(*end)->next;
        *end = NULL;
    }
    return taken;
}

static void publish(void *ctx, struct saved *saved, struct queue_node *answered)
{
    struct server *server = ctx;
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct worker *worker = &server->workers[i];
        struct queue_node *mine = take_answered(&answered, worker->loop);
        if (!server->running) {
            deliver(worker, saved, mine);
        } else if (saved != NULL || mine != NULL) {
            struct delivery *delivery = delivery_create();
            delivery->saved = saved == NULL ? NULL : saved_ref(saved);
            delivery->answered = mine;
            post(worker, delivery);
        }
    }
    check(answered == NULL);
}

/* --- Revoked sessions --- */

bool worker_is_revoked(const struct worker *worker, struct str session)
{
    if (session.len == 0) return false;
    size_t count = worker->revoked_count < REVOKED_MAX ? worker->revoked_count : REVOKED_MAX;
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(session, worker->revoked[i])) return true;
    }
    return false;
}

/* False: it was known. */
static bool remember_revoked(struct worker *worker, struct str session)
{
    if (worker_is_revoked(worker, session)) return false;
    char *place = worker->revoked[worker->revoked_count++ % REVOKED_MAX];
    memcpy(place, session.at, session.len);
    place[session.len] = '\0';
    return true;
}

struct revocation {
    struct loop_msg msg;
    char session[SESSION_BYTES_MAX + 1];
};

static void revoke_conn(struct conn *conn, void *ctx)
{
    struct client *client = (struct client *)conn;
    in_loop();
    if (client->session != NULL) session_revoked(client->session, str_c(ctx));
}

static void revocation_run(struct loop *loop, struct loop_msg *msg)
{
    in_loop();
    struct revocation *revocation = (struct revocation *)msg;
    if (remember_revoked(worker_of(loop), str_c(revocation->session))) {
        conn_each(loop, revoke_conn, revocation->session);
    }
    free(revocation);
}

void server_revoke(struct server *server, struct str session)
{
    if (session.len == 0 || session.len > SESSION_BYTES_MAX) return;
    for (unsigned i = 0; i < server->worker_count; i++) {
        if (!server->running) { /* at the start: no loop runs yet, and nobody is connected */
            remember_revoked(&server->workers[i], session);
            continue;
        }
        struct revocation *revocation = calloc(1, sizeof *revocation);
        if (revocation == NULL) {
            log_error("a revoked session could not be told to a loop", F_ERR(ERR_NOMEM));
            continue;
        }
        memcpy(revocation->session, session.at, session.len);
        revocation->msg.run = revocation_run;
        int rc;
        while ((rc = loop_post(server->workers[i].loop, &revocation->msg)) == ERR_OVERLOADED) usleep(1000);
        if (rc < 0) free(revocation);
    }
}

static void revoke_each(void *server, struct str session) { server_revoke(server, session); }

/* Asked by the writer each second: log-outs and disabled users of other processes and nodes. */
static void poll_revoked(void *ctx, struct sql *sql, struct wall_ms since)
{
    struct server *server = ctx;
    const struct server_options *options = &server->options;
    if (options->list_revoked == NULL) return;
    int rc = options->list_revoked(options->auth, sql, since, revoke_each, server);
    if (rc < 0) log_warn("revoked sessions could not be read", F_ERR(rc));
}

/* --- A loop's own --- */

static void set_stats_timer(struct worker *worker);

static void on_stats_timer(struct timer *timer)
{
    in_loop();
    set_stats_timer((struct worker *)((char *)timer - offsetof(struct worker, stats_timer)));
}

static void set_stats_timer(struct worker *worker)
{
    struct mono_ms next = hub_send_stats(worker->hub, loop_now(worker->loop));
    if (next.ms != INT64_MAX) timer_set(loop_wheel(worker->loop), &worker->stats_timer, next, on_stats_timer);
}

static void on_turn_end(struct loop *loop, struct loop_hook *hook)
{
    (void)loop;
    struct worker *worker = (struct worker *)((char *)hook - offsetof(struct worker, turn_end));
    if (!timer_is_set(&worker->stats_timer)) set_stats_timer(worker);
}

static int worker_init(struct server *server, struct worker *worker)
{
    const struct server_limits *limits = &server->options.limits;
    worker->server = server;
    struct loop_options loop = {
        .queue_bytes_max = limits->queue_bytes_max,
        .write_timeout_ms = limits->write_timeout_ms,
        .linger_ms = limits->close_timeout_ms,
    };
    TRY(loop_create(&loop, &worker->loop));
    loop_set_user(worker->loop, worker);
    struct hub_options hub = {
        .memory_events = limits->memory_events,
        .stats_interval_ms = limits->stats_interval_ms,
        .resume_events_max = limits->resume_events_max,
    };
    TRY(hub_create(&hub, &worker->hub));
    TRY(ws_inflater_create(&worker->inflater));
    worker->revoked = calloc(REVOKED_MAX, sizeof *worker->revoked);
    if (worker->revoked == NULL) return ERR_NOMEM;
    worker->turn_end.run = on_turn_end;
    loop_on_turn_end(worker->loop, &worker->turn_end);
    return 0;
}

static void worker_done(struct worker *worker)
{
    loop_free(worker->loop);
    hub_free(worker->hub);
    ws_inflater_free(worker->inflater);
    free(worker->revoked);
}

/* --- All together --- */

static unsigned core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > SERVER_LOOPS_MAX ? SERVER_LOOPS_MAX : (unsigned)count;
}

static int create_parts(struct server *server, struct err_detail *reterr)
{
    const struct server_options *options = &server->options;
    TRY(store_epoch(options->store, server->epoch, reterr));
    unsigned loops = options->loops == 0 ? core_count() : options->loops;
    if (loops > SERVER_LOOPS_MAX) {
        return fail(reterr, ERR_RANGE, "[server] loops must be at most %d", SERVER_LOOPS_MAX);
    }
    while (server->worker_count < loops) {
        int rc = worker_init(server, &server->workers[server->worker_count++]);
        if (rc < 0) return fail(reterr, rc, "an event loop cannot be made: %s", err_word(rc));
    }
    struct writer_options writer = {
        .store = options->store,
        .rules = options->rules,
        .asks_max = options->limits.asks_max,
        .events_keep_ms = options->limits.events_keep_ms,
        .recent_events = options->limits.memory_events,
        .publish = publish,
        .poll_revoked = poll_revoked,
        .ctx = server,
    };
    TRY(writer_create(&writer, &server->writer, reterr));
    return readers_create(options->store, options->readers == 0 ? 2 : options->readers, &server->readers,
                          reterr);
}

int server_create(const struct server_options *options, struct server **ret_server, struct err_detail *reterr)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    server->options = *options;
    int rc = create_parts(server, reterr);
    if (rc < 0) {
        server_free(server);
        return rc;
    }
    *ret_server = server;
    return 0;
}

static int listen_all(struct server *server, uint16_t *ret_port, struct err_detail *reterr)
{
    struct address address;
    TRY(address_parse(server->options.listen, &address, reterr));
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct worker *worker = &server->workers[i];
        TRY(listener_open(worker->loop, &address, i == 0, client_accept, worker, &worker->listener, reterr));
    }
    *ret_port = address_port(&address);
    return 0;
}

static void stop_threads(struct server *server)
{
    writer_stop(server->writer);
    readers_stop(server->readers);
    for (unsigned i = 0; i < server->worker_count; i++) loop_stop(server->workers[i].loop);
    for (unsigned i = 0; i < server->worker_count; i++) loop_join(server->workers[i].loop);
    server->running = false;
}

static int start_threads(struct server *server, struct err_detail *reterr)
{
    TRY(writer_read(server->writer, reterr));
    server->running = true; /* from here on what is published is posted to the loops */
    TRY(writer_start(server->writer, reterr));
    for (unsigned i = 0; i < server->worker_count; i++) {
        int rc = loop_start(server->workers[i].loop);
        if (rc < 0) return fail(reterr, rc, "an event loop cannot be started: %s", err_word(rc));
    }
    return 0;
}

int server_start(struct server *server, uint16_t *ret_port, struct err_detail *reterr)
{
    uint64_t files;
    ignore(net_raise_file_limit(&files), "what there is must do");
    TRY(listen_all(server, ret_port, reterr));
    int rc = start_threads(server, reterr);
    if (rc < 0) stop_threads(server);
    return rc;
}

int64_t server_connections(const struct server *server)
{
    int64_t count = 0;
    for (unsigned i = 0; i < server->worker_count; i++) {
        count += atomic_load(&server->workers[i].counts.connections);
    }
    return count;
}

int64_t server_connections_over(const struct server *server)
{
    return server_connections(server) - (int64_t)server->options.limits.connections_max;
}

struct drain {
    struct loop_msg msg;
};

static void drain_conn(struct conn *conn, void *ctx)
{
    in_loop();
    struct client *client = (struct client *)conn;
    const struct server *server = ctx;
    uint16_t random = 0;
    ignore(random_bytes((uint8_t *)&random, sizeof random), "0 does as well");
    if (client->session != NULL) {
        session_drain(client->session, DRAIN_PAUSE_MS + random * server->drain_spread_ms / UINT16_MAX);
    } else if (client->exchange == NULL) {
        conn_shutdown_after_flush(conn);
    }
}

static void all_accepted(void *ctx)
{
    in_loop();
    struct worker *worker = ctx;
    worker->listener = NULL;
    conn_each(worker->loop, drain_conn, worker->server);
}

static void drain_run(struct loop *loop, struct loop_msg *msg)
{
    in_loop();
    struct worker *worker = worker_of(loop);
    worker->draining = true;
    free(msg);
    /* What waits in the accept queue is served first: it would be reset with the socket. */
    if (worker->listener != NULL) listener_drain(worker->listener, LISTENER_DRAIN_MS, all_accepted, worker);
}

void server_drain(struct server *server)
{
    if (!server->running) return;
    int64_t rate = server->options.limits.admissions_per_s;
    int64_t needed_ms = rate == 0 ? 0 : server_connections(server) * 1000 / rate;
    server->drain_spread_ms = needed_ms > DRAIN_SPREAD_MS ? needed_ms : DRAIN_SPREAD_MS;
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct drain *drain = calloc(1, sizeof *drain);
        if (drain == NULL) continue;
        drain->msg.run = drain_run;
        if (loop_post(server->workers[i].loop, &drain->msg) < 0) free(drain);
    }
    struct mono_ms until = {clock_mono().ms + DRAIN_TIMEOUT_MS};
    usleep(LISTENER_DRAIN_MS * 1000);
    while (server_connections(server) > 0 && clock_mono().ms < until.ms) usleep(10000);
    stop_threads(server);
}

void server_free(struct server *server)
{
    if (server == NULL) return;
    check(!server->running);
    writer_free(server->writer);
    readers_free(server->readers);
    for (unsigned i = 0; i < server->worker_count; i++) worker_done(&server->workers[i]);
    free(server);
}

void server_counts(const struct server *server, struct server_counts *ret)
{
    *ret = (struct server_counts){0};
    for (unsigned i = 0; i < server->worker_count; i++) {
        const struct worker_counts *counts = &server->workers[i].counts;
        ret->connections += atomic_load(&counts->connections);
        ret->sockets += atomic_load(&counts->sockets);
        ret->authenticated += atomic_load(&counts->authenticated);
        ret->accepted += atomic_load(&counts->accepted);
        ret->messages_in += atomic_load(&counts->messages_in);
        ret->events_delivered += atomic_load(&counts->events_delivered);
        ret->resyncs += atomic_load(&counts->resyncs);
        ret->slow_closed += atomic_load(&counts->slow_closed);
        ret->silent_closed += atomic_load(&counts->silent_closed);
        ret->replay_reads += atomic_load(&counts->replay_reads);
        ret->requests += atomic_load(&counts->requests);
    }
    const struct writer_counts *writer = writer_counts(server->writer);
    ret->batches = atomic_load(&writer->batches);
    ret->commands = atomic_load(&writer->commands);
    ret->failures = atomic_load(&writer->failures);
    ret->events = atomic_load(&writer->events);
    ret->asks_waiting = (int64_t)writer_waiting(server->writer);
}

const void *server_api(const struct server *server) { return server->options.api; }
