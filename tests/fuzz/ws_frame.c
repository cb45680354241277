/* ws/frame.c: the same is heard however the bytes are cut, nothing is kept when nothing is partial, and what was heard can be
 * written and heard again. Input: a byte of choices, a number for the cuts, then what comes over the wire. */
#include "fuzz.h"

#include "ws/deflate.h"
#include "ws/frame.h"

#define MESSAGE_BYTES_MAX 2000
#define HEARD_BYTES_MAX ((size_t)64 << 20)

struct choices {
    unsigned flags;
    bool compressed;
};

static void write_down(struct buf *heard, const struct ws_message *message)
{
    must(message->payload.len <= MESSAGE_BYTES_MAX);
    must(buf_printf(heard, "%d %zu %u %zu:", (int)message->kind, message->payload.len, message->close_code,
                    message->close_reason.len) == 0);
    must(buf_put(heard, span_of(message->payload.at, message->payload.len)) == 0);
    struct str text;
    if (message->kind == WS_TEXT) must(utf8_check(str_span(ws_message_str(message)), &text) == 0);
    if (message->kind == WS_CLOSE && message->close_code != WS_CLOSE_NO_STATUS) must(ws_close_code_is_valid(message->close_code));
}

/* Says the message again, from the other side, and hears it. */
static void say_again(struct choices choices, const struct ws_message *message)
{
    static const uint8_t MASK[WS_MASK_BYTES] = {1, 2, 3, 4};
    struct span payload = {message->payload.at, message->payload.len};
    OWNED(frame) struct frame *frame = NULL;
    bool we_are_client = (choices.flags & WS_CLIENT) != 0;
    must((we_are_client ? ws_frame(message->kind, payload, &frame) : ws_frame_masked(message->kind, payload, MASK, &frame)) == 0);
    uint8_t *copy = fuzz_exactly(frame_span(frame));
    struct ws_decoder dec;
    struct mspan in = {copy, frame->len};
    struct ws_message again;
    ws_decoder_init(&dec, MESSAGE_BYTES_MAX, choices.flags, NULL);
    must(ws_decoder_next(&dec, &in, &again) == 1);
    must(again.kind == message->kind && again.close_code == message->close_code && in.len == 0);
    must(span_eq(span_of(again.payload.at, again.payload.len), payload));
    must(dec.held.at == NULL);
    ws_decoder_done(&dec);
    free(copy);
}

/* random 0: in one piece; 1: byte by byte. */
static struct buf listen_to(struct choices choices, struct ws_inflater *inflater, struct span wire, uint32_t random)
{
    struct buf heard = buf_of(HEARD_BYTES_MAX);
    struct ws_decoder dec;
    ws_decoder_init(&dec, MESSAGE_BYTES_MAX, choices.flags, choices.compressed ? inflater : NULL);
    bool whole = random == 0;
    int rc = 0;
    bool closed = false;
    while (wire.len > 0 && !closed) {
        struct span piece = fuzz_take(&wire, random == 0 ? wire.len : random == 1 ? 1 : fuzz_piece(&random, wire.len));
        uint8_t *copy = fuzz_exactly(piece);
        struct mspan in = {copy, piece.len};
        struct ws_message message;
        while (rc >= 0 && (rc = ws_decoder_next(&dec, &in, &message)) > 0) {
            write_down(&heard, &message);
            if (whole) say_again(choices, &message);
        }
        if (rc < 0) closed = ws_decoder_seek_close(&dec, &in);
        must(closed || in.len == 0);
        must(dec.held.len <= ws_deflated_bytes_max(MESSAGE_BYTES_MAX) + WS_CONTROL_BYTES_MAX);
        if (dec.ended || (dec.message_kind == 0 && !dec.head_whole)) must(rc < 0 || dec.held.at == NULL);
        free(copy);
    }
    must(rc >= 0 || ws_close_code(rc) != WS_CLOSE_INTERNAL);
    must(buf_printf(&heard, "end %d %d", rc, closed) == 0);
    ws_decoder_done(&dec);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ws_inflater *inflater;
    if (inflater == NULL) must(ws_inflater_create(&inflater) == 0);
    struct span in = {data, size};
    uint8_t bits = fuzz_byte(&in);
    struct choices choices = {bits & (WS_CLIENT | WS_TEXT_ONLY), (bits & 4) != 0};
    uint32_t random = fuzz_byte(&in) + 2u;
    OWNED(buf) struct buf whole = listen_to(choices, inflater, in, 0);
    OWNED(buf) struct buf bytewise = listen_to(choices, inflater, in, 1);
    OWNED(buf) struct buf pieces = listen_to(choices, inflater, in, random);
    must(span_eq(buf_span(&whole), buf_span(&bytewise)));
    must(span_eq(buf_span(&whole), buf_span(&pieces)));
    return 0;
}
