#include "testing.h"
#include "../torture.h"

#include <zlib.h>

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

struct pair {
    struct ws_inflater *inflater;
    struct ws_deflater *deflater;
};

static int open_pair(void **state)
{
    static struct pair pair;
    assert_int_equal(ws_inflater_create(&pair.inflater), 0);
    assert_int_equal(ws_deflater_create(&pair.deflater), 0);
    *state = &pair;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;
    ws_inflater_free(pair->inflater);
    ws_deflater_free(pair->deflater);
    return 0;
}

/* In memory of exactly its size, so that a byte read too far is seen. */
static int inflate_exactly(struct ws_inflater *inflater, struct span payload, size_t bytes_max, struct mspan *ret_message)
{
    uint8_t *at = malloc(payload.len == 0 ? 1 : payload.len);
    assert_non_null(at);
    if (payload.len > 0) memcpy(at, payload.at, payload.len);
    int rc = ws_inflate(inflater, span_of(at, payload.len), bytes_max, ret_message);
    free(at);
    return rc;
}

static void assert_inflates(struct ws_inflater *inflater, struct span payload, struct span expected)
{
    struct mspan message;
    assert_int_equal(inflate_exactly(inflater, payload, expected.len, &message), 0);
    assert_bytes(span_of(message.at, message.len), expected);
    /* The bound is the message's own length, to the byte. */
    if (expected.len > 0) assert_int_equal(inflate_exactly(inflater, payload, expected.len - 1, &message), ERR_TOO_BIG);
}

struct example {
    const char *payload;
    size_t len;
    const char *message;
};
#define EXAMPLE(payload, message) {payload, sizeof(payload) - 1, message}

static void the_examples_of_rfc_7692_7_2_3_inflate(void **state)
{
    struct pair *pair = *state;
    static const struct example EXAMPLES[] = {
        /* 7.2.3.1: one compressed block. */
        EXAMPLE("\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"),
        /* 7.2.3.3: a block without compression. */
        EXAMPLE("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"),
        /* 7.2.3.4: BFINAL set; the next block begins at the next byte. */
        EXAMPLE("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"),
        /* 7.2.3.5: two blocks. */
        EXAMPLE("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"),
        /* 7.2.3.6: an empty message. */
        EXAMPLE("\x00", ""),
        /* 7.2.1: blocks with BFINAL may stand anywhere, and more than once. */
        EXAMPLE("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00", "HelloHelloHello"),
        EXAMPLE("\x03\x00\x03\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"),
    };
    for (size_t i = 0; i < COUNT_OF(EXAMPLES); i++) {
        assert_inflates(pair->inflater, span_of(EXAMPLES[i].payload, EXAMPLES[i].len), str_span(str_c(EXAMPLES[i].message)));
    }
}

static void no_context_is_taken_over(void **state)
{
    struct pair *pair = *state;
    /* 7.2.3.2: the second message refers to the first, which client_no_context_takeover forbids. */
    assert_inflates(pair->inflater, str_span(STR("\xf2\x48\xcd\xc9\xc9\x07\x00")), str_span(STR("Hello")));
    struct mspan message;
    assert_int_equal(inflate_exactly(pair->inflater, span_of("\xf2\x00\x11\x00\x00", 5), 100, &message), ERR_PROTOCOL);
    /* And the failure of one is not the next one's. */
    assert_inflates(pair->inflater, str_span(STR("\xf2\x48\xcd\xc9\xc9\x07\x00")), str_span(STR("Hello")));

    /* Our own messages are alike, whatever was compressed before. */
    struct span deflated;
    uint8_t first[200];
    assert_int_equal(ws_deflate(pair->deflater, str_span(STR(HUNDRED)), 15, &deflated), 1);
    size_t len = deflated.len;
    memcpy(first, deflated.at, len);
    assert_int_equal(ws_deflate(pair->deflater, str_span(STR(HUNDRED)), 15, &deflated), 1);
    assert_bytes(deflated, span_of(first, len));
}

static void what_is_no_deflate_or_breaks_off_is_refused(void **state)
{
    struct pair *pair = *state;
    static const struct example BAD[] = {
        EXAMPLE("\x06", ""),                 /* block type 3 */
        EXAMPLE("\xff\xff\xff", ""),
        EXAMPLE("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00", ""), /* length and its complement differ */
        EXAMPLE("\xf2\x48\xcd\xc9\xc9", ""), /* ends within a block */
        EXAMPLE("\x00\x64\x00\x9b\xff\x48", ""),
        EXAMPLE("", ""),                     /* 7.2.3.6: not even nothing is nothing */
        EXAMPLE("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", ""), /* the tail was not taken off: a stored block cut in its header */
        EXAMPLE("\xf3\x48\xcd\xc9\xc9\x07\x00", ""), /* BFINAL, and the empty block that must follow does not (7.2.1) */
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct mspan message;
        int rc = inflate_exactly(pair->inflater, span_of(BAD[i].payload, BAD[i].len), 1000, &message);
        if (rc != ERR_PROTOCOL) fail_msg("case %zu: %d", i, rc);
    }
}

static const char *json(size_t i)
{
    static char text[2000];
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":%zu,\"location\":\"main\",\"member\":{\"id\":%zu,"
                       "\"name\":\"Ada Lovelace\"},\"warnings\":[],\"currently_in\":%zu}}",
                       i, i * 31, i % 57);
    assert_in_range(len, 60, sizeof text);
    return text;
}

static void what_is_deflated_inflates_to_the_same(void **state)
{
    struct pair *pair = *state;
    for (unsigned bits = WS_WINDOW_BITS_MIN; bits <= WS_WINDOW_BITS_MAX; bits++) {
        for (size_t i = 0; i < 50; i++) {
            struct span text = str_span(str_c(json(i))), deflated;
            assert_int_equal(ws_deflate(pair->deflater, text, bits, &deflated), 1);
            assert_in_range(deflated.len, 1, text.len - 1);
            assert_inflates(pair->inflater, deflated, text);
        }
    }
}

/* Cut anywhere it is either refused or the start of what it was (an empty block's end is not seen to be missing). */
static void a_cut_message_is_never_taken_for_another(void **state)
{
    struct pair *pair = *state;
    struct span text = str_span(str_c(json(7))), deflated;
    assert_int_equal(ws_deflate(pair->deflater, text, 15, &deflated), 1);
    for (size_t len = 0; len < deflated.len; len++) {
        struct mspan message;
        assert_int_equal(inflate_exactly(pair->inflater, span_of(deflated.at, len), 5000, &message), ERR_PROTOCOL);
    }
}

/* A peer that keeps exactly the window that was agreed. */
static bool inflates_with_window(struct span deflated, unsigned bits, struct span expected)
{
    static const uint8_t TAIL[] = {0, 0, 0xff, 0xff};
    static uint8_t out[200000];
    z_stream zlib = {0};
    assert_int_equal(inflateInit2(&zlib, -(int)bits), Z_OK);
    size_t len = 0;
    int rc = Z_OK;
    /* Small steps, so that zlib must rely on its window and not on our output buffer. */
    for (size_t at = 0; at < deflated.len + sizeof TAIL && rc == Z_OK; at++) {
        uint8_t byte = at < deflated.len ? deflated.at[at] : TAIL[at - deflated.len];
        zlib.next_in = &byte;
        zlib.avail_in = 1;
        do {
            zlib.next_out = out + len;
            zlib.avail_out = 1;
            rc = inflate(&zlib, Z_SYNC_FLUSH);
            len += 1 - zlib.avail_out;
        } while (rc == Z_OK && zlib.avail_out == 0);
        if (rc == Z_BUF_ERROR) rc = Z_OK;
    }
    inflateEnd(&zlib);
    return rc == Z_OK && span_eq(span_of(out, len), expected);
}

/* The same 200 random letters again after each `gap`, so that a compressor refers as far back as it may. */
static struct span text_with_echo(char *text, size_t len, size_t gap)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = i >= gap && i % gap < 100 ? text[i - gap] : (char)('a' + (seed >> 24) % 26);
    }
    return span_of(text, len);
}

static void a_message_keeps_within_the_window_agreed(void **state)
{
    struct pair *pair = *state;
    static char text[100000];
    for (unsigned bits = WS_WINDOW_BITS_MIN; bits <= WS_WINDOW_BITS_MAX; bits++) {
        static const size_t GAPS[] = {200, 500, 1000, 2000, 4000, 8000, 16000, 32000};
        for (size_t i = 0; i < COUNT_OF(GAPS); i++) {
            struct span message = text_with_echo(text, sizeof text, GAPS[i]), deflated;
            /* RFC 7692 7.1.2.1: no reference further back than 2 to the power of server_max_window_bits. */
            assert_int_equal(ws_deflate(pair->deflater, message, bits, &deflated), 1);
            assert_true(inflates_with_window(deflated, bits, message));
        }
    }
}

static void a_frame_for_all_fits_a_small_window_while_it_is_short(void **state)
{
    struct pair *pair = *state;
    static char text[40000];
    assert_false(ws_window_holds(0, 1));
    assert_false(ws_window_holds(8, 1));
    for (unsigned bits = WS_WINDOW_BITS_MIN; bits <= WS_WINDOW_BITS_MAX; bits++) {
        size_t most = (size_t)1 << bits;
        assert_true(ws_window_holds(bits, most));
        assert_false(ws_window_holds(bits, most + 1));
        struct span message = text_with_echo(text, most, most - 110), deflated;
        assert_int_equal(ws_deflate(pair->deflater, message, WS_WINDOW_BITS_MAX, &deflated), 1);
        assert_true(inflates_with_window(deflated, bits, message));
    }
    /* The measure is no better than it must be: what is longer may need more. */
    struct span message = text_with_echo(text, 4000, 1000), deflated;
    assert_int_equal(ws_deflate(pair->deflater, message, WS_WINDOW_BITS_MAX, &deflated), 1);
    assert_false(inflates_with_window(deflated, WS_WINDOW_BITS_MIN, message));
}

static void what_does_not_pay_is_not_compressed(void **state)
{
    struct pair *pair = *state;
    struct span deflated = {NULL, 77};
    uint8_t noise[5000];
    uint32_t seed = 5;
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    assert_int_equal(ws_deflate(pair->deflater, span_of(noise, sizeof noise), 15, &deflated), 0);
    assert_int_equal(ws_deflate(pair->deflater, span_of(NULL, 0), 15, &deflated), 0);
    assert_int_equal(ws_deflate(pair->deflater, span_of(HUNDRED, WS_DEFLATE_BYTES_MIN - 1), 15, &deflated), 0);
    assert_int_equal(deflated.len, 77);
    assert_int_equal(ws_deflate(pair->deflater, span_of(HUNDRED, WS_DEFLATE_BYTES_MIN), 15, &deflated), 1);
}

static void a_bomb_costs_no_more_than_the_bound(void **state)
{
    struct pair *pair = *state;
    static char zeros[20 << 20];
    struct span deflated;
    assert_int_equal(ws_deflate(pair->deflater, span_of(zeros, sizeof zeros), 15, &deflated), 1);
    assert_in_range(deflated.len, 1, 30000);
    struct mspan message;
    assert_int_equal(inflate_exactly(pair->inflater, deflated, 16384, &message), ERR_TOO_BIG);
    assert_int_equal(inflate_exactly(pair->inflater, deflated, 0, &message), ERR_TOO_BIG);
    assert_int_equal(inflate_exactly(pair->inflater, deflated, sizeof zeros, &message), 0);
    assert_int_equal(message.len, sizeof zeros);
    assert_memory_equal(message.at, zeros, sizeof zeros);
}

static void the_bound_on_the_wire_lets_any_sensible_compressor_through(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 100, 16384, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        /* The least memory makes the most blocks. */
        z_stream zlib = {0};
        assert_int_equal(deflateInit2(&zlib, 1, Z_DEFLATED, -9, 1, Z_FIXED), Z_OK);
        assert_true(deflateBound(&zlib, SIZES[i]) <= ws_deflated_bytes_max(SIZES[i]));
        deflateEnd(&zlib);
    }
}

static void without_memory_neither_way_goes(void **state)
{
    (void)state;
    size_t passes = 0;
    static char zeros[10000];
    for (torture_begin(); torture_next(); passes++) {
        OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
        OWNED(ws_deflater) struct ws_deflater *deflater = NULL;
        struct span deflated;
        struct mspan message;
        int rc = ws_inflater_create(&inflater);
        if (rc == 0) rc = ws_deflater_create(&deflater);
        if (rc == 0) rc = ws_deflate(deflater, span_of(zeros, sizeof zeros), 12, &deflated);
        if (rc == 1) rc = ws_inflate(inflater, deflated, sizeof zeros, &message);
        assert_int_equal(rc, torture.failed > 0 ? ERR_NOMEM : 0);
    }
    assert_in_range(passes, 8, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_7692_7_2_3_inflate),
        cmocka_unit_test(no_context_is_taken_over),
        cmocka_unit_test(what_is_no_deflate_or_breaks_off_is_refused),
        cmocka_unit_test(what_is_deflated_inflates_to_the_same),
        cmocka_unit_test(a_cut_message_is_never_taken_for_another),
        cmocka_unit_test(a_message_keeps_within_the_window_agreed),
        cmocka_unit_test(a_frame_for_all_fits_a_small_window_while_it_is_short),
        cmocka_unit_test(what_does_not_pay_is_not_compressed),
        cmocka_unit_test(a_bomb_costs_no_more_than_the_bound),
        cmocka_unit_test(the_bound_on_the_wire_lets_any_sensible_compressor_through),
        cmocka_unit_test(without_memory_neither_way_goes),
    };
    return cmocka_run_group_tests_name("ws/deflate", tests, open_pair, close_pair);
}
