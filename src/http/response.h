/* http/response.h: builds the bytes of an answer: status line, headers, body. Knows no socket and no clock.
 *
 * Owns    struct http_response owns its headers and, unless it is shared, its body.
 * Thread  any, one at a time; may be filled on one thread and written on another.
 * Bounds  HTTP_RESPONSE_HEAD_BYTES_MAX of headers, HTTP_RESPONSE_BODY_BYTES_MAX of body.
 * Errors  sticky: a header that cannot be (CR, LF, NUL) or has no room makes the response fail as a whole, told by
 *         http_response_frame. So a handler reads straight down. The caller then answers a plain 500.
 * Tests   tests/unit/http/response_test.c */
#pragma once
#include "base/frame.h"
#include "base/json.h"
#include "base/time.h"
#include "http/request.h"

#define HTTP_RESPONSE_HEAD_BYTES_MAX ((size_t)16 * 1024)
#define HTTP_RESPONSE_BODY_BYTES_MAX ((size_t)63 * 1024 * 1024)
#define HTTP_GZIP_BYTES_MIN 1024

struct http_response {
    int status;
    int failed;               /* 0, or the first failure */
    const char *content_type; /* a literal, or NULL */
    bool has_cache_control, has_csp, has_etag_strong;
    bool never_compress; /* it holds a token beside what a client sent (BREACH) */
    bool is_stream;      /* no length known: ends with the connection (server-sent events) */
    struct buf headers;  /* lines, each with its CRLF */
    struct buf body;
    struct span shared_body; /* instead of body: lives longer than the response (an asset) */
};

static inline struct http_response http_response_of(int status)
{
    return (struct http_response){.status = status,
                                  .headers = {.bytes_max = HTTP_RESPONSE_HEAD_BYTES_MAX},
                                  .body = {.bytes_max = HTTP_RESPONSE_BODY_BYTES_MAX}};
}
void http_response_done(struct http_response *res);
static inline void http_response_owned(struct http_response *res) { http_response_done(res); }
/* Empty again, as from http_response_of(status). */
void http_response_reset(struct http_response *res, int status);

/* A header line. Not for those that http_response_frame writes itself: Content-Type, Content-Length, Transfer-Encoding,
 * Connection, Date.
 * Cache-Control and Content-Security-Policy replace the default ones. */
void http_put_header(struct http_response *res, const char *name, struct str value);
/* The body is written into res->body by the caller; this names its type, a literal. */
static inline void http_put_content_type(struct http_response *res, const char *mime)
{
    res->content_type = mime;
}
/* Retry-After in whole seconds, rounded up, at least 1. */
void http_put_retry_after(struct http_response *res, int64_t wait_ms);
/* RFC 6750 section 3. error and description may be NULL (no credentials were given). */
void http_put_www_authenticate(struct http_response *res, const char *error, const char *description);

struct http_cookie {
    const char *name;
    struct str value; /* RFC 6265 cookie-octets */
    const char *path;
    int64_t max_age_s; /* 0 deletes it; negative: until the browser ends */
    bool is_secure;    /* only over https */
};
/* Set-Cookie, always HttpOnly and SameSite=Strict. */
void http_put_cookie(struct http_response *res, const struct http_cookie *cookie);

/* A problem document (RFC 9457): type about:blank, title from the status, status, code, detail. Replaces body, type and
 * status; headers put before stay. */
void http_put_problem(struct http_response *res, int status, const char *code, struct str detail);
/* The same with more members: write them into the json that is returned, then http_problem_end. */
struct json http_problem_begin(struct http_response *res, int status, const char *code, struct str detail);
void http_problem_end(struct http_response *res, struct json *json);

/* What the request and the moment say about how an answer is written. */
struct http_reply {
    struct wall_ms now;
    bool head_only; /* HEAD: the same headers, no body */
    bool http_1_0;
    bool keep_alive; /* false: Connection: close, and the caller closes after it */
    bool accepts_gzip;
    bool hsts; /* public_url is https */
};
struct http_reply http_reply_to(const struct http_request *req, struct wall_ms now);

/* The whole answer, the head as the frame's header and the body as its payload; one reference, the caller's. Puts the security
 * headers, Date, Connection, Content-Length and, where it pays, gzip. */
MUST_USE int http_response_frame(struct http_response *res, const struct http_reply *reply,
                                 struct frame **ret_frame);

/* The policy of the app's pages: nothing inline but style elements with this nonce; connections only to this very host, also
 * as ws: or wss:. host is host[:port]; ERR_SYNTAX where it is none. */
MUST_USE int http_csp_for_app(struct str host, bool is_https, struct str nonce, struct buf *out);
#define HTTP_CSP_FOR_API "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/* "Not Found"; never NULL. */
const char *http_status_text(int status);
/* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 5.6.7). */
#define HTTP_DATE_BYTES 30
struct str http_date(struct wall_ms wall, char ret_text[HTTP_DATE_BYTES]);
