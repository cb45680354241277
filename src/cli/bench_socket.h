/* cli/bench_socket.h: one of very many client sockets of `footfall bench`, on one uv loop.
 *
 * Owns    its handle, its decoder, what it has to send.
 * Thread  the loop's.
 * Bounds  BENCH_OUT_BYTES waiting.
 * Errors  told by on_end, once.
 * Tests   by use: tests/bench/opening-day */
#pragma once
#include <uv.h>
#include "cli/wire.h"

#define BENCH_OUT_BYTES ((size_t)16 * 1024 * 1024)

struct bench_socket;
typedef void bench_on_text(struct bench_socket *socket, struct str text);
typedef void bench_on_end(struct bench_socket *socket, const char *why);

struct bench_socket {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    struct ws_decoder decoder;
    struct buf out;
    struct buf head; /* of the upgrade's answer, until it is whole */
    void *owner;
    bench_on_text *on_text;
    bench_on_end *on_end;
    const char *request; /* malloc'ed until sent */
    int64_t last_seq, events, in_flight;
    bool is_open, upgraded, ended;
};

/* by_url: ?token=, else Authorization. */
void bench_socket_open(struct bench_socket *socket, uv_loop_t *loop, const struct url *url, const char *token,
                       bool by_url, bench_on_text *on_text, bench_on_end *on_end, void *owner);
/* Gathered until the flush. */
void bench_socket_send(struct bench_socket *socket, struct str text);
void bench_socket_flush(struct bench_socket *socket);
void bench_socket_close(struct bench_socket *socket);
