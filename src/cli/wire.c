#include "cli/wire.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/secret.h"
#include "ws/handshake.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    int fd;
    SSL_CTX *tls_context;
    SSL *tls;
    struct ws_decoder decoder;
    struct buf unread; /* bytes from the peer that were not looked at yet */
    size_t used_bytes; /* of unread: the decoder has taken them */
};

int url_parse(const char *text, struct url *url, struct err_detail *reterr)
{
    static const struct {
        const char *prefix;
        bool is_https;
    } SCHEMES[] = {{"http://", false}, {"https://", true}, {"ws://", false}, {"wss://", true}};
    *url = (struct url){0};
    const char *rest = NULL;
    for (size_t i = 0; i < COUNT_OF(SCHEMES) && rest == NULL; i++) {
        if (strncmp(text, SCHEMES[i].prefix, strlen(SCHEMES[i].prefix)) != 0) continue;
        rest = text + strlen(SCHEMES[i].prefix);
        url->is_https = SCHEMES[i].is_https;
    }
    if (rest == NULL) {
        return fail(reterr, ERR_SYNTAX, "\"%s\" is no URL: it begins with http:// or https://", text);
    }
    size_t len = strcspn(rest, "/?#");
    bool path = rest[len] != '\0' && strcmp(rest + len, "/") != 0;
    if (path) {
        return fail(reterr, ERR_SYNTAX, "give the server's URL without a path: %.*s",
                    (int)(rest - text + (int)len), text);
    }
    if (len == 0 || len >= sizeof url->authority) {
        return fail(reterr, ERR_SYNTAX, "\"%s\" names no host", text);
    }
    memcpy(url->authority, rest, len);
    const char *host = url->authority;
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(end != NULL ? end : host, ':');
    size_t host_len = end != NULL ? (size_t)(end - host - 1) : colon != NULL ? (size_t)(colon - host) : len;
    if (host_len == 0 || host_len >= sizeof url->host) {
        return fail(reterr, ERR_SYNTAX, "\"%s\" names no host", text);
    }
    memcpy(url->host, end != NULL ? host + 1 : host, host_len);
    int64_t port = url->is_https ? 443 : 80;
    if (colon != NULL && num_i64(str_c(colon + 1), 1, 65535, &port) < 0) {
        return fail(reterr, ERR_SYNTAX, "\"%s\" has no good port: 1 to 65535", text);
    }
    snprintf(url->port, sizeof url->port, "%d", (int)port);
    return 0;
}

/* --- The connection --- */

static int connect_any(const struct url *url, struct err_detail *reterr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    int rc = getaddrinfo(url->host, url->port, &hints, &all);
    if (rc != 0) {
        return fail(reterr, ERR_NOT_FOUND, "the name %s cannot be found: %s", url->host, gai_strerror(rc));
    }
    int fd = -1, why = 0;
    for (const struct addrinfo *one = all; one != NULL && fd < 0; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        struct timeval limit = {.tv_sec = WIRE_DEADLINE_MS / 1000};
        if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) == 0) break;
        why = errno;
        if (fd >= 0) close(fd);
        fd = -1;
    }
    freeaddrinfo(all);
    if (fd >= 0) return fd;
    return fail(reterr, ERR_IO,
                "nothing answers at %s port %s: %s; is the server running, and is this its address?",
                url->host, url->port, strerror(why));
}

static int start_tls(struct wire *wire, const struct url *url, struct err_detail *reterr)
{
    wire->tls_context = SSL_CTX_new(TLS_client_method());
    if (wire->tls_context == NULL) return fail(reterr, ERR_NOMEM, "TLS cannot be set up");
    SSL_CTX_set_min_proto_version(wire->tls_context, TLS1_2_VERSION);
    SSL_CTX_set_default_verify_paths(wire->tls_context);
    SSL_CTX_set_verify(wire->tls_context, SSL_VERIFY_PEER, NULL);
    wire->tls = SSL_new(wire->tls_context);
    if (wire->tls == NULL || SSL_set_fd(wire->tls, wire->fd) != 1) {
        return fail(reterr, ERR_NOMEM, "TLS cannot be set up");
    }
    SSL_set_tlsext_host_name(wire->tls, url->host);
    SSL_set1_host(wire->tls, url->host);
    if (SSL_connect(wire->tls) == 1) return 0;
    long verdict = SSL_get_verify_result(wire->tls);
    if (verdict != X509_V_OK) {
        return fail(reterr, ERR_UNAUTHENTICATED,
                    "the certificate of %s is not good: %s; set SSL_CERT_FILE for one of your own", url->host,
                    X509_verify_cert_error_string(verdict));
    }
    return fail(reterr, ERR_PROTOCOL,
                "%s port %s does not speak TLS: use http:// (and ws://) here, or put TLS in front of it",
                url->host, url->port);
}

int wire_open(const struct url *url, struct wire **ret_wire, struct err_detail *reterr)
{
    OWNED(wire) struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    wire->unread = buf_of(WIRE_BYTES_MAX);
    wire->fd = connect_any(url, reterr);
    TRY(wire->fd);
    ws_decoder_init(&wire->decoder, WIRE_BYTES_MAX, WS_CLIENT, NULL);
    if (url->is_https) TRY(start_tls(wire, url, reterr));
    *ret_wire = take(wire);
    return 0;
}

void wire_close(struct wire *wire)
{
    if (wire == NULL) return;
    SSL_free(wire->tls);
    SSL_CTX_free(wire->tls_context);
    ws_decoder_done(&wire->decoder);
    buf_done(&wire->unread);
    if (wire->fd >= 0) close(wire->fd);
    free(wire);
}

static int write_all(struct wire *wire, struct span bytes, struct err_detail *reterr)
{
    while (bytes.len > 0) {
        int part = bytes.len > 65536 ? 65536 : (int)bytes.len;
        ssize_t written = wire->tls != NULL ? SSL_write(wire->tls, bytes.at, part)
                                            : send(wire->fd, bytes.at, (size_t)part, MSG_NOSIGNAL);
        if (written <= 0) return fail(reterr, ERR_CLOSED, "the connection was cut while sending");
        bytes.at += written;
        bytes.len -= (size_t)written;
    }
    return 0;
}

/* 1: more bytes are in unread. 0: the peer has ended. ERR_EXPIRED: nothing came in time. */
static int read_more(struct wire *wire, int64_t wait_ms, struct err_detail *reterr)
{
    if (wire->tls == NULL || SSL_pending(wire->tls) == 0) {
        struct pollfd ready = {.fd = wire->fd, .events = POLLIN};
        if (poll(&ready, 1, (int)wait_ms) == 0) {
            return fail(reterr, ERR_EXPIRED, "no answer came within %lld ms", (long long)wait_ms);
        }
    }
    TRY(buf_reserve(&wire->unread, 16384));
    uint8_t *at = wire->unread.at + wire->unread.len;
    ssize_t got = wire->tls != NULL ? SSL_read(wire->tls, at, 16384) : recv(wire->fd, at, 16384, 0);
    if (got <= 0) return 0;
    wire->unread.len += (size_t)got;
    return 1;
}

/* --- HTTP --- */

void wire_answer_done(struct wire_answer *answer)
{
    buf_done(&answer->head);
    buf_done(&answer->body);
}

struct str wire_header(const struct wire_answer *answer, const char *name)
{
    struct str rest = buf_str(&answer->head);
    while (rest.len > 0) {
        const char *end = memchr(rest.at, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.at) + 1;
        const char *colon = memchr(rest.at, ':', len);
        if (colon != NULL &&
            str_eq_nocase_ascii((struct str){rest.at, (size_t)(colon - rest.at)}, str_c(name))) {
            return str_trim((struct str){colon + 1, len - (size_t)(colon + 1 - rest.at)});
        }
        rest.at += len;
        rest.len -= len;
    }
    return (struct str){0};
}

/* The head of the answer, out of unread. */
static int read_head(struct wire *wire, const struct url *url, struct wire_answer *answer,
                     struct err_detail *reterr)
{
    const uint8_t *end = NULL;
    while (wire->unread.len == 0 ||
           (end = memmem(wire->unread.at, wire->unread.len, "\r\n\r\n", 4)) == NULL) {
        int rc = read_more(wire, WIRE_DEADLINE_MS, reterr);
        TRY(rc);
        if (rc == 1) continue;
        if (url->is_https || wire->unread.len > 0) {
            return fail(reterr, ERR_CLOSED, "the connection was cut before an answer came");
        }
        return fail(
            reterr, ERR_CLOSED,
            "%s port %s closed the connection without an answer: if it speaks TLS, use https:// (and wss://)",
            url->host, url->port);
    }
    size_t len = (size_t)(end - wire->unread.at) + 4;
    TRY(buf_put(&answer->head, span_of(wire->unread.at, len)));
    buf_drop_front(&wire->unread, len);
    int64_t status;
    struct str line = buf_str(&answer->head);
    bool http = str_starts(line, STR("HTTP/1.")) && line.len > 12 &&
                num_i64((struct str){line.at + 9, 3}, 100, 599, &status) == 0;
    if (!http) {
        return fail(reterr, ERR_PROTOCOL, "%s port %s does not speak HTTP; if it speaks TLS, use https://",
                    url->host, url->port);
    }
    answer->status = (int)status;
    return 0;
}

int wire_request(const struct url *url, const char *method, const char *path, const char *headers,
                 struct str body, struct wire_answer *answer, struct err_detail *reterr)
{
    *answer = (struct wire_answer){.head = buf_of(65536), .body = buf_of(WIRE_BYTES_MAX)};
    OWNED(wire) struct wire *wire = NULL;
    TRY(wire_open(url, &wire, reterr));
    OWNED(buf) struct buf request = buf_of(WIRE_BYTES_MAX);
    TRY(buf_printf(&request,
                   "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", method,
                   path, url->authority, body.len, headers));
    TRY(buf_put_str(&request, body));
    TRY(write_all(wire, buf_span(&request), reterr));
    TRY(read_head(wire, url, answer, reterr));
    int rc;
    while ((rc = read_more(wire, WIRE_DEADLINE_MS, reterr)) == 1) {}
    TRY(rc);
    return buf_put(&answer->body, buf_span(&wire->unread));
}

int wire_bearer(struct str token, char ret_line[WIRE_BEARER_BYTES], struct err_detail *reterr)
{
    int len = snprintf(ret_line, WIRE_BEARER_BYTES, "Authorization: Bearer %.*s\r\n", STR_ARG(token));
    return len > 0 && len < WIRE_BEARER_BYTES ? 0 : fail(reterr, ERR_TOO_BIG, "the token is too long");
}

int wire_request_json(const struct url *url, const char *method, const char *path, struct str token,
                      json_t **ret_json, struct err_detail *reterr)
{
    char bearer[WIRE_BEARER_BYTES];
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(wire_bearer(token, bearer, reterr));
    TRY(wire_request(url, method, path, bearer, (struct str){0}, &answer, reterr));
    if (answer.status != 200) {
        return fail(reterr, ERR_PROTOCOL, "%s %s was answered with %d", method, path, answer.status);
    }
    if (json_in(buf_span(&answer.body), ret_json) < 0) {
        return fail(reterr, ERR_PROTOCOL, "%s %s was not answered with JSON", method, path);
    }
    return 0;
}

/* --- WebSocket --- */

int wire_upgrade(struct wire *wire, const struct url *url, const char *query, const char *headers,
                 struct wire_answer *answer, struct err_detail *reterr)
{
    *answer = (struct wire_answer){.head = buf_of(65536), .body = buf_of(WIRE_BYTES_MAX)};
    uint8_t random[16];
    TRY(random_bytes(random, sizeof random));
    char key[WS_KEY_BYTES], accept[WS_ACCEPT_BYTES];
    ws_client_key(random, key);
    TRY(ws_accept_key(str_c(key), accept));
    OWNED(buf) struct buf request = buf_of(65536);
    TRY(buf_printf(
        &request,
        "GET /ws/checkins/%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: %s\r\n%s\r\n",
        query, url->authority, key, headers));
    TRY(write_all(wire, buf_span(&request), reterr));
    TRY(read_head(wire, url, answer, reterr));
    if (answer->status != 101) {
        return fail(
            reterr, ERR_PROTOCOL, "the upgrade was answered with %d instead of 101: %s", answer->status,
            answer->status == 426 || answer->status == 404 || answer->status == 400
                ? "a proxy in between does not pass Upgrade and Connection on (docs/operations.md shows how)"
                : "see the server's log");
    }
    if (str_eq_c(wire_header(answer, "Sec-WebSocket-Accept"), accept)) return 0;
    return fail(reterr, ERR_PROTOCOL,
                "the upgrade was answered by something else than this server: its key does not fit");
}

int wire_connect(const struct url *url, const char *query, const char *headers, struct wire **ret_wire,
                 struct err_detail *reterr)
{
    OWNED(wire) struct wire *wire = NULL;
    OWNED(wire_answer) struct wire_answer answer = {0};
    TRY(wire_open(url, &wire, reterr));
    TRY(wire_upgrade(wire, url, query, headers, &answer, reterr));
    *ret_wire = take(wire);
    return 0;
}

int wire_send(struct wire *wire, enum ws_opcode kind, struct str payload, struct err_detail *reterr)
{
    uint8_t mask[WS_MASK_BYTES];
    TRY(random_bytes(mask, sizeof mask));
    OWNED(frame) struct frame *frame = NULL;
    TRY(ws_frame_masked(kind, str_span(payload), mask, &frame));
    return write_all(wire, frame_span(frame), reterr);
}

int wire_next(struct wire *wire, int64_t wait_ms, struct ws_message *ret_message, struct err_detail *reterr)
{
    int64_t until_ms = clock_mono().ms + wait_ms;
    for (;;) {
        struct mspan in = {wire->unread.at + wire->used_bytes, wire->unread.len - wire->used_bytes};
        int rc = ws_decoder_next(&wire->decoder, &in, ret_message);
        wire->used_bytes = wire->unread.len - in.len;
        if (rc < 0) return fail(reterr, rc, "the server broke the WebSocket protocol: %s", err_word(rc));
        if (rc == 1) return 0;
        buf_clear(&wire->unread);
        wire->used_bytes = 0;
        int64_t left_ms = until_ms - clock_mono().ms;
        rc = read_more(wire, left_ms < 0 ? 0 : left_ms, reterr);
        TRY(rc);
        if (rc == 0) return fail(reterr, ERR_CLOSED, "the connection was cut");
    }
}
