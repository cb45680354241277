#include "http/sse.h"
#include "testing.h"

static void an_event_is_lines_and_an_empty_one(void **state)
{
    (void)state;
    static const struct { struct str name, id, data; const char *expected; } CASES[] = {
        {STR("stats_update"), STR("main:7"), STR("{\"a\":1}"), "event: stats_update\nid: main:7\ndata: {\"a\":1}\n\n"},
        {STR(""), STR(""), STR("x"), "data: x\n\n"},
        {STR(""), STR(""), STR(""), "data: \n\n"},
        /* Each line end that a reader may see begins another data line, so that none can begin another field. */
        {STR(""), STR(""), STR("a\nb"), "data: a\ndata: b\n\n"},
        {STR(""), STR(""), STR("a\r\nb"), "data: a\ndata: b\n\n"},
        {STR(""), STR(""), STR("a\rid: b"), "data: a\ndata: id: b\n\n"},
        {STR(""), STR(""), STR("a\n\r\nb\n"), "data: a\ndata: \ndata: b\ndata: \n\n"},
        {STR(""), STR(""), STR("a\r"), "data: a\ndata: \n\n"},
        {STR(""), STR(""), STR(" a"), "data:  a\n\n"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(buf) struct buf out = buf_of(200);
        assert_int_equal(sse_put_event(&out, CASES[i].name, CASES[i].id, CASES[i].data), 0);
        assert_str(buf_str(&out), CASES[i].expected);
    }
}

static void a_name_or_id_of_two_lines_is_refused(void **state)
{
    (void)state;
    static const struct str BAD[] = {STR("a\n"), STR("\ra"), STR("a\r\nb"), STR("a\0b")};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        OWNED(buf) struct buf out = buf_of(200);
        assert_int_equal(buf_put_str(&out, STR("before")), 0);
        assert_int_equal(sse_put_event(&out, BAD[i], STR(""), STR("x")), ERR_SYNTAX);
        assert_int_equal(sse_put_event(&out, STR("a"), BAD[i], STR("x")), ERR_SYNTAX);
        assert_str(buf_str(&out), "before");
    }
}

static void an_event_without_room_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t room = 6; room < 6 + sizeof "event: a\nid: b\ndata: c\n\n" - 1; room++) {
        OWNED(buf) struct buf out = buf_of(room);
        assert_int_equal(buf_put_str(&out, STR("before")), 0);
        assert_int_equal(sse_put_event(&out, STR("a"), STR("b"), STR("c")), ERR_TOO_BIG);
        assert_str(buf_str(&out), "before");
    }
}

static void a_stream_is_kept_alive_and_says_when_to_come_again(void **state)
{
    (void)state;
    OWNED(buf) struct buf out = buf_of(200);
    assert_int_equal(sse_put_retry(&out, 1500), 0);
    assert_int_equal(sse_put_alive(&out), 0);
    assert_str(buf_str(&out), "retry: 1500\n\n:\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_lines_and_an_empty_one),
        cmocka_unit_test(a_name_or_id_of_two_lines_is_refused),
        cmocka_unit_test(an_event_without_room_leaves_nothing_behind),
        cmocka_unit_test(a_stream_is_kept_alive_and_says_when_to_come_again),
    };
    return cmocka_run_group_tests_name("http/sse", tests, NULL, NULL);
}
