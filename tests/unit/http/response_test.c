#include "http/response.h"
#include "testing.h"

#include <stdio.h>

static const struct http_reply REPLY = {.now = {784111777000}, .keep_alive = true};

/* The head of an answer as text, and its body. */
struct written {
    struct frame *frame;
    struct str head;
    struct span body;
};

static void written_owned(struct written *written) { frame_unref(written->frame); }

static struct written write_it(struct http_response *res, struct http_reply reply)
{
    struct written written = {.frame = NULL};
    assert_int_equal(http_response_frame(res, &reply, &written.frame), 0);
    written.head = (struct str){(const char *)written.frame->at, written.frame->head_bytes};
    written.body = frame_payload(written.frame);
    return written;
}

/* A line that is there exactly once. */
static bool has_line(struct str head, const char *line)
{
    OWNED(buf) struct buf text = buf_of(4096);
    assert_int_equal(buf_printf(&text, "\r\n%s\r\n", line), 0);
    const char *found = memmem(head.at, head.len, text.at, text.len);
    if (found == NULL) return false;
    size_t behind = head.len - (size_t)(found - head.at) - 1;
    return memmem(found + 1, behind, text.at, text.len) == NULL;
}

static bool has_header(struct str head, const char *name)
{
    OWNED(buf) struct buf text = buf_of(4096);
    assert_int_equal(buf_printf(&text, "\r\n%s:", name), 0);
    return memmem(head.at, head.len, text.at, text.len) != NULL;
}

static void an_answer_is_a_status_line_headers_and_a_body(void **state)
{
    (void)state;
    OWNED(http_response) struct http_response res = http_response_of(200);
    http_put_content_type(&res, "application/json");
    http_put_header(&res, "X-Two", STR("m\xc3\xbc, 2"));
    assert_int_equal(buf_put_str(&res.body, STR("{}")), 0);
    OWNED(written) struct written out = write_it(&res, REPLY);
    assert_true(str_starts(out.head, STR("HTTP/1.1 200 OK\r\n")));
    assert_true(has_line(out.head, "Date: Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_true(has_line(out.head, "Content-Type: application/json"));
    assert_true(has_line(out.head, "X-Two: m\xc3\xbc, 2"));
    assert_true(has_line(out.head, "Content-Length: 2"));
    assert_false(has_header(out.head, "Connection"));
    assert_false(has_header(out.head, "Content-Encoding"));
    assert_str(((struct str){out.head.at + out.head.len - 4, 4}), "\r\n\r\n");
    assert_true(span_eq(out.body, str_span(STR("{}"))));
}

static void every_answer_has_the_security_headers(void **state)
{
    (void)state;
    static const int STATUSES[] = {200, 204, 304, 404, 500};
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(STATUSES[i]);
        OWNED(written) struct written out = write_it(&res, REPLY);
        assert_true(has_line(out.head, "X-Content-Type-Options: nosniff"));
        assert_true(has_line(out.head, "Referrer-Policy: no-referrer"));
        assert_true(has_line(out.head, "Cross-Origin-Opener-Policy: same-origin"));
        assert_true(has_line(out.head, "Cross-Origin-Resource-Policy: same-origin"));
        assert_true(has_header(out.head, "Permissions-Policy"));
        assert_true(has_line(out.head, "Content-Security-Policy: " HTTP_CSP_FOR_API));
        assert_true(has_line(out.head, "Cache-Control: no-store"));
        assert_false(has_header(out.head, "Strict-Transport-Security"));
    }
    OWNED(http_response) struct http_response res = http_response_of(200);
    http_put_header(&res, "cache-control", STR("no-cache"));
    http_put_header(&res, "Content-Security-Policy", STR("default-src 'self'"));
    struct http_reply reply = REPLY;
    reply.hsts = true;
    OWNED(written) struct written out = write_it(&res, reply);
    assert_true(has_line(out.head, "cache-control: no-cache"));
    assert_false(has_header(out.head, "Cache-Control"));
    assert_false(has_line(out.head, "Content-Security-Policy: " HTTP_CSP_FOR_API));
    assert_true(has_line(out.head, "Strict-Transport-Security: max-age=31536000"));
}

/* RFC 9110 6.4.1, 9.3.2 */
static void answers_without_a_body_have_none(void **state)
{
    (void)state;
    static const struct { int status; bool head_only; const char *length; } CASES[] = {
        {200, true, "Content-Length: 3"}, {404, true, "Content-Length: 3"}, {204, false, NULL}, {304, false, NULL}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(CASES[i].status);
        assert_int_equal(buf_put_str(&res.body, STR("abc")), 0);
        struct http_reply reply = REPLY;
        reply.head_only = CASES[i].head_only;
        OWNED(written) struct written out = write_it(&res, reply);
        assert_int_equal(out.body.len, 0);
        if (CASES[i].length == NULL) assert_false(has_header(out.head, "Content-Length"));
        else assert_true(has_line(out.head, CASES[i].length));
    }
}

static void the_connection_is_kept_or_closed(void **state)
{
    (void)state;
    static const struct { bool keep_alive, http_1_0, is_stream; const char *line; } CASES[] = {
        {true, false, false, NULL},
        {false, false, false, "Connection: close"},
        {true, true, false, "Connection: keep-alive"},
        {false, true, false, "Connection: close"},
        {true, false, true, "Connection: close"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        res.is_stream = CASES[i].is_stream;
        struct http_reply reply = {.keep_alive = CASES[i].keep_alive, .http_1_0 = CASES[i].http_1_0};
        OWNED(written) struct written out = write_it(&res, reply);
        if (CASES[i].line == NULL) assert_false(has_header(out.head, "Connection"));
        else assert_true(has_line(out.head, CASES[i].line));
        assert_true(has_header(out.head, "Content-Length") == !CASES[i].is_stream);
    }
}

static void nothing_can_be_injected_into_a_head(void **state)
{
    (void)state;
    static const struct str BAD[] = {STR("a\r\nSet-Cookie: x=y"), STR("a\n"), STR("\r"), STR("a\0b"), STR("a\x7f"), STR("\x01")};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        http_put_header(&res, "Location", BAD[i]);
        http_put_header(&res, "X-Good", STR("good")); /* does not mend it */
        struct frame *frame = NULL;
        assert_int_equal(http_response_frame(&res, &REPLY, &frame), ERR_SYNTAX);
        assert_null(frame);
    }
    static const char *const NAMES[] = {"", "A B", "A:", "A\r\nB", "\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        http_put_header(&res, NAMES[i], STR("x"));
        assert_int_equal(res.failed, ERR_SYNTAX);
    }
}

static void headers_are_bounded(void **state)
{
    (void)state;
    OWNED(http_response) struct http_response res = http_response_of(200);
    for (size_t i = 0; i < 2000; i++) http_put_header(&res, "X-Filler", STR("0123456789"));
    assert_int_equal(res.failed, ERR_TOO_BIG);
    assert_true(res.headers.len <= HTTP_RESPONSE_HEAD_BYTES_MAX);
}

static void a_problem_says_what_is_wrong(void **state)
{
    (void)state;
    OWNED(http_response) struct http_response res = http_response_of(200);
    http_put_content_type(&res, "text/plain");
    assert_int_equal(buf_put_str(&res.body, STR("half an answer")), 0);
    http_put_problem(&res, 404, "member_not_found", STR("Member not found"));
    OWNED(written) struct written out = write_it(&res, REPLY);
    assert_true(str_starts(out.head, STR("HTTP/1.1 404 Not Found\r\n")));
    assert_true(has_line(out.head, "Content-Type: application/problem+json"));
    assert_false(has_line(out.head, "Content-Type: text/plain"));
    assert_str(((struct str){(const char *)out.body.at, out.body.len}),
               "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"code\":\"member_not_found\","
               "\"detail\":\"Member not found\"}");
}

static void a_problem_may_say_more(void **state)
{
    (void)state;
    OWNED(http_response) struct http_response res = http_response_of(200);
    struct json json = http_problem_begin(&res, 422, "bad_message", STR("a \"field\""));
    jw_array(&json, "errors");
    jw_str(&json, NULL, STR("name"));
    jw_array_end(&json);
    http_problem_end(&res, &json);
    OWNED(written) struct written out = write_it(&res, REPLY);
    assert_str(((struct str){(const char *)out.body.at, out.body.len}),
               "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,\"code\":\"bad_message\","
               "\"detail\":\"a \\\"field\\\"\",\"errors\":[\"name\"]}");
}

static void a_cookie_is_strict(void **state)
{
    (void)state;
    static const struct { struct http_cookie cookie; const char *line; } CASES[] = {
        {{"refresh", STR("abc"), "/api/v1/auth", 600, true},
         "Set-Cookie: refresh=abc; Path=/api/v1/auth; Max-Age=600; Secure; HttpOnly; SameSite=Strict"},
        {{"refresh", STR(""), "/", 0, false}, "Set-Cookie: refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"},
        {{"r", STR("x=y"), "/", -1, false}, "Set-Cookie: r=x=y; Path=/; HttpOnly; SameSite=Strict"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        http_put_cookie(&res, &CASES[i].cookie);
        OWNED(written) struct written out = write_it(&res, REPLY);
        assert_true(has_line(out.head, CASES[i].line));
    }
    static const struct http_cookie BAD[] = {
        {"r", STR("a;b"), "/", 0, false},  {"r", STR("a b"), "/", 0, false},    {"r", STR("a\r\n"), "/", 0, false},
        {"r", STR("\"a\""), "/", 0, false}, {"r", STR("\xc3\xa4"), "/", 0, false}, {"r r", STR("a"), "/", 0, false},
        {"", STR("a"), "/", 0, false},     {"r", STR("a"), "/;x", 0, false},    {"r", STR("a"), "x", 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        http_put_cookie(&res, &BAD[i]);
        assert_int_equal(res.failed, ERR_SYNTAX);
    }
}

static void a_wait_is_whole_seconds(void **state)
{
    (void)state;
    static const struct { int64_t ms; const char *line; } CASES[] = {{-5, "Retry-After: 1"},     {0, "Retry-After: 1"},
                                                                     {1000, "Retry-After: 1"},   {1001, "Retry-After: 2"},
                                                                     {60000, "Retry-After: 60"}, {INT64_MAX, "Retry-After: 9223372036854776"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(429);
        http_put_retry_after(&res, CASES[i].ms);
        OWNED(written) struct written out = write_it(&res, REPLY);
        assert_true(has_line(out.head, CASES[i].line));
    }
}

/* RFC 6750 section 3 */
static void a_401_says_how_to_sign_in(void **state)
{
    (void)state;
    static const struct { const char *error, *description, *line; } CASES[] = {
        {NULL, NULL, "WWW-Authenticate: Bearer realm=\"footfall\""},
        {"invalid_token", "The token has expired",
         "WWW-Authenticate: Bearer realm=\"footfall\", error=\"invalid_token\", error_description=\"The token has expired\""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(401);
        http_put_www_authenticate(&res, CASES[i].error, CASES[i].description);
        OWNED(written) struct written out = write_it(&res, REPLY);
        assert_true(has_line(out.head, CASES[i].line));
    }
}

static void fill(struct buf *body, size_t bytes)
{
    while (body->len < bytes) assert_int_equal(buf_put_byte(body, (uint8_t)('a' + body->len % 7)), 0);
}

static void big_bodies_are_packed_for_who_takes_it(void **state)
{
    (void)state;
    static const struct { size_t bytes; bool accepts, never, stream; const char *etag; bool packed, vary; } CASES[] = {
        {1024, true, false, false, NULL, true, true},
        {100000, true, false, false, NULL, true, true},
        {1024, false, false, false, NULL, false, true},
        {1023, true, false, false, NULL, false, false},
        {5000, true, true, false, NULL, false, false},  /* holds a token */
        {5000, true, false, true, NULL, false, false},
        {5000, true, false, false, "\"7\"", false, false}, /* names these very bytes */
        {5000, true, false, false, "W/\"7\"", true, true},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_response) struct http_response res = http_response_of(200);
        fill(&res.body, CASES[i].bytes);
        res.never_compress = CASES[i].never;
        res.is_stream = CASES[i].stream;
        if (CASES[i].etag != NULL) http_put_header(&res, "ETag", str_c(CASES[i].etag));
        struct http_reply reply = REPLY;
        reply.accepts_gzip = CASES[i].accepts;
        OWNED(written) struct written out = write_it(&res, reply);
        assert_true(has_line(out.head, "Content-Encoding: gzip") == CASES[i].packed);
        assert_true(has_line(out.head, "Vary: Accept-Encoding") == CASES[i].vary);
        assert_true((out.body.len < CASES[i].bytes) == CASES[i].packed);
        if (CASES[i].stream) continue;
        char line[64];
        (void)snprintf(line, sizeof line, "Content-Length: %zu", out.body.len);
        assert_true(has_line(out.head, line));
        if (CASES[i].packed) assert_true(out.body.at[0] == 0x1f && out.body.at[1] == 0x8b);
    }
}

static void the_apps_policy_names_this_very_host(void **state)
{
    (void)state;
    static const struct { const char *host; bool https; const char *nonce, *socket, *style; } CASES[] = {
        {"gym.example", true, "aB3_-+/=", "connect-src 'self' wss://gym.example;", "style-src 'self' 'nonce-aB3_-+/=';"},
        {"127.0.0.1:8000", false, "x", "connect-src 'self' ws://127.0.0.1:8000;", "style-src 'self' 'nonce-x';"},
        {"[::1]:8000", false, "", "connect-src 'self' ws://[::1]:8000;", "style-src 'self';"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf out = buf_of(1024);
        assert_int_equal(http_csp_for_app(str_c(CASES[i].host), CASES[i].https, str_c(CASES[i].nonce), &out), 0);
        assert_int_equal(buf_terminate(&out), 0);
        const char *csp = (const char *)out.at;
        assert_non_null(strstr(csp, CASES[i].socket));
        assert_non_null(strstr(csp, CASES[i].style));
        assert_non_null(strstr(csp, "default-src 'none';"));
        assert_non_null(strstr(csp, "frame-ancestors 'none'"));
        assert_non_null(strstr(csp, "script-src 'self';"));
        assert_null(strstr(csp, "unsafe"));
        assert_null(strchr(csp, '*'));
    }
    static const struct { const char *host, *nonce; } BAD[] = {
        {"", "x"}, {"h; script-src *", "x"}, {"h x", "x"}, {"h", "x' 'unsafe-inline"}, {"h", "x;"}, {"h\r\n", "x"}, {"h", "\xc3\xa4"}};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        OWNED(buf) struct buf out = buf_of(1024);
        assert_int_equal(http_csp_for_app(str_c(BAD[i].host), true, str_c(BAD[i].nonce), &out), ERR_SYNTAX);
    }
}

static void dates_are_written_as_http_wants_them(void **state)
{
    (void)state;
    static const struct { int64_t ms; const char *text; } CASES[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},           {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
        {784111777999, "Sun, 06 Nov 1994 08:49:37 GMT"}, {1709251199000, "Thu, 29 Feb 2024 23:59:59 GMT"},
        {253402300799000, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char text[HTTP_DATE_BYTES];
        assert_str(http_date((struct wall_ms){CASES[i].ms}, text), CASES[i].text);
    }
}

static void a_reply_follows_its_request(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader =
        read_request("HEAD / HTTP/1.0\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n");
    struct http_reply reply = http_reply_to(http_reader_request(reader), (struct wall_ms){5});
    assert_true(reply.head_only && reply.http_1_0 && reply.keep_alive && reply.accepts_gzip);
    assert_int_equal(reply.now.ms, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_a_status_line_headers_and_a_body),
        cmocka_unit_test(every_answer_has_the_security_headers),
        cmocka_unit_test(answers_without_a_body_have_none),
        cmocka_unit_test(the_connection_is_kept_or_closed),
        cmocka_unit_test(nothing_can_be_injected_into_a_head),
        cmocka_unit_test(headers_are_bounded),
        cmocka_unit_test(a_problem_says_what_is_wrong),
        cmocka_unit_test(a_problem_may_say_more),
        cmocka_unit_test(a_cookie_is_strict),
        cmocka_unit_test(a_wait_is_whole_seconds),
        cmocka_unit_test(a_401_says_how_to_sign_in),
        cmocka_unit_test(big_bodies_are_packed_for_who_takes_it),
        cmocka_unit_test(the_apps_policy_names_this_very_host),
        cmocka_unit_test(dates_are_written_as_http_wants_them),
        cmocka_unit_test(a_reply_follows_its_request),
    };
    return cmocka_run_group_tests_name("http/response", tests, NULL, NULL);
}
