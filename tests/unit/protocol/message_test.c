/* What a client may say (contract section 1), the invalid beside the valid. */
#include "protocol/codes.h"
#include "protocol/message.h"
#include "../testing.h"

#include <string.h>

struct parse_case {
    const char *text;
    enum code code;
    const char *id; /* NULL: none readable */
};

#define N500 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" /* 100 */

static const struct parse_case CASES[] = {
    {"{\"type\":\"heartbeat\"}", CODE_OK, NULL},
    {"{\"type\":\"heartbeat\",\"id\":\"a\",\"payload\":[1,2]}", CODE_OK, "a"},
    {"{\"type\":\"heartbeat\",\"id\":null}", CODE_OK, NULL},
    {"{\"type\":\"get_stats\",\"more\":true}", CODE_OK, NULL},
    {"{\"type\":\"dance\",\"id\":\"d\"}", CODE_UNKNOWN_TYPE, "d"},
    {"{\"type\":7,\"id\":\"d\"}", CODE_BAD_MESSAGE, "d"},
    {"{\"id\":\"d\"}", CODE_BAD_MESSAGE, "d"},
    {"[]", CODE_BAD_MESSAGE, NULL},
    {"7", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"heartbeat\",\"id\":7}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"heartbeat\",\"id\":\"\"}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"heartbeat\",\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}", CODE_OK,
     "0123456789012345678901234567890123456789012345678901234567890123"},
    {"{\"type\":\"heartbeat\",\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"}", CODE_BAD_MESSAGE, NULL},
    /* bad_json, with the id where it can be read */
    {"", CODE_BAD_JSON, NULL},
    {"{\"id\":\"x\",\"type\":", CODE_BAD_JSON, "x"},
    {"{\"type\":\"heartbeat\",\"id\":\"x\",}", CODE_BAD_JSON, "x"},
    {"{\"payload\":{\"id\":\"inner\"},\"id\":\"x\",", CODE_BAD_JSON, "x"},
    {"{\"type\":\"heartbeat\",\"type\":\"heartbeat\",\"id\":\"x\"}", CODE_BAD_JSON, "x"},
    {"{\"type\":\"heartbeat\",\"payload\":NaN}", CODE_BAD_JSON, NULL},
    {"{\"type\":\"heartbeat\",\"payload\":\"\\ud800\"}", CODE_BAD_JSON, NULL},
    {"{\"type\":\"heartbeat\",\"payload\":\"\\u0000\"}", CODE_BAD_JSON, NULL},
    {"{\"type\":\"heartbeat\"} x", CODE_BAD_JSON, NULL},
    {"{\"payload\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],\"type\":\"heartbeat\"}", CODE_OK, NULL},              /* depth 16 */
    {"{\"payload\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],\"type\":\"heartbeat\",\"id\":\"x\"}", CODE_BAD_JSON, "x"}, /* 17 */
    /* ids */
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":42}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":\"42\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":9007199254740991}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":9007199254740992}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"id\":\"big\",\"payload\":{\"member_id\":99999999999999999999}}", CODE_BAD_MESSAGE, "big"},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":42,\"x\":99999999999999999999}}", CODE_OK, NULL}, /* unknown members are ignored … */
    {"{\"type\":\"check_in\",\"id\":\"x\",\"payload\":{\"member_id\":42},\"y\":1e999}", CODE_OK, "x"},
    {"{\"type\":\"heartbeat\",\"id\":\"x\",\"payload\":[1e999]}", CODE_BAD_MESSAGE, "x"}, /* … but not what is to be echoed */
    {"{\"type\":\"check_in\",\"id\":\"x\",\"payload\":{\"member_id\":99999999999999999999,}}", CODE_BAD_JSON, "x"},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1.0}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1e3}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":\"0042\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":\"4 2\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":0}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":-1}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":true}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"override\":{\"reason\":\" \"}}}", CODE_BAD_MESSAGE, NULL},
    /* guests: by whom they are brought, said in one way */
    {"{\"type\":\"check_in\",\"payload\":{\"guest\":{\"name\":\"Noah\",\"of\":7}}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":7,\"guest\":{\"name\":\"Noah\",\"of\":\"7\"}}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"code\":\"x\",\"guest\":{\"name\":\"Noah\"}}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":8,\"guest\":{\"name\":\"Noah\",\"of\":7}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"code\":\"x\",\"guest\":{\"name\":\"Noah\",\"of\":7}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"guest\":{\"name\":\"Noah\"}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"guest\":{\"name\":\" \",\"of\":7}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"guest\":{\"of\":7}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":7,\"guest\":\"Noah\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_out\",\"payload\":{\"guest\":{\"name\":\"Noah\",\"of\":7}}}", CODE_BAD_MESSAGE, NULL},
    /* who, where, when */
    {"{\"type\":\"check_in\"}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":7}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"code\":\"x\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"code\":\"0042\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"code\":\"  \"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"code\":42}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"location\":\"main\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"location\":2}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"location\":\"2\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"location\":\"Main Street\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"location\":[]}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"occurred_at\":\"2026-11-25T04:21:59Z\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"occurred_at\":\"yesterday\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"notes\":\"" N500 N500 N500 N500 N500 "\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"notes\":\"" N500 N500 N500 N500 N500 "n\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"notes\":\"\"}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"notes\":7}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"override\":{\"reason\":\"why\"}}}", CODE_OK, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"override\":{}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"check_in\",\"payload\":{\"member_id\":1,\"override\":{\"reason\":\"\"}}}", CODE_BAD_MESSAGE, NULL},
    /* authenticate, subscribe */
    {"{\"type\":\"authenticate\",\"payload\":{\"token\":\"a.b.c\"}}", CODE_OK, NULL},
    {"{\"type\":\"authenticate\"}", CODE_OK, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"token\":\"\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"token\":7}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"locations\":[\"main\",2]}}", CODE_OK, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"locations\":\"main\"}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"resume\":{\"epoch\":\"e\",\"after\":{\"main\":7,\"2\":\"0\"}}}}", CODE_OK, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"resume\":{\"after\":{\"main\":-1}}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"resume\":{\"after\":{\"main\":1.5}}}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"authenticate\",\"payload\":{\"resume\":7}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"subscribe\",\"payload\":{\"locations\":\"*\"}}", CODE_OK, NULL},
    {"{\"type\":\"subscribe\",\"payload\":{}}", CODE_BAD_MESSAGE, NULL},
    {"{\"type\":\"unsubscribe\",\"payload\":{\"locations\":[\"main\"]}}", CODE_OK, NULL},
};

static void each_message_gets_its_code_and_keeps_its_id(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct parse_case *c = &CASES[i];
        OWNED(message) struct message message;
        const char *sentence = NULL;
        enum code code = message_parse(span_of(c->text, strlen(c->text)), &message, &sentence);
        if (code != c->code) fail_msg("%s: %s, not %s", c->text, code_name(code), code_name(c->code));
        if (code != CODE_OK) assert_non_null(sentence);
        bool same = c->id == NULL ? message.id.len == 0 : str_eq_c(message.id, c->id);
        if (!same) fail_msg("%s: the id is \"%.*s\"", c->text, STR_ARG(message.id));
    }
}

static void what_is_cut_anywhere_is_answered_and_never_crashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (CASES[i].code != CODE_OK) continue;
        size_t len = strlen(CASES[i].text);
        for (size_t cut = 0; cut < len; cut++) {
            OWNED(message) struct message message;
            const char *sentence = NULL;
            assert_true(message_parse(span_of(CASES[i].text, cut), &message, &sentence) != CODE_OK);
        }
    }
}

static void the_fingerprint_is_of_the_content_not_of_its_spelling(void **state)
{
    (void)state;
    static const struct { const char *a, *b; bool same; } PAIRS[] = {
        {"{\"type\":\"check_in\",\"id\":\"1\",\"payload\":{\"member_id\":1,\"location\":\"main\"}}",
         "{\"id\":\"1\", \"payload\":{ \"location\":\"main\", \"member_id\":1 }, \"type\":\"check_in\"}", true},
        {"{\"type\":\"check_in\",\"id\":\"1\",\"payload\":{\"member_id\":1}}", "{\"type\":\"check_in\",\"id\":\"1\",\"payload\":{\"member_id\":2}}", false},
        {"{\"type\":\"check_in\",\"id\":\"1\",\"payload\":{\"member_id\":1}}", "{\"type\":\"check_out\",\"id\":\"1\",\"payload\":{\"member_id\":1}}", false},
    };
    for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
        OWNED(message) struct message a;
        OWNED(message) struct message b;
        const char *sentence;
        assert_int_equal(message_parse(span_of(PAIRS[i].a, strlen(PAIRS[i].a)), &a, &sentence), CODE_OK);
        assert_int_equal(message_parse(span_of(PAIRS[i].b, strlen(PAIRS[i].b)), &b, &sentence), CODE_OK);
        assert_int_equal(memcmp(a.command.fingerprint, b.command.fingerprint, FINGERPRINT_BYTES) == 0, PAIRS[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_gets_its_code_and_keeps_its_id),
        cmocka_unit_test(what_is_cut_anywhere_is_answered_and_never_crashes),
        cmocka_unit_test(the_fingerprint_is_of_the_content_not_of_its_spelling),
    };
    return cmocka_run_group_tests_name("protocol/message", tests, NULL, NULL);
}
