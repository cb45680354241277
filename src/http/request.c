#include "http/request.h"
#include "base/num.h"
#include "base/utf8.h"
#include "http/chars.h"
#include "http/chunked.h"
#include "http/origin.h"
#include "http/target.h"

#include <http_parser.h>
#include <stdlib.h>

/* How it works: the head is gathered in one buf until its empty line, while scan_head refuses what could be read in two ways
 * (a lone CR or LF, a folded line, control characters) and what is too long. Then http_parser takes it apart at one go, so
 * that all views point into that buf, and check_head holds it against the rules that Debian's http_parser, built without its
 * strict mode, leaves out. A body's frame is ours: by length here, chunked in http/chunked.c. */

enum reader_state { READ_HEAD, READ_BODY, READ_WHOLE, READ_FAILED };
enum body_kind { BODY_NONE, BODY_LENGTH, BODY_CHUNKED };

/* Method, blanks and version around the target; the longest method of http_parser has 11 letters. */
#define LINE_REST_BYTES_MAX 64

struct http_reader {
    struct http_limits limits;
    enum reader_state state;
    struct buf head;    /* as it came */
    size_t line_at;     /* where its current line begins */
    size_t first_bytes; /* of the request line with CRLF; 0 while it is not complete */
    size_t lines;       /* header lines so far */
    uint8_t skipped;    /* bytes of an empty line before the request */
    bool names_open;    /* http_parser gave a name and not yet its value */
    struct str url;
    struct http_request request;
    struct buf text; /* decoded path and query */
    enum body_kind body_kind;
    uint64_t body_announced;
    bool expects_continue;
    bool body_started;
    struct buf body;
    struct chunked chunked;
    int status;
    const char *reason;
    struct http_pair query[HTTP_QUERY_MAX];
    struct http_pair headers[];
};

int http_reader_create(const struct http_limits *limits, struct http_reader **ret_reader)
{
    check(limits->headers_max <= 1000);
    size_t bytes;
    TRY(size_mul(limits->headers_max, sizeof(struct http_pair), &bytes));
    TRY(size_add(bytes, sizeof(struct http_reader), &bytes));
    struct http_reader *reader = calloc(1, bytes);
    if (reader == NULL) return ERR_NOMEM;
    reader->limits = *limits;
    buf_init(&reader->head, limits->target_bytes_max + LINE_REST_BYTES_MAX + limits->head_bytes_max);
    buf_init(&reader->text, limits->target_bytes_max < 64 ? 64 : limits->target_bytes_max);
    *ret_reader = reader;
    return 0;
}

void http_reader_free(struct http_reader *reader)
{
    if (reader == NULL) return;
    buf_done(&reader->head);
    buf_done(&reader->text);
    buf_done(&reader->body);
    free(reader);
}

void http_reader_restart(struct http_reader *reader)
{
    check(reader->state == READ_WHOLE);
    buf_done(&reader->body);
    struct buf head = reader->head;
    struct buf text = reader->text;
    struct http_limits limits = reader->limits;
    memset(reader, 0, sizeof *reader);
    reader->limits = limits;
    reader->head = head;
    reader->text = text;
    buf_clear(&reader->head);
    buf_clear(&reader->text);
}

static int reader_fail(struct http_reader *reader, int code, int status, const char *reason)
{
    reader->status = status;
    reader->reason = reason;
    return code;
}

static int bad(struct http_reader *reader, const char *reason)
{
    return reader_fail(reader, ERR_PROTOCOL, 400, reason);
}

static int no_memory(struct http_reader *reader)
{
    return reader_fail(reader, ERR_NOMEM, 500, "out of memory");
}

/* --- Gathering the head ----------------------------------------------------------------------------------------------- */

/* RFC 9112 2.2: one empty line before a request is forgiven: old clients send it behind a body. */
static int skip_empty_line(struct http_reader *reader, struct span *in)
{
    while (in->len > 0 && reader->head.len == 0 && (in->at[0] == '\r' || in->at[0] == '\n')) {
        if (reader->skipped >= 2 || in->at[0] != "\r\n"[reader->skipped]) {
            return bad(reader, "no request line");
        }
        reader->skipped++;
        *in = span_of(in->at + 1, in->len - 1);
    }
    return in->len > 0 && reader->skipped == 1 ? bad(reader, "a CR without its LF") : 0;
}

/* A line has ended at end (behind its LF). 1 where it is the empty one that ends the head. */
static int on_line(struct http_reader *reader, size_t end)
{
    size_t line_bytes = end - reader->line_at;
    reader->line_at = end;
    if (reader->first_bytes == 0) {
        reader->first_bytes = end;
        return 0;
    }
    if (line_bytes == 2) return 1;
    reader->lines++;
    if (reader->lines > reader->limits.headers_max) {
        return reader_fail(reader, ERR_TOO_BIG, 431, "too many headers");
    }
    return 0;
}

/* Is byte, the one at offset, allowed behind before, in which line it may be? */
static int check_byte(struct http_reader *reader, size_t offset, uint8_t before, uint8_t byte)
{
    if ((before == '\r') != (byte == '\n')) {
        return bad(reader, "a CR without its LF, or an LF without its CR");
    }
    if (byte == '\r' || byte == '\n') return 0;
    if (!is_field_byte(byte)) return bad(reader, "a control character in the head");
    /* RFC 9112 5.2: a line that begins with a blank continues the one before (obs-fold): refused. */
    if ((byte == ' ' || byte == '\t') && offset == reader->line_at) {
        return bad(reader, "a folded or blank line");
    }
    return 0;
}

static int check_length(struct http_reader *reader, size_t offset)
{
    if (reader->first_bytes == 0) {
        if (offset < reader->limits.target_bytes_max + LINE_REST_BYTES_MAX) return 0;
        return reader_fail(reader, ERR_TOO_BIG, 414, "the target is too long");
    }
    if (offset - reader->first_bytes < reader->limits.head_bytes_max) return 0;
    return reader_fail(reader, ERR_TOO_BIG, 431, "the headers are too long");
}

/* Moves the head's bytes from *in into reader->head. 1 where the head is complete. */
static int take_head(struct http_reader *reader, struct span *in)
{
    TRY(skip_empty_line(reader, in));
    size_t base = reader->head.len;
    uint8_t before = base == 0 ? 0 : reader->head.at[base - 1];
    int whole = 0;
    size_t used = 0;
    while (used < in->len && whole == 0) {
        uint8_t byte = in->at[used];
        TRY(check_length(reader, base + used));
        TRY(check_byte(reader, base + used, before, byte));
        used++;
        if (byte == '\n') {
            whole = on_line(reader, base + used);
            if (whole < 0) return whole;
        }
        before = byte;
    }
    if (buf_put(&reader->head, span_of(in->at, used)) < 0) return no_memory(reader);
    *in = span_of(in->at + used, in->len - used);
    return whole;
}

/* --- Taking it apart -------------------------------------------------------------------------------------------------- */

static enum http_verb verb_of(unsigned method)
{
    switch (method) {
    case HTTP_GET: return VERB_GET;
    case HTTP_HEAD: return VERB_HEAD;
    case HTTP_POST: return VERB_POST;
    case HTTP_PUT: return VERB_PUT;
    case HTTP_PATCH: return VERB_PATCH;
    case HTTP_DELETE: return VERB_DELETE;
    case HTTP_OPTIONS: return VERB_OPTIONS;
    default: return VERB_OTHER;
    }
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct http_reader *reader = parser->data;
    if (reader->url.at != NULL) return 1;
    reader->url = (struct str){at, len};
    return 0;
}

static int on_name(http_parser *parser, const char *at, size_t len)
{
    struct http_reader *reader = parser->data;
    check(reader->request.header_count < reader->limits.headers_max);
    if (reader->names_open || !is_token((struct str){at, len})) return 1;
    reader->names_open = true;
    reader->headers[reader->request.header_count].name = (struct str){at, len};
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t len)
{
    struct http_reader *reader = parser->data;
    if (!reader->names_open) return 1;
    reader->names_open = false;
    reader->headers[reader->request.header_count++].value = str_trim((struct str){at, len});
    return 0;
}

/* 1: no body for http_parser, it is ours to read. */
static int on_headers(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    reader->request.keep_alive = http_should_keep_alive(parser) != 0;
    return 1;
}

static int method_failed(struct http_reader *reader)
{
    struct str line = {(const char *)reader->head.at, reader->first_bytes};
    if (!is_token(cut_at(&line, ' '))) return bad(reader, "no request line");
    return reader_fail(reader, ERR_UNSUPPORTED, 501, "an unknown method");
}

static int parse_head(struct http_reader *reader, http_parser *parser)
{
    static const http_parser_settings SETTINGS = {.on_url = on_url,
                                                  .on_header_field = on_name,
                                                  .on_header_value = on_value,
                                                  .on_headers_complete = on_headers};
    http_parser_init(parser, HTTP_REQUEST);
    parser->data = reader;
    size_t used = http_parser_execute(parser, &SETTINGS, (const char *)reader->head.at, reader->head.len);
    switch (HTTP_PARSER_ERRNO(parser)) {
    case HPE_OK: break;
    case HPE_INVALID_METHOD: return method_failed(reader);
    case HPE_HEADER_OVERFLOW: return reader_fail(reader, ERR_TOO_BIG, 431, "the headers are too long");
    default: return bad(reader, http_errno_description(HTTP_PARSER_ERRNO(parser)));
    }
    return used == reader->head.len ? 0 : bad(reader, "no request");
}

/* RFC 9112 section 3: exactly method SP target SP HTTP-version. http_parser lets more blanks and other names through. */
static int check_line(struct http_reader *reader, const http_parser *parser)
{
    struct http_request *request = &reader->request;
    struct str line = {(const char *)reader->head.at, reader->first_bytes - 2};
    struct str rest = line;
    request->method = cut_at(&rest, ' ');
    struct str target = cut_at(&rest, ' ');
    if (reader->url.at == NULL || !str_eq(target, reader->url)) return bad(reader, "no request line");
    if (rest.len != 8 || !str_starts(rest, STR("HTTP/"))) {
        return reader_fail(reader, ERR_PROTOCOL, rest.len == 0 ? 505 : 400, "no HTTP version");
    }
    if (parser->http_major != 1) return reader_fail(reader, ERR_UNSUPPORTED, 505, "not HTTP/1.1");
    if (parser->method == HTTP_CONNECT) return reader_fail(reader, ERR_UNSUPPORTED, 501, "this is no proxy");
    if (target.len > reader->limits.target_bytes_max) {
        return reader_fail(reader, ERR_TOO_BIG, 414, "the target is too long");
    }
    request->http_1_0 = parser->http_minor == 0;
    request->verb = verb_of(parser->method);
    return 0;
}

static int check_target(struct http_reader *reader)
{
    struct http_target target;
    int rc = http_target_parse(reader->url, reader->request.verb, &reader->text, &target);
    if (rc == ERR_NOMEM) return no_memory(reader);
    if (rc < 0) return bad(reader, "a target that is no plain path");
    reader->request.path = target.path;
    reader->request.raw_query = target.raw_query;
    reader->request.host = target.authority;
    rc = http_query_parse(target.raw_query, &reader->text, reader->query, &reader->request.query_count);
    if (rc == ERR_NOMEM) return no_memory(reader);
    if (rc < 0) return bad(reader, "a query that cannot be decoded, or with too many parts");
    reader->request.query = reader->query;
    return 0;
}

/* RFC 9112 3.2: 400 without Host, with two, or with one that is none. The target's own host goes before it. */
static int check_host(struct http_reader *reader)
{
    struct http_request *request = &reader->request;
    size_t count = http_header_count(request, "Host");
    if (count > 1) return bad(reader, "more than one Host");
    if (count == 0) return request->http_1_0 ? 0 : bad(reader, "no Host");
    struct http_origin parsed;
    struct str host = http_header(request, "Host");
    if (http_host_parse(host, false, &parsed) < 0) return bad(reader, "a Host that is none");
    if (request->host.len == 0) request->host = host;
    return 0;
}

/* RFC 9112 6.1, 6.3: how long the body is must be beyond doubt, or a proxy and we see different requests. */
static int check_body(struct http_reader *reader)
{
    struct http_request *request = &reader->request;
    size_t lengths = http_header_count(request, "Content-Length");
    size_t codings = http_header_count(request, "Transfer-Encoding");
    if (lengths > 1) return bad(reader, "more than one Content-Length");
    if (lengths + codings > 1 && lengths > 0) return bad(reader, "both Content-Length and Transfer-Encoding");
    if (codings > 0) {
        if (request->http_1_0) return bad(reader, "Transfer-Encoding with HTTP/1.0");
        bool plain =
            codings == 1 && str_eq_nocase_ascii(http_header(request, "Transfer-Encoding"), STR("chunked"));
        if (!plain) {
            return reader_fail(reader, ERR_UNSUPPORTED, 501, "a Transfer-Encoding other than chunked");
        }
        reader->body_kind = BODY_CHUNKED;
    } else if (lengths > 0) {
        int64_t length;
        int rc = num_i64(http_header(request, "Content-Length"), 0, INT64_MAX, &length);
        if (rc == ERR_RANGE) return reader_fail(reader, ERR_TOO_BIG, 413, "the body is too big");
        if (rc < 0) return bad(reader, "a Content-Length that is no number");
        reader->body_kind = BODY_LENGTH;
        reader->body_announced = (uint64_t)length;
    }
    request->has_body = reader->body_kind != BODY_NONE;
    return 0;
}

/* RFC 9110 10.1.1. */
static int check_expect(struct http_reader *reader)
{
    struct str expect = http_header(&reader->request, "Expect");
    if (expect.at == NULL || reader->request.http_1_0) return 0;
    if (!str_eq_nocase_ascii(expect, STR("100-continue"))) {
        return reader_fail(reader, ERR_UNSUPPORTED, 417, "an Expect other than 100-continue");
    }
    reader->expects_continue = true;
    return 0;
}

static int check_upgrade(struct http_reader *reader)
{
    struct http_request *request = &reader->request;
    request->wants_websocket = request->verb == VERB_GET && !request->http_1_0 &&
                               http_header_lists(request, "Connection", "upgrade") &&
                               http_header_lists(request, "Upgrade", "websocket");
    if (!request->wants_websocket || !request->has_body) return 0;
    bool empty = reader->body_kind == BODY_LENGTH && reader->body_announced == 0;
    return empty ? 0 : bad(reader, "an upgrade with a body");
}

/* Latin-1 in a header that some proxy added is no reason to refuse: such a value is left out, since a str is UTF-8. Those
 * that the checks above ask for are ASCII by then, or were refused. */
static void drop_headers_that_are_no_text(struct http_reader *reader)
{
    size_t kept = 0;
    for (size_t i = 0; i < reader->request.header_count; i++) {
        struct str checked;
        if (utf8_check(str_span(reader->headers[i].value), &checked) == 0) {
            reader->headers[kept++] = reader->headers[i];
        }
    }
    reader->request.header_count = kept;
}

static int understand_head(struct http_reader *reader)
{
    http_parser parser;
    reader->request.headers = reader->headers;
    TRY(parse_head(reader, &parser));
    TRY(check_line(reader, &parser));
    TRY(check_target(reader));
    TRY(check_host(reader));
    TRY(check_body(reader));
    TRY(check_expect(reader));
    TRY(check_upgrade(reader));
    drop_headers_that_are_no_text(reader);
    return 0;
}

/* --- The body --------------------------------------------------------------------------------------------------------- */

int http_reader_allow_body(struct http_reader *reader, size_t body_bytes_max)
{
    check(reader->state == READ_BODY && !reader->body_started);
    if (reader->body_announced > body_bytes_max) {
        reader->state = READ_FAILED;
        return reader_fail(reader, ERR_TOO_BIG, 413, "the body is too big");
    }
    size_t most = reader->body_kind == BODY_LENGTH ? (size_t)reader->body_announced : body_bytes_max;
    buf_init(&reader->body, most);
    return 0;
}

bool http_reader_wants_continue(const struct http_reader *reader)
{
    bool more = reader->body_kind == BODY_CHUNKED || reader->body_announced > 0;
    return reader->state == READ_BODY && reader->expects_continue && more && !reader->body_started;
}

static int take_length(struct http_reader *reader, struct span *in)
{
    check(reader->body.len <= reader->body_announced);
    uint64_t left = reader->body_announced - reader->body.len;
    size_t count = left < in->len ? (size_t)left : in->len;
    TRY(buf_put(&reader->body, span_of(in->at, count)));
    *in = span_of(in->at + count, in->len - count);
    return reader->body.len == reader->body_announced ? 1 : 0;
}

/* 1 where the body is complete. */
static int take_body(struct http_reader *reader, struct span *in)
{
    if (in->len > 0) reader->body_started = true;
    int rc = 1;
    if (reader->body_kind == BODY_LENGTH) rc = take_length(reader, in);
    if (reader->body_kind == BODY_CHUNKED) rc = chunked_next(&reader->chunked, in, &reader->body);
    if (rc == ERR_NOMEM) return no_memory(reader);
    if (rc == ERR_TOO_BIG) return reader_fail(reader, rc, 413, "the body is too big");
    if (rc < 0) return bad(reader, "a chunk that is none");
    return rc;
}

/* --- One step --------------------------------------------------------------------------------------------------------- */

static int step(struct http_reader *reader, struct span *in)
{
    if (reader->state == READ_HEAD) {
        int whole = take_head(reader, in);
        if (whole <= 0) return whole;
        TRY(understand_head(reader));
        reader->state = READ_BODY;
        return HTTP_HEADERS;
    }
    check(reader->state == READ_BODY);
    int whole = take_body(reader, in);
    if (whole <= 0) return whole;
    reader->request.body = buf_span(&reader->body);
    reader->state = READ_WHOLE;
    return HTTP_WHOLE;
}

int http_reader_next(struct http_reader *reader, struct span *in)
{
    int rc = step(reader, in);
    if (rc < 0) reader->state = READ_FAILED;
    check(rc >= 0 || reader->status >= 400);
    return rc;
}

const struct http_request *http_reader_request(const struct http_reader *reader)
{
    check(reader->state == READ_BODY || reader->state == READ_WHOLE);
    return &reader->request;
}

bool http_reader_is_idle(const struct http_reader *reader)
{
    return reader->state == READ_HEAD && reader->head.len == 0;
}

int http_reader_status(const struct http_reader *reader)
{
    check(reader->state == READ_FAILED);
    return reader->status;
}

struct str http_reader_reason(const struct http_reader *reader)
{
    check(reader->state == READ_FAILED);
    return str_c(reader->reason);
}
