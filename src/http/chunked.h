/* http/chunked.h: takes the chunks of a body apart (RFC 9112 section 7.1), strictly: what two programs could read in two ways
 * is refused, since that is how requests are smuggled past a proxy.
 *
 * Owns    nothing; data goes into the caller's buf.
 * Thread  any, one at a time.
 * Bounds  the buf's maximum for all data; CHUNK_LINE_BYTES_MAX for a size line, CHUNK_TRAILER_BYTES_MAX for all trailers.
 * Errors  ERR_PROTOCOL, ERR_TOO_BIG (as soon as a size line says so), ERR_NOMEM.
 * Tests   tests/unit/http/chunked_test.c, tests/fuzz/http_request.c */
#pragma once
#include "base/bytes.h"

#define CHUNK_LINE_BYTES_MAX 256
#define CHUNK_TRAILER_BYTES_MAX 4096

/* Zeroed is the start of a body. */
struct chunked {
    uint64_t left;       /* bytes of this chunk still to come; while in its size line, the size so far */
    uint32_t line_bytes; /* of this size line, or of all trailers */
    uint8_t digits;
    uint8_t state;
};

/* Takes what it can of *in. 1: the body and its trailers are over. 0: needs more. Extensions and trailers are dropped. */
MUST_USE int chunked_next(struct chunked *chunked, struct span *in, struct buf *out);
