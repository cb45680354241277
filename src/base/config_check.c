/* What a key alone cannot tell: settings that contradict each other (faults), and settings that are allowed but unwise (advice).
 * Each rule is a line of condition and sentence in the function of its section. */
#include "base/config.h"

#include <stdio.h>

struct report {
    struct config_advice *at;
    size_t count;
};

static PRINTF_LIKE(3, 4) void say(struct report *report, bool is_fault, const char *format, ...)
{
    if (report->count == CONFIG_ADVICE_MAX) return;
    struct config_advice *advice = &report->at[report->count++];
    advice->is_fault = is_fault;
    va_list args;
    va_start(args, format);
    if (vsnprintf(advice->text, sizeof advice->text, format, args) < 0) advice->text[0] = '\0';
    va_end(args);
}
#define fault(report, ...) say(report, true, __VA_ARGS__)
#define advise(report, ...) say(report, false, __VA_ARGS__)

static bool is_set(struct str text) { return text.len > 0; }
static bool secret_is_set(const struct config_secret *secret)
{
    return secret->value.len > 0 || secret->file.len > 0;
}
static bool is_https(struct str url) { return str_starts(url, STR("https://")); }
static bool is_http(struct str url) { return str_starts(url, STR("http://")); }

/* The host of HOST:PORT or of scheme://host:port. */
static struct str host_of(struct str text)
{
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (memcmp(text.at + i, "://", 3) != 0) continue;
        text = (struct str){text.at + i + 3, text.len - i - 3};
        break;
    }
    size_t len = 0;
    bool bracket = text.len > 0 && text.at[0] == '[';
    while (len < text.len && text.at[len] != '/' && (bracket || text.at[len] != ':')) {
        if (text.at[len] == ']') bracket = false;
        len++;
    }
    return (struct str){text.at, len};
}

static bool is_loopback(struct str host)
{
    return str_eq_nocase_ascii(host, STR("localhost")) || str_starts(host, STR("127.")) ||
           str_eq_c(host, "[::1]");
}

static bool is_all_addresses(struct str host)
{
    return host.len == 0 || str_eq_c(host, "0.0.0.0") || str_eq_c(host, "[::]");
}

/* 172.16.0.0/12 (RFC 1918) */
static bool is_172_private(struct str host)
{
    return host.len > 6 && str_starts(host, STR("172.")) && host.at[6] == '.' &&
           memcmp(host.at + 4, "16", 2) >= 0 && memcmp(host.at + 4, "31", 2) <= 0;
}

/* A name with a dot, or an address that is not one of a private network: others may come from anywhere. */
static bool is_public(struct str host)
{
    if (is_loopback(host) || host.len == 0 || memchr(host.at, '.', host.len) == NULL) return false;
    const struct str local = STR(".local");
    if (host.len > local.len &&
        str_eq_nocase_ascii((struct str){host.at + host.len - local.len, local.len}, local)) {
        return false;
    }
    return !str_starts(host, STR("10.")) && !str_starts(host, STR("192.168.")) && !is_172_private(host);
}

static void check_server(const struct config *config, struct report *report)
{
    const __typeof__(config->server) *server = &config->server;
    struct str host = host_of(server->listen);
    bool tls = is_set(server->tls_cert);
    if (tls && !is_set(server->tls_key)) {
        fault(report, "[server] tls_cert is set without tls_key; set both or neither");
    }
    if (!tls && is_set(server->tls_key)) {
        fault(report, "[server] tls_key is set without tls_cert; set both or neither");
    }
    if (is_set(server->public_url) && !is_https(server->public_url) && !is_http(server->public_url)) {
        fault(
            report,
            "[server] public_url must begin with https:// or http:// (a page's wss:// follows from https by itself)");
    }
    if (tls && is_http(server->public_url)) {
        fault(
            report,
            "[server] public_url is http, but tls_cert makes this server speak https: pages would look for ws:// and find wss://");
    }
    if (is_https(server->public_url) && !tls && !is_set(server->trusted_proxies)) {
        advise(
            report,
            "[server] public_url is https without tls_cert: a proxy must speak TLS for us; name it in trusted_proxies, "
            "else every client has the proxy's address");
    }
    if (is_http(server->public_url) && is_public(host_of(server->public_url))) {
        advise(
            report,
            "[server] public_url is plain http on a public name: passwords and tokens travel readable; use https");
    }
    if (is_all_addresses(host) && !is_set(server->hosts) && !is_set(server->public_url)) {
        advise(
            report,
            "[server] listen is all addresses without hosts or public_url: only this machine's own names and addresses are "
            "answered; name the others in hosts");
    }
    struct str rest = server->trusted_proxies, word;
    while (config_list_next(&rest, &word)) {
        if (str_eq_c(word, "0.0.0.0/0") || str_eq_c(word, "::/0")) {
            advise(
                report,
                "[server] trusted_proxies trusts everybody: any client may claim any address and escape its limits");
        }
    }
    rest = server->allowed_origins;
    while (config_list_next(&rest, &word)) {
        if (!is_https(word) && !is_http(word)) {
            fault(
                report,
                "[server] allowed_origins holds \"%.*s\"; an origin is like https://www.gym.example, and * is none",
                word.len > 60 ? 60 : (int)word.len, word.at);
        }
    }
}

static void check_stores(const struct config *config, struct report *report)
{
    struct str url = config_text(&config->database.url);
    bool postgres = str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"));
    if (!postgres && !str_starts(url, STR("sqlite:"))) {
        fault(report, "[database] url must be sqlite:PATH or postgres://…");
    }
    struct str redis = config_text(&config->cluster.redis_url);
    if (redis.len > 0 && !str_starts(redis, STR("redis://")) && !str_starts(redis, STR("rediss://"))) {
        fault(report, "[cluster] redis_url must be redis://HOST:PORT or rediss://HOST:PORT");
    }
    if (redis.len > 0 && !postgres) {
        fault(
            report,
            "[cluster] redis_url is for several nodes, and they need one PostgreSQL; [database] url is SQLite");
    }
    if (config->database.url.world_readable) {
        advise(report, "[database] url_file can be read by everybody: chmod 600");
    }
    if (config->cluster.redis_url.world_readable) {
        advise(report, "[cluster] redis_url_file can be read by everybody: chmod 600");
    }
}

static void check_auth(const struct config *config, struct report *report)
{
    const __typeof__(config->auth) *auth = &config->auth;
    bool foreign =
        secret_is_set(&auth->foreign_secret) || is_set(auth->foreign_key_file) || is_set(auth->jwks);
    size_t secret_bytes = auth->secret.value.len, foreign_bytes = auth->foreign_secret.value.len;
    if (secret_bytes > 0 && secret_bytes < 32) {
        fault(report, "[auth] secret is shorter than 32 bytes; `footfall init` makes a good one");
    }
    if (foreign_bytes > 0 && foreign_bytes < 16) {
        fault(report, "[auth] foreign_secret is shorter than 16 bytes: it can be guessed");
    } else if (foreign_bytes > 0 && foreign_bytes < 32) {
        advise(report, "[auth] foreign_secret is shorter than 32 bytes (RFC 7518 3.2): use a longer one");
    }
    if (auth->secret.world_readable) {
        advise(report,
               "[auth] secret_file can be read by everybody, who could then sign in as anybody: chmod 600");
    }
    if (auth->foreign_secret.world_readable) {
        advise(report, "[auth] foreign_secret_file can be read by everybody: chmod 600");
    }
    if (str_starts(auth->jwks, STR("http://"))) {
        fault(
            report,
            "[auth] jwks must be a file or an https address: over http anybody on the way could change the keys");
    }
    if (auth->url_token && is_https(config->server.public_url) &&
        is_public(host_of(config->server.public_url))) {
        advise(
            report,
            "[auth] url_token is on: a token in an address may stay in proxies' logs; unless old clients need it, set it to false");
    }
    if (foreign && !is_set(auth->foreign_issuer) && !is_set(auth->foreign_audience)) {
        advise(
            report,
            "[auth] neither foreign_issuer nor foreign_audience is set: any token that this key ever signs gets in");
    }
    if (foreign && (str_eq_c(auth->default_role, "owner") || str_eq_c(auth->default_role, "manager"))) {
        advise(report, "[auth] default_role makes everybody with a foreign token %.*s",
               STR_ARG(auth->default_role));
    }
    if (auth->access_ttl_ms >= auth->refresh_ttl_ms) {
        fault(report, "[auth] access_ttl must be shorter than refresh_ttl");
    }
    if (!is_set(auth->issuer) || !is_set(auth->audience)) {
        fault(report, "[auth] issuer and audience of our own tokens may not be empty");
    }
}

static void check_limits(const struct config *config, struct report *report)
{
    const __typeof__(config->limits) *limits = &config->limits;
    if (limits->max_queue_bytes < 4 * limits->max_message_bytes) {
        fault(report, "[limits] max_queue_bytes must be at least four times max_message_bytes");
    }
    if (limits->max_upload_bytes < limits->max_body_bytes) {
        fault(report, "[limits] max_upload_bytes must not be below max_body_bytes");
    }
    if (limits->login_tries == 0 && !is_loopback(host_of(config->server.listen))) {
        advise(report, "[limits] login_tries is 0: passwords may be guessed without end");
    }
    if (config->checkin.assumed_stay_ms > config->checkin.max_stay_ms) {
        fault(report, "[checkin] assumed_stay must not be longer than max_stay");
    }
    int64_t block = config->policy.balance_block;
    if (block >= 0 && block < config->policy.balance_warn) {
        fault(report, "[policy] balance_block must not be below balance_warn");
    }
}

size_t config_check(const struct config *config, struct config_advice ret_advice[CONFIG_ADVICE_MAX])
{
    struct report report = {.at = ret_advice};
    check_server(config, &report);
    check_stores(config, &report);
    check_auth(config, &report);
    check_limits(config, &report);
    return report.count;
}
