/* Any bytes as a connection's requests. Read whole and read in pieces they must give the same; what a request then says about
 * itself must hold. The first byte says how big the pieces are. */
#include "fuzz.h"
#include "http/origin.h"
#include "http/request.h"

#define BODY_BYTES_MAX 64
static const struct http_limits LIMITS = {.target_bytes_max = 64, .head_bytes_max = 256, .headers_max = 6};

struct seen {
    struct http_reader *reader;
    struct buf text;
    bool over;
};

static void note(struct seen *seen, struct str what)
{
    check(buf_put_str(&seen->text, what) == 0);
    check(buf_put_byte(&seen->text, '\n') == 0);
}

static bool contains(struct str text, struct str part)
{
    for (; text.len >= part.len; text = (struct str){text.at + 1, text.len - 1}) {
        if (str_starts(text, part)) return true;
    }
    return false;
}

static void check_path(struct str path)
{
    check(path.len > 0);
    check(path.at[0] == '/' || (path.at[0] == '*' && path.len == 1));
    check(memchr(path.at, '\0', path.len) == NULL);
    check(!contains(path, STR("//")));
    check(!contains(path, STR("/../")));
}

static void look_up_all(struct seen *seen, const struct http_request *req)
{
    struct str value;
    if (http_query(req, "a", &value) == 1) note(seen, value);
    if (http_cookie(req, "a", &value) == 1) note(seen, value);
    if (http_bearer(req, &value) == 1) note(seen, value);
    note(seen, http_if_none_match(req, STR("\"1\"")) ? STR("304") : STR("200"));
    note(seen, http_if_match(req, STR("\"1\"")) == 1 ? STR("match") : STR("other"));
    note(seen, http_accepts_gzip(req) ? STR("gzip") : STR("plain"));
    OWNED(buf) struct buf joined = buf_of(LIMITS.head_bytes_max + 20);
    if (http_header_joined(req, "A", &joined) == 1) note(seen, buf_str(&joined));
    struct http_origin origin;
    struct str from = http_header(req, "Origin");
    if (from.at != NULL && http_origin_parse(from, &origin) == 0) note(seen, origin.host);
}

static void note_request(struct seen *seen, const struct http_request *req)
{
    check_path(req->path);
    struct http_origin origin;
    check(req->http_1_0 || req->host.len > 0);
    check(req->host.len == 0 || http_host_parse(req->host, false, &origin) == 0);
    check(req->header_count <= LIMITS.headers_max);
    check(req->query_count <= HTTP_QUERY_MAX);
    check(req->body.len <= BODY_BYTES_MAX);
    note(seen, req->method);
    note(seen, req->path);
    note(seen, req->keep_alive ? STR("keep") : STR("close"));
    check(buf_put(&seen->text, req->body) == 0);
    look_up_all(seen, req);
}

static void feed(struct seen *seen, struct span piece)
{
    while (!seen->over) {
        struct span before = piece;
        int rc = http_reader_next(seen->reader, &piece);
        check(piece.len <= before.len && piece.at + piece.len == before.at + before.len);
        if (rc == HTTP_HEADERS) {
            if (http_reader_allow_body(seen->reader, BODY_BYTES_MAX) == 0) continue;
            rc = ERR_TOO_BIG;
        }
        if (rc < 0) {
            int status = http_reader_status(seen->reader);
            check(status >= 400 && status <= 505);
            check(http_reader_reason(seen->reader).len > 0);
            check(buf_printf(&seen->text, "%d", status) == 0);
            seen->over = true;
        } else if (rc == HTTP_WHOLE) {
            note_request(seen, http_reader_request(seen->reader));
            seen->over = http_reader_request(seen->reader)->wants_websocket;
            http_reader_restart(seen->reader);
            if (piece.len == 0) return;
        } else {
            check(piece.len == 0);
            return;
        }
    }
}

static struct seen see(struct span input, size_t piece_bytes)
{
    struct seen seen = {.text = buf_of((size_t)4 * 1024 * 1024)};
    check(http_reader_create(&LIMITS, &seen.reader) == 0);
    for (size_t at = 0; at < input.len; at += piece_bytes) {
        size_t left = input.len - at;
        feed(&seen, span_of(input.at + at, left < piece_bytes ? left : piece_bytes));
    }
    http_reader_free(seen.reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 8192) return 0;
    struct span input = span_of(data + 1, size - 1);
    struct seen whole = see(input, input.len);
    struct seen pieces = see(input, (size_t)data[0] % 16 + 1);
    check(span_eq(buf_span(&whole.text), buf_span(&pieces.text)));
    buf_done(&whole.text);
    buf_done(&pieces.text);
    return 0;
}
