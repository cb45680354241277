/* net/loop.h: an event loop: one thread, one uv_loop_t, its connections, its timers, and a box for other threads' messages.
 *
 * Owns    the thread, the uv_loop_t, the wheel, the shared read buffer, and messages from loop_post until they run.
 * Thread  the loop's own; loop_post and loop_stop from any; create, start, join and free on the thread that owns it.
 * Bounds  inbox_count_max messages; one read buffer of LOOP_READ_BYTES for all connections.
 * Errors  ERR_OVERLOADED and ERR_CLOSED from loop_post; ERR_NOMEM, ERR_LIMIT (file descriptors), ERR_INTERNAL at creation.
 * Tests   tests/unit/net/loop_test.c
 *
 * One turn:   poll -> reads, accepts, messages -> timers -> turn-end hooks -> flush: one write a connection -> poll
 *
 * Who was silent. A timer runs only in the turn after a poll that began at or past its deadline, and after every callback of
 * that poll. So all that had come from the network by the deadline was read before the timer judges, also when the process
 * was stopped for a minute in between. Whoever counts silence must count intervals in which nothing was read (set the timer
 * again from its own callback), not subtract times: then a pause is one late interval, not many. */
#pragma once
#include <uv.h>
#include "base/bytes.h"
#include "base/queue.h"
#include "base/thread.h"
#include "net/timer.h"

#define LOOP_READ_BYTES ((size_t)64 * 1024)
#define LOOP_TICK_MS 25 /* the wheel's: a timer runs at most this late on an idle machine */

struct loop;

/* Zero means the default. */
struct loop_options {
    size_t inbox_count_max;   /* messages of other threads that wait; 65,536 */
    size_t queue_bytes_max;   /* of each connection's out-queue; 1 MiB */
    int64_t write_timeout_ms; /* a connection that takes nothing for so long is stalled; 10 s */
    int64_t linger_ms;        /* how long conn_shutdown_after_flush waits for the peer's end; 5 s */
};

MUST_USE int loop_create(const struct loop_options *options, struct loop **ret_loop);
/* On a thread of its own, until loop_stop. */
MUST_USE int loop_start(struct loop *loop);
/* On this thread, until loop_stop. */
void loop_run(struct loop *loop);
/* Tests: one turn on this thread, waiting at most wait_ms for something to happen. */
void loop_turn(struct loop *loop, int64_t wait_ms);
/* Asks it to end: runs what was posted, then the stop hooks, closes every connection (ERR_CLOSED), and returns from
 * loop_run when all close callbacks have run. Later posts are ERR_CLOSED. Draining first is the layer above's. */
ON_ANY void loop_stop(struct loop *loop);
/* Waits for the thread of loop_start. */
void loop_join(struct loop *loop);
/* After loop_join or loop_run (or never started). NULL is fine. */
void loop_free(struct loop *loop);
static inline void loop_owned(struct loop **loop) { loop_free(*loop); }

/* A message is embedded in a struct of the sender's; run owns it and frees it. Called once, on the loop, in posting order. */
struct loop_msg {
    struct queue_node node;
    void (*run)(struct loop *loop, struct loop_msg *msg);
};
/* From any thread, the loop's own too (then it runs in the next turn). Negative: the message is still the caller's. */
MUST_USE ON_ANY int loop_post(struct loop *loop, struct loop_msg *msg);

/* The time at which this turn's poll came back; does not move within a turn. */
struct mono_ms loop_now(const struct loop *loop);
struct wall_ms loop_wall(const struct loop *loop);
/* Set and cancel on the loop's thread only. */
struct wheel *loop_wheel(struct loop *loop);
/* For handles of other libraries (hiredis), which must be closed in a stop hook. Every uv_tcp_t on it is a struct conn's. */
uv_loop_t *loop_uv(struct loop *loop);
struct loop *loop_of_uv(const uv_loop_t *uv);
const struct loop_options *loop_options_of(const struct loop *loop);
/* For the layer above. */
void loop_set_user(struct loop *loop, void *user);
void *loop_user(const struct loop *loop);
/* Checks that this is the loop's thread (or that it has not started). */
void loop_check_here(const struct loop *loop);

/* Embedded in whoever wants to be called; added before loop_start or on the loop, lives until the loop is freed. */
struct loop_hook {
    struct loop_hook *next;
    void (*run)(struct loop *loop, struct loop_hook *hook);
};
/* At each turn's end, before the connections are flushed: what it sends goes out in the same write. */
void loop_on_turn_end(struct loop *loop, struct loop_hook *hook);
/* Once, when the loop ends: close what is yours (listeners and connections close by themselves). */
void loop_on_stop(struct loop *loop, struct loop_hook *hook);
