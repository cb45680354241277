#include "cli/bench_socket.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

struct write_away {
    uv_write_t request;
    struct buf bytes;
};

static void end(struct bench_socket *socket, const char *why)
{
    if (socket->ended) return;
    socket->ended = true;
    socket->on_end(socket, why);
}

static void on_written(uv_write_t *request, int status)
{
    struct write_away *away = (struct write_away *)request;
    struct bench_socket *socket = request->handle->data;
    if (status < 0) end(socket, uv_strerror(status));
    buf_done(&away->bytes);
    free(away);
}

void bench_socket_flush(struct bench_socket *socket)
{
    if (socket->out.len == 0 || socket->ended || !socket->upgraded) return;
    struct write_away *away = calloc(1, sizeof *away);
    if (away == NULL) {
        end(socket, "out of memory");
        return;
    }
    away->bytes = socket->out;
    socket->out = buf_of(BENCH_OUT_BYTES);
    uv_buf_t buffer = uv_buf_init((char *)away->bytes.at, (unsigned)away->bytes.len);
    int rc = uv_write(&away->request, (uv_stream_t *)&socket->tcp, &buffer, 1, on_written);
    if (rc == 0) return;
    end(socket, uv_strerror(rc));
    buf_done(&away->bytes);
    free(away);
}

void bench_socket_send(struct bench_socket *socket, struct str text)
{
    if (socket->ended) return;
    /* A load generator's mask need not be secret: 0 spares it the work of masking. */
    static const uint8_t MASK[WS_MASK_BYTES] = {0};
    uint8_t head[WS_HEAD_BYTES_MAX];
    size_t len = ws_put_head(head, WS_TEXT, WS_FIN, text.len, MASK);
    if (buf_put(&socket->out, span_of(head, len)) < 0 || buf_put_str(&socket->out, text) < 0) {
        end(socket, "too much waits to be sent");
    }
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)handle;
    (void)suggested;
    static char shared[256 * 1024]; /* one read is handled before the next */
    *ret_buffer = uv_buf_init(shared, sizeof shared);
}

/* Moves past the upgrade's answer. False: not whole yet, or refused. */
static bool take_head(struct bench_socket *socket, struct mspan *in)
{
    if (buf_put(&socket->head, span_of(in->at, in->len)) < 0) {
        end(socket, "the upgrade's answer is too long");
        return false;
    }
    const uint8_t *blank = memmem(socket->head.at, socket->head.len, "\r\n\r\n", 4);
    if (blank == NULL) return false;
    if (!str_starts(buf_str(&socket->head), STR("HTTP/1.1 101"))) {
        end(socket, "the upgrade was refused");
        return false;
    }
    size_t after = socket->head.len - ((size_t)(blank - socket->head.at) + 4);
    in->at += in->len - after;
    in->len = after;
    buf_done(&socket->head);
    socket->upgraded = true;
    return true;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct bench_socket *socket = stream->data;
    if (count < 0) {
        end(socket, uv_strerror((int)count));
        return;
    }
    struct mspan in = {(uint8_t *)buffer->base, (size_t)count};
    if (!socket->upgraded && !take_head(socket, &in)) return;
    struct ws_message message;
    int rc;
    while ((rc = ws_decoder_next(&socket->decoder, &in, &message)) == 1) {
        if (message.kind == WS_TEXT) socket->on_text(socket, ws_message_str(&message));
        else if (message.kind == WS_CLOSE) end(socket, "the server closed it");
    }
    if (rc < 0) end(socket, err_word(rc));
}

static void on_connected(uv_connect_t *connecting, int status)
{
    struct bench_socket *socket = connecting->handle->data;
    if (status < 0) {
        end(socket, uv_strerror(status));
        return;
    }
    uv_tcp_nodelay(&socket->tcp, 1);
    uv_read_start((uv_stream_t *)&socket->tcp, allocate, on_read);
    struct write_away *away = calloc(1, sizeof *away);
    if (away == NULL || buf_put_str(&socket->out, str_c(socket->request)) < 0) {
        free(away);
        end(socket, "out of memory");
        return;
    }
    away->bytes = socket->out;
    socket->out = buf_of(BENCH_OUT_BYTES);
    uv_buf_t buffer = uv_buf_init((char *)away->bytes.at, (unsigned)away->bytes.len);
    if (uv_write(&away->request, (uv_stream_t *)&socket->tcp, &buffer, 1, on_written) != 0) {
        end(socket, "cannot write");
    }
}

static char *make_request(const struct url *url, const char *token, bool by_url)
{
    char *text = NULL;
    int len = asprintf(
        &text,
        "GET /ws/checkins/%s%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s%s%s\r\n",
        by_url ? "?token=" : "", by_url ? token : "", url->authority, by_url ? "" : "Authorization: Bearer ",
        by_url ? "" : token, by_url ? "" : "\r\n");
    return len < 0 ? NULL : text;
}

void bench_socket_open(struct bench_socket *socket, uv_loop_t *loop, const struct url *url, const char *token,
                       bool by_url, bench_on_text *on_text, bench_on_end *on_end, void *owner)
{
    socket->owner = owner;
    socket->on_text = on_text;
    socket->on_end = on_end;
    socket->out = buf_of(BENCH_OUT_BYTES);
    socket->head = buf_of((size_t)1024 * 1024); /* the first messages may come with it */
    ws_decoder_init(&socket->decoder, WIRE_BYTES_MAX, WS_CLIENT, NULL);
    uv_tcp_init(loop, &socket->tcp);
    socket->tcp.data = socket;
    socket->is_open = true;
    socket->request = make_request(url, token, by_url);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *all = NULL;
    if (socket->request == NULL || getaddrinfo(url->host, url->port, &hints, &all) != 0) {
        end(socket, "the host is not found");
        return;
    }
    int rc = uv_tcp_connect(&socket->connecting, &socket->tcp, all->ai_addr, on_connected);
    freeaddrinfo(all);
    if (rc != 0) end(socket, uv_strerror(rc));
}

void bench_socket_close(struct bench_socket *socket)
{
    if (!socket->is_open) return;
    socket->is_open = false;
    socket->ended = true;
    ws_decoder_done(&socket->decoder);
    buf_done(&socket->out);
    buf_done(&socket->head);
    free((char *)socket->request);
    uv_close((uv_handle_t *)&socket->tcp, NULL);
}
