/* ws-echo HOST:PORT [CERT KEY]: sends every WebSocket message back, text and binary, up to 64 MiB, with permessage-deflate; over
 * TLS where it is given a certificate and its key. What public conformance suites and our own (tests/conformance/) hold the
 * codec and the loop against; not installed.
 *
 * A reader slower than its own messages is paced: above QUEUE_HIGH_BYTES nothing more is decoded or read until all is sent. */
#include "http/request.h"
#include "http/response.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/process.h"
#include "ws/deflate.h"
#include "ws/frame.h"
#include "ws/handshake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_BYTES_MAX FRAME_BYTES_MAX
#define QUEUE_HIGH_BYTES ((size_t)1024 * 1024)
/* One message decoded just below the mark, its header, and a pong or a Close. */
#define QUEUE_BYTES_MAX (QUEUE_HIGH_BYTES + MESSAGE_BYTES_MAX + 4096)

/* What the loop's connections share. */
struct echo {
    struct loop *loop;
    struct ws_inflater *inflater;
    struct ws_deflater *deflater;
    struct tls *tls; /* NULL: plain */
    uv_signal_t on_term, on_int;
    struct loop_hook stop;
};

struct client {
    struct conn conn;
    struct http_reader *reader; /* NULL: upgraded */
    struct ws_decoder decoder;
    struct buf later;     /* read, not decoded yet: the queue was full */
    unsigned window_bits; /* 0: no compression */
};

static struct client *client_of(struct conn *conn) { return container_of(conn, struct client, conn); }
static struct echo *echo_of(struct client *client) { return loop_user(conn_loop(&client->conn)); }

/* --- answering --- */

/* A header and 64 MiB are more than one frame may be: the two go out one after the other. */
static ON_LOOP int send_in_two(struct client *client, const struct ws_message *message)
{
    uint8_t head[WS_HEAD_BYTES_MAX];
    OWNED(frame) struct frame *payload = NULL;
    size_t head_bytes = ws_put_head(head, message->kind, WS_FIN, message->payload.len, NULL);
    TRY(frame_new(span_of(NULL, 0), span_of(message->payload.at, message->payload.len), &payload));
    TRY(conn_send_bytes(&client->conn, span_of(head, head_bytes)));
    return conn_send_frame(&client->conn, payload);
}

static ON_LOOP int send_back(struct client *client, const struct ws_message *message)
{
    struct span payload = span_of(message->payload.at, message->payload.len);
    OWNED(frame) struct frame *frame = NULL;
    int rc = 0;
    if (client->window_bits > 0) {
        rc =
            ws_frame_deflated(echo_of(client)->deflater, message->kind, payload, client->window_bits, &frame);
        if (rc < 0) return rc;
    }
    if (rc == 0 && payload.len > FRAME_BYTES_MAX - WS_HEAD_BYTES_MAX) return send_in_two(client, message);
    if (rc == 0) TRY(ws_frame(message->kind, payload, &frame));
    return conn_send_frame(&client->conn, frame);
}

static ON_LOOP int send_pong(struct client *client, struct mspan payload)
{
    OWNED(frame) struct frame *frame = NULL;
    TRY(ws_frame(WS_PONG, span_of(payload.at, payload.len), &frame));
    return conn_send_frame(&client->conn, frame);
}

/* Ours is the last word, whether it answers a Close or begins one (RFC 6455 5.5.1, 7.1.7). */
static ON_LOOP void say_goodbye(struct client *client, unsigned code, struct str reason)
{
    OWNED(frame) struct frame *frame = NULL;
    int rc = ws_frame_close(code, reason, &frame);
    if (rc == 0) rc = conn_send_frame(&client->conn, frame);
    if (rc == 0) conn_shutdown_after_flush(&client->conn);
    else conn_close(&client->conn, rc);
}

static ON_LOOP int handle(struct client *client, const struct ws_message *message)
{
    switch (message->kind) {
    case WS_TEXT:
    case WS_BINARY: return send_back(client, message);
    case WS_PING: return send_pong(client, message->payload);
    case WS_CLOSE: say_goodbye(client, message->close_code, message->close_reason); return 0;
    case WS_PONG:
    case WS_CONTINUATION: return 0;
    }
    return 0;
}

/* --- reading --- */

/* Puts off what is left until the queue is empty. */
static ON_LOOP int pause_with(struct client *client, struct mspan rest)
{
    conn_pause_reading(&client->conn);
    conn_ask_drained(&client->conn);
    return buf_put(&client->later, span_of(rest.at, rest.len));
}

static ON_LOOP int decode(struct client *client, struct mspan bytes)
{
    struct ws_message message;
    int rc;
    while ((rc = ws_decoder_next(&client->decoder, &bytes, &message)) == 1) {
        TRY(handle(client, &message));
        if (!conn_is_open(&client->conn)) return 0;
        if (conn_queue_bytes(&client->conn) > QUEUE_HIGH_BYTES) return pause_with(client, bytes);
    }
    if (rc < 0) say_goodbye(client, ws_close_code(rc), str_c(err_word(rc)));
    return 0;
}

static int joined(const struct http_request *request, const char *name, struct buf *out,
                  struct str *ret_value)
{
    int rc = http_header_joined(request, name, out);
    *ret_value = rc == 1 ? buf_str(out) : (struct str){NULL, 0};
    return rc < 0 ? rc : 0;
}

static int judge_upgrade(const struct http_request *request, struct ws_answer *ret_answer)
{
    static const char *const NAMES[] = {"Upgrade",
                                        "Connection",
                                        "Sec-WebSocket-Key",
                                        "Sec-WebSocket-Version",
                                        "Sec-WebSocket-Protocol",
                                        "Sec-WebSocket-Extensions"};
    enum { COUNT = COUNT_OF(NAMES) };
    struct buf values[COUNT];
    struct str found[COUNT];
    int rc = 0;
    for (int i = 0; i < COUNT; i++) values[i] = buf_of(HTTP_LIMITS_DEFAULT.head_bytes_max);
    for (int i = 0; i < COUNT && rc == 0; i++) rc = joined(request, NAMES[i], &values[i], &found[i]);
    if (rc == 0) {
        struct ws_request asked = {found[0], found[1], found[2], found[3], found[4], found[5]};
        rc = ws_handshake(&asked, true, ret_answer);
    }
    for (int i = 0; i < COUNT; i++) buf_done(&values[i]);
    return rc;
}

static ON_LOOP int refuse(struct client *client, int status, struct str reason)
{
    OWNED(http_response) struct http_response response = http_response_of(status);
    OWNED(frame) struct frame *frame = NULL;
    struct http_reply reply = {.now = loop_wall(conn_loop(&client->conn)), .keep_alive = false};
    http_put_problem(&response, status, "bad_request", reason);
    if (status == 405) http_put_header(&response, "Allow", STR("GET"));
    if (status == 426) {
        http_put_header(&response, "Upgrade", STR("websocket"));
        http_put_header(&response, "Sec-WebSocket-Version", STR(WS_VERSION));
    }
    TRY(http_response_frame(&response, &reply, &frame));
    TRY(conn_send_frame(&client->conn, frame));
    conn_shutdown_after_flush(&client->conn);
    return 0;
}

static ON_LOOP int upgrade(struct client *client, const struct http_request *request)
{
    struct ws_answer answer;
    /* RFC 6455 4.2.1, 1: a GET of HTTP/1.1 or higher. */
    if (request->verb != VERB_GET) return refuse(client, 405, STR("a WebSocket begins with GET"));
    if (request->http_1_0) return refuse(client, 426, STR("a WebSocket begins with HTTP/1.1"));
    TRY(judge_upgrade(request, &answer));
    if (answer.status != 101) return refuse(client, answer.status, str_c(answer.reason));
    OWNED(buf) struct buf head = buf_of(512);
    bool compressed = answer.extensions[0] != '\0';
    TRY(buf_printf(&head,
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
                   answer.accept, compressed ? "Sec-WebSocket-Extensions: " : "", answer.extensions,
                   compressed ? "\r\n" : ""));
    TRY(conn_send_bytes(&client->conn, buf_span(&head)));
    client->window_bits = answer.window_bits;
    ws_decoder_init(&client->decoder, MESSAGE_BYTES_MAX, 0,
                    answer.window_bits > 0 ? echo_of(client)->inflater : NULL);
    http_reader_free(take(client->reader));
    return 0;
}

/* The request before the first frame; what follows it in the same bytes is WebSocket's already. */
static ON_LOOP int read_request(struct client *client, struct mspan *bytes)
{
    struct span in = span_of(bytes->at, bytes->len);
    int step;
    while ((step = http_reader_next(client->reader, &in)) == HTTP_HEADERS) continue;
    bytes->at += bytes->len - in.len;
    bytes->len = in.len;
    if (step == ERR_NOMEM) return step;
    if (step < 0) {
        return refuse(client, http_reader_status(client->reader), http_reader_reason(client->reader));
    }
    if (step == HTTP_MORE) return 0;
    return upgrade(client, http_reader_request(client->reader));
}

static ON_LOOP int take_bytes(struct client *client, struct mspan bytes)
{
    if (client->reader != NULL) TRY(read_request(client, &bytes));
    if (client->reader != NULL || !conn_is_open(&client->conn)) return 0;
    return decode(client, bytes);
}

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    in_loop();
    int rc = take_bytes(client_of(conn), bytes);
    if (rc < 0) conn_close(conn, rc);
}

static void on_drained(struct conn *conn)
{
    in_loop();
    struct client *client = client_of(conn);
    OWNED(buf) struct buf bytes = client->later;
    client->later = buf_of(LOOP_READ_BYTES);
    conn_resume_reading(conn);
    on_bytes(conn, (struct mspan){bytes.at, bytes.len});
}

static void on_closed(struct conn *conn, int why)
{
    (void)why;
    struct client *client = client_of(conn);
    http_reader_free(client->reader);
    ws_decoder_done(&client->decoder);
    buf_done(&client->later);
    free(client);
}

static const struct conn_handler HANDLER = {.on_bytes = on_bytes,
                                            .on_drained = on_drained,
                                            .on_closed = on_closed};

static int on_accept(struct loop *loop, int fd, const struct peer *peer, void *ctx)
{
    in_loop();
    (void)peer;
    struct echo *echo = ctx;
    OWNED(mem) struct client *client = calloc(1, sizeof *client);
    if (client == NULL) return ERR_NOMEM;
    TRY(http_reader_create(&HTTP_LIMITS_DEFAULT, &client->reader));
    client->later = buf_of(LOOP_READ_BYTES);
    struct conn *conn = &take(client)->conn;
    conn_open(conn, loop, fd, &HANDLER); /* from here on on_closed frees it */
    int rc = echo->tls == NULL ? 0 : conn_secure(conn, echo->tls);
    if (rc < 0) conn_close(conn, rc);
    return 0;
}

/* --- the process --- */

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct echo *echo = handle->data;
    loop_stop(echo->loop);
}

static void on_stop(struct loop *loop, struct loop_hook *hook)
{
    (void)loop;
    struct echo *echo = container_of(hook, struct echo, stop);
    uv_close((uv_handle_t *)&echo->on_term, NULL);
    uv_close((uv_handle_t *)&echo->on_int, NULL);
}

static void stop_on_signals(struct echo *echo)
{
    echo->stop.run = on_stop;
    loop_on_stop(echo->loop, &echo->stop);
    check(uv_signal_init(loop_uv(echo->loop), &echo->on_term) == 0);
    check(uv_signal_init(loop_uv(echo->loop), &echo->on_int) == 0);
    echo->on_term.data = echo->on_int.data = echo;
    check(uv_signal_start(&echo->on_term, on_signal, SIGTERM) == 0);
    check(uv_signal_start(&echo->on_int, on_signal, SIGINT) == 0);
}

static int serve(struct echo *echo, struct address *address, struct err_detail *reterr)
{
    struct loop_options options = {.queue_bytes_max = QUEUE_BYTES_MAX};
    struct listener *listener;
    char text[ADDRESS_TEXT_BYTES];
    if (loop_create(&options, &echo->loop) < 0 || ws_inflater_create(&echo->inflater) < 0 ||
        ws_deflater_create(&echo->deflater) < 0) {
        return fail(reterr, ERR_NOMEM, "no memory or no file descriptor left to begin with");
    }
    loop_set_user(echo->loop, echo);
    TRY(listener_open(echo->loop, address, true, on_accept, echo, &listener, reterr));
    stop_on_signals(echo);
    printf("ready %s://%s\n", echo->tls == NULL ? "ws" : "wss", address_text(address, text).at);
    fflush(stdout);
    loop_run(echo->loop);
    return 0;
}

int main(int argc, char **argv)
{
    struct address address;
    struct err_detail err;
    uint64_t files;
    if ((argc != 2 && argc != 4) || argv[1][0] == '-') {
        fprintf(stderr, "usage: ws-echo HOST:PORT [CERT KEY]\nSends every WebSocket message back.\n");
        return 2;
    }
    ignore(net_raise_file_limit(&files), "fewer connections, then");
    struct echo echo = {.loop = NULL};
    int rc = address_parse(str_c(argv[1]), &address, &err);
    if (rc == 0 && argc == 4) rc = tls_create(argv[2], argv[3], &echo.tls, &err);
    if (rc == 0) rc = serve(&echo, &address, &err);
    if (rc < 0) fprintf(stderr, "ws-echo: %s\n", err.text);
    loop_free(echo.loop);
    ws_inflater_free(echo.inflater);
    ws_deflater_free(echo.deflater);
    tls_free(echo.tls);
    return rc < 0 ? 1 : 0;
}
