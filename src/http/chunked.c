#include "http/chunked.h"
#include "http/chars.h"

/* http_parser could do this as well, but Debian builds it without its strict mode: then it takes any two bytes for a chunk's
 * CRLF, and a bare LF inside an extension. So it reads our heads only (http/request.c). */

enum chunked_state {
    SIZE = 0,  /* hexadecimal digits */
    EXTENSION, /* behind ";" up to CR */
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START, /* at the start of a line behind the last chunk */
    TRAILER_LINE,
    TRAILER_LF,
    END_LF,
    END,
};

/* 15 digits cannot overflow, and no body of ours is that big. */
#define SIZE_DIGITS_MAX 15

static int on_size(struct chunked *chunked, uint8_t byte)
{
    int digit = hex_digit((char)byte);
    if (digit >= 0) {
        if (chunked->digits == SIZE_DIGITS_MAX) return ERR_TOO_BIG;
        chunked->digits++;
        chunked->left = chunked->left * 16 + (uint64_t)digit;
        return 0;
    }
    if (chunked->digits == 0) return ERR_PROTOCOL;
    if (byte == ';') {
        chunked->state = EXTENSION;
    } else if (byte == '\r') {
        chunked->state = SIZE_LF;
    } else {
        return ERR_PROTOCOL;
    }
    return 0;
}

/* A line that is read for nothing but its end. */
static int on_ignored(struct chunked *chunked, uint8_t byte, enum chunked_state on_cr)
{
    if (byte == '\r') {
        chunked->state = (uint8_t)on_cr;
        return 0;
    }
    return is_field_byte(byte) ? 0 : ERR_PROTOCOL;
}

static int expect(struct chunked *chunked, uint8_t byte, uint8_t expected, enum chunked_state then)
{
    if (byte != expected) return ERR_PROTOCOL;
    chunked->state = (uint8_t)then;
    return 0;
}

static int on_trailer_start(struct chunked *chunked, uint8_t byte)
{
    if (byte == '\r') {
        chunked->state = END_LF;
        return 0;
    }
    /* RFC 9112 5.2: a line that begins with a blank would continue the one before it. */
    if (byte == ' ' || byte == '\t' || !is_field_byte(byte)) return ERR_PROTOCOL;
    chunked->state = TRAILER_LINE;
    return 0;
}

static void start_size(struct chunked *chunked) { *chunked = (struct chunked){.state = SIZE}; }

/* One byte of all that is not data. */
static int on_frame_byte(struct chunked *chunked, uint8_t byte)
{
    switch ((enum chunked_state)chunked->state) {
    case SIZE: return on_size(chunked, byte);
    case EXTENSION: return on_ignored(chunked, byte, SIZE_LF);
    case SIZE_LF:
        TRY(expect(chunked, byte, '\n', chunked->left == 0 ? TRAILER_START : DATA));
        chunked->line_bytes = 0;
        return 0;
    case DATA_CR: return expect(chunked, byte, '\r', DATA_LF);
    case DATA_LF:
        TRY(expect(chunked, byte, '\n', SIZE));
        start_size(chunked);
        return 0;
    case TRAILER_START: return on_trailer_start(chunked, byte);
    case TRAILER_LINE: return on_ignored(chunked, byte, TRAILER_LF);
    case TRAILER_LF: return expect(chunked, byte, '\n', TRAILER_START);
    case END_LF: return expect(chunked, byte, '\n', END);
    case DATA:
    case END: break;
    }
    check(false);
    return ERR_INTERNAL;
}

static int take_data(struct chunked *chunked, struct span *in, struct buf *out)
{
    if (chunked->left > out->bytes_max - out->len) return ERR_TOO_BIG;
    size_t count = chunked->left < in->len ? (size_t)chunked->left : in->len;
    TRY(buf_put(out, span_of(in->at, count)));
    *in = span_of(in->at + count, in->len - count);
    chunked->left -= count;
    if (chunked->left == 0) chunked->state = DATA_CR;
    return 0;
}

int chunked_next(struct chunked *chunked, struct span *in, struct buf *out)
{
    check(out->len <= out->bytes_max);
    while (chunked->state != END) {
        if (chunked->state == DATA) {
            TRY(take_data(chunked, in, out));
            if (chunked->state == DATA) return 0;
            continue;
        }
        if (in->len == 0) return 0;
        bool in_trailers = chunked->state >= TRAILER_START;
        if (++chunked->line_bytes > (in_trailers ? CHUNK_TRAILER_BYTES_MAX : CHUNK_LINE_BYTES_MAX)) {
            return ERR_PROTOCOL;
        }
        TRY(on_frame_byte(chunked, in->at[0]));
        *in = span_of(in->at + 1, in->len - 1);
    }
    return 1;
}
