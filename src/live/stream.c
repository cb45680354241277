#include "live/stream.h"

#include "base/clock.h"
#include "base/config.h"
#include "protocol/json_in.h"
#include "ws/frame.h"

#define ID_BYTES_MAX ((size_t)64 * STREAM_LOCATIONS_MAX)

/* --- Events --- */

struct id_text {
    struct buf *out;
    int failed;
};

static void put_position(const struct channel *channel, struct seq sent, void *ctx)
{
    struct id_text *id = ctx;
    int rc = buf_printf(id->out, ".%lld.%lld", (long long)channel_location(channel)->id.n, (long long)sent.n);
    if (rc < 0) id->failed = rc;
}

/* epoch.location.seq.location.seq… */
static int put_id(const struct session *session, struct buf *out)
{
    struct id_text id = {out, 0};
    TRY(buf_printf(out, "id: %s", session->worker->server->epoch));
    hub_each(&session->subscriber, put_position, &id);
    return id.failed;
}

static bool is_text(const struct frame *frame) { return (frame->at[0] & 0x0f) == WS_TEXT; }

ON_LOOP static int put(struct session *session, const struct frame *frame, bool reset)
{
    if (!is_text(frame)) return 0;
    struct span json = frame_payload(frame); /* one line: JSON here holds no raw line break */
    OWNED(buf) struct buf text = buf_of(json.len + ID_BYTES_MAX);
    if (reset) TRY(buf_put_str(&text, STR("id:")));
    else TRY(put_id(session, &text));
    TRY(buf_put_str(&text, STR("\ndata: ")));
    TRY(buf_put(&text, json));
    TRY(buf_put_str(&text, STR("\n\n")));
    return conn_send_bytes(&session->client->conn, buf_span(&text));
}

int stream_put(struct session *session, struct frame *frame) { return put(session, frame, false); }
int stream_put_reset(struct session *session, struct frame *frame) { return put(session, frame, true); }

int stream_put_retry(struct session *session, int64_t retry_ms)
{
    OWNED(buf) struct buf text = buf_of(64);
    TRY(buf_printf(&text, "retry: %lld\n", (long long)retry_ms));
    return conn_send_bytes(&session->client->conn, buf_span(&text));
}

/* --- Beginning --- */

static int next_number(struct str *rest, int64_t *ret_number)
{
    if (rest->len == 0 || rest->at[0] != '.') return ERR_SYNTAX;
    *rest = (struct str){rest->at + 1, rest->len - 1};
    const char *dot = memchr(rest->at, '.', rest->len);
    size_t len = dot == NULL ? rest->len : (size_t)(dot - rest->at);
    TRY(num_i64((struct str){rest->at, len}, 0, ID_LIMIT - 1, ret_number));
    *rest = (struct str){rest->at + len, rest->len - len};
    return 0;
}

/* Last-Event-ID as what `authenticate` has in `resume`. after: a new object, the caller's. */
static int read_id(struct str id, json_t *after, struct resume *ret_resume)
{
    const char *dot = id.len > ID_BYTES_MAX ? NULL : memchr(id.at, '.', id.len);
    size_t len = dot == NULL ? id.len : (size_t)(dot - id.at);
    struct str rest = {id.at + len, id.len - len};
    if (len == 0 || rest.len == 0) return ERR_SYNTAX;
    while (rest.len > 0) {
        int64_t location, seq;
        char key[24];
        TRY(next_number(&rest, &location));
        TRY(next_number(&rest, &seq));
        snprintf(key, sizeof key, "%lld", (long long)location);
        if (json_object_set_new(after, key, json_integer(seq)) < 0) return ERR_NOMEM;
    }
    *ret_resume = (struct resume){.given = true, .epoch = {id.at, len}, .after = after};
    return 0;
}

/* ?locations=main,north as an array of names; left out: all that the token allows. */
static enum code read_locations(const struct exchange *exchange, json_t *names, bool *ret_all)
{
    const struct directory *directory = exchange_directory(exchange);
    struct str list, slug;
    int rc = http_query(exchange->request, "locations", &list);
    *ret_all = rc == 0;
    if (rc < 0) return CODE_BAD_MESSAGE;
    while (rc == 1 && config_list_next(&list, &slug)) {
        const struct location *location;
        enum code code =
            location_for(directory, exchange->who, &(struct location_ref){.slug = slug}, &location);
        if (code != CODE_OK) return code;
        if (json_array_append_new(names, json_stringn(slug.at, slug.len)) < 0) return CODE_INTERNAL;
    }
    size_t count = json_array_size(names);
    if (rc == 1 && count == 0) return CODE_LOCATION_REQUIRED;
    for (size_t i = 0; *ret_all && i < directory_count(directory); i++) {
        count += principal_at(exchange->who, directory_at(directory, i)->slug) ? 1 : 0;
    }
    return count > STREAM_LOCATIONS_MAX ? CODE_LOCATION_REQUIRED : CODE_OK;
}

ON_LOOP static int put_head(struct client *client)
{
    char date[HTTP_DATE_BYTES];
    OWNED(buf) struct buf head = buf_of(1024);
    struct str now = http_date(clock_wall(), date);
    /* No length and no chunks: the stream ends with its connection. X-Accel-Buffering is nginx's word for «pass it on at once». */
    TRY(buf_printf(
        &head,
        "HTTP/1.1 200 OK\r\nDate: %.*s\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n"
        "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n\r\n",
        STR_ARG(now)));
    return conn_send_bytes(&client->conn, buf_span(&head));
}

/* CODE_OK: the session streams. Else why not, with a sentence where there is more to say. */
ON_LOOP static enum code begin(struct exchange *exchange, const char **ret_sentence)
{
    struct client *client = exchange->client;
    const struct http_request *request = exchange->request;
    struct principal *who = exchange->who;
    OWNED(json_tree) json_t *names = json_array();
    OWNED(json_tree) json_t *after = json_object();
    struct message message = {.type = MESSAGE_AUTHENTICATE,
                              .type_name = STR("authenticate"),
                              .locations = names};
    if (names == NULL || after == NULL) return CODE_OVERLOADED;
    enum code code = read_locations(exchange, names, &message.all_locations);
    if (code == CODE_LOCATION_REQUIRED) *ret_sentence = "Name 1 to 64 locations: ?locations=SLUG,SLUG";
    if (code != CODE_OK) return code;
    struct str id = http_header(request, "Last-Event-ID");
    if (id.len > 0 && read_id(id, after, &message.resume) < 0) {
        *ret_sentence = "Last-Event-ID is not one of ours; leave it out to begin at the head";
        return CODE_BAD_MESSAGE;
    }
    struct session_entry entry = {.who = principal_ref(who), .as_stream = true};
    int rc = put_head(client);
    if (rc == 0) rc = session_start(client, &entry, 0);
    else principal_unref(entry.who);
    if (rc < 0) client_close(client, rc);
    else session_authenticate(client->session, &message);
    return CODE_OK;
}

void stream_open(struct exchange *exchange)
{
    const char *sentence = NULL;
    enum code code = begin(exchange, &sentence);
    if (code == CODE_OK) exchange_taken_over(exchange);
    else exchange_fail(exchange, code, sentence == NULL ? (struct str){0} : str_c(sentence));
}
