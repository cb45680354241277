/* live/server.h: all that runs while serving: the loops with their connections, the writer, the readers. Wired by cli/serve.
 *
 * Owns    its threads and connections; what options point to is the caller's and outlives the server.
 * Thread  create, start, drain, free on main; server_counts from any.
 * Bounds  SERVER_LOOPS_MAX loops; connections_max connections.
 * Errors  with a sentence for people.
 * Tests   tests/integration/ */
#pragma once
#include "auth/rate.h"
#include "live/exchange.h"
#include "live/site.h"

#define SERVER_LOOPS_MAX 64

struct server_limits {
    size_t message_bytes_max;
    size_t queue_bytes_max;
    int64_t auth_timeout_ms;
    int64_t write_timeout_ms;
    int64_t close_timeout_ms;
    int64_t
        request_timeout_ms; /* from a request's first byte to its last; also an idle keep-alive connection */
    int64_t heartbeat_ms;
    int64_t stats_interval_ms;
    size_t memory_events;
    int64_t resume_events_max;
    int64_t events_keep_ms;
    size_t body_bytes_max; /* of a request; of a photo or a list upload_bytes_max. A route may take less */
    size_t upload_bytes_max;
    size_t connections_max;
    int64_t admissions_per_s; /* as `admissions` has it, for the time after a restart; 0: no limit */
    size_t asks_max;          /* waiting for the writer */
    unsigned
        in_flight_max; /* commands of one connection; over it the connection is read no further until some are answered */
};
struct server_limits server_limits_default(void);

struct server_options {
    struct str listen; /* HOST:PORT */
    unsigned loops;    /* 0: one for each core */
    unsigned readers;
    bool url_token; /* ?token= is taken */
    bool compress;  /* permessage-deflate is offered */
    struct store *store;
    const struct rules *rules;
    const struct site *site;
    struct tls *tls;             /* NULL: plain HTTP */
    const struct config *config; /* handed through to api */
    struct server_limits limits;
    struct rate *messages_by_user;    /* of each user, over all connections */
    struct rate *admissions;          /* of sockets, over all of them: one key */
    struct rate *sockets_by_address;  /* open at once: taken by each, given back at its end */
    const struct http_router *router; /* handlers are struct endpoint */
    exchange_handler *fallback;       /* GET of a path that no route has: the web app; NULL: 404 */
    void *api;                        /* api's own state, from exchange_api() */
    /* Is this access or device token good now? Gives one reference. On a loop, so quick. */
    int (*check_token)(const void *ctx, struct str token, struct wall_ms now,
                       struct principal **ret_principal);
    /* Takes a one-time ticket out of the store; ERR_UNAUTHENTICATED where it is none any more. */
    int (*take_ticket)(const void *ctx, struct sql *sql, struct str ticket, struct wall_ms now,
                       struct principal **ret_principal);
    /* Which sessions were revoked, in the store's view? Asked by the writer each second: tells those revoked at or after since; at the
     * start, with WALL_NONE, all whose tokens may not have expired yet. */
    int (*list_revoked)(const void *ctx, struct sql *sql, struct wall_ms since,
                        void (*each)(void *list, struct str session), void *list);
    const void *auth; /* ctx of the three */
};

struct server;
MUST_USE int server_create(const struct server_options *options, struct server **ret_server,
                           struct err_detail *reterr);
/* Listens and accepts. ret_port: the one found for port 0. */
MUST_USE int server_start(struct server *server, uint16_t *ret_port, struct err_detail *reterr);
/* Stops accepting, tells every client to come back (1012), answers what was received, and ends all threads. */
void server_drain(struct server *server);
void server_free(struct server *server);

/* Closes what this login has open, and refuses its access tokens from now on. From any thread. */
void server_revoke(struct server *server, struct str session);

struct server_counts {
    int64_t connections, sockets, authenticated, accepted, messages_in, events_delivered, resyncs,
        slow_closed, silent_closed, requests, replay_reads;
    int64_t batches, commands, failures, events, asks_waiting;
};
void server_counts(const struct server *server, struct server_counts *ret_counts);
const void *server_api(const struct server *server);
