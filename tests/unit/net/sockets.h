/* tests/unit/net/sockets.h: real TCP on loopback for the tests: one end for a conn, the other a plain socket.
 *
 * Owns    nothing; the caller closes what it is given.
 * Thread  any.
 * Bounds  none.
 * Errors  aborts: a machine without loopback tests nothing.
 * Tests   those that include it. */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/bytes.h"

struct pair {
    int ours; /* non-blocking, for conn_open */
    int peer; /* blocking, with a receive timeout of 5 s, so that a test cannot hang */
};

static inline int listen_somewhere(struct sockaddr_in *ret_at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof *ret_at;
    *ret_at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check(fd >= 0);
    check(bind(fd, (struct sockaddr *)ret_at, sizeof *ret_at) == 0);
    check(listen(fd, 128) == 0);
    check(getsockname(fd, (struct sockaddr *)ret_at, &len) == 0);
    return fd;
}

static inline void set_receive_timeout(int fd)
{
    struct timeval timeout = {.tv_sec = 5};
    check(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0);
}

/* buffer_bytes: a small receive buffer of the peer's (and send buffer of ours), 0 for the system's. */
static inline struct pair pair_open(int buffer_bytes)
{
    struct sockaddr_in at;
    struct pair pair;
    int listening = listen_somewhere(&at);
    pair.peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(pair.peer >= 0);
    if (buffer_bytes > 0)
        check(setsockopt(pair.peer, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes) == 0);
    check(connect(pair.peer, (struct sockaddr *)&at, sizeof at) == 0);
    pair.ours = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    check(pair.ours >= 0);
    if (buffer_bytes > 0)
        check(setsockopt(pair.ours, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes) == 0);
    int on = 1;
    check(setsockopt(pair.ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    check(setsockopt(pair.peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    set_receive_timeout(pair.peer);
    close(listening);
    return pair;
}

/* All that has come by now, without waiting. */
static inline size_t read_now(int fd, void *ret_bytes, size_t bytes_max)
{
    ssize_t count = recv(fd, ret_bytes, bytes_max, MSG_DONTWAIT);
    return count > 0 ? (size_t)count : 0;
}

/* The peer's end of the stream: true where it came (and not a reset or silence). */
static inline bool ends_in_order(int fd)
{
    uint8_t bytes[4096];
    ssize_t count;
    while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) continue;
    return count == 0;
}

/* Closes with a reset. */
static inline void reset_and_close(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    close(fd);
}
