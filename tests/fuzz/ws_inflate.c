/* ws/deflate.c: whatever comes in, the bound holds; what came out can be compressed and comes out again.
 * Input: two bytes of bound, a byte of window, then the payload. */
#include "fuzz.h"

#include "ws/deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ws_inflater *inflater;
    static struct ws_deflater *deflater;
    if (inflater == NULL) {
        must(ws_inflater_create(&inflater) == 0);
        must(ws_deflater_create(&deflater) == 0);
    }
    struct span in = {data, size};
    size_t bytes_max = fuzz_byte(&in);
    bytes_max = bytes_max << 8 | fuzz_byte(&in);
    unsigned window_bits = WS_WINDOW_BITS_MIN + fuzz_byte(&in) % (WS_WINDOW_BITS_MAX - WS_WINDOW_BITS_MIN + 1);

    struct mspan message;
    int rc = ws_inflate(inflater, in, bytes_max, &message);
    must(rc == 0 || rc == ERR_TOO_BIG || rc == ERR_PROTOCOL);
    if (rc < 0) return 0;
    must(message.len <= bytes_max);
    struct span text = {fuzz_exactly(span_of(message.at, message.len)), message.len};

    /* Exactly its own length is enough, one less is not. */
    must(ws_inflate(inflater, in, text.len, &message) == 0 && span_eq(span_of(message.at, message.len), text));
    if (text.len > 0) must(ws_inflate(inflater, in, text.len - 1, &message) == ERR_TOO_BIG);

    struct span deflated;
    rc = ws_deflate(deflater, text, window_bits, &deflated);
    must(rc == 0 || rc == 1);
    if (rc == 1) {
        must(deflated.len < text.len);
        must(ws_inflate(inflater, deflated, text.len, &message) == 0 && span_eq(span_of(message.at, message.len), text));
    }
    free((uint8_t *)text.at);
    return 0;
}
