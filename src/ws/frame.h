/* ws/frame.h: WebSocket frames, both ways (RFC 6455 sections 5 to 8, RFC 7692 section 6). Knows no socket and no JSON.
 *
 * Owns    nothing but a partial message; a payload given out is a view into the caller's bytes where the message lies whole in
 *         them, else into the decoder, or into the shared inflater.
 * Thread  any, one at a time; no globals, no clock.
 * Bounds  message_bytes_max from init, counted while inflating; holds at most that (compressed: ws_deflated_bytes_max) and one
 *         control frame, and that only while a message is partial. Idle: the struct, 72 bytes.
 * Errors  ERR_PROTOCOL, ERR_TEXT, ERR_TOO_BIG, ERR_UNSUPPORTED, ERR_NOMEM: the connection is over; ws_close_code() says how.
 * Tests   tests/unit/ws/frame_test.c, tests/fuzz/ws_frame.c */
#pragma once
#include "base/frame.h"
#include "base/utf8.h"

struct ws_inflater;
struct ws_deflater;

/* RFC 6455 11.8. */
enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

/* RFC 6455 7.4.1 and IANA's registry; those of the contract beyond 4000 are named where they are decided. */
enum {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NO_STATUS = 1005, /* never sent: a Close frame without a code */
    WS_CLOSE_TEXT = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_RESTART = 1012,
    WS_CLOSE_TRY_LATER = 1013,
};
/* May a peer send this in a Close frame (7.4)? */
bool ws_close_code_is_valid(unsigned code);

#define WS_HEAD_BYTES_MAX 14
#define WS_CONTROL_BYTES_MAX 125 /* 5.5 */
#define WS_MASK_BYTES 4

/* --- Reading ------------------------------------------------------------------------------------------------------ */

struct ws_message {
    enum ws_opcode kind;     /* never WS_CONTINUATION */
    struct mspan payload;    /* text is checked UTF-8; of a Close, all of it */
    uint16_t close_code;     /* of a Close: its code, WS_CLOSE_NO_STATUS without one */
    struct str close_reason; /* of a Close */
};
/* For WS_TEXT. */
static inline struct str ws_message_str(const struct ws_message *message)
{
    check(message->kind == WS_TEXT);
    return (struct str){(const char *)message->payload.at, message->payload.len};
}

enum {
    WS_CLIENT = 1,    /* we are the client: frames come unmasked (5.1) */
    WS_TEXT_ONLY = 2, /* binary messages are ERR_UNSUPPORTED at their first byte */
};

/* Fields only so that a connection can embed it; frame.c alone touches them. */
struct ws_decoder {
    struct ws_inflater *inflater; /* NULL: no compression was agreed */
    struct buf held; /* the start of a message that is not whole, then that of a control frame within it */
    uint32_t message_bytes_max;
    uint32_t frame_left;             /* bytes of the current frame's payload still to come */
    uint8_t head[WS_HEAD_BYTES_MAX]; /* of the current frame; the mask at its end turns with the payload */
    uint8_t head_len;                /* bytes of it that are there */
    uint8_t control_held;            /* bytes at the end of held that are a control frame's */
    struct utf8 text;                /* of the current text message; between messages it is whole */
    uint8_t flags : 2;               /* WS_CLIENT, WS_TEXT_ONLY */
    uint8_t message_kind : 2;        /* of the message begun and not ended: WS_TEXT or WS_BINARY, else 0 */
    bool message_compressed : 1;
    bool head_whole : 1;
    bool given : 1;  /* what is held was given out and goes at the next call */
    bool ended : 1;  /* a Close came, or an error was told: nothing after it counts */
    bool failed : 1; /* an error was told */
};
static_assert(sizeof(struct ws_decoder) <= 72, "a connection embeds it");

/* inflater: the thread's, where the handshake agreed on permessage-deflate, else NULL; it outlives the decoder. */
void ws_decoder_init(struct ws_decoder *dec, size_t message_bytes_max, unsigned flags,
                     struct ws_inflater *inflater);
void ws_decoder_done(struct ws_decoder *dec);
/* Takes what it can of *in and moves it forward. 1: *ret_message is whole; a data message and the control frames within it come
 * in the order they ended; valid until the next call, the inflater's next use, or until the bytes under *in change. 0: all of
 * *in is taken and more is needed; nothing given out before is valid any more. Negative: see Errors, told once. After a Close
 * was given out (1.4, 5.5.1) or an error was told, everything is swallowed and 0 returned. Unmasks in place (5.3). */
MUST_USE int ws_decoder_next(struct ws_decoder *dec, struct mspan *in, struct ws_message *ret_message);
/* After an error was told: walks over frames by their headers alone, whatever they hold, as far as the peer's Close, which is what ends a
 * connection that this side has closed (7.1.1). True: it came. */
bool ws_decoder_seek_close(struct ws_decoder *dec, struct mspan *in);
/* The code to close with after such a result. */
uint16_t ws_close_code(int err);

/* --- Writing ------------------------------------------------------------------------------------------------------ */

enum {
    WS_FIN = 1,        /* the message's last frame */
    WS_COMPRESSED = 2, /* RSV1, on the first frame of a compressed message (RFC 7692 6) */
};
/* A frame's header in its shortest form (5.2); mask: NULL from a server, a fresh random key from a client. Returns its length. */
size_t ws_put_head(uint8_t ret_head[WS_HEAD_BYTES_MAX], enum ws_opcode opcode, unsigned flags,
                   size_t payload_bytes, const uint8_t *mask);
/* Masks or unmasks in place (5.3). first: the index within the payload of the first byte here. */
void ws_mask(struct mspan bytes, const uint8_t mask[WS_MASK_BYTES], size_t first);

/* All of these make a whole message in one frame from a server, shared and with one reference, the caller's. */
/* Text, binary, ping or pong; control payloads longer than WS_CONTROL_BYTES_MAX are ERR_TOO_BIG. */
MUST_USE int ws_frame(enum ws_opcode opcode, struct span payload, struct frame **ret_frame);
static inline int ws_frame_text(struct span payload, struct frame **ret_frame)
{
    return ws_frame(WS_TEXT, payload, ret_frame);
}
/* reason is cut to what a control frame holds, between characters. WS_CLOSE_NO_STATUS: an empty Close. */
MUST_USE int ws_frame_close(unsigned code, struct str reason, struct frame **ret_frame);
/* 1: a compressed frame. 0: compressing does not pay: *ret_frame is untouched, send the plain one. */
MUST_USE int ws_frame_deflated(struct ws_deflater *deflater, enum ws_opcode opcode, struct span payload,
                               unsigned window_bits, struct frame **ret_frame);
/* The same as ws_frame, from a client: masked with a key that the caller drew at random for this frame (5.3). */
MUST_USE int ws_frame_masked(enum ws_opcode opcode, struct span payload, const uint8_t mask[WS_MASK_BYTES],
                             struct frame **ret_frame);
/* What a Close carries; returns its length. */
size_t ws_close_payload(unsigned code, struct str reason, uint8_t ret_payload[WS_CONTROL_BYTES_MAX]);
