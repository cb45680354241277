#include "base/json.h"
#include "../testing.h"

static void an_object_reads_straight_down(void **state)
{
    (void)state;
    OWNED(buf) struct buf buf = buf_of(1000);
    struct json json = jw_to(&buf);
    jw_object(&json, NULL);
    jw_str(&json, "text", STR("a\"b\\c\n\x01\x7f/\xc5\x82"));
    jw_str_or_null(&json, "none", (struct str){0});
    jw_i64(&json, "least", INT64_MIN);
    jw_bool(&json, "yes", true);
    jw_null(&json, "nothing");
    jw_array(&json, "list");
    jw_i64(&json, NULL, 1);
    jw_array(&json, NULL);
    jw_array_end(&json);
    jw_object(&json, NULL);
    jw_object_end(&json);
    jw_array_end(&json);
    jw_raw(&json, "raw", STR("{\"x\":1}"));
    jw_i64_at(&json, STR("a\"key"), 7);
    jw_str_at(&json, STR("b"), STR("v"));
    jw_object_end(&json);
    assert_int_equal(jw_end_all(&json), 0);
    assert_str(buf_str(&buf), "{\"text\":\"a\\\"b\\\\c\\n\\u0001\x7f/\xc5\x82\",\"none\":null,\"least\":-9223372036854775808,\"yes\":true,\"nothing\":null,"
                              "\"list\":[1,[],{}],\"raw\":{\"x\":1},\"a\\\"key\":7,\"b\":\"v\"}");
}

/* RFC 8259 section 7: all that must be escaped is, and reads back. */
static void every_control_character_is_escaped(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x20; c++) {
        OWNED(buf) struct buf buf = buf_of(100);
        struct json json = jw_to(&buf);
        char text = (char)c;
        jw_str(&json, NULL, (struct str){&text, 1});
        assert_int_equal(jw_end_all(&json), 0);
        for (size_t i = 0; i < buf.len; i++) assert_true(buf.at[i] >= 0x20);
        assert_true(buf.len == 4 || buf.len == 8); /* "\n" or "\u0001" */
    }
}

static void the_first_failure_sticks(void **state)
{
    (void)state;
    OWNED(buf) struct buf buf = buf_of(20);
    struct json json = jw_to(&buf);
    jw_object(&json, NULL);
    jw_str(&json, "text", STR("much longer than twenty bytes"));
    size_t len = buf.len;
    jw_i64(&json, "n", 1);
    jw_object_end(&json);
    assert_int_equal(jw_end_all(&json), ERR_TOO_BIG);
    assert_true(buf.len <= 20);
    assert_int_equal(buf.len, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_reads_straight_down),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(the_first_failure_sticks),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
