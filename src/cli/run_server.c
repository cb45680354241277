/* Wires the server together: the one place that knows all the parts. */
#include "api/api.h"
#include "api/assets_load.h"
#include "auth/rate.h"
#include "base/log.h"
#include "cli/auth_port.h"
#include "cli/commands.h"
#include "net/tls.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RATE_KEYS 65536

struct parts {
    struct rules rules;
    struct site site;
    struct assets *assets;
    struct tls *tls;
    struct api api;
    struct rate *messages_by_user, *admissions, *sockets_by_address;
    struct server *server;
};

static struct server_limits limits_of(const struct config *config)
{
    struct server_limits limits = server_limits_default();
    limits.message_bytes_max = (size_t)config->limits.max_message_bytes;
    limits.queue_bytes_max = (size_t)config->limits.max_queue_bytes;
    limits.auth_timeout_ms = config->limits.auth_timeout_ms;
    limits.write_timeout_ms = config->limits.write_timeout_ms;
    limits.close_timeout_ms = config->limits.close_timeout_ms;
    limits.request_timeout_ms = config->limits.request_timeout_ms;
    limits.body_bytes_max = (size_t)config->limits.max_body_bytes;
    limits.upload_bytes_max = (size_t)config->limits.max_upload_bytes;
    if (config->limits.connections_max > 0) limits.connections_max = (size_t)config->limits.connections_max;
    limits.admissions_per_s = config->limits.admission_rate;
    if (config->limits.waiting_commands > 0) limits.asks_max = (size_t)config->limits.waiting_commands;
    limits.in_flight_max = (unsigned)config->limits.commands_in_flight;
    limits.heartbeat_ms = config->live.heartbeat_interval_ms;
    limits.stats_interval_ms = 1000 / (config->live.stats_rate < 1 ? 1 : config->live.stats_rate);
    limits.memory_events = (size_t)config->live.memory_events;
    limits.resume_events_max = config->live.max_resume_events;
    limits.events_keep_ms = config->live.events_keep_ms;
    return limits;
}

static int make_site(const struct config *config, struct site *site, struct err_detail *reterr)
{
    struct str listen = config->server.listen;
    size_t host_len = listen.len;
    while (host_len > 0 && listen.at[host_len - 1] != ':') host_len--;
    struct str host = {listen.at, host_len > 0 ? host_len - 1 : 0};
    bool any = host.len == 0 || str_eq_c(host, "0.0.0.0") || str_eq_c(host, "[::]");
    struct site_options options = {
        .public_url = config->server.public_url,
        .allowed_origins = config->server.allowed_origins,
        .hosts = config->server.hosts,
        .trusted_proxies = config->server.trusted_proxies,
        .listen_host = any ? (struct str){0} : host,
        .any_host = any,
    };
    return site_init(site, &options, reterr);
}

/* The web app: where it was told to be, else beside the program: in the source tree, or installed. */
static int load_app(const struct config *config, struct assets **ret_assets, struct err_detail *reterr)
{
    if (config->server.web_root.len > 0) return assets_load(config->server.web_root.at, ret_assets, reterr);
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0) return 0;
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) return 0;
    *slash = '\0';
    static const char *const PLACES[] = {"../web/dist", "../share/footfall/web"};
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        char folder[PATH_MAX + 64];
        snprintf(folder, sizeof folder, "%s/%s", program, PLACES[i]);
        int rc = assets_load(folder, ret_assets, reterr);
        if (rc != ERR_NOT_FOUND) return rc;
    }
    log_warn("the web app was not found; the API and the socket work without it");
    return 0;
}

static int make_parts(struct home *home, struct parts *parts, struct err_detail *reterr)
{
    const struct config *config = &home->config;
    if (str_starts(config->auth.jwks, STR("https://"))) {
        return fail(
            reterr, ERR_UNSUPPORTED,
            "[auth] jwks: this version reads a key set from a file only; save it as one and name that");
    }
    parts->rules = home_rules(config);
    TRY(make_site(config, &parts->site, reterr));
    TRY(load_app(config, &parts->assets, reterr));
    bool secure = config->server.tls_cert.len > 0;
    if (secure) TRY(tls_create(config->server.tls_cert.at, config->server.tls_key.at, &parts->tls, reterr));
    parts->api = (struct api){.config = config,
                              .keys = home->keys,
                              .assets = parts->assets,
                              .data_dir = home->data_dir};
    struct rate_limit tries = {.count = config->limits.login_tries,
                               .period_ms = config->limits.login_window_ms};
    struct rate_limit tries_of_address = {.count = tries.count * 10,
                                          .period_ms = tries.period_ms}; /* a whole gym behind one address */
    TRY(rate_create(tries, RATE_KEYS, &parts->api.tries_by_email));
    TRY(rate_create(tries_of_address, RATE_KEYS, &parts->api.tries_by_address));
    struct rate_limit messages = {.count = config->limits.messages_per_second_per_user, .period_ms = 1000};
    messages.burst = messages.count * 5;
    TRY(rate_create(messages, RATE_KEYS, &parts->messages_by_user));
    /* What never comes back by itself counts what is open. */
    TRY(rate_create((struct rate_limit){.count = config->limits.connections_per_address, .period_ms = 0},
                    RATE_KEYS, &parts->sockets_by_address));
    TRY(rate_create((struct rate_limit){.count = config->limits.admission_rate, .period_ms = 1000}, 8,
                    &parts->admissions));
    struct server_options options = {
        .messages_by_user = parts->messages_by_user,
        .admissions = parts->admissions,
        .sockets_by_address = parts->sockets_by_address,
        .listen = config->server.listen,
        .loops = (unsigned)config->server.loops,
        .readers = (unsigned)config->server.readers,
        .url_token = config->auth.url_token,
        .compress = config->server.compress,
        .store = home->store,
        .rules = &parts->rules,
        .site = &parts->site,
        .tls = parts->tls,
        .config = config,
        .limits = limits_of(config),
        .router = &API_ROUTER,
        .fallback = app_serve,
        .api = &parts->api,
        .check_token = auth_port_check_token,
        .take_ticket = auth_port_take_ticket,
        .list_revoked = auth_port_list_revoked,
        .auth = home,
    };
    return server_create(&options, &parts->server, reterr);
}

static void free_parts(struct parts *parts)
{
    server_free(parts->server);
    rate_free(parts->messages_by_user);
    rate_free(parts->admissions);
    rate_free(parts->sockets_by_address);
    rate_free(parts->api.tries_by_email);
    rate_free(parts->api.tries_by_address);
    assets_free(parts->assets);
    tls_free(parts->tls);
    site_done(&parts->site);
}

/* SIGTERM and SIGINT are waited for by main alone: the threads inherit the mask. A write to a closed socket, or beyond the file size
 * that is allowed, is an error and no signal. */
static void block_signals(sigset_t *ret_set)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
    sigaddset(ret_set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret_set, NULL);
}

static void url_of(const struct config *config, uint16_t port, char ret_url[512])
{
    struct str listen = config->server.listen;
    size_t host_len = listen.len;
    while (host_len > 0 && listen.at[host_len - 1] != ':') host_len--;
    struct str host = {listen.at, host_len > 0 ? host_len - 1 : 0};
    if (host.len == 0) host = STR("0.0.0.0");
    const char *scheme = config->server.tls_cert.len > 0 ? "https" : "http";
    snprintf(ret_url, 512, "%s://%.*s:%u", scheme, STR_ARG(host), port);
}

/* SIGHUP: a renewed certificate, for connections from now on. */
static void reload_certificate(struct parts *parts)
{
    struct err_detail detail = {0};
    int rc = parts->tls == NULL ? 0 : tls_reload(parts->tls, &detail);
    if (rc < 0) {
        log_error("the certificate could not be read again; the old one stays", F_ERR(rc),
                  F_STR("detail", str_c(detail.text)));
    } else if (parts->tls != NULL) {
        log_info("the certificate was read again");
    }
}

static int serve(struct parts *parts, struct home *home, const sigset_t *signals,
                 void (*on_ready)(const struct home *home, const char *url, void *ctx), void *ctx,
                 struct err_detail *reterr)
{
    uint16_t port;
    int rc = server_start(parts->server, &port, reterr);
    if (rc < 0) {
        server_drain(parts->server);
        return rc;
    }
    char url[512];
    url_of(&home->config, port, url);
    on_ready(home, url, ctx);
    int signal_number;
    while (sigwait(signals, &signal_number) == 0 && signal_number == SIGHUP) reload_certificate(parts);
    log_info("stopping");
    server_drain(parts->server);
    return 0;
}

int run_server(struct home *home, void (*on_ready)(const struct home *home, const char *url, void *ctx),
               void *ctx)
{
    struct err_detail detail = {0};
    struct parts parts = {0};
    sigset_t signals;
    block_signals(
        &signals); /* before the first thread: one without the mask would take the signal, and end us at once */
    if (log_start((enum log_level)home->config.server.log_level, home->config.server.log_json) < 0) {
        detail.code = ERR_NOMEM;
        return say_failed(&detail);
    }
    int rc = make_parts(home, &parts, &detail);
    if (rc == 0) rc = serve(&parts, home, &signals, on_ready, ctx, &detail);
    free_parts(&parts);
    log_stop();
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : CLI_FINE;
}
