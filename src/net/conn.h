/* net/conn.h: one TCP connection on a loop: bytes in by a callback, frames out through a bounded queue, one write a turn.
 *
 * Owns    the socket and what waits to be sent. It is embedded in its owner, who frees both in on_closed and not before.
 * Thread  its loop's only.
 * Bounds  queue_bytes_max of loop_options waiting; beside it at most what the kernel holds for the socket. Idle: the struct.
 * Errors  ERR_LIMIT (the queue is full), ERR_CLOSED (not open any more), ERR_NOMEM. The same as on_closed's why.
 * Tests   tests/unit/net/conn_test.c
 *
 *     conn_open -> OPEN --------------------------- conn_close, or the network failed --> CLOSING --> on_closed
 *                    '-- conn_shutdown_after_flush -> ENDING -- peer's end, or linger_ms over --'
 *
 * OPEN takes and gives. ENDING sends what waits, then FIN, and reads on and discards, so that the last bytes arrive instead
 * of a reset. CLOSING: every function returns at once, no callback but on_closed comes, exactly once, never from inside
 * a call. All callbacks may call every function here. */
#pragma once
#include <uv.h>
#include "base/frame.h"
#include "base/thread.h"
#include "base/time.h"
#include "net/loop.h"
#include "net/outq.h"
#include "net/tls.h"

struct conn;
struct conn_slow;

/* One constant for all connections of a kind. */
struct conn_handler {
    /* The bytes lie in the loop's shared buffer and may be changed in place; they die with the call. */
    void (*on_bytes)(struct conn *conn, struct mspan bytes);
    /* The peer will send no more; it may still read. NULL: the connection is closed. */
    void (*on_eof)(struct conn *conn);
    /* Once for each conn_ask_drained, at a turn's end. May be NULL if that is never called. */
    void (*on_drained)(struct conn *conn);
    /* Something waits and nothing was taken for write_timeout_ms; comes again after as long. NULL: it is closed. */
    void (*on_stalled)(struct conn *conn);
    /* The end; why is 0 where the peer ended in order, or the owner's word to conn_close, or an enum err. */
    void (*on_closed)(struct conn *conn, int why);
};

enum conn_state { CONN_NONE, CONN_OPEN, CONN_ENDING, CONN_CLOSING };

struct conn {
    uv_tcp_t tcp; /* its data points here; its loop is ours */
    const struct conn_handler *handler;
    struct conn *dirty_next;   /* has something to flush in this turn */
    struct conn **dirty_pprev; /* NULL: it has not */
    struct conn_slow *slow;    /* only while the kernel takes less than we have, or ENDING */
    struct tls_link *tls;      /* NULL: plain */
    struct outq out;           /* what the owner sends, before TLS */
    struct mono_ms read_at;    /* when bytes last came; conn_open counts as one */
    int why;                   /* for on_closed */
    enum conn_state state : 8;
    bool reading : 1;
    bool wants_drained : 1;
    bool end_sent : 1;   /* our FIN */
    bool end_read : 1;   /* the peer's */
    bool read_since : 1; /* bytes came since the owner last set it false: a sign of life */
};

/* Takes over fd, a connected non-blocking TCP socket, and reads from it. Cannot fail at once: where it does, on_closed follows. */
ON_LOOP void conn_open(struct conn *conn, struct loop *loop, int fd, const struct conn_handler *handler);
/* TLS from the first byte on; right after conn_open. Everything else stays as it is. ERR_NOMEM, ERR_CLOSED: close it. */
MUST_USE ON_LOOP int conn_secure(struct conn *conn, struct tls *tls);
static inline bool conn_is_secure(const struct conn *conn) { return conn->tls != NULL; }
static inline struct loop *conn_loop(const struct conn *conn) { return loop_of_uv(conn->tcp.loop); }
static inline bool conn_is_open(const struct conn *conn) { return conn->state == CONN_OPEN; }

/* Queues it with a reference of its own; goes out at the turn's end. ERR_LIMIT: the caller decides what that means. */
MUST_USE ON_LOOP int conn_send_frame(struct conn *conn, struct frame *frame);
/* Copies the bytes. */
MUST_USE ON_LOOP int conn_send_bytes(struct conn *conn, struct span bytes);
/* The kernel takes less than we have: something waits since an earlier turn. */
static inline bool conn_is_slow(const struct conn *conn) { return conn->slow != NULL; }
/* What waits and was not yet taken; a frame counts OUTQ_FRAME_COST beside its bytes. */
static inline size_t conn_queue_bytes(const struct conn *conn)
{
    return outq_cost(&conn->out) + (conn->tls == NULL ? 0 : outq_cost(tls_wire(conn->tls)));
}
/* Asks for one on_drained as soon as nothing waits any more. */
ON_LOOP void conn_ask_drained(struct conn *conn);
/* Takes back what waits, as whole frames: what has begun to go out is finished. For the last word to a slow reader. */
ON_LOOP void conn_drop_pending(struct conn *conn);

ON_LOOP void conn_pause_reading(struct conn *conn);
ON_LOOP void conn_resume_reading(struct conn *conn);

/* In order: send what waits, FIN, wait for the peer's end. Nothing more can be sent and on_bytes comes no more. */
ON_LOOP void conn_shutdown_after_flush(struct conn *conn);
/* At once: what waits is dropped. The first call's why is kept. */
ON_LOOP void conn_close(struct conn *conn, int why);

/* Every open connection of the loop (not those that are CLOSING); each may close itself or others. */
ON_LOOP void conn_each(struct loop *loop, void (*visit)(struct conn *conn, void *ctx), void *ctx);
