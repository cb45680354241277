#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_BYTES_MAX 20
static const struct http_limits LIMITS = {.target_bytes_max = 100, .head_bytes_max = 300, .headers_max = 8};

/* Reads all requests of a stream and writes down what it saw, so that a case is a pair of texts. */
struct seen {
    struct http_reader *reader;
    struct buf text;
    bool failed;
    bool over; /* failed, or upgraded: then the rest is counted */
    size_t rest;
};

static void write_down(struct seen *seen, const struct http_request *req)
{
    struct buf *text = &seen->text;
    assert_int_equal(buf_printf(text, "%.*s %.*s", STR_ARG(req->method), STR_ARG(req->path)), 0);
    if (req->raw_query.len > 0) assert_int_equal(buf_printf(text, "?%.*s", STR_ARG(req->raw_query)), 0);
    assert_int_equal(buf_printf(text, " @%.*s%s%s", STR_ARG(req->host), req->keep_alive ? "" : " close",
                                req->wants_websocket ? " ws" : ""), 0);
    if (req->has_body) assert_int_equal(buf_printf(text, " [%.*s]", (int)req->body.len, (const char *)req->body.at), 0);
    assert_int_equal(buf_printf(text, "; "), 0);
}

static void feed(struct seen *seen, struct span piece)
{
    while (!seen->over) {
        int rc = http_reader_next(seen->reader, &piece);
        if (rc == HTTP_HEADERS) {
            rc = http_reader_allow_body(seen->reader, BODY_BYTES_MAX);
            if (rc == 0) continue;
        }
        if (rc == HTTP_WHOLE) {
            const struct http_request *req = http_reader_request(seen->reader);
            write_down(seen, req);
            seen->over = req->wants_websocket;
            http_reader_restart(seen->reader);
            if (piece.len == 0) break;
        } else if (rc < 0) {
            assert_true(http_reader_reason(seen->reader).len > 0);
            assert_int_equal(buf_printf(&seen->text, "%d", http_reader_status(seen->reader)), 0);
            seen->over = seen->failed = true;
        } else if (rc == HTTP_MORE && piece.len == 0) {
            break;
        }
    }
    if (!seen->failed) seen->rest += piece.len;
}

/* A piece as a copy of its own size, so that the sanitizer sees a read behind it. */
static void feed_copy(struct seen *seen, struct span piece)
{
    OWNED(mem) uint8_t *copy = malloc(piece.len + (piece.len == 0 ? 1 : 0));
    assert_non_null(copy);
    if (piece.len > 0) memcpy(copy, piece.at, piece.len);
    feed(seen, span_of(copy, piece.len));
}

static void check_seen(struct seen *seen, struct span input, const char *expected, const char *how, size_t cut)
{
    if (seen->rest > 0) assert_int_equal(buf_printf(&seen->text, "+%zu", seen->rest), 0);
    if (!str_eq_c(buf_str(&seen->text), expected)) {
        print_error("input    «%.*s» %s %zu\nis       «%.*s»\nexpected «%s»\n", (int)input.len, (const char *)input.at, how, cut,
                    STR_ARG(buf_str(&seen->text)), expected);
        fail();
    }
    buf_done(&seen->text);
    http_reader_free(seen->reader);
}

static struct seen see(void)
{
    struct seen seen = {.text = buf_of(4096)};
    assert_int_equal(http_reader_create(&LIMITS, &seen.reader), 0);
    return seen;
}

/* Whole, cut at every byte, and byte by byte: always the same. */
static void assert_reads(struct span input, const char *expected)
{
    for (size_t cut = 0; cut <= input.len; cut++) {
        struct seen seen = see();
        feed_copy(&seen, span_of(input.at, cut));
        feed_copy(&seen, span_of(input.at + cut, input.len - cut));
        check_seen(&seen, input, expected, "cut at", cut);
    }
    struct seen seen = see();
    for (size_t i = 0; i < input.len; i++) feed_copy(&seen, span_of(input.at + i, 1));
    check_seen(&seen, input, expected, "byte by byte", input.len);
}

struct text_case {
    struct span input;
    const char *expected;
};

static void assert_all(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_reads(cases[i].input, cases[i].expected);
}

#define H "Host: h\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" H "\r\n"
#define POST(headers) "POST / HTTP/1.1\r\n" H headers "\r\n"

static void good_requests_are_read(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES(GET("/")), "GET / @h; "},
        {BYTES("HEAD /a HTTP/1.1\r\nhOsT:h:8000\r\n\r\n"), "HEAD /a @h:8000; "},
        {BYTES("GET / HTTP/1.1\r\nHost:  \t[::1]:80 \t \r\n\r\n"), "GET / @[::1]:80; "},
        {BYTES("PATCH /a/b/ HTTP/1.1\r\n" H "Empty:\r\n\r\n"), "PATCH /a/b/ @h; "},
        {BYTES("PROPFIND /a HTTP/1.1\r\n" H "\r\n"), "PROPFIND /a @h; "},
        {BYTES("OPTIONS * HTTP/1.1\r\n" H "\r\n"), "OPTIONS * @h; "},
        {BYTES("GET / HTTP/1.0\r\n\r\n"), "GET / @ close; "},
        {BYTES("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "GET / @; "},
        {BYTES("GET / HTTP/1.1\r\n" H "Connection: foo, Close\r\n\r\n"), "GET / @h close; "},
        {BYTES("GET / HTTP/1.7\r\n" H "\r\n"), "GET / @h; "},
        {BYTES("\r\n" GET("/")), "GET / @h; "},
        /* RFC 9112 3.2.2: the absolute form; its host goes before Host. */
        {BYTES("GET http://example.org:81/x?y=1 HTTP/1.1\r\n" H "\r\n"), "GET /x?y=1 @example.org:81; "},
        {BYTES("GET HTTPS://example.org HTTP/1.1\r\n" H "\r\n"), "GET / @example.org; "},
        {BYTES("GET https://example.org?a HTTP/1.1\r\n" H "\r\n"), "GET /?a @example.org; "},
        /* Latin-1 in a header that nobody asks for. */
        {BYTES("GET / HTTP/1.1\r\n" H "X-City: M\xfcnster\r\n\r\n"), "GET / @h; "},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void several_requests_of_one_connection_are_read_one_by_one(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES(GET("/1") GET("/2") GET("/3")), "GET /1 @h; GET /2 @h; GET /3 @h; "},
        {BYTES(POST("Content-Length: 3\r\n") "abc" GET("/2")), "POST / @h [abc]; GET /2 @h; "},
        {BYTES(POST("Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n0\r\n\r\n" GET("/2")), "POST / @h [abc]; GET /2 @h; "},
        {BYTES(GET("/1") "\r\n" GET("/2")), "GET /1 @h; GET /2 @h; "},
        {BYTES(GET("/1") "GET\r\n\r\n"), "GET /1 @h; 400"},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void a_websocket_upgrade_leaves_what_follows_to_the_caller(void **state)
{
    (void)state;
#define UP "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
    static const struct text_case CASES[] = {
        {BYTES("GET /ws/checkins/?token=a.b HTTP/1.1\r\n" H UP "\r\n\x81\x80GET"), "GET /ws/checkins/?token=a.b @h ws; +5"},
        {BYTES("GET / HTTP/1.1\r\n" H UP "\r\n"), "GET / @h ws; "},
        {BYTES("GET / HTTP/1.1\r\n" H UP "Content-Length: 0\r\n\r\nx"), "GET / @h ws []; +1"},
        {BYTES("GET / HTTP/1.1\r\n" H UP "Content-Length: 1\r\n\r\nx"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H UP "Transfer-Encoding: chunked\r\n\r\n"), "400"},
        /* Not for us: another method, another protocol, HTTP/1.0, a proxy that took one of the two headers away. */
        {BYTES("POST / HTTP/1.1\r\n" H UP "\r\n" GET("/2")), "POST / @h; GET /2 @h; "},
        {BYTES("GET / HTTP/1.1\r\n" H "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n" GET("/2")), "GET / @h; GET /2 @h; "},
        {BYTES("POST / HTTP/1.1\r\n" H "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx"), "POST / @h [x]; "},
        {BYTES("GET / HTTP/1.0\r\n" UP "\r\n"), "GET / @; "},
        {BYTES("GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\n\r\n"), "GET / @h; "},
        {BYTES("GET / HTTP/1.1\r\n" H "Connection: upgrade\r\n\r\n"), "GET / @h; "},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void heads_that_can_be_read_in_two_ways_are_refused(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES("GET / HTTP/1.1\nHost: h\n\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: h\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: h\r\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "\t\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A: b\0c\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A: b\x01\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A : b\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "A B: c\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H ": c\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "no colon\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "(a): c\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H "\xc3\xa4: c\r\n\r\n"), "400"},
        {BYTES("\r\n\r\n" GET("/")), "400"},
        {BYTES("\n" GET("/")), "400"},
        {BYTES("\r" GET("/")), "400"},
        {BYTES(" " GET("/")), "400"},
        {BYTES("\x16\x03\x01\x02"), "400"}, /* the start of TLS: answered at once, not after a time-out */
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void request_lines_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES("GET  / HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET /  HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET / HTTP/1.1 \r\n" H "\r\n"), "400"},
        {BYTES("GET /a b HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET\t/ HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET / http/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET / HTTP/11\r\n" H "\r\n"), "400"},
        {BYTES("GET / HTTP/1.10\r\n" H "\r\n"), "400"},
        {BYTES("SOURCE / ICE/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET /\r\n\r\n"), "505"},
        {BYTES("GET / HTTP/0.9\r\n" H "\r\n"), "505"},
        {BYTES("GET / HTTP/2.0\r\n" H "\r\n"), "505"},
        {BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "501"},
        {BYTES("BREW /pot HTTP/1.1\r\n" H "\r\n"), "501"},
        {BYTES("get / HTTP/1.1\r\n" H "\r\n"), "501"},
        {BYTES("G@T / HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("CONNECT h:443 HTTP/1.1\r\n" H "\r\n"), "501"},
        {BYTES("GET a HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET * HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET ftp://h/ HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET http://u:p@h/ HTTP/1.1\r\n" H "\r\n"), "400"},
        {BYTES("GET http:///x HTTP/1.1\r\n" H "\r\n"), "400"},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void the_host_is_there_once_and_is_one(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES("GET / HTTP/1.1\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\n" H H "\r\n"), "400"},
        {BYTES("GET / HTTP/1.0\r\n" H "host: i\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: h:\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: h:70000\r\n\r\n"), "400"},
        {BYTES("GET / HTTP/1.1\r\nHost: m\xfcnchen\r\n\r\n"), "400"},
        {BYTES("GET http://h/ HTTP/1.1\r\n\r\n"), "400"},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void bodies_are_read_by_length_and_by_chunks(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES(POST("Content-Length: 0\r\n")), "POST / @h []; "},
        {BYTES(POST("content-length:  05 \r\n") "abcde"), "POST / @h [abcde]; "},
        {BYTES(POST("Content-Length: 20\r\n") "01234567890123456789"), "POST / @h [01234567890123456789]; "},
        {BYTES(POST("Content-Length: 21\r\n") "0"), "413"},
        {BYTES(POST("Transfer-Encoding: chunked\r\n") "0\r\n\r\n"), "POST / @h []; "},
        {BYTES(POST("Transfer-Encoding: Chunked\r\n") "A\r\n0123456789\r\n00a\r\n0123456789\r\n0\r\n\r\n"),
         "POST / @h [01234567890123456789]; "},
        {BYTES(POST("Transfer-Encoding: chunked\r\n") "15\r\n"), "413"},
        {BYTES(POST("Transfer-Encoding: chunked\r\n") "14\r\n01234567890123456789\r\n1\r\n"), "413"},
        {BYTES("GET / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx"), "GET / @h [x]; "},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

/* RFC 9112 6.1, 6.3, 11.2: the ways to smuggle a request past a proxy. */
static void bodies_of_doubtful_length_are_refused(void **state)
{
    (void)state;
#define CHUNKED "Transfer-Encoding: chunked\r\n"
    static const struct text_case CASES[] = {
        {BYTES(POST("Content-Length: 3\r\n" CHUNKED)), "400"},
        {BYTES(POST(CHUNKED "Content-Length: 3\r\n")), "400"},
        {BYTES(POST("Content-Length: 3\r\nContent-Length: 3\r\n")), "400"},
        {BYTES(POST("Content-Length: 3, 3\r\n")), "400"},
        {BYTES(POST("Content-Length: +3\r\n")), "400"},
        {BYTES(POST("Content-Length: -3\r\n")), "400"},
        {BYTES(POST("Content-Length: 0x3\r\n")), "400"},
        {BYTES(POST("Content-Length: 3 3\r\n")), "400"},
        {BYTES(POST("Content-Length:\r\n")), "400"},
        {BYTES(POST("Content-Length: 99999999999999999999\r\n")), "400"},
        {BYTES(POST("Content-Length: 9223372036854775808\r\n")), "413"},
        {BYTES(POST("Transfer-Encoding: gzip\r\n")), "501"},
        {BYTES(POST("Transfer-Encoding: identity\r\n")), "501"},
        {BYTES(POST("Transfer-Encoding: gzip, chunked\r\n")), "501"},
        {BYTES(POST("Transfer-Encoding: chunked, chunked\r\n")), "501"},
        {BYTES(POST("Transfer-Encoding: xchunked\r\n")), "501"},
        {BYTES(POST("Transfer-Encoding:\r\n")), "501"},
        {BYTES(POST(CHUNKED CHUNKED)), "501"},
        {BYTES("POST / HTTP/1.0\r\n" CHUNKED "\r\n"), "400"},
        {BYTES(POST("Transfer-Encoding : chunked\r\nContent-Length: 3\r\n")), "400"},
        {BYTES(POST(CHUNKED) "3\r\nabcXX0\r\n\r\n"), "400"},
        {BYTES(POST(CHUNKED) "3;a\nb\r\nabc\r\n0\r\n\r\n"), "400"},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void what_is_too_long_is_refused_before_it_is_kept(void **state)
{
    (void)state;
#define TEN "0123456789"
#define NINETY TEN TEN TEN TEN TEN TEN TEN TEN TEN
    static const struct text_case CASES[] = {
        {BYTES(GET("/" NINETY "012345678")), "GET /" NINETY "012345678 @h; "},
        {BYTES(GET("/" NINETY TEN)), "414"},
        {BYTES("GET /" NINETY NINETY), "414"}, /* no end of the line in sight */
        {BYTES("GET / HTTP/1.1\r\n" H "A: " NINETY NINETY NINETY "0123\r\n\r\n"), "GET / @h; "},
        {BYTES("GET / HTTP/1.1\r\n" H "A: " NINETY NINETY NINETY TEN TEN), "431"},
        {BYTES("GET / HTTP/1.1\r\n" H "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), "GET / @h; "},
        {BYTES("GET / HTTP/1.1\r\n" H "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n"), "431"},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void a_client_that_expects_100_is_told_to_go_on_or_refused(void **state)
{
    (void)state;
    static const struct text_case CASES[] = {
        {BYTES(POST("Expect: 100-Continue\r\nContent-Length: 1\r\n") "x"), "POST / @h [x]; "},
        {BYTES(POST("Expect: 200-ok\r\nContent-Length: 1\r\n") "x"), "417"},
        {BYTES(POST("Expect: 100-continue\r\nContent-Length: 21\r\n")), "413"},
    };
    assert_all(CASES, COUNT_OF(CASES));

    static const struct { const char *headers; const char *body; bool wants; } WANTS[] = {
        {"Expect: 100-continue\r\nContent-Length: 1\r\n", "", true},
        {"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "", true},
        {"Expect: 100-continue\r\nContent-Length: 0\r\n", "", false},
        {"Expect: 100-continue\r\n", "", false},
        {"Content-Length: 1\r\n", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(WANTS); i++) {
        OWNED(buf) struct buf text = buf_of(1000);
        OWNED(http_reader) struct http_reader *reader = NULL;
        assert_int_equal(buf_printf(&text, "POST / HTTP/1.1\r\n" H "%s\r\n", WANTS[i].headers), 0);
        struct span in = buf_span(&text);
        assert_int_equal(http_reader_create(&LIMITS, &reader), 0);
        assert_int_equal(http_reader_next(reader, &in), HTTP_HEADERS);
        assert_int_equal(http_reader_allow_body(reader, 10), 0);
        assert_true(http_reader_wants_continue(reader) == WANTS[i].wants);
    }
}

static void without_leave_no_body_is_taken(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader = NULL;
    struct span in = str_span(STR(POST("Content-Length: 1\r\n") "x"));
    assert_int_equal(http_reader_create(&LIMITS, &reader), 0);
    assert_int_equal(http_reader_next(reader, &in), HTTP_HEADERS);
    assert_int_equal(http_reader_next(reader, &in), ERR_TOO_BIG);
    assert_int_equal(http_reader_status(reader), 413);
}

static void a_reader_is_idle_until_a_request_begins(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader = NULL;
    assert_int_equal(http_reader_create(&LIMITS, &reader), 0);
    assert_true(http_reader_is_idle(reader));
    struct span in = str_span(STR("\r\nG"));
    in.len = 2;
    assert_int_equal(http_reader_next(reader, &in), HTTP_MORE);
    assert_true(http_reader_is_idle(reader));
    in = str_span(STR("G"));
    assert_int_equal(http_reader_next(reader, &in), HTTP_MORE);
    assert_false(http_reader_is_idle(reader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_are_read),
        cmocka_unit_test(several_requests_of_one_connection_are_read_one_by_one),
        cmocka_unit_test(a_websocket_upgrade_leaves_what_follows_to_the_caller),
        cmocka_unit_test(heads_that_can_be_read_in_two_ways_are_refused),
        cmocka_unit_test(request_lines_that_are_none_are_refused),
        cmocka_unit_test(the_host_is_there_once_and_is_one),
        cmocka_unit_test(bodies_are_read_by_length_and_by_chunks),
        cmocka_unit_test(bodies_of_doubtful_length_are_refused),
        cmocka_unit_test(what_is_too_long_is_refused_before_it_is_kept),
        cmocka_unit_test(a_client_that_expects_100_is_told_to_go_on_or_refused),
        cmocka_unit_test(without_leave_no_body_is_taken),
        cmocka_unit_test(a_reader_is_idle_until_a_request_begins),
    };
    return cmocka_run_group_tests_name("http/request", tests, NULL, NULL);
}
