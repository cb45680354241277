/* RFC 7692 7.1.1 leaves it to the server whether a message may refer to earlier ones. We never do, and never let a client: a
 * frame is then compressed once for all who follow a location, and neither zlib's 40 KB for reading nor its 256 KB for writing
 * belong to a connection. What it costs is ratio: repeated member names are not remembered from message to message. */
#include "ws/deflate.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* A bigger output buffer goes back to the system at the next use. */
#define KEPT_BYTES_MAX ((size_t)64 * 1024)
#define FIRST_BYTES 4096

/* Measured on an event of 307 bytes (repeat with tests/bench/ws_codec.c): 6.7 µs and 232 bytes with a memory level from 3 to 7,
 * 7.8 µs with 8, 9.2 µs with 9, since each message clears the hash table; levels 1, 3, 6 and 9 differ by 0.5 µs and 2 bytes. */
#define LEVEL 6
#define MEM_LEVEL 7

/* RFC 7692 7.2.1: a sender takes these off the end of what a sync flush wrote; 7.2.2: a receiver puts them back. */
static const uint8_t FLUSH_TAIL[4] = {0x00, 0x00, 0xff, 0xff};

/* zlib allocates through us, so that the tests can make it fail. */
static void *zlib_alloc(void *opaque, unsigned items, unsigned bytes_each)
{
    (void)opaque;
    size_t bytes;
    return size_mul(items, bytes_each, &bytes) < 0 ? NULL : malloc(bytes);
}

static void zlib_free(void *opaque, void *at)
{
    (void)opaque;
    free(at);
}

static void forget_output(struct buf *out, size_t bytes_max)
{
    if (out->cap > KEPT_BYTES_MAX) buf_done(out);
    buf_clear(out);
    out->bytes_max = bytes_max;
}

/* --- Inflating ---------------------------------------------------------------------------------------------------- */

struct ws_inflater {
    z_stream zlib;
    struct buf out;
};

int ws_inflater_create(struct ws_inflater **ret_inflater)
{
    struct ws_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL) return ERR_NOMEM;
    inflater->zlib.zalloc = zlib_alloc;
    inflater->zlib.zfree = zlib_free;
    /* Raw (negative), and with the biggest window, which reads what was written with any smaller one. */
    int rc = inflateInit2(&inflater->zlib, -WS_WINDOW_BITS_MAX);
    if (rc != Z_OK) {
        free(inflater);
        return rc == Z_MEM_ERROR ? ERR_NOMEM : ERR_INTERNAL;
    }
    *ret_inflater = inflater;
    return 0;
}

void ws_inflater_free(struct ws_inflater *inflater)
{
    if (inflater == NULL) return;
    ignore(inflateEnd(&inflater->zlib), "frees in any case");
    buf_done(&inflater->out);
    free(inflater);
}

/* Room behind what is there, at most one byte more than the message may have: that one tells that it is too big. */
static int make_room(struct buf *out, size_t bytes_max)
{
    size_t limit = bytes_max + 1;
    if (out->len < out->cap) return 0;
    size_t more = out->len < FIRST_BYTES ? FIRST_BYTES : out->len;
    return buf_reserve(out, more < limit - out->len ? more : limit - out->len);
}

/* Inflates until all of piece is taken and all of its output is written. */
static int inflate_piece(struct ws_inflater *inflater, struct span piece, size_t bytes_max)
{
    z_stream *zlib = &inflater->zlib;
    struct buf *out = &inflater->out;
    zlib->next_in = piece.at;
    zlib->avail_in = narrow_u32(piece.len);
    for (;;) {
        TRY(make_room(out, bytes_max));
        size_t end = out->cap < bytes_max + 1 ? out->cap : bytes_max + 1;
        zlib->next_out = out->at + out->len;
        zlib->avail_out = narrow_u32(end - out->len);
        int rc = inflate(zlib, Z_SYNC_FLUSH);
        out->len = end - zlib->avail_out;
        if (rc == Z_MEM_ERROR) return ERR_NOMEM;
        if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END) return ERR_PROTOCOL;
        if (out->len > bytes_max) return ERR_TOO_BIG;
        if (rc == Z_STREAM_END) {
            /* RFC 7692 7.2.3.4: a block with BFINAL set ends no message; the next one begins at the next byte. */
            if (inflateReset(zlib) != Z_OK) return ERR_INTERNAL;
            if (zlib->avail_in == 0) return 0;
        } else if (zlib->avail_out > 0) {
            return 0;
        }
    }
}

int ws_inflate(struct ws_inflater *inflater, struct span payload, size_t bytes_max, struct mspan *ret_message)
{
    check(bytes_max < UINT32_MAX);
    forget_output(&inflater->out, bytes_max + 1);
    if (payload.len > UINT32_MAX) return ERR_TOO_BIG;
    if (inflateReset(&inflater->zlib) != Z_OK) return ERR_INTERNAL;
    TRY(inflate_piece(inflater, payload, bytes_max));
    TRY(inflate_piece(inflater, span_of(FLUSH_TAIL, sizeof FLUSH_TAIL), bytes_max));
    /* zlib.h, inflate(): exactly 128 says that it stands between two blocks, at the start of a byte, the last block not come.
     * Anything else is a message that broke off. */
    if (inflater->zlib.data_type != 128) return ERR_PROTOCOL;
    *ret_message = (struct mspan){inflater->out.at, inflater->out.len};
    return 0;
}

size_t ws_deflated_bytes_max(size_t message_bytes)
{
    /* zlib's own bound for the least memory (deflateBound): stored blocks of 127 bytes, 5 bytes each, and something to spare. */
    return message_bytes + message_bytes / 8 + message_bytes / 64 + 64;
}

/* --- Deflating ---------------------------------------------------------------------------------------------------- */

#define WINDOWS (WS_WINDOW_BITS_MAX - WS_WINDOW_BITS_MIN + 1)

struct ws_deflater {
    z_stream zlib[WINDOWS]; /* by window; made when first needed, since all browsers take the biggest */
    bool made[WINDOWS];
    struct buf out;
};

int ws_deflater_create(struct ws_deflater **ret_deflater)
{
    struct ws_deflater *deflater = calloc(1, sizeof *deflater);
    if (deflater == NULL) return ERR_NOMEM;
    *ret_deflater = deflater;
    return 0;
}

void ws_deflater_free(struct ws_deflater *deflater)
{
    if (deflater == NULL) return;
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (deflater->made[i]) ignore(deflateEnd(&deflater->zlib[i]), "frees in any case");
    }
    buf_done(&deflater->out);
    free(deflater);
}

static int fresh_stream(struct ws_deflater *deflater, unsigned window_bits, z_stream **ret_zlib)
{
    check(window_bits >= WS_WINDOW_BITS_MIN && window_bits <= WS_WINDOW_BITS_MAX);
    unsigned i = window_bits - WS_WINDOW_BITS_MIN;
    z_stream *zlib = &deflater->zlib[i];
    int rc;
    if (deflater->made[i]) {
        rc = deflateReset(zlib);
    } else {
        *zlib = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free};
        rc = deflateInit2(zlib, LEVEL, Z_DEFLATED, -(int)window_bits, MEM_LEVEL, Z_DEFAULT_STRATEGY);
        deflater->made[i] = rc == Z_OK;
    }
    if (rc != Z_OK) return rc == Z_MEM_ERROR ? ERR_NOMEM : ERR_INTERNAL;
    *ret_zlib = zlib;
    return 0;
}

int ws_deflate(struct ws_deflater *deflater, struct span message, unsigned window_bits,
               struct span *ret_payload)
{
    if (message.len > UINT32_MAX) return ERR_TOO_BIG;
    if (message.len < WS_DEFLATE_BYTES_MIN) return 0;
    z_stream *zlib;
    TRY(fresh_stream(deflater, window_bits, &zlib));
    struct buf *out = &deflater->out;
    forget_output(out, message.len);
    TRY(buf_reserve(out, message.len));
    zlib->next_in = message.at;
    zlib->avail_in = narrow_u32(message.len);
    zlib->next_out = out->at;
    zlib->avail_out = narrow_u32(message.len);
    if (deflate(zlib, Z_SYNC_FLUSH) != Z_OK) return ERR_INTERNAL;
    /* zlib.h, deflate(): no room left means that there may be more; then it is no shorter than the message. */
    if (zlib->avail_out == 0) return 0;
    out->len = message.len - zlib->avail_out;
    /* RFC 7692 7.2.1: a sync flush ends in an empty block; its last four octets are not sent. */
    size_t tail = sizeof FLUSH_TAIL;
    check(out->len > tail && memcmp(out->at + out->len - tail, FLUSH_TAIL, tail) == 0);
    *ret_payload = span_of(out->at, out->len - tail);
    return 1;
}
