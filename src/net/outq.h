/* net/outq.h: what a connection still has to send: references to frames, in order, bounded. Knows no socket.
 *
 * Owns    a reference to each frame that waits, and a list of them on the heap only while more than OUTQ_INLINE wait.
 * Thread  the connection's loop, or any, one at a time.
 * Bounds  bytes_max of the caller's at each push, where a frame counts its length and OUTQ_FRAME_COST; an empty queue
 *         takes one frame of any length, since that costs no more than the frame that is there already.
 * Errors  ERR_LIMIT past the bound, ERR_NOMEM; the queue stays as it was.
 * Tests   tests/unit/net/outq_test.c */
#pragma once
#include <sys/uio.h>
#include "base/frame.h"

#define OUTQ_INLINE 4
/* So that a peer cannot make us hold half a million pongs of two bytes: about what a small frame takes besides its bytes. */
#define OUTQ_FRAME_COST 48

struct outq {
    union {
        struct frame *few[OUTQ_INLINE];
        struct frame **many; /* capacity > OUTQ_INLINE */
    };
    size_t bytes;        /* still to be sent */
    uint32_t sent_bytes; /* of the first frame: gone already */
    uint32_t first;      /* index of the first frame */
    uint32_t count;
    uint32_t capacity;
};

void outq_init(struct outq *queue);
/* Drops everything; the queue is then empty and usable. */
void outq_done(struct outq *queue);
/* Takes a reference of its own. */
MUST_USE int outq_push(struct outq *queue, struct frame *frame, size_t bytes_max);
static inline bool outq_is_empty(const struct outq *queue) { return queue->count == 0; }
/* What it counts against the bound. */
static inline size_t outq_cost(const struct outq *queue)
{
    return queue->bytes + (size_t)queue->count * OUTQ_FRAME_COST;
}
/* The first bytes, at most bytes_max, as at most iov_max pieces; returns how many. Valid until the next change. */
size_t outq_peek(const struct outq *queue, size_t bytes_max, struct iovec *ret_iov, size_t iov_max);
/* So many bytes from the front are gone. */
void outq_took(struct outq *queue, size_t bytes);
/* Drops each frame of which none of the first keep_bytes is a part; what stays can be ended properly. */
void outq_drop_after(struct outq *queue, size_t keep_bytes);
