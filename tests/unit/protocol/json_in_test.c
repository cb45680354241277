/* RFC 8259 as strictly as the contract wants it (section 1). */
#include "protocol/json_in.h"
#include "../testing.h"

static int parse(const char *text, size_t len)
{
    OWNED(json_tree) json_t *tree = NULL;
    return json_in(span_of(text, len), &tree);
}

static void text_is_json_or_it_is_not(void **state)
{
    (void)state;
    static const struct { const char *text; int rc; } CASES[] = {
        {"{}", 0}, {"[]", 0}, {"null", 0}, {"1", 0}, {" {\"a\" : [1, 2.5e3, true, \"\\u00e9\\ud83d\\ude00\"]}\n", 0}, {"\"\xc3\xa9\"", 0},
        {"", ERR_SYNTAX}, {" ", ERR_SYNTAX}, {"{", ERR_SYNTAX}, {"{}}", ERR_SYNTAX}, {"{} {}", ERR_SYNTAX}, {"{\"a\":1,}", ERR_SYNTAX}, {"[1,]", ERR_SYNTAX},
        {"{a:1}", ERR_SYNTAX}, {"{'a':1}", ERR_SYNTAX}, {"NaN", ERR_SYNTAX}, {"Infinity", ERR_SYNTAX}, {"01", ERR_SYNTAX}, {"+1", ERR_SYNTAX}, {"1.", ERR_SYNTAX},
        {".5", ERR_SYNTAX}, {"tru", ERR_SYNTAX}, {"// no\n1", ERR_SYNTAX}, {"{\"a\":1,\"a\":2}", ERR_SYNTAX}, {"{\"a\":1,\"\\u0061\":2}", ERR_SYNTAX},
        {"{\"x\":{\"a\":1,\"a\":1}}", ERR_SYNTAX}, {"\"\\ud800\"", ERR_SYNTAX}, {"\"\\udc00\\ud800\"", ERR_SYNTAX}, {"\"\\u0000\"", ERR_SYNTAX},
        {"\"a\tb\"", ERR_SYNTAX}, {"\"\x7f\"", 0}, {"\"\xc0\xaf\"", ERR_SYNTAX}, {"\"\xed\xa0\x80\"", ERR_SYNTAX}, {"\xef\xbb\xbf{}", ERR_SYNTAX}, {"\"\\x41\"", ERR_SYNTAX},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int rc = parse(CASES[i].text, strlen(CASES[i].text));
        if (rc != CASES[i].rc) fail_msg("«%s» gave %d", CASES[i].text, rc);
    }
    assert_int_equal(parse("{}\0", 3), ERR_SYNTAX);
    assert_int_equal(parse("{\"a\0\":1}", 8), ERR_SYNTAX);
}

static void depth_16_is_read_and_17_is_not(void **state)
{
    (void)state;
    for (size_t depth = 1; depth <= 40; depth++) {
        char text[100];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(parse(text, 2 * depth), depth <= 16 ? 0 : ERR_SYNTAX);
    }
    static char deep[100000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(parse(deep, sizeof deep), ERR_SYNTAX);
}

static void ids_are_numbers_or_digits_below_2_to_53(void **state)
{
    (void)state;
    static const struct { const char *json; int64_t id; } CASES[] = { /* 0: refused */
        {"1", 1}, {"42", 42}, {"9007199254740991", INT64_C(9007199254740991)}, {"\"42\"", 42}, {"\"9007199254740991\"", INT64_C(9007199254740991)},
        {"0", 0}, {"-1", 0}, {"1.0", 0}, {"1e3", 0}, {"9007199254740992", 0}, {"\"0042\"", 0}, {"\"\"", 0}, {"\"1.0\"", 0}, {"\" 1\"", 0}, {"\"0\"", 0},
        {"null", 0}, {"true", 0}, {"[1]", 0}, {"\"9007199254740992\"", 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(json_tree) json_t *tree = NULL;
        int64_t id = 0;
        assert_int_equal(json_in(str_span(str_c(CASES[i].json)), &tree), 0);
        int rc = json_in_id(tree, &id);
        if ((rc == 0) != (CASES[i].id != 0) || id != CASES[i].id) fail_msg("%s gave %d, %lld", CASES[i].json, rc, (long long)id);
    }
    OWNED(json_tree) json_t *zero = json_integer(0);
    struct seq seq = {7};
    assert_int_equal(json_in_seq(zero, &seq), 0); /* a position in a log may be its beginning */
    assert_int_equal(seq.n, 0);
}

static void a_number_without_room_is_one_that_no_field_takes(void **state)
{
    (void)state;
    static const struct { const char *json; int rc; const char *read; } CASES[] = {
        {"123456789012345678901234567890", 1, "0.5"}, {"-99999999999999999999", 1, "0.5"}, {"1e400", 1, "0.5"}, {"[1e400,7,\"1e400\"]", 1, "[0.5,7,\"1e400\"]"},
        {"{\"a\":1e400,\"b\":-2.5E+999}", 1, "{\"a\":0.5,\"b\":0.5}"}, {"{\"a\\\"\":99999999999999999999}", 1, "{\"a\\\"\":0.5}"},
        {"1e300", 0, "1.0000000000000001e300"}, {"999999999999999999", 0, "999999999999999999"},
        /* what is malformed before or behind it is found */
        {"[1e400,]", ERR_SYNTAX, NULL}, {"[1e400,01]", ERR_SYNTAX, NULL}, {"[1e400,1.]", ERR_SYNTAX, NULL}, {"[1e400,-]", ERR_SYNTAX, NULL},
        {"{\"a\":1e400,\"a\":1}", ERR_SYNTAX, NULL}, {"099999999999999999999", ERR_SYNTAX, NULL}, {"[1e400 x", ERR_SYNTAX, NULL}, {"22e908e908", ERR_SYNTAX, NULL}, {"[1e400x]", ERR_SYNTAX, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(json_tree) json_t *tree = NULL;
        int rc = json_in(str_span(str_c(CASES[i].json)), &tree);
        if (rc != CASES[i].rc) fail_msg("%s gave %d", CASES[i].json, rc);
        OWNED(mem) char *read = rc < 0 ? NULL : json_dumps(tree, JSON_COMPACT | JSON_ENCODE_ANY);
        if (rc == 1) assert_string_equal(read, CASES[i].read);
    }
}

static void the_id_is_found_in_what_does_not_parse(void **state)
{
    (void)state;
    static const struct { const char *text, *id; } CASES[] = {
        {"{\"id\":\"x\",\"type\":", "x"}, {"{\"type\":\"a\",\"id\":\"x\",}", "x"}, {"{ \"id\" : \"x\" ", "x"}, {"{\"payload\":{\"id\":\"inner\"},", ""},
        {"{\"payload\":\"\\\"id\\\":\\\"no\\\"\",\"id\":\"x\"", "x"}, {"{\"id\":7,", ""}, {"\"id\":\"x\"", ""}, {"", ""}, {"{\"id\":\"x", ""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct str id = json_in_scan_id(str_span(str_c(CASES[i].text)));
        if (!str_eq_c(id, CASES[i].id)) fail_msg("«%s» gave «%.*s»", CASES[i].text, STR_ARG(id));
    }
}

static void texts_are_counted_in_characters_and_hold_no_controls(void **state)
{
    (void)state;
    static const struct { const char *json; bool good; } CASES[] = {
        {"\"a\"", true}, {"\"\xc5\x82\xc5\x82\xc5\x82\"", true}, {"\"\xc5\x82\xc5\x82\xc5\x82\xc5\x82\"", false}, {"\"\"", false}, {"\"a\\nb\"", true}, {"\"a\\tb\"", true},
        {"\"a\\u0001b\"", false}, {"\"a\\u007f\"", false}, {"1", false}, {"null", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(json_tree) json_t *tree = NULL;
        struct str text;
        assert_int_equal(json_in(str_span(str_c(CASES[i].json)), &tree), 0);
        if ((json_in_text(tree, 100, 3, &text) == 0) != CASES[i].good) fail_msg("%s", CASES[i].json);
    }
}

static int fingerprint(const char *type, const char *json, uint8_t ret[16])
{
    OWNED(json_tree) json_t *tree = NULL;
    assert_int_equal(json_in(str_span(str_c(json)), &tree), 0);
    return json_in_fingerprint(str_c(type), tree, ret);
}

static void a_fingerprint_is_of_the_content_not_of_its_spelling(void **state)
{
    (void)state;
    static const struct { const char *type, *json; bool same; } CASES[] = {
        {"check_in", "{\"member_id\":7,\"location\":\"main\"}", true},
        {"check_in", "{ \"location\" : \"main\" ,\n\"member_id\" : 7 }", true},
        {"check_in", "{\"location\":\"m\\u0061in\",\"member_id\":7}", true},
        {"check_out", "{\"member_id\":7,\"location\":\"main\"}", false},
        {"check_in", "{\"member_id\":8,\"location\":\"main\"}", false},
        {"check_in", "{\"member_id\":\"7\",\"location\":\"main\"}", false},
        {"check_in", "{\"member_id\":7,\"location\":\"main\",\"notes\":null}", false},
    };
    uint8_t first[16], one[16];
    assert_int_equal(fingerprint(CASES[0].type, CASES[0].json, first), 0);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(fingerprint(CASES[i].type, CASES[i].json, one), 0);
        if ((memcmp(first, one, 16) == 0) != CASES[i].same) fail_msg("%s %s", CASES[i].type, CASES[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_json_or_it_is_not),
        cmocka_unit_test(depth_16_is_read_and_17_is_not),
        cmocka_unit_test(ids_are_numbers_or_digits_below_2_to_53),
        cmocka_unit_test(a_number_without_room_is_one_that_no_field_takes),
        cmocka_unit_test(the_id_is_found_in_what_does_not_parse),
        cmocka_unit_test(texts_are_counted_in_characters_and_hold_no_controls),
        cmocka_unit_test(a_fingerprint_is_of_the_content_not_of_its_spelling),
    };
    return cmocka_run_group_tests_name("protocol/json_in", tests, NULL, NULL);
}
