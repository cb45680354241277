#include "http/assets.h"
#include "testing.h"

#include <stdio.h>
#include <zlib.h>

#define PAGE "<html><style nonce=\"FOOTFALL_CSP_NONCE\"></style><meta content=FOOTFALL_CSP_NONCE>FOOTFALL_CSP</html>"
static const struct assets_ask ASK = {STR("gym.example:8000"), false, STR("n0nce")};

static struct assets *make_assets(void)
{
    static uint8_t script[5000];
    memset(script, 'x', sizeof script);
    static uint8_t picture[5000];
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof picture; i++) {
        seed = seed * 1664525u + 1013904223u;
        picture[i] = (uint8_t)(seed >> 24);
    }
    struct assets *assets = NULL;
    assert_int_equal(assets_create(&assets), 0);
    assert_int_equal(assets_add(assets, STR("/sw.js"), str_span(STR("small"))), 0);
    assert_int_equal(assets_add(assets, STR("/index.html"), str_span(STR(PAGE))), 0);
    assert_int_equal(assets_add(assets, STR("/assets/index-B2x9.js"), span_of(script, sizeof script)), 0);
    assert_int_equal(assets_add(assets, STR("/assets/photo-77.png"), span_of(picture, sizeof picture)), 0);
    assert_int_equal(assets_add(assets, STR("/empty.txt"), span_of(NULL, 0)), 0);
    assert_int_equal(assets_seal(assets), 0);
    assert_int_equal(assets_count(assets), 5);
    return assets;
}

struct answer {
    int rc;
    struct http_response res;
    struct frame *frame;
    struct str head, body;
};

static void answer_owned(struct answer *answer)
{
    frame_unref(answer->frame);
    http_response_done(&answer->res);
}

static struct answer ask_for(const struct assets *assets, const char *path, const char *headers)
{
    OWNED(buf) struct buf text = buf_of(2000);
    assert_int_equal(buf_printf(&text, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", path, headers), 0);
    assert_int_equal(buf_terminate(&text), 0);
    OWNED(http_reader) struct http_reader *reader = read_request((const char *)text.at);
    const struct http_request *req = http_reader_request(reader);
    struct answer answer = {.res = http_response_of(500)};
    answer.rc = assets_answer(assets, req, &ASK, &answer.res);
    if (answer.rc != 1) return answer;
    struct http_reply reply = http_reply_to(req, (struct wall_ms){0});
    assert_int_equal(http_response_frame(&answer.res, &reply, &answer.frame), 0);
    answer.head = (struct str){(const char *)answer.frame->at, answer.frame->head_bytes};
    answer.body = (struct str){(const char *)frame_payload(answer.frame).at, frame_payload(answer.frame).len};
    return answer;
}

static bool says(const struct answer *answer, const char *text)
{
    return memmem(answer->head.at, answer->head.len, text, strlen(text)) != NULL;
}

static void the_page_has_a_fresh_nonce_each_time(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = make_assets();
    static const char *const PATHS[] = {"/", "/index.html", "/members/17", "/settings/", "/a.b/c", "/assets/none"};
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        OWNED(answer) struct answer answer = ask_for(assets, PATHS[i], "");
        assert_int_equal(answer.rc, 1);
        assert_str(answer.body, "<html><style nonce=\"n0nce\"></style><meta content=n0nce>FOOTFALL_CSP</html>");
        assert_true(says(&answer, "HTTP/1.1 200 OK\r\n"));
        assert_true(says(&answer, "\r\nCache-Control: no-store\r\n"));
        assert_true(says(&answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
        assert_true(says(&answer, "'nonce-n0nce'"));
        assert_true(says(&answer, "connect-src 'self' ws://gym.example:8000;"));
        assert_false(says(&answer, "ETag"));
    }
}

static void a_file_that_is_not_there_is_not_the_page(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = make_assets();
    static const char *const PATHS[] = {"/none.js", "/assets/none.js", "/favicon.ico", "/.env", "/a/.git", "/sw.jsx", "/sw.js/x.y"};
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        OWNED(answer) struct answer answer = ask_for(assets, PATHS[i], "");
        assert_int_equal(answer.rc, 0);
    }
}

static void hashed_files_are_kept_for_ever_and_others_asked_for_again(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = make_assets();
    OWNED(answer) struct answer script = ask_for(assets, "/assets/index-B2x9.js", "");
    assert_int_equal(script.body.len, 5000);
    assert_true(says(&script, "\r\nCache-Control: public, max-age=31536000, immutable\r\n"));
    assert_true(says(&script, "\r\nContent-Type: text/javascript; charset=utf-8\r\n"));
    assert_true(says(&script, "\r\nVary: Accept-Encoding\r\n"));
    OWNED(answer) struct answer worker = ask_for(assets, "/sw.js", "");
    assert_true(says(&worker, "\r\nCache-Control: no-cache\r\n"));
    assert_true(says(&worker, "connect-src 'self'")); /* a service worker's fetches follow its own file's policy */
    OWNED(answer) struct answer empty = ask_for(assets, "/empty.txt", "Accept-Encoding: gzip\r\n");
    assert_true(says(&empty, "\r\nContent-Length: 0\r\n"));
}

static void a_file_that_the_client_has_is_not_sent_again(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = make_assets();
    OWNED(answer) struct answer first = ask_for(assets, "/sw.js", "");
    const char *at = memmem(first.head.at, first.head.len, "\r\nETag: ", 8);
    assert_non_null(at);
    char headers[200];
    const char *end = memchr(at + 8, '\r', 100);
    assert_non_null(end);
    (void)snprintf(headers, sizeof headers, "If-None-Match: \"x\", %.*s\r\n", (int)(end - at - 8), at + 8);
    OWNED(answer) struct answer again = ask_for(assets, "/sw.js", headers);
    assert_true(says(&again, "HTTP/1.1 304 Not Modified\r\n"));
    assert_int_equal(again.body.len, 0);
    OWNED(answer) struct answer other = ask_for(assets, "/assets/index-B2x9.js", headers);
    assert_true(says(&other, "HTTP/1.1 200 OK\r\n"));
}

static void gzip_is_sent_where_it_pays(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = make_assets();
    OWNED(answer) struct answer script = ask_for(assets, "/assets/index-B2x9.js", "Accept-Encoding: gzip\r\n");
    assert_true(says(&script, "\r\nContent-Encoding: gzip\r\n"));
    assert_true(script.body.len < 100);
    uint8_t back[6000];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)script.body.at, .avail_in = narrow_u32(script.body.len), .next_out = back,
                       .avail_out = sizeof back};
    assert_int_equal(inflateInit2(&stream, 16 + 15), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, 5000);
    assert_int_equal(inflateEnd(&stream), Z_OK);
    OWNED(answer) struct answer picture = ask_for(assets, "/assets/photo-77.png", "Accept-Encoding: gzip\r\n");
    assert_false(says(&picture, "Content-Encoding"));
    assert_int_equal(picture.body.len, 5000);
}

static void what_no_request_can_ask_for_is_not_taken(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = NULL;
    assert_int_equal(assets_create(&assets), 0);
    static const char *const BAD[] = {"", "/", "a", "/a/", "//a", "/a//b", "/../a", "/a/.."};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) assert_int_equal(assets_add(assets, str_c(BAD[i]), span_of("x", 1)), ERR_SYNTAX);
    assert_int_equal(assets_add(assets, STR("/a"), span_of("x", 1)), 0);
    assert_int_equal(assets_add(assets, STR("/a"), span_of("y", 1)), ERR_EXISTS);
    assert_int_equal(assets_add(assets, STR("/b"), span_of("x", ASSETS_BYTES_MAX)), ERR_TOO_BIG);
    assert_int_equal(assets_count(assets), 1);
}

static void without_files_there_is_nothing(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = NULL;
    assert_int_equal(assets_create(&assets), 0);
    assert_int_equal(assets_seal(assets), 0);
    OWNED(answer) struct answer answer = ask_for(assets, "/", "");
    assert_int_equal(answer.rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_a_fresh_nonce_each_time),
        cmocka_unit_test(a_file_that_is_not_there_is_not_the_page),
        cmocka_unit_test(hashed_files_are_kept_for_ever_and_others_asked_for_again),
        cmocka_unit_test(a_file_that_the_client_has_is_not_sent_again),
        cmocka_unit_test(gzip_is_sent_where_it_pays),
        cmocka_unit_test(what_no_request_can_ask_for_is_not_taken),
        cmocka_unit_test(without_files_there_is_nothing),
    };
    return cmocka_run_group_tests_name("http/assets", tests, NULL, NULL);
}
