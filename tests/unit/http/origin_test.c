#include "http/origin.h"
#include "testing.h"

static void a_host_is_a_name_or_an_address_and_perhaps_a_port(void **state)
{
    (void)state;
    static const struct { const char *text; bool https; const char *host; int port; } CASES[] = {
        {"localhost", false, "localhost", 80},      {"localhost", true, "localhost", 443},
        {"localhost:8000", false, "localhost", 8000}, {"127.0.0.1:1", false, "127.0.0.1", 1},
        {"[::1]", false, "[::1]", 80},              {"[::1]:65535", true, "[::1]", 65535},
        {"[::ffff:1.2.3.4]:80", false, "[::ffff:1.2.3.4]", 80},
        {"Gym-1.example_x.org", false, "Gym-1.example_x.org", 80},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_origin origin;
        assert_int_equal(http_host_parse(str_c(CASES[i].text), CASES[i].https, &origin), 0);
        assert_str(origin.host, CASES[i].host);
        assert_int_equal(origin.port, CASES[i].port);
        assert_true(origin.is_https == CASES[i].https);
    }
}

static void what_could_leave_a_header_a_url_or_a_policy_is_no_host(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "", ":80", "h:", "h:0", "h:65536", "h:-1", "h:+1", "h: 80", "h:80:80", "h 1", " h", "h/", "h?", "h#", "u@h", "h;x", "h,i", "h'",
        "h\"", "h\r\n", "h\t", "[::1", "::1]", "::1", "[]", "[::1]x", "[::1]x80", "[::g]", "[::1]:", "[[::1]]", "m\xc3\xbcnchen", "*",
        "%41",
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_origin origin;
        if (http_host_parse(str_c(CASES[i]), false, &origin) != ERR_SYNTAX) fail_msg("%s is taken for a host", CASES[i]);
    }
    char longest[HTTP_HOST_BYTES_MAX + 2];
    memset(longest, 'h', sizeof longest);
    struct http_origin origin;
    assert_int_equal(http_host_parse((struct str){longest, HTTP_HOST_BYTES_MAX}, false, &origin), 0);
    assert_int_equal(http_host_parse((struct str){longest, HTTP_HOST_BYTES_MAX + 1}, false, &origin), ERR_SYNTAX);
}

static void an_origin_is_a_scheme_and_a_host(void **state)
{
    (void)state;
    struct http_origin origin;
    assert_int_equal(http_origin_parse(STR("https://gym.example"), &origin), 0);
    assert_true(origin.is_https);
    assert_int_equal(origin.port, 443);
    assert_int_equal(http_origin_parse(STR("HTTP://[::1]:8000"), &origin), 0);
    assert_false(origin.is_https);
    assert_str(origin.host, "[::1]");
    static const char *const BAD[] = {"null", "", "http", "http:", "http:/", "http://", "http://h/", "http://h/x", "ftp://h",
                                      "//h", "http://a http://b", "https://h:x", "chrome-extension://abc"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        if (http_origin_parse(str_c(BAD[i]), &origin) != ERR_SYNTAX) fail_msg("%s is taken for an origin", BAD[i]);
    }
}

static void origins_are_equal_by_scheme_host_and_port(void **state)
{
    (void)state;
    static const struct { const char *a, *b; bool equal, same_host; } CASES[] = {
        {"http://h", "http://h:80", true, true},
        {"https://h", "https://H:443", true, true},
        {"http://h:443", "https://h", false, true},
        {"http://h", "https://h", false, false},
        {"http://h", "http://h:81", false, false},
        {"http://h", "http://h.evil", false, false},
        {"http://gym.example", "http://xgym.example", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_origin a, b;
        assert_int_equal(http_origin_parse(str_c(CASES[i].a), &a), 0);
        assert_int_equal(http_origin_parse(str_c(CASES[i].b), &b), 0);
        assert_true(http_origin_eq(&a, &b) == CASES[i].equal);
        assert_true(http_origin_same_host(&a, &b) == CASES[i].same_host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_a_name_or_an_address_and_perhaps_a_port),
        cmocka_unit_test(what_could_leave_a_header_a_url_or_a_policy_is_no_host),
        cmocka_unit_test(an_origin_is_a_scheme_and_a_host),
        cmocka_unit_test(origins_are_equal_by_scheme_host_and_port),
    };
    return cmocka_run_group_tests_name("http/origin", tests, NULL, NULL);
}
