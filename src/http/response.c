#include "http/response.h"
#include "http/chars.h"
#include "http/gzip.h"
#include "http/origin.h"

#include <stdio.h>

/* Compressed on a loop's own time: 64 KiB of JSON take 1 ms at this level, 3 ms at 6. */
#define GZIP_LEVEL 3

void http_response_done(struct http_response *res)
{
    buf_done(&res->headers);
    buf_done(&res->body);
    *res = http_response_of(res->status);
}

void http_response_reset(struct http_response *res, int status)
{
    http_response_done(res);
    res->status = status;
}

/* --- Headers ---------------------------------------------------------------------------------------------------------- */

static void note(struct http_response *res, int rc)
{
    if (rc < 0 && res->failed == 0) res->failed = rc;
}

static bool is_field_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_field_byte((uint8_t)value.at[i])) return false;
    }
    return true;
}

static int put_line(struct buf *out, struct str name, struct str value)
{
    /* Whoever could put a line end into a value could write an answer of their own. */
    if (!is_token(name) || !is_field_value(value)) return ERR_SYNTAX;
    TRY(buf_put_str(out, name));
    TRY(buf_put_str(out, STR(": ")));
    TRY(buf_put_str(out, value));
    return buf_put_str(out, STR("\r\n"));
}

void http_put_header(struct http_response *res, const char *name, struct str value)
{
    struct str key = str_c(name);
    check(!str_eq_nocase_ascii(key, STR("Content-Length")) &&
          !str_eq_nocase_ascii(key, STR("Transfer-Encoding")));
    check(!str_eq_nocase_ascii(key, STR("Connection")) && !str_eq_nocase_ascii(key, STR("Date")));
    check(!str_eq_nocase_ascii(key, STR("Content-Type")));
    if (str_eq_nocase_ascii(key, STR("Cache-Control"))) res->has_cache_control = true;
    if (str_eq_nocase_ascii(key, STR("Content-Security-Policy"))) res->has_csp = true;
    if (str_eq_nocase_ascii(key, STR("ETag")) && !str_starts(value, STR("W/"))) res->has_etag_strong = true;
    note(res, put_line(&res->headers, key, value));
}

void http_put_retry_after(struct http_response *res, int64_t wait_ms)
{
    char text[24];
    int64_t seconds = wait_ms <= 1000 ? 1 : wait_ms / 1000 + (wait_ms % 1000 > 0 ? 1 : 0);
    int len = snprintf(text, sizeof text, "%lld", (long long)seconds);
    check(len > 0 && (size_t)len < sizeof text);
    http_put_header(res, "Retry-After", (struct str){text, (size_t)len});
}

/* RFC 6750 section 3: visible ASCII without quotes and backslashes. */
static bool is_quotable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\') return false;
    }
    return true;
}

static int put_challenge(struct buf *value, const char *error, const char *description)
{
    TRY(buf_put_str(value, STR("Bearer realm=\"footfall\"")));
    if (error != NULL) TRY(buf_printf(value, ", error=\"%s\"", error));
    if (description != NULL) TRY(buf_printf(value, ", error_description=\"%s\"", description));
    return 0;
}

void http_put_www_authenticate(struct http_response *res, const char *error, const char *description)
{
    check(error == NULL || is_quotable(error));
    check(description == NULL || is_quotable(description));
    OWNED(buf) struct buf value = buf_of(1024);
    note(res, put_challenge(&value, error, description));
    http_put_header(res, "WWW-Authenticate", buf_str(&value));
}

/* RFC 6265 4.1.1: visible ASCII but for quote, comma, semicolon and backslash. */
static bool is_cookie_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = (uint8_t)value.at[i];
        if (byte <= 0x20 || byte >= 0x7f || is_one_of((char)byte, "\",;\\")) return false;
    }
    return true;
}

static int put_cookie(struct buf *text, const struct http_cookie *cookie)
{
    if (!is_token(str_c(cookie->name)) || !is_cookie_value(cookie->value)) return ERR_SYNTAX;
    if (cookie->path[0] != '/' || !is_cookie_value(str_c(cookie->path))) return ERR_SYNTAX;
    TRY(buf_printf(text, "%s=%.*s; Path=%s", cookie->name, STR_ARG(cookie->value), cookie->path));
    if (cookie->max_age_s >= 0) TRY(buf_printf(text, "; Max-Age=%lld", (long long)cookie->max_age_s));
    if (cookie->is_secure) TRY(buf_put_str(text, STR("; Secure")));
    return buf_put_str(text, STR("; HttpOnly; SameSite=Strict"));
}

void http_put_cookie(struct http_response *res, const struct http_cookie *cookie)
{
    OWNED(buf) struct buf text = buf_of(4096);
    note(res, put_cookie(&text, cookie));
    http_put_header(res, "Set-Cookie", buf_str(&text));
}

/* --- Problem documents -------------------------------------------------------------------------------------------------- */

struct json http_problem_begin(struct http_response *res, int status, const char *code, struct str detail)
{
    check(status >= 400 && status <= 599);
    res->status = status;
    buf_clear(&res->body);
    res->shared_body = span_of(NULL, 0);
    http_put_content_type(res, "application/problem+json");
    struct json json = jw_to(&res->body);
    jw_object(&json, NULL);
    /* RFC 9457 4.2.1: about:blank has the status's own title; what is special about it stands in code and detail. */
    jw_str(&json, "type", STR("about:blank"));
    jw_str(&json, "title", str_c(http_status_text(status)));
    jw_i64(&json, "status", status);
    jw_str(&json, "code", str_c(code));
    jw_str(&json, "detail", detail);
    return json;
}

void http_problem_end(struct http_response *res, struct json *json)
{
    jw_object_end(json);
    note(res, jw_end_all(json));
}

void http_put_problem(struct http_response *res, int status, const char *code, struct str detail)
{
    struct json json = http_problem_begin(res, status, code, detail);
    http_problem_end(res, &json);
}

/* --- Writing it ------------------------------------------------------------------------------------------------------- */

struct http_reply http_reply_to(const struct http_request *req, struct wall_ms now)
{
    return (struct http_reply){.now = now,
                               .head_only = req->verb == VERB_HEAD,
                               .http_1_0 = req->http_1_0,
                               .keep_alive = req->keep_alive,
                               .accepts_gzip = http_accepts_gzip(req)};
}

/* For every answer, whatever it holds: a browser that was led to one as if it were something else gets nothing out of it. */
static int put_security_headers(struct buf *head, const struct http_response *res,
                                const struct http_reply *reply)
{
    static const struct {
        struct str name, value;
    } ALWAYS[] = {
        {STR("X-Content-Type-Options"), STR("nosniff")},
        {STR("Referrer-Policy"), STR("no-referrer")},
        {STR("Cross-Origin-Opener-Policy"), STR("same-origin")},
        {STR("Cross-Origin-Resource-Policy"), STR("same-origin")},
        /* The camera reads QR codes at the desk. */
        {STR("Permissions-Policy"), STR("camera=(self), microphone=(), geolocation=(), payment=(), usb=()")},
    };
    for (size_t i = 0; i < COUNT_OF(ALWAYS); i++) TRY(put_line(head, ALWAYS[i].name, ALWAYS[i].value));
    if (!res->has_csp) TRY(put_line(head, STR("Content-Security-Policy"), STR(HTTP_CSP_FOR_API)));
    if (!res->has_cache_control) TRY(put_line(head, STR("Cache-Control"), STR("no-store")));
    if (reply->hsts) TRY(put_line(head, STR("Strict-Transport-Security"), STR("max-age=31536000")));
    return 0;
}

/* RFC 9110 6.4.1: these never have a body, nor a length of one. */
static bool is_bodiless(int status) { return status < 200 || status == 204 || status == 304; }

static struct span body_of(const struct http_response *res)
{
    if (is_bodiless(res->status)) return span_of(NULL, 0);
    return res->shared_body.at != NULL ? res->shared_body : buf_span(&res->body);
}

/* A strong ETag names these very bytes, so that body stays as it is (RFC 9110 8.8.3.3). */
static bool may_compress(const struct http_response *res)
{
    return !res->never_compress && !res->is_stream && !res->has_etag_strong &&
           body_of(res).len >= HTTP_GZIP_BYTES_MIN;
}

static int put_connection(struct buf *head, const struct http_response *res, const struct http_reply *reply)
{
    if (res->status == 101) return 0; /* RFC 6455's own Connection: Upgrade is among its headers */
    if (!reply->keep_alive || res->is_stream) return put_line(head, STR("Connection"), STR("close"));
    return reply->http_1_0 ? put_line(head, STR("Connection"), STR("keep-alive")) : 0;
}

static int put_head(struct buf *head, const struct http_response *res, const struct http_reply *reply,
                    size_t body_bytes, bool compressed)
{
    char date[HTTP_DATE_BYTES];
    TRY(buf_printf(head, "HTTP/1.1 %d %s\r\n", res->status, http_status_text(res->status)));
    TRY(put_line(head, STR("Date"), http_date(reply->now, date)));
    if (res->content_type != NULL) TRY(put_line(head, STR("Content-Type"), str_c(res->content_type)));
    TRY(buf_put(head, buf_span(&res->headers)));
    TRY(put_security_headers(head, res, reply));
    TRY(put_connection(head, res, reply));
    if (compressed) TRY(put_line(head, STR("Content-Encoding"), STR("gzip")));
    if (may_compress(res)) TRY(put_line(head, STR("Vary"), STR("Accept-Encoding")));
    if (!is_bodiless(res->status) && !res->is_stream) {
        TRY(buf_printf(head, "Content-Length: %zu\r\n", body_bytes));
    }
    return buf_put_str(head, STR("\r\n"));
}

int http_response_frame(struct http_response *res, const struct http_reply *reply, struct frame **ret_frame)
{
    if (res->failed < 0) return res->failed;
    check(res->status >= 100 && res->status <= 599);
    struct span body = body_of(res);
    OWNED(buf) struct buf gzip = buf_of(HTTP_RESPONSE_BODY_BYTES_MAX);
    bool compress = reply->accepts_gzip && may_compress(res);
    if (compress) {
        TRY(gzip_put(&gzip, body, GZIP_LEVEL));
        compress = gzip.len < body.len;
        if (compress) body = buf_span(&gzip);
    }
    OWNED(buf) struct buf head = buf_of(2 * HTTP_RESPONSE_HEAD_BYTES_MAX);
    TRY(put_head(&head, res, reply, body.len, compress));
    /* RFC 9110 9.3.2: HEAD has the headers that GET would have. */
    return frame_new(buf_span(&head), reply->head_only ? span_of(NULL, 0) : body, ret_frame);
}

int http_csp_for_app(struct str host, bool is_https, struct str nonce, struct buf *out)
{
    struct http_origin parsed;
    TRY(http_host_parse(host, is_https, &parsed));
    for (size_t i = 0; i < nonce.len; i++) {
        if (!is_alpha(nonce.at[i]) && !is_digit(nonce.at[i]) && !is_one_of(nonce.at[i], "-_+/=")) {
            return ERR_SYNTAX;
        }
    }
    /* 'self' does not cover ws: in every browser, so the socket's origin is named. */
    TRY(buf_printf(
        out,
        "default-src 'none'; script-src 'self'; connect-src 'self' %s://%.*s; img-src 'self' data: blob:; "
        "font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; ",
        is_https ? "wss" : "ws", STR_ARG(host)));
    if (nonce.len == 0) TRY(buf_put_str(out, STR("style-src 'self'; ")));
    else TRY(buf_printf(out, "style-src 'self' 'nonce-%.*s'; ", STR_ARG(nonce)));
    return buf_put_str(out, STR("base-uri 'none'; form-action 'self'; frame-ancestors 'none'"));
}

/* --- Words -------------------------------------------------------------------------------------------------------------- */

const char *http_status_text(int status)
{
    switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown"; /* RFC 9112 section 4: the words mean nothing to a client */
    }
}

struct str http_date(struct wall_ms wall, char ret_text[HTTP_DATE_BYTES])
{
    static const char DAYS[] = "MonTueWedThuFriSatSun";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const int64_t day_ms = 86400000;
    int64_t days = wall.ms / day_ms - (wall.ms % day_ms < 0 ? 1 : 0);
    struct day day = {.number = (int32_t)days};
    struct date date = day_date(day);
    int second = (int)((wall.ms - days * day_ms) / 1000);
    int len = snprintf(ret_text, HTTP_DATE_BYTES, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       DAYS + 3 * day_weekday(day), date.day, MONTHS + 3 * (date.month - 1), date.year,
                       second / 3600, second / 60 % 60, second % 60);
    check(len == HTTP_DATE_BYTES - 1);
    return (struct str){ret_text, (size_t)len};
}
