/* Helpers of the ws tests: frames from a table, and a decoder that writes down all it hears. */
#pragma once
#include "ws/deflate.h"
#include "ws/frame.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>

#define BOUND_BYTES 300 /* of a message, unless a test says otherwise */

/* How a frame is written other than properly. */
enum { AS_IT_SHOULD = 0, UNMASKED = 1, MASKED = 2, LENGTH_IN_16 = 4, LENGTH_IN_64 = 8, TOP_BIT = 16, HEAD_ALONE = 32 };

struct sent {
    uint8_t first;            /* FIN, RSV and opcode, as in RFC 6455 5.2 */
    const char *payload;
    size_t len;
    unsigned how;
};
#define F(first, text) {first, text, sizeof(text) - 1, AS_IT_SHOULD}
#define F_AS(first, text, how) {first, text, sizeof(text) - 1, how}

static const uint8_t KEY[WS_MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};

/* Writes a frame byte by byte from the RFC's picture, not with the code under test. */
static inline void put_frame(struct buf *wire, const struct sent *frame, bool masked)
{
    if ((frame->how & UNMASKED) != 0) masked = false;
    if ((frame->how & MASKED) != 0) masked = true;
    uint8_t mask_bit = masked ? 0x80 : 0;
    assert_int_equal(buf_put_byte(wire, frame->first), 0);
    if ((frame->how & LENGTH_IN_64) != 0 || frame->len > 65535) {
        assert_int_equal(buf_put_byte(wire, mask_bit | 127), 0);
        uint64_t length = frame->len | ((frame->how & TOP_BIT) != 0 ? UINT64_C(1) << 63 : 0);
        for (int shift = 56; shift >= 0; shift -= 8) assert_int_equal(buf_put_byte(wire, (uint8_t)(length >> shift)), 0);
    } else if ((frame->how & LENGTH_IN_16) != 0 || frame->len > 125) {
        assert_int_equal(buf_put_byte(wire, mask_bit | 126), 0);
        assert_int_equal(buf_put_byte(wire, (uint8_t)(frame->len >> 8)), 0);
        assert_int_equal(buf_put_byte(wire, (uint8_t)frame->len), 0);
    } else {
        assert_int_equal(buf_put_byte(wire, mask_bit | (uint8_t)frame->len), 0);
    }
    if (masked) assert_int_equal(buf_put(wire, span_of(KEY, sizeof KEY)), 0);
    if ((frame->how & HEAD_ALONE) != 0) return;
    for (size_t i = 0; i < frame->len; i++) {
        uint8_t byte = (uint8_t)frame->payload[i];
        assert_int_equal(buf_put_byte(wire, masked ? byte ^ KEY[i % 4] : byte), 0);
    }
}

static inline struct buf wire_of(const struct sent *frames, size_t count, bool masked)
{
    struct buf wire = buf_of(1 << 20);
    for (size_t i = 0; i < count && (frames[i].first != 0 || frames[i].payload != NULL); i++) put_frame(&wire, &frames[i], masked);
    return wire;
}

/* One side of a connection, and what it heard so far: "text Hello|ping |close 1000 bye|protocol error". */
struct ear {
    struct ws_decoder dec;
    struct buf heard;
    bool failed;
};

static inline void ear_open(struct ear *ear, size_t bytes_max, unsigned flags, struct ws_inflater *inflater)
{
    *ear = (struct ear){.heard = buf_of(1 << 20)};
    ws_decoder_init(&ear->dec, bytes_max, flags, inflater);
}

static inline void ear_done(struct ear *ear)
{
    ws_decoder_done(&ear->dec);
    buf_done(&ear->heard);
}

static inline void ear_write(struct ear *ear, const struct ws_message *message)
{
    const char *kind = message->kind == WS_TEXT     ? "text "
                       : message->kind == WS_BINARY ? "binary "
                       : message->kind == WS_PING   ? "ping "
                       : message->kind == WS_PONG   ? "pong "
                                                    : "close ";
    if (ear->heard.len > 0) assert_int_equal(buf_put_byte(&ear->heard, '|'), 0);
    assert_int_equal(buf_put_str(&ear->heard, str_c(kind)), 0);
    if (message->kind == WS_CLOSE) {
        assert_int_equal(buf_printf(&ear->heard, "%d ", message->close_code), 0);
        assert_int_equal(buf_put_str(&ear->heard, message->close_reason), 0);
    } else {
        assert_int_equal(buf_put(&ear->heard, span_of(message->payload.at, message->payload.len)), 0);
    }
}

/* Feeds a piece as a socket would give it: in memory of exactly its size that is gone afterwards. Returns the decoder's last word. */
static inline int ear_feed(struct ear *ear, struct span piece)
{
    uint8_t *at = malloc(piece.len == 0 ? 1 : piece.len);
    assert_non_null(at);
    if (piece.len > 0) memcpy(at, piece.at, piece.len);
    struct mspan in = {at, piece.len};
    struct ws_message message;
    int rc;
    while ((rc = ws_decoder_next(&ear->dec, &in, &message)) > 0) ear_write(ear, &message);
    if (rc == 0) assert_int_equal(in.len, 0);
    if (rc < 0) {
        assert_false(ear->failed);
        ear->failed = true;
        assert_null(ear->dec.held.at);
        assert_int_equal(buf_printf(&ear->heard, "%s%d", ear->heard.len > 0 ? "|" : "", ws_close_code(rc)), 0);
    }
    free(at);
    return rc;
}

static inline void assert_bytes(struct span actual, struct span expected)
{
    if (span_eq(actual, expected)) return;
    print_error("is  «%.*s»\nnot «%.*s»\n", (int)actual.len, (const char *)actual.at, (int)expected.len, (const char *)expected.at);
    fail();
}

struct listening {
    size_t bytes_max;
    unsigned flags;
    struct ws_inflater *inflater;
};

/* The heart of these tests: the same is heard, and nothing is kept, however the bytes are cut. */
static inline void assert_hears(struct listening how, struct span wire, struct span expected)
{
    for (size_t cut = 0; cut <= wire.len + 1; cut++) {
        struct ear ear;
        ear_open(&ear, how.bytes_max, how.flags, how.inflater);
        if (cut <= wire.len) { /* cut 0: whole */
            ignore(ear_feed(&ear, span_of(wire.at, cut)), "written down");
            ignore(ear_feed(&ear, span_of(wire.at + cut, wire.len - cut)), "written down");
        } else { /* byte by byte */
            for (size_t i = 0; i < wire.len; i++) ignore(ear_feed(&ear, span_of(wire.at + i, 1)), "written down");
        }
        assert_bytes(buf_span(&ear.heard), expected);
        ignore(ear_feed(&ear, span_of(NULL, 0)), "lets go of what was given out last");
        if (ear.dec.message_kind == 0 && !ear.dec.head_whole) assert_null(ear.dec.held.at);
        ear_done(&ear);
    }
}

struct heard_case {
    struct sent frames[6];
    const char *heard;        /* without the NULs that a payload may have */
};

static inline void assert_hears_all(struct listening how, const struct heard_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        OWNED(buf) struct buf wire = wire_of(cases[i].frames, COUNT_OF(cases[i].frames), (how.flags & WS_CLIENT) == 0);
        assert_hears(how, buf_span(&wire), str_span(str_c(cases[i].heard)));
    }
}
