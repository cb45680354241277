/* ws/deflate.h: permessage-deflate's compression (RFC 7692 section 7.2), each message by itself: no context takeover, either way.
 *
 * Owns    zlib's memory and one output buffer each; created once a thread and shared by all its connections, so that an idle
 *         compressed connection costs nothing.
 * Thread  the one that uses it; no globals, no clock.
 * Bounds  inflate: the caller's bytes_max, counted while inflating; deflate: the payload's own length. A big buffer is given back.
 * Errors  ERR_TOO_BIG, ERR_PROTOCOL (the bytes are no DEFLATE, or end half-way), ERR_NOMEM.
 * Tests   tests/unit/ws/deflate_test.c, tests/fuzz/ws_inflate.c */
#pragma once
#include "base/bytes.h"

/* zlib refuses a raw deflate window of 256 bytes (zlib.h, deflateInit2), so 9 is the least that we compress with. */
#define WS_WINDOW_BITS_MIN 9
#define WS_WINDOW_BITS_MAX 15
/* Shorter payloads are sent as they are. */
#define WS_DEFLATE_BYTES_MIN 64

struct ws_inflater;

MUST_USE int ws_inflater_create(struct ws_inflater **ret_inflater);
void ws_inflater_free(struct ws_inflater *inflater);
static inline void ws_inflater_owned(struct ws_inflater **inflater) { ws_inflater_free(*inflater); }
/* One whole message's payload, made with any window, to what it was; *ret_message lasts until the inflater's next use or its end. */
MUST_USE int ws_inflate(struct ws_inflater *inflater, struct span payload, size_t bytes_max,
                        struct mspan *ret_message);
/* How long the compressed form of a message of so many bytes may sensibly be; what is longer is not worth holding. */
size_t ws_deflated_bytes_max(size_t message_bytes);

struct ws_deflater;

MUST_USE int ws_deflater_create(struct ws_deflater **ret_deflater);
void ws_deflater_free(struct ws_deflater *deflater);
static inline void ws_deflater_owned(struct ws_deflater **deflater) { ws_deflater_free(*deflater); }
/* 1: *ret_payload is shorter than message; it lasts until the deflater's next use or its end. 0: it does not pay, send it
 * as it is. window_bits: what the peer's window holds (struct ws_answer). */
MUST_USE int ws_deflate(struct ws_deflater *deflater, struct span message, unsigned window_bits,
                        struct span *ret_payload);
/* May a frame that was compressed with the full window be sent to a peer with this one? Nothing in a message can refer further
 * back than its own length. */
static inline bool ws_window_holds(unsigned window_bits, size_t message_bytes)
{
    return window_bits >= WS_WINDOW_BITS_MIN && message_bytes <= (size_t)1 << window_bits;
}
