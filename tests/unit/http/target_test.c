#include "http/target.h"
#include "testing.h"

static void a_path_is_decoded(void **state)
{
    (void)state;
    static const struct { const char *target, *path, *query; } CASES[] = {
        {"/", "/", ""},
        {"/?", "/", ""},
        {"/a/b", "/a/b", ""},
        {"/a/b/", "/a/b/", ""},
        {"/a?b=c?d", "/a", "b=c?d"},
        {"/%61%2D~x", "/a-~x", ""},
        {"/m%C3%BCller", "/m\xc3\xbcller", ""},
        {"/a+b", "/a+b", ""}, /* a blank in queries only */
        {"/...", "/...", ""},
        {"/.hidden", "/.hidden", ""},
        {"http://h:80/a%20b", "/a b", ""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf text = buf_of(100);
        struct http_target target;
        assert_int_equal(http_target_parse(str_c(CASES[i].target), VERB_GET, &text, &target), 0);
        assert_str(target.path, CASES[i].path);
        assert_str(target.raw_query, CASES[i].query);
    }
}

static void a_path_that_two_programs_read_differently_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "", "a", "*", "//", "//a", "/a//b", "/a//", "/.", "/..", "/../a", "/a/..", "/a/./b", "/a/../b", "/%2e%2e/a", "/a/%2E/b", "/.%2e",
        "/a%2Fb", "/%2f", "/%00", "/a%0ab", "/a%7f", "/%", "/%4", "/%4g", "/%g4", "/%%", "/%C3", "/%FF", "/%C0%AF", "/%ED%A0%80",
        "/a b", "/a\tb", "/\xc3\xbc", "/a#b", "/\x01", "http://", "http:/a", "http://h:x/", "ws://h/", "http://h@i/",
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf text = buf_of(100);
        struct http_target target;
        if (http_target_parse(str_c(CASES[i]), VERB_GET, &text, &target) >= 0) fail_msg("%s is taken", CASES[i]);
    }
}

static int parse_query(const char *raw, struct buf *text, struct http_pair pairs[HTTP_QUERY_MAX], size_t *ret_count)
{
    assert_int_equal(buf_reserve(text, strlen(raw)), 0);
    return http_query_parse(str_c(raw), text, pairs, ret_count);
}

static void a_query_is_decoded(void **state)
{
    (void)state;
    static const struct { const char *raw; size_t count; const char *name, *value; } CASES[] = {
        {"", 0, NULL, NULL},        {"&&", 0, NULL, NULL},     {"a=b", 1, "a", "b"},          {"a", 1, "a", ""},
        {"a=", 1, "a", ""},         {"=b", 1, "", "b"},        {"a=b=c", 1, "a", "b=c"},      {"&a=b&", 1, "a", "b"},
        {"q=a+b%2Bc", 1, "q", "a b+c"}, {"q=%C5%81", 1, "q", "\xc5\x81"}, {"%71=%26%3d", 1, "q", "&="}, {"x=1&x=2", 2, "x", "1"},
        {"q=a%0Ab", 1, "q", "a\nb"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf text = buf_of(100);
        struct http_pair pairs[HTTP_QUERY_MAX];
        size_t count = 99;
        assert_int_equal(parse_query(CASES[i].raw, &text, pairs, &count), 0);
        assert_int_equal(count, CASES[i].count);
        if (count == 0) continue;
        assert_str(pairs[0].name, CASES[i].name);
        assert_str(pairs[0].value, CASES[i].value);
    }
    static const char *const BAD[] = {"a=%", "a=%4", "a=%zz", "a=%00", "%00=a", "a=%FF", "%C3=a", "a=1&b=%"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        OWNED(buf) struct buf text = buf_of(100);
        struct http_pair pairs[HTTP_QUERY_MAX];
        size_t count = 99;
        assert_true(parse_query(BAD[i], &text, pairs, &count) < 0);
    }
}

static void a_query_has_a_bounded_number_of_parts(void **state)
{
    (void)state;
    char raw[2 * HTTP_QUERY_MAX + 2] = "";
    for (size_t i = 0; i < HTTP_QUERY_MAX; i++) memcpy(raw + 2 * i, "a&", 2);
    OWNED(buf) struct buf text = buf_of(1000);
    struct http_pair pairs[HTTP_QUERY_MAX];
    size_t count = 0;
    assert_int_equal(parse_query(raw, &text, pairs, &count), 0);
    assert_int_equal(count, HTTP_QUERY_MAX);
    raw[2 * HTTP_QUERY_MAX] = 'a';
    assert_int_equal(parse_query(raw, &text, pairs, &count), ERR_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_decoded),
        cmocka_unit_test(a_path_that_two_programs_read_differently_is_refused),
        cmocka_unit_test(a_query_is_decoded),
        cmocka_unit_test(a_query_has_a_bounded_number_of_parts),
    };
    return cmocka_run_group_tests_name("http/target", tests, NULL, NULL);
}
