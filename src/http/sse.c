#include "http/sse.h"

static bool is_one_line(struct str text)
{
    return text.len == 0 ||
           (memchr(text.at, '\n', text.len) == NULL && memchr(text.at, '\r', text.len) == NULL &&
            memchr(text.at, '\0', text.len) == NULL);
}

static int put_field(struct buf *out, struct str field, struct str value)
{
    TRY(buf_put_str(out, field));
    TRY(buf_put_str(out, STR(": ")));
    TRY(buf_put_str(out, value));
    return buf_put_byte(out, '\n');
}

/* Up to the next line end, which may be CR, LF or CRLF; *ret_more says whether one was there. */
static struct str take_line(struct str *rest, bool *ret_more)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '\r' && rest->at[len] != '\n') len++;
    struct str line = {rest->at, len};
    *ret_more = len < rest->len;
    if (!*ret_more) return line;
    size_t used = len + 1;
    if (rest->at[len] == '\r' && used < rest->len && rest->at[used] == '\n') used++;
    *rest = (struct str){rest->at + used, rest->len - used};
    return line;
}

static int put_event(struct buf *out, struct str name, struct str id, struct str data)
{
    if (name.len > 0) TRY(put_field(out, STR("event"), name));
    if (id.len > 0) TRY(put_field(out, STR("id"), id));
    bool more = true;
    while (more) TRY(put_field(out, STR("data"), take_line(&data, &more)));
    return buf_put_byte(out, '\n');
}

int sse_put_event(struct buf *out, struct str name, struct str id, struct str data)
{
    if (!is_one_line(name) || !is_one_line(id)) return ERR_SYNTAX;
    size_t before = out->len;
    int rc = put_event(out, name, id, data);
    if (rc < 0) out->len = before;
    return rc;
}

int sse_put_alive(struct buf *out) { return buf_put_str(out, STR(":\n\n")); }

int sse_put_retry(struct buf *out, int64_t wait_ms)
{
    check(wait_ms >= 0);
    return buf_printf(out, "retry: %lld\n\n", (long long)wait_ms);
}
