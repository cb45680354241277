/* http/request.h: reads requests of HTTP/1.1 (RFC 9110, 9112) out of bytes. Knows no socket and no clock.
 *
 * Owns    the request being read; all views in it last until http_reader_restart or http_reader_free. An idle upgraded
 *         connection frees its reader: nothing of it is needed any more.
 * Thread  any, one at a time.
 * Bounds  struct http_limits, and for the body what the caller allows once it knows the route.
 * Errors  ERR_PROTOCOL, ERR_TOO_BIG, ERR_TEXT, ERR_UNSUPPORTED: answer http_reader_status() and close. ERR_NOMEM.
 * Tests   tests/unit/http/request_test.c, tests/fuzz/http_request.c */
#pragma once
#include "base/bytes.h"

enum http_verb {
    VERB_GET,
    VERB_HEAD,
    VERB_POST,
    VERB_PUT,
    VERB_PATCH,
    VERB_DELETE,
    VERB_OPTIONS,
    VERB_OTHER, /* a known method that no route of ours has: 405 */
};

struct http_limits {
    size_t target_bytes_max; /* over it 414 */
    size_t head_bytes_max;   /* all header lines; over it 431 */
    size_t headers_max;      /* their number; over it 431 */
};
#define HTTP_LIMITS_DEFAULT ((struct http_limits){8 * 1024, 16 * 1024, 100})
#define HTTP_QUERY_MAX 64 /* pairs of one query; over it 400 */

struct http_pair {
    struct str name;
    struct str value;
};

struct http_request {
    enum http_verb verb;
    struct str method; /* as sent */
    struct str
        path; /* decoded, from "/" on, without "//", "." and ".." segments, without control characters; "*" for OPTIONS * */
    struct str raw_query; /* as sent, without "?"; not for logs: it may hold a token */
    struct str
        host; /* host[:port] of the target or of Host, syntax checked (http/origin.h); empty only with HTTP/1.0 */
    bool http_1_0;
    bool keep_alive;
    bool
        wants_websocket; /* GET with Connection: upgrade and Upgrade: websocket; RFC 6455's own headers are not looked at */
    bool has_body;                   /* a body was announced (perhaps of 0 bytes) */
    struct span body;                /* once HTTP_WHOLE */
    const struct http_pair *headers; /* those whose value is UTF-8; the others are left out */
    size_t header_count;
    const struct http_pair *query; /* decoded, "+" is a blank */
    size_t query_count;
};

struct http_reader;

MUST_USE int http_reader_create(const struct http_limits *limits, struct http_reader **ret_reader);
void http_reader_free(struct http_reader *reader);
static inline void http_reader_owned(struct http_reader **reader) { http_reader_free(*reader); }

enum http_step { HTTP_MORE = 0, HTTP_HEADERS = 1, HTTP_WHOLE = 2 };

/* Takes what it can of *in and moves it forward.
 * HTTP_MORE: needs more bytes. HTTP_HEADERS, once a request: all but the body is known; say http_reader_allow_body, then go on.
 * HTTP_WHOLE: the request is complete; what is left in *in is the next one's, or the upgraded protocol's.
 * After HTTP_WHOLE comes http_reader_restart; after a negative result only http_reader_status and http_reader_free. */
MUST_USE int http_reader_next(struct http_reader *reader, struct span *in);
/* From HTTP_HEADERS on. */
const struct http_request *http_reader_request(const struct http_reader *reader);
/* Right after HTTP_HEADERS: how big a body the route takes. Without it, none at all. ERR_TOO_BIG (413) where it is known already
 * that the body is bigger. */
MUST_USE int http_reader_allow_body(struct http_reader *reader, size_t body_bytes_max);
/* After http_reader_allow_body: the client waits for HTTP_100_CONTINUE before it sends the body. */
bool http_reader_wants_continue(const struct http_reader *reader);
#define HTTP_100_CONTINUE STR("HTTP/1.1 100 Continue\r\n\r\n")
/* Ready for the next request on the connection; its memory is kept, but for a body's. */
void http_reader_restart(struct http_reader *reader);
/* No byte of a request has come: a connection that ends or times out here ends in silence, else 408. */
bool http_reader_is_idle(const struct http_reader *reader);
/* After a negative result: 400, 413, 414, 417, 431, 500, 501 or 505; and what was wrong, for the problem document. */
int http_reader_status(const struct http_reader *reader);
struct str http_reader_reason(const struct http_reader *reader);

/* A single header's value by name (any case): the first one's, .at NULL where there is none. */
struct str http_header(const struct http_request *req, const char *name);
size_t http_header_count(const struct http_request *req, const char *name);
/* Is token (any case) a member of that list-valued header, over all its lines? */
bool http_header_lists(const struct http_request *req, const char *name, const char *token);
/* All lines of a list-valued header as one, joined by ", " (RFC 9110 5.3). 1, or 0 where there is none. */
MUST_USE int http_header_joined(const struct http_request *req, const char *name, struct buf *out);

/* 1: there once. 0: not there (or empty name). ERR_EXISTS: there more than once. */
MUST_USE int http_query(const struct http_request *req, const char *name, struct str *ret_value);
/* The same for a cookie. */
MUST_USE int http_cookie(const struct http_request *req, const char *name, struct str *ret_value);
/* 1: `Authorization: Bearer`. 0: no Authorization. ERR_SYNTAX: another scheme, no token68, or twice. */
MUST_USE int http_bearer(const struct http_request *req, struct str *ret_token);

/* If-None-Match, compared weakly: true: answer GET and HEAD with 304. etag with its quotes. */
bool http_if_none_match(const struct http_request *req, struct str etag);
/* If-Match, compared strongly: 1 holds, 0 not there, ERR_CONFLICT does not hold (412). */
MUST_USE int http_if_match(const struct http_request *req, struct str etag);
/* Accept-Encoding with its weights. */
bool http_accepts_gzip(const struct http_request *req);
