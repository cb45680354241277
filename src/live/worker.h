/* live/worker.h: what one loop has of everything: its hub, its inflater, its listener, its part of the counts.
 *
 * Owns    hub and inflater.
 * Thread  its loop; created and freed on main while the loop does not run.
 * Bounds  REVOKED_MAX sessions remembered; the oldest go first (their access tokens have expired by then).
 * Errors  as server.h.
 * Tests   tests/integration/ */
#pragma once
#include "live/hub.h"
#include "live/server.h"
#include "live/writer.h"
#include "net/conn.h"
#include "net/listener.h"

#define REVOKED_MAX 4096
#define SESSION_BYTES_MAX 64

struct worker_counts {
    atomic_llong connections, sockets, authenticated, accepted, messages_in, events_delivered, resyncs,
        slow_closed, silent_closed, requests, replay_reads;
};

struct worker {
    struct server *server;
    struct loop *loop;
    struct hub *hub;
    struct ws_inflater *inflater;
    struct listener *listener;
    struct loop_hook turn_end;
    struct timer stats_timer;
    struct worker_counts counts;
    char (*revoked)[SESSION_BYTES_MAX + 1]; /* a ring */
    size_t revoked_count;                   /* ever */
    bool draining;
};

struct server {
    struct server_options options;
    struct writer *writer;
    struct readers *readers;
    char epoch[EPOCH_BYTES_MAX + 1];
    unsigned worker_count;
    struct worker workers[SERVER_LOOPS_MAX];
    bool running; /* the loops' threads run: before, what is published is delivered on main */
    int64_t drain_spread_ms;
};

/* Open now, over all loops; any thread. */
int64_t server_connections(const struct server *server);
/* Those beyond connections_max; 0 or less: none. */
int64_t server_connections_over(const struct server *server);

static inline void count_up(atomic_llong *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}
static inline void count_down(atomic_llong *count)
{
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}
static inline struct worker *worker_of(struct loop *loop) { return loop_user(loop); }
/* Was this session revoked since this server knows? */
bool worker_is_revoked(const struct worker *worker, struct str session);
