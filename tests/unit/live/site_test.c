/* Who may speak to us: names that we answer to, pages that may open a socket, addresses behind a proxy (contract, «Getting in»). */
#include "live/site.h"
#include "../testing.h"

#include <stdio.h>

/* The request that these header lines make; the reader owns it. */
static const struct http_request *request_of(const char *headers, struct http_reader **ret_reader)
{
    static const struct http_limits LIMITS = HTTP_LIMITS_DEFAULT;
    static char text[4096];
    int len = snprintf(text, sizeof text, "GET /ws/checkins/ HTTP/1.1\r\n%s\r\n", headers);
    struct span in = span_of(text, (size_t)len);
    assert_int_equal(http_reader_create(&LIMITS, ret_reader), 0);
    assert_true(http_reader_next(*ret_reader, &in) > 0);
    return http_reader_request(*ret_reader);
}

static bool allows(const struct site_options *options, const char *headers)
{
    struct site site;
    OWNED(http_reader) struct http_reader *reader = NULL;
    struct err_detail why;
    if (site_init(&site, options, &why) != 0) fail_msg("%s", why.text);
    bool allowed = site_allows_origin(&site, request_of(headers, &reader));
    site_done(&site);
    return allowed;
}

static void a_page_must_be_ours(void **state)
{
    (void)state;
    static const struct site_options UNSET = {.listen_host = STR("127.0.0.1")};
    static const struct site_options PUBLIC = {.public_url = STR("https://gym.example"), .allowed_origins = STR("https://tv.example:8443"), .listen_host = STR("127.0.0.1")};
    static const struct { const struct site_options *options; const char *headers; bool allowed; } CASES[] = {
        {&UNSET, "Host: localhost:8000\r\n", true}, /* no Origin: no page */
        {&UNSET, "Host: localhost:8000\r\nOrigin: http://localhost:8000\r\n", true},
        {&UNSET, "Host: 127.0.0.1:8000\r\nOrigin: http://127.0.0.1:8000\r\n", true},
        {&UNSET, "Host: localhost:8000\r\nOrigin: http://localhost:9000\r\n", false},
        {&UNSET, "Host: localhost:8000\r\nOrigin: http://localhost\r\n", false},
        {&UNSET, "Host: localhost:8000\r\nOrigin: https://evil.example\r\n", false},
        {&UNSET, "Host: localhost:8000\r\nOrigin: null\r\n", false},
        {&UNSET, "Host: localhost:8000\r\nOrigin: http://localhost:8000.evil.example\r\n", false},
        {&UNSET, "Host: evil.example\r\nOrigin: http://evil.example\r\n", false}, /* a rebound name */
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://gym.example\r\n", true},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://GYM.example:443\r\n", true},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: http://gym.example\r\n", false},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://tv.example:8443\r\n", true},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://tv.example\r\n", false},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://gym.example.evil.example\r\n", false},
        {&PUBLIC, "Host: 127.0.0.1\r\nOrigin: https://gym.example\r\nOrigin: https://evil.example\r\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (allows(CASES[i].options, CASES[i].headers) != CASES[i].allowed) fail_msg("%zu: %s", i, CASES[i].headers);
    }
}

static void we_answer_to_our_names_alone(void **state)
{
    (void)state;
    static const struct { const char *hosts, *asked; bool known; } CASES[] = {
        {"", "localhost", true}, {"", "localhost:8000", true}, {"", "LOCALHOST", true}, {"", "127.0.0.1:8000", true}, {"", "[::1]:8000", true},
        {"", "evil.example", false}, {"", "localhost.evil.example", false}, {"", "127.0.0.1.evil.example", false},
        {"gym.example", "gym.example", true}, {"gym.example", "gym.example:8443", true}, {"gym.example", "localhost", false},
        {"gym.example:8443", "gym.example:8443", true}, {"gym.example:8443", "gym.example", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct site site;
        struct site_options options = {.hosts = str_c(CASES[i].hosts), .listen_host = STR("127.0.0.1")};
        assert_int_equal(site_init(&site, &options, NULL), 0);
        if (site_knows_host(&site, str_c(CASES[i].asked)) != CASES[i].known) fail_msg("hosts «%s»: «%s»", CASES[i].hosts, CASES[i].asked);
        site_done(&site);
    }
}

static struct peer peer_from(const char *ipv4)
{
    unsigned a, b, c, d;
    struct peer peer = {0};
    assert_int_equal(sscanf(ipv4, "%u.%u.%u.%u", &a, &b, &c, &d), 4);
    const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
    memcpy(peer.ip, mapped, sizeof mapped);
    return peer;
}

static void an_address_is_believed_from_trusted_proxies_alone(void **state)
{
    (void)state;
    static const struct { const char *proxies, *peer, *headers, *seen; bool https; } CASES[] = {
        {"", "192.0.2.1", "", "192.0.2.1", false},
        {"", "192.0.2.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1", false},
        {"192.0.2.1", "192.0.2.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "203.0.113.9", true},
        {"192.0.2.0/24", "192.0.2.77", "X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", false},
        {"192.0.2.0/24", "192.0.3.77", "X-Forwarded-For: 203.0.113.9\r\n", "192.0.3.77", false},
        /* What the client wrote itself stands to the left; the nearest that is no proxy of ours counts. */
        {"192.0.2.0/24", "192.0.2.1", "X-Forwarded-For: 10.9.9.9, 203.0.113.9, 192.0.2.2\r\n", "203.0.113.9", false},
        {"192.0.2.1", "192.0.2.1", "X-Forwarded-For: nonsense\r\n", "192.0.2.1", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct site site;
        struct site_view view;
        char headers[512];
        OWNED(http_reader) struct http_reader *reader = NULL;
        struct site_options options = {.trusted_proxies = str_c(CASES[i].proxies), .listen_host = STR("127.0.0.1")};
        assert_int_equal(site_init(&site, &options, NULL), 0);
        snprintf(headers, sizeof headers, "Host: localhost\r\n%s", CASES[i].headers);
        struct peer peer = peer_from(CASES[i].peer);
        site_view(&site, request_of(headers, &reader), &peer, false, &view);
        if (strcmp(view.peer, CASES[i].seen) != 0 || view.is_https != CASES[i].https) fail_msg("%zu: %s %d", i, view.peer, view.is_https);
        site_done(&site);
    }
}

static void what_is_no_origin_network_or_host_is_told(void **state)
{
    (void)state;
    static const struct site_options CASES[] = {
        {.public_url = STR("gym.example")}, {.public_url = STR("ftp://gym.example")}, {.allowed_origins = STR("*")}, {.allowed_origins = STR("https://a.example/path")},
        {.trusted_proxies = STR("10.0.0.0/33")}, {.trusted_proxies = STR("proxy")}, {.hosts = STR("http://gym.example")},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct site site;
        struct err_detail why = {0};
        if (site_init(&site, &CASES[i], &why) == 0) fail_msg("%zu was taken", i);
        assert_true(why.text[0] != '\0');
        site_done(&site);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_must_be_ours),
        cmocka_unit_test(we_answer_to_our_names_alone),
        cmocka_unit_test(an_address_is_believed_from_trusted_proxies_alone),
        cmocka_unit_test(what_is_no_origin_network_or_host_is_told),
    };
    return cmocka_run_group_tests_name("live/site", tests, NULL, NULL);
}
