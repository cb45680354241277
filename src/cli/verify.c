/* `footfall verify URL`: every message of the protocol against a running server, a line a check. What a new installation runs first. */
#include "cli/commands.h"
#include "cli/wire.h"
#include "base/clock.h"
#include "protocol/json_in.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOCK_SKEW_MS 60000

struct verify {
    struct url url;
    const char *token;
    const char *location;
    bool as_json;
    unsigned passed, failed;
    struct wire *first;  /* asks */
    struct wire *second; /* watches */
    json_t *last;        /* the last message looked for */
    char place[64];      /* the location's slug */
    int64_t member;
    int64_t visit;
    int64_t seq; /* the last event that `second` saw */
    char epoch[64];
    char request_id[64];
    struct err_detail why;
};

typedef int check_run(struct verify *v);

static int wrong(struct verify *v, const char *format, ...) PRINTF_LIKE(2, 3);
static int wrong(struct verify *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(v->why.text, sizeof v->why.text, format, args);
    va_end(args);
    return ERR_PROTOCOL;
}

/* --- Helpers over the wire --- */

static int say(struct verify *v, struct wire *wire, const char *format, ...) PRINTF_LIKE(3, 4);
static int say(struct verify *v, struct wire *wire, const char *format, ...)
{
    char text[16384];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text) return wrong(v, "the token is too long");
    return wire_send(wire, WS_TEXT, (struct str){text, (size_t)len}, &v->why);
}

/* The next message of that type, with that id where one is given; others are passed over. It is v->last. */
static int await(struct verify *v, struct wire *wire, const char *type, const char *id)
{
    int64_t until_ms = clock_mono().ms + WIRE_DEADLINE_MS;
    for (;;) {
        struct ws_message message;
        int rc = wire_next(wire, until_ms - clock_mono().ms, &message, &v->why);
        if (rc == ERR_EXPIRED) return wrong(v, "no %s came within %d s", type, WIRE_DEADLINE_MS / 1000);
        TRY(rc);
        if (message.kind == WS_CLOSE) {
            return wrong(v, "instead of %s came a Close with %u %.*s", type, message.close_code,
                         STR_ARG(message.close_reason));
        }
        if (message.kind != WS_TEXT) continue;
        json_decref(v->last);
        v->last = NULL;
        TRY(json_in(str_span(ws_message_str(&message)), &v->last));
        struct str got = json_in_str(json_object_get(v->last, "type"));
        const char *got_id = json_string_value(json_object_get(v->last, "id"));
        bool same_id = id == NULL || (got_id != NULL && strcmp(id, got_id) == 0);
        if (str_eq_c(got, type) && same_id) return 0;
        if (str_eq_c(got, "error") && id != NULL && same_id) {
            const char *code =
                json_string_value(json_object_get(json_object_get(v->last, "payload"), "code"));
            return wrong(v, "instead of %s came the error %s", type, code == NULL ? "?" : code);
        }
    }
}

static const json_t *payload(const struct verify *v) { return json_object_get(v->last, "payload"); }

static int expect_error(struct verify *v, struct wire *wire, const char *code)
{
    TRY(await(v, wire, "error", NULL));
    const char *got = json_string_value(json_object_get(payload(v), "code"));
    return got != NULL && strcmp(got, code) == 0
               ? 0
               : wrong(v, "expected the error %s, got %s", code, got == NULL ? "none" : got);
}

static int expect_close(struct verify *v, struct wire *wire, unsigned code)
{
    struct ws_message message;
    do {
        TRY(wire_next(wire, WIRE_DEADLINE_MS, &message, &v->why));
    } while (message.kind != WS_CLOSE);
    return message.close_code == code
               ? 0
               : wrong(v, "expected a Close with %u, got %u", code, message.close_code);
}

static int connect_with(struct verify *v, const char *query, const char *headers, struct wire **ret_wire)
{
    return wire_connect(&v->url, query, headers, ret_wire, &v->why);
}

static int request(struct verify *v, const char *method, const char *path, struct wire_answer *answer)
{
    char bearer[WIRE_BEARER_BYTES];
    TRY(wire_bearer(str_c(v->token), bearer, &v->why));
    return wire_request(&v->url, method, path, bearer, (struct str){0}, answer, &v->why);
}

static int request_json(struct verify *v, const char *method, const char *path, json_t **ret_json)
{
    return wire_request_json(&v->url, method, path, str_c(v->token), ret_json, &v->why);
}

/* --- The checks, in order --- */

static int check_health(struct verify *v)
{
    OWNED(json_tree) json_t *health = NULL;
    TRY(request_json(v, "GET", "/healthz", &health));
    const char *status = json_string_value(json_object_get(health, "status"));
    return status != NULL && strcmp(status, "ok") == 0
               ? 0
               : wrong(v, "this is no Footfall server: /healthz does not say ok");
}

static int check_ready(struct verify *v)
{
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(request(v, "GET", "/readyz", &answer));
    return answer.status == 200
               ? 0
               : wrong(
                     v,
                     "the server cannot take check-ins now (%d): look at its log, its disk and its database",
                     answer.status);
}

static int month_of(struct str name)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++) {
        if (name.len == 3 && memcmp(MONTHS + month * 3, name.at, 3) == 0) return month + 1;
    }
    return 0;
}

static int check_clock(struct verify *v)
{
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(request(v, "GET", "/healthz", &answer));
    /* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 5.6.7) */
    struct str date = wire_header(&answer, "Date");
    if (date.len != 29) return wrong(v, "the server tells no time");
    char moment[64];
    snprintf(moment, sizeof moment, "%.4s-%02d-%.2sT%.8sZ", date.at + 12,
             month_of((struct str){date.at + 8, 3}), date.at + 5, date.at + 17);
    struct wall_ms there;
    if (wall_parse(str_c(moment), &there) < 0) return wrong(v, "the server tells no time");
    int64_t skew_ms = there.ms - clock_wall().ms;
    if (skew_ms < CLOCK_SKEW_MS && skew_ms > -CLOCK_SKEW_MS) return 0;
    return wrong(
        v,
        "the clocks of this machine and the server differ by %lld s: tokens will seem expired; set both by NTP",
        (long long)(skew_ms / 1000));
}

static int check_token(struct verify *v)
{
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(request(v, "GET", "/api/v1/me", &answer));
    if (answer.status == 200) return 0;
    if (answer.status != 401) return wrong(v, "/api/v1/me was answered with %d", answer.status);
    return wrong(
        v,
        "the server does not take this token: it is expired, or minted with another key; mint one with `footfall token` there");
}

static int check_csp(struct verify *v)
{
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(wire_request(&v->url, "GET", "/", "", (struct str){0}, &answer, &v->why));
    if (answer.status != 200) {
        return wrong(v, "the web app is not there (GET / gives %d): build it, or set [server] web_root",
                     answer.status);
    }
    struct str policy = wire_header(&answer, "Content-Security-Policy");
    char wanted[400], text[2048];
    snprintf(wanted, sizeof wanted, "%s://%s", v->url.is_https ? "wss" : "ws", v->url.authority);
    snprintf(text, sizeof text, "%.*s", STR_ARG(policy));
    const char *directive = strstr(text, "connect-src");
    if (directive == NULL || strstr(directive, wanted) == NULL) {
        return wrong(
            v,
            "the page's CSP would block its own socket: connect-src lacks %s; set [server] public_url or trusted_proxies",
            wanted);
    }
    return strstr(text, "unsafe-inline") == NULL ? 0 : wrong(v, "the page's CSP allows unsafe-inline");
}

static int check_upgrade(struct verify *v) { return connect_with(v, "", "", &v->first); }

static int check_authenticate(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"authenticate\",\"id\":\"a1\",\"payload\":{\"token\":\"%s\"}}",
            v->token));
    TRY(await(v, v->first, "authentication_success", "a1"));
    const char *epoch = json_string_value(json_object_get(payload(v), "epoch"));
    if (epoch == NULL) return wrong(v, "authentication_success has no epoch");
    snprintf(v->epoch, sizeof v->epoch, "%s", epoch);
    const json_t *locations = json_object_get(payload(v), "locations");
    const char *first = json_string_value(json_array_get(locations, 0));
    if (v->location == NULL && first == NULL) {
        return wrong(v, "this token allows no location; mint one with --loc '*'");
    }
    snprintf(v->place, sizeof v->place, "%s", v->location != NULL ? v->location : first);
    return 0;
}

static int check_initial_stats(struct verify *v)
{
    TRY(await(v, v->first, "initial_stats", NULL));
    return json_array_size(json_object_get(payload(v), "locations")) > 0
               ? 0
               : wrong(v, "initial_stats has no location");
}

static int check_url_token(struct verify *v)
{
    char query[9000];
    snprintf(query, sizeof query, "?token=%s", v->token);
    TRY(connect_with(v, query, "", &v->second));
    TRY(await(v, v->second, "authentication_success", NULL));
    return await(v, v->second, "initial_stats", NULL);
}

static int check_header_token(struct verify *v)
{
    char bearer[WIRE_BEARER_BYTES];
    OWNED(wire) struct wire *wire = NULL;
    TRY(wire_bearer(str_c(v->token), bearer, &v->why));
    TRY(connect_with(v, "", bearer, &wire));
    return await(v, wire, "authentication_success", NULL);
}

static int check_ticket(struct verify *v)
{
    OWNED(json_tree) json_t *answer = NULL;
    TRY(request_json(v, "POST", "/api/v1/auth/ticket", &answer));
    const char *ticket = json_string_value(json_object_get(answer, "ticket"));
    if (ticket == NULL) return wrong(v, "no ticket was given");
    char query[256];
    snprintf(query, sizeof query, "?ticket=%s", ticket);
    OWNED(wire) struct wire *wire = NULL;
    TRY(connect_with(v, query, "", &wire));
    TRY(await(v, wire, "authentication_success", NULL));
    OWNED(wire) struct wire *again = NULL;
    TRY(connect_with(v, query, "", &again));
    TRY(expect_error(v, again, "unauthenticated"));
    return expect_close(v, again, 4401);
}

static int check_bad_token(struct verify *v)
{
    OWNED(wire) struct wire *wire = NULL;
    TRY(connect_with(v, "?token=no.such.token", "", &wire));
    TRY(expect_error(v, wire, "unauthenticated"));
    return expect_close(v, wire, 4401);
}

static int check_origin(struct verify *v)
{
    OWNED(wire) struct wire *wire = NULL;
    TRY(wire_open(&v->url, &wire, &v->why));
    OWNED(wire_answer) struct wire_answer answer = {0};
    int rc = wire_upgrade(wire, &v->url, "", "Origin: https://evil.example\r\n", &answer, &v->why);
    if (answer.status == 403) return 0;
    return rc == 0 ? wrong(v, "a page of a foreign origin could open a socket") : rc;
}

static int check_heartbeat(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"heartbeat\",\"id\":\"h1\",\"payload\":{\"n\":7}}"));
    TRY(await(v, v->first, "heartbeat_ack", "h1"));
    const json_t *echo = json_object_get(payload(v), "echo");
    return json_integer_value(json_object_get(echo, "n")) == 7 ? 0 : wrong(v, "heartbeat_ack does not echo");
}

static int check_ping(struct verify *v)
{
    TRY(wire_send(v->first, WS_PING, STR("ping"), &v->why));
    struct ws_message message;
    do {
        TRY(wire_next(v->first, WIRE_DEADLINE_MS, &message, &v->why));
    } while (message.kind != WS_PONG);
    return message.payload.len == 4 && memcmp(message.payload.at, "ping", 4) == 0
               ? 0
               : wrong(v, "a pong with other content came");
}

static int check_get_stats(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"get_stats\",\"id\":\"s1\",\"payload\":{\"location\":\"%s\"}}",
            v->place));
    TRY(await(v, v->first, "stats", "s1"));
    return json_is_integer(json_object_get(payload(v), "check_ins_today")) ? 0
                                                                           : wrong(v, "stats has no figures");
}

static int check_errors(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":"));
    TRY(expect_error(v, v->first, "bad_json"));
    TRY(say(v, v->first, "{\"type\":\"dance\"}"));
    TRY(expect_error(v, v->first, "unknown_type"));
    TRY(say(v, v->first, "{\"type\":\"check_in\",\"payload\":{\"member_id\":1.5}}"));
    return expect_error(v, v->first, "bad_message");
}

static int check_unknown_member(struct verify *v)
{
    TRY(say(
        v, v->first,
        "{\"type\":\"check_in\",\"id\":\"%s-u\",\"payload\":{\"code\":\"verify-nobody-0000\",\"location\":\"%s\"}}",
        v->request_id, v->place));
    return expect_error(v, v->first, "member_not_found");
}

/* Somebody who may come in and is not inside. */
static int find_member(struct verify *v)
{
    OWNED(json_tree) json_t *page = NULL;
    TRY(request_json(v, "GET", "/api/v1/members?limit=200", &page));
    const json_t *items = json_object_get(page, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *member = json_array_get(items, i);
        const char *status = json_string_value(json_object_get(member, "status"));
        bool inside = json_is_object(json_object_get(member, "open_visit"));
        if (status == NULL || strcmp(status, "active") != 0 || inside) continue;
        v->member = json_integer_value(json_object_get(member, "id"));
        return 0;
    }
    return wrong(v, "there is no active member who is not inside; add one with `footfall member add`");
}

static int check_check_in(struct verify *v)
{
    TRY(find_member(v));
    TRY(say(
        v, v->first,
        "{\"type\":\"check_in\",\"id\":\"%s\",\"payload\":{\"member_id\":%lld,\"location\":\"%s\",\"override\":{\"reason\":\"footfall verify\"}}}",
        v->request_id, (long long)v->member, v->place));
    TRY(await(v, v->first, "check_in_success", v->request_id));
    v->visit = json_integer_value(json_object_get(payload(v), "visit_id"));
    return v->visit > 0 ? 0 : wrong(v, "check_in_success has no visit_id");
}

static int check_broadcast(struct verify *v)
{
    int64_t visit;
    do {
        TRY(await(v, v->second, "member_checked_in", NULL));
        visit = json_integer_value(json_object_get(payload(v), "visit_id"));
    } while (visit != v->visit);
    v->seq = json_integer_value(json_object_get(payload(v), "seq"));
    return 0;
}

static int check_stats_update(struct verify *v)
{
    int64_t as_of;
    const char *place;
    do {
        TRY(await(v, v->second, "stats_update", NULL));
        as_of = json_integer_value(json_object_get(payload(v), "as_of_seq"));
        place = json_string_value(json_object_get(payload(v), "location"));
    } while (place == NULL || strcmp(place, v->place) != 0 || as_of < v->seq);
    return 0;
}

static int check_same_request(struct verify *v)
{
    TRY(say(
        v, v->first,
        "{\"type\":\"check_in\",\"id\":\"%s\",\"payload\":{\"member_id\":%lld,\"location\":\"%s\",\"override\":{\"reason\":\"footfall verify\"}}}",
        v->request_id, (long long)v->member, v->place));
    TRY(await(v, v->first, "check_in_success", v->request_id));
    bool replayed = json_is_true(json_object_get(payload(v), "replayed"));
    bool same = json_integer_value(json_object_get(payload(v), "visit_id")) == v->visit;
    return replayed && same ? 0 : wrong(v, "the same request was carried out twice");
}

static int check_id_reused(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"check_out\",\"id\":\"%s\",\"payload\":{\"member_id\":%lld}}",
            v->request_id, (long long)v->member));
    return expect_error(v, v->first, "id_reused");
}

static int check_check_out(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"check_out\",\"id\":\"%s-o\",\"payload\":{\"member_id\":%lld}}",
            v->request_id, (long long)v->member));
    char id[80];
    snprintf(id, sizeof id, "%s-o", v->request_id);
    TRY(await(v, v->first, "check_out_success", id));
    do {
        TRY(await(v, v->second, "member_checked_out", NULL));
    } while (json_integer_value(json_object_get(payload(v), "visit_id")) != v->visit);
    return 0;
}

/* Comes back with the seq of the check-in: the check-out and all after it must follow, the first of them the very next. */
static int check_resume(struct verify *v)
{
    OWNED(wire) struct wire *wire = NULL;
    TRY(connect_with(v, "", "", &wire));
    TRY(say(
        v, wire,
        "{\"type\":\"authenticate\",\"id\":\"r1\",\"payload\":{\"token\":\"%s\",\"locations\":[\"%s\"],\"resume\":{\"epoch\":\"%s\",\"after\":{\"%s\":%lld}}}}",
        v->token, v->place, v->epoch, v->place, (long long)v->seq));
    TRY(await(v, wire, "authentication_success", "r1"));
    if (!json_is_true(json_object_get(payload(v), "recovered"))) {
        return wrong(v, "the missed events could not be given");
    }
    int64_t seq;
    do {
        struct ws_message message;
        TRY(wire_next(wire, WIRE_DEADLINE_MS, &message, &v->why));
        if (message.kind != WS_TEXT) continue;
        json_decref(v->last);
        v->last = NULL;
        TRY(json_in(str_span(ws_message_str(&message)), &v->last));
        seq = json_integer_value(json_object_get(payload(v), "seq"));
        if (seq == 0) continue;
        return seq == v->seq + 1 ? 0
                                 : wrong(v, "after event %lld came %lld", (long long)v->seq, (long long)seq);
    } while (true);
}

static int check_undo(struct verify *v)
{
    char path[64];
    snprintf(path, sizeof path, "/api/v1/visits/%lld", (long long)v->visit);
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(request(v, "DELETE", path, &answer));
    if (answer.status != 204) return wrong(v, "DELETE %s was answered with %d", path, answer.status);
    do {
        TRY(await(v, v->second, "visit_corrected", NULL));
    } while (json_integer_value(json_object_get(payload(v), "visit_id")) != v->visit);
    return 0;
}

static int check_subscriptions(struct verify *v)
{
    TRY(say(v, v->first, "{\"type\":\"unsubscribe\",\"id\":\"n1\",\"payload\":{\"locations\":\"*\"}}"));
    TRY(await(v, v->first, "unsubscribed", "n1"));
    TRY(say(v, v->first, "{\"type\":\"subscribe\",\"id\":\"n2\",\"payload\":{\"locations\":[\"%s\"]}}",
            v->place));
    TRY(await(v, v->first, "subscribed", "n2"));
    return json_is_integer(json_object_get(json_object_get(payload(v), "heads"), v->place))
               ? 0
               : wrong(v, "subscribed tells no head");
}

static int check_binary(struct verify *v)
{
    OWNED(wire) struct wire *wire = NULL;
    TRY(connect_with(v, "", "", &wire));
    TRY(wire_send(wire, WS_BINARY, STR("\x01"), &v->why));
    return expect_close(v, wire, 1003);
}

static int check_close(struct verify *v)
{
    TRY(wire_send(v->first, WS_CLOSE, STR("\x03\xe8"), &v->why));
    return expect_close(v, v->first, 1000);
}

static const struct {
    const char *what;
    check_run *run;
    bool ends_it; /* nothing after it makes sense where it fails */
} CHECKS[] = {
    {"the server answers", check_health, true},
    {"it can take check-ins", check_ready, false},
    {"the clocks agree", check_clock, false},
    {"the token is taken", check_token, true},
    {"the web app may open its socket (CSP)", check_csp, false},
    {"a WebSocket can be opened", check_upgrade, true},
    {"authenticate by first message", check_authenticate, true},
    {"initial_stats", check_initial_stats, false},
    {"sign-in by ?token=", check_url_token, true},
    {"sign-in by Authorization header", check_header_token, false},
    {"sign-in by one-time ticket, once", check_ticket, false},
    {"a bad token is told and closed with 4401", check_bad_token, false},
    {"a foreign page is kept out", check_origin, false},
    {"heartbeat and its echo", check_heartbeat, false},
    {"ping and pong", check_ping, false},
    {"get_stats", check_get_stats, false},
    {"errors have their codes", check_errors, false},
    {"an unknown card is refused", check_unknown_member, false},
    {"check_in", check_check_in, true},
    {"the other screen sees it", check_broadcast, false},
    {"stats_update follows", check_stats_update, false},
    {"the same request is carried out once", check_same_request, false},
    {"a used request id is refused for something else", check_id_reused, false},
    {"check_out, and the other screen sees it", check_check_out, false},
    {"resume gives what was missed", check_resume, false},
    {"undo leaves no trace in the figures", check_undo, false},
    {"unsubscribe and subscribe", check_subscriptions, false},
    {"binary is refused with 1003", check_binary, false},
    {"close handshake", check_close, false},
};

static void report(struct verify *v, const char *what, int rc, int64_t took_ms, json_t *list)
{
    if (rc == 0) v->passed++;
    else v->failed++;
    if (v->as_json) {
        json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:s?}", "check", what, "passed", rc == 0, "ms",
                                              (json_int_t)took_ms, "why", rc == 0 ? NULL : v->why.text));
        return;
    }
    printf("%s  %-50s %5lld ms\n", rc == 0 ? "pass" : "FAIL", what, (long long)took_ms);
    if (rc != 0) printf("      %s\n", v->why.text);
    fflush(stdout);
}

static void run_checks(struct verify *v, json_t *list)
{
    for (size_t i = 0; i < COUNT_OF(CHECKS); i++) {
        v->why = (struct err_detail){0};
        int64_t began_ms = clock_mono().ms;
        int rc = CHECKS[i].run(v);
        if (rc < 0 && v->why.text[0] == '\0') snprintf(v->why.text, sizeof v->why.text, "%s", err_word(rc));
        report(v, CHECKS[i].what, rc, clock_mono().ms - began_ms, list);
        if (rc < 0 && CHECKS[i].ends_it) break;
    }
}

int verify_command(int argc, char **argv)
{
    struct verify v = {0};
    const struct arg flags[] = {
        {.name = "token",
         .value_name = "JWT",
         .value = &v.token,
         .help = "a token of staff or above (mint one with `footfall token`)"},
        {.name = "location",
         .value_name = "SLUG",
         .value = &v.location,
         .help = "where to check in; default the token's first"},
        {.name = "json", .set = &v.as_json, .help = "one JSON object instead of lines"},
    };
    struct args args = {
        .words_max = 1,
        .usage = "footfall verify URL --token JWT [--location SLUG] [--json]",
        .about =
            "Goes through every message of the protocol against a running server. Checks one member in and out, and takes the visit back.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
    };
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give the server's URL");
    if (v.token == NULL) return args_wrong(&args, "verify needs --token");
    if (url_parse(args.words[0], &v.url, &v.why) < 0) return args_wrong(&args, "%s", v.why.text);
    snprintf(v.request_id, sizeof v.request_id, "verify-%lld", (long long)clock_wall().ms);
    OWNED(json_tree) json_t *list = json_array();
    run_checks(&v, list);
    if (v.as_json) {
        OWNED(json_tree)
        json_t *all =
            json_pack("{s:i, s:i, s:O}", "passed", (int)v.passed, "failed", (int)v.failed, "checks", list);
        OWNED(mem) char *text = json_dumps(all, JSON_INDENT(2));
        printf("%s\n", text == NULL ? "{}" : text);
    } else {
        printf("%u passed", v.passed);
        if (v.failed > 0) printf(", %u FAILED", v.failed);
        printf("\n");
    }
    wire_close(v.first);
    wire_close(v.second);
    json_decref(v.last);
    return v.failed == 0 ? CLI_FINE : CLI_FAILED;
}
