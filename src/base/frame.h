/* base/frame.h: bytes that many connections send: written once, immutable, counted.
 *
 * Owns    its bytes; freed with the last reference.
 * Thread  any: the count is atomic; the bytes do not change after frame_new.
 * Bounds  FRAME_BYTES_MAX.
 * Errors  ERR_NOMEM, ERR_TOO_BIG.
 * Tests   tests/unit/base/frame_test.c */
#pragma once
#include <stdatomic.h>
#include "base/bytes.h"

#define FRAME_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct frame {
    atomic_uint
        refs; /* release on the last unref, acquire before free: the freeing thread sees all that was read */
    uint32_t head_bytes; /* where the payload starts: what stands before is the transport's header */
    size_t len;          /* header and payload */
    uint8_t at[];
};

/* A frame of header and payload, one reference, the caller's. */
MUST_USE int frame_new(struct span head, struct span payload, struct frame **ret_frame);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame);
static inline void frame_owned(struct frame **frame) { frame_unref(*frame); }
static inline struct span frame_span(const struct frame *frame) { return span_of(frame->at, frame->len); }
static inline struct span frame_payload(const struct frame *frame)
{
    return span_of(frame->at + frame->head_bytes, frame->len - frame->head_bytes);
}
