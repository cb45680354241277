#include "ws/handshake.h"
#include "../testing.h"

#include <stdlib.h>

/* The request of RFC 6455 1.2. */
static const struct ws_request GOOD = {
    .upgrade = {"websocket", 9},
    .connection = {"Upgrade", 7},
    .key = {"dGhlIHNhbXBsZSBub25jZQ==", 24},
    .version = {"13", 2},
};

/* In memory of exactly its size: what is read too far is seen. */
static struct str exactly(const char *text)
{
    if (text == NULL) return (struct str){NULL, 0};
    size_t len = strlen(text);
    char *at = malloc(len == 0 ? 1 : len);
    assert_non_null(at);
    memcpy(at, text, len);
    return (struct str){at, len};
}

static struct ws_answer answer_to(struct ws_request request, bool may_compress)
{
    struct ws_answer answer;
    assert_int_equal(ws_handshake(&request, may_compress, &answer), 0);
    return answer;
}

static void the_example_of_rfc_6455_1_3_is_accepted(void **state)
{
    (void)state;
    struct ws_answer answer = answer_to(GOOD, true);
    assert_int_equal(answer.status, 101);
    assert_string_equal(answer.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_string_equal(answer.extensions, "");
    assert_int_equal(answer.window_bits, 0);
    char accept[WS_ACCEPT_BYTES];
    assert_int_equal(ws_accept_key(STR("x3JJHMbDL1EzLkh9GBhXDw=="), accept), 0);
    assert_string_equal(accept, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

static void a_client_makes_a_key_that_is_accepted(void **state)
{
    (void)state;
    char key[WS_KEY_BYTES];
    ws_client_key((const uint8_t *)"the sample nonce", key);
    assert_string_equal(key, "dGhlIHNhbXBsZSBub25jZQ==");
    struct ws_request request = GOOD;
    request.key = str_c(key);
    assert_int_equal(answer_to(request, true).status, 101);
}

enum field { UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL, EXTENSIONS };

static void set_field(struct ws_request *request, enum field field, struct str value)
{
    switch (field) {
    case UPGRADE: request->upgrade = value; break;
    case CONNECTION: request->connection = value; break;
    case KEY: request->key = value; break;
    case VERSION: request->version = value; break;
    case PROTOCOL: request->protocol = value; break;
    case EXTENSIONS: request->extensions = value; break;
    }
}

static void each_header_is_judged(void **state)
{
    (void)state;
    static const struct { enum field field; const char *value; int status; } CASES[] = {
        /* RFC 6455 4.2.1, 3: "websocket", whatever its case, perhaps among others. */
        {UPGRADE, "websocket", 101}, {UPGRADE, "WebSocket", 101}, {UPGRADE, "h2c, websocket", 101}, {UPGRADE, " websocket ,x", 101},
        {UPGRADE, NULL, 426}, {UPGRADE, "", 426}, {UPGRADE, "websocket2", 426}, {UPGRADE, "web socket", 426}, {UPGRADE, "h2c", 426},
        /* 4: the token "Upgrade", whatever its case. */
        {CONNECTION, "upgrade", 101}, {CONNECTION, "keep-alive, Upgrade", 101}, {CONNECTION, "UPGRADE,close", 101},
        {CONNECTION, NULL, 426}, {CONNECTION, "keep-alive", 426}, {CONNECTION, "upgraded", 426}, {CONNECTION, "keep-alive Upgrade", 426},
        /* 5: a key of 16 bytes in base64, once. */
        {KEY, "AAAAAAAAAAAAAAAAAAAAAA==", 101}, {KEY, "+/+/+/+/+/+/+/+/+/+/+w==", 101},
        {KEY, NULL, 400}, {KEY, "", 400}, {KEY, "dGhlIHNhbXBsZSBub25jZQ", 400}, {KEY, "dGhlIHNhbXBsZSBub25jZQ=", 400},
        {KEY, "dGhlIHNhbXBsZSBub25jZQ===", 400}, {KEY, "dGhlIHNhbXBsZSBub25jZWE=", 400}, {KEY, "dGhlIHNhbXBsZSBub25j-Q==", 400},
        {KEY, "dGhl IHNhbXBsZSBub25jZQ=", 400}, {KEY, "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", 400},
        /* 6 and 4.4: version 13; another one is told which; what is none is broken. */
        {VERSION, "13", 101}, {VERSION, "8", 426}, {VERSION, "0", 426}, {VERSION, "14", 426}, {VERSION, "255", 426},
        {VERSION, NULL, 400}, {VERSION, "", 400}, {VERSION, "013", 400}, {VERSION, "256", 400}, {VERSION, "1 3", 400},
        {VERSION, "x", 400}, {VERSION, "-1", 400}, {VERSION, "13, 13", 400}, {VERSION, "13, 8", 400}, {VERSION, "1300", 400},
        /* 8 and 4.3: 1#token; we choose none. */
        {PROTOCOL, NULL, 101}, {PROTOCOL, "chat", 101}, {PROTOCOL, "chat, superchat", 101}, {PROTOCOL, ", chat ,, v1.x ,", 101},
        {PROTOCOL, "", 400}, {PROTOCOL, ",", 400}, {PROTOCOL, "a b", 400}, {PROTOCOL, "chat;x", 400}, {PROTOCOL, "\"chat\"", 400},
        {PROTOCOL, "caf\xc3\xa9", 400},
        /* 9 and 9.1: the grammar of extensions; unknown ones are passed over. */
        {EXTENSIONS, NULL, 101}, {EXTENSIONS, "x", 101}, {EXTENSIONS, "x; y; z=1, w", 101}, {EXTENSIONS, "x;y=\"z\"", 101},
        {EXTENSIONS, "x ; y = z , , w", 101}, {EXTENSIONS, "x; y=\"\\z\"", 101},
        {EXTENSIONS, "", 400}, {EXTENSIONS, " ", 400}, {EXTENSIONS, ",,", 400}, {EXTENSIONS, ";", 400}, {EXTENSIONS, "x;", 400},
        {EXTENSIONS, "x;;y", 400}, {EXTENSIONS, "x;=1", 400}, {EXTENSIONS, "x;y=", 400}, {EXTENSIONS, "x y", 400},
        {EXTENSIONS, "x;y z", 400}, {EXTENSIONS, "x=1", 400}, {EXTENSIONS, "x;y=\"", 400}, {EXTENSIONS, "x;y=\"z", 400},
        {EXTENSIONS, "x;y=\"\"", 400}, {EXTENSIONS, "x;y=\"a b\"", 400}, {EXTENSIONS, "x;y=\"z\\", 400}, {EXTENSIONS, "x;y=\"z\"w", 400},
        {EXTENSIONS, "x;y=\"\\\"\"", 400}, {EXTENSIONS, "x, y;", 400}, {EXTENSIONS, "permessage-deflate, y;", 400},
        {EXTENSIONS, "x/y", 400}, {EXTENSIONS, "x;y=z=w", 400}, {EXTENSIONS, "x;y=\"a\xc3\xa9\"", 400},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct ws_request request = GOOD;
        struct str value = exactly(CASES[i].value);
        set_field(&request, CASES[i].field, value);
        struct ws_answer answer = answer_to(request, true);
        free((char *)value.at);
        if (answer.status != CASES[i].status) fail_msg("«%s» gives %d, not %d", CASES[i].value, answer.status, CASES[i].status);
        /* A refusal has words for people and nothing of an acceptance. */
        assert_int_equal(answer.reason == NULL, answer.status == 101);
        assert_int_equal(answer.accept[0] == '\0', answer.status != 101);
        assert_int_equal(answer.window_bits, 0);
    }
}

#define TAKEN "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static void compression_is_agreed_on(void **state)
{
    (void)state;
    static const struct { const char *offers; const char *answer; unsigned window_bits; } CASES[] = {
        /* RFC 7692 7.1.3: what clients send. */
        {"permessage-deflate", TAKEN, 15},
        {"permessage-deflate; client_max_window_bits", TAKEN, 15},
        {"permessage-deflate; client_max_window_bits; server_max_window_bits=10", TAKEN "; server_max_window_bits=10", 10},
        {"permessage-deflate; server_max_window_bits=15", TAKEN "; server_max_window_bits=15", 15},
        {"permessage-deflate; server_max_window_bits=9", TAKEN "; server_max_window_bits=9", 9},
        {"permessage-deflate;server_max_window_bits=\"12\"", TAKEN "; server_max_window_bits=12", 12},
        {"permessage-deflate;server_max_window_bits=\"1\\2\"", TAKEN "; server_max_window_bits=12", 12},
        {" permessage-deflate ; server_max_window_bits = 12 ", TAKEN "; server_max_window_bits=12", 12},
        {"permessage-deflate; server_no_context_takeover; client_no_context_takeover", TAKEN, 15},
        {"permessage-deflate; client_max_window_bits=8", TAKEN, 15},
        {"permessage-deflate; client_max_window_bits=15", TAKEN, 15},
        {"permessage-deflate; client_no_context_takeover; client_max_window_bits=\"9\"; server_no_context_takeover", TAKEN, 15},
        /* RFC 6455 9.1: several, the preferred one first; the first that we can is taken. */
        {"permessage-deflate; server_max_window_bits=10, permessage-deflate", TAKEN "; server_max_window_bits=10", 10},
        {"permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits", TAKEN, 15},
        {"permessage-bzip2, x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=11, permessage-deflate",
         TAKEN "; server_max_window_bits=11", 11},
        {"permessage-deflate; unknown, permessage-deflate", TAKEN, 15},
        /* RFC 7692 7.1.2.1: zlib cannot write for a window of 256 bytes. */
        {"permessage-deflate; server_max_window_bits=8", "", 0},
        /* RFC 7692 7.1: declined are parameters that are not defined, … */
        {"permessage-deflate; unknown", "", 0},
        {"permessage-deflate; unknown=1; client_max_window_bits", "", 0},
        {"permessage-deflate; Server_no_context_takeover", "", 0},
        /* … that have a wrong value, … */
        {"permessage-deflate; server_max_window_bits", "", 0},
        {"permessage-deflate; server_max_window_bits=7", "", 0},
        {"permessage-deflate; server_max_window_bits=16", "", 0},
        {"permessage-deflate; server_max_window_bits=09", "", 0},
        {"permessage-deflate; server_max_window_bits=010", "", 0},
        {"permessage-deflate; server_max_window_bits=1", "", 0},
        {"permessage-deflate; server_max_window_bits=100", "", 0},
        {"permessage-deflate; server_max_window_bits=1x", "", 0},
        {"permessage-deflate; server_max_window_bits=+9", "", 0},
        {"permessage-deflate; server_max_window_bits=abcdefghijklmnopqrstuvwxyz", "", 0},
        {"permessage-deflate; client_max_window_bits=7", "", 0},
        {"permessage-deflate; client_max_window_bits=16", "", 0},
        {"permessage-deflate; client_max_window_bits=0", "", 0},
        {"permessage-deflate; client_max_window_bits=\"08\"", "", 0},
        {"permessage-deflate; server_no_context_takeover=1", "", 0},
        {"permessage-deflate; client_no_context_takeover=true", "", 0},
        /* … or stand there twice. */
        {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", "", 0},
        {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", "", 0},
        {"permessage-deflate; client_max_window_bits; client_max_window_bits=10", "", 0},
        {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", "", 0},
        /* Another name is another extension. */
        {"permessage-deflate2", "", 0},
        {"permessage", "", 0},
        {"x; permessage-deflate", "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct ws_request request = GOOD;
        request.extensions = exactly(CASES[i].offers);
        struct ws_answer answer = answer_to(request, true);
        struct ws_answer plain = answer_to(request, false);
        free((char *)request.extensions.at);
        /* An offer declined is no reason to refuse the connection. */
        assert_int_equal(answer.status, 101);
        if (strcmp(answer.extensions, CASES[i].answer) != 0) fail_msg("«%s» gives «%s»", CASES[i].offers, answer.extensions);
        assert_int_equal(answer.window_bits, CASES[i].window_bits);
        /* And where we may not, none is taken. */
        assert_int_equal(plain.status, 101);
        assert_string_equal(plain.extensions, "");
        assert_int_equal(plain.window_bits, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_6455_1_3_is_accepted),
        cmocka_unit_test(a_client_makes_a_key_that_is_accepted),
        cmocka_unit_test(each_header_is_judged),
        cmocka_unit_test(compression_is_agreed_on),
    };
    return cmocka_run_group_tests_name("ws/handshake", tests, NULL, NULL);
}
