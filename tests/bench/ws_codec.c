/* What the WebSocket codec costs: frames decoded a second beside a bare memcpy of the same bytes, and a message compressed and
 * inflated. Run by hand in an optimised build: build/tests/bench/ws_codec [PAYLOAD_BYTES] */
#include "ws/deflate.h"
#include "ws/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WIRE_BYTES ((size_t)64 * 1024) /* what one read may bring */
#define SECONDS 1.0

static double now_s(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct wire {
    uint8_t *at;              /* as it came */
    uint8_t *work;            /* where it is decoded: unmasking changes it */
    size_t len;
    size_t frames;
    size_t piece_bytes;       /* of one read */
};

static struct wire wire_of(enum ws_opcode opcode, const uint8_t *payload, size_t payload_bytes, size_t piece_bytes)
{
    static const uint8_t MASK[WS_MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};
    struct frame *frame;
    check(ws_frame_masked(opcode, span_of(payload, payload_bytes), MASK, &frame) == 0);
    size_t frames = WIRE_BYTES / frame->len > 0 ? WIRE_BYTES / frame->len : 1;
    struct wire wire = {malloc(frames * frame->len), malloc(frames * frame->len), frames * frame->len, frames, piece_bytes};
    check(wire.at != NULL && wire.work != NULL);
    for (size_t i = 0; i < frames; i++) memcpy(wire.at + i * frame->len, frame->at, frame->len);
    frame_unref(frame);
    return wire;
}

static void copy_only(struct wire *wire)
{
    memcpy(wire->work, wire->at, wire->len);
    __asm__ volatile("" : : "r"(wire->work) : "memory");
}

static void copy_and_decode(struct wire *wire)
{
    memcpy(wire->work, wire->at, wire->len);
    struct ws_decoder dec;
    struct ws_message message;
    size_t heard = 0;
    ws_decoder_init(&dec, FRAME_BYTES_MAX, 0, NULL);
    for (size_t at = 0; at < wire->len; at += wire->piece_bytes) {
        size_t left = wire->len - at;
        struct mspan in = {wire->work + at, left < wire->piece_bytes ? left : wire->piece_bytes};
        while (ws_decoder_next(&dec, &in, &message) > 0) heard++;
    }
    ws_decoder_done(&dec);
    check(heard == wire->frames);
}

/* Nanoseconds for one frame, the best of a second's tenths. */
static double ns_per_frame(void (*run)(struct wire *), struct wire *wire)
{
    double best = 1e9;
    for (int part = 0; part < 10; part++) {
        double start = now_s(), end;
        size_t rounds = 0;
        do {
            for (int i = 0; i < 20; i++) run(wire);
            rounds += 20;
            end = now_s();
        } while (end - start < SECONDS / 10);
        double ns = (end - start) * 1e9 / (double)(rounds * wire->frames);
        if (ns < best) best = ns;
    }
    return best;
}

static void decoding(const char *name, enum ws_opcode opcode, const uint8_t *payload, size_t bytes, size_t piece_bytes)
{
    struct wire wire = wire_of(opcode, payload, bytes, piece_bytes);
    double copy = ns_per_frame(copy_only, &wire);
    double both = ns_per_frame(copy_and_decode, &wire);
    printf("%-28s %8.1f ns copied, %8.1f ns copied and decoded: %6.2f million frames/s, %5.2f GB/s\n", name, copy, both, 1e3 / both,
           (double)wire.len / (double)wire.frames / both);
    free(wire.at);
    free(wire.work);
}

static void compressing(const char *text)
{
    struct ws_deflater *deflater;
    struct ws_inflater *inflater;
    struct span message = str_span(str_c(text)), deflated = {NULL, 0};
    struct mspan inflated;
    check(ws_deflater_create(&deflater) == 0 && ws_inflater_create(&inflater) == 0);
    enum { ROUNDS = 50000 };
    double start = now_s();
    for (int i = 0; i < ROUNDS; i++) check(ws_deflate(deflater, message, WS_WINDOW_BITS_MAX, &deflated) == 1);
    double middle = now_s();
    for (int i = 0; i < ROUNDS; i++) check(ws_inflate(inflater, deflated, message.len, &inflated) == 0);
    double end = now_s();
    printf("an event of %zu bytes: %zu compressed, %.2f µs to compress, %.2f µs to inflate\n", message.len, deflated.len,
           (middle - start) * 1e6 / ROUNDS, (end - middle) * 1e6 / ROUNDS);
    ws_deflater_free(deflater);
    ws_inflater_free(inflater);
}

int main(int argc, char **argv)
{
    long bytes = argc > 1 ? strtol(argv[1], NULL, 10) : 250;
    check(bytes > 0 && bytes < 1 << 20);
    uint8_t *payload = malloc((size_t)bytes);
    check(payload != NULL);
    for (long i = 0; i < bytes; i++) payload[i] = (uint8_t)('a' + i % 26);
    printf("frames with %ld bytes of payload, masked\n", bytes);
    decoding("text, whole in a read", WS_TEXT, payload, (size_t)bytes, WIRE_BYTES);
    decoding("binary, whole in a read", WS_BINARY, payload, (size_t)bytes, WIRE_BYTES);
    decoding("text, cut every 1,000 bytes", WS_TEXT, payload, (size_t)bytes, 1000);
    decoding("text, cut every 100 bytes", WS_TEXT, payload, (size_t)bytes, 100);
    free(payload);
    compressing("{\"type\":\"member_checked_in\",\"payload\":{\"seq\":10422,\"location\":\"main\",\"at\":\"2026-11-25T04:21:59.123Z\","
                "\"visit_id\":88123,\"member\":{\"id\":412,\"name\":\"Maria Fern\xc3\xa1ndez\",\"photo_url\":"
                "\"/api/v1/members/412/photo?v=3\",\"status\":\"active\"},\"source\":\"kiosk\",\"by\":\"Front desk\",\"notes\":null,"
                "\"warnings\":[],\"currently_in\":57}}");
    return 0;
}
