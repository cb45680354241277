#include "base/config.h"
#include "../testing.h"

#define FLAGS_MAX 4

struct row {
    const char *flags[FLAGS_MAX];
    bool is_fault;
    const char *words;        /* a part of the sentence that must be there */
};

/* The sentences for a configuration with these flags, joined; and whether one is a fault. */
static size_t check_flags(const char *const flags[FLAGS_MAX], char joined[8192], bool *ret_fault)
{
    OWNED(config) struct config config = {0};
    struct err_detail why = {0};
    struct config_advice advice[CONFIG_ADVICE_MAX];
    assert_int_equal(config_init(&config), 0);
    for (size_t i = 0; i < FLAGS_MAX && flags[i] != NULL; i++) {
        if (config_read_flag(&config, str_c(flags[i]), &why) != 1) fail_msg("%s: %s", flags[i], why.text);
    }
    size_t count = config_check(&config, advice);
    joined[0] = '\0';
    *ret_fault = false;
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(joined, advice[i].text), "\n");
        *ret_fault |= advice[i].is_fault;
        assert_true(strlen(advice[i].text) < ERR_TEXT_BYTES - 1); /* whole, not cut */
    }
    return count;
}

static void what_is_wrong_or_unwise_is_said(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {{"--server.tls_cert=c"}, true, "tls_cert is set without tls_key"},
        {{"--server.tls_key=k"}, true, "tls_key is set without tls_cert"},
        {{"--server.public_url=wss://gym.example"}, true, "public_url must begin with https:// or http://"},
        {{"--server.public_url=gym.example"}, true, "public_url must begin with https:// or http://"},
        {{"--server.public_url=http://gym.example", "--server.tls_cert=c", "--server.tls_key=k"}, true, "would look for ws:// and find wss://"},
        {{"--server.public_url=https://gym.example"}, false, "a proxy must speak TLS for us"},
        {{"--server.public_url=http://gym.example"}, false, "passwords and tokens travel readable"},
        {{"--server.public_url=http://8.8.8.8:80/"}, false, "passwords and tokens travel readable"},
        {{"--server.public_url=http://172.32.0.1"}, false, "passwords and tokens travel readable"},
        {{"--server.listen=0.0.0.0:8000"}, false, "name the others in hosts"},
        {{"--server.listen=[::]:8000"}, false, "name the others in hosts"},
        {{"--server.listen=:8000"}, false, "name the others in hosts"},
        {{"--server.trusted_proxies=10.0.0.1, 0.0.0.0/0"}, false, "trusts everybody"},
        {{"--server.allowed_origins=https://a.example *"}, true, "allowed_origins holds \"*\""},
        {{"--database.url=mysql://x"}, true, "[database] url must be sqlite:PATH or postgres://"},
        {{"--cluster.redis_url=localhost:6379"}, true, "redis_url must be redis://"},
        {{"--cluster.redis_url=redis://h:6379"}, true, "they need one PostgreSQL"},
        {{"--auth.secret=short"}, true, "[auth] secret is shorter than 32 bytes"},
        {{"--auth.foreign_secret=short"}, true, "foreign_secret is shorter than 16 bytes"},
        {{"--auth.foreign_secret=sixteen bytes ok"}, false, "foreign_secret is shorter than 32 bytes"},
        {{"--auth.foreign_secret=sixteen bytes ok"}, false, "any token that this key ever signs gets in"},
        {{"--auth.jwks=http://site.example/keys"}, true, "jwks must be a file or an https address"},
        {{"--auth.jwks=keys.json", "--auth.default_role=owner"}, false, "makes everybody with a foreign token owner"},
        {{"--server.public_url=https://gym.example"}, false, "[auth] url_token is on"},
        {{"--auth.access_ttl=1h", "--auth.refresh_ttl=1h"}, true, "access_ttl must be shorter than refresh_ttl"},
        {{"--auth.issuer="}, true, "may not be empty"},
        {{"--limits.max_message_bytes=128KiB"}, true, "at least four times max_message_bytes"},
        {{"--limits.max_body_bytes=64MiB"}, true, "must not be below max_body_bytes"},
        {{"--limits.login_tries=0", "--server.listen=192.168.1.5:80"}, false, "guessed without end"},
        {{"--checkin.assumed_stay=17h"}, true, "assumed_stay must not be longer than max_stay"},
        {{"--policy.balance_warn=100", "--policy.balance_block=50"}, true, "balance_block must not be below balance_warn"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char joined[8192];
        bool is_fault;
        size_t count = check_flags(ROWS[i].flags, joined, &is_fault);
        assert_true(count > 0);
        assert_contains(joined, ROWS[i].words);
        if (is_fault != ROWS[i].is_fault) fail_msg("%s: a fault? %d", joined, is_fault);
    }
}

static void what_is_right_is_left_in_peace(void **state)
{
    (void)state;
    static const char *const ROWS[][FLAGS_MAX] = {
        {NULL},
        {"--server.listen=localhost:0"},
        {"--server.listen=0.0.0.0:8000", "--server.hosts=gym.local"},
        {"--server.public_url=http://192.168.1.5:8000"},
        {"--server.public_url=http://172.16.0.1"},
        {"--server.public_url=http://172.31.0.1"},
        {"--server.public_url=http://gym.local"},
        {"--server.public_url=http://reception"},
        {"--server.public_url=https://gym.example", "--server.trusted_proxies=10.0.0.1", "--auth.url_token=false"},
        {"--server.public_url=https://gym.example", "--server.tls_cert=c", "--server.tls_key=k", "--auth.url_token=false"},
        {"--cluster.redis_url=redis://h:6379", "--database.url=postgres://h/d"},
        {"--auth.jwks=https://site.example/keys", "--auth.foreign_issuer=site", "--auth.default_role=staff"},
        {"--limits.login_tries=0"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char joined[8192];
        bool is_fault;
        if (check_flags(ROWS[i], joined, &is_fault) != 0) fail_msg("row %zu: %s", i, joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_or_unwise_is_said),
        cmocka_unit_test(what_is_right_is_left_in_peace),
    };
    return cmocka_run_group_tests_name("base/config_check", tests, NULL, NULL);
}
