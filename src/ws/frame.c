/* The decoder takes bytes as they come. What lies whole in them is unmasked where it lies and given out from there: no copy, no
 * memory. Only what is cut by the end of the input is held, and only until it is whole. An interleaved control frame that is cut
 * stands in the same buffer, behind the data (RFC 6455 5.4, 5.5: it may come in the middle of a fragmented message). */
#include "ws/frame.h"

#include "ws/deflate.h"

/* RFC 6455 5.2: the first two bytes. */
#define FIN_BIT 0x80u
#define RSV1_BIT 0x40u
#define RSV2_AND_3_BITS 0x30u
#define OPCODE_BITS 0x0fu
#define MASK_BIT 0x80u
#define LENGTH_BITS 0x7fu
#define LENGTH_16 126u
#define LENGTH_64 127u

static bool is_control(enum ws_opcode opcode) { return opcode >= WS_CLOSE; }

bool ws_close_code_is_valid(unsigned code)
{
    /* RFC 6455 7.4.1: 1004, 1005, 1006 and 1015 are never sent; IANA has given out the others up to 1014. */
    if (code == 1004 || code == 1005 || code == 1006) return false;
    if (code >= 1000 && code <= 1014) return true;
    /* RFC 6455 7.4.2: 3000 to 4999 are for libraries, frameworks and applications. */
    return code >= 3000 && code <= 4999;
}

uint16_t ws_close_code(int err)
{
    switch (err) {
    case ERR_PROTOCOL: return WS_CLOSE_PROTOCOL;
    case ERR_UNSUPPORTED: return WS_CLOSE_UNSUPPORTED;
    case ERR_TEXT: return WS_CLOSE_TEXT;
    case ERR_TOO_BIG: return WS_CLOSE_TOO_BIG;
    default: return WS_CLOSE_INTERNAL;
    }
}

void ws_mask(struct mspan bytes, const uint8_t mask[WS_MASK_BYTES], size_t first)
{
    /* RFC 6455 5.3: octet i of the payload with octet i mod 4 of the key. */
    uint8_t key[8];
    for (size_t i = 0; i < sizeof key; i++) key[i] = mask[(first + i) % WS_MASK_BYTES];
    uint64_t key_word;
    memcpy(&key_word, key, sizeof key_word);
    size_t done = 0;
    for (; bytes.len - done >= sizeof key_word; done += sizeof key_word) {
        uint64_t word;
        memcpy(&word, bytes.at + done, sizeof word);
        word ^= key_word;
        memcpy(bytes.at + done, &word, sizeof word);
    }
    for (; done < bytes.len; done++) bytes.at[done] ^= key[done % sizeof key];
}

/* --- Reading: the header ------------------------------------------------------------------------------------------ */

static enum ws_opcode frame_opcode(const struct ws_decoder *dec) { return dec->head[0] & OPCODE_BITS; }
static bool frame_fin(const struct ws_decoder *dec) { return (dec->head[0] & FIN_BIT) != 0; }
static bool frame_masked(const struct ws_decoder *dec) { return (dec->head[1] & MASK_BIT) != 0; }
static unsigned frame_length_bits(const struct ws_decoder *dec) { return dec->head[1] & LENGTH_BITS; }

void ws_decoder_init(struct ws_decoder *dec, size_t message_bytes_max, unsigned flags,
                     struct ws_inflater *inflater)
{
    check(message_bytes_max <= FRAME_BYTES_MAX);
    check((flags & ~(unsigned)(WS_CLIENT | WS_TEXT_ONLY)) == 0);
    size_t held_bytes_max = inflater == NULL ? message_bytes_max : ws_deflated_bytes_max(message_bytes_max);
    *dec = (struct ws_decoder){.inflater = inflater,
                               .held = buf_of(held_bytes_max + WS_CONTROL_BYTES_MAX),
                               .message_bytes_max = narrow_u32(message_bytes_max),
                               .flags = flags & 3u};
}

void ws_decoder_done(struct ws_decoder *dec) { buf_done(&dec->held); }

/* What the first two bytes alone can break, so that it is told at once. */
static int check_start(const struct ws_decoder *dec)
{
    enum ws_opcode opcode = frame_opcode(dec);
    /* RFC 6455 5.2: RSV2 and RSV3 are 0 where no extension gave them a meaning. */
    if ((dec->head[0] & RSV2_AND_3_BITS) != 0) return ERR_PROTOCOL;
    /* RFC 7692 6: RSV1 means compressed where that was agreed, on the first frame of a data message only. */
    bool rsv1_may_be = dec->inflater != NULL && (opcode == WS_TEXT || opcode == WS_BINARY);
    if ((dec->head[0] & RSV1_BIT) != 0 && !rsv1_may_be) return ERR_PROTOCOL;
    /* RFC 6455 5.1: a client masks every frame, a server none. */
    if (frame_masked(dec) == ((dec->flags & WS_CLIENT) != 0)) return ERR_PROTOCOL;
    switch (opcode) {
    case WS_CONTINUATION:
        /* RFC 6455 5.4: there must be something to continue … */
        return dec->message_kind != 0 ? 0 : ERR_PROTOCOL;
    case WS_TEXT:
    case WS_BINARY:
        /* … and messages are not interleaved. */
        if (dec->message_kind != 0) return ERR_PROTOCOL;
        return opcode == WS_BINARY && (dec->flags & WS_TEXT_ONLY) != 0 ? ERR_UNSUPPORTED : 0;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        /* RFC 6455 5.5: control frames are whole and at most 125 bytes long. */
        return frame_fin(dec) && frame_length_bits(dec) <= WS_CONTROL_BYTES_MAX ? 0 : ERR_PROTOCOL;
    }
    /* RFC 6455 5.2: 3 to 7 and 11 to 15 are reserved. */
    return ERR_PROTOCOL;
}

static void skip(struct mspan *in, size_t count)
{
    if (count == 0) return; /* *in may be empty and point nowhere */
    in->at += count;
    in->len -= count;
}

/* As far as the bytes that are there tell. */
static size_t head_bytes(const struct ws_decoder *dec)
{
    if (dec->head_len < 2) return 2;
    unsigned length = frame_length_bits(dec);
    size_t length_bytes = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    return 2 + length_bytes + (frame_masked(dec) ? WS_MASK_BYTES : 0);
}

static int frame_length(const struct ws_decoder *dec, uint64_t *ret_length)
{
    uint64_t length = frame_length_bits(dec);
    if (length == LENGTH_16) {
        length = get_be16(dec->head + 2);
        /* RFC 6455 5.2: the shortest way of writing a length must be used … */
        if (length < LENGTH_16) return ERR_PROTOCOL;
    } else if (length == LENGTH_64) {
        length = get_be64(dec->head + 2);
        /* … and the top bit of 64 must be 0. */
        if (length <= UINT16_MAX || length > INT64_MAX) return ERR_PROTOCOL;
    }
    *ret_length = length;
    return 0;
}

/* How long the current message may be on the wire. */
static size_t wire_bytes_max(const struct ws_decoder *dec)
{
    return dec->message_compressed ? ws_deflated_bytes_max(dec->message_bytes_max) : dec->message_bytes_max;
}

static int begin_frame(struct ws_decoder *dec)
{
    uint64_t length;
    TRY(frame_length(dec, &length));
    enum ws_opcode opcode = frame_opcode(dec);
    if (!is_control(opcode)) {
        if (opcode != WS_CONTINUATION) {
            dec->message_kind = opcode & 3u;
            dec->message_compressed = (dec->head[0] & RSV1_BIT) != 0;
        }
        /* RFC 6455 10.4: the limit holds for a frame and for the message put together; told before a byte of it is held. */
        check(dec->held.len <= wire_bytes_max(dec));
        if (length > wire_bytes_max(dec) - dec->held.len) return ERR_TOO_BIG;
    }
    dec->frame_left = narrow_u32(length);
    dec->head_whole = true;
    return 0;
}

/* Some of a header's missing bytes; false: there are none. */
static bool fill_head(struct ws_decoder *dec, struct mspan *in)
{
    size_t missing = head_bytes(dec) - dec->head_len;
    size_t count = missing < in->len ? missing : in->len;
    if (count == 0) return false;
    memcpy(dec->head + dec->head_len, in->at, count);
    dec->head_len = (uint8_t)(dec->head_len + count);
    skip(in, count);
    return true;
}

/* 1: a frame's header is whole and good. 0: needs more. */
static int take_head(struct ws_decoder *dec, struct mspan *in)
{
    while (head_bytes(dec) > dec->head_len) {
        if (!fill_head(dec, in)) return 0;
        if (dec->head_len == 2) TRY(check_start(dec));
    }
    TRY(begin_frame(dec));
    return 1;
}

/* --- Reading: the payload ----------------------------------------------------------------------------------------- */

/* The mask stands at the header's end; it is turned, so that its first byte is always for the next one of the payload. */
static void unmask(struct ws_decoder *dec, struct mspan piece)
{
    if (!frame_masked(dec)) return;
    uint8_t *mask = dec->head + dec->head_len - WS_MASK_BYTES;
    ws_mask(piece, mask, 0);
    uint8_t turned[WS_MASK_BYTES];
    for (size_t i = 0; i < WS_MASK_BYTES; i++) turned[i] = mask[(piece.len + i) % WS_MASK_BYTES];
    memcpy(mask, turned, sizeof turned);
}

static int give_control(struct ws_decoder *dec, enum ws_opcode opcode, struct mspan payload,
                        struct ws_message *ret_message)
{
    struct ws_message message = {.kind = opcode, .payload = payload, .close_code = WS_CLOSE_NO_STATUS};
    if (opcode == WS_CLOSE && payload.len > 0) {
        /* RFC 6455 5.5.1: if there is a body, its first two bytes are the code (7.4), and the rest is UTF-8. */
        if (payload.len == 1) return ERR_PROTOCOL;
        message.close_code = get_be16(payload.at);
        if (!ws_close_code_is_valid(message.close_code)) return ERR_PROTOCOL;
        TRY(utf8_check(span_of(payload.at + 2, payload.len - 2), &message.close_reason));
    }
    /* RFC 6455 1.4, 5.5.1: what comes after a Close is discarded. */
    dec->ended = opcode == WS_CLOSE;
    *ret_message = message;
    return 1;
}

static int give_data(struct ws_decoder *dec, struct mspan payload, struct ws_message *ret_message)
{
    enum ws_opcode kind = dec->message_kind;
    if (dec->message_compressed) {
        TRY(ws_inflate(dec->inflater, span_of(payload.at, payload.len), dec->message_bytes_max, &payload));
        TRY(kind == WS_TEXT ? utf8_feed(&dec->text, span_of(payload.at, payload.len)) : 0);
    }
    /* RFC 6455 8.1: a text that ends within a character is not UTF-8. */
    if (kind == WS_TEXT && !utf8_whole(&dec->text)) return ERR_TEXT;
    dec->message_kind = 0;
    *ret_message = (struct ws_message){.kind = kind, .payload = payload};
    return 1;
}

static int hold(struct ws_decoder *dec, struct mspan piece)
{
    TRY(buf_put(&dec->held, span_of(piece.at, piece.len)));
    if (is_control(frame_opcode(dec))) dec->control_held = (uint8_t)(dec->control_held + piece.len);
    return 0;
}

/* What is held of the current frame's kind: of a control frame its own bytes, of data the message so far. */
static size_t held_bytes(const struct ws_decoder *dec)
{
    return is_control(frame_opcode(dec)) ? dec->control_held : dec->held.len;
}

/* 1: a message is whole. 0: it is not; then either all input is taken or the frame is at its end. */
static int take_payload(struct ws_decoder *dec, struct mspan *in, struct ws_message *ret_message)
{
    struct mspan piece = {in->at, dec->frame_left < in->len ? dec->frame_left : in->len};
    skip(in, piece.len);
    dec->frame_left -= (uint32_t)piece.len;
    unmask(dec, piece);
    enum ws_opcode opcode = frame_opcode(dec);
    bool frame_ended = dec->frame_left == 0;
    bool message_ended = frame_ended && frame_fin(dec);
    /* RFC 6455 8.1: told as soon as it is seen, not at the message's end. */
    if (!is_control(opcode) && dec->message_kind == WS_TEXT && !dec->message_compressed) {
        TRY(utf8_feed(&dec->text, span_of(piece.at, piece.len)));
    }
    if (!message_ended || held_bytes(dec) > 0) {
        TRY(hold(dec, piece));
        size_t len = held_bytes(dec);
        if (len > 0) piece = (struct mspan){dec->held.at + (dec->held.len - len), len};
        dec->given = message_ended;
    }
    if (frame_ended) dec->head_whole = false;
    if (!message_ended) return 0;
    return is_control(opcode) ? give_control(dec, opcode, piece, ret_message)
                              : give_data(dec, piece, ret_message);
}

/* What was held for the message given out last goes: all of it, or the control frame behind the data. */
static void forget_given(struct ws_decoder *dec)
{
    dec->held.len = dec->control_held > 0 ? dec->held.len - dec->control_held : 0;
    dec->control_held = 0;
    dec->given = false;
    if (dec->held.len == 0) buf_done(&dec->held);
}

static int next_message(struct ws_decoder *dec, struct mspan *in, struct ws_message *ret_message)
{
    if (dec->given) forget_given(dec);
    for (;;) {
        if (!dec->head_whole) {
            int rc = take_head(dec, in);
            if (rc <= 0) return rc;
        }
        int rc = take_payload(dec, in, ret_message);
        if (!dec->head_whole) dec->head_len = 0;
        if (rc != 0 || dec->head_whole) return rc;
    }
}

int ws_decoder_next(struct ws_decoder *dec, struct mspan *in, struct ws_message *ret_message)
{
    if (dec->ended) {
        buf_done(&dec->held);
        skip(in, in->len);
        return 0;
    }
    int rc = next_message(dec, in, ret_message);
    if (rc < 0) {
        dec->ended = dec->failed = true;
        buf_done(&dec->held);
    }
    return rc;
}

bool ws_decoder_seek_close(struct ws_decoder *dec, struct mspan *in)
{
    check(dec->failed);
    for (;;) {
        if (dec->head_whole) {
            size_t count = dec->frame_left < in->len ? dec->frame_left : in->len;
            skip(in, count);
            dec->frame_left -= (uint32_t)count;
            if (dec->frame_left > 0) return false;
            dec->head_whole = false;
            dec->head_len = 0;
        }
        while (head_bytes(dec) > dec->head_len) {
            if (!fill_head(dec, in)) return false;
        }
        if (frame_opcode(dec) == WS_CLOSE) return true;
        uint64_t length = frame_length_bits(dec);
        if (length == LENGTH_16) length = get_be16(dec->head + 2);
        else if (length == LENGTH_64) length = get_be64(dec->head + 2);
        /* Nobody waits for the end of 4 GiB: the time for closing is over before. */
        dec->frame_left = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
        dec->head_whole = true;
    }
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

size_t ws_put_head(uint8_t ret_head[WS_HEAD_BYTES_MAX], enum ws_opcode opcode, unsigned flags,
                   size_t payload_bytes, const uint8_t *mask)
{
    size_t len = 2;
    unsigned mask_bit = mask == NULL ? 0 : MASK_BIT;
    unsigned first = (unsigned)opcode | ((flags & WS_FIN) != 0 ? FIN_BIT : 0) |
                     ((flags & WS_COMPRESSED) != 0 ? RSV1_BIT : 0);
    ret_head[0] = (uint8_t)first;
    /* RFC 6455 5.2: the shortest of the three ways. */
    if (payload_bytes < LENGTH_16) {
        ret_head[1] = (uint8_t)(mask_bit | (unsigned)payload_bytes);
    } else if (payload_bytes <= UINT16_MAX) {
        ret_head[1] = (uint8_t)(mask_bit | LENGTH_16);
        put_be16(ret_head + 2, (uint16_t)payload_bytes);
        len += 2;
    } else {
        ret_head[1] = (uint8_t)(mask_bit | LENGTH_64);
        put_be64(ret_head + 2, payload_bytes);
        len += 8;
    }
    if (mask == NULL) return len;
    memcpy(ret_head + len, mask, WS_MASK_BYTES);
    return len + WS_MASK_BYTES;
}

static int whole_frame(enum ws_opcode opcode, unsigned flags, struct span payload, const uint8_t *mask,
                       struct frame **ret_frame)
{
    if (is_control(opcode) && payload.len > WS_CONTROL_BYTES_MAX) return ERR_TOO_BIG;
    uint8_t head[WS_HEAD_BYTES_MAX];
    size_t head_len = ws_put_head(head, opcode, flags | WS_FIN, payload.len, mask);
    return frame_new(span_of(head, head_len), payload, ret_frame);
}

int ws_frame(enum ws_opcode opcode, struct span payload, struct frame **ret_frame)
{
    return whole_frame(opcode, 0, payload, NULL, ret_frame);
}

int ws_frame_masked(enum ws_opcode opcode, struct span payload, const uint8_t mask[WS_MASK_BYTES],
                    struct frame **ret_frame)
{
    struct frame *frame;
    TRY(whole_frame(opcode, 0, payload, mask, &frame));
    /* Ours alone until it is returned, so it may still change. */
    ws_mask((struct mspan){frame->at + frame->head_bytes, payload.len}, mask, 0);
    *ret_frame = frame;
    return 0;
}

int ws_frame_deflated(struct ws_deflater *deflater, enum ws_opcode opcode, struct span payload,
                      unsigned window_bits, struct frame **ret_frame)
{
    check(!is_control(opcode)); /* RFC 7692 6.1: control frames are never compressed */
    struct span deflated;
    int rc = ws_deflate(deflater, payload, window_bits, &deflated);
    if (rc <= 0) return rc;
    TRY(whole_frame(opcode, WS_COMPRESSED, deflated, NULL, ret_frame));
    return 1;
}

/* The longest start of text that is at most bytes_max long and ends with a whole character. */
static size_t cut_bytes(struct str text, size_t bytes_max)
{
    if (text.len <= bytes_max) return text.len;
    size_t len = bytes_max;
    while (len > 0 && ((uint8_t)text.at[len] & 0xc0u) == 0x80u) len--;
    return len;
}

size_t ws_close_payload(unsigned code, struct str reason, uint8_t ret_payload[WS_CONTROL_BYTES_MAX])
{
    if (code == WS_CLOSE_NO_STATUS) return 0;
    check(ws_close_code_is_valid(code));
    put_be16(ret_payload, (uint16_t)code);
    size_t len = cut_bytes(reason, WS_CONTROL_BYTES_MAX - 2);
    if (len > 0) memcpy(ret_payload + 2, reason.at, len);
    return 2 + len;
}

int ws_frame_close(unsigned code, struct str reason, struct frame **ret_frame)
{
    uint8_t payload[WS_CONTROL_BYTES_MAX];
    size_t len = ws_close_payload(code, reason, payload);
    return ws_frame(WS_CLOSE, span_of(payload, len), ret_frame);
}
