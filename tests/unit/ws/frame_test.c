#include "testing.h"
#include "../torture.h"

static const struct listening SERVER = {BOUND_BYTES, 0, NULL};

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void whole_and_fragmented_messages_are_heard(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        {{F(0x81, "Hello")}, "text Hello"},
        {{F(0x82, "\x01\xff")}, "binary \x01\xff"},
        {{F(0x81, "")}, "text "},
        {{F(0x81, "a"), F(0x82, "b"), F(0x81, "c")}, "text a|binary b|text c"},
        /* RFC 6455 5.4: FIN clear and an opcode, then continuations, the last with FIN. */
        {{F(0x01, "Hel"), F(0x80, "lo")}, "text Hello"},
        {{F(0x01, "H"), F(0x00, "e"), F(0x00, "l"), F(0x80, "lo")}, "text Hello"},
        {{F(0x02, "H"), F(0x80, "e")}, "binary He"},
        /* An empty fragment is one. */
        {{F(0x01, ""), F(0x00, ""), F(0x80, "")}, "text "},
        {{F(0x01, ""), F(0x80, "x"), F(0x81, "y")}, "text x|text y"},
        {{F(0x01, "x"), F(0x80, ""), F(0x81, "y")}, "text x|text y"},
        /* RFC 6455 5.4, 5.5: control frames may come within a message, and are given out at once. */
        {{F(0x01, "Hel"), F(0x89, "now"), F(0x80, "lo")}, "ping now|text Hello"},
        {{F(0x01, "Hel"), F(0x89, ""), F(0x8a, "b"), F(0x00, "l"), F(0x89, "c"), F(0x80, "o")}, "ping |pong b|ping c|text Hello"},
        {{F(0x89, "a"), F(0x8a, ""), F(0x81, "t")}, "ping a|pong |text t"},
        /* RFC 6455 8.1: a character may be cut by a frame's end. */
        {{F(0x01, "\xc3"), F(0x89, "\xff"), F(0x80, "\xa4")}, "ping \xff|text \xc3\xa4"},
        {{F(0x01, "\xf0\x9f"), F(0x00, "\x92"), F(0x80, "\xaa")}, "text \xf0\x9f\x92\xaa"},
        /* Binary is anything. */
        {{F(0x02, "\xc3"), F(0x80, "(\xed\xa0\x80")}, "binary \xc3(\xed\xa0\x80"},
        /* RFC 6455 5.2: all three ways of writing a length. */
        {{F(0x81, HUNDRED TEN TEN "12345")}, "text " HUNDRED TEN TEN "12345"},
        {{F(0x81, HUNDRED TEN TEN "123456")}, "text " HUNDRED TEN TEN "123456"},
        {{F(0x89, HUNDRED TEN TEN "12345")}, "ping " HUNDRED TEN TEN "12345"},
    };
    assert_hears_all(SERVER, CASES, COUNT_OF(CASES));
    assert_hears_all((struct listening){BOUND_BYTES, WS_CLIENT, NULL}, CASES, COUNT_OF(CASES));
}

static void a_broken_protocol_closes_1002(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        /* RFC 6455 5.2: RSV bits without an extension that means something by them. */
        {{F(0xc1, "x")}, "1002"},
        {{F(0xa1, "x")}, "1002"},
        {{F(0x91, "x")}, "1002"},
        {{F(0x81, "x"), F(0x99, "")}, "text x|1002"},
        {{F(0x01, "x"), F(0xc0, "")}, "1002"},
        /* RFC 6455 5.2: reserved opcodes. */
        {{F(0x83, "")}, "1002"},
        {{F(0x84, "")}, "1002"},
        {{F(0x85, "")}, "1002"},
        {{F(0x86, "")}, "1002"},
        {{F(0x87, "")}, "1002"},
        {{F(0x8b, "")}, "1002"},
        {{F(0x8c, "")}, "1002"},
        {{F(0x8d, "")}, "1002"},
        {{F(0x8e, "")}, "1002"},
        {{F(0x8f, "")}, "1002"},
        /* RFC 6455 5.4: nothing to continue, or something else begun. */
        {{F(0x80, "x")}, "1002"},
        {{F(0x00, "x")}, "1002"},
        {{F(0x81, "x"), F(0x80, "y")}, "text x|1002"},
        {{F(0x01, "x"), F(0x80, "y"), F(0x80, "z")}, "text xy|1002"},
        {{F(0x01, "x"), F(0x81, "y")}, "1002"},
        {{F(0x01, "x"), F(0x02, "y")}, "1002"},
        {{F(0x01, "x"), F(0x89, "p"), F(0x01, "y")}, "ping p|1002"},
        /* RFC 6455 5.5: control frames are not fragmented and at most 125 bytes. */
        {{F(0x09, "x")}, "1002"},
        {{F(0x0a, "x")}, "1002"},
        {{F(0x08, "\x03\xe8")}, "1002"},
        {{F(0x89, HUNDRED TEN TEN "123456")}, "1002"},
        {{F_AS(0x89, "x", LENGTH_IN_16)}, "1002"},
        {{F_AS(0x8a, "x", LENGTH_IN_64)}, "1002"},
        {{F(0x88, "\x03\xe8" HUNDRED TEN TEN "1234")}, "1002"},
        /* RFC 6455 5.2: the shortest form of a length, and no top bit. */
        {{F_AS(0x81, "x", LENGTH_IN_16)}, "1002"},
        {{F_AS(0x81, HUNDRED TEN TEN "12345", LENGTH_IN_16)}, "1002"},
        {{F_AS(0x81, "x", LENGTH_IN_64)}, "1002"},
        {{F_AS(0x81, HUNDRED TEN TEN "123456", LENGTH_IN_64)}, "1002"},
        {{F_AS(0x81, "x", LENGTH_IN_64 | TOP_BIT)}, "1002"},
        {{F_AS(0x00, "x", LENGTH_IN_64 | TOP_BIT)}, "1002"},
    };
    assert_hears_all(SERVER, CASES, COUNT_OF(CASES));
    assert_hears_all((struct listening){BOUND_BYTES, WS_CLIENT, NULL}, CASES, COUNT_OF(CASES));
}

static void who_masks_is_fixed(void **state)
{
    (void)state;
    /* RFC 6455 5.1: a client masks all its frames, a server none. */
    static const struct heard_case TO_SERVER[] = {
        {{F_AS(0x81, "x", UNMASKED)}, "1002"},
        {{F_AS(0x89, "", UNMASKED)}, "1002"},
        {{F(0x81, "x"), F_AS(0x88, "\x03\xe8", UNMASKED)}, "text x|1002"},
    };
    static const struct heard_case TO_CLIENT[] = {
        {{F_AS(0x81, "x", MASKED)}, "1002"},
        {{F_AS(0x89, "", MASKED)}, "1002"},
        {{F(0x81, "x"), F_AS(0x88, "\x03\xe8", MASKED)}, "text x|1002"},
    };
    assert_hears_all(SERVER, TO_SERVER, COUNT_OF(TO_SERVER));
    assert_hears_all((struct listening){BOUND_BYTES, WS_CLIENT, NULL}, TO_CLIENT, COUNT_OF(TO_CLIENT));
}

static void text_that_is_no_utf8_closes_1007(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        {{F(0x81, "\xff")}, "1007"},
        {{F(0x81, "ok\xc3(")}, "1007"},
        {{F(0x81, "\xc0\x80")}, "1007"},
        {{F(0x81, "\xed\xa0\x80")}, "1007"},
        {{F(0x81, "\xf4\x90\x80\x80")}, "1007"},
        /* RFC 6455 8.1: it may not end within a character; a frame may. */
        {{F(0x81, "\xc3")}, "1007"},
        {{F(0x01, "\xe2\x82"), F(0x80, "")}, "1007"},
        {{F(0x01, "\xe2\x82"), F(0x80, "\xac"), F(0x81, "\xe2")}, "text \xe2\x82\xac|1007"},
        {{F(0x01, "\xe2"), F(0x00, "("), F(0x80, "never looked at")}, "1007"},
        /* Each message begins anew. */
        {{F(0x82, "\xe2"), F(0x81, "\x82\xac")}, "binary \xe2|1007"},
    };
    assert_hears_all(SERVER, CASES, COUNT_OF(CASES));
}

static void wrong_text_is_told_at_the_byte_that_shows_it(void **state)
{
    (void)state;
    /* Autobahn's 6.4: the message is not over, not even the frame, when it cannot become UTF-8 any more. */
    static const struct { const char *text; size_t good; } CASES[] = {
        {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80" "edited", 12}, {"\xff and on", 0}, {"abc\xc3(def", 4},
        {"\xe2\x82\xac\xed\xa0\x80" "...", 4}, {"12345678901234567\x80" "890", 17},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct ear ear;
        ear_open(&ear, BOUND_BYTES, 0, NULL);
        const struct sent frame = {0x01, CASES[i].text, strlen(CASES[i].text), AS_IT_SHOULD};
        OWNED(buf) struct buf wire = wire_of(&frame, 1, true);
        size_t head = wire.len - frame.len;
        for (size_t at = 0; at < head + CASES[i].good; at++) assert_int_equal(ear_feed(&ear, span_of(wire.at + at, 1)), 0);
        assert_int_equal(ear_feed(&ear, span_of(wire.at + head + CASES[i].good, 1)), ERR_TEXT);
        ear_done(&ear);
    }
}

static void a_close_tells_its_code_and_reason(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        /* RFC 6455 5.5.1, 7.1.5: without a body the code is 1005. */
        {{F(0x88, "")}, "close 1005 "},
        {{F(0x88, "\x03\xe8")}, "close 1000 "},
        {{F(0x88, "\x03\xe8" "bye \xe2\x82\xac")}, "close 1000 bye \xe2\x82\xac"},
        {{F(0x88, "\x03\xe9")}, "close 1001 "},
        {{F(0x88, "\x03\xea")}, "close 1002 "},
        {{F(0x88, "\x03\xeb")}, "close 1003 "},
        {{F(0x88, "\x03\xef")}, "close 1007 "},
        {{F(0x88, "\x03\xf6")}, "close 1014 "},
        {{F(0x88, "\x0b\xb8")}, "close 3000 "},
        {{F(0x88, "\x0f\xa0")}, "close 4000 "},
        {{F(0x88, "\x13\x87")}, "close 4999 "},
        {{F(0x88, "\x03\xe8" HUNDRED TEN TEN "123")}, "close 1000 " HUNDRED TEN TEN "123"},
        /* It may come within a message, which is then never told. */
        {{F(0x01, "half"), F(0x88, "\x03\xe8")}, "close 1000 "},
        /* RFC 6455 5.5.1: nothing counts after it, not even nonsense. */
        {{F(0x88, "\x03\xe8"), F(0x81, "late"), F(0x8f, "x"), F(0x88, "")}, "close 1000 "},
        /* A body of one byte cannot hold a code. */
        {{F(0x88, "\x03")}, "1002"},
        /* RFC 6455 7.4: codes that nobody may send. */
        {{F(0x88, "\0\0")}, "1002"},
        {{F(0x88, "\x03\xe7")}, "1002"},
        {{F(0x88, "\x03\xec")}, "1002"},
        {{F(0x88, "\x03\xed")}, "1002"},
        {{F(0x88, "\x03\xee")}, "1002"},
        {{F(0x88, "\x03\xf7")}, "1002"},
        {{F(0x88, "\x03\xf8")}, "1002"},
        {{F(0x88, "\x07\xd0")}, "1002"},
        {{F(0x88, "\x0b\xb7")}, "1002"},
        {{F(0x88, "\x13\x88")}, "1002"},
        {{F(0x88, "\xff\xff")}, "1002"},
        /* The reason is UTF-8. */
        {{F(0x88, "\x03\xe8\xff")}, "1007"},
        {{F(0x88, "\x03\xe8ok\xe2\x82")}, "1007"},
    };
    assert_hears_all(SERVER, CASES, COUNT_OF(CASES));
}

static void a_message_over_the_bound_closes_1009(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        {{F(0x81, HUNDRED HUNDRED HUNDRED)}, "text " HUNDRED HUNDRED HUNDRED},
        {{F(0x81, HUNDRED HUNDRED HUNDRED "x")}, "1009"},
        {{F(0x02, HUNDRED), F(0x00, HUNDRED), F(0x80, HUNDRED)}, "binary " HUNDRED HUNDRED HUNDRED},
        {{F(0x02, HUNDRED), F(0x00, HUNDRED), F(0x89, HUNDRED), F(0x80, HUNDRED), F(0x81, HUNDRED HUNDRED HUNDRED)},
         "ping " HUNDRED "|binary " HUNDRED HUNDRED HUNDRED "|text " HUNDRED HUNDRED HUNDRED},
        {{F(0x02, HUNDRED), F(0x00, HUNDRED), F(0x00, HUNDRED), F(0x00, "x"), F(0x80, "y")}, "1009"},
        {{F_AS(0x82, HUNDRED HUNDRED HUNDRED "x", HEAD_ALONE)}, "1009"},
    };
    assert_hears_all(SERVER, CASES, COUNT_OF(CASES));
}

static void a_length_over_the_bound_is_told_by_the_header_alone(void **state)
{
    (void)state;
    static const uint64_t LENGTHS[] = {BOUND_BYTES + 1, 65535, 65536, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(LENGTHS); i++) {
        struct ear ear;
        ear_open(&ear, BOUND_BYTES, 0, NULL);
        uint8_t head[WS_HEAD_BYTES_MAX];
        size_t len = ws_put_head(head, WS_BINARY, WS_FIN, LENGTHS[i], KEY);
        assert_int_equal(ear_feed(&ear, span_of(head, len)), ERR_TOO_BIG);
        assert_null(ear.dec.held.at);
        ear_done(&ear);
    }
}

static void a_length_in_64_bits_begins_where_16_end(void **state)
{
    (void)state;
    static const struct { uint8_t length[8]; int rc; } CASES[] = {
        {{0, 0, 0, 0, 0, 0, 0xff, 0xff}, ERR_PROTOCOL}, {{0, 0, 0, 0, 0, 1, 0, 0}, 0}, {{0, 0, 0, 0, 0, 2, 0, 1}, ERR_TOO_BIG}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t head[WS_HEAD_BYTES_MAX] = {0x82, 0xff};
        memcpy(head + 2, CASES[i].length, sizeof CASES[i].length);
        struct ear ear;
        ear_open(&ear, 1 << 17, 0, NULL);
        assert_int_equal(ear_feed(&ear, span_of(head, sizeof head)), CASES[i].rc);
        ear_done(&ear);
    }
}

static void only_what_came_is_held(void **state)
{
    (void)state;
    /* A header that promises much costs nothing yet. */
    struct ear ear;
    ear_open(&ear, 1 << 20, 0, NULL);
    uint8_t head[WS_HEAD_BYTES_MAX];
    size_t len = ws_put_head(head, WS_BINARY, WS_FIN, 1 << 20, KEY);
    assert_int_equal(ear_feed(&ear, span_of(head, len)), 0);
    assert_null(ear.dec.held.at);
    assert_int_equal(ear_feed(&ear, span_of(HUNDRED, 100)), 0);
    assert_in_range(ear.dec.held.cap, 100, 256);
    ear_done(&ear);
}

static void binary_closes_1003_where_only_text_is_spoken(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        {{F(0x81, "x"), F(0x82, "y")}, "text x|1003"},
        {{F_AS(0x02, "y", HEAD_ALONE)}, "1003"},
        {{F(0x01, "x"), F(0x80, "y"), F(0x89, "z")}, "text xy|ping z"},
        {{F(0x01, "x"), F(0x02, "y")}, "1002"},
    };
    assert_hears_all((struct listening){BOUND_BYTES, WS_TEXT_ONLY, NULL}, CASES, COUNT_OF(CASES));
}

static void the_examples_of_rfc_6455_5_7_are_read_and_written(void **state)
{
    (void)state;
    static const uint8_t MASKED_HELLO[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const uint8_t HELLO[] = {0x81, 0x05, 'H', 'e', 'l', 'l', 'o'};
    static const uint8_t PING[] = {0x89, 0x05, 'H', 'e', 'l', 'l', 'o'};
    static const uint8_t MASKED_PONG[] = {0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    const struct listening client = {BOUND_BYTES, WS_CLIENT, NULL};
    assert_hears(SERVER, span_of(MASKED_HELLO, sizeof MASKED_HELLO), str_span(STR("text Hello")));
    assert_hears(client, span_of(HELLO, sizeof HELLO), str_span(STR("text Hello")));
    assert_hears(client, span_of(PING, sizeof PING), str_span(STR("ping Hello")));
    assert_hears(SERVER, span_of(MASKED_PONG, sizeof MASKED_PONG), str_span(STR("pong Hello")));

    struct span hello = str_span(STR("Hello"));
    OWNED(frame) struct frame *text = NULL;
    OWNED(frame) struct frame *masked = NULL;
    OWNED(frame) struct frame *ping = NULL;
    OWNED(frame) struct frame *pong = NULL;
    assert_int_equal(ws_frame_text(hello, &text), 0);
    assert_int_equal(ws_frame_masked(WS_TEXT, hello, KEY, &masked), 0);
    assert_int_equal(ws_frame(WS_PING, hello, &ping), 0);
    assert_int_equal(ws_frame_masked(WS_PONG, hello, KEY, &pong), 0);
    assert_bytes(frame_span(text), span_of(HELLO, sizeof HELLO));
    assert_bytes(frame_span(masked), span_of(MASKED_HELLO, sizeof MASKED_HELLO));
    assert_bytes(frame_span(ping), span_of(PING, sizeof PING));
    assert_bytes(frame_span(pong), span_of(MASKED_PONG, sizeof MASKED_PONG));
    assert_bytes(frame_payload(text), hello);
}

static void a_header_takes_the_shortest_form(void **state)
{
    (void)state;
    static const struct { size_t payload_bytes; uint8_t head[10]; size_t len; } CASES[] = {
        {0, {0x82, 0}, 2},
        {125, {0x82, 125}, 2},
        {126, {0x82, 126, 0, 126}, 4},
        {256, {0x82, 126, 1, 0}, 4},
        {65535, {0x82, 126, 255, 255}, 4},
        {65536, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10},
        {64 << 20, {0x82, 127, 0, 0, 0, 0, 4, 0, 0, 0}, 10},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t head[WS_HEAD_BYTES_MAX];
        assert_int_equal(ws_put_head(head, WS_BINARY, WS_FIN, CASES[i].payload_bytes, NULL), CASES[i].len);
        assert_memory_equal(head, CASES[i].head, CASES[i].len);
        assert_int_equal(ws_put_head(head, WS_BINARY, WS_FIN, CASES[i].payload_bytes, KEY), CASES[i].len + 4);
        assert_memory_equal(head + CASES[i].len, KEY, 4);
        assert_int_equal(head[1], CASES[i].head[1] | 0x80);
    }
    uint8_t head[WS_HEAD_BYTES_MAX];
    ignore(ws_put_head(head, WS_TEXT, WS_COMPRESSED, 1, NULL), "two bytes");
    assert_int_equal(head[0], 0x41);
    ignore(ws_put_head(head, WS_CONTINUATION, 0, 1, NULL), "two bytes");
    assert_int_equal(head[0], 0x00);
}

static void masking_goes_on_where_it_stopped_and_undoes_itself(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 40; len++) {
        for (size_t first = 0; first < 9; first++) {
            uint8_t bytes[48];
            uint8_t *at = bytes + first % 8; /* unaligned too */
            for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(i * 7);
            ws_mask((struct mspan){at, len}, KEY, first);
            for (size_t i = 0; i < len; i++) assert_int_equal(at[i], (uint8_t)(i * 7) ^ KEY[(first + i) % 4]);
            ws_mask((struct mspan){at, len}, KEY, first);
            for (size_t i = 0; i < len; i++) assert_int_equal(at[i], (uint8_t)(i * 7));
        }
    }
}

static void a_whole_frame_is_given_out_where_it_lies(void **state)
{
    (void)state;
    static const struct sent FRAMES[] = {F(0x81, "Hello"), F(0x89, "now"), F(0x82, "bytes")};
    OWNED(buf) struct buf wire = wire_of(FRAMES, COUNT_OF(FRAMES), true);
    OWNED(buf) struct buf cut = wire_of(FRAMES, 1, true);
    struct ws_decoder dec;
    ws_decoder_init(&dec, BOUND_BYTES, 0, NULL);
    struct mspan in = {wire.at, wire.len};
    struct ws_message message;
    for (size_t i = 0; i < COUNT_OF(FRAMES); i++) {
        assert_int_equal(ws_decoder_next(&dec, &in, &message), 1);
        assert_ptr_equal(message.payload.at + message.payload.len, in.at);
        assert_null(dec.held.at);
    }
    assert_int_equal(ws_decoder_next(&dec, &in, &message), 0);

    /* One that is cut is held until it was given out, and no longer. */
    in = (struct mspan){cut.at, 8};
    assert_int_equal(ws_decoder_next(&dec, &in, &message), 0);
    assert_non_null(dec.held.at);
    in = (struct mspan){cut.at + 8, cut.len - 8};
    assert_int_equal(ws_decoder_next(&dec, &in, &message), 1);
    assert_true(str_eq(ws_message_str(&message), STR("Hello")));
    assert_int_equal(ws_decoder_next(&dec, &in, &message), 0);
    assert_null(dec.held.at);
    ws_decoder_done(&dec);
}

static void after_the_end_everything_is_swallowed(void **state)
{
    (void)state;
    static const struct sent ENDS[] = {F(0x88, "\x03\xe8"), F(0x8f, "")};
    for (size_t i = 0; i < COUNT_OF(ENDS); i++) {
        struct ear ear;
        ear_open(&ear, BOUND_BYTES, 0, NULL);
        OWNED(buf) struct buf wire = wire_of(&ENDS[i], 1, true);
        ignore(ear_feed(&ear, buf_span(&wire)), "the end");
        size_t heard = ear.heard.len;
        for (size_t k = 0; k < 3; k++) assert_int_equal(ear_feed(&ear, str_span(STR(HUNDRED "\x88\x80" HUNDRED))), 0);
        assert_int_equal(ear.heard.len, heard);
        assert_null(ear.dec.held.at);
        ear_done(&ear);
    }
}

static void a_close_is_written_with_a_reason_that_fits(void **state)
{
    (void)state;
    uint8_t payload[WS_CONTROL_BYTES_MAX];
    assert_int_equal(ws_close_payload(WS_CLOSE_NO_STATUS, STR("not sent"), payload), 0);
    assert_int_equal(ws_close_payload(4401, STR("unauthenticated"), payload), 17);
    assert_memory_equal(payload, "\x11\x31unauthenticated", 17);
    assert_int_equal(ws_close_payload(1000, STR(HUNDRED TEN TEN "123"), payload), 125);
    assert_int_equal(ws_close_payload(1000, STR(HUNDRED TEN TEN "1234"), payload), 125);
    /* RFC 6455 5.5.1: the reason is UTF-8, so it is cut between characters. */
    assert_int_equal(ws_close_payload(1000, STR(HUNDRED TEN TEN "12\xe2\x82\xac"), payload), 124);
    assert_int_equal(ws_close_payload(1000, STR(HUNDRED TEN TEN "\xe2\x82\xac" "4"), payload), 125);
    assert_int_equal(ws_close_payload(1000, STR(HUNDRED TEN TEN "1\xf0\x9f\x92\xaa"), payload), 123);

    OWNED(frame) struct frame *frame = NULL;
    assert_int_equal(ws_frame_close(1012, STR("restart"), &frame), 0);
    assert_bytes(frame_span(frame), str_span(STR("\x88\x09\x03\xf4restart")));
}

static void a_control_frame_that_is_too_long_is_not_written(void **state)
{
    (void)state;
    struct frame *frame = NULL;
    uint8_t payload[126] = {0};
    assert_int_equal(ws_frame(WS_PING, span_of(payload, 126), &frame), ERR_TOO_BIG);
    assert_int_equal(ws_frame_masked(WS_PONG, span_of(payload, 126), KEY, &frame), ERR_TOO_BIG);
    assert_null(frame);
}

static void each_error_has_its_close_code(void **state)
{
    (void)state;
    assert_int_equal(ws_close_code(ERR_PROTOCOL), 1002);
    assert_int_equal(ws_close_code(ERR_UNSUPPORTED), 1003);
    assert_int_equal(ws_close_code(ERR_TEXT), 1007);
    assert_int_equal(ws_close_code(ERR_TOO_BIG), 1009);
    assert_int_equal(ws_close_code(ERR_NOMEM), 1011);
}

/* --- Compressed (RFC 7692) ---------------------------------------------------------------------------------------- */

/* RFC 7692 7.2.3.1 and 7.2.3.2: "Hello" in one compressed frame, and in two. */
#define HELLO_DEFLATED "\xf2\x48\xcd\xc9\xc9\x07\x00"

/* RFC 6455 7.1.1: whoever closed waits for the peer's Close, whatever else comes before it. */
static void after_an_error_the_peers_close_is_found_however_it_is_cut(void **state)
{
    (void)state;
    static const struct sent SENT[] = {
        F(0x82, "\x88\x80 binary is refused"), F(0x01, "begun"), F(0x89, "ping"), F(0xb1, "reserved bits"), F_AS(0x80, "x", LENGTH_IN_64), F(0x83, "\x88"), F(0x88, "\x03\xe8"),
    };
    OWNED(buf) struct buf wire = buf_of(4096);
    for (size_t i = 0; i < COUNT_OF(SENT); i++) put_frame(&wire, &SENT[i], true);
    const size_t close_bytes = 2 + WS_MASK_BYTES + 2;
    for (size_t cut = 1; cut < wire.len; cut++) {
        OWNED(buf) struct buf copy = buf_of(4096);
        assert_int_equal(buf_put(&copy, buf_span(&wire)), 0);
        struct ws_decoder dec;
        ws_decoder_init(&dec, BOUND_BYTES, WS_TEXT_ONLY, NULL);
        struct mspan parts[] = {{copy.at, cut}, {copy.at + cut, copy.len - cut}};
        bool found = false;
        size_t left = 0;
        for (size_t i = 0; i < 2 && !found; i++) {
            struct ws_message message;
            int rc = dec.failed ? 0 : ws_decoder_next(&dec, &parts[i], &message);
            assert_true(rc == 0 || rc == ERR_UNSUPPORTED);
            found = dec.failed && ws_decoder_seek_close(&dec, &parts[i]);
            left = parts[i].len;
            if (found && i == 0) assert_true(cut >= wire.len - close_bytes + 2);
        }
        assert_true(found);
        assert_true(left <= close_bytes);
        ws_decoder_done(&dec);
    }
}

static void compressed_messages_are_heard_where_that_was_agreed(void **state)
{
    (void)state;
    static const struct heard_case CASES[] = {
        {{F(0xc1, HELLO_DEFLATED)}, "text Hello"},
        {{F(0xc2, HELLO_DEFLATED)}, "binary Hello"},
        {{F(0x41, "\xf2\x48\xcd"), F(0x80, "\xc9\xc9\x07\x00")}, "text Hello"},
        {{F(0x41, "\xf2\x48\xcd"), F(0x89, "p"), F(0x00, "\xc9"), F(0x80, "\xc9\x07\x00")}, "ping p|text Hello"},
        /* RFC 7692 6: a message may be sent uncompressed at any time. */
        {{F(0x81, "plain"), F(0xc1, HELLO_DEFLATED), F(0x82, "\xff")}, "text plain|text Hello|binary \xff"},
        /* RFC 7692 7.2.3.6: nothing is one octet 0x00. */
        {{F(0xc1, "\x00"), F(0xc1, HELLO_DEFLATED)}, "text |text Hello"},
        /* RFC 7692 6.1, 6.2: RSV1 on a continuation or a control frame breaks the protocol. */
        {{F(0x41, "\xf2\x48\xcd"), F(0xc0, "\xc9\xc9\x07\x00")}, "1002"},
        {{F(0xc9, "p")}, "1002"},
        {{F(0xc8, "")}, "1002"},
        {{F(0xa1, "x")}, "1002"},
        {{F(0x91, "x")}, "1002"},
        /* No DEFLATE, or one that breaks off. */
        {{F(0xc1, "\xff\xff")}, "1002"},
        {{F(0xc1, "\xf2\x48\xcd\xc9")}, "1002"},
        /* Text is checked after inflating: a stored block of 0xff. */
        {{F(0xc1, "\x00\x01\x00\xfe\xff\xff\x00")}, "1007"},
        {{F(0xc2, "\x00\x01\x00\xfe\xff\xff\x00")}, "binary \xff"},
    };
    OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
    assert_int_equal(ws_inflater_create(&inflater), 0);
    assert_hears_all((struct listening){BOUND_BYTES, 0, inflater}, CASES, COUNT_OF(CASES));
    assert_hears_all((struct listening){BOUND_BYTES, WS_CLIENT, inflater}, CASES, COUNT_OF(CASES));
}

static void the_bound_is_counted_while_inflating(void **state)
{
    (void)state;
    OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
    OWNED(ws_deflater) struct ws_deflater *deflater = NULL;
    assert_int_equal(ws_inflater_create(&inflater), 0);
    assert_int_equal(ws_deflater_create(&deflater), 0);
    static char zeros[1 << 20];
    memset(zeros, 'z', sizeof zeros);
    static const size_t SIZES[] = {BOUND_BYTES, BOUND_BYTES + 1, 5000, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        struct span deflated;
        assert_int_equal(ws_deflate(deflater, span_of(zeros, SIZES[i]), 15, &deflated), 1);
        const struct sent frame = {0xc1, (const char *)deflated.at, deflated.len, AS_IT_SHOULD};
        OWNED(buf) struct buf wire = wire_of(&frame, 1, true);
        OWNED(buf) struct buf expected = buf_of(1000);
        assert_int_equal(SIZES[i] > BOUND_BYTES ? buf_put_str(&expected, STR("1009")) : buf_printf(&expected, "text %.300s", zeros), 0);
        assert_hears((struct listening){BOUND_BYTES, 0, inflater}, buf_span(&wire), buf_span(&expected));
    }
}

static void a_compressed_message_may_be_longer_than_what_it_holds(void **state)
{
    (void)state;
    OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
    assert_int_equal(ws_inflater_create(&inflater), 0);
    /* Stored blocks of 60 bytes, 5 bytes more each: 300 bytes in 326. */
    OWNED(buf) struct buf payload = buf_of(1000);
    OWNED(buf) struct buf expected = buf_of(1000);
    assert_int_equal(buf_put_str(&expected, STR("text ")), 0);
    for (size_t i = 0; i < BOUND_BYTES / 60; i++) {
        assert_int_equal(buf_put_str(&payload, STR("\x00\x3c\x00\xc3\xff" TEN TEN TEN TEN TEN TEN)), 0);
        assert_int_equal(buf_put_str(&expected, STR(TEN TEN TEN TEN TEN TEN)), 0);
    }
    assert_int_equal(buf_put_byte(&payload, 0), 0);
    const struct sent frame = {0xc1, (const char *)payload.at, payload.len, AS_IT_SHOULD};
    OWNED(buf) struct buf wire = wire_of(&frame, 1, true);
    assert_hears((struct listening){BOUND_BYTES, 0, inflater}, buf_span(&wire), buf_span(&expected));
}

/* But not by any measure. */
static void endless_empty_blocks_close_1009(void **state)
{
    (void)state;
    OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
    assert_int_equal(ws_inflater_create(&inflater), 0);
    struct ear ear;
    ear_open(&ear, BOUND_BYTES, 0, inflater);
    static const struct sent BLOCK = F(0x41, "\x00\x00\x00\xff\xff"), MORE = F(0x00, "\x00\x00\x00\xff\xff");
    OWNED(buf) struct buf first = wire_of(&BLOCK, 1, true);
    OWNED(buf) struct buf more = wire_of(&MORE, 1, true);
    int rc = ear_feed(&ear, buf_span(&first));
    size_t count = 0;
    for (; rc == 0 && count < 1000; count++) rc = ear_feed(&ear, buf_span(&more));
    assert_int_equal(rc, ERR_TOO_BIG);
    assert_in_range(count, BOUND_BYTES / 5, BOUND_BYTES / 5 + 40);
    ear_done(&ear);
}

static void what_is_compressed_for_all_is_heard_by_all(void **state)
{
    (void)state;
    OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
    OWNED(ws_deflater) struct ws_deflater *deflater = NULL;
    OWNED(frame) struct frame *frame = NULL;
    assert_int_equal(ws_inflater_create(&inflater), 0);
    assert_int_equal(ws_deflater_create(&deflater), 0);
    assert_int_equal(ws_frame_deflated(deflater, WS_TEXT, str_span(STR(HUNDRED HUNDRED)), 15, &frame), 1);
    assert_in_range(frame->len, 10, 60);
    assert_hears((struct listening){BOUND_BYTES, WS_CLIENT, inflater}, frame_span(frame), str_span(STR("text " HUNDRED HUNDRED)));
    struct frame *none = NULL;
    assert_int_equal(ws_frame_deflated(deflater, WS_TEXT, str_span(STR("short")), 15, &none), 0);
    assert_null(none);
}

/* --- Properties --------------------------------------------------------------------------------------------------- */

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % limit;
}

static size_t random_len(void)
{
    static const size_t EDGES[] = {0, 1, 2, 124, 125, 126, 127, 128, 4096, 65534, 65535, 65536, 65537};
    return random_below(3) == 0 ? EDGES[random_below(COUNT_OF(EDGES))] : random_below(600);
}

/* Writes one random message, perhaps in fragments with a ping between them, and what should be heard of it. */
static void say_something(struct buf *wire, struct buf *expected, bool masked)
{
    static char letters[70000];
    size_t len = random_len();
    for (size_t i = 0; i < len; i++) letters[i] = (char)('a' + random_below(26));
    OWNED(buf) struct buf message = buf_of(70000);
    OWNED(buf) struct buf pings = buf_of(70000);
    size_t at = 0;
    uint8_t first = random_below(2) == 0 ? WS_TEXT : WS_BINARY;
    assert_int_equal(buf_put_str(&message, first == WS_TEXT ? STR("text ") : STR("binary ")), 0);
    assert_int_equal(buf_put(&message, span_of(letters, len)), 0);
    uint8_t opcode = first;
    bool fin = false;
    while (!fin) {
        fin = random_below(2) == 0;
        size_t count = fin ? len - at : random_below(len - at + 1);
        const struct sent frame = {(uint8_t)(opcode | (fin ? 0x80 : 0)), letters + at, count, AS_IT_SHOULD};
        put_frame(wire, &frame, masked);
        at += count;
        opcode = WS_CONTINUATION;
        if (!fin && random_below(3) == 0) {
            const struct sent ping = {0x89, letters, random_below(len < 125 ? len + 1 : 126), AS_IT_SHOULD};
            put_frame(wire, &ping, masked);
            assert_int_equal(buf_put_str(&pings, STR("ping ")), 0);
            assert_int_equal(buf_put(&pings, span_of(letters, ping.len)), 0);
            assert_int_equal(buf_put_byte(&pings, '|'), 0);
        }
    }
    if (expected->len > 0) assert_int_equal(buf_put_byte(expected, '|'), 0);
    assert_int_equal(buf_put(expected, buf_span(&pings)), 0);
    assert_int_equal(buf_put(expected, buf_span(&message)), 0);
}

static void random_conversations_are_heard_however_they_are_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        random_state = seed;
        bool masked = random_below(2) == 0;
        OWNED(buf) struct buf wire = buf_of(1 << 20);
        OWNED(buf) struct buf expected = buf_of(1 << 20);
        for (size_t count = 1 + random_below(4); count > 0; count--) say_something(&wire, &expected, masked);
        struct ear ear;
        ear_open(&ear, 1 << 17, masked ? 0 : WS_CLIENT, NULL);
        size_t piece_max = 1 + random_below(3000);
        for (size_t at = 0; at < wire.len;) {
            size_t len = random_below(piece_max) + 1;
            if (len > wire.len - at) len = wire.len - at;
            assert_int_equal(ear_feed(&ear, span_of(wire.at + at, len)), 0);
            at += len;
        }
        if (!span_eq(buf_span(&ear.heard), buf_span(&expected))) fail_msg("seed %llu", (unsigned long long)seed);
        assert_null(ear.dec.held.at);
        ear_done(&ear);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static char letters[70000];
    memset(letters, 'x', sizeof letters);
    static const size_t SIZES[] = {0, 1, 125, 126, 127, 65535, 65536, 70000};
    static const enum ws_opcode KINDS[] = {WS_TEXT, WS_BINARY};
    for (size_t i = 0; i < COUNT_OF(SIZES) * COUNT_OF(KINDS) * 2; i++) {
        struct span payload = span_of(letters, SIZES[i / 4]);
        enum ws_opcode kind = KINDS[i % 2];
        bool from_client = i / 2 % 2 == 0;
        OWNED(frame) struct frame *frame = NULL;
        assert_int_equal(from_client ? ws_frame_masked(kind, payload, KEY, &frame) : ws_frame(kind, payload, &frame), 0);
        struct ear ear;
        ear_open(&ear, sizeof letters, from_client ? 0 : WS_CLIENT, NULL);
        assert_int_equal(ear_feed(&ear, frame_span(frame)), 0);
        size_t word = kind == WS_TEXT ? 5 : 7;
        assert_int_equal(ear.heard.len, word + payload.len);
        assert_memory_equal(ear.heard.at + word, letters, payload.len);
        ear_done(&ear);
    }
}

/* --- Short of memory ---------------------------------------------------------------------------------------------- */

static int decode_cut(struct ws_decoder *dec, struct buf *wire, size_t *ret_messages)
{
    struct ws_message message;
    size_t messages = 0;
    for (size_t at = 0; at < wire->len; at += 3) {
        struct mspan in = {wire->at + at, wire->len - at < 3 ? wire->len - at : 3};
        int rc;
        while ((rc = ws_decoder_next(dec, &in, &message)) > 0) messages++;
        TRY(rc);
    }
    *ret_messages = messages;
    return 0;
}

static void without_memory_a_partial_message_closes_1011(void **state)
{
    (void)state;
    static const struct sent FRAMES[] = {F(0x01, HUNDRED), F(0x89, "now"), F(0x80, HUNDRED), F(0xc1, HELLO_DEFLATED)};
    size_t passes = 0;
    for (torture_begin(); torture_next(); passes++) {
        OWNED(ws_inflater) struct ws_inflater *inflater = NULL;
        if (ws_inflater_create(&inflater) < 0) continue;
        torture.on = false;
        OWNED(buf) struct buf wire = wire_of(FRAMES, COUNT_OF(FRAMES), true);
        torture.on = true;
        struct ws_decoder dec;
        ws_decoder_init(&dec, BOUND_BYTES, 0, inflater);
        size_t messages = 0;
        int rc = decode_cut(&dec, &wire, &messages);
        assert_int_equal(rc, torture.failed > 0 ? ERR_NOMEM : 0);
        if (rc == 0) assert_int_equal(messages, 3);
        assert_int_equal(ws_close_code(ERR_NOMEM), 1011);
        ws_decoder_done(&dec);
    }
    assert_in_range(passes, 6, 40);
}

static void without_memory_no_frame_is_written(void **state)
{
    (void)state;
    size_t passes = 0;
    for (torture_begin(); torture_next(); passes++) {
        OWNED(frame) struct frame *text = NULL;
        OWNED(frame) struct frame *masked = NULL;
        OWNED(frame) struct frame *deflated = NULL;
        OWNED(ws_deflater) struct ws_deflater *deflater = NULL;
        struct span payload = str_span(STR(HUNDRED));
        int rc = ws_deflater_create(&deflater);
        if (rc == 0) rc = ws_frame_text(payload, &text);
        if (rc == 0) rc = ws_frame_masked(WS_TEXT, payload, KEY, &masked);
        if (rc == 0) rc = ws_frame_deflated(deflater, WS_TEXT, payload, 15, &deflated);
        assert_int_equal(rc, torture.failed > 0 ? ERR_NOMEM : 1);
    }
    assert_in_range(passes, 6, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_and_fragmented_messages_are_heard),
        cmocka_unit_test(a_broken_protocol_closes_1002),
        cmocka_unit_test(who_masks_is_fixed),
        cmocka_unit_test(text_that_is_no_utf8_closes_1007),
        cmocka_unit_test(wrong_text_is_told_at_the_byte_that_shows_it),
        cmocka_unit_test(a_close_tells_its_code_and_reason),
        cmocka_unit_test(a_message_over_the_bound_closes_1009),
        cmocka_unit_test(a_length_over_the_bound_is_told_by_the_header_alone),
        cmocka_unit_test(a_length_in_64_bits_begins_where_16_end),
        cmocka_unit_test(only_what_came_is_held),
        cmocka_unit_test(binary_closes_1003_where_only_text_is_spoken),
        cmocka_unit_test(the_examples_of_rfc_6455_5_7_are_read_and_written),
        cmocka_unit_test(a_header_takes_the_shortest_form),
        cmocka_unit_test(masking_goes_on_where_it_stopped_and_undoes_itself),
        cmocka_unit_test(a_whole_frame_is_given_out_where_it_lies),
        cmocka_unit_test(after_the_end_everything_is_swallowed),
        cmocka_unit_test(a_close_is_written_with_a_reason_that_fits),
        cmocka_unit_test(a_control_frame_that_is_too_long_is_not_written),
        cmocka_unit_test(each_error_has_its_close_code),
        cmocka_unit_test(after_an_error_the_peers_close_is_found_however_it_is_cut),
        cmocka_unit_test(compressed_messages_are_heard_where_that_was_agreed),
        cmocka_unit_test(the_bound_is_counted_while_inflating),
        cmocka_unit_test(a_compressed_message_may_be_longer_than_what_it_holds),
        cmocka_unit_test(endless_empty_blocks_close_1009),
        cmocka_unit_test(what_is_compressed_for_all_is_heard_by_all),
        cmocka_unit_test(random_conversations_are_heard_however_they_are_cut),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(without_memory_a_partial_message_closes_1011),
        cmocka_unit_test(without_memory_no_frame_is_written),
    };
    return cmocka_run_group_tests_name("ws/frame", tests, NULL, NULL);
}
