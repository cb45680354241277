/* cli/wire.h: a client's connection for `verify`, `bench` and `demo --traffic`: plain or TLS, blocking with a deadline; HTTP requests and WebSocket messages over it.
 *
 * Owns    the socket, the TLS state, what was read and not yet used.
 * Thread  any, one at a time; blocks.
 * Bounds  WIRE_BYTES_MAX of one answer or message; deadline_ms for each step.
 * Errors  negative, with a sentence that says what to do about it.
 * Tests   tests/integration/cli.test.ts */
#pragma once
#include "base/time.h"
#include "protocol/json_in.h"
#include "ws/frame.h"

#define WIRE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define WIRE_DEADLINE_MS 10000

struct url {
    bool is_https;
    char host[256];      /* without brackets */
    char authority[300]; /* host[:port] as in Host */
    char port[8];
};
/* http, https, ws or wss; a path is refused but for "/". */
MUST_USE int url_parse(const char *text, struct url *ret_url, struct err_detail *reterr);

struct wire;
MUST_USE int wire_open(const struct url *url, struct wire **ret_wire, struct err_detail *reterr);
void wire_close(struct wire *wire);
static inline void wire_owned(struct wire **wire) { wire_close(*wire); }

struct wire_answer {
    int status;
    struct buf head; /* status line and header lines */
    struct buf body;
};
void wire_answer_done(struct wire_answer *answer);
static inline void wire_answer_owned(struct wire_answer *answer) { wire_answer_done(answer); }
/* A header's value, at NULL where there is none; a view into head. */
struct str wire_header(const struct wire_answer *answer, const char *name);
/* One request, one answer, over a connection of its own. headers: whole lines, each with CRLF. */
MUST_USE int wire_request(const struct url *url, const char *method, const char *path, const char *headers,
                          struct str body, struct wire_answer *ret_answer, struct err_detail *reterr);

/* A token as a header line, with CRLF. ERR_TOO_BIG: no token is that long. */
#define WIRE_BEARER_BYTES 8300
MUST_USE int wire_bearer(struct str token, char ret_line[WIRE_BEARER_BYTES], struct err_detail *reterr);
/* A request without a body, with a token; anything else than 200 and JSON is ERR_PROTOCOL. */
MUST_USE int wire_request_json(const struct url *url, const char *method, const char *path, struct str token,
                               json_t **ret_json, struct err_detail *reterr);

/* Asks for the upgrade; *ret_answer tells what came if it was not 101 (the result is then ERR_PROTOCOL with a sentence). */
MUST_USE int wire_upgrade(struct wire *wire, const struct url *url, const char *query, const char *headers,
                          struct wire_answer *ret_answer, struct err_detail *reterr);
/* wire_open and wire_upgrade, for whom only a 101 will do. */
MUST_USE int wire_connect(const struct url *url, const char *query, const char *headers,
                          struct wire **ret_wire, struct err_detail *reterr);
MUST_USE int wire_send(struct wire *wire, enum ws_opcode kind, struct str payload, struct err_detail *reterr);
/* The next message of any kind, a Close too. ERR_EXPIRED: none came in time. Valid until the next call. */
MUST_USE int wire_next(struct wire *wire, int64_t wait_ms, struct ws_message *ret_message,
                       struct err_detail *reterr);
