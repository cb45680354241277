#include "net/address.h"
#include "../testing.h"

#include <arpa/inet.h>

static void an_address_is_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
    } CASES[] = {
        {"127.0.0.1:8000", "127.0.0.1:8000"},
        {"[::1]:8000", "[::1]:8000"},
        {"localhost:0", "127.0.0.1:0"},
        {"LocalHost:80", "127.0.0.1:80"},
        {"0.0.0.0:65535", "0.0.0.0:65535"},
        {"[::]:1", "[::]:1"},
        {":8000", "[::]:8000"},
        {"*:8000", "[::]:8000"},
        {"[2001:db8::0:1]:80", "[2001:db8::1]:80"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct address address;
        struct err_detail err = {.code = 0};
        char text[ADDRESS_TEXT_BYTES];
        assert_int_equal(address_parse(str_c(CASES[i].text), &address, &err), 0);
        assert_string_equal(address_text(&address, text).at, CASES[i].written);
    }
}

static void what_is_no_address_gets_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *says;
    } CASES[] = {
        {"", ERR_SYNTAX, "\"\" is not HOST:PORT"},
        {"8000", ERR_SYNTAX, "\"8000\" is not HOST:PORT"},
        {"::1:8000", ERR_SYNTAX, "is not HOST:PORT"},
        {"[::1]8000", ERR_SYNTAX, "is not HOST:PORT"},
        {"[::1]", ERR_SYNTAX, "is not HOST:PORT"},
        {"[]:80", ERR_SYNTAX, "is not HOST:PORT"},
        {"[::1", ERR_SYNTAX, "is not HOST:PORT"},
        {"127.0.0.1:", ERR_SYNTAX, "is not a port"},
        {"127.0.0.1:65536", ERR_SYNTAX, "\"65536\" is not a port"},
        {"127.0.0.1:-1", ERR_SYNTAX, "is not a port"},
        {"127.0.0.1:80x", ERR_SYNTAX, "is not a port"},
        {"127.0.0.1: 80", ERR_SYNTAX, "is not a port"},
        {"127.0.0.256:80", ERR_NOT_FOUND, "there is no host \"127.0.0.256\""},
        {"no-such-host.invalid:80", ERR_NOT_FOUND, "there is no host \"no-such-host.invalid\""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct address address;
        struct err_detail err = {.code = 0};
        assert_int_equal(address_parse(str_c(CASES[i].text), &address, &err), CASES[i].code);
        assert_non_null(strstr(err.text, CASES[i].says));
    }
}

static void a_peer_is_the_same_over_ipv4_and_mapped_ipv6(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(4321)};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(4321)};
    assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &mapped.sin6_addr), 1);
    struct peer a = peer_of((struct sockaddr *)&v4), b = peer_of((struct sockaddr *)&mapped);
    assert_memory_equal(a.ip, b.ip, sizeof a.ip);
    assert_int_equal(a.port, 4321);
    assert_int_equal(b.port, 4321);
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(peer_text(&a, text).at, "192.0.2.7");

    assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &mapped.sin6_addr), 1);
    a = peer_of((struct sockaddr *)&mapped);
    assert_string_equal(peer_text(&a, text).at, "2001:db8::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_read_and_written),
        cmocka_unit_test(what_is_no_address_gets_a_sentence),
        cmocka_unit_test(a_peer_is_the_same_over_ipv4_and_mapped_ipv6),
    };
    return cmocka_run_group_tests_name("net/address", tests, NULL, NULL);
}
