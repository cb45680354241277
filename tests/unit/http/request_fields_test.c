#include "testing.h"

#define GET_WITH(headers) "GET /?a=1&b=&c=1&c=2 HTTP/1.1\r\nHost: h\r\n" headers "\r\n"

static void a_header_is_found_in_any_case(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader =
        read_request(GET_WITH("X-One:  a b \t\r\nx-two:\r\nX-Two: 2\r\nX-Latin: \xff\r\n"));
    const struct http_request *req = http_reader_request(reader);
    assert_str(http_header(req, "x-ONE"), "a b");
    assert_str(http_header(req, "X-Two"), "");
    assert_non_null(http_header(req, "X-Two").at);
    assert_int_equal(http_header_count(req, "x-two"), 2);
    assert_null(http_header(req, "X-On").at);
    assert_null(http_header(req, "X-Latin").at);
}

static void a_list_is_read_over_all_its_lines(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader =
        read_request(GET_WITH("L: a,, B ,\r\nM: x\r\nl: c;q=1\r\nL:d\r\nE:\r\n"));
    const struct http_request *req = http_reader_request(reader);
    static const struct { const char *token; bool there; } CASES[] = {{"a", true},     {"A", true},      {"b", true},  {"d", true},
                                                                      {"c", false},    {"c;q=1", true},  {"x", false}, {"a,", false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_true(http_header_lists(req, "l", CASES[i].token) == CASES[i].there);
    OWNED(buf) struct buf joined = buf_of(100);
    assert_int_equal(http_header_joined(req, "L", &joined), 1);
    assert_str(buf_str(&joined), "a,, B ,, c;q=1, d");
    assert_int_equal(http_header_joined(req, "None", &joined), 0);
    buf_clear(&joined);
    assert_int_equal(http_header_joined(req, "E", &joined), 1);
    assert_int_equal(joined.len, 0);
}

static void a_repeated_query_key_is_seen(void **state)
{
    (void)state;
    OWNED(http_reader) struct http_reader *reader = read_request(GET_WITH(""));
    const struct http_request *req = http_reader_request(reader);
    struct str value = STR("untouched");
    assert_int_equal(http_query(req, "none", &value), 0);
    assert_int_equal(http_query(req, "c", &value), ERR_EXISTS);
    assert_str(value, "untouched");
    assert_int_equal(http_query(req, "a", &value), 1);
    assert_str(value, "1");
    assert_int_equal(http_query(req, "b", &value), 1);
    assert_str(value, "");
    assert_int_equal(http_query(req, "A", &value), 0);
}

static void a_cookie_is_found_once(void **state)
{
    (void)state;
    static const struct { const char *headers; int rc; const char *value; } CASES[] = {
        {GET_WITH(""), 0, NULL},
        {GET_WITH("Cookie: r=abc\r\n"), 1, "abc"},
        {GET_WITH("Cookie: a=1; r=abc; b=2\r\n"), 1, "abc"},
        {GET_WITH("Cookie: a=1;r=x=y;\r\n"), 1, "x=y"},
        {GET_WITH("Cookie: r=\"abc\"\r\n"), 1, "abc"},
        {GET_WITH("Cookie: r=\r\n"), 1, ""},
        {GET_WITH("Cookie: r\r\n"), 0, NULL},
        {GET_WITH("Cookie: rr=1; xr=2; R=3\r\n"), 0, NULL},
        {GET_WITH("Cookie: a=1\r\nCookie: r=2\r\n"), 1, "2"},
        {GET_WITH("Cookie: r=1; r=1\r\n"), ERR_EXISTS, NULL},
        {GET_WITH("Cookie: r=1\r\nCookie: r=2\r\n"), ERR_EXISTS, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_reader) struct http_reader *reader = read_request(CASES[i].headers);
        struct str value;
        assert_int_equal(http_cookie(http_reader_request(reader), "r", &value), CASES[i].rc);
        if (CASES[i].rc == 1) assert_str(value, CASES[i].value);
    }
}

static void a_bearer_token_is_one_token68(void **state)
{
    (void)state;
    static const struct { const char *headers; int rc; const char *token; } CASES[] = {
        {GET_WITH(""), 0, NULL},
        {GET_WITH("Authorization: Bearer a.b-c_d~e+f/g==\r\n"), 1, "a.b-c_d~e+f/g=="},
        {GET_WITH("authorization: bearer   x\r\n"), 1, "x"},
        {GET_WITH("Authorization: Bearer\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearer =\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearer a b\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearer a=b\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearer a, Bearer b\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearera\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Basic YTpi\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization:\r\n"), ERR_SYNTAX, NULL},
        {GET_WITH("Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"), ERR_SYNTAX, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_reader) struct http_reader *reader = read_request(CASES[i].headers);
        struct str token;
        assert_int_equal(http_bearer(http_reader_request(reader), &token), CASES[i].rc);
        if (CASES[i].rc == 1) assert_str(token, CASES[i].token);
    }
}

/* RFC 9110 13.1.1, 13.1.2, and the table of 8.8.3.2. */
static void conditions_compare_entity_tags(void **state)
{
    (void)state;
    static const struct { const char *tags, *ours; bool none_match; int match; } CASES[] = {
        {"\"1\"", "\"1\"", true, 1},
        {"\"1\"", "\"2\"", false, ERR_CONFLICT},
        {"W/\"1\"", "\"1\"", true, ERR_CONFLICT},
        {"\"1\"", "W/\"1\"", true, ERR_CONFLICT},
        {"W/\"1\"", "W/\"1\"", true, ERR_CONFLICT},
        {"*", "\"1\"", true, 1},
        {"\"0\", W/\"x\" ,\"1\"", "\"1\"", true, 1},
        {"\"0,\", \"1\"", "\"1\"", true, 1},
        {"\"0, \"1\"", "\"1\"", false, ERR_CONFLICT},
        {"1", "\"1\"", false, ERR_CONFLICT},
        {"", "\"1\"", false, ERR_CONFLICT},
        {"\"", "\"1\"", false, ERR_CONFLICT},
        {"w/\"1\"", "\"1\"", false, ERR_CONFLICT},
        {"\"11\"", "\"1\"", false, ERR_CONFLICT},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf text = buf_of(1000);
        assert_int_equal(buf_printf(&text, "GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: %s\r\nIf-Match: %s\r\n\r\n", CASES[i].tags,
                                    CASES[i].tags), 0);
        assert_int_equal(buf_terminate(&text), 0);
        OWNED(http_reader) struct http_reader *reader = read_request((const char *)text.at);
        const struct http_request *req = http_reader_request(reader);
        if (http_if_none_match(req, str_c(CASES[i].ours)) != CASES[i].none_match) fail_msg("If-None-Match %s", CASES[i].tags);
        if (http_if_match(req, str_c(CASES[i].ours)) != CASES[i].match) fail_msg("If-Match %s", CASES[i].tags);
    }
    OWNED(http_reader) struct http_reader *reader = read_request(GET_WITH(""));
    assert_false(http_if_none_match(http_reader_request(reader), STR("\"1\"")));
    assert_int_equal(http_if_match(http_reader_request(reader), STR("\"1\"")), 0);
}

static void gzip_is_sent_only_to_who_wants_it(void **state)
{
    (void)state;
    static const struct { const char *headers; bool gzip; } CASES[] = {
        {GET_WITH(""), false},
        {GET_WITH("Accept-Encoding:\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip\r\n"), true},
        {GET_WITH("Accept-Encoding: deflate, GZIP;q=0.5 , br\r\n"), true},
        {GET_WITH("Accept-Encoding: br\r\nAccept-Encoding: x-gzip\r\n"), true},
        {GET_WITH("Accept-Encoding: *\r\n"), true},
        {GET_WITH("Accept-Encoding: *;q=0\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip;q=0, *\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip; Q=0.001\r\n"), true},
        {GET_WITH("Accept-Encoding: gzip;q=0.000\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip;q=1.5\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip;q=x\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip;q=0.5, identity\r\n"), false},
        {GET_WITH("Accept-Encoding: gzip, identity;q=0.5\r\n"), true},
        {GET_WITH("Accept-Encoding: notgzip\r\n"), false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(http_reader) struct http_reader *reader = read_request(CASES[i].headers);
        if (http_accepts_gzip(http_reader_request(reader)) != CASES[i].gzip) fail_msg("%s", CASES[i].headers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_found_in_any_case),
        cmocka_unit_test(a_list_is_read_over_all_its_lines),
        cmocka_unit_test(a_repeated_query_key_is_seen),
        cmocka_unit_test(a_cookie_is_found_once),
        cmocka_unit_test(a_bearer_token_is_one_token68),
        cmocka_unit_test(conditions_compare_entity_tags),
        cmocka_unit_test(gzip_is_sent_only_to_who_wants_it),
    };
    return cmocka_run_group_tests_name("http/request_fields", tests, NULL, NULL);
}
